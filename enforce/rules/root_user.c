/* SPDX-License-Identifier: Apache-2.0 */
/*
 * root-user
 *
 * Fields: process.user, linux.uidMappings, /proc/PID/uid_map.
 * Allowed: any user but the host's root; root of a user namespace in which it is somebody else on the host; within the
 * ranges where ranges are set.
 * Stops: what needs uid 0 on the host once something else has failed: overwriting the runtime through
 * /proc/self/exe (CVE-2019-5736), release_agent of cgroup v1 (CVE-2022-0492), writing kernel settings through a second
 * /proc even without a capability.
 *
 * The number in the spec is already resolved (image user, runAsUser), and is a number inside the container's user
 * namespace. What counts is the host's number: mappings without a user namespace are ignored by runtimes, a map of
 * 0 to 0 makes a root of root again, and any other number may be mapped to the host's 0 as well. A user that the
 * namespace does not map, or a map that cannot be read, leaves the question open.
 *
 * Group 0 and supplementary group 0 are not refused by default: engines add group 0 to nearly every container whose
 * image says nothing. The ranges are there for those who want more.
 */

#include "ocigate/container.h"
#include "ocigate/host.h"
#include "ocigate/rule.h"

struct settings {
	bool allow_in_user_namespace;
	struct ranges uid_ranges;
	struct ranges gid_ranges;
	struct ranges supplementary_ranges;
};

static const struct settings defaults = {true, {NULL, 0}, {NULL, 0}, {NULL, 0}};

#define LAST_ID 4294967294

static const struct setting settings_table[] = {
	{"allow_in_user_namespace", SETTING_BOOL, CHECK_NONE, NULL, 0, 0,
	 offsetof(struct settings, allow_in_user_namespace),
	 "Root may run in a user namespace where it is somebody else on the host"},
	{"uid_ranges", SETTING_RANGES, CHECK_NONE, NULL, 0, LAST_ID, offsetof(struct settings, uid_ranges),
	 "User ids that a container may run as; empty: any but root"},
	{"gid_ranges", SETTING_RANGES, CHECK_NONE, NULL, 0, LAST_ID, offsetof(struct settings, gid_ranges),
	 "Group ids that a container may run as; empty: any"},
	{"supplementary_ranges", SETTING_RANGES, CHECK_NONE, NULL, 0, LAST_ID,
	 offsetof(struct settings, supplementary_ranges),
	 "Supplementary group ids that a container may have; empty: any"},
};

static bool within(const struct ranges *ranges, int64_t id)
{
	for (size_t i = 0; i < ranges->n; i++)
		if (id >= ranges->items[i].first && id <= ranges->items[i].last)
			return true;
	return ranges->n == 0;
}

/* "1000-2000, 65534", for the remedy */
static const char *words_of(const struct ranges *ranges, struct findings *findings)
{
	const char *text = "";

	for (size_t i = 0; i < ranges->n; i++) {
		const struct range *range = &ranges->items[i];
		const char *comma = i == 0 ? "" : ", ";

		text = range->first == range->last ? findings_text(findings, "%s%s%ld", text, comma, (long)range->first)
						   : findings_text(findings, "%s%s%ld-%ld", text, comma,
								   (long)range->first, (long)range->last);
	}
	return text;
}

static void judge_root(const struct container *container, const struct host *host, bool allow_in_user_namespace,
		       struct findings *findings)
{
	int64_t uid = container->process.uid;
	int64_t host_uid = host->id_maps_known ? host_id_of(&host->uid_map, uid) : -1;
	const char *value = findings_text(findings, "%ld", (long)uid);
	const char *remedy = identity_is_pod(&container->identity)
				     ? "set runAsNonRoot: true and runAsUser to a number above 0"
				     : "run with --user and a number above 0";
	struct finding *finding;
	const char *message;

