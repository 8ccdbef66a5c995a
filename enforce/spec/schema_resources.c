/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime-spec (config-linux.md), "Control groups": linux.resources. */
#include "schema_table.h"

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
SHAPE(shape_resources, .size = 0);
