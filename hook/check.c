/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judging without starting anything: the same walk as the hook's, with the
 * bundle from the command line and, where they were recorded beside it, the
 * kernel's facts from files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "ocigate/fs.h"
#include "options.h"
#include "print.h"
#include "run.h"
#include "verbs.h"

enum { STATE_MAX = 1 << 20, POLICY_DIRS_MAX = 16, POLICY_MEMORY = 64 << 20 };
enum { OPTION_POLICY, OPTION_AS, OPTION_FORMAT };

static const struct option options[] = {
	[OPTION_POLICY] = {"policy", "DIR",
			   "Drop-ins of this directory instead of the system's (may be repeated; later ones override)"},
	[OPTION_AS] = {"as", "runtime|hook", "Judge as the runtime wrapper would (the default), or as a bare hook"},
	[OPTION_FORMAT] = {"format", "text|json", "For people (the default), or one decision object a line"},
};

static const struct command command = {
	.name = "check",
	.synopsis = "[--policy DIR]... [--as runtime|hook] [--format text|json] BUNDLE...",
	.about = "Judge bundles (directories with config.json) without starting anything. A directory that also holds\n"
		 "state.json and host/, as written by ocigate record, is judged with the facts recorded there, any "
		 "other\n"
		 "with those of this machine. The exit code is the worst of all bundles'.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
};

/** struct request - the command line; @bundles: the operands, in argv */
struct request {
	const char *policy_dirs[POLICY_DIRS_MAX];
	size_t n_policy_dirs;
	enum judge_as as;
	bool json;
	bool colour;
	const char **bundles;
	size_t n_bundles;
};

static int take_option(void *context, int option, const char *value, struct err *err)
{
	struct request *request = context;
	static const char *const judges[] = {[JUDGE_HOOK] = "hook", [JUDGE_RUNTIME] = "runtime"};
	static const char *const formats[] = {"text", "json"};
	int word;

	if (option == OPTION_POLICY) {
		if (request->n_policy_dirs == POLICY_DIRS_MAX)
			return err_set(err, ERR_USAGE, "more than %d --policy", POLICY_DIRS_MAX);
		request->policy_dirs[request->n_policy_dirs++] = value;
		return 0;
	}
	if (option == OPTION_AS) {
		word = word_index("--as", value, judges, 2, err);
		request->as = word == JUDGE_HOOK ? JUDGE_HOOK : JUDGE_RUNTIME;
	} else {
		word = word_index("--format", value, formats, 2, err);
		request->json = word == 1;
	}
	return word < 0 ? -1 : 0;
}

static int take_operand(void *context, const char *value, struct err *err)
{
	struct request *request = context;

	(void)err;
	request->bundles[request->n_bundles++] = value;
	return 0;
}

/* Return: 0 to go on, ARGUMENT_DONE, or -1 with ERR_USAGE. */
static int parse(int argc, char **argv, struct arena *arena, struct request *request, struct err *err)
{
	static const struct takers takers = {take_option, take_operand};
	int got;

	request->as = JUDGE_RUNTIME;
	request->bundles = arena_array(arena, (size_t)argc, sizeof(*request->bundles));
	if (!request->bundles)
		return err_set(err, ERR_SYSTEM, "out of memory");
	got = arguments_take(&command, argc, argv, &takers, request, err);
	if (got < 0)
		return got;
	return request->n_bundles > 0 ? 0 : err_set(err, ERR_USAGE, "check needs a BUNDLE");
}

static int load_policy(const struct request *request, struct arena *arena, struct policy *ret_policy, struct err *err)
{
	const struct policy_dirs dirs = {.drop_ins = {request->policy_dirs, request->n_policy_dirs},
					 .presets = policy_dirs_default.presets};

	if (request->n_policy_dirs == 0)
		return policy_load(arena, &policy_dirs_default, ret_policy, err);
	if (named_policies(request->policy_dirs, request->n_policy_dirs, err) < 0)
		return -1;
	return policy_read(arena, &dirs, ret_policy, err);
}

/* state.json of a recording. Return: 0 with @ret_recorded false when there is none. */
static int read_state(struct run *run, int bundle_fd, struct state *ret_state, bool *ret_recorded, struct err *err)
{
	const char *text;
	size_t len;

	*ret_recorded = false;
	if (faccessat(bundle_fd, "state.json", F_OK, 0) < 0 || faccessat(bundle_fd, "host", F_OK, 0) < 0)
		return 0;
	if (fs_read_file(&run->arena, bundle_fd, "state.json", STATE_MAX, true, &text, &len, err) < 0)
		return -1;
	if (state_parse(&run->arena, text, len, ret_state, err) < 0)
		return err_wrap(err, "state.json");
	*ret_recorded = true;
	return 0;
}

