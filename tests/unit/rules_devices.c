/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The devices rule: names, numbers and lists at their edges.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "rules_view.h"

TestSuite(rules_devices, .init = view_begin, .fini = view_end);

static const struct device_rule deny_all = {.allow = false, .type = 'a', .major = -1, .minor = -1, .access = "rwm"};

/* What is found of one node, besides that nothing else is wrong. */
static size_t node(const char *path, char type, int64_t major, int64_t minor, const char *settings)
{
	const struct device device = {.path = path, .type = type, .major = major, .minor = minor};

	add_dev(0);
	container.resources.device_rules = &deny_all;
	container.resources.n_device_rules = 1;
	container.devices = &device;
	container.n_devices = 1;
	judge(&rule_devices, settings);
	return findings.n;
}

/* Default devices of the runtime-spec (config-linux.md), with their numbers in the kernel's devices.txt */
Test(rules_devices, names_of_default_devices_are_for_these_alone)
{
	static const struct {
		char path[16];
		int minor, major;
	} nodes[] = {{"/dev/null", 3, 1},    {"/dev/zero", 5, 1}, {"/dev/full", 7, 1},	  {"/dev/random", 8, 1},
		     {"/dev/urandom", 9, 1}, {"/dev/tty", 0, 5},  {"/dev/console", 1, 5}, {"/dev/ptmx", 2, 5}};

	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		const char *path = nodes[i].path;
		const char *as_blocks = arena_printf(&arena, "{\"allowed\": [\"b %d:* rwm\"]}", nodes[i].major);

		cr_expect_eq(node(path, 'c', nodes[i].major, nodes[i].minor, "{}"), 0, "%s", path);
		cr_expect_eq(
			node(path, 'c', nodes[i].major, nodes[i].minor == 0 ? 1 : 0, "{\"allowed\": [\"c *:* r\"]}"), 1,
			"%s of another number", path);
		cr_expect_eq(node(path, 'c', 7, nodes[i].minor, "{\"allowed\": [\"c *:* r\"]}"), 1,
			     "%s of another driver", path);
		cr_expect_eq(node(path, 'b', nodes[i].major, nodes[i].minor, as_blocks), 1, "a disk as %s", path);
		cr_expect_str_eq(findings.items[0].message, "puts another device in the place of a default one");
		cr_expect_eq(node(path, 'p', nodes[i].major, nodes[i].minor, "{}"), 1, "a pipe as %s", path);
		cr_expect_str_eq(findings.items[0].message, "puts another device in the place of a default one");
	}
	cr_expect_eq(node("/dev/pipe", 'p', 1, 3, "{}"), 0, "a pipe by a name of its own");
}

Test(rules_devices, zero_is_a_number_like_others)
{
	cr_expect_eq(node("/dev/ttyprintk", 'c', 5, 3, "{}"), 1, "5:0 is a default device, 5:3 the kernel's log");
	cr_expect_eq(node("/dev/x", 'c', 0, 3, "{}"), 1);
	cr_expect_eq(node("/dev/sda1", 'b', 8, 1, "{\"allowed\": [\"b 8:0 rwm\"]}"), 1,
		     "the owner allows the whole disk");
	cr_expect_eq(node("/dev/sda", 'b', 8, 0, "{\"allowed\": [\"b 8:0 rwm\"]}"), 0);
	cr_expect_eq(node("/dev/sda", 'b', 8, 0, "{\"allowed\": [\"b 8:* r\"]}"), 0);
	cr_expect_eq(node("/dev/sda", 'b', 8, 0, "{\"allowed\": [\"b *:0 r\"]}"), 0);
	cr_expect_eq(node("/dev/sda", 'b', 8, 16, "{\"allowed\": [\"b *:0 r\"]}"), 1);
	cr_expect_eq(node("/dev/sda", 'b', 8, 0, "{\"allowed\": [\"c 8:0 r\"]}"), 1);
	cr_expect_eq(node("/dev/sda", 'b', 123456789, 987654321, "{\"allowed\": [\"b 123456789:987654321 rwm\"]}"), 0);
}

