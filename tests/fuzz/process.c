/* SPDX-License-Identifier: Apache-2.0 */
/* process.json of an exec. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct process process;
	struct err err = {0};
	struct arena arena;
	struct text text = fuzz_text(&arena, data, size);

	if (spec_parse_process(&arena, &text, &process, &err) < 0) {
		fuzz_refused(&err);
	} else {
		must(process.uid >= 0 && process.uid <= INT32_MAX);
		must(process.gid >= 0 && process.gid <= INT32_MAX);
		must(process.cwd != NULL);
	}
	arena_release(&arena);
	return 0;
}
