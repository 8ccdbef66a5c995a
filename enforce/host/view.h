/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The container's mounts: effective (from its own mountinfo) or intended (from
 * its spec). Private to enforce/host.
 */
#ifndef OCIGATE_HOST_VIEW_H
#define OCIGATE_HOST_VIEW_H

#include "origin.h"

/**
 * struct mount_work - what the container's mounts are made from
 * @view: the node's side
 * @table: the table that has the container's rows, marked inside; may be the same as the node's
 * @root: row of the container's root directory in @table
 * @prefix: where that root lies in @table's paths: "/" after pivot_root
 * @rootfd: "/" as the container's process sees it, for looking at what is mounted; -1: do not look
 */
struct mount_work {
	struct mount_view view;
	const struct container *container;
	const struct mount_table *table;
	size_t root;
	const char *prefix;
	int rootfd;
};

/* source.c */

/** source_path() - the source of a bind, absolute: taken from the bundle, not cleaned otherwise. NULL: no memory */
const char *source_path(struct arena *arena, const struct container *container, const struct mount *mount);

/** source_clean() - the same as clean text */
const char *source_clean(struct arena *arena, const struct container *container, const struct mount *mount);

/* match.c */

/**
 * mounts_match() - which row of the container comes from which mount of the spec?
 * @ret_mount_of: array over the table's rows: index into container->mounts, or -1
 * @ret_row_of: array over container->mounts: row, or NO_ROW
 */
int mounts_match(const struct mount_work *work, long **ret_mount_of, size_t **ret_row_of, struct err *err) MUST_CHECK;

/* masks.c */

/** mount_is_mask() - is @row, at @path of the container, what the runtime made of maskedPaths or readonlyPaths? */
bool mount_is_mask(const struct mount_work *work, const struct mount_row *row, const char *path);

/* effective.c */

/** mounts_effective() - fill in host->mounts and host->rootfs from the container's own mount table */
int mounts_effective(const struct mount_work *work, struct host *host, struct err *err) MUST_CHECK;

/* intent.c */

/** mounts_intended() - fill in host->mounts and host->rootfs from the spec, over the node's mounts */
int mounts_intended(const struct mount_view *view, const struct container *container, struct host *host,
		    struct err *err) MUST_CHECK;

/** intent_of() - what one mount of the spec will be; not effective */
struct host_mount intent_of(const struct mount_view *view, const struct container *container, size_t index);

/* live.c */

/** proc_open() - /proc/@who, pid by name; proc_open_pid(): by number. What is read below it is of this process alone. */
int proc_open(const char *who);
int proc_open_pid(pid_t pid);

/** mountinfo_read() - of the process whose /proc directory is @procfd. Return: NULL if it cannot be read. */
const char *mountinfo_read(struct arena *arena, int procfd);

/** rootfs_resolve() - a root directory's path, links in the way followed as the runtime does; as given if there is none */
const char *rootfs_resolve(struct arena *arena, const char *rootfs);

/* host_mounts.c */

/**
 * struct mount_texts - the tables as text
 * @container: mountinfo of the container; NULL before it exists
 * @node: our own mountinfo, or a recorded one; NULL if not known
 */
struct mount_texts {
	const char *container;
	const char *node;
};

/**
 * host_mounts() - fill in host->mounts, host->mounts_why and host->rootfs
 * @rootfs: where the runtime put the root directory, links resolved
 * @rootfd: see struct mount_work
 *
 * Return: 0, or -1 with ERR_INPUT (malformed text) or ERR_SYSTEM.
 */
int host_mounts(struct arena *arena, const struct container *container, const struct mount_texts *texts,
		const char *rootfs, int rootfd, struct host *host, struct err *err) MUST_CHECK;

#endif
