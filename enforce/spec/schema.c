/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OCI runtime-spec for Linux, versions 1.0 to 1.3, as one table.
 *
 * Keys that the spec has dropped since 1.0 but that runtimes still read stay
 * in. A number's range is the field's own where the spec or the kernel gives
 * one, else that of the type that Go runtimes decode it into.
 */
#include "schema.h"

#include "ocigate/container.h"
#include "ocigate/state.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define SHAPE(name_, ...)                                                                                              \
	const struct shape name_ = {.fields = name_##_fields, .n_fields = N(name_##_fields), __VA_ARGS__}
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Ids above this are negative to some runtimes and root to others. */
#define ID_MAX INT32_MAX
/* The child's fields go into the same struct. */
#define HERE 1

static const char *const seccomp_actions[] = {
	"SCMP_ACT_KILL",  "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP",   "SCMP_ACT_ERRNO",
	"SCMP_ACT_TRACE", "SCMP_ACT_ALLOW",	   "SCMP_ACT_LOG",	   "SCMP_ACT_NOTIFY", NULL,
};

static const char *const seccomp_operators[] = {
	"SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",	    "SCMP_CMP_EQ",
	"SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ", NULL,
};

static const char *const seccomp_architectures[] = {
	"SCMP_ARCH_X86",     "SCMP_ARCH_X86_64",   "SCMP_ARCH_X32",	    "SCMP_ARCH_ARM",
	"SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",	   "SCMP_ARCH_MIPS64",	    "SCMP_ARCH_MIPS64N32",
	"SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",
	"SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",	    "SCMP_ARCH_S390X",
	"SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",	    "SCMP_ARCH_LOONGARCH64",
	"SCMP_ARCH_M68K",    "SCMP_ARCH_SH",	   "SCMP_ARCH_SHEB",	    NULL,
};

static const char *const seccomp_flags[] = {
	"SECCOMP_FILTER_FLAG_TSYNC",
	"SECCOMP_FILTER_FLAG_LOG",
	"SECCOMP_FILTER_FLAG_SPEC_ALLOW",
	"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
	NULL,
};

/* --- process --- */

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
	{.key = "nice", .type = SHAPE_INT, .min = INT32_MIN, .max = INT32_MAX},
	{.key = "priority", .type = SHAPE_INT, .min = INT32_MIN, .max = INT32_MAX},
	{.key = "flags", .type = SHAPE_STRINGS},
	{.key = "runtime", .type = SHAPE_UINT64},
	{.key = "deadline", .type = SHAPE_UINT64},
	{.key = "period", .type = SHAPE_UINT64},
};
static SHAPE(shape_scheduler, .size = 0);

static const struct shape_field shape_io_priority_fields[] = {
	{.key = "class", .type = SHAPE_STRING, .required = true},
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
	{.key = "oomScoreAdj",
	 .type = SHAPE_INT,
	 .min = -1000,
	 .max = 1000,
	 .to = TO(struct process, oom_score_adj),
	 .has_to = TO(struct process, has_oom_score_adj)},
	{.key = "scheduler", .type = SHAPE_OBJECT, .child = &shape_scheduler, .to = HERE},
	{.key = "selinuxLabel", .type = SHAPE_STRING, .to = TO(struct process, selinux_label)},
	{.key = "ioPriority",
	 .type = SHAPE_OBJECT,
	 .child = &shape_io_priority,
	 .has_to = TO(struct process, has_io_priority)},
	{.key = "execCPUAffinity",
	 .type = SHAPE_OBJECT,
	 .child = &shape_cpu_affinity,
	 .has_to = TO(struct process, has_exec_cpu_affinity)},
};
SHAPE(shape_process, .size = sizeof(struct process));

/* --- root, mounts --- */

static const struct shape_field shape_root_fields[] = {
	{.key = "path",
	 .type = SHAPE_STRING,
	 .required = true,
	 .check = check_not_empty,
	 .to = TO(struct container, root_path)},
	{.key = "readonly", .type = SHAPE_BOOL, .to = TO(struct container, root_read_only)},
};
static SHAPE(shape_root, .size = 0);

