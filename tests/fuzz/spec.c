/* SPDX-License-Identifier: Apache-2.0 */
/* config.json: parsed, judged by every rule with a host of which nothing is known. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct policy policy;
	struct container container = {.exec = true};
	struct decision decision;
	struct host host = {.source = HOST_RECORDED};
	struct err err = {0};
	struct arena arena;
	struct text text = fuzz_text(&arena, data, size);

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
