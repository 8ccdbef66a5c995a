/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which mounts a container has: where they come from in its spec, what came along,
 * and what else is to be known of each.
 */
#include "host_tables.h"

#include <stdio.h>

static struct facts facts;

static void finish(void)
{
	facts_end(&facts);
}

TestSuite(host_mounts, .fini = finish);

Test(host_mounts, every_mount_of_the_spec_comes_once)
{
	const struct host_mount *v;

	tables_record(&facts, BIND("/etc"), NODE ROOT V("8:1 /etc", EXT4), NULL);
	cr_assert_eq(facts.host.n_mounts, 2, "/proc and /v");
	v = facts_mount(&facts, "/v");
	cr_expect_eq(v->mount, 1);
	cr_expect_eq(v->parent_mount, -1);
	cr_expect(v->effective);
	cr_expect_str_eq(v->origin.source, "/etc");
	cr_expect_str_eq(v->origin.fs_type, "ext4");
	cr_expect_eq(v->origin.major, 8);
	cr_expect_str_eq(v->origin.fs_path, "/etc");
	cr_expect_eq(facts.host.rootfs.state, ORIGIN_NODE);
	cr_expect_str_eq(facts_paths(&facts, &facts.host.rootfs), "/srv/rootfs");
}

Test(host_mounts, links_of_the_image_lead_a_mount_elsewhere)
{
	tables_record(&facts,
		      PROC ",{\"destination\":\"/var/run/s\",\"source\":\"/data/s\",\"options\":[\"rbind\"]}"
			   ",{\"destination\":\"/link/t\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"}",
		      NODE ROOT "60 50 8:1 /data/s /run/b/rootfs/run/s " EXT4 "\n"
				"61 50 0:90 / /run/b/rootfs/there/t rw - tmpfs tmpfs rw\n",
		      NULL);
	cr_assert_eq(facts.host.n_mounts, 3);
	cr_expect_eq(facts_mount(&facts, "/run/s")->mount, 1);
	cr_expect_eq(facts_mount(&facts, "/there/t")->mount, 2);
}

/* A bind is what it shows: device and path; a filesystem, its type at a place of that name. Each wrong in one of them. */
Test(host_mounts, elsewhere_a_mount_is_told_by_what_it_is)
{
	tables_record(&facts,
		      PROC ",{\"destination\":\"/l/s\",\"source\":\"/data/s\",\"options\":[\"rbind\"]}"
			   ",{\"destination\":\"/l/t\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"}"
			   ",{\"destination\":\"/\",\"source\":\"/data/top\",\"options\":[\"bind\"]}"
			   ",{\"destination\":\"/l/gone\",\"source\":\"rel/../../no\",\"options\":[\"bind\"]}",
		      NODE ROOT "60 50 8:1 /data/s /run/b/rootfs/right " EXT4 "\n"
				"61 50 0:90 / /run/b/rootfs/there/t rw - tmpfs tmpfs rw\n"
				"62 50 8:2 /data/s /run/b/rootfs/a rw - ext4 /dev/sdb rw\n"
				"63 50 9:1 /data/s /run/b/rootfs/b rw - ext4 /dev/md1 rw\n"
				"64 50 8:1 /data/s2 /run/b/rootfs/c " EXT4 "\n"
				"65 50 0:91 / /run/b/rootfs/d/t rw - ramfs r rw\n"
				"66 50 0:92 / /run/b/rootfs/e/tt rw - tmpfs tmpfs rw\n"
				"67 50 0:93 / /run/b/rootfs/t/f rw - tmpfs tmpfs rw\n",
		      NULL);
	cr_expect_eq(facts_mount(&facts, "/right")->mount, 1);
	cr_expect_eq(facts_mount(&facts, "/there/t")->mount, 2);
	for (size_t i = 0; i < facts.host.n_mounts; i++) {
		const struct host_mount *mount = &facts.host.mounts[i];

		if (strcmp(mount->path, "/") == 0 || strcmp(mount->path, "/l/gone") == 0)
			cr_expect_not(mount->effective, "%s: the root directory itself is none of its mounts",
				      mount->path);
		else if (strlen(mount->path) < 5 || mount->path[2] == '/')
			cr_expect_eq(host_mount_entry(mount), -1, "%s", mount->path);
	}
}

