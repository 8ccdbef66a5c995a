/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jansson does the parsing. What it is too kind about, or cannot place, is
 * looked for in the bytes (json_scan.c), before and after.
 */
#include "ocigate/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "json_build.h"
#include "json_scan.h"

static struct arena *json_arena;

static void *arena_malloc(size_t size)
{
	return arena_alloc(json_arena, size);
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
		json_set_alloc_funcs(malloc, free);
	return before;
}

/*
 * jansson's integers end at 2^63-1; resource limits go up to 2^64-1. Such a
 * number is handed to jansson as an array that no document can have, since
 * json_scan() refuses every fraction: [0.5, quotient, remainder].
 */
#define BIG_BASE 10000000000ULL
#define BIG_FORM "[0.5,%llu,%llu]"
enum { BIG_MAX = 40 };

static bool is_big(const json_t *json)
{
	return json_is_array(json) && json_is_real(json_array_get(json, 0));
}

int json_uint64(const json_t *json, uint64_t *ret_value)
{
	if (is_big(json)) {
		*ret_value = (uint64_t)json_integer_value(json_array_get(json, 1)) * BIG_BASE +
			     (uint64_t)json_integer_value(json_array_get(json, 2));
		return 0;
	}
	if (!json_is_integer(json) || json_integer_value(json) < 0)
		return -1;
	*ret_value = (uint64_t)json_integer_value(json);
	return 0;
}

/* The number that starts at @text, in the form above; digits follow no digit, so that a number is taken whole. */
static size_t write_big(const char *text, size_t len, char *out, size_t room)
{
	char digits[24] = "";
	unsigned long long value;
	int n;

	memcpy(digits, text, len < sizeof(digits) ? len : sizeof(digits) - 1);
	value = strtoull(digits, NULL, 10);
	n = snprintf(out, room, BIG_FORM, value / BIG_BASE, value % BIG_BASE);
	return n < 0 ? 0 : (size_t)n;
}

/* Copies the text with its big integers replaced; strings are copied as they are. */
static size_t replace_big(const char *text, size_t len, char *out)
{
	size_t at = 0, out_len = 0;
	bool string = false;

	while (at < len) {
		bool starts =
			!string && at > 0 && text[at] >= '1' && text[at] <= '9' && strchr("[:, \t\r\n", text[at - 1]);
		size_t n = starts ? json_scan_big(text + at, len - at) : 0;

		if (n > 0) {
			out_len += write_big(text + at, n, out + out_len, BIG_MAX);
			at += n;
			continue;
		}
		if (string && text[at] == '\\' && at + 1 < len)
			out[out_len++] = text[at++];
		else if (text[at] == '"')
			string = !string;
		out[out_len++] = text[at++];
	}
	return out_len;
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

	/* Where jansson runs out of memory it says nothing, or blames the token that it had no room for. */
	if (error->text[0] == '\0' || (json_arena && json_arena->failed))
		return err_set(err, ERR_SYSTEM, "out of memory while reading JSON");
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

/* Hands the text to jansson, with integers that it cannot hold replaced. */
static json_t *parse(const char *text, size_t len, const struct json_scan *scan, struct err *err)
{
	json_malloc_t allocate;
	json_free_t release;
	json_error_t error;
	char *replaced;
	json_t *json;

	if (scan->big == 0) {
		json = json_build(text, len);
		if (json)
			return json;
		json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
		if (!json)
			(void)fail_parse(text, len, scan->open, &error, err);
		return json;
	}
	json_get_alloc_funcs(&allocate, &release);
	replaced = allocate(len + scan->big * BIG_MAX);
	if (!replaced) {
		(void)err_set(err, ERR_SYSTEM, "out of memory while reading JSON");
		return NULL;
	}
	len = replace_big(text, len, replaced);
	json = json_loadb(replaced, len, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		(void)fail_parse(replaced, len, scan->open, &error, err);
	release(replaced);
	return json;
}

json_t *json_read(const char *text, size_t len, struct err *err)
{
	struct json_scan scan;

	if (len == 0 || strspn(text, " \t\r\n") == len) {
		(void)err_set(err, ERR_INPUT, "the text is empty");
		return NULL;
	}
	json_scan(text, len, &scan);
	if (scan.problem) {
		(void)fail(text, len, scan.at, ERR_DENIED, scan.problem, err);
		return NULL;
	}
	return parse(text, len, &scan, err);
}

char *json_write(struct arena *arena, const json_t *json)
{
	size_t size = json_dumpb(json, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
	char *text = size ? arena_alloc(arena, size + 1) : NULL;

	if (text)
		(void)json_dumpb(json, text, size, JSON_COMPACT | JSON_ENCODE_ANY);
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
