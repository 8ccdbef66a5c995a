/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One rule case, from its file to what a rule is given.
 */
#ifndef OCIGATE_TESTS_RULES_CASE_H
#define OCIGATE_TESTS_RULES_CASE_H

#include <jansson.h>

#include "ocigate/container.h"
#include "ocigate/policy.h"

/** struct case_text - text that grows up to a limit; what does not fit is cut */
struct case_text {
	char bytes[8192];
	size_t used;
};

void case_text_add(struct case_text *text, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** case_string() - the string at @key, or @absent */
const char *case_string(const json_t *json, const char *key, const char *absent);

/** case_read() - a JSON file. Return: NULL with @err. */
json_t *case_read(const char *path, struct err *err) MUST_CHECK;

/** case_check() - no unknown key, and what is required is there */
int case_check(const json_t *json, struct err *err) MUST_CHECK;

/** case_container() - base and patch, or config, read strictly; for an exec with @ret_created as the first process */
int case_container(struct arena *arena, const char *root, const json_t *json, struct container *ret_container,
		   struct process *ret_created, struct err *err) MUST_CHECK;

/** case_policy() - the rule's part of a policy */
int case_policy(struct arena *arena, const struct rule *rule, const json_t *json, struct rule_policy *ret_policy,
		struct err *err) MUST_CHECK;

/** case_host() - write the recorded facts. Return: an open directory, or -1. */
int case_host(struct arena *arena, const char *root, const json_t *json, const struct container *container,
	      struct err *err) MUST_CHECK;

/** case_clean() - remove the directory that case_host() writes into */
void case_clean(void);

/** case_patch() - apply RFC 6902 operations add, replace and remove */
int case_patch(json_t **document, const json_t *patch, struct err *err) MUST_CHECK;

#endif
