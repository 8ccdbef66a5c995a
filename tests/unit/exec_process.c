/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom an exec with options runs as, and what the runtime is told.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "../../hook/exec.h"

static struct arena arena;

static void begin(void)
{
	arena_init(&arena, (size_t)1 << 20);
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(exec_process, .init = begin, .fini = finish);

/* "exec --user USER c1 id" into a container of user and group 1000: what is judged, and what --user is handed on. */
static void expect(bool crun, const char *user, int64_t uid, int64_t gid, const char *handed_on)
{
	const struct process base = {.uid = 1000, .gid = 1000, .cwd = "/"};
	char program[] = "ocigate-runtime", verb[] = "exec", option[] = "--user", id[] = "c1", command[] = "id";
	char *value = arena_strdup(&arena, user);
	char *argv[] = {program, verb, option, value, id, command, NULL};
	struct runtime_args args;
	struct process process;
	struct err err = {0};

	cr_assert_eq(runtime_args_parse(&arena, 6, argv, &args, &err), 0, "%s", err.text);
	cr_assert_eq(exec_process_from_options(&arena, &args, crun, &base, &process, &err), 0, "%s", err.text);
	cr_expect_eq(process.uid, uid, "%s: uid %lld", user, (long long)process.uid);
	cr_expect_eq(process.gid, gid, "%s: gid %lld", user, (long long)process.gid);
	cr_expect_str_eq(args.argv[3], handed_on);
	cr_expect_str_eq(args.argv[4], "c1");
}

/* CVE-2026-30892: crun 1.19 to 1.26 runs "--user 1000" as root, "--user 1000:0" as every other. */
Test(exec_process, crun_is_told_the_group_that_it_takes)
{
	expect(true, "1000", 1000, 0, "1000:0");
	expect(true, "1000:7", 1000, 7, "1000:7");
	expect(true, "0", 0, 0, "0:0");
}

/* runc without a group keeps the container's own. */
Test(exec_process, runc_is_told_what_was_said)
{
	expect(false, "1000", 1000, 1000, "1000");
	expect(false, "5:7", 5, 7, "5:7");
}

Test(exec_process, a_name_is_refused)
{
	const struct process base = {.uid = 1000, .gid = 1000, .cwd = "/"};
	char program[] = "ocigate-runtime", verb[] = "exec", option[] = "--user", name[] = "root", id[] = "c1",
	     sh[] = "sh";
	char *argv[] = {program, verb, option, name, id, sh, NULL};
	struct runtime_args args;
	struct process process;
	struct err err = {0};

	cr_assert_eq(runtime_args_parse(&arena, 6, argv, &args, &err), 0);
	cr_expect_eq(exec_process_from_options(&arena, &args, true, &base, &process, &err), -1);
}
