/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ocigate/str.h"

/* Of few words all are told; none of them is longer than WORD_ROOM less a separator. */
enum { OPTIONS_MAX = 16, WORDS_TOLD = 8, WORD_ROOM = 32 };

static const struct option common_options[] = {{"help", NULL, "Print this text"},
					       {"version", NULL, "Print the version"}};

static int unknown(const struct command *command, const char *name, size_t len, struct err *err)
{
	const char *known[OPTIONS_MAX + 2];
	char word[64];
	const char *nearest;
	size_t n = 0;

	for (; n < command->n_options && n < OPTIONS_MAX; n++)
		known[n] = command->options[n].name;
	known[n++] = common_options[0].name;
	known[n++] = common_options[1].name;
	(void)snprintf(word, sizeof(word), "%.*s", (int)(len < 63 ? len : 63), name);
	nearest = str_nearest(word, known, n);
	return err_set(err, ERR_USAGE, "%s knows no option --%s%s%s%s", command->name, word,
		       nearest ? "; did you mean --" : "", nearest ? nearest : "", nearest ? "?" : "");
}

static int take(struct arguments *arguments, const char *name, const char **ret_value, struct err *err)
{
	const struct command *command = arguments->command;
	size_t len = strcspn(name, "=");

	for (size_t i = 0; i < command->n_options; i++) {
		const struct option *option = &command->options[i];

		if (strlen(option->name) != len || strncmp(option->name, name, len) != 0)
			continue;
		if (!option->value && name[len] == '=')
			return err_set(err, ERR_USAGE, "--%s takes no value", option->name);
		if (option->value && name[len] != '=' && arguments->next >= arguments->argc)
			return err_set(err, ERR_USAGE, "--%s needs a value: --%s %s", option->name, option->name,
				       option->value);
		*ret_value = NULL;
		if (option->value)
			*ret_value = name[len] == '=' ? name + len + 1 : arguments->argv[arguments->next++];
		return (int)i;
	}
	return unknown(command, name, len, err);
}

static void print_option(const struct option *option)
{
	char left[48];

	(void)snprintf(left, sizeof(left), "--%s%s%s", option->name, option->value ? " " : "",
		       option->value ? option->value : "");
	(void)printf("  %-22s %s\n", left, option->help);
}

static int print_help(const struct command *command)
{
	(void)printf("usage: ocigate %s%s%s\n\n%s\n\n", command->name, command->synopsis[0] ? " " : "",
		     command->synopsis, command->about);
	for (size_t i = 0; i < command->n_options; i++)
		print_option(&command->options[i]);
	for (size_t i = 0; i < 2; i++)
		print_option(&common_options[i]);
	return ARGUMENT_DONE;
}

static int print_version(void)
{
	(void)printf("ocigate %s\n", OCIGATE_VERSION);
	return ARGUMENT_DONE;
}

int arguments_next(struct arguments *arguments, const char **ret_value, struct err *err)
{
	const char *word;

	if (arguments->next >= arguments->argc)
		return ARGUMENT_END;
	word = arguments->argv[arguments->next++];
	if (!arguments->operands_only && strcmp(word, "--") == 0) {
		arguments->operands_only = 1;
		return arguments_next(arguments, ret_value, err);
	}
	if (!arguments->operands_only && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0))
		return print_help(arguments->command);
	if (!arguments->operands_only && strcmp(word, "--version") == 0)
		return print_version();
	if (!arguments->operands_only && strncmp(word, "--", 2) == 0)
		return take(arguments, word + 2, ret_value, err);
	if (!arguments->operands_only && word[0] == '-' && word[1] != '\0')
		return err_set(err, ERR_USAGE, "%s knows no option %.60s", arguments->command->name, word);
	*ret_value = word;
	return ARGUMENT_OPERAND;
}

static int take_operand(const struct command *command, const struct takers *takers, void *request, const char *value,
			struct err *err)
{
	if (!takers->operand)
		return err_set(err, ERR_USAGE, "%s takes no operand: %.60s", command->name, value);
	return takers->operand(request, value, err);
}

int arguments_take(const struct command *command, int argc, char **argv, const struct takers *takers, void *request,
		   struct err *err)
{
	struct arguments arguments = {command, argc, argv, 1, 0};
	const char *value;
	int got, taken;

	while ((got = arguments_next(&arguments, &value, err)) != ARGUMENT_END) {
		if (got == ARGUMENT_DONE || got == ARGUMENT_ERROR)
			return got;
		taken = got == ARGUMENT_OPERAND ? take_operand(command, takers, request, value, err)
						: takers->option(request, got, value, err);
		if (taken < 0)
			return ARGUMENT_ERROR;
	}
	return 0;
}

int word_index(const char *what, const char *value, const char *const *words, size_t n, struct err *err)
{
	const char *nearest;
	char known[WORDS_TOLD * WORD_ROOM];
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], value) == 0)
			return (int)i;
	nearest = str_nearest(value, words, n);
	if (nearest)
		return err_set(err, ERR_USAGE, "%s %.60s is not known; did you mean %s?", what, value, nearest);
	if (n > WORDS_TOLD)
		return err_set(err, ERR_USAGE, "%s %.60s is not known", what, value);
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(known + len, sizeof(known) - len, "%s%s",
					i == 0 ? "" : (i + 1 < n ? ", " : " or "), words[i]);
	return err_set(err, ERR_USAGE, "%s %.60s is not known: it is %s", what, value, known);
}

int time_since(const char *what, const char *value, int64_t now, int64_t *ret_us, struct err *err)
{
	enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR, NUMBER_MAX = 1000000 };
	static const struct {
		char unit;
		int seconds;
	} units[] = {{'s', 1}, {'m', MINUTE}, {'h', HOUR}, {'d', DAY}};
	struct tm tm = {0};
	char *end;
	long number;

	end = strptime(value, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (!end)
		end = strptime(value, "%Y-%m-%d", &tm);
	if (end && *end == '\0') {
		*ret_us = (int64_t)timegm(&tm) * 1000000;
		return 0;
	}
	number = strtol(value, &end, 10);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (value[0] >= '0' && value[0] <= '9' && number <= NUMBER_MAX && end[0] == units[i].unit &&
		    end[1] == '\0') {
			*ret_us = now - (int64_t)number * units[i].seconds * 1000000;
			return 0;
		}
	return err_set(err, ERR_USAGE, "%s %.60s is no time: 30m, 12h, 7d, 2026-11-21T20:00:00Z", what, value);
}
