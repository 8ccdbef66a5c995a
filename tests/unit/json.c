/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strict JSON reader: what it refuses, with which words and where it points.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ocigate/json.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

struct refused {
	const char *text;
	enum err_kind kind;
	const char *pointer;
	const char *says;
};

static const struct refused refused_table[] = {
	{"", ERR_INPUT, "", "empty"},
	{" \t\r\n", ERR_INPUT, "", "empty"},
	/* cut short, wherever */
	{"{", ERR_INPUT, "", "cut short"},
	{"{\"", ERR_INPUT, "/", "cut short"},
	{"{\"a\"", ERR_INPUT, "/a", "cut short"},
	{"{\"a\\q", ERR_INPUT, "/a\\q", "cut short"}, /* cannot be decoded: shown as it is written */
	{"{\"a\":", ERR_INPUT, "/a", "cut short"},
	{"{\"a\":tru", ERR_INPUT, "/a", "cut short"},
	{"{\"a\":\"b", ERR_INPUT, "/a", "cut short"},
	{"{\"a\":\"\\", ERR_INPUT, "/a", "cut short"},
	{"{\"a\":\"\xc3", ERR_INPUT, "/a", "cut short"},
	{"{\"a\":\"\xe2\x82", ERR_INPUT, "/a", "cut short"},
	{"{\"a\":\"\xf0\x9f\x98", ERR_INPUT, "/a", "cut short"},
	{"{\"a\":\"\xff, and more of it", ERR_DENIED, "/a", "no UTF-8"},
	{"{\"a\":12", ERR_INPUT, "/a", "cut short"},
	{"{\"a\":12,", ERR_INPUT, "", "cut short"},
	{"{\"a\":[1,2", ERR_INPUT, "/a/1", "cut short"},
	{"{\"a\":{\"b\":1}", ERR_INPUT, "/a", "cut short"},
	/* a slip before the end is a slip, also in a text that is cut */
	{"{\"a\":1,\"a\":2", ERR_DENIED, "/a", "\"a\" given twice"},
	/* duplicates, compared after decoding */
	{"{\"a\":1,\"b\":2,\"a\":3}", ERR_DENIED, "/a", "\"a\" given twice"},
	{"{\"user\":1,\"u\\u0073er\":2}", ERR_DENIED, "/user", "\"user\" given twice"},
	{"{\"x\":[0,{\"c/d\":1,\"c\\/d\":2}]}", ERR_DENIED, "/x/1/c~1d", "given twice"},
	{"{\"x\":[0,{\"~\":1,\"~\":2}]}", ERR_DENIED, "/x/1/~0", "given twice"},
	{"{\"a\":{\"b\":1},\"c\":{\"b\":1,\"b\":1}}", ERR_DENIED, "/c/b", "\"b\" given twice"},
	/* behind the document */
	{"{}x", ERR_DENIED, "", "behind the end"},
	{"{} {}", ERR_DENIED, "", "behind the end"},
	{"{}}", ERR_DENIED, "", "behind the end"},
	{"[]\n\n]", ERR_DENIED, "", "behind the end"},
	/* numbers */
	{"{\"a\":-0}", ERR_DENIED, "/a", "-0"},
	{"{\"a\":[0,-0]}", ERR_DENIED, "/a/1", "-0"},
	{"{\"a\":00}", ERR_DENIED, "/a", "leading zero"},
	{"{\"a\":01}", ERR_DENIED, "/a", "leading zero"},
	{"{\"a\":-01}", ERR_DENIED, "/a", "leading zero"},
	{"{\"a\":0.0}", ERR_DENIED, "/a", "fraction"},
	{"{\"a\":1e3}", ERR_DENIED, "/a", "fraction or an exponent"},
	{"{\"a\":1E+3}", ERR_DENIED, "/a", "fraction or an exponent"},
	{"{\"a\":-0.0}", ERR_DENIED, "/a", "fraction"},
	{"{\"a\":18446744073709551616}", ERR_DENIED, "/a", "beyond 64 bit"},
	{"{\"a\":99999999999999999999}", ERR_DENIED, "/a", "beyond 64 bit"},
	{"{\"a\":-9223372036854775809}", ERR_DENIED, "/a", "beyond 64 bit"},
	{"{\"a\":123456789012345678901234567890}", ERR_DENIED, "/a", "beyond 64 bit"},
	{"{\"a\":+1}", ERR_DENIED, "/a", "outside strings"},
	{"{\"a\":-}", ERR_DENIED, "/a", "syntax"},
	{"{\"a\":NaN}", ERR_DENIED, "/a", "not true, false or null"},
	{"{\"a\":Infinity}", ERR_DENIED, "/a", "not true, false or null"},
	{"{\"a\":True}", ERR_DENIED, "/a", "not true, false or null"},
	{"{\"a\":truE}", ERR_DENIED, "/a", "not true, false or null"},
	{"{\"a\":nulL}", ERR_DENIED, "/a", "not true, false or null"},
	{"{\"a\":falsE}", ERR_DENIED, "/a", "not true, false or null"},
	{"{\"a\":tru}", ERR_DENIED, "/a", "not true, false or null"},
	{"{\"a\":truez}", ERR_DENIED, "/a", "not true, false or null"},
	{"{\"a\":trueZ}", ERR_DENIED, "/a", "not true, false or null"},
	{"{\"a\":false4}", ERR_DENIED, "/a", "syntax"},
	{"{\"a\":a}", ERR_DENIED, "/a", "not true, false or null"},
	{"{\"a\":z}", ERR_DENIED, "/a", "not true, false or null"},
	{"{\"a\":A}", ERR_DENIED, "/a", "not true, false or null"},
	{"{\"a\":Z}", ERR_DENIED, "/a", "not true, false or null"},
	{"{\"a\":@}", ERR_DENIED, "/a", "outside strings"},
	{"{\"a\":`}", ERR_DENIED, "/a", "outside strings"},
	{"{\"a\":|}", ERR_DENIED, "/a", "outside strings"},
	{"{\"a\":_}", ERR_DENIED, "/a", "outside strings"},
	{"{\"a\":\f1}", ERR_DENIED, "/a", "outside strings"}, /* space to C, not to JSON */
	{"{\"a\":\v1}", ERR_DENIED, "/a", "outside strings"},
	{"{\"a\":\xc2\xa0 1}", ERR_DENIED, "/a", "outside strings"},
	{"{\"a\":0x10}", ERR_DENIED, "/a", ""},
	/* commas, comments, quotes */
	{"{\"a\":1,}", ERR_DENIED, "", "comma"},
	{"{\"a\":[1,]}", ERR_DENIED, "/a/1", "comma"},
	{"// x\n{}", ERR_DENIED, "", "comment"},
	{"/* x */{}", ERR_DENIED, "", "comment"},
	{"{\"a\":1 /* x */}", ERR_DENIED, "/a", "comment"},
	{"{\"a\":'b'}", ERR_DENIED, "/a", "outside strings"},
	{"{a:1}", ERR_DENIED, "", ""},
	{"{\"a\":1 \"b\":2}", ERR_DENIED, "/a", "syntax"},
	{"{\"a\":1]", ERR_DENIED, "", "syntax"},
	{"{\"a\":1;}", ERR_DENIED, "/a", "outside strings"},
	/* strings */
	{"{\"a\":\"x\ny\"}", ERR_DENIED, "/a", "line break"},
	{"{\"a\":\"x\ty\"}", ERR_DENIED, "/a", "raw control character"},
	{"{\"a\":\"x\x1fy\"}", ERR_DENIED, "/a", "raw control character"},
	{"{\"a\":\"\\u0000\"}", ERR_DENIED, "/a", "\\u0000"},
	{"{\"a\\u0000\":1}", ERR_DENIED, "/a\\u0000", "\\u0000"},
	{"{\"a\":\"\\ud800\"}", ERR_DENIED, "/a", "stands for no character"},
	{"{\"a\":\"\\udc00\"}", ERR_DENIED, "/a", "stands for no character"},
	{"{\"a\":\"\\ud800\\u0041\"}", ERR_DENIED, "/a", "stands for no character"},
	{"{\"a\":\"\\x41\"}", ERR_DENIED, "/a", "escape that JSON does not have"},
	{"{\"a\":\"\xff\"}", ERR_DENIED, "/a", "no UTF-8"},
	{"{\"a\":\"\xed\xa0\x80\"}", ERR_DENIED, "/a", "no UTF-8"}, /* half a surrogate pair */
	{"{\"a\":\"\xc0\xaf\"}", ERR_DENIED, "/a", "no UTF-8"},	    /* a slash in two bytes */
	{"{\"a\":\"\xf4\x90\x80\x80\"}", ERR_DENIED, "/a", "no UTF-8"},
	{"{\"\xff\":1}", ERR_DENIED, "/?", "no UTF-8"},
	/* not UTF-8, not an object */
	{"\xef\xbb\xbf{}", ERR_DENIED, "",
	 "byte order mark before the document, which some parsers refuse (line 1, column 1)"},
	{"\xef\xbb\xbf", ERR_DENIED, "", "byte order mark"},
	{"\xef\xbb{}", ERR_DENIED, "", "neither an object nor an array"},
	{"\"text\"", ERR_DENIED, "", "neither an object nor an array"},
	{"3", ERR_DENIED, "", "neither an object nor an array"},
	{"null", ERR_DENIED, "", "neither an object nor an array"},
	{"]", ERR_DENIED, "", "neither an object nor an array"},
	/* the place, behind what was closed and beside what is only text */
	{"[[],[1,[]],[{}],01]", ERR_DENIED, "/3", "leading zero"},
	{"[[[[0,1,02]]]]", ERR_DENIED, "/0/0/0/2", "leading zero"},
	{"{\"a\":[1,2,{\"b\":[3]}],\"c\":{\"d\":{},\"e\":01}}", ERR_DENIED, "/c/e", "leading zero"},
	{"{\"a\":\"]},[{\",\"b\":[\"\\\"]\",01]}", ERR_DENIED, "/b/1", "leading zero"},
	{"{\"a\":{\"b\":1},\"c\":{\"d\":\"e\",\"f\":\"g\",\"h\":01}}", ERR_DENIED, "/c/h", "leading zero"},
	{"{\"a\":[{\"b\":1},{\"c\":[01]}]}", ERR_DENIED, "/a/1/c/0", "leading zero"},
	{"{\"a/b\":{\"~\":01}}", ERR_DENIED, "/a~1b/~0", "leading zero"},
	{"{\"\":{\"\":01}}", ERR_DENIED, "//", "leading zero"},
	/* what is quoted must not steer a terminal */
	{"{\"\\u001b[2J\":1,\"\\u001b[2J\":2}", ERR_DENIED, "/?[2J", "\"?[2J\" given twice"},
	{"{\"\\u202ea\":1,\"\\u202ea\":2}", ERR_DENIED, "/???a", "given twice"},
};

