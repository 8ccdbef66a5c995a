/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocigate alerts: what was found that somebody should look at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common.h"
#include "ocigate/decision.h"
#include "ocigate/str.h"
#include "options.h"
#include "print.h"
#include "verbs.h"

enum { SEVERITIES = 4, TEXT_ROOM = 1024 };
enum { OPTION_SINCE, OPTION_SEVERITY, OPTION_LOG, OPTION_DOCTOR, OPTION_FORMAT };

static const struct option options[] = {
	[OPTION_SINCE] = {"since", "TIME", "Not older than 30m, 12h or 7d, or than a time like 2026-11-21T20:00:00Z"},
	[OPTION_SEVERITY] = {"severity", "WORD", "At least high, medium, low or info (the default)"},
	[OPTION_LOG] = {"log", "FILE", "From this log of decisions"},
	[OPTION_DOCTOR] = {"doctor", NULL, "With the containers that ocigate doctor has tried the gate with"},
	[OPTION_FORMAT] = {"format", "text|json", "For people (the default), or one object a line"},
};

static const struct command command = {
	.name = "alerts",
	.synopsis = "[OPTION]...",
	.about =
		"List alerts: findings of high severity, and what looks like a break-in (rule suspicious-command), but "
		"not\n"
		"what an exception covers. They come from the file that the policy names (\"log\": {\"file\": ...}); "
		"where it\n"
		"names none, from the decisions that are kept in " DECISION_STORE ", which are the last ones alone.\n"
		"What ocigate doctor has tried the gate with is left out.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
};

/**
 * struct request - the command line, and what is counted on the way
 * @strange: lines of the log that are no decision
 * @oldest_us: of what the log has or is still kept, 0: nothing
 */
struct request {
	int64_t since_us;
	enum severity at_least;
	const char *log;
	bool doctor;
	bool json;
	bool colour;
	size_t n;
	size_t n_doctor;
	size_t strange;
	int64_t oldest_us;
};

static int take_option(void *context, int option, const char *value, struct err *err)
{
	struct request *request = context;
	static const char *const severities[SEVERITIES] = {"high", "medium", "low", "info"};
	static const char *const formats[] = {"text", "json"};
	int word = 0;

	if (option == OPTION_LOG) {
		request->log = value;
	} else if (option == OPTION_DOCTOR) {
		request->doctor = true;
	} else if (option == OPTION_SINCE) {
		word = time_since("--since", value, now_us(), &request->since_us, err);
	} else if (option == OPTION_SEVERITY) {
		word = word_index("--severity", value, severities, SEVERITIES, err);
		if (word >= 0)
			request->at_least = (enum severity)word;
	} else {
		word = word_index("--format", value, formats, 2, err);
		request->json = word == 1;
	}
	return word < 0 ? -1 : 0;
}

static const struct takers takers = {.option = take_option};

static void put(const char *text)
{
	char bytes[TEXT_ROOM + 1];
	struct out out;

	out_init(&out, bytes, sizeof(bytes));
	out_plain(&out, text, TEXT_ROOM);
	(void)fputs(bytes, stdout);
}

static void put_member(const char *key, const char *text)
{
	char bytes[TEXT_ROOM + 1];
	struct out out;

	out_init(&out, bytes, sizeof(bytes));
	out_json(&out, text, TEXT_ROOM);
	(void)printf(",\"%s\":%s", key, bytes);
}

static void put_time(int64_t time_us)
{
	char bytes[40];
	struct out out;

	out_init(&out, bytes, sizeof(bytes));
	out_time(&out, time_us);
	(void)printf("%.19sZ", bytes);
}

/* "has capabilities …: SYS_ADMIN" has told its value already. */
static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && strcmp(text + len - n, end) == 0;
}

static void print_text(const struct decision *decision, const struct finding *finding, bool colour)
{
	static const char *const colours[SEVERITIES] = {"\033[1;31m", "\033[33m", "\033[36m", "\033[2m"};
	const struct identity *who = &decision->identity;

	put_time(decision->time_us);
	(void)printf("  %s%-6s%s  %-6s  %s  ", colour ? colours[finding->severity] : "",
		     severity_name(finding->severity), colour ? "\033[0m" : "",
		     decision->verdict == VERDICT_ADMIT ? "ran" : "denied",
		     finding->alert ? finding->alert : finding->rule->name);
	if (who->trusted && who->pod[0]) {
		put(who->namespace);
		(void)fputs("/", stdout);
		put(who->pod);
		(void)fputs("/", stdout);
		put(who->container);
	} else {
		put(decision->id);
	}
	(void)printf("  %s: ", finding->rule->name);
	put(finding->message);
	if (!ends_with(finding->message, finding->value)) {
		(void)fputs(": ", stdout);
		put(finding->value);
	}
	(void)fputs("\n", stdout);
}

