/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every field that the runtime-spec has for Linux, listed from its text and not from the reader's table
 * (spec_fields.tsv): of its own kind it is read, of any other it is refused and pointed at; so is its absence where it must
 * be there, and a number or a word that it cannot have. spec_fields.json has each of them once.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ocigate/spec.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

enum kind { BOOL, NUMBER, STRING, LIST, OBJECT, KINDS };

/** kinds, values - their names in spec_fields.tsv, and one of each */
static const char *const kinds[KINDS] = {
	[BOOL] = "bool", [NUMBER] = "number", [STRING] = "string", [LIST] = "list", [OBJECT] = "object",
};
static const char *const values[KINDS] = {
	[BOOL] = "true", [NUMBER] = "7", [STRING] = "\"text\"", [LIST] = "[]", [OBJECT] = "{}",
};

/** struct bounds - @below and @above are refused, what they enclose is read */
static const struct bounds {
	const char *name, *below, *lowest, *highest, *above;
} ranges[] = {
	{"u16", "-1", "0", "65535", "65536"},
	{"u32", "-1", "0", "4294967295", "4294967296"},
	{"u64", "-1", "0", "18446744073709551615", "18446744073709551616"},
	{"i32", "-2147483649", "-2147483648", "2147483647", "2147483648"},
	{"i64", "-9223372036854775809", "-9223372036854775808", "9223372036854775807", "9223372036854775808"},
	{"natural", "-1", "0", "9223372036854775807", "9223372036854775808"},
	{"id", "-1", "0", "2147483647", "2147483648"},			     /* some runtimes keep ids as int */
	{"limit", "-2", "-1", "9223372036854775807", "9223372036854775808"}, /* -1: none */
	{"device", "-2", "-1", "4294967295", "4294967296"},		     /* -1: any */
	{"seconds", "0", "1", "2147483647", "2147483648"},
	{"oom_score", "-1001", "-1000", "1000", "1001"},
	{"mode_bits", "-1", "0", "4095", "4096"},
	{"argument", "-1", "0", "5", "6"}, /* a system call has six */
};

/** struct field - @required: of its object; @range: NUMBER; @words: STRING: all that there are, with spaces between */
struct field {
	char pointer[128];
	enum kind kind;
	bool required;
	const struct bounds *range;
	char words[512];
};

static struct field fields[300];
static size_t n_fields;

static json_t *sample;

static void add_field(char *line)
{
	struct field *field = &fields[n_fields++];
	char kind[16], required[16], rest[512];

	cr_assert_leq(n_fields, N(fields));
	cr_assert_eq(sscanf(line, "%127[^\t]\t%15[^\t]\t%15[^\t]\t%511[^\n]", field->pointer, kind, required, rest), 4,
		     "%s", line);
	while (field->kind < KINDS && strcmp(kinds[field->kind], kind) != 0)
		field->kind++;
	cr_assert_lt(field->kind, KINDS, "%s: no kind %s", field->pointer, kind);
	field->required = strcmp(required, "required") == 0;
	for (size_t i = 0; i < N(ranges) && field->kind == NUMBER; i++)
		if (strcmp(ranges[i].name, rest) == 0)
			field->range = &ranges[i];
	cr_assert_eq(field->range != NULL, field->kind == NUMBER, "%s: no range %s", field->pointer, rest);
	if (field->kind == STRING && strcmp(rest, "-") != 0)
		(void)strcpy(field->words, rest);
}

static void begin(void)
{
	FILE *file = fopen("tests/unit/spec_fields.tsv", "re");
	char line[1024];

	cr_assert_not_null(file);
	while (fgets(line, sizeof(line), file))
		if (line[0] != '#')
			add_field(line);
	(void)fclose(file);
	sample = json_load_file("tests/unit/spec_fields.json", JSON_REJECT_DUPLICATES, NULL);
	cr_assert_not_null(sample);
}

static void finish(void)
{
	json_decref(sample);
}

TestSuite(spec_fields, .init = begin, .fini = finish);

/* What @pointer leads to in @json, or where its last step starts from if @parent. No key of the sample is escaped. */
static json_t *follow(json_t *json, const char *pointer, bool parent)
{
	while (json && *pointer == '/') {
		size_t len = strcspn(++pointer, "/");
		char key[64];

		(void)snprintf(key, sizeof(key), "%.*s", (int)len, pointer);
		pointer += len;
		if (parent && !*pointer)
			break;
		json = json_is_array(json) ? json_array_get(json, strtoul(key, NULL, 10)) : json_object_get(json, key);
	}
	return json;
}

/* The sample with @value at @pointer, or without it (NULL) */
static char *sample_with(const char *pointer, const char *value)
{
	static const char mark[] = "\"@@\"";
	json_t *copy = json_deep_copy(sample), *parent = follow(copy, pointer, true);
	const char *last = strrchr(pointer, '/') + 1;
	char *text, *made, *at;

	cr_assert_not_null(follow(copy, pointer, false), "the sample has no %s", pointer);
	if (json_is_array(parent))
		cr_assert_eq(json_array_set_new(parent, 0, json_string("@@")), 0);
	else if (value)
		cr_assert_eq(json_object_set_new(parent, last, json_string("@@")), 0);
	else
		cr_assert_eq(json_object_del(parent, last), 0);
	text = json_dumps(copy, JSON_COMPACT);
	json_decref(copy);
	at = value ? strstr(text, mark) : NULL;
	if (!at)
		return text;
	cr_assert_geq(asprintf(&made, "%.*s%s%s", (int)(at - text), text, value, at + strlen(mark)), 0);
	free(text);
	return made;
}

