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

#include "internal.h"
#include "mounts.h"

static bool is_octal(const char *s)
{
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' && s[2] <= '7';
}

static void decode(char *s)
{
	char *out = strchr(s, '\\');

	if (!out)
		return;
	for (s = out; *s;) {
		if (s[0] == '\\' && is_octal(s + 1)) {
			*out++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

/* Cuts the next field off; NULL when the line has no more of them. */
static char *take_field(char **cursor)
{
	char *field = *cursor, *end;

	if (!field)
		return NULL;
	end = strchr(field, ' ');
	if (end)
		*end++ = '\0';
	*cursor = end;
	return field;
}

static bool to_number(const char *s, unsigned long max, unsigned long *ret_number)
{
	return s && text_number(s, strlen(s), max, ret_number);
}

static bool parse_device(char *field, struct mount_row *row)
{
	char *colon = field ? strchr(field, ':') : NULL;
	unsigned long major, minor;

	if (!colon)
		return false;
	*colon = '\0';
	if (!to_number(field, UINT_MAX, &major) || !to_number(colon + 1, UINT_MAX, &minor))
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
	unsigned long id, parent;
	char *root, *mountpoint, *fstype, *source;

	if (!to_number(take_field(&line), INT_MAX, &id) || !to_number(take_field(&line), INT_MAX, &parent) ||
	    !parse_device(take_field(&line), row))
		return false;
	row->id = (int)id;
	row->parent = (int)parent;
	root = take_field(&line);
	mountpoint = take_field(&line);
	row->options = take_field(&line);
	if (!row->options || !parse_optional(&line, row))
		return false;
	fstype = take_field(&line);
	source = take_field(&line);
	row->super_options = take_field(&line);
	if (!source || !root[0] || mountpoint[0] != '/' || !fstype[0] || line)
		return false;
	decode(root);
	decode(mountpoint);
	decode(fstype);
	decode(source);
	row->root = root;
	row->mountpoint = mountpoint;
	row->fstype = fstype;
	row->source = source;
	if (!row->super_options)
		row->super_options = "";
	return true;
}

int mountinfo_parse(struct arena *arena, const char *text, struct mount_row **ret_rows, size_t *ret_n, struct err *err)
{
	size_t total = 0, n = 0;
	struct mount_row *rows;
	char *copy, *line;

	for (const char *end = text; (end = strchr(end, '\n')) != NULL; end++)
		total++;
	rows = arena_array(arena, total + 1, sizeof(*rows));
	copy = arena_strdup(arena, text);
	if (!rows || !copy)
		return err_set(err, ERR_SYSTEM, "out of memory");
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
