/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about what the node's files are: every entry of their lists, and what a recording cannot tell (which type a
 * file has).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "rules_view.h"

#include "ocigate/container.h"
#include "ocigate/fs.h"
#include "ocigate/host.h"
#include "ocigate/policy.h"
#include "ocigate/rule.h"

enum { TEXT_MAX = 1 << 20 };

TestSuite(rules_places, .init = view_begin, .fini = view_end);

Test(rules_places, the_shipped_default_is_what_the_file_says)
{
	static char file_text[TEXT_MAX];
	FILE *file = fopen("config/presets/default.json", "r");
	const char *text = policy_defaults(&arena);

	cr_assert_not_null(file);
	cr_assert_not_null(text);
	file_text[fread(file_text, 1, sizeof(file_text) - 1, file)] = '\0';
	(void)fclose(file);
	cr_expect_str_eq(text, file_text, "make config");
}

/* --- the root --- */

Test(rules_places, roots_that_show_the_node)
{
	static const char *const own[] = {"/bin",
					  "/boot",
					  "/dev",
					  "/etc",
					  "/lib",
					  "/lib64",
					  "/proc",
					  "/root/.ssh",
					  "/sbin",
					  "/sys",
					  "/usr",
					  "/var/lib/cloud",
					  "/var/lib/etcd",
					  "/var/lib/kubelet",

					  "/var/lib/rancher/k3s/server",
					  "/var/lib/waagent",
					  "/var/spool",
					  "/home/u/.ssh",
					  "/home/u/.config/gcloud",
					  "/home/u/.kube",
					  "/home/u/.docker",
					  "/home/u/.aws",
					  "/home/u/.azure",
					  "/home/u/.gnupg"};
	static const char *const shared[] = {"/home/u/.local",	    "/home/u/.ssh-not",	   "/root",	     "/tmp",
					     "/var/lib/containerd", "/var/lib/containers", "/var/lib/docker"};
	static const char *const holding[] = {"/home",
					      "/home/u",
					      "/home/u/.config",
					      "/root",
					      "/run",
					      "/tmp",
					      "/var/lib/containerd",
					      "/var/lib/containers",
					      "/var/lib/docker",
					      "/var/lib/rancher"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		container.rootfs = own[i];
		judge(&rule_spec_integrity, "{}");
		cr_expect_eq(found_at("/root/path"), 1, "%s", own[i]);
		container.rootfs = arena_printf(&arena, "%s/below", own[i]);
		judge(&rule_spec_integrity, "{}");
		cr_expect_eq(found_at("/root/path"), 1, "below %s", own[i]);
	}
	for (size_t i = 0; i < sizeof(holding) / sizeof(holding[0]); i++) {
		container.rootfs = holding[i];
		judge(&rule_spec_integrity, "{}");
		cr_expect_eq(found_at("/root/path"), 1, "%s", holding[i]);
	}
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		container.rootfs = arena_printf(&arena, "%s/below", shared[i]);
		judge(&rule_spec_integrity, "{}");
		cr_expect_eq(found_at("/root/path"), 0, "below %s an image may lie", shared[i]);
	}
}

