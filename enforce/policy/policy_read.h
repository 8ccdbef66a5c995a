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
 * policy_collect() - read everything, with origins; all that is wrong ends in @problems
 *
 * Return: 0, or -1 with errors noted.
 */
int policy_collect(struct arena *arena, const struct policy_dirs *dirs, struct problems *problems,
		   struct sources *ret_sources, struct policy *ret_policy) MUST_CHECK;

#endif
