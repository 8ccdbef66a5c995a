/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a started process can write to or see though its spec says that it must
 * not. The runtime has finished by now: read-only mounts are read-only (crun
 * makes them so late), masked paths are masked. A program without CAP_SYS_ADMIN
 * can undo none of this, in namespaces of its own neither.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "mounts.h"

static bool is_read_only(const struct mount_table *table, size_t row)
{
	return option_has(table->rows[row].options, "ro");
}

/* Masked and read-only paths are the kernel's own files, no link leads there; one that is not there needs no mask. */
static const char *find_open(const struct mount_table *table, int rootfd, const struct strings *paths, bool hides)
{
	for (size_t i = 0; i < paths->n; i++) {
		const char *path = paths->items[i];
		size_t row;

		if (strncmp(path, "/proc/", 6) != 0 && strncmp(path, "/sys/", 5) != 0)
			continue;
		row = mount_table_top(table, path);
		if (row == NO_ROW ? faccessat(rootfd, path + 1, F_OK, AT_SYMLINK_NOFOLLOW) == 0
				  : !hides && !is_read_only(table, row))
			return path;
	}
	return NULL;
}

/* Where a link of the image leads elsewhere nothing is found, and nothing is said. */
static const char *find_writable(const struct mount_table *table, const struct container *container)
{
	for (size_t i = 0; i < container->n_mounts; i++) {
		const struct mount *mount = &container->mounts[i];
		size_t row = mount->read_only && mount->path ? mount_table_top(table, mount->path) : NO_ROW;

		if (row != NO_ROW && !is_read_only(table, row))
			return mount->path;
	}
	return NULL;
}

void host_process_mounts(struct arena *arena, const struct container *container, int rootfd,
			 struct host_process *process)
{
	struct mount_table table;
	struct err unread;
	size_t root;

	if (!process->mountinfo || mount_table_load(arena, process->mountinfo, &table, &unread) < 0)
		return;
	root = mount_table_top(&table, "/");
	if (root != NO_ROW)
		process->root_read_only = is_read_only(&table, root) ? TRI_YES : TRI_NO;
	process->writable = find_writable(&table, container);
	process->unmasked = find_open(&table, rootfd, &container->masked_paths, true);
	process->unlocked = find_open(&table, rootfd, &container->readonly_paths, false);
}
