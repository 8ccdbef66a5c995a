/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers made of a child of the test: its namespaces, its id maps, its
 * root directory before and after pivot_root(2). Needs root.
 */
#include "live_node.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../enforce/host/view.h"

#include "ocigate/fs.h"

TestSuite(host_containers, .fini = live_finish, .timeout = 10);

static bool in_user_namespace(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWUTS) == 0;
}

static bool mount_root(void)
{
	return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(live_path("W/rootfs"), live_path("W/rootfs"), NULL, MS_BIND, NULL) == 0 &&
	       mkdir(live_path("W/rootfs/v"), 0755) == 0 &&
	       mount(live_path("W/real"), live_path("W/rootfs/v"), NULL, MS_BIND, NULL) == 0;
}

static bool pivoted(void)
{
	return mount_root() && chdir(live_path("W/rootfs")) == 0 && syscall(SYS_pivot_root, ".", ".") == 0 &&
	       umount2(".", MNT_DETACH) == 0;
}

/* A child that becomes what @what says, which is false if this machine does not let it. */
static pid_t start(bool (*what)(void))
{
	int ends[2];
	char byte = 'n';
	pid_t pid;

	live_must(pipe2(ends, O_CLOEXEC), "pipe");
	pid = fork();
	if (pid == 0) {
		live_die_with_test();
		byte = what() ? 'y' : 'n';
		_exit(write(ends[1], &byte, 1) == 1 && pause() == 0);
	}
	cr_assert_eq(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	close(ends[1]);
	if (byte != 'y') {
		live_end(pid);
		cr_skip_test("this machine does not let a child do so");
	}
	return pid;
}

static void write_map(pid_t pid, const char *name, const char *map)
{
	const char *path = arena_printf(&live_facts.arena, "/proc/%d/%s", (int)pid, name);
	FD_AUTO int fd = open(path, O_WRONLY | O_CLOEXEC);

	cr_assert_eq(write(fd, map, strlen(map)), (ssize_t)strlen(map), "%s: %s", path, strerror(errno));
}

/* @pid: 0: before the container exists */
static const struct host *judged(pid_t pid, const struct host_pin *pin, unsigned facts)
{
	struct state state = {.status = "creating", .pid = pid, .bundle = live_work};

	live_facts.container.rootfs = live_path("W/rootfs");
	live_must(host_live_pinned(&live_facts.arena, &live_facts.container, pid ? &state : NULL, pin, facts,
				   &live_facts.host, &live_facts.err),
		  live_facts.err.text);
	return &live_facts.host;
}

#define NAMESPACES "{\"type\":\"mount\"},{\"type\":\"user\"},{\"type\":\"uts\"}"

Test(host_containers, have_the_maps_that_the_kernel_has)
{
	struct host_pin pin;
	pid_t pid;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	pid = start(in_user_namespace);
	/* What the spec says is not what it has. */
	facts_container(&live_facts, NAMESPACES, "",
			",\"uidMappings\":[{\"containerID\":0,\"hostID\":5,\"size\":1}],"
			"\"gidMappings\":[{\"containerID\":0,\"hostID\":5,\"size\":1}]");
	cr_expect_not(judged(pid, NULL, HOST_FACT_ID_MAPS)->id_maps_known, "nobody has written one");
	write_map(pid, "uid_map", "0 60000 10");
	cr_expect_not(judged(pid, NULL, HOST_FACT_ID_MAPS)->id_maps_known, "nobody has written the groups'");
	write_map(pid, "gid_map", "0 70000 10");
	for (int pinned = 0; pinned < 2; pinned++) {
		const struct host *host;

		host_pin(pid, &pin);
		cr_expect_geq(pin.rootfd, 0);
		host = judged(pid, pinned ? &pin : NULL, HOST_FACT_ID_MAPS);
		fd_close(&pin.rootfd);
		cr_assert(host->id_maps_known);
		cr_expect_eq(host_id_of(&host->uid_map, 1), 60001);
		cr_expect_eq(host_id_of(&host->gid_map, 1), 70001);
		cr_expect_eq(host->namespaces[NS_USER].shared, TRI_NO);
		cr_expect_eq(host->namespaces[NS_UTS].shared, TRI_NO);
		cr_expect_eq(host->namespaces[NS_NETWORK].shared, TRI_YES);
		cr_expect_eq(host->n_mounts, 0, "nobody asked for them");
		cr_expect_not(host->apparmor_recorded);
		cr_expect_eq(host->pid, pid);
		cr_expect(host->effective);
	}
	live_end(pid);
	cr_expect_not(judged(pid, NULL, HOST_FACT_ID_MAPS)->id_maps_known, "gone");
}

Test(host_containers, that_nobody_asks_about)
{
	const struct host *host;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	facts_container(&live_facts, NAMESPACES, "", "");
	host = judged(getpid(), NULL, 0);
	cr_expect_eq(host->facts, 0);
	cr_expect_eq(host->namespaces[NS_PID].self, 0);
	cr_expect_eq(host->namespaces[NS_PID].container, 0);
	cr_expect_not(host->id_maps_known);
	cr_expect_not(host->apparmor_recorded);
	cr_expect_eq(host->n_mounts, 0);
	cr_expect_eq(host->sandbox_known, TRI_UNKNOWN);
	host = judged(getpid(), NULL, HOST_FACT_NAMESPACES | HOST_FACT_PORTS | HOST_FACT_SANDBOX | HOST_FACT_APPARMOR);
	cr_expect_neq(host->namespaces[NS_PID].container, 0);
	cr_expect_eq(host->namespaces[NS_PID].self, host->namespaces[NS_PID].container);
	cr_expect_eq(host->namespaces[NS_PID].shared, TRI_YES);
	cr_expect_not(host->id_maps_known);
	cr_expect_eq(host->facts & HOST_FACT_PORTS, 0, "of whom nobody knows, no ports are known");
	cr_expect_eq(host->sandbox_known, TRI_NO, "it has none that is needed");
	cr_expect(host->apparmor_recorded);
}

/* Of a process that is gone or was never there nothing is known, and nothing is taken from anybody else. */
Test(host_containers, that_are_gone_cannot_be_pinned)
{
	struct host_pin pin = {.rootfd = 77};

	host_pin(0, &pin);
	cr_expect_eq(pin.rootfd, -1);
	for (int type = 0; type < NS_TYPES; type++)
		cr_expect_eq(pin.namespaces[type].container, 0);
	host_pin(-5, &pin);
	cr_expect_eq(pin.rootfd, -1);
	host_pin(getpid(), &pin);
	cr_expect_geq(pin.rootfd, 0);
	cr_expect_neq(pin.namespaces[NS_PID].container, 0);
	cr_expect_eq(pin.namespaces[NS_PID].self, pin.namespaces[NS_PID].container);
	fd_close(&pin.rootfd);
}

#define BOUND "{\"destination\":\"/v\",\"source\":\"%s/real\",\"options\":[\"bind\"]}"

static void check_mounts(const struct host *host, const char *about)
{
	cr_assert_null(host->mounts_why, "%s: %s", about, host->mounts_why);
	cr_assert_eq(host->n_mounts, 1, "%s: %zu", about, host->n_mounts);
	cr_expect(host->mounts[0].effective, "%s", about);
	cr_expect_eq(host->mounts[0].mount, 0, "%s", about);
	cr_expect_str_eq(host->mounts[0].path, "/v", "%s", about);
	cr_expect_eq(host->mounts[0].origin.file_type, S_IFDIR, "%s: looked at in the container", about);
	cr_expect_str_eq(host->mounts[0].origin.paths.items[0], live_path("W/real"), "%s", about);
	cr_expect_str_eq(host->rootfs.paths.items[0], live_path("W/rootfs"), "%s", about);
}

Test(host_containers, have_mounts_before_and_after_pivot_root)
{
	static bool (*const ways[])(void) = {mount_root, pivoted};

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	facts_container(&live_facts, "{\"type\":\"mount\"}", arena_printf(&live_facts.arena, BOUND, live_work), "");
	for (int way = 0; way < 2; way++) {
		pid_t pid = start(ways[way]);
		struct host_pin pin;

		check_mounts(judged(pid, NULL, HOST_FACT_MOUNTS), way ? "after" : "before");
		host_pin(pid, &pin);
		check_mounts(judged(pid, &pin, HOST_FACT_MOUNTS), way ? "after, pinned" : "before, pinned");
		pin.namespaces[NS_MOUNT].container = pin.namespaces[NS_MOUNT].self;
		if (way)
			cr_expect_not_null(judged(pid, &pin, HOST_FACT_MOUNTS)->mounts_why,
					   "our own table is not its node's");
		pin.namespaces[NS_MOUNT].container = 0;
		if (way)
			cr_expect_not_null(judged(pid, &pin, HOST_FACT_MOUNTS)->mounts_why, "whose table is it?");
		fd_close(&pin.rootfd);
		live_end(pid);
		cr_assert_eq(rmdir(live_path("W/rootfs/v")), 0);
	}
}

/* The spec's root directory may be called by a link. */
Test(host_containers, have_a_root_that_links_lead_to)
{
	pid_t pid;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	live_must(symlink("rootfs", live_path("W/rootlink")), "rootlink");
	cr_expect_str_eq(rootfs_resolve(&live_facts.arena, live_path("W/rootlink")), live_path("W/rootfs"));
	cr_expect_str_eq(rootfs_resolve(&live_facts.arena, live_path("W/rootfs")), live_path("W/rootfs"));
	cr_expect_str_eq(rootfs_resolve(&live_facts.arena, live_path("W/missing")), live_path("W/missing"));
	cr_expect_str_eq(rootfs_resolve(&live_facts.arena, live_path("W/real/f")), live_path("W/real/f"));
	facts_container(&live_facts, "{\"type\":\"mount\"}", arena_printf(&live_facts.arena, BOUND, live_work), "");
	pid = start(mount_root);
	live_facts.container.rootfs = live_path("W/rootlink");
	live_must(host_live(&live_facts.arena, &live_facts.container, &(struct state){.status = "created", .pid = pid},
			    HOST_FACT_MOUNTS, &live_facts.host, &live_facts.err),
		  live_facts.err.text);
	check_mounts(&live_facts.host, "by a link");
	live_end(pid);
}

Test(host_containers, without_a_bundle_have_no_mounts_to_compare)
{
	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	facts_container(&live_facts, "{\"type\":\"mount\"}", arena_printf(&live_facts.arena, BOUND, live_work), "");
	live_facts.container.has_bundle = false;
	cr_expect_eq(judged(getpid(), NULL, HOST_FACT_MOUNTS)->n_mounts, 0);
}

/* The maps of a namespace that the spec names are those of the process that the path names. */
Test(host_containers, that_join_a_user_namespace_by_path)
{
	static const struct {
		const char *before;
		const char *behind;
		bool known;
	} rows[] = {
		{"/proc/", "/ns/user", true},	{"/proc/", "/ns/userx", false},
		{"/proc/", "/ns/", false},	{"/proc/", "", false},
		{"/proc/x", "/ns/user", false}, {"/proc/", "x/ns/user", false},
		{"/procx/", "/ns/user", false}, {"/proc/000000000000", "/ns/user", false},
	};
	pid_t pid;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	pid = start(in_user_namespace);
	write_map(pid, "uid_map", "0 60000 10");
	write_map(pid, "gid_map", "0 70000 10");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char path[128], namespaces[256];
		const struct host *host;

		(void)snprintf(path, sizeof(path), "%s%d%s", rows[i].before, (int)pid, rows[i].behind);
		(void)snprintf(namespaces, sizeof(namespaces), "{\"type\":\"user\",\"path\":\"%s\"}", path);
		facts_container(&live_facts, namespaces, "", "");
		host = judged(0, NULL, HOST_FACT_ID_MAPS);
		cr_expect_eq(host->id_maps_known, rows[i].known, "%s", path);
		cr_expect(!host->id_maps_known || host_id_of(&host->gid_map, 9) == 70009);
	}
	live_end(pid);
	facts_container(&live_facts, "{\"type\":\"user\",\"path\":\"/proc/self/ns/user\"}", "", "");
	cr_expect_eq(judged(0, NULL, HOST_FACT_ID_MAPS)->namespaces[NS_USER].shared, TRI_YES);
	cr_expect(live_facts.host.id_maps_known);
	cr_expect_eq(host_id_of(&live_facts.host.uid_map, 0), 0, "it is the node's");
}

