/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One walk over the text: what has no edit is copied as it is, what has one
 * is written. Values without edits are skipped over, never taken apart.
 */
#include <string.h>

#include "ocigate/amend.h"
#include "place.h"
#include "scan.h"

struct splicer {
	const char *end; /* of the text */
	char *out;
	size_t len;
	size_t room;
	const char *problem;
};

/* White space to put in front of a new item, so that a pretty text stays pretty. */
struct gap {
	const char *bytes;
	size_t len;
};

enum { GAP_MAX = 64 };

static void put(struct splicer *splicer, const char *bytes, size_t len)
{
	if (splicer->room - splicer->len < len) {
		splicer->problem = "the amended text is longer than reckoned";
		return;
	}
	memcpy(splicer->out + splicer->len, bytes, len);
	splicer->len += len;
}

static void put_text(struct splicer *splicer, const char *text)
{
	put(splicer, text, strlen(text));
}

static void put_key(struct splicer *splicer, const char *key)
{
	static const char digits[] = "0123456789abcdef";

	put_text(splicer, "\"");
	for (; *key; key++) {
		unsigned char c = (unsigned char)*key;
		const char escape[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};

		if (c < 0x20 || c == '"' || c == '\\')
			put(splicer, escape, sizeof(escape));
		else
			put(splicer, key, 1);
	}
	put_text(splicer, "\":");
}

static void put_separator(struct splicer *splicer, bool *any, struct gap gap)
{
	if (*any)
		put_text(splicer, ",");
	put(splicer, gap.bytes, gap.len);
	*any = true;
}

static void put_values(struct splicer *splicer, const struct place *own, enum edit_kind kind, bool *any, struct gap gap)
{
	for (size_t i = 0; i < own->n; i++) {
		if (own->first[i].edit->kind != kind)
			continue;
		put_separator(splicer, any, gap);
		put_text(splicer, own->first[i].edit->value);
	}
}

static void put_new(struct splicer *splicer, struct place place);

/* Members that the text does not have. */
static void put_members(struct splicer *splicer, struct place place, bool *any, struct gap gap)
{
	while (place.n > 0) {
		struct place child = place_take_child(&place);

		if (place_seen(&child) || !place_creates(&child))
			continue;
		put_separator(splicer, any, gap);
		put_key(splicer, place_word(&child));
		put_new(splicer, child);
	}
}

/* Depth is bounded by the pointer's words. */
static void put_new(struct splicer *splicer, struct place place)
{
	struct place own = place_take_own(&place);
	const struct edit *set = place_edit(&own, EDIT_SET);
	const struct gap none = {"", 0};
	bool any = false;

	if (set) {
		put_text(splicer, set->value);
	} else if (own.n > 0) {
		put_text(splicer, "[");
		put_values(splicer, &own, EDIT_PREPEND, &any, none);
		put_values(splicer, &own, EDIT_APPEND, &any, none);
		put_text(splicer, "]");
	} else {
		put_text(splicer, "{");
		put_members(splicer, place, &any, none);
		put_text(splicer, "}");
	}
}

/* Two values for one place, or an edit of something inside a value that is set as a whole. */
static bool is_contradiction(const struct place *own, const struct place *deeper)
{
	const struct edit *set = place_edit(own, EDIT_SET);

	if (!set)
		return false;
	for (size_t i = 0; i < own->n; i++)
		if (own->first[i].edit->kind != EDIT_SET || strcmp(own->first[i].edit->value, set->value) != 0)
			return true;
	return deeper->n > 0;
}

static struct gap gap_of(const struct scan_item *item)
{
	const char *start = item->gap + (*item->gap == ',');
	size_t len = (size_t)(item->start - start);

	return len <= GAP_MAX ? (struct gap){start, len} : (struct gap){"", 0};
}

static void put_value(struct splicer *splicer, const struct scan_item *item, struct place place);

static void put_item(struct splicer *splicer, const struct scan_item *item, bool is_first, struct gap first_gap,
		     bool *any, struct place child)
{
	if (child.n > 0 && place_removed(&child))
		return;
	/* Its own gap fits unless something came before the first or all before it are gone. */
	if (is_first != *any) {
		put(splicer, item->gap, (size_t)(item->start - item->gap));
		*any = true;
	} else {
		put_separator(splicer, any, first_gap);
	}
	put(splicer, item->start, (size_t)(item->value - item->start));
	put_value(splicer, item, child);
}

