/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The byte-splicing editor. Every expected text is written by hand: what is not edited must come out byte for byte.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "ocigate/amend.h"

static struct arena arena;

static void begin(void)
{
	arena_init(&arena, (size_t)16 << 20);
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(amend, .init = begin, .fini = finish);

static struct text text_of(const char *bytes)
{
	return (struct text){.bytes = bytes, .len = strlen(bytes)};
}

/* One case: a text, up to four edits, what must come out; NULL: an error must. */
static const struct splice_case {
	const char *text;
	struct edit edits[4];
	const char *expect;
} cases[] = {
	{"{}", {{EDIT_SET, "/a", "1"}}, "{\"a\":1}"},
	{"{\"a\": 1 }", {{EDIT_SET, "/a", "22"}}, "{\"a\": 22 }"},
	{" {\"a\":1}\n", {{EDIT_SET, "/b", "2"}}, " {\"a\":1,\"b\":2}\n"},
	{"{\n  \"a\": 1\n}", {{EDIT_SET, "/b", "2"}}, "{\n  \"a\": 1,\n  \"b\":2\n}"},
	{"{\"a\":{}}", {{EDIT_SET, "/a/b", "true"}}, "{\"a\":{\"b\":true}}"},
	/* parents that are missing, and two edits below the same missing parent */
	{"{\"x\":0}", {{EDIT_SET, "/a/b/c", "1"}}, "{\"x\":0,\"a\":{\"b\":{\"c\":1}}}"},
	{"{}", {{EDIT_SET, "/a/c", "2"}, {EDIT_SET, "/a/b", "1"}}, "{\"a\":{\"b\":1,\"c\":2}}"},
	{"{\"linux\":{\"cgroupsPath\":\"x\"}}",
	 {{EDIT_SET, "/linux/seccomp", "{}"}},
	 "{\"linux\":{\"cgroupsPath\":\"x\",\"seccomp\":{}}}"},
	/* removing members: first, middle, last, all, none */
	{"{\"a\":1, \"b\":2, \"c\":3}", {{EDIT_REMOVE, "/a", NULL}}, "{\"b\":2, \"c\":3}"},
	{"{\"a\":1, \"b\":2, \"c\":3}", {{EDIT_REMOVE, "/b", NULL}}, "{\"a\":1, \"c\":3}"},
	{"{\"a\":1, \"b\":2, \"c\":3 }", {{EDIT_REMOVE, "/c", NULL}}, "{\"a\":1, \"b\":2 }"},
	{"{\"a\":1, \"b\":2}", {{EDIT_REMOVE, "/b", NULL}, {EDIT_REMOVE, "/a", NULL}}, "{}"},
	{"{\"a\":1}", {{EDIT_REMOVE, "/z", NULL}, {EDIT_REMOVE, "/y/z", NULL}}, "{\"a\":1}"},
	{"{\"a\":1}", {{EDIT_REMOVE, "/a", NULL}, {EDIT_SET, "/b", "2"}}, "{\"b\":2}"},
	/* several elements of one array; indexes are those of the text before the edits */
	{"[]", {{EDIT_APPEND, "/a", "1"}}, NULL},
	{"{\"m\":[0,1,2,3]}", {{EDIT_REMOVE, "/m/3", NULL}, {EDIT_REMOVE, "/m/1", NULL}}, "{\"m\":[0,2]}"},
	{"{\"m\":[0,1,2,3]}", {{EDIT_REMOVE, "/m/0", NULL}, {EDIT_REMOVE, "/m/1", NULL}}, "{\"m\":[2,3]}"},
	{"{\"m\":[ 0, 1 ]}", {{EDIT_REMOVE, "/m/0", NULL}, {EDIT_REMOVE, "/m/1", NULL}}, "{\"m\":[ ]}"},
	{"{\"m\":[0,1,2,3,4,5,6,7,8,9,10,11]}",
	 {{EDIT_REMOVE, "/m/10", NULL}, {EDIT_REMOVE, "/m/2", NULL}},
	 "{\"m\":[0,1,3,4,5,6,7,8,9,11]}"},
	{"{\"m\":[0,1]}", {{EDIT_REMOVE, "/m/1", NULL}, {EDIT_REMOVE, "/m/1", NULL}}, "{\"m\":[0]}"},
	{"{\"m\":[{\"a\":1},{\"a\":2}]}",
	 {{EDIT_SET, "/m/1/a", "3"}, {EDIT_REMOVE, "/m/0", NULL}},
	 "{\"m\":[{\"a\":3}]}"},
	/* growing arrays at both ends, missing and empty ones too */
	{"{\"h\":{\"c\":[1, 2]}}", {{EDIT_PREPEND, "/h/c", "0"}}, "{\"h\":{\"c\":[0,1, 2]}}"},
	{"{\"c\":[\n 1,\n 2\n]}", {{EDIT_PREPEND, "/c", "0"}}, "{\"c\":[\n 0,\n 1,\n 2\n]}"},
	{"{\"c\":[]}", {{EDIT_PREPEND, "/c", "0"}}, "{\"c\":[0]}"},
	{"{}", {{EDIT_PREPEND, "/h/c", "{\"p\":1}"}}, "{\"h\":{\"c\":[{\"p\":1}]}}"},
	{"{\"c\":[1]}", {{EDIT_APPEND, "/c", "2"}, {EDIT_APPEND, "/c", "3"}}, "{\"c\":[1,2,3]}"},
	{"{\"c\":[1]}",
	 {{EDIT_PREPEND, "/c", "0"}, {EDIT_REMOVE, "/c/0", NULL}, {EDIT_APPEND, "/c", "9"}},
	 "{\"c\":[0,9]}"},
	/* strings that look like structure, escapes in keys, pointer escapes */
	{"{\"a\":\"}],\\\"{[\",\"b\":1}", {{EDIT_SET, "/b", "2"}}, "{\"a\":\"}],\\\"{[\",\"b\":2}"},
	{"{\"\\u0061\":1}", {{EDIT_SET, "/a", "2"}}, "{\"\\u0061\":2}"},
	{"{\"\\ud83d\\ude00/~\":1,\"b\":2}", {{EDIT_REMOVE, "/\xf0\x9f\x98\x80~1~0", NULL}}, "{\"b\":2}"},
	{"{}", {{EDIT_SET, "/a\"b", "1"}}, "{\"a\\u0022b\":1}"},
	{"{\"1\":{\"0\":1}}", {{EDIT_REMOVE, "/1/0", NULL}}, "{\"1\":{}}"},
	/* below what goes away nothing is written */
	{"{\"a\":{\"b\":1}}", {{EDIT_REMOVE, "/a", NULL}, {EDIT_SET, "/a/b", "2"}}, "{}"},
	/* the same value twice is no contradiction; two values are; so is a path through a number */
	{"{\"a\":1}", {{EDIT_SET, "/a", "2"}, {EDIT_SET, "/a", "2"}}, "{\"a\":2}"},
	{"{\"a\":1}", {{EDIT_SET, "/a", "2"}, {EDIT_SET, "/a", "3"}}, NULL},
	{"{\"a\":{}}", {{EDIT_SET, "/a", "{}"}, {EDIT_SET, "/a/b", "3"}}, NULL},
	{"{\"a\":1}", {{EDIT_SET, "/a/b", "2"}}, NULL},
	{"{\"a\":{}}", {{EDIT_APPEND, "/a", "2"}}, NULL},
	{"{\"a\":[1]}", {{EDIT_SET, "/a/5", "2"}}, NULL},
	{"{\"a\":1}", {{EDIT_SET, "a", "2"}}, NULL},
	{"{\"a\":[1,}", {{EDIT_SET, "/b", "2"}}, NULL},
};

Test(amend, splices_what_is_edited_and_nothing_else)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text text = text_of(cases[i].text), result = {"untouched", 9};
		struct err err = {0};
		size_t n = 0;
		int rc;

		while (n < 4 && cases[i].edits[n].pointer)
			n++;
		rc = amend_splice(&arena, &text, cases[i].edits, n, &result, &err);
		if (!cases[i].expect) {
			cr_expect_eq(rc, -1, "case %zu (%s) must fail", i, cases[i].text);
			cr_expect_eq(err.kind, ERR_SYSTEM);
			cr_expect_str_eq(result.bytes, "untouched", "case %zu: output touched on failure", i);
			continue;
		}
		cr_expect_eq(rc, 0, "case %zu (%s): %s", i, cases[i].text, err.text);
		cr_expect_str_eq(result.bytes, cases[i].expect, "case %zu", i);
		cr_expect_eq(result.len, strlen(cases[i].expect), "case %zu", i);
	}
}

