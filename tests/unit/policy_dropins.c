/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files count, in which order, and whose they must be.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
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

TestSuite(policy_dropins, .init = begin, .fini = finish);

static enum effect effect_of(const char *rule)
{
	return policy.rules[rule_find(rule)->id].effect;
}

static void read_good(void)
{
	err = (struct err){0};
	cr_assert_eq(policy_read(&arena, &node.dirs, &policy, &err), 0, "%s", err.text);
}

/* The error must name @file and say @part. */
static void expect_error(const char *file, const char *part)
{
	err = (struct err){0};
	cr_assert_eq(policy_read(&arena, &node.dirs, &policy, &err), -1, "%s: %s", file, part);
	cr_expect_eq(err.kind, ERR_POLICY);
	cr_expect(strstr(err.text, node_path(&node, file)), "\"%s\" should name %s", err.text, file);
	cr_expect(strstr(err.text, part), "\"%s\" should say \"%s\"", err.text, part);
}

#define EFFECT(rule, effect) "{\"version\": 1, \"rules\": {\"" rule "\": {\"effect\": \"" effect "\"}}}"

Test(policy_dropins, none_is_the_default)
{
	read_good();
	cr_expect_eq(policy.sources.n, 0);
	cr_expect_eq(effect_of("privileged"), EFFECT_DENY);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(rmdir(node.drop_ins[i]), 0);
	read_good();
	cr_expect_eq(policy.sources.n, 0);
}

Test(policy_dropins, names_decide_the_order_not_directories)
{
	node_write(&node, "etc/10.json", EFFECT("privileged", "audit"));
	node_write(&node, "usr/20.json", EFFECT("privileged", "disabled"));
	read_good();
	cr_expect_eq(effect_of("privileged"), EFFECT_DISABLED);
	cr_assert_eq(policy.sources.n, 2);
	cr_expect_str_eq(policy.sources.items[0], node_path(&node, "etc/10.json"));
	cr_expect_str_eq(policy.sources.items[1], node_path(&node, "usr/20.json"));
	cr_expect_str_eq(policy.rules[rule_find("privileged")->id].effect_origin, node_path(&node, "usr/20.json"));
	/* As bytes: "9" comes behind "10", capitals before small letters. */
	node_write(&node, "run/9.json", EFFECT("privileged", "apply"));
	read_good();
	cr_expect_eq(effect_of("privileged"), EFFECT_APPLY);
	node_write(&node, "run/a.json", EFFECT("privileged", "audit"));
	node_write(&node, "run/B.json", EFFECT("privileged", "disabled"));
	read_good();
	cr_expect_eq(effect_of("privileged"), EFFECT_AUDIT);
}

Test(policy_dropins, the_same_name_in_a_later_directory_replaces)
{
	node_write(&node, "usr/50.json", EFFECT("privileged", "audit"));
	node_write(&node, "run/50.json", EFFECT("host-paths", "audit"));
	read_good();
	cr_expect_eq(effect_of("privileged"), EFFECT_DENY, "nothing of the replaced file is left");
	cr_expect_eq(effect_of("host-paths"), EFFECT_AUDIT);
	node_write(&node, "etc/50.json", "{\"version\": 1}");
	read_good();
	cr_expect_eq(effect_of("host-paths"), EFFECT_DENY);
	cr_expect_eq(policy.sources.n, 1);
}

Test(policy_dropins, a_replaced_file_may_be_broken)
{
	node_write(&node, "usr/50.json", "{");
	node_write(&node, "etc/50.json", "{\"version\": 1}");
	read_good();
}

