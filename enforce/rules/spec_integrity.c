/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec-integrity
 *
 * The strict reader refuses a spec that two parsers could read differently (duplicate and misspelt keys, null, wrong
 * types, bytes that are no text), in this rule's name. What is left is a spec of good form that says odd things.
 *
 * Fields: process.cwd, limits, root, mounts (also as the kernel has them), and sections that no ordinary container has.
 * Allowed: a root without the node's own directories, known file systems, overlays of the engine's own layers.
 *
 * A cwd of /proc/self/fd/N is a directory of the node that the runtime left open (CVE-2024-21626). A root of
 * /proc/self/root is the node's, and an overlay shows whatever its layers are (those of volumes are host-paths' to
 * judge). Volumes in which others make links must not have mounts below them (CVE-2021-30465): pods nest mounts in
 * emptyDirs every day, so what decides is where the kernel has them. What goes at or below a bind that is shared with
 * the node the kernel mounts there as well: refused at once.
 *
 * The kubelet gives guaranteed pods and pause containers a negative oomScoreAdj, down to -998: accepted only there.
 */
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/fs.h"
#include "ocigate/host.h"
#include "ocigate/owner.h"
#include "ocigate/rule.h"

struct settings {
	struct strings filesystems;
	struct strings features;
};

static const char *const filesystems[] = {"cgroup", "cgroup2", "devpts", "mqueue", "overlay", "proc", "sysfs", "tmpfs"};
static const struct settings defaults = {{filesystems, sizeof(filesystems) / sizeof(filesystems[0])}, {NULL, 0}};

static const struct setting settings_table[] = {
	{"filesystems", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, filesystems),
	 "Types of file system that a container may mount afresh"},
	{"features", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, features),
	 "Refused parts of a spec that are accepted here: intelRdt, netDevices, memoryPolicy, timeOffsets, "
	 "personality, scheduler, ioPriority, oomScoreAdj"},
};

/* "//", "." and a slash at the end are common and harmless. */
static bool is_plain(const char *path)
{
	return path[0] == '/' && !path_climbs(path);
}

/* Does a plain path lead into the top directory @name? Slashes and dots before it are skipped as the kernel does. */
static bool leads_into(const char *path, const char *name)
{
	size_t len = strlen(name);

	while (path[0] == '/' || (path[0] == '.' && path[1] == '/'))
		path++;
	return strncmp(path, name, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* --- the process --- */

static void judge_cwd(const struct process *process, struct findings *findings)
{
	static const char *const kernels[] = {"proc", "dev", "sys"};
	const char *cwd = process->cwd;

	if (!cwd)
		return;
	if (!is_plain(cwd)) {
		findings_add(findings, FINDING_VIOLATION, "/process/cwd", cwd,
			     "starts in a directory that is not an absolute path without \"..\"",
			     "set workingDir to an absolute path");
		return;
	}
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
		if (leads_into(cwd, kernels[i]))
			findings_add(findings, FINDING_VIOLATION, "/process/cwd", cwd,
				     findings_text(findings, "starts in /%s, where directories of the node are open",
						   kernels[i]),
				     "set workingDir to a directory of the image");
}

/* Kubelet's own: guaranteed pods get -997, pause containers -998 (whose engine sets that also without a kubelet). */
static bool is_kubelets_score(const struct container *container)
{
	const struct identity *who = &container->identity;
	const char *cgroup = container->cgroups_path ? container->cgroups_path : "";
	const char *at = strstr(cgroup, "kubepods");

	if (!who->trusted || (who->engine != ENGINE_CONTAINERD && who->engine != ENGINE_CRIO))
		return false;
	if (!(at && (at == cgroup || at[-1] == '/' || at[-1] == '-')) && who->is_sandbox != TRI_YES)
		return false;
	return container->process.oom_score_adj >= -998;
}

static const char *find_score(const struct container *container, struct findings *findings)
{
	const struct process *process = &container->process;

	if (process->oom_score_adj >= 0 || (!container->exec && is_kubelets_score(container)))
		return NULL;
	/* An exec that the kernel kills no sooner than the container itself gains nothing. */
	if (container->exec && container->created && process->oom_score_adj >= container->created->oom_score_adj)
		return NULL;
	return findings_text(findings, "%lld", (long long)process->oom_score_adj);
}

/* What a program without capabilities may take for itself up to its hard limit. Return: @type if that is above @most. */
static const char *limit_above(const struct process *process, const char *type, uint64_t most)
{
	for (size_t i = 0; i < process->n_rlimits; i++)
		if (strcmp(process->rlimits[i].type, type) == 0 && process->rlimits[i].hard > most)
			return type;
	return NULL;
}

static const struct strings calm = {(const char *const[]){"SCHED_OTHER", "SCHED_BATCH", "SCHED_IDLE", "SCHED_ISO"}, 4};
static const struct strings calm_io = {(const char *const[]){"IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"}, 2};

/* NULL where @word is one of @words, that run before nobody, or not there. */
static const char *beyond(const char *word, const struct strings *words)
{
	return word && !strings_hold(words, word) ? word : NULL;
}

/* --- parts that are refused unless the owner lists them --- */

struct feature {
	const char *name;
	const char *pointer;
	const char *value; /* NULL: not there */
	const char *message;
	const char *remedy;
};

static void judge_features(const struct feature *list, size_t n, const struct settings *own, struct findings *findings)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].value && !strings_hold(&own->features, list[i].name))
			findings_add(findings, FINDING_VIOLATION, list[i].pointer, list[i].value, list[i].message,
				     list[i].remedy);
}