/* Of three at one place and two in the spec, the lowest is nobody's. */
Test(host_mounts, the_last_mounts_at_a_place_are_the_specs)
{
	tables_record(&facts,
		      PROC ",{\"destination\":\"/v\",\"source\":\"/one\",\"options\":[\"bind\"]}"
			   ",{\"destination\":\"/v\",\"source\":\"/two\",\"options\":[\"bind\"]}",
		      NODE ROOT "62 61 8:1 /two /run/b/rootfs/v " EXT4 "\n"
				"61 60 8:1 /one /run/b/rootfs/v " EXT4 "\n"
				"60 50 8:1 /zero /run/b/rootfs/v " EXT4 "\n",
		      NULL);
	cr_assert_eq(facts.host.n_mounts, 4);
	for (size_t i = 0; i < facts.host.n_mounts; i++) {
		const struct host_mount *mount = &facts.host.mounts[i];
		const char *paths = facts_paths(&facts, &mount->origin);

		if (strcmp(mount->path, "/v") == 0)
			cr_expect_eq(mount->mount,
				     strcmp(paths, "/one") == 0	  ? 1
				     : strcmp(paths, "/two") == 0 ? 2
								  : -1,
				     "%s: %ld", paths, mount->mount);
	}
}

Test(host_mounts, one_row_does_not_stand_for_two_mounts)
{
	tables_record(&facts,
		      PROC ",{\"destination\":\"/v\",\"source\":\"/one\",\"options\":[\"bind\"]}"
			   ",{\"destination\":\"/w\",\"source\":\"/one\",\"options\":[\"bind\"]}",
		      NODE ROOT V("8:1 /one", EXT4), NULL);
	cr_assert_eq(facts.host.n_mounts, 3);
	cr_expect_eq(facts_mount(&facts, "/v")->mount, 1);
	cr_expect(facts_mount(&facts, "/v")->effective);
	cr_expect_eq(facts_mount(&facts, "/w")->mount, 2);
	cr_expect_not(facts_mount(&facts, "/w")->effective, "the kernel shows no such mount");
}

Test(host_mounts, two_mounts_at_one_place_are_told_apart)
{
	tables_record(&facts,
		      PROC ",{\"destination\":\"/v\",\"source\":\"/one\",\"options\":[\"bind\"]}"
			   ",{\"destination\":\"/v\",\"source\":\"/two\",\"options\":[\"bind\"]}",
		      NODE ROOT V("8:1 /one", EXT4) "61 60 8:1 /two /run/b/rootfs/v " EXT4 "\n", NULL);
	cr_assert_eq(facts.host.n_mounts, 3);
	cr_expect_eq(facts.host.mounts[1].mount, 1);
	cr_expect_str_eq(facts_paths(&facts, &facts.host.mounts[1].origin), "/one");
	cr_expect_eq(facts.host.mounts[2].mount, 2);
	cr_expect_str_eq(facts_paths(&facts, &facts.host.mounts[2].origin), "/two");
}

Test(host_mounts, what_comes_along_names_its_parent)
{
	tables_record(&facts, PROC ",{\"destination\":\"/v\",\"source\":\"/mnt\",\"options\":[\"rbind\"]}",
		      NODE "13 10 8:2 / /mnt/disk rw - ext4 /dev/sdb rw\n" ROOT V(
			      "8:1 /mnt", EXT4) "61 60 8:2 / /run/b/rootfs/v/disk rw - ext4 /dev/sdb rw\n"
						"62 61 0:90 / /run/b/rootfs/v/disk/deep rw - tmpfs tmpfs rw\n"
						"63 50 8:1 /root /run/b/rootfs/smuggled " EXT4 "\n",
		      NULL);
	cr_assert_eq(facts.host.n_mounts, 5);
	cr_expect_eq(facts_mount(&facts, "/v/disk")->mount, -1);
	cr_expect_eq(facts_mount(&facts, "/v/disk")->parent_mount, 1);
	cr_expect_str_eq(facts_paths(&facts, &facts_mount(&facts, "/v/disk")->origin), "/mnt/disk");
	cr_expect_eq(facts_mount(&facts, "/v/disk/deep")->parent_mount, 1);
	cr_expect_eq(facts_mount(&facts, "/smuggled")->mount, -1);
	cr_expect_eq(facts_mount(&facts, "/smuggled")->parent_mount, -1, "nothing in the spec explains it");
	cr_expect_str_eq(facts_paths(&facts, &facts_mount(&facts, "/smuggled")->origin), "/root");
}

