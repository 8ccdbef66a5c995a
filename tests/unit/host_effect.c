/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mounts that a container has: the spec's first mount, what hides
 * another, rows in an odd order, too little memory.
 */
#include "host_tables.h"
#include "live_node.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../enforce/host/view.h"

#include "ocigate/fs.h"

TestSuite(host_effect, .fini = live_finish, .timeout = 10);

#define MOUNTED(at, from, options) "{\"destination\":\"" at "\",\"source\":\"" from "\",\"options\":[\"" options "\"]}"

static const struct host_mount *seen(const char *mounts, const char *rows, const char *path)
{
	tables_record(&live_facts, mounts, rows, NULL);
	cr_assert_eq(live_facts.rc, 0, "%s", live_facts.err.text);
	cr_assert_null(live_facts.host.mounts_why);
	return facts_mount(&live_facts, path);
}

Test(host_effect, the_first_mount_of_the_spec_is_one_like_others)
{
	const struct host_mount *mount = seen(MOUNTED("/v", "/etc", "bind"), NODE ROOT V("8:1 /etc", EXT4), "/v");

	cr_expect_eq(mount->mount, 0);
	cr_expect_eq(mount->parent_mount, -1);
	cr_expect_str_eq(mount->origin.source, "/etc");
	cr_expect_eq(mount->read_only, TRI_NO);
	mount = seen(MOUNTED("/v", "/etc", "bind\",\"ro"), NODE ROOT V("8:1 /etc", EXT4), "/v");
	cr_expect_eq(mount->read_only, TRI_UNKNOWN, "crun does it after the hooks");
	mount = seen(
		"{\"destination\":\"/v\",\"type\":\"cgroup\",\"source\":\"cgroup\",\"options\":[\"ro\"]}",
		NODE ROOT V("0:90 /", "rw - tmpfs cgroup rw") "61 60 0:91 / /run/b/rootfs/v/cpu rw - cgroup c rw\n",
		"/v/cpu");
	cr_expect_eq(mount->parent_mount, 0);
	cr_expect_eq(mount->read_only, TRI_UNKNOWN, "made so with its parent");
	mount = seen(MOUNTED("/v", "/etc", "bind"), NODE ROOT, "/v");
	cr_expect_not(mount->effective, "asked for, and not to be seen");
	cr_expect_eq(mount->mount, 0);
}

Test(host_effect, the_first_mount_of_the_spec_keeps_its_row)
{
	static const char rows[] = NODE ROOT V("8:1 /one", EXT4);

	cr_expect_not(seen(MOUNTED("/v", "/one", "bind") "," MOUNTED("/w", "/one", "bind"), rows, "/w")->effective);
	cr_expect_eq(facts_mount(&live_facts, "/v")->mount, 0);
	cr_expect(facts_mount(&live_facts, "/v")->effective);
}

/* Whatever is there: what the spec mounts last lies on top. */
Test(host_effect, what_lies_on_top_is_paired_first)
{
	static const char rows[] = NODE ROOT V("8:1 /x", EXT4) "61 60 8:1 /y /run/b/rootfs/v " EXT4 "\n";

	seen(MOUNTED("/v", "/one", "bind") "," MOUNTED("/v", "/two", "bind"), rows, "/v");
	cr_assert_eq(live_facts.host.n_mounts, 3);
	for (size_t i = 0; i < 2; i++) {
		const struct host_mount *mount = &live_facts.host.mounts[i];

		cr_expect(mount->effective);
		cr_expect_eq(mount->mount, (long)i);
		cr_expect_str_eq(facts_paths(&live_facts, &mount->origin), i == 0 ? "/x" : "/y");
	}
}

/* What lies below a mount that came along is told of the node's, where it is asked for. */
Test(host_effect, the_reverse_is_not_told_of_what_came_along)
{
	static const char rows[] =
		NODE "13 10 8:2 / /mnt/disk rw - ext4 /dev/sdb rw\n14 10 8:2 /k /other rw - ext4 /dev/sdb rw\n" ROOT V(
			"8:1 /mnt", EXT4) "61 60 8:2 / /run/b/rootfs/v/disk rw - ext4 /dev/sdb rw\n"
					  "62 50 8:2 / /run/b/rootfs/w rw - ext4 /dev/sdb rw\n";

	cr_expect_eq(seen(MOUNTED("/v", "/mnt", "rbind"), rows, "/v/disk")->origin.contains.n, 0);
	cr_expect_eq(seen(MOUNTED("/v", "/mnt", "rbind"), rows, "/w")->origin.contains.n, 1, "nobody asked for it");
}

