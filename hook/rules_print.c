/* SPDX-License-Identifier: Apache-2.0 */
#include "rules_print.h"

#include <stdio.h>
#include <string.h>

#include "ocigate/recommendation.h"
#include "print.h"

enum { TABLE_WIDTH = 118, TABLE_INDENT = 25 };

static const char *const group_names[] = {
	[RULE_GROUP_CORE] = "the core: denied by default",
	[RULE_GROUP_HARDEN] = "hardening: audited by default",
	[RULE_GROUP_ESCAPE] = "escapes: denied by default",
	[RULE_GROUP_ALERT] = "alerts: audited by default",
};

/* By enum effect. */
static const char *const effect_colours[] = {"\033[31m", "\033[32m", "\033[33m", "\033[2m"};

static const char *judges(const struct rule *rule)
{
	if (!(rule->scope & RULE_SCOPE_EXEC))
		return "containers";
	return rule->scope & RULE_SCOPE_CREATE ? "containers and execs" : "execs";
}

static unsigned recommendation_of(const struct rule *rule)
{
	for (size_t i = 0; i < RECOMMENDATIONS; i++)
		for (size_t j = 0; j < recommendation_table[i].n_rules; j++)
			if (recommendation_table[i].rules[j] == rule->id)
				return recommendation_table[i].number;
	return 0;
}

/* A recommendation that has no rule has a reason. */
static void print_unanswered(bool colour)
{
	(void)printf("\n%srecommendations that no node can answer%s\n", colour ? "\033[1m" : "",
		     colour ? "\033[0m" : "");
	for (size_t i = 0; i < RECOMMENDATIONS; i++)
		if (recommendation_table[i].elsewhere)
			(void)printf("  %2u %s:\n     %s\n", recommendation_table[i].number,
				     recommendation_table[i].title, recommendation_table[i].elsewhere);
}

/** struct answers - a line of what a rule answers, broken between its parts. @at: columns that are taken */
struct answers {
	size_t at;
};

static void add_answer(struct answers *answers, const char *label, const char *text, size_t len)
{
	const size_t width = strlen(label) + len;

	if (answers->at > 0 && answers->at + 2 + width > TABLE_WIDTH) {
		(void)fputs(",", stdout);
		answers->at = 0;
	}
	if (answers->at == 0) {
		(void)printf("\n%*s", TABLE_INDENT, "");
		answers->at = TABLE_INDENT;
	} else {
		(void)fputs(", ", stdout);
		answers->at += 2;
	}
	(void)printf("%s%.*s", label, (int)len, text);
	answers->at += width;
}

/* A list is broken between its entries, each with the label; "(baseline, restricted)" is one entry's. */
static void add_answers(struct answers *answers, const char *label, const char *list)
{
	while (list && *list) {
		const char *end = strstr(list, ", ");
		const size_t len =
			end && !memchr(list, '(', (size_t)(end - list)) ? (size_t)(end - list) : strlen(list);

		add_answer(answers, label, list, len);
		list += len + (list[len] ? 2 : 0);
	}
}

static void print_answers(const struct rule *rule)
{
	struct answers answers = {0};
	char number[24];

	(void)snprintf(number, sizeof(number), "%u", recommendation_of(rule));
	if (recommendation_of(rule) > 0)
		add_answer(&answers, "recommendation ", number, strlen(number));
	else if (rule->recommendation)
		add_answer(&answers, "", rule->recommendation, strlen(rule->recommendation));
	add_answers(&answers, "Pod Security: ", rule->pss);
	add_answers(&answers, "alert ", rule->alert);
}

void rules_print_table(bool colour)
{
	int group = 0;

	(void)printf(
		"rule, default effect, severity, what it finds; below it the recommendation of Microsoft's bundle, "
		"the control of\nthe Pod Security Standards and the alerts that it answers\n\n");

	for (size_t i = 0; i < RULE_COUNT; i++) {
		const struct rule *rule = rule_table[i];
		const char *name = effect_name(rule->effect);

		if ((int)rule->group != group)
			(void)printf("%s%s%s%s\n", i ? "\n" : "", colour ? "\033[1m" : "", group_names[rule->group],
				     colour ? "\033[0m" : "");
		group = (int)rule->group;
		(void)printf("  %-22s %s%-8s%s %-6s  %s%s", rule->name, colour ? effect_colours[rule->effect] : "",
			     name, colour ? "\033[0m" : "", severity_name(rule->severity), rule->title,
			     colour ? "\033[2m" : "");
		print_answers(rule);
		(void)printf("%s\n", colour ? "\033[0m" : "");
	}
	print_unanswered(colour);
	(void)printf("\nocigate rules RULE tells all about one.\n");
}

static void line(const char *label, const char *text)
{
	(void)printf("%-16s%s\n", label, text);
}

static void optional_line(const char *label, const char *text, const char *otherwise)
{
	line(label, text ? text : otherwise);
}

static const char *default_of(struct arena *arena, const struct rule *rule, size_t setting)
{
	const char *text = setting_text(arena, &rule->settings[setting], rule->defaults);

	return text ? text : "?";
}

