/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directories of the node that are no container's root file system: programs, what services keep, keys, sockets. Whoever
 * chooses the root (podman --rootfs) is shown them by no mount at all.
 */
#include <string.h>

#include "ocigate/fs.h"
#include "ocigate/owner.h"

/* A root may neither be, hold nor lie in these: they are the node's. */
static const char *const nodes_own[] = {
	"/bin",
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
	"/var/lib/kubelet",
	"/var/lib/cloud",
	"/var/lib/etcd",
	"/var/lib/rancher/k3s/server",
	"/var/lib/waagent",
	"/var/spool",
};
/* The same of each user's home. */
static const char *const users_own[] = {"/home/*/.aws",	   "/home/*/.azure", "/home/*/.config/gcloud",
					"/home/*/.docker", "/home/*/.gnupg", "/home/*/.kube",
					"/home/*/.ssh"};
/* It may lie in these, but neither be nor hold them. */
static const char *const shared_places[] = {
	"/home", "/run", "/tmp", "/var/lib/containerd", "/var/lib/containers", "/var/lib/docker"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static bool is_related(const char *a, const char *b)
{
	return path_within(a, b) || path_within(b, a);
}

static const char *users_part(const char *path)
{
	const size_t any = strlen("/home/*");
	const char *rest;

	if (!path_within(path, "/home"))
		return NULL;
	rest = strchrnul(path + strlen("/home/"), '/');
	for (size_t i = 0; i < COUNT(users_own); i++)
		if (*rest == '\0' || is_related(rest, users_own[i] + any))
			return users_own[i];
	return NULL;
}

/* Does @path lie in the storage that @bundle lies in, too? podman's is ".../overlay-containers/ID/userdata". */
static bool is_in_storage(const char *path, const char *bundle)
{
	const char *at = strstr(bundle, "-containers/");
	const char *slash = at ? memrchr(bundle, '/', (size_t)(at - bundle)) : NULL;

	return slash && (size_t)(slash - bundle) > strlen("/run") &&
	       strncmp(path, bundle, (size_t)(slash - bundle) + 1) == 0;
}

/* In /run lie the sockets of engines and services: there a root belongs into its bundle, or into podman's storage. */
static bool is_stray(const struct container *container, const char *path)
{
	const char *bundle = container->bundle ? container->bundle : "/";

	if (strncmp(bundle, "/var/run/", strlen("/var/run/")) == 0)
		bundle += strlen("/var");
	return path_within(path, "/run") && !path_within(path, bundle) && !is_in_storage(path, bundle);
}

const char *root_place_fault(const struct container *container, const char *path, bool layer)
{
	for (size_t i = 0; i < COUNT(nodes_own); i++)
		if (is_related(path, nodes_own[i]))
			return nodes_own[i];
	for (size_t i = 0; i < COUNT(shared_places); i++)
		if (path_within(shared_places[i], path))
			return shared_places[i];
	if (container->bundle && path_within(container->bundle, path))
		return container->bundle;
	if (!layer && is_stray(container, path))
		return "/run";
	return users_part(path);
}