static const struct shape_field shape_id_mapping_fields[] = {
	{.key = "containerID",
	 .type = SHAPE_UINT32,
	 .required = true,
	 .max = UINT32_MAX,
	 .to = TO(struct id_mapping, container_id)},
	{.key = "hostID",
	 .type = SHAPE_UINT32,
	 .required = true,
	 .max = UINT32_MAX,
	 .to = TO(struct id_mapping, host_id)},
	{.key = "size", .type = SHAPE_UINT32, .required = true, .max = UINT32_MAX, .to = TO(struct id_mapping, size)},
};
static SHAPE(shape_id_mapping, .size = sizeof(struct id_mapping));

static const struct shape_field shape_mount_fields[] = {
	{.key = "destination",
	 .type = SHAPE_STRING,
	 .required = true,
	 .check = check_not_empty,
	 .to = TO(struct mount, destination)},
	{.key = "type", .type = SHAPE_STRING, .to = TO(struct mount, type)},
	{.key = "source", .type = SHAPE_STRING, .to = TO(struct mount, source)},
	{.key = "options", .type = SHAPE_STRINGS, .to = TO(struct mount, options)},
	{.key = "uidMappings", .type = SHAPE_LIST, .child = &shape_id_mapping, .has_to = TO(struct mount, id_mapped)},
	{.key = "gidMappings", .type = SHAPE_LIST, .child = &shape_id_mapping, .has_to = TO(struct mount, id_mapped)},
};
static SHAPE(shape_mount, .size = sizeof(struct mount), .finish = finish_mount);

/* --- linux.resources --- */

static const struct device_rule any_device = {.type = 'a', .major = -1, .minor = -1, .access = ""};

static const struct shape_field shape_device_rule_fields[] = {
	{.key = "allow", .type = SHAPE_BOOL, .required = true, .to = TO(struct device_rule, allow)},
	{.key = "type", .type = SHAPE_LETTER, .words = WORDS("abc"), .to = TO(struct device_rule, type)},
	{.key = "major", .type = SHAPE_INT, .min = -1, .max = UINT32_MAX, .to = TO(struct device_rule, major)},
	{.key = "minor", .type = SHAPE_INT, .min = -1, .max = UINT32_MAX, .to = TO(struct device_rule, minor)},
	{.key = "access", .type = SHAPE_STRING, .check = check_access, .to = TO(struct device_rule, access)},
};
static SHAPE(shape_device_rule, .size = sizeof(struct device_rule), .initial = &any_device);

static const struct shape_field shape_memory_fields[] = {
	{.key = "limit", .type = SHAPE_LIMIT, .min = -1, .max = INT64_MAX, .to = TO(struct resources, memory_limit)},
	{.key = "reservation", .type = SHAPE_INT, .min = -1, .max = INT64_MAX},
	{.key = "swap", .type = SHAPE_LIMIT, .min = -1, .max = INT64_MAX, .to = TO(struct resources, memory_swap)},
	{.key = "kernel", .type = SHAPE_INT, .min = -1, .max = INT64_MAX},
	{.key = "kernelTCP", .type = SHAPE_INT, .min = -1, .max = INT64_MAX},
	{.key = "swappiness", .type = SHAPE_UINT64},
	{.key = "disableOOMKiller", .type = SHAPE_BOOL},
	{.key = "useHierarchy", .type = SHAPE_BOOL},
	{.key = "checkBeforeUpdate", .type = SHAPE_BOOL},
};
static SHAPE(shape_memory, .size = 0);

