/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One judgement, step by step: what every front end that judges does.
 *
 * Each step returns 0, or -1 after it has put its error into the decision,
 * which denies; the front end then only has to tell it.
 */
#ifndef OCIGATE_RUN_H
#define OCIGATE_RUN_H

#include "ocigate/decision.h"
#include "ocigate/spec.h"
#include "ocigate/state.h"

/**
 * struct run - all that a judgement builds lives in @arena
 * @policy: NULL until there is one
 * @policy_own: where run_policy() puts it
 * @text: config.json as it was read
 */
struct run {
	struct arena arena;
	struct policy policy_own;
	const struct policy *policy;
	struct text text;
	struct container container;
	struct host host;
	struct decision decision;
	int64_t started_us;
};

/** run_start() - a decision that denies; @stage: as in the record */
void run_start(struct run *run, const char *stage);

/** run_fail() - put @err into the decision. Return: always -1. */
int run_fail(struct run *run, const struct err *err);

/** run_policy() - the policy in force */
int run_policy(struct run *run, const struct policy_dirs *dirs) MUST_CHECK;

/** run_take_policy() - room and record according to run->policy; run_spec() does it by itself */
void run_take_policy(struct run *run);

/** run_spec() - read and parse config.json below @bundle_fd, which is open at @bundle. The identity is still unknown. */
int run_spec(struct run *run, int bundle_fd, const char *bundle, const char *id) MUST_CHECK;

/** run_recall() - what is kept about a seccomp block, for spec_parse_known() */
const struct seccomp_answer *run_recall(struct arena *arena, const char *block, size_t len);

/** run_load(), run_parse() - its two halves: nothing of what was read is looked at before the second */
int run_load(struct run *run, int bundle_fd) MUST_CHECK;
int run_parse(struct run *run, const char *bundle, const char *id) MUST_CHECK;

/** run_identity() - who the container is, @owner having put its bundle there */
void run_identity(struct run *run, enum bundle_owner owner);

/** run_judge() - the engine, with run->host filled in */
void run_judge(struct run *run, enum judge_as as);

/**
 * run_may_attach() - can it be that the default filter is to be attached by a bare hook? Asked before the spec is parsed,
 * and answered no where the spec names a filter that stops anything.
 */
bool run_may_attach(const struct run *run);

/**
 * run_attachment() - is the default filter to be attached by a bare hook? Then that is recorded as an amendment.
 *
 * Where run_may_attach() said no the container is refused instead.
 */
bool run_attachment(struct run *run);

/** run_plan_amendments() - what the wrapper would change; behind run_judge(). A container that is refused is not amended. */
int run_plan_amendments(struct run *run, struct err *err) MUST_CHECK;

/** run_record() - take the time and write the record; what cannot be written becomes a note, the verdict stands */
void run_record(struct run *run);

#endif
