/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host-paths rule: what it says of mounts of which little is known, and in which order.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

#include "rules_view.h"

TestSuite(rules_host_paths, .init = view_begin, .fini = view_end);

/* Without these no program starts: what runtimes bind by themselves is theirs, what a spec names is the author's. */
Test(rules_host_paths, default_devices_that_the_spec_names)
{
	static const char *const names[] = {"/dev/null", "/dev/zero",	"/dev/full",
					    "/dev/tty",	 "/dev/random", "/dev/urandom"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		add_bind(0, 0, names[i], S_IFCHR);
		seen[0].origin.fs_type = "devtmpfs";
		judge(&rule_host_paths, "{}");
		cr_assert_eq(findings.n, 1, "%s", names[i]);
		cr_expect_str_eq(findings.items[0].pointer, "/mounts/0");
		cr_expect_eq(findings.items[0].kind, FINDING_VIOLATION);
		seen[0].mount = -1;
		container.n_mounts = 0;
		judge(&rule_host_paths, "{}");
		cr_expect_eq(findings.n, 0, "the runtime's %s", names[i]);
		seen[0].origin.fs_type = "ext4";
		judge(&rule_host_paths, "{}");
		cr_expect_eq(findings.n, 1, "a file by the name of %s", names[i]);
		seen[0].origin.fs_type = NULL;
		judge(&rule_host_paths, "{}");
		cr_expect_eq(findings.n, 1, "who knows what by the name of %s", names[i]);
	}
}

Test(rules_host_paths, the_longest_decides)
{
	add_bind(0, 0, "/srv/a/b", S_IFDIR);
	judge(&rule_host_paths, "{\"allowed\": [{\"path\": \"/srv\", \"read_only\": false}, {\"path\": \"/srv/a\", "
				"\"read_only\": true}]}");
	cr_expect_eq(findings.n, 1);
	judge(&rule_host_paths, "{\"allowed\": [{\"path\": \"/srv/a\", \"read_only\": true}, {\"path\": \"/srv\", "
				"\"read_only\": false}]}");
	cr_expect_eq(findings.n, 1);
	judge(&rule_host_paths, "{\"allowed\": [{\"path\": \"/srv\", \"read_only\": true}, {\"path\": \"/srv/a\", "
				"\"read_only\": false}]}");
	cr_expect_eq(findings.n, 0);
}

Test(rules_host_paths, remedies_fit_who_asked)
{
	static const struct {
		enum engine engine;
		char writable[40], foreign[48];
	} engines[] = {{ENGINE_CONTAINERD, "set readOnly: true on the volumeMount", "remove the hostPath volume,"},
		       {ENGINE_PODMAN, "mount it with :ro", "remove the volume or use a named one,"},
		       {ENGINE_DOCKER, "mount it with :ro", "remove the volume or use a named one,"}};

	add_bind(0, 0, "/srv", S_IFDIR);
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		container.identity.engine = engines[i].engine;
		judge(&rule_host_paths, "{\"allowed\": [{\"path\": \"/srv\", \"read_only\": true}]}");
		cr_assert_eq(findings.n, 1);
		cr_expect_str_eq(findings.items[0].remedy, engines[i].writable);
		judge(&rule_host_paths, "{}");
		cr_assert_eq(findings.n, 1);
		cr_expect_not_null(strstr(findings.items[0].remedy, engines[i].foreign), "%s",
				   findings.items[0].remedy);
	}
}

Test(rules_host_paths, what_is_known_is_told)
{
	container.identity.doubt = NULL;
	add_bind(0, 0, "/srv", S_IFDIR);
	seen[0].origin.state = ORIGIN_FILESYSTEM;
	seen[0].origin.paths.n = 0;
	seen[0].origin.fs_source = "/dev/sdb1";
	judge(&rule_host_paths, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "/dev/sdb1");
	cr_expect_str_eq(findings.items[0].message, "mounts a filesystem of type ext4 at /x");
	seen[0].origin.fs_source = NULL;
	judge(&rule_host_paths, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "");
	seen[0].origin.state = ORIGIN_UNKNOWN;
	seen[0].origin.why = "its disk is gone";
	judge(&rule_host_paths, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	cr_expect_str_eq(findings.items[0].message, "cannot tell what it mounts at /x: its disk is gone");
	seen[0].origin.why = NULL;
	judge(&rule_host_paths, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].message, "cannot tell what it mounts at /x: its origin is unknown");
}