/* Nothing promises that the root directory comes first. */
Test(host_effect, rows_may_stand_in_any_order)
{
	static const char own[] =
		"71 70 0:60 / /proc rw - proc proc rw\n70 69 8:1 /srv/rootfs / rw - ext4 /dev/sda1 rw\n";

	tables_record(&live_facts, PROC, own, NODE);
	cr_assert_null(live_facts.host.mounts_why);
	cr_expect(facts_mount(&live_facts, "/proc")->effective);
	cr_expect_eq(live_facts.host.n_mounts, 1);
	facts_end(&live_facts);
	tables_record(&live_facts, MOUNTED("/link/x", "/etc", "bind"),
		      "71 70 8:1 /etc /there rw - ext4 /dev/sda1 rw\n70 69 8:1 /srv/rootfs / rw - ext4 /dev/sda1 rw\n",
		      NODE);
	cr_assert_eq(live_facts.host.n_mounts, 1);
	cr_expect_str_eq(live_facts.host.mounts[0].path, "/there", "the link leads there");
	cr_expect_eq(live_facts.host.mounts[0].mount, 0);
}

/* Deeper than anybody stacks in good faith: what lies above the top that was found is at the root directory, too. */
Test(host_effect, a_stack_without_end_is_judged)
{
	const char *rows = NODE ROOT;
	struct arena arena;

	arena_init(&arena, (size_t)64 << 20);
	for (int id = 100; id < 700; id++)
		rows = arena_printf(&arena, "%s%d %d 8:1 /etc /run/b/rootfs rw - ext4 /dev/sda1 rw\n", rows, id,
				    id == 100 ? 50 : id - 1);
	tables_record(&live_facts, "", rows, NULL);
	cr_assert_gt(live_facts.host.n_mounts, 0);
	for (size_t i = 0; i < live_facts.host.n_mounts; i++) {
		cr_expect_str_eq(live_facts.host.mounts[i].path, "/");
		cr_expect_eq(host_mount_entry(&live_facts.host.mounts[i]), -1);
	}
	arena_release(&arena);
}

Test(host_effect, the_root_directory_is_a_bind)
{
	seen(PROC, NODE "13 10 8:1 /srv/rootfs/x /shown " EXT4 "\n" ROOT, "/proc");
	cr_expect_eq(live_facts.host.rootfs.state, ORIGIN_NODE);
	cr_expect_str_eq(live_facts.host.rootfs.source, FACTS_BUNDLE "/rootfs");
	cr_assert_eq(live_facts.host.rootfs.contains.n, 1);
	cr_expect_str_eq(live_facts.host.rootfs.contains.items[0], "/shown");
	seen(PROC, NODE "50 12 0:99 /x /run/b/rootfs rw - tmpfs tmpfs rw\n", "/proc");
	cr_expect_eq(live_facts.host.rootfs.state, ORIGIN_UNKNOWN, "of what the node does not have");
}

static void bind_at(const char *from, const char *to)
{
	live_must(mount(live_path(from), live_path(to), NULL, MS_BIND, NULL), to);
}

/* One place, two mounts: the path leads to the upper one alone. */
Test(host_effect, a_look_at_a_path_counts_for_the_mount_that_it_shows)
{
	struct mount_texts texts = {0};
	struct host host = {.source = HOST_LIVE};
	FD_AUTO int rootfd = -1;
	FD_AUTO int self = -1;
	size_t n = 0;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	live_facts.container.rootfs = live_path("W/rootfs");
	bind_at("W/rootfs", "W/rootfs");
	live_make_file("W/rootfs/m");
	live_make_file("W/rootfs/n");
	bind_at("W/innocent", "W/rootfs/m");
	bind_at("W/real/f", "W/rootfs/m");
	bind_at("W/innocent", "W/rootfs/n");
	close(STDIN_FILENO); /* the first descriptor is as good as another */
	rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cr_assert_eq(rootfd, STDIN_FILENO);
	self = proc_open("self");
	texts.container = mountinfo_read(&live_facts.arena, self);
	live_must(host_mounts(&live_facts.arena, &live_facts.container, &texts, live_facts.container.rootfs, rootfd,
			      &host, &live_facts.err),
		  live_facts.err.text);
	(void)umount2(live_path("W/rootfs"), MNT_DETACH);
	cr_assert_eq(host.n_mounts, 3);
	for (size_t i = 0; i < host.n_mounts; i++) {
		const struct origin *origin = &host.mounts[i].origin;
		const bool device = strcmp(origin->paths.items[0], live_path("W/innocent")) == 0;

		if (strcmp(host.mounts[i].path, "/n") == 0) {
			cr_expect_eq(origin->file_type, S_IFCHR);
			cr_expect(origin->device_major == 1 && origin->device_minor == 3);
		} else {
			cr_expect_eq(origin->file_type, device ? 0 : S_IFREG, "hidden, or what hides it");
			cr_expect_eq(origin->device_major, 0);
		}
		n += device;
	}
	cr_expect_eq(n, 2);
}

