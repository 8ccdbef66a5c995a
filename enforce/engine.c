/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place where findings become a verdict. Rules only say what they
 * see; the policy says what that means; here the two meet.
 */
#include <string.h>

#include "ocigate/decision.h"

static unsigned scope_of(const struct container *container)
{
	return container->exec ? RULE_SCOPE_EXEC : RULE_SCOPE_CREATE;
}

/* Of a container that has started, what it has is compared with what was judged; before that there is nothing to compare. */
static bool is_asked(const struct rule *rule, const struct container *container)
{
	const bool of_process = (rule->facts & HOST_FACT_PROCESS) != 0;

	return (rule->scope & scope_of(container)) != 0 && of_process == container->started;
}

static enum effect effect_of(const struct rule_policy *rule_policy, const struct container *container)
{
	return container->exec ? rule_policy->exec_effect : rule_policy->effect;
}

/* May an exception, whoever it is for, have the rule judged that the policy has not? */
static bool exception_enables(const struct policy *policy, enum rule_id rule)
{
	for (size_t i = 0; i < policy->n_exceptions; i++)
		for (size_t j = 0; j < policy->exceptions[i].n_rules; j++) {
			const struct exception_rule *change = &policy->exceptions[i].rules[j];

			if (change->rule == rule && change->has_effect && change->effect != EFFECT_DISABLED)
				return true;
		}
	return false;
}

static bool pins(const struct rule *rule, const void *settings)
{
	const struct key_values *map = rule_setting_map(rule, settings, "pins");

	return map && map->n > 0;
}

/* A digest costs more than the rest of its rule: it is taken only where the policy, or an exception, compares it. */
static bool wants_digests(const struct policy *policy)
{
	const struct rule *rule = rule_table[RULE_apparmor];
	bool wanted = pins(rule, policy->rules[rule->id].settings);

	for (size_t i = 0; i < policy->n_exceptions && !wanted; i++)
		for (size_t j = 0; j < policy->exceptions[i].n_rules && !wanted; j++)
			wanted = policy->exceptions[i].rules[j].rule == rule->id &&
				 pins(rule, policy->exceptions[i].rules[j].settings);
	return wanted;
}

unsigned engine_facts(const struct policy *policy, const struct container *container)
{
	unsigned facts = 0;

	for (size_t i = 0; i < RULE_COUNT; i++)
		if (is_asked(rule_table[i], container) && (effect_of(&policy->rules[i], container) != EFFECT_DISABLED ||
							   exception_enables(policy, rule_table[i]->id)))
			facts |= rule_table[i]->facts;
	if ((facts & HOST_FACT_APPARMOR) != 0 && wants_digests(policy))
		facts |= HOST_FACT_APPARMOR_DIGESTS;
	return facts;
}

/* What the wrapper would do about it, to be said where only a bare hook stands. */
static const char *cure_of(enum amendment amendment)
{
	switch (amendment) {
	case AMEND_SECCOMP_PROFILE:
	case AMEND_RESOURCE_LIMITS:
		return "add it";
	case AMEND_APPARMOR_PROFILE:
	case AMEND_NO_NEW_PRIVILEGES:
	case AMEND_READ_ONLY_ROOT:
		return "set it";
	case AMEND_DROP_CAPABILITIES:
		return "drop them";
	case AMEND_PROC_PATHS:
		return "restore them";
	case AMEND_REMOVE_MOUNT:
	case AMEND_REMOVE_ANNOTATION:
		return "remove it";
	case AMEND_NONE:
		break;
	}
	return NULL;
}

/*
 * A filter is the one thing that a hook can still add: to the process, not to the spec. On top of a weak one the
 * stricter answer counts; an agent that answers in place of the filter stays.
 */
static bool can_attach(const struct finding *finding)
{
	static const char rules[] = "/linux/seccomp/syscalls/";
	bool filter = strcmp(finding->pointer, "/linux/seccomp") == 0 ||
		      strncmp(finding->pointer, rules, sizeof(rules) - 1) == 0;

	return finding->rule->amendment == AMEND_SECCOMP_PROFILE && filter &&
	       rule_setting_is_true(finding->rule, finding->settings, "attach");
}

/* An effect of apply comes true where the spec can still be changed, for something that was seen; else it denies. */
static void resolve_apply(struct finding *finding, enum judge_as as, struct findings *findings)
{
	const char *cure = cure_of(finding->rule->amendment);
	bool cured = finding->kind == FINDING_VIOLATION && cure;

	if (cured && (as == JUDGE_RUNTIME || can_attach(finding)))
		return;
	finding->effect = EFFECT_DENY;
	if (cured)
		finding->remedy = findings_text(findings, "%s%slet ocigate-runtime %s", finding->remedy,
						finding->remedy[0] ? ", or " : "", cure);
}

