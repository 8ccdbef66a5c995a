/* SPDX-License-Identifier: Apache-2.0 */
#include "json_scan.h"

#include <stdio.h>
#include <string.h>

#include "ocigate/json.h"

/** struct cursor - the pass over the bytes; @before: the last byte that was neither space nor inside a token */
struct cursor {
	const char *text;
	size_t len;
	size_t at;
	size_t depth;
	bool ended;
	char before;
	struct json_scan *scan;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void complain(struct cursor *cursor, size_t at, const char *problem)
{
	if (cursor->scan->problem)
		return;
	cursor->scan->problem = problem;
	cursor->scan->at = at;
}

/*
 * To the byte behind the closing quote. A quote closes unless an odd number of
 * backslashes stands before it. Return: @len when the text ends first.
 */
static size_t skip_string(const char *text, size_t len, size_t at)
{
	size_t start = at + 1;

	for (at = start; at < len; at++) {
		const char *quote = memchr(text + at, '"', len - at);
		size_t slashes = 0;

		if (!quote)
			return len;
		at = (size_t)(quote - text);
		while (at - slashes > start && text[at - slashes - 1] == '\\')
			slashes++;
		if (slashes % 2 == 0)
			return at + 1;
	}
	return len;
}

static size_t skip_digits(const char *text, size_t len, size_t at)
{
	while (at < len && is_digit(text[at]))
		at++;
	return at;
}

/* Digits without sign or leading zeros against a number of the same kind, by value. */
static bool above(const char *digits, size_t n, const char *limit)
{
	size_t limit_n = strlen(limit);

	return n > limit_n || (n == limit_n && memcmp(digits, limit, n) > 0);
}

size_t json_scan_big(const char *text, size_t len)
{
	size_t n = skip_digits(text, len, 0);

	return above(text, n, "9223372036854775807") && !above(text, n, "18446744073709551615") ? n : 0;
}

static void scan_number(struct cursor *cursor)
{
	const char *text = cursor->text;
	size_t start = cursor->at, digits = start + (text[start] == '-');
	size_t end = skip_digits(text, cursor->len, digits), n = end - digits;

	cursor->at = end;
	if (end < cursor->len && (text[end] == '.' || text[end] == 'e' || text[end] == 'E')) {
		complain(cursor, end,
			 "a number with a fraction or an exponent, where the specification has whole numbers alone");
	} else if (n > 1 && text[digits] == '0') {
		complain(cursor, end, "a number with a leading zero: some parsers take it for 0");
	} else if (n == 1 && text[digits] == '0' && digits > start) {
		complain(cursor, end, "the number -0, which some parsers refuse");
	} else if (digits > start ? above(text + digits, n, "9223372036854775808")
				  : above(text + digits, n, "18446744073709551615")) {
		complain(cursor, end, "a number beyond 64 bit: some parsers take it for 0");
	} else if (digits == start && n >= 19 && json_scan_big(text + start, n) > 0) {
		cursor->scan->big = true;
	}
}

static void scan_word(struct cursor *cursor)
{
	const char *word = cursor->text + cursor->at;
	size_t n = 0, rest = cursor->len - cursor->at;

	while (n < rest && is_letter(word[n]))
		n++;
	cursor->at += n;
	if (n == rest)
		return; /* cut short: true, false and null are only whole words when something follows */
	if (!(n == 4 && (memcmp(word, "true", 4) == 0 || memcmp(word, "null", 4) == 0)) &&
	    !(n == 5 && memcmp(word, "false", 5) == 0))
		complain(cursor, cursor->at, "a word that is not true, false or null");
}

static void scan_bracket(struct cursor *cursor, char c)
{
	if (c == '{' || c == '[') {
		if (++cursor->depth == JSON_DEPTH_MAX + 1)
			complain(cursor, cursor->at, "nesting deeper than 32 levels");
		return;
	}
	if (cursor->before == ',')
		complain(cursor, cursor->at, "a comma with nothing behind it: some parsers accept that, others do not");
	cursor->ended = --cursor->depth == 0;
}

/* Anything that is neither a string, a number nor a sign of structure. */
static void scan_other(struct cursor *cursor, char c)
{
	if (is_letter(c)) {
		scan_word(cursor);
		return;
	}
	complain(cursor, cursor->at,
		 c == '/' ? "a comment: JSON has none, and some parsers refuse them"
			  : "a character that JSON does not have outside strings");
}

static void scan_token(struct cursor *cursor)
{
	char c = cursor->text[cursor->at];

	switch (c) {
	case '"':
		cursor->at = skip_string(cursor->text, cursor->len, cursor->at);
		break;
	case ',':
	case ':':
		cursor->at++;
		break;
	case '{':
	case '[':
	case '}':
	case ']':
		scan_bracket(cursor, c);
		cursor->at++;
		break;
	default:
		if (c == '-' || is_digit(c))
			scan_number(cursor);
		else
			scan_other(cursor, c);
	}
	cursor->before = c;
}

/* The document is one bracket to its partner; around it there is nothing but space. The first complaint ends the pass. */
static void scan_document(struct cursor *cursor)
{
	const char *text = cursor->text;

	while (cursor->at < cursor->len && !cursor->ended && !cursor->scan->problem) {
		if (is_space(text[cursor->at])) {
			cursor->at++;
			continue;
		}
		if (!cursor->before && text[cursor->at] != '{' && text[cursor->at] != '[' && text[cursor->at] != '/')
			complain(cursor, cursor->at, "a document that is neither an object nor an array");
		scan_token(cursor);
	}
	while (cursor->at < cursor->len && is_space(text[cursor->at]))
		cursor->at++;
	if (cursor->at < cursor->len)
		complain(cursor, cursor->at,
			 "something behind the end of the document: some parsers ignore that, others do not");
}

void json_scan(const char *text, size_t len, struct json_scan *ret_scan)
{
	struct cursor cursor = {.text = text, .len = len, .scan = ret_scan};
	const char *nul = memchr(text, '\0', len);

	*ret_scan = (struct json_scan){0};
	if (nul) {
		complain(&cursor, (size_t)(nul - text), "a NUL byte, where some parsers stop reading");
		return;
	}
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		complain(&cursor, 0, "a byte order mark before the document, which some parsers refuse");
		return;
	}
	scan_document(&cursor);
	ret_scan->open = !cursor.ended;
}

