/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host-paths
 *
 * Fields: mounts; the container's mountinfo, and where each of its mounts really comes from.
 * Allowed: what the engine or the kubelet made for this container; paths that @allowed lists, read-only where it says
 * so; the kernel's own filesystems (proc, sysfs, cgroup, mqueue, devpts, tmpfs), which other rules judge.
 * Stops: reading and rewriting the node: its keys, its cron, its kubelet, other pods' secrets; and the ways around a
 * list of paths: symbolic links, a bind of a bind, a hostPath behind subPath that looks like a volume of the kubelet's
 * (CVE-2017-1002101, CVE-2021-25741), an image that makes the engine follow a link (CVE-2022-23648, CVE-2024-5154,
 * CVE-2024-1753).
 *
 * What the spec calls a mount's source is a name, and the node may have several names for one place. The host facts
 * list all of them; every one must be the engine's, the kubelet's or allowed (bind_owner_find() says how that is told).
 * An rbind brings along what is mounted below its source: those mounts are judged like the rest, under the mount that
 * brought them. Options decide whether something is a bind, not the type; and a filesystem that is mounted afresh from
 * the node's own disk, or an overlay with a directory of the node as a layer, shows the node as well as any bind.
 *
 * Not here: the root filesystem itself, sockets, what must not be mounted even if it lies under an allowed path
 * (spec-integrity, sensitive-mounts), proc and sysfs in odd places (proc-mount), device nodes (devices).
 */
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/fs.h"
#include "ocigate/host.h"
#include "ocigate/owner.h"
#include "ocigate/rule.h"

struct settings {
	struct allowed_paths allowed;
	struct strings state_directories;
};

static const struct settings defaults = {{NULL, 0}, {NULL, 0}};

static const struct setting settings_table[] = {
	{"allowed", SETTING_PATHS, CHECK_PATH, NULL, 0, 0, offsetof(struct settings, allowed),
	 "Paths of the node that a container may mount, with all below them"},
	{"state_directories", SETTING_STRINGS, CHECK_PATH, NULL, 0, 0, offsetof(struct settings, state_directories),
	 "Where engine or kubelet keep their state, if not in the usual places"},
};

/* One judgement: all that the functions below would otherwise pass around. */
struct judgement {
	const struct container *container;
	const struct host *host;
	const struct settings *own;
	struct findings *findings;
};

static const struct mount *spec_mount(const struct judgement *j, long index)
{
	return index >= 0 ? &j->container->mounts[index] : NULL;
}

static const char *pointer_of(const struct judgement *j, const struct host_mount *mount)
{
	long index = host_mount_entry(mount);

	return index < 0 ? "/mounts" : findings_text(j->findings, "/mounts/%ld", index);
}

static bool holds(const char *path, const char *id)
{
	return id[0] && strstr(path, id);
}

/*
 * Where the engine or the kubelet keeps its state, if that would make @path theirs: a directory that the policy has not
 * listed. The id of this container, its sandbox or its pod stands in it, which who writes a pod cannot know beforehand.
 */
static const char *unlisted_state_directory(const struct judgement *j, const struct host_mount *mount, const char *path)
{
	const struct identity *who = &j->container->identity;
	struct bind_owner owner;

	if (!holds(path, j->container->id) && !holds(path, who->sandbox_id) && !holds(path, who->pod_uid))
		return NULL;
	for (const char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		const char *directory = findings_text(j->findings, "%.*s", (int)(at - path), path);
		const char *const list[] = {directory};
		const struct strings more = {list, sizeof(list) / sizeof(list[0])};

		bind_owner_find(&owner, j->container, j->host, mount, &more);
		if (owner.home && strcmp(owner.home, path) == 0)
			return directory;
	}
	return NULL;
}

/* @path: of the node, which nobody vouches for; NULL: not known */
static const char *remedy_of(const struct judgement *j, const struct host_mount *mount, const char *path)
{
	const struct mount *asked = mount ? spec_mount(j, host_mount_entry(mount)) : NULL;
	const char *state = path ? unlisted_state_directory(j, mount, path) : NULL;

	if (state)
		return findings_text(j->findings,
				     "if engine or kubelet keep their state in %s, the policy has to list "
				     "that in state_directories",
				     state);
	if (!identity_is_pod(&j->container->identity))
		return "remove the volume or use a named one, or have its path allowed by the policy";
	return asked && asked->source && strstr(asked->source, "/volumes/kubernetes.io~local-volume/")
		       ? "have the directory of local PersistentVolumes allowed by the policy, or use another storage "
			 "class"
		       : "remove the hostPath volume, or have its path allowed by the policy";
}

