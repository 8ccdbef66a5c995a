/* SPDX-License-Identifier: Apache-2.0 */
#include "ocigate/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A message that does not fit is cut; the end of the buffer must not look like the end of the thought. */
static void mark_cut(char *buffer, size_t size, int wanted)
{
	if (wanted >= 0 && (size_t)wanted >= size)
		memcpy(buffer + size - 4, "...", 4);
}

/* Length of the character at @s that a terminal or a log may show; 0: none. */
static size_t printable(const unsigned char *s)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	unsigned code = s[0] & (0xffU >> (n + 1));

	if (n == 1)
		return s[0] >= 0x20 && s[0] != 0x7f;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if ((n == 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) ||
	    (n == 4 && (code < 0x10000 || code > 0x10ffff)))
		return 0;
	/* Controls, and marks that are not seen or that turn the order of what is. */
	if (code < 0xa0 || (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	    (code >= 0x2060 && code <= 0x206f) || code == 0xfeff)
		return 0;
	return n;
}

/*
 * Errors quote what others wrote, and a quotation may have been cut inside a
 * character: what is no text, or would steer a terminal, becomes "?".
 */
static void make_printable(char *text)
{
	while (*text) {
		size_t n = printable((const unsigned char *)text);

		if (n == 0)
			*text = '?';
		text += n ? n : 1;
	}
}

static PRINTF_LIKE(3, 0) void set_text(struct err *err, enum err_kind kind, const char *fmt, va_list ap)
{
	err->kind = kind;
	err->pointer[0] = '\0';
	mark_cut(err->text, sizeof(err->text), vsnprintf(err->text, sizeof(err->text), fmt, ap));
	make_printable(err->text);
}

int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_text(err, kind, fmt, ap);
	va_end(ap);
	return -1;
}

int err_sys(struct err *err, enum err_kind kind, int errnum, const char *fmt, ...)
{
	size_t len;
	va_list ap;
	int wanted;

	va_start(ap, fmt);
	set_text(err, kind, fmt, ap);
	va_end(ap);
	len = strlen(err->text);
	wanted = snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror(errnum));
	if (wanted >= 0 && len + (size_t)wanted >= sizeof(err->text))
		mark_cut(err->text, sizeof(err->text), (int)sizeof(err->text));
	make_printable(err->text);
	return -1;
}

int err_at(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (err->pointer[0] != '\0')
		return -1;
	va_start(ap, fmt);
	mark_cut(err->pointer, sizeof(err->pointer), vsnprintf(err->pointer, sizeof(err->pointer), fmt, ap));
	va_end(ap);
	make_printable(err->pointer);
	return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char inner[sizeof(err->text)];
	va_list ap;
	size_t len;
	int wanted;

	memcpy(inner, err->text, sizeof(inner));
	va_start(ap, fmt);
	mark_cut(err->text, sizeof(err->text), vsnprintf(err->text, sizeof(err->text), fmt, ap));
	va_end(ap);
	len = strlen(err->text);
	wanted = snprintf(err->text + len, sizeof(err->text) - len, ": %s", inner);
	if (wanted >= 0 && len + (size_t)wanted >= sizeof(err->text))
		mark_cut(err->text, sizeof(err->text), (int)sizeof(err->text));
	make_printable(err->text);
	return -1;
}
