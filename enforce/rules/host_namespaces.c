/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host-namespaces
 *
 * Fields: linux.namespaces. Allowed: namespaces of the container's own.
 * A namespace is the host's when the kernel says so (inode), not when an entry
 * is missing: containerd gives every container of a host-mode pod an entry
 * with a path that leads to the host's (security facts, "Who is the host").
 */
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/host.h"
#include "ocigate/rule.h"

struct settings {
	struct strings forbidden;
};

static const char *const forbidden_words[] = {"pid", "ipc", "mount"};
static const struct settings defaults = {{forbidden_words, 3}};

static const struct setting settings_table[] = {
	{"forbidden", SETTING_STRINGS, CHECK_NAMESPACE, NULL, 0, 0, offsetof(struct settings, forbidden),
	 "Namespaces that must not be the host's"},
};

/* What the author of a pod has to change, by enum namespace_type. */
static const char *const remedies[NS_TYPES] = {
	[NS_PID] = "set hostPID: false",
	[NS_NETWORK] = "set hostNetwork: false",
	[NS_IPC] = "set hostIPC: false",
	[NS_MOUNT] = "give the container a mount namespace",
	[NS_UTS] = "give the container a uts namespace",
	[NS_USER] = "set hostUsers: false",
	[NS_CGROUP] = "give the container a cgroup namespace",
	[NS_TIME] = "give the container a time namespace",
};

static const char *pointer_of(const struct namespace_entry *entry, struct findings *findings)
{
	if (!entry->present)
		return "/linux/namespaces";
	return findings_text(findings, "/linux/namespaces/%zu", entry->index);
}

static void judge_type(const struct container *container, const struct host *host, enum namespace_type type,
		       struct findings *findings)
{
	const struct namespace_entry *entry = &container->namespaces[type];
	const char *name = namespace_type_names[type];
	const char *path = entry->path ? entry->path : "";
	enum tri shared = host->namespaces[type].shared;

	if (shared == TRI_NO)
		return;
	findings_add(findings, shared == TRI_YES ? FINDING_VIOLATION : FINDING_UNDECIDED, pointer_of(entry, findings), path,
		     shared == TRI_YES ? findings_text(findings, "shares the host's %s namespace", name)
				       : findings_text(findings, "cannot tell whether the %s namespace is the host's", name),
		     remedies[type]);
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct settings *own = settings;

	for (int type = 0; type < NS_TYPES; type++)
		for (size_t i = 0; i < own->forbidden.n; i++)
			if (strcmp(own->forbidden.items[i], namespace_type_names[type]) == 0)
				judge_type(container, host, (enum namespace_type)type, findings);
}

const struct rule rule_host_namespaces = {
	.id = RULE_host_namespaces,
	.name = "host-namespaces",
	.group = RULE_GROUP_CORE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_HIGH,
	.scope = RULE_SCOPE_CREATE,
	.facts = HOST_FACT_NAMESPACES,
	.title = "namespaces shared with the host",
	.fields = "linux.namespaces, /proc/PID/ns",
	.allowed = "namespaces of the container's own or of its pod",
	.why = "In the host's pid or ipc namespace a container sees, signals and traces the node's processes.",
	.recommendation = "14: Containers sharing sensitive host namespaces should be avoided",
	.pss = "Host Namespaces (baseline)",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
