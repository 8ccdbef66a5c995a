/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose word is taken for who a container is: the engine's alone, and only
 * where nobody else could have written it.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ocigate/spec.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

#define ID	      "0123456789abcdef"
#define CRI_BUNDLE    "/run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID
#define CRIO_BUNDLE   "/run/containers/storage/overlay-containers/" ID "/userdata"
#define PODMAN_BUNDLE "/var/lib/containers/storage/overlay-containers/" ID "/userdata"

#define A(key, value) "\"" key "\":\"" value "\""

/* What containerd's CRI plugin writes for an app container, and for the sandbox. */
#define CRI_CONTAINER                                                                                                  \
	A("io.kubernetes.cri.container-type", "container")                                                             \
	"," A("io.kubernetes.cri.container-name", "redis") "," A(                                                      \
		"io.kubernetes.cri.image-name",                                                                        \
		"r.io/redis:7") "," A("io.kubernetes.cri.sandbox-id",                                                  \
				      "s1") "," A("io.kubernetes.cri.sandbox-name",                                    \
						  "redis-0") "," A("io.kubernetes.cri.sandbox-namespace",              \
								   "shop") "," A("io.kubernetes.cri.sandbox-uid",      \
										 "u1")
#define CRI_SANDBOX                                                                                                    \
	A("io.kubernetes.cri.container-type", "sandbox")                                                               \
	"," A("io.kubernetes.cri.sandbox-id", "s1") "," A("io.kubernetes.cri.sandbox-name", "redis-0") "," A(          \
		"io.kubernetes.cri.sandbox-namespace",                                                                 \
		"shop") "," A("io.kubernetes.cri.sandbox-uid", "u1") "," A("io.kubernetes.cri.sandbox-log-directory",  \
									   "/var/log/pods/x")

/* What CRI-O writes for an app container; its sandbox has the kubelet's labels and the name POD. */
#define CRIO_LABELS                                                                                                    \
	A("io.kubernetes.pod.name", "redis-0")                                                                         \
	"," A("io.kubernetes.pod.namespace", "shop") "," A("io.kubernetes.pod.uid", "u1")
#define CRIO_CONTAINER                                                                                                 \
	A("io.container.manager", "cri-o")                                                                             \
	"," CRIO_LABELS                                                                                                \
	"," A("io.kubernetes.container.name", "redis") "," A("io.kubernetes.cri-o.ContainerType", "container") "," A(  \
		"io.kubernetes.cri-o.SandboxID", "s1") "," A("io.kubernetes.cri-o.ImageName", "r.io/redis:7")
#define CRIO_SANDBOX                                                                                                   \
	A("io.container.manager", "cri-o")                                                                             \
	"," CRIO_LABELS                                                                                                \
	"," A("io.kubernetes.container.name", "POD") "," A("io.kubernetes.cri-o.ContainerType", "sandbox")

#define CRIO_CGROUP   "kubepods-besteffort-podu1.slice:crio:" ID
#define PODMAN_CGROUP "machine.slice:libpod:" ID

/** struct expected - NULL strings stand for "" */
struct expected {
	enum engine engine;
	bool trusted;
	const char *doubt;
	const char *namespace;
	const char *pod;
	const char *container;
	const char *image;
	enum tri is_sandbox;
};

