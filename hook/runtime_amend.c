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

/* Our own hook as one of the container's, so that it is judged like any other and once. */
static int add_hook(struct container *container, const char *path, struct arena *arena)
{
	static const char *const args[] = {"ocigate", "hook", "createRuntime"};
	struct hook_entry *hooks = arena_array(arena, container->n_hooks + 1, sizeof(*hooks));

	if (!hooks)
		return -1;
	hooks[0] = (struct hook_entry){.stage = HOOK_CREATE_RUNTIME, .path = path, .args = {args, 3}, .has_env = true};
	if (container->n_hooks > 0)
		memcpy(hooks + 1, container->hooks, container->n_hooks * sizeof(*hooks));
	container->hooks = hooks;
	container->n_hooks++;
	return 0;
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

/* Which host facts depend on what the edits change. Mounts are indexed, so that all of them move; the rest stays. */
static unsigned stale_facts(const struct edits *edits)
{
	static const struct {
		const char *below;
		unsigned facts;
	} places[] = {
		{"/process/", 0},
		{"/root/readonly", 0},
		{"/linux/seccomp", HOST_FACT_SECCOMP},
		{"/linux/resources/", 0},
		{"/linux/maskedPaths", 0},
		{"/linux/readonlyPaths", 0},
		{"/annotations/", 0},
		{"/hooks/", 0},
	};
	unsigned facts = 0;

	for (size_t i = 0; i < edits->n; i++) {
		unsigned of_edit = ~0U;

		for (size_t p = 0; p < sizeof(places) / sizeof(places[0]); p++)
			if (strncmp(edits->items[i].pointer, places[p].below, strlen(places[p].below)) == 0)
				of_edit = places[p].facts;
		facts |= of_edit;
	}
	return facts;
}

/* Return: 0 with the verdict on what came out in the decision, or -1. */
static int judge_again(const struct amend_job *job, const struct text *text, const struct edits *edits, struct err *err)
{
	struct run *run = job->run, again = *run;

	decision_init(&again.decision, &run->arena, run->decision.stage);
	if (job->reread(job, &again, text, stale_facts(edits), err) < 0)
		return err_wrap(err, "after amending");
	/* The hook alone: that was judged already, and now the text is known to be whole. */
	if (edits->n_records == 0)
		return 0;
	again.decision.time_us = run->decision.time_us;
	run_judge(&again, JUDGE_RUNTIME);
	if (again.decision.error)
		return err_set(err, ERR_SYSTEM, "after amending: %s", again.decision.error);
	take_over(&run->decision, &again.decision);
	return 0;
}

static int amend(const struct amend_job *job, const char *hook, struct text *ret_text, struct err *err)
{
	struct run *run = job->run;
	struct edits edits = {.arena = &run->arena};
	struct text text;

	if (amend_plan(&run->container, &run->text, &run->decision.findings, &edits, err) < 0)
		return -1;
	engine_conclude(&run->decision);
	if (run->decision.verdict != VERDICT_ADMIT)
		return 0;
	if (hook)
		edits_add(&edits, EDIT_PREPEND, "/hooks/createRuntime", hook_entry(&run->arena, hook));
	if (edits.failed)
		return err_set(err, ERR_SYSTEM, "out of memory");
	if (edits.n == 0) {
		*ret_text = run->text;
		return 0;
	}
	if (amend_splice(&run->arena, &run->text, edits.items, edits.n, &text, err) < 0 ||
	    judge_again(job, &text, &edits, err) < 0)
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
	struct run *run = job->run;
	struct decision *decision = &run->decision;
	const char *hook = job->hook && !has_hook(&run->container, job->hook) ? job->hook : NULL;
	struct err err;

	if (hook &&
	    (runtime_self_trusted(&run->arena, hook, &err) < 0 ||
	     (add_hook(&run->container, hook, &run->arena) < 0 && err_set(&err, ERR_SYSTEM, "out of memory")))) {
		decision_refuse(decision, &err);
		return;
	}
	run_judge(run, JUDGE_RUNTIME);
	if (decision->verdict != VERDICT_ADMIT)
		put_off_comparison(decision);
	if (decision->verdict == VERDICT_ADMIT && amend(job, hook, ret_text, &err) < 0)
		decision_refuse(decision, &err);
}
