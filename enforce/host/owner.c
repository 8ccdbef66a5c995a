/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose is a path that a container mounts: the engine's, the kubelet's, or just the node's?
 *
 * An engine binds a dozen files of its own into every container, and the kubelet binds volumes. What they make for
 * one container has that container's, sandbox's or pod's id in its path; so a path counts as theirs when the *whole*
 * path has the shape that this engine gives it, with the ids of the trusted identity in their places. A prefix alone
 * proves nothing: /var/lib/kubelet/pods holds the secrets of every other pod as well.
 *
 * A path of the right shape may still lead elsewhere, when something is mounted over it (a subPath of a hostPath, a
 * volume with a device option). The host facts then list both names, and the foreign one is what the rule reports.
 * But some nodes keep a state directory on another disk and bind it into place: there every file has two names by
 * right. Another name is taken for the same place when it ends in the same tail, ids included.
 *
 * And the kubelet binds: a disk is mounted once and bound to every pod that has the volume, a subPath is a bind of
 * part of a volume or of a hostPath. What it binds for other pods is no origin, and says nothing about this one, if the
 * place has another name to be judged by; with none, as for a network filesystem, the pod must have the same kind of
 * volume itself. So a subPath counts as the pod's only where the volume behind it is.
 */
#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "internal.h"

#include "ocigate/fs.h"
#include "ocigate/owner.h"

enum base { BASE_ROOT, BASE_KUBELET, BASE_CONTAINERD, BASE_STORAGE, BASE_DOCKER, BASE_BUILDER, BASES };

/* Where kubelet and engines keep their state, as shipped by themselves and by the usual distributions. */
static const char *const bases[BASES][6] = {
	[BASE_ROOT] = {"/"},
	[BASE_KUBELET] = {"/var/lib/kubelet", "/var/lib/k0s/kubelet", "/var/snap/microk8s/common/var/lib/kubelet"},
	[BASE_CONTAINERD] = {"/run/containerd", "/var/lib/containerd", "/run/k3s/containerd",
			     "/var/lib/rancher/k3s/agent/containerd", "/var/lib/rancher/rke2/agent/containerd"},
	[BASE_STORAGE] = {"/run/containers/storage", "/var/lib/containers/storage"},
	[BASE_DOCKER] = {"/var/lib/docker", "/var/snap/docker/common/var-lib-docker"},
	[BASE_BUILDER] = {"/var/lib/docker/buildkit", "/var/lib/buildkit"},
};

/* Only while the container shares a namespace, with the host or with another. */
enum condition { ALWAYS = 0, NET_OF_HOST, IPC_OF_HOST, NET_JOINED, IPC_JOINED };

#define ON(engine) (1u << (engine))
#define CRI	   (ON(ENGINE_CONTAINERD) | ON(ENGINE_CRIO))
#define CRIO	   ON(ENGINE_CRIO)
#define PODMAN	   ON(ENGINE_PODMAN)
#define DOCKER	   ON(ENGINE_DOCKER)
#define BUILDER	   ON(ENGINE_BUILDKIT)

/*
 * What is whose. A segment is %c (container id), %s (sandbox id), %u (pod uid), %n (container's name), or a glob; "**"
 * at the end stands for anything below, or nothing. @at: mounted there and nowhere else, NULL: anywhere.
 */
struct place {
	unsigned engines;
	enum base base;
	const char *shape;
	const char *at;
	enum condition condition;
};

