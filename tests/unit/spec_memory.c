/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every size of memory at which some allocation fails: never a crash, never a container, and an answer that is no verdict.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "ocigate/spec.h"

static char bytes[16384];

/* The document with every field */
static size_t read_sample(void)
{
	FILE *file = fopen("tests/unit/spec_fields.json", "re");
	size_t len;

	cr_assert_not_null(file);
	len = fread(bytes, 1, sizeof(bytes) - 1, file);
	(void)fclose(file);
	return len;
}

static void try_all(const struct text text)
{
	const size_t most = 8 * text.len;
	size_t failed = 0;

	for (size_t cap = 0; cap < most; cap += 16) {
		struct container container = {.id = "untouched"};
		struct arena arena;
		struct err err = {0};

		arena_init(&arena, cap);
		if (spec_parse(&arena, &text, "/run/b", "id", &container, &err) == 0) {
			cr_expect_not(arena.failed, "cap %zu", cap);
		} else {
			failed++;
			cr_expect_eq(err.kind, ERR_SYSTEM, "cap %zu: %s", cap, err.text);
			cr_expect_str_eq(container.id, "untouched");
		}
		arena_release(&arena);
	}
	cr_expect_gt(failed, text.len / 16, "its strings alone need as much as the text");
	cr_expect_lt(failed, most / 16);
}

Test(spec_memory, of_a_spec)
{
	try_all((struct text){bytes, read_sample()});
}

/* Nothing is larger on the way than at the end: what is kept last fails alone. */
Test(spec_memory, of_the_least_spec)
{
	static const char least[] =
		"{\"ociVersion\":\"1.0.2\",\"process\":{\"user\":{\"uid\":1,\"gid\":1},\"cwd\":\"/\","
		"\"capabilities\":{}},\"root\":{\"path\":\"r\"}}";

	try_all((struct text){least, sizeof(least) - 1});
}

Test(spec_memory, of_an_exec)
{
	/* Behind the names of the last set nothing needs memory. */
	static const char document[] =
		"{\"user\":{\"uid\":0,\"gid\":0,\"additionalGids\":[1,2,3]},\"cwd\":\"/\",\"args\":[\"id\"],"
		"\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":1,\"hard\":2}],\"later\":{\"a\":1,\"b\":[{}]},"
		"\"later2\":1,\"capabilities\":{\"bounding\":[\"CAP_X\",\"CAP_Y\"],"
		"\"ambient\":[\"CAP_A\",\"CAP_B\",\"CAP_C\",\"CAP_D\",\"CAP_E\",\"CAP_F\",\"CAP_G\",\"CAP_H\"]}}";
	const struct text text = {document, sizeof(document) - 1};
	size_t failed = 0;

	for (size_t cap = 0; cap < 3000; cap += 8) {
		struct process process = {.cwd = "untouched"};
		struct arena arena;
		struct err err = {0};

		arena_init(&arena, cap);
		if (spec_parse_process(&arena, &text, &process, &err) == 0) {
			cr_expect_not(arena.failed, "cap %zu", cap);
		} else {
			failed++;
			cr_expect_eq(err.kind, ERR_SYSTEM, "cap %zu: %s", cap, err.text);
			cr_expect_str_eq(process.cwd, "untouched");
		}
		arena_release(&arena);
	}
	cr_expect_gt(failed, sizeof(document) / 8);
	cr_expect_lt(failed, 3000 / 8);
}
