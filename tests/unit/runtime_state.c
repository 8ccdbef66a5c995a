/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runtimes keep about a container, in the shape of each.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "ocigate/state.h"

static struct arena arena;

static void begin(void)
{
	arena_init(&arena, (size_t)1 << 20);
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(runtime_state, .init = begin, .fini = finish);

static const struct {
	const char *about;
	const char *text;
	const char *bundle; /* NULL: refused */
	pid_t pid;
} cases[] = {
	{"runc",
	 "{\"id\":\"a\",\"init_process_pid\":42,\"config\":{\"rootfs\":\"/r\",\"labels\":[\"x=y\",\"bundle=/run/b//"
	 "c\"]}}",
	 "/run/b/c", 42},
	{"crun", "{\"pid\":7,\"cgroup-path\":\"/x\",\"rootfs\":\"/r\",\"bundle\":\"/run/b\",\"detached\":true}",
	 "/run/b", 7},
	{"youki", "{\"ociVersion\":\"1.0.2\",\"id\":\"a\",\"status\":\"running\",\"pid\":9,\"bundle\":\"/b\"}", "/b",
	 9},
	{"runc without the label", "{\"id\":\"a\",\"init_process_pid\":42,\"config\":{\"labels\":[\"bundled=/x\"]}}",
	 NULL, 0},
	{"runc, the label first", "{\"init_process_pid\":42,\"config\":{\"labels\":[\"bundle=/b\",\"x=y\"]}}", "/b",
	 42},
	{"a label that nearly is it", "{\"init_process_pid\":42,\"config\":{\"labels\":[\"bundle:/x\"]}}", NULL, 0},
	{"no process", "{\"bundle\":\"/b\"}", "/b", 0},
	{"the last process that could be", "{\"pid\":2147483647,\"bundle\":\"/b\"}", "/b", 2147483647},
	{"one more", "{\"pid\":2147483648,\"bundle\":\"/b\"}", NULL, 0},
	{"one less than none", "{\"pid\":-1,\"bundle\":\"/b\"}", NULL, 0},
	{"a relative bundle", "{\"pid\":7,\"bundle\":\"run/b\"}", NULL, 0},
	{"no process that could be", "{\"pid\":4294967297,\"bundle\":\"/b\"}", NULL, 0},
	{"a bundle that is no string", "{\"pid\":7,\"bundle\":[\"/b\"]}", NULL, 0},
	{"no object", "[]", NULL, 0},
	{"cut short", "{\"pid\":7,\"bundle\":", NULL, 0},
};

Test(runtime_state, shapes)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct state state;
		struct err err;
		int rc = state_from_runtime(&arena, cases[i].text, strlen(cases[i].text), "a", &state, &err);

		cr_expect_eq(rc, cases[i].bundle ? 0 : -1, "%s", cases[i].about);
		if (rc < 0 || !cases[i].bundle)
			continue;
		cr_expect_str_eq(state.bundle, cases[i].bundle, "%s", cases[i].about);
		cr_expect_eq(state.pid, cases[i].pid, "%s", cases[i].about);
		cr_expect_str_eq(state.id, "a");
	}
}

Test(runtime_state, says_when_memory_runs_out)
{
	static const char text[] = "{\"pid\":1,\"bundle\":\"/a/bundle/of/more/than/sixteen/bytes\"}";
	size_t failed = 0;

	for (size_t cap = 0; cap < 128; cap += 8) {
		struct state state = {.status = "untouched"};
		struct arena small;
		struct err err = {0};

		arena_init(&small, cap);
		if (state_from_runtime(&small, text, sizeof(text) - 1, "an-id", &state, &err) == 0) {
			cr_expect_str_eq(state.id, "an-id");
			cr_expect_str_eq(state.bundle, "/a/bundle/of/more/than/sixteen/bytes");
		} else {
			failed++;
			cr_expect_eq(err.kind, ERR_SYSTEM, "%zu bytes: %s", cap, err.text);
			cr_expect_str_eq(state.status, "untouched");
		}
		arena_release(&small);
	}
	cr_expect_gt(failed, 4, "two strings of 6 and 37 bytes");
	cr_expect_lt(failed, 128 / 8);
}

Test(runtime_state, has_a_version_when_written)
{
	static const char *const versions[][2] = {{"1.1.0", "1.1.0"}, {"", "1.0.2"}};

	for (size_t i = 0; i < 2; i++) {
		const struct state state = {versions[i][0], "a", "running", 1, "/b"};
		const char *text = state_write(&arena, &state);
		struct state again;
		struct err err;

		cr_assert_not_null(text);
		cr_assert_eq(state_parse(&arena, text, strlen(text), &again, &err), 0, "%s", err.text);
		cr_expect_str_eq(again.oci_version, versions[i][1]);
		cr_expect_str_eq(again.status, "running");
	}
}

Test(runtime_state, what_is_written_is_read_again)
{
	const struct state state = {"", "a\"b", "running", 12, "/run/with \\ and \"\n"};
	const char *text = state_write(&arena, &state);
	struct state again;
	struct err err;

	cr_assert_not_null(text);
	cr_assert_eq(state_parse(&arena, text, strlen(text), &again, &err), 0, "%s", err.text);
	cr_expect_str_eq(again.id, state.id);
	cr_expect_str_eq(again.bundle, state.bundle);
	cr_expect_eq(again.pid, 12);
}
