/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an overlay is made of. Its layers are directories of the node: an
 * overlay with lowerdir=/etc is a bind of /etc by another name.
 */
#include <string.h>

#include "internal.h"
#include "origin.h"

#include "ocigate/fs.h"

/* A node that is itself a container has overlays upon overlays. */
enum { OVERLAY_DEPTH_MAX = 4 };

/** struct overlay - where the layers are looked for */
struct overlay {
	const struct mount_view *view;
	const char *fs_path;
	const char *store; /* directory in which the engine keeps its layers; NULL: links of every layer are resolved */
	bool careful;
	int depth;
	struct path_list *list;
};

/** struct layer_option - an option that names layers: several of them, by ":"? with backslashes before such characters? */
struct layer_option {
	const char *key;
	bool is_list;
	bool is_escaped;
};

/* As the kernel reads them (fs/overlayfs/params.c): what names one layer has no ":" to be escaped. */
static const struct layer_option layer_options[] = {
	{"upperdir", false, true},
	{"lowerdir", true, true},
	{"lowerdir+", false, false},
	{"datadir+", false, false},
};

static const char *add_overlay(const struct mount_view *view, const char *options, const char *fs_path, bool careful,
			       int depth, struct path_list *list);

/* At the end of a value stands a comma, a slash or the end of the text: no digit. */
static bool is_octal(const char *s)
{
	return s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' && s[3] >= '0' && s[3] <= '7';
}

/* First the kernel's octal escapes are undone, then overlay's own: a backslash before ":", "," or itself. */
static char *decode(struct arena *arena, const char *s, size_t len)
{
	char *text = arena_strndup(arena, s, len);
	size_t n = 0;

	for (size_t i = 0; text && i < len;) {
		if (is_octal(s + i)) {
			text[n++] = (char)((s[i + 1] - '0') * 64 + (s[i + 2] - '0') * 8 + (s[i + 3] - '0'));
			i += 4;
		} else {
			text[n++] = s[i++];
		}
	}
	if (text)
		text[n] = '\0';
	return text;
}

/* Takes one layer off a list that is separated by ":" ("::" before layers that hold data alone). */
static char *take_layer(const struct layer_option *option, char **cursor)
{
	char *start = *cursor, *out;

	while (option->is_list && *start == ':')
		start++;
	if (*start == '\0')
		return NULL;
	out = *cursor = start;
	while (**cursor != '\0' && !(option->is_list && **cursor == ':')) {
		if (option->is_escaped && **cursor == '\\' && (*cursor)[1] != '\0')
			(*cursor)++;
		*out++ = *(*cursor)++;
	}
	if (**cursor == ':')
		(*cursor)++;
	*out = '\0';
	return start;
}

/* A layer beside the upper one is the engine's own and is what it is called; any other may be a link. */
static const char *place_layer(const struct overlay *overlay, const char *layer, struct place *place)
{
	bool own = overlay->store && !overlay->careful && path_within(layer, overlay->store);

	return own ? place_as_text(overlay->view, layer, place) : place_of(overlay->view, layer, place);
}

static const char *add_layer(const struct overlay *overlay, const char *layer)
{
	const struct mount_view *view = overlay->view;
	const struct mount_row *row;
	const char *fs_path, *why;
	struct place place;

	if (layer[0] != '/' && (overlay->careful || !overlay->store))
		return "a layer of its overlay has a relative path";
	if (layer[0] != '/')
		layer = arena_printf(view->arena, "%s/%s", overlay->store, layer);
	if (!layer)
		return "out of memory";
	why = place_layer(overlay, layer, &place);
	if (why)
		return "a layer of its overlay cannot be found on the node";
	row = &view->node->rows[place.row];
	fs_path = path_join(view->arena, place.fs_path, overlay->fs_path, path_skip("/"));
	if (!fs_path)
		return "out of memory";
	origin_paths(view, row->major, row->minor, fs_path, overlay->list);
	if (strcmp(row->fstype, "overlay") != 0 || strcmp(row->mountpoint, "/") == 0)
		return NULL;
	return add_overlay(view, row->super_options, fs_path, overlay->careful, overlay->depth + 1, overlay->list);
}

static const char *add_layers(const struct overlay *overlay, const struct layer_option *option, const char *value,
			      size_t len)
{
	char *text = decode(overlay->view->arena, value, len), *layer;
	const char *why = text ? NULL : "out of memory";

	while (!why && (layer = take_layer(option, &text)) != NULL)
		why = add_layer(overlay, layer);
	return why;
}

/* The value of the next option named @key; @cursor goes on behind it. NULL: there is none. */
static const char *next_value(const char **cursor, const char *key, size_t *ret_len)
{
	size_t n = strlen(key);

	while (**cursor) {
		const char *option = *cursor;
		size_t len = strcspn(option, ",");

		*cursor = option + len + (option[len] == ',');
		if (len > n && memcmp(option, key, n) == 0 && option[n] == '=') {
			*ret_len = len - n - 1;
			return option + n + 1;
		}
	}
	return NULL;
}

/* Engines keep all layers in one directory: ".../overlay/<id>/diff", ".../snapshots/<n>/fs". */
static const char *store_of(struct arena *arena, const char *options)
{
	const char *upper, *cursor = options;
	size_t len, cuts = 0, depth = 0;

	upper = next_value(&cursor, "upperdir", &len);
	if (!upper || upper[0] != '/')
		return NULL;
	while (len > 1 && cuts < 2)
		cuts += upper[--len] == '/';
	for (size_t i = 0; i < len; i++)
		depth += upper[i] == '/';
	/* A store at the root of the node or right below it is no engine's. */
	return depth >= 3 ? decode(arena, upper, len) : NULL;
}

static const char *add_overlay(const struct mount_view *view, const char *options, const char *fs_path, bool careful,
			       int depth, struct path_list *list)
{
	struct overlay overlay = {view, fs_path, store_of(view->arena, options), careful, depth, list};
	const char *why = NULL;

	if (depth > OVERLAY_DEPTH_MAX)
		return "its overlay lies upon too many others";
	for (size_t i = 0; i < sizeof(layer_options) / sizeof(layer_options[0]) && !why; i++) {
		const char *cursor = options, *value;
		size_t len;

		while (!why && (value = next_value(&cursor, layer_options[i].key, &len)) != NULL)
			why = add_layers(&overlay, &layer_options[i], value, len);
	}
	return why;
}

const char *overlay_layers(const struct mount_view *view, const char *options, const char *fs_path, bool careful,
			   struct path_list *list)
{
	return add_overlay(view, options, fs_path, careful, 0, list);
}
