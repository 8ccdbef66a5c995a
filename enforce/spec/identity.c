/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who the container is, from what its engine itself wrote.
 *
 * Three things must hold before a name is believed: the bundle lies where an
 * engine puts it, nobody but root can put one there, and the key is one that
 * this engine sets itself, after everything that the pod's author or the
 * caller of the engine may have passed through. What fails that is kept as a
 * claim, good for messages and for nothing else.
 */
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/fs.h"
#include "ocigate/spec.h"

/* A path's last components, from the end. */
struct tail {
	const char *at[3];
	size_t len[3];
};

static struct tail tail_of(const char *path)
{
	struct tail tail = {{"", "", ""}, {0, 0, 0}};
	size_t end = strlen(path);

	for (size_t i = 0; i < 3 && end > 0; i++) {
		size_t start;

		while (end > 0 && path[end - 1] == '/')
			end--;
		start = end;
		while (start > 0 && path[start - 1] != '/')
			start--;
		tail.at[i] = path + start;
		tail.len[i] = end - start;
		end = start;
	}
	return tail;
}

static bool tail_is(const struct tail *tail, size_t i, const char *word)
{
	return tail->len[i] == strlen(word) && memcmp(tail->at[i], word, tail->len[i]) == 0;
}

static bool tail_ends(const struct tail *tail, size_t i, const char *word)
{
	size_t n = strlen(word);

	return tail->len[i] > n && memcmp(tail->at[i] + tail->len[i] - n, word, n) == 0;
}

static const char *annotation(const struct container *container, const char *key)
{
	const char *value = key_values_find(&container->annotations, key);

	return value ? value : "";
}

/*
 * CRI-O and podman share a directory. Annotations do not tell them apart, as a
 * podman user can set any of them; the name of the container's own cgroup is
 * the engine's: "crio-ID" or "slice:crio:ID", "libpod-ID" or "slice:libpod:ID".
 * The slice is podman's user's to choose, colons and all: the last two count.
 */
static bool cgroup_is_of(const struct container *container, const char *engine)
{
	const char *path = container->cgroups_path ? container->cgroups_path : "";
	const char *slash = strrchr(path, '/');
	const char *last = slash ? slash + 1 : path;
	const char *name = strrchr(last, ':'), *prefix = name;
	size_t n = strlen(engine);

	if (!name)
		return strncmp(last, engine, n) == 0 && last[n] == '-';
	while (prefix > last && prefix[-1] != ':')
		prefix--;
	return prefix > last && (size_t)(name - prefix) == n && memcmp(prefix, engine, n) == 0;
}

static enum engine engine_at(const struct container *container, const struct tail *tail)
{
	if (tail_is(tail, 2, "io.containerd.runtime.v2.task") || tail_is(tail, 2, "io.containerd.runtime.v1.linux"))
		return tail_is(tail, 1, "moby") ? ENGINE_DOCKER : ENGINE_CONTAINERD;
	if (tail_is(tail, 0, "userdata") && tail_ends(tail, 2, "-containers"))
		return cgroup_is_of(container, "crio") ? ENGINE_CRIO : ENGINE_PODMAN;
	if (tail_is(tail, 1, "executor") && strstr(container->bundle, "/buildkit"))
		return ENGINE_BUILDKIT;
	return ENGINE_UNKNOWN;
}