/* Of what lies in /run a container gets what its engine made there for it. */
Test(rules_places, roots_among_sockets)
{
	static const struct {
		char bundle[72], root[64];
		size_t findings;
	} roots[] = {
		{"/run/containerd/io.containerd.runtime.v2.task/k8s.io/c1", "/run/containerd", 1},
		{"/run/containerd/io.containerd.runtime.v2.task/k8s.io/c1",
		 "/run/containerd/io.containerd.runtime.v2.task/k8s.io/c1/rootfs", 0},
		{"/run/containerd/io.containerd.runtime.v2.task/k8s.io/c1",
		 "/run/containerd/io.containerd.runtime.v2.task/k8s.io/d/rootfs", 1},
		{"/var/run/docker/task/moby/c1", "/run/docker/task/moby/c1/rootfs", 0},
		{"/var/run/docker/task/moby/c1", "/run/docker/containerd", 1},
		{"/run/docker/task/moby/c1", "/run/docker/task/moby/c10/rootfs", 1},
		{"/run/user/1000/s/overlay-containers/c1/userdata", "/run/user/1000/s/overlay/l/merged", 0},
		{"/run/user/1000/s/overlay-containers/c1/userdata", "/run/user/1000/podman", 1},
		{"/var/lib/containers/storage/overlay-containers/c1/userdata", "/run/podman", 1},
		{"/srv/c1", "/run/containerd", 1},
		{"/srv/c1", "/runs/c1", 0},
	};

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		container.bundle = roots[i].bundle;
		container.rootfs = roots[i].root;
		judge(&rule_spec_integrity, "{}");
		cr_expect_eq(found_at("/root/path"), roots[i].findings, "%s", roots[i].root);
	}
}

Test(rules_places, roots_that_hold_the_bundle)
{
	container.bundle = "/srv/b/c";
	container.rootfs = "/srv/b";
	judge(&rule_spec_integrity, "{}");
	cr_expect_eq(found_at("/root/path"), 1);
	container.bundle = "";
	judge(&rule_spec_integrity, "{}");
	cr_expect_eq(found_at("/root/path"), 0, "of a container without a bundle nothing is held");
}

Test(rules_places, roots_that_cannot_be_told)
{
	host.rootfs.state = ORIGIN_DELETED;
	judge(&rule_spec_integrity, "{}");
	cr_assert_eq(found_at("/root/path"), 1);
	cr_expect_not_null(strstr(findings.items[0].message, "it is deleted"));
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	host.rootfs = (struct origin){.state = ORIGIN_UNKNOWN, .why = "its disk is gone"};
	judge(&rule_spec_integrity, "{}");
	cr_expect_not_null(strstr(findings.items[0].message, "its disk is gone"));
	host.rootfs.why = NULL;
	judge(&rule_spec_integrity, "{}");
	cr_expect_not_null(strstr(findings.items[0].message, "not known"));
}

/* --- sensitive-mounts --- */

Test(rules_places, sockets_of_the_node)
{
	add_bind(0, 0, "/srv/app.sock", S_IFSOCK);
	judge(&rule_sensitive_mounts, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_VIOLATION);
	cr_expect_str_eq(findings.items[0].pointer, "/mounts/0");
	cr_expect_str_eq(findings.items[0].message, "mounts the node's socket /srv/app.sock at /x");
	judge(&rule_sensitive_mounts, "{\"allowed\": [\"/srv/app.sock\"]}");
	cr_expect_eq(findings.n, 0, "allowed by the owner");
	seen[0].origin.file_type = S_IFREG;
	judge(&rule_sensitive_mounts, "{}");
	cr_expect_eq(findings.n, 0, "a file of no importance");
}

Test(rules_places, one_finding_a_mount)
{
	static const char *paths[] = {"/etc/shadow", "/srv/copy"};

	add_bind(0, 0, "/etc/shadow", S_IFREG);
	seen[0].origin.paths = (struct strings){paths, 2};
	seen[0].origin.n_same = 2;
	seen[0].origin.contains = (struct strings){paths, 1};
	judge(&rule_sensitive_mounts, "{}");
	cr_expect_eq(findings.n, 1, "%zu", findings.n);
	seen[0].origin.state = ORIGIN_UNKNOWN;
	judge(&rule_sensitive_mounts, "{}");
	cr_expect_eq(findings.n, 1, "what it is matters more than that something about it is not known");
}

