/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "internal.h"

const char *text_line(const char **cursor, size_t *ret_len)
{
	const char *line = *cursor;
	size_t len = strcspn(line, "\n");

	if (*line == '\0')
		return NULL;
	*cursor = line + len + (line[len] == '\n');
	*ret_len = len;
	return line;
}

bool text_number(const char *s, size_t len, unsigned long max, unsigned long *ret_number)
{
	unsigned long number = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned)(unsigned char)s[i] - '0';

		if (digit > 9 || number > (max - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*ret_number = number;
	return number <= max;
}
