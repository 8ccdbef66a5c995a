/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the core rules make of facts that no recording can hold: ports of the node, profiles that cannot be read, mounts
 * that were lost on the way; and who keeps what on engines of which a rule needs no more than a path.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/host.h"
#include "ocigate/rule.h"

static struct arena arena;
static struct findings findings;
static struct container container;
static struct host host;

static void begin(void)
{
	arena_init(&arena, (size_t)1 << 20);
	container = (struct container){.id = "c0ffee", .bundle = "/b", .rootfs = "/b/rootfs"};
	container.identity = (struct identity){.engine = ENGINE_CONTAINERD,
					       .trusted = true,
					       .containerd_namespace = "k8s.io",
					       .namespace = "shop",
					       .pod = "web-0",
					       .pod_uid = "11-22",
					       .container = "app",
					       .image = "",
					       .image_digest = "",
					       .sandbox_id = "5a5a",
					       .ports_json = ""};
	host = (struct host){.source = HOST_LIVE, .facts = ~0u, .effective = true};
	for (int type = 0; type < NS_TYPES; type++)
		host.namespaces[type].shared = TRI_NO;
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(rules_core, .init = begin, .fini = finish);

static void judge(const struct rule *rule, const void *settings)
{
	findings = (struct findings){.arena = &arena, .rule = rule};
	rule->judge(&container, &host, settings ? settings : rule->defaults, &findings);
	cr_assert_not(findings.failed);
}

Test(rules_core, host_ports)
{
	static const struct host_port ports[] = {{18080, 8080, "tcp"}, {0, 9090, "tcp"}, {53, 53, "udp"}};
	static const struct range range[] = {{18000, 18999}};
	static const struct ranges allowed = {range, 1};

	host.ports = ports;
	host.n_ports = 3;
	judge(&rule_host_network, NULL);
	cr_assert_eq(findings.n, 2, "0 is no port: %zu", findings.n);
	cr_expect_str_eq(findings.items[0].message, "takes the node's port 18080/tcp");
	cr_expect_str_eq(findings.items[0].remedy, "remove hostPort: 18080");
	cr_expect_eq(findings.items[0].kind, FINDING_VIOLATION);
	judge(&rule_host_network, &allowed);
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "53/udp");
	container.identity.engine = ENGINE_PODMAN;
	judge(&rule_host_network, &allowed);
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].remedy, "run without --publish 53");
}

Test(rules_core, profiles_that_cannot_be_read)
{
	container.process.apparmor_profile = "cri-containerd.apparmor.d";
	host.apparmor_recorded = true;
	host.apparmor_enabled = TRI_YES;
	judge(&rule_apparmor, NULL);
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	cr_expect_eq(findings.items[0].at_most, EFFECT_DENY);
	host.apparmor_profiles_known = true;
	judge(&rule_apparmor, NULL);
	cr_assert_eq(findings.n, 1, "known, and not there");
	cr_expect_eq(findings.items[0].kind, FINDING_VIOLATION);
}

Test(rules_core, live_state_of_apparmor_unknown)
{
	container.process.apparmor_profile = "cri-containerd.apparmor.d";
	judge(&rule_apparmor, NULL);
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	cr_expect_eq(findings.items[0].at_most, EFFECT_DENY,
		     "a live kernel that does not say is no recording without facts");
}

Test(rules_core, a_mount_that_was_lost_on_the_way)
{
	static const struct mount mounts[] = {
		{.kind = MOUNT_FILESYSTEM, .destination = "/proc", .path = "/proc", .type = "proc"},
		{.kind = MOUNT_BIND, .destination = "/x", .path = "/x", .source = "/etc"},
	};

	container.mounts = mounts;
	container.n_mounts = 2;
	judge(&rule_host_paths, NULL);
	cr_assert_eq(findings.n, 1, "a fresh filesystem need not be there");
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	cr_expect_str_eq(findings.items[0].pointer, "/mounts/1");
}

Test(rules_core, mounts_that_were_not_collected)
{
	host.facts = 0;
	judge(&rule_host_paths, NULL);
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	host.facts = HOST_FACT_MOUNTS;
	host.mounts_why = "its mountinfo cannot be read";
	judge(&rule_host_paths, NULL);
	cr_assert_eq(findings.n, 1);
	cr_expect(strstr(findings.items[0].message, host.mounts_why));
}

Test(rules_core, an_origin_that_nobody_looked_up)
{
	static const struct mount mounts[] = {
		{.kind = MOUNT_BIND, .destination = "/x", .path = "/x", .source = "/etc"}};
	static const struct host_mount real[] = {
		{.mount = 0, .parent_mount = -1, .path = "/x", .origin = {.source = ""}}};

	container.mounts = mounts;
	container.n_mounts = 1;
	host.mounts = real;
	host.n_mounts = 1;
	judge(&rule_host_paths, NULL);
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
}