static const struct identity_case {
	const char *about;
	const char *bundle;
	enum bundle_owner owner;
	const char *annotations;
	const char *cgroup;
	struct expected want;
} cases[] = {
	{"containerd, Kubernetes",
	 CRI_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 CRI_CONTAINER,
	 "/kubepods/podu1/" ID,
	 {ENGINE_CONTAINERD, true, NULL, "shop", "redis-0", "redis", "r.io/redis:7", TRI_NO}},
	{"containerd with another state directory",
	 "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/" ID,
	 BUNDLE_OWNER_ROOT,
	 CRI_CONTAINER,
	 "/x",
	 {ENGINE_CONTAINERD, true, NULL, "shop", "redis-0", "redis", "r.io/redis:7", TRI_NO}},
	{"containerd, pause",
	 CRI_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 CRI_SANDBOX,
	 "/kubepods/podu1/" ID,
	 {ENGINE_CONTAINERD, true, NULL, "shop", "redis-0", NULL, NULL, TRI_YES}},
	{"a sandbox cannot borrow a container's name: only what its own kind always has is read",
	 CRI_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 CRI_SANDBOX
	 "," A("io.kubernetes.cri.container-name", "exempt") "," A("io.kubernetes.cri.image-name", "r.io/exempt"),
	 "/x",
	 {ENGINE_CONTAINERD, true, NULL, "shop", "redis-0", NULL, NULL, TRI_YES}},
	{"CRI-O's keys mean nothing to containerd",
	 CRI_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 CRI_CONTAINER "," A("io.kubernetes.pod.namespace", "kube-system") "," A("io.container.manager", "cri-o"),
	 CRIO_CGROUP,
	 {ENGINE_CONTAINERD, true, NULL, "shop", "redis-0", "redis", "r.io/redis:7", TRI_NO}},
	{"ctr in the Kubernetes namespace writes none of the keys",
	 CRI_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 "",
	 "/k8s.io/x",
	 {ENGINE_CONTAINERD, false, "keys are missing", NULL, NULL, NULL, NULL, TRI_UNKNOWN}},
	{"ctr in its own namespace: the engine is known, the Kubernetes keys are its caller's",
	 "/run/containerd/io.containerd.runtime.v2.task/default/x",
	 BUNDLE_OWNER_ROOT,
	 CRI_CONTAINER,
	 "/default/x",
	 {ENGINE_CONTAINERD, true, NULL, NULL, NULL, NULL, NULL, TRI_UNKNOWN}},
	{"docker: keys are of the user",
	 "/run/containerd/io.containerd.runtime.v2.task/moby/" ID,
	 BUNDLE_OWNER_ROOT,
	 CRI_CONTAINER,
	 "system.slice:docker:" ID,
	 {ENGINE_DOCKER, true, NULL, NULL, NULL, NULL, NULL, TRI_NO}},
	{"docker with a containerd of its own",
	 "/var/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/" ID,
	 BUNDLE_OWNER_ROOT,
	 CRIO_CONTAINER,
	 "/docker/" ID,
	 {ENGINE_DOCKER, true, NULL, NULL, NULL, NULL, NULL, TRI_NO}},
	{"CRI-O",
	 CRIO_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 CRIO_CONTAINER,
	 CRIO_CGROUP,
	 {ENGINE_CRIO, true, NULL, "shop", "redis-0", "redis", "r.io/redis:7", TRI_NO}},
	{"CRI-O with cgroupfs",
	 CRIO_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 CRIO_CONTAINER,
	 "/kubepods/podu1/crio-" ID,
	 {ENGINE_CRIO, true, NULL, "shop", "redis-0", "redis", "r.io/redis:7", TRI_NO}},
	{"CRI-O with another storage driver",
	 "/run/containers/storage/vfs-containers/" ID "/userdata",
	 BUNDLE_OWNER_ROOT,
	 CRIO_CONTAINER,
	 CRIO_CGROUP,
	 {ENGINE_CRIO, true, NULL, "shop", "redis-0", "redis", "r.io/redis:7", TRI_NO}},
	{"CRI-O, a pod annotated with containerd's keys",
	 CRIO_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 A("io.kubernetes.cri.sandbox-namespace", "kube-system") "," A("io.kubernetes.cri.container-type",
								       "container") "," CRIO_CONTAINER,
	 CRIO_CGROUP,
	 {ENGINE_CRIO, true, NULL, "shop", "redis-0", "redis", "r.io/redis:7", TRI_NO}},
	{"CRI-O, a pod annotated with the keys that CRI-O sets on sandboxes alone",
	 CRIO_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 A("io.kubernetes.cri-o.Namespace", "kube-system") "," A("io.kubernetes.cri-o.KubeName",
								 "exempt") "," CRIO_CONTAINER,
	 CRIO_CGROUP,
	 {ENGINE_CRIO, true, NULL, "shop", "redis-0", "redis", "r.io/redis:7", TRI_NO}},
	{"CRI-O, sandbox",
	 CRIO_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 CRIO_SANDBOX,
	 CRIO_CGROUP,
	 {ENGINE_CRIO, true, NULL, "shop", "redis-0", NULL, NULL, TRI_YES}},
	{"CRI-O, a sandbox whose pod rewrites CRI-O's own keys",
	 CRIO_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 A("io.container.manager", "cri-o") "," CRIO_LABELS "," A("io.kubernetes.container.name", "POD") "," A(
		 "io.kubernetes.cri-o.ContainerType",
		 "container") "," A("io.kubernetes.cri-o.Namespace",
				    "kube-system") "," A("io.kubernetes.cri-o.ImageName",
							 "r.io/exempt") "," A("io.kubernetes.cri-o.SandboxID", "other"),
	 CRIO_CGROUP,
	 {ENGINE_CRIO, true, NULL, "shop", "redis-0", NULL, NULL, TRI_YES}},
	{"CRI-O, a sandbox whose pod says that podman made it",
	 CRIO_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 A("io.container.manager", "libpod") "," CRIO_LABELS "," A("io.kubernetes.container.name", "POD"),
	 CRIO_CGROUP,
	 {ENGINE_CRIO, false, "names another engine", "shop", "redis-0", NULL, NULL, TRI_YES}},
	{"podman",
	 PODMAN_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 A("io.container.manager", "libpod"),
	 PODMAN_CGROUP,
	 {ENGINE_PODMAN, true, NULL, NULL, NULL, NULL, NULL, TRI_NO}},
	{"podman with cgroupfs",
	 PODMAN_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 A("io.container.manager", "libpod"),
	 "/libpod_parent/libpod-" ID,
	 {ENGINE_PODMAN, true, NULL, NULL, NULL, NULL, NULL, TRI_NO}},
	{"podman --annotation: another engine's keys, all of them",
	 PODMAN_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 CRIO_CONTAINER,
	 PODMAN_CGROUP,
	 {ENGINE_PODMAN, true, NULL, NULL, NULL, NULL, NULL, TRI_NO}},
	{"podman with a transient store, in CRI-O's directory, dressed up as CRI-O",
	 CRIO_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 CRIO_CONTAINER,
	 PODMAN_CGROUP,
	 {ENGINE_PODMAN, true, NULL, NULL, NULL, NULL, NULL, TRI_NO}},
	{"podman with a cgroup parent named after CRI-O",
	 CRIO_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 CRIO_CONTAINER,
	 "/crio-parent/libpod-" ID,
	 {ENGINE_PODMAN, true, NULL, NULL, NULL, NULL, NULL, TRI_NO}},
	{"podman with a slice named after CRI-O",
	 CRIO_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 CRIO_CONTAINER,
	 "crio-x.slice:libpod:" ID,
	 {ENGINE_PODMAN, true, NULL, NULL, NULL, NULL, NULL, TRI_NO}},
	{"podman with a slice that spells CRI-O's part of the name",
	 CRIO_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 CRIO_CONTAINER,
	 "system.slice:crio:x.slice:libpod:" ID,
	 {ENGINE_PODMAN, true, NULL, NULL, NULL, NULL, NULL, TRI_NO}},
	{"podman without cgroups, dressed up as CRI-O",
	 CRIO_BUNDLE,
	 BUNDLE_OWNER_ROOT,
	 CRIO_CONTAINER,
	 "",
	 {ENGINE_PODMAN, true, NULL, NULL, NULL, NULL, NULL, TRI_NO}},
	{"rootless podman",
	 "/home/u/.local/share/containers/storage/overlay-containers/" ID "/userdata",
	 BUNDLE_OWNER_OTHERS,
	 A("io.container.manager", "libpod"),
	 "user.slice:libpod:" ID,
	 {ENGINE_PODMAN, false, "others than root", NULL, NULL, NULL, NULL, TRI_NO}},
	{"BuildKit",
	 "/var/lib/buildkit/runc-overlayfs/executor/abc",
	 BUNDLE_OWNER_ROOT,
	 CRI_CONTAINER,
	 "/x",
	 {ENGINE_BUILDKIT, true, NULL, NULL, NULL, NULL, NULL, TRI_NO}},
	{"BuildKit inside docker",
	 "/var/lib/docker/buildkit/executor/abc",
	 BUNDLE_OWNER_ROOT,
	 "",
	 "",
	 {ENGINE_BUILDKIT, true, NULL, NULL, NULL, NULL, NULL, TRI_NO}},
	{"an executor that is nobody's",
	 "/srv/executor/abc",
	 BUNDLE_OWNER_ROOT,
	 "",
	 "",
	 {ENGINE_UNKNOWN, false, "no known engine", NULL, NULL, NULL, NULL, TRI_UNKNOWN}},
	{"a user's directory laid out like containerd's",
	 "/home/u/io.containerd.runtime.v2.task/k8s.io/x",
	 BUNDLE_OWNER_OTHERS,
	 CRI_CONTAINER,
	 "/x",
	 {ENGINE_CONTAINERD, false, "others than root", "shop", "redis-0", "redis", "r.io/redis:7", TRI_NO}},
	{"recorded without the ownership",
	 CRI_BUNDLE,
	 BUNDLE_OWNER_UNKNOWN,
	 CRI_CONTAINER,
	 "/x",
	 {ENGINE_CONTAINERD, false, "not known who may write", "shop", "redis-0", "redis", "r.io/redis:7", TRI_NO}},
	{"a place of no engine: claims, for messages alone",
	 "/root/b",
	 BUNDLE_OWNER_ROOT,
	 CRI_CONTAINER,
	 "/x",
	 {ENGINE_UNKNOWN, false, "no known engine", "shop", "redis-0", "redis", "r.io/redis:7", TRI_NO}},
	{"the same with CRI-O's keys",
	 "/root/b",
	 BUNDLE_OWNER_ROOT,
	 CRIO_CONTAINER,
	 "/x",
	 {ENGINE_UNKNOWN, false, "no known engine", "shop", "redis-0", "redis", "r.io/redis:7", TRI_NO}},
	{"a directory above is named as the engine's is",
	 "/root/io.containerd.runtime.v2.task/k8s.io/x/y",
	 BUNDLE_OWNER_ROOT,
	 CRI_CONTAINER,
	 "/x",
	 {ENGINE_UNKNOWN, false, "no known engine", "shop", "redis-0", "redis", "r.io/redis:7", TRI_NO}},
};