static const struct shape_field shape_cpu_fields[] = {
	{.key = "shares", .type = SHAPE_LIMIT, .max = INT64_MAX, .to = TO(struct resources, cpu_shares)},
	{.key = "quota", .type = SHAPE_LIMIT, .min = -1, .max = INT64_MAX, .to = TO(struct resources, cpu_quota)},
	{.key = "burst", .type = SHAPE_UINT64},
	{.key = "period", .type = SHAPE_LIMIT, .max = INT64_MAX, .to = TO(struct resources, cpu_period)},
	{.key = "realtimeRuntime", .type = SHAPE_INT, .min = -1, .max = INT64_MAX},
	{.key = "realtimePeriod", .type = SHAPE_UINT64},
	{.key = "cpus", .type = SHAPE_STRING},
	{.key = "mems", .type = SHAPE_STRING},
	{.key = "idle", .type = SHAPE_INT, .min = INT64_MIN, .max = INT64_MAX},
};
static SHAPE(shape_cpu, .size = 0);

static const struct shape_field shape_pids_fields[] = {
	{.key = "limit", .type = SHAPE_LIMIT, .min = -1, .max = INT64_MAX, .to = TO(struct resources, pids_limit)},
};
static SHAPE(shape_pids, .size = 0);

static const struct shape_field shape_weight_device_fields[] = {
	{.key = "major", .type = SHAPE_INT, .required = true, .min = -1, .max = UINT32_MAX},
	{.key = "minor", .type = SHAPE_INT, .required = true, .min = -1, .max = UINT32_MAX},
	{.key = "weight", .type = SHAPE_INT, .max = UINT16_MAX},
	{.key = "leafWeight", .type = SHAPE_INT, .max = UINT16_MAX},
};
static SHAPE(shape_weight_device, .size = 0);

static const struct shape_field shape_throttle_device_fields[] = {
	{.key = "major", .type = SHAPE_INT, .required = true, .min = -1, .max = UINT32_MAX},
	{.key = "minor", .type = SHAPE_INT, .required = true, .min = -1, .max = UINT32_MAX},
	{.key = "rate", .type = SHAPE_UINT64},
};
static SHAPE(shape_throttle_device, .size = 0);

static const struct shape_field shape_block_io_fields[] = {
	{.key = "weight", .type = SHAPE_INT, .max = UINT16_MAX},
	{.key = "leafWeight", .type = SHAPE_INT, .max = UINT16_MAX},
	{.key = "weightDevice", .type = SHAPE_LIST, .child = &shape_weight_device},
	{.key = "throttleReadBpsDevice", .type = SHAPE_LIST, .child = &shape_throttle_device},
	{.key = "throttleWriteBpsDevice", .type = SHAPE_LIST, .child = &shape_throttle_device},
	{.key = "throttleReadIOPSDevice", .type = SHAPE_LIST, .child = &shape_throttle_device},
	{.key = "throttleWriteIOPSDevice", .type = SHAPE_LIST, .child = &shape_throttle_device},
};
static SHAPE(shape_block_io, .size = 0);

static const struct shape_field shape_hugepage_limit_fields[] = {
	{.key = "pageSize", .type = SHAPE_STRING, .required = true},
	{.key = "limit", .type = SHAPE_UINT64, .required = true},
};
static SHAPE(shape_hugepage_limit, .size = 0);

static const struct shape_field shape_network_priority_fields[] = {
	{.key = "name", .type = SHAPE_STRING, .required = true},
	{.key = "priority", .type = SHAPE_INT, .required = true, .max = UINT32_MAX},
};
static SHAPE(shape_network_priority, .size = 0);

static const struct shape_field shape_network_fields[] = {
	{.key = "classID", .type = SHAPE_INT, .max = UINT32_MAX},
	{.key = "priorities", .type = SHAPE_LIST, .child = &shape_network_priority},
};
static SHAPE(shape_network, .size = 0);

static const struct shape_field shape_rdma_fields[] = {
	{.key = "hcaHandles", .type = SHAPE_INT, .max = UINT32_MAX},
	{.key = "hcaObjects", .type = SHAPE_INT, .max = UINT32_MAX},
};
static SHAPE(shape_rdma, .size = 0);

