/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where sources lead on a node that is alive: names side by side, odd names,
 * a kernel without openat2 and mount ids, a mount table that is too old.
 */
#include "live_node.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../../enforce/host/view.h"

#include "ocigate/fs.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

TestSuite(host_resolve, .fini = live_finish, .timeout = 10);

/* "W" and what follows, wherever it stands */
static const char *path_of(const char *source)
{
	const char *mark = strchr(source, 'W');

	return mark ? arena_printf(&live_facts.arena, "%.*s%s%s", (int)(mark - source), source, live_work, mark + 1)
		    : source;
}

/* All of them in one spec, the n-th at /n. */
static const struct host *ask_all(const char *const *sources, size_t n)
{
	const char *mounts = "";

	for (size_t i = 0; i < n; i++)
		mounts = arena_printf(&live_facts.arena,
				      "%s%s{\"destination\":\"/%zu\",\"source\":\"%s\",\"options\":[\"bind\"]}", mounts,
				      i ? "," : "", i, path_of(sources[i]));
	facts_container(&live_facts, "{\"type\":\"mount\"}", mounts, "");
	live_must(host_live(&live_facts.arena, &live_facts.container, NULL, HOST_FACT_MOUNTS, &live_facts.host,
			    &live_facts.err),
		  live_facts.err.text);
	cr_assert_eq(live_facts.host.n_mounts, n);
	return &live_facts.host;
}

static const struct origin *ask(const char *source)
{
	return &ask_all(&source, 1)->mounts[0].origin;
}

static void expect_place(const struct origin *origin, const char *path, mode_t type)
{
	cr_expect_eq(origin->state, ORIGIN_NODE, "%s: %s", path, origin->why);
	cr_expect_eq(origin->file_type, type, "%s: type %o", path, (unsigned)origin->file_type);
	cr_expect(origin->paths.n > 0 && strcmp(origin->paths.items[0], live_path(path)) == 0, "%s: %s", path,
		  facts_paths(&live_facts, origin));
}

/* Directories whose names are equally long, names that end alike, one that the root directory has too */
Test(host_resolve, neighbours_are_told_apart)
{
	static const char *const sources[] = {"W/aaa/xy", "W/bbb/xy", "W/aaa/y", "W/aaa/usr", "W/bbb/y",  "W/aaa/xy",
					      "W/bb/xy",  "W/aaa/xy", "W/bbb/l", "W/bbb/xy",  "W/aaa/xy", "W/xy"};
	static const mode_t types[] = {S_IFREG, S_IFCHR, S_IFCHR, S_IFREG, S_IFDIR, S_IFREG,
				       S_IFDIR, S_IFREG, S_IFDIR, S_IFCHR, S_IFREG, S_IFDIR};
	const struct host *host;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	live_must(mkdir(live_path("W/aaa"), 0755), "aaa");
	live_must(mkdir(live_path("W/bbb"), 0755), "bbb");
	live_must(mkdir(live_path("W/bb"), 0755), "bb");
	live_must(mkdir(live_path("W/bb/xy"), 0755), "bb/xy");
	live_must(mkdir(live_path("W/xy"), 0755), "xy");
	live_must(mkdir(live_path("W/bbb/y"), 0755), "bbb/y");
	live_make_file("W/aaa/xy");
	live_make_file("W/aaa/usr");
	live_must(mknod(live_path("W/aaa/y"), S_IFCHR | 0600, makedev(1, 3)), "mknod");
	live_must(mknod(live_path("W/bbb/xy"), S_IFCHR | 0600, makedev(1, 3)), "mknod");
	live_must(symlink("../real", live_path("W/bbb/l")), "l");
	host = ask_all(sources, N(sources));
	for (size_t i = 0; i < N(sources); i++) {
		const bool link = strcmp(sources[i], "W/bbb/l") == 0;
		const struct origin *origin = &host->mounts[i].origin;

		expect_place(origin, link ? "W/real" : sources[i], types[i]);
		cr_expect_eq(origin->device_major, types[i] == S_IFCHR ? 1 : 0, "%s", sources[i]);
		cr_expect_str_eq(origin->source, live_path(link ? "W/real" : sources[i]));
	}
}

