/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp rule: conditions at their limits, what it makes of an answer, and the words for it.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "rules_view.h"

TestSuite(rules_seccomp, .init = view_begin, .fini = view_end);

/* A filter that lets everything pass but what one rule denies; every architecture is listed */
static void deny(const char *name, const struct seccomp_arg *arg)
{
	static const char *const archs[] = {"SCMP_ARCH_X86", "SCMP_ARCH_ARM", "SCMP_ARCH_X86_64"};
	static const char *names[1];
	static struct seccomp_rule rule;

	names[0] = name;
	rule = (struct seccomp_rule){
		.names = {names, 1}, .action = "SCMP_ACT_ERRNO", .args = arg, .n_args = arg ? 1 : 0};
	container.seccomp = (struct seccomp){.present = true,
					     .default_action = "SCMP_ACT_ALLOW",
					     .architectures = {archs, 3},
					     .rules = &rule,
					     .n_rules = 1};
	host.seccomp = (struct seccomp_answer){.known = true};
}

/* libseccomp(3): LT 0 and GT the largest number hold for no argument; a value beyond its mask for none either */
Test(rules_seccomp, conditions_that_nothing_meets)
{
	static const struct {
		char op[24];
		uint64_t value, value_two;
		size_t findings;
	} conditions[] = {
		{"SCMP_CMP_LT", 0, 0, 1},
		{"SCMP_CMP_LT", 1, 0, 0},
		{"SCMP_CMP_LE", 0, 0, 0},
		{"SCMP_CMP_GT", UINT64_MAX, 0, 1},
		{"SCMP_CMP_GT", UINT64_MAX - 1, 0, 0},
		{"SCMP_CMP_GE", UINT64_MAX, 0, 0},
		{"SCMP_CMP_EQ", 1, 2, 0},
		{"SCMP_CMP_NE", 0, 3, 0},
		{"SCMP_CMP_MASKED_EQ", 0xff, 0x0f, 0},
		{"SCMP_CMP_MASKED_EQ", 0xff, 0x100, 1},
		{"SCMP_CMP_MASKED_EQ", 2, 1, 1},
		{"SCMP_CMP_MASKED_EQ", 0, 0, 0},
	};

	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		const struct seccomp_arg arg = {
			.op = conditions[i].op, .value = conditions[i].value, .value_two = conditions[i].value_two};

		deny("kill", &arg);
		judge(&rule_seccomp, "{}");
		cr_expect_eq(findings.n, conditions[i].findings, "%s %llx", conditions[i].op,
			     (unsigned long long)conditions[i].value);
	}
}

Test(rules_seccomp, names_that_no_call_has)
{
	static const struct {
		char name[12];
		size_t findings;
	} names[] = {{"kill", 0}, {"x", 0},    {"clone3", 0}, {"_sysctl", 0},
		     {"", 1},	  {"Kill", 1}, {"kill ", 1},  {"a-b", 1}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		deny(names[i].name, NULL);
		judge(&rule_seccomp, "{}");
		cr_expect_eq(findings.n, names[i].findings, "\"%s\"", names[i].name);
	}
}

#if defined(__x86_64__)
Test(rules_seccomp, the_second_architecture)
{
	deny("kill", NULL);
	container.seccomp.architectures.n = 1;
	judge(&rule_seccomp, "{}");
	cr_expect_eq(findings.n, 0, "the first of the list");
	container.seccomp.architectures.n = 0;
	judge(&rule_seccomp, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].at_most, EFFECT_AUDIT,
		     "such programs are killed: less than asked for, not more");
	cr_expect_eq(findings.items[0].severity, SEVERITY_INFO);
}
#endif

Test(rules_seccomp, remedies_fit_who_asked)
{
	static const char pods[] = "set seccompProfile.type: RuntimeDefault";

	for (int pod = 0; pod < 2; pod++) {
		container.identity.engine = pod ? ENGINE_CONTAINERD : ENGINE_PODMAN;
		deny("Kill", NULL);
		judge(&rule_seccomp, "{}");
		cr_assert_eq(findings.n, 1);
		cr_expect_str_eq(findings.items[0].remedy, pod ? pods : "correct the seccomp profile");
		container.seccomp.n_rules = 0;
		judge(&rule_seccomp, "{}");
		cr_assert_eq(findings.n, 1);
		cr_expect_str_eq(findings.items[0].remedy, pod ? pods : "run without --security-opt seccomp=…");
		deny("kill", NULL);
		container.seccomp.listener_path = "/run/agent.sock";
		judge(&rule_seccomp, "{}");
		cr_assert_eq(findings.n, 1);
		cr_expect_str_eq(findings.items[0].remedy, pod ? pods : "use a seccomp profile without listenerPath");
		container.seccomp = (struct seccomp){.present = false};
		judge(&rule_seccomp, "{}");
		cr_assert_eq(findings.n, 1);
		cr_expect_eq(strcmp(findings.items[0].remedy, pods) == 0, pod == 1, "%s", findings.items[0].remedy);
	}
}

/* --- what the filter answered --- */

static const struct seccomp_call *call_named(const char *name)
{
	const struct seccomp_call *call = seccomp_floor;

	while (call->name && strcmp(call->name, name) != 0)
		call++;
	cr_assert_not_null(call->name, "%s", name);
	return call;
}

static struct seccomp_hole holes[8];

static void hole(size_t i, const char *name, const char *arch)
{
	holes[i] = (struct seccomp_hole){.call = call_named(name), .arch = arch, .fate = SECCOMP_PASSES};
	host.seccomp = (struct seccomp_answer){.known = true, .holes = holes, .n_holes = i + 1};
}