static void expect_text(const struct identity_case *row, const char *what, const char *got, const char *want)
{
	cr_assert(got, "%s: %s is NULL", row->about, what);
	cr_expect_str_eq(got, want ? want : "", "%s: %s is \"%s\"", row->about, what, got);
}

static void read_case(struct arena *arena, const char *bundle, const char *annotations, const char *cgroup,
		      struct container *ret)
{
	struct err err = {0};
	struct text text = {0};
	char bytes[4096];

	text.len = (size_t)snprintf(
		bytes, sizeof(bytes),
		"{\"ociVersion\":\"1.0\",\"process\":{\"user\":{\"uid\":1,\"gid\":1},\"cwd\":\"/"
		"\",\"capabilities\":{}},"
		"\"root\":{\"path\":\"rootfs\"},\"annotations\":{%s},\"linux\":{\"cgroupsPath\":\"%s\"}}",
		annotations, cgroup);
	cr_assert_lt(text.len, sizeof(bytes));
	text.bytes = bytes;
	cr_assert_eq(spec_parse(arena, &text, bundle, "id", ret, &err), 0, "%s %s", err.pointer, err.text);
}

static void expect_identity(const struct identity_case *row)
{
	const struct identity *got;
	struct container container;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	read_case(&arena, row->bundle, row->annotations, row->cgroup, &container);
	identity_of(&arena, &container, row->owner);
	got = &container.identity;
	cr_expect_eq(got->engine, row->want.engine, "%s: engine %s", row->about, engine_names[got->engine]);
	cr_expect_eq(got->trusted, row->want.trusted, "%s: trusted %d", row->about, got->trusted);
	if (row->want.trusted)
		cr_expect_null(got->doubt, "%s: %s", row->about, got->doubt);
	else
		cr_expect(got->doubt && strstr(got->doubt, row->want.doubt), "%s: doubt: %s", row->about, got->doubt);
	cr_expect_eq(got->is_sandbox, row->want.is_sandbox, "%s: sandbox %d", row->about, got->is_sandbox);
	expect_text(row, "namespace", got->namespace, row->want.namespace);
	expect_text(row, "pod", got->pod, row->want.pod);
	expect_text(row, "container", got->container, row->want.container);
	expect_text(row, "image", got->image, row->want.image);
	cr_expect(got->pod_uid && got->sandbox_id && got->image_digest && got->ports_json && got->containerd_namespace);
	arena_release(&arena);
}

