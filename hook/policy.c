/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocigate policy: what is in force and where it comes from; is a drop-in right
 * before it is used; and a document to start from.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "ocigate/str.h"
#include "options.h"
#include "policy_show.h"
#include "verbs.h"

enum { PATHS_MAX = 64 };
enum { OPTION_POLICY, OPTION_PRESETS, OPTION_FORMAT };
enum { ACTION_SHOW, ACTION_CHECK, ACTION_DEFAULTS, ACTIONS };

static const struct option options[] = {
	[OPTION_POLICY] = {"policy", "DIR",
			   "Drop-ins of this directory instead of the system's (may be repeated; later ones override)"},
	[OPTION_PRESETS] = {"presets", "DIR", "Presets of this directory instead of the system's"},
	[OPTION_FORMAT] = {"format", "text|json", "For people (the default), or for programs"},
};

static const struct command command = {
	.name = "policy",
	.synopsis = "show|check|defaults [OPTION]... [DIR|FILE]...",
	.about = "show      the policy that the drop-ins make, with the file that each value comes from\n"
		 "check     everything that is wrong with drop-ins, and what may not be meant; with DIR or FILE,\n"
		 "          before they are used: whoever owns them, in the order given\n"
		 "defaults  the shipped default as a document that says everything\n"
		 "\n"
		 "The exit code is 101 where the drop-ins have errors.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
};

struct request {
	int action;
	const char *directories[PATHS_MAX];
	size_t n_directories;
	const char *paths[PATHS_MAX];
	size_t n_paths;
	const char *presets;
	bool json;
	bool colour;
};

static int take_option(void *context, int option, const char *value, struct err *err)
{
	struct request *request = context;
	static const char *const formats[] = {"text", "json"};
	int word;

	if (option == OPTION_POLICY) {
		if (request->n_directories == PATHS_MAX)
			return err_set(err, ERR_USAGE, "more than %d --policy", PATHS_MAX);
		request->directories[request->n_directories++] = value;
	} else if (option == OPTION_PRESETS) {
		request->presets = value;
	} else {
		word = word_index("--format", value, formats, 2, err);
		if (word < 0)
			return -1;
		request->json = word == 1;
	}
	return 0;
}

static int take_operand(void *context, const char *value, struct err *err)
{
	struct request *request = context;
	static const char *const actions[ACTIONS] = {"show", "check", "defaults"};

	if (request->action < 0) {
		request->action = word_index("policy", value, actions, ACTIONS, err);
		return request->action < 0 ? -1 : 0;
	}
	if (request->action != ACTION_CHECK)
		return err_set(err, ERR_USAGE, "policy %s takes no %.60s", actions[request->action], value);
	if (request->n_paths == PATHS_MAX)
		return err_set(err, ERR_USAGE, "more than %d files and directories", PATHS_MAX);
	request->paths[request->n_paths++] = value;
	return 0;
}

/* Return: 0 to go on, ARGUMENT_DONE, or -1 with ERR_USAGE. */
static int parse(int argc, char **argv, struct request *request, struct err *err)
{
	static const struct takers takers = {take_option, take_operand};
	int got = arguments_take(&command, argc, argv, &takers, request, err);

	if (got < 0)
		return got;
	if (request->action < 0)
		return err_set(err, ERR_USAGE, "say what to do: ocigate policy show|check|defaults");
	if (request->n_paths > 0 && request->n_directories > 0)
		return err_set(err, ERR_USAGE, "policy check takes either --policy or DIR and FILE");
	return 0;
}

static struct policy_dirs directories_of(const struct request *request)
{
	struct policy_dirs dirs = policy_dirs_default;

	if (request->n_directories > 0) {
		dirs.drop_ins = (struct strings){request->directories, request->n_directories};
		dirs.snapshot = NULL;
	}
	if (request->presets)
		dirs.presets = request->presets;
	return dirs;
}

/* A name in a drop-in may hold anything that JSON can: nothing of it may steer a terminal. */
static void put_plain(const char *text)
{
	char bytes[8192];
	struct out out;

	out_init(&out, bytes, sizeof(bytes));
	out_plain(&out, text, sizeof(bytes) - 1);
	(void)fputs(bytes, stdout);
}

