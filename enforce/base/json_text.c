/* SPDX-License-Identifier: Apache-2.0 */
#include "ocigate/json_text.h"

#include <endian.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "ocigate/json.h"

/* Bytes that strings get at once. */
enum { PIECE = 128 };

/* Bytes that stand for themselves within a string: printable ASCII but the quote and the backslash. */
static bool is_plain(char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

void json_text_start(struct json_text *text, struct arena *arena, const char *bytes, size_t len)
{
	*text = (struct json_text){.at = bytes, .end = bytes + len, .arena = arena};
}

static bool fail(struct json_text *text)
{
	text->broken = true;
	return false;
}

/* Room for a string of @len bytes and its NUL. Return: false and @broken. */
static bool make_room(struct json_text *text, size_t len)
{
	if (len < text->room)
		return true;
	text->room = len < PIECE ? PIECE : len + 1;
	text->strings = arena_alloc(text->arena, text->room);
	return text->strings || fail(text);
}

/* Behind make_room(), whose bytes are zero. */
static const char *put_string(struct json_text *text, const char *bytes, size_t len)
{
	char *copy = text->strings;

	memcpy(copy, bytes, len);
	text->strings += len + 1;
	text->room -= len + 1;
	return copy;
}

/* The next byte that is no space, which is left there; NUL at the end. */
static char peek(struct json_text *text)
{
	while (*text->at == ' ' || *text->at == '\n' || *text->at == '\t' || *text->at == '\r')
		text->at++;
	return *text->at;
}

bool json_text_end(struct json_text *text)
{
	return !text->broken && peek(text) == '\0' && text->at == text->end;
}

enum json_kind json_text_kind(struct json_text *text)
{
	switch (peek(text)) {
	case '{':
		return JSON_KIND_OBJECT;
	case '[':
		return JSON_KIND_ARRAY;
	case '"':
		return JSON_KIND_STRING;
	case 't':
	case 'f':
		return JSON_KIND_BOOL;
	case 'n':
		return JSON_KIND_NULL;
	case '-':
		return JSON_KIND_NUMBER;
	default:
		return is_digit(*text->at) ? JSON_KIND_NUMBER : JSON_KIND_NONE;
	}
}

/*
 * The high bit of each of eight bytes that is not plain, the first byte lowest. A borrow or a carry out of a byte sets
 * its high bit (below 0x20, equal to a quote or a backslash, 0x7f and above), and may reach bytes behind it.
 */
static uint64_t odd_bytes(const char *at)
{
	const uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
	uint64_t bytes, quotes, slashes;

	memcpy(&bytes, at, sizeof(bytes));
	bytes = le64toh(bytes);
	quotes = bytes ^ (ones * '"');
	slashes = bytes ^ (ones * '\\');
	return ((bytes - ones * 0x20) | (quotes - ones) | (slashes - ones) | (bytes + ones) | bytes) & high;
}

#ifdef __SSE2__
/* A bit for each of sixteen bytes that is not plain; as signed numbers those from 0x80 on are below 0x20 as well. */
static unsigned odd_sixteen(__m128i bytes)
{
	const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
	const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
	const __m128i slashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
	const __m128i deletes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(low, quotes), _mm_or_si128(slashes, deletes)));
}
#endif

/* To the first byte that is not plain, which may be the NUL at the end. */
static const char *skip_plain(const char *at, const char *end)
{
#ifdef __SSE2__
	for (; end - at >= 16; at += 16) {
		__m128i bytes;
		unsigned odd;

		memcpy(&bytes, at, sizeof(bytes));
		odd = odd_sixteen(bytes);
		if (odd)
			return at + __builtin_ctz(odd);
	}
#endif
	for (; end - at >= 8; at += 8) {
		uint64_t odd = odd_bytes(at);

		if (odd)
			return at + __builtin_ctzll(odd) / 8;
	}
	while (is_plain(*at))
		at++;
	return at;
}

/* To the closing quote, or the end. */
static const char *skip_string(const char *at, const char *end)
{
	for (at = skip_plain(at + 1, end); at < end && *at != '"'; at++)
		if (*at == '\\' && at + 1 < end)
			at++;
	return at;
}

#ifdef __SSE2__
static unsigned equal_sixteen(__m128i bytes, char c)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
}

/* The sixteen bits from each quote on to before the next one. */
static unsigned between(unsigned quotes)
{
	quotes ^= quotes << 1;
	quotes ^= quotes << 2;
	quotes ^= quotes << 4;
	return (quotes ^ quotes << 8) & 0xffff;
}
#endif

