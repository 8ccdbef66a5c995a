/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdbool.h>
#include <string.h>

#include "ocigate/flat.h"

enum { PATH_ROOM = 1024, DEPTH_MAX = 16 };

/* Where the reader is. @line counts for the error's text. */
struct toml {
	struct flat *flat;
	const char *at;
	const char *fault;
	int depth;
};

static bool fail(struct toml *toml, const char *fault)
{
	if (!toml->fault)
		toml->fault = fault;
	return false;
}

static void skip_blanks(struct toml *toml)
{
	toml->at += strspn(toml->at, " \t");
}

/* Also over lines and comments. */
static void skip_space(struct toml *toml)
{
	for (;;) {
		toml->at += strspn(toml->at, " \t\r\n");
		if (*toml->at != '#')
			return;
		toml->at += strcspn(toml->at, "\n");
	}
}

static char plain_escape(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case '"':
	case '\\':
		return c;
	default:
		return '?'; /* no path or name of an engine's has others */
	}
}

/* A string with one or three quotes; what does not fit into @buffer is cut. */
static bool take_string(struct toml *toml, char *buffer, size_t size)
{
	const char quote = *toml->at;
	const char triple[] = {quote, quote, quote, '\0'};
	const bool lines = strncmp(toml->at, triple, 3) == 0;
	size_t n = 0;

	toml->at += lines ? 3 : 1;
	while (*toml->at != '\0') {
		char c = *toml->at;

		if (lines ? strncmp(toml->at, triple, 3) == 0 : c == quote) {
			toml->at += lines ? 3 : 1;
			buffer[n] = '\0';
			return true;
		}
		if (c == '\n' && !lines)
			break;
		if (c == '\\' && quote == '"' && toml->at[1] != '\0')
			c = plain_escape(*++toml->at);
		if (n + 1 < size)
			buffer[n++] = c;
		toml->at++;
	}
	return fail(toml, "a string has no end");
}

static bool take_word(struct toml *toml, char *buffer, size_t size, const char *ends)
{
	size_t len = strcspn(toml->at, ends);

	if (len == 0)
		return fail(toml, "a key or value is missing");
	(void)snprintf(buffer, size, "%.*s", (int)(len < size ? len : size - 1), toml->at);
	toml->at += len;
	return true;
}

/* "a.b".c behind @path, which gets longer. */
static bool take_key(struct toml *toml, char *path)
{
	char part[PATH_ROOM];

	for (;;) {
		size_t len = strlen(path);

		skip_blanks(toml);
		if (*toml->at == '"' || *toml->at == '\'') {
			if (!take_string(toml, part, sizeof(part)))
				return false;
		} else if (!take_word(toml, part, sizeof(part), " \t\r\n.=]#\"'[{}")) {
			return false;
		}
		if (len + strlen(part) + 2 > PATH_ROOM)
			return fail(toml, "a key is too long");
		(void)snprintf(path + len, PATH_ROOM - len, "%s%s", len > 0 ? "/" : "", part);
		skip_blanks(toml);
		if (*toml->at != '.')
			return true;
		toml->at++;
	}
}

static bool take_value(struct toml *toml, const char *path);

static bool take_pair(struct toml *toml, const char *table)
{
	char path[PATH_ROOM];

	(void)snprintf(path, sizeof(path), "%s", table);
	if (!take_key(toml, path))
		return false;
	if (*toml->at != '=')
		return fail(toml, "a key has no =");
	toml->at++;
	skip_blanks(toml);
	return take_value(toml, path);
}

/* Behind "[" or "{". */
static bool take_list(struct toml *toml, const char *path, char close) /* NOLINT(misc-no-recursion) */
{
	char element[PATH_ROOM + 16];

	for (size_t i = 0;; i++) {
		skip_space(toml);
		if (*toml->at == close) {
			toml->at++;
			return true;
		}
		(void)snprintf(element, sizeof(element), "%s/%zu", path, i);
		if (!(close == ']' ? take_value(toml, element) : take_pair(toml, path)))
			return false;
		skip_space(toml);
		if (*toml->at == ',')
			toml->at++;
		else if (*toml->at != close)
			return fail(toml, "a list or inline table has no end");
	}
}

static bool take_value(struct toml *toml, const char *path) /* NOLINT(misc-no-recursion) */
{
	char value[PATH_ROOM];
	const char first = *toml->at;
	bool good;

	if (first == '[' || first == '{') {
		if (toml->depth == DEPTH_MAX)
			return fail(toml, "lists lie too deep");
		flat_drop(toml->flat, path);
		flat_add(toml->flat, path, "");
		toml->at++;
		toml->depth++;
		good = take_list(toml, path, first == '[' ? ']' : '}');
		toml->depth--;
		return good;
	}
	good = first == '"' || first == '\'' ? take_string(toml, value, sizeof(value))
					     : take_word(toml, value, sizeof(value), " \t\r\n,]}#");
	if (good)
		flat_add(toml->flat, path, value);
	return good;
}

static bool take_header(struct toml *toml, char *table)
{
	const bool many = toml->at[1] == '[';

	table[0] = '\0';
	toml->at += many ? 2 : 1;
	if (!take_key(toml, table))
		return false;
	if (*toml->at != ']' || (many && toml->at[1] != ']'))
		return fail(toml, "a table's header has no ]");
	toml->at += many ? 2 : 1;
	flat_add(toml->flat, table, "");
	return true;
}

int flat_toml(struct flat *flat, const char *text, size_t len, struct err *err)
{
	struct toml toml = {.flat = flat, .at = text};
	char table[PATH_ROOM] = "";
	int line = 1;

	if (strlen(text) != len)
		return err_set(err, ERR_INPUT, "it holds a NUL byte");
	for (skip_space(&toml); *toml.at != '\0' && !toml.fault; skip_space(&toml)) {
		if (!(*toml.at == '[' ? take_header(&toml, table) : take_pair(&toml, table)))
			break;
		skip_blanks(&toml);
		if (*toml.at != '\0' && !strchr("\r\n#", *toml.at))
			(void)fail(&toml, "a line goes on behind its end");
	}
	if (!toml.fault)
		return 0;
	for (const char *c = text; c < toml.at; c++)
		line += *c == '\n';
	return err_set(err, ERR_INPUT, "line %d: %s", line, toml.fault);
}
