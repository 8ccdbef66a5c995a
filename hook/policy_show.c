/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_show.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ocigate/str.h"

enum { ORIGIN_COLUMN = 64, DAY = 24 * 60 * 60 };

static const char dim[] = "\033[2m", bold[] = "\033[1m", plain[] = "\033[0m";

/* By enum effect. */
static const char *const effect_colours[] = {"\033[31m", "\033[32m", "\033[33m", "\033[2m"};

/* Return: columns used. Whatever a drop-in holds must not steer the terminal. */
static size_t put(const char *text)
{
	char bytes[16384];
	struct out out;

	out_init(&out, bytes, sizeof(bytes));
	out_plain(&out, text, sizeof(bytes) - 1);
	(void)fputs(bytes, stdout);
	return out.len;
}

/* Ends the line; what is in force without a file saying so needs no remark. */
static void put_origin(size_t column, const char *origin, bool colour)
{
	if (origin && strcmp(origin, "default") != 0) {
		(void)printf("%*s%s# ", column < ORIGIN_COLUMN ? (int)(ORIGIN_COLUMN - column) : 1, "",
			     colour ? dim : "");
		(void)put(origin);
		(void)fputs(colour ? plain : "", stdout);
	}
	(void)fputs("\n", stdout);
}

static size_t put_effect(enum effect effect, bool colour)
{
	(void)printf("%s%s%s", colour ? effect_colours[effect] : "", effect_name(effect), colour ? plain : "");
	return strlen(effect_name(effect));
}

static void put_heading(const char *text, bool colour)
{
	(void)printf("\n%s%s%s\n", colour ? bold : "", text, colour ? plain : "");
}

static void show_setting(struct arena *arena, const struct setting *setting, const void *base, const char *origin,
			 bool colour)
{
	const char *text = setting_text(arena, setting, base);
	size_t column = 6 + strlen(setting->name);

	(void)printf("    %s: ", setting->name);
	column += put(text ? text : "?");
	put_origin(column, origin, colour);
}

static void show_rule(struct arena *arena, const struct rule *rule, const struct rule_policy *own, bool colour)
{
	size_t column = 4 + strlen(rule->name);

	(void)printf("  %s: ", rule->name);
	column += put_effect(own->effect, colour);
	put_origin(column, own->effect_origin, colour);
	if (own->exec_effect != own->effect) {
		(void)fputs("    exec: ", stdout);
		put_origin(10 + put_effect(own->exec_effect, colour), own->exec_effect_origin, colour);
	}
	for (size_t i = 0; i < rule->n_settings; i++)
		show_setting(arena, &rule->settings[i], own->settings,
			     own->setting_origins ? own->setting_origins[i] : NULL, colour);
}

static void show_exception_rule(struct arena *arena, const struct policy *policy, const struct exception_rule *change,
				bool colour)
{
	const struct rule *rule = rule_table[change->rule];
	const void *own = policy->rules[change->rule].settings;

	(void)printf("    %s:", rule->name);
	if (change->has_effect) {
		(void)fputs(" ", stdout);
		(void)put_effect(change->effect, colour);
	}
	for (size_t i = 0; change->settings && i < rule->n_settings; i++) {
		const char *text = setting_text(arena, &rule->settings[i], change->settings);
		const char *usual = setting_text(arena, &rule->settings[i], own);

		if (!text || !usual || strcmp(text, usual) == 0)
			continue;
		(void)printf(" %s ", rule->settings[i].name);
		(void)put(text);
	}
	(void)fputs("\n", stdout);
}

static void show_match(struct arena *arena, const struct exception *exception)
{
	const struct setting *setting;

	(void)fputs("    for", stdout);
	for (size_t i = 0; (setting = exception_match(i)); i++) {
		const char *text = setting_text(arena, setting, exception);

		if (!text || strcmp(text, "[]") == 0)
			continue;
		(void)printf(" %s ", setting->name);
		(void)put(text);
	}
	(void)fputs("\n", stdout);
}

static void show_expiry(const struct exception *exception, int64_t now, bool colour)
{
	time_t last = (time_t)(exception->expires - 1);
	char day[32] = "";
	struct tm tm;

	if (!exception->has_expiry || !gmtime_r(&last, &tm) || strftime(day, sizeof(day), "%Y-%m-%d", &tm) == 0)
		return;
	if (now >= exception->expires)
		(void)printf("    %sexpired: %s was its last day; it does not apply%s\n",
			     colour ? effect_colours[0] : "", day, colour ? plain : "");
	else
		(void)printf("    until %s, %lld days from now\n", day, (long long)((exception->expires - now) / DAY));
}

static void show_exception(struct arena *arena, const struct policy *policy, const struct exception *exception,
			   int64_t now, bool colour)
{
	size_t column;

	(void)fputs("  ", stdout);
	column = 2 + put(exception->name);
	put_origin(column, exception->origin, colour);
	(void)fputs("    because ", stdout);
	(void)put(exception->reason);
	(void)fputs("\n", stdout);
	show_expiry(exception, now, colour);
	show_match(arena, exception);
	for (size_t i = 0; i < exception->n_rules; i++)
		show_exception_rule(arena, policy, &exception->rules[i], colour);
}

static void show_wrapper(const struct wrapper *wrapper, bool colour)
{
	size_t column = 4;

	(void)fputs("    ", stdout);
	column += put(wrapper->name);
	(void)fputs(":", stdout);
	for (size_t i = 0; i < wrapper->candidates.n; i++) {
		(void)fputs(" ", stdout);
		column += 1 + put(wrapper->candidates.items[i]);
	}
	put_origin(column + 1, wrapper->origin, colour);
}

static void show_globals(struct arena *arena, const struct policy *policy, bool colour)
{
	const char *section, *last = "";

	for (size_t i = 0; i < POLICY_GLOBALS; i++) {
		const struct setting *setting = policy_global(i, &section);

		if (strcmp(section, last) != 0)
			put_heading(section, colour);
		show_setting(arena, setting, policy, policy->global_origins[i], colour);
		last = section;
	}
	for (size_t i = 0; i < policy->n_wrappers; i++)
		show_wrapper(&policy->wrappers[i], colour);
}

static void show_sources(const struct policy *policy, bool colour)
{
	(void)printf("policy %s\n", policy->digest);
	if (policy->stale) {
		(void)fputs(colour ? effect_colours[0] : "", stdout);
		(void)fputs("stale: ", stdout);
		(void)put(policy->stale);
		(void)printf("%s\n", colour ? plain : "");
	}
	if (policy->preset) {
		(void)fputs("preset ", stdout);
		put_origin(7 + put(policy->preset), policy->preset_origin, colour);
	}
	for (size_t i = 0; i < policy->sources.n; i++) {
		(void)fputs("file ", stdout);
		(void)put(policy->sources.items[i]);
		(void)fputs("\n", stdout);
	}
	if (policy->sources.n == 0)
		(void)fputs("no file: the compiled-in default\n", stdout);
}

void policy_show(struct arena *arena, const struct policy *policy, int64_t now, bool colour)
{
	show_sources(policy, colour);
	put_heading("rules", colour);
	for (size_t i = 0; i < RULE_COUNT; i++)
		show_rule(arena, rule_table[i], &policy->rules[i], colour);
	if (policy->n_exceptions > 0)
		put_heading("exceptions (of several that match a container: the one with the most lists, then the "
			    "one with the most patterns without a wildcard, then the last)",
			    colour);
	for (size_t i = 0; i < policy->n_exceptions; i++)
		show_exception(arena, policy, &policy->exceptions[i], now, colour);
	show_globals(arena, policy, colour);
}