static void expect_refused(const struct refused *want)
{
	struct err err = {0};

	cr_expect_null(json_read(want->text, strlen(want->text), &err), "accepted: %s", want->text);
	cr_expect_eq(err.kind, want->kind, "%s: kind %d, not %d", want->text, err.kind, want->kind);
	cr_expect_str_eq(err.pointer, want->pointer, "%s: points to %s", want->text, err.pointer);
	cr_expect(strstr(err.text, want->says), "%s: says %s", want->text, err.text);
}

Test(json, refuses)
{
	for (size_t i = 0; i < N(refused_table); i++)
		expect_refused(&refused_table[i]);
}

static const char *const accepted_table[] = {
	"{}",
	"[]",
	" \t\r\n{ } \n",
	"{\"a\":true,\"b\":false,\"c\":null}",
	"{\"a\":0,\"b\":-1,\"c\":9223372036854775807,\"d\":-9223372036854775808}",
	"[9223372036854775808]",
	"[9999999999999999999]",
	"[18446744073709551615]",
	"{\"a\":\"// no comment, 1.5, -0, [,] {\"}",
	"{\"a\":\"\\\"\",\"b\":\"\\\\\",\"c\":\"\\\\\\\"-0\"}",
	"{\"a\":\"\\ud83d\\ude00\xf0\x9f\x98\x80\xc3\xa9\"}",
	"{\"a\":1,\"A\":2}", /* the same but for case: the shape's business, not syntax */
};

