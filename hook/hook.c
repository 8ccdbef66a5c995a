/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OCI hook. A runtime calls it when the container's namespaces and mounts
 * exist and its program has not begun; anything but exit 0 refuses the
 * container.
 *
 * What it is called with is little (a stage, a state on stdin) and nothing
 * else is taken: no environment, no working directory, no descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "ocigate/attach.h"
#include "ocigate/confine.h"
#include "ocigate/fs.h"
#include "options.h"
#include "poststart.h"
#include "run.h"
#include "verbs.h"

/* hooks.d gives us 10 seconds: later than this it would be the runtime who says why, and in its words. */
enum { DEADLINE_SECONDS = 8 };

/* The address space is more than the arena that most of it is for: the program, the stack, what is freed too late. */
enum { MEMORY_FACTOR = 4 };

enum { STAGES = 3 };
static const char poststart[] = "poststart";
static const char *const stages[STAGES] = {"prestart", "createRuntime", poststart};
static const struct command command = {
	.name = "hook",
	.synopsis = "prestart|createRuntime|poststart",
	.about = "Judge the container whose state (OCI runtime-spec, \"State\") comes on stdin, by the policy in "
		 "force.\n"
		 "Exit 0 admits it; anything else refuses it, with one line on stderr. At poststart its program runs:\n"
		 "what the process has is compared with what its spec says, and a container that is refused is killed.",
};

/* Return: the stage's name, NULL with the exit code in @ret_status. */
static const char *stage_of(int argc, char **argv, int *ret_status)
{
	struct arguments arguments = {&command, argc, argv, 1, 0};
	const char *stage = NULL, *value;
	struct err err;
	int got;

	while ((got = arguments_next(&arguments, &value, &err)) == ARGUMENT_OPERAND && !stage)
		stage = value;
	if (got == ARGUMENT_DONE) {
		*ret_status = 0;
		return NULL;
	}
	if (got == ARGUMENT_OPERAND)
		(void)err_set(&err, ERR_USAGE, "hook takes one stage, not %s and %.60s", stage, value);
	else if (got == ARGUMENT_END && !stage)
		(void)err_set(&err, ERR_USAGE, "hook needs a stage: prestart, createRuntime or poststart");
	else if (got == ARGUMENT_END && word_index("stage", stage, stages, STAGES, &err) >= 0)
		return stage;
	stdin_drain();
	*ret_status = usage_error(&err, "hook");
	return NULL;
}

/* Opened before anything is asked about the number: what is found below it is this process or, once it is gone, nothing. */
static int pin_process(const struct state *state, int *ret_fd, struct err *err)
{
	char path[32];

	if (state->pid <= 0)
		return err_set(err, ERR_INPUT, "the state names no process");
	(void)snprintf(path, sizeof(path), "/proc/%d", (int)state->pid);
	*ret_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd < 0)
		return err_sys(err, ERR_INPUT, errno, "the container's process %d is not there", (int)state->pid);
	return 0;
}

/* The facts were read by number: they count if nobody else can have had it meanwhile. */
static int check_process(const struct state *state, int fd, struct err *err)
{
	if (faccessat(fd, "ns", F_OK, 0) < 0)
		return err_set(err, ERR_INPUT, "the container's process %d ended while it was judged", (int)state->pid);
	return 0;
}

/* What is left with effect apply is a filter to attach; without it the container must not start. */
static int attach(struct run *run, const struct attachment *attachment)
{
	struct err err;

	if (!run_attachment(run))
		return 0;
	if (attach_start(attachment, &run->container.process, &err) < 0) {
		run->decision.n_amendments = 0;
		decision_refuse(&run->decision, &err);
		return -1;
	}
	return 0;
}

static bool is_poststart(const struct run *run)
{
	return strcmp(run->decision.stage, poststart) == 0;
}

/* All inputs are open: what is needed for others' bytes no more is given up, and what they may call for is made ready. */
static int confine_hook(struct run *run, const struct state *state, struct host_pin *pin, struct attachment *attachment)
{
	const enum confine_role role = is_poststart(run) ? CONFINE_WATCH : CONFINE_JUDGE;
	struct err err;

	if (role == CONFINE_JUDGE) {
		host_pin(state->pid, pin);
		if (run_may_attach(run) && attach_prepare(state->pid, SECCOMP_CACHE, attachment, &err) < 0)
			return run_fail(run, &err);
	}
	if (confine(role, RUN_DIRECTORY, run->policy->log_file, MEMORY_FACTOR * run->arena.cap, &err) < 0)
		return run_fail(run, &err);
	return 0;
}

/* The process ends soon and closes what it has: attachment and pin need no care. */
static int judge(struct run *run)
{
	struct attachment attachment = {.fd = -1};
	struct host_pin pin = {.rootfd = -1};
	FD_AUTO int bundle_fd = -1;
	FD_AUTO int process_fd = -1;
	struct state state;
	struct err err;

	if (state_from_fd(&run->arena, STDIN_FILENO, &state, &err) < 0)
		return run_fail(run, &err);
	run->decision.id = state.id;
	/* At poststart it may have ended already, and nothing is wrong with that. */
	if (pin_process(&state, &process_fd, &err) < 0 && (!is_poststart(run) || state.pid <= 0))
		return run_fail(run, &err);
	if (run_policy(run, &policy_dirs_default) < 0)
		return -1;
	bundle_fd = fs_open_dir(AT_FDCWD, state.bundle);
	if (bundle_fd < 0) {
		(void)err_sys(&err, ERR_INPUT, errno, "the bundle %s cannot be opened", state.bundle);
		return run_fail(run, &err);
	}
	if (run_load(run, bundle_fd) < 0 || confine_hook(run, &state, &pin, &attachment) < 0 ||
	    run_parse(run, state.bundle, state.id) < 0)
		return -1;
	run_identity(run, bundle_owner_of(state.bundle));
	if (is_poststart(run))
		return poststart_judge(run, &state, process_fd);
	if (host_live_pinned(&run->arena, &run->container, &state, &pin, engine_facts(run->policy, &run->container),
			     &run->host, &err) < 0 ||
	    check_process(&state, process_fd, &err) < 0)
		return run_fail(run, &err);
	run_judge(run, JUDGE_HOOK);
	return run->decision.verdict == VERDICT_ADMIT ? attach(run, &attachment) : 0;
}

int verb_hook(int argc, char **argv)
{
	static struct run run;
	const char *stage;
	int status = ERR_USAGE;

	memory_warm();
	harden_hook();
	deadline_start(DEADLINE_SECONDS);
	stage = stage_of(argc, argv, &status);
	if (!stage)
		return status;
	run_start(&run, stage);
	if (judge(&run) == 0)
		run.decision.id = run.container.id;
	run_record(&run);
	status = decision_exit_code(&run.decision);
	if (status != 0 || run.decision.notes.n > 0)
		say_line(decision_line(&run.decision));
	return status;
}
