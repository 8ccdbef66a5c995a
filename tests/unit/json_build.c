/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The short cut and jansson, side by side: what the short cut gives is what jansson gives, key by key in the same
 * order, and it gives nothing where jansson refuses.
 */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../enforce/base/json_build.h"
#include "../../enforce/base/json_scan.h"

/* Return: did the short cut give a value? */
static bool compare(const char *text, size_t len)
{
	json_t *expect, *got;
	char *expect_text, *got_text;
	struct json_scan scan;

	json_scan(text, len, &scan);
	if (scan.problem || scan.big)
		return false;
	got = json_build(text, len);
	expect = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (!got) {
		json_decref(expect);
		return false;
	}
	cr_assert_not_null(expect, "jansson refuses: %.*s", (int)len, text);
	expect_text = json_dumps(expect, JSON_COMPACT);
	got_text = json_dumps(got, JSON_COMPACT);
	cr_assert_str_eq(got_text, expect_text);
	free(expect_text);
	free(got_text);
	json_decref(expect);
	json_decref(got);
	return true;
}

static const struct {
	const char *text;
	bool taken;
} documents[] = {
	{"{}", true},
	{"[]", true},
	{" { } ", true},
	{"[ ]\n", true},
	{"{\"a\":1}", true},
	{"{\"a\" : [1, -2, 999999999999999999, true, false, null, \"x\", {\"b\":{}}]}", true},
	{"[\"\\u00e9\\n\\\"\\\\\", \"\xc3\xa9\", \"\"]", true},
	{"[1000000000000000000]", false},
	{"[9223372036854775807]", false},
	{"{\"a\":1,\"a\":2}", false},
	{"{\"a\":{},\"b\":1,\"a\":2}", false},
	{"{\"\\u0061\":1,\"a\":2}", false},
	{"{\"\":1}", true},
	{"[\"\\u0000\"]", false},
	{"[\"\\ud800\"]", false},
	{"[\"\xff\"]", false},
	{"[\"a\nb\"]", false},
	{"[\"a\x1f\"]", false},
	{"{\"a\x1f\":1}", false},
	{"[\" !~\x7f\"]", true},
	{"[\"a\\xb\"]", false},
	{"[1 2]", false},
	{"[1,]", false},
	{"[,1]", false},
	{"{\"a\"}", false},
	{"{\"a\":}", false},
	{"{\"a\":1,}", false},
	{"{1:2}", false},
	{"[tru]", false},
	{"[truefalse]", false},
	{"[1", false},
	{"[\"abc", false},
	{"[\"abc\\", false},
	{"[\"abc\\\"", false},
	{"{\"a\":1]", false},
	{"[1}", false},
	{"", false},
	{" ", false},
	{"1", true},
	{"[1]]", false},
	{"[1] 2", false},
	{"[-]", false},
};

Test(json_build, documents)
{
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		const char *text = documents[i].text;
		json_t *got = json_build(text, strlen(text));
		json_t *expect = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);

		cr_assert_eq(got != NULL, documents[i].taken, "%s", text);
		if (got)
			cr_assert(json_equal(got, expect), "%s", text);
		json_decref(got);
		json_decref(expect);
	}
}

/* Keys around the size that the short cut has room for, and far beyond */
Test(json_build, long_keys)
{
	static char text[70000];

	for (size_t len = 250; len < 66000; len += len < 262 ? 1 : 5000) {
		json_t *got, *expect;

		text[0] = '{';
		text[1] = '"';
		memset(text + 2, 'k', len);
		(void)strcpy(text + 2 + len, "\":1}");
		got = json_build(text, len + 6);
		expect = json_loads(text, 0, NULL);
		cr_assert_not_null(expect);
		cr_expect(!got || json_equal(got, expect), "a key of %zu bytes", len);
		json_decref(got);
		json_decref(expect);
	}
}

Test(json_build, depth)
{
	char text[200];

	for (size_t depth = 1; depth <= 40; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		cr_assert_eq(json_build(text, 2 * depth) != NULL, depth <= 32, "depth %zu", depth);
	}
}

/* Any spread will do, the same one each time. */
static unsigned next_random(unsigned *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 8;
}

static void mutate(char *text, size_t len, unsigned *state)
{
	static const char interesting[] = "\"\\{}[]:,0123456789-.eE tfn\n\x7f\xc3\xff";
	const unsigned times = 1 + next_random(state) % 3;

	for (unsigned i = 0; i < times; i++)
		text[next_random(state) % len] = interesting[next_random(state) % (sizeof(interesting) - 1)];
}

Test(json_build, real_specs_and_their_mutants)
{
	unsigned state = 1, taken = 0, whole = 0;
	glob_t files;

	cr_assert_eq(glob("tests/bundles/*/*/config.json", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		static char text[65536], mutant[65536];
		FILE *file = fopen(files.gl_pathv[i], "re");
		size_t len = fread(text, 1, sizeof(text), file);

		(void)fclose(file);
		whole += compare(text, len);
		for (int j = 0; j < 60; j++) {
			memcpy(mutant, text, len);
			mutate(mutant, len, &state);
			taken += compare(mutant, len);
		}
	}
	cr_assert_geq(files.gl_pathc, 20);
	cr_assert_eq(whole, files.gl_pathc, "every real spec goes the short way");
	cr_assert_gt(taken, files.gl_pathc, "some mutants are still documents");
	globfree(&files);
}