Test(rules_places, programs_count_where_they_can_be_written)
{
	static const char *const programs[] = {"/bin", "/lib", "/lib32", "/lib64", "/libx32", "/sbin", "/usr"};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		add_bind(0, 0, arena_printf(&arena, "%s/tool", programs[i]), S_IFDIR);
		judge(&rule_sensitive_mounts, "{}");
		cr_expect_eq(findings.n, 1, "%s", programs[i]);
		seen[0].read_only = TRI_YES;
		judge(&rule_sensitive_mounts, "{}");
		cr_expect_eq(findings.n, 0, "%s read-only", programs[i]);
	}
	/* The runtime has not made it read-only yet: what the spec asks for counts, for a mount of the spec. */
	add_bind(0, 0, "/usr/share", S_IFDIR);
	seen[0].read_only = TRI_UNKNOWN;
	mounts[0].read_only = true;
	judge(&rule_sensitive_mounts, "{}");
	cr_expect_eq(findings.n, 0);
	mounts[0].read_only = false;
	judge(&rule_sensitive_mounts, "{}");
	cr_expect_eq(findings.n, 1);
}

/* --- devices --- */

Test(rules_places, device_nodes_that_are_bound)
{
	static const struct {
		mode_t type;
		unsigned major, minor;
		size_t findings;
	} nodes[] = {
		{S_IFCHR, 1, 3, 0}, {S_IFCHR, 1, 5, 0}, {S_IFCHR, 1, 7, 0}, {S_IFCHR, 1, 8, 0},	   {S_IFCHR, 1, 9, 0},
		{S_IFCHR, 5, 0, 0}, {S_IFCHR, 5, 1, 0}, {S_IFCHR, 5, 2, 0}, {S_IFCHR, 10, 229, 1}, {S_IFCHR, 1, 1, 1},
		{S_IFBLK, 8, 0, 1}, {S_IFBLK, 1, 3, 1}, {S_IFREG, 8, 0, 0},
	};

	container.resources.n_device_rules = 0;
	mounts[1] = (struct mount){.kind = MOUNT_FILESYSTEM, .destination = "/dev", .path = "/dev", .type = "tmpfs"};
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		add_bind(0, 0, "/srv/node", nodes[i].type);
		container.n_mounts = 2;
		seen[0].origin.device_major = nodes[i].major;
		seen[0].origin.device_minor = nodes[i].minor;
		judge(&rule_devices, "{}");
		cr_expect_eq(found_at("/mounts/0"), nodes[i].findings, "%o %u:%u", (unsigned)nodes[i].type,
			     nodes[i].major, nodes[i].minor);
	}
	judge(&rule_devices, "{\"allowed\": [\"c 10:229 rwm\"]}");
	add_bind(0, -1, "/srv/node", S_IFCHR);
	container.n_mounts = 2;
	seen[0].origin.device_major = 10;
	seen[0].origin.device_minor = 229;
	judge(&rule_devices, "{}");
	cr_expect_eq(found_at("/mounts"), 1, "nobody asked for it");
	judge(&rule_devices, "{\"allowed\": [\"c 10:229 rwm\"]}");
	cr_expect_eq(found_at("/mounts"), 0);
	judge(&rule_devices, "{\"allowed\": [\"c 10:* r\"]}");
	cr_expect_eq(found_at("/mounts"), 0);
	judge(&rule_devices, "{\"allowed\": [\"c *:229 rwm\"]}");
	cr_expect_eq(found_at("/mounts"), 0);
	judge(&rule_devices, "{\"allowed\": [\"c *:228 rwm\", \"c 11:* rwm\", \"b 10:229 rwm\"]}");
	cr_expect_eq(found_at("/mounts"), 1);
}

Test(rules_places, nodes_that_come_along_with_one_bind)
{
	mounts[1] = (struct mount){.kind = MOUNT_BIND, .destination = "/x", .path = "/x", .source = "/srv"};
	for (size_t i = 0; i < 2; i++) {
		add_bind(i, 0, "/srv/node", S_IFCHR);
		seen[i].origin.device_major = 10;
		seen[i].origin.device_minor = 1;
	}
	judge(&rule_devices, "{}");
	cr_expect_eq(found_at("/mounts/0"), 1);
	cr_expect_eq(found_at("/mounts"), 1, "there is no /dev");
	seen[1].mount = -1;
	judge(&rule_devices, "{}");
	cr_expect_eq(found_at("/mounts/0"), 1);
	cr_expect_eq(found_at("/mounts"), 2, "the second is of no entry");
	seen[1].parent_mount = 1;
	judge(&rule_devices, "{}");
	cr_expect_eq(found_at("/mounts/1"), 1, "it came along with the second entry");
}

