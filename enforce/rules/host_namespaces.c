/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host-namespaces
 *
 * Fields: linux.namespaces; /proc/PID/ns of the container against that of the runtime.
 * Allowed: namespaces of the container's own, or of its pod.
 * Stops: looking at, signalling and tracing the node's processes (pid), reading and writing the shared memory of its
 * services (ipc), changing what the node itself has mounted (mount).
 *
 * A namespace is the host's when the kernel says so (inode), not when an entry is missing: containerd gives every
 * container of a hostPID pod an entry whose path leads to the host's, and a pod that shares one pid namespace among
 * its own containers looks exactly the same. A missing entry means the runtime's own namespace: the host's.
 * The network namespace has a rule of its own, host-network.
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

/* What has to change, by enum namespace_type: in a pod, and at a command line. */
static const struct {
	const char *pod;
	const char *command;
} remedies[NS_TYPES] = {
	[NS_PID] = {"set hostPID: false", "run without --pid=host"},
	[NS_NETWORK] = {"set hostNetwork: false", "run without --network=host"},
	[NS_MOUNT] = {"give the container a mount namespace", "give the container a mount namespace"},
	[NS_IPC] = {"set hostIPC: false", "run without --ipc=host"},
	[NS_UTS] = {"set hostNetwork: false, which shares the host name too", "run without --uts=host"},
	[NS_USER] = {"set hostUsers: false", "run with --userns=auto or --uidmap"},
	[NS_CGROUP] = {"give the container a cgroup namespace", "run with --cgroupns=private"},
	[NS_TIME] = {"give the container a time namespace", "give the container a time namespace"},
};

static void judge_type(const struct container *container, const struct host *host, enum namespace_type type,
		       struct findings *findings)
{
	const struct namespace_entry *entry = &container->namespaces[type];
	const char *name = namespace_type_names[type];
	enum tri shared = host->namespaces[type].shared;
	const char *pointer, *message;

	if (shared == TRI_NO)
		return;
	pointer = entry->present ? findings_text(findings, "/linux/namespaces/%zu", entry->index) : "/linux/namespaces";
	message = shared == TRI_YES
			  ? findings_text(findings, "shares the host's %s namespace", name)
			  : findings_text(findings, "cannot tell whether the %s namespace is the host's", name);
	findings_add(findings, shared == TRI_YES ? FINDING_VIOLATION : FINDING_UNDECIDED, pointer,
		     entry->path ? entry->path : "", message,
		     identity_is_pod(&container->identity) ? remedies[type].pod : remedies[type].command);
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct settings *own = settings;

	for (int type = 0; type < NS_TYPES; type++) {
		bool forbidden = false;

		for (size_t i = 0; i < own->forbidden.n; i++)
			forbidden |= strcmp(own->forbidden.items[i], namespace_type_names[type]) == 0;
		if (forbidden)
			judge_type(container, host, (enum namespace_type)type, findings);
	}
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
	.why = "In the host's pid or ipc namespace a container sees, signals and traces the node's processes; without "
	       "a "
	       "mount namespace it mounts over the node's own files.",
	.recommendation = "14: Containers sharing sensitive host namespaces should be avoided",
	.pss = "Host Namespaces (baseline)",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
