/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people and machines get to read, with an attacker's strings in it.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <strings.h>
#include <string.h>

#include "ocigate/decision.h"

static struct arena arena;
static struct decision decision;

static const struct rule first = {.name = "first", .severity = SEVERITY_HIGH};
static const struct rule second = {.name = "second", .severity = SEVERITY_MEDIUM};

static void begin(void)
{
	arena_init(&arena, (size_t)8 << 20);
	decision_init(&decision, &arena, "createRuntime");
	decision.id = "6c1f";
	decision.policy_digest = "sha256:ab";
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(decision, .init = begin, .fini = finish);

static struct finding *add(const struct rule *rule, const char *message, const char *remedy)
{
	decision.findings.rule = rule;
	return findings_add(&decision.findings, FINDING_VIOLATION, "/p", "v", message, remedy);
}

static void trust(void)
{
	decision.identity.engine = ENGINE_CONTAINERD;
	decision.identity.trusted = true;
	decision.identity.namespace = "default";
	decision.identity.pod = "redis-7c5b9";
	decision.identity.container = "redis";
	decision.identity.image = "docker.io/library/redis:latest";
}

static json_t *parsed(void)
{
	const char *text = decision_json(&decision);
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	cr_assert_not_null(json, "%s in %s", error.text, text);
	cr_assert_null(strchr(text, '\n'));
	return json;
}

static const char *string_at(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "(none)";
}

/* --- the human line --- */

Test(decision, line_says_who_what_and_how)
{
	trust();
	add(&first, "shares the host's network", "set hostNetwork: false");
	add(&second, "is odd", "");
	cr_assert_str_eq(decision_line(&decision),
			 "ocigate: denied default/redis-7c5b9 container redis: first: shares the host's network "
			 "(set hostNetwork: false); second: is odd");
}

Test(decision, line_believes_nobody)
{
	trust();
	decision.identity.trusted = false;
	add(&first, "bad", "");
	cr_assert_str_eq(decision_line(&decision), "ocigate: denied container 6c1f: first: bad");
}

Test(decision, line_without_what_was_only_recorded)
{
	add(&first, "audited", "")->effect = EFFECT_AUDIT;
	add(&first, "amended", "")->effect = EFFECT_APPLY;
	add(&second, "refused", "");
	cr_assert_str_eq(decision_line(&decision), "ocigate: denied container 6c1f: second: refused");
}

Test(decision, line_of_an_error)
{
	struct err err;

	(void)err_set(&err, ERR_INPUT, "config.json is a directory, not a file");
	decision_fail(&decision, &err);
	cr_assert_str_eq(decision_line(&decision),
			 "ocigate: denied container 6c1f: config.json is a directory, not a file");
	cr_assert_eq(decision_exit_code(&decision), ERR_INPUT);
}

Test(decision, line_tells_staleness_and_notes)
{
	add(&first, "bad", "");
	decision.policy_stale = "50-x.json: broken";
	decision_note(&decision, "exception %s expired", "e1");
	cr_assert_str_eq(decision_line(&decision), "ocigate: denied container 6c1f: first: bad; the policy is stale: "
						   "50-x.json: broken; note: exception e1 expired");
}

Test(decision, line_folds_what_repeats)
{
	for (int i = 0; i < 100; i++)
		add(&first, "one device more", "");
	add(&second, "other", "");
	cr_assert_str_eq(
		decision_line(&decision),
		"ocigate: denied container 6c1f: first: one device more; first: one device more; first: one device "
		"more; second: other; 97 more: ocigate explain 6c1f");
}

Test(decision, line_stays_within_its_bytes)
{
	char *big = arena_alloc(&arena, 20000);

	memset(big, 'x', 19999);
	for (int i = 0; i < 60; i++) {
		struct rule *rule = arena_alloc(&arena, sizeof(*rule));

		rule->name = "many";
		add(rule, big, big);
	}
	decision.policy_stale = big;
	for (int i = 0; i < 5; i++)
		decision_note(&decision, "%s", big);
	cr_assert_leq(strlen(decision_line(&decision)), 8000);
	cr_assert_geq(strlen(decision_line(&decision)), 6000, "room is used");
	cr_assert_not_null(strstr(decision_line(&decision), " more: ocigate explain 6c1f"));
}

Test(decision, line_is_one_line_of_printable_ascii)
{
	const char *line;

	decision.id = "a\nb\x1b[31m";
	add(&first, "path /a\n\tb\x7f\x01 \xc3\xa9 \xff \xe2\x80\xae", "");
	line = decision_line(&decision);
	for (const char *at = line; *at; at++)
		cr_assert(*at >= 0x20 && *at < 0x7f, "byte %d in %s", *at, line);
	cr_assert_str_eq(line, "ocigate: denied container a b[31m: first: path /a  b \\xc3\\xa9 \\xff \\xe2\\x80\\xae");
}

static const char *const poison[] = {
	"permission denied",
	"PERMISSION Denied",
	"permission\ndenied",
	"per\001mission denied",
	"operation not permitted",
	"no such file or directory",
	"Executable File Not Found in $PATH",
	"permission permission denieddenied",
	"permipermission deniedssion denied",
	"no such file or no such file or directorydirectory",
	"permission deniedpermission deniedpermission denied",
};

Test(decision, line_never_has_the_phrases_that_podman_takes_for_others)
{
	static const char *const phrases[] = {"permission denied", "operation not permitted",
					      "no such file or directory", "executable file not found"};

	for (size_t i = 0; i < sizeof(poison) / sizeof(poison[0]); i++) {
		begin();
		decision.id = poison[i];
		add(&first, poison[i], poison[i]);
		decision_note(&decision, "%s", poison[i]);
		decision.policy_stale = poison[i];
		for (size_t j = 0; j < 4; j++)
			cr_assert_null(strcasestr(decision_line(&decision), phrases[j]), "%s: %s", poison[i],
				       decision_line(&decision));
		finish();
	}
}

Test(decision, admitted_line)
{
	decision.verdict = VERDICT_ADMIT;
	cr_assert_str_eq(decision_line(&decision), "ocigate: admitted container 6c1f");
}

/* --- the record --- */

Test(decision, record_has_the_keys_in_order)
{
	static const struct amendment_record amendments[] = {{&first, "/linux/seccomp", "null", "\"default\""}};
	struct finding *finding;

	trust();
	finding = add(&first, "shares the host's network", "set hostNetwork: false");
	finding->pointer = "/linux/namespaces/4";
	finding->value = "/proc/40760/ns/net";
	decision.amendments = amendments;
	decision.n_amendments = 1;
	decision.time_us = 1795292047123456; /* date -u -d @1795292047 */
	decision.duration_us = 812;
	cr_assert_str_eq(
		decision_json(&decision),
		"{\"time\":\"2026-11-21T20:14:07.123456Z\",\"verdict\":\"deny\",\"stage\":\"createRuntime\","
		"\"engine\":\"containerd\",\"trusted\":true,\"id\":\"6c1f\",\"namespace\":\"default\",\"pod\":\"redis-"
		"7c5b9\","
		"\"container\":\"redis\",\"image\":\"docker.io/library/"
		"redis:latest\",\"findings\":[{\"rule\":\"first\","
		"\"effect\":\"deny\",\"severity\":\"high\",\"pointer\":\"/linux/namespaces/4\",\"value\":\"/proc/40760/"
		"ns/net\","
		"\"message\":\"shares the host's network\",\"remedy\":\"set hostNetwork: false\",\"exception\":null}],"
		"\"amendments\":[{\"rule\":\"first\",\"pointer\":\"/linux/"
		"seccomp\",\"before\":null,\"after\":\"default\"}],"
		"\"policy\":{\"digest\":\"sha256:ab\",\"stale\":null},\"duration_us\":812}");
}

Test(decision, record_tells_what_a_finding_may_come_to_at_most)
{
	add(&first, "the kernel has AppArmor off", "")->at_most = EFFECT_AUDIT;
	cr_assert_not_null(strstr(decision_json(&decision), "\"exception\":null,\"at_most\":\"audit\"}"));
}

Test(decision, record_is_one_line_whatever_the_spec_looks_like)
{
	static const struct amendment_record amendments[] = {
		{&first, "/mounts/11", "{\n\t\"type\":\r\n \"bind\"\n}", "null"}};

	trust();
	decision.amendments = amendments;
	decision.n_amendments = 1;
	cr_assert_null(strchr(decision_json(&decision), '\n'));
	cr_assert_not_null(strstr(decision_json(&decision), "\"before\":{\"type\": \"bind\"},\"after\":null"));
}

static const struct {
	int64_t seconds; /* by date -u -d @SECONDS */
	const char *expect;
} days[] = {
	{0, "1970-01-01T00:00:00.000000Z"},	     {951782400, "2000-02-29T00:00:00.000000Z"},
	{951868799, "2000-02-29T23:59:59.000000Z"},  {1709251200, "2024-03-01T00:00:00.000000Z"},
	{1767225599, "2025-12-31T23:59:59.000000Z"}, {4102444800, "2100-01-01T00:00:00.000000Z"},
	{4107542400, "2100-03-01T00:00:00.000000Z"},
};

Test(decision, record_knows_the_calendar)
{
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		decision.time_us = days[i].seconds * 1000000;
		cr_assert_str_eq(string_at(parsed(), "time"), days[i].expect);
	}
}