static const struct place places[] = {
	{CRI, BASE_KUBELET, "pods/%u/volumes/*/*/**", NULL, ALWAYS},
	{CRI, BASE_KUBELET, "pods/%u/etc-hosts", NULL, ALWAYS},
	{CRI, BASE_KUBELET, "pods/%u/containers/%n/*", NULL, ALWAYS},

	{ON(ENGINE_CONTAINERD), BASE_CONTAINERD, "io.containerd.grpc.v1.cri/sandboxes/%s/hostname", NULL, ALWAYS},
	{ON(ENGINE_CONTAINERD), BASE_CONTAINERD, "io.containerd.grpc.v1.cri/sandboxes/%s/hosts", NULL, ALWAYS},
	{ON(ENGINE_CONTAINERD), BASE_CONTAINERD, "io.containerd.grpc.v1.cri/sandboxes/%s/resolv.conf", NULL, ALWAYS},
	{ON(ENGINE_CONTAINERD), BASE_CONTAINERD, "io.containerd.grpc.v1.cri/sandboxes/%s/shm", NULL, ALWAYS},
	{ON(ENGINE_CONTAINERD), BASE_CONTAINERD, "io.containerd.grpc.v1.cri/containers/%c/volumes/*/**", NULL, ALWAYS},
	{ON(ENGINE_CONTAINERD), BASE_CONTAINERD, "io.containerd.grpc.v1.cri/image-volumes/%s/*/**", NULL, ALWAYS},

	{CRIO, BASE_STORAGE, "*-containers/%s/userdata/hostname", NULL, ALWAYS},
	{CRIO, BASE_STORAGE, "*-containers/%s/userdata/resolv.conf", NULL, ALWAYS},
	{CRIO, BASE_STORAGE, "*-containers/%s/userdata/shm", NULL, ALWAYS},
	{CRIO, BASE_STORAGE, "*-containers/%s/userdata/.containerenv", NULL, ALWAYS},
	{CRIO, BASE_ROOT, "etc/hosts", "/etc/hosts", NET_OF_HOST},

	{PODMAN, BASE_STORAGE, "*-containers/%c/userdata/hostname", NULL, ALWAYS},
	{PODMAN, BASE_STORAGE, "*-containers/%c/userdata/hosts", NULL, ALWAYS},
	{PODMAN, BASE_STORAGE, "*-containers/%c/userdata/resolv.conf", NULL, ALWAYS},
	{PODMAN, BASE_STORAGE, "*-containers/%c/userdata/shm", NULL, ALWAYS},
	{PODMAN, BASE_STORAGE, "*-containers/%c/userdata/localtime", NULL, ALWAYS},
	{PODMAN, BASE_STORAGE, "*-containers/%c/userdata/notify", NULL, ALWAYS},
	{PODMAN, BASE_STORAGE, "*-containers/%c/userdata/secrets/*", NULL, ALWAYS},
	{PODMAN | CRIO, BASE_STORAGE, "*-containers/%c/userdata/.containerenv", NULL, ALWAYS},
	{PODMAN | CRIO, BASE_STORAGE, "*-containers/%c/userdata/passwd", NULL, ALWAYS},
	{PODMAN | CRIO, BASE_STORAGE, "*-containers/%c/userdata/group", NULL, ALWAYS},
	{PODMAN | CRIO, BASE_STORAGE, "*-containers/%c/userdata/run/secrets/**", NULL, ALWAYS},
	{PODMAN, BASE_STORAGE, "*-containers/*/userdata/hosts", "/etc/hosts", NET_JOINED},
	{PODMAN, BASE_STORAGE, "*-containers/*/userdata/resolv.conf", "/etc/resolv.conf", NET_JOINED},
	{PODMAN, BASE_STORAGE, "*-containers/*/userdata/hostname", "/etc/hostname", NET_JOINED},
	{PODMAN, BASE_STORAGE, "*-containers/*/userdata/shm", "/dev/shm", IPC_JOINED},
	{PODMAN, BASE_STORAGE, "volumes/*/_data/**", NULL, ALWAYS},
	{PODMAN, BASE_ROOT, "usr/libexec/podman/catatonit", "/run/podman-init", ALWAYS},
	{PODMAN, BASE_ROOT, "usr/bin/catatonit", "/run/podman-init", ALWAYS},

	{DOCKER, BASE_DOCKER, "containers/%c/hostname", NULL, ALWAYS},
	{DOCKER, BASE_DOCKER, "containers/%c/hosts", NULL, ALWAYS},
	{DOCKER, BASE_DOCKER, "containers/%c/resolv.conf", NULL, ALWAYS},
	{DOCKER, BASE_DOCKER, "containers/%c/mounts/shm", NULL, ALWAYS},
	{DOCKER, BASE_DOCKER, "containers/%c/mounts/secrets/**", NULL, ALWAYS},
	{DOCKER, BASE_DOCKER, "containers/*/hosts", "/etc/hosts", NET_JOINED},
	{DOCKER, BASE_DOCKER, "containers/*/resolv.conf", "/etc/resolv.conf", NET_JOINED},
	{DOCKER, BASE_DOCKER, "containers/*/hostname", "/etc/hostname", NET_JOINED},
	{DOCKER, BASE_DOCKER, "containers/*/mounts/shm", "/dev/shm", IPC_JOINED},
	{DOCKER, BASE_DOCKER, "volumes/*/_data/**", NULL, ALWAYS},
	{DOCKER, BASE_ROOT, "usr/bin/docker-init", "/sbin/docker-init", ALWAYS},
	{DOCKER, BASE_ROOT, "usr/libexec/docker/docker-init", "/sbin/docker-init", ALWAYS},
	{DOCKER, BASE_ROOT, "usr/local/bin/docker-init", "/sbin/docker-init", ALWAYS},
	{DOCKER, BASE_ROOT, "usr/bin/tini-static", "/sbin/docker-init", ALWAYS}, /* Debian's docker-init leads there */

	{BUILDER, BASE_BUILDER, "executor/hosts", "/etc/hosts", ALWAYS},
	{BUILDER, BASE_BUILDER, "executor/hosts.*", "/etc/hosts", ALWAYS},
	{BUILDER, BASE_BUILDER, "executor/resolv.conf", "/etc/resolv.conf", ALWAYS},
	{BUILDER, BASE_BUILDER, "executor/resolv-host.conf", "/etc/resolv.conf", ALWAYS},
	{BUILDER, BASE_BUILDER, "*/snapshots/**", NULL, ALWAYS},
	{BUILDER, BASE_DOCKER, "overlay2/*/**", NULL, ALWAYS},
	{BUILDER, BASE_ROOT, "tmp/buildkit-mount*/**", NULL, ALWAYS},

	{CRI | PODMAN | DOCKER, BASE_ROOT, "dev/shm", "/dev/shm", IPC_OF_HOST},
};

