/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The true origin. A name proves nothing: a directory below the kubelet's may
 * be a bind of /etc. What a mount is, the kernel says: a device and a path in
 * its filesystem. Turned around over the node's own mounts, that gives every
 * name which the node has for the same thing; the one through the mount whose
 * root is highest in the filesystem is the one that people know.
 */
#include <string.h>

#include "internal.h"
#include "origin.h"

#include "ocigate/fs.h"

static const char deleted_mark[] = "//deleted";

/* Up to this many names of one place are kept free of repetitions. */
enum { SEARCHED_MAX = 64 };

void path_list_push(struct arena *arena, struct path_list *list, const char *path)
{
	if (!path)
		return;
	if (list->n == list->room) {
		size_t room = list->room ? list->room * 2 : 4;
		const char **larger = arena_array(arena, room, sizeof(*larger));

		if (!larger)
			return;
		if (list->n > 0)
			memcpy(larger, list->items, list->n * sizeof(*larger));
		list->items = larger;
		list->room = room;
	}
	list->items[list->n++] = path;
}

void path_list_add(struct arena *arena, struct path_list *list, const char *path)
{
	for (size_t i = 0; path && i < list->n; i++)
		if (strcmp(list->items[i], path) == 0)
			return;
	path_list_push(arena, list, path);
}

static bool is_deleted(const char *fs_path)
{
	size_t len = strlen(fs_path), mark = sizeof(deleted_mark) - 1;

	return len >= mark && strcmp(fs_path + len - mark, deleted_mark) == 0;
}

/*
 * "/../x" is what a cgroup namespace shows of what lies above it, but "/..x" a name like others (the kubelet's, in every
 * secret); "net:[1]" has nothing below it; nobody finds a way to what is deleted but through a mount of it.
 */
static bool is_plain(const char *fs_path)
{
	return fs_path[0] == '/' && !path_within(fs_path, "/..") && !is_deleted(fs_path);
}

/* Rows whose root is exactly what is searched. Out of memory shows in the arena. */
static void gather(const struct mount_view *view, const struct root_search *search, struct path_list *seen,
		   struct path_list *hidden)
{
	const struct mount_table *table = view->node;
	size_t row = NO_ROW, skip = search->root[0] == '/' && search->len == 1 ? 0 : search->len;

	while ((row = root_search_next(table, search, row)) != NO_ROW) {
		const char *path;

		if (mount_table_is_inside(table, row))
			continue;
		path = path_join(view->arena, table->rows[row].mountpoint, search->root, skip);
		if (path)
			path_list_push(view->arena, mount_table_sees(table, row, path) ? seen : hidden, path);
	}
}

/* A directory may be bound thousands of times; a name that comes twice there costs less than a search. */
static void add_names(struct arena *arena, const struct path_list *names, struct path_list *list)
{
	for (size_t i = 0; i < names->n; i++)
		if (list->n < SEARCHED_MAX)
			path_list_add(arena, list, names->items[i]);
		else
			path_list_push(arena, list, names->items[i]);
}

void origin_paths(const struct mount_view *view, unsigned major, unsigned minor, const char *fs_path,
		  struct path_list *list)
{
	struct path_list seen = {0}, hidden = {0};
	struct root_search search;

	if (!fs_path)
		return;
	/* The highest root comes first, and of those the first of the table. */
	search = root_search_of(major, minor, fs_path, is_plain(fs_path) ? 1 : strlen(fs_path));
	do
		gather(view, &search, &seen, &hidden);
	while (root_search_grow(view->node, &search));
	add_names(view->arena, &seen, list);
	add_names(view->arena, &hidden, list);
}

/* The reverse: what the node has mounted elsewhere of that which lies below the place. */
static void find_contained(const struct mount_view *view, const struct mount_row *of, const char *fs_path,
			   struct path_list *list)
{
	const struct mount_table *table = view->node;
	const struct mount_row *const *below;
	size_t n;