Test(json, accepts)
{
	for (size_t i = 0; i < N(accepted_table); i++) {
		struct err err = {0};
		json_t *json = json_read(accepted_table[i], strlen(accepted_table[i]), &err);

		cr_expect(json, "%s: %s", accepted_table[i], err.text);
		json_decref(json);
	}
}

Test(json, refuses_nul_bytes_anywhere)
{
	static const char texts[][16] = {"{\"a\":\"x@y\"}", "{\"a@\":1}", "{}@", "{@}", "@"};

	for (size_t i = 0; i < N(texts); i++) {
		char text[16];
		size_t len = strlen(texts[i]);
		struct err err = {0};

		memcpy(text, texts[i], sizeof(text));
		*strchr(text, '@') = '\0';
		cr_expect_null(json_read(text, len, &err), "accepted: %s", texts[i]);
		cr_expect_eq(err.kind, ERR_DENIED);
		cr_expect(strstr(err.text, "NUL byte"), "%s: %s", texts[i], err.text);
	}
}

/* @depth brackets of one kind around nothing */
static size_t nest(char *text, int depth, char open, char close, const char *between)
{
	size_t len = 0;

	for (int i = 0; i < depth; i++) {
		text[len++] = open;
		if (i + 1 < depth) {
			memcpy(text + len, between, strlen(between));
			len += strlen(between);
		}
	}
	for (int i = 0; i < depth; i++)
		text[len++] = close;
	text[len] = '\0';
	return len;
}

