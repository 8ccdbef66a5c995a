/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocigate report: how this node stands. Nothing is changed by it, whatever
 * policy it judges by.
 */
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common.h"
#include "ocigate/fs.h"
#include "options.h"
#include "verbs.h"

enum { POLICY_DIRS_MAX = 16, WIDTH_UNKNOWN = 120 };
#define REPORT_MEMORY ((size_t)512 << 20)

enum { FORMAT_TEXT, FORMAT_JSON, FORMAT_POLICYREPORT, FORMAT_PROMETHEUS, FORMAT_HTML, FORMATS };
enum {
	OPTION_FORMAT,
	OPTION_POLICY,
	OPTION_AS,
	OPTION_WOULD_DENY,
	OPTION_DIFF,
	OPTION_SUGGEST,
	OPTION_ALL,
	OPTION_SINCE,
	OPTION_LOG,
	OPTION_ROOT
};

static const struct option options[] = {
	[OPTION_FORMAT] = {"format", "FORMAT", "text (the default), json, policyreport, prometheus or html"},
	[OPTION_POLICY] =
		{"policy", "DIR",
		 "A dry run: judge by this directory's drop-ins instead (may be repeated; later ones override)"},
	[OPTION_AS] = {"as", "runtime|hook", "Judge as the runtime wrapper would (the default), or as a bare hook"},
	[OPTION_WOULD_DENY] = {"would-deny", NULL, "Only who would be refused, and by what; exit code 1 if anybody is"},
	[OPTION_DIFF] = {"diff", NULL, "Only what --policy changes against the policy in force"},
	[OPTION_SUGGEST] = {"suggest", NULL,
			    "Only a drop-in with exceptions under which all that runs would be admitted"},
	[OPTION_ALL] = {"all", NULL, "Also bundles whose container does not run"},
	[OPTION_SINCE] =
		{"since", "TIME",
		 "Also what has ended (init containers, jobs) and would be refused, by what was recorded of it "
		 "since (7d, 12h)"},
	[OPTION_LOG] = {"log", "FILE", "Records for --since, in place of those of the log that the policy names"},
	[OPTION_ROOT] = {"root", "DIR",
			 "The node's root directory, where it is mounted: for a container that reports on its node"},
};

static const struct command command = {
	.name = "report",
	.synopsis = "[OPTION]...",
	.about =
		"Judge every container that runs on this node (containerd, CRI-O, podman, docker, plain runc and "
		"crun),\n"
		"now, by the policy in force or a proposed one, and tell how each recommendation is met: by how many,\n"
		"and whom not. Nothing is changed and nothing is recorded.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
};

/** struct request - the command line */
struct request {
	const char *policy_dirs[POLICY_DIRS_MAX];
	size_t n_policy_dirs;
	const char *root;
	enum judge_as as;
	int format;
	bool would_deny;
	bool diff;
	bool suggest;
	bool all;
	int64_t since_us;
	const char *log;
};

static int take_word(struct request *request, int option, const char *value, struct err *err)
{
	static const char *const judges[] = {[JUDGE_HOOK] = "hook", [JUDGE_RUNTIME] = "runtime"};
	static const char *const formats[FORMATS] = {"text", "json", "policyreport", "prometheus", "html"};
	int word;

	if (option == OPTION_AS) {
		word = word_index("--as", value, judges, 2, err);
		request->as = word == JUDGE_HOOK ? JUDGE_HOOK : JUDGE_RUNTIME;
	} else {
		word = word_index("--format", value, formats, FORMATS, err);
		request->format = word;
	}
	return word < 0 ? -1 : 0;
}

static int take_option(void *context, int option, const char *value, struct err *err)
{
	struct request *request = context;

	switch (option) {
	case OPTION_POLICY:
		if (request->n_policy_dirs == POLICY_DIRS_MAX)
			return err_set(err, ERR_USAGE, "more than %d --policy", POLICY_DIRS_MAX);
		request->policy_dirs[request->n_policy_dirs++] = value;
		return 0;
	case OPTION_ROOT:
		request->root = value;
		return value[0] == '/' ? 0 : err_set(err, ERR_USAGE, "--root needs an absolute path");
	case OPTION_WOULD_DENY:
		request->would_deny = true;
		return 0;
	case OPTION_DIFF:
		request->diff = true;
		return 0;
	case OPTION_SUGGEST:
		request->suggest = true;
		return 0;
	case OPTION_ALL:
		request->all = true;
		return 0;
	case OPTION_LOG:
		request->log = value;
		return 0;
	case OPTION_SINCE:
		return time_since("--since", value, now_us(), &request->since_us, err);
	default:
		return take_word(request, option, value, err);
	}
}

/* Return: 0 to go on, ARGUMENT_DONE, or -1 with ERR_USAGE. */
static int parse(int argc, char **argv, struct request *request, struct err *err)
{
	static const struct takers takers = {.option = take_option};
	int got = arguments_take(&command, argc, argv, &takers, request, err);

	if (got < 0)
		return got;
	if (request->diff && request->n_policy_dirs == 0)
		return err_set(err, ERR_USAGE,
			       "--diff compares a proposed policy with the one in force: give --policy");
	if (request->log && request->since_us == 0)
		return err_set(err, ERR_USAGE, "--log has the records for --since: give that too");
	return 0;
}

