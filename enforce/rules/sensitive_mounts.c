/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sensitive-mounts
 *
 * Fields: mounts, by what the kernel says they lead to. Allowed: what engine
 * and kubelet keep for this very container, and paths that hold nothing by
 * which the node, its credentials or other containers could be taken.
 *
 * host-paths asks whether the owner allowed a path at all; this rule asks what
 * the path is, and holds even below an allowed one. A bind counts by its true
 * origin, under every name that the node has for it: a link, a bind of a bind
 * or a subPath of a hostPath ends where it ends (CVE-2017-1002101,
 * CVE-2021-25741). It counts as well when a sensitive path lies below it ("/"
 * and "/var" hold everything), and a read-only bind counts: credentials are
 * read, and a socket takes orders however it is mounted.
 */
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "ocigate/container.h"
#include "ocigate/fs.h"
#include "ocigate/host.h"
#include "ocigate/owner.h"
#include "ocigate/rule.h"

struct settings {
	struct strings paths;
	struct strings writable_paths;
	struct strings allowed;
	struct strings state_directories;
};

static const char *const sensitive[] = {
	"/boot",
	"/dev",
	"/etc",
	"/home/*/.aws",
	"/home/*/.azure",
	"/home/*/.config/gcloud",
	"/home/*/.docker",
	"/home/*/.gnupg",
	"/home/*/.kube",
	"/home/*/.ssh",
	"/proc",
	"/root",
	"/run",
	"/sys",
	"/usr/lib/ocigate",
	"/var/lib/buildkit",
	"/var/lib/cloud",
	"/var/lib/containerd",
	"/var/lib/containers",
	"/var/lib/crio",
	"/var/lib/docker",
	"/var/lib/etcd",
	"/var/lib/k0s",
	"/var/lib/kubelet",
	"/var/lib/ocigate",
	"/var/lib/rancher",
	"/var/lib/waagent",
	"/var/run",
	"/var/snap/docker",
	"/var/snap/microk8s",
	"/var/spool/cron",
};
/* Public to read; whoever writes them owns the node. */
static const char *const programs[] = {"/bin", "/lib", "/lib32", "/lib64", "/libx32", "/sbin", "/usr"};
static const struct settings defaults = {
	.paths = {sensitive, sizeof(sensitive) / sizeof(sensitive[0])},
	.writable_paths = {programs, sizeof(programs) / sizeof(programs[0])},
};

static const struct setting settings_table[] = {
	{"paths", SETTING_STRINGS, CHECK_PATH, NULL, 0, 0, offsetof(struct settings, paths),
	 "Paths of the node that are sensitive, with all below and above them; \"*\" stands for one directory's name"},
	{"writable_paths", SETTING_STRINGS, CHECK_PATH, NULL, 0, 0, offsetof(struct settings, writable_paths),
	 "Paths of the node that are sensitive only where the bind is writable"},
	{"allowed", SETTING_STRINGS, CHECK_PATH, NULL, 0, 0, offsetof(struct settings, allowed),
	 "Paths that may be bound although they lie in sensitive ones: \"/etc/localtime\""},
	{"state_directories", SETTING_STRINGS, CHECK_PATH, NULL, 0, 0, offsetof(struct settings, state_directories),
	 "Where engine or kubelet keep their state, if not in the usual places"},
};

/* Equal, or one lies in the other, by whole segments; those of @pattern are shell patterns. */
static bool is_related(const char *path, const char *pattern)
{
	char segment[256], glob[256];

	for (;;) {
		size_t n, m;

		path += strspn(path, "/");
		pattern += strspn(pattern, "/");
		n = strcspn(path, "/");
		m = strcspn(pattern, "/");
		if (n == 0 || m == 0)
			return true;
		/* No name is that long: take it for a match rather than miss one. */
		if (n < sizeof(segment) && m < sizeof(glob)) {
			memcpy(segment, path, n);
			segment[n] = '\0';
			memcpy(glob, pattern, m);
			glob[m] = '\0';
			if (fnmatch(glob, segment, 0) != 0)
				return false;
		}
		path += n;
		pattern += m;
	}
}

/* The first of @list that @path lies in or holds, or NULL. */
static const char *find_related(const struct strings *list, const char *path)
{
	for (size_t i = 0; i < list->n; i++)
		if (is_related(path, list->items[i]))
			return list->items[i];
	return NULL;
}

static bool is_allowed(const struct settings *own, const char *path)
{
	for (size_t i = 0; i < own->allowed.n; i++)
		if (path_within(path, own->allowed.items[i]))
			return true;
	return false;
}

/* crun makes a bind read-only after the hooks: then the spec's word counts. "ro" says nothing about what came along. */
static bool is_writable(const struct container *container, const struct host_mount *mount)
{
	if (mount->read_only != TRI_UNKNOWN || mount->mount < 0)
		return mount->read_only != TRI_YES;
	return !container->mounts[mount->mount].read_only;
}

static const char *remedy_for(const struct container *container, const char *path, struct findings *findings)
{
	return identity_is_pod(&container->identity)
		       ? findings_text(findings, "remove the hostPath volume that leads to %s", path)
		       : findings_text(findings, "remove the volume that leads to %s", path);
}