/* The kernel lists mounts as they were made; what nothing explains and what is not there come in between. */
Test(host_mounts, mounts_come_in_the_order_of_the_spec)
{
	static const struct {
		const char *path;
		long entry;
	} expected[] = {{"/proc", 0}, {"/v", 1},      {"/v/disk", 1}, {"/gone", 2},
			{"/w", 3},    {"/w/deep", 3}, {"/first", -1}, {"/last", -1}};
	const size_t n = sizeof(expected) / sizeof(expected[0]);

	tables_record(&facts,
		      PROC ",{\"destination\":\"/v\",\"source\":\"/mnt\",\"options\":[\"rbind\"]}"
			   ",{\"destination\":\"/gone\",\"source\":\"/mnt\",\"options\":[\"bind\"]}"
			   ",{\"destination\":\"/w\",\"source\":\"/srv/w\",\"options\":[\"rbind\"]}",
		      NODE ROOT "58 50 8:1 /a /run/b/rootfs/first " EXT4 "\n"
				"59 50 8:1 /srv/w /run/b/rootfs/w " EXT4 "\n"
				"60 50 8:1 /mnt /run/b/rootfs/v " EXT4 "\n"
				"61 59 0:90 / /run/b/rootfs/w/deep rw - tmpfs tmpfs rw\n"
				"62 50 8:1 /b /run/b/rootfs/last " EXT4 "\n"
				"63 60 8:2 / /run/b/rootfs/v/disk rw - ext4 /dev/sdb rw\n",
		      NULL);
	cr_assert_eq(facts.host.n_mounts, n);
	for (size_t i = 0; i < n; i++) {
		cr_expect_str_eq(facts.host.mounts[i].path, expected[i].path);
		cr_expect_eq(host_mount_entry(&facts.host.mounts[i]), expected[i].entry, "%s", expected[i].path);
	}
}

Test(host_mounts, those_of_one_mount_of_the_spec_are_found)
{
	/* Mounts of 1 and 3, the latter's own behind what came along with it; none of 0, 2 and 4; one of none. */
	static const struct host_mount mounts[] = {
		{.mount = 1, .parent_mount = -1}, {.mount = -1, .parent_mount = 1}, {.mount = -1, .parent_mount = 3},
		{.mount = 3, .parent_mount = -1}, {.mount = -1, .parent_mount = 5}, {.mount = -1, .parent_mount = -1},
	};
	const struct host host = {.mounts = mounts, .n_mounts = 6}, nothing = {.mounts = mounts};
	static const int first[] = {-1, 0, -1, 2, -1, 4, -1}, own[] = {-1, 0, -1, 3, -1, -1, -1},
			 behind[] = {1, -1, 3, -1, -1, -1};

	for (size_t i = 0; i < 7; i++) {
		cr_expect_eq(host_mount_first(&host, i), first[i] < 0 ? NULL : &mounts[first[i]], "first of %zu", i);
		cr_expect_eq(host_mount_of(&host, i), own[i] < 0 ? NULL : &mounts[own[i]], "itself %zu", i);
		cr_expect_null(host_mount_first(&nothing, i));
		cr_expect_null(host_mount_of(&nothing, i));
	}
	for (size_t i = 0; i < 6; i++)
		cr_expect_eq(host_mount_next(&host, &mounts[i]), behind[i] < 0 ? NULL : &mounts[behind[i]],
			     "behind %zu", i);
}

Test(host_mounts, what_is_asked_for_and_not_seen_is_judged_as_asked)
{
	const struct host_mount *v;

	tables_record(&facts, BIND("/run/../etc"), NODE ROOT, NULL);
	v = facts_mount(&facts, "/v");
	cr_expect_not(v->effective);
	cr_expect_eq(v->mount, 1);
	cr_expect_eq(v->origin.state, ORIGIN_NODE);
	cr_expect_str_eq(facts_paths(&facts, &v->origin), "/etc");
}

Test(host_mounts, the_node_does_not_see_what_the_container_has_mounted)
{
	tables_record(&facts, BIND("/run/b/rootfs/x"), NODE ROOT, NULL);
	cr_expect_eq(facts_mount(&facts, "/v")->origin.state, ORIGIN_NODE);
	cr_expect_eq(facts_mount(&facts, "/v")->origin.minor, 20, "in the node's /run, not in the container's root");
	cr_expect_str_eq(facts_paths(&facts, &facts_mount(&facts, "/v")->origin), "/run/b/rootfs/x");
}

