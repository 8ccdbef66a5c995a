/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines: exact long options, nothing abbreviated and nothing guessed.
 * An option that is not known is refused with the nearest one that is.
 */
#ifndef OCIGATE_OPTIONS_H
#define OCIGATE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "ocigate/err.h"

/** struct option - @name without "--"; @value: what --help calls its value, NULL: it takes none */
struct option {
	const char *name;
	const char *value;
	const char *help;
};

/** struct command - what a verb says about itself. @synopsis: what comes behind the verb; @about: lines of text */
struct command {
	const char *name;
	const char *synopsis;
	const char *about;
	const struct option *options;
	size_t n_options;
};

/** struct arguments - where the walk is; @operands_only: "--" was seen */
struct arguments {
	const struct command *command;
	int argc;
	char **argv;
	int next;
	int operands_only;
};

enum { ARGUMENT_ERROR = -1, ARGUMENT_END = -2, ARGUMENT_OPERAND = -3, ARGUMENT_DONE = -4 };

/**
 * arguments_next() - one step
 * @arguments: start with { command, argc, argv, 1, 0 }
 *
 * Return: index into command->options, with its value in @ret_value (NULL if it takes none); ARGUMENT_OPERAND with the
 * operand in @ret_value; ARGUMENT_DONE when --help or --version was asked for and has been printed (exit 0);
 * ARGUMENT_END; or ARGUMENT_ERROR with ERR_USAGE.
 */
int arguments_next(struct arguments *arguments, const char **ret_value, struct err *err) MUST_CHECK;

/** struct takers - what is done with a command line: 0, or -1 with ERR_USAGE. @operand NULL: there is to be none */
struct takers {
	int (*option)(void *request, int option, const char *value, struct err *err);
	int (*operand)(void *request, const char *value, struct err *err);
};

/**
 * arguments_take() - the whole walk: each option and each operand, in their order, to whoever takes it
 * @argv: as main() has it; argv[0] is passed over
 *
 * Return: 0, ARGUMENT_DONE (--help or --version was answered: exit 0), or ARGUMENT_ERROR with ERR_USAGE.
 */
int arguments_take(const struct command *command, int argc, char **argv, const struct takers *takers, void *request,
		   struct err *err) MUST_CHECK;

/** word_index() - is @value one of @words? ERR_USAGE with the nearest one if not; @what: "--format". Return: index, or -1. */
int word_index(const char *what, const char *value, const char *const *words, size_t n, struct err *err) MUST_CHECK;

/**
 * time_since() - 30m, 12h, 7d before @now, or a time like 2026-11-21T20:00:00Z
 * @now, @ret_us: Unix microseconds
 *
 * Return: 0, or -1 with ERR_USAGE.
 */
int time_since(const char *what, const char *value, int64_t now, int64_t *ret_us, struct err *err) MUST_CHECK;

#endif
