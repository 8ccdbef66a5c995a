/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime-spec (config-linux.md): "linux" without its control groups. */
#include "schema_table.h"

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
SHAPE(shape_id_mapping, .size = sizeof(struct id_mapping));

/* --- linux.seccomp --- */

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
SHAPE(shape_linux, .size = 0);
