/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One document over the shipped default: what it sets, what it leaves, and
 * what is said about every kind of slip.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#include "ocigate/policy.h"

#include "../../enforce/policy/snapshot.h"

static struct arena arena;
static struct policy policy;
static struct err err;

static void begin(void)
{
	arena_init(&arena, (size_t)8 << 20);
	memset(&err, 0, sizeof(err));
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(policy_document, .init = begin, .fini = finish);

static void read_good(const char *text)
{
	cr_assert_eq(policy_parse(&arena, "f.json", text, &policy, &err), 0, "%s: %s", text, err.text);
}

/* @pointer must be the first error's; the text must hold @part, the file and the pointer. */
static void expect_error(const char *text, const char *pointer, const char *part)
{
	struct policy untouched = {.config_max = 12345};

	err = (struct err){0};
	cr_assert_eq(policy_parse(&arena, "f.json", text, &untouched, &err), -1, "%s is no policy", text);
	cr_expect_eq(err.kind, ERR_POLICY, "%s", text);
	cr_expect_str_eq(err.pointer, pointer, "%s: %s", text, err.text);
	cr_expect(strstr(err.text, part), "%s: \"%s\" should say \"%s\"", text, err.text, part);
	cr_expect_eq(strncmp(err.text, "f.json", 6), 0, "the file comes first: %s", err.text);
	cr_expect(strstr(err.text, pointer), "the pointer is named: %s", err.text);
	cr_expect_eq(untouched.config_max, 12345, "the output is untouched");
}

static const struct rule_policy *of(const char *name)
{
	return &policy.rules[rule_find(name)->id];
}

/* The first setting of @rule that is named @name, as JSON. */
static const char *value(const char *rule, const char *name)
{
	const struct rule *found = rule_find(rule);

	for (size_t i = 0; i < found->n_settings; i++)
		if (strcmp(found->settings[i].name, name) == 0)
			return setting_text(&arena, &found->settings[i], of(rule)->settings);
	cr_assert_fail("%s has no setting %s", rule, name);
	return NULL;
}

static void image_of(const struct policy *written, struct policy *ret_taken)
{
	size_t len = 0;
	const char *image = image_make(&arena, written, &len);
	char *copy = arena_alloc(&arena, len);

	cr_assert(image && copy);
	memcpy(copy, image, len);
	cr_assert_eq(image_take(copy, len, ret_taken), 0);
}

Test(policy_document, nothing_said_is_the_default)
{
	struct policy builtin;

	read_good("{\"version\": 1}");
	policy_builtin(&builtin);
	for (size_t i = 0; i < RULE_COUNT; i++) {
		cr_expect_eq(policy.rules[i].effect, rule_table[i]->effect, "%s", rule_table[i]->name);
		cr_expect_eq(policy.rules[i].exec_effect, rule_table[i]->effect, "%s", rule_table[i]->name);
		cr_expect_eq(policy.rules[i].settings, rule_table[i]->defaults, "%s", rule_table[i]->name);
		cr_expect_str_eq(policy.rules[i].effect_origin, "default", "%s", rule_table[i]->name);
	}
	cr_expect_eq(policy.config_max, 4 << 20);
	cr_expect(policy.syslog);
	cr_expect_null(policy.log_file);
	cr_expect_null(policy.preset);
	cr_expect_null(policy.stale);
	cr_expect_eq(builtin.config_max, policy.config_max);
	cr_expect_str_eq(builtin.digest, "builtin");
}

/* Group 1 and 3 deny, seccomp is applied, 2 and 4 audit. */
Test(policy_document, the_shipped_default_follows_the_groups)
{
	for (size_t i = 0; i < RULE_COUNT; i++) {
		const struct rule *rule = rule_table[i];
		bool strict = rule->group == RULE_GROUP_CORE || rule->group == RULE_GROUP_ESCAPE;

		if (strcmp(rule->name, "seccomp") == 0)
			cr_expect_eq(rule->effect, EFFECT_APPLY);
		else if (rule->scope & RULE_SCOPE_CREATE)
			cr_expect_eq(rule->effect, strict ? EFFECT_DENY : EFFECT_AUDIT, "%s", rule->name);
	}
}

Test(policy_document, rule_by_rule_and_key_by_key)
{
	read_good("{\"version\": 1, \"description\": \"d\", \"$schema\": \"s\", \"rules\": {"
		  "\"host-namespaces\": {\"forbidden\": [\"uts\"]}, \"host-paths\": {\"effect\": \"audit\"}}}");
	cr_expect_str_eq(value("host-namespaces", "forbidden"), "[\"uts\"]", "the list is replaced, not added to");
	cr_expect_eq(of("host-namespaces")->effect, EFFECT_DENY, "the effect is not touched by a setting");
	cr_expect_eq(of("host-paths")->effect, EFFECT_AUDIT);
	cr_expect_str_eq(value("host-paths", "allowed"), "[]", "nor a setting by the effect");
	cr_expect_eq(of("privileged")->effect, EFFECT_DENY);
	cr_expect_str_eq(of("host-paths")->effect_origin, "f.json");
	cr_expect_str_eq(of("host-namespaces")->effect_origin, "default");
	cr_expect_str_eq(of("host-namespaces")->setting_origins[0], "f.json");
}

Test(policy_document, the_defaults_of_a_rule_are_never_written_to)
{
	const struct rule *rule = rule_find("host-namespaces");
	const char *before = setting_text(&arena, &rule->settings[0], rule->defaults);

	read_good("{\"version\": 1, \"rules\": {\"host-namespaces\": {\"forbidden\": []}}}");
	cr_expect_str_eq(setting_text(&arena, &rule->settings[0], rule->defaults), before);
}

Test(policy_document, every_rule_at_once)
{
	read_good("{\"version\": 1, \"rules\": {\"privileged\": {\"effect\": \"deny\"}, \"*\": {\"effect\": "
		  "\"audit\"}}}");
	cr_expect_eq(of("privileged")->effect, EFFECT_DENY, "what is named comes after the star, wherever it stands");
	cr_expect_eq(of("host-paths")->effect, EFFECT_AUDIT);
	cr_expect_eq(of("seccomp")->effect, EFFECT_AUDIT);
	cr_expect_str_eq(of("seccomp")->effect_origin, "f.json");
	expect_error("{\"version\": 1, \"rules\": {\"*\": {\"effct\": \"audit\"}}}", "/rules/*/effct",
		     "did you mean \"effect\"");
	expect_error("{\"version\": 1, \"rules\": {\"*\": {\"effect\": \"warn\"}}}", "/rules/*/effect",
		     "unknown effect \"warn\": there are deny, apply, audit, disabled");
	expect_error("{\"version\": 1, \"rules\": {\"*\": 1}}", "/rules/*", "must be an object");
}

/* An exec's effect is the container's until it is set by itself. */
Test(policy_document, execs_follow_their_container)
{
	read_good("{\"version\": 1, \"rules\": {\"root-user\": {\"effect\": \"audit\"}, "
		  "\"capabilities\": {\"exec\": {\"effect\": \"disabled\"}}}}");
	cr_expect_eq(of("root-user")->exec_effect, EFFECT_AUDIT);
	cr_expect_eq(of("capabilities")->effect, EFFECT_DENY);
	cr_expect_eq(of("capabilities")->exec_effect, EFFECT_DISABLED);
	expect_error("{\"version\": 1, \"rules\": {\"host-paths\": {\"exec\": {\"effect\": \"audit\"}}}}",
		     "/rules/host-paths/exec", "does not judge execs");
	expect_error("{\"version\": 1, \"rules\": {\"root-user\": {\"exec\": {\"effekt\": \"audit\"}}}}",
		     "/rules/root-user/exec/effekt", "did you mean \"effect\"");
	expect_error("{\"version\": 1, \"rules\": {\"root-user\": {\"exec\": \"audit\"}}}", "/rules/root-user/exec",
		     "must be an object");
}

Test(policy_document, settings_of_the_policy_itself)
{
	read_good("{\"version\": 1, \"limits\": {\"config_max\": \"8Mi\", \"exception_days\": 90}, "
		  "\"log\": {\"syslog\": false, \"file\": \"/var/log/ocigate.log\"}, \"runtime\": {\"hook\": false, "
		  "\"poststart\": true, \"restore\": true, "
		  "\"candidates\": {\"ocigate-runc\": [\"/opt/runc\"], \"ocigate-kata\": [\"/opt/kata\"]}}}");
	cr_expect_eq(policy.config_max, 8 << 20);
	cr_expect_eq(policy.exception_days, 90);
	cr_expect_not(policy.syslog);
	cr_expect_str_eq(policy.log_file, "/var/log/ocigate.log");
	cr_expect_not(policy.hook);
	cr_expect(policy.poststart);
	cr_expect(policy.restore);
	cr_assert_eq(policy.n_wrappers, n_builtin_wrappers + 1);
	cr_expect_str_eq(policy.wrappers[0].name, "ocigate-runtime");
	cr_expect_str_eq(policy.wrappers[0].candidates.items[0], "/usr/bin/runc");
	cr_expect_str_eq(policy.wrappers[1].name, "ocigate-runc");
	cr_assert_eq(policy.wrappers[1].candidates.n, 1);
	cr_expect_str_eq(policy.wrappers[1].candidates.items[0], "/opt/runc");
	cr_expect_str_eq(policy.wrappers[1].origin, "f.json");
	cr_expect_str_eq(policy.wrappers[n_builtin_wrappers].candidates.items[0], "/opt/kata");
	cr_expect_str_neq(builtin_wrappers[1].candidates.items[0], "/opt/runc");
}

Test(policy_document, slips_at_the_top)
{
	expect_error("", "", "empty");
	expect_error("[]", "", "must be an object");
	expect_error("{}", "", "\"version\": 1 is missing");
	expect_error("{\"version\": 2}", "/version", "must be 1");
	expect_error("{\"version\": \"1\"}", "/version", "must be 1");
	expect_error("{\"version\": 1, \"version\": 1}", "/version", "twice");
	expect_error("{\"version\": 1, \"rule\": {}}", "/rule", "did you mean \"rules\"");
	expect_error("{\"version\": 1, \"zzz\": {}}", "/zzz", "unknown key \"zzz\"");
	expect_error("{\"version\": 1, \"description\": 1}", "/description", "must be a string");
	expect_error("{\"version\": 1, \"preset\": 1}", "/preset", "name of a preset");
	expect_error("{\"version\": 1, \"rules\": []}", "/rules", "object whose keys are rules");
	expect_error("{\"version\": 1, \"limits\": []}", "/limits", "must be an object");
	expect_error("{\"version\": 1, \"limits\": {\"config_max\": 16}}", "/limits/config_max",
		     "must lie between 131072 and 1073741824");
	expect_error("{\"version\": 1, \"limits\": {\"config_max\": \"2Gi\"}}", "/limits/config_max",
		     "must lie between");
	read_good("{\"version\": 1, \"limits\": {\"config_max\": \"128Ki\"}}");
	read_good("{\"version\": 1, \"limits\": {\"config_max\": \"1Gi\"}}");
	expect_error("{\"version\": 1, \"limits\": {\"confg_max\": 1}}", "/limits/confg_max",
		     "did you mean \"config_max\"");
	expect_error("{\"version\": 1, \"log\": {\"file\": \"log\"}}", "/log/file", "absolute path");
	expect_error("{\"version\": 1, \"log\": {\"syslog\": null}}", "/log/syslog", "true or false");
	expect_error("{\"version\": 1, \"runtime\": {\"candidate\": {}}}", "/runtime/candidate",
		     "did you mean \"candidates\"");
	expect_error("{\"version\": 1, \"runtime\": {\"candidates\": {\"runc\": [\"/a\"]}}}",
		     "/runtime/candidates/runc", "starts with \"ocigate-\"");
	expect_error("{\"version\": 1, \"runtime\": {\"candidates\": {\"ocigate-x\": []}}}",
		     "/runtime/candidates/ocigate-x", "at least one");
	expect_error("{\"version\": 1, \"runtime\": {\"candidates\": {\"ocigate-x\": [\"runc\"]}}}",
		     "/runtime/candidates/ocigate-x/0", "absolute path");
}

Test(policy_document, slips_in_rules)
{
	expect_error("{\"version\": 1, \"rules\": {\"host-path\": {}}}", "/rules/host-path",
		     "did you mean \"host-paths\"");
	expect_error("{\"version\": 1, \"rules\": {\"host_paths\": {}}}", "/rules/host_paths",
		     "did you mean \"host-paths\"");
	expect_error("{\"version\": 1, \"rules\": {\"nonsense\": {}}}", "/rules/nonsense", "unknown rule \"nonsense\"");
	expect_error("{\"version\": 1, \"rules\": {\"host-paths\": true}}", "/rules/host-paths", "must be an object");
	expect_error("{\"version\": 1, \"rules\": {\"host-paths\": {\"alowed\": []}}}", "/rules/host-paths/alowed",
		     "did you mean \"allowed\"");
	expect_error("{\"version\": 1, \"rules\": {\"privileged\": {\"effect\": \"Deny\"}}}",
		     "/rules/privileged/effect", "did you mean \"deny\"");
	expect_error("{\"version\": 1, \"rules\": {\"privileged\": {\"effect\": true}}}", "/rules/privileged/effect",
		     "\"deny\", \"apply\", \"audit\" or \"disabled\"");
	expect_error("{\"version\": 1, \"rules\": {\"capabilities\": {\"allowed\": [\"CAP_CHOWN\", \"CAP_CHWON\"]}}}",
		     "/rules/capabilities/allowed/1", "did you mean \"CAP_CHOWN\"");
}

Test(policy_document, all_slips_are_counted)
{
	expect_error("{\"version\": 1, \"rules\": {\"a\": {}, \"b\": {}, \"host-paths\": {\"c\": 1}}}", "/rules/a",
		     "(and 2 more)");
}

Test(policy_document, one_rule_alone)
{
	const struct rule *rule = rule_find("host-namespaces");
	struct rule_policy own;

	cr_assert_eq(policy_parse_rule(&arena, rule, "{}", &own, &err), 0);
	cr_expect_eq(own.settings, rule->defaults);
	cr_expect_eq(own.effect, rule->effect);
	cr_assert_eq(policy_parse_rule(&arena, rule, "{\"forbidden\": [\"pid\"], \"effect\": \"audit\"}", &own, &err),
		     0);
	cr_expect_eq(own.effect, EFFECT_AUDIT);
	cr_expect_eq(own.exec_effect, EFFECT_AUDIT);
	cr_expect_str_eq(setting_text(&arena, &rule->settings[0], own.settings), "[\"pid\"]");
	cr_assert_eq(policy_parse_rule(&arena, rule, "{\"forbidden\": [\"pdi\"]}", &own, &err), -1);
	cr_expect_eq(err.kind, ERR_POLICY);
	cr_expect_str_eq(err.pointer, "/forbidden/0");
}

Test(policy_document, effects_have_words)
{
	enum effect effect;

	for (int i = EFFECT_DENY; i <= EFFECT_DISABLED; i++) {
		cr_assert_eq(effect_parse(effect_name((enum effect)i), &effect), 0);
		cr_expect_eq((int)effect, i);
	}
	cr_expect_str_eq(effect_name(EFFECT_DENY), "deny");
	cr_expect_str_eq(effect_name(EFFECT_APPLY), "apply");
	cr_expect_str_eq(effect_name(EFFECT_AUDIT), "audit");
	cr_expect_str_eq(effect_name(EFFECT_DISABLED), "disabled");
	cr_expect_eq(effect_parse("DENY", &effect), -1);
	cr_expect_eq(effect_parse("", &effect), -1);
}

/* What is written out, in full or as changes, is the same policy when it is read again. */
Test(policy_document, there_and_back)
{
	static const char *const texts[] = {
		"{\"version\": 1}",
		"{\"version\": 1, \"rules\": {\"*\": {\"effect\": \"disabled\"}}}",
		"{\"version\": 1, \"rules\": {\"root-user\": {\"exec\": {\"effect\": \"audit\"}, \"uid_ranges\": "
		"[\"5-9\", 12]}, "
		"\"host-paths\": {\"allowed\": [{\"path\": \"/var/log\", \"read_only\": false}]}}, "
		"\"limits\": {\"exception_days\": 36500}, \"log\": {\"file\": \"/x\"}, "
		"\"runtime\": {\"candidates\": {\"ocigate-crun\": [\"/c\"]}}, "
		"\"exceptions\": [{\"name\": \"a\", \"reason\": \"r\", \"expires\": \"2028-02-29\", "
		"\"match\": {\"namespaces\": [\"n*\"], \"engines\": [\"podman\"]}, "
		"\"rules\": {\"host-paths\": {\"allowed\": []}, \"privileged\": {\"effect\": \"audit\"}, "
		"\"root-user\": {\"uid_ranges\": [\"5-9\", 12]}}}]}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct policy first;
		const char *whole;

		read_good(texts[i]);
		first = policy;
		whole = policy_text(&arena, &first);
		read_good(whole);
		cr_expect_str_eq(policy.digest, first.digest, "in full: %s", whole);
		image_of(&first, &policy);
		cr_expect_str_eq(policy_text(&arena, &policy), whole, "as an image");
	}
	cr_expect_eq(strncmp(policy.digest, "sha256:", 7), 0);
	cr_expect_eq(strlen(policy.digest), 7 + 64);
}

Test(policy_document, an_image_leaves_out_what_is_built_in)
{
	const size_t rule = rule_find("host-namespaces")->id;
	const struct policy *written = &policy;
	struct policy taken;

	read_good("{\"version\": 1, \"rules\": {\"host-namespaces\": {\"forbidden\": [\"pid\", \"ipc\", \"mount\"], "
		  "\"effect\": \"audit\"}}}");
	cr_assert_neq(written->rules[rule].settings, rule_table[rule]->defaults, "written out");
	image_of(written, &taken);
	cr_expect_eq(taken.rules[rule].settings, rule_table[rule]->defaults);
	cr_expect_eq(taken.rules[rule].effect, EFFECT_AUDIT);
	cr_expect_null(taken.rules[rule].effect_origin, "origins are not kept");
	cr_expect_null(taken.rules[rule].setting_origins);
	cr_expect_null(taken.wrappers[0].origin);
	cr_expect_null(taken.log_file);
}

/* Whatever the sums say: what cannot be an image is none. */
Test(policy_document, an_image_points_nowhere_else)
{
	const char *image;
	size_t len = 0;
	char *copy;

	read_good("{\"version\": 1, \"log\": {\"file\": \"/var/log/l\"}}");
	image = image_make(&arena, &policy, &len);
	cr_assert_not_null(image);
	for (size_t cut = 0; cut < len; cut += 8) {
		copy = arena_alloc(&arena, len);
		cr_assert_not_null(copy);
		memcpy(copy, image, cut);
		cr_expect_eq(image_take(copy, cut, &policy), -1, "%zu of %zu bytes", cut, len);
	}
	for (size_t word = 0; word < 2; word++) {
		copy = arena_alloc(&arena, len);
		cr_assert_not_null(copy);
		memcpy(copy, image, len);
		memset(copy + word * 8, 0x7f, 8);
		cr_expect_eq(image_take(copy, len, &policy), -1, "word %zu", word);
	}
	/* The list of places is the last thing in it: the first place leads out, then its pointer does. */
	copy = arena_alloc(&arena, len);
	cr_assert_not_null(copy);
	memcpy(copy, image, len);
	memset(copy + *(const uint64_t *)(const void *)image, 0x78, 4);
	cr_expect_eq(image_take(copy, len, &policy), -1, "a place");
	memcpy(copy, image, len);
	memset(copy + *(const uint32_t *)(const void *)(image + *(const uint64_t *)(const void *)image), 0x78, 8);
	cr_expect_eq(image_take(copy, len, &policy), -1, "a pointer");
}

/* FIPS 180-4's own example. */
Test(policy_document, digests_are_sha256)
{
	cr_expect_str_eq(policy_text_digest(&arena, "abc"),
			 "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

Test(policy_document, without_memory_there_is_no_policy)
{
	for (size_t cap = 0; cap < 40000; cap += 1000) {
		struct arena small;

		arena_init(&small, cap);
		if (policy_parse(&small, "f.json",
				 "{\"version\": 1, \"rules\": {\"host-paths\": {\"allowed\": [{\"path\": \"/a\"}]}}}",
				 &policy, &err) == 0)
			cr_expect_not(small.failed, "cap %zu: what could not be remembered is no policy", cap);
		else
			cr_expect_eq(err.kind, ERR_SYSTEM, "cap %zu: %s", cap, err.text);
		arena_release(&small);
	}
}
