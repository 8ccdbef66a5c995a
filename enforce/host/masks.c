/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Masks, as runtimes make them behind the last hook: an empty read-only tmpfs
 * (or crun's empty directory) over a directory, the null device over a file,
 * and the path itself bound read-only over itself. In a container that runs they are part of its mount
 * table, and there because the spec asks for them.
 */
#include <string.h>

#include "view.h"

#include "ocigate/fs.h"

static bool is_cover(const struct mount_row *row)
{
	bool tmpfs = strcmp(row->fstype, "tmpfs") == 0;
	const char *name = strrchr(row->root, '/');

	if (strcmp(row->root, "/null") == 0)
		return tmpfs || strcmp(row->fstype, "devtmpfs") == 0;
	return ((tmpfs && strcmp(row->root, "/") == 0) || (name && strcmp(name, "/.empty-directory") == 0)) &&
	       (option_has(row->options, "ro") || option_has(row->super_options, "ro"));
}

/* The same file of the same filesystem as the mount below shows at this path, made read-only. */
static bool is_itself(const struct mount_row *row, const struct mount_row *below)
{
	const char *rest;

	if (!path_within(row->mountpoint, below->mountpoint) || !option_has(row->options, "ro"))
		return false;
	rest = row->mountpoint + path_skip(below->mountpoint);
	return row->major == below->major && row->minor == below->minor && strcmp(below->root, "/") == 0 &&
	       strcmp(row->root, rest) == 0;
}

bool mount_is_mask(const struct mount_work *work, const struct mount_row *row, const char *path)
{
	size_t below = mount_table_by_id(work->table, row->parent);

	if (strings_hold(&work->container->masked_paths, path))
		return is_cover(row);
	return strings_hold(&work->container->readonly_paths, path) && below != NO_ROW &&
	       is_itself(row, &work->table->rows[below]);
}
