/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules in print. @rule NULL means all of them.
 */
#ifndef OCIGATE_RULES_PRINT_H
#define OCIGATE_RULES_PRINT_H

#include <stdbool.h>

#include "ocigate/policy.h"

/** rules_print_table() - one line a rule */
void rules_print_table(bool colour);

/** rules_print_one() - everything that a rule says about itself */
void rules_print_one(struct arena *arena, const struct rule *rule);

/** rules_print_md() - the table of README.md; one rule: with its settings */
void rules_print_md(struct arena *arena, const struct rule *rule);

/** rules_print_man() - mdoc(7), to be put into a manual page's section */
void rules_print_man(struct arena *arena, const struct rule *rule);

#endif
