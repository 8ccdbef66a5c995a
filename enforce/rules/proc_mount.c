/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc-mount
 *
 * Fields: linux.maskedPaths, linux.readonlyPaths, mounts of and below /proc and
 * /sys; the mounts that the kernel shows. Allowed: one fresh procfs at /proc, a
 * read-only sysfs at /sys, a read-only cgroup file system at /sys/fs/cgroup,
 * nothing else there, and at least the paths covered that every engine covers.
 *
 * Masks cover the named paths of the one /proc: a second procfs elsewhere, or
 * the node's bound in, leaves kernel.core_pattern writable to uid 0 without
 * any capability. A mount over /proc or below it hides what the runtime writes
 * there: the AppArmor and SELinux label went into a file of the image that way
 * (CVE-2019-16884, CVE-2023-28642). A writable cgroup v1 hierarchy runs
 * programs on the node (release_agent, CVE-2022-0492).
 *
 * The default lists are what containerd since 1.6, CRI-O, podman, Docker and
 * BuildKit have in common. Newer ones add /proc/interrupts, powercap, asound.
 * CRI-O writes no masks for its own pause container (which it starts only where
 * the pod shares the pid namespace): with @pause_unmasked it passes. Whoever
 * runs as root beside it reaches that /proc, so owners who allow root-user and
 * use a wrapper should turn it off and let `apply` restore the masks.
 */
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/fs.h"
#include "ocigate/host.h"
#include "ocigate/rule.h"
#include "ocigate/str.h"

struct settings {
	struct strings masked;
	struct strings read_only;
	struct strings allowed_mounts;
	bool allow_in_user_namespace;
	bool allow_writable_cgroup;
	bool pause_unmasked;
};

static const char *const masked[] = {"/proc/acpi",	    "/proc/kcore",	 "/proc/keys",
				     "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
				     "/proc/timer_list",    "/proc/timer_stats", "/sys/firmware"};