static const char all_rows[] =
	NODE "13 10 0:70 / /o rw - overlay o rw,lowerdir=/a:/b,upperdir=/u/v/w/x\n16 10 8:1 /gone//deleted /mnt/b " EXT4
	     "\n14 10 8:1 /etc /mnt/etc " EXT4 "\n15 10 8:2 / /mnt/disk rw - ext4 /dev/sdb rw\n" ROOT V(
		     "0:70 /x", "rw - overlay o rw,lowerdir=/a:/b,upperdir="
				"/u/v/w/x") "61 50 8:1 /mnt /run/b/rootfs/w " EXT4
					    "\n62 61 8:2 / /run/b/rootfs/w/disk rw - ext4 /dev/sdb rw\n"
					    "63 50 8:1 /data/old//deleted /run/b/rootfs/x " EXT4
					    "\n64 50 8:1 /with\\040space /run/b/rootfs/y\\040z " EXT4 "\n";

/* Whatever there is no memory for makes it an error, never a container with fewer mounts. */
static void with_little_memory(struct container *container, const struct mount_texts *texts)
{
	struct host whole = {.source = HOST_RECORDED};
	size_t failed = 0, cap = 0;
	bool enough = false;

	live_must(host_mounts(&live_facts.arena, container, texts, container->rootfs, -1, &whole, &live_facts.err),
		  live_facts.err.text);
	while (!enough) {
		struct host host = {.source = HOST_RECORDED};
		struct err err = {0};
		struct arena small;

		arena_init(&small, cap);
		cap += 16;
		if (host_mounts(&small, container, texts, container->rootfs, -1, &host, &err) < 0) {
			cr_expect_eq(err.kind, ERR_SYSTEM, "%zu bytes: %s", cap, err.text);
			failed++;
		} else {
			enough = true;
			cr_expect_not(small.failed);
			cr_expect_eq(host.n_mounts, whole.n_mounts);
			for (size_t i = 0; i < host.n_mounts && i < whole.n_mounts; i++)
				cr_expect_eq(host.mounts[i].origin.paths.n, whole.mounts[i].origin.paths.n, "%zu", i);
		}
		arena_release(&small);
	}
	cr_expect_gt(failed, 100, "%zu", failed);
}

Test(host_effect, says_when_memory_runs_out)
{
	static const char mounts[] =
		PROC "," MOUNTED("/v", "/o/x", "bind") "," MOUNTED("/w", "/mnt", "rbind") "," MOUNTED(
			"/link", "/with space",
			"bind") "," MOUNTED("/x", "/data/old",
					    "bind") "," MOUNTED("/b", "/mnt/b",
								"bind") ","
									"{\"destination\":\"/"
									"ov\",\"type\":\"overlay\",\"options\":["
									"\"lowerdir=/etc:/usr\",\"ro\"]}";

	facts_container(&live_facts, "", mounts, "");
	with_little_memory(&live_facts.container, &(struct mount_texts){.container = all_rows});
	with_little_memory(&live_facts.container, &(struct mount_texts){.node = all_rows});
	with_little_memory(
		&live_facts.container,
		&(struct mount_texts){.container = "71 70 0:60 / /proc rw - proc proc rw\n70 69 8:1 /srv/rootfs / "
						   "rw - ext4 /dev/sda1 rw\n72 70 8:2 / /v rw - ext4 /dev/sdb rw\n",
				      .node = all_rows});
}

/* A container whose root directory is called "/": its own table alone tells what it has. */
Test(host_effect, the_root_of_the_node_is_no_root_of_a_container)
{
	static const char own[] =
		"70 69 8:1 /srv/rootfs / rw - ext4 /dev/sda1 rw\n71 70 0:60 / /proc rw - proc proc rw\n"
		"72 70 8:2 /x /v rw - ext4 /dev/sdb rw\n";
	struct mount_texts texts = {.container = own, .node = NODE "13 10 8:2 / /mnt rw - ext4 /dev/sdb rw\n"};
	struct host host = {.source = HOST_RECORDED};

	facts_container(&live_facts, "", BIND("/mnt/x"), "");
	live_must(host_mounts(&live_facts.arena, &live_facts.container, &texts, "/", -1, &host, &live_facts.err),
		  "both");
	live_facts.host = host;
	cr_expect_str_eq(facts_paths(&live_facts, &facts_mount(&live_facts, "/v")->origin), "/mnt/x");
	texts.node = NULL;
	live_must(host_mounts(&live_facts.arena, &live_facts.container, &texts, "/", -1, &host, &live_facts.err),
		  "one");
	cr_expect_not_null(host.mounts_why);
	cr_expect_eq(host.rootfs.state, ORIGIN_UNKNOWN);
	cr_expect_str_not_empty(host.rootfs.why);
}

/* The node's own table counts as much as the container's. */
Test(host_effect, a_malformed_table_of_the_node_is_an_error)
{
	tables_record(&live_facts, PROC, "70 69 8:1 /srv/rootfs / rw - ext4 /dev/sda1 rw\n",
		      "10 1 8:1 / / rw - ext4 d rw\nx\n");
	cr_expect_eq(live_facts.rc, -1);
	cr_expect_eq(live_facts.err.kind, ERR_INPUT);
	facts_end(&live_facts);
	tables_record(&live_facts, PROC, NULL, "x\n");
	cr_expect_eq(live_facts.rc, -1);
	cr_expect_eq(live_facts.err.kind, ERR_INPUT);
}
