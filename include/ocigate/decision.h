/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decisions: data first, text second.
 */
#ifndef OCIGATE_DECISION_H
#define OCIGATE_DECISION_H

#include <stdbool.h>
#include <stdint.h>

#include "ocigate/arena.h"
#include "ocigate/container.h"
#include "ocigate/finding.h"
#include "ocigate/host.h"
#include "ocigate/policy.h"

/** enum verdict - zero denies */
enum verdict { VERDICT_DENY = 0, VERDICT_ADMIT };

/**
 * enum judge_as - what the front end can do about an `apply`
 *
 * JUDGE_HOOK: nothing can be amended any more; JUDGE_RUNTIME: the spec can.
 */
enum judge_as { JUDGE_HOOK = 0, JUDGE_RUNTIME };

/** struct amendment_done - one change to the spec; JSON texts, "null" for absent */
struct amendment_record {
	const struct rule *rule;
	const char *pointer;
	const char *before;
	const char *after;
};

/**
 * struct decision - what was decided and why
 * @stage: "prestart", "createRuntime", "runtime", "exec", "check" …
 * @error: NULL, or why no judgement was possible (input, policy, memory): then the verdict is deny
 * @error_kind: its exit code
 * @notes: things worth saying that are no findings (stale policy, expired exceptions), one line each
 */
struct decision {
	enum verdict verdict;
	const char *stage;
	const char *id;
	struct identity identity;
	struct findings findings;
	const struct amendment_record *amendments;
	size_t n_amendments;
	const char *policy_digest;
	const char *policy_stale;
	const char *error;
	enum err_kind error_kind;
	const char *error_pointer;
	struct strings notes;
	int64_t time_us;     /* Unix time in microseconds */
	int64_t duration_us;
};

/**
 * decision_init() - a decision that denies until judged
 *
 * @arena must outlive it. Strings are never NULL afterwards but where the struct says so.
 */
void decision_init(struct decision *decision, struct arena *arena, const char *stage);

/** decision_fail() - record that no judgement was possible; the verdict is deny. Form errors become a finding of
 * spec-integrity (ERR_DENIED), all others @error. */
void decision_fail(struct decision *decision, const struct err *err);

/** engine_facts() - host facts that the rules enabled by @policy ask for */
unsigned engine_facts(const struct policy *policy, const struct container *container);

/**
 * engine_judge() - one loop over the rule table
 * @now: Unix seconds, for exceptions that expire
 *
 * Fills in findings with their effects, notes and the verdict.
 * With JUDGE_RUNTIME a finding with effect apply of an amendable rule does not deny (amend does the rest); with
 * JUDGE_HOOK it does.
 */
void engine_judge(const struct container *container, const struct host *host, const struct policy *policy,
		  enum judge_as as, int64_t now, struct decision *decision);

/** decision_line() - the human line, at most 8,000 bytes, worst finding first, no newline. Never NULL. */
const char *decision_line(const struct decision *decision);

/** decision_json() - the record, one line without newline. Return: NULL when out of memory. */
char *decision_json(const struct decision *decision);

/** decision_write() - record to syslog and file. Return: 0, or -1 with ERR_SYSTEM (disk full …). */
int decision_write(const struct decision *decision, const struct policy *policy, struct err *err) MUST_CHECK;

/** decision_exit_code() - 0 admitted, 1 denied, or the error's own */
int decision_exit_code(const struct decision *decision);

#endif