/* A grant's access must be allowed as a whole, but for mknod alone: that every runtime grants. */
Test(rules_devices, access_is_a_part_of_what_is_allowed)
{
	struct device_rule rules[2] = {deny_all, {.allow = true, .type = 'b', .major = 8, .minor = 0}};
	static const struct {
		char access[4], allowed[4];
		size_t findings;
	} grants[] = {{"r", "r", 0},  {"r", "rwm", 0},	 {"rw", "r", 1},   {"rw", "wr", 0}, {"m", "rw", 0},
		      {"w", "rm", 1}, {"rwm", "mwr", 0}, {"rwm", "rw", 1}, {"", "rw", 1},   {"", "rwm", 0}};

	add_dev(0);
	container.resources.device_rules = rules;
	container.resources.n_device_rules = 2;
	for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++) {
		rules[1].access = grants[i].access;
		judge(&rule_devices, arena_printf(&arena, "{\"allowed\": [\"b 8:0 %s\"]}", grants[i].allowed));
		cr_expect_eq(findings.n, grants[i].findings, "%s of %s", grants[i].access, grants[i].allowed);
	}
}

Test(rules_devices, many_are_told_as_one)
{
	static struct device devices[9];

	add_dev(0);
	container.resources.device_rules = &deny_all;
	container.resources.n_device_rules = 1;
	container.devices = devices;
	for (size_t i = 0; i < 9; i++)
		devices[i] = (struct device){.path = "/dev/sd", .type = 'b', .major = 8, .minor = (int64_t)i * 16};
	container.n_devices = 8;
	judge(&rule_devices, "{}");
	cr_expect_eq(findings.n, 8, "eight can be read");
	container.n_devices = 9;
	judge(&rule_devices, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].message, "has 9 of the node's devices, /dev/sd and more");
	cr_expect_str_eq(findings.items[0].value, "/dev/sd");
}

/* crun looks at the numbers of every denial; only one without any closes all. */
Test(rules_devices, a_denial_of_some_closes_nothing)
{
	struct device_rule rule = deny_all;

	add_dev(0);
	host.namespaces[NS_USER].shared = TRI_YES;
	container.resources.device_rules = &rule;
	container.resources.n_device_rules = 1;
	judge(&rule_devices, "{}");
	cr_expect_eq(findings.n, 0);
	rule.major = 0;
	judge(&rule_devices, "{}");
	cr_expect_eq(found_at("/linux/resources/devices"), 1);
	rule.major = -1;
	rule.minor = 0;
	judge(&rule_devices, "{}");
	cr_expect_eq(found_at("/linux/resources/devices"), 1);
	rule.minor = -1;
	rule.type = 'c';
	judge(&rule_devices, "{}");
	cr_expect_eq(found_at("/linux/resources/devices"), 1, "no disk is denied");
	rule.type = 'a';
	rule.access = "rw";
	judge(&rule_devices, "{}");
	cr_expect_eq(found_at("/linux/resources/devices"), 1, "nodes can be made");
	rule = deny_all;
	rule.allow = true;
	judge(&rule_devices, "{}");
	cr_assert_eq(findings.n, 1, "told as the grant that it is");
	cr_expect_str_eq(findings.items[0].pointer, "/linux/resources/devices/0");
}