Test(host_resolve, our_own_root_is_the_nodes)
{
	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	cr_expect_str_eq(ask("/proc/self/root")->paths.items[0], "/");
	cr_expect_str_eq(ask("/proc/self/root/proc/self/root")->paths.items[0], "/");
	cr_expect_eq(ask("/proc/self/rootless")->state, ORIGIN_UNKNOWN);
	expect_place(ask("/proc/self/rootW/link"), "W/real", S_IFDIR);
}

/* Whoever starts us may have closed what everybody has. */
Test(host_resolve, a_place_may_be_the_first_descriptor)
{
	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	close(STDIN_FILENO);
	expect_place(ask("W/link"), "W/real", S_IFDIR);
	expect_place(ask("W/real/f"), "W/real/f", S_IFREG);
	expect_place(ask("W/link/f"), "W/real/f", S_IFREG);
}

Test(host_resolve, what_cannot_be_found_is_explained)
{
	char long_name[300];
	static const struct {
		const char *source;
		const char *why;
	} rows[] = {
		{"W/missing", "does not exist"},
		{"W/real/f/x", "does not exist"},
		{"/proc/self/cwd", "a link of /proc"},
		{"W/loop", "a link"},
		{"W/chain/..", "\"..\""},
		{"W/chain/../sub", "\"..\""},
		{"W/chain/../missing", "exist"},
	};

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	live_must(symlink("loop", live_path("W/loop")), "loop");
	for (size_t i = 0; i < N(rows); i++) {
		const struct origin *origin = ask(rows[i].source);

		cr_expect_eq(origin->state, ORIGIN_UNKNOWN, "%s", rows[i].source);
		cr_expect_not_null(strstr(origin->why, rows[i].why), "%s: %s", rows[i].source, origin->why);
	}
	memset(long_name, 'n', sizeof(long_name) - 1);
	long_name[0] = 'W';
	long_name[1] = '/';
	long_name[sizeof(long_name) - 1] = '\0';
	cr_expect_not_null(strstr(ask(long_name)->why, "cannot be opened"));
	expect_place(ask("W/real/../real/sub"), "W/real/sub", S_IFDIR);
	expect_place(ask("W/real/sub/.."), "W/real", S_IFDIR);
	expect_place(ask("W/real/sub/."), "W/real/sub", S_IFDIR);
	expect_place(ask("W/real/sub/"), "W/real/sub", S_IFDIR);
	expect_place(ask("W//real///sub"), "W/real/sub", S_IFDIR);
}

/* The mark of a deleted name is a name like any other, where nothing is deleted. */
Test(host_resolve, names_that_look_deleted)
{
	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	live_must(mkdir(live_path("W/odd (deleted)"), 0755), "odd");
	live_must(symlink("odd (deleted)", live_path("W/odd")), "odd link");
	expect_place(ask("W/odd"), "W/odd (deleted)", S_IFDIR);
	expect_place(ask("W/odd (deleted)"), "W/odd (deleted)", S_IFDIR);
}

/* openat2() came with 5.6, mount ids in statx() with 5.8. */
static bool forget_new_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	bool done = filter && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0) == 0 &&
		    seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(statx), 0) == 0 &&
		    seccomp_load(filter) == 0;

	seccomp_release(filter);
	return done;
}

Test(host_resolve, on_an_old_kernel)
{
	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	if (!forget_new_calls())
		cr_skip_test("needs seccomp");
	expect_place(ask("W/real"), "W/real", S_IFDIR);
	expect_place(ask("W/link/sub"), "W/real/sub", S_IFDIR);
	expect_place(ask("W/b2/sub"), "W/real/sub", S_IFDIR);
	expect_place(ask("W/innocent"), "W/innocent", S_IFCHR);
	expect_place(ask("W/tmp/sub"), "W/tmp/sub", S_IFDIR);
	expect_place(ask("W/b4"), "W/b4", S_IFDIR);
	expect_place(ask("W/ov/d"), "W/ov/d", S_IFDIR);
	cr_expect_eq(ask("W/b5")->state, ORIGIN_DELETED);
	cr_expect_eq(ask("W/dlink")->state, ORIGIN_DELETED);
	cr_expect_eq(ask("W/missing")->state, ORIGIN_UNKNOWN);
	cr_expect_eq(ask("/proc/self/cwd")->state, ORIGIN_UNKNOWN,
		     "it cannot say whether a link of /proc was on the way");
	cr_expect_eq(ask("/proc/sys")->state, ORIGIN_UNKNOWN, "so nothing below /proc is believed");
}

