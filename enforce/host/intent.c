/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mounts that a container will have, from its spec: what the wrapper and
 * `check` judge before anything is mounted. The effect is judged again by the
 * hook, so that a swap in between changes nothing.
 */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "view.h"

#include "ocigate/fs.h"

static const char no_node[] = "the mounts of the node are not known";

static void set_source(struct origin *origin, const struct place *place)
{
	origin->source = place->path;
	origin->file_type = place->file_type;
	origin->device_major = place->device_major;
	origin->device_minor = place->device_minor;
}

static struct origin origin_of_path(const struct mount_view *view, const char *path, struct place *ret_place)
{
	struct place place = {.row = NO_ROW};
	const char *why = view->node ? place_of(view, path, &place) : no_node;
	struct origin origin;

	*ret_place = place;
	if (why)
		return origin_unknown(why);
	origin_of(view, &view->node->rows[place.row], place.fs_path, true, true, &origin);
	set_source(&origin, &place);
	return origin;
}

/* A filesystem upon a device that the node has mounted too is that one, by another door. */
static size_t row_of_device(const struct mount_view *view, const char *source)
{
	const struct mount_table *node = view->node;
	struct place place;
	size_t row = NO_ROW;

	if (!node || source[0] != '/')
		return NO_ROW;
	if (view->live && place_of(view, source, &place) == NULL && place.file_type == S_IFBLK)
		row = mount_table_same_device(node, place.device_major, place.device_minor, NO_ROW);
	/* btrfs and its like show a device of their own: there the name has to do. */
	for (size_t i = 0; row == NO_ROW && i < node->n; i++)
		if (!mount_table_is_inside(node, i) && strcmp(node->rows[i].source, source) == 0)
			row = i;
	return row;
}

static const char *join_options(struct arena *arena, const struct strings *options)
{
	size_t room = 0;
	char *text, *at;

	if (options->n == 0)
		return "";
	for (size_t i = 0; i < options->n; i++)
		room += strlen(options->items[i]) + 1;
	text = at = arena_alloc(arena, room);
	for (size_t i = 0; text && i < options->n; i++) {
		if (i > 0)
			*at++ = ',';
		at = stpcpy(at, options->items[i]);
	}
	return text;
}

static void fill_overlay(const struct mount_view *view, struct origin *origin)
{
	struct path_list list = {0};
	const char *why = no_node;

	if (view->node && !strchr(origin->super_options, '\\'))
		why = overlay_layers(view, origin->super_options, "/", true, &list);
	else if (view->node)
		why = "its options hold escapes";
	origin->paths = (struct strings){list.items, list.n};
	origin->state = why || list.n == 0 ? ORIGIN_UNKNOWN : ORIGIN_NODE;
	origin->why = why ? why : list.n == 0 ? "its overlay names no layers" : "";
}

static struct origin origin_of_filesystem(const struct mount_view *view, const struct mount *mount)
{
	const char *source = mount->source ? mount->source : "";
	size_t row = row_of_device(view, source);
	struct origin origin = origin_unknown("");

	if (row != NO_ROW) {
		origin_of(view, &view->node->rows[row], "/", false, true, &origin);
		return origin;
	}
	origin.fs_path = "/";
	origin.fs_type = mount->type ? mount->type : "";
	origin.fs_source = source;
	origin.super_options = join_options(view->arena, &mount->options);
	if (!origin.super_options)
		return origin_unknown("out of memory");
	if (strcmp(origin.fs_type, "overlay") == 0)
		fill_overlay(view, &origin);
	else
		origin.state = ORIGIN_FILESYSTEM;
	return origin;
}

/*
 * Where a link of the image leads what belongs at /dev and /proc. Runtimes followed it onto the node before anybody
 * could look at the effect (CVE-2026-41579), so that here it must be seen.
 */
static const char *follow_link(const struct mount_view *view, const struct container *container, const char *path)
{
	char target[PATH_MAX];
	const char *link, *landing;
	ssize_t n;

	if (!view->live || (strcmp(path, "/dev") != 0 && strcmp(path, "/proc") != 0))
		return path;
	link = arena_printf(view->arena, "%s%s", container->rootfs, path);
	n = link ? readlink(link, target, sizeof(target)) : -1;
	if (n <= 0)
		return path;
	landing = arena_printf(view->arena, "%s%.*s", target[0] == '/' ? "" : "/", (int)n, target);
	return landing ? landing : path;
}