static int load_proposed(const struct request *request, struct arena *arena, struct policy *ret_policy, struct err *err)
{
	const struct policy_dirs dirs = {.drop_ins = {request->policy_dirs, request->n_policy_dirs},
					 .presets = policy_dirs_default.presets};

	if (named_policies(request->policy_dirs, request->n_policy_dirs, err) < 0)
		return -1;
	return policy_read(arena, &dirs, ret_policy, err);
}

static const char *node_name(struct arena *arena)
{
	char name[256] = "";

	(void)gethostname(name, sizeof(name) - 1);
	return arena_strdup(arena, name);
}

static unsigned terminal_width(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : WIDTH_UNKNOWN;
}

static int suggest(const struct report *report, struct err *err)
{
	struct report_suggestion suggestion;

	if (report_suggest(report, &suggestion, stdout, err) < 0)
		return -1;
	say("%zu exception%s for %zu refused containers; %zu of these would still be refused", suggestion.n,
	    suggestion.n == 1 ? "" : "s", report->denied, suggestion.n_left);
	for (size_t i = 0; i < suggestion.n_left; i++)
		say("no exception for %s: %s", suggestion.left[i].name, suggestion.left[i].why);
	return 0;
}

static int prometheus(const struct report *report, struct err *err)
{
	struct report_past past = {.complete = false};

	if (past_read(report->policy, &past, err) < 0)
		return -1;
	report_prometheus(report, &past, stdout);
	return 0;
}

static int write_report(const struct request *request, const struct report *report, bool colour, struct err *err)
{
	const struct report_look look = {
		.width = terminal_width(), .colour = colour, .would_deny = request->would_deny};

	if (request->suggest)
		return suggest(report, err);
	if (request->format == FORMAT_PROMETHEUS)
		return prometheus(report, err);
	if (request->format == FORMAT_JSON)
		report_json(report, stdout);
	else if (request->format == FORMAT_POLICYREPORT)
		report_policyreport(report, stdout);
	else if (request->format == FORMAT_HTML)
		report_html(report, stdout);
	else if (request->diff)
		report_diff(report, &look, stdout);
	else
		report_text(report, &look, stdout);
	return 0;
}

/* What follows sees the node as its own processes do: its policy, its mounts, its /proc. */
static int enter_root(const char *root, struct err *err)
{
	if (root && (chroot(root) < 0 || chdir("/") < 0))
		return err_sys(err, ERR_INPUT, errno, "the node's root %s cannot be entered", root);
	return 0;
}

/* A proposed policy comes from where we are, the one in force from the node. */
static int survey_node(const struct request *request, struct report *report, struct policy *current,
		       struct policy *proposed, size_t *ret_unread, struct err *err)
{
	struct arena *arena = report->arena;
	struct candidates candidates = {.arena = arena};
	struct survey survey = {.report = report, .as = request->as};

	if (request->n_policy_dirs > 0 && load_proposed(request, arena, proposed, err) < 0)
		return err_wrap(err, "the proposed policy");
	if (enter_root(request->root, err) < 0)
		return -1;
	if ((request->n_policy_dirs == 0 || request->diff || request->since_us > 0) &&
	    policy_load(arena, &policy_dirs_default, current, err) < 0)
		return err_wrap(err, "the policy in force");
	report_init(report, arena, request->n_policy_dirs > 0 ? proposed : current, now_us());
	report->proposed = (struct strings){request->policy_dirs, request->n_policy_dirs};
	report->node = node_name(arena);
	if (request->diff) {
		survey.current = current;
		report->compared = true;
	}
	if (!report->node || candidates_find(&candidates, request->all, err) < 0)
		return report->node ? -1 : err_set(err, ERR_SYSTEM, "out of memory");
	if (geteuid() != 0 || fs_outside_uid() != 0)
		say("run by a user: containers of others are not seen");
	if (candidates.left_out > 0)
		say("%zu containers more than can be looked at are left out", candidates.left_out);
	*ret_unread = candidates.unread;
	for (size_t i = 0; i < candidates.n; i++)
		if (survey_candidate(&survey, &candidates.items[i], err) < 0)
			return -1;
	if (request->since_us > 0 && survey_ended(&survey, request->log ? request->log : current->log_file,
						  !request->log, request->since_us, err) < 0)
		return -1;
	report_finish(report);
	return 0;
}

int verb_report(int argc, char **argv)
{
	struct request request = {.as = JUDGE_RUNTIME};
	const bool colour = colour_wanted(STDOUT_FILENO);
	struct policy current, proposed;
	struct report report;
	struct arena arena;
	size_t unread = 0;
	struct err err;
	int got;

	harden();
	arena_init(&arena, REPORT_MEMORY);
	report.arena = &arena;
	got = parse(argc, argv, &request, &err);
	if (got == ARGUMENT_DONE)
		return 0;
	if (got < 0)
		return usage_error(&err, "report");
	if (survey_node(&request, &report, &current, &proposed, &unread, &err) < 0 ||
	    write_report(&request, &report, colour, &err) < 0)
		return failure(&err);
	if (unread > 0) {
		say("%zu places that are there could not be read: containers may be missing from this report", unread);
		return ERR_SYSTEM;
	}
	if (!request.would_deny)
		return 0;
	return report.denied > 0 ? ERR_DENIED : 0;
}
