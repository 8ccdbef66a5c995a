/* SPDX-License-Identifier: Apache-2.0 */
#include "scan.h"

#include <stdint.h>
#include <string.h>

const char *scan_space(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	return at;
}

/* @at: the opening quote. Return: behind the closing one. */
static const char *scan_string(const char *at, const char *end)
{
	for (at++; at < end; at++) {
		if (*at == '"')
			return at + 1;
		if (*at == '\\')
			at++;
	}
	return NULL;
}

const char *scan_value(const char *at, const char *end)
{
	size_t depth = 0;

	do {
		if (at >= end)
			return NULL;
		if (*at == '"') {
			at = scan_string(at, end);
			if (!at)
				return NULL;
			continue;
		}
		if (*at == '{' || *at == '[')
			depth++;
		else if (*at == '}' || *at == ']')
			depth--;
		else if (depth == 0) {
			/* A number, true, false or null ends where something else begins. */
			while (at < end && !strchr(",]} \t\n\r", *at))
				at++;
			return at;
		}
		at++;
	} while (depth > 0);
	return at;
}

bool scan_open(struct scan *scan, const char *value, const char *end)
{
	if (value >= end || (*value != '{' && *value != '['))
		return false;
	*scan = (struct scan){.at = value + 1, .end = end, .close = *value == '{' ? '}' : ']', .first = true};
	return true;
}

static int read_key(struct scan *scan, struct scan_item *item)
{
	const char *behind;

	if (*scan->at != '"')
		return -1;
	behind = scan_string(scan->at, scan->end);
	if (!behind)
		return -1;
	item->key = scan->at + 1;
	item->key_len = (size_t)(behind - scan->at) - 2;
	scan->at = scan_space(behind, scan->end);
	if (scan->at >= scan->end || *scan->at != ':')
		return -1;
	scan->at = scan_space(scan->at + 1, scan->end);
	return scan->at < scan->end ? 0 : -1;
}

int scan_next(struct scan *scan, struct scan_item *ret_item)
{
	struct scan_item item = {.gap = scan->at};

	scan->at = scan_space(scan->at, scan->end);
	if (scan->at >= scan->end)
		return -1;
	if (*scan->at == scan->close) {
		scan->at++;
		return 0;
	}
	if (!scan->first) {
		if (*scan->at != ',')
			return -1;
		scan->at = scan_space(scan->at + 1, scan->end);
		if (scan->at >= scan->end)
			return -1;
	}
	scan->first = false;
	item.start = scan->at;
	if (scan->close == '}' && read_key(scan, &item) < 0)
		return -1;
	item.value = scan->at;
	item.value_end = scan_value(scan->at, scan->end);
	if (!item.value_end || item.value_end == item.value)
		return -1;
	scan->at = item.value_end;
	*ret_item = item;
	return 1;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes \uXXXX at @at (the backslash). Return: bytes eaten, 0 if it is none. */
static size_t decode_unit(const char *at, const char *end, uint32_t *ret_unit)
{
	uint32_t unit = 0;

	if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
		return 0;
	for (int i = 2; i < 6; i++) {
		int digit = hex_digit(at[i]);

		if (digit < 0)
			return 0;
		unit = unit << 4 | (uint32_t)digit;
	}
	*ret_unit = unit;
	return 6;
}

static size_t encode_utf8(uint32_t code, char *out)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* One character of a written string as UTF-8. Return: bytes eaten, 0 for bad form. */
static size_t decode_one(const char *at, const char *end, char out[4], size_t *ret_len)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	uint32_t unit, low;
	const char *found;
	size_t eaten;

	*ret_len = 1;
	if (*at != '\\') {
		out[0] = *at;
		return 1;
	}
	eaten = decode_unit(at, end, &unit);
	if (eaten > 0) {
		if (unit >= 0xd800 && unit < 0xdc00 && decode_unit(at + 6, end, &low) > 0 && low >= 0xdc00 &&
		    low < 0xe000) {
			unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
			eaten += 6;
		}
		*ret_len = encode_utf8(unit, out);
		return eaten;
	}
	if (at + 1 >= end || at[1] == '\0')
		return 0;
	found = strchr(from, at[1]);
	if (!found)
		return 0;
	out[0] = to[found - from];
	return 2;
}

bool scan_key_is(const struct scan_item *item, const char *key)
{
	const char *at = item->key, *end = item->key + item->key_len;

	if (!memchr(at, '\\', item->key_len))
		return strlen(key) == item->key_len && memcmp(at, key, item->key_len) == 0;
	while (at < end) {
		char bytes[4];
		size_t len, eaten = decode_one(at, end, bytes, &len);

		if (eaten == 0 || strnlen(key, len) < len || memcmp(key, bytes, len) != 0)
			return false;
		key += len;
		at += eaten;
	}
	return *key == '\0';
}
