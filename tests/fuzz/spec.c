/* SPDX-License-Identifier: Apache-2.0 */
/* config.json: parsed, judged by every rule with a host of which nothing is known. */
#include "fuzz.h"

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
	must(result == 0 || !strstr(err.text, "beyond doubt"));
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
	if (spec_parse(&arena, &text, "/run/containerd/io.containerd.runtime.v2.task/k8s.io/0123", "0123", &container,
		       &err) < 0) {
		fuzz_refused(&err);
		decision_fail(&decision, &err);
	} else {
		identity_of(&arena, &container, BUNDLE_OWNER_ROOT);
		engine_judge(&container, &host, &policy, JUDGE_HOOK, 0, &decision);
	}
	/* Nothing is known of the host's namespaces: whatever the spec says, that denies. */
	must(decision.verdict == VERDICT_DENY);
	must(decision_exit_code(&decision) != 0);
	must(strlen(decision_line(&decision)) <= DECISION_LINE_MAX);
	must(decision_json(&decision) != NULL || arena.failed);
	arena_release(&arena);
	return 0;
}
