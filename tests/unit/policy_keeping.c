/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping the snapshot where that is hard: no room, no right, others at it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy_files.h"

static struct node node;
static struct arena arena;
static struct policy policy;
static struct err err;

static void begin(void)
{
	arena_init(&arena, (size_t)32 << 20);
	node_make(&node);
	node_write(&node, "etc/50.json", "{\"version\": 1, \"rules\": {\"privileged\": {\"effect\": \"audit\"}}}");
}

static void finish(void)
{
	node_remove(&node);
	arena_release(&arena);
}

TestSuite(policy_keeping, .init = begin, .fini = finish);

static enum effect loaded_effect(void)
{
	err = (struct err){0};
	policy = (struct policy){.config_max = -1};
	cr_assert_eq(policy_load(&arena, &node.dirs, &policy, &err), 0, "%s", err.text);
	return policy.rules[rule_find("privileged")->id].effect;
}

Test(policy_keeping, where_it_cannot_be_kept_the_policy_still_holds)
{
	cr_assert_eq(chmod(node_path(&node, "var"), 0777), 0);
	cr_expect_eq(loaded_effect(), EFFECT_AUDIT);
	cr_assert_not_null(policy.note);
	cr_expect(strstr(policy.note, "can be written by others"), "%s", policy.note);
	cr_assert_eq(rmdir(node_path(&node, "var")), 0);
	(void)snprintf(node.snapshot, sizeof(node.snapshot), "%s/no/such/policy.snapshot", node.root);
	cr_expect_eq(loaded_effect(), EFFECT_AUDIT);
	cr_assert_not_null(policy.note);
	cr_expect(strstr(policy.note, "missing"), "%s", policy.note);
}

Test(policy_keeping, a_full_disk_changes_nothing)
{
	char *text;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", node_path(&node, "var"), "tmpfs", 0, "size=4k,mode=755") < 0)
		cr_skip_test("may not mount here");
	cr_expect_eq(loaded_effect(), EFFECT_AUDIT);
	cr_assert_not_null(policy.note);
	cr_expect(strstr(policy.note, strerror(ENOSPC)), "%s", policy.note);
	text = node_read(&node, "var/policy.snapshot");
	cr_expect_null(text, "nothing half-written is left");
	free(text);
	cr_assert_eq(umount(node_path(&node, "var")), 0);
}

/* Another process that writes is not waited for. */
Test(policy_keeping, a_busy_writer_is_not_waited_for, .timeout = 10)
{
	int fd = open(node_path(&node, "var"), O_RDONLY | O_DIRECTORY);

	cr_assert_eq(flock(fd, LOCK_EX), 0);
	cr_expect_eq(loaded_effect(), EFFECT_AUDIT);
	cr_expect_null(policy.note);
	cr_expect_eq(access(node.snapshot, F_OK), -1);
	(void)close(fd);
}

Test(policy_keeping, many_at_once, .timeout = 60)
{
	enum { PROCESSES = 60 };
	pid_t pids[PROCESSES];

	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(loaded_effect() == EFFECT_AUDIT && !policy.stale ? 0 : 1);
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status = -1;

		cr_expect_eq(waitpid(pids[i], &status, 0), pids[i]);
		cr_expect_eq(status, 0);
	}
	cr_expect_eq(unlink(node.snapshot), 0);
	cr_expect_eq(rmdir(node_path(&node, "var")), 0, "no temporary file is left");
}