static void judge_process(const struct container *container, const struct settings *own, struct findings *findings)
{
	const struct process *process = &container->process;
	const long long nice = process->scheduler_nice;
	const struct feature features[] = {
		{"oomScoreAdj", "/process/oomScoreAdj", find_score(container, findings),
		 "is spared by the kernel when memory runs out, before the node's own services",
		 "remove the negative oomScoreAdj"},
		{"scheduler", "/process/scheduler/policy", beyond(process->scheduler_policy, &calm),
		 "runs before every other process of the node", "remove the real-time scheduler"},
		{"scheduler", "/process/scheduler/nice", nice < 0 ? findings_text(findings, "%lld", nice) : NULL,
		 "comes before other processes by a negative nice", "remove the negative nice"},
		{"scheduler", "/process/rlimits", limit_above(process, "RLIMIT_RTPRIO", 0),
		 "may make itself run before every other process of the node", "remove the limit rtprio"},
		/* Counts down: 20 is for a nice of 0, 21 for -1. */
		{"scheduler", "/process/rlimits", limit_above(process, "RLIMIT_NICE", 20),
		 "may give itself a negative nice", "set the limit nice to 20, or remove it"},
		{"ioPriority", "/process/ioPriority/class", beyond(process->io_class, &calm_io),
		 "reads and writes before every other process of the node", "remove the real-time ioPriority"},
	};

	judge_cwd(process, findings);
	judge_features(features, sizeof(features) / sizeof(features[0]), own, findings);
}

static void judge_sections(const struct container *container, const struct settings *own, struct findings *findings)
{
	const char *domain = container->personality_domain;
	const struct feature features[] = {
		{"intelRdt", "/linux/intelRdt", container->has_intel_rdt ? "" : NULL,
		 "changes the node's cache allocation", "remove linux.intelRdt"},
		{"netDevices", "/linux/netDevices", container->has_net_devices ? "" : NULL,
		 "takes network devices away from the node", "remove linux.netDevices"},
		{"memoryPolicy", "/linux/memoryPolicy", container->has_memory_policy ? "" : NULL,
		 "sets a memory policy", "remove linux.memoryPolicy"},
		{"timeOffsets", "/linux/timeOffsets", container->has_time_offsets ? "" : NULL, "shifts its clocks",
		 "remove linux.timeOffsets"},
		{"personality", "/linux/personality", domain && strcmp(domain, "LINUX") != 0 ? domain : NULL,
		 "changes the kernel's personality for its programs", "remove linux.personality"},
	};

	judge_features(features, sizeof(features) / sizeof(features[0]), own, findings);
	if (container->has_vm)
		findings_add(findings, FINDING_VIOLATION, "", "",
			     "has a section for another kind of container than Linux's",
			     "remove the sections vm, windows, solaris, zos, freebsd");
	if (!container->namespaces[NS_USER].present && (container->uid_mappings.n > 0 || container->gid_mappings.n > 0))
		findings_add(findings, FINDING_VIOLATION,
			     container->uid_mappings.n > 0 ? "/linux/uidMappings" : "/linux/gidMappings", "",
			     "maps ids without a user namespace: the mapping is ignored and root is the node's root",
			     "set hostUsers: false, or ask for a new user namespace");
}

