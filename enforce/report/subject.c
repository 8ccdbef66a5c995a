/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One container's part of the report. What a judgement was made from is gone
 * when the next one begins, so that everything is copied.
 */
#include <string.h>

#include "ocigate/report.h"

static const char *copy(struct arena *arena, const char *text)
{
	return text ? arena_strdup(arena, text) : NULL;
}

static void copy_identity(struct arena *arena, struct identity *identity)
{
	identity->doubt = copy(arena, identity->doubt);
	identity->containerd_namespace = copy(arena, identity->containerd_namespace);
	identity->namespace = copy(arena, identity->namespace);
	identity->pod = copy(arena, identity->pod);
	identity->pod_uid = copy(arena, identity->pod_uid);
	identity->container = copy(arena, identity->container);
	identity->image = copy(arena, identity->image);
	identity->image_digest = copy(arena, identity->image_digest);
	identity->sandbox_id = copy(arena, identity->sandbox_id);
	identity->handler = copy(arena, identity->handler);
	identity->ports_json = "";
}

static void copy_finding(struct findings *findings, const struct finding *from)
{
	struct arena *arena = findings->arena;
	struct finding *finding;

	findings->rule = from->rule;
	finding = findings_add(findings, from->kind, copy(arena, from->pointer), copy(arena, from->value),
			       copy(arena, from->message), copy(arena, from->remedy));
	finding->severity = from->severity;
	finding->effect = from->effect;
	finding->exception = copy(arena, from->exception);
}

static void copy_findings(struct arena *arena, struct findings *findings)
{
	const struct finding *from = findings->items;
	const size_t n = findings->n;

	*findings = (struct findings){.arena = arena};
	for (size_t i = 0; i < n; i++)
		copy_finding(findings, &from[i]);
}

int report_extend(struct report_subject *subject, const struct findings *more)
{
	struct decision *decision = &subject->decision;

	for (size_t i = 0; i < more->n; i++) {
		copy_finding(&decision->findings, &more->items[i]);
		subject->status[more->items[i].rule->id] = REPORT_UNHEALTHY;
	}
	engine_conclude(decision);
	subject->refusing = report_refusing(decision);
	return decision->findings.failed || decision->findings.arena->failed ? -1 : 0;
}

static void copy_strings(struct arena *arena, struct strings *strings)
{
	const char **items = strings->n ? arena_array(arena, strings->n, sizeof(*items)) : NULL;

	for (size_t i = 0; items && i < strings->n; i++)
		items[i] = copy(arena, strings->items[i]);
	*strings = (struct strings){items, items ? strings->n : 0};
}

static const char *name_of(struct arena *arena, const struct decision *decision)
{
	const struct identity *who = &decision->identity;

	if (!who->trusted || !who->pod[0])
		return copy(arena, decision->id[0] ? decision->id : "?");
	return arena_printf(arena, "%s/%s/%s", who->namespace, who->pod,
			    who->is_sandbox == TRI_YES ? "(pause)" : who->container);
}

static bool grow(struct report *report)
{
	size_t room = report->room ? report->room * 2 : 64;
	struct report_subject *larger = arena_array(report->arena, room, sizeof(*larger));

	if (!larger)
		return false;
	if (report->n > 0)
		memcpy(larger, report->subjects, report->n * sizeof(*larger));
	report->subjects = larger;
	report->room = room;
	return true;
}

struct report_subject *report_add(struct report *report, const struct decision *decision, const char *bundle, pid_t pid,
				  const enum report_status *status)
{
	struct arena *arena = report->arena;
	struct report_subject *subject;

	if (report->n == report->room && !grow(report))
		return NULL;
	subject = &report->subjects[report->n];
	*subject = (struct report_subject){.decision = *decision, .pid = pid};
	subject->refusing = report_refusing(decision);
	subject->bundle = copy(arena, bundle);
	subject->name = name_of(arena, decision);
	subject->decision.id = copy(arena, decision->id);
	subject->decision.error = copy(arena, decision->error);
	subject->decision.error_pointer = copy(arena, decision->error_pointer);
	/* What would be amended is told by the findings' effects. */
	subject->decision.amendments = NULL;
	subject->decision.n_amendments = 0;
	copy_identity(arena, &subject->decision.identity);
	copy_findings(arena, &subject->decision.findings);
	copy_strings(arena, &subject->decision.exceptions);
	copy_strings(arena, &subject->decision.notes);
	if (status)
		memcpy(subject->status, status, sizeof(subject->status));
	if (arena->failed || subject->decision.findings.failed)
		return NULL;
	report->n++;
	return subject;
}

/* Where there is nothing to find, nothing found is no merit. */
static bool is_applicable(const struct report *report, const struct rule *rule, const struct identity *identity)
{
	if (report->idle[rule->id])
		return false;
	if (rule->id == RULE_default_namespace || rule->id == RULE_service_account_token)
		return identity_is_pod(identity) && identity->namespace[0];
	return !identity_is_pause(identity) || rule->group != RULE_GROUP_HARDEN;
}

/* What the rule would say if nobody had excepted the container from it. */
static bool finds_without_exception(const struct report *report, const struct rule *rule,
				    const struct container *container, const struct host *host, enum judge_as as,
				    const struct findings *of)
{
	struct findings findings = {.arena = of->arena};

	engine_judge_rule(rule, container, host, &report->policy->rules[rule->id], as, &findings);
	return findings.n > 0 || findings.failed;
}

static enum report_status status_of(const struct report *report, const struct rule *rule,
				    const struct container *container, const struct host *host, enum judge_as as,
				    const struct decision *decision)
{
	const struct exception *exception = NULL;
	const struct exception_rule *change =
		policy_exception_for(report->policy, container, rule->id, decision->time_us / 1000000, &exception);
	bool found = false, stands = false;

	if ((rule->scope & RULE_SCOPE_CREATE) == 0)
		return REPORT_NOT_APPLICABLE;
	for (size_t i = 0; i < decision->findings.n; i++) {
		const struct finding *finding = &decision->findings.items[i];

		found = found || finding->rule == rule;
		stands = stands || (finding->rule == rule && finding->effect != EFFECT_AUDIT);
	}
	if (stands)
		return REPORT_UNHEALTHY;
	if (change && finds_without_exception(report, rule, container, host, as, &decision->findings))
		return REPORT_EXCEPTED;
	if (found)
		return REPORT_UNHEALTHY;
	if (!change && report->policy->rules[rule->id].effect == EFFECT_DISABLED)
		return REPORT_NOT_APPLICABLE;
	return is_applicable(report, rule, &container->identity) ? REPORT_HEALTHY : REPORT_NOT_APPLICABLE;
}

void report_statuses(const struct report *report, const struct container *container, const struct host *host,
		     enum judge_as as, const struct decision *decision, enum report_status ret[RULE_COUNT])
{
	for (size_t i = 0; i < RULE_COUNT; i++)
		ret[i] = status_of(report, rule_table[i], container, host, as, decision);
}
