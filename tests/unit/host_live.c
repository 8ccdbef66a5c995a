/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live host facts over real mounts: each kind of source is made in a mount
 * namespace of our own, judged from the spec (as the wrapper does) and, bound
 * into the root directory of a child, from the child's mount table (as the
 * hook does). Needs root; every test has a process and so a namespace to itself.
 */
#include "live_node.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ocigate/spec.h"

TestSuite(host_live, .fini = live_finish, .timeout = 10);

/* first: the most direct path; also: a further one; state in a spec, state when mounted. */
static const struct kind {
	const char *about;
	const char *source;
	const char *first;
	const char *also;
	enum origin_state asked;
	enum origin_state mounted;
	mode_t type;
} kinds[] = {
	{"a directory", "W/real", "W/real", "W/b2", ORIGIN_NODE, ORIGIN_NODE, S_IFDIR},
	{"a blank in its name", "W/with space", "W/with space", NULL, ORIGIN_NODE, ORIGIN_NODE, S_IFDIR},
	{"a symbolic link", "W/link", "W/real", "W/b1", ORIGIN_NODE, ORIGIN_NODE, S_IFDIR},
	{"a chain of links", "W/chain2", "W/real/sub", "W/b2/sub", ORIGIN_NODE, ORIGIN_NODE, S_IFDIR},
	{"a link in the middle", "W/link/sub", "W/real/sub", NULL, ORIGIN_NODE, ORIGIN_NODE, S_IFDIR},
	{"a bind", "W/b1", "W/real", "W/b1", ORIGIN_NODE, ORIGIN_NODE, S_IFDIR},
	{"a bind of a bind", "W/b2", "W/real", "W/b2", ORIGIN_NODE, ORIGIN_NODE, S_IFDIR},
	{"below a bind (subPath)", "W/b2/sub", "W/real/sub", "W/b2/sub", ORIGIN_NODE, ORIGIN_NODE, S_IFDIR},
	{"a file", "W/real/f", "W/real/f", "W/fb", ORIGIN_NODE, ORIGIN_NODE, S_IFREG},
	{"a bind of a file", "W/fb", "W/real/f", "W/fb", ORIGIN_NODE, ORIGIN_NODE, S_IFREG},
	{"a tmpfs", "W/tmp", "W/tmp", NULL, ORIGIN_NODE, ORIGIN_NODE, 0},
	{"below a tmpfs", "W/tmp/sub", "W/tmp/sub", NULL, ORIGIN_NODE, ORIGIN_NODE, S_IFDIR},
	{"renamed since it was bound", "W/b3", "W/after", "W/b3", ORIGIN_NODE, ORIGIN_NODE, S_IFDIR},
	{"shadowed since it was bound", "W/b4", "W/b4", "W/shadow", ORIGIN_NODE, ORIGIN_NODE, S_IFDIR},
	{"deleted since it was bound", "W/b5", "W/gone", NULL, ORIGIN_DELETED, ORIGIN_DELETED, S_IFDIR},
	{"out of an overlay", "W/ov/d", "W/ov/d", "W/lower/d", ORIGIN_NODE, ORIGIN_NODE, S_IFDIR},
	{"an overlay upon a link", "W/ov2", "W/ov2", "W/real/sub", ORIGIN_NODE, ORIGIN_NODE, 0},
	{"a link to what is deleted", "W/dlink", "W/gone", NULL, ORIGIN_DELETED, ORIGIN_DELETED, S_IFDIR},
	{"a socket", "W/sock", "W/sock", NULL, ORIGIN_NODE, ORIGIN_NODE, S_IFSOCK},
	{"a device under an innocent name", "W/innocent", "W/innocent", NULL, ORIGIN_NODE, ORIGIN_NODE, S_IFCHR},
	{"dots", "W/real/../real/sub", "W/real/sub", NULL, ORIGIN_NODE, ORIGIN_NODE, S_IFDIR},
	{"through /proc/self/root", "/proc/self/rootW/real", "W/real", "W/b1", ORIGIN_NODE, ORIGIN_NODE, S_IFDIR},
	{"twice through /proc/self/root", "/proc/self/root/proc/self/rootW/real", "W/real", NULL, ORIGIN_NODE,
	 ORIGIN_NODE, S_IFDIR},
	{"the root directory", "/", "/", NULL, ORIGIN_NODE, ORIGIN_NODE, 0},
	{"a device of the node", "/dev/null", "/dev/null", NULL, ORIGIN_NODE, ORIGIN_NODE, S_IFCHR},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* "…W/x" with our directory in the place of W */
static const char *source_of(const struct kind *kind)
{
	const char *mark = strchr(kind->source, 'W');

	if (!mark)
		return kind->source;
	return arena_printf(&live_facts.arena, "%.*s%s%s", (int)(mark - kind->source), kind->source, live_work,
			    mark + 1);
}

/* Mount @i of the spec is kind @i, at /m<i>. */
static void spec_of_kinds(void)
{
	static const char head[] =
		"{\"ociVersion\":\"1.1.0\",\"process\":{\"user\":{\"uid\":1,\"gid\":1},\"args\":[\"sh\"],"
		"\"cwd\":\"/\",\"capabilities\":{}},\"root\":{\"path\":\"rootfs\"},\"linux\":{"
		"\"namespaces\":[{\"type\":\"mount\"}]},\"mounts\":[";
	const char *json = head;
	struct text text;

	for (size_t i = 0; i < KINDS; i++)
		json = arena_printf(&live_facts.arena,
				    "%s%s{\"destination\":\"/m%zu\",\"source\":\"%s\",\"options\":[\"bind\"]}", json,
				    i ? "," : "", i, source_of(&kinds[i]));
	json = arena_printf(&live_facts.arena, "%s]}", json);
	text = (struct text){json, strlen(json)};
	live_must(spec_parse(&live_facts.arena, &text, live_work, "c1", &live_facts.container, &live_facts.err),
		  live_facts.err.text);
}

/* What is deleted already cannot be bound any more: the container's is deleted behind its back. */
static const char *first_of(const struct kind *kind, bool effective)
{
	return live_path(effective && kind->mounted == ORIGIN_DELETED ? "W/late" : kind->first);
}

static void check_kind(const struct kind *kind, const struct host_mount *mount, bool effective)
{
	const struct origin *origin = &mount->origin;

	cr_expect_eq(mount->effective, effective, "%s", kind->about);
	cr_expect_eq(origin->state, effective ? kind->mounted : kind->asked, "%s: state %d %s", kind->about,
		     (int)origin->state, origin->why);
	cr_assert_geq(origin->paths.n, 1, "%s", kind->about);
	cr_expect_str_eq(origin->paths.items[0], first_of(kind, effective), "%s: %s", kind->about,
			 facts_paths(&live_facts, origin));
	cr_expect(!kind->also || live_has_path(origin, live_path(kind->also)), "%s: %s", kind->about,
		  facts_paths(&live_facts, origin));
	/* The root of a filesystem is a directory; the hook does not ask. */
	if (kind->type != 0)
		cr_expect_eq(origin->file_type, kind->type, "%s: type %o", kind->about, (unsigned)origin->file_type);
	if (kind->type == S_IFCHR)
		cr_expect(origin->device_major == 1 && origin->device_minor == 3, "%s", kind->about);
}

Test(host_live, sources_as_asked_for)
{
	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	spec_of_kinds();
	live_must(host_live(&live_facts.arena, &live_facts.container, NULL, HOST_FACT_MOUNTS, &live_facts.host,
			    &live_facts.err),
		  live_facts.err.text);
	cr_assert_eq(live_facts.host.n_mounts, KINDS);
	for (size_t i = 0; i < KINDS; i++) {
		check_kind(&kinds[i], &live_facts.host.mounts[i], false);
		if (strcmp(kinds[i].source, "W/link") == 0)
			cr_expect_str_eq(live_facts.host.mounts[i].origin.source, live_path("W/real"),
					 "links resolved");
	}
	cr_expect_str_eq(live_facts.host.rootfs.paths.items[0], live_path("W/rootfs"));
}

/* What a runtime does in the container's mount namespace before its hooks run. */
static void mount_all(int ready)
{
	char path[256];

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
	    mount(live_path("W/rootfs"), live_path("W/rootfs"), NULL, MS_BIND | MS_REC, NULL) < 0)
		_exit(1);
	for (size_t i = 0; i < KINDS; i++) {
		const char *source = kinds[i].mounted == ORIGIN_DELETED ? live_path("W/late") : source_of(&kinds[i]);
		struct stat st;
		int made;

		(void)snprintf(path, sizeof(path), "%s/rootfs/m%zu", live_work, i);
		made = stat(source, &st) == 0 && S_ISDIR(st.st_mode) ? mkdir(path, 0755)
								     : close(open(path, O_CREAT | O_WRONLY, 0600));
		if (made < 0 || mount(source, path, NULL, MS_BIND, NULL) < 0)
			_exit(2 + (int)i);
	}
	if (rmdir(live_path("W/late")) < 0)
		_exit(1);
	if (write(ready, "", 1) != 1)
		_exit(1);
	pause();
	_exit(0);
}