static const char *const read_only[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
/* What lxcfs shows a container of its own share; runtimes refuse others below /proc, crun does not. */
static const char *const lxcfs[] = {"/proc/cpuinfo",  "/proc/diskstats", "/proc/loadavg", "/proc/meminfo",
				    "/proc/slabinfo", "/proc/stat",	 "/proc/swaps",	  "/proc/uptime"};
static const struct settings defaults = {{masked, sizeof(masked) / sizeof(masked[0])},
					 {read_only, sizeof(read_only) / sizeof(read_only[0])},
					 {lxcfs, sizeof(lxcfs) / sizeof(lxcfs[0])},
					 false,
					 false,
					 true};

#define AT(member) offsetof(struct settings, member)
static const struct setting settings_table[] = {
	{"masked", SETTING_STRINGS, CHECK_PATH, NULL, 0, 0, AT(masked), "Paths that must be masked"},
	{"read_only", SETTING_STRINGS, CHECK_PATH, NULL, 0, 0, AT(read_only), "Paths that must be read-only or masked"},
	{"allowed_mounts", SETTING_STRINGS, CHECK_PATH, NULL, 0, 0, AT(allowed_mounts),
	 "Paths below /proc and /sys that may be mounted over"},
	{"allow_in_user_namespace", SETTING_BOOL, CHECK_NONE, NULL, 0, 0, AT(allow_in_user_namespace),
	 "Ask for no masks where root in the container is nobody on the node"},
	{"allow_writable_cgroup", SETTING_BOOL, CHECK_NONE, NULL, 0, 0, AT(allow_writable_cgroup),
	 "Let a container with a cgroup namespace of its own mount its cgroup writable (for cgroup v2 nodes)"},
	{"pause_unmasked", SETTING_BOOL, CHECK_NONE, NULL, 0, 0, AT(pause_unmasked),
	 "Ask for no masks of CRI-O's own pause container"},
};

#define REMEDY_MASKS "set procMount: Default, and remove unmask options"
#define REMEDY_MOUNT "remove the volume mount below /proc or /sys"

static bool covers(const struct strings *paths, const char *path)
{
	for (size_t i = 0; i < paths->n; i++)
		if (path_within(path, paths->items[i]))
			return true;
	return false;
}

/* --- masks --- */

/* Is root in the container, as far as is known, nobody that the node knows as root? */
static bool root_is_nobody(const struct host *host)
{
	if (host->namespaces[NS_USER].shared != TRI_NO || !host->id_maps_known)
		return false;
	for (size_t i = 0; i < host->uid_map.n; i++)
		if (host->uid_map.items[i].host_id == 0)
			return false;
	return true;
}

static bool masks_needed(const struct container *container, const struct host *host, const struct settings *own)
{
	const struct identity *who = &container->identity;

	if (own->pause_unmasked && who->trusted && who->engine == ENGINE_CRIO && who->is_sandbox == TRI_YES)
		return false;
	return !own->allow_in_user_namespace || !root_is_nobody(host);
}

static void judge_masks(const struct container *container, const struct settings *own, struct findings *findings)
{
	for (size_t i = 0; i < own->masked.n; i++)
		if (!covers(&container->masked_paths, own->masked.items[i])) {
			findings_add(findings, FINDING_VIOLATION, "/linux/maskedPaths", "",
				     container->masked_paths.n == 0
					     ? "nothing of /proc and /sys is masked"
					     : findings_text(findings, "%s is not masked", own->masked.items[i]),
				     REMEDY_MASKS);
			break;
		}
	for (size_t i = 0; i < own->read_only.n; i++)
		if (!covers(&container->readonly_paths, own->read_only.items[i]) &&
		    !covers(&container->masked_paths, own->read_only.items[i])) {
			findings_add(findings, FINDING_VIOLATION, "/linux/readonlyPaths", "",
				     findings_text(findings, "%s is writable", own->read_only.items[i]), REMEDY_MASKS);
			break;
		}
}

/* --- mounts as the spec asks for them --- */

static bool is_type(const char *type, const char *wanted)
{
	return type && str_equal(type, wanted);
}

static bool is_cgroup(const char *type)
{
	return is_type(type, "cgroup") || is_type(type, "cgroup2");
}

static void add(struct findings *findings, size_t index, const char *value, const char *message, const char *remedy)
{
	findings_add(findings, FINDING_VIOLATION, findings_text(findings, "/mounts/%zu", index), value, message,
		     remedy);
}

static bool is_inside(const char *path)
{
	return path_within(path, "/proc") || path_within(path, "/sys");
}

static void judge_cgroup(const struct container *container, const struct host *host, size_t index,
			 const struct settings *own, struct findings *findings)
{
	const struct mount *mount = &container->mounts[index];

	if (strcmp(mount->path, "/sys/fs/cgroup") != 0)
		add(findings, index, mount->path,
		    findings_text(findings, "mounts a cgroup file system at %s", mount->path),
		    "mount cgroups at /sys/fs/cgroup alone");
	else if (!mount->read_only && !(own->allow_writable_cgroup && host->namespaces[NS_CGROUP].shared == TRI_NO))
		add(findings, index, mount->path, "mounts the cgroup file system writable", "do not run it privileged");
}

/* The spec's mount of a kind that belongs to /proc and /sys, or that lies there. */
static void judge_mount(const struct container *container, const struct host *host, size_t index,
			const struct settings *own, struct findings *findings)
{
	const struct mount *mount = &container->mounts[index];
	bool fresh = mount->kind == MOUNT_FILESYSTEM;
	const char *path = mount->path;

	if (fresh && is_type(mount->type, "proc")) {
		if (strcmp(path, "/proc") != 0)
			add(findings, index, path, findings_text(findings, "mounts a second procfs, at %s", path),
			    "mount procfs at /proc alone");
	} else if (fresh && is_type(mount->type, "sysfs")) {
		if (strcmp(path, "/sys") != 0)
			add(findings, index, path, findings_text(findings, "mounts a second sysfs, at %s", path),
			    "mount sysfs at /sys alone");
		else if (!mount->read_only)
			add(findings, index, path, "mounts /sys writable", "do not run it privileged");
	} else if (fresh && is_cgroup(mount->type)) {
		judge_cgroup(container, host, index, own, findings);
	} else if (is_inside(path) && !covers(&own->allowed_mounts, path)) {
		add(findings, index, path, findings_text(findings, "mounts over %s", path), REMEDY_MOUNT);
	}
}

static void judge_count(const struct container *container, struct findings *findings)
{
	size_t n = 0, last = 0;

	for (size_t i = 0; i < container->n_mounts; i++)
		if (container->mounts[i].kind == MOUNT_FILESYSTEM && is_type(container->mounts[i].type, "proc") &&
		    strcmp(container->mounts[i].path, "/proc") == 0) {
			n++;
			last = i;
		}
	if (n == 0)
		findings_add(findings, FINDING_VIOLATION, "/mounts", "",
			     "has no procfs at /proc: the image's directory is used",
			     "let the engine mount procfs at /proc");
	else if (n > 1)
		add(findings, last, "/proc", "mounts /proc twice", "mount procfs at /proc once");
}

/* --- mounts as the kernel shows them --- */

static const char *kernel_filesystem(const struct host_mount *mount)
{
	static const char *const types[] = {"proc", "sysfs", "cgroup", "cgroup2"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (is_type(mount->origin.fs_type, types[i]))
			return types[i];
	return NULL;
}

/* A fresh file system of the spec's: what it is was judged; here, whether links of the image led it elsewhere. */
static bool judge_landing(const struct host_mount *mount, const char *asked, size_t index, struct findings *findings)
{
	if (strcmp(mount->path, asked) == 0 || (!is_inside(mount->path) && !is_inside(asked)))
		return false;
	add(findings, index, mount->path,
	    findings_text(findings, "a link of the image leads the mount at %s to %s", asked, mount->path),
	    "use an image in which /proc and /sys are directories");
	return true;
}

/* A bind of the node's /proc or /sys, under whatever name, or something that came along with another mount. */
static bool judge_real(const struct host_mount *mount, size_t index, bool fresh, const struct settings *own,
		       struct findings *findings)
{
	const char *type = kernel_filesystem(mount);
	/* Runtimes build cgroup v1's tree below the one mount that the spec names. */
	bool cgroups = fresh && path_within(mount->path, "/sys/fs/cgroup") &&
		       (is_cgroup(type) || is_type(mount->origin.fs_type, "tmpfs"));

	if (type && !cgroups) {
		add(findings, index, mount->path,
		    findings_text(findings, "mounts the node's %s at %s", type, mount->path),
		    "remove the hostPath volume that leads to /proc or /sys");
		return true;
	}
	if (cgroups && is_cgroup(type) && mount->read_only == TRI_NO &&
	    (!own->allow_writable_cgroup || strcmp(type, "cgroup2") != 0)) {
		add(findings, index, mount->path, findings_text(findings, "%s is writable", mount->path),
		    "do not run it privileged");
		return true;
	}
	if (cgroups || !is_inside(mount->path) || covers(&own->allowed_mounts, mount->path))
		return false;
	add(findings, index, mount->path, findings_text(findings, "something is mounted over %s", mount->path),
	    REMEDY_MOUNT);
	return true;
}

static void judge_effect(const struct container *container, const struct host *host, size_t index,
			 const struct settings *own, struct findings *findings)
{
	bool fresh = container->mounts[index].kind != MOUNT_BIND;
	bool seen = false;

	for (const struct host_mount *mount = host_mount_first(host, index); mount;
	     mount = host_mount_next(host, mount)) {
		if (mount->mask)
			continue;
		seen = seen || mount->origin.state != ORIGIN_UNKNOWN;
		if (mount->mount >= 0 && fresh ? judge_landing(mount, container->mounts[index].path, index, findings)
					       : judge_real(mount, index, fresh, own, findings))
			return;
	}
	if (!seen && !fresh)
		findings_add(findings, FINDING_UNDECIDED, findings_text(findings, "/mounts/%zu", index),
			     container->mounts[index].path,
			     findings_text(findings, "cannot tell whether %s is the node's /proc or /sys",
					   container->mounts[index].path),
			     "mount a path that exists on the node");
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct settings *own = settings;

	if (masks_needed(container, host, own))
		judge_masks(container, own, findings);
	judge_count(container, findings);
	for (size_t i = 0; i < container->n_mounts; i++) {
		size_t before = findings->n;

		judge_mount(container, host, i, own, findings);
		if (findings->n == before)
			judge_effect(container, host, i, own, findings);
	}
}

const struct rule rule_proc_mount = {
	.id = RULE_proc_mount,
	.name = "proc-mount",
	.group = RULE_GROUP_ESCAPE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_HIGH,
	.scope = RULE_SCOPE_CREATE,
	.facts = HOST_FACT_MOUNTS | HOST_FACT_NAMESPACES | HOST_FACT_ID_MAPS,
	.amendment = AMEND_PROC_PATHS,
	.title = "/proc or /sys uncovered, writable, mounted over or mounted elsewhere",
	.fields = "linux.maskedPaths, linux.readonlyPaths, mounts, mountinfo",
	.allowed = "one procfs at /proc, read-only /sys and cgroups, the paths covered that every engine covers",
	.why = "A writable /proc/sys is the node's: core_pattern runs a program of the container's choice there. "
	       "Mounts over /proc "
	       "swallowed the AppArmor label (CVE-2019-16884, CVE-2023-28642).",
	.recommendation = "Kubernetes cluster containers should only use allowed ProcMountType (not in the bundle)",
	.pss = "/proc Mount Type (baseline)",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
