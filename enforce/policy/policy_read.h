/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the files of this directory: the whole walk from drop-ins to policy.
 */
#ifndef OCIGATE_POLICY_READ_H
#define OCIGATE_POLICY_READ_H

#include "draft.h"
#include "dropins.h"

/** document_parse() - JSON of a file. Return: a new reference, or NULL with the error noted. */
json_t *document_parse(struct problems *problems, const char *file, const char *text, size_t len) MUST_CHECK;

/**
 * policy_assemble() - from @sources, which were read, to the policy; a preset is read and appended to them
 *
 * Errors and warnings end in @problems. Return: 0, or -1 with errors noted.
 */
int policy_assemble(struct arena *arena, const char *presets, enum sources_for use, struct problems *problems,
		    struct sources *sources, struct policy *ret_policy, char **ret_text) MUST_CHECK;

/**
 * policy_collect() - read everything, with origins; all that is wrong ends in @problems
 * @ret_text: canonical text of the whole policy
 *
 * Return: 0, or -1 with errors noted.
 */
int policy_collect(struct arena *arena, const struct policy_dirs *dirs, struct problems *problems,
		   struct sources *ret_sources, struct policy *ret_policy, char **ret_text) MUST_CHECK;

/** policy_document() - the policy as a document. Return: a new reference, or NULL when out of memory. */
json_t *policy_document(const struct policy *policy) MUST_CHECK;

/** policy_text() - the same as canonical text on one line. Return: NULL when out of memory. */
char *policy_text(struct arena *arena, const struct policy *policy) MUST_CHECK;

/** policy_text_digest() - "sha256:…" of a text. Return: NULL when out of memory. */
char *policy_text_digest(struct arena *arena, const char *text) MUST_CHECK;

/** pretty() - @json for people, with a line feed behind. Return: NULL when out of memory. */
char *pretty(struct arena *arena, json_t *json) MUST_CHECK;

#endif