static pid_t start_container(void)
{
	int ends[2], status;
	char byte;
	pid_t pid;

	live_must(pipe2(ends, O_CLOEXEC), "pipe");
	pid = fork();
	if (pid == 0) {
		live_die_with_test();
		mount_all(ends[1]);
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1) {
		waitpid(pid, &status, 0);
		cr_assert_fail("the container's mounts: status %d", WEXITSTATUS(status));
	}
	close(ends[0]);
	return pid;
}

Test(host_live, sources_as_mounted)
{
	struct state state = {.status = "creating"};
	size_t seen = 0;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	spec_of_kinds();
	state.pid = start_container();
	state.bundle = live_work;
	live_must(host_live(&live_facts.arena, &live_facts.container, &state, FACTS_ALL, &live_facts.host,
			    &live_facts.err),
		  live_facts.err.text);
	live_end(state.pid);
	cr_assert_null(live_facts.host.mounts_why, "%s", live_facts.host.mounts_why);
	cr_assert_eq(live_facts.host.n_mounts, KINDS);
	for (size_t i = 0; i < live_facts.host.n_mounts; i++) {
		long mount = live_facts.host.mounts[i].mount;

		cr_assert(mount >= 0 && mount < KINDS);
		check_kind(&kinds[mount], &live_facts.host.mounts[i], true);
		seen |= (size_t)1 << mount;
	}
	cr_expect_eq(seen, ((size_t)1 << KINDS) - 1, "each kind once");
	cr_expect_eq(live_facts.host.namespaces[NS_MOUNT].shared, TRI_NO);
	cr_expect_eq(live_facts.host.namespaces[NS_PID].shared, TRI_YES, "the child did not make one");
	cr_expect(live_facts.host.id_maps_known);
}

