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

/* @handler: NULL where no exception asks for it */
static void put_args(struct out *out, enum hook_stage stage, const char *handler)
{
	out_str(out, "[\"ocigate\",\"hook\",\"");
	out_str(out, hook_stage_names[stage]);
	out_str(out, "\"");
	if (handler) {
		out_str(out, ",\"--handler\",");
		out_json(out, handler, 6 * strlen(handler) + 3);
	}
	out_str(out, "]");
}

/* Room for what is not @text, however it is escaped. */
static char *text_room(struct arena *arena, const char *text, const char *handler, struct out *ret_out)
{
	size_t room = 6 * (strlen(text) + (handler ? strlen(handler) : 0)) + 256;
	char *bytes = arena_alloc(arena, room);

	if (bytes)
		out_init(ret_out, bytes, room);
	return bytes;
}

static const char *hook_entry(struct arena *arena, const char *path, enum hook_stage stage, const char *handler)
{
	struct out out;
	char *bytes = text_room(arena, path, handler, &out);

	if (!bytes)
		return NULL;
	out_str(&out, "{\"path\":");
	out_json(&out, path, 6 * strlen(path) + 3);
	out_str(&out, ",\"args\":");
	put_args(&out, stage, handler);
	/* An empty environment, not none: then runtimes would pass on their own. */
	out_str(&out, ",\"env\":[]");
	/* crun misses the end of a hook whose time it takes where the container ends with it; the hook has a deadline. */
	if (stage != HOOK_POSTSTART)
		out_str(&out, ",\"timeout\":" HOOK_TIMEOUT);
	out_str(&out, "}");
	return out.cut ? NULL : bytes;
}

/* Which wrapper a hook of ours was told of, or NULL. */
static const char *told_handler(const struct hook_entry *hook)
{
	return hook->args.n == 5 && strcmp(hook->args.items[3], "--handler") == 0 ? hook->args.items[4] : NULL;
}

/* @first to @last: a prestart hook does what a createRuntime hook does. */
static bool is_own(const struct hook_entry *hook, const char *path, enum hook_stage first, enum hook_stage last)
{
	return hook->stage >= first && hook->stage <= last && strcmp(hook->path, path) == 0 &&
	       (hook->args.n == 3 || told_handler(hook)) && strcmp(hook->args.items[1], "hook") == 0 &&
	       strcmp(hook->args.items[2], hook_stage_names[hook->stage]) == 0;
}

/* The hook is told by which wrapper the engine called, where that makes a difference: it cannot see that by itself. */
static const char *handler_to_tell(const struct run *run)
{
	for (size_t i = 0; i < run->policy->n_exceptions; i++)
		if (run->policy->exceptions[i].handlers.n > 0)
			return run->container.identity.handler;
	return NULL;
}

/* Hooks of ours that the engine has put in, from @first on: these do not know of any wrapper. */
static void tell_handler(const struct container *container, size_t first, const char *path, const char *handler,
			 struct edits *edits)
{
	for (size_t i = first; i < container->n_hooks; i++) {
		const struct hook_entry *hook = &container->hooks[i];
		const char *told = told_handler(hook);
		struct out out;
		char *bytes;

		if (!is_own(hook, path, HOOK_PRESTART, HOOK_POSTSTART) || (told && strcmp(told, handler) == 0))
			continue;
		bytes = text_room(edits->arena, "", handler, &out);
		if (bytes)
			put_args(&out, hook->stage, handler);
		edits_add(edits, EDIT_SET,
			  arena_printf(edits->arena, "/hooks/%s/%zu/args", hook_stage_names[hook->stage], hook->index),
			  bytes);
	}
}

static bool has_hook(const struct container *container, const char *path, enum hook_stage first, enum hook_stage last)
{
	for (size_t i = 0; i < container->n_hooks; i++)
		if (is_own(&container->hooks[i], path, first, last))
			return true;
	return false;
}

static void remove_hooks(const struct container *container, const char *path, struct edits *edits)
{
	for (size_t i = 0; i < container->n_hooks; i++) {
		const struct hook_entry *hook = &container->hooks[i];

		if (is_own(hook, path, HOOK_PRESTART, HOOK_CREATE_RUNTIME))
			edits_add(
				edits, EDIT_REMOVE,
				arena_printf(edits->arena, "/hooks/%s/%zu", hook_stage_names[hook->stage], hook->index),
				"");
	}
}

