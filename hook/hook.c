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

/* What a usual container takes here, its mounts included: more than the other front ends need. */
enum { MEMORY_USUAL = 92 * 1024 };

enum { STAGES = 3 };
static const char poststart[] = "poststart";
static const char *const stages[STAGES] = {"prestart", "createRuntime", poststart};
enum { OPTION_HANDLER };
static const struct option options[] = {
	[OPTION_HANDLER] = {"handler", "NAME", "The wrapper that has put the hook in, for exceptions by \"handlers\""}};
static const struct command command = {
	.name = "hook",
	.synopsis = "[--handler NAME] prestart|createRuntime|poststart",
	.about = "Judge the container whose state (OCI runtime-spec, \"State\") comes on stdin, by the policy in "
		 "force.\n"
		 "Exit 0 admits it; anything else refuses it, with one line on stderr. At poststart its program runs:\n"
		 "what the process has is compared with what its spec says, and a container that is refused is killed.",
	.options = options,
	.n_options = 1,
};

/* Return: the stage's name, NULL with the exit code in @ret_status. @ret_handler: untouched if none is given */
static const char *stage_of(int argc, char **argv, const char **ret_handler, int *ret_status)
{
	struct arguments arguments = {&command, argc, argv, 1, 0};
	const char *stage = NULL, *value;
	struct err err;
	int got;

	while ((got = arguments_next(&arguments, &value, &err)) == OPTION_HANDLER ||
	       (got == ARGUMENT_OPERAND && !stage))
		*(got == OPTION_HANDLER ? ret_handler : &stage) = value;
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

/* struct input - what is found out before the spec is looked at, about the process and for it. @handler: "" if unknown */
struct input {
	const char *handler;
	struct state state;
	int bundle_fd;
	int process_fd;
	struct host_pin pin;
	struct attachment attachment;
	struct started started;
};

static int open_input(struct run *run, struct input *input)
{
	struct err err;

	if (state_from_fd(&run->arena, STDIN_FILENO, &input->state, &err) < 0)
		return run_fail(run, &err);
	run->decision.id = input->state.id;
	/* At poststart it may have ended already, and nothing is wrong with that. */
	if (pin_process(&input->state, &input->process_fd, &err) < 0 && (!is_poststart(run) || input->state.pid <= 0))
		return run_fail(run, &err);
	if (run_policy(run, &policy_dirs_default) < 0)
		return -1;
	input->bundle_fd = fs_open_dir(AT_FDCWD, input->state.bundle);
	if (input->bundle_fd < 0) {
		(void)err_sys(&err, ERR_INPUT, errno, "the bundle %s cannot be opened", input->state.bundle);
		return run_fail(run, &err);
	}
	return run_load(run, input->bundle_fd);
}

/* What cannot be done any more once we have confined ourselves. */
static int prepare(struct run *run, struct input *input)
{
	struct err err;

	if (is_poststart(run))
		return poststart_await(run, &input->state, input->process_fd, &input->started);
	host_pin(input->state.pid, &input->pin);
	if (run_may_attach(run) && attach_prepare(input->state.pid, SECCOMP_CACHE, &input->attachment, &err) < 0)
		return run_fail(run, &err);
	return 0;
}

static int confine_hook(struct run *run)
{
	struct err err;

	if (confine(is_poststart(run) ? CONFINE_END : CONFINE_JUDGE, RUN_DIRECTORY, run->policy->log_file,
		    MEMORY_FACTOR * run->arena.cap, &err) < 0)
		return run_fail(run, &err);
	return 0;
}

static int judge_input(struct run *run, struct input *input)
{
	struct err err;

	if (open_input(run, input) < 0 || prepare(run, input) < 0 || confine_hook(run) < 0 ||
	    run_parse(run, input->state.bundle, input->state.id) < 0)
		return -1;
	run_identity(run, bundle_owner_of(input->state.bundle));
	run->container.identity.handler = input->handler;
	if (is_poststart(run))
		return poststart_judge(run, &input->state, &input->started);
	if (host_live_pinned(&run->arena, &run->container, &input->state, &input->pin,
			     engine_facts(run->policy, &run->container), &run->host, &err) < 0 ||
	    check_process(&input->state, input->process_fd, &err) < 0)
		return run_fail(run, &err);
	run_judge(run, JUDGE_HOOK);
	return run->decision.verdict == VERDICT_ADMIT ? attach(run, &input->attachment) : 0;
}

static int judge(struct run *run, const char *handler)
{
	/* The process ends soon and closes what is open. */
	struct input input = {
		.handler = handler, .bundle_fd = -1, .process_fd = -1, .pin.rootfd = -1, .attachment.fd = -1};
	const int result = judge_input(run, &input);

	attach_end(&input.attachment);
	return result;
}

int verb_hook(int argc, char **argv)
{
	struct run run = {.policy = NULL}; /* on the stack, whose pages memory_warm() has brought */
	const char *stage, *handler = "";
	int status = ERR_USAGE;

	memory_warm();
	harden_hook();
	deadline_start(DEADLINE_SECONDS);
	stage = stage_of(argc, argv, &handler, &status);
	if (!stage)
		return status;
	run_start(&run, stage);
	arena_reserve(&run.arena, MEMORY_USUAL);
	if (judge(&run, handler) == 0)
		run.decision.id = run.container.id;
	run_record(&run);
	status = decision_exit_code(&run.decision);
	if (status != 0 || run.decision.notes.n > 0)
		say_line(decision_line(&run.decision));
	return status;
}
