/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service-account-token
 *
 * Fields: mounts. Allowed: no mount of an API credential.
 * Two signs, either is enough: the destination that clients look in, and a
 * source that the kubelet fills with a token (its generated volume is named
 * kube-api-access-…, before 1.22 …-token-…). A mount above or below the
 * destination counts too: it brings the token along or lies in it.
 */
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/fs.h"
#include "ocigate/rule.h"

static const char destination[] = "/var/run/secrets/kubernetes.io/serviceaccount";
static const char destination_run[] = "/run/secrets/kubernetes.io/serviceaccount";

/* …/volumes/kubernetes.io~projected/kube-api-access-x and …/volumes/kubernetes.io~secret/NAME-token-x */
static bool generated_by_kubelet(const char *source)
{
	const char *name = source ? strrchr(source, '/') : NULL;

	if (!name)
		return false;
	return (strncmp(name, "/kube-api-access-", 17) == 0 && strstr(source, "/volumes/kubernetes.io~projected/")) ||
	       (strstr(name, "-token-") && strstr(source, "/volumes/kubernetes.io~secret/"));
}

static bool brings_token(const struct mount *mount)
{
	if (mount->kind != MOUNT_BIND)
		return false;
	return path_within(mount->path, destination) || path_within(mount->path, destination_run) ||
	       generated_by_kubelet(mount->source);
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	(void)host;
	(void)settings;
	for (size_t i = 0; i < container->n_mounts; i++)
		if (brings_token(&container->mounts[i]))
			findings_add(findings, FINDING_VIOLATION, findings_text(findings, "/mounts/%zu", i),
				     container->mounts[i].destination, "holds a credential for the Kubernetes API",
				     "set automountServiceAccountToken: false");
}

const struct rule rule_service_account_token = {
	.id = RULE_service_account_token,
	.name = "service-account-token",
	.group = RULE_GROUP_HARDEN,
	.effect = EFFECT_AUDIT,
	.severity = SEVERITY_LOW,
	.scope = RULE_SCOPE_CREATE,
	.amendment = AMEND_REMOVE_MOUNT,
	.title = "a Kubernetes API credential is mounted",
	.fields = "mounts",
	.allowed = "no service account token",
	.why = "Whoever takes over the container speaks to the API server in its name.",
	.recommendation = "10: Kubernetes clusters should disable automounting API credentials",
	.alert = "K8S.NODE_KubernetesAPI",
	.judge = judge,
};