Test(identity, knows_whose_word_counts)
{
	for (size_t i = 0; i < N(cases); i++)
		expect_identity(&cases[i]);
}

static bool is_doctor(const char *bundle, enum bundle_owner owner)
{
	struct container container;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	read_case(&arena, bundle, "", "/ocigate-doctor-7", &container);
	identity_of(&arena, &container, owner);
	arena_release(&arena);
	return container.identity.is_doctor;
}

Test(identity, knows_the_doctors_own_by_a_place_that_is_roots)
{
	cr_expect(is_doctor("/var/lib/ocigate/doctor-7", BUNDLE_OWNER_ROOT));
	cr_expect_not(is_doctor("/var/lib/ocigate/doctor-7", BUNDLE_OWNER_OTHERS));
	cr_expect_not(is_doctor("/var/lib/ocigate/doctor-7", BUNDLE_OWNER_UNKNOWN));
	cr_expect_not(is_doctor("/var/lib/ocigate/doctor-", BUNDLE_OWNER_ROOT));
	cr_expect_not(is_doctor("/var/lib/ocigate/doctor-7/../../x", BUNDLE_OWNER_ROOT));
	cr_expect_not(is_doctor("/var/lib/ocigate/doctor-7x", BUNDLE_OWNER_ROOT));
	cr_expect_not(is_doctor("/srv/var/lib/ocigate/doctor-7", BUNDLE_OWNER_ROOT));
}

