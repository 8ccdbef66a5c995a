/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node at a glance: every container that runs, against every rule.
 *
 * A front end finds the containers and has them judged; here they are counted
 * and written down. Nothing here looks at the machine.
 */
#ifndef OCIGATE_REPORT_H
#define OCIGATE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ocigate/decision.h"
#include "ocigate/recommendation.h"

/** REPORT_SOON_DAYS - exceptions that end within so many days are told */
enum { REPORT_SOON_DAYS = 14 };

/** enum report_status - how a container stands towards a rule; the worst is the smallest */
enum report_status { REPORT_UNHEALTHY = 0, REPORT_EXCEPTED, REPORT_HEALTHY, REPORT_NOT_APPLICABLE, REPORT_STATUSES };

/** report_status_names - "unhealthy", "excepted", "healthy", "not_applicable" */
extern const char *const report_status_names[REPORT_STATUSES];

/**
 * struct report_subject - one container, judged
 * @decision: its strings belong to the report
 * @name: what people call it: "NAMESPACE/POD/CONTAINER", or the id
 * @bundle: where it lies on the node
 * @pid: of its first process, 0 if it was judged by its spec alone
 * @status: by rule
 * @refusing: bits (1 << rule id) of the rules that refuse it
 * @before, @refused_before: the same under the policy in force, where two policies are compared
 */
struct report_subject {
	struct decision decision;
	const char *name;
	const char *bundle;
	pid_t pid;
	enum report_status status[RULE_COUNT];
	uint64_t refusing;
	enum verdict before;
	uint64_t refused_before;
};

/**
 * struct report_row - a recommendation, or a rule that answers none
 * @number: of the recommendation, 0 if it is none
 * @elsewhere: as in struct recommendation
 * @counts: containers by enum report_status
 */
struct report_row {
	unsigned number;
	const char *title;
	enum rule_id rules[RECOMMENDATION_RULES_MAX];
	size_t n_rules;
	const char *elsewhere;
	size_t counts[REPORT_STATUSES];
};

/**
 * struct report - what is to be told
 * @policy: the one that was judged by
 * @proposed: directories of a policy that is only tried; none: the policy in force
 * @compared: @before of the subjects is filled in
 * @node: the machine's name
 * @ended: containers that ended while they were looked at
 * @idle: by rule: its settings ask for nothing
 * @denied, @excepted: containers that are refused; that are admitted by an exception
 */
struct report {
	struct arena *arena;
	const struct policy *policy;
	struct strings proposed;
	bool compared;
	const char *node;
	int64_t time_us;
	struct report_subject *subjects;
	size_t n;
	size_t room;
	size_t ended;
	bool idle[RULE_COUNT];
	struct report_row rows[RECOMMENDATIONS + RULE_COUNT];
	size_t n_rows;
	size_t denied;
	size_t excepted;
};

/** report_init() - an empty report of containers that are judged by @policy; @arena and @policy must outlive it */
void report_init(struct report *report, struct arena *arena, const struct policy *policy, int64_t time_us);

/** report_statuses() - how @container, judged by engine_judge() with these arguments, stands towards every rule */
void report_statuses(const struct report *report, const struct container *container, const struct host *host,
		     enum judge_as as, const struct decision *decision, enum report_status ret[RULE_COUNT]);

/**
 * report_add() - one container more
 * @status: NULL if it could not be judged: every rule counts as unhealthy then
 *
 * Everything is copied. Return: where it is until the next call, or NULL when out of memory.
 */
struct report_subject *report_add(struct report *report, const struct decision *decision, const char *bundle, pid_t pid,
				  const enum report_status *status) MUST_CHECK;

/** report_extend() - findings more of one that is there, each an unhealthy rule. Return: 0, or -1 when out of memory. */
int report_extend(struct report_subject *subject, const struct findings *more) MUST_CHECK;

/** report_refusing() - bits of the rules that refuse; all of them where no judgement was possible */
uint64_t report_refusing(const struct decision *decision);

/** report_finish() - count, and put the containers in order, worst first */
void report_finish(struct report *report);

/** report_row_status() - how @subject stands towards all rules of @row: the worst of them */
enum report_status report_row_status(const struct report_row *row, const struct report_subject *subject);

/** struct report_look - how a text for people looks. @width: columns of the terminal */
struct report_look {
	unsigned width;
	bool colour;
	bool would_deny; /* refused containers alone */
};

/** report_text(), report_json() …: write to @out, whose errors are the caller's to notice (ferror) */
void report_text(const struct report *report, const struct report_look *look, FILE *out);
void report_diff(const struct report *report, const struct report_look *look, FILE *out);
void report_json(const struct report *report, FILE *out);
void report_policyreport(const struct report *report, FILE *out);
void report_html(const struct report *report, FILE *out);

/** SUGGESTED_REASON - what stands where a person has to write */
#define SUGGESTED_REASON "to be written: why does it need this?"

/** struct report_left - a refused container that no exception can be suggested for */
struct report_left {
	const char *name;
	const char *why;
};

/** struct report_suggestion - @n: exceptions that were written */
struct report_suggestion {
	size_t n;
	struct report_left *left;
	size_t n_left;
};

/**
 * report_suggest() - write a drop-in to @out: exceptions with which everything would be admitted that can be
 *
 * They match what was seen and nothing else, end some time, and record what they let pass.
 * Return: 0, or -1 with ERR_SYSTEM.
 */
int report_suggest(const struct report *report, struct report_suggestion *ret, FILE *out, struct err *err) MUST_CHECK;

/**
 * struct report_past - decisions that were made since the node started
 * @complete: from a log, which has all of them; else from the store, which keeps some
 * @findings: by rule and effect
 */
struct report_past {
	bool complete;
	uint64_t denied;
	uint64_t admitted;
	uint64_t findings[RULE_COUNT][EFFECT_DISABLED];
};

void report_prometheus(const struct report *report, const struct report_past *past, FILE *out);

#endif
