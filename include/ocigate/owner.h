/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OCIGATE_OWNER_H
#define OCIGATE_OWNER_H

#include <stdbool.h>

#include "ocigate/container.h"
#include "ocigate/host.h"

/** enum keeper - whose directory a path of the node lies in */
enum keeper { KEEPER_NONE = 0, KEEPER_ENGINE, KEEPER_KUBELET };

/**
 * struct bind_owner - who keeps what a mount shows
 * @keeper: KEEPER_NONE: neither the engine nor the kubelet made it for this container
 * @home: the path of the node that says so, NULL if none
 * @tail: the part of @home below the keeper's state directory
 * @named: @tail names this container, its sandbox or its pod
 * The rest is private.
 */
struct bind_owner {
	enum keeper keeper;
	const char *home;
	const char *tail;
	bool named;
	const struct container *container;
	const struct host *host;
	const struct host_mount *mount;
	const struct strings *more;
};

/**
 * bind_owner_find() - does the engine or the kubelet keep what @mount shows, for this container?
 * @more: further directories in which engine or kubelet keep their state, besides the usual ones; may be NULL
 *
 * Decided by the whole path with the ids of the trusted identity in it, never by a prefix; an identity that is not
 * trusted owns nothing. Pure: looks at nothing but its arguments.
 */
void bind_owner_find(struct bind_owner *ret, const struct container *container, const struct host *host,
		     const struct host_mount *mount, const struct strings *more);

/**
 * bind_owner_keeps() - is @path, one of @mount's origin paths, the keeper's too?
 *
 * True also for another name of the same place (a state directory that is itself a bind of another disk), for the
 * kubelet's own mount of a pod's volume, and for what the kubelet bound to other pods, where that is no origin: so ask
 * for every one of the paths.
 */
bool bind_owner_keeps(const struct bind_owner *owner, const char *path);

/** bind_owner_layer() - is @path a layer in the image store of the container's engine? */
bool bind_owner_layer(const struct container *container, const char *path, const struct strings *more);

/**
 * root_place_fault() - may a root file system lie at @path of the node?
 * @layer: @path is one of several that it is made of
 * Return: NULL, or the directory of the node's that it would show.
 */
const char *root_place_fault(const struct container *container, const char *path, bool layer);

#endif