Test(host_containers, ask_a_filter_once)
{
	const struct seccomp_answer told = {.known = true};

	facts_container(&live_facts, "", "", "");
	cr_expect_not(judged(0, NULL, HOST_FACT_SECCOMP)->seccomp.known, "it has no filter");
	live_facts.container.seccomp.present = true;
	live_facts.container.seccomp.answer = &told;
	cr_expect(judged(0, NULL, HOST_FACT_SECCOMP)->seccomp.known);
	cr_expect_not(judged(0, NULL, HOST_FACT_ID_MAPS)->seccomp.known, "nobody asked");
}

/* Too little memory is an error, never a container that has less. */
Test(host_containers, say_when_memory_runs_out)
{
	struct state state = {.status = "created", .bundle = live_work};
	const struct host *whole;
	size_t failed = 0, n;
	int rc = -1;

	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	facts_container(&live_facts, "{\"type\":\"mount\"}", arena_printf(&live_facts.arena, BOUND, live_work), "");
	state.pid = start(pivoted);
	whole = judged(state.pid, NULL, FACTS_ALL);
	n = whole->n_mounts;
	for (size_t cap = 0; rc < 0; cap += 512) {
		struct arena small;
		struct host host = {0};

		arena_init(&small, cap);
		live_facts.err = (struct err){0};
		rc = host_live(&small, &live_facts.container, &state, FACTS_ALL, &host, &live_facts.err);
		if (rc < 0)
			cr_expect_eq(live_facts.err.kind, ERR_SYSTEM, "%zu bytes: %s", cap, live_facts.err.text);
		else
			cr_expect(!small.failed && host.n_mounts == n && !host.mounts_why, "%zu bytes", cap);
		failed += rc < 0;
		arena_release(&small);
	}
	cr_expect_gt(failed, 5);
	live_end(state.pid);
}
