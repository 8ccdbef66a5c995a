/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read-only-rootfs
 *
 * Fields: root.readonly. Allowed: true.
 * A root that cannot be written cannot be made to hold tools that the image
 * did not bring, nor a changed program for the next start.
 */
#include "ocigate/container.h"
#include "ocigate/rule.h"

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	(void)host;
	(void)settings;
	if (!container->root_read_only)
		findings_add(findings, FINDING_VIOLATION, "/root/readonly", "false", "the root filesystem is writable",
			     identity_is_pod(&container->identity) ? "set readOnlyRootFilesystem: true"
								   : "run with --read-only");
}

const struct rule rule_read_only_rootfs = {
	.id = RULE_read_only_rootfs,
	.name = "read-only-rootfs",
	.group = RULE_GROUP_HARDEN,
	.effect = EFFECT_AUDIT,
	.severity = SEVERITY_MEDIUM,
	.scope = RULE_SCOPE_CREATE,
	.amendment = AMEND_READ_ONLY_ROOT,
	.title = "writable root filesystem",
	.fields = "root.readonly",
	.allowed = "true",
	.why = "What can be written can be made to hold tools that the image did not bring.",
	.recommendation = "11: Immutable (read-only) root filesystem should be enforced for containers",
	.alert = "K8S.NODE_DriftDetection",
	.judge = judge,
};