static const struct shape_field shape_resources_fields[] = {
	{.key = "devices",
	 .type = SHAPE_LIST,
	 .child = &shape_device_rule,
	 .to = TO(struct resources, device_rules),
	 .count_to = TO(struct resources, n_device_rules)},
	{.key = "memory", .type = SHAPE_OBJECT, .child = &shape_memory, .to = HERE},
	{.key = "cpu", .type = SHAPE_OBJECT, .child = &shape_cpu, .to = HERE},
	{.key = "pids", .type = SHAPE_OBJECT, .child = &shape_pids, .to = HERE},
	{.key = "blockIO", .type = SHAPE_OBJECT, .child = &shape_block_io},
	{.key = "hugepageLimits", .type = SHAPE_LIST, .child = &shape_hugepage_limit},
	{.key = "network", .type = SHAPE_OBJECT, .child = &shape_network},
	{.key = "rdma", .type = SHAPE_TABLE, .child = &shape_rdma},
	{.key = "unified", .type = SHAPE_MAP, .to = TO(struct resources, unified)},
};
static SHAPE(shape_resources, .size = 0);

/* --- linux.seccomp --- */

static const struct shape_field shape_seccomp_arg_fields[] = {
	{.key = "index", .type = SHAPE_UINT32, .required = true, .max = 5, .to = TO(struct seccomp_arg, index)},
	{.key = "value", .type = SHAPE_UINT64, .required = true, .to = TO(struct seccomp_arg, value)},
	{.key = "valueTwo", .type = SHAPE_UINT64, .to = TO(struct seccomp_arg, value_two)},
	{.key = "op",
	 .type = SHAPE_STRING,
	 .required = true,
	 .words = seccomp_operators,
	 .to = TO(struct seccomp_arg, op)},
};
static SHAPE(shape_seccomp_arg, .size = sizeof(struct seccomp_arg));

static const struct shape_field shape_seccomp_rule_fields[] = {
	{.key = "names", .type = SHAPE_STRINGS, .required = true, .to = TO(struct seccomp_rule, names)},
	{.key = "action",
	 .type = SHAPE_STRING,
	 .required = true,
	 .words = seccomp_actions,
	 .to = TO(struct seccomp_rule, action)},
	{.key = "errnoRet",
	 .type = SHAPE_UINT32,
	 .max = UINT32_MAX,
	 .to = TO(struct seccomp_rule, errno_ret),
	 .has_to = TO(struct seccomp_rule, has_errno)},
	{.key = "args",
	 .type = SHAPE_LIST,
	 .child = &shape_seccomp_arg,
	 .to = TO(struct seccomp_rule, args),
	 .count_to = TO(struct seccomp_rule, n_args)},
};
static SHAPE(shape_seccomp_rule, .size = sizeof(struct seccomp_rule));

static const struct shape_field shape_seccomp_fields[] = {
	{.key = "defaultAction",
	 .type = SHAPE_STRING,
	 .required = true,
	 .words = seccomp_actions,
	 .to = TO(struct seccomp, default_action)},
	{.key = "defaultErrnoRet",
	 .type = SHAPE_UINT32,
	 .max = UINT32_MAX,
	 .to = TO(struct seccomp, default_errno),
	 .has_to = TO(struct seccomp, has_default_errno)},
	{.key = "architectures",
	 .type = SHAPE_STRINGS,
	 .words = seccomp_architectures,
	 .to = TO(struct seccomp, architectures)},
	{.key = "flags", .type = SHAPE_STRINGS, .words = seccomp_flags, .to = TO(struct seccomp, flags)},
	{.key = "listenerPath", .type = SHAPE_STRING, .to = TO(struct seccomp, listener_path)},
	{.key = "listenerMetadata", .type = SHAPE_STRING},
	{.key = "syscalls",
	 .type = SHAPE_LIST,
	 .child = &shape_seccomp_rule,
	 .to = TO(struct seccomp, rules),
	 .count_to = TO(struct seccomp, n_rules)},
};
SHAPE(shape_seccomp, .size = 0);

/* --- linux --- */