static struct host_mount intent_at(const struct mount_view *view, const struct container *container, size_t index,
				   struct place *ret_place)
{
	const struct mount *mount = &container->mounts[index];
	struct host_mount result = {
		.mount = (long)index,
		.parent_mount = -1,
		.path = mount->path,
		.read_only = mount->read_only ? TRI_YES : TRI_NO,
		.shared = mount->propagation && strcmp(mount->propagation, "shared") == 0 ? TRI_YES : TRI_NO,
	};
	const char *source, *clean;

	*ret_place = (struct place){.row = NO_ROW};
	if (mount->kind != MOUNT_BIND) {
		result.path = follow_link(view, container, mount->path);
		result.origin = origin_of_filesystem(view, mount);
		return result;
	}
	source = source_path(view->arena, container, mount);
	clean = source_clean(view->arena, container, mount);
	if (!source || !clean) {
		result.origin = origin_unknown("out of memory");
		return result;
	}
	result.origin = origin_of_path(view, source, ret_place);
	if (result.origin.source[0] == '\0')
		result.origin.source = clean;
	return result;
}

struct host_mount intent_of(const struct mount_view *view, const struct container *container, size_t index)
{
	struct place place;

	return intent_at(view, container, index, &place);
}

/* What is mounted on the node below the source of an rbind comes along; at the source itself all but its own is hidden. */
static bool comes_along(const struct mount_view *view, const struct mount *mount, const struct place *place, size_t row)
{
	const struct mount_row *of = &view->node->rows[row];

	return mount->kind == MOUNT_BIND && mount->recursive && place->row != NO_ROW && row != place->row &&
	       path_within(of->mountpoint, place->path) && !strstr(of->propagation, "unbindable") &&
	       mount_table_sees(view->node, row, of->mountpoint);
}

static struct host_mount submount(const struct mount_view *view, const struct host_mount *parent,
				  const struct place *place, size_t row)
{
	const struct mount_row *of = &view->node->rows[row];
	const char *path = path_join(view->arena, parent->path, of->mountpoint, path_skip(place->path));
	struct host_mount result = {
		.mount = -1,
		.parent_mount = parent->mount,
		.path = path ? path : "",
		.read_only = option_has(of->options, "ro") || option_has(of->super_options, "ro") ? TRI_YES : TRI_NO,
		.shared = parent->shared,
	};

	origin_of(view, of, of->root, true, false, &result.origin);
	return result;
}

/** struct mount_list - host mounts under construction */
struct mount_list {
	struct host_mount *items;
	size_t n;
	size_t room;
};

static bool append(struct arena *arena, struct mount_list *list, const struct host_mount *mount)
{
	if (list->n == list->room) {
		size_t room = list->room ? list->room * 2 : 32;
		struct host_mount *larger = arena_array(arena, room, sizeof(*larger));

		if (!larger)
			return false;
		if (list->n > 0)
			memcpy(larger, list->items, list->n * sizeof(*larger));
		list->items = larger;
		list->room = room;
	}
	list->items[list->n++] = *mount;
	return true;
}

static bool append_with_submounts(const struct mount_view *view, const struct container *container, size_t index,
				  struct mount_list *list)
{
	const struct mount *mount = &container->mounts[index];
	struct place place;
	struct host_mount parent = intent_at(view, container, index, &place);
	bool room = append(view->arena, list, &parent);
	/* Whatever is to be seen below hangs on this mount, itself or by others. */
	const bool carries = view->node && place.row != NO_ROW && view->node->carries[place.row];

	for (size_t row = 0; room && carries && row < view->node->n; row++)
		if (comes_along(view, mount, &place, row)) {
			struct host_mount below = submount(view, &parent, &place, row);

			room = append(view->arena, list, &below);
		}
	return room;
}

int mounts_intended(const struct mount_view *view, const struct container *container, struct host *host,
		    struct err *err)
{
	struct mount_list list = {0};
	struct place place;

	for (size_t i = 0; i < container->n_mounts; i++)
		if (container->mounts[i].kind != MOUNT_REMOUNT && !append_with_submounts(view, container, i, &list))
			return err_set(err, ERR_SYSTEM, "out of memory");
	host->rootfs = origin_of_path(view, container->rootfs, &place);
	if (host->rootfs.source[0] == '\0')
		host->rootfs.source = container->rootfs;
	host->mounts = list.items;
	host->n_mounts = list.n;
	return view->arena->failed ? err_set(err, ERR_SYSTEM, "out of memory") : 0;
}
