/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recording, file by file: each is read for the facts that it is for, and
 * what is there and cannot be read is an error, never a fact that is missing.
 */
#include "host_tables.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ocigate/fs.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define DIGEST	 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define STATUS                                                                                                         \
	"Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nCapInh:\t1\nCapPrm:\t2\nCapEff:\t4\nCapBnd:\t8\nCapAmb:\t10\n"            \
	"NoNewPrivs:\t1\n"
#define ALL                                                                                                            \
	(FACTS_ALL | HOST_FACT_APPARMOR_DIGESTS | HOST_FACT_PROCESS | HOST_FACT_SECCOMP | HOST_FACT_PORTS |            \
	 HOST_FACT_SANDBOX)

static struct facts facts;
static char dir[] = "/tmp/ocigate-recorded.XXXXXX";
static int dirfd_of = -1;

static void begin(void)
{
	cr_assert_not_null(mkdtemp(dir));
	dirfd_of = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	facts_container(&facts, "{\"type\":\"mount\"}", PROC, "");
}

static const struct facts_file whole[] = {
	{"namespaces", "self mnt 5\ncontainer mnt 6\ncontainer user 5\nself user 5\n"},
	{"mountinfo", NODE ROOT},
	{"mountinfo-node", NODE},
	{"rootfs", "/run/b/rootfs\n"},
	{"uid_map", "0 100000 65536\n"},
	{"gid_map", "0 200000 65536\n"},
	{"apparmor", "enabled: Y\na (enforce)\n"},
	{"apparmor-sha256", DIGEST "  a\n"},
	{"lsm", "capability,selinux\n"},
	{"selinux", "1\n"},
	{"bundle", "0 0 40755 /\n1000 0 40755 /home\n"},
	{"process", STATUS},
};

static void forget(const char *name)
{
	if (unlinkat(dirfd_of, name, 0) < 0)
		(void)unlinkat(dirfd_of, name, AT_REMOVEDIR);
}

static void finish(void)
{
	for (size_t i = 0; i < N(whole); i++)
		forget(whole[i].name);
	fd_close(&dirfd_of);
	(void)rmdir(dir);
	facts_end(&facts);
}

TestSuite(host_recorded, .init = begin, .fini = finish);

static void put(const char *name, const char *text)
{
	int fd = openat(dirfd_of, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text), "%s", name);
	close(fd);
}

static void put_whole(void)
{
	for (size_t i = 0; i < N(whole); i++)
		put(whole[i].name, whole[i].text);
}

static int read_again(unsigned wanted)
{
	facts.host = (struct host){0};
	facts.err = (struct err){0};
	return host_recorded(&facts.arena, &facts.container, dirfd_of, wanted, &facts.host, &facts.err);
}

Test(host_recorded, each_file_has_its_facts)
{
	const struct host *host = &facts.host;

	put_whole();
	cr_assert_eq(read_again(ALL), 0, "%s", facts.err.text);
	cr_expect_eq(host->source, HOST_RECORDED);
	cr_expect_eq(host->facts, ALL & ~(unsigned)HOST_FACT_PORTS, "ports are read by others");
	cr_expect(host->effective);
	cr_expect_eq(host->namespaces[NS_MOUNT].container, 6);
	cr_expect_eq(host->namespaces[NS_MOUNT].shared, TRI_NO);
	cr_expect_eq(host->n_mounts, 1);
	cr_assert(host->id_maps_known);
	cr_expect_eq(host_id_of(&host->uid_map, 0), 100000);
	cr_expect_eq(host_id_of(&host->gid_map, 0), 200000);
	cr_expect_eq(host->n_apparmor_profiles, 1);
	cr_expect_eq(host->apparmor_digests.n, 1);
	cr_expect_eq(host->lsms.n, 2);
	cr_expect_eq(host->selinux_enforcing, TRI_YES);
	cr_expect_eq(host->bundle_owner, BUNDLE_OWNER_OTHERS);
	cr_expect(host->process.known);
	cr_expect_eq(host->process.uid[0], 1);
}

Test(host_recorded, nobody_gets_facts_that_he_did_not_ask_for)
{
	const struct host *host = &facts.host;

	put_whole();
	cr_assert_eq(read_again(0), 0);
	cr_expect_eq(host->n_mounts, 0);
	cr_expect_not(host->id_maps_known);
	cr_expect_not(host->apparmor_recorded);
	cr_expect_eq(host->apparmor_digests.n, 0);
	cr_expect_eq(host->lsms.n, 0);
	cr_expect_eq(host->selinux_enforcing, TRI_UNKNOWN);
	cr_expect_not(host->process.known);
	cr_assert_eq(read_again(HOST_FACT_APPARMOR), 0);
	cr_expect(host->apparmor_recorded);
	cr_expect_eq(host->lsms.n, 2, "is AppArmor among the modules?");
	cr_expect_eq(host->selinux_enforcing, TRI_UNKNOWN);
	cr_expect_eq(host->apparmor_digests.n, 0);
	cr_assert_eq(read_again(HOST_FACT_SELINUX), 0);
	cr_expect_not(host->apparmor_recorded);
	cr_expect_eq(host->selinux_enforcing, TRI_YES);
	cr_assert_eq(read_again(HOST_FACT_APPARMOR_DIGESTS), 0);
	cr_expect_eq(host->apparmor_digests.n, 1);
	cr_expect_eq(host->lsms.n, 0);
	cr_assert_eq(read_again(HOST_FACT_ID_MAPS), 0);
	cr_expect(host->id_maps_known);
	cr_expect_eq(host->n_mounts, 0);
	cr_assert_eq(read_again(HOST_FACT_PROCESS), 0);
	cr_expect(host->process.known);
}