/* struct own_hooks - stages at which our own hook is wanted and not there yet */
struct own_hooks {
	enum hook_stage stages[2];
	size_t n;
};

static const char *const own_hook_arrays[] = {
	[HOOK_CREATE_RUNTIME] = "/hooks/createRuntime",
	[HOOK_POSTSTART] = "/hooks/poststart",
};

static void find_missing(const struct run *run, const char *path, struct own_hooks *ret_missing)
{
	if (run->policy->hook && !has_hook(&run->container, path, HOOK_PRESTART, HOOK_CREATE_RUNTIME))
		ret_missing->stages[ret_missing->n++] = HOOK_CREATE_RUNTIME;
	if (run->policy->poststart && !has_hook(&run->container, path, HOOK_POSTSTART, HOOK_POSTSTART))
		ret_missing->stages[ret_missing->n++] = HOOK_POSTSTART;
}

/* Our own hooks as some of the container's, so that they are judged like any other and once. */
static int add_hooks(struct container *container, const char *path, const struct own_hooks *missing,
		     struct arena *arena)
{
	struct hook_entry *hooks = arena_array(arena, container->n_hooks + missing->n, sizeof(*hooks));

	for (size_t i = 0; hooks && i < missing->n; i++) {
		const char **args = arena_array(arena, 3, sizeof(*args));

		if (!args)
			return -1;
		args[0] = "ocigate";
		args[1] = "hook";
		args[2] = hook_stage_names[missing->stages[i]];
		hooks[i] = (struct hook_entry){
			.stage = missing->stages[i], .path = path, .args = {args, 3}, .has_env = true};
	}
	if (!hooks)
		return -1;
	if (container->n_hooks > 0)
		memcpy(hooks + missing->n, container->hooks, container->n_hooks * sizeof(*hooks));
	container->hooks = hooks;
	container->n_hooks += missing->n;
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

/* Which host facts depend on what the edits change: the last place that fits says so. Mounts are indexed, so that all of them move; the rest stays. */
static unsigned stale_facts(const struct edits *edits)
{
	static const struct {
		const char *below;
		unsigned facts;
	} places[] = {
		{"/process/", 0},
		{"/process/apparmorProfile", ~0U},
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

static int amend(const struct amend_job *job, const struct own_hooks *missing, struct text *ret_text, struct err *err)
{
	struct run *run = job->run;
	const char *handler = job->hook ? handler_to_tell(run) : NULL;
	struct edits edits = {.arena = &run->arena};
	struct text text;

	if (amend_plan(&run->container, &run->text, &run->decision.findings, &edits, err) < 0)
		return -1;
	engine_conclude(&run->decision);
	if (run->decision.verdict != VERDICT_ADMIT)
		return 0;
	for (size_t i = 0; i < missing->n; i++)
		edits_add(&edits, EDIT_PREPEND, own_hook_arrays[missing->stages[i]],
			  hook_entry(&run->arena, job->hook, missing->stages[i], handler));
	if (job->restore)
		remove_hooks(&run->container, job->hook, &edits);
	else if (handler)
		tell_handler(&run->container, missing->n, job->hook, handler, &edits);
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
	struct own_hooks missing = {.n = 0};
	struct err err;

	if (job->hook && !job->restore)
		find_missing(run, job->hook, &missing);
	if (missing.n > 0 && (runtime_self_trusted(&run->arena, job->hook, &err) < 0 ||
			      (add_hooks(&run->container, job->hook, &missing, &run->arena) < 0 &&
			       err_set(&err, ERR_SYSTEM, "out of memory")))) {
		decision_refuse(decision, &err);
		return;
	}
	run_judge(run, JUDGE_RUNTIME);
	if (decision->verdict != VERDICT_ADMIT)
		put_off_comparison(decision);
	if (decision->verdict == VERDICT_ADMIT && amend(job, &missing, ret_text, &err) < 0)
		decision_refuse(decision, &err);
}