Test(host_mounts, propagation_to_the_node)
{
	tables_record(&facts,
		      PROC ",{\"destination\":\"/own\",\"source\":\"/a\",\"options\":[\"bind\",\"rshared\"]}"
			   ",{\"destination\":\"/peer\",\"source\":\"/a\",\"options\":[\"bind\",\"rshared\"]}"
			   ",{\"destination\":\"/slave\",\"source\":\"/a\",\"options\":[\"bind\",\"rslave\"]}"
			   ",{\"destination\":\"/both\",\"source\":\"/a\",\"options\":[\"bind\",\"rshared\"]}",
		      NODE ROOT "60 50 8:1 /a /run/b/rootfs/own rw shared:77 - ext4 /dev/sda1 rw\n"
				"61 50 8:1 /a /run/b/rootfs/peer rw shared:1 - ext4 /dev/sda1 rw\n"
				"62 50 8:1 /a /run/b/rootfs/slave rw master:1 - ext4 /dev/sda1 rw\n"
				"63 50 8:1 /a /run/b/rootfs/both rw shared:3 master:2 - ext4 /dev/sda1 rw\n",
		      NULL);
	cr_expect_eq(facts_mount(&facts, "/peer")->shared, TRI_YES);
	cr_expect_eq(facts_mount(&facts, "/slave")->shared, TRI_NO, "mounts come in, none go out");
	cr_expect_eq(facts_mount(&facts, "/both")->shared, TRI_YES, "the node's /run is a slave of that group");
	cr_expect_eq(facts_mount(&facts, "/own")->shared, TRI_UNKNOWN, "a group that nobody else is seen in");
}

Test(host_mounts, read_only)
{
	tables_record(&facts,
		      PROC ",{\"destination\":\"/asked\",\"source\":\"/a\",\"options\":[\"bind\",\"ro\"]}"
			   ",{\"destination\":\"/is\",\"source\":\"/a\",\"options\":[\"bind\",\"ro\"]}"
			   ",{\"destination\":\"/not\",\"source\":\"/a\",\"options\":[\"rbind\",\"ro\"]}"
			   ",{\"destination\":\"/rw\",\"source\":\"/a\",\"options\":[\"bind\"]}"
			   ",{\"destination\":\"/cg\",\"type\":\"cgroup\",\"source\":\"cgroup\",\"options\":[\"ro\"]}",
		      NODE ROOT "60 50 8:1 /a /run/b/rootfs/asked " EXT4 "\n"
				"61 50 8:1 /a /run/b/rootfs/is ro,nosuid - ext4 /dev/sda1 rw\n"
				"62 50 8:1 /a /run/b/rootfs/not ro - ext4 /dev/sda1 rw\n"
				"63 62 8:2 / /run/b/rootfs/not/disk rw,error=ro2 - ext4 /dev/sdb rw,errors=remount-ro\n"
				"64 50 8:1 /a /run/b/rootfs/rw " EXT4 "\n"
				"65 50 0:90 / /run/b/rootfs/cg rw - tmpfs cgroup rw\n"
				"66 65 0:91 / /run/b/rootfs/cg/cpu rw - cgroup cgroup rw,cpu\n",
		      NULL);
	cr_expect_eq(facts_mount(&facts, "/asked")->read_only, TRI_UNKNOWN, "crun does it after the hooks");
	cr_expect_eq(facts_mount(&facts, "/is")->read_only, TRI_YES);
	cr_expect_eq(facts_mount(&facts, "/not/disk")->read_only, TRI_NO, "ro is not recursive");
	cr_expect_eq(facts_mount(&facts, "/rw")->read_only, TRI_NO);
	cr_expect_eq(facts_mount(&facts, "/cg/cpu")->read_only, TRI_UNKNOWN, "made so with its parent");
}

Test(host_mounts, after_pivot_root_the_node_has_a_table_of_its_own)
{
	tables_record(&facts, BIND("/mnt/x"),
		      "70 69 8:1 /srv/rootfs / rw - ext4 /dev/sda1 rw\n71 70 0:60 / /proc rw - proc proc rw\n"
		      "72 70 8:2 /x /v rw - ext4 /dev/sdb rw\n",
		      NODE "13 10 8:2 / /mnt rw - ext4 /dev/sdb rw\n");
	cr_assert_eq(facts.rc, 0);
	cr_assert_null(facts.host.mounts_why);
	cr_assert_eq(facts.host.n_mounts, 2);
	cr_expect_str_eq(facts_paths(&facts, &facts_mount(&facts, "/v")->origin), "/mnt/x");
	cr_expect_str_eq(facts_paths(&facts, &facts.host.rootfs), "/srv/rootfs");
}

#define PIVOTED                                                                                                        \
	"70 69 8:1 /srv/rootfs / rw - ext4 /dev/sda1 rw\n71 70 0:60 / /proc rw - proc proc rw\n"                       \
	"72 70 0:61 / /dev rw - tmpfs tmpfs rw\n"