/* Add a finding about @path of the node, which @mount shows. Return: was there one? */
static bool judge_path(const struct container *container, const struct host_mount *mount, const char *path,
		       size_t index, const struct settings *own, struct findings *findings)
{
	const char *where = mount->path;
	const char *found = find_related(&own->paths, path);

	if (is_allowed(own, path))
		return false;
	if (S_ISSOCK(mount->origin.file_type)) {
		findings_add(findings, FINDING_VIOLATION, findings_text(findings, "/mounts/%zu", index), path,
			     findings_text(findings, "mounts the node's socket %s at %s", path, where),
			     remedy_for(container, path, findings));
		return true;
	}
	if (!found && is_writable(container, mount))
		found = find_related(&own->writable_paths, path);
	if (!found)
		return false;
	findings_add(
		findings, FINDING_VIOLATION, findings_text(findings, "/mounts/%zu", index), path,
		path_within(path, found) || strchr(found, '*') || strcmp(path, "/") == 0
			? findings_text(findings, "mounts the node's %s at %s", path, where)
			: findings_text(findings, "mounts the node's %s, which holds %s, at %s", path, found, where),
		remedy_for(container, path, findings));
	return true;
}

/* A layer of the engine's image store; which images' does not matter, they hold no secrets of the node. */
static bool is_layer(const struct container *container, const struct origin *origin, size_t index,
		     const struct settings *own)
{
	return index >= origin->n_same &&
	       bind_owner_layer(container, origin->paths.items[index], &own->state_directories);
}

/*
 * The reverse: what lies in it is mounted on the node at a sensitive place. A volume of the kubelet's own holds at most
 * what the kubelet mounts from it again.
 */
static bool judge_contents(const struct container *container, const struct host_mount *mount, size_t index,
			   const struct settings *own, struct findings *findings)
{
	const struct origin *origin = &mount->origin;
	const char *name = origin->paths.n > 0 ? origin->paths.items[0] : mount->path;

	for (size_t i = 0; i < origin->contains.n; i++) {
		const char *path = origin->contains.items[i];

		if (!find_related(&own->paths, path) || is_allowed(own, path))
			continue;
		findings_add(findings, FINDING_VIOLATION, findings_text(findings, "/mounts/%zu", index), name,
			     findings_text(findings, "mounts the node's %s, part of which is its %s, at %s", name, path,
					   container->mounts[index].path),
			     remedy_for(container, name, findings));
		return true;
	}
	return false;
}

/* Return: is there a finding? One a mount of the spec is enough. */
static bool judge_origin(const struct container *container, const struct host *host, const struct host_mount *mount,
			 size_t index, const struct settings *own, struct findings *findings)
{
	const struct origin *origin = &mount->origin;
	struct bind_owner owner;

	bind_owner_find(&owner, container, host, mount, &own->state_directories);
	for (size_t i = 0; i < origin->paths.n; i++)
		if (!bind_owner_keeps(&owner, origin->paths.items[i]) && !is_layer(container, origin, i, own) &&
		    judge_path(container, mount, origin->paths.items[i], index, own, findings))
			return true;
	if (owner.keeper == KEEPER_NONE && judge_contents(container, mount, index, own, findings))
		return true;
	if (origin->state != ORIGIN_UNKNOWN && (origin->state != ORIGIN_DELETED || owner.keeper != KEEPER_NONE))
		return false;
	findings_add(findings, FINDING_UNDECIDED, findings_text(findings, "/mounts/%zu", index), mount->path,
		     findings_text(findings, "cannot tell what %s is: %s", mount->path,
				   origin->state == ORIGIN_DELETED ? "its source is deleted"
								   : (origin->why ? origin->why : "origin unknown")),
		     "mount a path that exists on the node");
	return true;
}

/* A file system that the runtime makes afresh shows nothing of the node's files; proc and sysfs are proc-mount's. */
static bool is_fresh(const struct mount *mount)
{
	return mount->kind == MOUNT_REMOUNT || (mount->kind == MOUNT_FILESYSTEM && host_is_kernels_type(mount->type));
}

/* What a runtime puts into such a file system by itself: cgroup v1's tree, device nodes, masks. */
static bool is_runtimes(const struct container *container, const struct host_mount *mount)
{
	return host_mount_is_runtimes(container, mount) || strings_hold(&container->masked_paths, mount->path);
}

static void judge_mount(const struct container *container, const struct host *host, size_t index,
			const struct settings *own, struct findings *findings)
{
	bool fresh = is_fresh(&container->mounts[index]);

	for (const struct host_mount *mount = host_mount_first(host, index); mount;
	     mount = host_mount_next(host, mount)) {
		if (fresh && (mount->mount >= 0 || is_runtimes(container, mount)))
			continue;
		if (judge_origin(container, host, mount, index, own, findings))
			return;
	}
	if (!fresh && !host_mount_of(host, index))
		findings_add(findings, FINDING_UNDECIDED, findings_text(findings, "/mounts/%zu", index),
			     container->mounts[index].source ? container->mounts[index].source : "",
			     findings_text(findings, "cannot tell what is mounted at %s: %s",
					   container->mounts[index].path,
					   host->mounts_why ? host->mounts_why : "the kernel does not show it"),
			     "mount a path that exists on the node");
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	for (size_t i = 0; i < container->n_mounts; i++)
		judge_mount(container, host, i, settings, findings);
}

const struct rule rule_sensitive_mounts = {
	.id = RULE_sensitive_mounts,
	.name = "sensitive-mounts",
	.group = RULE_GROUP_ESCAPE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_HIGH,
	.scope = RULE_SCOPE_CREATE,
	.facts = HOST_FACT_MOUNTS | HOST_FACT_NAMESPACES,
	.title = "binds of what the node, its credentials or other containers are ruled by",
	.fields = "mounts, mountinfo",
	.allowed = "what engine and kubelet keep for the container; paths outside the sensitive ones",
	.why = "An engine's socket, the kubelet's directory or /etc is the node itself, read-only or not, and "
	       "whatever name it was mounted by (CVE-2017-1002101, CVE-2021-25741).",
	.recommendation = "7: Usage of pod HostPath volume mounts should be restricted to a known list",
	.alert = "K8S_SensitiveMount",
	.pss = "HostPath Volumes (baseline)",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
