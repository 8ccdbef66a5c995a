/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live host facts, one at a time: sources that mean something else to each
 * process, the reverse, overlays, disks, pinned namespaces.
 */
#include "live_node.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../enforce/host/internal.h"

#include "ocigate/spec.h"

TestSuite(host_live_sources, .fini = live_finish, .timeout = 10);

static int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

/* One mount of the spec, asked for. */
static const struct host_mount *ask(const char *mount)
{
	const int before = descriptors();

	facts_container(&live_facts, "{\"type\":\"mount\"}", mount, "");
	live_facts.container.bundle = live_work;
	live_facts.container.rootfs = live_path("W/rootfs");
	live_must(host_live(&live_facts.arena, &live_facts.container, NULL, HOST_FACT_MOUNTS, &live_facts.host,
			    &live_facts.err),
		  live_facts.err.text);
	cr_assert_geq(live_facts.host.n_mounts, 1);
	cr_expect_eq(descriptors(), before, "%s: a descriptor stays open", mount);
	return &live_facts.host.mounts[0];
}

static const struct host_mount *ask_source(const char *source)
{
	char mount[512];

	(void)snprintf(mount, sizeof(mount), "{\"destination\":\"/m\",\"source\":\"%s\",\"options\":[\"rbind\"]}",
		       source);
	return ask(mount);
}

