/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers that came and went: init containers, jobs. No bundle of them is left to be judged, but what was found when
 * they started is on record, also where nothing was refused. It counts here with the effect that its rule has for them
 * under the policy that the report judges by: told by the settings of then, not by those of that policy.
 */
#include <string.h>
#include <unistd.h>

#include "ocigate/decision.h"
#include "report.h"

/** struct ended - @running: so many subjects, the first, are containers that run */
struct ended {
	struct report *report;
	enum judge_as as;
	size_t running;
	bool failed;
};

/* Of an exec, of a process that runs already and of a command line that was only asked nothing is started again. */
static bool is_of_a_start(const char *stage)
{
	static const char *const stages[] = {"runtime", "prestart", "createRuntime", "precreate"};

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (strcmp(stages[i], stage) == 0)
			return true;
	return false;
}

static enum effect effect_now(const struct ended *ended, const struct container *container,
			      const struct finding *finding)
{
	const struct report *report = ended->report;
	const struct exception *exception = NULL;
	const struct exception_rule *change = policy_exception_for(report->policy, container, finding->rule->id,
								   report->time_us / 1000000, &exception);
	enum effect effect =
		change && change->has_effect ? change->effect : report->policy->rules[finding->rule->id].effect;

	/* Behind a bare hook a filter can be attached, and nothing else be amended. */
	if (effect == EFFECT_APPLY && (finding->rule->amendment == AMEND_NONE ||
				       (ended->as == JUDGE_HOOK && finding->rule->amendment != AMEND_SECCOMP_PROFILE)))
		effect = EFFECT_DENY;
	return finding->at_most > effect ? finding->at_most : effect;
}

/* What an exception could tell apart: pods of a job have another name each time. */
static bool is_alike(const struct identity *a, const struct identity *b)
{
	return a->trusted == b->trusted && a->engine == b->engine && a->is_sandbox == b->is_sandbox &&
	       strcmp(a->namespace, b->namespace) == 0 && strcmp(a->container, b->container) == 0 &&
	       strcmp(a->image, b->image) == 0 && (a->container[0] || strcmp(a->pod, b->pod) == 0);
}

/* The one that has ended and is alike, or NULL; @told: what it, or one that runs and is alike, is refused by. */
static struct report_subject *find_alike(const struct ended *ended, const struct identity *who, uint64_t *told)
{
	struct report_subject *found = NULL;

	*told = 0;
	for (size_t i = 0; i < ended->report->n; i++) {
		struct report_subject *subject = &ended->report->subjects[i];

		if (!is_alike(&subject->decision.identity, who))
			continue;
		*told |= subject->refusing;
		if (i >= ended->running)
			found = subject;
	}
	return found;
}

/* Of each rule one finding is enough. */
static void keep_new(const struct ended *ended, const struct identity *who, const struct findings *all, uint64_t told,
		     struct findings *new)
{
	const struct container container = {.identity = *who};

	for (size_t i = 0; i < all->n; i++) {
		const struct finding *from = &all->items[i];
		struct finding *finding;

		if ((told >> from->rule->id & 1) != 0 || effect_now(ended, &container, from) != EFFECT_DENY)
			continue;
		told |= UINT64_C(1) << from->rule->id;
		new->rule = from->rule;
		finding = findings_add(new, from->kind, from->pointer, from->value, from->message, from->remedy);
		finding->severity = from->severity;
		finding->effect = EFFECT_DENY;
	}
}

static int add(const struct ended *ended, struct decision *now, const struct decision *then)
{
	enum report_status status[RULE_COUNT];
	struct report_subject *subject;

	/* What the report does not copy must be there longer than the record. */
	now->stage = "report";
	now->policy_digest = ended->report->policy->digest ? ended->report->policy->digest : "";
	now->policy_stale = NULL;
	decision_note(now, "has ended: told by what was recorded when it started");
	engine_conclude(now);
	for (size_t i = 0; i < RULE_COUNT; i++)
		status[i] = report_refusing(now) >> i & 1 ? REPORT_UNHEALTHY : REPORT_NOT_APPLICABLE;
	subject = report_add(ended->report, now, "", 0, status);
	if (!subject)
		return -1;
	subject->before = then->verdict;
	subject->refused_before = report_refusing(then);
	return 0;
}

static bool runs(const struct ended *ended, const char *id)
{
	for (size_t i = 0; i < ended->running; i++)
		if (strcmp(ended->report->subjects[i].decision.id, id) == 0)
			return true;
	return false;
}

static void take(void *context, const struct decision *decision)
{
	struct ended *ended = context;
	struct decision now = *decision;
	struct report_subject *alike;
	uint64_t told;

	if (ended->failed || decision->error || decision->identity.is_doctor || !is_of_a_start(decision->stage) ||
	    runs(ended, decision->id))
		return;
	/* A record tells a pod's pause container by having no name. */
	now.identity.is_sandbox = now.identity.namespace[0] && !now.identity.container[0] ? TRI_YES : TRI_NO;
	now.findings = (struct findings){.arena = ended->report->arena};
	now.exceptions = now.notes = (struct strings){NULL, 0};
	alike = find_alike(ended, &now.identity, &told);
	keep_new(ended, &now.identity, &decision->findings, told, &now.findings);
	if (now.findings.n > 0)
		ended->failed = (alike ? report_extend(alike, &now.findings) : add(ended, &now, decision)) < 0;
}

int survey_ended(const struct survey *survey, const char *log, bool may_lack, int64_t since_us, struct err *err)
{
	struct ended ended = {.report = survey->report, .as = survey->as, .running = survey->report->n};
	const struct decision_visit visit = {.take = take, .context = &ended, .since_us = since_us};
	int result = 0;

	if (!log)
		result = decision_each_kept(DECISION_STORE, &visit, err);
	else if (!may_lack || access(log, F_OK) == 0)
		result = decision_each_logged(log, &visit, err);
	if (result == 0 && ended.failed)
		return err_set(err, ERR_SYSTEM, "out of memory for the report");
	return result;
}
