/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime_args.h"

#include <stdint.h>
#include <string.h>

#include "ocigate/decision.h"
#include "runtime_flags.h"

/* Where the walk over argv is, and what it has found. */
struct parser {
	struct arena *arena;
	int argc;
	char **argv;
	int at;
	struct runtime_args *args;
	const char **seen; /* value of each option that was given, by its place in the table */
	bool help;
};

static void emit(struct parser *parser, const char *word)
{
	parser->args->argv[parser->args->argc++] = word;
}

/* --- words --- */

/* "--name", "-name", "-n", each also with "=value". Return: the option on @on, or NULL; *ret_value: behind "=", or NULL. */
static const struct flag *find_flag(const char *word, unsigned on, const char **ret_value)
{
	const char *name = word + 1 + (word[1] == '-');
	size_t len = strcspn(name, "=");
	bool one_dash = word[1] != '-';

	*ret_value = name[len] == '=' ? name + len + 1 : NULL;
	for (size_t i = 0; i < n_runtime_flags; i++) {
		const struct flag *flag = &runtime_flags[i];

		if ((flag->on & on) == 0)
			continue;
		if (strlen(flag->name) == len && strncmp(flag->name, name, len) == 0)
			return flag;
		if (one_dash && len == 1 && flag->letter == name[0] && flag->letter != 0)
			return flag;
	}
	return NULL;
}

/* crun's other letters for the same. */
static bool is_help(const char *word)
{
	return strcmp(word, "-V") == 0 || strcmp(word, "-?") == 0;
}

static const struct verb *find_verb(const char *word)
{
	for (size_t i = 0; i < n_runtime_verbs; i++)
		if (strcmp(runtime_verbs[i].word, word) == 0)
			return &runtime_verbs[i];
	return NULL;
}

static int refuse(struct err *err, const char *word, const char *why)
{
	return err_set(err, ERR_USAGE, "refuses %.80s: %s", word, why);
}

/* --- one option --- */

static int keep_value(struct parser *parser, const struct flag *flag, const char *value, struct err *err)
{
	struct runtime_args *args = parser->args;
	size_t place = (size_t)(flag - runtime_flags);
	struct strings *list = &args->lists[flag->value];
	const char **items;

	if (flag->form != FLAG_LIST) {
		if (parser->seen[place])
			return err_set(err, ERR_USAGE, "refuses --%s: it is given twice, as %.80s and as %.80s",
				       flag->name, parser->seen[place], value);
		parser->seen[place] = value;
	}
	args->values[flag->value] = value;
	if (flag->form != FLAG_LIST || flag->value == VALUE_NONE)
		return 0;
	items = list->items ? (const char **)(uintptr_t)list->items
			    : arena_array(parser->arena, (size_t)parser->argc, sizeof(*items));
	if (!items)
		return err_set(err, ERR_SYSTEM, "out of memory");
	items[list->n++] = value;
	list->items = items;
	return 0;
}

/* In one form: "--name" for a switch that is on, "--name=false" where off differs from absent, "--name" "value" else. */
static void emit_flag(struct parser *parser, const struct flag *flag, const char *value)
{
	const char *name = arena_printf(parser->arena, "--%s", flag->name);

	if (flag->form != FLAG_SWITCH) {
		emit(parser, name);
		emit(parser, value);
	} else if (strcmp(value, "true") == 0) {
		emit(parser, name);
	} else if (flag->value == VALUE_NO_NEW_PRIVS) {
		emit(parser, "--no-new-privs=false");
	}
}

/* A value that is missing at the end is the runtime's to complain about: without an id it can start nothing. */
static int take_flag(struct parser *parser, const struct flag *flag, const char *value, struct err *err)
{
	const char *word = parser->argv[parser->at++];

	if (flag->form == FLAG_REFUSED)
		return refuse(err, word, flag->why);
	if (flag->form == FLAG_HELP) {
		parser->help = true;
		emit(parser, word);
		return 0;
	}
	if (flag->form == FLAG_SWITCH) {
		value = value ? value : "true";
		if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
			return refuse(err, word, "say true or false");
	}
	if (!value && parser->at == parser->argc) {
		emit(parser, word);
		return 0;
	}
	if (!value)
		value = parser->argv[parser->at++];
	if (*value == '\0' &&
	    (flag->value == VALUE_BUNDLE || flag->value == VALUE_PROCESS || flag->value == VALUE_ROOT))
		return refuse(err, word, "the value is empty");
	if (parser->seen[flag - runtime_flags] && strcmp(parser->seen[flag - runtime_flags], value) == 0)
		return 0;
	if (keep_value(parser, flag, value, err) < 0)
		return -1;
	emit_flag(parser, flag, value);
	parser->args->value_at[flag->value] = parser->args->argc - 1;
	return 0;
}

/* --- the verb's own part --- */

/*
 * Nothing but white space, dashes and what is not ASCII (Unicode has white space of its own). runc from 1.6 on trims
 * the first word behind the id: one that is empty then does not end its search for options, and "--" is taken away.
 */
static bool is_bare(const char *word)
{
	for (; *word; word++)
		if (*word > ' ' && *word < 0x7f && *word != '-')
			return false;
	return true;
}

