/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows by place: ordered by device and root, so that all the roots below a path lie side by side.
 */
#include <assert.h>
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

/* How many rows come before everything that starts with @root and @next? */
static size_t places_before(const struct mount_table *table, unsigned major, unsigned minor, const char *root,
			    char next)
{
	size_t low = 0, high = table->n, len = strlen(root);

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const struct mount_row *row = table->by_place[middle];
		int order = row->major != major	  ? (row->major < major ? -1 : 1)
			    : row->minor != minor ? (row->minor < minor ? -1 : 1)
						  : strncmp(row->root, root, len);

		if (order == 0)
			order = (unsigned char)row->root[len] < (unsigned char)next ? -1 : 1;
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
	size_t first = places_before(table, major, minor, stem, '/'),
	       behind = places_before(table, major, minor, stem, '0');

	/* Behind "/" comes what lies below it; of "/" itself all the roots are. */
	static_assert('0' == '/' + 1, "nothing lies between");
	while (top && first < behind && table->by_place[first]->root[1] == '\0')
		first++;
	*ret_n = behind - first;
	return table->by_place + first;
}
