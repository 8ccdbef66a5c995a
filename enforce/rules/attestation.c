/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attestation
 *
 * Fields: process, linux.seccomp, linux.namespaces, root.readonly, mounts, linux.maskedPaths, linux.readonlyPaths; /proc
 * of the process that was started.
 * Allowed: a process that has what its spec says, or less.
 * Stops: nothing by itself: it catches a runtime that did not do what it was told. crun 1.28 leaves out the AppArmor
 * profile where AppArmor is off; a runtime may be broken, replaced, or built without seccomp.
 *
 * By the time it is looked at, the program has run for a moment and may have changed itself. What it can do to itself
 * without having been let is less: give up capabilities and uids, add filters, go to a child profile. So only what is
 * more than was judged counts.
 */
#include <inttypes.h>
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/host.h"
#include "ocigate/rule.h"

static const char cure[] = "look at the runtime on this node: it did not do what it was told";

static bool bounding_has(const struct container *container, const char *name)
{
	return (container->process.caps[CAPS_BOUNDING].mask >> capability_number(name) & 1) != 0;
}

static void judge_ids(const struct container *container, const char *what, const char *pointer, const int64_t has[4],
		      int64_t asked, const struct id_mappings *map, struct findings *findings)
{
	const int64_t expected = host_id_of(map, asked);

	for (int i = 0; i < 4; i++) {
		/* With CAP_SETUID, or a set-uid program, it may have changed by itself. */
		if (has[i] == expected || (!container->process.no_new_privileges && i > 0) ||
		    bounding_has(container, what[0] == 'u' ? "CAP_SETUID" : "CAP_SETGID"))
			continue;
		findings_add(findings, FINDING_VIOLATION, pointer, findings_text(findings, "%" PRId64, has[i]),
			     findings_text(findings, "runs with %s %" PRId64 " of the node, not %" PRId64, what, has[i],
					   expected),
			     cure);
		return;
	}
}

static void judge_capabilities(const struct container *container, const struct host *host, struct findings *findings)
{
	const uint64_t bounding = container->process.caps[CAPS_BOUNDING].mask;

	for (int kind = 0; kind < CAPS_KINDS; kind++) {
		uint64_t more = host->process.caps[kind] & ~(bounding | container->process.caps[kind].mask);
		int number = 0;

		if (more == 0)
			continue;
		while ((more >> number & 1) == 0)
			number++;
		findings_add(findings, FINDING_VIOLATION,
			     findings_text(findings, "/process/capabilities/%s", capability_kind_names[kind]),
			     capability_name(number),
			     findings_text(findings, "has %s in its %s set, which its spec does not give",
					   capability_name(number), capability_kind_names[kind]),
			     cure);
	}
}

/* "NAME (mode)"; the program may have gone on to a child of its profile. A stack shows as mixed. */
static bool has_label(const char *label, const char *profile)
{
	const size_t len = strlen(profile);
	const char *mode = strrchr(label, '(');

	return strncmp(label, profile, len) == 0 && mode && strcmp(mode, "(complain)") != 0 &&
	       strcmp(mode, "(unconfined)") != 0 && (label + len + 1 == mode || strncmp(label + len, "//", 2) == 0);
}

static void judge_label(const struct container *container, const struct host *host, struct findings *findings)
{
	const char *profile = container->process.apparmor_profile;
	const char *label = host->process.apparmor ? host->process.apparmor : "";

	if (!profile || profile[0] == '\0' || strcmp(profile, "unconfined") == 0 || has_label(label, profile))
		return;
	findings_add(
		findings, FINDING_VIOLATION, "/process/apparmorProfile", label,
		label[0] ? findings_text(findings, "is confined by AppArmor as %s, not by %s", label, profile)
			 : findings_text(findings, "is not confined by AppArmor, though its spec names %s", profile),
		cure);
}

