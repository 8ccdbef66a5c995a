/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second witness: the spec of the pod's sandbox, which the engine wrote
 * before and keeps beside the container's own. Both must tell of one pod.
 *
 * What is not there is no witness: engines that run pods in virtual machines
 * make no such bundle, and the container's own keys are the engine's already.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "ocigate/fs.h"
#include "ocigate/host.h"

/* The same place with the sandbox's id in it: …/k8s.io/ID of containerd, …/ID/userdata of CRI-O. NULL: no memory */
static char *sandbox_bundle(struct arena *arena, const struct container *container)
{
	const bool crio = container->identity.engine == ENGINE_CRIO;
	size_t len = strlen(container->bundle);

	for (int up = 0; up < (crio ? 2 : 1); up++) {
		while (len > 0 && container->bundle[len - 1] == '/')
			len--;
		while (len > 0 && container->bundle[len - 1] != '/')
			len--;
	}
	return arena_printf(arena, "%.*s%s%s", (int)len, container->bundle, container->identity.sandbox_id,
			    crio ? "/userdata" : "");
}

static bool same_pod(const struct identity *container, const struct identity *sandbox)
{
	return sandbox->trusted && sandbox->is_sandbox == TRI_YES && sandbox->engine == container->engine &&
	       strcmp(sandbox->namespace, container->namespace) == 0 && strcmp(sandbox->pod, container->pod) == 0 &&
	       strcmp(sandbox->pod_uid, container->pod_uid) == 0;
}

const char *sandbox_doubt(struct arena *arena, const struct container *container)
{
	const struct identity *identity = &container->identity;
	FD_AUTO int fd = -1;
	struct container sandbox;
	struct text text;
	struct err err;
	const char *bundle;

	if (!identity->trusted || identity->is_sandbox != TRI_NO || !identity->sandbox_id[0])
		return NULL;
	if (strchr(identity->sandbox_id, '/') || identity->sandbox_id[0] == '.')
		return "its sandbox's id is no name of a directory";
	bundle = sandbox_bundle(arena, container);
	fd = bundle ? fs_open_dir(AT_FDCWD, bundle) : -1;
	if (bundle && fd < 0 && errno == ENOENT)
		return NULL;
	if (fd < 0 || spec_load(arena, fd, "config.json", SPEC_MAX_BYTES, &text, &err) < 0 ||
	    spec_parse(arena, &text, bundle, identity->sandbox_id, &sandbox, &err) < 0)
		return "its sandbox's spec cannot be read";
	identity_of(arena, &sandbox, bundle_owner_of(bundle));
	return same_pod(identity, &sandbox.identity) ? NULL : "its sandbox's spec tells of another pod";
}
