/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Amending a spec: findings with effect `apply` become edits, edits become
 * bytes. What is not edited is passed on byte for byte, so that a field which
 * this version does not know survives.
 */
#ifndef OCIGATE_AMEND_H
#define OCIGATE_AMEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ocigate/arena.h"
#include "ocigate/container.h"
#include "ocigate/decision.h"
#include "ocigate/spec.h"

/**
 * enum edit_kind - what is done at a JSON pointer
 *
 * EDIT_SET: the value becomes @value; missing objects on the way are made. EDIT_REMOVE: the member or element goes
 * (nothing happens if it is not there). EDIT_PREPEND, EDIT_APPEND: the pointer names an array, made if missing.
 */
enum edit_kind { EDIT_SET, EDIT_REMOVE, EDIT_PREPEND, EDIT_APPEND };

/**
 * struct edit - one change
 * @pointer: RFC 6901; array indexes are those of the text before any edit
 * @value: JSON text; unused for EDIT_REMOVE
 */
struct edit {
	enum edit_kind kind;
	const char *pointer;
	const char *value;
};

/**
 * amend_splice() - carry out @edits in one walk over @text
 * @text: a JSON object that the strict reader has accepted
 * @ret_text: the new text; @text itself (same bytes pointer) when nothing changes
 *
 * Edits may come in any order. Below what is removed other edits are dropped; two different values for one place, or a
 * path through something that is neither object nor array, are errors.
 * Return: 0, or -1 with ERR_SYSTEM.
 */
int amend_splice(struct arena *arena, const struct text *text, const struct edit *edits, size_t n_edits,
		 struct text *ret_text, struct err *err) MUST_CHECK;

/**
 * amend_find() - the bytes of the value that @pointer names
 * Return: false if there is none; @ret_value (not NUL-terminated) is untouched then.
 */
bool amend_find(const struct text *text, const char *pointer, struct text *ret_value);

/** struct edits - growing list of changes, with what is recorded about them */
struct edits {
	struct arena *arena;
	struct edit *items;
	size_t n;
	size_t room;
	struct amendment_record *records;
	size_t n_records;
	size_t records_room;
	bool failed; /* out of memory: amend_apply() refuses */
};

/** edits_add() - one edit more; a NULL string means out of memory */
void edits_add(struct edits *edits, enum edit_kind kind, const char *pointer, const char *value);

/** edits_record() - one amendment more for the decision; @before and @after are JSON texts */
void edits_record(struct edits *edits, const struct rule *rule, const char *pointer, const char *before,
		  const char *after);

/**
 * amend_plan() - what to change so that every finding with effect apply is gone
 * @text: what @container was read from: config.json, or an exec's process document
 * @findings: one that cannot be amended gets the effect deny instead (call engine_conclude() afterwards)
 *
 * Knows amendments (rule.h), not rules. The records name places of the whole spec, for an exec too.
 * Return: 0, or -1 with ERR_SYSTEM.
 */
int amend_plan(const struct container *container, const struct text *text, struct findings *findings,
	       struct edits *edits, struct err *err) MUST_CHECK;

/**
 * seccomp_default_profile() - ocigate's own profile as a value of linux.seccomp, JSON text
 * @bounding: capabilities of the container's bounding set: they decide which conditional parts are in
 *
 * Put together from text that was made at build time: nothing is compiled here.
 * Return: NULL when out of memory.
 */
const char *seccomp_default_profile(struct arena *arena, uint64_t bounding) MUST_CHECK;

/** seccomp_profile_for() - the same for another architecture, by its name in the profile's conditions ("arm64") */
const char *seccomp_profile_for(struct arena *arena, const char *architecture, uint64_t bounding) MUST_CHECK;

#endif