Test(identity, tells_the_namespace_of_containerd)
{
	struct container container;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	read_case(&arena, "/run/containerd/io.containerd.runtime.v2.task/default/x/", "", "", &container);
	identity_of(&arena, &container, BUNDLE_OWNER_ROOT);
	cr_expect_str_eq(container.identity.containerd_namespace, "default", "a slash at the end changes nothing");
	read_case(&arena, PODMAN_BUNDLE, "", "", &container);
	identity_of(&arena, &container, BUNDLE_OWNER_ROOT);
	cr_expect_str_eq(container.identity.containerd_namespace, "");
	arena_release(&arena);
}

static void names_image(const char *said, const char *name)
{
	struct container container;
	struct arena arena;
	char annotations[512];

	arena_init(&arena, 1 << 20);
	(void)snprintf(annotations, sizeof(annotations),
		       A("io.kubernetes.cri.container-type", "container") "," A("io.kubernetes.cri.image-name", "%s"),
		       said);
	read_case(&arena, CRI_BUNDLE, annotations, "", &container);
	identity_of(&arena, &container, BUNDLE_OWNER_ROOT);
	cr_expect_str_eq(container.identity.image, name, "%s: %s", said, container.identity.image);
	arena_release(&arena);
}

/* As containerd takes what the pod says (distribution's reference, "normalized"); its version 1 writes that by itself. */
Test(identity, has_the_full_name_of_an_image)
{
	names_image("redis", "docker.io/library/redis:latest");
	names_image("redis:7", "docker.io/library/redis:7");
	names_image("redis@sha256:ab", "docker.io/library/redis@sha256:ab");
	names_image("redis:7@sha256:ab", "docker.io/library/redis:7@sha256:ab");
	names_image("rancher/klipper-lb:v0.4", "docker.io/rancher/klipper-lb:v0.4");
	names_image("docker.io/redis:7", "docker.io/library/redis:7");
	names_image("docker.io/redis", "docker.io/library/redis:latest");
	names_image("docker.io/library/redis:7", "docker.io/library/redis:7");
	names_image("docker.io/rancher/klipper-lb", "docker.io/rancher/klipper-lb:latest");
	names_image("r.io/redis:7", "r.io/redis:7");
	names_image("r.io/redis", "r.io/redis:latest");
	names_image("r.io/a/redis@sha256:ab", "r.io/a/redis@sha256:ab");
	names_image("localhost/app:test", "localhost/app:test");
	names_image("localhosts/app:test", "docker.io/localhosts/app:test");
	names_image("node:5000/app", "node:5000/app:latest");
	names_image("Node/app:1", "Node/app:1");
	names_image("a/B.c:1", "docker.io/a/B.c:1");
	names_image("shadow:1", "shadow:1");
	names_image("shadow1:1", "docker.io/library/shadow1:1");
	names_image("sha256:ab", "sha256:ab");
	names_image("something/app:1", "docker.io/something/app:1");
	names_image("a", "docker.io/library/a:latest");
	names_image("", "");
}

