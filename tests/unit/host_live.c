/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live host facts over real mounts: each kind of source is made in a mount
 * namespace of our own, judged from the spec (as the wrapper does) and, bound
 * into the root directory of a child, from the child's mount table (as the
 * hook does). Needs root; every test has a process and so a namespace to itself.
 */
#include "host_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ocigate/spec.h"

/* Our own directory; sources and expectations are written with "W" for it. */
static char work[] = "/tmp/ocigate-live.XXXXXX";
static struct facts facts;

static const char *in(const char *path)
{
	return path[0] == 'W' ? arena_printf(&facts.arena, "%s%s", work, path + 1) : path;
}

static void must(int rc, const char *what)
{
	cr_assert_eq(rc, 0, "%s: %s", what, strerror(errno));
}

static void make_dir(const char *path)
{
	must(mkdir(in(path), 0755), path);
}

static void make_file(const char *path)
{
	int fd = open(in(path), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
	close(fd);
}

static void bind_to(const char *from, const char *to)
{
	must(mount(in(from), in(to), NULL, MS_BIND, NULL), to);
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", in(path));
	must(bind(fd, (struct sockaddr *)&address, sizeof(address)), path);
	close(fd);
}

/* What only a mounted thing can be: binds, overlays, names that are gone. */
static void make_mounts(void)
{
	bind_to("W/real", "W/b1");
	bind_to("W/b1", "W/b2");
	bind_to("W/real/f", "W/fb");
	must(mount("tmpfs", in("W/tmp"), "tmpfs", 0, NULL), "tmpfs");
	make_dir("W/tmp/sub");
	bind_to("W/before", "W/b3");
	must(rename(in("W/before"), in("W/after")), "rename");
	bind_to("W/shadow", "W/b4");
	must(mount("tmpfs", in("W/shadow"), "tmpfs", 0, NULL), "shadow");
	bind_to("W/gone", "W/b5");
	must(rmdir(in("W/gone")), "rmdir");
	must(mount("overlay", in("W/ov"), "overlay", 0,
		   arena_printf(&facts.arena, "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/ovwork", work, work,
				work)),
	     "overlay");
}

static void make_tree(void)
{
	static const char *const dirs[] = {"W/real",   "W/real/sub",   "W/b1",	    "W/b2",    "W/tmp",
					   "W/before", "W/b3",	       "W/shadow",  "W/b4",    "W/gone",
					   "W/b5",     "W/lower",      "W/lower/d", "W/upper", "W/ovwork",
					   "W/ov",     "W/with space", "W/rootfs",  "W/late"};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		make_dir(dirs[i]);
	make_file("W/real/f");
	make_file("W/fb");
	make_file("W/outer");
	make_socket("W/sock");
	must(mknod(in("W/innocent"), S_IFCHR | 0600, makedev(1, 3)), "mknod");
	must(symlink("real", in("W/link")), "link");
	must(symlink(in("W/link/sub"), in("W/chain")), "chain");
	must(symlink("chain", in("W/chain2")), "chain2");
	make_mounts();
}

static bool start(void)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    !mkdtemp(work))
		return false;
	arena_init(&facts.arena, (size_t)64 << 20);
	make_tree();
	return true;
}

/* Mounts of ours go with the namespace; what is below must go first. */
static void finish(void)
{
	static const char *const mounts[] = {"b1", "b2", "fb", "tmp", "b3", "shadow", "b4", "b5", "ov"};
	char path[256];

	for (size_t i = 0; work[sizeof(work) - 2] != 'X' && i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", work, mounts[i]);
		(void)umount2(path, MNT_DETACH);
	}
	(void)snprintf(path, sizeof(path), "rm -rf --one-file-system -- '%s'", work);
	if (work[sizeof(work) - 2] != 'X' && system(path) != 0)
		cr_log_warn("%s is left over", work);
	facts_end(&facts);
}

TestSuite(host_live, .fini = finish);

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
	return arena_printf(&facts.arena, "%.*s%s%s", (int)(mark - kind->source), kind->source, work, mark + 1);
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
		json = arena_printf(&facts.arena,
				    "%s%s{\"destination\":\"/m%zu\",\"source\":\"%s\",\"options\":[\"bind\"]}", json,
				    i ? "," : "", i, source_of(&kinds[i]));
	json = arena_printf(&facts.arena, "%s]}", json);
	text = (struct text){json, strlen(json)};
	must(spec_parse(&facts.arena, &text, work, "c1", &facts.container, &facts.err), facts.err.text);
}

/* What is deleted already cannot be bound any more: the container's is deleted behind its back. */
static const char *first_of(const struct kind *kind, bool effective)
{
	return in(effective && kind->mounted == ORIGIN_DELETED ? "W/late" : kind->first);
}