	if (!host->id_maps_known)
		message = findings_text(findings, "cannot tell who uid %ld is on the host", (long)uid);
	else if (host_uid < 0)
		message = findings_text(findings, "cannot tell who uid %ld is: its user namespace does not map it",
					(long)uid);
	else if (host_uid == 0 && uid == 0)
		message = container->namespaces[NS_USER].present
				  ? "runs as root: its user namespace maps 0 to the host's 0"
				  : "runs as root";
	else if (host_uid == 0)
		message =
			findings_text(findings, "runs as root: its user namespace maps %ld to the host's 0", (long)uid);
	else if (uid == 0 && !allow_in_user_namespace)
		message = findings_text(findings, "runs as root of a user namespace (%ld on the host)", (long)host_uid);
	else
		return;
	finding = findings_add(findings, host_uid < 0 ? FINDING_UNDECIDED : FINDING_VIOLATION, "/process/user/uid",
			       value, message, remedy);
	/* CRI-O's pause container is root, whatever the pod says. */
	if (!container->exec && identity_is_pause(&container->identity))
		finding->at_most = EFFECT_AUDIT;
}

static void judge_ranges(const struct container *container, const struct settings *own, struct findings *findings)
{
	const struct process *process = &container->process;
	bool pod = identity_is_pod(&container->identity);

	if (!within(&own->uid_ranges, process->uid))
		findings_add(findings, FINDING_VIOLATION, "/process/user/uid",
			     findings_text(findings, "%ld", (long)process->uid),
			     findings_text(findings, "runs as uid %ld, outside the allowed range", (long)process->uid),
			     findings_text(findings, pod ? "set runAsUser to one of %s" : "run with --user one of %s",
					   words_of(&own->uid_ranges, findings)))
			->severity = SEVERITY_MEDIUM;
	if (!within(&own->gid_ranges, process->gid))
		findings_add(
			findings, FINDING_VIOLATION, "/process/user/gid",
			findings_text(findings, "%ld", (long)process->gid),
			findings_text(findings, "runs as gid %ld, outside the allowed range", (long)process->gid),
			findings_text(findings,
				      pod ? "set runAsGroup to one of %s" : "run with --user UID:GID, GID one of %s",
				      words_of(&own->gid_ranges, findings)))
			->severity = SEVERITY_MEDIUM;
	for (size_t i = 0; i < process->n_additional_gids; i++) {
		long gid = (long)process->additional_gids[i];

		if (within(&own->supplementary_ranges, gid))
			continue;
		findings_add(findings, FINDING_VIOLATION,
			     findings_text(findings, "/process/user/additionalGids/%zu", i),
			     findings_text(findings, "%ld", gid),
			     findings_text(findings, "has the supplementary group %ld, outside the allowed range", gid),
			     findings_text(findings,
					   pod ? "set supplementalGroups, fsGroup and runAsGroup to %s only"
					       : "run with --group-add %s only",
					   words_of(&own->supplementary_ranges, findings)))
			->severity = SEVERITY_MEDIUM;
	}
}

/* crun then leaves the process the groups of whoever started it: of the engine, of a shell. */
static void judge_kept_groups(const struct container *container, const struct settings *own, struct findings *findings)
{
	const char *keeps = key_values_find(&container->annotations, "run.oci.keep_original_groups");

	if (keeps && own->supplementary_ranges.n > 0)
		findings_add(findings, FINDING_VIOLATION, "/annotations/run.oci.keep_original_groups", keeps,
			     "keeps the supplementary groups of whoever starts the runtime",
			     "remove the annotation run.oci.keep_original_groups")
			->severity = SEVERITY_MEDIUM;
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct settings *own = settings;

	judge_kept_groups(container, own, findings);
	judge_root(container, host, own->allow_in_user_namespace, findings);
	judge_ranges(container, own, findings);
}

const struct rule rule_root_user = {
	.id = RULE_root_user,
	.name = "root-user",
	.group = RULE_GROUP_CORE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_HIGH,
	.scope = RULE_SCOPE_CREATE | RULE_SCOPE_EXEC,
	.facts = HOST_FACT_ID_MAPS,
	.title = "running as the host's root",
	.fields = "process.user, linux.uidMappings, /proc/PID/uid_map",
	.allowed = "users that are not root on the host; ids within the ranges, where ranges are set",
	.why = "Most escapes need uid 0 on the host for their last step: overwriting the runtime (CVE-2019-5736), "
	       "cgroup v1's release_agent (CVE-2022-0492), kernel settings under /proc.",
	.recommendation = "13: Running containers as root user should be avoided",
	.pss = "Running as Non-root (restricted)",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
