/* SPDX-License-Identifier: Apache-2.0 */
/* Input as the words of a command line, one a line. */
#ifndef TESTS_FUZZ_WORDS_H
#define TESTS_FUZZ_WORDS_H

#include "fuzz.h"

enum { WORDS_MAX = 64 };

/** words_of() - argv from @text, which is changed; argv[0] is the wrapper's name */
static inline int words_of(char *text, size_t size, char **argv)
{
	static char name[] = "ocigate-runtime";
	int argc = 1;

	argv[0] = name;
	for (char *word = text; word < text + size && argc < WORDS_MAX; argc++) {
		char *end = memchr(word, '\n', (size_t)(text + size - word));

		argv[argc] = word;
		if (!end)
			end = text + size;
		*end = '\0';
		word = end + 1;
	}
	argv[argc] = NULL;
	return argc;
}

#endif
