/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose is a path? What each engine and the kubelet make for a container, by their own layout; and what looks like it.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/host.h"
#include "ocigate/owner.h"

/* The container is c0ffee of the sandbox 5a5a: "app" of the pod 11-22. */
static struct container container;
static struct host host;
static struct strings more;

static void begin(void)
{
	container = (struct container){.id = "c0ffee", .bundle = "/b", .rootfs = "/b/rootfs"};
	container.identity = identity_nobody();
	container.identity.trusted = true;
	container.identity.engine = ENGINE_CONTAINERD;
	container.identity.pod_uid = "11-22";
	container.identity.container = "app";
	container.identity.sandbox_id = "5a5a";
	container.identity.is_sandbox = TRI_NO;
	host = (struct host){.source = HOST_LIVE};
	for (int type = 0; type < NS_TYPES; type++)
		host.namespaces[type].shared = TRI_NO;
	more = (struct strings){NULL, 0};
}

TestSuite(owner, .init = begin);

enum { NAMES_MAX = 5 };

/* One place with these names (NULL ends), all of the same file; which of them are kept, by a bit each? */
static unsigned kept(const char *const names[NAMES_MAX], const char *at)
{
	struct host_mount mount = {.mount = -1, .parent_mount = -1, .path = at};
	struct bind_owner owner;
	unsigned bits = 0;
	size_t n = 0;

	while (n < NAMES_MAX && names[n])
		n++;
	mount.origin = (struct origin){.state = ORIGIN_NODE, .paths = {names, n}, .n_same = n};
	bind_owner_find(&owner, &container, &host, &mount, &more);
	for (size_t i = 0; i < n; i++)
		bits |= (unsigned)bind_owner_keeps(&owner, names[i]) << i;
	return bits;
}

static bool keeps(enum engine engine, const char *path, const char *at)
{
	const char *const names[NAMES_MAX] = {path};

	container.identity.engine = engine;
	return kept(names, at) == 1;
}

#define KUBELET	 "/var/lib/kubelet/"
#define CRI_RUN	 "/run/containerd/io.containerd.grpc.v1.cri/"
#define CRI_LIB	 "/var/lib/containerd/io.containerd.grpc.v1.cri/"
#define STORE	 "/var/lib/containers/storage/"
#define RUNSTORE "/run/containers/storage/"
#define OWN	 "overlay-containers/c0ffee/userdata/"
#define SANDBOX	 "overlay-containers/5a5a/userdata/"
#define OTHER	 "overlay-containers/beef/userdata/"
#define DOCKER	 "/var/lib/docker/"

