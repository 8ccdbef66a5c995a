/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From findings to the text that the runtime reads: one rule judges a small spec, what it finds with effect apply is
 * amended, and the whole text is compared with one written by hand.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "ocigate/amend.h"
#include "ocigate/decision.h"

static struct arena arena;

static void begin(void)
{
	arena_init(&arena, (size_t)64 << 20);
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(amend_plan, .init = begin, .fini = finish);

#define PROCESS "\"user\":{\"uid\":1,\"gid\":1},\"args\":[\"x\"],\"cwd\":\"/\""
#define SPEC(process, rest)                                                                                            \
	"{\"ociVersion\":\"1.0.2\",\"process\":{" PROCESS process "},\"root\":{\"path\":\"rootfs\"}" rest "}"
#define CAPS ",\"capabilities\":{}"
#define TOKEN                                                                                                          \
	"{\"destination\":\"/var/run/secrets/kubernetes.io/serviceaccount\",\"type\":\"bind\",\"source\":\"/t\","      \
	"\"options\":[\"rbind\",\"ro\"]}"
#define DATA "{\"destination\":\"/data\",\"type\":\"bind\",\"source\":\"/d\",\"options\":[\"rbind\",\"ro\"]}"

/* @expect NULL: the finding cannot be amended and denies. @amended: how many changes are recorded. */
static const struct amend_case {
	const char *rule;
	const char *policy;
	const char *text;
	const char *expect;
	size_t amended;
} cases[] = {
	{"privilege-escalation", "{}", SPEC(CAPS, ""), SPEC(CAPS ",\"noNewPrivileges\":true", ""), 1},
	{"privilege-escalation", "{}", SPEC(CAPS ",\"noNewPrivileges\":false", ""),
	 SPEC(CAPS ",\"noNewPrivileges\":true", ""), 1},
	{"privilege-escalation", "{}", SPEC(CAPS ",\"noNewPrivileges\":true", ""),
	 SPEC(CAPS ",\"noNewPrivileges\":true", ""), 0},
	{"capabilities", "{\"allowed\":[\"CAP_CHOWN\"]}",
	 SPEC(",\"capabilities\":{\"bounding\":[\"CAP_KILL\", \"CAP_CHOWN\",\"CAP_SYS_ADMIN\"],"
	      "\"effective\":[\"CAP_SYS_ADMIN\"],\"ambient\":[]}",
	      ""),
	 SPEC(",\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"],\"effective\":[],\"ambient\":[]}", ""), 2},
	/* what is forbidden goes although it is allowed; a name that is none goes too, but cannot be judged */
	{"capabilities", "{\"allowed\":[\"CAP_CHOWN\",\"CAP_KILL\"],\"forbidden\":[\"CAP_KILL\"]}",
	 SPEC(",\"capabilities\":{\"bounding\":[\"CAP_KILL\"]}", ""), SPEC(",\"capabilities\":{\"bounding\":[]}", ""),
	 1},
	{"capabilities", "{\"allowed\":[]}",
	 SPEC(",\"capabilities\":{\"bounding\":[\"CAP_CAP_CHOWN\",\"CAP_KILL\"]}", ""),
	 SPEC(",\"capabilities\":{\"bounding\":[]}", ""), 1},
	{"capabilities", "{\"allowed\":[]}", SPEC(",\"capabilities\":{\"bounding\":[\"CAP_NONSENSE\"]}", ""), NULL, 0},
	{"service-account-token", "{}", SPEC(CAPS, ",\"mounts\":[" TOKEN "," DATA "]"),
	 SPEC(CAPS, ",\"mounts\":[" DATA "]"), 1},
	{"service-account-token", "{}", SPEC(CAPS, ",\"mounts\":[" DATA "," TOKEN "," TOKEN "]"),
	 SPEC(CAPS, ",\"mounts\":[" DATA "]"), 2},
	{"runtime-annotations", "{}",
	 SPEC(CAPS, ",\"annotations\":{\"run.oci.a/b~c\":\"1\",\"x\":\"y\",\"krun.z\":\"\"}"),
	 SPEC(CAPS, ",\"annotations\":{\"x\":\"y\"}"), 2},
	{"proc-mount", "{\"masked\":[\"/proc/a\",\"/proc/b\"],\"read_only\":[\"/proc/c\"]}",
	 SPEC(CAPS, ",\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"}],"
		    "\"linux\":{\"maskedPaths\":[\"/proc/b\"]}"),
	 SPEC(CAPS, ",\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"}],"
		    "\"linux\":{\"maskedPaths\":[\"/proc/b\",\"/proc/a\"],\"readonlyPaths\":[\"/proc/c\"]}"),
	 2},
	{"proc-mount", "{}", SPEC(CAPS, ",\"linux\":{}"), NULL, 0}, /* no procfs at all: nothing to put in */
	{"resource-limits", "{\"cpu_default\":\"500m\",\"memory_default\":\"1Mi\",\"pids_max\":9,\"pids_default\":5}",
	 SPEC(CAPS, ",\"linux\":{\"resources\":{\"cpu\":{\"period\":50000},\"memory\":{\"limit\":1}}}"),
	 SPEC(CAPS, ",\"linux\":{\"resources\":{\"cpu\":{\"period\":50000,\"quota\":25000},\"memory\":{\"limit\":1},"
		    "\"pids\":{\"limit\":5}}}"),
	 2},
	{"resource-limits", "{\"memory_max\":10,\"cpu_max\":0}",
	 SPEC(CAPS, ",\"linux\":{\"resources\":{\"unified\":{\"memory.max\":\"max\"}}}"),
	 SPEC(CAPS, ",\"linux\":{\"resources\":{\"unified\":{\"memory.max\":\"10\"}}}"), 1},
	{"host-network", "{}", SPEC(CAPS, ",\"linux\":{}"), NULL, 0}, /* a rule that nothing amends */
};

