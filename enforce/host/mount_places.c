/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows by place: ordered by device and root, so that all the roots below a path lie side by side.
 */
#include <stdlib.h>
#include <string.h>

#include "mounts.h"

static int compare_places(const void *left, const void *right)
{
	const struct mount_row *a = *(const struct mount_row *const *)left,
			       *b = *(const struct mount_row *const *)right;

	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	if (a->minor != b->minor)
		return a->minor < b->minor ? -1 : 1;
	return strcmp(a->root, b->root);
}

bool mount_places_sort(struct arena *arena, struct mount_table *table)
{
	table->by_place = arena_array(arena, table->n, sizeof(*table->by_place));
	if (!table->by_place)
		return false;
	for (size_t i = 0; i < table->n; i++)
		table->by_place[i] = &table->rows[i];
	if (table->n > 1)
		qsort(table->by_place, table->n, sizeof(*table->by_place), compare_places);
	return true;
}

static bool is_below(const struct mount_row *row, unsigned major, unsigned minor, const char *stem, size_t len)
{
	return row->major == major && row->minor == minor && strncmp(row->root, stem, len) == 0 &&
	       row->root[len] == '/';
}

/* How many rows come before everything that starts with @stem, of @len bytes, and a slash? */
static size_t places_before(const struct mount_table *table, unsigned major, unsigned minor, const char *stem,
			    size_t len)
{
	size_t low = 0, high = table->n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const struct mount_row *row = table->by_place[middle];
		int order = row->major != major	  ? (row->major < major ? -1 : 1)
			    : row->minor != minor ? (row->minor < minor ? -1 : 1)
						  : strncmp(row->root, stem, len);

		if (order == 0)
			order = (unsigned char)row->root[len] < '/' ? -1 : 1;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct mount_row *const *mount_table_below(const struct mount_table *table, unsigned major, unsigned minor,
						 const char *root, size_t *ret_n)
{
	const bool top = root[0] == '/' && root[1] == '\0';
	const char *stem = top ? "" : root;
	const size_t len = strlen(stem);
	size_t first = places_before(table, major, minor, stem, len), behind;

	/* Behind "/" comes what lies below it; of "/" itself all the roots are. */
	while (top && first < table->n && is_below(table->by_place[first], major, minor, stem, len) &&
	       table->by_place[first]->root[1] == '\0')
		first++;
	for (behind = first; behind < table->n && is_below(table->by_place[behind], major, minor, stem, len); behind++)
		;
	*ret_n = behind - first;
	return table->by_place + first;
}