Test(rules_devices, no_list_where_root_is_somebody_else)
{
	struct id_mapping map = {.container_id = 0, .host_id = 1, .size = 1};

	add_dev(0);
	host.namespaces[NS_USER].shared = TRI_YES;
	host.uid_map = (struct id_mappings){&map, 1};
	judge(&rule_devices, "{}");
	cr_assert_eq(findings.n, 1, "the map is not known");
	cr_expect_eq(findings.items[0].kind, FINDING_VIOLATION);
	cr_expect_str_eq(findings.items[0].message, "no device is denied to the container");
	host.id_maps_known = true;
	judge(&rule_devices, "{}");
	cr_expect_eq(findings.n, 0, "the first user but root");
	map.host_id = 0;
	judge(&rule_devices, "{}");
	cr_expect_eq(findings.n, 1, "the node's root");
	host.namespaces[NS_USER].shared = TRI_UNKNOWN;
	judge(&rule_devices, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
}

/* --- what lies behind a list's end is nothing of the container's --- */

Test(rules_devices, lists_end_where_they_end)
{
	static const struct device_rule rules[] = {
		{.allow = false, .type = 'a', .major = -1, .minor = -1, .access = "rwm"},
		{.allow = true, .type = 'b', .major = 8, .minor = 0, .access = "r"},
		{.allow = false, .type = 'a', .major = -1, .minor = -1, .access = "rwm"}};
	static const struct device devices[] = {{.path = "/dev/null", .type = 'c', .major = 1, .minor = 3},
						{.path = "/dev/sda", .type = 'b', .major = 8, .minor = 0}};

	add_dev(0);
	add_bind(1, 1, "/srv/disk", S_IFBLK);
	seen[1].origin.device_major = 8;
	seen[1].origin.state = ORIGIN_UNKNOWN;
	container.n_mounts = 1;
	host.n_mounts = 1;
	container.resources.device_rules = rules;
	container.resources.n_device_rules = 2;
	container.devices = devices;
	container.n_devices = 1;
	judge(&rule_devices, "{}");
	cr_assert_eq(findings.n, 1, "%zu", findings.n);
	cr_expect_str_eq(findings.items[0].pointer, "/linux/resources/devices/1", "nothing takes it back");
	container.resources.n_device_rules = 1;
	host.mounts_why = "mountinfo cannot be read";
	judge(&rule_devices, "{}");
	cr_expect_eq(findings.n, 0, "nothing is bound");
	container.resources.device_rules = rules + 1;
	judge(&rule_devices, "{}");
	cr_expect_eq(found_at("/linux/resources/devices/0"), 1, "not taken back");
}

Test(rules_devices, dev_is_what_was_mounted_there_last)
{
	container.resources.device_rules = &deny_all;
	container.resources.n_device_rules = 1;
	add_bind(0, 0, "/srv/a", S_IFDIR);
	add_dev(1);
	add_dev(2);
	container.n_mounts = 2;
	host.n_mounts = 2;
	mounts[2].type = "devtmpfs";
	judge(&rule_devices, "{}");
	cr_expect_eq(findings.n, 0, "%s", findings.n > 0 ? findings.items[0].message : "");
	container.n_mounts = 3;
	judge(&rule_devices, "{}");
	cr_expect_eq(found_at("/mounts/2"), 1, "the node's own devices");
	mounts[2].type = NULL;
	judge(&rule_devices, "{}");
	cr_expect_eq(found_at("/mounts/2"), 1, "of no type");
	mounts[2].kind = MOUNT_REMOUNT;
	judge(&rule_devices, "{}");
	cr_expect_eq(findings.n, 0, "the same mount with other options");
}

Test(rules_devices, dev_is_what_the_kernel_shows_there)
{
	container.resources.device_rules = &deny_all;
	container.resources.n_device_rules = 1;
	add_dev(0);
	seen[0].origin.fs_type = "overlay";
	judge(&rule_devices, "{}");
	cr_expect_eq(found_at("/mounts/0"), 1);
	seen[0].origin.fs_type = NULL;
	judge(&rule_devices, "{}");
	cr_expect_eq(found_at("/mounts/0"), 1, "nobody knows");
	seen[0].effective = false;
	judge(&rule_devices, "{}");
	cr_expect_eq(findings.n, 0, "to be mounted yet");
	seen[0].effective = true;
	seen[0].mount = -1;
	judge(&rule_devices, "{}");
	cr_expect_eq(findings.n, 0, "another mount's");
	seen[0].mount = 0;
	seen[0].origin.fs_type = "overlay";
	add_bind(1, 1, "/srv/a", S_IFDIR);
	seen[1] = seen[0];
	seen[1].origin.fs_type = "tmpfs";
	judge(&rule_devices, "{}");
	cr_expect_eq(found_at("/mounts/0"), 1, "one of two");
	seen[0].origin.fs_type = "tmpfs";
	seen[1].origin.fs_type = "overlay";
	host.n_mounts = 1;
	container.n_mounts = 1;
	judge(&rule_devices, "{}");
	cr_expect_eq(findings.n, 0, "behind the last mount there is none");
}

/* A recording has no file types; the root of a devtmpfs is a directory, and everything in it may be a node. */
Test(rules_devices, what_lies_in_a_devtmpfs)
{
	static const struct {
		char path[16];
		mode_t type;
		size_t findings;
	} files[] = {{"/", 0, 0},     {"/sda", 0, 1},	     {"/null", 0, 0},	   {"/console", 0, 0}, {"/ptmx", 0, 0},
		     {"/kmsg", 0, 1}, {"/log", S_IFSOCK, 0}, {"/shm", S_IFDIR, 0}, {"/x/null", 0, 1}};

	container.resources.device_rules = &deny_all;
	container.resources.n_device_rules = 1;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		add_bind(0, 0, "/dev/x", files[i].type);
		add_dev(1);
		seen[0].origin.fs_type = "devtmpfs";
		seen[0].origin.fs_path = files[i].path;
		judge(&rule_devices, "{}");
		cr_expect_eq(findings.n, files[i].findings, "%s", files[i].path);
		seen[0].origin.fs_type = "ext4";
		judge(&rule_devices, "{}");
		cr_expect_eq(findings.n, 0, "%s of a disk", files[i].path);
	}
	seen[0].origin.fs_type = "devtmpfs";
	seen[0].origin.fs_path = NULL;
	seen[0].origin.file_type = 0;
	judge(&rule_devices, "{}");
	cr_expect_eq(findings.n, 0, "of a place that is not known others tell");
}