Test(json, stops_at_a_depth_of_32)
{
	static char text[200000];
	struct err err = {0};
	size_t len;
	json_t *json;

	len = nest(text, 32, '[', ']', "");
	json = json_read(text, len, &err);
	cr_expect(json, "%s", err.text);
	json_decref(json);
	len = nest(text, 33, '[', ']', "");
	cr_expect_null(json_read(text, len, &err));
	cr_expect(strstr(err.text, "deeper than 32"), "%s", err.text);
	cr_expect_eq(err.kind, ERR_DENIED);
	len = nest(text, 33, '{', '}', "\"a\":");
	cr_expect_null(json_read(text, len, &err));
	cr_expect(strstr(err.text, "deeper than 32"), "%s", err.text);
	cr_expect_eq(strncmp(err.pointer, "/a/a/a/a", 8), 0, "%s", err.pointer);
	len = nest(text, 11000, '[', ']', "");
	cr_expect_null(json_read(text, len, &err));
	cr_expect(strstr(err.text, "deeper than 32"), "%s", err.text);
}

Test(json, points_to_a_key_that_is_longer_than_anything)
{
	static char text[100000] = "{\"";
	struct err err = {0};

	memset(text + 2, 'k', 90000);
	(void)strcpy(text + 90002, "\\q\":1}");
	cr_expect_null(json_read(text, strlen(text), &err));
	cr_expect_eq(strlen(err.pointer), sizeof(err.pointer) - 1);
	cr_expect_eq(strspn(err.pointer + 1, "k"), sizeof(err.pointer) - 2);
}