/* Layers of images; no layer belongs to one container alone. */
static const struct place layers[] = {
	{ON(ENGINE_CONTAINERD), BASE_CONTAINERD, "io.containerd.snapshotter.v1.*/snapshots/*/fs/**", NULL, ALWAYS},
	{PODMAN | CRIO, BASE_STORAGE, "overlay/*/diff/**", NULL, ALWAYS},
	{PODMAN | CRIO, BASE_STORAGE, "overlay/*/merged/**", NULL, ALWAYS},
	{PODMAN | CRIO, BASE_STORAGE, "overlay/*/empty", NULL, ALWAYS},
	{PODMAN | CRIO, BASE_STORAGE, "overlay/l/*/**", NULL, ALWAYS},
	{PODMAN, BASE_STORAGE, "*-containers/%c/userdata/overlay/*/upper", NULL, ALWAYS},
	{PODMAN, BASE_STORAGE, "*-containers/%c/userdata/overlay/*/work", NULL, ALWAYS},
	{DOCKER | BUILDER, BASE_DOCKER, "overlay2/*/**", NULL, ALWAYS},
	{BUILDER, BASE_BUILDER, "*/snapshots/**", NULL, ALWAYS},
};

/* The id that "%@letter" stands for. */
static const char *id_of(char letter, const struct container *container)
{
	const struct identity *identity = &container->identity;

	switch (letter) {
	case 'c':
		return container->id;
	case 's':
		return identity->is_sandbox == TRI_YES ? container->id : identity->sandbox_id;
	case 'u':
		return identity->pod_uid;
	default:
		return identity->container;
	}
}

/*
 * One segment of a path, of @len bytes, against the first one of @shape: an id, or words with at most one "*" in them.
 * fnmatch() would say the same, but cost more than all the rest of a judgement. Return: what follows in @shape, or NULL.
 */
static const char *segment_is(const char *segment, size_t len, const char *shape, const struct container *container)
{
	size_t before = 0, behind;

	if (shape[0] == '%') {
		const char *id = id_of(shape[1], container);

		return strncmp(id, segment, len) == 0 && id[len] == '\0' ? shape + 2 : NULL;
	}
	while (before < len && shape[before] == segment[before] && shape[before] != '*')
		before++;
	shape += before;
	if (*shape != '*')
		return before == len && (*shape == '/' || *shape == '\0') ? shape : NULL;
	shape++;
	behind = strcspn(shape, "/");
	return behind <= len - before && memcmp(segment + len - behind, shape, behind) == 0 ? shape + behind : NULL;
}

