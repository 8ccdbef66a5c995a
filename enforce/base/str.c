/* SPDX-License-Identifier: Apache-2.0 */
#include "ocigate/str.h"

#include <string.h>

enum { WORD_MAX = 64 };

static unsigned lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Edit distance with swaps of neighbours (optimal string alignment); both words fit into WORD_MAX. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= nb; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned *free_row = before;

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned changed = lower(a[i - 1]) != lower(b[j - 1]);

			now[j] = least(last[j] + 1, now[j - 1] + 1, last[j - 1] + changed);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]) && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		before = last;
		last = now;
		now = free_row;
	}
	return last[nb];
}

const char *str_nearest(const char *word, const char *const *known, size_t n)
{
	size_t len = strlen(word);
	unsigned best = 0;
	const char *nearest = NULL;

	if (len == 0 || len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t other = strlen(known[i]), longer = other > len ? other : len;
		unsigned wrong;

		if (other > WORD_MAX)
			continue;
		wrong = distance(word, len, known[i], other);
		if (wrong * 3 > longer || (nearest && wrong >= best))
			continue;
		nearest = known[i];
		best = wrong;
	}
	return nearest;
}
