/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which id of the host is an id of the container? What counts is the map of
 * the user namespace that the container is in, as the kernel has it. Mappings
 * in a spec that makes no user namespace are ignored by runtimes, and so here.
 */
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "internal.h"

/* The kernel takes at most 340 lines; a recording is held to the same. */
enum { IDMAP_LINES_MAX = 340 };

static const struct id_mapping identity[] = {{0, 0, UINT32_MAX}};

static bool parse_line(const char *line, size_t len, struct id_mapping *ret_mapping)
{
	unsigned long fields[3];
	size_t at = 0;

	for (int i = 0; i < 3; i++) {
		size_t start;

		while (at < len && (line[at] == ' ' || line[at] == '\t'))
			at++;
		start = at;
		while (at < len && line[at] != ' ' && line[at] != '\t')
			at++;
		if (!text_number(line + start, at - start, UINT32_MAX, &fields[i]))
			return false;
	}
	*ret_mapping = (struct id_mapping){(uint32_t)fields[0], (uint32_t)fields[1], (uint32_t)fields[2]};
	return at == len && fields[2] > 0;
}

int idmap_parse(struct arena *arena, const char *text, struct id_mappings *ret_map, struct err *err)
{
	struct id_mapping *items = NULL;
	const char *line, *cursor = text;
	size_t len, n = 0, total = 0;

	while (text_line(&cursor, &len) != NULL)
		total++;
	if (total == 0 || total > IDMAP_LINES_MAX)
		return err_set(err, ERR_INPUT, "an id map has 1 to %d lines, not %zu", IDMAP_LINES_MAX, total);
	items = arena_array(arena, total, sizeof(*items));
	if (!items)
		return err_set(err, ERR_SYSTEM, "out of memory");
	while ((line = text_line(&text, &len)) != NULL)
		if (!parse_line(line, len, &items[n++]))
			return err_set(err, ERR_INPUT, "line %zu is not an id mapping", n);
	*ret_map = (struct id_mappings){items, n};
	return 0;
}

void idmap_of_node(struct host *host)
{
	host->uid_map = (struct id_mappings){identity, 1};
	host->gid_map = host->uid_map;
	host->id_maps_known = true;
}

void idmap_from_spec(struct host *host, const struct container *container)
{
	const struct namespace_entry *entry = &container->namespaces[NS_USER];

	if (host->namespaces[NS_USER].shared == TRI_YES || !entry->present) {
		idmap_of_node(host);
	} else if (!entry->path && container->uid_mappings.n > 0 && container->gid_mappings.n > 0) {
		host->uid_map = container->uid_mappings;
		host->gid_map = container->gid_mappings;
		host->id_maps_known = true;
	}
}

void idmap_outside(struct arena *arena, const struct id_mappings *outer, struct id_mappings *map)
{
	struct id_mapping *items = arena_array(arena, map->n, sizeof(*items));
	size_t n = 0;

	for (size_t i = 0; items && i < map->n; i++) {
		const int64_t first = host_id_of(outer, map->items[i].host_id);

		if (first < 0)
			continue;
		items[n] = map->items[i];
		items[n++].host_id = (uint32_t)first;
	}
	*map = (struct id_mappings){items, n};
}

int64_t host_id_of(const struct id_mappings *map, int64_t id)
{
	for (size_t i = 0; i < map->n; i++) {
		int64_t first = map->items[i].container_id;

		if (id >= first && id - first < (int64_t)map->items[i].size)
			return map->items[i].host_id + (id - first);
	}
	return -1;
}
