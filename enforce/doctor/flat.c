/* SPDX-License-Identifier: Apache-2.0 */
#include "ocigate/flat.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ocigate/json.h"

enum { PATH_ROOM = 1024 };

void flat_add(struct flat *flat, const char *path, const char *value)
{
	if (flat->n == flat->room) {
		size_t room = flat->room ? 2 * flat->room : 64;
		struct flat_entry *entries = arena_array(flat->arena, room, sizeof(*entries));

		if (!entries)
			return;
		if (flat->n > 0)
			memcpy(entries, flat->entries, flat->n * sizeof(*entries));
		flat->entries = entries;
		flat->room = room;
	}
	flat->entries[flat->n].path = arena_strdup(flat->arena, path);
	flat->entries[flat->n].value = arena_strdup(flat->arena, value);
	if (flat->entries[flat->n].path && flat->entries[flat->n].value)
		flat->n++;
}

static const char *below(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(path, prefix, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

void flat_drop(struct flat *flat, const char *path)
{
	size_t kept = 0;

	for (size_t i = 0; i < flat->n; i++)
		if (!below(flat->entries[i].path, path))
			flat->entries[kept++] = flat->entries[i];
	flat->n = kept;
}

const char *flat_get(const struct flat *flat, const char *fmt, ...)
{
	char path[PATH_ROOM];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	for (size_t i = flat->n; i > 0; i--)
		if (strcmp(flat->entries[i - 1].path, path) == 0)
			return flat->entries[i - 1].value;
	return NULL;
}

static bool seen(const struct flat *flat, const char *path, size_t end, const char *name, size_t len)
{
	for (size_t i = 0; i < end; i++) {
		const char *other = below(flat->entries[i].path, path);

		if (other && strncmp(other, name, len) == 0 && (other[len] == '/' || other[len] == '\0'))
			return true;
	}
	return false;
}

const char *flat_child(const struct flat *flat, const char *path, size_t *at)
{
	while (*at < flat->n) {
		const char *name = below(flat->entries[*at].path, path);
		size_t len = name ? strcspn(name, "/") : 0;
		size_t here = (*at)++;

		if (len > 0 && !seen(flat, path, here, name, len))
			return arena_strndup(flat->arena, name, len);
	}
	return NULL;
}

/* The strict reader caps the depth. */
static void add_json(struct flat *flat, const char *path, json_t *json) /* NOLINT(misc-no-recursion) */
{
	char below_path[PATH_ROOM], number[32];
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_object(json) || json_is_array(json))
		flat_add(flat, path, "");
	json_object_foreach(json, key, value)
	{
		(void)snprintf(below_path, sizeof(below_path), "%s%s%s", path, path[0] ? "/" : "", key);
		add_json(flat, below_path, value);
	}
	json_array_foreach(json, i, value)
	{
		(void)snprintf(below_path, sizeof(below_path), "%s%s%zu", path, path[0] ? "/" : "", i);
		add_json(flat, below_path, value);
	}
	if (json_is_string(json))
		flat_add(flat, path, json_string_value(json));
	if (json_is_boolean(json))
		flat_add(flat, path, json_is_true(json) ? "true" : "false");
	if (json_is_integer(json)) {
		(void)snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(json));
		flat_add(flat, path, number);
	}
}

int flat_json(struct flat *flat, const char *text, size_t len, struct err *err)
{
	json_t *json JSON_AUTO = json_read(text, len, err);

	if (!json) {
		err->kind = ERR_INPUT;
		return -1;
	}
	add_json(flat, "", json);
	return 0;
}