Test(host_live_sources, sources_that_nobody_can_answer_for)
{
	char path[128];
	int fd;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	cr_expect_eq(ask_source(live_path("W/missing"))->origin.state, ORIGIN_UNKNOWN);
	cr_expect_eq(ask_source(live_path("W/real/f/x"))->origin.state, ORIGIN_UNKNOWN);
	fd = open(live_path("W/real"), O_PATH | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	cr_expect_eq(ask_source(path)->origin.state, ORIGIN_UNKNOWN, "another process has another descriptor there");
	cr_expect_eq(ask_source("/proc/self/cwd")->origin.state, ORIGIN_UNKNOWN);
	cr_expect_eq(ask_source("/proc/1/root/etc")->origin.state, ORIGIN_UNKNOWN);
	live_must(symlink(path, live_path("W/magic")), "magic");
	cr_expect_eq(ask_source(live_path("W/magic"))->origin.state, ORIGIN_UNKNOWN, "a link to such a link");
	/* the kernel follows the link first, a runtime that cleans the path takes "chain/.." out: W/real or W */
	cr_expect_eq(ask_source(live_path("W/chain/../sub"))->origin.state, ORIGIN_UNKNOWN);
	close(fd);
}

Test(host_live_sources, a_relative_source_is_the_bundles)
{
	const struct host_mount *mount;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	mount = ask_source("real/sub");
	cr_expect_eq(mount->origin.state, ORIGIN_NODE);
	cr_expect_str_eq(mount->origin.paths.items[0], live_path("W/real/sub"));
	mount = ask_source("./link");
	cr_expect_str_eq(mount->origin.paths.items[0], live_path("W/real"));
}

Test(host_live_sources, the_reverse_names_what_lies_below)
{
	const struct host_mount *mount;
	bool along = false;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	mount = ask_source(live_work);
	cr_expect_str_eq(mount->origin.paths.items[0], live_work);
	cr_expect_geq(mount->origin.contains.n, 4, "the binds of what is below: b1, b2, fb, b3 …");
	for (size_t i = 0; i < live_facts.host.n_mounts; i++)
		along |= live_facts.host.mounts[i].parent_mount == 0 &&
			 strcmp(live_facts.host.mounts[i].path, "/m/tmp") == 0 &&
			 strcmp(live_facts.host.mounts[i].origin.paths.items[0], live_path("W/tmp")) == 0;
	cr_expect(along, "an rbind takes the tmpfs along");
}

Test(host_live_sources, overlays_of_the_spec_follow_links)
{
	const struct host_mount *mount;
	char text[512];

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	(void)snprintf(text, sizeof(text),
		       "{\"destination\":\"/m\",\"type\":\"overlay\",\"source\":\"o\",\"options\":[\"lowerdir=%s/"
		       "chain:%s/b1\"]}",
		       live_work, live_work);
	mount = ask(text);
	cr_expect_eq(mount->origin.state, ORIGIN_NODE);
	cr_expect(live_has_path(&mount->origin, live_path("W/real/sub")), "%s",
		  facts_paths(&live_facts, &mount->origin));
	cr_expect(live_has_path(&mount->origin, live_path("W/real")), "%s", facts_paths(&live_facts, &mount->origin));
}

/* What lies beside the upper layer of a spec's overlay is as little an engine's as any other. */
Test(host_live_sources, links_beside_an_upper_layer_are_followed)
{
	const struct host_mount *mount;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	live_must(mkdir(live_path("W/s"), 0755), "s");
	live_must(mkdir(live_path("W/s/1"), 0755), "s/1");
	live_must(mkdir(live_path("W/s/1/diff"), 0755), "diff");
	live_must(symlink("../real/sub", live_path("W/s/l")), "l");
	mount = ask(arena_printf(&live_facts.arena,
				 "{\"destination\":\"/m\",\"type\":\"overlay\",\"source\":\"o\",\"options\":"
				 "[\"lowerdir=%s/s/l,upperdir=%s/s/1/diff,workdir=%s/s/1/work\"]}",
				 live_work, live_work, live_work));
	cr_expect_eq(mount->origin.state, ORIGIN_NODE);
	cr_expect(live_has_path(&mount->origin, live_path("W/real/sub")), "%s",
		  facts_paths(&live_facts, &mount->origin));
}

/* In a chroot or a container, "/" is some directory of a disk, and the disk's own root is nowhere. */
static bool root_is_whole(void)
{
	char line[4096], root[2048], mountpoint[2048];
	FILE *file = fopen("/proc/self/mountinfo", "re");
	bool whole = false;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*d %*d %*s %2047s %2047s", root, mountpoint) == 2 && strcmp(mountpoint, "/") == 0)
			whole = strcmp(root, "/") == 0;
	if (file)
		fclose(file);
	return whole;
}

/* The device of the root directory, if it is a disk. */
static bool root_device(char *path, size_t size)
{
	struct stat root, device;

	if (!root_is_whole() || stat("/", &root) < 0 || major(root.st_dev) == 0)
		return false;
	(void)snprintf(path, size, "%s/disk", live_work);
	return mknod(path, S_IFBLK | 0600, root.st_dev) == 0 && stat(path, &device) == 0 &&
	       device.st_rdev == root.st_dev;
}

Test(host_live_sources, the_disk_of_the_node_by_another_door)
{
	const struct host_mount *mount;
	char text[512], device[128];

	if (!live_start() || !root_device(device, sizeof(device)))
		cr_skip_test("needs root, and a root directory on a disk");
	(void)snprintf(text, sizeof(text), "{\"destination\":\"/m\",\"type\":\"ext4\",\"source\":\"%s\"}", device);
	mount = ask(text);
	cr_assert_eq(mount->origin.state, ORIGIN_NODE);
	cr_expect_str_eq(mount->origin.paths.items[0], "/");
}

/* 300 lines: the kernel takes them in one write, of less than a page, and gives back some pages. */
static void write_map(pid_t pid, const char *name, int first)
{
	char path[64], text[4096];
	size_t len = 0;
	int fd;

	for (int id = 0; id < 300; id++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%d %d 1\n", id, first + 2 * id);
	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	cr_assert_eq(write(fd, text, len), (ssize_t)len, "%s: %s", path, strerror(errno));
	close(fd);
}

/* A child in a user namespace of its own, without any map. Return: its pid, 0 if there are none here. */
static pid_t start_in_user_namespace(void)
{
	int ends[2];
	char byte = 'n';
	pid_t pid;

	live_must(pipe2(ends, O_CLOEXEC), "pipe");
	pid = fork();
	if (pid == 0) {
		live_die_with_test();
		byte = unshare(CLONE_NEWUSER) == 0 ? 'y' : 'n';
		_exit(write(ends[1], &byte, 1) == 1 && pause() == 0);
	}
	cr_assert(read(ends[0], &byte, 1) == 1);
	close(ends[0]);
	close(ends[1]);
	if (byte != 'y')
		live_end(pid);
	return byte == 'y' ? pid : 0;
}

/* A namespace that is pinned to a file, as CRI-O does it: nobody is in it any more. */
Test(host_live_sources, id_maps_of_a_pinned_user_namespace)
{
	char path[64], namespaces[256];
	pid_t pid;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	pid = start_in_user_namespace();
	if (pid == 0)
		cr_skip_test("no user namespaces here");
	write_map(pid, "uid_map", 60000);
	write_map(pid, "gid_map", 70000);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	live_make_file("W/pin");
	live_must(mount(path, live_path("W/pin"), NULL, MS_BIND, NULL), "pin");
	(void)snprintf(namespaces, sizeof(namespaces), "{\"type\":\"user\",\"path\":\"%s\"}", path);
	facts_container(&live_facts, namespaces, "", "");
	live_must(host_live(&live_facts.arena, &live_facts.container, NULL, HOST_FACT_ID_MAPS, &live_facts.host,
			    &live_facts.err),
		  "live");
	cr_expect_eq(live_facts.host.namespaces[NS_USER].shared, TRI_NO);
	cr_assert(live_facts.host.id_maps_known, "by the process that the path names");
	cr_expect_eq(host_id_of(&live_facts.host.uid_map, 5), 60010);
	cr_expect_eq(host_id_of(&live_facts.host.uid_map, 299), 60598);
	live_end(pid);
	(void)snprintf(namespaces, sizeof(namespaces), "{\"type\":\"user\",\"path\":\"%s/pin\"}", live_work);
	facts_container(&live_facts, namespaces, "", "");
	/* An engine's wrapper may have inherited this: then ended children of the usual kind cannot be waited for. */
	(void)signal(SIGCHLD, SIG_IGN);
	live_must(host_live(&live_facts.arena, &live_facts.container, NULL, HOST_FACT_ID_MAPS, &live_facts.host,
			    &live_facts.err),
		  "live");
	(void)signal(SIGCHLD, SIG_DFL);
	(void)umount2(live_path("W/pin"), MNT_DETACH);
	cr_expect_eq(live_facts.host.namespaces[NS_USER].shared, TRI_NO);
	cr_assert(live_facts.host.id_maps_known, "by joining it");
	cr_expect_eq(host_id_of(&live_facts.host.uid_map, 299), 60598);
	cr_expect_eq(host_id_of(&live_facts.host.gid_map, 299), 70598);
	cr_expect_eq(host_id_of(&live_facts.host.gid_map, 300), -1);
}

/* By joining: nothing is left of it, whatever came of it. */
static bool maps_known(struct arena *arena, const char *path, struct host *host)
{
	const int before = descriptors();

	*host = (struct host){0};
	idmap_by_joining(arena, path, host);
	cr_expect_eq(descriptors(), before, "%s: a descriptor stays open", path);
	return host->id_maps_known;
}

Test(host_live_sources, namespaces_that_tell_no_maps)
{
	struct arena small;
	struct host host;
	char path[64];
	pid_t pid;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	cr_expect_not(maps_known(&live_facts.arena, "/proc/self/ns/user", &host), "nobody joins where he is");
	cr_expect_not(maps_known(&live_facts.arena, "/proc/self/ns/net", &host), "another kind");
	cr_expect_not(maps_known(&live_facts.arena, "/etc/passwd", &host), "no namespace");
	cr_expect_not(maps_known(&live_facts.arena, live_path("W/missing"), &host), "not there");
	cr_expect_eq(waitpid(-1, NULL, __WALL), -1, "a child is left behind");
	pid = start_in_user_namespace();
	if (pid == 0)
		cr_skip_test("no user namespaces here");
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	cr_expect_not(maps_known(&live_facts.arena, path, &host), "without a line");
	write_map(pid, "uid_map", 60000);
	cr_expect_not(maps_known(&live_facts.arena, path, &host), "groups without a line");
	write_map(pid, "gid_map", 70000);
	arena_init(&small, 0);
	cr_expect_not(maps_known(&small, path, &host), "no memory");
	cr_expect(maps_known(&live_facts.arena, path, &host));
	cr_expect_eq(host.uid_map.n, 300);
	cr_expect_eq(host.gid_map.n, 300);
	cr_expect_eq(host_id_of(&host.gid_map, 0), 70000);
	arena_release(&small);
	live_end(pid);
	cr_expect_eq(waitpid(-1, NULL, __WALL), -1, "a child is left behind");
}

/* The kernel fills columns of ten with blanks: the largest ids leave none. */
enum { LIMIT_NOFILE = 7 };

Test(host_live_sources, maps_of_large_ids)
{
	static const char map[] = "1000000000 60000 1";
	static const char *const names[] = {"uid_map", "gid_map"};
	uint64_t few[2], many[2]; /* sys/resource.h has a struct of the name that container.h has */
	struct host host;
	char path[64];
	pid_t pid;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	pid = start_in_user_namespace();
	if (pid == 0)
		cr_skip_test("no user namespaces here");
	for (int i = 0; i < 2; i++) {
		int fd;

		(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, names[i]);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		cr_assert_eq(write(fd, map, strlen(map)), (ssize_t)strlen(map));
		close(fd);
	}
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	cr_expect(maps_known(&live_facts.arena, path, &host));
	cr_expect_eq(host_id_of(&host.uid_map, 1000000000), 60000);
	cr_expect_eq(host_id_of(&host.gid_map, 1000000000), 60000);
	live_must((int)syscall(SYS_prlimit64, 0, LIMIT_NOFILE, NULL, many), "limit");
	few[0] = (uint64_t)dup(STDERR_FILENO) + 1;
	few[1] = many[1];
	close((int)few[0] - 1);
	live_must((int)syscall(SYS_prlimit64, 0, LIMIT_NOFILE, few, NULL), "limit");
	host = (struct host){0};
	idmap_by_joining(&live_facts.arena, path, &host);
	live_must((int)syscall(SYS_prlimit64, 0, LIMIT_NOFILE, many, NULL), "limit");
	cr_expect_not(host.id_maps_known, "no pipe");
	live_end(pid);
}

/* Whoever starts us may have closed what everybody has. */
Test(host_live_sources, a_namespace_may_be_the_first_descriptor)
{
	struct host host = {0};
	char path[64];
	pid_t pid;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	pid = start_in_user_namespace();
	if (pid == 0)
		cr_skip_test("no user namespaces here");
	write_map(pid, "uid_map", 60000);
	write_map(pid, "gid_map", 70000);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	close(STDIN_FILENO);
	idmap_by_joining(&live_facts.arena, path, &host);
	cr_expect(host.id_maps_known);
	live_end(pid);
}

Test(host_live_sources, namespace_paths_are_followed)
{
	const struct host_namespace *ns;

	if (access("/proc/self/ns/net", R_OK) < 0)
		cr_skip_test("no namespaces in /proc");
	facts_container(&live_facts,
			"{\"type\":\"network\",\"path\":\"/proc/self/ns/net\"},{\"type\":\"ipc\",\"path\":\"/proc/self/"
			"ns/uts\"},"
			"{\"type\":\"uts\",\"path\":\"/etc/passwd\"},{\"type\":\"pid\"}",
			"", "");
	live_must(
		host_live(&live_facts.arena, &live_facts.container, NULL, FACTS_ALL, &live_facts.host, &live_facts.err),
		live_facts.err.text);
	ns = live_facts.host.namespaces;
	cr_expect_eq(ns[NS_NETWORK].shared, TRI_YES, "our own by a path");
	cr_expect_eq(ns[NS_UTS].shared, TRI_UNKNOWN, "a file that is no namespace");
	cr_expect_eq(ns[NS_PID].shared, TRI_NO);
	cr_expect_eq(ns[NS_MOUNT].shared, TRI_YES, "no entry");
	if (access("/sys/module", F_OK) == 0 && access("/sys/module/apparmor", F_OK) < 0)
		cr_expect_eq(live_facts.host.apparmor_enabled, TRI_NO, "a kernel that was built without it");
}
