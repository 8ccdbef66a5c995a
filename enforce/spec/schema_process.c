/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime-spec (config.md), "process"; also the document of an exec. */
#include "schema_table.h"

static const struct shape_field shape_console_size_fields[] = {
	{.key = "height", .type = SHAPE_INT, .max = UINT32_MAX},
	{.key = "width", .type = SHAPE_INT, .max = UINT32_MAX},
};
static SHAPE(shape_console_size, .size = 0);

static const struct shape_field shape_user_fields[] = {
	{.key = "uid", .type = SHAPE_INT, .required = true, .max = ID_MAX, .to = TO(struct process, uid)},
	{.key = "gid", .type = SHAPE_INT, .required = true, .max = ID_MAX, .to = TO(struct process, gid)},
	{.key = "umask", .type = SHAPE_INT, .max = 07777},
	{.key = "additionalGids", .type = SHAPE_OWN, .read = read_gids, .to = HERE},
	{.key = "username", .type = SHAPE_STRING},
};
static SHAPE(shape_user, .size = 0);

static const struct shape_field shape_rlimit_fields[] = {
	{.key = "type", .type = SHAPE_STRING, .required = true, .to = TO(struct rlimit, type)},
	{.key = "hard", .type = SHAPE_UINT64, .required = true, .to = TO(struct rlimit, hard)},
	{.key = "soft", .type = SHAPE_UINT64, .required = true, .to = TO(struct rlimit, soft)},
};
static SHAPE(shape_rlimit, .size = sizeof(struct rlimit));

static const struct shape_field shape_scheduler_fields[] = {
	{.key = "policy", .type = SHAPE_STRING, .required = true, .to = TO(struct process, scheduler_policy)},
	{.key = "nice",
	 .type = SHAPE_INT,
	 .min = INT32_MIN,
	 .max = INT32_MAX,
	 .to = TO(struct process, scheduler_nice)},
	{.key = "priority", .type = SHAPE_INT, .min = INT32_MIN, .max = INT32_MAX},
	{.key = "flags", .type = SHAPE_STRINGS},
	{.key = "runtime", .type = SHAPE_UINT64},
	{.key = "deadline", .type = SHAPE_UINT64},
	{.key = "period", .type = SHAPE_UINT64},
};
static SHAPE(shape_scheduler, .size = 0);

static const struct shape_field shape_io_priority_fields[] = {
	{.key = "class", .type = SHAPE_STRING, .required = true, .to = TO(struct process, io_class)},
	{.key = "priority", .type = SHAPE_INT, .min = INT32_MIN, .max = INT32_MAX},
};
static SHAPE(shape_io_priority, .size = 0);

static const struct shape_field shape_cpu_affinity_fields[] = {
	{.key = "initial", .type = SHAPE_STRING},
	{.key = "final", .type = SHAPE_STRING},
};
static SHAPE(shape_cpu_affinity, .size = 0);

static const struct shape_field shape_process_fields[] = {
	{.key = "terminal", .type = SHAPE_BOOL, .to = TO(struct process, terminal)},
	{.key = "consoleSize", .type = SHAPE_OBJECT, .child = &shape_console_size},
	{.key = "user", .type = SHAPE_OBJECT, .required = true, .child = &shape_user, .to = HERE},
	{.key = "args", .type = SHAPE_STRINGS, .to = TO(struct process, args)},
	{.key = "commandLine", .type = SHAPE_STRING},
	{.key = "env", .type = SHAPE_STRINGS, .to = TO(struct process, env)},
	{.key = "cwd", .type = SHAPE_STRING, .required = true, .check = check_not_empty, .to = TO(struct process, cwd)},
	{.key = "capabilities", .type = SHAPE_OWN, .required = true, .read = read_capabilities, .to = HERE},
	{.key = "rlimits",
	 .type = SHAPE_LIST,
	 .child = &shape_rlimit,
	 .to = TO(struct process, rlimits),
	 .count_to = TO(struct process, n_rlimits)},
	{.key = "noNewPrivileges", .type = SHAPE_BOOL, .to = TO(struct process, no_new_privileges)},
	{.key = "apparmorProfile", .type = SHAPE_STRING, .to = TO(struct process, apparmor_profile)},
	{.key = "oomScoreAdj", .type = SHAPE_INT, .min = -1000, .max = 1000, .to = TO(struct process, oom_score_adj)},
	{.key = "scheduler", .type = SHAPE_OBJECT, .child = &shape_scheduler, .to = HERE},
	{.key = "selinuxLabel", .type = SHAPE_STRING, .to = TO(struct process, selinux_label)},
	{.key = "ioPriority", .type = SHAPE_OBJECT, .child = &shape_io_priority, .to = HERE},
	{.key = "execCPUAffinity", .type = SHAPE_OBJECT, .child = &shape_cpu_affinity},
};
SHAPE(shape_process, .size = sizeof(struct process));