/* "docker.io/", unless the first part is a registry: it has a dot, a port or a capital, or is "localhost". */
static bool is_of_hub(const char *image)
{
	size_t n = strcspn(image, "/"), registry = strcspn(image, ".:ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return !image[n] || (registry >= n && !(n == strlen("localhost") && strncmp(image, "localhost", n) == 0));
}

/*
 * Up to containerd 1.7 the annotation has one of the image's names in full, since 2.0 what the pod says: "redis" for
 * docker.io/library/redis:latest, which is what containerd takes it for. The full name is the same under both.
 */
static const char *full_image_name(struct arena *arena, const char *image)
{
	static const char hub[] = "docker.io/";
	const char *name = strncmp(image, hub, strlen(hub)) == 0 ? image + strlen(hub) : image;
	bool of_hub = name != image || is_of_hub(image);
	const char *last = strrchr(name, '/'), *tag = strpbrk(last ? last : name, ":@");

	/* "sha256:…" is an image's id, under whatever name it came. */
	if (!image[0] || (strcspn(image, ":/") == strlen("sha256") && strncmp(image, "sha", strlen("sha")) == 0) ||
	    (tag && (!of_hub || (name != image && last))))
		return image;
	name = arena_printf(arena, "%s%s%s%s", of_hub ? hub : "", of_hub && !last ? "library/" : "", name,
			    tag ? "" : ":latest");
	return name ? name : "";
}

/* containerd's CRI plugin sets these after everything that is passed through. */
static void read_cri(struct arena *arena, const struct container *container, struct identity *identity)
{
	const char *type = annotation(container, "io.kubernetes.cri.container-type");

	identity->namespace = annotation(container, "io.kubernetes.cri.sandbox-namespace");
	identity->pod = annotation(container, "io.kubernetes.cri.sandbox-name");
	identity->pod_uid = annotation(container, "io.kubernetes.cri.sandbox-uid");
	identity->sandbox_id = annotation(container, "io.kubernetes.cri.sandbox-id");
	identity->is_sandbox = strcmp(type, "sandbox") == 0	? TRI_YES
			       : strcmp(type, "container") == 0 ? TRI_NO
								: TRI_UNKNOWN;
	if (identity->is_sandbox != TRI_NO)
		return;
	identity->container = annotation(container, "io.kubernetes.cri.container-name");
	identity->image = full_image_name(arena, annotation(container, "io.kubernetes.cri.image-name"));
	identity->ports_json = annotation(container, "io.kubernetes.container.ports");
}

/*
 * CRI-O writes the kubelet's labels last, in both kinds of spec. In a
 * sandbox's spec pod annotations come after most of CRI-O's own keys, its
 * ContainerType included; the container name "POD" is a label and cannot be
 * any container's, since Kubernetes names are in lower case.
 */
static void read_crio(const struct container *container, struct identity *identity)
{
	const char *name = annotation(container, "io.kubernetes.container.name");

	identity->namespace = annotation(container, "io.kubernetes.pod.namespace");
	identity->pod = annotation(container, "io.kubernetes.pod.name");
	identity->pod_uid = annotation(container, "io.kubernetes.pod.uid");
	identity->is_sandbox = !name[0] ? TRI_UNKNOWN : strcmp(name, "POD") == 0 ? TRI_YES : TRI_NO;
	/* A pause container is its sandbox. */
	if (identity->is_sandbox == TRI_YES)
		identity->sandbox_id = container->id;
	if (identity->is_sandbox != TRI_NO)
		return;
	identity->sandbox_id = annotation(container, "io.kubernetes.cri-o.SandboxID");
	identity->container = name;
	identity->image = annotation(container, "io.kubernetes.cri-o.ImageName");
	identity->ports_json = annotation(container, "io.kubernetes.container.ports");
}

static void read_keys(struct arena *arena, const struct container *container, struct identity *identity)
{
	switch (identity->engine) {
	case ENGINE_CONTAINERD:
		if (strcmp(identity->containerd_namespace, "k8s.io") == 0)
			read_cri(arena, container, identity);
		break;
	case ENGINE_CRIO:
		read_crio(container, identity);
		break;
	case ENGINE_UNKNOWN:
		if (annotation(container, "io.kubernetes.cri.container-type")[0])
			read_cri(arena, container, identity);
		else
			read_crio(container, identity);
		break;
	case ENGINE_PODMAN:
	case ENGINE_DOCKER:
	case ENGINE_BUILDKIT:
	case ENGINES:
		/* They set no key that says who the container is and that their caller could not set too. */
		identity->is_sandbox = TRI_NO;
		break;
	}
}

static const char *doubt_of(const struct container *container, const struct identity *identity, enum bundle_owner owner)
{
	bool kubernetes = identity->engine == ENGINE_CRIO || (identity->engine == ENGINE_CONTAINERD &&
							      strcmp(identity->containerd_namespace, "k8s.io") == 0);

	if (identity->engine == ENGINE_UNKNOWN)
		return "the bundle lies where no known engine puts one";
	if (owner == BUNDLE_OWNER_UNKNOWN)
		return "it is not known who may write to the bundle's place";
	if (owner != BUNDLE_OWNER_ROOT)
		return "others than root may write to the bundle's place";
	if (identity->engine == ENGINE_CRIO && strcmp(annotation(container, "io.container.manager"), "cri-o") != 0)
		return "the spec names another engine than the one whose cgroup it asks for";
	if (kubernetes && (!identity->namespace[0] || !identity->pod[0]))
		return "the engine's own keys are missing";
	return NULL;
}

/* podman names a control group, but for --cgroups=disabled: that crun is told on its command line, which no hook sees. */
static bool is_without_cgroup(const struct container *container, enum engine engine)
{
	return engine == ENGINE_PODMAN && (!container->cgroups_path || !container->cgroups_path[0]);
}

static bool is_of_doctor(const char *bundle)
{
	const size_t len = strlen(DOCTOR_BUNDLES);

	return strncmp(bundle, DOCTOR_BUNDLES, len) == 0 && bundle[len] &&
	       bundle[len + strspn(bundle + len, "0123456789")] == '\0';
}

void identity_of(struct arena *arena, struct container *container, enum bundle_owner owner)
{
	struct tail tail = tail_of(container->bundle);
	struct identity identity = identity_nobody();
	const char *digest;

	identity.engine = engine_at(container, &tail);
	if (identity.engine == ENGINE_CONTAINERD || identity.engine == ENGINE_DOCKER) {
		const char *word = arena_strndup(arena, tail.at[1], tail.len[1]);

		identity.containerd_namespace = word ? word : "";
	}
	read_keys(arena, container, &identity);
	digest = strchr(identity.image, '@');
	if (digest)
		identity.image_digest = digest + 1;
	identity.doubt = doubt_of(container, &identity, owner);
	identity.trusted = !identity.doubt;
	identity.is_doctor = owner == BUNDLE_OWNER_ROOT && is_of_doctor(container->bundle);
	container->identity = identity;
	container->unheld = container->unheld || is_without_cgroup(container, identity.engine);
}