/* --- the root --- */

static void judge_root(const struct container *container, const struct host *host, struct findings *findings)
{
	const struct origin *root = &host->rootfs;
	const char *why = root->state == ORIGIN_DELETED ? "it is deleted" : root->why ? root->why : "not known";
	const char *written = container->root_path;
	const char *part = root_place_fault(container, container->rootfs, false);
	const char *remedy = "let the engine make the root file system from an image";

	for (size_t i = 0; !part && i < root->paths.n; i++)
		part = root_place_fault(container, root->paths.items[i], i >= root->n_same);
	if (part)
		findings_add(findings, FINDING_VIOLATION, "/root/path", written,
			     findings_text(findings, "has a root file system that shows the node's %s", part), remedy);
	else if (written[0] == '/' && !is_plain(written))
		findings_add(findings, FINDING_VIOLATION, "/root/path", written, "has a root path with \"..\" in it",
			     remedy);
	else if (root->state == ORIGIN_UNKNOWN || root->state == ORIGIN_DELETED)
		findings_add(findings, FINDING_UNDECIDED, "/root/path", written,
			     findings_text(findings, "cannot tell what the root file system is: %s", why), remedy);
}

/* --- mounts as they are written --- */

/* context="system_u:object_r:…:c1,c2": the one option whose value has commas by right. */
static bool is_context(const char *option)
{
	static const char *const names[] = {"context=\"", "fscontext=\"", "defcontext=\"", "rootcontext=\""};
	const char *value, *end;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(option, names[i], strlen(names[i])) != 0)
			continue;
		value = option + strlen(names[i]);
		end = strchr(value, '"');
		return end && end[1] == '\0' && !memchr(value, '=', (size_t)(end - value));
	}
	return false;
}

static void judge_options(const struct mount *mount, size_t index, struct findings *findings)
{
	for (size_t i = 0; i < mount->options.n; i++) {
		const char *option = mount->options.items[i];
		const char *message = NULL;

		if (strcmp(option, "remount") == 0)
			message = "changes a mount that is there already";
		else if (strchr(option, ',') && !is_context(option))
			message = "hides a mount option within another";
		if (message)
			findings_add(findings, FINDING_VIOLATION,
				     findings_text(findings, "/mounts/%zu/options/%zu", index, i), option, message,
				     "write one plain mount option a string");
	}
}

/* The first mount from @from on that carries what is mounted over or below it to the node. */
static size_t next_shared(const struct container *container, size_t from)
{
	const struct mount *mounts = container->mounts;

	while (from < container->n_mounts && (mounts[from].kind != MOUNT_BIND || !mounts[from].propagation ||
					      strcmp(mounts[from].propagation, "shared") != 0))
		from++;
	return from;
}

/* Return: what is wrong with where a mount goes, and what to do about it; NULL if nothing. */
static const char *destination_fault(const struct container *container, size_t index, size_t first_shared,
				     const char **ret_remedy, struct findings *findings)
{
	const char *path = container->mounts[index].path;

	*ret_remedy = "set mountPath to an absolute path";
	if (!is_plain(container->mounts[index].destination))
		return "mounts at a path that is not absolute, or has \"..\" in it";
	*ret_remedy = "set another mountPath";
	if (strcmp(path, "/") == 0)
		return "mounts over the root file system";
	*ret_remedy = "set another mountPath, or mountPropagation: None";
	/* Runtimes mount in the order of the spec: what comes before a shared bind is only hidden by it. */
	for (size_t i = first_shared; i < index; i = next_shared(container, i + 1)) {
		const char *above = container->mounts[i].path;

		if (path_within(path, above))
			return findings_text(findings, "mounts %s %s, which is shared with the node",
					     strcmp(path, above) == 0 ? "over" : "below", above);
	}
	return NULL;
}