static void print_json(const struct decision *decision, const struct finding *finding)
{
	(void)fputs("{\"time\":\"", stdout);
	put_time(decision->time_us);
	(void)fputs("\"", stdout);
	put_member("severity", severity_name(finding->severity));
	put_member("alert", finding->alert);
	put_member("rule", finding->rule->name);
	put_member("verdict", decision->verdict == VERDICT_ADMIT ? "admit" : "deny");
	put_member("stage", decision->stage);
	(void)printf(",\"trusted\":%s", decision->identity.trusted ? "true" : "false");
	put_member("id", decision->id);
	put_member("namespace", decision->identity.namespace);
	put_member("pod", decision->identity.pod);
	put_member("container", decision->identity.container);
	put_member("image", decision->identity.image);
	put_member("message", finding->message);
	put_member("value", finding->value);
	put_member("remedy", finding->remedy);
	(void)fputs("}\n", stdout);
}

static void take(void *context, const struct decision *decision)
{
	struct request *request = context;

	if (request->oldest_us == 0)
		request->oldest_us = decision->time_us;
	if (decision->time_us < request->since_us)
		return;
	for (size_t i = 0; i < decision->findings.n; i++) {
		const struct finding *finding = &decision->findings.items[i];

		if (!decision_alert(finding) || finding->severity > request->at_least)
			continue;
		if (decision->identity.is_doctor && !request->doctor) {
			request->n_doctor++;
			continue;
		}
		request->n++;
		if (request->json)
			print_json(decision, finding);
		else
			print_text(decision, finding, request->colour);
	}
}

/*
 * A policy that does not load is no reason to hide what happened: then the kept decisions are told. The oldest is wanted
 * as well, however long ago it was. A file of other lines alone is no log in which nothing was found.
 */
static int list(struct request *request, struct err *err)
{
	const struct decision_visit visit = {.take = take, .context = request, .strange = &request->strange};
	struct policy policy;
	struct arena arena;
	struct err unread;
	const char *log = request->log;

	arena_init(&arena, RUN_MEMORY);
	if (!log && policy_load(&arena, &policy_dirs_default, &policy, &unread) == 0)
		log = policy.log_file;
	if (log && !request->log && access(log, F_OK) < 0)
		log = NULL;
	request->log = log;
	if (!log)
		return decision_each_kept(DECISION_STORE, &visit, err);
	if (decision_each_logged(log, &visit, err) < 0)
		return -1;
	if (request->strange == 0 || request->oldest_us > 0)
		return 0;
	return err_set(err, ERR_INPUT,
		       "%s is no log of decisions: none of its lines is one (is it packed, or syslog's?)", log);
}

/* The last line: no alert is good news only where it is known what was looked at. */
static void print_sum(const struct request *request)
{
	(void)printf("%zu alert%s", request->n, request->n == 1 ? "" : "s");
	if (request->log) {
		(void)fputs(" in ", stdout);
		put(request->log);
	} else if (request->oldest_us == 0) {
		(void)fputs(": the policy names no log that is there, and no decision is kept", stdout);
	} else {
		(void)fputs(" in the decisions that are still kept, back to ", stdout);
		put_time(request->oldest_us);
		(void)fputs("; where the policy names a log, all are in it", stdout);
	}
	if (request->strange > 0)
		(void)printf("; %zu of its lines %s no decision", request->strange,
			     request->strange == 1 ? "is" : "are");
	if (request->n_doctor > 0)
		(void)printf("; %zu more of what ocigate doctor has tried (--doctor)", request->n_doctor);
	(void)fputs("\n", stdout);
}

int verb_alerts(int argc, char **argv)
{
	struct request request = {.at_least = SEVERITY_INFO, .colour = colour_wanted(STDOUT_FILENO)};
	struct err err;
	int got;

	harden();
	got = arguments_take(&command, argc, argv, &takers, &request, &err);
	if (got == ARGUMENT_DONE)
		return 0;
	if (got < 0)
		return usage_error(&err, "alerts");
	if (list(&request, &err) < 0)
		return failure(&err);
	if (!request.json)
		print_sum(&request);
	return 0;
}
