/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Patch (RFC 6902): the three operations that cases need. */
#include <stdlib.h>
#include <string.h>

#include "case.h"

enum { KEY_SIZE = 256 };

/* The last token of a pointer, unescaped; *ret_parent gets what holds it. */
static int find(json_t *document, const char *pointer, json_t **ret_parent, char *key)
{
	json_t *at = document;

	if (pointer[0] != '/')
		return -1;
	for (;;) {
		size_t n = 0;

		for (pointer++; *pointer && *pointer != '/' && n < KEY_SIZE - 1; pointer++) {
			bool escape = *pointer == '~';

			pointer += escape;
			key[n++] = escape ? (*pointer == '1' ? '/' : '~') : *pointer;
		}
		key[n] = '\0';
		if (*pointer == '\0')
			break;
		at = json_is_array(at) ? json_array_get(at, strtoul(key, NULL, 10)) : json_object_get(at, key);
		if (!at)
			return -1;
	}
	*ret_parent = at;
	return 0;
}

static int apply_to_array(json_t *array, const char *op, const char *key, json_t *value)
{
	char *end;
	size_t index = strcmp(key, "-") == 0 ? json_array_size(array) : strtoul(key, &end, 10);

	if (strcmp(op, "add") == 0)
		return json_array_insert(array, index, value);
	return strcmp(op, "remove") == 0 ? json_array_remove(array, index) : json_array_set(array, index, value);
}

static int apply_to_object(json_t *object, const char *op, const char *key, json_t *value)
{
	if (strcmp(op, "add") != 0 && !json_object_get(object, key))
		return -1;
	return strcmp(op, "remove") == 0 ? json_object_del(object, key) : json_object_set(object, key, value);
}

static int apply(json_t *document, const json_t *operation)
{
	const char *op = case_string(operation, "op", "");
	json_t *value = json_object_get(operation, "value");
	char key[KEY_SIZE];
	json_t *parent;

	if (strcmp(op, "add") != 0 && strcmp(op, "replace") != 0 && strcmp(op, "remove") != 0)
		return -1;
	if ((strcmp(op, "remove") == 0) == (value != NULL) ||
	    find(document, case_string(operation, "path", ""), &parent, key) < 0)
		return -1;
	if (json_is_array(parent))
		return apply_to_array(parent, op, key, value);
	return json_is_object(parent) ? apply_to_object(parent, op, key, value) : -1;
}

int case_patch(json_t **document, const json_t *patch, struct err *err)
{
	const json_t *operation;
	size_t i;

	json_array_foreach(patch, i, operation) if (apply(*document, operation) < 0) return err_set(
		err, ERR_USAGE, "patch %zu cannot be applied: %s", i, case_string(operation, "path", "no path"));
	return 0;
}
