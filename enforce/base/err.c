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

static PRINTF_LIKE(3, 0) void set_text(struct err *err, enum err_kind kind, const char *fmt, va_list ap)
{
	err->kind = kind;
	err->pointer[0] = '\0';
	mark_cut(err->text, sizeof(err->text), vsnprintf(err->text, sizeof(err->text), fmt, ap));
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
	return -1;
}
