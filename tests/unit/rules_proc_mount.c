/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The proc-mount rule: one finding an entry, whose root it is, and how often /proc is mounted.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

#include "rules_view.h"

TestSuite(rules_proc_mount, .init = view_begin, .fini = view_end);

#define NO_MASKS "\"masked\": [], \"read_only\": []"

static void fresh(size_t i, const char *type, const char *path)
{
	add_bind(i, (long)i, "/", S_IFDIR);
	mounts[i] = (struct mount){.kind = MOUNT_FILESYSTEM,
				   .type = type,
				   .source = type,
				   .destination = path,
				   .path = path,
				   .read_only = true};
	seen[i].path = path;
	seen[i].read_only = TRI_YES;
	seen[i].origin.state = ORIGIN_FILESYSTEM;
	seen[i].origin.fs_type = type;
}

/* What the runtime or somebody else put below the first entry */
static void along(size_t i, const char *type, const char *path)
{
	fresh(i, type, path);
	container.n_mounts = 1;
	seen[i].mount = -1;
	seen[i].parent_mount = 0;
	seen[i].read_only = TRI_NO;
}

Test(rules_proc_mount, one_finding_an_entry)
{
	fresh(0, "proc", "/proc");
	seen[0].path = "/etc";
	along(1, "tmpfs", "/proc/x");
	judge(&rule_proc_mount, "{" NO_MASKS "}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].message, "a link of the image leads the mount at /proc to /etc");
	seen[0].path = "/proc";
	along(2, "ext4", "/proc/y");
	judge(&rule_proc_mount, "{" NO_MASKS "}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].message, "something is mounted over /proc/x");
	along(1, "sysfs", "/proc/x");
	judge(&rule_proc_mount, "{" NO_MASKS "}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].message, "mounts the node's sysfs at /proc/x");
	fresh(0, "cgroup", "/sys/fs/cgroup");
	along(1, "cgroup", "/sys/fs/cgroup/cpu");
	along(2, "cgroup", "/sys/fs/cgroup/pids");
	judge(&rule_proc_mount, "{" NO_MASKS "}");
	cr_expect_eq(found_at("/mounts/0"), 1);
}

Test(rules_proc_mount, proc_is_mounted_once)
{
	fresh(0, "proc", "/proc");
	fresh(1, "proc", "/proc");
	container.n_mounts = 1;
	judge(&rule_proc_mount, "{" NO_MASKS "}");
	cr_expect_eq(findings.n, 0, "behind the last mount there is none");
	container.n_mounts = 2;
	judge(&rule_proc_mount, "{" NO_MASKS "}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].pointer, "/mounts/1");
	cr_expect_str_eq(findings.items[0].message, "mounts /proc twice");
	container.n_mounts = 0;
	judge(&rule_proc_mount, "{" NO_MASKS "}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].pointer, "/mounts");
}

/* No masks are needed only where root is known to be somebody else on the node. */
Test(rules_proc_mount, masks_where_root_is_nobody)
{
	static const char settings[] = "{\"allow_in_user_namespace\": true}";
	struct id_mapping maps[] = {{.container_id = 0, .host_id = 1, .size = 1},
				    {.container_id = 5, .host_id = 0, .size = 1}};

	fresh(0, "proc", "/proc");
	host.uid_map = (struct id_mappings){maps, 1};
	host.id_maps_known = true;
	judge(&rule_proc_mount, settings);
	cr_expect_eq(findings.n, 0);
	host.uid_map.n = 2;
	judge(&rule_proc_mount, settings);
	cr_expect_eq(found_at("/linux/maskedPaths"), 1, "one of its users is the node's root");
	host.uid_map.n = 1;
	host.id_maps_known = false;
	judge(&rule_proc_mount, settings);
	cr_expect_eq(found_at("/linux/maskedPaths"), 1);
	host.id_maps_known = true;
	host.namespaces[NS_USER].shared = TRI_UNKNOWN;
	judge(&rule_proc_mount, settings);
	cr_expect_eq(found_at("/linux/maskedPaths"), 1);
	host.namespaces[NS_USER].shared = TRI_YES;
	judge(&rule_proc_mount, settings);
	cr_expect_eq(found_at("/linux/maskedPaths"), 1);
}
