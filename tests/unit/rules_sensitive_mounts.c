/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sensitive-mounts rule: names of the greatest length, several names of one place, one finding a mount.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

#include "rules_view.h"

TestSuite(rules_sensitive_mounts, .init = view_begin, .fini = view_end);

/* "/aaa…", with a name of @n bytes */
static const char *long_path(size_t n)
{
	char *path = arena_alloc(&arena, n + 2);

	cr_assert_not_null(path);
	memset(path, 'a', n + 1);
	path[0] = '/';
	path[n + 1] = '\0';
	return path;
}

static size_t found(const char *path, const char *pattern)
{
	add_bind(0, 0, path, S_IFDIR);
	judge(&rule_sensitive_mounts, arena_printf(&arena, "{\"paths\": [\"%s\"]}", pattern));
	return findings.n;
}

/* A name has at most 255 bytes (NAME_MAX): one that is longer is taken for a match rather than missed. */
Test(rules_sensitive_mounts, names_of_the_greatest_length)
{
	cr_expect_eq(found(long_path(255), long_path(255)), 1);
	cr_expect_eq(found(long_path(255), "/b"), 0);
	cr_expect_eq(found("/b", long_path(255)), 0);
	cr_expect_eq(found(long_path(256), "/b"), 1);
	cr_expect_eq(found("/b", long_path(256)), 1);
	cr_expect_eq(found(long_path(256), long_path(300)), 1);
	cr_expect_eq(found(long_path(254), long_path(255)), 0);
}

Test(rules_sensitive_mounts, every_name_counts)
{
	static const char *names[] = {"/etc/localtime", "/etc/shadow"};

	add_bind(0, 0, names[0], S_IFREG);
	seen[0].origin.paths = (struct strings){names, 2};
	seen[0].origin.n_same = 2;
	judge(&rule_sensitive_mounts, "{\"allowed\": [\"/etc/localtime\"]}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "/etc/shadow");
	judge(&rule_sensitive_mounts, "{\"allowed\": [\"/etc/localtime\", \"/etc/shadow\"]}");
	cr_expect_eq(findings.n, 0);
}

Test(rules_sensitive_mounts, sockets_are_told_once)
{
	static const char *names[] = {"/srv/a.sock", "/srv/b.sock"};

	add_bind(0, 0, names[0], S_IFSOCK);
	seen[0].origin.paths = (struct strings){names, 2};
	seen[0].origin.n_same = 2;
	judge(&rule_sensitive_mounts, "{}");
	cr_expect_eq(findings.n, 1);
}

/* What came along with a bind is not told where the bind itself is, whatever is wrong with that. */
Test(rules_sensitive_mounts, one_finding_an_entry)
{
	static const char *inside[] = {"/etc/cron.d"};

	add_bind(0, 0, "/etc", S_IFDIR);
	add_bind(1, -1, "/root", S_IFDIR);
	container.n_mounts = 1;
	seen[1].parent_mount = 0;
	judge(&rule_sensitive_mounts, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "/etc");
	add_bind(0, 0, "/srv/a", S_IFDIR);
	container.n_mounts = 1;
	host.n_mounts = 2;
	judge(&rule_sensitive_mounts, "{}");
	cr_assert_eq(findings.n, 1, "nothing is wrong with the bind itself");
	cr_expect_str_eq(findings.items[0].value, "/root");
	seen[0].origin.contains = (struct strings){inside, 1};
	judge(&rule_sensitive_mounts, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "/srv/a");
	seen[0].origin.contains.n = 0;
	seen[0].origin.state = ORIGIN_DELETED;
	judge(&rule_sensitive_mounts, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
}

Test(rules_sensitive_mounts, remedies_fit_who_asked)
{
	add_bind(0, 0, "/etc", S_IFDIR);
	container.identity.engine = ENGINE_CONTAINERD;
	judge(&rule_sensitive_mounts, "{}");
	cr_expect_str_eq(findings.items[0].remedy, "remove the hostPath volume that leads to /etc");
	container.identity.engine = ENGINE_PODMAN;
	judge(&rule_sensitive_mounts, "{}");
	cr_expect_str_eq(findings.items[0].remedy, "remove the volume that leads to /etc");
}

/* An overlay shows its layers; those in the store of the container's own engine are images. */
Test(rules_sensitive_mounts, layers_of_the_engines_store)
{
	static const char *names[] = {"/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs"};

	container.identity.engine = ENGINE_CONTAINERD;
	container.identity.trusted = true;
	add_bind(0, 0, names[0], S_IFDIR);
	judge(&rule_sensitive_mounts, "{}");
	cr_expect_eq(findings.n, 1, "the place itself");
	seen[0].origin.n_same = 0;
	judge(&rule_sensitive_mounts, "{}");
	cr_expect_eq(findings.n, 0, "a layer");
	container.identity.trusted = false;
	judge(&rule_sensitive_mounts, "{}");
	cr_expect_eq(findings.n, 1, "who knows whose layer");
}

Test(rules_sensitive_mounts, masks_of_the_runtime)
{
	static const char *const masked[] = {"/proc/acpi", "/proc/keys", "/x"};

	add_bind(0, -1, "/run/crun/.empty-directory", S_IFDIR);
	mounts[0] = (struct mount){.kind = MOUNT_FILESYSTEM, .destination = "/proc", .path = "/proc", .type = "proc"};
	seen[0].parent_mount = 0;
	container.masked_paths = (struct strings){masked, 2};
	for (size_t i = 0; i < 2; i++) {
		seen[0].path = masked[i];
		judge(&rule_sensitive_mounts, "{}");
		cr_expect_eq(findings.n, 0, "%s", masked[i]);
	}
	seen[0].path = masked[2];
	judge(&rule_sensitive_mounts, "{}");
	cr_expect_eq(findings.n, 1, "asked for nowhere");
}
