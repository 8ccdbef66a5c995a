/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.json: parsed, judged by every rule with a host of which nothing is
 * known. What the reader takes, jansson takes too; and what jansson writes of
 * what it read is judged the same: the two agree about what a text says.
 */
#include <ctype.h>

#include "fuzz.h"

static const char bundle[] = "/run/containerd/io.containerd.runtime.v2.task/k8s.io/0123";

/* jansson keeps whole numbers in 63 bits: beyond that the two may differ in how, not in whether, they read. */
static bool has_long_number(const struct text *text)
{
	size_t digits = 0;

	for (size_t i = 0; i < text->len; i++) {
		digits = isdigit((unsigned char)text->bytes[i]) ? digits + 1 : 0;
		if (digits > 18)
			return true;
	}
	return false;
}

static void agrees_with_jansson(struct arena *arena, const struct text *text, const struct policy *policy,
				const struct decision *decision)
{
	struct host host = {.source = HOST_RECORDED};
	struct container container;
	struct decision again;
	struct err err = {0};
	struct text written;
	json_t *json;

	if (has_long_number(text))
		return;
	json = json_read(text->bytes, text->len, &err);
	must(json != NULL);
	written.bytes = json_write(arena, json);
	json_decref(json);
	if (!written.bytes)
		return;
	written.len = strlen(written.bytes);
	must(spec_parse(arena, &written, bundle, "0123", &container, &err) == 0);
	identity_of(arena, &container, BUNDLE_OWNER_ROOT);
	decision_init(&again, arena, "check");
	engine_judge(&container, &host, policy, JUDGE_HOOK, 0, &again);
	must(again.findings.n == decision->findings.n);
	for (size_t i = 0; i < again.findings.n; i++) {
		must(strcmp(again.findings.items[i].pointer, decision->findings.items[i].pointer) == 0);
		must(strcmp(again.findings.items[i].message, decision->findings.items[i].message) == 0);
		must(strcmp(again.findings.items[i].value, decision->findings.items[i].value) == 0);
	}
}

#include "ocigate/json.h"

/* What is read in place is a document to jansson too, and what is not read in place is none, or has the wrong shape. */
static void agree(const struct text *text)
{
	struct err err = {0}, json_err = {0};
	struct container container;
	struct arena arena;
	json_t *json;
	int result;

	arena_init(&arena, (size_t)64 << 20);
	result = spec_parse(&arena, text, "/run/b", "", &container, &err);
	json = json_read(text->bytes, text->len, &json_err);
	must(result < 0 || json);
	/* The whole text, and not a part of it: the fuzzer writes such words into values, which messages then quote. */
	must(result == 0 || strcmp(err.text, "config.json is not JSON beyond doubt") != 0);
	json_decref(json);
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct policy policy;
	struct container container = {.exec = true};
	struct decision decision;
	struct host host = {.source = HOST_RECORDED};
	struct err err = {0};
	struct arena arena;
	struct text text = fuzz_text(&arena, data, size);

	agree(&text);
	policy_builtin(&policy);
	decision_init(&decision, &arena, "check");
	if (spec_parse(&arena, &text, bundle, "0123", &container, &err) < 0) {
		fuzz_refused(&err);
		decision_fail(&decision, &err);
	} else {
		identity_of(&arena, &container, BUNDLE_OWNER_ROOT);
		engine_judge(&container, &host, &policy, JUDGE_HOOK, 0, &decision);
		agrees_with_jansson(&arena, &text, &policy, &decision);
	}
	/* Nothing is known of the host's namespaces: whatever the spec says, that denies. */
	must(decision.verdict == VERDICT_DENY);
	must(decision_exit_code(&decision) != 0);
	must(strlen(decision_line(&decision)) <= DECISION_LINE_MAX);
	must(decision_json(&decision) != NULL || arena.failed);
	arena_release(&arena);
	return 0;
}
