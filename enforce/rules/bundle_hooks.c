/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle-hooks
 *
 * Fields: hooks, process.env. Allowed: hooks whose path the node's owner
 * listed, ocigate's own, and the one that Docker puts in by itself.
 *
 * A hook is a program that the runtime starts as root on the node, before the
 * container's own restrictions are in force. What is listed is a path; its
 * content is the node owner's (a listed path belongs to root, like every
 * program of the node), so no digest is asked for.
 * A hook without an environment of its own inherits the runtime's, and with
 * some versions of runc the container's: a library named by the image was
 * loaded into NVIDIA's hook that way (CVE-2025-23266). So LD_* is refused in
 * the hook's environment, and in the container's where such a hook is present.
 *
 * ocigate's own hook must pass, or the gate would lock itself out: with the
 * verb "hook", from a listed path or from one of its usual places, whatever is
 * listed. A list that somebody writes for another program's sake replaces the
 * default one; and where /opt and /usr/local are links (ostree), the kernel
 * tells the program's place by where they lead. dockerd (builds; up to 26 every
 * container) joins the network by a prestart hook that leads to itself,
 * /proc/PID/exe: it passes where the bundle is known to be Docker's.
 */
#include <fnmatch.h>
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/rule.h"

struct settings {
	struct strings allowed;
	struct strings forbidden_env;
};

static const char *const own_paths[] = {"/usr/bin/ocigate", "/usr/local/bin/ocigate", "/opt/ocigate/bin/ocigate",
					"/var/usrlocal/bin/ocigate", "/var/opt/ocigate/bin/ocigate"};
static const struct strings usual = {own_paths, 5};
static const char *const loader[] = {"LD_*"};
static const struct settings defaults = {{own_paths, 3}, {loader, 1}};

static const struct setting settings_table[] = {
	{"allowed", SETTING_STRINGS, CHECK_PATH, NULL, 0, 0, offsetof(struct settings, allowed),
	 "Programs of the node that a bundle may name as hooks"},
	{"forbidden_env", SETTING_STRINGS, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, forbidden_env),
	 "Variables that must not reach a hook, \"*\" matches any text"},
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_ours(const struct hook_entry *hook)
{
	return strcmp(base_name(hook->path), "ocigate") == 0 && hook->args.n > 1 &&
	       strcmp(hook->args.items[1], "hook") == 0;
}

/* "/proc/PID/exe libnetwork-setkey …" at prestart, in a bundle of Docker's own */
static bool is_docker_network(const struct container *container, const struct hook_entry *hook)
{
	const struct identity *who = &container->identity;
	const char *pid;
	size_t digits;

	if (!who->trusted || (who->engine != ENGINE_DOCKER && who->engine != ENGINE_BUILDKIT) ||
	    hook->stage != HOOK_PRESTART)
		return false;
	if (strncmp(hook->path, "/proc/", 6) != 0 || hook->args.n == 0 ||
	    strcmp(hook->args.items[0], "libnetwork-setkey") != 0)
		return false;
	pid = hook->path + 6;
	digits = strspn(pid, "0123456789");
	return digits > 0 && strcmp(pid + digits, "/exe") == 0;
}

static bool is_listed(const struct settings *own, const struct hook_entry *hook)
{
	/* As the gate's own program runs every verb, its name alone is no pass. */
	if (strcmp(base_name(hook->path), "ocigate") == 0)
		return is_ours(hook) && (strings_hold(&own->allowed, hook->path) || strings_hold(&usual, hook->path));
	return strings_hold(&own->allowed, hook->path);
}

/* Is this "NAME=value" a variable that must not reach a hook? */
static bool is_forbidden(const struct settings *own, const char *variable)
{
	char name[64];
	size_t len = strcspn(variable, "=");

	/* No loader reads a longer name; its beginning is judged all the same. */
	if (len >= sizeof(name))
		len = sizeof(name) - 1;
	memcpy(name, variable, len);
	name[len] = '\0';
	for (size_t i = 0; i < own->forbidden_env.n; i++)
		if (fnmatch(own->forbidden_env.items[i], name, 0) == 0)
			return true;
	return false;
}

static void judge_hook(const struct container *container, const struct hook_entry *hook, const struct settings *own,
		       struct findings *findings)
{
	const char *pointer = findings_text(findings, "/hooks/%s/%zu", hook_stage_names[hook->stage], hook->index);

	if (!is_listed(own, hook) && !is_docker_network(container, hook))
		findings_add(findings, FINDING_VIOLATION, pointer, hook->path,
			     findings_text(findings, "runs a program on the node as a %s hook",
					   hook_stage_names[hook->stage]),
			     findings_text(findings,
					   "the node's owner lists \"%s\" in bundle-hooks, or removes the hook",
					   hook->path));
	for (size_t i = 0; i < hook->env.n; i++)
		if (is_forbidden(own, hook->env.items[i]))
			findings_add(findings, FINDING_VIOLATION, findings_text(findings, "%s/env/%zu", pointer, i),
				     hook->env.items[i], "gives a hook a variable that changes what code it loads",
				     "remove the variable from the hook");
}

/* A hook that may come to see the container's variables: not ours (static, and it clears its environment). */
static bool inherits(const struct hook_entry *hook)
{
	return !is_ours(hook) && (!hook->has_env || hook->env.n == 0);
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct settings *own = settings;
	bool exposed = false;

	(void)host;
	for (size_t i = 0; i < container->n_hooks; i++) {
		judge_hook(container, &container->hooks[i], own, findings);
		exposed = exposed || inherits(&container->hooks[i]);
	}
	for (size_t i = 0; exposed && i < container->process.env.n; i++)
		if (is_forbidden(own, container->process.env.items[i]))
			findings_add(findings, FINDING_VIOLATION, findings_text(findings, "/process/env/%zu", i),
				     container->process.env.items[i],
				     "sets a variable that a hook of this container could load code by",
				     "remove the variable from the pod's env or the image");
}

const struct rule rule_bundle_hooks = {
	.id = RULE_bundle_hooks,
	.name = "bundle-hooks",
	.group = RULE_GROUP_ESCAPE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_HIGH,
	.scope = RULE_SCOPE_CREATE,
	.facts = 0,
	.title = "hooks that the node's owner did not list",
	.fields = "hooks, process.env",
	.allowed = "listed programs, ocigate's own hook, dockerd's network hook",
	.why = "A hook runs as root on the node; with LD_PRELOAD in the image's environment NVIDIA's ran the image's "
	       "code (CVE-2025-23266, CVE-2024-0132).",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