/* The longest of @allowed that covers @path, or NULL. */
static const struct allowed_path *allowed_by(const struct allowed_paths *allowed, const char *path)
{
	const struct allowed_path *best = NULL;

	for (size_t i = 0; i < allowed->n; i++)
		if (path_within(path, allowed->items[i].path) &&
		    (!best || strlen(allowed->items[i].path) > strlen(best->path)))
			best = &allowed->items[i];
	return best;
}

/* The same for a further name of a place that is allowed by another: the node shows all of itself twice, say. */
static const struct allowed_path *allowed_elsewhere(const struct allowed_paths *allowed, const struct strings *paths,
						    const char *path)
{
	const struct allowed_path *entry = allowed_by(allowed, path);

	for (size_t i = 0; !entry && i < paths->n; i++)
		if (path_ends_with(path, paths->items[i] + 1))
			entry = allowed_by(allowed, paths->items[i]);
	return entry;
}

/* "ro" does not reach what an rbind brings along, only "rro" does. crun applies it late: then the spec's word counts. */
static bool is_read_only(const struct judgement *j, const struct host_mount *mount)
{
	const struct mount *asked = spec_mount(j, host_mount_entry(mount));

	if (mount->read_only != TRI_UNKNOWN || !asked)
		return mount->read_only == TRI_YES;
	return mount->mount >= 0 ? asked->read_only : strings_hold(&asked->options, "rro");
}

static void add(const struct judgement *j, enum finding_kind kind, const struct host_mount *mount, const char *value,
		const char *message)
{
	const char *doubt = j->container->identity.doubt;

	if (doubt)
		message = findings_text(j->findings, "%s; nothing is known to be the engine's own: %s", message, doubt);
	findings_add(j->findings, kind, pointer_of(j, mount), value, message, remedy_of(j, mount, value));
}

/* @path: one of the mount's names on the node, which is neither the engine's nor the kubelet's. */
static bool judge_foreign(const struct judgement *j, const struct host_mount *mount, const char *path)
{
	const struct allowed_path *allowed = allowed_elsewhere(&j->own->allowed, &mount->origin.paths, path);
	const struct mount *asked = spec_mount(j, mount->mount);
	const char *source = asked && asked->source ? asked->source : "";
	const char *message;

	if (allowed && (!allowed->read_only || is_read_only(j, mount)))
		return false;
	message = findings_text(j->findings, "mounts the node's %s at %s", path, mount->path);
	if (source[0] == '/' && asked->kind == MOUNT_BIND && strcmp(source, path) != 0)
		message = findings_text(j->findings, "%s, behind %s", message, source);
	else if (mount->mount < 0)
		message = findings_text(j->findings, "%s, which comes along with a recursive bind", message);
	if (allowed) {
		findings_add(j->findings, FINDING_VIOLATION, pointer_of(j, mount), path,
			     findings_text(j->findings, "%s writable; %s is allowed read-only alone", message,
					   allowed->path),
			     identity_is_pod(&j->container->identity) ? "set readOnly: true on the volumeMount"
								      : "mount it with :ro");
		return true;
	}
	add(j, FINDING_VIOLATION, mount, path, message);
	return true;
}

/*
 * A volume of docker's or podman's local driver holds what its maker named, a disk of the node's for one: then it is not
 * the engine's directory that the filesystem behind shows there.
 */
static void judge_volume(const struct judgement *j, const struct host_mount *mount, const struct bind_owner *owner)
{
	const struct origin *origin = &mount->origin;
	const char *own = owner->keeper == KEEPER_ENGINE ? strstr(owner->tail, "/_data") : NULL;
	const struct allowed_path *allowed;
	size_t n, len;

	if (!own || strncmp(owner->tail, "volumes/", strlen("volumes/")) != 0 ||
	    strncmp(origin->fs_source, "/dev/", strlen("/dev/")) != 0)
		return;
	n = strlen(own);
	len = strlen(origin->fs_path);
	allowed = allowed_by(&j->own->allowed, owner->home);
	if ((len >= n && strcmp(origin->fs_path + len - n, own) == 0) ||
	    (allowed && (!allowed->read_only || is_read_only(j, mount))))
		return;
	add(j, FINDING_VIOLATION, mount, origin->fs_source,
	    findings_text(j->findings, "mounts the node's disk %s at %s, by a volume", origin->fs_source, mount->path));
}

/* One finding a mount, for the first of its names, or of its layers, that nobody vouches for. */
static void judge_paths(const struct judgement *j, const struct host_mount *mount)
{
	const struct strings *paths = &mount->origin.paths;
	struct bind_owner owner;
	bool other = false;

	bind_owner_find(&owner, j->container, j->host, mount, &j->own->state_directories);
	for (size_t i = 0; i < paths->n; i++) {
		const char *path = paths->items[i];

		if (bind_owner_keeps(&owner, path) ||
		    (i >= mount->origin.n_same && bind_owner_layer(j->container, path, &j->own->state_directories)))
			continue;
		if (judge_foreign(j, mount, path))
			return;
		other = true;
	}
	if (!other)
		judge_volume(j, mount, &owner);
}

