/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recommendations of Microsoft's workload protection bundle, and which
 * rules answer them on a node.
 */
#ifndef OCIGATE_RECOMMENDATION_H
#define OCIGATE_RECOMMENDATION_H

#include <stddef.h>

#include "ocigate/rule.h"

enum { RECOMMENDATION_RULES_MAX = 2 };

/**
 * struct recommendation - one row of the bundle
 * @number: its place in the bundle; 12 is 9 listed a second time
 * @title: as the bundle has it
 * @rules, @n_rules: the rules that answer it
 * @elsewhere: NULL, or why a node cannot know: then there is no rule
 */
struct recommendation {
	unsigned number;
	const char *title;
	enum rule_id rules[RECOMMENDATION_RULES_MAX];
	size_t n_rules;
	const char *elsewhere;
};

enum { RECOMMENDATIONS = 16 };

/** recommendation_table - by number */
extern const struct recommendation recommendation_table[RECOMMENDATIONS];

#endif
