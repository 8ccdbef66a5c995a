/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /proc/PID/mountinfo (proc(5)):
 *
 *   36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
 *
 * Fields are separated by single blanks and may be empty; blanks within them
 * are octal escapes. The text is copied once and cut up in place.
 */
#include <limits.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "internal.h"
#include "mounts.h"

static bool is_octal(const char *s)
{
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' && s[2] <= '7';
}

static void decode(char *s)
{
	char *out = s;

	while (*s) {
		if (s[0] == '\\' && is_octal(s + 1)) {
			*out++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

/** struct field - cut off, NUL-terminated; @escaped: has a backslash */
struct field {
	char *text;
	size_t len;
	bool escaped;
};

/* Bytes that may be looked at behind the text's end. */
enum { BLOCK = 16 };

/* To the end of the field that begins at @end, a space or the line's. */
#ifdef __SSE2__
static char *field_end(char *end, bool *ret_escaped)
{
	unsigned ends = 0, slashes = 0;

	for (;; end += BLOCK) {
		__m128i bytes;

		memcpy(&bytes, end, sizeof(bytes));
		slashes = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
		ends = (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(' ')),
								_mm_cmpeq_epi8(bytes, _mm_setzero_si128())));
		if (ends)
			break;
		*ret_escaped |= slashes != 0;
	}
	/* Of the slashes in the last block those before the end count. */
	*ret_escaped |= (slashes & ((ends & -ends) - 1)) != 0;
	return end + __builtin_ctz(ends);
}
#else
static char *field_end(char *end, bool *ret_escaped)
{
	for (; *end != ' ' && *end != '\0'; end++)
		*ret_escaped |= *end == '\\';
	return end;
}
#endif

/* Cuts the next field off. Return: false when the line has no more of them. */
static bool take_field(char **cursor, struct field *ret_field)
{
	struct field field = {.text = *cursor};
	char *end;

	if (!field.text)
		return false;
	end = field_end(field.text, &field.escaped);
	*cursor = *end ? end + 1 : NULL;
	*end = '\0';
	field.len = (size_t)(end - field.text);
	*ret_field = field;
	return true;
}

/* The same, its escapes decoded; NULL when there is none. */
static char *take_text(char **cursor)
{
	struct field field;

	if (!take_field(cursor, &field))
		return NULL;
	if (field.escaped)
		decode(field.text);
	return field.text;
}

static bool take_id(char **cursor, int *ret_id)
{
	struct field field;
	unsigned long id;

	if (!take_field(cursor, &field) || !text_number(field.text, field.len, INT_MAX, &id))
		return false;
	*ret_id = (int)id;
	return true;
}

static bool take_device(char **cursor, struct mount_row *row)
{
	struct field field;
	const char *colon;
	unsigned long major, minor;
	size_t len;

	if (!take_field(cursor, &field))
		return false;
	colon = memchr(field.text, ':', field.len);
	len = colon ? (size_t)(colon - field.text) : 0;
	if (!colon || !text_number(field.text, len, UINT_MAX, &major) ||
	    !text_number(colon + 1, field.len - len - 1, UINT_MAX, &minor))
		return false;
	row->major = (unsigned)major;
	row->minor = (unsigned)minor;
	return true;
}

/* The optional fields stay together as one string; a lone "-" ends them. */
static bool parse_optional(char **cursor, struct mount_row *row)
{
	char *start = *cursor, *dash = start;

	if (!start)
		return false;
	while (dash && !(dash[0] == '-' && (dash[1] == ' ' || dash[1] == '\0'))) {
		dash = strchr(dash, ' ');
		if (dash)
			dash++;
	}
	if (!dash || dash[1] == '\0')
		return false;
	dash[dash > start ? -1 : 0] = '\0';
	row->propagation = start;
	*cursor = dash + 2;
	return true;
}

static bool parse_line(char *line, struct mount_row *row)
{
	struct field options, super;

	if (!take_id(&line, &row->id) || !take_id(&line, &row->parent) || !take_device(&line, row))
		return false;
	row->root = take_text(&line);
	row->mountpoint = take_text(&line);
	if (!take_field(&line, &options) || !parse_optional(&line, row))
		return false;
	row->options = options.text;
	row->fstype = take_text(&line);
	row->source = take_text(&line);
	row->super_options = take_field(&line, &super) ? super.text : "";
	return row->source && row->root[0] && row->mountpoint[0] == '/' && row->fstype[0] && !line;
}

int mountinfo_parse(struct arena *arena, const char *text, struct mount_row **ret_rows, size_t *ret_n, struct err *err)
{
	size_t total = 0, n = 0, len = strlen(text);
	struct mount_row *rows;
	char *copy, *line;

	for (const char *end = text; (end = strchr(end, '\n')) != NULL; end++)
		total++;
	rows = arena_array(arena, total + 1, sizeof(*rows));
	copy = arena_alloc(arena, len + 1 + BLOCK);
	if (!rows || !copy)
		return err_set(err, ERR_SYSTEM, "out of memory");
	memcpy(copy, text, len);
	for (line = copy; *line != '\0'; n++) {
		char *end = strchr(line, '\n');
		char *next = end ? end + 1 : line + strlen(line);

		if (end)
			*end = '\0';
		if (!parse_line(line, &rows[n]))
			return err_set(err, ERR_INPUT, "mountinfo: line %zu is malformed", n + 1);
		line = next;
	}
	*ret_rows = rows;
	*ret_n = n;
	return 0;
}

bool option_has(const char *options, const char *word)
{
	size_t n = strlen(word);

	for (const char *option = options; *option;) {
		size_t len = strcspn(option, ",");

		if (len == n && memcmp(option, word, n) == 0)
			return true;
		option += len + (option[len] == ',');
	}
	return false;
}

unsigned long peer_group(const struct mount_row *row, const char *key)
{
	size_t n = strlen(key);

	for (const char *field = row->propagation; *field;) {
		size_t len = strcspn(field, " ");
		unsigned long group;

		if (len > n && memcmp(field, key, n) == 0 && text_number(field + n, len - n, ULONG_MAX, &group))
			return group;
		field += len + (field[len] == ' ');
	}
	return 0;
}
