/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which mount of the container comes from which mount of the spec? Usually the
 * one at its destination. But a destination may lead through links of the
 * image ("/var/run/secrets" is mounted at "/run/secrets"), so that what is left
 * over on both sides is paired by what it is. A wrong pair hides nothing: every
 * row is judged by its own origin, whatever it is called.
 */
#include <string.h>

#include "view.h"

#include "ocigate/fs.h"

/** struct matching - state of the pairing; the arrays are the results */
struct matching {
	const struct mount_work *work;
	long *mount_of;
	size_t *row_of;
};

static bool is_free(const struct matching *matching, size_t row)
{
	return row != matching->work->root && mount_table_is_inside(matching->work->table, row) &&
	       matching->mount_of[row] < 0;
}

static void pair(struct matching *matching, size_t mount, size_t row)
{
	matching->mount_of[row] = (long)mount;
	matching->row_of[mount] = row;
}

/* Is another free row mounted on top of this one? */
static bool is_below_free(const struct matching *matching, size_t row)
{
	const struct mount_table *table = matching->work->table;
	size_t other = NO_ROW;

	if (!table->carries[row])
		return false;
	while ((other = mount_table_at(table, table->rows[row].mountpoint, other)) != NO_ROW)
		if (is_free(matching, other) && table->rows[other].parent == table->rows[row].id)
			return true;
	return false;
}

/* Of mounts at one destination the last is on top: walking both from the end pairs them rightly. */
static void match_by_path(struct matching *matching, size_t mount)
{
	const struct mount_work *work = matching->work;
	const char *path;
	size_t row = NO_ROW;

	path = path_join(work->view.arena, work->prefix, work->container->mounts[mount].path, 0);
	while (path && (row = mount_table_at(work->table, path, row)) != NO_ROW)
		if (is_free(matching, row) && !is_below_free(matching, row)) {
			pair(matching, mount, row);
			return;
		}
}

static bool is_same_place(const struct mount_work *work, const struct place *place, const struct mount_row *row)
{
	const struct mount_row *of = &work->view.node->rows[place->row];

	return of->major == row->major && of->minor == row->minor && strcmp(place->fs_path, row->root) == 0;
}

static const char *last_part(const char *path)
{
	return strrchr(path, '/');
}

static bool looks_like(const struct mount_work *work, const struct mount *mount, const struct place *place,
		       const struct mount_row *row)
{
	if (mount->kind == MOUNT_BIND)
		return place->row != NO_ROW && is_same_place(work, place, row);
	return mount->type && strcmp(mount->type, row->fstype) == 0 &&
	       strcmp(last_part(mount->path), last_part(row->mountpoint)) == 0;
}

static void match_by_nature(struct matching *matching, size_t mount)
{
	const struct mount_work *work = matching->work;
	const struct mount *of = &work->container->mounts[mount];
	struct place place = {.row = NO_ROW};
	const char *source;

	if (of->kind == MOUNT_BIND) {
		source = source_path(work->view.arena, work->container, of);
		if (!source || place_of(&work->view, source, &place) != NULL)
			place.row = NO_ROW;
	}
	for (size_t row = work->table->n; row-- > 0;)
		if (is_free(matching, row) && looks_like(work, of, &place, &work->table->rows[row])) {
			pair(matching, mount, row);
			return;
		}
}

int mounts_match(const struct mount_work *work, long **ret_mount_of, size_t **ret_row_of, struct err *err)
{
	size_t n = work->container->n_mounts;
	struct matching matching = {
		work,
		arena_array(work->view.arena, work->table->n, sizeof(*matching.mount_of)),
		arena_array(work->view.arena, n, sizeof(*matching.row_of)),
	};

	if (!matching.mount_of || !matching.row_of)
		return err_set(err, ERR_SYSTEM, "out of memory");
	for (size_t row = 0; row < work->table->n; row++)
		matching.mount_of[row] = -1;
	for (size_t mount = n; mount-- > 0;) {
		matching.row_of[mount] = NO_ROW;
		if (work->container->mounts[mount].kind != MOUNT_REMOUNT)
			match_by_path(&matching, mount);
	}
	for (size_t mount = n; mount-- > 0;)
		if (matching.row_of[mount] == NO_ROW && work->container->mounts[mount].kind != MOUNT_REMOUNT)
			match_by_nature(&matching, mount);
	*ret_mount_of = matching.mount_of;
	*ret_row_of = matching.row_of;
	return 0;
}
