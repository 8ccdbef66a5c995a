/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocigate rules: what the rules say about themselves. Everything that is
 * written about them elsewhere (README, man page, schema) comes from here.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "ocigate/str.h"
#include "options.h"
#include "rules_print.h"
#include "verbs.h"

enum { FORMAT_TEXT, FORMAT_JSON, FORMAT_MD, FORMAT_MAN, FORMAT_SCHEMA, FORMATS };

static const struct option options[] = {
	{"format", "text|json|md|man|schema", "For people (the default), for programs, for README, man page or editor"},
};

static const struct command command = {
	.name = "rules",
	.synopsis = "[--format text|json|md|man|schema] [RULE]",
	.about = "List the rules, or tell all about one. The format \"schema\" is the JSON Schema of a drop-in.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
};

/* Return: 0 to go on, ARGUMENT_DONE, or -1 with ERR_USAGE. */
static int parse(int argc, char **argv, int *format, const struct rule **ret_rule, struct err *err)
{
	static const char *const formats[FORMATS] = {"text", "json", "md", "man", "schema"};
	struct arguments arguments = {&command, argc, argv, 1, 0};
	const char *names[RULE_COUNT], *value;
	int got, index;

	for (size_t i = 0; i < RULE_COUNT; i++)
		names[i] = rule_table[i]->name;
	while ((got = arguments_next(&arguments, &value, err)) != ARGUMENT_END) {
		if (got == ARGUMENT_DONE || got == ARGUMENT_ERROR)
			return got;
		if (got != ARGUMENT_OPERAND) {
			*format = word_index("--format", value, formats, FORMATS, err);
			if (*format < 0)
				return -1;
			continue;
		}
		if (*ret_rule)
			return err_set(err, ERR_USAGE, "rules takes one RULE");
		index = word_index("rule", value, names, RULE_COUNT, err);
		if (index < 0)
			return -1;
		*ret_rule = rule_table[index];
	}
	if (*format == FORMAT_SCHEMA && *ret_rule)
		return err_set(err, ERR_USAGE, "the schema is that of a whole drop-in: give no RULE");
	return 0;
}

int verb_rules(int argc, char **argv)
{
	const bool colour = colour_wanted(STDOUT_FILENO);
	const struct rule *rule = NULL;
	struct arena arena;
	const char *text = "";
	int format = FORMAT_TEXT, got;
	struct err err;

	harden();
	got = parse(argc, argv, &format, &rule, &err);
	if (got == ARGUMENT_DONE)
		return 0;
	if (got < 0)
		return usage_error(&err, "rules");
	arena_init(&arena, RUN_MEMORY);
	if (format == FORMAT_JSON)
		text = rules_describe(&arena, rule);
	else if (format == FORMAT_SCHEMA)
		text = policy_schema(&arena);
	else if (format == FORMAT_MD)
		rules_print_md(&arena, rule);
	else if (format == FORMAT_MAN)
		rules_print_man(&arena, rule);
	else if (rule)
		rules_print_one(&arena, rule);
	else
		rules_print_table(colour);
	(void)fputs(text ? text : "", stdout);
	return text ? 0 : ERR_SYSTEM;
}
