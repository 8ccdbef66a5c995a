/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host facts of the recorded bundles. What is expected was taken from what the
 * pod asked for (case.json) and what each engine makes of it, not from output.
 */
#include "host_facts.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ocigate/fs.h"
#include "ocigate/spec.h"

#define BIT(type) (1U << (type))

/* No engine here makes these three new unless asked; runc leaves the container in its own. */
#define USUAL (BIT(NS_USER) | BIT(NS_CGROUP) | BIT(NS_TIME))

/* Which namespaces are the node's. */
static const struct {
	const char *bundle;
	unsigned shared;
} namespace_cases[] = {
	{"containerd-2.1/default", USUAL},
	{"containerd-2.1/hostipc", USUAL | BIT(NS_IPC)},
	{"containerd-2.1/hostpid", USUAL | BIT(NS_PID)},
	{"containerd-2.1/hostnetwork", USUAL | BIT(NS_NETWORK) | BIT(NS_UTS)},
	{"containerd-2.1/sharepid", USUAL},
	{"containerd-2.1/userns", BIT(NS_CGROUP) | BIT(NS_TIME)},
	{"containerd-2.1/redis-unhealthy", USUAL | BIT(NS_PID) | BIT(NS_IPC) | BIT(NS_NETWORK) | BIT(NS_UTS)},
	{"containerd-2.1/redis-healthy-noaa", USUAL},
	{"crio-1.37/default", USUAL},
	{"crio-1.37/hostipc", USUAL | BIT(NS_IPC)},
	{"crio-1.37/hostpid", USUAL | BIT(NS_PID)},
	{"crio-1.37/hostnetwork", USUAL | BIT(NS_NETWORK)},
	{"crio-1.37/sharepid", USUAL},
	{"crio-1.37/userns", BIT(NS_CGROUP) | BIT(NS_TIME)},
	{"crio-1.37/redis-unhealthy", USUAL | BIT(NS_PID) | BIT(NS_IPC) | BIT(NS_NETWORK)},
	{"podman-5.8/default", USUAL},
	{"podman-5.8/hostnet", USUAL | BIT(NS_NETWORK)},
	{"podman-5.8/hostpid", USUAL | BIT(NS_PID)},
	{"podman-5.8/userns", BIT(NS_CGROUP) | BIT(NS_TIME)},
};

/* The most direct name of what is mounted; "pods/…": below the kubelet's directory of this very pod. */
static const struct {
	const char *bundle;
	const char *path;
	const char *first;
	enum tri shared;
} origin_cases[] = {
	{"containerd-2.1/subpath-launder", "/conf", "/etc", TRI_NO},
	{"crio-1.37/subpath-launder", "/conf", "/etc", TRI_NO},
	{"containerd-2.1/hostpath-bidir", "/var/lib/kubelet", "/var/lib/kubelet", TRI_YES},
	{"containerd-2.1/hostpath-h2c", "/host-tmp", "/tmp", TRI_NO},
	{"containerd-2.1/hostpath-tmp-rw", "/host-tmp", "/tmp", TRI_NO},
	{"containerd-2.1/hostpath-root-ro", "/host", "/", TRI_NO},
	{"containerd-2.1/hostpath-sock", "/var/run/docker.sock", "/run/containerd/containerd.sock", TRI_NO},
	{"crio-1.37/hostpath-sock", "/var/run/docker.sock", "/run/containerd/containerd.sock", TRI_NO},
	{"podman-5.8/root-volume", "/host", "/", TRI_NO},
	{"podman-5.8/named-volume", "/data", "/var/lib/containers/storage/volumes/vol1/_data", TRI_NO},
	{"containerd-2.1/volumes-all", "/ed", "pods/volumes/kubernetes.io~empty-dir/ed", TRI_NO},
	{"containerd-2.1/volumes-all", "/edm", "pods/volumes/kubernetes.io~empty-dir/edm", TRI_NO},
	{"containerd-2.1/volumes-all", "/sec", "pods/volumes/kubernetes.io~secret/sec", TRI_NO},
	{"containerd-2.1/volumes-all", "/pv", "pods/volumes/kubernetes.io~csi/pvc-pv/mount", TRI_NO},
	{"containerd-2.1/volumes-all", "/etc/app.conf",
	 "pods/volumes/kubernetes.io~configmap/cm/..2026_01_01_00_00_00.123/app.conf", TRI_NO},
	{"crio-1.37/volumes-all", "/ed", "pods/volumes/kubernetes.io~empty-dir/ed", TRI_NO},
	{"podman-5.8/userns", "/dev/null", "/dev/null", TRI_NO},
};

static struct facts facts;

static void finish(void)
{
	facts_end(&facts);
}

TestSuite(host_bundles, .fini = finish);

static const char *bundle_of_state(int dirfd)
{
	json_error_t error;
	const char *text;
	json_t *state;
	struct err err;
	size_t len;

	cr_assert_eq(fs_read_file(&facts.arena, dirfd, "state.json", 65536, true, &text, &len, &err), 0, "%s",
		     err.text);
	state = json_loadb(text, len, 0, &error);
	cr_assert_not_null(state, "%s", error.text);
	text = arena_strdup(&facts.arena, json_string_value(json_object_get(state, "bundle")));
	json_decref(state);
	return text;
}