/** struct level - one container that is open at the place that is looked for */
struct level {
	bool object;
	bool expects_key;
	size_t index;
	size_t key; /* where the latest key's token starts, and its length; 0: none yet */
	size_t key_len;
};

static void write_key(const char *token, size_t len, char *buffer, size_t size)
{
	json_t *key = json_loadb(token, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

	/* A key that cannot be decoded is shown as it is written. */
	if (json_is_string(key) && json_string_length(key) == strlen(json_string_value(key))) {
		(void)json_pointer_token(buffer, size, json_string_value(key));
	} else {
		size_t n = len >= 2 && token[len - 1] == '"' ? len - 2 : len - 1;

		n = n < size ? n : size - 1;
		memcpy(buffer, token + 1, n);
		buffer[n] = '\0';
	}
	json_decref(key);
}

static void write_levels(const char *text, const struct level *levels, size_t depth, struct err *err)
{
	char pointer[sizeof(err->pointer)] = "", token[sizeof(err->pointer)];
	size_t len = 0;

	for (size_t i = 0; i < depth && len < sizeof(pointer); i++) {
		int n;

		if (levels[i].object && levels[i].key_len == 0)
			break;
		if (levels[i].object) {
			write_key(text + levels[i].key, levels[i].key_len, token, sizeof(token));
			n = snprintf(pointer + len, sizeof(pointer) - len, "/%s", token);
		} else {
			n = snprintf(pointer + len, sizeof(pointer) - len, "/%zu", levels[i].index);
		}
		len += n < 0 ? 0 : (size_t)n;
	}
	(void)err_at(err, "%s", pointer);
}

void json_locate(const char *text, size_t len, size_t position, struct err *err)
{
	struct level levels[JSON_DEPTH_MAX + 2];
	struct level *top = NULL;
	size_t depth = 0, at = 0;

	while (at < len && at < position) {
		char c = text[at];
		size_t start = at;

		at = c == '"' ? skip_string(text, len, at) : at + 1;
		if ((c == '{' || c == '[') && depth < sizeof(levels) / sizeof(levels[0]))
			levels[depth++] = (struct level){.object = c == '{', .expects_key = c == '{'};
		else if ((c == '}' || c == ']') && depth > 0)
			depth--;
		top = depth > 0 ? &levels[depth - 1] : NULL;
		if (top && c == ',') {
			top->index++;
			top->expects_key = top->object;
			top->key_len = 0;
		} else if (top && c == '"' && top->expects_key) {
			top->key = start;
			top->key_len = at - start;
			top->expects_key = false;
		}
	}
	write_levels(text, levels, depth, err);
}
