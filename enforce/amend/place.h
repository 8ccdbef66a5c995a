/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Edits sorted by path, so that those of one object or array are neighbours,
 * and the runs of them that belong to one place of the text.
 */
#ifndef OCIGATE_AMEND_PLACE_H
#define OCIGATE_AMEND_PLACE_H

#include "ocigate/amend.h"
#include "scan.h"

/**
 * struct located - an edit with its pointer taken apart
 * @order: its place in the caller's list
 * @seen: (of a run's first edit) how many of its words the text has
 */
struct located {
	const struct edit *edit;
	const char *const *words;
	size_t n_words;
	size_t order;
	size_t seen;
};

/** struct place - a run of edits whose first @depth words are the same */
struct place {
	struct located *first;
	size_t n;
	size_t depth;
};

/** places_sort() - all edits as one run, for the whole text. Return: 0, or -1 (no memory, or a pointer that is none). */
int places_sort(struct arena *arena, const struct edit *edits, size_t n_edits, struct place *ret_place) MUST_CHECK;

/** place_take_own() - the edits of @place itself; they come first and are taken off @place */
struct place place_take_own(struct place *place);

/** place_take_child() - the run at the head of @place that shares its next word; taken off @place */
struct place place_take_child(struct place *place);

/** place_word() - the last word that the edits of this run share */
const char *place_word(const struct place *place);

/** place_find() - the run for one item of the object or array (n == 0: none), marked as seen */
struct place place_find(const struct place *place, const struct scan_item *item, size_t index);

/** place_seen() - was there an item for this run? */
bool place_seen(const struct place *place);

/** place_edit() - the first edit of this kind among those of the place itself, or NULL */
const struct edit *place_edit(const struct place *own, enum edit_kind kind);

/** place_removed() - does the place go? */
bool place_removed(const struct place *place);

/** place_creates() - would anything be written if the text has nothing there? */
bool place_creates(const struct place *place);

#endif