static void judge_namespaces(const struct container *container, const struct host *host, struct findings *findings)
{
	for (int type = 0; type < NS_TYPES; type++) {
		const struct namespace_entry entry = container->namespaces[type];
		const struct host_namespace ns = host->namespaces[type];

		if (entry.present && !entry.path && ns.container != 0 &&
		    (ns.container == ns.self || ns.container == ns.init))
			findings_add(
				findings, FINDING_VIOLATION,
				findings_text(findings, "/linux/namespaces/%zu", entry.index),
				namespace_type_names[type],
				findings_text(findings,
					      "shares the host's %s namespace, though its spec asks for one of its own",
					      namespace_type_names[type]),
				cure);
	}
}

/* "Seccomp: 2" may come from a filter that the runtime itself runs under (a service's, an outer container's). */
static void judge_filter(const struct container *container, const struct host_process *process,
			 struct findings *findings)
{
	if (!container->seccomp.present)
		return;
	if (process->seccomp_mode != 2)
		findings_add(findings, FINDING_VIOLATION, "/linux/seccomp",
			     findings_text(findings, "%" PRId64, process->seccomp_mode),
			     "runs without the seccomp filter of its spec", cure);
	else if (process->filters_known && !process->filters_added)
		findings_add(findings, FINDING_VIOLATION, "/linux/seccomp", "",
			     "runs under no filter but the runtime's own: that of its spec is missing", cure);
}

/* Who may mount may have done so by itself. */
static void judge_mounts(const struct container *container, const struct host_process *process,
			 struct findings *findings)
{
	if (bounding_has(container, "CAP_SYS_ADMIN"))
		return;
	if (container->root_read_only && process->root_read_only == TRI_NO)
		findings_add(findings, FINDING_VIOLATION, "/root/readonly", "rw",
			     "has a writable root filesystem, though its spec asks for a read-only one", cure);
	if (process->writable)
		findings_add(findings, FINDING_VIOLATION, "/mounts", process->writable,
			     "can write to a mount that its spec wants read-only", cure);
	if (process->unmasked)
		findings_add(findings, FINDING_VIOLATION, "/linux/maskedPaths", process->unmasked,
			     "sees a path that its spec masks", cure);
	if (process->unlocked)
		findings_add(findings, FINDING_VIOLATION, "/linux/readonlyPaths", process->unlocked,
			     "can write to a path that its spec wants read-only", cure);
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct host_process *process = &host->process;

	(void)settings;
	if (!container->started)
		return;
	if (!process->known) {
		findings_add(findings, FINDING_UNDECIDED, "/process", "",
			     "cannot tell what the process that was started has", "let root read /proc on the node");
		return;
	}
	if (host->id_maps_known) {
		judge_ids(container, "uid", "/process/user/uid", process->uid, container->process.uid, &host->uid_map,
			  findings);
		judge_ids(container, "gid", "/process/user/gid", process->gid, container->process.gid, &host->gid_map,
			  findings);
	}
	judge_capabilities(container, host, findings);
	if (container->process.no_new_privileges && !process->no_new_privileges)
		findings_add(findings, FINDING_VIOLATION, "/process/noNewPrivileges", "0",
			     "may gain privileges, though its spec forbids it", cure);
	judge_filter(container, process, findings);
	judge_label(container, host, findings);
	judge_namespaces(container, host, findings);
	judge_mounts(container, process, findings);
}

const struct rule rule_attestation = {
	.id = RULE_attestation,
	.name = "attestation",
	.group = RULE_GROUP_ALERT,
	.effect = EFFECT_AUDIT,
	.severity = SEVERITY_HIGH,
	.scope = RULE_SCOPE_CREATE,
	.facts = HOST_FACT_PROCESS | HOST_FACT_APPARMOR | HOST_FACT_NAMESPACES | HOST_FACT_ID_MAPS,
	.title = "a started process that holds more than was judged (poststart hook)",
	.fields = "process, linux.seccomp, linux.namespaces, root.readonly, mounts, linux.maskedPaths, "
		  "linux.readonlyPaths; /proc of the started process",
	.allowed = "a process that has what its spec says, or less",
	.why = "A runtime that is broken, replaced or built without a feature starts something else than what was "
	       "judged. Looked at when runtime.poststart is set; with effect deny the container is killed.",
	.judge = judge,
};