static const struct shape_field shape_device_fields[] = {
	{.key = "path",
	 .type = SHAPE_STRING,
	 .required = true,
	 .check = check_not_empty,
	 .to = TO(struct device, path)},
	{.key = "type", .type = SHAPE_LETTER, .required = true, .words = WORDS("cbup"), .to = TO(struct device, type)},
	{.key = "major", .type = SHAPE_INT, .max = UINT32_MAX, .to = TO(struct device, major)},
	{.key = "minor", .type = SHAPE_INT, .max = UINT32_MAX, .to = TO(struct device, minor)},
	{.key = "fileMode",
	 .type = SHAPE_INT,
	 .max = UINT32_MAX,
	 .to = TO(struct device, mode),
	 .has_to = TO(struct device, has_mode)},
	{.key = "uid", .type = SHAPE_INT, .max = ID_MAX},
	{.key = "gid", .type = SHAPE_INT, .max = ID_MAX},
};
static SHAPE(shape_device, .size = sizeof(struct device));

static const struct shape_field shape_net_device_fields[] = {
	{.key = "name", .type = SHAPE_STRING},
};
static SHAPE(shape_net_device, .size = 0);

static const struct shape_field shape_intel_rdt_fields[] = {
	{.key = "closID", .type = SHAPE_STRING},	 {.key = "schemata", .type = SHAPE_STRINGS},
	{.key = "l3CacheSchema", .type = SHAPE_STRING},	 {.key = "memBwSchema", .type = SHAPE_STRING},
	{.key = "enableMonitoring", .type = SHAPE_BOOL}, {.key = "enableCMT", .type = SHAPE_BOOL},
	{.key = "enableMBM", .type = SHAPE_BOOL},
};
static SHAPE(shape_intel_rdt, .size = 0);

static const struct shape_field shape_memory_policy_fields[] = {
	{.key = "mode", .type = SHAPE_STRING},
	{.key = "nodes", .type = SHAPE_STRING},
	{.key = "flags", .type = SHAPE_STRINGS},
};
static SHAPE(shape_memory_policy, .size = 0);

static const struct shape_field shape_personality_fields[] = {
	{.key = "domain",
	 .type = SHAPE_STRING,
	 .required = true,
	 .words = WORDS("LINUX", "LINUX32"),
	 .to = TO(struct container, personality_domain)},
	{.key = "flags", .type = SHAPE_STRINGS},
};
static SHAPE(shape_personality, .size = 0);

static const struct shape_field shape_time_offset_fields[] = {
	{.key = "secs", .type = SHAPE_INT, .min = INT64_MIN, .max = INT64_MAX},
	{.key = "nanosecs", .type = SHAPE_INT, .max = UINT32_MAX},
};
static SHAPE(shape_time_offset, .size = 0);