static void print_problem(const struct policy_problem *problem, bool colour)
{
	(void)printf("%s%s%s: ", colour ? (problem->warning ? "\033[33m" : "\033[1;31m") : "",
		     problem->warning ? "warning" : "error", colour ? "\033[0m" : "");
	put_plain(problem->file);
	if (problem->pointer[0]) {
		(void)fputs(": ", stdout);
		put_plain(problem->pointer);
	}
	(void)fputs(": ", stdout);
	put_plain(problem->text);
	(void)fputs("\n", stdout);
}

static void print_sum(const struct policy_report *report)
{
	size_t warnings = report->n - report->errors;

	(void)printf("%zu error%s, %zu warning%s", report->errors, report->errors == 1 ? "" : "s", warnings,
		     warnings == 1 ? "" : "s");
	if (report->digest)
		(void)printf("; %zu file%s, %s", report->files, report->files == 1 ? "" : "s", report->digest);
	(void)printf("\n");
}

/* What a container's start would meet: an old policy in force, or no place to keep the last good one. */
static void print_state(struct arena *arena, const struct policy_dirs *dirs, bool colour)
{
	struct policy policy;
	struct err err;

	if (policy_load(arena, dirs, &policy, &err) < 0) {
		(void)printf("%serror%s: every container is denied: there is no policy to go by\n",
			     colour ? "\033[1;31m" : "", colour ? "\033[0m" : "");
		return;
	}
	if (policy.stale)
		(void)printf("in force: the last good policy, %s\n", policy.digest);
	if (policy.note)
		print_problem(&(struct policy_problem){true, dirs->snapshot, "", policy.note}, colour);
}

static int check(const struct request *request, struct arena *arena)
{
	const struct strings paths = {request->paths, request->n_paths};
	struct policy_dirs dirs = directories_of(request);
	struct policy_report report;
	struct err err;

	if (policy_lint(arena, &dirs, &paths, now_us() / 1000000, &report, &err) < 0)
		return failure(&err);
	if (request->json) {
		const char *text = policy_report_json(arena, &report);

		(void)fputs(text ? text : "", stdout);
	}
	for (size_t i = 0; !request->json && i < report.n; i++)
		print_problem(&report.problems[i], request->colour);
	if (!request->json)
		print_sum(&report);
	if (!request->json && paths.n == 0 && dirs.snapshot && geteuid() == 0)
		print_state(arena, &dirs, request->colour);
	return report.errors > 0 ? ERR_POLICY : 0;
}

static int show(const struct request *request, struct arena *arena)
{
	struct policy_dirs dirs = directories_of(request);
	struct policy policy;
	struct err err, last;
	int status = 0;

	if (policy_read(arena, &dirs, &policy, &err) < 0) {
		(void)failure(&err);
		if (!dirs.snapshot || policy_load(arena, &dirs, &policy, &last) < 0)
			return (int)err.kind;
		say("in force instead: the last good policy");
		status = (int)err.kind;
	}
	if (request->json) {
		const char *text = policy_json(arena, &policy);

		(void)fputs(text ? text : "", stdout);
		return text ? status : ERR_SYSTEM;
	}
	policy_show(arena, &policy, now_us() / 1000000, request->colour);
	return status;
}

static int defaults(struct arena *arena)
{
	const char *text = policy_defaults(arena);

	(void)fputs(text ? text : "", stdout);
	return text ? 0 : ERR_SYSTEM;
}

int verb_policy(int argc, char **argv)
{
	struct request request = {.action = -1, .colour = colour_wanted(STDOUT_FILENO)};
	struct arena arena;
	struct err err;
	int got;

	harden();
	got = parse(argc, argv, &request, &err);
	if (got == ARGUMENT_DONE)
		return 0;
	if (got < 0)
		return usage_error(&err, "policy");
	arena_init(&arena, RUN_MEMORY);
	if (request.action == ACTION_DEFAULTS)
		return defaults(&arena);
	if (named_policies(request.directories, request.n_directories, &err) < 0)
		return failure(&err);
	return request.action == ACTION_CHECK ? check(&request, &arena) : show(&request, &arena);
}
