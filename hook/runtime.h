/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime wrapper's parts. It stands between engine and runtime in one
 * process: what the engine set up for the runtime (descriptors, environment,
 * signals, the parent's death signal) must arrive as it was.
 */
#ifndef OCIGATE_RUNTIME_H
#define OCIGATE_RUNTIME_H

#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "common.h"
#include "run.h"
#include "runtime_args.h"

/** struct runtime_guard - what the wrapper changes of the process while it judges, as it was before */
struct runtime_guard {
	sigset_t mask;
	struct sigaction on_alarm;
	struct sigaction on_pipe;
	struct itimerval timer;
	struct crash_guard crash;
};

/**
 * runtime_guard_start() - a deadline, no death by SIGPIPE, no core file, descriptors 0 to 2 not ours
 *
 * runtime_guard_end(): undone
 */
void runtime_guard_start(struct runtime_guard *guard);
void runtime_guard_end(const struct runtime_guard *guard);

/**
 * struct real_runtime - the program behind the wrapper
 * @fd: open, close-on-exec
 * @path: where it lies, links resolved; becomes argv[0]
 */
struct real_runtime {
	int fd;
	const char *path;
};

/** enum runtime_maker - who made a container, as far as its state tells: what keeps it as runc does, or as crun does */
enum runtime_maker { MAKER_UNKNOWN = 0, MAKER_RUNC, MAKER_CRUN };

/**
 * runtime_maker() - of the container that @args are about; MAKER_UNKNOWN also where one is to be made
 *
 * Each of the two forgets a container of the other's together with its directory (delete --force), and what runs in it
 * goes on for ever: whoever made it must be the one to end it.
 */
enum runtime_maker runtime_maker(const struct runtime_args *args);

/**
 * runtime_find() - the first of the policy's candidates for @wrapper ("ocigate-runtime") that exists
 * @maker: those that are known to be of the other kind do not count
 *
 * It must be a program (not a script) that belongs to root, as must every directory on the way, and nobody else may
 * write any of them. The wrapper itself, under whatever name, is passed over.
 * Return: 0, or -1 with ERR_POLICY or ERR_SYSTEM.
 */
int runtime_find(struct arena *arena, const struct policy *policy, const char *wrapper, enum runtime_maker maker,
		 struct real_runtime *ret_runtime, struct err *err) MUST_CHECK;

/** runtime_is_crun() - they differ in where they keep a container's state, and in what exec options mean */
bool runtime_is_crun(const struct real_runtime *runtime);

/** runtime_self() - the path of this very program, as a hook entry names it */
int runtime_self(struct arena *arena, const char **ret_path, struct err *err) MUST_CHECK;

/**
 * runtime_self_trusted() - may @path be put into a spec as a hook?
 * Return: 0, or -1 with ERR_SYSTEM when others than root could put another program there.
 */
int runtime_self_trusted(struct arena *arena, const char *path, struct err *err) MUST_CHECK;

/** runtime_refuse() - tell the engine: one entry in its log if it named one, one line on stderr */
void runtime_refuse(const struct runtime_args *args, bool crun, const char *line);

/**
 * struct amend_job - a judgement that may end in another text
 * @run: judged text, container and host; its decision gets the findings and amendments
 * @hook: path of the program to put in as createRuntime hook (and, by policy, poststart hook), NULL: none
 * @restore: take it out instead: a runtime calls it before a restored container has its mounts
 * @reread: makes @again's container (identity included) from @text, and those of its host facts anew that @facts names
 */
struct amend_job {
	struct run *run;
	const char *hook;
	bool restore;
	int (*reread)(const struct amend_job *job, struct run *again, const struct text *text, unsigned facts,
		      struct err *err);
	void *context;
};

/**
 * runtime_judge() - judge, amend, and judge what came out
 * @ret_text: what the runtime shall read; the same bytes if nothing changes. Untouched unless the verdict admits.
 *
 * Whatever goes wrong ends up in the decision.
 */
void runtime_judge(const struct amend_job *job, struct text *ret_text);

/**
 * struct bundle - an open bundle
 * @path: absolute
 * @owner: as bundle_owner_of() has it
 * @config: config.json as it was when it was read
 */
struct bundle {
	int fd;
	const char *path;
	enum bundle_owner owner;
	struct stat config;
};

/** bundle_open() - @path (NULL: the working directory) must lie where nobody can change it under way. Sets @owner too. */
int bundle_open(struct run *run, const char *path, struct bundle *ret_bundle, struct err *err) MUST_CHECK;

/** bundle_read() - config.json, opened once, into run->text and run->container */
int bundle_read(struct run *run, struct bundle *bundle, const char *id, struct err *err) MUST_CHECK;

/** bundle_write() - put @text in config.json's place, unless it is no longer the one that was read */
int bundle_write(struct bundle *bundle, const struct text *text, struct err *err) MUST_CHECK;

/** bundle_unchanged() - is config.json still the one that was read or written? */
int bundle_unchanged(const struct bundle *bundle, struct err *err) MUST_CHECK;

/** bundle_reread() - an amend_job's @reread for a config.json; @context: the wrapper's name */
int bundle_reread(const struct amend_job *job, struct run *again, const struct text *text, unsigned facts,
		  struct err *err);

/** runtime_handler() - the name that exceptions know the wrapper by: "crun" for ocigate-crun */
const char *runtime_handler(const char *wrapper);

/** runtime_exec() - judge an exec; on admission args->argv is what to hand on. The decision says the rest. */
void runtime_exec(struct run *run, struct runtime_args *args, const struct real_runtime *runtime, const char *wrapper);

#endif