static const struct shape_field shape_linux_fields[] = {
	{.key = "uidMappings",
	 .type = SHAPE_LIST,
	 .child = &shape_id_mapping,
	 .to = TO(struct container, uid_mappings.items),
	 .count_to = TO(struct container, uid_mappings.n)},
	{.key = "gidMappings",
	 .type = SHAPE_LIST,
	 .child = &shape_id_mapping,
	 .to = TO(struct container, gid_mappings.items),
	 .count_to = TO(struct container, gid_mappings.n)},
	{.key = "sysctl", .type = SHAPE_MAP, .to = TO(struct container, sysctls)},
	{.key = "resources",
	 .type = SHAPE_OBJECT,
	 .child = &shape_resources,
	 .to = TO(struct container, resources),
	 .has_to = TO(struct container, resources.present)},
	{.key = "cgroupsPath", .type = SHAPE_STRING, .to = TO(struct container, cgroups_path)},
	{.key = "namespaces", .type = SHAPE_OWN, .read = read_namespaces, .to = HERE},
	{.key = "devices",
	 .type = SHAPE_LIST,
	 .child = &shape_device,
	 .to = TO(struct container, devices),
	 .count_to = TO(struct container, n_devices)},
	{.key = "netDevices",
	 .type = SHAPE_TABLE,
	 .child = &shape_net_device,
	 .has_to = TO(struct container, has_net_devices)},
	{.key = "seccomp",
	 .type = SHAPE_OWN,
	 .read = read_seccomp,
	 .to = TO(struct container, seccomp),
	 .has_to = TO(struct container, seccomp.present)},
	{.key = "rootfsPropagation",
	 .type = SHAPE_STRING,
	 .words = WORDS("private", "rprivate", "shared", "rshared", "slave", "rslave", "unbindable", "runbindable"),
	 .to = TO(struct container, rootfs_propagation)},
	{.key = "maskedPaths",
	 .type = SHAPE_STRINGS,
	 .to = TO(struct container, masked_paths),
	 .has_to = TO(struct container, has_masked_paths)},
	{.key = "readonlyPaths",
	 .type = SHAPE_STRINGS,
	 .to = TO(struct container, readonly_paths),
	 .has_to = TO(struct container, has_readonly_paths)},
	{.key = "mountLabel", .type = SHAPE_STRING, .to = TO(struct container, mount_label)},
	{.key = "intelRdt",
	 .type = SHAPE_OBJECT,
	 .child = &shape_intel_rdt,
	 .has_to = TO(struct container, has_intel_rdt)},
	{.key = "memoryPolicy",
	 .type = SHAPE_OBJECT,
	 .child = &shape_memory_policy,
	 .has_to = TO(struct container, has_memory_policy)},
	{.key = "personality", .type = SHAPE_OBJECT, .child = &shape_personality, .to = HERE},
	{.key = "timeOffsets",
	 .type = SHAPE_TABLE,
	 .child = &shape_time_offset,
	 .has_to = TO(struct container, has_time_offsets)},
};
static SHAPE(shape_linux, .size = 0);

/* --- the documents --- */

static const struct shape_field shape_container_fields[] = {
	{.key = "ociVersion",
	 .type = SHAPE_STRING,
	 .required = true,
	 .check = check_version,
	 .to = TO(struct container, oci_version)},
	{.key = "process",
	 .type = SHAPE_OBJECT,
	 .required = true,
	 .child = &shape_process,
	 .to = TO(struct container, process)},
	{.key = "root", .type = SHAPE_OBJECT, .required = true, .child = &shape_root, .to = HERE},
	{.key = "hostname", .type = SHAPE_STRING, .to = TO(struct container, hostname)},
	{.key = "domainname", .type = SHAPE_STRING},
	{.key = "mounts",
	 .type = SHAPE_LIST,
	 .child = &shape_mount,
	 .to = TO(struct container, mounts),
	 .count_to = TO(struct container, n_mounts)},
	{.key = "hooks", .type = SHAPE_OWN, .read = read_hooks, .to = HERE},
	{.key = "annotations", .type = SHAPE_MAP, .to = TO(struct container, annotations)},
	{.key = "linux", .type = SHAPE_OBJECT, .child = &shape_linux, .to = HERE},
	{.key = "solaris", .has_to = TO(struct container, has_vm)},
	{.key = "windows", .has_to = TO(struct container, has_vm)},
	{.key = "vm", .has_to = TO(struct container, has_vm)},
	{.key = "zos", .has_to = TO(struct container, has_vm)},
	{.key = "freebsd", .has_to = TO(struct container, has_vm)},
};
SHAPE(shape_container, .size = sizeof(struct container));

/* crun adds "root", "owner" and others; runtimes may add more. */
static const struct shape_field shape_state_fields[] = {
	{.key = "ociVersion", .type = SHAPE_STRING, .to = TO(struct state, oci_version)},
	{.key = "id", .type = SHAPE_STRING, .required = true, .check = check_not_empty, .to = TO(struct state, id)},
	{.key = "status", .type = SHAPE_STRING, .to = TO(struct state, status)},
	{.key = "pid", .type = SHAPE_OWN, .read = read_pid, .to = HERE},
	{.key = "bundle", .type = SHAPE_STRING, .required = true, .to = TO(struct state, bundle)},
	{.key = "annotations", .type = SHAPE_MAP},
};
SHAPE(shape_state, .size = sizeof(struct state));
