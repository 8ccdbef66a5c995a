/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snapshots that are not what we wrote: damaged, cut short, somebody else's.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
}

static void finish(void)
{
	node_remove(&node);
	arena_release(&arena);
}

TestSuite(policy_damage, .init = begin, .fini = finish);

#define AUDIT "{\"version\": 1, \"rules\": {\"privileged\": {\"effect\": \"audit\"}}}"

static void load(struct node *from)
{
	err = (struct err){0};
	policy = (struct policy){.config_max = -1};
	cr_assert_eq(policy_load(&arena, &from->dirs, &policy, &err), 0, "%s", err.text);
}

static enum effect effect_of(const char *rule)
{
	return policy.rules[rule_find(rule)->id].effect;
}

/* One bit of every byte of header and head, of some of the body: no such file is believed, and none crashes us. */
Test(policy_damage, damage_is_noticed, .timeout = 60)
{
	struct stat st;
	size_t len;
	char *text;

	node_write(&node, "etc/50.json", AUDIT);
	load(&node);
	text = node_read(&node, "var/policy.snapshot");
	cr_assert_not_null(text);
	cr_assert_eq(stat(node.snapshot, &st), 0);
	len = (size_t)st.st_size;
	node_write(&node, "etc/50.json", "{");
	for (size_t i = 0; i < len; i += i < 600 || i > len - 50 ? 1 : 41) {
		FILE *file = fopen(node.snapshot, "w");
		struct arena own;

		text[i] ^= 4;
		cr_assert_eq(fwrite(text, 1, len, file), len);
		cr_assert_eq(fclose(file), 0);
		text[i] ^= 4;
		arena_init(&own, (size_t)32 << 20);
		err = (struct err){0};
		/* The very last byte is a line feed that belongs to no part. */
		if (policy_load(&own, &node.dirs, &policy, &err) == 0)
			cr_expect_eq(i, len - 1, "byte %zu of %zu", i, len);
		else
			cr_expect_eq(err.kind, ERR_POLICY);
		arena_release(&own);
	}
	free(text);
}

Test(policy_damage, cut_short_it_is_none, .timeout = 60)
{
	struct stat st;

	node_write(&node, "etc/50.json", AUDIT);
	load(&node);
	node_write(&node, "etc/50.json", "{");
	cr_assert_eq(stat(node.snapshot, &st), 0);
	for (off_t len = st.st_size - 2; len >= 0; len -= len > 200 ? 97 : 1) {
		struct arena own;

		cr_assert_eq(truncate(node.snapshot, len), 0);
		arena_init(&own, (size_t)32 << 20);
		cr_expect_eq(policy_load(&own, &node.dirs, &policy, &err), -1, "%ld bytes", (long)len);
		arena_release(&own);
	}
}

Test(policy_damage, damage_is_mended_by_good_drop_ins)
{
	char *text;

	node_write(&node, "etc/50.json", AUDIT);
	node_write(&node, "var/policy.snapshot", "nonsense");
	load(&node);
	cr_expect_eq(effect_of("privileged"), EFFECT_AUDIT);
	text = node_read(&node, "var/policy.snapshot");
	cr_expect_eq(strncmp(text, "ocigate-snapshot 2 ", 19), 0);
	free(text);
}

static void expect_no_fallback(const char *part)
{
	err = (struct err){0};
	cr_assert_eq(policy_load(&arena, &node.dirs, &policy, &err), -1, "%s", part);
	cr_expect(strstr(err.text, part), "\"%s\" should say \"%s\"", err.text, part);
}

Test(policy_damage, others_files_are_not_believed)
{
	node_write(&node, "etc/50.json", AUDIT);
	load(&node);
	node_write(&node, "etc/50.json", "{");
	cr_assert_eq(chmod(node.snapshot, 0666), 0);
	expect_no_fallback("others than root may write it");
	cr_assert_eq(chmod(node.snapshot, 0600), 0);
	cr_assert_eq(chown(node.snapshot, 1000, 0), 0);
	expect_no_fallback("others than root may write it");
	cr_assert_eq(chown(node.snapshot, 0, 0), 0);
	cr_assert_eq(chmod(node_path(&node, "var"), 0777), 0);
	expect_no_fallback("others than root may write its directory");
	cr_assert_eq(chmod(node_path(&node, "var"), 0755), 0);
	cr_assert_eq(rename(node.snapshot, node_path(&node, "var/other")), 0);
	cr_assert_eq(symlink("other", node.snapshot), 0);
	expect_no_fallback("cannot be opened");
	cr_assert_eq(unlink(node.snapshot), 0);
	cr_assert_eq(rename(node_path(&node, "var/other"), node.snapshot), 0);
	load(&node);
	cr_expect_not_null(policy.stale, "as it was, it is good");
}
