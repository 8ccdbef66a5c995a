/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#include "ocigate/fs.h"

enum { SHORT_ANSWER = 2048 };

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

const char *text_join(struct arena *arena, const char *first, const char *second)
{
	size_t n = strlen(first), more = strlen(second);
	char *text = arena_alloc(arena, n + more + 1);

	if (text) {
		memcpy(text, first, n);
		memcpy(text + n, second, more);
	}
	return text;
}

/*
 * What the kernel makes line by line comes a page at a time at most, and a short answer is the whole of it: half a page
 * leaves room for many a line more. That saves asking a second time.
 */
bool text_read_small(int dirfd, const char *name, char *buffer, size_t size)
{
	FD_AUTO int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return false;
	do {
		n = read(fd, buffer + len, size - len);
		if (n < 0 && errno != EINTR)
			return false;
		len += n > 0 ? (size_t)n : 0;
	} while (n != 0 && (n < 0 || len >= SHORT_ANSWER) && len < size);
	if (len == size)
		return false;
	buffer[len] = '\0';
	return true;
}
