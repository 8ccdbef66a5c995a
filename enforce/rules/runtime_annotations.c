/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runtime-annotations
 *
 * Fields: annotations. Allowed: annotations that no runtime acts upon, and the
 * few that engines set by themselves.
 *
 * Annotations are meant as labels, but runtimes take orders from some:
 * crun's run.oci.seccomp_bpf_data replaces the filter of the spec,
 * run.oci.handler hands the container to another program (CVE-2025-24965),
 * org.systemd.property.* sets any property of the container's unit, commands
 * that run on the node included (CVE-2024-3154), "bundle" tells runc's exec
 * another config.json. runc keeps annotations as "key=value" labels, so a key
 * "bundle=…" is one too.
 */
#include <fnmatch.h>
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/rule.h"

struct settings {
	struct strings allowed;
};

/* podman and CRI-O describe the container's systemd unit with these; none of them runs anything. */
static const char *const engines_own[] = {
	"org.systemd.property.After",		    /* CRI-O */
	"org.systemd.property.CollectMode",	    /* CRI-O, podman */
	"org.systemd.property.DefaultDependencies", /* CRI-O */
	"org.systemd.property.KillSignal",	    /* podman */
	"org.systemd.property.TimeoutStopUSec",	    /* CRI-O, podman */
};
static const struct settings defaults = {{engines_own, sizeof(engines_own) / sizeof(engines_own[0])}};

static const struct setting settings_table[] = {
	{"allowed", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, allowed),
	 "Steering annotations that a container may carry all the same, \"*\" matches any text"},
};

/* What is steered: the annotation of this name, or all whose names begin so. No addresses: nothing to correct at the start. */
#define ONE(name)  name, sizeof(name) - 1, false
#define ALL(begin) begin, sizeof(begin) - 1, true
static const struct steering {
	char name[48];
	unsigned char len;
	bool all;
	char what[36];
} steering[] = {
	{ALL("run.oci."), "crun"},
	{ALL("krun."), "crun's virtual machines"},
	{ALL("module.wasm.image"), "the runtime's WebAssembly handler"},
	{ALL("org.criu."), "checkpoint and restore"},
	{ALL("org.systemd.property."), "the container's systemd unit"},
	{ONE("bundle"), "runc"},
	{ALL("io.katacontainers."), "Kata Containers"},
	{ALL("dev.gvisor."), "gVisor"},
	{ONE("io.containers.trace-syscall"), "the tracing hook"},
	{ONE("io.kubernetes.cri.untrusted-workload"), "the choice of the runtime"},
	{ONE("io.kubernetes.cri.rdt-class"), "the node's cache allocation"},
	{ONE("io.kubernetes.cri-o.userns-mode"), "CRI-O"},
	{ONE("io.kubernetes.cri-o.cgroup2-mount-hierarchy-rw"), "CRI-O"},
	{ALL("io.kubernetes.cri-o.UnifiedCgroup"), "CRI-O"},
	{ONE("io.kubernetes.cri-o.ShmSize"), "CRI-O"},
	{ONE("io.kubernetes.cri-o.Devices"), "CRI-O"},
	{ONE("io.kubernetes.cri-o.TrySkipVolumeSELinuxLabel"), "CRI-O"},
	{ONE("io.kubernetes.cri-o.seccompNotifierAction"), "CRI-O"},
	{ONE("io.kubernetes.cri-o.umask"), "CRI-O"},
	{ONE("io.kubernetes.cri-o.LinkLogs"), "CRI-O"},
	{ONE("io.kubernetes.cri-o.DisableFIPS"), "CRI-O"},
	{ALL("seccomp-profile.kubernetes.cri-o.io"), "CRI-O"},
	{ALL("cgroup2-mount-hierarchy-rw.crio.io"), "CRI-O"},
	{ALL("devices.crio.io"), "CRI-O"},
	{ALL("disable-fips.crio.io"), "CRI-O"},
	{ALL("link-logs.crio.io"), "CRI-O"},
	{ALL("seccomp-notifier-action.crio.io"), "CRI-O"},
	{ALL("seccomp-profile.crio.io"), "CRI-O"},
	{ALL("shm-size.crio.io"), "CRI-O"},
	{ALL("try-skip-volume-selinux-label.crio.io"), "CRI-O"},
	{ALL("umask.crio.io"), "CRI-O"},
	{ALL("unified-cgroup.crio.io"), "CRI-O"},
	{ALL("userns-mode.crio.io"), "CRI-O"},
	{ALL("irq-load-balancing.crio.io"), "CRI-O"},
};

static bool is_allowed(const struct strings *allowed, const char *key)
{
	for (size_t i = 0; i < allowed->n; i++)
		if (fnmatch(allowed->items[i], key, 0) == 0)
			return true;
	return false;
}

/* CRI-O's "cpu-load-balancing.crio.io", "cpu-quota.crio.io" and what else it has of the kind, for one container or all. */
static bool is_cpu_wish(const char *key)
{
	return strncmp(key, "cpu-", 4) == 0 && strstr(key, ".crio.io");
}

/* What an annotation steers, or NULL. */
static const char *steered_by(const char *key)
{
	for (size_t i = 0; i < sizeof(steering) / sizeof(steering[0]); i++)
		if (steering[i].name[0] == key[0] && strncmp(steering[i].name, key, steering[i].len) == 0 &&
		    (steering[i].all || key[steering[i].len] == '\0'))
			return steering[i].what;
	if (is_cpu_wish(key))
		return "CRI-O";
	return strchr(key, '=') ? "runc" : NULL;
}

static void judge_one(const struct key_value *annotation, const struct settings *own, struct findings *findings)
{
	const char *key = annotation->key, *what = steered_by(key);

	if (!what || is_allowed(&own->allowed, key))
		return;
	findings_add(findings, FINDING_VIOLATION, findings_pointer(findings, "/annotations", key),
		     findings_text(findings, "%s=%s", key, annotation->value),
		     findings_text(findings, "carries an annotation that steers %s", what),
		     findings_text(findings, "remove the annotation \"%s\"", key));
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct settings *own = settings;

	(void)host;
	for (size_t i = 0; i < container->annotations.n; i++)
		judge_one(&container->annotations.items[i], own, findings);
}

const struct rule rule_runtime_annotations = {
	.id = RULE_runtime_annotations,
	.name = "runtime-annotations",
	.group = RULE_GROUP_ESCAPE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_HIGH,
	.scope = RULE_SCOPE_CREATE,
	.facts = 0,
	.amendment = AMEND_REMOVE_ANNOTATION,
	.title = "annotations that steer the runtime",
	.fields = "annotations",
	.allowed = "annotations that nothing acts upon, and the systemd properties that engines set themselves",
	.why = "An annotation can replace the seccomp filter (crun's run.oci.seccomp_bpf_data), change the handler "
	       "(CVE-2025-24965) or run commands on the node (CVE-2024-3154).",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