Test(rules_places, grants_of_every_runtime)
{
	static const struct device_rule granted[] = {
		{.allow = false, .type = 'a', .major = -1, .minor = -1, .access = "rwm"},
		{.allow = true, .type = 'c', .major = -1, .minor = -1, .access = "m"},
		{.allow = true, .type = 'b', .major = -1, .minor = -1, .access = "m"},
		{.allow = true, .type = 'c', .major = 1, .minor = 3, .access = "rwm"},
		{.allow = true, .type = 'c', .major = 1, .minor = 5, .access = "rwm"},
		{.allow = true, .type = 'c', .major = 1, .minor = 7, .access = "rwm"},
		{.allow = true, .type = 'c', .major = 1, .minor = 8, .access = "rwm"},
		{.allow = true, .type = 'c', .major = 1, .minor = 9, .access = "rwm"},
		{.allow = true, .type = 'c', .major = 5, .minor = 0, .access = "rwm"},
		{.allow = true, .type = 'c', .major = 5, .minor = 1, .access = "rwm"},
		{.allow = true, .type = 'c', .major = 5, .minor = 2, .access = "rwm"},
		{.allow = true, .type = 'c', .major = 136, .minor = -1, .access = "rwm"},
		{.allow = true, .type = 'c', .major = 10, .minor = 200, .access = "rwm"},
	};
	static const struct device nodes[] = {
		{.path = "/dev/null", .type = 'c', .major = 1, .minor = 3},
		{.path = "/dev/disk", .type = 'b', .major = 8, .minor = 1},
	};
	struct device_rule one[2] = {granted[0], {.allow = true, .type = 'b', .major = 8, .minor = 1, .access = "rwm"}};

	mounts[0] = (struct mount){.kind = MOUNT_FILESYSTEM, .destination = "/dev", .path = "/dev", .type = "tmpfs"};
	container.n_mounts = 1;
	container.resources.device_rules = granted;
	container.resources.n_device_rules = sizeof(granted) / sizeof(granted[0]);
	judge(&rule_devices, "{}");
	cr_expect_eq(findings.n, 0, "%s", findings.n > 0 ? findings.items[0].pointer : "");
	/* The grant of a node that is told already is not told again; that of another is. */
	container.resources.device_rules = one;
	container.resources.n_device_rules = 2;
	container.devices = nodes;
	container.n_devices = 2;
	judge(&rule_devices, "{}");
	cr_expect_eq(findings.n, 1);
	cr_expect_eq(found_at("/linux/devices/1"), 1);
	for (int i = 0; i < 3; i++) {
		one[1] = (struct device_rule){.allow = true, .type = 'b', .major = 8, .minor = 1, .access = "rwm"};
		if (i == 0)
			one[1].type = 'c';
		else if (i == 1)
			one[1].major = 9;
		else
			one[1].minor = 2;
		judge(&rule_devices, "{}");
		cr_expect_eq(found_at("/linux/resources/devices/1"), 1, "%d", i);
	}
}

/* --- mount-propagation --- */

