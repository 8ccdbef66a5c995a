/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount-propagation
 *
 * Fields: mounts[].options, linux.rootfsPropagation; the propagation that the
 * kernel shows. Allowed: private, slave (HostToContainer) and unbindable.
 *
 * What a container mounts below a shared bind appears on the node, and with
 * it whatever the container put there. Kubernetes lets only privileged
 * containers ask for it (Bidirectional), the other engines anybody; a build
 * file's author could through an option that was not checked (CVE-2024-9407).
 * An engine that makes a bind shared makes the root shared too, or the bind
 * could not be: a shared root is judged by the binds that need it.
 */
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/fs.h"
#include "ocigate/host.h"
#include "ocigate/rule.h"

struct settings {
	struct strings allowed;
};

static const struct settings defaults = {{NULL, 0}};

static const struct setting settings_table[] = {
	{"allowed", SETTING_STRINGS, CHECK_PATH, NULL, 0, 0, offsetof(struct settings, allowed),
	 "Paths of the node whose binds, and those below, may be shared"},
};

#define REMEDY "set mountPropagation: None or HostToContainer"

/* Every path by which the node reaches the source must be allowed: one alone may be a way around. */
static bool is_allowed(const struct settings *own, const struct host_mount *mount)
{
	if (mount->origin.state != ORIGIN_NODE || mount->origin.paths.n == 0)
		return false;
	for (size_t i = 0; i < mount->origin.paths.n; i++) {
		bool covered = false;

		for (size_t j = 0; j < own->allowed.n; j++)
			covered = covered || path_within(mount->origin.paths.items[i], own->allowed.items[j]);
		if (!covered)
			return false;
	}
	return true;
}

static bool asks_shared(const struct mount *mount)
{
	return mount->propagation && strcmp(mount->propagation, "shared") == 0;
}

/* What the spec asks for. Return: is it shared with the owner's leave? */
static bool judge_asked(const struct container *container, const struct host *host, size_t index,
			const struct settings *own, struct findings *findings)
{
	const struct mount *mount = &container->mounts[index];
	const struct host_mount *real = host_mount_of(host, index);

	if (!asks_shared(mount))
		return false;
	if (real && is_allowed(own, real))
		return true;
	findings_add(findings, FINDING_VIOLATION, findings_text(findings, "/mounts/%zu/options", index),
		     mount->source ? mount->source : "",
		     findings_text(findings, "shares mounts below %s with the node", mount->path), REMEDY);
	return false;
}

static bool is_quiet(const char *propagation)
{
	static const char *const quiet[] = {"", "private", "rprivate", "slave", "rslave", "unbindable", "runbindable"};

	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		if (strcmp(propagation, quiet[i]) == 0)
			return true;
	return false;
}

/* Does the spec tell of it? Below a shared root the kernel's own file systems are shared as well. */
static bool is_told(const struct container *container, const struct host_mount *mount, bool root_shared)
{
	long index = host_mount_entry(mount);
	const struct mount *asked = index >= 0 ? &container->mounts[index] : NULL;

	return asked && (asks_shared(asked) || (root_shared && asked->kind == MOUNT_FILESYSTEM));
}

/* What the kernel shows, where the spec asked for nothing of the kind; once for each mount of the spec. */
static void judge_effect(const struct container *container, const struct host *host, bool root_shared,
			 const struct settings *own, struct findings *findings)
{
	long told = -2;

	for (size_t i = 0; i < host->n_mounts; i++) {
		const struct host_mount *mount = &host->mounts[i];
		bool sure = mount->shared == TRI_YES;
		long index = host_mount_entry(mount);

		if (!mount->effective || mount->shared == TRI_NO || index == told || is_allowed(own, mount) ||
		    is_told(container, mount, root_shared))
			continue;
		told = index;
		findings_add(findings, sure ? FINDING_VIOLATION : FINDING_UNDECIDED,
			     index >= 0 ? findings_text(findings, "/mounts/%ld", index) : "/mounts", mount->path,
			     findings_text(findings, "%s%s is shared with the node", sure ? "" : "cannot tell whether ",
					   mount->path),
			     REMEDY);
	}
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const char *root = container->rootfs_propagation ? container->rootfs_propagation : "";
	bool needed = false;

	for (size_t i = 0; i < container->n_mounts; i++)
		needed = judge_asked(container, host, i, settings, findings) || needed;
	judge_effect(container, host, !is_quiet(root), settings, findings);
	if (!is_quiet(root) && !needed)
		findings_add(findings, FINDING_VIOLATION, "/linux/rootfsPropagation", root,
			     "shares the root file system's mounts with the node", REMEDY);
}

const struct rule rule_mount_propagation = {
	.id = RULE_mount_propagation,
	.name = "mount-propagation",
	.group = RULE_GROUP_ESCAPE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_HIGH,
	.scope = RULE_SCOPE_CREATE,
	.facts = HOST_FACT_MOUNTS,
	.title = "mounts shared with the node in both directions",
	.fields = "mounts[].options, linux.rootfsPropagation, mountinfo",
	.allowed = "private and slave (HostToContainer) mounts",
	.why = "What a container mounts below a shared bind appears on the node, whatever it is; a build file's author "
	       "could ask for it (CVE-2024-9407).",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
