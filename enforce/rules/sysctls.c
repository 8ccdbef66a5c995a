/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sysctls
 *
 * Fields: linux.sysctl. Allowed: the safe set of the Pod Security Standards,
 * which also holds what engines set by themselves
 * (ip_unprivileged_port_start, ping_group_range).
 *
 * Name and value are both judged: CRI-O's pinns split its arguments at "+", so
 * that the value of a harmless name carried a second, harmful setting
 * (CVE-2022-0811). A safe name is safe only in a namespace of the container's
 * own: net.* belongs to the network namespace, the others to the ipc one.
 * Runtimes turn dots into slashes to find the file, and some keep slashes as
 * they are: "net/../kernel/core_pattern" must not pass for a name.
 *
 * CRI-O sets a pod's sysctls itself and starts no pause container whose spec
 * has them: they are read from the sandbox's saved spec, so that no container
 * of such a pod starts.
 */
#include <fnmatch.h>
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/host.h"
#include "ocigate/rule.h"

struct settings {
	struct strings allowed;
};

static const char *const safe[] = {
	"kernel.shm_rmid_forced",
	"net.ipv4.ip_local_port_range",
	"net.ipv4.ip_local_reserved_ports",
	"net.ipv4.ip_unprivileged_port_start",
	"net.ipv4.ping_group_range",
	"net.ipv4.tcp_fin_timeout",
	"net.ipv4.tcp_keepalive_intvl",
	"net.ipv4.tcp_keepalive_probes",
	"net.ipv4.tcp_keepalive_time",
	"net.ipv4.tcp_notsent_lowat",
	"net.ipv4.tcp_rmem",
	"net.ipv4.tcp_slow_start_after_idle",
	"net.ipv4.tcp_syncookies",
	"net.ipv4.tcp_wmem",
};
static const struct settings defaults = {{safe, sizeof(safe) / sizeof(safe[0])}};

static const struct setting settings_table[] = {
	{"allowed", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, allowed),
	 "Sysctls that a container may set, \"*\" matches any text: \"net.ipv4.tcp_*\""},
};

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS	"0123456789"

/* Dot-separated words; no slash, no empty word. */
static bool is_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && strspn(name, LETTERS DIGITS "_-.") == len && name[0] != '.' && name[len - 1] != '.' &&
	       !strstr(name, "..");
}

static bool is_plain_value(const char *value)
{
	return value[strspn(value, LETTERS DIGITS " \t_-.,:")] == '\0';
}

static bool is_allowed(const struct strings *allowed, const char *name)
{
	for (size_t i = 0; i < allowed->n; i++)
		if (fnmatch(allowed->items[i], name, 0) == 0)
			return true;
	return false;
}

/* The namespace that keeps a sysctl from being the node's; kernel: net/, ipc/ipc_sysctl.c, ipc/mq_sysctl.c, kernel/utsname_sysctl.c */
static enum namespace_type namespace_of(const char *name)
{
	static const char *const ipc[] = {"kernel.shm*", "kernel.msg*", "kernel.sem*", "kernel.auto_msgmni",
					  "fs.mqueue.*"};

	if (strncmp(name, "net.", 4) == 0)
		return NS_NETWORK;
	for (size_t i = 0; i < sizeof(ipc) / sizeof(ipc[0]); i++)
		if (fnmatch(ipc[i], name, 0) == 0)
			return NS_IPC;
	if (strcmp(name, "kernel.hostname") == 0 || strcmp(name, "kernel.domainname") == 0)
		return NS_UTS;
	return NS_TYPES;
}

static const char *remedy_of(const struct container *container, const char *name, struct findings *findings)
{
	return findings_text(findings,
			     identity_is_pod(&container->identity) ? "remove securityContext.sysctls \"%s\""
								   : "run without --sysctl %s",
			     name);
}

static void judge_namespace(const struct container *container, const struct host *host, const char *name,
			    const char *pointer, struct findings *findings)
{
	enum namespace_type type = namespace_of(name);
	enum tri shared = type == NS_TYPES ? TRI_YES : host->namespaces[type].shared;
	const char *remedy = remedy_of(container, name, findings);

	if (type == NS_TYPES)
		findings_add(findings, FINDING_VIOLATION, pointer, name,
			     "sets a sysctl that belongs to no namespace: it is the node's", remedy);
	else if (shared == TRI_YES)
		findings_add(
			findings, FINDING_VIOLATION, pointer, name,
			findings_text(findings, "sets a sysctl in the host's %s namespace", namespace_type_names[type]),
			remedy);
	else if (shared == TRI_UNKNOWN)
		findings_add(findings, FINDING_UNDECIDED, pointer, name,
			     findings_text(findings,
					   "sets a sysctl, and cannot tell whether the %s namespace is the host's",
					   namespace_type_names[type]),
			     remedy);
}

static void judge_one(const struct container *container, const struct key_value *sysctl, const char *pointer,
		      const struct host *host, const struct settings *own, struct findings *findings)
{
	const char *name = sysctl->key;

	if (!is_name(name))
		findings_add(findings, FINDING_VIOLATION, pointer, name,
			     "sets a sysctl whose name is not words between dots",
			     "write the sysctl's name with dots, as in net.ipv4.ip_local_port_range");
	else if (!is_allowed(&own->allowed, name))
		findings_add(findings, FINDING_VIOLATION, pointer,
			     findings_text(findings, "%s=%s", name, sysctl->value),
			     "sets a sysctl that is not in the allowed set", remedy_of(container, name, findings));
	else if (!is_plain_value(sysctl->value))
		findings_add(findings, FINDING_VIOLATION, pointer,
			     findings_text(findings, "%s=%s", name, sysctl->value),
			     "sets a sysctl to a value with odd characters",
			     "give the sysctl a value of letters, digits and spaces");
	else
		judge_namespace(container, host, name, pointer, findings);
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	static const char sandbox[] = "/annotations/io.kubernetes.cri-o.SandboxID";

	for (size_t i = 0; i < container->sysctls.n; i++)
		judge_one(container, &container->sysctls.items[i],
			  findings_pointer(findings, "/linux/sysctl", container->sysctls.items[i].key), host, settings,
			  findings);
	for (size_t i = 0; i < host->sandbox_sysctls.n; i++)
		judge_one(container, &host->sandbox_sysctls.items[i], sandbox, host, settings, findings);
	if ((host->facts & HOST_FACT_SANDBOX) != 0 && host->sandbox_known == TRI_UNKNOWN)
		findings_add(findings, FINDING_UNDECIDED, sandbox, container->identity.sandbox_id,
			     "cannot tell its pod's sysctls: the spec of its sandbox cannot be read",
			     "start the pod anew");
}

const struct rule rule_sysctls = {
	.id = RULE_sysctls,
	.name = "sysctls",
	.group = RULE_GROUP_ESCAPE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_MEDIUM,
	.scope = RULE_SCOPE_CREATE,
	.facts = HOST_FACT_NAMESPACES | HOST_FACT_SANDBOX,
	.title = "sysctls outside the safe set, or with odd values",
	.fields = "linux.sysctl; on CRI-O, that of the pod's sandbox",
	.allowed = "the safe sysctls of the Pod Security Standards, in namespaces of the container's own",
	.why = "A sysctl outside a namespace changes the node; values with \"+\" smuggled kernel.core_pattern past "
	       "CRI-O (CVE-2022-0811).",
	.recommendation =
		"Kubernetes cluster containers should not use forbidden sysctl interfaces (not in the bundle)",
	.pss = "Sysctls (baseline)",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
