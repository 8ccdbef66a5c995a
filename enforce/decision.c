/* SPDX-License-Identifier: Apache-2.0 */
#include "ocigate/decision.h"

#include <stdarg.h>
#include <string.h>

void decision_init(struct decision *decision, struct arena *arena, const char *stage)
{
	*decision = (struct decision){
		.verdict = VERDICT_DENY,
		.stage = stage,
		.id = "",
		.identity = identity_nobody(),
		.findings = {.arena = arena},
		.policy_digest = "",
	};
}

/* A spec whose form is refused is a finding like any other, so that reports and people find it under a rule's name. */
static bool add_form_finding(struct decision *decision, const struct err *err)
{
	const struct rule *rule = rule_find("spec-integrity");
	struct findings *findings = &decision->findings;
	struct finding *finding;

	if (!rule)
		return false;
	findings->rule = rule;
	finding = findings_add(findings, FINDING_VIOLATION, findings_text(findings, "%s", err->pointer), "",
			       findings_text(findings, "%s", err->text),
			       "write this part of config.json as the OCI runtime-spec does");
	finding->effect = EFFECT_DENY;
	return !findings->failed;
}

void decision_fail(struct decision *decision, const struct err *err)
{
	decision->verdict = VERDICT_DENY;
	if (err->kind != ERR_DENIED || !add_form_finding(decision, err))
		decision_refuse(decision, err);
}

void decision_refuse(struct decision *decision, const struct err *err)
{
	const char *text;

	decision->verdict = VERDICT_DENY;
	text = arena_strdup(decision->findings.arena, err->text);
	decision->error = text ? text : "out of memory";
	decision->error_kind = err->kind == ERR_NONE ? ERR_SYSTEM : err->kind;
	text = arena_strdup(decision->findings.arena, err->pointer);
	decision->error_pointer = text ? text : "";
}

/* There are few notes, and none in most decisions: the list is made anew for each. */
void decision_note(struct decision *decision, const char *fmt, ...)
{
	struct strings *notes = &decision->notes;
	struct arena *arena = decision->findings.arena;
	const char **items = arena_array(arena, notes->n + 1, sizeof(*items));
	va_list ap;

	if (!items)
		return;
	for (size_t i = 0; i < notes->n; i++)
		items[i] = notes->items[i];
	va_start(ap, fmt);
	items[notes->n] = arena_vprintf(arena, fmt, ap);
	va_end(ap);
	if (items[notes->n])
		*notes = (struct strings){items, notes->n + 1};
}

void decision_excepted(struct decision *decision, const char *name)
{
	struct strings *names = &decision->exceptions;
	const char **items;

	if (strings_hold(names, name))
		return;
	items = arena_array(decision->findings.arena, names->n + 1, sizeof(*items));
	if (!items)
		return;
	for (size_t i = 0; i < names->n; i++)
		items[i] = names->items[i];
	items[names->n] = name;
	*names = (struct strings){items, names->n + 1};
}

bool decision_alert(const struct finding *finding)
{
	return !finding->exception && (finding->rule->group == RULE_GROUP_ALERT || finding->severity == SEVERITY_HIGH);
}

int decision_exit_code(const struct decision *decision)
{
	if (decision->error)
		return decision->error_kind == ERR_NONE ? ERR_SYSTEM : (int)decision->error_kind;
	return decision->verdict == VERDICT_ADMIT ? 0 : ERR_DENIED;
}
