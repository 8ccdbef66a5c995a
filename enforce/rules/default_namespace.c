/* SPDX-License-Identifier: Apache-2.0 */
/*
 * default-namespace
 *
 * Fields: the Kubernetes namespace that the engine wrote into the annotations.
 * Allowed: any but those forbidden. Containers that are no pod's have no
 * namespace and are none of this rule's business; a claim that nobody vouches
 * for is judged as claimed: lying can only hurt the liar here.
 */
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/rule.h"

struct settings {
	struct strings namespaces;
};

static const char *const forbidden[] = {"default"};
static const struct settings defaults = {{forbidden, 1}};

static const struct setting settings_table[] = {
	{"namespaces", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, namespaces),
	 "Kubernetes namespaces that nothing should run in"},
};

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct settings *own = settings;
	const char *namespace = container->identity.namespace;

	(void)host;
	for (size_t i = 0; i < own->namespaces.n; i++) {
		if (strcmp(own->namespaces.items[i], namespace) == 0) {
			findings_add(findings, FINDING_VIOLATION, "/annotations", namespace,
				     findings_text(findings, "runs in the namespace %s", namespace),
				     "give the workload a namespace of its own");
			return;
		}
	}
}

const struct rule rule_default_namespace = {
	.id = RULE_default_namespace,
	.name = "default-namespace",
	.group = RULE_GROUP_HARDEN,
	.effect = EFFECT_AUDIT,
	.severity = SEVERITY_LOW,
	.scope = RULE_SCOPE_CREATE,
	.title = "runs in a forbidden Kubernetes namespace",
	.fields = "annotations: the namespace, from the engine's own key",
	.allowed = "any namespace but default",
	.why = "Quotas, network policies and roles hang on namespaces; the default one usually has none.",
	.recommendation = "17: Kubernetes clusters should not use the default namespace",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