static bool has_path(const struct origin *origin, const char *path)
{
	for (size_t i = 0; i < origin->paths.n; i++)
		if (strcmp(origin->paths.items[i], path) == 0)
			return true;
	return false;
}

static void check_kind(const struct kind *kind, const struct host_mount *mount, bool effective)
{
	const struct origin *origin = &mount->origin;

	cr_expect_eq(mount->effective, effective, "%s", kind->about);
	cr_expect_eq(origin->state, effective ? kind->mounted : kind->asked, "%s: state %d %s", kind->about,
		     (int)origin->state, origin->why);
	cr_assert_geq(origin->paths.n, 1, "%s", kind->about);
	cr_expect_str_eq(origin->paths.items[0], first_of(kind, effective), "%s: %s", kind->about,
			 facts_paths(&facts, origin));
	cr_expect(!kind->also || has_path(origin, in(kind->also)), "%s: %s", kind->about, facts_paths(&facts, origin));
	/* The root of a filesystem is a directory; the hook does not ask. */
	if (kind->type != 0)
		cr_expect_eq(origin->file_type, kind->type, "%s: type %o", kind->about, (unsigned)origin->file_type);
	if (kind->type == S_IFCHR)
		cr_expect(origin->device_major == 1 && origin->device_minor == 3, "%s", kind->about);
}

Test(host_live, sources_as_asked_for)
{
	if (!start())
		cr_skip_test("needs root and a mount namespace of its own");
	spec_of_kinds();
	must(host_live(&facts.arena, &facts.container, NULL, HOST_FACT_MOUNTS, &facts.host, &facts.err),
	     facts.err.text);
	cr_assert_eq(facts.host.n_mounts, KINDS);
	for (size_t i = 0; i < KINDS; i++)
		check_kind(&kinds[i], &facts.host.mounts[i], false);
	cr_expect_str_eq(facts.host.rootfs.paths.items[0], in("W/rootfs"));
}

/* What a runtime does in the container's mount namespace before its hooks run. */
static void mount_all(int ready)
{
	char path[256];

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
	    mount(in("W/rootfs"), in("W/rootfs"), NULL, MS_BIND | MS_REC, NULL) < 0)
		_exit(1);
	for (size_t i = 0; i < KINDS; i++) {
		const char *source = kinds[i].mounted == ORIGIN_DELETED ? in("W/late") : source_of(&kinds[i]);
		struct stat st;
		int made;

		(void)snprintf(path, sizeof(path), "%s/rootfs/m%zu", work, i);
		made = stat(source, &st) == 0 && S_ISDIR(st.st_mode) ? mkdir(path, 0755)
								     : close(open(path, O_CREAT | O_WRONLY, 0600));
		if (made < 0 || mount(source, path, NULL, MS_BIND, NULL) < 0)
			_exit(2 + (int)i);
	}
	if (rmdir(in("W/late")) < 0)
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

	must(pipe2(ends, O_CLOEXEC), "pipe");
	pid = fork();
	if (pid == 0)
		mount_all(ends[1]);
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1) {
		waitpid(pid, &status, 0);
		cr_assert_fail("the container's mounts: status %d", WEXITSTATUS(status));
	}
	close(ends[0]);
	return pid;
}