Test(rules_places, mounts_that_the_node_sees)
{
	add_bind(0, 0, "/srv/a", S_IFDIR);
	seen[0].shared = TRI_YES;
	judge(&rule_mount_propagation, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].pointer, "/mounts/0");
	cr_expect_str_eq(findings.items[0].message, "/x is shared with the node");
	cr_expect_eq(findings.items[0].kind, FINDING_VIOLATION);
	judge(&rule_mount_propagation, "{\"allowed\": [\"/srv\"]}");
	cr_expect_eq(findings.n, 0);
	seen[0].origin.state = ORIGIN_UNKNOWN;
	judge(&rule_mount_propagation, "{\"allowed\": [\"/srv\"]}");
	cr_expect_eq(findings.n, 1, "what it is has to be known for that");
	seen[0].origin.state = ORIGIN_NODE;
	seen[0].shared = TRI_UNKNOWN;
	judge(&rule_mount_propagation, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	cr_expect_str_eq(findings.items[0].message, "cannot tell whether /x is shared with the node");
	seen[0].effective = false;
	judge(&rule_mount_propagation, "{}");
	cr_expect_eq(findings.n, 0, "not made yet");
}

Test(rules_places, mounts_that_the_node_sees_by_entry)
{
	add_bind(0, 0, "/srv/a", S_IFDIR);
	add_bind(1, 0, "/srv/b", S_IFDIR);
	seen[0].shared = TRI_YES;
	seen[1].shared = TRI_YES;
	judge(&rule_mount_propagation, "{}");
	cr_expect_eq(findings.n, 1, "one an entry");
	seen[1].mount = -1;
	judge(&rule_mount_propagation, "{}");
	cr_expect_eq(found_at("/mounts"), 1, "of no entry");
	seen[1].parent_mount = 1;
	judge(&rule_mount_propagation, "{}");
	cr_expect_eq(found_at("/mounts/1"), 1, "brought along");
	seen[0].mount = -1;
	judge(&rule_mount_propagation, "{}");
	cr_expect_eq(found_at("/mounts"), 1);
	seen[0].parent_mount = 0;
	judge(&rule_mount_propagation, "{}");
	cr_expect_eq(found_at("/mounts/0"), 1);
}

Test(rules_places, what_is_shared_and_of_no_entry)
{
	add_bind(0, 0, "/srv/a", S_IFDIR);
	add_bind(1, 0, "/srv/b", S_IFDIR);
	/* What lies before the spec's first mount is none of its mounts. */
	mounts[0].propagation = "shared";
	container.mounts = &mounts[1];
	container.n_mounts = 1;
	seen[0].mount = -1;
	seen[0].parent_mount = -1;
	seen[0].shared = TRI_YES;
	host.n_mounts = 1;
	judge(&rule_mount_propagation, "{}");
	cr_expect_eq(found_at("/mounts"), 1);
}

Test(rules_places, what_is_shared_and_not_named)
{
	add_bind(0, 0, "/srv/a", S_IFDIR);
	mounts[0].propagation = "shared";
	mounts[1] = mounts[0];
	mounts[0].source = NULL;
	container.n_mounts = 1;
	seen[0].shared = TRI_NO;
	judge(&rule_mount_propagation, "{}");
	cr_assert_eq(findings.n, 1, "behind the last mount there is none");
	cr_expect_str_eq(findings.items[0].pointer, "/mounts/0/options");
	cr_expect_str_eq(findings.items[0].value, "", "of no source");
	mounts[0].propagation = NULL;
	seen[1] = seen[0];
	seen[1].shared = TRI_YES;
	judge(&rule_mount_propagation, "{}");
	cr_expect_eq(findings.n, 0, "nor one that the kernel shows");
	/* What lies before the first is none of the container's either. */
	container.mounts = mounts + 1;
	container.n_mounts = 0;
	container.rootfs_propagation = "shared";
	seen[0].mount = -1;
	seen[0].shared = TRI_YES;
	judge(&rule_mount_propagation, "{}");
	cr_expect_eq(found_at("/mounts"), 1);
}

