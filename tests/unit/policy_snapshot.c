/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last good policy: kept, believed while nothing changed, put in force
 * when the drop-ins break, and never trusted when it is not what we wrote.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy_files.h"

#include "../../enforce/policy/snapshot.h"

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

TestSuite(policy_snapshot, .init = begin, .fini = finish);

#define AUDIT	"{\"version\": 1, \"rules\": {\"privileged\": {\"effect\": \"audit\"}}}"
#define DISABLE "{\"version\": 1, \"rules\": {\"privileged\": {\"effect\": \"disabled\"}}}"

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

/* A snapshot as it is once nothing has changed for some time, without waiting for that. */
static void settle(struct node *of)
{
	struct problems problems = {.arena = &arena};
	struct sources sources;
	struct timespec start;
	char *text;

	cr_assert_eq(policy_collect(&arena, &of->dirs, &problems, &sources, &policy, &text), 0);
	cr_assert_eq(clock_gettime(CLOCK_REALTIME, &start), 0);
	start.tv_sec += SETTLE_SECONDS + 1;
	cr_assert_eq(snapshot_write(&arena, of->snapshot, &policy, text, &sources, &start, &err), 0, "%s", err.text);
}

/* Is the snapshot one that a container's start goes by without looking into the drop-ins? */
static bool is_current(struct node *of)
{
	struct snapshot snapshot;
	const char *why;

	return snapshot_read(&arena, of->snapshot, false, &snapshot, &why) == 0 && snapshot.same_build &&
	       snapshot.settled && snapshot_current(&snapshot, &of->dirs);
}