/* What is mounted after the table was read is in no row: another namespace's, or too new. */
Test(host_resolve, a_mount_that_the_table_lacks_is_unknown)
{
	struct mount_texts texts = {0};
	struct host host = {.source = HOST_LIVE};
	FD_AUTO int self = -1;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	self = proc_open("self");
	texts.node = mountinfo_read(&live_facts.arena, self);
	live_must(mount("tmpfs", live_path("W/late"), "tmpfs", 0, NULL), "late");
	facts_container(&live_facts, "",
			arena_printf(&live_facts.arena,
				     "{\"destination\":\"/v\",\"source\":\"%s\",\"options\":[\"bind\"]}",
				     live_path("W/late")),
			"");
	live_must(host_mounts(&live_facts.arena, &live_facts.container, &texts, live_path("W/rootfs"), -1, &host,
			      &live_facts.err),
		  live_facts.err.text);
	(void)umount2(live_path("W/late"), MNT_DETACH);
	cr_assert_eq(host.n_mounts, 1);
	cr_expect_eq(host.mounts[0].origin.state, ORIGIN_UNKNOWN);
}

/* After pivot_root: the container's table has no row of the node, and its mounts are found by what they are. */
Test(host_resolve, beside_a_container_that_has_its_own_root)
{
	struct mount_texts texts = {0};
	struct host host = {.source = HOST_LIVE};
	FD_AUTO int self = -1;
	struct stat st;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	live_must(stat(live_path("W/tmp"), &st), "tmp");
	self = proc_open("self");
	texts.node = mountinfo_read(&live_facts.arena, self);
	texts.container = arena_printf(&live_facts.arena,
				       "900 899 0:9999 / / rw - tmpfs tmpfs rw\n"
				       "901 900 %u:%u /sub /elsewhere rw - tmpfs tmpfs rw\n",
				       major(st.st_dev), minor(st.st_dev));
	live_must(mount("tmpfs", live_path("W/late"), "tmpfs", 0, NULL), "late");
	facts_container(&live_facts, "",
			arena_printf(&live_facts.arena,
				     "{\"destination\":\"/link/x\",\"source\":\"%s/tmp/sub\",\"options\":[\"bind\"]},"
				     "{\"destination\":\"/late\",\"source\":\"%s/late\",\"options\":[\"bind\"]}",
				     live_work, live_work),
			"");
	live_must(host_mounts(&live_facts.arena, &live_facts.container, &texts, live_path("W/rootfs"), -1, &host,
			      &live_facts.err),
		  live_facts.err.text);
	(void)umount2(live_path("W/late"), MNT_DETACH);
	cr_assert_eq(host.n_mounts, 2);
	cr_expect_eq(host.mounts[1].mount, 1);
	cr_expect_eq(host.mounts[1].origin.state, ORIGIN_UNKNOWN, "mounted after the node's table was read");
	cr_expect_eq(host.mounts[0].mount, 0);
	cr_expect_str_eq(host.mounts[0].path, "/elsewhere");
	cr_assert_eq(host.mounts[0].origin.paths.n, 1);
	cr_expect_str_eq(host.mounts[0].origin.paths.items[0], live_path("W/tmp/sub"));
}

Test(host_resolve, says_when_memory_runs_out)
{
	static const char *const sources[] = {"W/real/../real/sub", "W/b5", "W/link/sub"};
	size_t failed = 0;
	int rc = -1;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	(void)ask_all(sources, N(sources));
	for (size_t cap = 0; rc < 0; cap += 64) {
		struct host host = {0};
		struct err err = {0};
		struct arena small;

		arena_init(&small, cap);
		rc = host_live(&small, &live_facts.container, NULL, HOST_FACT_MOUNTS, &host, &err);
		if (rc < 0)
			cr_expect_eq(err.kind, ERR_SYSTEM, "%zu bytes: %s", cap, err.text);
		else
			cr_expect(!small.failed && host.mounts[0].origin.state == ORIGIN_NODE);
		failed += rc < 0;
		arena_release(&small);
	}
	cr_expect_gt(failed, 2);
}
