/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rules propose where the effect is apply: the value that the spec gets.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "ocigate/container.h"
#include "ocigate/host.h"
#include "ocigate/policy.h"
#include "ocigate/rule.h"

enum { NOTHING = -1 };

static struct arena arena;
static struct findings findings;
static struct container container;
static struct host host;
static struct rule_policy rule_policy;

static void begin(void)
{
	arena_init(&arena, (size_t)8 << 20);
	container = (struct container){.id = "c", .bundle = "/b", .rootfs = "/b/rootfs"};
	host = (struct host){.source = HOST_LIVE, .facts = ~0u, .apparmor_enabled = TRI_YES};
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(rules_proposals, .init = begin, .fini = finish);

static void judge(const struct rule *rule, const char *settings)
{
	struct err err = {0};

	cr_assert_eq(policy_parse_rule(&arena, rule, settings, &rule_policy, &err), 0, "%s", err.text);
	findings = (struct findings){.arena = &arena, .rule = rule};
	rule->judge(&container, &host, rule_policy.settings, &findings);
	cr_assert_not(findings.failed);
}

static const struct finding *found_at(const char *pointer)
{
	for (size_t i = 0; i < findings.n; i++)
		if (strcmp(findings.items[i].pointer, pointer) == 0)
			return &findings.items[i];
	return NULL;
}

static struct limit limit(int64_t value)
{
	return (struct limit){.present = value != NOTHING, .value = value};
}

/*
 * At most 2 cores, half a core where there is no limit. @value: thousandths of a core that the finding tells, "" for
 * "has none", NULL for no finding at all. @proposal: the quota that apply sets, microseconds a period.
 */
static const struct cpu {
	int64_t quota, period;
	const char *unified, *value, *proposal;
} cpus[] = {
	{NOTHING, NOTHING, NULL, "", "50000"},
	{0, 100000, NULL, "", "50000"},
	{NOTHING, 50000, NULL, "", "25000"},
	{NOTHING, 999, NULL, "", "500"},
	{1, 100000, NULL, NULL, NULL},
	{200000, 100000, NULL, NULL, NULL},
	{200000, NOTHING, NULL, NULL, NULL},
	{200001, NOTHING, NULL, "2001", "200000"},
	{200001, 100000, NULL, "2001", "200000"},
	{200001, 0, NULL, "2001", "200000"},
	{100001, 50000, NULL, "2001", "100000"},
	{4, 1, NULL, "4000", "2000"},
	{2, 1, NULL, NULL, NULL},
	{INT64_MAX, 1, NULL, "", "500"},
	{NOTHING, NOTHING, "200000 100000", NULL, NULL},
	{NOTHING, NOTHING, "200001 100000", "2001", "200000"},
	{NOTHING, NOTHING, "200001", "2001", "200000"},
	{NOTHING, NOTHING, "200001 0", "2001", "200000"},
	{NOTHING, NOTHING, "100001 50000", "2001", "200000"},
	{NOTHING, NOTHING, "max 100000", "", "50000"},
	{NOTHING, NOTHING, "-5 100000", "", "50000"},
	{NOTHING, NOTHING, "", "", "50000"},
	{1, 100000, "max", "", "50000"},
};

Test(rules_proposals, cpu)
{
	static struct key_value unified = {"cpu.max", NULL};

	for (size_t i = 0; i < sizeof(cpus) / sizeof(cpus[0]); i++) {
		const struct cpu *cpu = &cpus[i];
		const struct finding *finding;

		container.resources =
			(struct resources){.cpu_quota = limit(cpu->quota), .cpu_period = limit(cpu->period)};
		unified.value = cpu->unified;
		if (cpu->unified)
			container.resources.unified = (struct key_values){&unified, 1};
		judge(&rule_resource_limits, "{\"cpu_max\": \"2\", \"cpu_default\": \"500m\", \"memory_max\": 0}");
		finding = found_at(cpu->unified ? "/linux/resources/unified/cpu.max" : "/linux/resources/cpu/quota");
		cr_assert_eq(findings.n, cpu->value ? 1 : 0, "row %zu", i);
		if (!cpu->value)
			continue;
		cr_assert_not_null(finding, "row %zu", i);
		cr_expect_str_eq(finding->value, cpu->value, "row %zu", i);
		cr_expect_str_eq(finding->proposal, cpu->proposal, "row %zu", i);
	}
}

Test(rules_proposals, no_default_above_the_maximum)
{
	judge(&rule_resource_limits, "{\"cpu_max\": \"2\", \"cpu_default\": \"5\", \"memory_max\": 0}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].proposal, "200000");
}

Test(rules_proposals, memory_and_processes)
{
	static const char settings[] =
		"{\"cpu_max\": 0, \"memory_max\": 1000, \"memory_default\": 600, \"pids_max\": 100, "
		"\"pids_default\": 60}";
	static const struct {
		int64_t is;
		const char *value;
		const char *memory, *pids;
	} rows[] = {
		{NOTHING, "", "600", "60"}, {0, "", "600", "60"},    {-1, "", "600", "60"},
		{1, NULL, NULL, NULL},	    {100, NULL, NULL, NULL}, {1001, "1001", "1000", "100"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct finding *memory, *pids;

		container.resources =
			(struct resources){.memory_limit = limit(rows[i].is), .pids_limit = limit(rows[i].is)};
		judge(&rule_resource_limits, settings);
		memory = found_at("/linux/resources/memory/limit");
		pids = found_at("/linux/resources/pids/limit");
		cr_assert_eq(findings.n, rows[i].value ? 2 : 0, "row %zu", i);
		if (!rows[i].value)
			continue;
		cr_assert(memory && pids);
		cr_expect_str_eq(memory->value, rows[i].value);
		cr_expect_str_eq(memory->proposal, rows[i].memory);
		cr_expect_str_eq(pids->value, rows[i].value);
		cr_expect_str_eq(pids->proposal, rows[i].pids);
	}
}

/* --- apparmor --- */

static const struct apparmor_profile profiles[] = {
	{"docker-default", "complain"},
	{"cri-containerd.apparmor.d", "enforce"},
	{"crio-default", "enforce"},
	{"site-web", "enforce"},
};

static const char *proposal(const char *settings)
{
	judge(&rule_apparmor, settings);
	cr_assert_eq(findings.n, 1);
	return findings.items[0].proposal;
}

Test(rules_proposals, profile_of_the_engine)
{
	host.apparmor_profiles = profiles;
	host.n_apparmor_profiles = sizeof(profiles) / sizeof(profiles[0]);
	host.apparmor_profiles_known = true;
	container.identity.trusted = true;
	container.identity.engine = ENGINE_CRIO;
	cr_expect_str_eq(proposal("{}"), "crio-default");
	container.identity.engine = ENGINE_CONTAINERD;
	cr_expect_str_eq(proposal("{}"), "cri-containerd.apparmor.d");
	container.identity.engine = ENGINE_DOCKER;
	cr_expect_null(proposal("{}"), "it only complains");
	cr_expect_str_eq(proposal("{\"default_profile\": \"site-web\"}"), "site-web");
	/* Who the engine is is only claimed: any engine's will do. */
	container.identity.trusted = false;
	container.identity.engine = ENGINE_CRIO;
	cr_expect_str_eq(proposal("{}"), "cri-containerd.apparmor.d");
	host.n_apparmor_profiles = 1;
	cr_expect_null(proposal("{}"));
}

Test(rules_proposals, no_profile_where_there_is_no_apparmor)
{
	host.apparmor_enabled = TRI_NO;
	judge(&rule_apparmor, "{\"default_profile\": \"site-web\", \"unsupported\": \"deny\"}");
	cr_assert_eq(findings.n, 1);
	cr_expect_null(findings.items[0].proposal);
}
