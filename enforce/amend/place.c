/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t count_words(const char *pointer)
{
	size_t n = 0;

	for (; *pointer; pointer++)
		n += *pointer == '/';
	return n;
}

/* One word of a pointer, "~1" and "~0" decoded. */
static const char *read_word(struct arena *arena, const char *from, size_t len)
{
	char *word = arena_strndup(arena, from, len), *to = word;

	for (size_t i = 0; word && i < len; i++) {
		if (from[i] == '~' && i + 1 < len && (from[i + 1] == '0' || from[i + 1] == '1'))
			*to++ = from[++i] == '1' ? '/' : '~';
		else
			*to++ = from[i];
	}
	if (word)
		*to = '\0';
	return word;
}

static int locate(struct arena *arena, const struct edit *edit, size_t order, struct located *ret)
{
	size_t n = count_words(edit->pointer);
	const char **words = arena_array(arena, n, sizeof(*words));
	const char *at = edit->pointer;

	if (!words || *at != '/')
		return -1;
	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(at + 1, "/");

		words[i] = read_word(arena, at + 1, len);
		if (!words[i])
			return -1;
		at += 1 + len;
	}
	*ret = (struct located){.edit = edit, .words = words, .n_words = n, .order = order};
	return 0;
}

/* By length first: that puts array indexes in their order. */
static int compare_words(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return memcmp(a, b, a_len);
}

static int compare(const void *left, const void *right)
{
	const struct located *a = left, *b = right;

	for (size_t i = 0; i < a->n_words && i < b->n_words; i++) {
		int order = compare_words(a->words[i], b->words[i]);

		if (order != 0)
			return order;
	}
	if (a->n_words != b->n_words)
		return a->n_words < b->n_words ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

int places_sort(struct arena *arena, const struct edit *edits, size_t n_edits, struct place *ret_place)
{
	struct located *all = arena_array(arena, n_edits, sizeof(*all));

	if (!all)
		return -1;
	for (size_t i = 0; i < n_edits; i++)
		if (locate(arena, &edits[i], i, &all[i]) < 0)
			return -1;
	qsort(all, n_edits, sizeof(*all), compare);
	*ret_place = (struct place){.first = all, .n = n_edits};
	return 0;
}

static const char *next_word(const struct place *place, size_t i)
{
	return place->first[i].words[place->depth];
}

const char *place_word(const struct place *place)
{
	return place->first->words[place->depth - 1];
}

struct place place_take_child(struct place *place)
{
	struct place child = {.first = place->first, .n = 1, .depth = place->depth + 1};

	while (child.n < place->n && strcmp(next_word(place, child.n), next_word(place, 0)) == 0)
		child.n++;
	place->first += child.n;
	place->n -= child.n;
	return child;
}

struct place place_take_own(struct place *place)
{
	struct place own = {.first = place->first, .n = 0, .depth = place->depth};

	while (own.n < place->n && place->first[own.n].n_words == place->depth)
		own.n++;
	if (own.n > 0)
		place->first += own.n;
	place->n -= own.n;
	return own;
}

bool place_seen(const struct place *place)
{
	return place->first->seen >= place->depth;
}

const struct edit *place_edit(const struct place *own, enum edit_kind kind)
{
	for (size_t i = 0; i < own->n; i++)
		if (own->first[i].edit->kind == kind)
			return own->first[i].edit;
	return NULL;
}

bool place_removed(const struct place *place)
{
	struct place rest = *place, own = place_take_own(&rest);

	return place_edit(&own, EDIT_REMOVE) != NULL;
}

bool place_creates(const struct place *place)
{
	struct place rest = *place, own = place_take_own(&rest);

	if (place_edit(&own, EDIT_REMOVE))
		return false;
	if (own.n > 0)
		return true;
	while (rest.n > 0) {
		struct place child = place_take_child(&rest);

		if (place_creates(&child))
			return true;
	}
	return false;
}

/* Long or escaped keys are rare: look at every run. */
static struct place find_slowly(const struct place *place, const struct scan_item *item)
{
	struct place rest = *place;

	while (rest.n > 0) {
		struct place child = place_take_child(&rest);

		if (scan_key_is(item, place_word(&child))) {
			child.first->seen = child.depth;
			return child;
		}
	}
	return (struct place){0};
}

static struct place find_word(const struct place *place, const char *word)
{
	struct place rest = *place, child;
	size_t low = 0, high = place->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_words(next_word(place, middle), word) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == place->n || strcmp(next_word(place, low), word) != 0)
		return (struct place){0};
	rest.first += low;
	rest.n -= low;
	child = place_take_child(&rest);
	child.first->seen = child.depth;
	return child;
}

struct place place_find(const struct place *place, const struct scan_item *item, size_t index)
{
	char word[128];

	if (place->n == 0)
		return (struct place){0};
	if (!item->key) {
		(void)snprintf(word, sizeof(word), "%zu", index);
		return find_word(place, word);
	}
	if (item->key_len >= sizeof(word) || memchr(item->key, '\\', item->key_len))
		return find_slowly(place, item);
	memcpy(word, item->key, item->key_len);
	word[item->key_len] = '\0';
	return find_word(place, word);
}