Test(rules_places, file_systems_below_a_shared_root)
{
	add_bind(0, 0, "/srv/a", S_IFDIR);
	seen[0].shared = TRI_YES;
	mounts[0].kind = MOUNT_FILESYSTEM;
	judge(&rule_mount_propagation, "{}");
	cr_expect_eq(found_at("/mounts/0"), 1, "the root is not shared");
	container.rootfs_propagation = "shared";
	judge(&rule_mount_propagation, "{}");
	cr_expect_eq(found_at("/mounts/0"), 0, "told of the root already");
	cr_expect_eq(found_at("/linux/rootfsPropagation"), 1);
	mounts[0].kind = MOUNT_BIND;
	judge(&rule_mount_propagation, "{}");
	cr_expect_eq(found_at("/mounts/0"), 1, "a bind is shared by its source");
	mounts[0].propagation = "shared";
	judge(&rule_mount_propagation, "{}");
	cr_expect_eq(found_at("/mounts/0"), 0);
	cr_expect_eq(found_at("/mounts/0/options"), 1, "told where it is asked for");
}

/* --- proc-mount --- */

Test(rules_places, trees_of_cgroup_version_1)
{
	const char *allow = "{\"allow_writable_cgroup\": true}";

	add_bind(0, -1, "/", S_IFDIR);
	mounts[0] = (struct mount){.kind = MOUNT_FILESYSTEM,
				   .destination = "/sys/fs/cgroup",
				   .path = "/sys/fs/cgroup",
				   .type = "cgroup",
				   .source = "cgroup",
				   .read_only = true};
	seen[0].parent_mount = 0;
	seen[0].path = "/sys/fs/cgroup/cpu";
	seen[0].origin.fs_type = "cgroup";
	judge(&rule_proc_mount, "{}");
	cr_assert_eq(found_at("/mounts/0"), 1);
	judge(&rule_proc_mount, allow);
	cr_expect_eq(found_at("/mounts/0"), 1, "leave for version 2 alone");
	seen[0].read_only = TRI_YES;
	judge(&rule_proc_mount, "{}");
	cr_expect_eq(found_at("/mounts/0"), 0);
	seen[0].read_only = TRI_NO;
	seen[0].origin.fs_type = "cgroup2";
	judge(&rule_proc_mount, "{}");
	cr_expect_eq(found_at("/mounts/0"), 1);
	judge(&rule_proc_mount, allow);
	cr_expect_eq(found_at("/mounts/0"), 0);
}

/* --- service-account-token --- */

Test(rules_places, tokens_by_the_name_of_their_volume)
{
	static const struct {
		const char *source;
		size_t findings;
	} sources[] = {
		{"/var/lib/kubelet/pods/1/volumes/kubernetes.io~projected/kube-api-access-x", 1},
		{"/var/lib/kubelet/pods/1/volumes/kubernetes.io~projected/kube-api-accessories", 0},
		{"/var/lib/kubelet/pods/1/volumes/kubernetes.io~secret/default-token-x", 1},
		{"/var/lib/kubelet/pods/1/volumes/kubernetes.io~secret/password", 0},
		{"/srv/default-token-x", 0},
		{"relative", 0},
	};

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		add_bind(0, 0, sources[i].source, S_IFDIR);
		judge(&rule_service_account_token, "{}");
		cr_expect_eq(findings.n, sources[i].findings, "%s", sources[i].source);
	}
}

/* --- devices, once more: where mounts are not known --- */

Test(rules_places, binds_that_cannot_be_looked_at)
{
	add_bind(0, 0, "/srv/a", S_IFDIR);
	mounts[1] = (struct mount){.kind = MOUNT_FILESYSTEM, .destination = "/dev", .path = "/dev", .type = "tmpfs"};
	container.n_mounts = 2;
	seen[0].origin.state = ORIGIN_UNKNOWN;
	seen[0].origin.why = "its disk is gone";
	judge(&rule_devices, "{}");
	cr_assert_eq(found_at("/mounts"), 1);
	cr_expect_not_null(strstr(findings.items[0].message, "its disk is gone"));
	seen[0].origin.state = ORIGIN_NODE;
	host.mounts_why = "mountinfo cannot be read";
	judge(&rule_devices, "{}");
	cr_assert_eq(found_at("/mounts"), 1);
	cr_expect_not_null(strstr(findings.items[0].message, "mountinfo cannot be read"));
	mounts[0].kind = MOUNT_FILESYSTEM;
	judge(&rule_devices, "{}");
	cr_expect_eq(found_at("/mounts"), 0, "nothing is bound");
	mounts[0].kind = MOUNT_BIND;
	host.mounts_why = NULL;
	host.facts = 0;
	host.n_mounts = 0;
	judge(&rule_devices, "{}");
	cr_expect_eq(found_at("/mounts"), 1, "nobody looked");
}