/* One path of the node, at one place in the container. */
static bool keeps(enum engine engine, const char *path, const char *at)
{
	const char *const paths[] = {path};
	const struct host_mount mount = {.mount = -1,
					 .parent_mount = -1,
					 .path = at,
					 .origin = {.state = ORIGIN_NODE, .paths = {paths, 1}, .n_same = 1}};
	struct bind_owner owner;

	container.identity.engine = engine;
	bind_owner_find(&owner, &container, &host, &mount, NULL);
	return bind_owner_keeps(&owner, path);
}

Test(rules_core, builders)
{
	cr_expect(keeps(ENGINE_BUILDKIT, "/var/lib/docker/buildkit/executor/hosts.kx2", "/etc/hosts"));
	cr_expect(keeps(ENGINE_BUILDKIT, "/var/lib/buildkit/executor/resolv.conf", "/etc/resolv.conf"));
	cr_expect_not(keeps(ENGINE_BUILDKIT, "/var/lib/buildkit/executor/resolv.conf", "/x"));
	cr_expect(keeps(ENGINE_BUILDKIT, "/tmp/buildkit-mount12345", "/src"));
	cr_expect(keeps(ENGINE_BUILDKIT, "/var/lib/docker/overlay2/k3j/merged", "/src"));
	cr_expect(keeps(ENGINE_BUILDKIT, "/var/lib/buildkit/runc-overlayfs/snapshots/snapshots/4/fs", "/src"));
	cr_expect_not(keeps(ENGINE_BUILDKIT, "/tmp/x", "/src"));
	cr_expect_not(keeps(ENGINE_DOCKER, "/var/lib/docker/overlay2/k3j/merged", "/src"));
}

Test(rules_core, ids_that_are_empty_match_nothing)
{
	cr_expect(keeps(ENGINE_CONTAINERD, "/var/lib/kubelet/pods/11-22/volumes/kubernetes.io~secret/s", "/s"));
	container.identity.pod_uid = "";
	cr_expect_not(keeps(ENGINE_CONTAINERD, "/var/lib/kubelet/pods//volumes/kubernetes.io~secret/s", "/s"));
	cr_expect_not(keeps(ENGINE_CONTAINERD, "/var/lib/kubelet/pods/11-22/volumes/kubernetes.io~secret/s", "/s"));
}

Test(rules_core, shapes_are_whole)
{
	cr_expect(keeps(ENGINE_CONTAINERD, "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/5a5a/shm", "/dev/shm"));
	cr_expect_not(keeps(ENGINE_CONTAINERD, "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/5a5a", "/x"));
	cr_expect_not(keeps(ENGINE_CONTAINERD, "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/5a5a/shm/x", "/x"));
	cr_expect_not(keeps(ENGINE_CONTAINERD, "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/5a5a/state", "/x"));
	cr_expect_not(keeps(ENGINE_CRIO, "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/5a5a/shm", "/dev/shm"));
	cr_expect_not(keeps(ENGINE_CONTAINERD, "/var/lib/kubelet/pods/11-22/volumes/kubernetes.io~secret", "/x"));
	cr_expect(keeps(ENGINE_PODMAN, "/var/lib/containers/storage/vfs-containers/c0ffee/userdata/shm", "/dev/shm"));
	cr_expect_not(keeps(ENGINE_PODMAN, "/var/lib/containers/storage/vfs/c0ffee/userdata/shm", "/dev/shm"));
}

Test(rules_core, nobody_vouches_for_the_untrusted)
{
	container.identity.trusted = false;
	cr_expect_not(keeps(ENGINE_CONTAINERD, "/var/lib/kubelet/pods/11-22/volumes/kubernetes.io~secret/s", "/s"));
	cr_expect_not(bind_owner_layer(
		&container, "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs", NULL));
	container.identity.trusted = true;
	cr_expect(bind_owner_layer(&container,
				   "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs", NULL));
	cr_expect_not(bind_owner_layer(&container, "/var/lib/containerd/io.containerd.content.v1.content/blobs", NULL));
}

Test(rules_core, shared_namespaces_explain_a_bind)
{
	cr_expect_not(keeps(ENGINE_CONTAINERD, "/dev/shm", "/dev/shm"));
	host.namespaces[NS_IPC].shared = TRI_YES;
	cr_expect(keeps(ENGINE_CONTAINERD, "/dev/shm", "/dev/shm"));
	cr_expect_not(keeps(ENGINE_CONTAINERD, "/dev/shm", "/host-shm"));
	host.namespaces[NS_IPC].shared = TRI_UNKNOWN;
	cr_expect_not(keeps(ENGINE_CONTAINERD, "/dev/shm", "/dev/shm"));
	cr_expect_not(
		keeps(ENGINE_PODMAN, "/var/lib/containers/storage/overlay-containers/other/userdata/shm", "/dev/shm"));
	container.namespaces[NS_IPC] = (struct namespace_entry){.present = true, .path = "/proc/9/ns/ipc"};
	cr_expect(
		keeps(ENGINE_PODMAN, "/var/lib/containers/storage/overlay-containers/other/userdata/shm", "/dev/shm"));
}