Test(amend, without_a_change_the_same_bytes_come_back)
{
	struct text text = text_of("{\"a\": [1, 2]}"), result = {0};
	const struct edit edits[] = {{EDIT_SET, "/a", "[1, 2]"}, {EDIT_REMOVE, "/b", NULL}};
	struct err err;

	cr_assert_eq(amend_splice(&arena, &text, edits, 2, &result, &err), 0);
	cr_expect_eq(result.bytes, text.bytes);
}

/* A thousand removals must hit their own elements and cost one walk. */
Test(amend, many_removals)
{
	enum { N = 4000 };
	char *bytes = arena_alloc(&arena, 16 * N);
	struct edit *edits = arena_array(&arena, N, sizeof(*edits));
	struct text text, result;
	struct err err;
	json_t *json;
	size_t len = 0, n = 0;

	len += (size_t)sprintf(bytes + len, "{\"m\":[");
	for (int i = 0; i < N; i++)
		len += (size_t)sprintf(bytes + len, "%s%d", i ? "," : "", i);
	(void)sprintf(bytes + len, "]}");
	for (int i = N - 1; i >= 0; i--)
		if (i % 3 != 0)
			edits[n++] = (struct edit){EDIT_REMOVE, arena_printf(&arena, "/m/%d", i), NULL};
	text = text_of(bytes);
	cr_assert_eq(amend_splice(&arena, &text, edits, n, &result, &err), 0, "%s", err.text);
	json = json_loadb(result.bytes, result.len, 0, NULL);
	cr_assert_not_null(json);
	cr_assert_eq(json_array_size(json_object_get(json, "m")), (N + 2) / 3);
	for (size_t i = 0; i < (N + 2) / 3; i++)
		cr_assert_eq(json_integer_value(json_array_get(json_object_get(json, "m"), i)), (json_int_t)(3 * i));
	json_decref(json);
}

Test(amend, finds_the_bytes_of_a_value)
{
	struct text text = text_of(" {\"a\": [ {\"b~/\": \"x\"} , -1.5e3 ], \"\\u0063\":null}");
	struct text value = {"untouched", 9};

	cr_expect(amend_find(&text, "/a/0/b~0~1", &value));
	cr_expect(value.len == 3 && memcmp(value.bytes, "\"x\"", 3) == 0);
	cr_expect(amend_find(&text, "/a/1", &value));
	cr_expect(value.len == 6 && memcmp(value.bytes, "-1.5e3", 6) == 0);
	cr_expect(amend_find(&text, "/c", &value));
	cr_expect(value.len == 4 && memcmp(value.bytes, "null", 4) == 0);
	value = (struct text){"untouched", 9};
	cr_expect_not(amend_find(&text, "/a/2", &value));
	cr_expect_not(amend_find(&text, "/a/01", &value));
	cr_expect_not(amend_find(&text, "/a/1/x", &value));
	cr_expect_not(amend_find(&text, "/d", &value));
	cr_expect_eq(value.len, 9);
}