	if (!is_plain(fs_path))
		return;
	below = mount_table_below(table, of->major, of->minor, fs_path, &n);
	for (size_t i = 0; i < n; i++)
		if (!mount_table_is_inside(table, (size_t)(below[i] - table->rows)))
			path_list_push(view->arena, list, below[i]->mountpoint);
}

/* Of the node's own root the layers are no paths of the node: it stands upon them. */
static bool is_node_root(const struct mount_view *view, const struct mount_row *row)
{
	size_t base = mount_table_covering(view->node, "/");

	return base != NO_ROW && view->node->rows[base].major == row->major &&
	       view->node->rows[base].minor == row->minor;
}

static bool node_shows(const struct mount_table *node, const struct mount_row *of)
{
	size_t row = NO_ROW;

	while ((row = mount_table_same_device(node, of->major, of->minor, row)) != NO_ROW)
		if (!mount_table_is_inside(node, row))
			return true;
	return false;
}

static void decide(const struct mount_table *node, const struct mount_row *row, bool bind, const char *why,
		   struct origin *origin)
{
	if (origin->paths.n > 0 && !why) {
		origin->state = ORIGIN_NODE;
		return;
	}
	if (!why && origin->contains.n > 0)
		why = "it holds more of a filesystem than the node itself shows";
	if (!why && bind && !node_shows(node, row))
		why = "its filesystem is mounted nowhere on the node";
	else if (!why && bind)
		why = "the node shows its filesystem, but no path leads there";
	origin->state = why ? ORIGIN_UNKNOWN : ORIGIN_FILESYSTEM;
	origin->why = why ? why : "";
}

static const char *without_mark(struct arena *arena, const char *fs_path, bool *ret_deleted)
{
	size_t len = strlen(fs_path), mark = sizeof(deleted_mark) - 1;

	*ret_deleted = is_deleted(fs_path);
	if (!*ret_deleted)
		return fs_path;
	return arena_strndup(arena, fs_path, len - mark);
}

static const char *add_layers(const struct mount_view *view, const struct mount_row *row, const char *fs_path,
			      struct path_list *paths)
{
	if (strcmp(row->fstype, "overlay") != 0 || is_node_root(view, row))
		return NULL;
	return overlay_layers(view, row->super_options, fs_path, paths->n == 0, paths);
}

void origin_of(const struct mount_view *view, const struct mount_row *row, const char *fs_path, bool bind, bool reverse,
	       struct origin *ret_origin)
{
	struct path_list paths = {0}, contained = {0};
	struct origin origin = {.why = "", .source = ""};
	const char *why;
	bool deleted;

	fs_path = without_mark(view->arena, fs_path, &deleted);
	if (!fs_path) {
		*ret_origin = origin_unknown("out of memory");
		return;
	}
	origin.major = row->major;
	origin.minor = row->minor;
	origin.fs_path = fs_path;
	origin.fs_type = row->fstype;
	origin.fs_source = row->source;
	origin.super_options = row->super_options;
	origin_paths(view, row->major, row->minor, fs_path, &paths);
	/* Where a deleted place was; and where it can still be reached. */
	if (deleted)
		origin_paths(view, row->major, row->minor, arena_printf(view->arena, "%s%s", fs_path, deleted_mark),
			     &paths);
	origin.n_same = paths.n;
	why = add_layers(view, row, fs_path, &paths);
	if (reverse)
		find_contained(view, row, fs_path, &contained);
	origin.paths = (struct strings){paths.items, paths.n};
	origin.contains = (struct strings){contained.items, contained.n};
	decide(view->node, row, bind, why, &origin);
	if (deleted) {
		origin.state = ORIGIN_DELETED;
		origin.why = "";
	}
	*ret_origin = origin;
}

struct origin origin_unknown(const char *why)
{
	return (struct origin){
		.why = why,
		.source = "",
		.fs_path = "",
		.fs_type = "",
		.fs_source = "",
		.super_options = "",
	};
}
