/* SPDX-License-Identifier: Apache-2.0 */
/* A drop-in. One that loads must not switch off the strict reader's own rule. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct policy policy;
	struct err err = {0};
	struct arena arena;
	struct text text = fuzz_text(&arena, data, size);

	/* policy_parse() takes a C string; a NUL inside would hide the rest from it. */
	if (memchr(data, '\0', size) == NULL) {
		if (policy_parse(&arena, "fuzz.json", text.bytes, &policy, &err) < 0) {
			fuzz_refused(&err);
		} else {
			for (size_t i = 0; i < RULE_COUNT; i++)
				must(policy.rules[i].effect <= EFFECT_DISABLED);
			for (size_t i = 0; i < policy.n_exceptions; i++)
				must(policy.exceptions[i].reason && policy.exceptions[i].reason[0]);
		}
	}
	arena_release(&arena);
	return 0;
}
