/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the core rules make of facts that no recording can hold: ports of the node, profiles that cannot be read, mounts
 * that were lost on the way; and who keeps what on engines of which a rule needs no more than a path.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/host.h"
#include "ocigate/owner.h"
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
		{.kind = MOUNT_BIND, .destination = "/x", .path = "/x", .source = "/etc"},
		{.kind = MOUNT_FILESYSTEM, .destination = "/proc", .path = "/proc", .type = "proc"},
	};

	container.mounts = mounts;
	container.n_mounts = 2;
	judge(&rule_host_paths, NULL);
	cr_assert_eq(findings.n, 1, "a fresh filesystem need not be there");
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	cr_expect_str_eq(findings.items[0].pointer, "/mounts/0");
}

static const char *const srv[] = {"/srv"};

/* A mount of /srv, where /srv is allowed read-only: what is told of it? */
static const char *told_of(long index, long parent, enum tri read_only, const char *option)
{
	static const struct allowed_path path[] = {{"/srv", true}};
	/* As the rule's own settings begin. */
	static const struct {
		struct allowed_paths allowed;
		struct strings state_directories;
	} settings = {{path, 1}, {NULL, 0}};
	const char *const options[] = {option, "rbind"};
	const struct mount asked = {.kind = MOUNT_BIND,
				    .destination = "/x",
				    .path = "/x",
				    .source = "/srv",
				    .options = {options, 2},
				    .read_only = strcmp(option, "rw") != 0};
	const struct origin origin = {
		.state = ORIGIN_NODE, .paths = {srv, 1}, .n_same = 1, .fs_type = "ext4", .source = ""};
	const struct host_mount real[] = {
		{.mount = index, .parent_mount = parent, .path = "/x", .read_only = read_only, .origin = origin}};

	container.mounts = &asked;
	container.n_mounts = index == 0 || parent == 0 ? 1 : 0;
	host.mounts = real;
	host.n_mounts = 1;
	findings = (struct findings){.arena = &arena, .rule = &rule_host_paths};
	rule_host_paths.judge(&container, &host, &settings, &findings);
	return findings.n > 0 ? findings.items[0].message : "";
}

Test(rules_core, read_only_is_what_the_kernel_says_or_will)
{
	cr_expect_str_eq(told_of(0, -1, TRI_YES, "ro"), "");
	cr_expect_str_eq(told_of(0, -1, TRI_UNKNOWN, "ro"), "", "the runtime will");
	cr_expect_str_eq(told_of(0, -1, TRI_NO, "ro"),
			 "mounts the node's /srv at /x writable; /srv is allowed read-only alone");
	cr_expect_str_eq(told_of(0, -1, TRI_UNKNOWN, "rw"),
			 "mounts the node's /srv at /x writable; /srv is allowed read-only alone");
	cr_expect_str_eq(told_of(-1, -1, TRI_YES, "ro"), "");
	cr_expect_neq(told_of(-1, -1, TRI_UNKNOWN, "ro")[0], '\0', "nobody asked for it to become read-only");
}

Test(rules_core, read_only_reaches_what_came_along_by_rro_alone)
{
	(void)told_of(-1, 0, TRI_UNKNOWN, "ro");
	cr_assert_eq(findings.n, 2, "what came along is writable, and the bind itself is not there");
	cr_expect_eq(findings.items[0].kind, FINDING_VIOLATION);
	cr_expect_str_eq(findings.items[0].message,
			 "mounts the node's /srv at /x, which comes along with a recursive bind "
			 "writable; /srv is allowed read-only alone");
	(void)told_of(-1, 0, TRI_UNKNOWN, "rro");
	cr_assert_eq(findings.n, 1, "the bind itself is not there, and that is all");
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
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

Test(rules_core, unknown_mounts_are_told_once)
{
	static const struct host_mount real[] = {
		{.mount = -1, .parent_mount = -1, .path = "/x", .origin = {.source = ""}}};

	host.mounts = real;
	host.n_mounts = 1;
	host.mounts_why = "its mountinfo ends too early";
	judge(&rule_host_paths, NULL);
	cr_expect_eq(findings.n, 1);
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

Test(rules_core, a_segment_longer_than_any_name_matches_nothing)
{
	static char path[400];

	memset(path, 'a', sizeof(path) - 1);
	memcpy(path, "/var/lib/containers/storage/volumes/", 36);
	memcpy(path + sizeof(path) - 7, "/_data", 6);
	cr_assert_eq(strlen(path), sizeof(path) - 1);
	cr_expect_not(keeps(ENGINE_PODMAN, path, "/data"));
	path[36 + 200] = '\0';
	memcpy(path + 36 + 194, "/_data", 6);
	cr_expect(keeps(ENGINE_PODMAN, path, "/data"));
}

Test(rules_core, the_kubelets_own_mount_of_a_volume)
{
	static const char *const paths[] = {"/mnt/k/pods/11-22/volumes/kubernetes.io~csi/pv/mount",
					    "/var/lib/kubelet/pods/11-22/volumes/kubernetes.io~csi/pv/mount"};
	const struct host_mount mount = {.mount = -1,
					 .parent_mount = -1,
					 .path = "/d",
					 .origin = {.state = ORIGIN_NODE, .paths = {paths, 2}, .n_same = 2}};
	struct bind_owner owner;

	bind_owner_find(&owner, &container, &host, &mount, NULL);
	cr_expect_eq(owner.keeper, KEEPER_KUBELET);
	cr_expect(bind_owner_keeps(&owner, paths[0]), "another name of the same place");
	cr_expect(bind_owner_keeps(&owner, "/var/lib/kubelet/plugins/kubernetes.io/csi/d/1/globalmount"));
	cr_expect(bind_owner_keeps(&owner, "/mnt/k/plugins/kubernetes.io/csi/d/1/globalmount"));
	cr_expect_not(bind_owner_keeps(&owner, "/mnt/other/plugins/kubernetes.io/csi/d/1/globalmount"));
	cr_expect_not(bind_owner_keeps(&owner, "/var/lib/kubelet/plugins/d/x"));
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
