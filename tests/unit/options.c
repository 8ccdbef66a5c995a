/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines of verbs: who is given what, in which order, and what is refused.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "../../hook/options.h"

static const struct option options[] = {{"root", "DIR", "Below it"}, {"all", NULL, "All of them"}};

static const struct command command = {.name = "look", .synopsis = "", .about = "", .options = options, .n_options = 2};

/* What was taken, in order: "0=/r 1 operand " */
static char taken[256];

static int take_option(void *request, int option, const char *value, struct err *err)
{
	cr_expect_eq(request, (void *)taken);
	if (value && strcmp(value, "bad") == 0)
		return err_set(err, ERR_USAGE, "this one is bad");
	(void)snprintf(taken + strlen(taken), sizeof(taken) - strlen(taken), "%d%s%s ", option, value ? "=" : "",
		       value ? value : "");
	return 0;
}

static int take_operand(void *request, const char *value, struct err *err)
{
	(void)err;
	cr_expect_eq(request, (void *)taken);
	(void)snprintf(taken + strlen(taken), sizeof(taken) - strlen(taken), "%s ", value);
	return 0;
}

static const struct takers both = {take_option, take_operand};
static const struct takers no_operand = {.option = take_option};

static int look(const struct takers *takers, const char *line, struct err *err)
{
	static char words[256], look_name[] = "look";
	char *argv[16] = {look_name}, *rest = words, *word;
	int argc = 1;

	taken[0] = '\0';
	(void)snprintf(words, sizeof(words), "%s", line);
	while ((word = strsep(&rest, " ")) != NULL)
		argv[argc++] = word;
	return arguments_take(&command, argc, argv, takers, taken, err);
}

static void takes(const char *line, const char *expected)
{
	struct err err;

	cr_expect_eq(look(&both, line, &err), 0, "%s", line);
	cr_expect_str_eq(taken, expected, "%s: %s", line, taken);
}

static void refuses(const struct takers *takers, const char *line, const char *why)
{
	struct err err = {.kind = ERR_NONE};

	cr_expect_eq(look(takers, line, &err), ARGUMENT_ERROR, "%s", line);
	cr_expect_eq(err.kind, ERR_USAGE, "%s", line);
	cr_expect_str_eq(err.text, why, "%s: %s", line, err.text);
}

Test(options, each_is_given_to_its_taker_in_order)
{
	takes("--root /r a --all b", "0=/r a 1 b ");
	takes("--root=/r --root --all", "0=/r 0=--all ");
	takes("--root=", "0= ");
	takes("-- --all --", "--all -- ");
	takes("-", "- ");
}

Test(options, what_is_wrong_is_refused)
{
	refuses(&both, "--rot /r", "look knows no option --rot; did you mean --root?");
	refuses(&both, "--roo", "look knows no option --roo; did you mean --root?");
	refuses(&both, "a -a", "look knows no option -a");
	refuses(&both, "--root", "--root needs a value: --root DIR");
	refuses(&both, "--all=yes", "--all takes no value");
	refuses(&both, "--root bad a", "this one is bad");
	cr_expect_str_eq(taken, "", "nothing is taken behind what is refused");
	refuses(&no_operand, "--all a", "look takes no operand: a");
}

Test(options, a_word_that_is_not_known_is_told_of_the_others)
{
	static const char *const words[] = {"text", "json", "html"};
	static const char *const many[] = {"a1", "b2", "c3", "d4", "e5", "f6", "g7", "h8", "i9"};
	struct err err;

	cr_expect_eq(word_index("--format", "json", words, 3, &err), 1);
	cr_expect_eq(word_index("--format", "jsn", words, 3, &err), -1);
	cr_expect_str_eq(err.text, "--format jsn is not known; did you mean json?");
	cr_expect_eq(word_index("--format", "yaml", words, 3, &err), -1);
	cr_expect_str_eq(err.text, "--format yaml is not known: it is text, json or html");
	cr_expect_eq(word_index("action", "look", words, 1, &err), -1);
	cr_expect_str_eq(err.text, "action look is not known: it is text");
	cr_expect_eq(word_index("rule", "nothing-like-it", many, 9, &err), -1);
	cr_expect_str_eq(err.text, "rule nothing-like-it is not known");
}

static void is_time(const char *value, int64_t wanted)
{
	struct err err;
	int64_t got = -1;

	cr_expect_eq(time_since("--since", value, INT64_C(1000000000000000), &got, &err), 0, "%s", value);
	cr_expect_eq(got, wanted, "%s: %lld", value, (long long)got);
}

static void is_no_time(const char *value)
{
	struct err err;
	int64_t got = -1;

	cr_expect_eq(time_since("--since", value, 0, &got, &err), -1, "%s", value);
	cr_expect_eq(err.kind, ERR_USAGE);
	cr_expect_eq(got, -1, "%s: %lld", value, (long long)got);
}

Test(options, a_time_is_so_long_ago_or_a_date)
{
	is_time("0s", INT64_C(1000000000000000));
	is_time("30s", INT64_C(1000000000000000) - INT64_C(30000000));
	is_time("5m", INT64_C(1000000000000000) - INT64_C(300000000));
	is_time("12h", INT64_C(1000000000000000) - INT64_C(43200000000));
	is_time("7d", INT64_C(1000000000000000) - INT64_C(604800000000));
	is_time("2001-09-09T01:46:40Z", INT64_C(1000000000000000));
	is_time("1970-01-02", INT64_C(86400000000));
	is_no_time("");
	is_no_time("7");
	is_no_time("d");
	is_no_time("-1d");
	is_no_time("7days");
	is_no_time("1000001s");
	is_no_time("2001-09-09 01:46");
}
