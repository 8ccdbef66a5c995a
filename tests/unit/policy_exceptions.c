/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions: how they are written, whom they match, and whom they never do.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#include "ocigate/policy.h"

#include "../../enforce/policy/exceptions.h"

static struct arena arena;
static struct policy policy;
static struct err err;
static struct container container;

/* 2026-06-15 12:00:00 UTC */
static const int64_t noon = 1781524800;

static void begin(void)
{
	arena_init(&arena, (size_t)8 << 20);
	container = (struct container){.identity = {.engine = ENGINE_CONTAINERD,
						    .trusted = true,
						    .namespace = "monitoring",
						    .pod = "node-exporter-x7x9p",
						    .container = "node-exporter",
						    .image = "quay.io/prometheus/node-exporter:v1.8.0",
						    .is_sandbox = TRI_NO,
						    .handler = ""}};
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(policy_exceptions, .init = begin, .fini = finish);

static void read_good(const char *text)
{
	cr_assert_eq(policy_parse(&arena, "f.json", text, &policy, &err), 0, "%s: %s", text, err.text);
}

/* One exception named "e" for root-user. @match: the members of its "match"; @more: further members, with a comma. */
static void one(const char *match, const char *more)
{
	read_good(arena_printf(
		&arena,
		"{\"version\": 1, \"exceptions\": [{\"name\": \"e\", \"reason\": \"r\"%s, \"match\": {%s}, "
		"\"rules\": {\"root-user\": {\"effect\": \"audit\"}}}]}",
		more, match));
}

static const struct exception *found(int64_t now)
{
	const struct exception *exception = NULL;
	const struct exception_rule *change =
		policy_exception_for(&policy, &container, rule_find("root-user")->id, now, &exception);

	cr_expect_eq(change != NULL, exception != NULL);
	return exception;
}

static void expect_error(const char *exceptions, const char *pointer, const char *part)
{
	err = (struct err){0};
	cr_assert_eq(policy_parse(&arena, "f.json",
				  arena_printf(&arena, "{\"version\": 1, \"exceptions\": %s}", exceptions), &policy,
				  &err),
		     -1, "%s is no policy", exceptions);
	cr_expect_str_eq(err.pointer, pointer, "%s: %s", exceptions, err.text);
	cr_expect(strstr(err.text, part), "%s: \"%s\" should say \"%s\"", exceptions, err.text, part);
}

#define GOOD  "\"name\": \"e\", \"reason\": \"r\", \"match\": {\"pods\": [\"p\"]}"
#define RULES "\"rules\": {\"root-user\": {\"effect\": \"audit\"}}"

Test(policy_exceptions, slips)
{
	expect_error("{}", "/exceptions", "a list of exceptions");
	expect_error("[1]", "/exceptions/0", "must be an object");
	expect_error("[{\"reason\": \"r\"}]", "/exceptions/0", "needs a \"name\"");
	expect_error("[{\"name\": \"\"}]", "/exceptions/0", "needs a \"name\"");
	expect_error("[{\"name\": \"e\", \"match\": {\"pods\": [\"p\"]}, " RULES "}]", "/exceptions/0",
		     "has no \"reason\"");
	expect_error("[{\"name\": \"e\", \"reason\": \" \", \"match\": {\"pods\": [\"p\"]}, " RULES "}]",
		     "/exceptions/0/reason", "must say why");
	expect_error("[{\"name\": \"e\", \"reason\": \"r\", " RULES "}]", "/exceptions/0", "has no \"match\"");
	expect_error("[{" GOOD "}]", "/exceptions/0", "has no \"rules\"");
	expect_error("[{" GOOD ", \"rules\": {}}]", "/exceptions/0/rules", "at least one rule");
	expect_error("[{" GOOD ", \"rules\": {\"root-user\": {}}}]", "/exceptions/0/rules/root-user",
		     "changes nothing");
	expect_error("[{" GOOD ", \"rules\": {\"root-user\": {\"exec\": {}}}}]", "/exceptions/0/rules/root-user/exec",
		     "unknown key \"exec\"");
	expect_error("[{" GOOD ", \"rules\": {\"root-usr\": {}}}]", "/exceptions/0/rules/root-usr",
		     "did you mean \"root-user\"");
	expect_error("[{" GOOD ", \"until\": \"x\", " RULES "}]", "/exceptions/0/until", "unknown key \"until\"");
	expect_error("[{\"name\": \"e\", \"reason\": \"r\", \"match\": {}, " RULES "}]", "/exceptions/0/match",
		     "match every container");
	expect_error("[{\"name\": \"e\", \"reason\": \"r\", \"match\": {\"namespace\": [\"x\"]}, " RULES "}]",
		     "/exceptions/0/match/namespace", "did you mean \"namespaces\"");
	expect_error("[{\"name\": \"e\", \"reason\": \"r\", \"match\": {\"pods\": []}, " RULES "}]",
		     "/exceptions/0/match/pods", "is empty");
	expect_error("[{\"name\": \"e\", \"reason\": \"r\", \"match\": {\"pods\": \"p\"}, " RULES "}]",
		     "/exceptions/0/match/pods", "list of strings");
	expect_error("[{\"name\": \"e\", \"reason\": \"r\", \"match\": {\"engines\": [\"crio\"]}, " RULES "}]",
		     "/exceptions/0/match/engines/0", "did you mean \"cri-o\"");
	expect_error("[{" GOOD ", " RULES "}, {" GOOD ", " RULES "}]", "/exceptions/1",
		     "two exceptions are named \"e\"");
	expect_error("[{" GOOD ", \"rules\": {\"spec-integrity\": {\"effect\": \"audit\"}}}]",
		     "/exceptions/0/rules/spec-integrity", "no exceptions from spec-integrity");
}

Test(policy_exceptions, days)
{
	static const char *const bad[] = {"2027-02-29", "2100-02-29", "2027-13-01", "2027-00-10",
					  "2027-01-32", "2027-04-31", "1969-12-31"};
	static const char *const odd[] = {"2027-1-1", "27-01-01", "2027/01/01", "2027-01-01T00:00:00Z",
					  "tomorrow", "",	  "+027-01-01", "2027-01- 1"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_error(arena_printf(&arena, "[{" GOOD ", \"expires\": \"%s\", " RULES "}]", bad[i]),
			     "/exceptions/0/expires", "there is no day");
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		expect_error(arena_printf(&arena, "[{" GOOD ", \"expires\": \"%s\", " RULES "}]", odd[i]),
			     "/exceptions/0/expires", "must be a day");
	expect_error("[{" GOOD ", \"expires\": 20270101, " RULES "}]", "/exceptions/0/expires", "must be a day");
	/* `date -ud 2028-03-01 +%s` and so on: the midnight that ends the day */
	one("\"pods\": [\"*\"]", ", \"expires\": \"2028-02-29\"");
	cr_expect_eq(policy.exceptions[0].expires, 1835481600);
	one("\"pods\": [\"*\"]", ", \"expires\": \"1970-01-01\"");
	cr_expect_eq(policy.exceptions[0].expires, 86400);
	one("\"pods\": [\"*\"]", ", \"expires\": \"2026-12-31\"");
	cr_expect_eq(policy.exceptions[0].expires, 1798761600);
}

Test(policy_exceptions, an_expired_one_ends_with_its_day_and_is_told)
{
	one("\"namespaces\": [\"monitoring\"]", ", \"expires\": \"2026-06-15\"");
	cr_expect_not_null(found(noon));
	cr_expect_not_null(found(1781567999), "23:59:59 of its last day");
	cr_expect_null(found(1781568000), "midnight");
	cr_expect_eq(policy_exception_expired(&policy, &container, noon, 0), 1, "none has expired yet");
	cr_expect_eq(policy_exception_expired(&policy, &container, 1781568000, 0), 0, "it would have matched");
	cr_expect_eq(policy_exception_expired(&policy, &container, 1781568000, 1), 1, "and there is no other");
	container.identity.namespace = "default";
	cr_expect_eq(policy_exception_expired(&policy, &container, 1781568000, 0), 1,
		     "it would not have matched this one");
}

/* All lists that are given must hold; one pattern of a list is enough. */
Test(policy_exceptions, all_criteria_must_hold)
{
	one("\"namespaces\": [\"other\", \"mon*\"], \"images\": [\"quay.io/prometheus/node-exporter:*\"]", "");
	cr_expect_not_null(found(noon));
	container.identity.image = "quay.io/prometheus/evil:v1";
	cr_expect_null(found(noon));
	one("\"containers\": [\"node-exporter\"], \"pods\": [\"node-exporter-?????\"], \"engines\": [\"containerd\"]",
	    "");
	cr_expect_not_null(found(noon));
	one("\"engines\": [\"cri-o\", \"podman\"]", "");
	cr_expect_null(found(noon));
	one("\"handlers\": [\"kata\"]", "");
	cr_expect_null(found(noon));
	container.identity.handler = "kata";
	cr_expect_not_null(found(noon));
}

Test(policy_exceptions, other_rules_are_not_touched)
{
	const struct exception *exception = NULL;

	one("\"namespaces\": [\"*\"]", "");
	cr_expect_null(policy_exception_for(&policy, &container, rule_find("privileged")->id, noon, &exception));
	cr_expect_null(exception);
}

/* A name that anybody may have made up gains nothing. */
Test(policy_exceptions, claims_gain_nothing)
{
	static const char *const matches[] = {"\"namespaces\": [\"*\"]", "\"pods\": [\"*\"]", "\"containers\": [\"*\"]",
					      "\"images\": [\"*\"]", "\"engines\": [\"*\"]"};

	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		one(matches[i], "");
		container.identity.trusted = true;
		cr_expect_not_null(found(noon), "%s", matches[i]);
		container.identity.trusted = false;
		cr_expect_null(found(noon), "%s", matches[i]);
	}
}

/* What is not known is not "*". */
Test(policy_exceptions, unknown_names_match_nothing)
{
	one("\"namespaces\": [\"*\"]", "");
	container.identity.namespace = "";
	cr_expect_null(found(noon));
	one("\"engines\": [\"*\"]", "");
	cr_expect_not_null(found(noon));
	container.identity.engine = ENGINE_UNKNOWN;
	cr_expect_null(found(noon));
	one("\"handlers\": [\"*\"]", "");
	container.identity.handler = NULL;
	cr_expect_null(found(noon));
}

/* The pause container has the pod's namespaces: without it a pod with hostNetwork could not be excepted. */
Test(policy_exceptions, sandboxes_go_by_namespace_and_pod)
{
	container.identity.is_sandbox = TRI_YES;
	container.identity.container = "";
	container.identity.image = "";
	one("\"namespaces\": [\"monitoring\"], \"images\": [\"quay.io/*\"], \"containers\": [\"x\"]", "");
	cr_expect_not_null(found(noon));
	one("\"pods\": [\"node-exporter-*\"], \"images\": [\"quay.io/*\"]", "");
	cr_expect_not_null(found(noon));
	one("\"namespaces\": [\"default\"], \"images\": [\"quay.io/*\"]", "");
	cr_expect_null(found(noon), "another namespace");
	one("\"images\": [\"*\"]", "");
	cr_expect_null(found(noon), "an image alone would except every sandbox");
	one("\"engines\": [\"containerd\"], \"containers\": [\"*\"]", "");
	cr_expect_null(found(noon));
	one("\"engines\": [\"containerd\"]", "");
	cr_expect_not_null(found(noon));
	container.identity.is_sandbox = TRI_UNKNOWN;
	one("\"namespaces\": [\"monitoring\"], \"images\": [\"quay.io/*\"]", "");
	cr_expect_null(found(noon), "what may be no sandbox is none");
}

#define EXCEPTION(name, match, effect)                                                                                 \
	"{\"name\": \"" name "\", \"reason\": \"r\", \"match\": {" match                                               \
	"}, \"rules\": {\"root-user\": {\"effect\": \"" effect "\"}}}"

Test(policy_exceptions, the_most_specific_one_wins)
{
	const struct exception *exception = NULL;
	const struct exception_rule *change;

	read_good("{\"version\": 1, \"exceptions\": [" EXCEPTION(
		"both", "\"namespaces\": [\"mon*\"], \"pods\": [\"*\"]",
		"audit") "," EXCEPTION("namespace", "\"namespaces\": [\"monitoring\"]", "disabled") "]}");
	cr_assert_not_null(found(noon));
	cr_expect_str_eq(found(noon)->name, "both", "more criteria go first");

	read_good("{\"version\": 1, \"exceptions\": [" EXCEPTION(
		"literal", "\"namespaces\": [\"x\", \"monitoring\"]",
		"audit") "," EXCEPTION("glob", "\"namespaces\": [\"mon*\"]", "disabled") "]}");
	cr_expect_str_eq(found(noon)->name, "literal", "then patterns without a wildcard");

	read_good("{\"version\": 1, \"exceptions\": [" EXCEPTION(
		"first", "\"namespaces\": [\"monitoring\"]",
		"audit") "," EXCEPTION("last", "\"namespaces\": [\"monitoring\"]", "disabled") "]}");
	cr_expect_str_eq(found(noon)->name, "last", "then the last");
	change = policy_exception_for(&policy, &container, rule_find("root-user")->id, noon, &exception);
	cr_assert_not_null(change);
	cr_expect(change->has_effect);
	cr_expect_eq(change->effect, EFFECT_DISABLED);
	cr_expect_null(change->settings);
}

/* What an exception does not set is the policy's own value, even when the policy sets it behind the exception. */
Test(policy_exceptions, settings_lie_over_the_policy)
{
	const struct rule *rule = rule_find("root-user");
	const struct exception *exception = NULL;
	const struct exception_rule *change;

	read_good("{\"version\": 1, \"exceptions\": [{" GOOD ", \"rules\": {\"root-user\": {\"uid_ranges\": [0]}}}], "
		  "\"rules\": {\"root-user\": {\"gid_ranges\": [7], \"uid_ranges\": [9]}}}");
	container.identity.pod = "p";
	change = policy_exception_for(&policy, &container, rule->id, noon, &exception);
	cr_assert_not_null(change);
	cr_expect_not(change->has_effect);
	cr_assert_not_null(change->settings);
	for (size_t i = 0; i < rule->n_settings; i++) {
		const char *text = setting_text(&arena, &rule->settings[i], change->settings);

		if (strcmp(rule->settings[i].name, "uid_ranges") == 0)
			cr_expect_str_eq(text, "[0]");
		if (strcmp(rule->settings[i].name, "gid_ranges") == 0)
			cr_expect_str_eq(text, "[7]");
	}
}

static const char *day_in(int days)
{
	time_t then = time(NULL) + (time_t)days * 86400;
	struct tm tm;
	char text[32];

	gmtime_r(&then, &tm);
	(void)strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	return arena_strdup(&arena, text);
}

Test(policy_exceptions, their_time_can_be_limited)
{
	static const char form[] =
		"{\"version\": 1, \"limits\": {\"exception_days\": 30}, \"exceptions\": [{" GOOD "%s%s%s, " RULES "}]}";

	read_good(arena_printf(&arena, form, ", \"expires\": \"", day_in(30), "\""));
	cr_expect_eq(policy_parse(&arena, "f", arena_printf(&arena, form, ", \"expires\": \"", day_in(32), "\""),
				  &policy, &err),
		     -1);
	cr_expect(strstr(err.text, "expires too late"), "%s", err.text);
	cr_expect_eq(policy_parse(&arena, "f", arena_printf(&arena, form, "", "", ""), &policy, &err), -1);
	cr_expect(strstr(err.text, "has no \"expires\""), "%s", err.text);
	read_good(arena_printf(&arena, form, ", \"expires\": \"", "2020-01-01", "\""));
}

Test(policy_exceptions, globs)
{
	static const struct {
		const char *pattern, *text;
		bool match;
	} rows[] = {
		{"", "", true},
		{"", "a", false},
		{"a", "a", true},
		{"a", "A", false},
		{"*", "", true},
		{"*", "a/b:c", true},
		{"quay.io/*", "quay.io/a/b:1", true},
		{"quay.io/*", "quay.io.evil.org/a", false},
		{"*.io/x", "quay.io/x", true},
		{"*a*b*", "xxaxxbxx", true},
		{"*a*b*", "xxbxxaxx", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"[a-c]x", "bx", true},
		{"[a-c]x", "dx", false},
		{"[!a-c]x", "dx", true},
		{"[^a-c]x", "ax", false},
		{"[]]", "]", true},
		{"[]-a]", "_", true},
		{"[a-]", "-", true},
		{"[abc", "[abc", true},
		{"[abc", "a", false},
		{"*[0-9]", "v12", true},
		{"\\*", "\\xyz", true},
		{"\\*", "*", false},
		{"a*", "ba", false},
		{"*a", "ab", false},
		{"**", "abc", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_eq(exception_glob(rows[i].pattern, rows[i].text), rows[i].match, "%s on %s", rows[i].pattern,
			     rows[i].text);
}

/* A pattern and a text that take a naive matcher longer than the universe has left. */
Test(policy_exceptions, globs_take_no_time, .timeout = 5)
{
	static char text[20001];

	memset(text, 'a', sizeof(text) - 1);
	cr_expect_not(exception_glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}
