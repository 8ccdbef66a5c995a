/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small things about strings.
 */
#ifndef OCIGATE_STR_H
#define OCIGATE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ocigate/err.h"

/**
 * str_nearest() - which of @n known words may @word be a slip of?
 *
 * Counts inserted, dropped, changed and swapped letters, case ignored; a guess that is more than a third wrong is none.
 * Return: one of @known, the first of the best, or NULL.
 */
const char *str_nearest(const char *word, const char *const *known, size_t n);

/** str_equal() - most words differ in their first letter: no call would be as quick */
static inline bool str_equal(const char *a, const char *b)
{
	return a[0] == b[0] && strcmp(a, b) == 0;
}

/**
 * struct out - text that is put together in a buffer of fixed size
 * @size: of @bytes, the NUL behind the text included
 * @cut: something did not fit; stays true
 */
struct out {
	char *bytes;
	size_t size;
	size_t len;
	bool cut;
};

/** out_init() - an empty text in @bytes; @size is at least 1 */
void out_init(struct out *out, char *bytes, size_t size);

/** out_bytes(), out_str() - append, all or nothing. */
void out_bytes(struct out *out, const char *bytes, size_t n);
void out_str(struct out *out, const char *s);

/** out_number() - append @value in decimal */
void out_number(struct out *out, long long value);

/** out_time() - append @time_us, microseconds since 1970 and not before, as 2026-11-21T20:14:07.123456Z */
void out_time(struct out *out, int64_t time_us);

/**
 * out_json() - append @s as a JSON string in quotes that takes at most @max bytes, or null for NULL
 *
 * Whatever @s holds, the result is valid UTF-8 and harmless on a terminal: control characters and those that turn the
 * direction of text are escaped, invalid bytes become U+FFFD; what is cut ends in "...". @max is at least 8.
 */
void out_json(struct out *out, const char *s, size_t max);

/** out_plain() - append at most @max bytes of @s in printable ASCII for one line: spaces for white space, other bytes as
 * \xNN, control bytes left out; what is cut ends in "...". @max is at least 8. */
void out_plain(struct out *out, const char *s, size_t max);

#endif
