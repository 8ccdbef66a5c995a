/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places and names that nearly are an engine's, and keys of which one is missing: none of them counts for the engine.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "ocigate/spec.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

#define TASK	 "/run/containerd/io.containerd.runtime.v2.task/"
#define STORAGE	 "/run/containers/storage/overlay-containers/"
#define MAX_KEYS 8

/** struct place - a bundle's path and its cgroup, and whose they are */
static const struct place {
	const char *bundle;
	const char *cgroup; /* NULL: absent */
	enum engine engine;
} places[] = {
	{"/run/containerd/io.containerd.runtime.v1.linux/k8s.io/c1", "/x", ENGINE_CONTAINERD},
	{"/run/containerd/io.containerd.runtime.v1.linux/moby/c1", "/x", ENGINE_DOCKER},
	{"/run/containerd/io.containerd.runtime.v3.task/k8s.io/c1", "/x", ENGINE_UNKNOWN},
	{TASK "k8s.io/c1/rootfs", "/x", ENGINE_UNKNOWN},
	{TASK "k8s.io", "/x", ENGINE_UNKNOWN},
	{TASK "moby-x/c1", "/x", ENGINE_CONTAINERD},
	{STORAGE "c1/userdata", "x.slice:crio:c1", ENGINE_CRIO},
	{STORAGE "c1/userdata", "/x/crio-c1", ENGINE_CRIO},
	{STORAGE "c1/userdata", "crio-c1", ENGINE_CRIO},
	/* one that is neither is podman's, whose user may name it as he likes */
	{STORAGE "c1/userdata", NULL, ENGINE_PODMAN},
	{STORAGE "c1/userdata", "x.slice:evil:c1", ENGINE_PODMAN},
	{STORAGE "c1/userdata", "x.slice:crio-x:c1", ENGINE_PODMAN},
	{STORAGE "c1/userdata", "x.slice:crio", ENGINE_PODMAN},
	{STORAGE "c1/userdata", "crio:x:c1", ENGINE_PODMAN},
	{STORAGE "c1/userdata", "crio:c1", ENGINE_PODMAN},
	{STORAGE "c1/userdata", "x.slice:crio:x.slice:libpod:c1", ENGINE_PODMAN},
	{STORAGE "c1/userdata", "crio:x.slice:libpod:c1", ENGINE_PODMAN},
	{STORAGE "c1/userdata", "x.slice:xcrio:c1", ENGINE_PODMAN},
	{STORAGE "c1/userdata", "x.slice:cri:c1", ENGINE_PODMAN},
	{STORAGE "c1/userdata", "x.slice:libpod:x.slice:crio:c1", ENGINE_CRIO},
	{STORAGE "c1/userdata", "/x/evil-c1", ENGINE_PODMAN},
	{STORAGE "c1/userdata", "/x/criox-c1", ENGINE_PODMAN},
	{STORAGE "c1/userdata", "/crio-x/c1", ENGINE_PODMAN},
	/* the directory has a driver's name before its end, and userdata below */
	{"/run/containers/storage/-containers/c1/userdata", "/x/crio-c1", ENGINE_UNKNOWN},
	{"/run/containers/storage/overlay-containerz/c1/userdata", "/x/crio-c1", ENGINE_UNKNOWN},
	{"/run/containers/storage/overlay-containers-x/c1/userdata", "/x/crio-c1", ENGINE_UNKNOWN},
	{"/srv/long-enough-for-it/c1/userdata", "/x/crio-c1", ENGINE_UNKNOWN},
	{STORAGE "c1/otherdata", "/x/crio-c1", ENGINE_UNKNOWN},
	{STORAGE "c1", "/x/crio-c1", ENGINE_UNKNOWN},
	/* short ways */
	{"/", "/x/crio-c1", ENGINE_UNKNOWN},
	{"/a", "/x/crio-c1", ENGINE_UNKNOWN},
	{"//a//b//", "/x/crio-c1", ENGINE_UNKNOWN},
	{"/userdata", "/x/crio-c1", ENGINE_UNKNOWN},
	{"/x-containers/c1/userdata", "/x/crio-c1", ENGINE_CRIO},
	{"/var/lib/buildkit/runc-overlayfs/executor/abc", "/x", ENGINE_BUILDKIT},
	{"/var/lib/buildkit/runc-overlayfs/executors/abc", "/x", ENGINE_UNKNOWN},
};

static struct arena arena;

