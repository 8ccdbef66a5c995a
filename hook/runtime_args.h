/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A runtime's command line, understood exactly or not at all.
 *
 * What the wrapper judges must be what the runtime does, so that a line with
 * two readings is refused: shortened options, values glued to letters, options
 * behind the container's id, the same option twice with different values, and
 * whatever would make the runtime read another config than the bundle's. What
 * is accepted is written anew in one form that runc, crun and youki read alike.
 */
#ifndef OCIGATE_RUNTIME_ARGS_H
#define OCIGATE_RUNTIME_ARGS_H

#include "ocigate/arena.h"
#include "ocigate/list.h"

/** enum runtime_verb - VERB_OTHER: passed on, whatever it is */
enum runtime_verb { VERB_OTHER = 0, VERB_CREATE, VERB_RUN, VERB_RESTORE, VERB_EXEC };

/** enum runtime_value - options whose value the wrapper looks at */
enum runtime_value {
	VALUE_NONE = 0,
	VALUE_ROOT,
	VALUE_LOG,
	VALUE_LOG_FORMAT,
	VALUE_CGROUP_MANAGER,
	VALUE_BUNDLE,
	VALUE_PRESERVE_FDS,
	VALUE_LSM_PROFILE,
	VALUE_PROCESS,
	VALUE_USER,
	VALUE_CWD,
	VALUE_APPARMOR,
	VALUE_LABEL,
	VALUE_ENV,	    /* may come many times: in @lists */
	VALUE_CAP,	    /* many times */
	VALUE_GROUPS,	    /* many times */
	VALUE_NO_NEW_PRIVS, /* "true" or "false" */
	VALUE_TTY,	    /* "true" or "false" */
	VALUES
};

/**
 * struct runtime_args - one command line
 * @word: the verb as written; NULL if there is none
 * @incomplete: an enforcing verb without a container id: no runtime can start anything from it
 * @values: NULL where the option was not given; of an option that may come many times: the last
 * @value_at: index in @argv of the value of an option that was given once
 * @id: container id; NULL for VERB_OTHER and if @incomplete
 * @command: what an exec runs, behind the id
 * @argv, @argc: what to hand on; argv[0] is for the caller to fill in; NULL-terminated
 * @note: something the record should say (a verb or option that is not known was passed on), or NULL
 */
struct runtime_args {
	enum runtime_verb verb;
	const char *word;
	bool incomplete;
	const char *values[VALUES];
	size_t value_at[VALUES];
	struct strings lists[VALUES];
	const char *id;
	struct strings command;
	const char **argv;
	size_t argc;
	const char *note;
};

/**
 * runtime_args_parse() - understand @argv
 * @ret_args: on failure, what was understood before the mistake (where to log a refusal, for one)
 *
 * Return: 0, or -1 with ERR_USAGE (refuse) or ERR_SYSTEM.
 */
int runtime_args_parse(struct arena *arena, int argc, char **argv, struct runtime_args *ret_args,
		       struct err *err) MUST_CHECK;

#endif