Test(rules_seccomp, a_call_of_the_floor)
{
	deny("kill", NULL);
	hole(0, "bpf", "x86_64");
	hole(1, "bpf", "x86");
	host.seccomp.n_holes = 1;
	judge(&rule_seccomp, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_VIOLATION);
	cr_expect_eq(findings.items[0].at_most, EFFECT_DENY);
	cr_expect_eq(findings.items[0].severity, rule_seccomp.severity);
	cr_expect_str_eq(findings.items[0].value, "bpf(0)");
	cr_expect_str_eq(findings.items[0].remedy,
			 "use seccompProfile.type: RuntimeDefault, or take the call out of the profile");
	cr_expect_null(strstr(findings.items[0].message, ", x86"), "behind the last hole there is none");
	host.seccomp.n_holes = 2;
	judge(&rule_seccomp, "{}");
	cr_assert_eq(findings.n, 1, "one example does for both");
	cr_expect_not_null(strstr(findings.items[0].message, "on x86_64, x86"));
	holes[1].args[5] = 6;
	holes[1].args[1] = 2;
	holes[1].args[0] = 1;
	judge(&rule_seccomp, "{}");
	cr_assert_eq(findings.n, 2);
	cr_expect_str_eq(findings.items[1].value, "bpf(0x1, 0x2, 0, 0, 0, 0x6)");
	holes[1].args[5] = 0;
	judge(&rule_seccomp, "{}");
	cr_expect_str_eq(findings.items[1].value, "bpf(0x1, 0x2)");
	holes[0].fate = SECCOMP_UNDECIDED;
	host.seccomp.n_holes = 1;
	judge(&rule_seccomp, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	cr_expect_str_eq(findings.items[0].message, "cannot tell whether its filter lets bpf through on x86_64");
}

Test(rules_seccomp, many_calls_are_told_by_number)
{
	static const char *const names[] = {"bpf", "perf_event_open", "swapon", "init_module", "kexec_load", "acct",
					    "iopl"};

	deny("kill", NULL);
	for (size_t i = 0; i < 6; i++)
		hole(i, names[i], "x86_64");
	judge(&rule_seccomp, "{}");
	cr_assert_eq(findings.n, 6, "%zu", findings.n);
	cr_expect_str_eq(findings.items[5].message, "its filter lets 1 more calls of the floor through");
	cr_expect_str_eq(findings.items[5].value, "acct");
	cr_expect_str_eq(findings.items[5].remedy, "use seccompProfile.type: RuntimeDefault");
	cr_expect_eq(findings.items[5].at_most, EFFECT_DENY);
	hole(6, names[6], "x86_64");
	judge(&rule_seccomp, "{}");
	cr_assert_eq(findings.n, 6);
	cr_expect_str_eq(findings.items[5].message, "its filter lets 2 more calls of the floor through");
	cr_expect_str_eq(findings.items[5].value, "acct, iopl");
}

/* What some engines' own profiles let through denies nobody. */
Test(rules_seccomp, calls_that_are_only_reported)
{
	deny("kill", NULL);
	hole(0, "mount", "x86_64");
	judge(&rule_seccomp, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "mount");
	cr_expect_eq(findings.items[0].at_most, EFFECT_AUDIT);
	cr_expect_eq(findings.items[0].severity, SEVERITY_INFO);
	cr_expect_str_eq(findings.items[0].remedy, "use a tighter seccomp profile");
	hole(1, "setns", "x86_64");
	judge(&rule_seccomp, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "mount, setns");
	judge(&rule_seccomp, "{\"floor\": [\"mount\"]}");
	cr_assert_eq(findings.n, 2);
	cr_expect_eq(findings.items[0].at_most, EFFECT_DENY, "unless the owner wants it stopped");
	cr_expect_str_eq(findings.items[1].value, "setns");
}

Test(rules_seccomp, names_that_libseccomp_does_not_know)
{
	static const char *const unknown[] = {"Odd", "later_call", "latest_call"};

	deny("kill", NULL);
	host.seccomp.unknown = (struct strings){unknown, 1};
	judge(&rule_seccomp, "{}");
	cr_expect_eq(findings.n, 0, "told where it stands");
	host.seccomp.unknown.n = 2;
	judge(&rule_seccomp, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "later_call");
	cr_expect_eq(findings.items[0].at_most, EFFECT_AUDIT);
	cr_expect_eq(findings.items[0].severity, SEVERITY_LOW);
	host.seccomp.unknown.n = 3;
	judge(&rule_seccomp, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].value, "later_call, latest_call");
}

Test(rules_seccomp, an_answer_that_nobody_has)
{
	deny("kill", NULL);
	host.seccomp = (struct seccomp_answer){.known = false, .why = "libseccomp refuses it"};
	judge(&rule_seccomp, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_eq(findings.items[0].kind, FINDING_UNDECIDED);
	cr_expect_str_eq(findings.items[0].message,
			 "cannot tell what its seccomp filter lets through: libseccomp refuses it");
	host.seccomp.why = NULL;
	judge(&rule_seccomp, "{}");
	cr_expect_str_eq(findings.items[0].message,
			 "cannot tell what its seccomp filter lets through: it was not asked");
}

Test(rules_seccomp, a_filter_by_annotation)
{
	static const struct key_value annotations[] = {{"run.oci.seccomp_bpf_data", "AAAA"}};

	deny("kill", NULL);
	container.annotations = (struct key_values){annotations, 1};
	judge(&rule_seccomp, "{}");
	cr_assert_eq(findings.n, 1);
	cr_expect_str_eq(findings.items[0].pointer, "/annotations/run.oci.seccomp_bpf_data");
}
