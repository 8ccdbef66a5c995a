/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp
 *
 * Fields: linux.seccomp.
 * Allowed: a filter that denies something; no agent that answers in its place.
 * Stops: nothing by itself, but nearly every kernel exploit needs a system call that a program in a container never
 * makes (userfaultfd, keyctl, io_uring, a new user namespace …), and the filter is what takes them away.
 *
 * Whether there is a filter says little. A default action of ALLOW or LOG lets everything through but what a rule
 * denies, and with no such rule the process shows "Seccomp: 2" and is as free as without. The same holds for a rule
 * with a name in capitals or a condition that cannot be met. An agent behind listenerPath may let through what it
 * likes.
 *
 * The default effect is to put the default profile into the spec. A hook comes too late for that: there the finding
 * denies, and what the person reads is told to come by the runtime wrapper, which can.
 */
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/rule.h"

/*
 * The actions of config-linux.md, "Seccomp", that let a call through. All the others (the reader knows no more than the
 * runtime-spec has) stop it, or ask.
 */
static bool passes(const char *action)
{
	return strcmp(action, "SCMP_ACT_ALLOW") == 0 || strcmp(action, "SCMP_ACT_LOG") == 0;
}

static bool asks(const char *action)
{
	return strcmp(action, "SCMP_ACT_NOTIFY") == 0;
}

static bool any_rule_denies(const struct seccomp *seccomp)
{
	for (size_t i = 0; i < seccomp->n_rules; i++)
		if (seccomp->rules[i].names.n > 0 && !passes(seccomp->rules[i].action) &&
		    !asks(seccomp->rules[i].action))
			return true;
	return false;
}

/* libseccomp leaves a name that it does not know out of the filter without a word. Newer ones than it knows are common. */
static bool is_spelt_as_call(const char *name)
{
	return name[0] && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* No number is below 0 or above the largest; what lies beyond a mask is cut off, and the line means something else. */
static bool is_plain_condition(const struct seccomp_arg *arg)
{
	if (strcmp(arg->op, "SCMP_CMP_LT") == 0)
		return arg->value > 0;
	if (strcmp(arg->op, "SCMP_CMP_GT") == 0)
		return arg->value < UINT64_MAX;
	return strcmp(arg->op, "SCMP_CMP_MASKED_EQ") != 0 || (arg->value_two & ~arg->value) == 0;
}

/* Lines that show a denial and do not deny: they count where everything else passes. */
static void judge_denials(const struct seccomp *seccomp, const char *remedy, struct findings *findings)
{
	for (size_t i = 0; i < seccomp->n_rules; i++) {
		const struct seccomp_rule *rule = &seccomp->rules[i];

		if (passes(rule->action))
			continue;
		for (size_t j = 0; j < rule->names.n; j++)
			if (!is_spelt_as_call(rule->names.items[j]))
				findings_add(findings, FINDING_VIOLATION,
					     findings_text(findings, "/linux/seccomp/syscalls/%zu/names/%zu", i, j),
					     rule->names.items[j],
					     "denies a name that no system call has: the call that is meant passes",
					     remedy);
		for (size_t j = 0; j < rule->n_args; j++)
			if (!is_plain_condition(&rule->args[j]))
				findings_add(findings, FINDING_VIOLATION,
					     findings_text(findings, "/linux/seccomp/syscalls/%zu/args/%zu", i, j),
					     rule->args[j].op,
					     "denies under a condition that no argument meets: the call passes",
					     remedy);
	}
}

static void judge_filter(const struct container *container, struct findings *findings)
{
	const struct seccomp *seccomp = &container->seccomp;
	bool pod = identity_is_pod(&container->identity);

	if (passes(seccomp->default_action) && !any_rule_denies(seccomp))
		findings_add(findings, FINDING_VIOLATION, "/linux/seccomp", seccomp->default_action,
			     "has a seccomp filter that denies nothing",
			     pod ? "set seccompProfile.type: RuntimeDefault" : "run without --security-opt seccomp=…");
	if (passes(seccomp->default_action))
		judge_denials(seccomp, pod ? "set seccompProfile.type: RuntimeDefault" : "correct the seccomp profile",
			      findings);
	if (seccomp->listener_path || asks(seccomp->default_action))
		findings_add(findings, FINDING_VIOLATION,
			     seccomp->listener_path ? "/linux/seccomp/listenerPath" : "/linux/seccomp/defaultAction",
			     seccomp->listener_path ? seccomp->listener_path : seccomp->default_action,
			     "lets an agent outside decide about its system calls",
			     pod ? "set seccompProfile.type: RuntimeDefault"
				 : "use a seccomp profile without listenerPath");
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	(void)host;
	(void)settings;
	if (container->seccomp.present)
		judge_filter(container, findings);
	else
		findings_add(findings, FINDING_VIOLATION, "/linux/seccomp", "", "runs without a seccomp filter",
			     identity_is_pod(&container->identity)
				     ? "set seccompProfile.type: RuntimeDefault"
				     : "run without --security-opt seccomp=unconfined and without --privileged");
}

const struct rule rule_seccomp = {
	.id = RULE_seccomp,
	.name = "seccomp",
	.group = RULE_GROUP_CORE,
	.effect = EFFECT_APPLY,
	.severity = SEVERITY_MEDIUM,
	.scope = RULE_SCOPE_CREATE,
	.amendment = AMEND_SECCOMP_PROFILE,
	.title = "no seccomp filter, or one that denies nothing",
	.fields = "linux.seccomp",
	.allowed = "a filter that denies, with no agent to answer in its place",
	.why = "Most kernel exploits need a system call that no program in a container makes; the filter takes those "
	       "away.",
	.pss = "Seccomp (baseline, restricted)",
	.judge = judge,
};
