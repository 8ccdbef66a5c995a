/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jansson does the parsing. What it is too kind about, or cannot place, is
 * done here: nesting, "-0", the byte order mark, and where an error is.
 */
#include "ocigate/json.h"

#include <stdlib.h>
#include <string.h>

static struct arena *json_arena;

static void *arena_malloc(size_t size)
{
	return arena_alloc(json_arena, size);
}

static void arena_no_free(void *memory)
{
	(void)memory;
}

struct arena *json_use_arena(struct arena *arena)
{
	struct arena *before = json_arena;

	json_arena = arena;
	if (arena)
		json_set_alloc_funcs(arena_malloc, arena_no_free);
	else
		json_set_alloc_funcs(malloc, free);
	return before;
}

int json_uint64(const json_t *json, uint64_t *ret_value)
{
	if (!json_is_integer(json) || json_integer_value(json) < 0)
		return -1;
	*ret_value = (uint64_t)json_integer_value(json);
	return 0;
}

json_t *json_read(const char *text, size_t len, struct err *err)
{
	json_error_t error;
	json_t *json;

	json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		(void)err_set(err,
			      json_error_code(&error) == json_error_premature_end_of_input ? ERR_INPUT : ERR_DENIED,
			      "line %d: %s", error.line, error.text);
	return json;
}

char *json_write(struct arena *arena, const json_t *json)
{
	size_t size = json_dumpb(json, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
	char *text = size ? arena_alloc(arena, size + 1) : NULL;

	if (text)
		(void)json_dumpb(json, text, size, JSON_COMPACT | JSON_ENCODE_ANY);
	return text;
}

const char *json_pointer_token(char *buffer, size_t size, const char *key)
{
	size_t len = 0;

	for (; *key && len + 3 < size; key++) {
		if (*key == '~' || *key == '/') {
			buffer[len++] = '~';
			buffer[len++] = *key == '~' ? '0' : '1';
		} else {
			buffer[len++] = *key;
		}
	}
	buffer[len] = '\0';
	return buffer;
}
