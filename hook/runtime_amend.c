/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judge, amend, judge again. What is handed to the runtime has always been
 * judged as a whole: an amendment that does not make its finding go away, or
 * that brings another one, ends in a refusal.
 */
#include <string.h>

#include "ocigate/amend.h"
#include "ocigate/str.h"
#include "runtime.h"

/* Seconds that the runtime gives the hook; the hook's own deadline is shorter. */
#define HOOK_TIMEOUT "20"

static const char *hook_entry(struct arena *arena, const char *path)
{
	size_t room = 6 * strlen(path) + 256;
	char *bytes = arena_alloc(arena, room);
	struct out out;

	if (!bytes)
		return NULL;
	out_init(&out, bytes, room);
	out_str(&out, "{\"path\":");
	out_json(&out, path, room - 200);
	/* An empty environment, not none: then runtimes would pass on their own. */
	out_str(&out, ",\"args\":[\"ocigate\",\"hook\",\"createRuntime\"],\"env\":[],\"timeout\":" HOOK_TIMEOUT "}");
	return out.cut ? NULL : bytes;
}

static bool has_hook(const struct container *container, const char *path)
{
	for (size_t i = 0; i < container->n_hooks; i++) {
		const struct hook_entry *hook = &container->hooks[i];

		if (hook->stage <= HOOK_CREATE_RUNTIME && strcmp(hook->path, path) == 0 && hook->args.n == 3 &&
		    strcmp(hook->args.items[1], "hook") == 0 &&
		    strcmp(hook->args.items[2], hook_stage_names[hook->stage]) == 0)
			return true;
	}
	return false;
}

/* Findings that the amended text still has, or has anew, refuse it. */
static void take_over(struct decision *decision, const struct decision *again)
{
	for (size_t i = 0; i < again->findings.n; i++) {
		const struct finding *finding = &again->findings.items[i];
		struct finding *copy;

		if (finding->effect != EFFECT_DENY && finding->effect != EFFECT_APPLY)
			continue;
		decision->findings.rule = finding->rule;
		copy = findings_add(&decision->findings, finding->kind, finding->pointer, finding->value,
				    finding->message, finding->remedy);
		copy->severity = finding->severity;
		copy->exception = finding->exception;
		copy->settings = finding->settings;
		copy->effect = EFFECT_DENY;
	}
	engine_conclude(decision);
}

/* Return: 0 with the verdict on what came out in the decision, or -1. */
static int judge_again(const struct amend_job *job, const struct text *text, bool amended, struct err *err)
{
	struct run *run = job->run, again = *run;

	decision_init(&again.decision, &run->arena, run->decision.stage);
	if (job->reread(job, &again, text, amended, err) < 0)
		return err_wrap(err, "after amending");
	again.decision.time_us = run->decision.time_us;
	run_judge(&again, JUDGE_RUNTIME);
	if (again.decision.error)
		return err_set(err, ERR_SYSTEM, "after amending: %s", again.decision.error);
	take_over(&run->decision, &again.decision);
	return 0;
}

static int amend(const struct amend_job *job, struct text *ret_text, struct err *err)
{
	struct run *run = job->run;
	struct edits edits = {.arena = &run->arena};
	struct text text;

	if (amend_plan(&run->container, &run->text, &run->decision.findings, &edits, err) < 0)
		return -1;
	engine_conclude(&run->decision);
	if (run->decision.verdict != VERDICT_ADMIT)
		return 0;
	if (job->hook && !has_hook(&run->container, job->hook)) {
		if (runtime_self_trusted(&run->arena, job->hook, err) < 0)
			return -1;
		edits_add(&edits, EDIT_PREPEND, "/hooks/createRuntime", hook_entry(&run->arena, job->hook));
	}
	if (edits.failed)
		return err_set(err, ERR_SYSTEM, "out of memory");
	if (edits.n == 0) {
		*ret_text = run->text;
		return 0;
	}
	if (amend_splice(&run->arena, &run->text, edits.items, edits.n, &text, err) < 0 ||
	    judge_again(job, &text, edits.n_records > 0, err) < 0)
		return -1;
	if (run->decision.verdict != VERDICT_ADMIT)
		return 0;
	run->decision.amendments = edits.records;
	run->decision.n_amendments = edits.n_records;
	*ret_text = text;
	return 0;
}

/*
 * An engine makes an exec's process from what it asked for when it created the container, before that was amended. So
 * the comparison with the container waits until the exec has been amended likewise: findings of rules that know execs
 * alone are put off to the second judgement, if there will be one and nothing else denies.
 */
static void put_off_comparison(struct decision *decision)
{
	struct findings *findings = &decision->findings;
	bool amended = false;
	size_t kept = 0;

	for (size_t i = 0; i < findings->n; i++) {
		if (findings->items[i].effect == EFFECT_DENY && findings->items[i].rule->scope != RULE_SCOPE_EXEC)
			return;
		amended = amended || findings->items[i].effect == EFFECT_APPLY;
	}
	if (!amended)
		return;
	for (size_t i = 0; i < findings->n; i++)
		if (findings->items[i].effect != EFFECT_DENY)
			findings->items[kept++] = findings->items[i];
	findings->n = kept;
	engine_conclude(decision);
}

void runtime_judge(const struct amend_job *job, struct text *ret_text)
{
	struct decision *decision = &job->run->decision;
	struct err err;

	run_judge(job->run, JUDGE_RUNTIME);
	if (decision->verdict != VERDICT_ADMIT)
		put_off_comparison(decision);
	if (decision->verdict == VERDICT_ADMIT && amend(job, ret_text, &err) < 0)
		decision_refuse(decision, &err);
}