static void begin(void)
{
	arena_init(&arena, 1 << 16);
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(identity_places, .init = begin, .fini = finish);

/* @keys: annotations, NULL behind the last */
static struct identity identify(const struct place *place, const struct key_value *keys)
{
	struct container container = {.id = "c1", .bundle = place->bundle, .cgroups_path = place->cgroup};
	size_t n = 0;

	while (keys && keys[n].key)
		n++;
	container.annotations = (struct key_values){keys, n};
	identity_of(&arena, &container, BUNDLE_OWNER_ROOT);
	return container.identity;
}

Test(identity_places, are_taken_whole)
{
	for (size_t i = 0; i < N(places); i++)
		cr_expect_eq(identify(&places[i], NULL).engine, places[i].engine, "%s, %s", places[i].bundle,
			     places[i].cgroup ? places[i].cgroup : "no cgroup");
}

/* Not a byte before the path is looked at. */
Test(identity_places, of_nothing_but_a_slash)
{
	static const char others[] = "/x-containers/c1/userdata//";
	const struct place place = {others + sizeof(others) - 2, "/x/crio-c1", ENGINE_UNKNOWN};

	cr_expect_eq(identify(&place, NULL).engine, ENGINE_UNKNOWN);
}

/** struct keys - what an engine wrote; the container's name, its sandbox, and whether all of it may be believed */
static const struct keys {
	struct place place;
	struct key_value keys[MAX_KEYS];
	bool trusted;
	const char *namespace;
	const char *sandbox;
	enum tri is_sandbox;
} keys_table[] = {
	{{TASK "k8s.io/c1", "/x", ENGINE_CONTAINERD},
	 {{"io.kubernetes.cri.container-type", "container"},
	  {"io.kubernetes.cri.sandbox-namespace", "a"},
	  {"io.kubernetes.cri.sandbox-name", "b"},
	  {"io.kubernetes.cri.sandbox-id", "s"}},
	 true,
	 "a",
	 "s",
	 TRI_NO},
	{{TASK "k8s.io/c1", "/x", ENGINE_CONTAINERD},
	 {{"io.kubernetes.cri.container-type", "container"}, {"io.kubernetes.cri.sandbox-namespace", "a"}},
	 false,
	 "a",
	 "",
	 TRI_NO},
	{{TASK "k8s.io/c1", "/x", ENGINE_CONTAINERD},
	 {{"io.kubernetes.cri.container-type", "container"}, {"io.kubernetes.cri.sandbox-name", "b"}},
	 false,
	 "",
	 "",
	 TRI_NO},
	{{STORAGE "c1/userdata", "/x/crio-c1", ENGINE_CRIO},
	 {{"io.container.manager", "cri-o"},
	  {"io.kubernetes.pod.namespace", "a"},
	  {"io.kubernetes.pod.name", "b"},
	  {"io.kubernetes.container.name", "POD"},
	  {"io.kubernetes.cri-o.SandboxID", "s"}},
	 true,
	 "a",
	 "c1", /* a pause container is its sandbox, whatever the pod says */
	 TRI_YES},
	{{STORAGE "c1/userdata", "/x/crio-c1", ENGINE_CRIO},
	 {{"io.container.manager", "cri-o"},
	  {"io.kubernetes.pod.namespace", "a"},
	  {"io.kubernetes.pod.name", "b"},
	  {"io.kubernetes.container.name", "PODS"},
	  {"io.kubernetes.cri-o.SandboxID", "s"}},
	 true,
	 "a",
	 "s",
	 TRI_NO},
	{{STORAGE "c1/userdata", "/x/crio-c1", ENGINE_CRIO},
	 {{"io.container.manager", "cri-o"},
	  {"io.kubernetes.pod.namespace", "a"},
	  {"io.kubernetes.pod.name", "b"},
	  {"io.kubernetes.cri-o.SandboxID", "s"}},
	 true,
	 "a",
	 "",
	 TRI_UNKNOWN},
};

Test(identity_places, believe_keys_that_are_all_there)
{
	for (size_t i = 0; i < N(keys_table); i++) {
		const struct keys *row = &keys_table[i];
		struct identity got = identify(&row->place, row->keys);

		cr_expect_eq(got.engine, row->place.engine, "row %zu", i);
		cr_expect_eq(got.trusted, row->trusted, "row %zu: %s", i, got.doubt);
		cr_expect_str_eq(got.namespace, row->namespace, "row %zu", i);
		cr_expect_str_eq(got.sandbox_id, row->sandbox, "row %zu", i);
		cr_expect_eq(got.is_sandbox, row->is_sandbox, "row %zu", i);
	}
}

/* No room for containerd's own namespace: then it is none. */
Test(identity_places, say_nothing_without_memory)
{
	const struct place place = {TASK "k8s.io/c1", "/x", ENGINE_CONTAINERD};
	struct identity got;

	arena_init(&arena, 1);
	got = identify(&place, keys_table[0].keys);
	cr_expect_str_eq(got.containerd_namespace, "");
	cr_expect_str_eq(got.namespace, "");
	cr_expect(arena.failed);
}