/* Does the reader take the sample with that change? If not it must point at the place. */
static bool taken(const char *pointer, const char *value)
{
	char *bytes = sample_with(pointer, value);
	struct text text = {.bytes = bytes, .len = strlen(bytes)};
	struct container container;
	struct arena arena;
	struct err err = {0};
	bool good;

	arena_init(&arena, (size_t)1 << 20);
	good = spec_parse(&arena, &text, "/run/b", "id", &container, &err) == 0;
	if (!good) {
		cr_expect_eq(err.kind, ERR_DENIED, "%s: %s", pointer, err.text);
		cr_expect_str_eq(err.pointer, pointer, "%s: %s: points to %s", pointer, value ? value : "absent",
				 err.pointer);
	}
	arena_release(&arena);
	free(bytes);
	return good;
}

Test(spec_fields, are_of_their_kind)
{
	for (size_t i = 0; i < n_fields; i++) {
		cr_expect_not(taken(fields[i].pointer, "null"), "%s: null", fields[i].pointer);
		for (enum kind kind = 0; kind < KINDS; kind++)
			if (kind != fields[i].kind)
				cr_expect_not(taken(fields[i].pointer, values[kind]), "%s: %s", fields[i].pointer,
					      values[kind]);
	}
}

Test(spec_fields, may_be_absent_unless_required)
{
	for (size_t i = 0; i < n_fields; i++)
		if (strcmp(strrchr(fields[i].pointer, '/'), "/0") != 0)
			cr_expect_eq(taken(fields[i].pointer, NULL), !fields[i].required, "%s: absent",
				     fields[i].pointer);
}

Test(spec_fields, have_their_range)
{
	for (size_t i = 0; i < n_fields; i++) {
		const struct bounds *range = fields[i].range;

		if (!range)
			continue;
		cr_expect_not(taken(fields[i].pointer, range->below), "%s: %s", fields[i].pointer, range->below);
		cr_expect(taken(fields[i].pointer, range->lowest), "%s: %s", fields[i].pointer, range->lowest);
		cr_expect(taken(fields[i].pointer, range->highest), "%s: %s", fields[i].pointer, range->highest);
		cr_expect_not(taken(fields[i].pointer, range->above), "%s: %s", fields[i].pointer, range->above);
	}
}

static void expect_words(const struct field *field)
{
	for (const char *word = field->words; *word; word += strspn(word, " ")) {
		size_t len = strcspn(word, " ");
		char text[64];

		(void)snprintf(text, sizeof(text), "\"%.*s\"", (int)len, word);
		cr_expect(taken(field->pointer, text), "%s: %s", field->pointer, text);
		(void)snprintf(text, sizeof(text), "\"%.*s?\"", (int)len, word);
		cr_expect_not(taken(field->pointer, text), "%s: %s", field->pointer, text);
		word += len;
	}
	cr_expect_not(taken(field->pointer, "\"\""), "%s: empty", field->pointer);
	cr_expect_not(taken(field->pointer, "\"x\""), "%s: another letter", field->pointer);
}

Test(spec_fields, have_their_words)
{
	for (size_t i = 0; i < n_fields; i++)
		if (fields[i].words[0])
			expect_words(&fields[i]);
}

/* Return: how many places there are below @json, each of which must have its row */
static size_t count_places(json_t *json, const char *pointer)
{
	json_t *value;
	const char *key;
	size_t i = 0, n = 0;
	char below[128];

	json_object_foreach(json, key, value)
	{
		(void)snprintf(below, sizeof(below), "%s/%s", pointer, key);
		n += 1 + count_places(value, below);
	}
	json_array_foreach(json, i, value)
	{
		(void)snprintf(below, sizeof(below), "%s/%zu", pointer, i);
		n += 1 + count_places(value, below);
	}
	return n;
}

Test(spec_fields, are_all_in_the_sample)
{
	cr_expect_eq(count_places(sample, ""), n_fields);
	for (size_t i = 0; i < n_fields; i++)
		cr_expect_not_null(follow(sample, fields[i].pointer, false), "%s", fields[i].pointer);
}

/* Sections for other systems than Linux: noticed, whatever is in them. */
Test(spec_fields, of_other_systems_are_noticed)
{
	static const char *const sections[] = {"solaris", "windows", "vm", "zos", "freebsd"};

	for (size_t i = 0; i < N(sections); i++) {
		struct container container;
		struct arena arena;
		struct text text;
		struct err err = {0};
		char *bytes;

		cr_assert_eq(json_object_set_new(sample, sections[i], json_pack("{s:[i]}", "x", 1)), 0);
		bytes = json_dumps(sample, JSON_COMPACT);
		text = (struct text){bytes, strlen(bytes)};
		arena_init(&arena, (size_t)1 << 20);
		cr_assert_eq(spec_parse(&arena, &text, "/run/b", "id", &container, &err), 0, "%s", err.text);
		cr_expect(container.has_vm, "%s", sections[i]);
		arena_release(&arena);
		free(bytes);
		cr_assert_eq(json_object_del(sample, sections[i]), 0);
		cr_expect(taken("/linux", "{}"));
	}
}