static void judge_mounts(const struct container *container, const struct settings *own, struct findings *findings)
{
	const size_t first_shared = next_shared(container, 0);
	const char *fault, *remedy;

	for (size_t i = 0; i < container->n_mounts; i++) {
		const struct mount *mount = &container->mounts[i];

		fault = destination_fault(container, i, first_shared, &remedy, findings);
		if (fault)
			findings_add(findings, FINDING_VIOLATION, findings_text(findings, "/mounts/%zu/destination", i),
				     mount->destination, fault, remedy);
		judge_options(mount, i, findings);
		if (mount->kind == MOUNT_FILESYSTEM && (!mount->type || !strings_hold(&own->filesystems, mount->type)))
			findings_add(findings, FINDING_VIOLATION, findings_text(findings, "/mounts/%zu/type", i),
				     mount->type ? mount->type : "",
				     findings_text(findings, "mounts a file system of type %s at %s",
						   mount->type ? mount->type : "(none)", mount->path),
				     "use a volume instead");
	}
}

/* --- mounts as the kernel has them --- */

/* sd_notify: the runtime itself binds its socket's directory, /run/<runtime>/<id>/notify. */
static bool is_notify(const struct host_mount *mount)
{
	const struct strings *paths = &mount->origin.paths;

	return strcmp(mount->path, "/run/notify") == 0 && mount->origin.state == ORIGIN_NODE &&
	       path_within(paths->items[0], "/run") && path_ends_with(paths->items[0], "notify");
}

static void judge_effect(const struct container *container, const struct host *host, struct findings *findings)
{
	const char *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < host->n_mounts; i++) {
		const struct host_mount *mount = &host->mounts[i];

		if (mount->effective && mount->mount < 0 && mount->parent_mount < 0 && !is_notify(mount)) {
			first = first ? first : mount->path;
			n++;
		}
		if (host->effective && !mount->effective && mount->mount >= 0 &&
		    container->mounts[mount->mount].kind == MOUNT_BIND)
			findings_add(
				findings, FINDING_UNDECIDED, findings_text(findings, "/mounts/%ld", mount->mount),
				mount->path,
				findings_text(findings,
					      "cannot find what is to be mounted at %s among the container's mounts",
					      mount->path),
				"set a mountPath that no other volume leads through");
	}
	if (n > 0)
		findings_add(findings, FINDING_VIOLATION, "/mounts", first,
			     n == 1 ? findings_text(findings, "has a mount at %s that its spec does not name", first)
				    : findings_text(findings, "has %zu mounts that its spec does not name, %s and more",
						    n, first),
			     "remove the hook or plugin that mounts it, or let it write the mount into the spec");
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	judge_process(container, settings, findings);
	if (container->exec)
		return;
	judge_sections(container, settings, findings);
	judge_root(container, host, findings);
	judge_mounts(container, settings, findings);
	judge_effect(container, host, findings);
}

const struct rule rule_spec_integrity = {
	.id = RULE_spec_integrity,
	.name = "spec-integrity",
	.group = RULE_GROUP_ESCAPE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_HIGH,
	.scope = RULE_SCOPE_CREATE | RULE_SCOPE_EXEC,
	.facts = HOST_FACT_MOUNTS,
	.title = "a spec that two parsers read differently, or that asks for what no container needs",
	.fields = "the whole document; process.cwd, priorities, limits, root, mounts, mountinfo, rare parts of linux",
	.allowed = "specs of one meaning, with a root and mounts of their own",
	.why = "What the gate reads must be what the runtime does. An odd cwd or root is the node's own directory "
	       "(CVE-2024-21626); a mount that the spec does not name was smuggled in (CVE-2021-30465).",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
