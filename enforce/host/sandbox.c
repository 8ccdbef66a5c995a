/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spec of the pod's sandbox, which the engine wrote before and keeps
 * beside the container's own.
 *
 * It is a second witness: both must tell of one pod. What is not there is no
 * witness: engines that run pods in virtual machines make no such bundle, and
 * the container's own keys are the engine's already.
 *
 * And it tells what only it knows. CRI-O usually starts no pause container, so
 * that no runtime, and no gate, is ever asked about the pod's sysctls and the
 * node's ports that lead to it; CRI-O has set them up by itself when the first
 * container comes. containerd's pause container passes the gate like any other.
 * The sysctls are CRI-O's own words. Pod annotations are written over the port
 * mappings, so that a pod can hide these here; what the kubelet says of each
 * container it cannot hide.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "internal.h"

#include "ocigate/fs.h"

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

static bool is_directory_name(const char *id)
{
	return id[0] != '\0' && id[0] != '.' && !strchr(id, '/');
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
	if (!is_directory_name(identity->sandbox_id))
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

static bool is_needed(const struct container *container)
{
	const struct identity *identity = &container->identity;

	return identity->engine == ENGINE_CRIO && identity->trusted && identity->is_sandbox == TRI_NO &&
	       is_directory_name(identity->sandbox_id);
}

/* TRI_NO: there is no such file; TRI_UNKNOWN: it cannot be read. */
static enum tri load(struct arena *arena, int dirfd, const char *name, struct text *ret_text)
{
	struct err unread;

	if (faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return TRI_NO;
	return spec_load(arena, dirfd, name, SPEC_MAX_BYTES, ret_text, &unread) < 0 ? TRI_UNKNOWN : TRI_YES;
}

static enum tri load_live(struct arena *arena, const struct container *container, struct text *ret_text)
{
	const char *bundle = sandbox_bundle(arena, container);
	FD_AUTO int fd = bundle ? fs_open_dir(AT_FDCWD, bundle) : -1;

	if (fd < 0)
		return bundle && errno == ENOENT ? TRI_NO : TRI_UNKNOWN;
	return load(arena, fd, "config.json", ret_text);
}

static void take(struct arena *arena, const struct container *container, const struct text *text, unsigned facts,
		 struct host *host)
{
	struct ports ports = {host->ports, host->n_ports};
	struct container sandbox;
	struct err unread;
	const char *mapped;

	host->sandbox_known = TRI_UNKNOWN;
	if (spec_parse(arena, text, container->bundle, container->identity.sandbox_id, &sandbox, &unread) < 0)
		return;
	host->sandbox_known = TRI_YES;
	host->sandbox_sysctls = sandbox.sysctls;
	mapped = key_values_find(&sandbox.annotations, "io.kubernetes.cri-o.PortMappings");
	/* A list that cannot be read says nothing: whoever wrote it could have left it out. */
	if ((facts & HOST_FACT_PORTS) != 0 && mapped &&
	    ports_read(arena, mapped, strlen(mapped), &ports, &unread) == 0) {
		host->ports = ports.items;
		host->n_ports = ports.n;
	}
}

void sandbox_live(struct arena *arena, const struct container *container, unsigned facts, struct host *host)
{
	struct text text;

	host->sandbox_known = TRI_NO;
	if (!is_needed(container))
		return;
	host->sandbox_known = load_live(arena, container, &text);
	if (host->sandbox_known == TRI_YES)
		take(arena, container, &text, facts, host);
}

int host_sandbox_recorded(struct arena *arena, const struct container *container, int dirfd, unsigned facts,
			  struct host *host, struct err *err)
{
	struct text text;

	host->sandbox_known = is_needed(container) ? load(arena, dirfd, SANDBOX_CONFIG, &text) : TRI_NO;
	if (host->sandbox_known == TRI_YES)
		take(arena, container, &text, facts, host);
	return arena->failed ? err_set(err, ERR_SYSTEM, "out of memory") : 0;
}

bool sandbox_text(struct arena *arena, const struct container *container, struct text *ret_text)
{
	return is_needed(container) && load_live(arena, container, ret_text) == TRI_YES;
}