static const struct {
	enum engine engine;
	const char *path;
	const char *at;
} own_places[] = {
	{ENGINE_CONTAINERD, KUBELET "pods/11-22/volumes/kubernetes.io~secret/s", "/x"},
	{ENGINE_CRIO, KUBELET "pods/11-22/volumes/kubernetes.io~empty-dir/e/sub/deep", "/x"},
	{ENGINE_CONTAINERD, KUBELET "pods/11-22/etc-hosts", "/etc/hosts"},
	{ENGINE_CRIO, KUBELET "pods/11-22/containers/app/4dfa4529", "/dev/termination-log"},
	{ENGINE_CONTAINERD, "/var/lib/k0s/kubelet/pods/11-22/etc-hosts", "/etc/hosts"},
	{ENGINE_CONTAINERD, "/var/snap/microk8s/common/var/lib/kubelet/pods/11-22/etc-hosts", "/etc/hosts"},
	{ENGINE_CONTAINERD, CRI_LIB "sandboxes/5a5a/hostname", "/etc/hostname"},
	{ENGINE_CONTAINERD, CRI_LIB "sandboxes/5a5a/hosts", "/etc/hosts"},
	{ENGINE_CONTAINERD, CRI_LIB "sandboxes/5a5a/resolv.conf", "/etc/resolv.conf"},
	{ENGINE_CONTAINERD, CRI_RUN "sandboxes/5a5a/shm", "/dev/shm"},
	{ENGINE_CONTAINERD, "/run/k3s/containerd/io.containerd.grpc.v1.cri/sandboxes/5a5a/shm", "/dev/shm"},
	{ENGINE_CONTAINERD, "/var/lib/rancher/k3s/agent/containerd/io.containerd.grpc.v1.cri/sandboxes/5a5a/hosts",
	 "/x"},
	{ENGINE_CONTAINERD, "/var/lib/rancher/rke2/agent/containerd/io.containerd.grpc.v1.cri/sandboxes/5a5a/hosts",
	 "/x"},
	{ENGINE_CONTAINERD, CRI_LIB "containers/c0ffee/volumes/0123", "/data"},
	{ENGINE_CONTAINERD, CRI_LIB "image-volumes/5a5a/sha256:abc/etc", "/img"},
	{ENGINE_CRIO, RUNSTORE SANDBOX "hostname", "/etc/hostname"},
	{ENGINE_CRIO, RUNSTORE SANDBOX "resolv.conf", "/etc/resolv.conf"},
	{ENGINE_CRIO, RUNSTORE SANDBOX "shm", "/dev/shm"},
	{ENGINE_CRIO, RUNSTORE SANDBOX ".containerenv", "/run/.containerenv"},
	{ENGINE_CRIO, RUNSTORE OWN ".containerenv", "/run/.containerenv"},
	{ENGINE_CRIO, RUNSTORE OWN "passwd", "/etc/passwd"},
	{ENGINE_CRIO, RUNSTORE OWN "group", "/etc/group"},
	{ENGINE_CRIO, RUNSTORE OWN "run/secrets/rhsm", "/run/secrets/rhsm"},
	{ENGINE_PODMAN, RUNSTORE OWN "hostname", "/etc/hostname"},
	{ENGINE_PODMAN, RUNSTORE OWN "hosts", "/etc/hosts"},
	{ENGINE_PODMAN, RUNSTORE OWN "resolv.conf", "/etc/resolv.conf"},
	{ENGINE_PODMAN, STORE OWN "shm", "/dev/shm"},
	{ENGINE_PODMAN, RUNSTORE OWN "localtime", "/etc/localtime"},
	{ENGINE_PODMAN, RUNSTORE OWN "notify", "/run/notify"},
	{ENGINE_PODMAN, STORE OWN "secrets/key", "/run/secrets/key"},
	{ENGINE_PODMAN, RUNSTORE OWN ".containerenv", "/run/.containerenv"},
	{ENGINE_PODMAN, RUNSTORE OWN "passwd", "/etc/passwd"},
	{ENGINE_PODMAN, RUNSTORE OWN "group", "/etc/group"},
	{ENGINE_PODMAN, RUNSTORE OWN "run/secrets", "/run/secrets"},
	{ENGINE_PODMAN, STORE "volumes/v/_data", "/data"},
	{ENGINE_PODMAN, STORE "volumes/v/_data/sub", "/data"},
	{ENGINE_PODMAN, "/usr/libexec/podman/catatonit", "/run/podman-init"},
	{ENGINE_PODMAN, "/usr/bin/catatonit", "/run/podman-init"},
	{ENGINE_DOCKER, DOCKER "containers/c0ffee/hostname", "/etc/hostname"},
	{ENGINE_DOCKER, DOCKER "containers/c0ffee/hosts", "/etc/hosts"},
	{ENGINE_DOCKER, DOCKER "containers/c0ffee/resolv.conf", "/etc/resolv.conf"},
	{ENGINE_DOCKER, DOCKER "containers/c0ffee/mounts/shm", "/dev/shm"},
	{ENGINE_DOCKER, DOCKER "containers/c0ffee/mounts/secrets/key", "/run/secrets/key"},
	{ENGINE_DOCKER, DOCKER "volumes/v/_data", "/data"},
	{ENGINE_DOCKER, "/var/snap/docker/common/var-lib-docker/volumes/v/_data", "/data"},
	{ENGINE_DOCKER, DOCKER "0.0/volumes/v/_data", "/data"},
	{ENGINE_DOCKER, "/usr/bin/docker-init", "/sbin/docker-init"},
	{ENGINE_DOCKER, "/usr/libexec/docker/docker-init", "/sbin/docker-init"},
	{ENGINE_DOCKER, "/usr/local/bin/docker-init", "/sbin/docker-init"},
	{ENGINE_BUILDKIT, DOCKER "buildkit/executor/hosts", "/etc/hosts"},
	{ENGINE_BUILDKIT, "/var/lib/buildkit/executor/hosts.kx2", "/etc/hosts"},
	{ENGINE_BUILDKIT, "/var/lib/buildkit/executor/hosts.", "/etc/hosts"},
	{ENGINE_BUILDKIT, "/var/lib/buildkit/executor/resolv.conf", "/etc/resolv.conf"},
	{ENGINE_BUILDKIT, "/var/lib/buildkit/executor/resolv-host.conf", "/etc/resolv.conf"},
	{ENGINE_BUILDKIT, "/var/lib/buildkit/runc-overlayfs/snapshots/snapshots/4/fs", "/src"},
	{ENGINE_BUILDKIT, DOCKER "overlay2/k3j/merged", "/src"},
	{ENGINE_BUILDKIT, "/tmp/buildkit-mount12345", "/src"},
};