static int collect_recorded(struct run *run, int bundle_fd, struct err *err)
{
	FD_AUTO int host_fd = fs_open_dir(bundle_fd, "host");
	const unsigned facts = engine_facts(run->policy, &run->container);

	if (host_fd < 0)
		return err_sys(err, ERR_INPUT, errno, "host cannot be opened");
	if (host_recorded(&run->arena, &run->container, host_fd, facts, &run->host, err) < 0)
		return err_wrap(err, "host");
	run_identity(run, run->host.bundle_owner);
	if ((facts & HOST_FACT_PORTS) != 0 &&
	    host_ports_recorded(&run->arena, &run->container, host_fd, &run->host, err) < 0)
		return err_wrap(err, "host");
	if ((facts & HOST_FACT_SANDBOX) == 0)
		return 0;
	return host_sandbox_recorded(&run->arena, &run->container, bundle_fd, facts, &run->host, err);
}

static int collect_live(struct run *run, const char *bundle, struct err *err)
{
	run_identity(run, bundle_owner_of(bundle));
	return host_live(&run->arena, &run->container, NULL, engine_facts(run->policy, &run->container), &run->host,
			 err);
}

static int judge_bundle(struct run *run, const char *argument, enum judge_as as, struct err *err)
{
	FD_AUTO int fd = open(argument, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct state state = {.id = "", .bundle = NULL};
	char working[4096];
	const char *bundle;
	bool recorded;

	if (fd < 0 && errno == ENOTDIR)
		return err_set(err, ERR_INPUT, "a bundle is a directory: name the one that config.json lies in");
	if (fd < 0)
		return err_sys(err, ERR_INPUT, errno, "the bundle cannot be opened");
	if (read_state(run, fd, &state, &recorded, err) < 0)
		return -1;
	if (argument[0] != '/' && !getcwd(working, sizeof(working)))
		return err_sys(err, ERR_SYSTEM, errno, "the working directory cannot be told");
	bundle = recorded ? state.bundle : path_clean(&run->arena, working, argument);
	if (!bundle)
		return err_set(err, ERR_SYSTEM, "out of memory");
	run->decision.id = state.id;
	if (run_spec(run, fd, bundle, state.id) < 0)
		return 0;
	if ((recorded ? collect_recorded(run, fd, err) : collect_live(run, bundle, err)) < 0)
		return -1;
	run_judge(run, as);
	if (as == JUDGE_RUNTIME)
		return run_plan_amendments(run, err);
	(void)run_attachment(run);
	return 0;
}

/* Return: the bundle's exit code. */
static int check_bundle(const struct request *request, const char *bundle, const struct policy *policy)
{
	struct run run;
	struct err err;
	const char *json;
	int status;

	run_start(&run, "check");
	run.policy = policy;
	if (judge_bundle(&run, bundle, request->as, &err) < 0)
		(void)run_fail(&run, &err);
	run.decision.duration_us = ticks_us() - run.started_us;
	json = request->json ? decision_json(&run.decision) : NULL;
	if (!request->json)
		print_decision(&run.decision, bundle, request->colour);
	else
		(void)puts(json ? json : "{\"verdict\":\"deny\",\"error\":\"out of memory\"}");
	status = decision_exit_code(&run.decision);
	arena_release(&run.arena);
	return status;
}

int verb_check(int argc, char **argv)
{
	struct request request = {.colour = colour_wanted(STDOUT_FILENO)};
	struct arena arena;
	struct policy policy;
	struct err err;
	int worst = 0, got;

	harden();
	arena_init(&arena, POLICY_MEMORY);
	got = parse(argc, argv, &arena, &request, &err);
	if (got == ARGUMENT_DONE)
		return 0;
	if (got < 0)
		return usage_error(&err, "check");
	if (load_policy(&request, &arena, &policy, &err) < 0) {
		(void)err_wrap(&err, "the policy cannot be used");
		return failure(&err);
	}
	for (size_t i = 0; i < request.n_bundles; i++) {
		int status = check_bundle(&request, request.bundles[i], &policy);

		if (status > worst)
			worst = status;
	}
	return worst;
}
