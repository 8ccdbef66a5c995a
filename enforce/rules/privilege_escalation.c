/* SPDX-License-Identifier: Apache-2.0 */
/*
 * privilege-escalation
 *
 * Fields: process.noNewPrivileges. Allowed: true.
 * Without it a set-uid program or file capabilities in the image give a
 * process more than it was started with. An engine that drops everything and
 * an engine that is asked for nothing look alike otherwise: the bit alone tells.
 */
#include "ocigate/container.h"
#include "ocigate/rule.h"

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	struct finding *finding;

	(void)host;
	(void)settings;
	if (container->process.no_new_privileges)
		return;
	finding = findings_add(findings, FINDING_VIOLATION,
			       container->exec ? "/noNewPrivileges" : "/process/noNewPrivileges", "false",
			       "may gain privileges after its start",
			       identity_is_pod(&container->identity) ? "set allowPrivilegeEscalation: false"
								     : "run with --security-opt no-new-privileges");
	/* CRI-O's pause container never has it, whatever the pod says. */
	if (!container->exec && identity_is_pause(&container->identity))
		finding->at_most = EFFECT_AUDIT;
}

const struct rule rule_privilege_escalation = {
	.id = RULE_privilege_escalation,
	.name = "privilege-escalation",
	.group = RULE_GROUP_HARDEN,
	.effect = EFFECT_AUDIT,
	.severity = SEVERITY_MEDIUM,
	.scope = RULE_SCOPE_CREATE | RULE_SCOPE_EXEC,
	.amendment = AMEND_NO_NEW_PRIVILEGES,
	.title = "no-new-privileges is not set",
	.fields = "process.noNewPrivileges",
	.allowed = "true",
	.why = "Set-uid programs and file capabilities in an image lift a process above what it was started with.",
	.recommendation = "9: Container with privilege escalation should be avoided",
	.pss = "Privilege Escalation (restricted)",
	.judge = judge,
};