/* A place is cut where there is no more room for it. */
Test(json, points_to_keys_of_any_length)
{
	for (size_t len = 240; len < 270; len++) {
		char text[1024] = "{\"", want[256] = "/";
		struct err err = {0};
		size_t n = len < sizeof(want) - 2 ? len : sizeof(want) - 2;

		memset(text + 2, 'k', len);
		memset(want + 1, 'k', n);
		(void)strcpy(text + 2 + len, "\\q\":1}");
		cr_expect_null(json_read(text, strlen(text), &err));
		cr_expect_eq(strncmp(err.pointer, want, n + 1), 0, "%zu: %s", len, err.pointer);
		cr_expect_eq(strlen(err.pointer), len + 3 < sizeof(want) ? len + 3 : sizeof(want) - 1, "%zu: %zu", len,
			     strlen(err.pointer));
		(void)strcpy(text + 2 + len, "\":01}");
		err = (struct err){0};
		cr_expect_null(json_read(text, strlen(text), &err));
		cr_expect_eq(strncmp(err.pointer, want, 240), 0, "%zu: %s", len, err.pointer);
	}
}

Test(json, tells_line_and_column)
{
	static const char text[] = "{\n  \"a\": 1,\n  \"a\": 2\n}\n";
	struct err err = {0};

	cr_assert_null(json_read(text, sizeof(text) - 1, &err));
	cr_expect(strstr(err.text, "(line 3, column "), "%s", err.text);
	/* Just behind what is wrong */
	err = (struct err){0};
	cr_assert_null(json_read("{\n  \"a\": 1,\n  \"b\": 01\n}", 23, &err));
	cr_expect(strstr(err.text, "(line 3, column 10)"), "%s", err.text);
}

Test(json, takes_integers_of_64_bit_without_sign_for_reals)
{
	static const char text[] =
		"{ \"max\": 18446744073709551615, \"first\":9223372036854775808,\"int\":[9223372036854775807,7],"
		" \"text\": \"18446744073709551615 \\\" 18446744073709551615\", \"list\":[18446744073709551615] }";
	struct err err = {0};
	json_t *json = json_read(text, sizeof(text) - 1, &err);

	cr_assert(json, "%s", err.text);
	cr_expect_float_eq(json_real_value(json_object_get(json, "max")), 18446744073709551615.0, 1e4);
	cr_expect_float_eq(json_real_value(json_object_get(json, "first")), 9223372036854775808.0, 1e4);
	cr_expect_eq(json_integer_value(json_array_get(json_object_get(json, "int"), 0)), INT64_MAX);
	cr_expect(json_is_real(json_array_get(json_object_get(json, "list"), 0)));
	cr_expect_str_eq(json_string_value(json_object_get(json, "text")),
			 "18446744073709551615 \" 18446744073709551615");
	json_decref(json);
}

/* Every prefix of a document is cut short: an input error, never a verdict on the spec, and never a crash. */
Test(json, takes_every_prefix_for_cut_short)
{
	static const char text[] = "{\"a\":[1,-2,{\"b\":\"c\\n\\\"\\u00e9\xc3\xa9\"}],\"d\":true,\"e\":null,\"f\":{},"
				   "\"g\":18446744073709551615}";

	for (size_t len = 1; len < sizeof(text) - 1; len++) {
		char copy[sizeof(text)] = "";
		struct err err = {0};

		memcpy(copy, text, len);
		cr_expect_null(json_read(copy, len, &err), "accepted %zu bytes", len);
		cr_expect_eq(err.kind, ERR_INPUT, "%s: %s", copy, err.text);
	}
}