/* @tail: a path without its leading "/" */
static bool tail_is(const char *tail, const char *shape, const struct container *container)
{
	while (*shape) {
		size_t len = (size_t)(strchrnul(tail, '/') - tail);

		if (strcmp(shape, "**") == 0)
			return true;
		if (len == 0 || len > NAME_MAX)
			return false;
		shape = segment_is(tail, len, shape, container);
		if (!shape)
			return false;
		shape += *shape == '/';
		tail += len + (tail[len] == '/');
	}
	return *tail == '\0';
}

static const char *below(const char *path, const char *base)
{
	size_t len = base[1] == '\0' ? 0 : strlen(base);

	return strncmp(path, base, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

/* With remapped users docker keeps everything in a directory of that user's: <root>/100000.100000/… */
static const char *below_remapped(const char *tail)
{
	size_t digits = 0, dots = 0, n = strcspn(tail, "/");

	for (size_t i = 0; i < n; i++) {
		digits += isdigit((unsigned char)tail[i]) != 0;
		dots += tail[i] == '.';
	}
	return digits > 1 && dots == 1 && digits + dots == n && tail[n] == '/' ? tail + n + 1 : tail;
}

/* The part of @path below a directory of this kind where it has the right shape, or NULL. */
static const char *tail_of(const struct place *place, const char *path, const struct container *container,
			   const struct strings *more)
{
	size_t n_more = more && place->base != BASE_ROOT ? more->n : 0;
	size_t n_usual = sizeof(bases[0]) / sizeof(bases[0][0]);
	bool rootless = container->identity.engine == ENGINE_PODMAN;
	const char *tail;

	for (size_t i = 0; i < n_usual + n_more; i++) {
		const char *base = i < n_usual ? bases[place->base][i] : more->items[i - n_usual];

		tail = base ? below(path, base) : NULL;
		if (tail && place->base == BASE_DOCKER)
			tail = below_remapped(tail);
		if (tail && tail_is(tail, place->shape, container))
			return tail;
		/* A bundle in the system's storage is not a user's. */
		if (place->base == BASE_STORAGE && base && below(container->bundle, base))
			rootless = false;
	}
	if (!rootless || place->base != BASE_STORAGE)
		return NULL;
	tail = rootless_tail(path, container->bundle);
	return tail && tail_is(tail, place->shape, container) ? tail : NULL;
}

/* The part of @path below a kubelet's directory where it has this shape: a usual one, or one with another name here. */
static const char *kubelet_tail(const struct bind_owner *owner, const char *path, const char *shape)
{
	const struct place place = {.base = BASE_KUBELET, .shape = shape};
	const struct origin *origin = &owner->mount->origin;
	const char *tail = tail_of(&place, path, owner->container, owner->more);

	for (size_t i = 0; !tail && owner->tail && i < origin->n_same; i++) {
		const char *name = origin->paths.items[i];
		size_t base = path_ends_with(name, owner->tail) ? strlen(name) - strlen(owner->tail) : 0;

		/* Of a name with another tail nothing is left out: no shape begins with a slash. */
		if (strncmp(path, name, base) == 0 && tail_is(path + base, shape, owner->container))
			tail = path + base;
	}
	return tail;
}

/* "kubernetes.io~csi" of "pods/UID/volumes/kubernetes.io~csi/…" */
static const char *plugin_of(const char *tail, size_t *ret_len)
{
	for (int i = 0; i < 3; i++)
		tail = strchr(tail, '/') + 1;
	*ret_len = strcspn(tail, "/");
	return tail;
}

/* Is the place also a volume of the container's own pod, of the same plugin as the volume @as, if that is given? */
static bool is_own_volume(const struct bind_owner *owner, const char *as)
{
	const struct origin *origin = &owner->mount->origin;

	for (size_t i = 0; i < origin->n_same; i++) {
		const char *tail = kubelet_tail(owner, origin->paths.items[i], "pods/%u/volumes/*/*/**");
		const char *plugin, *other;
		size_t len, other_len;

		if (!tail)
			continue;
		if (!as)
			return true;
		plugin = plugin_of(tail, &len);
		other = plugin_of(as, &other_len);
		if (len == other_len && memcmp(plugin, other, len) == 0)
			return true;
	}
	return false;
}

static bool holds(enum condition condition, const struct bind_owner *owner)
{
	const struct namespace_entry *namespaces = owner->container->namespaces;

	switch (condition) {
	case NET_OF_HOST:
		return owner->host->namespaces[NS_NETWORK].shared == TRI_YES;
	case IPC_OF_HOST:
		return owner->host->namespaces[NS_IPC].shared == TRI_YES;
	case NET_JOINED:
		return namespaces[NS_NETWORK].path != NULL;
	case IPC_JOINED:
		return namespaces[NS_IPC].path != NULL;
	case ALWAYS:
	default:
		return true;
	}
}

static bool place_fits(const struct place *place, const struct bind_owner *owner)
{
	long index = owner->mount->mount;
	const char *asked = index >= 0 ? owner->container->mounts[index].path : owner->mount->path;

	return (!place->at || strcmp(place->at, asked) == 0) && holds(place->condition, owner);
}

static const struct place *place_of(const struct bind_owner *owner, const char *path, const char **ret_tail)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		bool of_engine = (places[i].engines & ON(owner->container->identity.engine)) != 0;
		const char *tail = of_engine ? tail_of(&places[i], path, owner->container, owner->more) : NULL;

		if (tail && place_fits(&places[i], owner)) {
			*ret_tail = tail;
			return &places[i];
		}
	}
	return NULL;
}