/* Judges with one rule under effect apply. */
static void judge(const struct amend_case *test, const struct container *container, struct findings *findings)
{
	static struct rule_policy policy;
	static struct host host;
	const struct rule *rule = rule_find(test->rule);
	struct err err;

	cr_assert_not_null(rule);
	cr_assert_eq(policy_parse_rule(&arena, rule, test->policy, &policy, &err), 0, "%s: %s", test->rule, err.text);
	policy.effect = policy.exec_effect = EFFECT_APPLY;
	host.bundle_owner = BUNDLE_OWNER_ROOT;
	*findings = (struct findings){.arena = &arena};
	engine_judge_rule(rule, container, &host, &policy, JUDGE_RUNTIME, findings);
}

static bool any_denies(const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		if (findings->items[i].effect == EFFECT_DENY)
			return true;
	return false;
}

Test(amend_plan, amends_what_one_rule_finds)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text text = {.bytes = cases[i].text, .len = strlen(cases[i].text)}, result;
		struct edits edits = {.arena = &arena};
		struct container container;
		struct findings findings;
		struct err err = {0};

		cr_assert_eq(spec_parse(&arena, &text, "/run/b", "c", &container, &err), 0, "case %zu: %s at %s", i,
			     err.text, err.pointer);
		identity_of(&arena, &container, BUNDLE_OWNER_ROOT);
		judge(&cases[i], &container, &findings);
		cr_assert_eq(amend_plan(&container, &text, &findings, &edits, &err), 0);
		cr_expect_eq(any_denies(&findings), cases[i].expect == NULL, "case %zu (%s)", i, cases[i].rule);
		if (!cases[i].expect)
			continue;
		cr_assert_eq(amend_splice(&arena, &text, edits.items, edits.n, &result, &err), 0, "case %zu: %s", i,
			     err.text);
		cr_expect_str_eq(result.bytes, cases[i].expect, "case %zu", i);
		cr_expect_eq(edits.n_records, cases[i].amended, "case %zu: %zu records", i, edits.n_records);
		/* Amended, the rule has nothing more to say. */
		cr_assert_eq(spec_parse(&arena, &result, "/run/b", "c", &container, &err), 0, "case %zu: %s", i,
			     err.text);
		identity_of(&arena, &container, BUNDLE_OWNER_ROOT);
		judge(&cases[i], &container, &findings);
		cr_expect_eq(findings.n, 0, "case %zu: still finds %s", i, findings.n ? findings.items[0].message : "");
	}
}