Test(host_mounts, masks_are_what_the_spec_asks_for_and_no_more)
{
	static const struct {
		const char *row;
		const char *path;
		bool mask;
	} cases[] = {
		{"80 71 0:90 / /proc/acpi ro - tmpfs tmpfs ro", "/proc/acpi", true},
		{"80 71 0:90 / /proc/acpi ro,relatime - tmpfs tmpfs rw,size=0k", "/proc/acpi", true},
		{"80 71 0:90 / /proc/acpi rw - tmpfs tmpfs rw", "/proc/acpi", false},
		{"80 71 0:90 / /proc/other ro - tmpfs tmpfs ro", "/proc/other", false},
		{"80 71 0:90 /x /proc/acpi ro - tmpfs tmpfs ro", "/proc/acpi", false},
		{"80 71 8:2 / /proc/acpi ro - ext4 /dev/sdb ro", "/proc/acpi", false},
		{"80 71 8:1 /run/.empty-directory /proc/acpi ro - ext4 /dev/sda1 rw", "/proc/acpi", true},
		{"80 71 0:61 /null /proc/acpi rw - tmpfs tmpfs rw", "/proc/acpi", true},
		{"80 71 0:5 /null /proc/acpi rw - devtmpfs udev rw", "/proc/acpi", true},
		{"80 71 0:5 /mem /proc/acpi rw - devtmpfs udev rw", "/proc/acpi", false},
		{"80 71 8:1 /null /proc/acpi rw - ext4 /dev/sda1 rw", "/proc/acpi", false},
		{"80 71 0:60 /sys /proc/sys ro - proc proc rw", "/proc/sys", true},
		{"80 71 0:60 /sys /proc/sys rw - proc proc rw", "/proc/sys", false},
		{"80 71 0:60 /bus /proc/sys ro - proc proc rw", "/proc/sys", false},
		{"80 71 0:59 /sys /proc/sys ro - proc proc rw", "/proc/sys", false},
		{"80 71 0:60 /acpi /proc/acpi ro - proc proc rw", "/proc/acpi", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char table[512];
		const struct facts_file files[] = {{"mountinfo", table}, {"mountinfo-node", NODE}, {NULL, NULL}};

		(void)snprintf(table, sizeof(table), "%s%s\n", PIVOTED, cases[i].row);
		facts_container(&facts, "", PROC ",{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"}",
				",\"maskedPaths\":[\"/proc/acpi\"],\"readonlyPaths\":[\"/proc/sys\"]");
		facts_record(&facts, files);
		cr_expect_eq(facts_mount(&facts, cases[i].path)->mask, cases[i].mask, "%s", cases[i].row);
		cr_expect_eq(facts_mount(&facts, cases[i].path)->parent_mount, 0);
		facts_end(&facts);
	}
}

Test(host_mounts, a_root_directory_that_is_not_there_makes_the_mounts_unknown)
{
	tables_record(&facts, BIND("/etc"), NODE, NULL);
	cr_expect_eq(facts.rc, 0);
	cr_expect_not_null(facts.host.mounts_why);
	cr_expect_eq(facts.host.rootfs.state, ORIGIN_UNKNOWN);
	cr_expect_eq(facts.host.n_mounts, 0);
}

Test(host_mounts, an_empty_recording_knows_no_origin)
{
	const struct facts_file none[] = {{NULL, NULL}};

	facts_container(&facts, "", BIND("/etc"), "");
	facts_record(&facts, none);
	cr_expect_eq(facts_mount(&facts, "/v")->origin.state, ORIGIN_UNKNOWN);
	cr_expect_str_eq(facts_mount(&facts, "/v")->origin.source, "/etc");
	cr_expect_eq(facts.host.rootfs.state, ORIGIN_UNKNOWN);
	cr_expect_str_eq(facts.host.rootfs.source, FACTS_BUNDLE "/rootfs");
	facts_end(&facts);
	facts_container(&facts, "", "{\"destination\":\"/o\",\"type\":\"overlay\",\"options\":[\"lowerdir=/a\"]}", "");
	facts_record(&facts, none);
	cr_expect_str_eq(facts_mount(&facts, "/o")->origin.why, "the mounts of the node are not known");
}