Test(rules_host_paths, binds_that_are_not_there)
{
	add_bind(0, 0, "/srv", S_IFDIR);
	host.n_mounts = 0;
	judge(&rule_host_paths, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	cr_expect_str_eq(findings.items[0].value, "/srv");
	mounts[0].source = NULL;
	judge(&rule_host_paths, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "");
	host.facts = 0;
	judge(&rule_host_paths, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].message, "cannot tell what is mounted: the mounts are unknown");
}

Test(rules_host_paths, what_the_spec_names_comes_first)
{
	add_bind(0, -1, "/etc/x", S_IFDIR);
	seen[0].parent_mount = 0;
	add_bind(1, 0, "/srv/a", S_IFDIR);
	container.n_mounts = 1;
	judge(&rule_host_paths, "{}");
	cr_assert_eq(findings.n, 1, "one an entry");
	cr_expect_str_eq(findings.items[0].value, "/srv/a");
	judge(&rule_host_paths, "{\"allowed\": [{\"path\": \"/srv/a\", \"read_only\": false}]}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "/etc/x", "what came along, where nothing else is wrong");
}

/*
 * In a user namespace runtimes bind what the node has at the path that a device is to have in the container: a device is
 * one by what it is, not by what the spec calls it.
 */
Test(rules_host_paths, what_a_runtime_binds_by_a_devices_name)
{
	static const struct {
		char type[12], path[16];
		mode_t file_type;
		bool other; /* not a device of the runtime's: a path of the node like any other */
	} binds[] = {
		{"devtmpfs", "/dev/log", S_IFCHR, false}, {"devtmpfs", "/dev/log", S_IFBLK, false},
		{"tmpfs", "/dev/log", S_IFCHR, false},	  {"devtmpfs", "/dev/log", 0, false},
		{"tmpfs", "/dev/log", 0, false},	  {"devtmpfs", "/dev/log", S_IFSOCK, true},
		{"tmpfs", "/dev/log", S_IFSOCK, true},	  {"tmpfs", "/dev/log", S_IFREG, true},
		{"tmpfs", "/dev/log", S_IFIFO, true},	  {"mqueue", "/dev/log", S_IFREG, true},
		{"devtmpfs", "/dev/sda", S_IFBLK, true},  {"tmpfs", "/run/a.sock", 0, true},
	};
	static const struct device devices[] = {{.path = "/dev/log", .type = 'c', .major = 1, .minor = 3},
						{.path = "/run/a.sock", .type = 'c', .major = 1, .minor = 3}};

	container.devices = devices;
	container.n_devices = 2;
	add_dev(0);
	for (size_t i = 0; i < sizeof(binds) / sizeof(binds[0]); i++) {
		add_bind(1, -1, binds[i].path, binds[i].file_type);
		container.n_mounts = 1;
		seen[1].parent_mount = 0;
		seen[1].path = binds[i].path;
		seen[1].origin.fs_type = binds[i].type;
		judge(&rule_host_paths, "{}");
		cr_expect_eq(findings.n, binds[i].other, "host-paths: %s %s %o", binds[i].type, binds[i].path,
			     (unsigned)binds[i].file_type);
		judge(&rule_sensitive_mounts, "{}");
		cr_expect_eq(findings.n, binds[i].other, "sensitive-mounts: %s %s %o", binds[i].type, binds[i].path,
			     (unsigned)binds[i].file_type);
	}
}

/* The message queues of an IPC namespace are one file system: of the host's the node has the same at /dev/mqueue. */
Test(rules_host_paths, a_fresh_file_system_that_the_node_has_too)
{
	add_bind(0, 0, "/dev/mqueue", S_IFDIR);
	mounts[0].kind = MOUNT_FILESYSTEM;
	mounts[0].type = "mqueue";
	seen[0].origin.fs_type = "mqueue";
	judge(&rule_host_paths, "{}");
	cr_expect_eq(findings.n, 0);
	mounts[0].kind = MOUNT_BIND;
	judge(&rule_host_paths, "{}");
	cr_expect_eq(findings.n, 1);
}
