/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <string.h>

#include "common.h"
#include "ocigate/amend.h"
#include "ocigate/fs.h"

/* The parsed JSON and what is made of it take up to this many bytes for one of config.json. */
enum { MEMORY_FACTOR = 32 };

void run_start(struct run *run, const char *stage)
{
	arena_init(&run->arena, RUN_MEMORY);
	run->policy = NULL;
	run->started_us = ticks_us();
	decision_init(&run->decision, &run->arena, stage);
	run->decision.time_us = now_us();
}

int run_fail(struct run *run, const struct err *err)
{
	decision_fail(&run->decision, err);
	return -1;
}

void run_take_policy(struct run *run)
{
	const size_t max = (size_t)run->policy->config_max;

	if (max > run->arena.cap / MEMORY_FACTOR)
		run->arena.cap = max * MEMORY_FACTOR;
	run->decision.policy_digest = run->policy->digest ? run->policy->digest : "";
	run->decision.policy_stale = run->policy->stale;
}

int run_policy(struct run *run, const struct policy_dirs *dirs)
{
	struct err err;

	if (policy_load(&run->arena, dirs, &run->policy_own, &err) < 0)
		return run_fail(run, &err);
	run->policy = &run->policy_own;
	if (run->policy->note)
		decision_note(&run->decision, "%s", run->policy->note);
	return 0;
}

int run_load(struct run *run, int bundle_fd)
{
	struct err err;

	run_take_policy(run);
	if (spec_load(&run->arena, bundle_fd, "config.json", (size_t)run->policy->config_max, &run->text, &err) < 0)
		return run_fail(run, &err);
	return 0;
}

const struct seccomp_answer *run_recall(struct arena *arena, const char *block, size_t len)
{
	FD_AUTO int cache = fs_open_private(SECCOMP_CACHE);

	return cache < 0 ? NULL : seccomp_recall(arena, cache, block, len);
}

int run_parse(struct run *run, const char *bundle, const char *id)
{
	struct err err;

	if (spec_parse_known(&run->arena, &run->text, bundle, id, run_recall, &run->container, &err) < 0)
		return run_fail(run, &err);
	return 0;
}

int run_spec(struct run *run, int bundle_fd, const char *bundle, const char *id)
{
	struct err err;

	if (run_load(run, bundle_fd) < 0)
		return -1;
	if (spec_parse(&run->arena, &run->text, bundle, id, &run->container, &err) < 0)
		return run_fail(run, &err);
	return 0;
}

void run_identity(struct run *run, enum bundle_owner owner)
{
	identity_of(&run->arena, &run->container, owner);
	run->decision.identity = run->container.identity;
}

static bool has_exception(const struct run *run)
{
	const struct exception *exception;

	for (size_t i = 0; run->policy->n_exceptions > 0 && i < RULE_COUNT; i++)
		if (policy_exception_for(run->policy, &run->container, (enum rule_id)i, run->decision.time_us / 1000000,
					 &exception))
			return true;
	return false;
}

/* Whoever is to be excepted must be the same to two witnesses. */
static void cross_check(struct run *run)
{
	const char *doubt = sandbox_doubt(&run->arena, &run->container);

	if (!doubt)
		return;
	run->container.identity.trusted = false;
	run->container.identity.doubt = doubt;
	run->decision.identity = run->container.identity;
}

void run_judge(struct run *run, enum judge_as as)
{
	if (run->host.source == HOST_LIVE && has_exception(run))
		cross_check(run);
	engine_judge(&run->container, &run->host, run->policy, as, run->decision.time_us / 1000000, &run->decision);
}

/* A search, no reading: whatever the bytes are, it can only be wrong about them. */
static bool names_filter(const struct text *text)
{
	static const char key[] = "\"defaultAction\"", actions[] = "\"SCMP_ACT_";
	static const char space[] = " \t\r\n";
	const char *at = text->bytes;

	while ((at = strstr(at, key)) != NULL) {
		at += strlen(key);
		at += strspn(at, space);
		if (*at == ':')
			at += 1 + strspn(at + 1, space);
		if (strncmp(at, actions, strlen(actions)) != 0)
			continue;
		at += strlen(actions);
		if (strncmp(at, "ERRNO", 5) == 0 || strncmp(at, "KILL", 4) == 0 || strncmp(at, "TRAP", 4) == 0)
			return true;
	}
	return false;
}

bool run_may_attach(const struct run *run)
{
	const struct policy *policy = run->policy;

	return (policy->rules[RULE_seccomp].effect == EFFECT_APPLY || policy->n_exceptions > 0) &&
	       !names_filter(&run->text);
}

/* The means were given up before the spec was read: what is in it is too weak, and nothing can be put beside it. */
static void refuse_attachment(struct run *run, struct finding *finding)
{
	finding->effect = EFFECT_DENY;
	finding->remedy = "have the filter of the spec stop more, or leave it out: then the default one is attached";
	engine_conclude(&run->decision);
}

bool run_attachment(struct run *run)
{
	const struct findings *findings = &run->decision.findings;
	struct amendment_record *record = arena_alloc(&run->arena, sizeof(*record));
	size_t i = 0;

	while (i < findings->n && findings->items[i].effect != EFFECT_APPLY)
		i++;
	if (run->decision.verdict != VERDICT_ADMIT || i == findings->n)
		return false;
	if (!run_may_attach(run)) {
		refuse_attachment(run, &findings->items[i]);
		return false;
	}
	if (record) {
		*record = (struct amendment_record){
			.rule = findings->items[i].rule,
			.pointer = findings->items[i].pointer,
			.before = run->container.seccomp.present ? "\"the filter of the spec\"" : "null",
			.after = "\"default filter, attached to the process: exec sessions are not covered\"",
		};
		run->decision.amendments = record;
		run->decision.n_amendments = 1;
	}
	return true;
}

int run_plan_amendments(struct run *run, struct err *err)
{
	struct edits edits = {.arena = &run->arena};

	if (amend_plan(&run->container, &run->text, &run->decision.findings, &edits, err) < 0)
		return -1;
	engine_conclude(&run->decision);
	if (run->decision.verdict != VERDICT_ADMIT)
		return 0;
	run->decision.amendments = edits.records;
	run->decision.n_amendments = edits.n_records;
	return edits.failed ? err_set(err, ERR_SYSTEM, "out of memory") : 0;
}

void run_record(struct run *run)
{
	struct decision_text text; /* on the stack, whose pages are there by now */
	struct err err;

	text.body = 0;
	run->decision.duration_us = ticks_us() - run->started_us;
	decision_write(&run->decision, run->policy, &text);
	/* Those of rootless engines go to the log alone: the store is root's. */
	if (decision_keep(&run->decision, DECISION_STORE, &text, &err) < 0 && fs_outside_uid() == 0)
		decision_note(&run->decision, "not kept for ocigate explain: %s", err.text);
}