Test(json, lives_in_an_arena)
{
	static const char text[] = "{\"a\":[1,2,{\"b\":\"c\"}]}";
	struct arena arena;
	struct arena *before;
	struct err err = {0};
	json_t *json;

	arena_init(&arena, 1 << 20);
	before = json_use_arena(&arena);
	cr_expect_null(before);
	json = json_read(text, sizeof(text) - 1, &err);
	cr_expect_eq(json_use_arena(before), &arena);
	cr_assert(json, "%s", err.text);
	cr_expect_gt(arena.used, 0);
	arena_release(&arena);
	arena_init(&arena, 64);
	before = json_use_arena(&arena);
	cr_expect_null(json_read(text, sizeof(text) - 1, &err));
	cr_expect_eq(err.kind, ERR_SYSTEM, "%s", err.text);
	(void)json_use_arena(before);
	arena_release(&arena);
}

/* The heap's allocation that fails, counted from 0; everything before and behind is given. */
static json_malloc_t heap;
static long failing;

static void *fails_once(size_t size)
{
	return heap(failing-- == 0 ? SIZE_MAX / 2 : size);
}

/* Tokens longer than the 15 bytes that jansson has room for from the start: it would assert, or blame the text */
Test(json, says_when_the_heap_ends_within_a_token)
{
	static const char *const texts[] = {
		"[1]",
		"{\"a\":18446744073709551615}",
		"{\"a\":[1234567890123456789]}",
		"{\"a\":-9223372036854775808}",
		"[\"\\n and more than fits\"]",
		"{\"a key of some length\":{\"\\t\":\"another that goes on and on, beyond any power of two\"}}",
	};
	struct err err = {0};
	json_free_t release;

	json_decref(json_read("[]", 2, &err)); /* what is done once, is done */
	json_get_alloc_funcs(&heap, &release);
	for (size_t i = 0; i < N(texts); i++) {
		json_t *json = NULL;
		long tries = 0;

		for (; !json && tries < 100; tries++) {
			err = (struct err){0};
			failing = tries;
			json_set_alloc_funcs(fails_once, release);
			json = json_read(texts[i], strlen(texts[i]), &err);
			json_set_alloc_funcs(heap, release);
			cr_expect_eq(json != NULL, failing >= 0, "%s, %ld", texts[i], tries);
			cr_expect_null(heap(SIZE_MAX / 2), "where nothing is read, it is told as ever");
			if (!json)
				cr_expect_str_eq(err.text, "out of memory while reading JSON", "%s, %ld", texts[i],
						 tries);
		}
		cr_expect_gt(tries, 2, "%s", texts[i]);
		cr_expect_lt(tries, 100, "%s", texts[i]);
		cr_expect_eq(err.kind, ERR_NONE);
		json_decref(json);
	}
}

Test(json, says_when_the_arena_is_full)
{
	static const char text[] = "{\"a\":[1,2,{\"b\":\"\\u00e9\"}],\"c\":18446744073709551615,\"d\":{},"
				   "\"e\":1234567890123456789}";
	size_t failed = 0, cap;
	struct err none;
	json_t *whole = json_read(text, sizeof(text) - 1, &none);

	for (cap = 0; cap < 4096; cap += 16) {
		struct arena arena;
		struct err err = {0};
		json_t *json;

		arena_init(&arena, cap);
		(void)json_use_arena(&arena);
		json = json_read(text, sizeof(text) - 1, &err);
		if (json) {
			cr_expect(json_equal(json, whole), "%zu bytes", cap);
		} else {
			failed++;
			cr_expect_eq(err.kind, ERR_SYSTEM, "%zu bytes: %s", cap, err.text);
		}
		(void)json_use_arena(NULL);
		arena_release(&arena);
	}
	cr_expect_gt(failed, 0);
	cr_expect_lt(failed, cap / 16);
	json_decref(whole);
}

Test(json, escapes_pointer_tokens)
{
	char buffer[32];

	cr_expect_str_eq(json_pointer_token(buffer, sizeof(buffer), "a/b~c"), "a~1b~0c");
	cr_expect_str_eq(json_pointer_token(buffer, 5, "abcdefgh"), "ab");
}
