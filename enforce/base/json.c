/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jansson does the parsing. What it is too kind about, or cannot place, is
 * looked for in the bytes (json_scan.c), before and after.
 */
#include "ocigate/json.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "json_build.h"
#include "json_scan.h"

static struct arena *json_arena;

/*
 * Where to go while jansson reads, when there is no memory. It does not see to that itself: the bytes of a token that it
 * could not keep it misses later, takes for a slip of the text, or ends the process over (assert). So it never hears of
 * it. What it held by then is lost: whoever has no memory refuses and ends.
 */
static jmp_buf *without_memory;

static void *or_leave(void *memory)
{
	if (!memory && without_memory)
		longjmp(*without_memory, 1);
	return memory;
}

static void *heap_malloc(size_t size)
{
	return or_leave(malloc(size));
}

static void *arena_malloc(size_t size)
{
	return or_leave(arena_alloc(json_arena, size));
}

static void arena_no_free(void *memory)
{
	(void)memory;
}

/*
 * What keeps a hostile document from filling one bucket of jansson's tables. By itself jansson opens /dev/urandom for
 * it; the kernel hands random bytes to every program at its start (getauxval(3)).
 */
static void seed_tables(void)
{
	static bool done;
	size_t seed = 0;
	const unsigned char *random = done ? NULL : (const unsigned char *)getauxval(AT_RANDOM);

	if (random)
		memcpy(&seed, random + 8, sizeof(seed));
	if (seed != 0)
		json_object_seed(seed);
	if (!done)
		json_set_alloc_funcs(heap_malloc, free);
	done = true;
}

struct arena *json_use_arena(struct arena *arena)
{
	struct arena *before = json_arena;

	seed_tables();
	json_arena = arena;
	if (arena)
		json_set_alloc_funcs(arena_malloc, arena_no_free);
	else
		json_set_alloc_funcs(heap_malloc, free);
	return before;
}

/*
 * jansson's integers end at 2^63-1, resource limits go up to 2^64-1. Nobody here needs the value of such a number from a
 * tree (what does reads the text itself, json_text.h), so its last two digits are written as an exponent: a fraction of
 * the text that no document can have, since json_scan() refuses them, and every place stays where it was.
 */
static void round_big(char *text, size_t len)
{
	bool string = false;

	for (size_t at = 0; at < len; at++) {
		bool starts =
			!string && at > 0 && text[at] >= '1' && text[at] <= '9' && strchr("[:, \t\r\n", text[at - 1]);
		size_t n = starts ? json_scan_big(text + at, len - at) : 0;

		if (n > 0)
			memcpy(text + at + n - 2, "e2", 2);
		else if (string && text[at] == '\\')
			at++;
		else if (text[at] == '"')
			string = !string;
	}
}

static int fail(const char *text, size_t len, size_t at, enum err_kind kind, const char *problem, struct err *err)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < at && i < len; i++) {
		column = text[i] == '\n' ? 1 : column + 1;
		line += text[i] == '\n';
	}
	(void)err_set(err, kind, "%s (line %zu, column %zu)", problem, line, column);
	json_locate(text, len, at, err);
	return -1;
}

static int fail_duplicate(const char *text, size_t len, size_t at, struct err *err)
{
	char problem[sizeof(err->pointer) + 128];
	const char *key;

	*err = (struct err){0};
	json_locate(text, len, at, err);
	key = strrchr(err->pointer, '/');
	(void)snprintf(problem, sizeof(problem),
		       "\"%s\" given twice: some parsers obey the first, some the last, some both", key ? key + 1 : "");
	return fail(text, len, at, ERR_DENIED, problem, err);
}