void engine_judge_rule(const struct rule *rule, const struct container *container, const struct host *host,
		       const struct rule_policy *rule_policy, enum judge_as as, struct findings *findings)
{
	enum effect effect = effect_of(rule_policy, container);
	size_t first = findings->n;

	if (!is_asked(rule, container) || effect == EFFECT_DISABLED)
		return;
	findings->rule = rule;
	rule->judge(container, host, rule_policy->settings, findings);
	for (size_t i = first; i < findings->n; i++) {
		struct finding *finding = &findings->items[i];

		/* The stronger an effect, the smaller its number. */
		finding->effect = finding->at_most > effect ? finding->at_most : effect;
		finding->settings = rule_policy->settings;
		if (finding->effect == EFFECT_APPLY)
			resolve_apply(finding, as, findings);
	}
}

static bool is_worse(const struct finding *a, const struct finding *b)
{
	return a->severity != b->severity ? a->severity < b->severity : a->effect < b->effect;
}

/* Worst first; equals keep the order of the rules. There are few: insertion is enough, but for a list of hostile length
 * the order no longer matters to anybody. */
static void put_in_order(struct findings *findings)
{
	enum { SORTED_MAX = 512 };

	for (size_t i = 1; i < findings->n && i < SORTED_MAX; i++) {
		struct finding finding = findings->items[i];
		size_t at = i;

		for (; at > 0 && is_worse(&finding, &findings->items[at - 1]); at--)
			findings->items[at] = findings->items[at - 1];
		findings->items[at] = finding;
	}
}

void engine_conclude(struct decision *decision)
{
	struct findings *findings = &decision->findings;
	bool admitted = !findings->failed && !findings->arena->failed && !decision->error;

	put_in_order(findings);
	for (size_t i = 0; i < findings->n; i++)
		if (findings->items[i].effect != EFFECT_AUDIT && findings->items[i].effect != EFFECT_APPLY)
			admitted = false;
	decision->verdict = admitted ? VERDICT_ADMIT : VERDICT_DENY;
}

/* The rule's part of the policy for this one container: with its exception, if it has one. */
static void judge_with_exception(const struct rule *rule, const struct container *container, const struct host *host,
				 const struct policy *policy, enum judge_as as, int64_t now, struct decision *decision)
{
	struct findings *findings = &decision->findings;
	struct rule_policy rule_policy = policy->rules[rule->id];
	const struct exception *exception = NULL;
	const struct exception_rule *change = policy_exception_for(policy, container, rule->id, now, &exception);
	const size_t first = findings->n;

	if (change)
		decision_excepted(decision, exception->name);
	if (change && change->has_effect) {
		rule_policy.effect = change->effect;
		rule_policy.exec_effect = change->effect;
	}
	if (change && change->settings)
		rule_policy.settings = change->settings;
	engine_judge_rule(rule, container, host, &rule_policy, as, findings);
	for (size_t i = first; change && change->has_effect && i < findings->n; i++)
		findings->items[i].exception = exception->name;
}

/* Whoever is refused since yesterday should not have to find out why. */
static void note_expired(const struct container *container, const struct policy *policy, int64_t now,
			 struct decision *decision)
{
	enum { NOTES_MAX = 4 };
	size_t i = policy_exception_expired(policy, container, now, 0);

	for (unsigned told = 0; i < policy->n_exceptions && told < NOTES_MAX; told++) {
		const struct exception *exception = &policy->exceptions[i];
		char bytes[40];
		struct out date;

		out_init(&date, bytes, sizeof(bytes));
		out_time(&date, (exception->expires - 1) * 1000000);
		decision_note(decision, "the exception %s ended on %.10s", exception->name, bytes);
		i = policy_exception_expired(policy, container, now, i + 1);
	}
}

void engine_judge(const struct container *container, const struct host *host, const struct policy *policy,
		  enum judge_as as, int64_t now, struct decision *decision)
{
	struct findings *findings = &decision->findings;

	decision->policy_digest = policy->digest ? policy->digest : "";
	decision->policy_stale = policy->stale;
	for (size_t i = 0; i < RULE_COUNT; i++)
		judge_with_exception(rule_table[i], container, host, policy, as, now, decision);
	note_expired(container, policy, now, decision);
	if (findings->failed || findings->arena->failed) {
		decision->error = "out of memory";
		decision->error_kind = ERR_SYSTEM;
		decision->error_pointer = "";
	}
	engine_conclude(decision);
}
