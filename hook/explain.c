/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "common.h"
#include "ocigate/rule.h"
#include "ocigate/str.h"
#include "options.h"
#include "verbs.h"

static const struct command command = {
	.name = "explain",
	.synopsis = "ID|RULE",
	.about = "Tell what a rule finds, what passes, why it matters and what can be set.",
};

static void line(const char *label, const char *text)
{
	if (text && text[0])
		(void)printf("%-16s%s\n", label, text);
}

static void explain_rule(const struct rule *rule)
{
	static const char *const groups[] = {"", "core", "hardening", "escape", "alert"};
	static const char *const severities[] = {"high", "medium", "low", "info"};

	(void)printf("%s: %s\n\n", rule->name, rule->title);
	line("looks at", rule->fields);
	line("passes", rule->allowed);
	line("why", rule->why);
	line("group", groups[rule->group]);
	line("severity", severities[rule->severity]);
	line("judges", (rule->scope & RULE_SCOPE_EXEC) == 0	? "containers"
		       : (rule->scope & RULE_SCOPE_CREATE) == 0 ? "exec sessions"
								: "containers and exec sessions");
	line("can be applied", rule->amendment == AMEND_NONE ? "no: apply denies" : "yes, by ocigate-runtime");
	line("recommendation", rule->recommendation);
	line("alert", rule->alert);
	line("pod security", rule->pss);
	for (size_t i = 0; i < rule->n_settings; i++)
		(void)printf("%s  %-20s%s\n", i == 0 ? "\nsettings\n" : "", rule->settings[i].name,
			     rule->settings[i].help);
}

int verb_explain(int argc, char **argv)
{
	struct arguments arguments = {&command, argc, argv, 1, 0};
	const char *known[RULE_COUNT], *nearest, *operand = NULL, *value;
	const struct rule *rule;
	struct err err;
	int got;

	while ((got = arguments_next(&arguments, &value, &err)) == ARGUMENT_OPERAND && !operand)
		operand = value;
	if (got == ARGUMENT_DONE)
		return 0;
	if (got != ARGUMENT_END || !operand) {
		if (got != ARGUMENT_ERROR)
			(void)err_set(&err, ERR_USAGE, "explain takes one ID or RULE");
		return usage_error(&err, "explain");
	}
	rule = rule_find(operand);
	if (rule) {
		explain_rule(rule);
		return 0;
	}
	for (size_t i = 0; i < RULE_COUNT; i++)
		known[i] = rule_table[i]->name;
	nearest = str_nearest(operand, known, RULE_COUNT);
	say("no rule is called %.60s%s%s%s", operand, nearest ? "; did you mean " : "", nearest ? nearest : "",
	    nearest ? "?" : "");
	return ERR_INPUT;
}