/* A fresh kernel filesystem, or what the runtime put below one: the hierarchies of cgroup v1, masks over /proc. */
static bool is_kernels(const struct judgement *j, const struct host_mount *mount)
{
	const struct mount *asked = spec_mount(j, host_mount_entry(mount));

	if (!host_is_kernels_type(mount->origin.fs_type))
		return false;
	if (!asked)
		return mount->origin.state == ORIGIN_FILESYSTEM;
	return asked->kind == MOUNT_FILESYSTEM && (mount->mount >= 0 || host_mount_is_runtimes(j->container, mount));
}

static void judge_mount(const struct judgement *j, const struct host_mount *mount)
{
	const struct origin *origin = &mount->origin;

	if (is_kernels(j, mount) || host_mount_is_device(j->container, mount))
		return;
	switch (origin->state) {
	case ORIGIN_NODE:
		judge_paths(j, mount);
		break;
	case ORIGIN_FILESYSTEM:
		add(j, FINDING_VIOLATION, mount, origin->fs_source ? origin->fs_source : "",
		    findings_text(j->findings, "mounts a filesystem of type %s at %s", origin->fs_type, mount->path));
		break;
	case ORIGIN_DELETED:
		add(j, FINDING_UNDECIDED, mount, origin->source,
		    findings_text(j->findings, "cannot tell what it mounts at %s: the node has deleted it",
				  mount->path));
		break;
	case ORIGIN_UNKNOWN:
	default:
		add(j, FINDING_UNDECIDED, mount, origin->source,
		    findings_text(j->findings, "cannot tell what it mounts at %s: %s", mount->path,
				  origin->why ? origin->why : "its origin is unknown"));
		break;
	}
}

/* One finding an entry of the spec: a bind of "/" would otherwise bring a hundred. */
static bool is_told(const struct judgement *j, size_t from, const struct host_mount *mount)
{
	const char *pointer = j->findings->n > from ? pointer_of(j, mount) : "";

	for (size_t i = from; i < j->findings->n; i++)
		if (strcmp(j->findings->items[i].pointer, pointer) == 0)
			return true;
	return false;
}

static void judge_unseen(const struct judgement *j)
{
	for (size_t i = 0; i < j->container->n_mounts; i++)
		if (j->container->mounts[i].kind == MOUNT_BIND && !host_mount_of(j->host, i))
			findings_add(j->findings, FINDING_UNDECIDED, findings_text(j->findings, "/mounts/%zu", i),
				     j->container->mounts[i].source ? j->container->mounts[i].source : "",
				     findings_text(j->findings,
						   "cannot tell what it mounts at %s: the mount is not there",
						   j->container->mounts[i].path),
				     remedy_of(j, NULL, NULL));
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct judgement j = {container, host, settings, findings};
	size_t from = findings->n;

	if ((host->facts & HOST_FACT_MOUNTS) == 0 || host->mounts_why) {
		findings_add(findings, FINDING_UNDECIDED, "/mounts", "",
			     findings_text(findings, "cannot tell what is mounted: %s",
					   host->mounts_why ? host->mounts_why : "the mounts are unknown"),
			     "judge it where the container is created, or record its mounts");
		return;
	}
	/* What the spec names comes first, so that what came along with it is told only if nothing else is wrong. */
	for (int along = 0; along < 2; along++)
		for (size_t i = 0; i < host->n_mounts; i++)
			if ((host->mounts[i].mount < 0) == along && !is_told(&j, from, &host->mounts[i]))
				judge_mount(&j, &host->mounts[i]);
	judge_unseen(&j);
}

const struct rule rule_host_paths = {
	.id = RULE_host_paths,
	.name = "host-paths",
	.group = RULE_GROUP_CORE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_HIGH,
	.scope = RULE_SCOPE_CREATE,
	.facts = HOST_FACT_MOUNTS | HOST_FACT_NAMESPACES,
	.title = "paths of the node, followed to their true origin",
	.fields = "mounts, /proc/PID/mountinfo",
	.allowed = "what engine and kubelet made for this container, and paths that the policy lists",
	.why = "A path of the node lets a container read and rewrite the node; names are laundered by links, binds "
	       "of binds and subPath (CVE-2017-1002101, CVE-2021-25741), so what counts is where a mount really "
	       "leads.",
	.recommendation =
		"7: Usage of pod HostPath volume mounts should be restricted to a known list to restrict node "
		"access from compromised containers",
	.alert = "K8S_SensitiveMount",
	.pss = "HostPath Volumes (baseline)",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