/* The filter depends on the bounding set: on what is left of it after capabilities were dropped. */
Test(amend_plan, the_filter_knows_what_is_dropped)
{
	static const char bytes[] =
		SPEC(",\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\",\"CAP_SYS_CHROOT\"]}", ",\"linux\":{}");
	static const struct amend_case drop = {.rule = "capabilities", .policy = "{\"allowed\":[\"CAP_SYS_CHROOT\"]}"};
	static const struct amend_case filter = {.rule = "seccomp", .policy = "{}"};
	struct text text = {.bytes = bytes, .len = strlen(bytes)}, value;
	struct edits edits = {.arena = &arena};
	struct findings both, second;
	struct container container;
	struct text result;
	struct err err;

	cr_assert_eq(spec_parse(&arena, &text, "/run/b", "c", &container, &err), 0);
	judge(&filter, &container, &both);
	judge(&drop, &container, &second);
	cr_assert_eq(both.n, 1);
	cr_assert_eq(second.n, 1);
	both.rule = second.items[0].rule;
	*findings_add(&both, FINDING_VIOLATION, "", "", "", "") = second.items[0];
	cr_assert_eq(amend_plan(&container, &text, &both, &edits, &err), 0);
	cr_assert_eq(amend_splice(&arena, &text, edits.items, edits.n, &result, &err), 0, "%s", err.text);
	cr_assert(amend_find(&result, "/linux/seccomp", &value));
	cr_expect_eq(value.len, strlen(seccomp_default_profile(&arena, UINT64_C(1) << 18)));
	cr_expect_eq(memcmp(value.bytes, seccomp_default_profile(&arena, UINT64_C(1) << 18), value.len), 0);
}

/* The profile that an engine has loaded, or the policy's own choice; none of either: the finding denies. */
Test(amend_plan, an_apparmor_profile)
{
	static const struct apparmor_profile loaded[] = {
		{"cri-containerd.apparmor.d", "complain"}, {"docker-default", "enforce"}, {"mine", "enforce"}};
	static const struct {
		const char *policy;
		size_t n_loaded;
		const char *expect;
	} tries[] = {
		{"{}", 3, "docker-default"},
		{"{}", 1, NULL},
		{"{\"default_profile\":\"mine\"}", 3, "mine"},
	};
	static const char bytes[] = SPEC(CAPS, "");
	const struct rule *rule = rule_find("apparmor");

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		struct host host = {.apparmor_enabled = TRI_YES, .apparmor_profiles_known = true};
		struct text text = {.bytes = bytes, .len = strlen(bytes)}, result, value;
		struct edits edits = {.arena = &arena};
		struct findings findings = {.arena = &arena};
		struct rule_policy policy;
		struct container container;
		struct err err;

		host.apparmor_profiles = loaded;
		host.n_apparmor_profiles = tries[i].n_loaded;
		cr_assert_eq(policy_parse_rule(&arena, rule, tries[i].policy, &policy, &err), 0);
		policy.effect = EFFECT_APPLY;
		cr_assert_eq(spec_parse(&arena, &text, "/run/b", "c", &container, &err), 0);
		identity_of(&arena, &container, BUNDLE_OWNER_ROOT);
		engine_judge_rule(rule, &container, &host, &policy, JUDGE_RUNTIME, &findings);
		cr_assert_eq(findings.n, 1);
		cr_assert_eq(amend_plan(&container, &text, &findings, &edits, &err), 0);
		cr_expect_eq(any_denies(&findings), tries[i].expect == NULL);
		if (!tries[i].expect)
			continue;
		cr_assert_eq(amend_splice(&arena, &text, edits.items, edits.n, &result, &err), 0);
		cr_assert(amend_find(&result, "/process/apparmorProfile", &value));
		cr_expect_eq(value.len, strlen(tries[i].expect) + 2);
		cr_expect_eq(memcmp(value.bytes + 1, tries[i].expect, value.len - 2), 0);
	}
}

/* An exec's text is the process alone; the record names places of the whole spec. */
Test(amend_plan, an_execs_document)
{
	static const char bytes[] = "{" PROCESS ",\"capabilities\":{\"bounding\":[\"CAP_KILL\"]}}";
	static const struct amend_case test = {.rule = "capabilities", .policy = "{\"allowed\":[]}"};
	struct text text = {.bytes = bytes, .len = strlen(bytes)}, result;
	struct edits edits = {.arena = &arena};
	struct container container = {.exec = true, .id = "c", .bundle = ""};
	struct findings findings;
	struct err err;

	cr_assert_eq(spec_parse_process(&arena, &text, &container.process, &err), 0, "%s", err.text);
	judge(&test, &container, &findings);
	cr_assert_eq(findings.n, 1);
	cr_assert_eq(amend_plan(&container, &text, &findings, &edits, &err), 0);
	cr_assert_eq(amend_splice(&arena, &text, edits.items, edits.n, &result, &err), 0, "%s", err.text);
	cr_expect_str_eq(result.bytes, "{" PROCESS ",\"capabilities\":{\"bounding\":[]}}");
	cr_assert_eq(edits.n_records, 1);
	cr_expect_str_eq(edits.records[0].pointer, "/process/capabilities/bounding");
	cr_expect_str_eq(edits.records[0].before, "[\"CAP_KILL\"]");
	cr_expect_str_eq(edits.records[0].after, "[]");
}
