/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How findings become effects and effects a verdict, with rules made for the purpose.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "ocigate/decision.h"

static struct arena arena;
static struct decision decision;

static void begin(void)
{
	arena_init(&arena, (size_t)1 << 20);
	decision_init(&decision, &arena, "test");
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(engine, .init = begin, .fini = finish);

/* What the made-up rules find next. */
static struct plan {
	enum finding_kind kind;
	enum severity severity;
	enum effect at_most;
	bool silent;
} plan;

static unsigned judged;

static void judge(const struct container *container, const struct host *host, const void *settings,
		  struct findings *findings)
{
	(void)container;
	(void)host;
	(void)settings;
	judged++;
	if (!plan.silent) {
		struct finding *finding = findings_add(findings, plan.kind, "/x", "v", "is wrong", "mend it");

		finding->severity = plan.severity;
		finding->at_most = plan.at_most;
	}
}

static const struct rule plain = {.name = "plain", .scope = RULE_SCOPE_CREATE, .judge = judge};
static const struct rule amendable = {
	.name = "amendable", .scope = RULE_SCOPE_CREATE, .amendment = AMEND_SECCOMP_PROFILE, .judge = judge};
static const struct rule on_exec = {.name = "on-exec", .scope = RULE_SCOPE_EXEC, .judge = judge};

static const struct container container;
static const struct container exec_container = {.exec = true};
static const struct host host;

static void run(const struct rule *rule, enum effect effect, enum judge_as as)
{
	/* The effect for the other scope is the opposite, so that taking the wrong one shows. */
	struct rule_policy rule_policy = {.effect = effect,
					  .exec_effect = effect == EFFECT_DENY ? EFFECT_AUDIT : EFFECT_DENY};

	engine_judge_rule(rule, &container, &host, &rule_policy, as, &decision.findings);
	engine_conclude(&decision);
}

static const struct effect_case {
	const char *why;
	const struct rule *rule;
	enum finding_kind kind;
	enum effect policy;
	enum effect at_most;
	enum judge_as as;
	enum effect expect;
	enum verdict verdict;
} effect_cases[] = {
	{"deny denies", &plain, FINDING_VIOLATION, EFFECT_DENY, EFFECT_DENY, JUDGE_RUNTIME, EFFECT_DENY, VERDICT_DENY},
	{"audit admits", &plain, FINDING_VIOLATION, EFFECT_AUDIT, EFFECT_DENY, JUDGE_HOOK, EFFECT_AUDIT, VERDICT_ADMIT},
	{"undecided denies", &plain, FINDING_UNDECIDED, EFFECT_DENY, EFFECT_DENY, JUDGE_HOOK, EFFECT_DENY,
	 VERDICT_DENY},
	{"undecided is audited", &plain, FINDING_UNDECIDED, EFFECT_AUDIT, EFFECT_DENY, JUDGE_HOOK, EFFECT_AUDIT,
	 VERDICT_ADMIT},
	{"apply with nothing to apply denies", &plain, FINDING_VIOLATION, EFFECT_APPLY, EFFECT_DENY, JUDGE_RUNTIME,
	 EFFECT_DENY, VERDICT_DENY},
	{"apply in the wrapper", &amendable, FINDING_VIOLATION, EFFECT_APPLY, EFFECT_DENY, JUDGE_RUNTIME, EFFECT_APPLY,
	 VERDICT_ADMIT},
	{"apply in a bare hook", &amendable, FINDING_VIOLATION, EFFECT_APPLY, EFFECT_DENY, JUDGE_HOOK, EFFECT_DENY,
	 VERDICT_DENY},
	{"what nobody saw cannot be amended", &amendable, FINDING_UNDECIDED, EFFECT_APPLY, EFFECT_DENY, JUDGE_RUNTIME,
	 EFFECT_DENY, VERDICT_DENY},
	{"a rule softens its finding", &plain, FINDING_VIOLATION, EFFECT_DENY, EFFECT_AUDIT, JUDGE_HOOK, EFFECT_AUDIT,
	 VERDICT_ADMIT},
	{"a rule cannot harden what the policy audits", &plain, FINDING_VIOLATION, EFFECT_AUDIT, EFFECT_APPLY,
	 JUDGE_HOOK, EFFECT_AUDIT, VERDICT_ADMIT},
};

Test(engine, effects)
{
	for (size_t i = 0; i < sizeof(effect_cases) / sizeof(effect_cases[0]); i++) {
		const struct effect_case *c = &effect_cases[i];

		decision_init(&decision, &arena, "test");
		plan = (struct plan){.kind = c->kind, .at_most = c->at_most};
		run(c->rule, c->policy, c->as);
		cr_assert_eq(decision.findings.n, 1, "%s", c->why);
		cr_assert_eq(decision.findings.items[0].effect, c->expect, "%s", c->why);
		cr_assert_eq(decision.verdict, c->verdict, "%s", c->why);
	}
}

Test(engine, hook_names_the_wrapper_as_cure)
{
	plan = (struct plan){.kind = FINDING_VIOLATION};
	run(&amendable, EFFECT_APPLY, JUDGE_HOOK);
	cr_assert_str_eq(decision.findings.items[0].remedy, "mend it, or let ocigate-runtime add it");
}

Test(engine, wrapper_is_no_cure_for_what_is_denied)
{
	plan = (struct plan){.kind = FINDING_VIOLATION};
	run(&amendable, EFFECT_DENY, JUDGE_HOOK);
	cr_assert_str_eq(decision.findings.items[0].remedy, "mend it");
}

Test(engine, disabled_is_not_judged)
{
	judged = 0;
	plan = (struct plan){.kind = FINDING_VIOLATION};
	run(&plain, EFFECT_DISABLED, JUDGE_HOOK);
	cr_assert_eq(judged, 0);
	cr_assert_eq(decision.verdict, VERDICT_ADMIT);
}

Test(engine, exec_has_its_own_rules_and_effect)
{
	struct rule_policy denies_exec = {.effect = EFFECT_AUDIT, .exec_effect = EFFECT_DENY};

	judged = 0;
	plan = (struct plan){.kind = FINDING_VIOLATION};
	engine_judge_rule(&plain, &exec_container, &host, &denies_exec, JUDGE_RUNTIME, &decision.findings);
	engine_judge_rule(&on_exec, &container, &host, &denies_exec, JUDGE_RUNTIME, &decision.findings);
	cr_assert_eq(judged, 0);
	engine_judge_rule(&on_exec, &exec_container, &host, &denies_exec, JUDGE_RUNTIME, &decision.findings);
	cr_assert_eq(judged, 1);
	cr_assert_eq(decision.findings.items[0].effect, EFFECT_DENY);
}

Test(engine, worst_first)
{
	const struct {
		enum severity severity;
		enum effect effect;
	} order[] = {{SEVERITY_HIGH, EFFECT_DENY},
		     {SEVERITY_HIGH, EFFECT_AUDIT},
		     {SEVERITY_MEDIUM, EFFECT_DENY},
		     {SEVERITY_INFO, EFFECT_AUDIT}};

	for (size_t i = 4; i > 0; i--) {
		plan = (struct plan){.kind = FINDING_VIOLATION, .severity = order[i - 1].severity};
		run(&plain, order[i - 1].effect, JUDGE_HOOK);
	}
	cr_assert_eq(decision.findings.n, 4);
	for (size_t i = 0; i < 4; i++) {
		cr_assert_eq(decision.findings.items[i].severity, order[i].severity, "place %zu", i);
		cr_assert_eq(decision.findings.items[i].effect, order[i].effect, "place %zu", i);
	}
	cr_assert_eq(decision.verdict, VERDICT_DENY);
}

Test(engine, equals_keep_their_order)
{
	plan = (struct plan){.kind = FINDING_VIOLATION};
	run(&plain, EFFECT_DENY, JUDGE_HOOK);
	run(&amendable, EFFECT_DENY, JUDGE_HOOK);
	run(&plain, EFFECT_DENY, JUDGE_HOOK);
	cr_assert_eq(decision.findings.items[0].rule, &plain);
	cr_assert_eq(decision.findings.items[1].rule, &amendable);
	cr_assert_eq(decision.findings.items[2].rule, &plain);
}

Test(engine, no_memory_denies)
{
	struct policy policy = {.digest = "sha256:0"};

	for (size_t i = 0; i < RULE_COUNT; i++)
		policy.rules[i].effect = EFFECT_DISABLED;
	engine_judge(&container, &host, &policy, JUDGE_HOOK, 0, &decision);
	cr_assert_eq(decision.verdict, VERDICT_ADMIT, "nothing is judged, nothing found");

	arena.failed = true;
	engine_judge(&container, &host, &policy, JUDGE_HOOK, 0, &decision);
	cr_assert_eq(decision.verdict, VERDICT_DENY);
	cr_assert_eq(decision_exit_code(&decision), ERR_SYSTEM);
}

Test(engine, facts_of_enabled_rules_alone)
{
	struct policy policy = {.digest = ""};

	for (size_t i = 0; i < RULE_COUNT; i++)
		policy.rules[i] = (struct rule_policy){.effect = EFFECT_DISABLED, .exec_effect = EFFECT_DISABLED};
	cr_assert_eq(engine_facts(&policy, &container), 0U);
	policy.rules[RULE_host_namespaces].effect = EFFECT_AUDIT;
	cr_assert_eq(engine_facts(&policy, &container), (unsigned)HOST_FACT_NAMESPACES);
	cr_assert_eq(engine_facts(&policy, &exec_container), 0U);
}

Test(engine, a_decision_that_nobody_filled_in_denies)
{
	struct decision forgotten;

	memset(&forgotten, 0, sizeof(forgotten));
	cr_assert_neq(decision_exit_code(&forgotten), 0);
	cr_assert_neq(decision_exit_code(&decision), 0, "decision_init() denies");
}

/* A container that shares the host's pid namespace, and a policy that judges nothing else. */
static struct host sharing_host;
static struct container pod_container;
static struct policy policy;
static struct exception_rule change;
static struct exception exception;

static void begin_exceptions(void)
{
	static const char *const namespaces[] = {"monitoring"};

	begin();
	for (int type = 0; type < NS_TYPES; type++)
		sharing_host.namespaces[type].shared = type == NS_PID ? TRI_YES : TRI_NO;
	pod_container = (struct container){.identity = {.engine = ENGINE_CONTAINERD,
							.trusted = true,
							.containerd_namespace = "k8s.io",
							.namespace = "monitoring",
							.pod = "exporter",
							.pod_uid = "",
							.container = "main",
							.image = "x",
							.image_digest = "",
							.sandbox_id = "",
							.is_sandbox = TRI_NO,
							.handler = "",
							.ports_json = ""}};
	policy_builtin(&policy);
	for (size_t i = 0; i < RULE_COUNT; i++)
		policy.rules[i].effect = EFFECT_DISABLED;
	policy.rules[RULE_host_namespaces].effect = EFFECT_DENY;
	change = (struct exception_rule){.rule = RULE_host_namespaces, .has_effect = true, .effect = EFFECT_AUDIT};
	exception = (struct exception){.name = "exporter",
				       .reason = "reads /proc",
				       .namespaces = {namespaces, 1},
				       .rules = &change,
				       .n_rules = 1};
	policy.exceptions = &exception;
	policy.n_exceptions = 1;
}

TestSuite(exceptions, .init = begin_exceptions, .fini = finish);

Test(exceptions, change_the_effect_and_are_named)
{
	engine_judge(&pod_container, &sharing_host, &policy, JUDGE_HOOK, 0, &decision);
	cr_assert_eq(decision.verdict, VERDICT_ADMIT);
	cr_assert_eq(decision.findings.n, 1);
	cr_assert_eq(decision.findings.items[0].effect, EFFECT_AUDIT);
	cr_assert_str_eq(decision.findings.items[0].exception, "exporter");
	cr_assert_eq(decision.notes.n, 0);
}

Test(exceptions, are_not_for_others)
{
	pod_container.identity.namespace = "default";
	engine_judge(&pod_container, &sharing_host, &policy, JUDGE_HOOK, 0, &decision);
	cr_assert_eq(decision.verdict, VERDICT_DENY);
	cr_assert_null(decision.findings.items[0].exception);
}

Test(exceptions, say_when_they_have_ended)
{
	exception.has_expiry = true;
	exception.expires = 951868800; /* 2000-03-01T00:00:00Z: the end of 29 February */
	engine_judge(&pod_container, &sharing_host, &policy, JUDGE_HOOK, 951868800, &decision);
	cr_assert_eq(decision.verdict, VERDICT_DENY);
	cr_assert_eq(decision.notes.n, 1);
	cr_assert_str_eq(decision.notes.items[0], "the exception exporter ended on 2000-02-29");
}

Test(exceptions, hold_to_their_last_second)
{
	exception.has_expiry = true;
	exception.expires = 951868800;
	engine_judge(&pod_container, &sharing_host, &policy, JUDGE_HOOK, 951868799, &decision);
	cr_assert_eq(decision.verdict, VERDICT_ADMIT);
}

Test(exceptions, may_have_a_disabled_rule_judged)
{
	policy.rules[RULE_host_namespaces].effect = EFFECT_DISABLED;
	change.effect = EFFECT_DENY;
	cr_assert_eq(engine_facts(&policy, &pod_container), (unsigned)HOST_FACT_NAMESPACES);
	engine_judge(&pod_container, &sharing_host, &policy, JUDGE_HOOK, 0, &decision);
	cr_assert_eq(decision.verdict, VERDICT_DENY);
}