static void end_container(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

Test(host_live, sources_as_mounted)
{
	struct state state = {.status = "creating"};
	size_t seen = 0;

	if (!start())
		cr_skip_test("needs root and a mount namespace of its own");
	spec_of_kinds();
	state.pid = start_container();
	state.bundle = work;
	must(host_live(&facts.arena, &facts.container, &state, FACTS_ALL, &facts.host, &facts.err), facts.err.text);
	end_container(state.pid);
	cr_assert_null(facts.host.mounts_why, "%s", facts.host.mounts_why);
	cr_assert_eq(facts.host.n_mounts, KINDS);
	for (size_t i = 0; i < facts.host.n_mounts; i++) {
		long mount = facts.host.mounts[i].mount;

		cr_assert(mount >= 0 && mount < KINDS);
		check_kind(&kinds[mount], &facts.host.mounts[i], true);
		seen |= (size_t)1 << mount;
	}
	cr_expect_eq(seen, ((size_t)1 << KINDS) - 1, "each kind once");
	cr_expect_eq(facts.host.namespaces[NS_MOUNT].shared, TRI_NO);
	cr_expect_eq(facts.host.namespaces[NS_PID].shared, TRI_YES, "the child did not make one");
	cr_expect(facts.host.id_maps_known);
}

Test(host_live, a_container_that_is_gone_is_unknown)
{
	struct state state = {.status = "creating"};

	if (!start())
		cr_skip_test("needs root and a mount namespace of its own");
	spec_of_kinds();
	state.pid = start_container();
	end_container(state.pid);
	must(host_live(&facts.arena, &facts.container, &state, FACTS_ALL, &facts.host, &facts.err), facts.err.text);
	cr_expect(facts.host.effective);
	cr_expect_not_null(facts.host.mounts_why);
	cr_expect_eq(facts.host.namespaces[NS_MOUNT].shared, TRI_UNKNOWN, "what it would have been is not what it is");
	cr_expect_not(facts.host.id_maps_known);
}

/* One mount of the spec, asked for. */
static const struct host_mount *ask(const char *mount)
{
	facts_container(&facts, "{\"type\":\"mount\"}", mount, "");
	facts.container.bundle = work;
	must(host_live(&facts.arena, &facts.container, NULL, HOST_FACT_MOUNTS, &facts.host, &facts.err),
	     facts.err.text);
	cr_assert_geq(facts.host.n_mounts, 1);
	return &facts.host.mounts[0];
}

static const struct host_mount *ask_source(const char *source)
{
	char mount[512];

	(void)snprintf(mount, sizeof(mount), "{\"destination\":\"/m\",\"source\":\"%s\",\"options\":[\"rbind\"]}",
		       source);
	return ask(mount);
}

Test(host_live, sources_that_nobody_can_answer_for)
{
	char path[128];
	int fd;

	if (!start())
		cr_skip_test("needs root and a mount namespace of its own");
	cr_expect_eq(ask_source(in("W/missing"))->origin.state, ORIGIN_UNKNOWN);
	cr_expect_eq(ask_source(in("W/real/f/x"))->origin.state, ORIGIN_UNKNOWN);
	fd = open(in("W/real"), O_PATH | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	cr_expect_eq(ask_source(path)->origin.state, ORIGIN_UNKNOWN, "another process has another descriptor there");
	cr_expect_eq(ask_source("/proc/self/cwd")->origin.state, ORIGIN_UNKNOWN);
	cr_expect_eq(ask_source("/proc/1/root/etc")->origin.state, ORIGIN_UNKNOWN);
	must(symlink(path, in("W/magic")), "magic");
	cr_expect_eq(ask_source(in("W/magic"))->origin.state, ORIGIN_UNKNOWN, "a link to such a link");
	/* the kernel follows the link first, a runtime that cleans the path takes "chain/.." out: W/real or W */
	cr_expect_eq(ask_source(in("W/chain/../sub"))->origin.state, ORIGIN_UNKNOWN);
	close(fd);
}

Test(host_live, a_relative_source_is_the_bundles)
{
	const struct host_mount *mount;

	if (!start())
		cr_skip_test("needs root and a mount namespace of its own");
	mount = ask_source("real/sub");
	cr_expect_eq(mount->origin.state, ORIGIN_NODE);
	cr_expect_str_eq(mount->origin.paths.items[0], in("W/real/sub"));
	mount = ask_source("./link");
	cr_expect_str_eq(mount->origin.paths.items[0], in("W/real"));
}

Test(host_live, the_reverse_names_what_lies_below)
{
	const struct host_mount *mount;
	bool along = false;

	if (!start())
		cr_skip_test("needs root and a mount namespace of its own");
	mount = ask_source(work);
	cr_expect_str_eq(mount->origin.paths.items[0], work);
	cr_expect_geq(mount->origin.contains.n, 4, "the binds of what is below: b1, b2, fb, b3 …");
	for (size_t i = 0; i < facts.host.n_mounts; i++)
		along |= facts.host.mounts[i].parent_mount == 0 && strcmp(facts.host.mounts[i].path, "/m/tmp") == 0 &&
			 strcmp(facts.host.mounts[i].origin.paths.items[0], in("W/tmp")) == 0;
	cr_expect(along, "an rbind takes the tmpfs along");
}

Test(host_live, overlays_of_the_spec_follow_links)
{
	const struct host_mount *mount;
	char text[512];

	if (!start())
		cr_skip_test("needs root and a mount namespace of its own");
	(void)snprintf(text, sizeof(text),
		       "{\"destination\":\"/m\",\"type\":\"overlay\",\"source\":\"o\",\"options\":[\"lowerdir=%s/"
		       "chain:%s/b1\"]}",
		       work, work);
	mount = ask(text);
	cr_expect_eq(mount->origin.state, ORIGIN_NODE);
	cr_expect(has_path(&mount->origin, in("W/real/sub")), "%s", facts_paths(&facts, &mount->origin));
	cr_expect(has_path(&mount->origin, in("W/real")), "%s", facts_paths(&facts, &mount->origin));
}

/* The device of the root directory, if it is a disk. */
static bool root_device(char *path, size_t size)
{
	struct stat root, device;

	if (stat("/", &root) < 0 || major(root.st_dev) == 0)
		return false;
	(void)snprintf(path, size, "%s/disk", work);
	return mknod(path, S_IFBLK | 0600, root.st_dev) == 0 && stat(path, &device) == 0 &&
	       device.st_rdev == root.st_dev;
}

Test(host_live, the_disk_of_the_node_by_another_door)
{
	const struct host_mount *mount;
	char text[512], device[128];

	if (!start() || !root_device(device, sizeof(device)))
		cr_skip_test("needs root, and a root directory on a disk");
	(void)snprintf(text, sizeof(text), "{\"destination\":\"/m\",\"type\":\"ext4\",\"source\":\"%s\"}", device);
	mount = ask(text);
	cr_expect_eq(mount->origin.state, ORIGIN_NODE);
	cr_expect_str_eq(mount->origin.paths.items[0], "/");
}

/* A namespace that is pinned to a file, as CRI-O does it: nobody is in it any more. */
Test(host_live, id_maps_of_a_pinned_user_namespace)
{
	char path[64], namespaces[256];
	int ends[2];
	pid_t pid;
	char byte;
	FILE *map;

	if (!start())
		cr_skip_test("needs root and a mount namespace of its own");
	must(pipe(ends), "pipe");
	pid = fork();
	if (pid == 0) {
		byte = unshare(CLONE_NEWUSER) == 0 ? 'y' : 'n';
		_exit(write(ends[1], &byte, 1) == 1 && pause() == 0);
	}
	cr_assert(read(ends[0], &byte, 1) == 1);
	if (byte != 'y')
		cr_skip_test("no user namespaces here");
	for (int group = 0; group < 2; group++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, group ? "gid_map" : "uid_map");
		map = fopen(path, "w");
		cr_assert(map && fprintf(map, "0 %d 1000\n", group ? 70000 : 60000) > 0 && fclose(map) == 0);
	}
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	make_file("W/pin");
	must(mount(path, in("W/pin"), NULL, MS_BIND, NULL), "pin");
	(void)snprintf(namespaces, sizeof(namespaces), "{\"type\":\"user\",\"path\":\"%s\"}", path);
	facts_container(&facts, namespaces, "", "");
	must(host_live(&facts.arena, &facts.container, NULL, HOST_FACT_ID_MAPS, &facts.host, &facts.err), "live");
	cr_expect_eq(facts.host.namespaces[NS_USER].shared, TRI_NO);
	cr_assert(facts.host.id_maps_known, "by the process that the path names");
	cr_expect_eq(host_id_of(&facts.host.uid_map, 5), 60005);
	end_container(pid);
	(void)snprintf(namespaces, sizeof(namespaces), "{\"type\":\"user\",\"path\":\"%s/pin\"}", work);
	facts_container(&facts, namespaces, "", "");
	must(host_live(&facts.arena, &facts.container, NULL, HOST_FACT_ID_MAPS, &facts.host, &facts.err), "live");
	(void)umount2(in("W/pin"), MNT_DETACH);
	cr_expect_eq(facts.host.namespaces[NS_USER].shared, TRI_NO);
	cr_assert(facts.host.id_maps_known, "by joining it");
	cr_expect_eq(host_id_of(&facts.host.uid_map, 5), 60005);
	cr_expect_eq(host_id_of(&facts.host.gid_map, 0), 70000);
}

Test(host_live, namespace_paths_are_followed)
{
	const struct host_namespace *ns;

	if (access("/proc/self/ns/net", R_OK) < 0)
		cr_skip_test("no namespaces in /proc");
	facts_container(&facts,
			"{\"type\":\"network\",\"path\":\"/proc/self/ns/net\"},{\"type\":\"ipc\",\"path\":\"/proc/self/"
			"ns/uts\"},"
			"{\"type\":\"uts\",\"path\":\"/etc/passwd\"},{\"type\":\"pid\"}",
			"", "");
	must(host_live(&facts.arena, &facts.container, NULL, FACTS_ALL, &facts.host, &facts.err), facts.err.text);
	ns = facts.host.namespaces;
	cr_expect_eq(ns[NS_NETWORK].shared, TRI_YES, "our own by a path");
	cr_expect_eq(ns[NS_UTS].shared, TRI_UNKNOWN, "a file that is no namespace");
	cr_expect_eq(ns[NS_PID].shared, TRI_NO);
	cr_expect_eq(ns[NS_MOUNT].shared, TRI_YES, "no entry");
}