Test(policy_dropins, later_files_override_key_by_key)
{
	node_write(&node, "usr/10.json",
		   "{\"version\": 1, \"rules\": {\"host-namespaces\": {\"effect\": \"audit\", \"forbidden\": "
		   "[\"pid\", \"uts\"]}}, \"log\": {\"file\": \"/a\", \"syslog\": false}}");
	node_write(&node, "etc/20.json",
		   "{\"version\": 1, \"rules\": {\"host-namespaces\": {\"forbidden\": [\"ipc\"]}}, "
		   "\"log\": {\"file\": \"\"}}");
	read_good();
	cr_expect_eq(effect_of("host-namespaces"), EFFECT_AUDIT);
	cr_expect_str_eq(setting_text(&arena, &rule_find("host-namespaces")->settings[0],
				      policy.rules[rule_find("host-namespaces")->id].settings),
			 "[\"ipc\"]");
	cr_expect_null(policy.log_file);
	cr_expect_not(policy.syslog);
}

Test(policy_dropins, masks)
{
	node_write(&node, "usr/50.json", EFFECT("privileged", "audit"));
	cr_assert_eq(symlink("/dev/null", node_path(&node, "etc/50.json")), 0);
	read_good();
	cr_expect_eq(effect_of("privileged"), EFFECT_DENY);
	cr_expect_eq(policy.sources.n, 0);
	/* A mask does not mask what lies above it. */
	cr_assert_eq(unlink(node_path(&node, "etc/50.json")), 0);
	cr_assert_eq(symlink("/dev/null", node_path(&node, "usr/60.json")), 0);
	node_write(&node, "etc/60.json", EFFECT("host-paths", "audit"));
	read_good();
	cr_expect_eq(effect_of("host-paths"), EFFECT_AUDIT);
	cr_expect_eq(effect_of("privileged"), EFFECT_AUDIT);
}

/* Somebody who writes a file in place empties it first: that must not mask it for a moment. */
Test(policy_dropins, an_empty_file_masks_but_not_at_once)
{
	time_t began;
	int rc;

	node_write(&node, "usr/50.json", EFFECT("privileged", "audit"));
	/* On a busy machine more than that moment may go by between the two; then once more. */
	do {
		began = time(NULL);
		node_write(&node, "etc/50.json", "");
		rc = policy_read(&arena, &node.dirs, &policy, &err);
	} while (rc == 0 && time(NULL) - began > 1);
	cr_expect_eq(rc, -1);
	cr_expect(strstr(err.text, "may be being written"), "%s", err.text);
	sleep(4);
	read_good();
	cr_expect_eq(effect_of("privileged"), EFFECT_DENY);
}