Test(host_mounts, intent_over_the_mounts_of_the_node)
{
	tables_record(
		&facts,
		PROC
		",{\"destination\":\"/rel\",\"source\":\"../../etc\",\"options\":[\"bind\"]}"
		",{\"destination\":\"/all\",\"source\":\"/mnt\",\"options\":[\"rbind\",\"ro\"]}"
		",{\"destination\":\"/one\",\"source\":\"/mnt\",\"options\":[\"bind\"]}"
		",{\"destination\":\"/disk\",\"type\":\"ext4\",\"source\":\"/dev/sda1\"}"
		",{\"destination\":\"/other\",\"type\":\"ext4\",\"source\":\"/dev/sdz\"}"
		",{\"destination\":\"/ov\",\"type\":\"overlay\",\"source\":\"o\",\"options\":[\"lowerdir=/etc:/usr\"]}"
		",{\"destination\":\"/esc\",\"type\":\"overlay\",\"options\":[\"lowerdir=/a\\\\:b\"]}",
		NULL,
		NODE "13 10 8:2 /sub /mnt/disk rw - ext4 /dev/sdb rw\n15 10 0:8 / /mnt/ro ro - tmpfs t rw\n14 10 0:9 / "
		     "/mnt/u rw unbindable - tmpfs t rw\n");
	cr_assert_eq(facts.rc, 0);
	cr_expect_not(facts.host.effective);
	cr_assert_eq(facts.host.n_mounts, 10);
	cr_expect_eq(facts_mount(&facts, "/all/ro")->read_only, TRI_YES);
	cr_expect_str_eq(facts_paths(&facts, &facts_mount(&facts, "/rel")->origin), "/etc");
	cr_expect_str_eq(facts_mount(&facts, "/rel")->origin.source, "/etc");
	cr_expect_str_eq(facts_paths(&facts, &facts_mount(&facts, "/all/disk")->origin), "/mnt/disk");
	cr_expect_eq(facts_mount(&facts, "/all/disk")->parent_mount, 2);
	cr_expect_eq(facts_mount(&facts, "/all/disk")->read_only, TRI_NO);
	cr_expect_eq(facts_mount(&facts, "/all")->read_only, TRI_YES);
	cr_expect_str_eq(facts_paths(&facts, &facts_mount(&facts, "/disk")->origin), "/");
	cr_expect_eq(facts_mount(&facts, "/disk")->origin.state, ORIGIN_NODE);
	cr_expect_eq(facts_mount(&facts, "/other")->origin.state, ORIGIN_FILESYSTEM);
	cr_expect_str_eq(facts_paths(&facts, &facts_mount(&facts, "/ov")->origin), "/etc /usr");
	cr_expect_eq(facts_mount(&facts, "/esc")->origin.state, ORIGIN_UNKNOWN);
	cr_expect_str_eq(facts_mount(&facts, "/esc")->origin.why, "its options hold escapes");
	cr_expect_eq(facts_mount(&facts, "/rel")->parent_mount, -1);
	cr_expect_eq(facts_mount(&facts, "/proc")->origin.state, ORIGIN_FILESYSTEM);
}

/* As runtimes read it: no source is the bundle itself. */
Test(host_mounts, a_bind_without_a_source)
{
	tables_record(&facts, "{\"destination\":\"/v\",\"options\":[\"bind\"]}", NULL, NODE);
	cr_expect_str_eq(facts_mount(&facts, "/v")->origin.source, FACTS_BUNDLE);
	cr_expect_str_eq(facts_paths(&facts, &facts_mount(&facts, "/v")->origin), FACTS_BUNDLE);
}

/* Whatever order the table has, and whatever lies beside it on other devices. */
Test(host_mounts, what_the_node_has_mounted_of_it_is_found)
{
	static const char *const nodes[] = {
		"13 10 8:1 /s/x /shown rw - ext4 /dev/sda1 rw\n10 1 8:1 / / rw - ext4 /dev/sda1 rw\n",
		"10 1 8:1 / / rw - ext4 /dev/sda1 rw\n13 10 8:1 /s/x /shown rw - ext4 /dev/sda1 rw\n"
		"14 10 9:1 /s /a rw - ext4 /dev/md1 rw\n15 10 9:1 /s /b rw - ext4 /dev/md1 rw\n",
		"10 1 8:1 / / rw - ext4 /dev/sda1 rw\n13 10 8:1 /s/x /shown rw - ext4 /dev/sda1 rw\n"
		"14 10 8:2 /s /a rw - ext4 /dev/sdb rw\n15 10 8:2 /s /b rw - ext4 /dev/sdb rw\n",
		"14 10 7:9 /s /a rw - ext4 /dev/l rw\n15 10 8:0 /s /b rw - ext4 /dev/sdb rw\n"
		"10 1 8:1 / / rw - ext4 /dev/sda1 rw\n13 10 8:1 /s/x /shown rw - ext4 /dev/sda1 rw\n",
	};

	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		const struct origin *origin;

		tables_record(&facts, "{\"destination\":\"/v\",\"source\":\"/s\",\"options\":[\"bind\"]}", NULL,
			      nodes[i]);
		origin = &facts_mount(&facts, "/v")->origin;
		cr_expect_eq(origin->contains.n, 1, "table %zu: %zu", i, origin->contains.n);
		cr_expect(origin->contains.n == 1 && strcmp(origin->contains.items[0], "/shown") == 0, "table %zu", i);
		facts_end(&facts);
	}
}

