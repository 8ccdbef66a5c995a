/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "ocigate/amend.h"
#include "scan.h"

/* Takes the next word off @pointer, "~1" and "~0" decoded, cut at the buffer's end: no field of the spec is that long. */
static const char *take_word(const char *pointer, char *word, size_t size)
{
	size_t len = 0;

	for (pointer++; *pointer && *pointer != '/'; pointer++) {
		char c = *pointer;

		if (c == '~' && (pointer[1] == '0' || pointer[1] == '1'))
			c = *++pointer == '1' ? '/' : '~';
		if (len + 1 < size)
			word[len++] = c;
	}
	word[len] = '\0';
	return pointer;
}

static bool word_is_index(const char *word, size_t index)
{
	size_t value = 0;

	if (*word == '\0' || strlen(word) > 9 || (word[0] == '0' && word[1] != '\0'))
		return false;
	for (; *word; word++) {
		if (*word < '0' || *word > '9')
			return false;
		value = value * 10 + (size_t)(*word - '0');
	}
	return value == index;
}

bool amend_find(const struct text *text, const char *pointer, struct text *ret_value)
{
	const char *end = text->bytes + text->len, *value = scan_space(text->bytes, end);
	const char *value_end = scan_value(value, end);
	char word[1024];

	while (value_end && *pointer == '/') {
		struct scan scan;
		struct scan_item item;
		bool found = false;

		pointer = take_word(pointer, word, sizeof(word));
		if (!scan_open(&scan, value, end))
			return false;
		for (size_t i = 0; !found && scan_next(&scan, &item) == 1; i++)
			found = item.key ? scan_key_is(&item, word) : word_is_index(word, i);
		if (!found)
			return false;
		value = item.value;
		value_end = item.value_end;
	}
	if (!value_end)
		return false;
	*ret_value = (struct text){.bytes = value, .len = (size_t)(value_end - value)};
	return true;
}
