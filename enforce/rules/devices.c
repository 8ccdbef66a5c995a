/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devices
 *
 * Fields: linux.devices, linux.resources.devices, mounts (/dev and binds of
 * device nodes). Allowed: the devices that runtimes give to every container.
 *
 * A device is its type and numbers; its name says nothing (/dev/innocent may be 1:1, the node's memory). Two things give
 * one: a node, and a grant in the device cgroup, with which root in the container makes the node. Grants are judged as a
 * list in order, and as the most generous runtime reads it:
 * - a rule of type "a" (or of none) counts for every device, whatever numbers and access it names (runc, cgroup v1);
 * - a denial takes back a grant of the same numbers alone, and its access wholly: "b 8:*" denied leaves "b 8:0" open;
 * - without a denial of everything at the start nothing is denied: crun loads no filter for an empty list (and none at
 *   all without a cgroup), on cgroup v1 grants add to the parent's "all". In a user namespace engines leave the list out,
 *   as the kernel opens no node that was made there.
 * Runtimes add grants of their own, for the default devices, tun, and mknod alone: these say nothing of a container.
 *
 * /dev must be a fresh tmpfs, and where the spec has it: else the runtime works on the image's /dev, where links lead it
 * to the node's files (crun, CVE-2026-88264 and its kin; runc, CVE-2026-41579). What others reach too, a volume at /dev
 * or /dev/pts, changes under its hands: so runc bound files of procfs over masked paths and /dev/console
 * (CVE-2025-31133, CVE-2025-52565).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ocigate/container.h"
#include "ocigate/host.h"
#include "ocigate/rule.h"

struct settings {
	struct strings allowed;
};

static const struct settings defaults = {{NULL, 0}};

static const struct setting settings_table[] = {
	{"allowed", SETTING_STRINGS, CHECK_DEVICE, NULL, 0, 0, offsetof(struct settings, allowed),
	 "Devices that a container may have besides the default ones, as in a device cgroup: \"c 10:229 rwm\", \"b 8:* "
	 "r\""},
};

enum { MANY = 8 }; /* more findings than this are told as one */

/* A set of devices and what may be done with them; -1: any number. The tables end with one of no type. */
struct grant {
	char type;
	int64_t major;
	int64_t minor;
	const char *access;
};

/* What runc and crun grant to every container (specconv's AllowedDevices, cgroup-resources.c's default_devices). */
static const struct grant granted_by_runtimes[] = {
	{'c', -1, -1, "m"},    {'b', -1, -1, "m"},    {'c', 1, 3, "rwm"}, {'c', 1, 5, "rwm"}, {'c', 1, 7, "rwm"},
	{'c', 1, 8, "rwm"},    {'c', 1, 9, "rwm"},    {'c', 5, 0, "rwm"}, {'c', 5, 1, "rwm"}, {'c', 5, 2, "rwm"},
	{'c', 136, -1, "rwm"}, {'c', 10, 200, "rwm"}, {0, 0, 0, ""}};
/* The nodes that a runtime makes: null zero full random urandom tty console ptmx. */
static const struct grant default_nodes[] = {{'c', 1, 3, "rwm"}, {'c', 1, 5, "rwm"}, {'c', 1, 7, "rwm"},
					     {'c', 1, 8, "rwm"}, {'c', 1, 9, "rwm"}, {'c', 5, 0, "rwm"},
					     {'c', 5, 1, "rwm"}, {'c', 5, 2, "rwm"}, {0, 0, 0, ""}};
static const char *const default_node_names[] = {"/null",    "/zero", "/full",	  "/random",
						 "/urandom", "/tty",  "/console", "/ptmx"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static bool number_within(int64_t inner, int64_t outer)
{
	return outer < 0 || inner == outer;
}

/* No access named: nobody agrees what that means; as a grant it is taken for all of it, as a denial for none. */
static bool access_within(const char *inner, const char *outer)
{
	if (!inner[0])
		inner = "rwm";
	return inner[strspn(inner, outer)] == '\0';
}

static bool within(const struct grant *inner, const struct grant *outer)
{
	return inner->type == outer->type && number_within(inner->major, outer->major) &&
	       number_within(inner->minor, outer->minor) && access_within(inner->access, outer->access);
}

static int64_t parse_number(const char *text)
{
	return text[0] == '*' ? -1 : strtoll(text, NULL, 10);
}

/* "c 10:200 rwm"; the policy's reader has checked the form. */
static struct grant parse_allowed(const char *text)
{
	return (struct grant){text[0], parse_number(text + 2), parse_number(strchr(text, ':') + 1),
			      strrchr(text, ' ') + 1};
}

static bool is_allowed(const struct grant *grant, const struct grant *usual, const struct settings *own)
{
	for (; usual->type; usual++)
		if (within(grant, usual))
			return true;
	for (size_t i = 0; i < own->allowed.n; i++) {
		struct grant allowed = parse_allowed(own->allowed.items[i]);

		if (within(grant, &allowed))
			return true;
	}
	return false;
}

static const char *number_text(int64_t number, struct findings *findings)
{
	return number < 0 ? "*" : findings_text(findings, "%" PRId64, number);
}

static struct grant grant_of_node(const struct device *device)
{
	/* What may be done with a node is the cgroup's to say; an allowed device need not be allowed to be made. */
	return (struct grant){device->type == 'u' ? 'c' : device->type, device->major, device->minor, "r"};
}

static bool is_foreign_node(const struct device *device, const struct settings *own)
{
	struct grant grant = grant_of_node(device);

	return device->type != 'p' && !is_allowed(&grant, default_nodes, own);
}

/* Runtimes bind /dev/null over what they mask, and look no further than its name. */
static bool is_impostor(const struct device *device)
{
	const char *name = strrchr(device->path, '/');

	for (size_t i = 0; name && i < COUNT(default_node_names); i++)
		if (strcmp(name, default_node_names[i]) == 0)
			return device->type == 'p' || device->type == 'b' || device->major != default_nodes[i].major ||
			       device->minor != default_nodes[i].minor;
	return false;
}

static void judge_nodes(const struct container *container, const struct settings *own, struct findings *findings)
{
	const struct device *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < container->n_devices; i++) {
		if (!is_foreign_node(&container->devices[i], own))
			continue;
		first = first ? first : &container->devices[i];
		n++;
	}
	if (n > MANY) {
		findings_add(findings, FINDING_VIOLATION, "/linux/devices", first->path,
			     findings_text(findings, "has %zu of the node's devices, %s and more", n, first->path),
			     "do not run it privileged, or name the devices that are needed");
		return;
	}
	for (size_t i = 0; i < container->n_devices; i++) {
		const struct device *device = &container->devices[i];

		if (is_foreign_node(device, own))
			findings_add(findings, FINDING_VIOLATION, findings_text(findings, "/linux/devices/%zu", i),
				     device->path,
				     findings_text(findings, "has the node's device %c %" PRId64 ":%" PRId64 " as %s",
						   device->type, device->major, device->minor, device->path),
				     "remove the device, or ask the node's owner to allow it");
		else if (is_impostor(device))
			findings_add(findings, FINDING_VIOLATION, findings_text(findings, "/linux/devices/%zu", i),
				     device->path, "puts another device in the place of a default one",
				     "remove the device");
	}
}

/* --- the cgroup --- */

static bool is_wildcard(const struct device_rule *rule)
{
	return rule->type == 'a' && rule->major < 0 && rule->minor < 0 && access_within("rwm", rule->access);
}

static struct grant grant_of_rule(const struct device_rule *rule)
{
	return (struct grant){rule->type, rule->major, rule->minor, rule->access};
}

/* Is what @index grants taken back later? */
static bool is_revoked(const struct resources *resources, size_t index)
{
	struct grant given = grant_of_rule(&resources->device_rules[index]);

	for (size_t i = index + 1; i < resources->n_device_rules; i++) {
		struct grant taken = grant_of_rule(&resources->device_rules[i]);

		if (!resources->device_rules[i].allow &&
		    (is_wildcard(&resources->device_rules[i]) ||
		     (within(&given, &taken) && taken.major == given.major && taken.minor == given.minor)))
			return true;
	}
	return false;
}

/* Is the node of this very device told already? */
static bool is_told(const struct container *container, const struct grant *grant, const struct settings *own)
{
	for (size_t i = 0; i < container->n_devices; i++) {
		struct grant node = grant_of_node(&container->devices[i]);

		if (node.type == grant->type && node.major == grant->major && node.minor == grant->minor &&
		    is_foreign_node(&container->devices[i], own))
			return true;
	}
	return false;
}

static void judge_grant(const struct container *container, size_t index, const struct settings *own,
			struct findings *findings)
{
	const struct device_rule *rule = &container->resources.device_rules[index];
	const char *pointer = findings_text(findings, "/linux/resources/devices/%zu", index);
	struct grant grant = grant_of_rule(rule);

	if (!rule->allow || is_revoked(&container->resources, index))
		return;
	if (rule->type == 'a')
		findings_add(findings, FINDING_VIOLATION, pointer, "a", "may use every device of the node",
			     "do not run it privileged");
	else if (!is_allowed(&grant, granted_by_runtimes, own) && !is_told(container, &grant, own))
		findings_add(findings, FINDING_VIOLATION, pointer, "",
			     findings_text(findings, "may use the node's device %c %s:%s (%s)", rule->type,
					   number_text(rule->major, findings), number_text(rule->minor, findings),
					   rule->access),
			     "remove the device, or ask the node's owner to allow it");
}

static void judge_cgroup(const struct container *container, const struct host *host, const struct settings *own,
			 struct findings *findings)
{
	const struct resources *resources = &container->resources;
	enum tri host_user = host->namespaces[NS_USER].shared;
	const char *message = container->unheld ? "has no control group: no device is denied"
						: "no device is denied to the container";
	bool closed = false;

	for (size_t i = 0; i < resources->n_device_rules; i++) {
		closed = closed || (!resources->device_rules[i].allow && is_wildcard(&resources->device_rules[i]));
		judge_grant(container, i, own, findings);
	}
	/* Root of a user namespace makes no device nodes, whoever shares the namespace: a rootless engine's own is one. */
	if ((closed && !container->unheld) || host_user == TRI_NO ||
	    (host->id_maps_known && host_id_of(&host->uid_map, 0) > 0))
		return;
	for (size_t i = 0; i < resources->n_device_rules && !container->unheld; i++)
		if (resources->device_rules[i].allow && resources->device_rules[i].type == 'a')
			return;
	if (host_user != TRI_YES)
		message = findings_text(findings, "%s, and cannot tell whether the user namespace is the host's",
					message);
	findings_add(findings, host_user == TRI_YES ? FINDING_VIOLATION : FINDING_UNDECIDED, "/linux/resources/devices",
		     "", message,
		     closed ? "run without --cgroups=disabled"
			    : "let the engine deny all devices first: {\"allow\": false, \"access\": \"rwm\"}");
}

/* --- mounts --- */

static bool is_type(const char *type, const char *wanted)
{
	return type && strcmp(type, wanted) == 0;
}

/* Is @path, as the last mount on it leaves it, a fresh file system of @type, and where the spec has it? */
static bool judge_own(const struct container *container, const struct host *host, const char *path, const char *type,
		      struct findings *findings)
{
	const char *place = path;
	size_t n = container->n_mounts;
	bool fresh;

	while (n > 0 &&
	       (strcmp(container->mounts[n - 1].path, path) != 0 || container->mounts[n - 1].kind == MOUNT_REMOUNT))
		n--;
	if (n == 0)
		return false;
	fresh = container->mounts[n - 1].kind == MOUNT_FILESYSTEM && is_type(container->mounts[n - 1].type, type);
	for (size_t i = 0; i < host->n_mounts; i++)
		if (host->mounts[i].mount == (long)n - 1) {
			fresh = fresh && (!host->mounts[i].effective || is_type(host->mounts[i].origin.fs_type, type));
			place = host->mounts[i].path;
		}
	if (!fresh || strcmp(place, path) != 0)
		findings_add(findings, FINDING_VIOLATION, findings_text(findings, "/mounts/%zu", n - 1), place,
			     fresh ? findings_text(findings, "a link of the image leads %s to %s", path, place)
				   : findings_text(findings, "has a %s that is not a %s of its own", path, type),
			     fresh ? "use an image in which /dev is a directory" : "do not mount anything over it");
	return true;
}

static void judge_dev(const struct container *container, const struct host *host, struct findings *findings)
{
	size_t before = findings->n;

	if (!judge_own(container, host, "/dev", "tmpfs", findings))
		findings_add(findings, FINDING_VIOLATION, "/mounts", "", "has no /dev of its own: the image's is used",
			     "let the engine mount a tmpfs at /dev");
	else if (findings->n == before)
		(void)judge_own(container, host, "/dev/pts", "devpts", findings);
}

/*
 * A recording knows no file types: there a node shows only by lying in a devtmpfs. With the cgroup's grants in order
 * no other node opens.
 */
static bool is_foreign_bind(const struct origin *origin, const struct settings *own)
{
	struct grant grant = {S_ISBLK(origin->file_type) ? 'b' : 'c', origin->device_major, origin->device_minor, "r"};

	if (S_ISCHR(origin->file_type) || S_ISBLK(origin->file_type))
		return !is_allowed(&grant, default_nodes, own);
	if (origin->file_type != 0 || !origin->fs_type || strcmp(origin->fs_type, "devtmpfs") != 0 ||
	    !origin->fs_path || strcmp(origin->fs_path, "/") == 0)
		return false;
	for (size_t i = 0; i < COUNT(default_node_names); i++)
		if (strcmp(origin->fs_path, default_node_names[i]) == 0)
			return false;
	return true;
}

static void judge_binds(const struct host *host, const struct settings *own, struct findings *findings)
{
	long told = -2;

	for (size_t i = 0; i < host->n_mounts; i++) {
		const struct host_mount *mount = &host->mounts[i];
		const struct origin *origin = &mount->origin;
		const char *name = origin->paths.n > 0 ? origin->paths.items[0] : origin->fs_path;
		long index = host_mount_entry(mount);

		/* What comes along with one bind comes in a row: one finding is enough. */
		if (!is_foreign_bind(origin, own) || index == told)
			continue;
		told = index;
		findings_add(
			findings, FINDING_VIOLATION,
			index >= 0 ? findings_text(findings, "/mounts/%ld", index) : "/mounts", name ? name : "",
			findings_text(findings, "mounts the node's device %s at %s", name ? name : "", mount->path),
			"remove the device, or ask the node's owner to allow it");
	}
}

/* One finding for all of them: the rules about paths name each. */
static void judge_unknown(const struct container *container, const struct host *host, struct findings *findings)
{
	const char *why = host->mounts_why;
	size_t binds = 0;

	for (size_t i = 0; i < container->n_mounts; i++)
		binds += container->mounts[i].kind == MOUNT_BIND;
	for (size_t i = 0; !why && i < host->n_mounts; i++)
		if (host->mounts[i].origin.state == ORIGIN_UNKNOWN)
			why = host->mounts[i].origin.why ? host->mounts[i].origin.why : "its origin is unknown";
	if (!why && (host->facts & HOST_FACT_MOUNTS) == 0)
		why = "the mounts are unknown";
	if (why && binds > 0)
		findings_add(findings, FINDING_UNDECIDED, "/mounts", "",
			     findings_text(findings, "cannot tell whether a device of the node is mounted: %s", why),
			     "judge it where the container is created, or record its mounts");
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	judge_nodes(container, settings, findings);
	judge_cgroup(container, host, settings, findings);
	judge_dev(container, host, findings);
	judge_binds(host, settings, findings);
	judge_unknown(container, host, findings);
}

const struct rule rule_devices = {
	.id = RULE_devices,
	.name = "devices",
	.group = RULE_GROUP_ESCAPE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_HIGH,
	.scope = RULE_SCOPE_CREATE,
	.facts = HOST_FACT_MOUNTS | HOST_FACT_NAMESPACES | HOST_FACT_ID_MAPS,
	.title = "the node's devices, by node, cgroup grant or mount; no /dev of its own",
	.fields = "linux.devices, linux.resources.devices, mounts",
	.allowed = "null, zero, full, random, urandom, tty, console, ptmx and ptys, in a fresh /dev",
	.why = "The node's disks and memory are devices: who opens them needs no file system to read or change the "
	       "node. Without a /dev of its own the image leads the runtime to the node's files (CVE-2026-41579, "
	       "CVE-2026-88264).",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