/* What a spec asks for is nobody's store yet, whatever its upper layer is called. */
Test(host_mounts, relative_layers_of_a_spec_are_unknown)
{
	tables_record(&facts,
		      "{\"destination\":\"/ov\",\"type\":\"overlay\",\"source\":\"o\",\"options\":[\"lowerdir=etc\","
		      "\"upperdir=/var/lib/e/overlay/1/diff\",\"workdir=/var/lib/e/overlay/1/work\"]}",
		      NULL, NODE);
	cr_expect_eq(facts_mount(&facts, "/ov")->origin.state, ORIGIN_UNKNOWN);
	cr_expect_str_eq(facts_mount(&facts, "/ov")->origin.why, "a layer of its overlay has a relative path");
}

/* A bind of the node's whose directory is gone: so is what a container gets of it. */
Test(host_mounts, a_bind_of_the_node_may_be_deleted)
{
	tables_record(&facts, "{\"destination\":\"/v\",\"source\":\"/mnt/b\",\"options\":[\"bind\"]}", NULL,
		      NODE "13 10 8:1 /gone//deleted /mnt/b " EXT4 "\n");
	cr_expect_eq(facts_mount(&facts, "/v")->origin.state, ORIGIN_DELETED);
	cr_expect_str_eq(facts_paths(&facts, &facts_mount(&facts, "/v")->origin), "/gone /mnt/b");
}

/* What a spec asks for, where no bind leads anywhere: of which kind, from what, how. */
Test(host_mounts, filesystems_of_a_spec_are_described)
{
	const struct origin *origin;

	tables_record(
		&facts,
		"{\"destination\":\"/t\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\",\"size=1k\"]}"
		",{\"destination\":\"/x\",\"type\":\"xfs\",\"source\":\"/dev/sdz\"}"
		",{\"destination\":\"/none\",\"type\":\"overlay\",\"source\":\"o\",\"options\":[\"ro\"]}"
		",{\"destination\":\"/o\",\"type\":\"overlay\",\"source\":\"o\",\"options\":[\"ro\",\"lowerdir=/"
		"etc\",\"x\"]}"
		",{\"destination\":\"/t\",\"type\":\"none\",\"source\":\"none\",\"options\":[\"remount\",\"ro\"]}",
		NULL, NODE);
	cr_assert_eq(facts.host.n_mounts, 4, "a remount is no mount");
	origin = &facts.host.mounts[0].origin;
	cr_expect_eq(origin->state, ORIGIN_FILESYSTEM, "a name is no device of the node's");
	cr_expect_str_eq(origin->fs_type, "tmpfs");
	cr_expect_str_eq(origin->fs_source, "tmpfs");
	cr_expect_str_eq(origin->fs_path, "/");
	cr_expect_str_eq(origin->super_options, "nosuid,size=1k");
	origin = &facts.host.mounts[1].origin;
	cr_expect_eq(origin->state, ORIGIN_FILESYSTEM);
	cr_expect_str_eq(origin->super_options, "");
	origin = &facts.host.mounts[2].origin;
	cr_expect_eq(origin->state, ORIGIN_UNKNOWN, "an overlay of nothing");
	cr_expect_str_not_empty(origin->why);
	origin = &facts.host.mounts[3].origin;
	cr_expect_eq(origin->state, ORIGIN_NODE);
	cr_expect_str_empty(origin->why);
	cr_expect_eq(facts.host.mounts[3].read_only, TRI_YES);
	cr_expect_eq(facts.host.mounts[0].read_only, TRI_NO);
}

Test(host_mounts, what_an_rbind_will_bring_along)
{
	tables_record(&facts,
		      "{\"destination\":\"/v\",\"source\":\"/mnt\",\"options\":[\"rbind\",\"rshared\"]}"
		      ",{\"destination\":\"/w\",\"source\":\"/mnt/disk\",\"options\":[\"rbind\"]}",
		      NULL,
		      NODE "13 10 8:2 / /mnt/disk rw - ext4 /dev/sdb ro\n"
			   "14 13 0:30 / /mnt/disk rw - tmpfs tmpfs rw\n"
			   "15 13 0:31 / /mnt/disk/hidden rw - tmpfs tmpfs rw\n"
			   "16 10 0:32 / /mnt rw - tmpfs t rw\n"
			   "17 16 8:1 /data /mnt/data ro - ext4 /dev/sda1 rw\n"
			   "18 17 8:1 /etc /mnt/data/deep rw - ext4 /dev/sda1 rw\n"
			   "19 10 8:1 /etc /mntother rw - ext4 /dev/sda1 rw\n");
	cr_assert_eq(facts.host.n_mounts, 4);
	cr_expect_eq(facts.host.mounts[0].shared, TRI_YES);
	cr_expect_str_eq(facts.host.mounts[1].path, "/v/data");
	cr_expect_eq(facts.host.mounts[1].mount, -1);
	cr_expect_eq(facts.host.mounts[1].parent_mount, 0);
	cr_expect_eq(facts.host.mounts[1].read_only, TRI_YES);
	cr_expect_eq(facts.host.mounts[1].shared, TRI_YES);
	cr_expect_not(facts.host.mounts[1].effective);
	cr_expect_str_eq(facts_paths(&facts, &facts.host.mounts[1].origin), "/data /mnt/data");
	cr_expect_str_eq(facts.host.mounts[2].path, "/v/data/deep");
	cr_expect_eq(facts.host.mounts[2].read_only, TRI_NO);
	cr_expect_eq(facts.host.mounts[3].mount, 1);
	cr_expect_eq(facts.host.mounts[3].shared, TRI_NO);
}