/* One after the other, of which nothing, too much, or a directory is there. */
Test(host_recorded, what_cannot_be_read_is_an_error)
{
	static const struct facts_file bad[] = {
		{"namespaces", "x"}, {"mountinfo", "x"}, {"mountinfo-node", "x"},  {"uid_map", "x"},
		{"gid_map", "x"},    {"apparmor", "x"},	 {"apparmor-sha256", "x"}, {"process", "x"},
	};

	for (size_t i = 0; i < N(whole); i++) {
		put_whole();
		forget(whole[i].name);
		cr_assert_eq(mkdirat(dirfd_of, whole[i].name, 0700), 0);
		cr_expect_eq(read_again(ALL), -1, "%s is a directory", whole[i].name);
		cr_expect_eq(facts.err.kind, ERR_INPUT, "%s", whole[i].name);
		cr_expect_not_null(strstr(facts.err.text, whole[i].name), "%s: %s", whole[i].name, facts.err.text);
		forget(whole[i].name);
		cr_assert_eq(symlinkat("/etc/passwd", dirfd_of, whole[i].name), 0);
		cr_expect_eq(read_again(ALL), -1, "%s is a link", whole[i].name);
		forget(whole[i].name);
	}
	put_whole();
	for (size_t i = 0; i < N(bad); i++) {
		if (strcmp(bad[i].name, "mountinfo-node") == 0)
			forget("mountinfo");
		put(bad[i].name, bad[i].text);
		cr_expect_eq(read_again(ALL), -1, "%s", bad[i].name);
		cr_expect_eq(facts.err.kind, ERR_INPUT, "%s", bad[i].name);
		put_whole();
	}
	cr_expect_eq(read_again(ALL), 0, "%s", facts.err.text);
}

Test(host_recorded, maps_come_in_pairs)
{
	put_whole();
	forget("gid_map");
	cr_assert_eq(read_again(HOST_FACT_ID_MAPS), 0);
	cr_expect_eq(host_id_of(&facts.host.uid_map, 0), 0, "one alone is none; the spec shares the node's namespace");
	put_whole();
	forget("uid_map");
	cr_assert_eq(read_again(HOST_FACT_ID_MAPS), 0);
	cr_expect_eq(host_id_of(&facts.host.gid_map, 0), 0);
}

Test(host_recorded, what_is_missing_is_unknown)
{
	cr_assert_eq(read_again(ALL), 0, "%s", facts.err.text);
	cr_expect_not(facts.host.effective);
	cr_expect_eq(facts.host.bundle_owner, BUNDLE_OWNER_ROOT, "captured from an engine");
	cr_expect_eq(facts.host.selinux_enforcing, TRI_UNKNOWN);
	cr_expect_not(facts.host.apparmor_recorded);
	cr_expect_not(facts.host.process.known);
	put("lsm", "capability\n");
	cr_assert_eq(read_again(ALL), 0);
	cr_expect_eq(facts.host.selinux_enforcing, TRI_NO, "not active");
	put("namespaces", "container mnt 6\n");
	cr_assert_eq(read_again(ALL), 0);
	cr_expect(facts.host.effective, "it has a mount namespace");
	put("namespaces", "container net 6\nself mnt 5\n");
	cr_assert_eq(read_again(ALL), 0);
	cr_expect_not(facts.host.effective, "it is to join another");
	put("mountinfo", NODE ROOT);
	cr_assert_eq(read_again(0), 0);
	cr_expect(facts.host.effective, "it has mounts, read or not");
}

Test(host_recorded, the_root_directory_may_lie_elsewhere)
{
	put("mountinfo", NODE "50 12 8:1 /srv/x /run/other rw - ext4 /dev/sda1 rw\n");
	cr_assert_eq(read_again(HOST_FACT_MOUNTS), 0);
	cr_expect_not_null(facts.host.mounts_why);
	put("rootfs", "/run/other\nnot this\n");
	cr_assert_eq(read_again(HOST_FACT_MOUNTS), 0);
	cr_expect_null(facts.host.mounts_why);
	cr_expect_str_eq(facts_paths(&facts, &facts.host.rootfs), "/srv/x");
}

Test(host_recorded, says_when_memory_runs_out)
{
	int rc = -1;
	size_t failed = 0;

	put_whole();
	for (size_t cap = 0; rc < 0; cap += 64) {
		struct host host = {0};
		struct arena small;

		arena_init(&small, cap);
		facts.err = (struct err){0};
		rc = host_recorded(&small, &facts.container, dirfd_of, ALL, &host, &facts.err);
		if (rc < 0)
			failed++;
		else
			cr_expect(!small.failed && host.process.known && host.n_mounts == 1 && host.lsms.n == 2 &&
				  host.apparmor_digests.n == 1 && host.n_apparmor_profiles == 1);
		arena_release(&small);
	}
	cr_expect_gt(failed, 20);
}
