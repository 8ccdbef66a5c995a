/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON for people: what fits on a line stays on it, everything else is
 * indented by two.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_read.h"

enum { LINE_MAX_LEN = 100, INDENT = 2 };

static int put_value(FILE *out, json_t *json, size_t indent, size_t column);

/* On one line, with a space behind "," and ":". Return: to be freed; NULL when out of memory. */
static char *flat(const json_t *json)
{
	return json_dumps(json, JSON_ENCODE_ANY);
}

static int put_string(FILE *out, const char *text)
{
	json_t *json = json_string(text);
	char *dump = json ? flat(json) : NULL;
	int result = dump ? fputs(dump, out) : -1;

	free(dump);
	json_decref(json);
	return result < 0 ? -1 : (int)strlen(text) + 2;
}

static int put_object(FILE *out, json_t *json, size_t indent)
{
	const char *separator = "\n";
	const char *key;
	json_t *value;

	(void)fputs("{", out);
	json_object_foreach(json, key, value)
	{
		int len;

		(void)fprintf(out, "%s%*s", separator, (int)(indent + INDENT), "");
		len = put_string(out, key);
		(void)fputs(": ", out);
		if (len < 0 || put_value(out, value, indent + INDENT, indent + INDENT + (size_t)len + 2) < 0)
			return -1;
		separator = ",\n";
	}
	(void)fprintf(out, "\n%*s}", (int)indent, "");
	return 0;
}

/* Short elements fill lines; long ones take a line each. */
static int put_array(FILE *out, json_t *json, size_t indent)
{
	size_t column = 0, n = json_array_size(json);

	(void)fputs("[", out);
	for (size_t i = 0; i < n; i++) {
		json_t *value = json_array_get(json, i);
		char *text = flat(value);
		size_t len = text ? strlen(text) : 0;
		bool composite = json_is_object(value) || json_is_array(value);
		int result = text ? 0 : -1;

		if (column == 0 || composite || column + 1 + len + 1 > LINE_MAX_LEN) {
			(void)fprintf(out, "\n%*s", (int)(indent + INDENT), "");
			column = indent + INDENT;
		} else {
			(void)fputs(" ", out);
			column++;
		}
		if (result == 0)
			result = put_value(out, value, indent + INDENT, column);
		column += len + 1;
		free(text);
		if (result < 0)
			return -1;
		(void)fputs(i + 1 < n ? "," : "", out);
	}
	(void)fprintf(out, "\n%*s]", (int)indent, "");
	return 0;
}

/* @column: where the value starts; one more character may follow it. */
static int put_value(FILE *out, json_t *json, size_t indent, size_t column)
{
	char *text = flat(json);
	int result = 0;

	if (!text)
		return -1;
	if (column + strlen(text) + 1 <= LINE_MAX_LEN || !(json_is_object(json) || json_is_array(json)))
		(void)fputs(text, out);
	else if (json_is_object(json))
		result = put_object(out, json, indent);
	else
		result = put_array(out, json, indent);
	free(text);
	return result;
}

char *pretty(struct arena *arena, json_t *json)
{
	char *text = NULL, *copy = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int result;

	if (!out)
		return NULL;
	result = put_value(out, json, 0, 0);
	(void)fputs("\n", out);
	if (ferror(out))
		result = -1;
	if (fclose(out) == 0 && result == 0)
		copy = arena_strndup(arena, text, len);
	free(text);
	return copy;
}