Test(host_mounts, an_rbind_of_what_is_read_only_below)
{
	tables_record(&facts, "{\"destination\":\"/v\",\"source\":\"/mnt\",\"options\":[\"rbind\"]}", NULL,
		      "13 10 8:2 / /mnt/disk rw - ext4 /dev/sdb ro\n" NODE
		      "14 10 8:2 /k /else rw - ext4 /dev/sdb ro\n");
	cr_assert_eq(facts.host.n_mounts, 2);
	cr_expect_str_eq(facts.host.mounts[1].path, "/v/disk", "the first row of the table, of all");
	cr_expect_eq(facts.host.mounts[1].read_only, TRI_YES, "the filesystem is");
	cr_expect_eq(facts.host.mounts[1].origin.contains.n, 0, "not told of what comes along");
}

/* The node shows a part of the disk alone: the whole of it would be more. And a cgroup above its own has no path. */
Test(host_mounts, more_than_the_node_shows)
{
	tables_record(&facts,
		      "{\"destination\":\"/d\",\"type\":\"btrfs\",\"source\":\"/dev/sdb\"}"
		      ",{\"destination\":\"/c\",\"source\":\"/cg/x\",\"options\":[\"bind\"]}",
		      NULL, NODE "13 10 0:40 /@ /btr rw - btrfs /dev/sdb rw\n14 10 0:25 /.. /cg rw - cgroup2 c rw\n");
	cr_expect_eq(facts_mount(&facts, "/d")->origin.state, ORIGIN_UNKNOWN);
	cr_assert_eq(facts_mount(&facts, "/d")->origin.contains.n, 1);
	cr_expect_str_eq(facts_mount(&facts, "/d")->origin.contains.items[0], "/btr");
	cr_expect_eq(facts_mount(&facts, "/c")->origin.state, ORIGIN_UNKNOWN);
}

Test(host_mounts, options_are_joined_whole)
{
	const char *options = "\"a\"", *joined = "a";
	struct facts spare;

	facts_container(&spare, "", "", "");
	for (int i = 0; i < 100; i++) {
		options = arena_printf(&spare.arena, "%s,\"%c\"", options, 'b' + i % 20);
		joined = arena_printf(&spare.arena, "%s,%c", joined, 'b' + i % 20);
	}
	tables_record(&facts,
		      arena_printf(&spare.arena,
				   "{\"destination\":\"/t\",\"type\":\"tmpfs\",\"source\":\"t\",\"options\":[%s]}",
				   options),
		      NULL, NODE);
	cr_expect_str_eq(facts_mount(&facts, "/t")->origin.super_options, joined);
	facts_end(&spare);
}

/* As many mounts as one likes. */
Test(host_mounts, all_of_many_are_judged)
{
	const char *mounts = "";
	struct facts spare;

	facts_container(&spare, "", "", "");
	for (int i = 0; i < 70; i++)
		mounts = arena_printf(&spare.arena,
				      "%s%s{\"destination\":\"/m%d\",\"source\":\"/s%d\",\"options\":[\"bind\"]}",
				      mounts, i ? "," : "", i, i);
	tables_record(&facts, mounts, NULL, NODE);
	cr_assert_eq(facts.host.n_mounts, 70);
	for (size_t i = 0; i < 70; i++) {
		cr_expect_eq(facts.host.mounts[i].mount, (long)i);
		cr_expect_str_eq(facts_paths(&facts, &facts.host.mounts[i].origin),
				 arena_printf(&spare.arena, "/s%zu", i));
	}
	cr_expect_str_eq(facts.host.rootfs.source, FACTS_BUNDLE "/rootfs");
	cr_expect_eq(facts.host.rootfs.state, ORIGIN_NODE);
	facts_end(&spare);
}