/* Return: false if this bundle came without facts. */
static bool load(const char *name)
{
	const char *path;
	struct text text;
	int dirfd, hostfd;

	memset(&facts, 0, sizeof(facts));
	arena_init(&facts.arena, (size_t)64 << 20);
	path = arena_printf(&facts.arena, "tests/bundles/%s", name);
	dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cr_assert_geq(dirfd, 0, "%s", path);
	hostfd = openat(dirfd, "host", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (hostfd < 0 || faccessat(hostfd, "mountinfo", F_OK, 0) < 0) {
		close(dirfd);
		return false;
	}
	cr_assert_eq(spec_load(&facts.arena, dirfd, "config.json", SPEC_MAX_BYTES, &text, &facts.err), 0);
	cr_assert_eq(spec_parse(&facts.arena, &text, bundle_of_state(dirfd), "id", &facts.container, &facts.err), 0,
		     "%s: %s %s", name, facts.err.pointer, facts.err.text);
	cr_assert_eq(host_recorded(&facts.arena, &facts.container, hostfd, FACTS_ALL, &facts.host, &facts.err), 0,
		     "%s: %s", name, facts.err.text);
	close(hostfd);
	close(dirfd);
	return true;
}

Test(host_bundles, namespaces)
{
	for (size_t i = 0; i < sizeof(namespace_cases) / sizeof(namespace_cases[0]); i++) {
		cr_assert(load(namespace_cases[i].bundle));
		for (int type = 0; type < NS_TYPES; type++) {
			enum tri expect = (namespace_cases[i].shared & BIT(type)) != 0 ? TRI_YES : TRI_NO;

			cr_expect_eq(facts.host.namespaces[type].shared, expect, "%s: %s", namespace_cases[i].bundle,
				     namespace_type_names[type]);
		}
		facts_end(&facts);
	}
}

/* "pods/volumes/x" stands for ".../pods/UID/volumes/x" */
static bool is_name(const char *path, const char *expect)
{
	static const char pods[] = "/var/lib/kubelet/pods/";
	size_t uid_len = 36;

	if (expect[0] == '/')
		return strcmp(path, expect) == 0;
	return strncmp(path, pods, sizeof(pods) - 1) == 0 && strlen(path) > sizeof(pods) - 1 + uid_len &&
	       strcmp(path + sizeof(pods) - 1 + uid_len, expect + 4) == 0;
}

Test(host_bundles, origins)
{
	for (size_t i = 0; i < sizeof(origin_cases) / sizeof(origin_cases[0]); i++) {
		const struct host_mount *mount;

		cr_assert(load(origin_cases[i].bundle));
		mount = facts_mount(&facts, origin_cases[i].path);
		cr_expect_eq(mount->origin.state, ORIGIN_NODE, "%s", origin_cases[i].bundle);
		cr_assert_geq(mount->origin.paths.n, 1);
		cr_expect(is_name(mount->origin.paths.items[0], origin_cases[i].first), "%s: %s",
			  origin_cases[i].bundle, mount->origin.paths.items[0]);
		cr_expect_eq(mount->shared, origin_cases[i].shared, "%s", origin_cases[i].bundle);
		facts_end(&facts);
	}
}

/* What every container of an engine has in common. */
static void check_honest(const char *name)
{
	size_t effective = 0;

	cr_expect(facts.host.effective, "%s", name);
	cr_expect_null(facts.host.mounts_why, "%s: %s", name, facts.host.mounts_why);
	cr_expect_eq(facts.host.rootfs.state, ORIGIN_NODE, "%s: %s", name, facts.host.rootfs.why);
	cr_expect_str_eq(facts.host.rootfs.fs_type, "overlay", "%s", name);
	cr_expect_gt(facts.host.rootfs.paths.n, facts.host.rootfs.n_same, "%s: no layers", name);
	for (size_t i = 0; i < facts.host.n_mounts; i++) {
		const struct host_mount *mount = &facts.host.mounts[i];

		cr_expect(mount->effective, "%s: %s was not found", name, mount->path);
		cr_expect(mount->mount >= 0 || mount->parent_mount >= 0, "%s: %s is unexplained", name, mount->path);
		cr_expect_neq(mount->origin.state, ORIGIN_UNKNOWN, "%s: %s: %s", name, mount->path, mount->origin.why);
		cr_expect_neq(mount->origin.state, ORIGIN_DELETED, "%s: %s", name, mount->path);
		effective += mount->mount >= 0;
	}
	cr_expect_eq(effective, facts.container.n_mounts, "%s: each mount of the spec comes once", name);
}

static size_t check_engine(const char *engine)
{
	char path[512], name[512];
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "tests/bundles/%s", engine);
	dir = opendir(path);
	cr_assert_not_null(dir, "%s", path);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "%s/%s", engine, entry->d_name);
		if (load(name)) {
			check_honest(name);
			n++;
		}
		facts_end(&facts);
	}
	closedir(dir);
	return n;
}

Test(host_bundles, nothing_is_unexplained)
{
	cr_expect_eq(check_engine("containerd-2.1"), 38);
	cr_expect_eq(check_engine("containerd-1.6-apparmor"), 4);
	cr_expect_eq(check_engine("crio-1.37"), 18);
	cr_expect_eq(check_engine("podman-5.8"), 10);
}

Test(host_bundles, id_maps)
{
	cr_assert(load("containerd-2.1/default"));
	cr_expect(facts.host.id_maps_known);
	cr_expect_eq(host_id_of(&facts.host.uid_map, 0), 0);
	facts_end(&facts);
	cr_assert(load("containerd-2.1/userns"));
	cr_expect(facts.host.id_maps_known, "joined by a path: the kernel's map is in the recording");
	cr_expect_eq(host_id_of(&facts.host.uid_map, 0), 131072, "what the container saw in its own uid_map");
	facts_end(&facts);
	cr_assert(load("podman-5.8/userns"));
	cr_expect(facts.host.id_maps_known, "podman makes the namespace new, with the mappings of the spec");
	cr_expect_eq(host_id_of(&facts.host.uid_map, 0), 200000);
}