Test(policy_snapshot, is_kept_for_root_alone)
{
	struct stat st;

	cr_assert_eq(rmdir(node_path(&node, "var")), 0);
	node_write(&node, "etc/50.json", AUDIT);
	load(&node);
	cr_expect_null(policy.note);
	cr_assert_eq(stat(node.snapshot, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0600);
	cr_assert_eq(stat(node_path(&node, "var"), &st), 0, "the directory is made");
	cr_expect_eq(st.st_mode & 07777, 0700);
}

Test(policy_snapshot, a_broken_drop_in_leaves_the_last_good_policy)
{
	const char *digest;

	node_write(&node, "etc/50.json", AUDIT);
	load(&node);
	cr_expect_null(policy.stale);
	digest = policy.digest;
	node_write(&node, "etc/50.json", "{\"version\": 1, \"rules\": {\"privileged\": {\"effect\": \"dney\"}}}");
	load(&node);
	cr_expect_eq(effect_of("privileged"), EFFECT_AUDIT);
	cr_expect_str_eq(policy.digest, digest);
	cr_assert_not_null(policy.stale);
	cr_expect(strstr(policy.stale, node_path(&node, "etc/50.json")) &&
			  strstr(policy.stale, "/rules/privileged/effect") &&
			  strstr(policy.stale, "did you mean \"deny\""),
		  "%s", policy.stale);
	cr_assert_eq(policy.sources.n, 1);
	cr_expect_str_eq(policy.sources.items[0], node_path(&node, "etc/50.json"));
	/* It stays so, and mending ends it. */
	load(&node);
	cr_expect_not_null(policy.stale);
	node_write(&node, "etc/50.json", DISABLE);
	load(&node);
	cr_expect_null(policy.stale);
	cr_expect_eq(effect_of("privileged"), EFFECT_DISABLED);
}

Test(policy_snapshot, untrusted_directories_leave_it_too)
{
	node_write(&node, "etc/50.json", AUDIT);
	load(&node);
	cr_assert_eq(chmod(node.drop_ins[2], 0777), 0);
	load(&node);
	cr_assert_not_null(policy.stale);
	cr_expect(strstr(policy.stale, "mode 0777"), "%s", policy.stale);
	cr_expect_eq(effect_of("privileged"), EFFECT_AUDIT);
}

Test(policy_snapshot, without_one_a_broken_drop_in_denies)
{
	struct policy untouched = {.config_max = 12345};

	node_write(&node, "etc/50.json", "{");
	cr_assert_eq(policy_load(&arena, &node.dirs, &untouched, &err), -1);
	cr_expect_eq(err.kind, ERR_POLICY);
	cr_expect(strstr(err.text, "last good one: there is none"), "%s", err.text);
	cr_expect(strstr(err.text, node_path(&node, "etc/50.json")), "%s", err.text);
	cr_expect_eq(untouched.config_max, 12345);
	node.dirs.snapshot = NULL;
	cr_expect_eq(policy_load(&arena, &node.dirs, &untouched, &err), -1);
}

/* Changes the node in way @way. Return: what must be in force for "privileged" afterwards. */
static enum effect change(struct node *of, int way)
{
	switch (way) {
	case 0:
		node_write(of, "etc/50.json", "{\"version\":1,\"rules\":{\"privileged\":{\"effect\":\"apply\"}}}    ");
		return EFFECT_APPLY;
	case 1:
		node_write(of, "etc/60.json", DISABLE);
		return EFFECT_DISABLED;
	case 2:
		(void)unlink(node_path(of, "etc/50.json"));
		return EFFECT_DENY;
	case 3:
		node_write(of, "run/50.json.new", DISABLE);
		(void)rename(node_path(of, "run/50.json.new"), node_path(of, "etc/50.json"));
		return EFFECT_DISABLED;
	case 4:
		(void)unlink(node_path(of, "etc/50.json"));
		return symlink("/dev/null", node_path(of, "etc/50.json")) == 0 ? EFFECT_DENY : EFFECT_DISABLED;
	case 5:
		(void)rename(node_path(of, "usr"), node_path(of, "usr.old"));
		(void)mkdir(node_path(of, "usr"), 0755);
		node_write(of, "usr/99.json", DISABLE);
		return EFFECT_DISABLED;
	case 6:
		(void)rmdir(node_path(of, "run"));
		return EFFECT_AUDIT;
	default:
		node_write(of, "presets/p.json",
			   "{\"version\": 1, \"rules\": {\"seccomp\": {\"effect\": \"disabled\"}}}");
		return EFFECT_AUDIT;
	}
}

/* Every kind of change must be seen, though nothing but identities is looked at. */
Test(policy_snapshot, is_believed_until_something_changes, .timeout = 60)
{
	enum { WAYS = 8 };
	static struct node nodes[WAYS];

	for (int i = 0; i < WAYS; i++) {
		node_make(&nodes[i]);
		node_write(&nodes[i], "presets/p.json",
			   "{\"version\": 1, \"rules\": {\"seccomp\": {\"effect\": \"audit\"}}}");
		node_write(&nodes[i], "etc/50.json", AUDIT);
		node_write(&nodes[i], "usr/10.json", "{\"version\": 1, \"preset\": \"p\"}");
		load(&nodes[i]);
		cr_expect_not(is_current(&nodes[i]), "a file that has just changed may change again unseen");
	}
	for (int i = 0; i < WAYS; i++) {
		settle(&nodes[i]);
		cr_expect(is_current(&nodes[i]), "way %d", i);
		load(&nodes[i]);
		cr_expect_eq(effect_of("privileged"), EFFECT_AUDIT);
		cr_expect_eq(effect_of("seccomp"), EFFECT_AUDIT);
		cr_expect_str_eq(policy.preset, "p");
		cr_assert_eq(policy.sources.n, 3);
		cr_expect_str_eq(policy.sources.items[0], node_path(&nodes[i], "presets/p.json"));
		cr_expect_null(policy.stale);
	}
	for (int i = 0; i < WAYS; i++) {
		enum effect expected = change(&nodes[i], i);

		cr_expect_not(is_current(&nodes[i]), "way %d is seen", i);
		load(&nodes[i]);
		cr_expect_eq(effect_of("privileged"), expected, "way %d", i);
		cr_expect_eq(effect_of("seccomp"),
			     i == 7   ? EFFECT_DISABLED
			     : i == 5 ? EFFECT_APPLY
				      : EFFECT_AUDIT,
			     "way %d", i);
		node_remove(&nodes[i]);
	}
}

/*
 * A snapshot that says something else than the drop-ins shows which of the two is gone by: the snapshot when its sources
 * had been at rest, the drop-ins when one of them might have changed again within the same tick of the clock.
 */
Test(policy_snapshot, is_gone_by_only_when_its_sources_were_at_rest)
{
	struct problems problems = {.arena = &arena};
	const size_t privileged = rule_find("privileged")->id;

	for (int rest = 0; rest <= 1; rest++) {
		struct sources sources;
		struct timespec start;
		char *text;

		node_write(&node, "etc/50.json", AUDIT);
		cr_assert_eq(policy_collect(&arena, &node.dirs, &problems, &sources, &policy, &text), 0);
		policy.rules[privileged].effect = policy.rules[privileged].exec_effect = EFFECT_DISABLED;
		cr_assert_eq(clock_gettime(CLOCK_REALTIME, &start), 0);
		start.tv_sec += rest ? SETTLE_SECONDS + 1 : 0;
		cr_assert_eq(snapshot_write(&arena, node.snapshot, &policy, text, &sources, &start, &err), 0);
		load(&node);
		cr_expect_eq(effect_of("privileged"), rest ? EFFECT_DISABLED : EFFECT_AUDIT, "at rest: %d", rest);
	}
}

Test(policy_snapshot, is_not_written_again_without_need)
{
	struct stat before, after;

	node_write(&node, "etc/50.json", AUDIT);
	load(&node);
	cr_assert_eq(stat(node.snapshot, &before), 0);
	load(&node);
	cr_assert_eq(stat(node.snapshot, &after), 0);
	cr_expect_eq(before.st_ino, after.st_ino);
}

/* The short way must give what the long way gives. */
Test(policy_snapshot, says_the_same_as_the_drop_ins)
{
	struct policy_dirs without = node.dirs;
	const char *text;

	without.snapshot = NULL;
	node_write(&node, "etc/50.json",
		   "{\"version\": 1, \"rules\": {\"root-user\": {\"exec\": {\"effect\": \"audit\"}, \"uid_ranges\": "
		   "[\"5-9\"]}}, "
		   "\"limits\": {\"config_max\": \"1Mi\"}, \"log\": {\"file\": \"/l\"}, \"runtime\": {\"hook\": false, "
		   "\"poststart\": true, "
		   "\"candidates\": {\"ocigate-x\": [\"/x\"]}}, \"exceptions\": [{\"name\": \"e\", \"reason\": \"r\", "
		   "\"expires\": \"2030-01-01\", \"match\": {\"images\": [\"i\"]}, \"rules\": {\"host-paths\": "
		   "{\"allowed\": "
		   "[{\"path\": \"/\"}]}}}]}");
	cr_assert_eq(policy_read(&arena, &without, &policy, &err), 0, "%s", err.text);
	text = policy_text(&arena, &policy);
	settle(&node);
	cr_assert(is_current(&node));
	load(&node);
	cr_expect_str_eq(policy_text(&arena, &policy), text);
	cr_expect_str_eq(policy.digest, policy_text_digest(&arena, text));
	cr_assert_eq(policy.n_exceptions, 1);
	cr_expect_str_eq(policy.exceptions[0].origin, node_path(&node, "etc/50.json"));
}

/* Gives another build's name to the snapshot, and right sums to what comes of it. */
static void forge_build(const char *build)
{
	struct stat st;
	char *text = node_read(&node, "var/policy.snapshot");
	size_t body_len = strtoul(text + 28, NULL, 16), image_len = strtoul(text + 37, NULL, 16);
	char *image = text + SNAPSHOT_HEADER_LEN, *head = image + image_len, *rest = strchr(head, '\n');
	char *forged = arena_alloc(&arena, (size_t)1 << 16);
	char header[SNAPSHOT_HEADER_LEN + 1];
	size_t head_len, len;
	FILE *file;

	cr_assert_eq(stat(node.snapshot, &st), 0);
	memcpy(forged, image, image_len);
	head_len = (size_t)sprintf(forged + image_len, "build %s", build);
	len = (size_t)st.st_size - (size_t)(rest - text);
	memcpy(forged + image_len + head_len, rest, len);
	head_len += len - body_len - 1;
	(void)snprintf(header, sizeof(header), "ocigate-snapshot 2 %08zx %08zx %08zx %016llx %016llx\n", head_len,
		       body_len, image_len, (unsigned long long)checksum(CHECKSUM_START, forged, image_len + head_len),
		       (unsigned long long)checksum(CHECKSUM_START, forged + image_len + head_len, body_len));
	file = fopen(node.snapshot, "w");
	cr_assert(file && fwrite(header, 1, SNAPSHOT_HEADER_LEN, file) == SNAPSHOT_HEADER_LEN &&
		  fwrite(forged, 1, image_len + head_len + body_len + 1, file) == image_len + head_len + body_len + 1);
	cr_assert_eq(fclose(file), 0);
	cr_assert_eq(chmod(node.snapshot, 0600), 0);
	free(text);
}

/* An upgrade may change the defaults that the head leaves out. The whole policy in the body stands for itself. */
Test(policy_snapshot, of_another_build_is_only_a_last_resort)
{
	node_write(&node, "etc/50.json", AUDIT);
	settle(&node);
	cr_assert(is_current(&node));
	forge_build("9.9.9 0123456789abcdef");
	cr_expect_not(is_current(&node));
	node_write(&node, "etc/50.json", "{");
	load(&node);
	cr_expect_not_null(policy.stale);
	cr_expect_eq(effect_of("privileged"), EFFECT_AUDIT);
}

Test(policy_snapshot, works_with_a_thousand_files, .timeout = 60)
{
	char name[32];

	for (int i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), "usr/%04d.json", i);
		node_write(&node, name, AUDIT);
	}
	settle(&node);
	cr_assert(is_current(&node), "a head that is larger than the first read");
	load(&node);
	cr_expect_eq(policy.sources.n, 300);
	cr_expect_eq(effect_of("privileged"), EFFECT_AUDIT);
}

Test(policy_snapshot, hexadecimal_digits)
{
	static const uint64_t numbers[] = {0, 1, 0x9a, 0xf0f0f0f0, 0x0123456789abcdef, 0xfedcba9876543210, UINT64_MAX};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		char put[17] = "", printed[17];

		cr_expect_eq(hex_put(put, numbers[i], 16), put + 16);
		(void)snprintf(printed, sizeof(printed), "%016llx", (unsigned long long)numbers[i]);
		cr_expect_str_eq(put, printed);
		put[8] = '\0';
		cr_expect_eq(hex_put(put, numbers[i] & 0xffffffff, 8), put + 8);
		(void)snprintf(printed, sizeof(printed), "%08llx", (unsigned long long)(numbers[i] & 0xffffffff));
		cr_expect_str_eq(put, printed);
	}
}
