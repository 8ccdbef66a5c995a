/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a place in a filesystem to the paths of the node. Private to enforce/host.
 */
#ifndef OCIGATE_HOST_ORIGIN_H
#define OCIGATE_HOST_ORIGIN_H

#include "mounts.h"

/**
 * struct last_directory - where the last path was found, kept open: volumes lie side by side
 * @fd: -1 if there is none
 * @path: its first @len bytes are the directory's path, without links
 */
struct last_directory {
	int fd;
	const char *path;
	size_t len;
};

/**
 * struct mount_view - what origins are found with
 * @node: the node's mounts (rows marked inside are not the node's)
 * @live: paths may be looked up on this machine
 * @own: mount ids that the kernel tells us are those of @node: it is our own mountinfo
 * @last: NULL if every path is to be opened by itself
 */
struct mount_view {
	struct arena *arena;
	const struct mount_table *node;
	bool live;
	bool own;
	struct last_directory *last;
};

/**
 * struct place - where a path leads: a path within the filesystem of a row of the node
 * @row: index into the node's table
 * @path: the path with its links resolved
 * @fs_path: as mountinfo would print it: with "//deleted" behind what is deleted
 */
struct place {
	size_t row;
	const char *path;
	const char *fs_path;
	mode_t file_type;
	unsigned device_major;
	unsigned device_minor;
};

/* resolve.c */

/**
 * place_of() - where does absolute @path lead?
 *
 * Live: the kernel is asked. Recorded: as text, links not followed.
 * Return: NULL, or why it cannot be told.
 */
const char *place_of(const struct mount_view *view, const char *path, struct place *ret_place) MUST_CHECK;

/** place_as_text() - the same, always as text */
const char *place_as_text(const struct mount_view *view, const char *path, struct place *ret_place) MUST_CHECK;

/* origin.c */

/** struct path_list - growing list of strings */
struct path_list {
	const char **items;
	size_t n;
	size_t room;
};

/** path_list_push() - append @path; NULL is passed over. Out of memory shows in the arena. */
void path_list_push(struct arena *arena, struct path_list *list, const char *path);

/** path_list_add() - the same, unless it is there already */
void path_list_add(struct arena *arena, struct path_list *list, const char *path);

/**
 * origin_of() - fill in @ret_origin for @fs_path within the filesystem of @row
 * @row: of any table: gives device, type and options
 * @bind: the mount is a bind, so that it must come from somewhere
 * @reverse: fill in contains as well
 *
 * source and file_type are left to the caller.
 */
void origin_of(const struct mount_view *view, const struct mount_row *row, const char *fs_path, bool bind, bool reverse,
	       struct origin *ret_origin);

/** origin_paths() - append every path of the node that reaches @fs_path (may be NULL) of that device, most direct first */
void origin_paths(const struct mount_view *view, unsigned major, unsigned minor, const char *fs_path,
		  struct path_list *list);

/** origin_unknown() - an origin that cannot be told */
struct origin origin_unknown(const char *why);

/* overlay.c */

/**
 * overlay_layers() - append the node paths of @fs_path in every layer of an overlay
 * @options: its super options as mountinfo prints them, or as a spec gives them
 * @careful: resolve links of all layers, also of those that lie beside the upper one (where an engine keeps its own)
 *
 * Return: NULL, or why not all of them could be told.
 */
const char *overlay_layers(const struct mount_view *view, const char *options, const char *fs_path, bool careful,
			   struct path_list *list) MUST_CHECK;

#endif
