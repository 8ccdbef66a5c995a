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
 * denies, and with no such rule the process shows "Seccomp: 2" and is as free as without. An agent behind
 * listenerPath may let through what it likes.
 *
 * The default effect is to put the default profile into the spec. A hook comes too late for that: there the finding
 * denies, and what the person reads is told to come by the runtime wrapper, which can.
 */
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/rule.h"

enum action { ACTION_UNKNOWN = 0, ACTION_PASSES, ACTION_DENIES, ACTION_ASKS };

/* runtime-spec, config-linux.md, "Seccomp"; libseccomp's actions. */
static const struct {
	const char *name;
	enum action action;
} actions[] = {
	{"SCMP_ACT_ALLOW", ACTION_PASSES},	 {"SCMP_ACT_LOG", ACTION_PASSES},
	{"SCMP_ACT_ERRNO", ACTION_DENIES},	 {"SCMP_ACT_KILL", ACTION_DENIES},
	{"SCMP_ACT_TRAP", ACTION_DENIES},	 {"SCMP_ACT_KILL_PROCESS", ACTION_DENIES},
	{"SCMP_ACT_KILL_THREAD", ACTION_DENIES}, {"SCMP_ACT_TRACE", ACTION_DENIES},
	{"SCMP_ACT_NOTIFY", ACTION_ASKS},
};

static enum action action_of(const char *name)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, name) == 0)
			return actions[i].action;
	return ACTION_UNKNOWN;
}

static bool any_rule_denies(const struct seccomp *seccomp)
{
	for (size_t i = 0; i < seccomp->n_rules; i++)
		if (seccomp->rules[i].names.n > 0 && action_of(seccomp->rules[i].action) == ACTION_DENIES)
			return true;
	return false;
}

static void judge_filter(const struct container *container, struct findings *findings)
{
	const struct seccomp *seccomp = &container->seccomp;
	enum action action = action_of(seccomp->default_action);
	bool pod = identity_is_pod(&container->identity);

	if (action == ACTION_UNKNOWN)
		findings_add(findings, FINDING_UNDECIDED, "/linux/seccomp/defaultAction", seccomp->default_action,
			     findings_text(findings, "cannot tell what its seccomp filter does by default: %s",
					   seccomp->default_action),
			     "correct defaultAction in the seccomp profile");
	else if (action == ACTION_PASSES && !any_rule_denies(seccomp))
		findings_add(findings, FINDING_VIOLATION, "/linux/seccomp", seccomp->default_action,
			     "has a seccomp filter that denies nothing",
			     pod ? "set seccompProfile.type: RuntimeDefault" : "run without --security-opt seccomp=…");
	if (seccomp->listener_path || action == ACTION_ASKS)
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