void rules_print_one(struct arena *arena, const struct rule *rule)
{
	(void)printf("%s: %s\n\n", rule->name, rule->title);
	line("looks at", rule->fields);
	line("passes", rule->allowed);
	line("why", rule->why);
	line("default", effect_name(rule->effect));
	line("severity", severity_name(rule->severity));
	line("judges", judges(rule));
	line("can be applied", rule->amendment == AMEND_NONE ? "no: apply denies" : "yes, by ocigate-runtime");
	optional_line("recommendation", rule->recommendation, "none: it goes beyond them");
	optional_line("alert", rule->alert, "none");
	optional_line("pod security", rule->pss, "none");
	for (size_t i = 0; i < rule->n_settings; i++) {
		const struct setting *setting = &rule->settings[i];

		(void)printf("%s  %s: %s\n    %s", i ? "" : "\nsettings\n", setting->name, default_of(arena, rule, i),
			     setting->help);
		for (size_t word = 0; setting->type == SETTING_WORD && setting->words[word]; word++)
			(void)printf("%s%s", word ? ", " : ": ", setting->words[word]);
		(void)printf("\n");
	}
}

/* A cell of a Markdown table. */
static void cell(const char *text)
{
	(void)fputs(" ", stdout);
	for (const char *at = text; *at; at++)
		(void)printf("%s%c", *at == '|' ? "\\" : "", *at);
	(void)fputs(" |", stdout);
}

static void md_settings(const struct rule *rule)
{
	(void)fputs(" ", stdout);
	for (size_t i = 0; i < rule->n_settings; i++)
		(void)printf("%s`%s`", i ? ", " : "", rule->settings[i].name);
	(void)fputs(rule->n_settings ? " |" : "|", stdout);
}

static void md_row(const struct rule *rule)
{
	(void)printf("| `%s` |", rule->name);
	cell(rule->title);
	cell(effect_name(rule->effect));
	cell(rule->amendment == AMEND_NONE ? "" : "yes");
	md_settings(rule);
	cell(rule->recommendation ? rule->recommendation : "");
	cell(rule->pss ? rule->pss : "");
	cell(rule->alert ? rule->alert : "");
	(void)fputs("\n", stdout);
}

void rules_print_md(struct arena *arena, const struct rule *rule)
{
	(void)printf(
		"| rule | finds | default | can amend | settings | recommendation | Pod Security Standards | alert |\n"
		"|---|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < RULE_COUNT; i++)
		if (!rule || rule == rule_table[i])
			md_row(rule_table[i]);
	if (!rule || rule->n_settings == 0)
		return;
	(void)printf("\n| setting | meaning | default |\n|---|---|---|\n");
	for (size_t i = 0; i < rule->n_settings; i++) {
		(void)printf("| `%s` |", rule->settings[i].name);
		cell(rule->settings[i].help);
		(void)printf(" `%s` |\n", default_of(arena, rule, i));
	}
}

/*
 * mdoc takes "." and "'" at the start of a line for a request and "\" for an
 * escape, and wants every sentence on a line of its own.
 */
static void roff(const char *text)
{
	bool start = true;

	for (const char *at = text; *at; at++) {
		if (start && (*at == '.' || *at == '\''))
			(void)fputs("\\&", stdout);
		start = false;
		if (at > text && *at == ' ' && at[-1] == '.' && at[1] >= 'A' && at[1] <= 'Z') {
			(void)fputs("\n", stdout);
			start = true;
		} else if (*at == '\\') {
			(void)fputs("\\e", stdout);
		} else {
			(void)printf("%c", *at);
		}
	}
}

/* A sentence out of a clause. */
static void sentence(const char *start, const char *text)
{
	(void)fputs(start, stdout);
	roff(text);
	(void)fputs(text[0] && text[strlen(text) - 1] == '.' ? "\n" : ".\n", stdout);
}

static void man_rule(struct arena *arena, const struct rule *rule)
{
	(void)printf(".It Cm %s\nFinds ", rule->name);
	sentence("", rule->title);
	sentence("Looks at ", rule->fields);
	sentence("Passes: ", rule->allowed);
	sentence("", rule->why);
	(void)printf("Default: %s%s.\n", effect_name(rule->effect),
		     rule->amendment == AMEND_NONE ? "" : "; can be applied by the runtime wrapper");
	if (rule->n_settings == 0)
		return;
	(void)printf(".Bl -tag -width Ds -compact\n");
	for (size_t i = 0; i < rule->n_settings; i++) {
		(void)printf(".It Cm %s\n", rule->settings[i].name);
		sentence("", rule->settings[i].help);
		(void)printf("Default: ");
		sentence("", default_of(arena, rule, i));
	}
	(void)printf(".El\n");
}

void rules_print_man(struct arena *arena, const struct rule *rule)
{
	(void)printf(".Bl -tag -width Ds\n");
	for (size_t i = 0; i < RULE_COUNT; i++)
		if (!rule || rule == rule_table[i])
			man_rule(arena, rule_table[i]);
	(void)printf(".El\n");
}
