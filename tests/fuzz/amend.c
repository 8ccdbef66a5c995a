/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The byte-splicing editor against a plain one that works on the parsed tree: the first two bytes choose edits, the
 * rest is the text. Both must come to the same tree, or both must refuse.
 */
#include <jansson.h>

#include "fuzz.h"
#include "ocigate/amend.h"

static const struct edit all_edits[] = {
	{EDIT_SET, "/linux/seccomp", "{\"defaultAction\":\"SCMP_ACT_ERRNO\"}"},
	{EDIT_SET, "/process/noNewPrivileges", "true"},
	{EDIT_SET, "/root/readonly", "true"},
	{EDIT_PREPEND, "/hooks/createRuntime", "{\"path\":\"/x\"}"},
	{EDIT_APPEND, "/linux/maskedPaths", "\"/p\""},
	{EDIT_APPEND, "/linux/maskedPaths", "\"/q\""},
	{EDIT_SET, "/linux/resources/memory/limit", "5"},
	{EDIT_SET, "/linux/resources/unified/memory.max", "\"5\""},
	/* removals, of one array from behind: the plain editor needs that, the other one does not */
	{EDIT_REMOVE, "/mounts/2", NULL},
	{EDIT_REMOVE, "/mounts/1", NULL},
	{EDIT_REMOVE, "/mounts/0", NULL},
	{EDIT_REMOVE, "/process/capabilities/bounding/1", NULL},
	{EDIT_REMOVE, "/process/capabilities/bounding/0", NULL},
	{EDIT_REMOVE, "/annotations/a", NULL},
	{EDIT_REMOVE, "/annotations/run.oci.x~1y", NULL},
	{EDIT_REMOVE, "/process", NULL},
};

enum { EDITS = sizeof(all_edits) / sizeof(all_edits[0]) };

static const char *take_word(const char *pointer, char *word)
{
	for (pointer++; *pointer && *pointer != '/'; pointer++) {
		if (pointer[0] == '~' && pointer[1] == '1') {
			*word++ = '/';
			pointer++;
		} else {
			*word++ = *pointer;
		}
	}
	*word = '\0';
	return pointer;
}

static json_t *child_of(json_t *parent, const char *word)
{
	if (json_is_object(parent))
		return json_object_get(parent, word);
	return word[0] >= '0' && word[0] <= '9' ? json_array_get(parent, strtoul(word, NULL, 10)) : NULL;
}

static bool grow(json_t *parent, const char *word, const struct edit *edit)
{
	json_t *array = json_object_get(parent, word), *value = json_loads(edit->value, JSON_DECODE_ANY, NULL);
	bool good;

	if (!array && json_object_set_new(parent, word, json_array()) == 0)
		array = json_object_get(parent, word);
	good = json_is_array(array);
	if (!good || (edit->kind == EDIT_PREPEND ? json_array_insert_new(array, 0, value)
						 : json_array_append_new(array, value)) < 0)
		json_decref(value);
	return good;
}

/* Return: false where the editor must refuse. */
static bool edit_tree(json_t *at, const struct edit *edit)
{
	const char *pointer = edit->pointer;
	char word[64];

	for (pointer = take_word(pointer, word); *pointer; pointer = take_word(pointer, word)) {
		json_t *next = child_of(at, word);

		if (!json_is_object(at) && !json_is_array(at))
			return false;
		if (!next && edit->kind == EDIT_REMOVE)
			return true;
		if (!next && (json_is_array(at) || json_object_set_new(at, word, json_object()) < 0))
			return false;
		at = next ? next : json_object_get(at, word);
	}
	if (edit->kind == EDIT_REMOVE) {
		if (json_is_object(at))
			(void)json_object_del(at, word);
		else if (json_is_array(at) && child_of(at, word))
			(void)json_array_remove(at, strtoul(word, NULL, 10));
		return json_is_object(at) || json_is_array(at);
	}
	if (!json_is_object(at))
		return false;
	if (edit->kind != EDIT_SET)
		return grow(at, word, edit);
	return json_object_set_new(at, word, json_loads(edit->value, JSON_DECODE_ANY, NULL)) == 0;
}

static void compare(struct arena *arena, const struct text *text, unsigned chosen, json_t *tree)
{
	struct edit edits[EDITS];
	struct text result = {"untouched", 9};
	struct err err = {0};
	size_t n = 0;
	bool good = true;
	json_t *after;

	/* Nothing is written below what goes: then the plain editor does that alone. */
	if ((chosen >> (EDITS - 1) & 1) != 0)
		chosen &= ~0x1802U & ~2U;
	for (size_t i = 0; i < EDITS; i++)
		if ((chosen >> i & 1) != 0)
			edits[n++] = all_edits[i];
	if (n == 0)
		return;
	for (size_t i = 0; i < n && good; i++)
		good = edit_tree(tree, &edits[i]);
	if (amend_splice(arena, text, edits, n, &result, &err) < 0) {
		fuzz_refused(&err);
		must(!good);
		must(strcmp(result.bytes, "untouched") == 0);
		return;
	}
	must(good);
	must(result.bytes[result.len] == '\0');
	after = json_loadb(result.bytes, result.len, JSON_REJECT_DUPLICATES, NULL);
	must(after != NULL);
	must(json_equal(after, tree));
	json_decref(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct text text;
	json_t *tree;

	if (size < 2)
		return 0;
	text = fuzz_text(&arena, data + 2, size - 2);
	tree = json_loadb(text.bytes, text.len, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(tree))
		compare(&arena, &text, (unsigned)data[0] | (unsigned)data[1] << 8, tree);
	json_decref(tree);
	arena_release(&arena);
	return 0;
}