void bind_owner_find(struct bind_owner *ret, const struct container *container, const struct host *host,
		     const struct host_mount *mount, const struct strings *more)
{
	const struct strings *paths = &mount->origin.paths;

	*ret = (struct bind_owner){.container = container, .host = host, .mount = mount, .more = more};
	for (size_t i = 0; container->identity.trusted && i < mount->origin.n_same && ret->keeper == KEEPER_NONE; i++) {
		const struct place *place = place_of(ret, paths->items[i], &ret->tail);

		if (!place)
			continue;
		ret->keeper = place->base == BASE_KUBELET ? KEEPER_KUBELET : KEEPER_ENGINE;
		ret->home = paths->items[i];
		ret->named = strchr(place->shape, '%') != NULL;
	}
}

/* The tail of a name that is there because the kubelet bound the place to some pod, or NULL. */
static const char *pods_bind(const struct bind_owner *owner, const char *path)
{
	const char *tail = kubelet_tail(owner, path, "pods/*/volume-subpaths/*/*/*/**");

	return tail ? tail : kubelet_tail(owner, path, "pods/*/volumes/*/*/**");
}

static bool is_known_otherwise(const struct bind_owner *owner)
{
	const struct origin *origin = &owner->mount->origin;

	for (size_t i = 0; i < origin->n_same; i++)
		if (!pods_bind(owner, origin->paths.items[i]))
			return true;
	return false;
}

bool bind_owner_keeps(const struct bind_owner *owner, const char *path)
{
	const char *bind, *tail;

	/* The usual mount has this one name. */
	if (owner->keeper != KEEPER_NONE && strcmp(path, owner->home) == 0)
		return true;
	bind = pods_bind(owner, path);
	if (bind && is_known_otherwise(owner))
		return true;
	if (owner->keeper == KEEPER_NONE)
		return false;
	if (place_of(owner, path, &tail) || path_ends_with(path, owner->named ? owner->tail : owner->home + 1))
		return true;
	if (bind)
		return is_own_volume(owner, kubelet_tail(owner, path, "pods/*/volumes/*/*/**"));
	return kubelet_tail(owner, path, "plugins/kubernetes.io/*/**") && is_own_volume(owner, NULL);
}

bool bind_owner_layer(const struct container *container, const char *path, const struct strings *more)
{
	for (size_t i = 0; container->identity.trusted && i < sizeof(layers) / sizeof(layers[0]); i++)
		if ((layers[i].engines & ON(container->identity.engine)) != 0 &&
		    tail_of(&layers[i], path, container, more))
			return true;
	return false;
}
