/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where on the node a root file system may lie: in its bundle, in an engine's storage, in a directory that somebody made
 * for it; not among programs, keys, sockets and what services keep.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "ocigate/owner.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static const char *fault(const char *bundle, const char *path, bool layer)
{
	const struct container container = {.bundle = bundle};

	return root_place_fault(&container, path, layer);
}

/* Neither the directory itself, nor what lies in it, nor what holds it. */
Test(root_place, the_nodes_own)
{
	static const char *const own[] = {
		"/bin",
		"/boot",
		"/dev",
		"/etc",
		"/lib",
		"/lib64",
		"/proc",
		"/sbin",
		"/sys",
		"/usr",
		"/root/.ssh",
		"/var/lib/kubelet",
		"/var/lib/cloud",
		"/var/lib/etcd",
		"/var/lib/rancher/k3s/server",
		"/var/lib/waagent",
		"/var/spool",
	};
	char path[64];

	for (size_t i = 0; i < N(own); i++) {
		cr_expect_str_eq(fault("/b", own[i], false), own[i], "%s", own[i]);
		(void)snprintf(path, sizeof(path), "%s/x/y", own[i]);
		cr_expect_str_eq(fault("/b", path, true), own[i], "%s", path);
		(void)snprintf(path, sizeof(path), "%s-x", own[i]);
		cr_expect_null(fault("/b", path, false), "%s", path);
	}
	cr_expect_not_null(fault("/b", "/", false));
	cr_expect_not_null(fault("/b", "/var", false));
	cr_expect_str_eq(fault("/b", "/var/lib/rancher/k3s", false), "/var/lib/rancher/k3s/server");
	cr_expect_null(fault("/b", "/var/lib/rancher/k3s/agent/x/rootfs", false));
	cr_expect_null(fault("/b", "/srv/rootfs", false));
	cr_expect_null(fault(NULL, "/srv/rootfs", false));
}

/* What many share: a root may lie in it, but be no more than its part. */
Test(root_place, shared_places)
{
	static const char *const shared[] = {"/home", "/tmp", "/var/lib/containerd", "/var/lib/containers",
					     "/var/lib/docker"};
	char path[64];

	for (size_t i = 0; i < N(shared); i++) {
		cr_expect_str_eq(fault("/b", shared[i], false), shared[i], "%s", shared[i]);
		(void)snprintf(path, sizeof(path), "%s/x/rootfs", shared[i]);
		cr_expect_null(fault("/b", path, false), "%s", path);
	}
	cr_expect_str_eq(fault("/b", "/run", true), "/run");
	cr_expect_not_null(fault("/b", "/root", false), "keys lie in it");
	cr_expect_null(fault("/b", "/root/rootfs", false));
}

Test(root_place, homes)
{
	static const char *const own[] = {".aws", ".azure", ".config/gcloud", ".docker", ".gnupg", ".kube", ".ssh"};
	char path[64], what[64];

	for (size_t i = 0; i < N(own); i++) {
		(void)snprintf(what, sizeof(what), "/home/*/%s", own[i]);
		(void)snprintf(path, sizeof(path), "/home/alice/%s", own[i]);
		cr_expect_str_eq(fault("/b", path, false), what, "%s", path);
		(void)snprintf(path, sizeof(path), "/home/alice/%s/x", own[i]);
		cr_expect_str_eq(fault("/b", path, true), what, "%s", path);
		(void)snprintf(path, sizeof(path), "/srv/alice/%s", own[i]);
		cr_expect_null(fault("/b", path, false), "%s", path);
	}
	cr_expect_str_eq(fault("/b", "/home/alice/.config", false), "/home/*/.config/gcloud");
	cr_expect_not_null(fault("/b", "/home/alice", false), "the whole of it");
	cr_expect_null(fault("/b", "/home/alice/rootfs", false));
	cr_expect_null(fault("/b", "/home/alice/.sshd", false));
	cr_expect_null(fault("/b", "/home/alice/.local/share/containers/storage/overlay/x/merged", false));
}

Test(root_place, bundles)
{
	cr_expect_null(fault("/srv/b", "/srv/b/rootfs", false));
	cr_expect_str_eq(fault("/srv/b", "/srv/b", false), "/srv/b", "config.json would lie in it");
	cr_expect_str_eq(fault("/srv/b", "/srv", false), "/srv/b");
	cr_expect_null(fault("/srv/b", "/srv/bundles", false));
}

/* In /run lie the sockets of engines and services. */
Test(root_place, run)
{
	static const char shim[] = "/run/containerd/io.containerd.runtime.v2.task/k8s.io/x";
	static const char podman[] = "/run/containers/storage/overlay-containers/x/userdata";
	static const char store[] = "/run/containers/storage/overlay/y/merged";

	cr_expect_null(fault(shim, "/run/containerd/io.containerd.runtime.v2.task/k8s.io/x/rootfs", false));
	cr_expect_null(fault("/var/run/b", "/run/b/rootfs", false), "/var/run is a link to /run");
	cr_expect_null(fault("/run/b", "/run/b/rootfs", false));
	cr_expect_str_eq(fault(shim, "/run/containerd", false), shim);
	cr_expect_str_eq(fault(shim, "/run/containerd/io.containerd.runtime.v2.task/k8s.io/other/rootfs", false),
			 "/run");
	cr_expect_str_eq(fault("/srv/b", "/run/crio", false), "/run");
	cr_expect_str_eq(fault("/var/running/b", "/run/b", false), "/run");
	cr_expect_null(fault(NULL, "/run/x", false), "where no bundle is known none can be left");
	cr_expect_null(fault(NULL, "/running/crio", false));
	cr_expect_null(fault(podman, store, false), "podman's storage holds both");
	cr_expect_null(fault("/run/containers/storage/vfs-containers/x/userdata", store, false));
	cr_expect_str_eq(fault(podman, "/run/containers/storage-of-others/y", false), "/run");
	cr_expect_str_eq(fault("/run/x-containers/y/z", "/run/other", false), "/run");
	cr_expect_str_eq(fault("-containers/x", "/run/other", false), "/run");
	cr_expect_null(fault("/srv/b", "/run/layers/1", true), "layers lie where the engine keeps them");
}
