/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every fuzz target has: an arena for one input, the input with a NUL
 * behind it, and the property that all of them assert: what is not understood
 * is refused with a reason, never admitted.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ocigate/arena.h"
#include "ocigate/decision.h"
#include "ocigate/json.h"
#include "ocigate/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** must() - the property; ends the run where the fuzzer sees it */
#define must(condition)                                                                                                \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);                  \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

/** fuzz_text() - the input as a text of this run */
static inline struct text fuzz_text(struct arena *arena, const uint8_t *data, size_t size)
{
	char *copy;

	arena_init(arena, (size_t)64 << 20);
	copy = arena_alloc(arena, size + 1);
	must(copy != NULL);
	memcpy(copy, data, size);
	return (struct text){copy, size};
}

/** fuzz_refused() - an error says what it is */
static inline void fuzz_refused(const struct err *err)
{
	must(err->kind != ERR_NONE);
	must(err->text[0] != '\0');
	must(strchr(err->text, '\n') == NULL);
}

#endif