Test(decision, record_of_an_error)
{
	struct err err;
	json_t *json;

	(void)err_set(&err, ERR_POLICY, "no usable policy");
	(void)err_at(&err, "/rules/x");
	decision_fail(&decision, &err);
	decision_note(&decision, "note one");
	json = parsed();
	cr_assert_str_eq(string_at(json, "verdict"), "deny");
	cr_assert_str_eq(string_at(json, "error"), "no usable policy");
	cr_assert_str_eq(string_at(json, "error_pointer"), "/rules/x");
	cr_assert_str_eq(json_string_value(json_array_get(json_object_get(json, "notes"), 0)), "note one");
	cr_assert_eq(json_array_size(json_object_get(json, "findings")), 0);
}

Test(decision, record_survives_any_bytes)
{
	char every[256];
	const char *value;

	for (int i = 1; i < 256; i++)
		every[i - 1] = (char)i;
	every[255] = '\0';
	add(&first, "\xe2\x80\xae turned \xed\xa0\x80 surrogate \xc0\xaf overlong \xf4\x90\x80\x80 beyond", "")->value =
		every;
	decision.id = every;
	decision.identity.image = every;
	value = string_at(json_array_get(json_object_get(parsed(), "findings"), 0), "value");
	cr_assert_eq(value[0], 1);
	cr_assert_eq(value['"' - 1], '"');
	cr_assert_not_null(strstr(value, "\xef\xbf\xbd"), "what is no UTF-8 shows as U+FFFD");
	cr_assert_null(strstr(decision_json(&decision), "\xe2\x80\xae"), "nothing turns the text's direction");
	for (const char *at = decision_json(&decision); *at; at++)
		cr_assert((unsigned char)*at >= 0x20 && *at != 0x7f);
}