Test(policy_dropins, other_names_are_not_read)
{
	static const char *const names[] = {"etc/50.json~",  "etc/50.json.rpmsave", "etc/.50.json",
					    "etc/.#50.json", "etc/README",	    "etc/json",
					    "etc/.json"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		node_write(&node, names[i], "{");
	cr_assert_eq(mkdir(node_path(&node, "etc/50.d"), 0755), 0);
	read_good();
	cr_expect_eq(policy.sources.n, 0);
}

Test(policy_dropins, files_belong_to_root)
{
	node_write(&node, "etc/50.json", "{\"version\": 1}");
	cr_assert_eq(chown(node_path(&node, "etc/50.json"), 1000, 0), 0);
	expect_error("etc/50.json", "is owned by uid 1000, not by root: chown root");
	cr_assert_eq(chown(node_path(&node, "etc/50.json"), 0, 1000), 0);
	read_good();
	cr_assert_eq(chmod(node_path(&node, "etc/50.json"), 0664), 0);
	expect_error("etc/50.json", "can be written by others than root (mode 0664)");
	cr_assert_eq(chmod(node_path(&node, "etc/50.json"), 0646), 0);
	expect_error("etc/50.json", "mode 0646");
	cr_assert_eq(chmod(node_path(&node, "etc/50.json"), 0600), 0);
	read_good();
}

Test(policy_dropins, directories_belong_to_root_all_the_way)
{
	cr_assert_eq(chmod(node.drop_ins[2], 0777), 0);
	expect_error("etc", "can be written by others than root (mode 0777)");
	cr_assert_eq(chmod(node.drop_ins[2], 01777), 0);
	expect_error("etc", "can be written by others than root");
	cr_assert_eq(chmod(node.drop_ins[2], 0755), 0);
	cr_assert_eq(chown(node.drop_ins[2], 1000, 1000), 0);
	expect_error("etc", "owned by uid 1000");
	cr_assert_eq(chown(node.drop_ins[2], 0, 0), 0);
	read_good();
	cr_assert_eq(chmod(node.root, 0775), 0);
	expect_error("usr", "can be written by others than root (mode 0775)");
	cr_assert_eq(chmod(node.root, 0755), 0);
	read_good();
}

Test(policy_dropins, links_are_not_followed)
{
	node_write(&node, "policy.txt", "{\"version\": 1}");
	cr_assert_eq(symlink("../policy.txt", node_path(&node, "etc/50.json")), 0);
	expect_error("etc/50.json", "is a symbolic link; only one to /dev/null is taken");
	cr_assert_eq(unlink(node_path(&node, "etc/50.json")), 0);
	cr_assert_eq(symlink("/nowhere", node_path(&node, "etc/50.json")), 0);
	expect_error("etc/50.json", "is a symbolic link");
	cr_assert_eq(unlink(node_path(&node, "etc/50.json")), 0);
	cr_assert_eq(rmdir(node.drop_ins[2]), 0);
	cr_assert_eq(symlink("usr", node.drop_ins[2]), 0);
	expect_error("etc", "is a symbolic link: give the directory itself");
}

Test(policy_dropins, what_is_no_file, .timeout = 10)
{
	cr_assert_eq(mkfifo(node_path(&node, "etc/50.json"), 0600), 0);
	expect_error("etc/50.json", "is not a regular file");
	cr_assert_eq(unlink(node_path(&node, "etc/50.json")), 0);
	cr_assert_eq(mkdir(node_path(&node, "etc/50.json"), 0755), 0);
	expect_error("etc/50.json", "is not a regular file");
	cr_assert_eq(rmdir(node_path(&node, "etc/50.json")), 0);
	cr_assert_eq(rmdir(node.drop_ins[2]), 0);
	node_write(&node, "etc", "");
	expect_error("etc", "cannot be opened");
}

Test(policy_dropins, too_large_and_too_many)
{
	char name[32];

	node_write(&node, "etc/50.json", "{\"version\": 1}");
	cr_assert_eq(truncate(node_path(&node, "etc/50.json"), (1 << 20) + 1), 0);
	expect_error("etc/50.json", "larger than 1048576 bytes");
	cr_assert_eq(unlink(node_path(&node, "etc/50.json")), 0);
	for (int i = 0; i <= 1000; i++) {
		(void)snprintf(name, sizeof(name), "etc/%04d.json", i);
		node_write(&node, name, "{\"version\": 1}");
	}
	expect_error("usr", "more than 1000 drop-ins");
	cr_assert_eq(unlink(node_path(&node, "etc/0000.json")), 0);
	read_good();
	cr_expect_eq(policy.sources.n, 1000);
}

Test(policy_dropins, every_error_names_its_file)
{
	node_write(&node, "etc/50.json", "{\"version\": 1,}");
	expect_error("etc/50.json", "line 1");
	node_write(&node, "etc/60.json", "{\"version\": 1, \"rules\": {\"host-path\": {}}}");
	expect_error("etc/50.json", "(and 1 more)");
	node_write(&node, "etc/50.json", "{\"version\": 1}");
	expect_error("etc/60.json", "/rules/host-path: unknown rule \"host-path\"; did you mean \"host-paths\"?");
	cr_expect_str_eq(err.pointer, "/rules/host-path");
}

Test(policy_dropins, exceptions_of_all_files_count)
{
	static const char form[] =
		"{\"version\": 1, \"exceptions\": [{\"name\": \"%s\", \"reason\": \"%s\", \"match\": {\"pods\": "
		"[\"*\"]}, \"rules\": {\"privileged\": {\"effect\": \"audit\"}}}]}";

	node_write(&node, "usr/10.json", arena_printf(&arena, form, "a", "from 10"));
	node_write(&node, "etc/20.json", arena_printf(&arena, form, "b", "from 20"));
	read_good();
	cr_assert_eq(policy.n_exceptions, 2);
	node_write(&node, "etc/30.json", arena_printf(&arena, form, "a", "from 30"));
	read_good();
	cr_assert_eq(policy.n_exceptions, 2, "one of the same name takes the earlier one's place");
	cr_expect_str_eq(policy.exceptions[0].name, "b");
	cr_expect_str_eq(policy.exceptions[1].reason, "from 30");
	cr_expect_str_eq(policy.exceptions[1].origin, node_path(&node, "etc/30.json"));
}

Test(policy_dropins, a_preset_lies_below_everything)
{
	node_write(&node, "presets/strict.json",
		   "{\"version\": 1, \"rules\": {\"*\": {\"effect\": \"deny\"}, "
		   "\"host-namespaces\": {\"forbidden\": [\"uts\"]}}}");
	node_write(&node, "presets/lax.json", EFFECT("*", "disabled"));
	node_write(&node, "usr/10.json", EFFECT("privileged", "audit"));
	node_write(&node, "etc/50.json", "{\"version\": 1, \"preset\": \"strict\"}");
	read_good();
	cr_expect_eq(effect_of("privileged"), EFFECT_AUDIT, "a drop-in before the one that names the preset counts");
	cr_expect_eq(effect_of("seccomp"), EFFECT_DENY);
	cr_expect_str_eq(policy.preset, "strict");
	cr_expect_str_eq(policy.preset_origin, node_path(&node, "etc/50.json"));
	cr_assert_eq(policy.sources.n, 3);
	cr_expect_str_eq(policy.sources.items[0], node_path(&node, "presets/strict.json"));
	node_write(&node, "etc/60.json", "{\"version\": 1, \"preset\": \"lax\"}");
	read_good();
	cr_expect_eq(effect_of("seccomp"), EFFECT_DISABLED, "the last to name one decides");
	cr_expect_str_eq(setting_text(&arena, &rule_find("host-namespaces")->settings[0],
				      policy.rules[rule_find("host-namespaces")->id].settings),
			 "[\"pid\",\"ipc\",\"mount\"]", "nothing of the other preset is left");
}

Test(policy_dropins, presets_that_are_none)
{
	node_write(&node, "presets/restricted.json", "{\"version\": 1}");
	node_write(&node, "etc/50.json", "{\"version\": 1, \"preset\": \"restrcted\"}");
	expect_error("etc/50.json", "unknown preset \"restrcted\"; did you mean \"restricted\"?");
	node_write(&node, "etc/50.json", "{\"version\": 1, \"preset\": \"../etc/50\"}");
	expect_error("etc/50.json", "unknown preset");
	node_write(&node, "etc/50.json", "{\"version\": 1, \"preset\": \"restricted\"}");
	node_write(&node, "presets/restricted.json", "{\"version\": 1, \"preset\": \"restricted\"}");
	expect_error("presets/restricted.json", "cannot name another");
	node_write(&node, "presets/restricted.json", "{\"version\": 1, \"exceptions\": []}");
	expect_error("presets/restricted.json", "makes no exceptions");
	node_write(&node, "presets/restricted.json", "{\"version\": 1}");
	cr_assert_eq(chmod(node_path(&node, "presets/restricted.json"), 0666), 0);
	expect_error("presets/restricted.json", "can be written by others");
	cr_assert_eq(unlink(node_path(&node, "presets/restricted.json")), 0);
	cr_assert_eq(rmdir(node.presets), 0);
	expect_error("etc/50.json", "there is no ");
}