Test(identity, has_no_image_where_memory_runs_out)
{
	struct container container;
	struct arena arena, small;
	size_t named = 0, unnamed = 0;

	arena_init(&arena, 1 << 20);
	read_case(&arena, CRI_BUNDLE,
		  A("io.kubernetes.cri.container-type", "container") "," A("io.kubernetes.cri.image-name", "redis"), "",
		  &container);
	for (size_t cap = 1; cap < 512; cap++) {
		arena_init(&small, cap);
		identity_of(&small, &container, BUNDLE_OWNER_ROOT);
		cr_assert_not_null(container.identity.image, "%zu", cap);
		named += container.identity.image[0] != '\0';
		unnamed += container.identity.image[0] == '\0';
		arena_release(&small);
	}
	cr_expect_gt(named, 0);
	cr_expect_gt(unnamed, 0);
	arena_release(&arena);
}

Test(identity, takes_the_digest_from_the_image_and_ports_from_the_kubelet)
{
	struct container container;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	read_case(
		&arena, CRIO_BUNDLE,
		A("io.container.manager", "cri-o") "," CRIO_LABELS "," A("io.kubernetes.container.name", "redis") "," A(
			"io.kubernetes.cri-o.ImageName",
			"r.io/redis@sha256:ab") "," A("io.kubernetes.cri-o.ImageRepoDigests",
						      "r.io/redis@sha256:forged") "," A("io.kubernetes.container.ports",
											"[]"),
		CRIO_CGROUP, &container);
	identity_of(&arena, &container, BUNDLE_OWNER_ROOT);
	cr_expect_str_eq(container.identity.image_digest, "sha256:ab");
	cr_expect_str_eq(container.identity.ports_json, "[]");
	cr_expect_str_eq(container.identity.pod_uid, "u1");
	arena_release(&arena);
}

Test(identity, knows_podmans_containers_without_a_control_group)
{
	static const struct {
		const char *bundle, *cgroup;
		bool unheld;
	} containers[] = {{PODMAN_BUNDLE, "", true},
			  {PODMAN_BUNDLE, PODMAN_CGROUP, false},
			  {PODMAN_BUNDLE, "/x/libpod-" ID, false},
			  {PODMAN_BUNDLE, "/", false},
			  {CRIO_BUNDLE, CRIO_CGROUP, false},
			  {"/run/containerd/io.containerd.runtime.v2.task/default/x", "", false},
			  {"/srv/x", "", false}};

	for (size_t i = 0; i < sizeof(containers) / sizeof(containers[0]); i++) {
		struct container container;
		struct arena arena;

		arena_init(&arena, 1 << 20);
		read_case(&arena, containers[i].bundle, "", containers[i].cgroup, &container);
		identity_of(&arena, &container, BUNDLE_OWNER_ROOT);
		cr_expect_eq(container.unheld, containers[i].unheld, "%s %s", containers[i].bundle,
			     containers[i].cgroup);
		container.unheld = true;
		identity_of(&arena, &container, BUNDLE_OWNER_ROOT);
		cr_expect(container.unheld, "what was known before stays");
		arena_release(&arena);
	}
}
