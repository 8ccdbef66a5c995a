/* SPDX-License-Identifier: Apache-2.0 */
#include "wish.h"

#include <string.h>

static bool grow(struct wishes *wishes)
{
	size_t room = wishes->room ? wishes->room * 2 : 16;
	struct wish *larger = arena_array(wishes->arena, room, sizeof(*larger));

	if (!larger)
		return false;
	if (wishes->n > 0)
		memcpy(larger, wishes->items, wishes->n * sizeof(*larger));
	wishes->items = larger;
	wishes->room = room;
	return true;
}

static bool is_for(const struct wish *wish, const char *const values[WISH_LISTS])
{
	for (size_t i = 0; i < WISH_LISTS; i++)
		if (strcmp(wish->lists[i].items[0], values[i]) != 0)
			return false;
	return true;
}

void wishes_add(struct wishes *wishes, const char *const values[WISH_LISTS], uint64_t rules)
{
	struct wish *wish;

	for (size_t i = 0; i < wishes->n; i++)
		if (is_for(&wishes->items[i], values)) {
			wishes->items[i].rules |= rules;
			return;
		}
	if (wishes->n == wishes->room && !grow(wishes))
		return;
	wish = &wishes->items[wishes->n];
	*wish = (struct wish){.rules = rules};
	for (size_t i = 0; i < WISH_LISTS; i++) {
		const char **item = arena_array(wishes->arena, 1, sizeof(*item));

		if (!item)
			return;
		*item = values[i];
		wish->lists[i] = (struct strings){item, 1};
	}
	wishes->n++;
}

static bool equal(const struct strings *a, const struct strings *b)
{
	for (size_t i = 0; a->n == b->n && i < a->n; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return a->n == b->n;
}

/* Both sorted; so is the result. Return: false when out of memory. */
static bool merge(struct arena *arena, struct strings *into, const struct strings *from)
{
	const char **items = arena_array(arena, into->n + from->n, sizeof(*items));
	size_t i = 0, j = 0, n = 0;

	if (!items)
		return false;
	while (i < into->n || j < from->n) {
		const int order = i == into->n ? 1 : j == from->n ? -1 : strcmp(into->items[i], from->items[j]);

		items[n++] = order <= 0 ? into->items[i] : from->items[j];
		i += order <= 0;
		j += order >= 0;
	}
	*into = (struct strings){items, n};
	return true;
}

/* Return: the one list in which they differ, or WISH_LISTS. A list that has none cannot be joined with one that has. */
static size_t difference(const struct wish *a, const struct wish *b)
{
	size_t differs = WISH_LISTS, n = 0;

	for (size_t i = 0; i < WISH_LISTS; i++)
		if (!equal(&a->lists[i], &b->lists[i])) {
			differs = i;
			n++;
		}
	if (n != 1 || !a->lists[differs].items[0][0] || !b->lists[differs].items[0][0])
		return WISH_LISTS;
	return differs;
}

static bool join(struct wishes *wishes, struct wish *a, const struct wish *b)
{
	const size_t list = a->rules == b->rules ? difference(a, b) : WISH_LISTS;

	return list != WISH_LISTS && merge(wishes->arena, &a->lists[list], &b->lists[list]);
}

/* Return: was anything joined? Then what was compared before may fit now. */
static bool join_all(struct wishes *wishes)
{
	const size_t before = wishes->n;

	for (size_t i = 0; i < wishes->n; i++)
		for (size_t j = i + 1; j < wishes->n;) {
			struct wish *b = &wishes->items[j];

			if (join(wishes, &wishes->items[i], b)) {
				memmove(b, b + 1, (wishes->n - j - 1) * sizeof(*b));
				wishes->n--;
			} else {
				j++;
			}
		}
	return wishes->n < before;
}

void wishes_join(struct wishes *wishes)
{
	while (join_all(wishes))
		continue;
}