static const char *syntax_problem(const char *jansson_text)
{
	static const struct {
		const char *start;
		const char *problem;
	} table[] = {
		{"unexpected newline", "a line break inside a string"},
		{"control character",
		 "a raw control character inside a string: some parsers accept that, others do not"},
		{"invalid escape", "an escape that JSON does not have"},
		{"invalid Unicode", "an escape that stands for no character"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strncmp(jansson_text, table[i].start, strlen(table[i].start)) == 0)
			return table[i].problem;
	return NULL;
}

/* Is the error that the text stops here? A word or a character of several bytes may be cut too. */
static bool ends_text(const json_error_t *error, size_t len)
{
	size_t at = error->position > 0 ? (size_t)error->position : 0;

	switch ((int)json_error_code(error)) {
	case json_error_premature_end_of_input:
		return true;
	case json_error_invalid_utf8:
		return at + 4 > len;
	case json_error_invalid_syntax:
		return at >= len;
	default:
		return false;
	}
}

/* What jansson says, in words for people, and where. */
static int fail_parse(const char *text, size_t len, bool open, const json_error_t *error, struct err *err)
{
	size_t at = error->position > 0 ? (size_t)error->position : 0;
	char problem[256];
	const char *known;

	if (open && ends_text(error, len))
		return fail(text, len, len, ERR_INPUT, "cut short: the text ends inside the document", err);
	switch ((int)json_error_code(error)) {
	case json_error_duplicate_key:
		return fail_duplicate(text, len, at, err);
	case json_error_invalid_utf8:
		return fail(text, len, at, ERR_DENIED,
			    "bytes that are no UTF-8: parsers differ in what they make of them", err);
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return fail(text, len, at, ERR_DENIED, "the escape \\u0000, where some parsers cut the text off", err);
	default:
		known = syntax_problem(error->text);
		if (!known)
			(void)snprintf(problem, sizeof(problem), "a slip of syntax: %s", error->text);
		return fail(text, len, at, ERR_DENIED, known ? known : problem, err);
	}
}

static json_t *parse(const char *text, size_t len, const struct json_scan *scan, struct err *err)
{
	json_error_t error;
	jmp_buf here;
	json_t *json;

	if (setjmp(here) != 0) {
		without_memory = NULL;
		(void)err_set(err, ERR_SYSTEM, "out of memory while reading JSON");
		return NULL;
	}
	without_memory = &here;
	json = scan->big ? NULL : json_build(text, len);
	if (!json)
		json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	without_memory = NULL;
	if (!json)
		(void)fail_parse(text, len, scan->open, &error, err);
	return json;
}

static json_t *parse_big(const char *text, size_t len, const struct json_scan *scan, struct err *err)
{
	json_malloc_t allocate;
	json_free_t release;
	char *rounded;
	json_t *json;

	json_get_alloc_funcs(&allocate, &release);
	rounded = allocate(len + 1);
	if (!rounded) {
		(void)err_set(err, ERR_SYSTEM, "out of memory while reading JSON");
		return NULL;
	}
	memcpy(rounded, text, len + 1);
	round_big(rounded, len);
	json = parse(rounded, len, scan, err);
	release(rounded);
	return json;
}

json_t *json_read(const char *text, size_t len, struct err *err)
{
	struct json_scan scan;

	seed_tables();
	if (len == 0 || strspn(text, " \t\r\n") == len) {
		(void)err_set(err, ERR_INPUT, "the text is empty");
		return NULL;
	}
	json_scan(text, len, &scan);
	if (scan.problem) {
		(void)fail(text, len, scan.at, ERR_DENIED, scan.problem, err);
		return NULL;
	}
	return scan.big ? parse_big(text, len, &scan, err) : parse(text, len, &scan, err);
}

char *json_write(struct arena *arena, const json_t *json)
{
	size_t size = json_dumpb(json, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
	char *text = size ? arena_alloc(arena, size + 1) : NULL;

	/* It needs memory of its own each time: it may get it for measuring and not for writing. */
	if (!text || json_dumpb(json, text, size, JSON_COMPACT | JSON_ENCODE_ANY) != size) {
		arena->failed = true;
		return NULL;
	}
	return text;
}

const char *json_pointer_token(char *buffer, size_t size, const char *key)
{
	size_t len = 0;

	for (; *key && len + 3 < size; key++) {
		if (*key == '~' || *key == '/') {
			buffer[len++] = '~';
			buffer[len++] = *key == '~' ? '0' : '1';
		} else {
			buffer[len++] = *key;
		}
	}
	buffer[len] = '\0';
	return buffer;
}
