/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host-namespaces
 *
 * Fields: linux.namespaces, cgroupsPath, resources.unified, hostname, domainname; /proc/PID/ns of the container
 * against that of the runtime.
 * Allowed: namespaces of the container's own, or of its pod.
 * Stops: looking at, signalling and tracing the node's processes (pid), reading and writing the shared memory of its
 * services (ipc), changing what the node itself has mounted (mount).
 *
 * A namespace is the host's when the kernel says so (inode), not when an entry is missing: containerd gives every
 * container of a hostPID pod an entry whose path leads to the host's, and a pod that shares one pid namespace among
 * its own containers looks exactly the same. A missing entry means the runtime's own namespace: the host's.
 * The network namespace has a rule of its own, host-network.
 *
 * The uts namespace may be the host's (that comes with its network), but not together with a name: runtimes refuse one
 * where the entry is missing, and give it to the node where the entry's path leads to the node's.
 */
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/fs.h"
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

/*
 * Whatever is in it already gets what is mounted for the container, and its root: before a hook could look, and even
 * where it is not the host's own, but that of a service which systemd gave private directories.
 */
static void judge_joined_mounts(const struct container *container, const struct host *host, struct findings *findings)
{
	const struct namespace_entry *entry = &container->namespaces[NS_MOUNT];

	if (entry->path && host->namespaces[NS_MOUNT].shared == TRI_NO)
		findings_add(findings, FINDING_VIOLATION,
			     findings_text(findings, "/linux/namespaces/%zu", entry->index), entry->path,
			     "mounts its file systems where others have theirs: its mount namespace is there already",
			     remedies[NS_MOUNT].pod);
}

/* A name that is a unit of systemd's, which is there for others. */
static bool is_unit(const char *name)
{
	static const char *const kinds[] = {".service", ".slice", "init.scope"};
	size_t len = strcspn(name, "/"), n;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		n = strlen(kinds[i]);
		if (len >= n && strncmp(name + len - n, kinds[i], n) == 0)
			return true;
	}
	return false;
}

/* The kubelet's names where there is no systemd: of the group of all pods, of a class of them, of one. */
static bool is_for_pods(const char *path, const char *last)
{
	static const char *const rooms[] = {"kubepods", "burstable", "besteffort"};
	const char *top = strstr(path, rooms[0]);

	if (!top || (top > path && top[-1] != '/') || (top[8] != '/' && top[8] != '\0'))
		return false;
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
		if (strcspn(last, "/") == strlen(rooms[i]) && strncmp(last, rooms[i], strlen(rooms[i])) == 0)
			return true;
	return strncmp(last, "pod", 3) == 0;
}

/*
 * The runtime writes the container's limits into its control group, ends all processes in it and removes it, with all
 * below it: it must be the container's own. "PARENT:PREFIX:NAME" is a scope that systemd makes, if NAME is no slice.
 * What it lies below is not asked: builds put their containers below themselves, to be limited together.
 */
static void judge_cgroup(const struct container *container, struct findings *findings)
{
	const char *path = container->cgroups_path, *last = NULL;
	const char *message = NULL;

	if (!path || !path[0])
		return;
	for (const char *at = path; *at; at += strcspn(at, "/:")) {
		at += strspn(at, "/:");
		if (*at && strcspn(at, "/") != strspn(at, "."))
			last = at;
	}
	if (path_climbs(path))
		message = "leaves its place among the node's control groups";
	else if (!last)
		message = "is put into the node's own control group";
	else if (is_unit(last))
		message = "is put into the control group of a service of the node";
	else if (is_for_pods(path, last))
		message = "is put into a control group that the kubelet has for pods";
	if (message)
		findings_add(findings, FINDING_VIOLATION, "/linux/cgroupsPath", path, message,
			     "give the container a control group of its own");
}

/* With version 2 any file of the group can be written to: one of them brings processes of the node into it. */
static void judge_unified(const struct key_value *file, struct findings *findings)
{
	const char *message = NULL;

	if (strchr(file->key, '/') ||
	    (strncmp(file->key, "cgroup.", 7) == 0 && strncmp(file->key, "cgroup.max.", 11) != 0))
		message = "moves processes of the node into its control group, or changes what a group is";
	else if (strcmp(file->key, "cpuset.cpus.partition") == 0 && strcmp(file->value, "member") != 0)
		message = "takes processors away from the node";
	if (message)
		findings_add(findings, FINDING_VIOLATION,
			     findings_pointer(findings, "/linux/resources/unified", file->key), file->value, message,
			     "set limits alone in unified");
}

static void judge_name(const struct host *host, const char *name, const char *pointer, struct findings *findings)
{
	const enum tri shared = host->namespaces[NS_UTS].shared;

	if (!name || !name[0] || shared == TRI_NO)
		return;
	findings_add(findings, shared == TRI_YES ? FINDING_VIOLATION : FINDING_UNDECIDED, pointer, name,
		     shared == TRI_YES ? "names the node itself: its uts namespace is the host's"
				       : "cannot tell whether it names the node itself",
		     "give the container a uts namespace, or no name");
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct settings *own = settings;

	for (int type = 0; type < NS_TYPES; type++)
		if (strings_hold(&own->forbidden, namespace_type_names[type]))
			judge_type(container, host, (enum namespace_type)type, findings);
	if (strings_hold(&own->forbidden, namespace_type_names[NS_MOUNT]))
		judge_joined_mounts(container, host, findings);
	judge_cgroup(container, findings);
	for (size_t i = 0; i < container->resources.unified.n; i++)
		judge_unified(&container->resources.unified.items[i], findings);
	if (strings_hold(&own->forbidden, namespace_type_names[NS_UTS]))
		return;
	judge_name(host, container->hostname, "/hostname", findings);
	judge_name(host, container->domainname, "/domainname", findings);
}

const struct rule rule_host_namespaces = {
	.id = RULE_host_namespaces,
	.name = "host-namespaces",
	.group = RULE_GROUP_CORE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_HIGH,
	.scope = RULE_SCOPE_CREATE,
	.facts = HOST_FACT_NAMESPACES,
	.title = "namespaces, names and control groups shared with the host",
	.fields = "linux.namespaces, linux.cgroupsPath, linux.resources.unified, hostname, domainname, /proc/PID/ns",
	.allowed = "namespaces of the container's own or of its pod",
	.why = "In the host's pid or ipc namespace a container sees, signals and traces the node's processes; "
	       "without a mount namespace it mounts over the node's own files.",
	.recommendation = "14: Containers sharing sensitive host namespaces should be avoided",
	.pss = "Host Namespaces (baseline)",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
