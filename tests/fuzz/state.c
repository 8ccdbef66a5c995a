/* SPDX-License-Identifier: Apache-2.0 */
/* The state that a hook gets on its stdin. */
#include "fuzz.h"

#include "ocigate/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state state;
	struct err err = {0};
	struct arena arena;
	struct text text = fuzz_text(&arena, data, size);

	if (state_parse(&arena, text.bytes, text.len, &state, &err) < 0) {
		fuzz_refused(&err);
	} else {
		must(state.bundle[0] == '/' && state.bundle[1] != '\0');
		must(state.id != NULL);
		must(state.pid >= 0);
	}
	arena_release(&arena);
	return 0;
}
