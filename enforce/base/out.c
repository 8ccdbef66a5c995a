/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text for people and machines, made from strings that an attacker may have
 * written. Nothing here allocates, and nothing goes through stdio: a decision
 * is written in the hot path.
 */
#include "ocigate/str.h"

#include <stdint.h>
#include <string.h>

static const char hex[] = "0123456789abcdef";
static const char ellipsis[] = "...";

void out_init(struct out *out, char *bytes, size_t size)
{
	*out = (struct out){.bytes = bytes, .size = size};
	bytes[0] = '\0';
}

void out_bytes(struct out *out, const char *bytes, size_t n)
{
	if (n >= out->size - out->len) {
		out->cut = true;
		return;
	}
	memcpy(out->bytes + out->len, bytes, n);
	out->len += n;
	out->bytes[out->len] = '\0';
}

void out_str(struct out *out, const char *s)
{
	out_bytes(out, s, strlen(s));
}

void out_number(struct out *out, long long value)
{
	unsigned long long rest = value < 0 ? 0ULL - (unsigned long long)value : (unsigned long long)value;
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		digits[--at] = '-';
	out_bytes(out, digits + at, sizeof(digits) - at);
}

/* Length of the well-formed UTF-8 character at @s (Unicode, table 3-7), 0 if it is none; its number in @ret_point. */
static size_t utf8_length(const unsigned char *s, uint32_t *ret_point)
{
	size_t n = s[0] < 0x80			  ? 1
		   : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
		   : (s[0] & 0xf0) == 0xe0	  ? 3
		   : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
						  : 0;
	uint32_t point = n == 1 ? s[0] : n == 2 ? s[0] & 0x1fU : n == 3 ? s[0] & 0x0fU : s[0] & 0x07U;

	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (s[i] & 0x3fU);
	}
	if ((n == 3 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff))) ||
	    (n == 4 && (point < 0x10000 || point > 0x10ffff)))
		return 0;
	*ret_point = point;
	return n;
}

/* Characters that steer a terminal or turn the direction of the text around them. */
static bool is_unsafe(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0x061c || point == 0x200e ||
	       point == 0x200f || (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) ||
	       point == 0xfeff;
}

/* One character as it stands in a JSON string. Return: bytes written to @text (at most 6). */
static size_t json_character(const unsigned char **s, char *text)
{
	uint32_t point = 0;
	size_t n = utf8_length(*s, &point);

	if (n == 0) {
		(*s)++;
		memcpy(text, "\xef\xbf\xbd", 3);
		return 3;
	}
	if (point == '"' || point == '\\') {
		text[0] = '\\';
		text[1] = (char)point;
		n = 2;
		(*s)++;
		return n;
	}
	if (is_unsafe(point)) {
		memcpy(text, "\\u", 2);
		for (int i = 0; i < 4; i++)
			text[2 + i] = hex[point >> (12 - 4 * i) & 0xf];
		*s += n;
		return 6;
	}
	memcpy(text, *s, n);
	*s += n;
	return n;
}

static size_t plain_character(const unsigned char **s, char *text)
{
	unsigned char c = *(*s)++;

	if (c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f')
		c = ' ';
	if (c < 0x20 || c == 0x7f)
		return 0;
	if (c < 0x7f) {
		text[0] = (char)c;
		return 1;
	}
	memcpy(text, "\\x", 2);
	text[2] = hex[c >> 4];
	text[3] = hex[c & 0xf];
	return 4;
}

/* Bytes from @s on that stand for themselves in either kind of text. */
static size_t ordinary(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

/*
 * Appends @s within @max bytes: ordinary bytes by runs, the others one by one. Where it must be cut, the last place that
 * leaves room for the ellipsis is where the text ends.
 */
static void append_within(struct out *out, const char *s, size_t max,
			  size_t (*character)(const unsigned char **, char *))
{
	const unsigned char *at = (const unsigned char *)s;
	const size_t start = out->len, keep = max - (sizeof(ellipsis) - 1);
	size_t fallback = start;

	while (*at) {
		const size_t used = out->len - start;
		size_t n = used < keep ? ordinary((const char *)at, keep - used) : 0;
		char text[8];

		if (n > 0) {
			out_bytes(out, (const char *)at, n);
			at += n;
			fallback = out->len;
			continue;
		}
		n = character(&at, text);
		if (used + n > max) {
			out->len = fallback;
			out_str(out, ellipsis);
			return;
		}
		out_bytes(out, text, n);
		if (used + n <= keep)
			fallback = out->len;
	}
}

void out_json(struct out *out, const char *s, size_t max)
{
	if (!s) {
		out_str(out, "null");
		return;
	}
	out_str(out, "\"");
	append_within(out, s, max - 2, json_character);
	out_str(out, "\"");
}

void out_plain(struct out *out, const char *s, size_t max)
{
	append_within(out, s, max, plain_character);
}
