/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Go's encoding/json matches a key to a struct field exactly or, failing that,
 * under Unicode's simple case folding. Known keys are ASCII, and only two
 * characters beyond ASCII fold to ASCII letters: U+017F (long s) to "s" and
 * U+212A (the Kelvin sign) to "k".
 */
#include <string.h>

#include "schema.h"

/* The lower-case ASCII letter that the character at *@text folds to, and steps over it. */
static unsigned char fold_next(const char **text)
{
	unsigned char c = (unsigned char)**text;

	if (strncmp(*text, "\xc5\xbf", 2) == 0) {
		*text += 2;
		return 's';
	}
	if (strncmp(*text, "\xe2\x84\xaa", 3) == 0) {
		*text += 3;
		return 'k';
	}
	(*text)++;
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

bool key_equal_folded(const char *known, const char *key)
{
	while (*known && *key)
		if (fold_next(&known) != fold_next(&key))
			return false;
	return *known == *key;
}