Test(decision, record_is_bounded_and_whole)
{
	char bytes[DECISION_SYSLOG_MAX + 1], *big = arena_alloc(&arena, 100001);
	struct out out;
	json_t *json;

	memset(big, '\x01', 100000);
	for (int i = 0; i < 1000; i++)
		add(i == 0 ? &first : &second, big, big)->value = big;
	decision.identity = (struct identity){.namespace = big, .pod = big, .container = big, .image = big};
	decision.id = big;
	decision.stage = big;
	decision.policy_stale = big;
	decision.policy_digest = big;
	decision.error = big;
	decision.error_pointer = big;
	for (int i = 0; i < 20; i++)
		decision_note(&decision, "%s", big);
	out_init(&out, bytes, sizeof(bytes));
	cr_assert_not(decision_render(&decision, &out), "something is left out");
	cr_assert_leq(out.len, DECISION_SYSLOG_MAX);
	json = json_loadb(out.bytes, out.len, JSON_REJECT_DUPLICATES, NULL);
	cr_assert_not_null(json, "%s", out.bytes);
	cr_assert_str_eq(string_at(json_array_get(json_object_get(json, "findings"), 0), "rule"), "first");
	cr_assert_eq((json_int_t)json_array_size(json_object_get(json, "findings")) +
			     json_integer_value(json_object_get(json, "findings_omitted")),
		     1000);
	cr_assert_leq(strlen(decision_json(&decision)), DECISION_JSON_MAX);
	(void)parsed();
}

