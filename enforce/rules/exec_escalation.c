/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec-escalation
 *
 * Fields: the process of an exec, against the process that its container was created with.
 * Allowed: no capability that the container's own process did not have, uid 0 only where the container runs as it,
 * no-new-privileges where the container has it, the container's own AppArmor and SELinux labels.
 * Stops: `docker exec --privileged` (all capabilities) and `exec --user 0`, which walk around everything that was judged
 * when the container was created. kubectl exec and probes take the container's own process and pass.
 *
 * A container from before ocigate whose bundle is of no use has nothing to compare with: the other rules judge alone.
 */
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/rule.h"

static uint64_t allowed_mask(const struct process *created, enum capability_kind kind)
{
	/* What the container may raise by itself, it may be given. */
	if (kind == CAPS_EFFECTIVE || kind == CAPS_PERMITTED)
		return created->caps[CAPS_PERMITTED].mask | created->caps[CAPS_EFFECTIVE].mask;
	return created->caps[kind].mask;
}

static const char *words_of(uint64_t mask, struct findings *findings)
{
	enum { NAMED_MAX = 6 };
	const char *text = "";
	int named = 0;

	for (int number = 0; number < 64 && named < NAMED_MAX; number++) {
		if ((mask >> number & 1) == 0)
			continue;
		text = findings_text(findings, "%s%s%s", text, named > 0 ? ", " : "",
				     capability_name(number) + strlen("CAP_"));
		mask &= ~(UINT64_C(1) << number);
		named++;
	}
	return mask == 0 ? text : findings_text(findings, "%s and %d more", text, __builtin_popcountll(mask));
}

static void judge_capabilities(const struct process *process, const struct process *created, struct findings *findings)
{
	uint64_t excess = 0;
	int first = CAPS_KINDS;
	const char *words;

	for (int kind = CAPS_KINDS - 1; kind >= 0; kind--) {
		uint64_t over = process->caps[kind].mask & ~allowed_mask(created, (enum capability_kind)kind);

		excess |= over;
		if (over != 0)
			first = kind;
	}
	if (excess == 0)
		return;
	words = words_of(excess, findings);
	findings_add(findings, FINDING_VIOLATION,
		     findings_text(findings, "/process/capabilities/%s", capability_kind_names[first]), words,
		     findings_text(findings, "has capabilities that its container was not created with: %s", words),
		     "exec without --privileged and --cap");
}

/* An empty label is the container's own: runtimes put it in. */
static bool is_other_label(const char *label, const char *created)
{
	return label && label[0] != '\0' && strcmp(label, created ? created : "") != 0;
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct process *process = &container->process, *created = container->created;

	(void)host;
	(void)settings;
	if (!created)
		return;
	judge_capabilities(process, created, findings);
	if (process->uid == 0 && created->uid != 0)
		findings_add(
			findings, FINDING_VIOLATION, "/process/user/uid", "0",
			findings_text(findings, "runs as root in a container that runs as uid %lld",
				      (long long)created->uid),
			findings_text(findings, "exec as the container's user: --user %lld", (long long)created->uid));
	if (!process->no_new_privileges && created->no_new_privileges)
		findings_add(findings, FINDING_VIOLATION, "/process/noNewPrivileges", "false",
			     "may gain privileges, which its container may not", "set no-new-privileges for the exec");
	if (is_other_label(process->apparmor_profile, created->apparmor_profile))
		findings_add(findings, FINDING_VIOLATION, "/process/apparmorProfile", process->apparmor_profile,
			     findings_text(findings, "runs under AppArmor profile %s, not under its container's",
					   process->apparmor_profile),
			     "exec without --apparmor");
	if (is_other_label(process->selinux_label, created->selinux_label))
		findings_add(findings, FINDING_VIOLATION, "/process/selinuxLabel", process->selinux_label,
			     findings_text(findings, "runs under SELinux label %s, not under its container's",
					   process->selinux_label),
			     "exec without --process-label");
}

const struct rule rule_exec_escalation = {
	.id = RULE_exec_escalation,
	.name = "exec-escalation",
	.group = RULE_GROUP_ESCAPE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_HIGH,
	.scope = RULE_SCOPE_EXEC,
	.title = "an exec that holds more than its container",
	.fields = "an exec's process: capabilities, user, noNewPrivileges, apparmorProfile, selinuxLabel",
	.allowed = "what the container was created with",
	.why = "docker exec --privileged and --user 0 walk around everything that was judged when the container was "
	       "created.",
	.alert = "K8S.NODE_PrivilegedExecutionInContainer",
	.judge = judge,
};
