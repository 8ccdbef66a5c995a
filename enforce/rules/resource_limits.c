/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resource-limits
 *
 * Fields: linux.resources.cpu, memory, pids, unified. Allowed: a CPU and a
 * memory limit, neither above the maximum; processes where the policy asks.
 * On cgroup v2 the unified keys are written last and win (runc and crun), so
 * they are judged, and amended, instead where they are given. A quota of 0 or -1 is none:
 * CRI-O writes 0 for a container without a limit.
 * The pause container of a pod never has limits: the kubelet limits the pod.
 */
#include <stdlib.h>

#include "ocigate/container.h"
#include "ocigate/rule.h"

struct settings {
	int64_t cpu_max;
	int64_t memory_max;
	int64_t pids_max;
	int64_t cpu_default;
	int64_t memory_default;
	int64_t pids_default;
};

static const struct settings defaults = {
	.cpu_max = 32000,
	.memory_max = INT64_C(64) << 30,
	.cpu_default = 1000,
	.memory_default = INT64_C(512) << 20,
	.pids_default = 1024,
};

static const struct setting settings_table[] = {
	{"cpu_max", SETTING_CPU, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, cpu_max),
	 "Highest CPU limit; 0 asks for none"},
	{"memory_max", SETTING_SIZE, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, memory_max),
	 "Highest memory limit; 0 asks for none"},
	{"pids_max", SETTING_INT, CHECK_NONE, NULL, 0, INT64_C(4194304), offsetof(struct settings, pids_max),
	 "Highest number of processes; 0 asks for none"},
	{"cpu_default", SETTING_CPU, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, cpu_default),
	 "CPU limit that apply sets where none is"},
	{"memory_default", SETTING_SIZE, CHECK_NONE, NULL, 0, 0, offsetof(struct settings, memory_default),
	 "Memory limit that apply sets where none is"},
	{"pids_default", SETTING_INT, CHECK_NONE, NULL, 1, INT64_C(4194304), offsetof(struct settings, pids_default),
	 "Number of processes that apply sets where none is"},
};

enum { CPU_PERIOD_DEFAULT = 100000 /* microseconds, the kernel's */ };

/* Return: the number that @text starts with, negative for none: "max" or anything that is no number. */
static int64_t number_or_none(const char *text, const char **ret_rest)
{
	char *end;
	long long value = strtoll(text, &end, 10);

	*ret_rest = end;
	return end == text ? -1 : value;
}

static int64_t limit_or_none(struct limit limit)
{
	return limit.present && limit.value > 0 ? limit.value : -1;
}

/* Thousandths of a core, rounded up; -1: no limit. */
static int64_t cpu_limit(const struct resources *resources)
{
	int64_t quota = limit_or_none(resources->cpu_quota);
	int64_t period = limit_or_none(resources->cpu_period);
	const char *text = key_values_find(&resources->unified, "cpu.max");

	if (text) {
		quota = number_or_none(text, &text);
		period = number_or_none(text, &text);
	}
	if (period <= 0)
		period = CPU_PERIOD_DEFAULT;
	if (quota <= 0 || quota > INT64_MAX / 1000 - period)
		return -1;
	return (quota * 1000 + period - 1) / period;
}

static int64_t plain_limit(const struct resources *resources, struct limit limit, const char *key)
{
	const char *text = key_values_find(&resources->unified, key);

	return text ? number_or_none(text, &text) : limit_or_none(limit);
}

/* One kind of limit: where it stands, what is set (-1: none), the most that is allowed (0: not asked for), what apply
 * would set where none is, and what turns that into the spec's unit. */
struct demand {
	const char *what;
	const char *remedy;
	const char *pointer;
	const char *unified_key;
	int64_t is;
	int64_t most;
	int64_t proposal;
	int64_t scale;
};

static void judge_one(const struct resources *resources, const struct demand *demand, struct findings *findings)
{
	bool in_unified = key_values_find(&resources->unified, demand->unified_key) != NULL;
	bool missing = demand->is < 0;
	int64_t proposal = missing && demand->proposal < demand->most ? demand->proposal : demand->most;
	struct finding *finding;

	if (demand->most == 0 || (!missing && demand->is <= demand->most))
		return;
	finding = findings_add(findings, FINDING_VIOLATION,
			       in_unified ? findings_pointer(findings, "/linux/resources/unified", demand->unified_key)
					  : demand->pointer,
			       missing ? "" : findings_text(findings, "%lld", (long long)demand->is),
			       missing ? findings_text(findings, "has no %s limit", demand->what)
				       : findings_text(findings, "its %s limit is above the maximum", demand->what),
			       demand->remedy);
	/* cpu.max is "QUOTA PERIOD"; without a period the kernel keeps the one it has. */
	finding->proposal = findings_text(findings, "%lld", (long long)(proposal * demand->scale));
}

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	const struct resources *resources = &container->resources;
	const struct settings *own = settings;
	int64_t period = limit_or_none(resources->cpu_period);
	/* Thousandths of a core become microseconds a period; odd periods are rounded down to the next such step. */
	int64_t cpu_scale = (period > 0 ? period : CPU_PERIOD_DEFAULT) / 1000;
	const bool pod = identity_is_pod(&container->identity);
	const struct demand demands[] = {
		{"CPU", pod ? "set resources.limits.cpu" : "run with --cpus", "/linux/resources/cpu/quota", "cpu.max",
		 cpu_limit(resources), own->cpu_max, own->cpu_default, cpu_scale > 0 ? cpu_scale : 1},
		{"memory", pod ? "set resources.limits.memory" : "run with --memory", "/linux/resources/memory/limit",
		 "memory.max", plain_limit(resources, resources->memory_limit, "memory.max"), own->memory_max,
		 own->memory_default, 1},
		{"process", pod ? "set a pids limit (kubelet: podPidsLimit)" : "run with --pids-limit",
		 "/linux/resources/pids/limit", "pids.max", plain_limit(resources, resources->pids_limit, "pids.max"),
		 own->pids_max, own->pids_default, 1},
	};

	(void)host;
	if (container->identity.trusted && container->identity.is_sandbox == TRI_YES)
		return;
	for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++)
		judge_one(resources, &demands[i], findings);
}

const struct rule rule_resource_limits = {
	.id = RULE_resource_limits,
	.name = "resource-limits",
	.group = RULE_GROUP_HARDEN,
	.effect = EFFECT_AUDIT,
	.severity = SEVERITY_LOW,
	.scope = RULE_SCOPE_CREATE,
	.amendment = AMEND_RESOURCE_LIMITS,
	.title = "CPU or memory limit missing or too high",
	.fields = "linux.resources: cpu.quota, cpu.period, memory.limit, pids.limit, unified",
	.allowed = "a CPU and a memory limit, neither above the maximum",
	.why = "A container without limits can starve everything else on the node.",
	.recommendation = "15: Container CPU and memory limits should be enforced",
	.settings = settings_table,
	.n_settings = sizeof(settings_table) / sizeof(settings_table[0]),
	.settings_size = sizeof(struct settings),
	.defaults = &defaults,
	.judge = judge,
};