/* --- sensitive-mounts, what lies below --- */

Test(rules_places, parts_that_are_mounted_at_sensitive_places)
{
	static const char *inside[] = {"/etc/cron.d", "/srv/elsewhere"};

	add_bind(0, 0, "/srv/data", S_IFDIR);
	seen[0].origin.contains = (struct strings){inside, 2};
	judge(&rule_sensitive_mounts, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "/srv/data");
	cr_expect_str_eq(findings.items[0].message,
			 "mounts the node's /srv/data, part of which is its /etc/cron.d, at /x");
	cr_expect_eq(findings.items[0].kind, FINDING_VIOLATION);
	judge(&rule_sensitive_mounts, "{\"allowed\": [\"/etc/cron.d\"]}");
	cr_expect_eq(findings.n, 0, "the owner allows that part");
	seen[0].origin.contains = (struct strings){inside + 1, 1};
	judge(&rule_sensitive_mounts, "{}");
	cr_expect_eq(findings.n, 0, "a part of no importance");
	/* One finding a mount: that its origin is unknown as well is not told. */
	seen[0].origin.contains = (struct strings){inside, 1};
	seen[0].origin.state = ORIGIN_UNKNOWN;
	judge(&rule_sensitive_mounts, "{}");
	cr_expect_eq(findings.n, 1);
	seen[0].origin.paths.n = 0;
	seen[0].origin.n_same = 0;
	judge(&rule_sensitive_mounts, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "/x", "no name of the node's is known");
}

Test(rules_places, mounts_of_which_nothing_is_known)
{
	add_bind(0, 0, "/srv/data", S_IFDIR);
	seen[0].origin.state = ORIGIN_DELETED;
	judge(&rule_sensitive_mounts, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	cr_expect_str_eq(findings.items[0].message, "cannot tell what /x is: its source is deleted");
	seen[0].origin.state = ORIGIN_UNKNOWN;
	seen[0].origin.why = "its disk is gone";
	judge(&rule_sensitive_mounts, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].message, "cannot tell what /x is: its disk is gone");
	seen[0].origin.why = NULL;
	judge(&rule_sensitive_mounts, "{}");
	cr_expect_str_eq(findings.items[0].message, "cannot tell what /x is: origin unknown");
	host.n_mounts = 0;
	judge(&rule_sensitive_mounts, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	cr_expect_str_eq(findings.items[0].value, "/srv/data");
	cr_expect_not_null(strstr(findings.items[0].message, "the kernel does not show it"));
	host.mounts_why = "mountinfo cannot be read";
	mounts[0].source = NULL;
	judge(&rule_sensitive_mounts, "{}");
	cr_expect_str_eq(findings.items[0].value, "");
	cr_expect_not_null(strstr(findings.items[0].message, "mountinfo cannot be read"));
}

Test(rules_places, file_systems_that_runtimes_make_afresh)
{
	static const char *const types[] = {"proc", "sysfs", "cgroup", "cgroup2", "mqueue", "devpts", "tmpfs"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		add_bind(0, 0, "/dev/shm", S_IFDIR);
		mounts[0].kind = MOUNT_FILESYSTEM;
		mounts[0].type = types[i];
		judge(&rule_sensitive_mounts, "{}");
		cr_expect_eq(findings.n, 0, "%s", types[i]);
	}
	mounts[0].type = "devtmpfs";
	judge(&rule_sensitive_mounts, "{}");
	cr_expect_eq(findings.n, 1, "the node's own devices");
}