Test(decision, text_is_the_record_whatever_was_noted_since)
{
	/* From a record with room for every note to one that a note makes too long. */
	for (int findings = 0; findings < 60; findings++) {
		char bytes[DECISION_SYSLOG_MAX + 1];
		struct decision_text text = {.body = 0};
		struct out fresh;

		(void)decision_text_make(&text, &decision);
		for (int notes = 0; notes < 3; notes++) {
			bool whole;

			decision.duration_us += 1000;
			if (notes > 0)
				decision_note(&decision, "a note of some length, which takes its place in the record");
			out_init(&fresh, bytes, sizeof(bytes));
			whole = decision_render(&decision, &fresh);
			cr_assert_eq(decision_text_make(&text, &decision), whole);
			cr_assert_str_eq(text.out.bytes, fresh.bytes);
			cr_assert_eq(text.out.len, fresh.len);
		}
		decision.notes.n = 0;
		add(&first, "/linux/namespaces/4", "shares the host's network with whoever else is on it");
	}
	cr_assert_not_null(strstr(decision_json(&decision), "\"findings\":[{"));
}

Test(decision, long_strings_end_visibly)
{
	char *big = arena_alloc(&arena, 2001);
	const char *message;

	memset(big, 'x', 2000);
	add(&first, big, "");
	message = string_at(json_array_get(json_object_get(parsed(), "findings"), 0), "message");
	cr_assert_str_eq(message + strlen(message) - 4, "x...");
}

/* A cut must not fall into a character. */
Test(decision, cuts_between_characters)
{
	for (size_t room = 10; room < 20; room++) {
		char bytes[64];
		struct out out;
		json_t *json;

		out_init(&out, bytes, sizeof(bytes));
		out_json(&out, "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
			 room);
		cr_assert_leq(out.len, room);
		json = json_loadb(out.bytes, out.len, JSON_DECODE_ANY, NULL);
		cr_assert_not_null(json, "%s", out.bytes);
		json_decref(json);
	}
}

Test(decision, form_errors_are_found_by_spec_integrity)
{
	struct err err;

	(void)err_set(&err, ERR_DENIED, "the key comes twice");
	(void)err_at(&err, "/process/user");
	decision_fail(&decision, &err);
	cr_assert_eq(decision.verdict, VERDICT_DENY);
	cr_assert_eq(decision_exit_code(&decision), ERR_DENIED);
	if (rule_find("spec-integrity")) {
		cr_assert_eq(decision.findings.n, 1);
		cr_assert_str_eq(decision.findings.items[0].rule->name, "spec-integrity");
		cr_assert_str_eq(decision.findings.items[0].pointer, "/process/user");
		cr_assert_null(decision.error);
	} else {
		cr_assert_str_eq(decision.error, "the key comes twice");
	}
}

Test(decision, ids)
{
	static const char *const good[] = {"6c1f", "a", "A_b+c-d.e", "...", "-"};
	static const char *const bad[] = {"", ".", "..", "a/b", "../x", "a b", "a\n", "\xc3\xa9"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_assert(decision_id_valid(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(decision_id_valid(bad[i]), "%s", bad[i]);
}
