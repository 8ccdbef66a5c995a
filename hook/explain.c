/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "common.h"
#include "ocigate/decision.h"
#include "ocigate/str.h"
#include "options.h"
#include "print.h"
#include "rules_print.h"
#include "verbs.h"

enum { KEPT_MAX = 8 };

static const struct command command = {
	.name = "explain",
	.synopsis = "ID|RULE",
	.about = "Tell a decision about a container (its id, or the beginning of it) with every finding, or what a "
		 "rule finds,\n"
		 "what passes, why it matters and what can be set. Decisions that refused, and those with findings, "
		 "are kept\n"
		 "in " DECISION_STORE " for a while; all of them are in the log that the policy names, or in syslog.",
};

static int explain_decision(const char *id, bool colour)
{
	struct kept_decision kept[KEPT_MAX];
	const char *known[RULE_COUNT], *nearest;
	struct arena arena;
	struct err err, unknown;
	size_t n;

	arena_init(&arena, RUN_MEMORY);
	if (decision_recall(&arena, DECISION_STORE, id, kept, KEPT_MAX, &n, &err) == 0) {
		for (size_t i = 0; i < n; i++) {
			(void)printf("%s%s, %s\n", i > 0 ? "\n" : "", kept[i].time, kept[i].decision.stage);
			print_decision(&kept[i].decision, kept[i].decision.id, colour);
		}
		return 0;
	}
	for (size_t i = 0; i < RULE_COUNT; i++)
		known[i] = rule_table[i]->name;
	nearest = str_nearest(id, known, RULE_COUNT);
	(void)err_set(&unknown, err.kind, "%s, and no rule is called so%s%s%s", err.text,
		      nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
	return failure(&unknown);
}

int verb_explain(int argc, char **argv)
{
	struct arguments arguments = {&command, argc, argv, 1, 0};
	const bool colour = colour_wanted(STDOUT_FILENO);
	const char *operand = NULL, *value;
	struct arena arena;
	struct err err;
	int got;

	harden();
	while ((got = arguments_next(&arguments, &value, &err)) == ARGUMENT_OPERAND && !operand)
		operand = value;
	if (got == ARGUMENT_DONE)
		return 0;
	if (got != ARGUMENT_END || !operand) {
		if (got != ARGUMENT_ERROR)
			(void)err_set(&err, ERR_USAGE, "explain takes one ID or RULE");
		return usage_error(&err, "explain");
	}
	if (!rule_find(operand))
		return explain_decision(operand, colour);
	arena_init(&arena, RUN_MEMORY);
	rules_print_one(&arena, rule_find(operand));
	return 0;
}
