/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a recording holds: each fact as the kernel tells it of this very process, with a /sys, a /run and a /var/lib made
 * by hand. Needs root.
 */
#include "live_node.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ocigate/fs.h"

#define N(table)   (sizeof(table) / sizeof((table)[0]))
#define DIGEST_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" /* FIPS 180-2 */
#define PORTS	   "{\"capabilityArgs\":{\"portMappings\":[{\"hostPort\":80,\"containerPort\":8080}]}}"

static struct facts facts;
static const char *const made[] = {"/sys", "/run", "/var/lib"};
static bool mounted;
static int recording = -1;

static void finish(void)
{
	for (size_t i = 0; mounted && i < N(made); i++)
		(void)umount2(made[i], MNT_DETACH);
	fd_close(&recording);
	facts_end(&facts);
}

TestSuite(host_record, .fini = finish, .timeout = 10);

static void put(const char *path, const char *text)
{
	live_put(path, text, strlen(text));
}

static void begin(void)
{
	umask(022);
	facts_container(&facts, "", "", "");
	facts.container.identity = identity_nobody();
	mounted = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	if (!mounted)
		cr_skip_test("needs root and a mount namespace of its own");
	for (size_t i = 0; i < N(made); i++)
		cr_assert_eq(mount("tmpfs", made[i], "tmpfs", 0, "mode=755"), 0, "%s", made[i]);
	put("/run/recording/", "");
	recording = open("/run/recording", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put("/run/b/", "");
	put("/run/real/", "");
	cr_assert_eq(symlink("/run/real", "/run/b/rootfs"), 0);
}

static const char *content(int dirfd, const char *name)
{
	const char *text;
	struct err err;
	size_t len;

	return fs_read_file(&facts.arena, dirfd, name, (size_t)1 << 20, false, &text, &len, &err) == 0 ? text : NULL;
}

/* Content of the recording's file, "" if there is none. */
static const char *recorded(const char *name)
{
	const char *text = content(recording, name);

	return text ? text : "";
}

static int record(struct arena *arena, const struct container *container)
{
	const struct state state = {.pid = getpid(), .bundle = "/run/b"};

	return host_record(arena, container, &state, recording, &facts.err);
}

static const char *namespaces_of(const char *text, const char *word, const char *who)
{
	for (int type = 0; type < NS_TYPES; type++) {
		const char *path = arena_printf(&facts.arena, "/proc/%s/ns/%s", who, namespace_proc_names[type]);
		struct stat st;

		if (stat(path, &st) == 0)
			text = arena_printf(&facts.arena, "%s%s %s %lu\n", text, word, namespace_proc_names[type],
					    (unsigned long)st.st_ino);
	}
	return text;
}

static const char *owners_of_the_bundle(void)
{
	static const char *const way[] = {"/", "/run", "/run/b"};
	const char *text = "";

	for (size_t i = 0; i < N(way); i++) {
		struct stat st;

		cr_assert_eq(stat(way[i], &st), 0);
		text = arena_printf(&facts.arena, "%s%u %u %o %s\n", text, st.st_uid, st.st_gid, st.st_mode, way[i]);
	}
	return text;
}

Test(host_record, everything_that_is_known)
{
	struct stat st;

	begin();
	close(STDIN_FILENO); /* the first descriptor is as good as another */
	put("/sys/module/apparmor/parameters/enabled", "Y\n");
	put("/sys/kernel/security/lsm", "capability,apparmor");
	put("/sys/kernel/security/apparmor/profiles", "abc (enforce)\n");
	put("/sys/kernel/security/apparmor/policy/profiles/abc.1/name", "abc\n");
	put("/sys/kernel/security/apparmor/policy/profiles/abc.1/raw_data", "abc");
	put("/var/lib/cni/results/net-s1-eth0", PORTS);
	facts.container.process.apparmor_profile = "abc";
	facts.container.identity.sandbox_id = "s1";
	cr_assert_eq(record(&facts.arena, &facts.container), 0, "%s", facts.err.text);
	cr_expect_str_eq(
		recorded("namespaces"),
		namespaces_of(namespaces_of(namespaces_of("", "self", "self"), "container", "self"), "init", "1"));
	cr_expect_str_eq(recorded("mountinfo"), content(AT_FDCWD, "/proc/self/mountinfo"));
	cr_expect_str_eq(recorded("mountinfo-node"), content(AT_FDCWD, "/proc/self/mountinfo"));
	cr_expect_str_eq(recorded("uid_map"), content(AT_FDCWD, "/proc/self/uid_map"));
	cr_expect_str_eq(recorded("gid_map"), content(AT_FDCWD, "/proc/self/gid_map"));
	cr_expect_str_eq(recorded("bundle"), owners_of_the_bundle());
	cr_expect_str_eq(recorded("rootfs"), "/run/real\n", "with its links resolved");
	cr_expect_str_eq(recorded("apparmor"), "enabled: Y\nabc (enforce)\n");
	cr_expect_str_eq(recorded("apparmor-sha256"), DIGEST_ABC "  abc\n");
	cr_expect_str_eq(recorded("lsm"), "capability,apparmor");
	cr_expect_str_eq(recorded("selinux"), "0", "it is not among them");
	cr_expect_str_eq(recorded("ports"), PORTS);
	cr_assert_eq(fstatat(recording, "mountinfo", &st, 0), 0);
	cr_expect_eq(st.st_mode & 07777, 0600, "for root alone");
}

static void expect_no_file(const char *name)
{
	cr_expect(faccessat(recording, name, F_OK, 0) < 0 && errno == ENOENT, "%s", name);
}

Test(host_record, what_is_not_known_leaves_no_file)
{
	static const char *const unknown[] = {"apparmor", "apparmor-sha256", "lsm", "selinux", "ports"};

	begin();
	cr_assert_eq(record(&facts.arena, &facts.container), 0, "%s", facts.err.text);
	for (size_t i = 0; i < N(unknown); i++)
		expect_no_file(unknown[i]);
	facts.container.process.apparmor_profile = "abc";
	put("/sys/fs/selinux/enforce", "1");
	cr_assert_eq(record(&facts.arena, &facts.container), 0, "%s", facts.err.text);
	expect_no_file("apparmor-sha256");
	expect_no_file("lsm");
	cr_expect_str_eq(recorded("selinux"), "1");
	cr_assert_eq(unlinkat(recording, "rootfs", 0), 0);
	put("/sys/module/apparmor/parameters/enabled", "N\n");
	facts.container.identity.sandbox_id = "s1";
	put("/var/lib/cni/results/net-s1-eth0", PORTS);
	cr_assert_eq(record(&facts.arena, NULL), 0, "%s", facts.err.text);
	expect_no_file("rootfs");
	expect_no_file("ports");
	cr_expect_str_eq(recorded("apparmor"), "enabled: N\n");
}

Test(host_record, what_cannot_be_recorded_is_an_error)
{
	const struct state nobody = {.pid = 0, .bundle = "/run/b"}, gone = {.pid = 0x7ffffff0, .bundle = "/run/b"};
	const struct state self = {.pid = getpid(), .bundle = "/run/b"};
	size_t failed = 0;
	int rc = -1;

	begin();
	cr_expect_eq(host_record(&facts.arena, NULL, &nobody, recording, &facts.err), -1);
	cr_expect_eq(facts.err.kind, ERR_INPUT);
	cr_expect_eq(host_record(&facts.arena, NULL, &gone, recording, &facts.err), -1);
	cr_expect_eq(facts.err.kind, ERR_INPUT);
	expect_no_file("namespaces");
	cr_expect_eq(host_record(&facts.arena, &facts.container, &self, -1, &facts.err), -1);
	cr_expect_eq(facts.err.kind, ERR_SYSTEM);
	put("/sys/kernel/security/lsm", "capability,apparmor");
	for (size_t cap = 0; rc < 0; cap += 256) {
		struct arena small;

		arena_init(&small, cap);
		rc = record(&small, &facts.container);
		cr_expect(rc == 0 || facts.err.kind == ERR_SYSTEM, "%zu bytes: %s", cap, facts.err.text);
		cr_expect_eq(rc == 0, !small.failed, "%zu bytes", cap);
		failed += rc < 0;
		arena_release(&small);
	}
	cr_expect_gt(failed, 10);
	cr_expect_str_eq(recorded("lsm"), "capability,apparmor");
}
