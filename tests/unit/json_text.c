/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading in place, against jansson: what the one takes the other must take, with the same values. And what the one
 * calls broken must not be a document.
 */
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ocigate/json.h"
#include "ocigate/json_text.h"
#include "ocigate/spec.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static struct arena arena;

static void begin(void)
{
	arena_init(&arena, (size_t)64 << 20);
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(json_text, .init = begin, .fini = finish);

static struct json_text text_of(const char *bytes)
{
	struct json_text text;

	json_text_start(&text, &arena, bytes, strlen(bytes));
	cr_assert_not(text.broken);
	return text;
}

static const struct {
	const char *written;
	bool taken;
	bool negative;
	uint64_t size;
} numbers[] = {
	{"0", true, false, 0},
	{"7 ", true, false, 7},
	{"\t7", true, false, 7},
	{"\r\n 7\r", true, false, 7},
	{"-1", true, true, 1},
	{"18446744073709551615", true, false, UINT64_MAX},
	{"9223372036854775808", true, false, (uint64_t)1 << 63},
	{"-9223372036854775808", true, true, (uint64_t)1 << 63},
	{"18446744073709551616", false, false, 0},
	{"184467440737095516150", false, false, 0},
	{"99999999999999999999", false, false, 0},
	{"-9223372036854775809", false, false, 0},
	{"-0", false, false, 0},
	{"00", false, false, 0},
	{"01", false, false, 0},
	{"-01", false, false, 0},
	{"-", false, false, 0},
	{"1.0", false, false, 0},
	{"1e1", false, false, 0},
	{"1E1", false, false, 0},
	{"+1", false, false, 0},
	{"", false, false, 0},
};

Test(json_text, numbers)
{
	for (size_t i = 0; i < N(numbers); i++) {
		struct json_text text = text_of(numbers[i].written);
		struct json_number number;

		cr_expect_eq(json_text_number(&text, &number), numbers[i].taken, "%s", numbers[i].written);
		cr_expect_eq(text.broken, !numbers[i].taken, "%s", numbers[i].written);
		if (!numbers[i].taken)
			continue;
		cr_expect_eq(number.negative, numbers[i].negative, "%s", numbers[i].written);
		cr_expect_eq(number.size, numbers[i].size, "%s", numbers[i].written);
		cr_expect(json_text_end(&text), "%s", numbers[i].written);
	}
}

/* Every length, so that quotes fall on every place of a word of eight bytes. */
Test(json_text, strings_of_every_length)
{
	static const char odd[] = {'"', '\\', '\x1f', '\x7f', '\xc3', '\n'};

	for (size_t len = 0; len < 40; len++) {
		char bytes[64] = "\"";
		struct json_text text;
		const char *got;

		memset(bytes + 1, '~', len);
		bytes[len / 2 + 1] = len > 0 ? ' ' : '\0';
		bytes[len + 1] = '"';
		text = text_of(bytes);
		got = json_text_string(&text);
		cr_assert(got, "%s", bytes);
		cr_expect_eq(strlen(got), len);
		cr_expect_eq(memcmp(got, bytes + 1, len), 0);
		cr_expect(json_text_end(&text));
		/* The first quote ends it, whatever comes behind: another one, say. */
		bytes[len + 2] = '"';
		text = text_of(bytes);
		got = json_text_string(&text);
		cr_expect(got && strlen(got) == len && text.at == bytes + len + 2, "length %zu", len);
		bytes[len + 2] = '\0';
		for (size_t i = 0; len > 0 && i < N(odd); i++) {
			bytes[len / 2 + 1] = odd[i];
			text = text_of(bytes);
			got = json_text_string(&text);
			/* DEL is a character as any other; a quote in the middle ends a shorter string. */
			cr_expect_eq(got != NULL, odd[i] == '\x7f' || odd[i] == '"', "length %zu, byte %#x", len,
				     (unsigned char)odd[i]);
			cr_expect_eq(got && json_text_end(&text), odd[i] == '\x7f', "length %zu, byte %#x", len,
				     (unsigned char)odd[i]);
		}
	}
}

static const struct {
	const char *written;
	const char *text; /* NULL: broken */
} strings[] = {
	{"\"\"", ""},
	{"\"a\\u0041\\n\"", "aA\n"},
	{"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80"},
	{"\"\xc3\xa9\"", "\xc3\xa9"},
	{"\"\\\"\\\\\\/\"", "\"\\/"},
	{"\"\\u0000\"", NULL},
	{"\"\\ud800\"", NULL},
	{"\"\xff\"", NULL},
	{"\"\xc0\xaf\"", NULL},
	{"\"a\tb\"", NULL},
	{"\"a", NULL},
	{"\"a\\", NULL},
	{"\"a\\\"", NULL},
	{"'a'", NULL},
	{"a\"", NULL},
	{"7\"b\"", NULL},
	{"", NULL},
};

Test(json_text, strings)
{
	for (size_t i = 0; i < N(strings); i++) {
		struct json_text text = text_of(strings[i].written);
		const char *got = json_text_string(&text);

		cr_expect_eq(got == NULL, strings[i].text == NULL, "%s", strings[i].written);
		cr_expect_eq(text.broken, strings[i].text == NULL, "%s", strings[i].written);
		if (got && strings[i].text)
			cr_expect_str_eq(got, strings[i].text, "%s", strings[i].written);
	}
}

/* Shorter than what is looked at in one go */
Test(json_text, spans_of_short_objects)
{
	static const struct {
		const char *text;
		size_t span;
	} rows[] = {
		{"{}", 2}, {"{} }", 2},	     {"{\"a\":{}}", 8}, {"{\"a\":\"}\"}", 9}, {"{\"a\":\"{\"}", 9},
		{"{", 0},  {"{\"a\":{}", 0}, {"{\"a\":\"}", 0}, {"{\"\\\"\":1}", 0},  {"{\"a\":\"\\\\\"}", 0},
	};

	for (size_t i = 0; i < N(rows); i++) {
		const struct json_text text = text_of(rows[i].text);

		cr_expect_eq(json_text_span(&text), rows[i].span, "%s", rows[i].text);
	}
}

/* --- whole specs, against a tree made by jansson --- */

static void expect_string(const json_t *json, const char *key, const char *got, const char *absent)
{
	const char *want = json_string_value(json_object_get(json, key));

	cr_expect_str_eq(got ? got : "(none)", want ? want : absent, "%s", key);
}

static void expect_strings(const json_t *json, const char *key, const struct strings *got)
{
	const json_t *want = json_object_get(json, key);

	cr_assert_eq(got->n, json_array_size(want), "%s", key);
	for (size_t i = 0; i < got->n; i++)
		cr_expect_str_eq(got->items[i], json_string_value(json_array_get(want, i)), "%s %zu", key, i);
}

static void expect_map(json_t *json, const char *key, const struct key_values *got)
{
	json_t *want = json_object_get(json, key);
	size_t n = 0;

	cr_assert_eq(got->n, json_object_size(want), "%s", key);
	for (void *i = json_object_iter(want); i; i = json_object_iter_next(want, i), n++) {
		cr_expect_str_eq(got->items[n].key, json_object_iter_key(i));
		cr_expect_str_eq(got->items[n].value, json_string_value(json_object_iter_value(i)));
	}
}

static void expect_same(json_t *json, const struct container *container)
{
	json_t *process = json_object_get(json, "process"), *linux_section = json_object_get(json, "linux");
	json_t *user = json_object_get(process, "user"), *mounts = json_object_get(json, "mounts");
	json_t *rules = json_object_get(json_object_get(linux_section, "seccomp"), "syscalls");

	cr_expect_eq(container->process.uid, json_integer_value(json_object_get(user, "uid")));
	cr_expect_eq(container->process.gid, json_integer_value(json_object_get(user, "gid")));
	cr_expect_eq(container->process.no_new_privileges, json_is_true(json_object_get(process, "noNewPrivileges")));
	cr_expect_eq(container->process.n_additional_gids, json_array_size(json_object_get(user, "additionalGids")));
	expect_strings(process, "args", &container->process.args);
	expect_strings(process, "env", &container->process.env);
	expect_string(process, "cwd", container->process.cwd, "");
	expect_string(json, "hostname", container->hostname, "");
	expect_string(json, "ociVersion", container->oci_version, "");
	expect_string(linux_section, "cgroupsPath", container->cgroups_path, "(none)");
	expect_map(json, "annotations", &container->annotations);
	expect_map(linux_section, "sysctl", &container->sysctls);
	expect_strings(linux_section, "maskedPaths", &container->masked_paths);
	cr_assert_eq(container->n_mounts, json_array_size(mounts));
	for (size_t i = 0; i < container->n_mounts; i++) {
		expect_string(json_array_get(mounts, i), "destination", container->mounts[i].destination, "");
		expect_string(json_array_get(mounts, i), "source", container->mounts[i].source, "(none)");
		expect_strings(json_array_get(mounts, i), "options", &container->mounts[i].options);
	}
	cr_assert_eq(container->seccomp.n_rules, json_array_size(rules));
	for (size_t i = 0; i < container->seccomp.n_rules; i++)
		expect_strings(json_array_get(rules, i), "names", &container->seccomp.rules[i].names);
	cr_expect_eq(container->n_devices, json_array_size(json_object_get(linux_section, "devices")));
}

/* Return: was it taken? */
static bool compare(const char *bytes, size_t len)
{
	struct text text = {.bytes = bytes, .len = len};
	struct container container;
	struct err err = {0}, json_err = {0};
	bool taken;
	json_t *json;

	arena_release(&arena);
	taken = spec_parse(&arena, &text, "/run/b", "id", &container, &err) == 0;
	json = json_read(bytes, len, &json_err);
	cr_expect_not(taken && !json, "taken, and jansson says %s", json_err.text);
	cr_expect_not(strstr(err.text, "beyond doubt"), "not taken, and jansson has nothing against it");
	if (taken && json)
		expect_same(json, &container);
	json_decref(json);
	return taken;
}

/* Any spread will do, the same one each time. */
static unsigned next_random(unsigned *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 8;
}

static void mutate(char *bytes, size_t len, unsigned *state)
{
	static const char interesting[] = "\"\\{}[]:,0123456789-.eE tfnua\n\x7f\xc3\xa9\xff";
	const unsigned times = 1 + next_random(state) % 3;

	for (unsigned i = 0; i < times; i++)
		bytes[next_random(state) % len] = interesting[next_random(state) % (sizeof(interesting) - 1)];
}

Test(json_text, real_specs_and_their_mutants)
{
	unsigned state = 7, taken = 0;
	glob_t files;

	cr_assert_eq(glob("tests/bundles/*/*/*config*.json", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		static char bytes[65536], mutant[65536];
		FILE *file = fopen(files.gl_pathv[i], "re");
		size_t len = fread(bytes, 1, sizeof(bytes) - 1, file);

		(void)fclose(file);
		bytes[len] = '\0';
		cr_expect(compare(bytes, len), "%s is not taken", files.gl_pathv[i]);
		for (int j = 0; j < 40; j++) {
			memcpy(mutant, bytes, len + 1);
			mutate(mutant, len, &state);
			taken += compare(mutant, len);
		}
	}
	cr_expect_geq(files.gl_pathc, 20);
	cr_expect_gt(taken, files.gl_pathc, "some mutants are still specs");
	globfree(&files);
}

/*
 * Decoded strings lie in pieces of memory: of every length around a piece's, one behind the other, with escapes or
 * without, none may lose a byte or write into another.
 */
Test(json_text, strings_keep_apart_whatever_their_length)
{
	static const size_t lengths[] = {0,   1,   15,	16,  17,  31,  63,  64,	  95,	111,  112,  126,  127,
					 128, 129, 143, 144, 255, 256, 257, 1000, 4095, 4096, 8192, 9000, 20000};
	enum { LENGTHS = N(lengths), LONGEST = 20000 };
	static char document[LENGTHS * LENGTHS * (LONGEST / 4)];

	for (int escaped = 0; escaped < 2; escaped++)
		for (size_t i = 0; i < LENGTHS; i++) {
			const char *got[LENGTHS + 1];
			struct json_text text;
			char *at = document;

			/* Each once more behind each other, so that pieces end at many places. */
			for (size_t j = 0; j <= LENGTHS; j++) {
				size_t len = lengths[j == LENGTHS ? i : (i + j) % LENGTHS];

				*at++ = '"';
				memset(at, 'a' + (int)j % 26, len);
				at += len;
				at = stpcpy(at, escaped && j % 3 == 0 ? "\\n\"," : "\",");
			}
			*at = '\0';
			text = text_of(document);
			for (size_t j = 0; j <= LENGTHS; j++) {
				got[j] = json_text_string(&text);
				cr_assert_not_null(got[j]);
				cr_assert(json_text_next(&text, ']'));
			}
			for (size_t j = 0; j <= LENGTHS; j++) {
				size_t len = lengths[j == LENGTHS ? i : (i + j) % LENGTHS];
				const char letter[] = {(char)('a' + (int)j % 26), '\0'};

				cr_assert_eq(strspn(got[j], letter), len, "string %zu of round %zu", j, i);
				cr_assert_str_eq(got[j] + len, escaped && j % 3 == 0 ? "\n" : "");
			}
		}
}

/* Wherever memory ends, plain or decoded: what was read stays, and what was not is broken. */
Test(json_text, strings_when_memory_runs_out)
{
	static const char plain[] = "\"a string that is longer than others\",",
			  decoded[] = "\"a str\\u0069ng with an escape\",";
	char document[64 * (sizeof(plain) + sizeof(decoded))] = "";
	size_t most = 0;

	for (int i = 0; i < 32; i++)
		strcat(strcat(document, plain), decoded);
	for (size_t cap = 0; cap < 4096; cap += 16) {
		struct json_text text;
		struct arena small;
		const char *got;
		size_t n = 0;

		arena_init(&small, cap);
		json_text_start(&text, &small, document, strlen(document));
		while (n < 64 && (got = json_text_string(&text)) != NULL) {
			cr_assert_str_eq(got,
					 n % 2 ? "a string with an escape" : "a string that is longer than others");
			cr_assert(json_text_next(&text, ']'));
			n++;
		}
		cr_assert_eq(text.broken, n < 64, "cap %zu", cap);
		cr_assert_eq(small.failed, n < 64, "cap %zu", cap);
		cr_assert_geq(n, most, "cap %zu", cap);
		most = n;
		arena_release(&small);
	}
	cr_assert_eq(most, 64);
}

/* Braces, quotes and what stands in strings, at every place within the blocks that are looked at in one go. */
Test(json_text, span_ends_with_the_last_brace)
{
	static const char *const objects[] = {
		"{}",
		"{\"a\":{\"b\":[{},{\"c\":\"}{\"}]},\"{{{\":\"\"}",
		"{\"names\":[\"accept\",\"accept4\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0}]}",
		"{\n\t\"a\": \"}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}\"\n}",
	};

	for (size_t i = 0; i < N(objects); i++)
		for (size_t shift = 0; shift < 40; shift++) {
			char bytes[256], cut[256];
			struct json_text text;
			size_t len = strlen(objects[i]);

			(void)snprintf(bytes, sizeof(bytes), "%*s%s}{\"x\":\"}\"}%*s", (int)shift, "", objects[i],
				       (int)shift, "");
			text = text_of(bytes);
			text.at += shift;
			cr_expect_eq(json_text_span(&text), len, "object %zu after %zu spaces", i, shift);
			cr_expect_eq(text.at, bytes + shift, "nothing is taken");
			(void)snprintf(cut, sizeof(cut), "%*s%.*s", (int)shift, "", (int)len - 1, objects[i]);
			text = text_of(cut);
			text.at += shift;
			cr_expect_eq(json_text_span(&text), 0, "object %zu without its end", i);
		}
}

Test(json_text, span_is_not_told_where_there_are_escapes)
{
	for (size_t shift = 0; shift < 40; shift++) {
		char bytes[128];
		struct json_text text;

		(void)snprintf(bytes, sizeof(bytes), "{\"a\":\"%*s\\\"\"}", (int)shift, "");
		text = text_of(bytes);
		cr_expect_eq(json_text_span(&text), 0, "%zu spaces", shift);
	}
}
