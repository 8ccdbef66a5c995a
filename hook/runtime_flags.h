/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options and verbs of the runtimes, as data.
 */
#ifndef OCIGATE_RUNTIME_FLAGS_H
#define OCIGATE_RUNTIME_FLAGS_H

#include "runtime_args.h"

/** enum flag_form - how an option is written, and whether it may come twice */
enum flag_form {
	FLAG_SWITCH, /* --name, --name=true, --name=false */
	FLAG_VALUE,  /* --name X, --name=X; once, or again with the same value */
	FLAG_LIST,   /* the same, any number of times */
	FLAG_HELP,   /* the runtime prints something and ends */
	FLAG_REFUSED,
};

enum {
	ON_GLOBAL = 1 << 0,
	ON_CREATE = 1 << VERB_CREATE,
	ON_RUN = 1 << VERB_RUN,
	ON_RESTORE = 1 << VERB_RESTORE,
	ON_EXEC = 1 << VERB_EXEC,
	ON_START = ON_CREATE | ON_RUN,
	ON_BUNDLE = ON_CREATE | ON_RUN | ON_RESTORE,
	ON_VERBS = ON_BUNDLE | ON_EXEC,
};

/**
 * struct flag - one option of runc, crun or both
 * @name, @letter: without dashes; letter 0: none
 * @on: where it may stand (bits ON_…)
 * @why: FLAG_REFUSED: what it would do
 */
struct flag {
	const char *name;
	char letter;
	enum flag_form form;
	unsigned on;
	enum runtime_value value;
	const char *why;
};

extern const struct flag runtime_flags[];
extern const size_t n_runtime_flags;

/** struct verb - @refused: NULL, or why the wrapper does not pass it on */
struct verb {
	const char *word;
	enum runtime_verb verb;
	const char *refused;
};

extern const struct verb runtime_verbs[];
extern const size_t n_runtime_verbs;

#endif