static void put_items(struct splicer *splicer, struct scan *scan, struct place own, struct place place)
{
	struct gap gap = {"", 0};
	struct scan_item item;
	bool any = false;
	size_t index = 0;
	int more;

	for (; !splicer->problem && (more = scan_next(scan, &item)) != 0; index++) {
		if (more < 0) {
			splicer->problem = "the text is no JSON";
			return;
		}
		if (index == 0) {
			gap = gap_of(&item);
			put_values(splicer, &own, EDIT_PREPEND, &any, gap);
		}
		put_item(splicer, &item, index == 0, gap, &any, place_find(&place, &item, index));
	}
	if (index == 0)
		put_values(splicer, &own, EDIT_PREPEND, &any, gap);
	put_values(splicer, &own, EDIT_APPEND, &any, gap);
	if (scan->close == '}')
		put_members(splicer, place, &any, gap);
	else
		while (place.n > 0 && !splicer->problem) {
			struct place child = place_take_child(&place);

			if (!place_seen(&child) && place_creates(&child))
				splicer->problem = "an edit names an array element that is not there";
		}
}

static void put_container(struct splicer *splicer, const struct scan_item *item, struct place own, struct place place)
{
	const char *tail = item->value_end - 1;
	struct scan scan;

	if (!scan_open(&scan, item->value, splicer->end) || (own.n > 0 && scan.close != ']')) {
		splicer->problem = "an edit goes through a value that is neither object nor array";
		return;
	}
	put(splicer, item->value, 1);
	put_items(splicer, &scan, own, place);
	while (tail > item->value + 1 && strchr(" \t\n\r", tail[-1]))
		tail--;
	put(splicer, tail, (size_t)(item->value_end - tail));
}

static void put_value(struct splicer *splicer, const struct scan_item *item, struct place place)
{
	struct place own = place_take_own(&place);
	const struct edit *set = place_edit(&own, EDIT_SET);

	if (is_contradiction(&own, &place))
		splicer->problem = "two edits contradict each other";
	else if (set)
		put_text(splicer, set->value);
	else if (own.n > 0 || place.n > 0)
		put_container(splicer, item, own, place);
	else
		put(splicer, item->value, (size_t)(item->value_end - item->value));
}

/* What the edits add at most: values, keys of missing parents with every byte escaped, brackets, gaps. */
static size_t room_for(const struct text *text, const struct edit *edits, size_t n_edits)
{
	size_t room = text->len;

	for (size_t i = 0; i < n_edits; i++)
		room += (edits[i].kind == EDIT_REMOVE ? 0 : strlen(edits[i].value)) + 8 * strlen(edits[i].pointer) +
			2 * (size_t)GAP_MAX + 16;
	return room;
}

int amend_splice(struct arena *arena, const struct text *text, const struct edit *edits, size_t n_edits,
		 struct text *ret_text, struct err *err)
{
	const char *end = text->bytes + text->len, *start = scan_space(text->bytes, end);
	struct splicer splicer = {.end = end, .room = room_for(text, edits, n_edits)};
	struct scan_item root = {.value = start, .value_end = scan_value(start, end)};
	struct place all;

	if (!root.value_end)
		return err_set(err, ERR_SYSTEM, "cannot amend: the text is no JSON");
	splicer.out = arena_alloc(arena, splicer.room + 1);
	if (!splicer.out || places_sort(arena, edits, n_edits, &all) < 0)
		return err_set(err, ERR_SYSTEM, "cannot amend: out of memory");
	put(&splicer, text->bytes, (size_t)(start - text->bytes));
	put_value(&splicer, &root, all);
	put(&splicer, root.value_end, (size_t)(end - root.value_end));
	if (splicer.problem)
		return err_set(err, ERR_SYSTEM, "cannot amend: %s", splicer.problem);
	if (splicer.len == text->len && memcmp(splicer.out, text->bytes, text->len) == 0)
		*ret_text = *text;
	else
		*ret_text = (struct text){.bytes = splicer.out, .len = splicer.len};
	return 0;
}