Test(host_live, a_container_that_is_gone_is_unknown)
{
	struct state state = {.status = "creating"};

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	spec_of_kinds();
	state.pid = start_container();
	live_end(state.pid);
	live_must(host_live(&live_facts.arena, &live_facts.container, &state, FACTS_ALL, &live_facts.host,
			    &live_facts.err),
		  live_facts.err.text);
	cr_expect(live_facts.host.effective);
	cr_expect_not_null(live_facts.host.mounts_why);
	cr_expect_eq(live_facts.host.namespaces[NS_MOUNT].shared, TRI_UNKNOWN,
		     "what it would have been is not what it is");
	cr_expect_not(live_facts.host.id_maps_known);
}

Test(host_live, a_container_without_a_mount_namespace_is_unknown)
{
	struct state state = {.status = "creating"};

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	spec_of_kinds();
	state.pid = fork();
	if (state.pid == 0) {
		live_die_with_test();
		_exit(pause());
	}
	live_must(host_live(&live_facts.arena, &live_facts.container, &state, FACTS_ALL, &live_facts.host,
			    &live_facts.err),
		  live_facts.err.text);
	live_end(state.pid);
	cr_expect_eq(live_facts.host.namespaces[NS_MOUNT].shared, TRI_YES);
	cr_expect_not_null(live_facts.host.mounts_why, "the node's mounts are not the container's");
	cr_expect_eq(live_facts.host.n_mounts, 0);
}
