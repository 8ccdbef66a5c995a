/* SPDX-License-Identifier: Apache-2.0 */
/*
 * update: other resources for a container that runs. Limits are the engine's affair, but the same document can grant
 * devices (to crun) and write any file of the control group, which brings processes of the node into it: what a spec may
 * not ask for must not come later either. The document comes in a file or on stdin, and is handed on as it was judged.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec.h"
#include "ocigate/fs.h"

static int read_document(struct run *run, const char *path, struct resources *ret_resources, struct err *err)
{
	const bool from_stdin = strcmp(path, "-") == 0;
	FD_AUTO int fd =
		from_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, ERR_INPUT, errno, "the resources in %s cannot be opened", path);
	if (fs_read_fd(&run->arena, fd, "the resources", (size_t)run->policy->config_max, &run->text.bytes,
		       &run->text.len, err) < 0)
		return -1;
	return spec_parse_resources(&run->arena, &run->text, ret_resources, err);
}

static bool same_devices(const struct resources *a, const struct resources *b)
{
	if (a->n_device_rules != b->n_device_rules)
		return false;
	for (size_t i = 0; i < a->n_device_rules; i++) {
		const struct device_rule *left = &a->device_rules[i], *right = &b->device_rules[i];

		if (left->allow != right->allow || left->type != right->type || left->major != right->major ||
		    left->minor != right->minor || strcmp(left->access, right->access) != 0)
			return false;
	}
	return true;
}

/* Engines send along what the container has already: that was judged, or is older than the gate. */
static void take_resources(struct container *container, bool whole, const struct resources *resources)
{
	static const struct device_rule none = {.allow = false, .type = 'a', .major = -1, .minor = -1, .access = "rwm"};
	bool unchanged = resources->n_device_rules == 0 || (whole && same_devices(resources, &container->resources));

	container->update = true;
	container->resources = *resources;
	if (unchanged) {
		container->resources.device_rules = &none;
		container->resources.n_device_rules = 1;
	}
}

static int judge(struct run *run, struct runtime_args *args, const struct real_runtime *runtime, const char *wrapper,
		 struct err *err)
{
	struct resources resources;
	bool whole;

	if (exec_load_container(run, args, runtime, &whole, err) < 0 ||
	    read_document(run, args->values[VALUE_RESOURCES], &resources, err) < 0)
		return -1;
	run->container.identity.handler = runtime_handler(wrapper);
	take_resources(&run->container, whole, &resources);
	if (host_live(&run->arena, &run->container, NULL,
		      engine_facts(run->policy, &run->container) & ~(unsigned)HOST_FACT_MOUNTS, &run->host, err) < 0)
		return -1;
	run_judge(run, JUDGE_RUNTIME);
	return run->decision.verdict == VERDICT_ADMIT
		       ? exec_hand_over(&run->arena, args, VALUE_RESOURCES, &run->text, err)
		       : 0;
}

void runtime_update(struct run *run, struct runtime_args *args, const struct real_runtime *runtime, const char *wrapper)
{
	struct err err = {0};

	/* Options name limits alone. */
	if (!args->values[VALUE_RESOURCES])
		run->decision.verdict = VERDICT_ADMIT;
	else if (judge(run, args, runtime, wrapper, &err) < 0)
		decision_refuse(&run->decision, &err);
}