size_t json_text_span(const struct json_text *text)
{
	const char *at = text->at;
	bool inside = false;
	size_t depth = 0;

#ifdef __SSE2__
	for (; text->end - at >= 16; at += 16) {
		unsigned open, close, strings;
		__m128i bytes;

		memcpy(&bytes, at, sizeof(bytes));
		if (equal_sixteen(bytes, '\\'))
			return 0;
		strings = between(equal_sixteen(bytes, '"')) ^ (inside ? 0xffff : 0);
		inside = strings >> 15;
		open = equal_sixteen(bytes, '{') & ~strings;
		close = equal_sixteen(bytes, '}') & ~strings;
		for (unsigned braces = open | close; braces; braces &= braces - 1) {
			depth += open & braces & -braces ? 1 : SIZE_MAX;
			if (depth == 0)
				return (size_t)(at - text->at) + (size_t)__builtin_ctz(braces) + 1;
		}
	}
#endif
	for (; at < text->end && *at != '\\'; at++) {
		inside ^= *at == '"';
		if (inside || (*at != '{' && *at != '}'))
			continue;
		depth += *at == '{' ? 1 : SIZE_MAX;
		if (depth == 0)
			return (size_t)(at - text->at) + 1;
	}
	return 0;
}

bool json_text_open(struct json_text *text, char close)
{
	if (text->broken)
		return false;
	text->at++;
	if (peek(text) != close)
		return true;
	text->at++;
	return false;
}

bool json_text_next(struct json_text *text, char close)
{
	char c = text->broken ? '\0' : peek(text);

	if (c != ',' && c != close)
		return fail(text);
	text->at++;
	return c == ',';
}

/* A string of plain bytes alone: between quotes as it is. Return: false where it is more than that, and nothing taken. */
static bool take_plain(struct json_text *text, struct json_key *ret)
{
	const char *start = text->at + 1, *at = skip_plain(start, text->end);

	if (*at != '"')
		return false;
	*ret = (struct json_key){start, (size_t)(at - start)};
	text->at = at + 1;
	return true;
}

/* A string with escapes, or not in ASCII: jansson decodes that one token, and is strict about it. */
static bool take_decoded(struct json_text *text, struct json_key *ret)
{
	const char *quote = skip_string(text->at, text->end);
	json_t *string;
	size_t len;
	bool taken;

	if (quote >= text->end)
		return fail(text);
	string = json_loadb(text->at, (size_t)(quote - text->at) + 1, JSON_DECODE_ANY, NULL);
	len = json_string_length(string);
	taken = json_is_string(string) && make_room(text, len);
	if (taken) {
		*ret = (struct json_key){put_string(text, json_string_value(string), len), len};
		text->at = quote + 1;
	}
	json_decref(string);
	return taken || fail(text);
}

static bool take_string(struct json_text *text, struct json_key *ret)
{
	if (text->broken || peek(text) != '"')
		return fail(text);
	return take_plain(text, ret) || take_decoded(text, ret);
}

bool json_text_key(struct json_text *text, struct json_key *ret_key)
{
	if (!take_string(text, ret_key) || peek(text) != ':')
		return fail(text);
	text->at++;
	return true;
}

const char *json_text_keep(struct json_text *text, const struct json_key *key)
{
	/* What was decoded lies there already. */
	if (key->text[key->len] == '\0')
		return key->text;
	return make_room(text, key->len) ? put_string(text, key->text, key->len) : NULL;
}

const char *json_text_string(struct json_text *text)
{
	struct json_key string;

	return take_string(text, &string) ? json_text_keep(text, &string) : NULL;
}

/* Appends a digit to a number below 2^64. Return: false when it gets larger. */
static bool add_digit(uint64_t *number, char digit)
{
	return !__builtin_mul_overflow(*number, 10U, number) &&
	       !__builtin_add_overflow(*number, (uint64_t)(digit - '0'), number);
}

bool json_text_number(struct json_text *text, struct json_number *ret_number)
{
	struct json_number number = {.negative = peek(text) == '-'};
	const char *start = text->at + number.negative, *at = start;

	while (is_digit(*at) && add_digit(&number.size, *at))
		at++;
	/* A digit that is left made it too large; a fraction or an exponent is none of ours. */
	if (at == start || is_digit(*at) || *at == '.' || *at == 'e' || *at == 'E' ||
	    (*start == '0' && at - start > 1) ||
	    (number.negative && (number.size == 0 || number.size > (uint64_t)1 << 63)))
		return fail(text);
	text->at = at;
	*ret_number = number;
	return true;
}

bool json_text_bool(struct json_text *text, bool *ret_value)
{
	bool value = peek(text) == 't';
	size_t len = value ? 4 : 5;

	if (strncmp(text->at, value ? "true" : "false", len) != 0)
		return fail(text);
	text->at += len;
	*ret_value = value;
	return true;
}