Test(owner, what_engines_make_for_a_container_is_theirs)
{
	for (size_t i = 0; i < sizeof(own_places) / sizeof(own_places[0]); i++) {
		cr_expect(keeps(own_places[i].engine, own_places[i].path, own_places[i].at), "%s at %s",
			  own_places[i].path, own_places[i].at);
		cr_expect_not(keeps(ENGINE_UNKNOWN, own_places[i].path, own_places[i].at), "%s of no engine",
			      own_places[i].path);
	}
}

/* The same for another container, one segment too few or too many, at another place, of another engine. */
static const struct {
	enum engine engine;
	const char *path;
	const char *at;
} look_alikes[] = {
	{ENGINE_CONTAINERD, KUBELET "pods/11-2/volumes/kubernetes.io~secret/s", "/x"},
	{ENGINE_CONTAINERD, KUBELET "pods/11-222/volumes/kubernetes.io~secret/s", "/x"},
	{ENGINE_CONTAINERD, KUBELET "pods/11-22/volumes/kubernetes.io~secret", "/x"},
	{ENGINE_CONTAINERD, KUBELET "pods/11-22", "/x"},
	{ENGINE_CONTAINERD, "/var/lib/kubelet", "/x"},
	{ENGINE_CONTAINERD, "/var/lib/kubelet2/pods/11-22/etc-hosts", "/etc/hosts"},
	{ENGINE_CONTAINERD, "/pods/11-22/etc-hosts", "/etc/hosts"},
	{ENGINE_CONTAINERD, KUBELET "pods/11-22/etc-hosts/x", "/etc/hosts"},
	{ENGINE_CONTAINERD, KUBELET "pods/11-22/etc-host", "/etc/hosts"},
	{ENGINE_CONTAINERD, KUBELET "pods/11-22/etc-hosts2", "/etc/hosts"},
	{ENGINE_CONTAINERD, KUBELET "pods/11-22/containers/ap/4dfa4529", "/x"},
	{ENGINE_CONTAINERD, KUBELET "pods/11-22/containers/app", "/x"},
	{ENGINE_CONTAINERD, KUBELET "pods/11-22/containers/app/1/2", "/x"},
	{ENGINE_CONTAINERD, CRI_LIB "sandboxes/c0ffee/hosts", "/etc/hosts"},
	{ENGINE_CONTAINERD, CRI_LIB "containers/5a5a/volumes/0123", "/data"},
	{ENGINE_PODMAN, KUBELET "pods/11-22/etc-hosts", "/etc/hosts"},
	{ENGINE_PODMAN, STORE OTHER "hosts", "/etc/hosts"},
	{ENGINE_PODMAN, STORE "overlay-containersx/c0ffee/userdata/hosts", "/etc/hosts"},
	{ENGINE_PODMAN, STORE "containers/c0ffee/userdata/hosts", "/etc/hosts"},
	{ENGINE_PODMAN, STORE "rlay-container/c0ffee/userdata/hosts", "/etc/hosts"},
	{ENGINE_PODMAN, "/usr/bin/catatonit", "/x"},
	{ENGINE_CRIO, "/etc/hosts", "/etc/hosts"},
	{ENGINE_DOCKER, DOCKER "containers/beef/hosts", "/etc/hosts"},
	{ENGINE_DOCKER, DOCKER "1./volumes/v/_data", "/data"},
	{ENGINE_DOCKER, DOCKER "1.0.0/volumes/v/_data", "/data"},
	{ENGINE_DOCKER, DOCKER "100000/volumes/v/_data", "/data"},
	{ENGINE_DOCKER, DOCKER "100000.1x/volumes/v/_data", "/data"},
	{ENGINE_DOCKER, "/var/lib/containerd/100000.100000/volumes/v/_data", "/data"},
	{ENGINE_DOCKER, DOCKER "overlay2/k3j/merged", "/src"},
	{ENGINE_BUILDKIT, "/var/lib/buildkit/executor/host", "/etc/hosts"},
	{ENGINE_BUILDKIT, "/var/lib/buildkit/executor/hosts2", "/etc/hosts"},
	{ENGINE_BUILDKIT, "/var/lib/buildkit/executor/hosts", "/x"},
	{ENGINE_BUILDKIT, "/tmp/buildkit-moun", "/src"},
	{ENGINE_BUILDKIT, "/mnt/tmp/buildkit-mount12345", "/src"},
};