Test(rules_devices, names_of_a_node_that_is_bound)
{
	container.resources.device_rules = &deny_all;
	container.resources.n_device_rules = 1;
	add_bind(0, 0, "/dev/sda", S_IFBLK);
	add_dev(1);
	seen[0].origin.device_major = 8;
	seen[0].origin.fs_path = "/sda";
	judge(&rule_devices, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "/dev/sda");
	cr_expect_str_eq(findings.items[0].message, "mounts the node's device /dev/sda at /x");
	seen[0].origin.paths.n = 0;
	judge(&rule_devices, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "/sda");
	seen[0].origin.fs_path = NULL;
	judge(&rule_devices, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "");
	cr_expect_null(strstr(findings.items[0].message, "(null)"));
}

Test(rules_devices, binds_that_nobody_can_explain)
{
	container.resources.device_rules = &deny_all;
	container.resources.n_device_rules = 1;
	add_bind(0, 0, "/srv/a", S_IFDIR);
	add_dev(1);
	seen[0].origin.state = ORIGIN_UNKNOWN;
	seen[0].origin.why = NULL;
	judge(&rule_devices, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	cr_expect_str_eq(findings.items[0].message,
			 "cannot tell whether a device of the node is mounted: its origin is unknown");
}

/* crun --cgroup-manager=disabled: the lists are of a control group that will not be. */
Test(rules_devices, lists_hold_for_nobody_without_a_control_group)
{
	static const struct id_mapping remapped[] = {{0, 100000, 65536}};
	const struct device_rule all_and_back[] = {
		{.allow = true, .type = 'a', .major = -1, .minor = -1, .access = "rwm"}, deny_all};

	container.unheld = true;
	host.namespaces[NS_USER].shared = TRI_YES;
	cr_assert_eq(node("/dev/null", 'c', 1, 3, "{}"), 1);
	cr_expect_str_eq(findings.items[0].message, "has no control group: no device is denied");
	cr_expect_str_eq(findings.items[0].remedy, "run without --cgroups=disabled");
	cr_expect_eq(findings.items[0].kind, FINDING_VIOLATION);
	container.resources.device_rules = all_and_back;
	container.resources.n_device_rules = 2;
	judge(&rule_devices, "{}");
	cr_expect_eq(findings.n, 1, "nor where all are allowed first");
	host.namespaces[NS_USER].shared = TRI_UNKNOWN;
	cr_assert_eq(node("/dev/null", 'c', 1, 3, "{}"), 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	host.id_maps_known = true;
	host.uid_map = (struct id_mappings){remapped, 1};
	cr_expect_eq(node("/dev/null", 'c', 1, 3, "{}"), 0, "a rootless engine gives none");
	container.unheld = false;
	host.id_maps_known = false;
	cr_expect_eq(node("/dev/null", 'c', 1, 3, "{}"), 0);
}