static int take_operands(struct parser *parser, struct err *err)
{
	struct runtime_args *args = parser->args;
	const char *id = parser->argv[parser->at];

	/* Help was asked for: without an id nothing can start. */
	if (parser->help)
		return 0;
	parser->at++;
	if (!decision_id_valid(id) || id[0] == '-')
		return refuse(err, id, "this is no container id");
	args->id = id;
	args->incomplete = false;
	emit(parser, id);
	if (args->verb != VERB_EXEC && parser->at < parser->argc)
		return refuse(err, parser->argv[parser->at], "nothing may stand behind the container id");
	args->command = (struct strings){
		.items = (const char *const *)(parser->argv + parser->at),
		.n = (size_t)(parser->argc - parser->at),
	};
	/* runc takes one "--" away from what it runs, crun does not. */
	if (args->command.n > 0 && strcmp(args->command.items[0], "--") == 0)
		return refuse(err, "--", "put it in front of the container id, or leave it out");
	if (args->command.n > 0 && is_bare(args->command.items[0]))
		return refuse(err, args->command.items[0],
			      "this is no program, and runc may take what follows for options");
	while (parser->at < parser->argc)
		emit(parser, parser->argv[parser->at++]);
	return 0;
}

static int parse_enforcing(struct parser *parser, struct err *err)
{
	parser->args->incomplete = true;
	while (parser->at < parser->argc) {
		const char *word = parser->argv[parser->at], *value;
		const struct flag *flag;

		if (strcmp(word, "--") == 0) {
			parser->at++;
			if (parser->at < parser->argc)
				return take_operands(parser, err);
			break;
		}
		if (word[0] != '-' || word[1] == '\0')
			return take_operands(parser, err);
		if (is_help(word)) {
			parser->help = true;
			emit(parser, word);
			parser->at++;
			continue;
		}
		flag = find_flag(word, 1U << parser->args->verb, &value);
		if (!flag)
			return refuse(err, word, "this option is not known");
		if (take_flag(parser, flag, value, err) < 0)
			return -1;
	}
	return 0;
}

/* --- in front of the verb --- */

/* Some runtimes trim their arguments, of every white space that Unicode has. */
static bool could_be(const char *word, const char *verb)
{
	const char *start = word + strspn(word, " \t\r\n\v\f");
	size_t len = strlen(verb);

	return strncmp(start, verb, len) == 0 && start[len + strspn(start + len, " \t\r\n\v\f")] == '\0';
}

static bool is_ascii(const char *word)
{
	while (*word && (unsigned char)*word < 0x80)
		word++;
	return *word == '\0';
}

/* What nobody knows may take a value, or may not: then a word that starts containers may be the verb. */
static int pass_unknown(struct parser *parser, const char *word, struct err *err)
{
	for (int i = parser->at; i < parser->argc; i++) {
		if (!is_ascii(parser->argv[i]))
			return refuse(err, word, "this option is not known");
		for (size_t v = 0; v < n_runtime_verbs; v++)
			if ((runtime_verbs[v].verb != VERB_OTHER || runtime_verbs[v].refused) &&
			    could_be(parser->argv[i], runtime_verbs[v].word))
				return refuse(err, word, "this option is not known");
	}
	parser->args->note =
		arena_printf(parser->arena, "passed on a command line with the unknown option %.80s", word);
	return 0;
}

/* Return: 1 at the verb (or at the end), 0 when everything is passed on, -1. */
static int parse_globals(struct parser *parser, struct err *err)
{
	while (parser->at < parser->argc) {
		const char *word = parser->argv[parser->at], *value;
		const struct flag *flag;

		if (word[0] != '-')
			return 1;
		if (is_help(word)) {
			emit(parser, word);
			parser->at++;
			continue;
		}
		flag = find_flag(word, ON_GLOBAL, &value);
		if (!flag)
			return pass_unknown(parser, word, err);
		if (take_flag(parser, flag, value, err) < 0)
			return -1;
	}
	return 1;
}

static bool is_plain_word(const char *word)
{
	return word[0] >= 'a' && word[0] <= 'z' &&
	       strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(word);
}

static int parse_verb(struct parser *parser, struct err *err)
{
	struct runtime_args *args = parser->args;
	const char *word = parser->argv[parser->at];
	const struct verb *verb = find_verb(word);

	args->word = word;
	if (!verb && !is_plain_word(word))
		return refuse(err, word, "this is no verb");
	if (!verb)
		args->note = arena_printf(parser->arena, "passed on the unknown verb %.40s", word);
	if (verb && verb->refused)
		return refuse(err, word, verb->refused);
	if (!verb || verb->verb == VERB_OTHER)
		return 0;
	args->verb = verb->verb;
	emit(parser, word);
	parser->at++;
	parser->help = false;
	return parse_enforcing(parser, err);
}

/* As it came: what the wrapper does not judge is none of its business. */
static void pass_all(struct parser *parser)
{
	parser->args->argc = 1;
	for (int i = 1; i < parser->argc; i++)
		emit(parser, parser->argv[i]);
}

int runtime_args_parse(struct arena *arena, int argc, char **argv, struct runtime_args *ret_args, struct err *err)
{
	struct parser parser = {.arena = arena, .argc = argc, .argv = argv, .at = 1, .args = ret_args};
	int at_verb;

	*ret_args = (struct runtime_args){.argc = 1};
	/* Each word becomes at most two: "--name=value". */
	ret_args->argv = arena_array(arena, 2 * (size_t)argc + 2, sizeof(*ret_args->argv));
	parser.seen = arena_array(arena, n_runtime_flags, sizeof(*parser.seen));
	if (!ret_args->argv || !parser.seen)
		return err_set(err, ERR_SYSTEM, "out of memory");
	at_verb = parse_globals(&parser, err);
	if (at_verb < 0 || (at_verb > 0 && parser.at < argc && parse_verb(&parser, err) < 0))
		return -1;
	if (ret_args->verb == VERB_OTHER)
		pass_all(&parser);
	ret_args->argv[ret_args->argc] = NULL;
	if (arena->failed)
		return err_set(err, ERR_SYSTEM, "out of memory");
	return 0;
}
