/* SPDX-License-Identifier: Apache-2.0 */
/*
 * privileged
 *
 * Fields: process.capabilities, linux.resources.devices, linux.devices, linux.maskedPaths and readonlyPaths, mounts of
 * sysfs and cgroup.
 * Allowed: at most two of the four marks below; each of them has a rule of its own.
 * Stops: the shortest way out of a container: mount the node's disk and write to it, load a kernel module, write
 * core_pattern or release_agent.
 *
 * No bundle says "privileged". Engines write what it means, and that is what can be seen:
 *   capabilities   all that the engine has. Not 41 of 41: a machine may lack some, and an older kernel has fewer
 *   devices        the device cgroup allows everything, and the node's device nodes are listed
 *   no masks       neither masked nor read-only paths
 *   kernel files   sysfs and cgroup mounted writable
 * containerd's privileged_without_host_devices leaves the devices out, `--privileged --cap-drop ALL` the capabilities;
 * so three of four tell. Fewer can be had one by one (capabilities.add: [ALL], procMount: Unmasked, a device plugin)
 * and are the business of capabilities, proc-mount and devices.
 */
#include <string.h>
#include <sys/capability.h>

#include "ocigate/container.h"
#include "ocigate/rule.h"

/* Enough to say "all": kernels since 2.6.25 know 34 capabilities and more, engines give 14 at most by default. */
enum { CAPABILITIES_ALL = 30, DEVICES_ALL = 20, MARKS_PRIVILEGED = 3 };

struct marks {
	int capabilities; /* how many, 0: not all */
	bool all_devices;
	size_t device_nodes;
	bool no_masks;
	long kernel_files; /* index of the first mount, -1: none */
};

static int all_capabilities(const struct container *container)
{
	uint64_t bounding = container->process.caps[CAPS_BOUNDING].mask;
	int n = __builtin_popcountll(bounding);

	return (bounding & UINT64_C(1) << CAP_SYS_ADMIN) != 0 && n >= CAPABILITIES_ALL ? n : 0;
}

/* Rules of the device cgroup are applied in order: a later one for everything undoes an earlier. */
static bool allows_every_device(const struct resources *resources)
{
	bool allows = false;

	for (size_t i = 0; i < resources->n_device_rules; i++) {
		const struct device_rule *rule = &resources->device_rules[i];

		if (rule->type == 'a' && rule->major == -1 && rule->minor == -1)
			allows = rule->allow && strchr(rule->access, 'w') != NULL;
	}
	return allows;
}

static long writable_kernel_files(const struct container *container)
{
	for (size_t i = 0; i < container->n_mounts; i++) {
		const struct mount *mount = &container->mounts[i];

		if (mount->kind == MOUNT_FILESYSTEM && !mount->read_only && mount->type &&
		    (strcmp(mount->type, "sysfs") == 0 || strcmp(mount->type, "cgroup") == 0 ||
		     strcmp(mount->type, "cgroup2") == 0))
			return (long)i;
	}
	return -1;
}

static const char *message_of(const struct marks *marks, struct findings *findings)
{
	const char *text = "runs privileged:";
	const char *comma = "";

	if (marks->capabilities > 0) {
		text = findings_text(findings, "%s %d capabilities", text, marks->capabilities);
		comma = ",";
	}
	if (marks->all_devices) {
		text = findings_text(findings, "%s%s every device", text, comma);
		comma = ",";
	} else if (marks->device_nodes >= DEVICES_ALL) {
		text = findings_text(findings, "%s%s %zu device nodes", text, comma, marks->device_nodes);
		comma = ",";
	}
	if (marks->no_masks) {
		text = findings_text(findings, "%s%s no masked paths", text, comma);
		comma = ",";
	}
	if (marks->kernel_files >= 0)
		text = findings_text(findings, "%s%s writable /sys or cgroup", text, comma);
	return text;
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct marks marks = {
		.capabilities = all_capabilities(container),
		.all_devices = allows_every_device(&container->resources),
		.device_nodes = container->n_devices,
		.no_masks = container->masked_paths.n == 0 && container->readonly_paths.n == 0,
		.kernel_files = writable_kernel_files(container),
	};
	bool devices = marks.all_devices || marks.device_nodes >= DEVICES_ALL;

	(void)host;
	(void)settings;
	if ((marks.capabilities > 0) + devices + marks.no_masks + (marks.kernel_files >= 0) < MARKS_PRIVILEGED)
		return;
	findings_add(findings, FINDING_VIOLATION,
		     marks.capabilities > 0 ? "/process/capabilities/bounding"
					    : (marks.all_devices ? "/linux/resources/devices" : "/linux/devices"),
		     "", message_of(&marks, findings),
		     identity_is_pod(&container->identity) ? "set securityContext.privileged: false"
							   : "run without --privileged");
}

const struct rule rule_privileged = {
	.id = RULE_privileged,
	.name = "privileged",
	.group = RULE_GROUP_CORE,
	.effect = EFFECT_DENY,
	.severity = SEVERITY_HIGH,
	.scope = RULE_SCOPE_CREATE,
	.title = "the marks of privileged mode",
	.fields = "process.capabilities, linux.resources.devices, linux.devices, linux.maskedPaths, mounts",
	.allowed = "at most two of: all capabilities, every device, no masked paths, writable sysfs or cgroup",
	.why = "A privileged container is the node: it mounts the node's disk, loads kernel modules and rewrites "
	       "core_pattern.",
	.recommendation = "8: Privileged containers should be avoided",
	.alert = "K8S_PrivilegedContainer",
	.pss = "Privileged Containers (baseline)",
	.judge = judge,
};