Test(owner, look_alikes_are_the_nodes)
{
	for (size_t i = 0; i < sizeof(look_alikes) / sizeof(look_alikes[0]); i++)
		cr_expect_not(keeps(look_alikes[i].engine, look_alikes[i].path, look_alikes[i].at), "%s at %s",
			      look_alikes[i].path, look_alikes[i].at);
}

/* A sandbox is its own sandbox. */
Test(owner, a_pause_container_has_what_its_sandbox_has)
{
	container.identity.is_sandbox = TRI_YES;
	container.identity.sandbox_id = "";
	cr_expect(keeps(ENGINE_CONTAINERD, CRI_RUN "sandboxes/c0ffee/shm", "/dev/shm"));
	cr_expect_not(keeps(ENGINE_CONTAINERD, CRI_RUN "sandboxes/5a5a/shm", "/dev/shm"));
}

Test(owner, namespaces_explain_files_of_others)
{
	static const struct {
		enum engine engine;
		const char *path;
		const char *at;
		enum namespace_type type;
		bool of_host;
	} cases[] = {
		{ENGINE_CRIO, "/etc/hosts", "/etc/hosts", NS_NETWORK, true},
		{ENGINE_CONTAINERD, "/dev/shm", "/dev/shm", NS_IPC, true},
		{ENGINE_CRIO, "/dev/shm", "/dev/shm", NS_IPC, true},
		{ENGINE_PODMAN, "/dev/shm", "/dev/shm", NS_IPC, true},
		{ENGINE_DOCKER, "/dev/shm", "/dev/shm", NS_IPC, true},
		{ENGINE_PODMAN, RUNSTORE OTHER "hosts", "/etc/hosts", NS_NETWORK, false},
		{ENGINE_PODMAN, RUNSTORE OTHER "resolv.conf", "/etc/resolv.conf", NS_NETWORK, false},
		{ENGINE_PODMAN, RUNSTORE OTHER "hostname", "/etc/hostname", NS_NETWORK, false},
		{ENGINE_PODMAN, STORE OTHER "shm", "/dev/shm", NS_IPC, false},
		{ENGINE_DOCKER, DOCKER "containers/beef/hosts", "/etc/hosts", NS_NETWORK, false},
		{ENGINE_DOCKER, DOCKER "containers/beef/resolv.conf", "/etc/resolv.conf", NS_NETWORK, false},
		{ENGINE_DOCKER, DOCKER "containers/beef/hostname", "/etc/hostname", NS_NETWORK, false},
		{ENGINE_DOCKER, DOCKER "containers/beef/mounts/shm", "/dev/shm", NS_IPC, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin();
		for (int type = 0; type < NS_TYPES; type++) {
			if (type == (int)cases[i].type)
				continue;
			host.namespaces[type].shared = TRI_YES;
			container.namespaces[type].path = "/proc/1/ns/x";
		}
		cr_expect_not(keeps(cases[i].engine, cases[i].path, cases[i].at),
			      "%s: another namespace explains it not", cases[i].path);
		begin();
		if (cases[i].of_host)
			host.namespaces[cases[i].type].shared = TRI_YES;
		else
			container.namespaces[cases[i].type].path = "/proc/42/ns/x";
		cr_expect(keeps(cases[i].engine, cases[i].path, cases[i].at), "%s", cases[i].path);
		cr_expect_not(keeps(cases[i].engine, cases[i].path, "/x"), "%s elsewhere", cases[i].path);
		host.namespaces[cases[i].type].shared = TRI_UNKNOWN;
		container.namespaces[cases[i].type].path = NULL;
		cr_expect_not(keeps(cases[i].engine, cases[i].path, cases[i].at), "%s: unknown is not shared",
			      cases[i].path);
	}
}

/* "Where" is what the spec says, which a link of the image cannot change; the spec's first mount is one like others. */
Test(owner, the_place_in_the_container_is_the_specs)
{
	static const struct mount mounts[] = {{.kind = MOUNT_BIND, .path = "/run/podman-init"}};
	static const char *const names[] = {"/usr/bin/catatonit"};
	struct host_mount mount = {.mount = 0, .parent_mount = -1, .path = "/elsewhere"};
	struct bind_owner owner;

	container.identity.engine = ENGINE_PODMAN;
	container.mounts = mounts;
	container.n_mounts = 1;
	mount.origin = (struct origin){.state = ORIGIN_NODE, .paths = {names, 1}, .n_same = 1};
	bind_owner_find(&owner, &container, &host, &mount, NULL);
	cr_expect_eq(owner.keeper, KEEPER_ENGINE);
	cr_expect_str_eq(owner.home, names[0]);
	cr_expect_not(owner.named);
}

Test(owner, names_may_have_255_bytes)
{
	static char path[400] = STORE "volumes/";
	const size_t len = strlen(path);

	memset(path + len, 'a', 256);
	memcpy(path + len + 255, "/_data", 7);
	cr_expect(keeps(ENGINE_PODMAN, path, "/data"));
	path[len + 255] = 'a';
	memcpy(path + len + 256, "/_data", 7);
	cr_expect_not(keeps(ENGINE_PODMAN, path, "/data"));
}

Test(owner, further_state_directories)
{
	static const char *const dirs[] = {"/data/one", "/data/kubelet"};

	cr_expect_not(keeps(ENGINE_CONTAINERD, "/data/kubelet/pods/11-22/etc-hosts", "/etc/hosts"));
	more = (struct strings){dirs, 2};
	cr_expect(keeps(ENGINE_CONTAINERD, "/data/kubelet/pods/11-22/etc-hosts", "/etc/hosts"));
	cr_expect(keeps(ENGINE_CONTAINERD, "/data/one/pods/11-22/etc-hosts", "/etc/hosts"));
	cr_expect(keeps(ENGINE_CONTAINERD, KUBELET "pods/11-22/etc-hosts", "/etc/hosts"), "the usual ones as well");
	cr_expect_not(keeps(ENGINE_CONTAINERD, "/data/two/pods/11-22/etc-hosts", "/etc/hosts"));
	host.namespaces[NS_NETWORK].shared = TRI_YES;
	cr_expect_not(keeps(ENGINE_CRIO, "/data/one/etc/hosts", "/etc/hosts"), "no root of a node");
	cr_expect(bind_owner_layer(&container, "/data/one/overlay/1/diff", &more));
	cr_expect_not(bind_owner_layer(&container, "/data/two/overlay/1/diff", &more));
}

#define HOME "/home/u/.local/share/containers/storage/"

Test(owner, podman_of_a_user)
{
	container.bundle = HOME "overlay-containers/c0ffee/userdata";
	cr_expect(keeps(ENGINE_PODMAN, HOME OWN "hosts", "/etc/hosts"));
	cr_expect(keeps(ENGINE_PODMAN, HOME "volumes/v/_data", "/data"));
	cr_expect(keeps(ENGINE_PODMAN, "/run/user/1000/containers/overlay-containers/c0ffee/userdata/hosts",
			"/etc/hosts"));
	cr_expect_not(keeps(ENGINE_PODMAN, HOME OTHER "hosts", "/etc/hosts"), "another container's");
	cr_expect_not(keeps(ENGINE_PODMAN, "/home/v/.local/share/containers/storage/volumes/v/_data", "/data"));
	cr_expect_not(keeps(ENGINE_PODMAN, HOME "usr/bin/catatonit", "/run/podman-init"));
	cr_expect_not(keeps(ENGINE_CRIO, HOME SANDBOX "shm", "/dev/shm"), "no user runs CRI-O");
	cr_expect_not(keeps(ENGINE_PODMAN, "/home/u/.local/share/containers/storages/volumes/v/_data", "/data"));
	cr_expect_not(keeps(ENGINE_PODMAN, "/home/u/.local/share/containers/volumes/v/_data", "/data"));
	cr_expect_not(keeps(ENGINE_PODMAN, "/run/user/containers/" OWN "hosts", "/etc/hosts"));
	cr_expect_not(keeps(ENGINE_PODMAN, "/run/user//containers/" OWN "hosts", "/etc/hosts"));
	cr_expect_not(keeps(ENGINE_PODMAN, "/run/user/1000x/containers/" OWN "hosts", "/etc/hosts"));
	cr_expect_not(keeps(ENGINE_PODMAN, "/run/user/1000/container/" OWN "hosts", "/etc/hosts"));
	cr_expect_not(keeps(ENGINE_PODMAN, "/run/user/1000/containersx" OWN "hosts", "/etc/hosts"));
	cr_expect_not(keeps(ENGINE_PODMAN, "/run/userx1000/containers/" OWN "hosts", "/etc/hosts"));
	cr_expect_not(keeps(ENGINE_PODMAN, "/run/users/1000/containers/" OWN "hosts", "/etc/hosts"));
	cr_expect_not(keeps(ENGINE_PODMAN, "/run/user/1000/containers/" OTHER "hosts", "/etc/hosts"));
	cr_expect(keeps(ENGINE_PODMAN, "/run/user/7/containers/" OWN "hosts", "/etc/hosts"));
	container.bundle = "/overlay-containers/c0ffee/userdata";
	cr_expect_not(keeps(ENGINE_PODMAN, "/volumes/v/_data", "/data"), "nobody's storage is the root directory");
	container.bundle = "/u/overlay-containers/c0ffee/userdata";
	cr_expect(keeps(ENGINE_PODMAN, "/u/volumes/v/_data", "/data"));
	container.bundle = STORE "overlay-containers/c0ffee/userdata";
	cr_expect_not(keeps(ENGINE_PODMAN, "/run/user/1000/containers/overlay-containers/c0ffee/userdata/hosts",
			    "/etc/hosts"),
		      "a bundle in the system's storage is not a user's");
	container.bundle = RUNSTORE "overlay-containers/c0ffee/userdata";
	cr_expect_not(keeps(ENGINE_PODMAN, "/run/user/1000/containers/overlay-containers/c0ffee/userdata/hosts",
			    "/etc/hosts"));
}

#define SUBPATH	      KUBELET "pods/11-22/volume-subpaths/v/app/0"
#define OTHER_SUBPATH KUBELET "pods/33-44/volume-subpaths/v/db/1"
#define NFS	      KUBELET "pods/11-22/volumes/kubernetes.io~nfs/v"
#define OTHER_NFS     KUBELET "pods/33-44/volumes/kubernetes.io~nfs/v"
#define OTHER_SECRET  KUBELET "pods/33-44/volumes/kubernetes.io~secret/v"
#define OTHER_NFS_CSI KUBELET "pods/33-44/volumes/kubernetes.io~nfs-csi/v"

/* Bit i: the i-th name is kept. */
static const struct {
	const char *about;
	const char *names[NAMES_MAX];
	unsigned kept;
} volumes[] = {
	{"a subPath with no volume of the pod's behind", {SUBPATH}, 0},
	{"a subPath of a volume of its own", {NFS "/d", SUBPATH}, 3},
	{"the same, the other way about", {SUBPATH, NFS "/d"}, 3},
	{"a subPath of a directory of the node", {"/srv/d", SUBPATH}, 2},
	{"a subPath of another container of the pod", {KUBELET "pods/11-22/volume-subpaths/v/db/0"}, 0},
	{"another pod's volume", {OTHER_NFS}, 0},
	{"the same kind of volume of both", {OTHER_NFS, NFS}, 3},
	{"another kind of volume of the other", {OTHER_SECRET, NFS}, 2},
	{"a kind whose name begins alike", {OTHER_NFS_CSI, NFS}, 2},
	{"a kind of another first letter", {KUBELET "pods/33-44/volumes/Kubernetes.io~nfs/v", NFS}, 2},
	{"a kubelet's directory is never the root directory", {"/pods/33-44/volumes/kubernetes.io~nfs/v", NFS}, 2},
	{"with a subPath of the other", {OTHER_SUBPATH, NFS}, 3},
	{"subPaths of both, and no volume", {OTHER_SUBPATH, SUBPATH}, 0},
	{"what the kubelet binds is no origin where there is one", {"/srv/d", OTHER_NFS, OTHER_SUBPATH}, 6},
	{"what it mounts for all pods", {KUBELET "plugins/kubernetes.io/csi/d/1/globalmount", NFS}, 3},
	{"the same without a volume of its own", {KUBELET "plugins/kubernetes.io/csi/d/1/globalmount"}, 0},
	{"the same with nothing but a file of its own",
	 {KUBELET "plugins/kubernetes.io/csi/d/1/globalmount", KUBELET "pods/11-22/etc-hosts"},
	 2},
	{"what a plugin keeps elsewhere", {KUBELET "plugins/driver/x", NFS}, 2},
	{"a second name of the kubelet's directory", {"/mnt/k/pods/11-22/volumes/kubernetes.io~nfs/v", NFS}, 3},
	{"a name with the same tail but for the pod", {"/mnt/k/pods/33-44/volumes/kubernetes.io~nfs/v", NFS}, 2},
	{"a second name of the kubelet's directory has volumes of others as well",
	 {"/mnt/k/pods/11-22/volumes/kubernetes.io~nfs/v", NFS, "/mnt/k/pods/33-44/volumes/kubernetes.io~nfs/v"},
	 7},
	{"but no third directory has",
	 {"/mnt/k/pods/11-22/volumes/kubernetes.io~nfs/v", NFS, "/mnt/l/pods/33-44/volumes/kubernetes.io~nfs/v"},
	 3},
	{"a second name, and a subPath below it",
	 {"/mnt/k/pods/11-22/volumes/kubernetes.io~nfs/v", NFS, "/mnt/k/pods/11-22/volume-subpaths/v/app/0"},
	 7},
};

Test(owner, volumes_of_this_and_of_other_pods)
{
	for (size_t i = 0; i < sizeof(volumes) / sizeof(volumes[0]); i++)
		cr_expect_eq(kept(volumes[i].names, "/d"), volumes[i].kept, "%s: %u", volumes[i].about,
			     kept(volumes[i].names, "/d"));
}

/* Of an engine's own: another name of the same place is told by the ids in it, or else by the whole name. */
Test(owner, second_names_of_an_engines_file)
{
	static const char *const named[NAMES_MAX] = {CRI_LIB "sandboxes/5a5a/hosts",
						     "/mnt/d/io.containerd.grpc.v1.cri/sandboxes/5a5a/hosts",
						     "/mnt/d/sandboxes/5a5a/hosts", "/mnt/d/hosts"};
	static const char *const unnamed[NAMES_MAX] = {STORE "volumes/v/_data",
						       "/mnt/d/var/lib/containers/storage/volumes/v/_data",
						       "/mnt/d/volumes/v/_data", "/var/lib/docker/volumes/v/_data"};

	cr_expect_eq(kept(named, "/etc/hosts"), 3);
	container.identity.engine = ENGINE_PODMAN;
	cr_expect_eq(kept(unnamed, "/data"), 3);
}

/* Names behind the first n_same are layers: none of them says whose the mount is. */
Test(owner, layers_are_no_names)
{
	static const char *const names[] = {"/srv/d", NFS, OTHER_NFS};
	static const char *const bound[] = {OTHER_NFS, "/srv/d"};
	struct host_mount mount = {.mount = -1, .parent_mount = -1, .path = "/d"};
	struct bind_owner owner;

	mount.origin = (struct origin){.state = ORIGIN_NODE, .paths = {names, 3}, .n_same = 1};
	bind_owner_find(&owner, &container, &host, &mount, NULL);
	cr_expect_eq(owner.keeper, KEEPER_NONE);
	cr_expect_null(owner.home);
	cr_expect_not(bind_owner_keeps(&owner, names[0]));
	mount.origin = (struct origin){.state = ORIGIN_NODE, .paths = {bound, 2}, .n_same = 1};
	bind_owner_find(&owner, &container, &host, &mount, NULL);
	cr_expect_not(bind_owner_keeps(&owner, bound[0]), "it is known by this name alone");
}

Test(owner, the_first_name_that_fits_is_home)
{
	static const char *const names[] = {"/srv/d", NFS "/1", NFS "/2"};
	struct host_mount mount = {.mount = -1, .parent_mount = -1, .path = "/d"};
	struct bind_owner owner;

	mount.origin = (struct origin){.state = ORIGIN_NODE, .paths = {names, 3}, .n_same = 3};
	bind_owner_find(&owner, &container, &host, &mount, NULL);
	cr_expect_eq(owner.keeper, KEEPER_KUBELET);
	cr_expect_str_eq(owner.home, names[1]);
	cr_expect_str_eq(owner.tail, "pods/11-22/volumes/kubernetes.io~nfs/v/1");
	cr_expect(owner.named);
}

Test(owner, layers_of_image_stores)
{
	static const struct {
		enum engine engine;
		const char *path;
		bool layer;
	} cases[] = {
		{ENGINE_CONTAINERD, "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs/x",
		 true},
		{ENGINE_CONTAINERD, "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/work",
		 false},
		{ENGINE_CRIO, STORE "overlay/abc/diff", true},
		{ENGINE_PODMAN, STORE "overlay/abc/merged/etc", true},
		{ENGINE_PODMAN, STORE "overlay/abc/empty", true},
		{ENGINE_PODMAN, STORE "overlay/abc/empty/x", false},
		{ENGINE_PODMAN, STORE "overlay/abc/work", false},
		{ENGINE_CRIO, STORE "overlay/l/ABC", true},
		{ENGINE_PODMAN, STORE OWN "overlay/1/upper", true},
		{ENGINE_PODMAN, STORE OWN "overlay/1/work", true},
		{ENGINE_PODMAN, STORE OTHER "overlay/1/upper", false},
		{ENGINE_CRIO, STORE OWN "overlay/1/upper", false},
		{ENGINE_DOCKER, DOCKER "overlay2/abc/diff", true},
		{ENGINE_BUILDKIT, DOCKER "overlay2/abc/diff", true},
		{ENGINE_BUILDKIT, "/var/lib/buildkit/runc-overlayfs/snapshots/snapshots/4/fs", true},
		{ENGINE_DOCKER, "/var/lib/buildkit/runc-overlayfs/snapshots/snapshots/4/fs", false},
		{ENGINE_CONTAINERD, DOCKER "overlay2/abc/diff", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		container.identity.engine = cases[i].engine;
		cr_expect_eq(bind_owner_layer(&container, cases[i].path, NULL), cases[i].layer, "%s", cases[i].path);
	}
}
