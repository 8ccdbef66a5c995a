/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ocigate/str.h"

static bool grow(struct problems *problems)
{
	size_t room = problems->room ? problems->room * 2 : 8;
	struct policy_problem *larger = arena_array(problems->arena, room, sizeof(*larger));

	if (!larger)
		return false;
	if (problems->n > 0)
		memcpy(larger, problems->items, problems->n * sizeof(*larger));
	problems->items = larger;
	problems->room = room;
	return true;
}

static void append(struct problems *problems, const struct policy_problem *problem)
{
	if (!problem->warning)
		problems->errors++;
	if (!problem->text || !problem->pointer || (problems->n == problems->room && !grow(problems)))
		problems->failed = true;
	else
		problems->items[problems->n++] = *problem;
}

void problems_add(struct problems *problems, bool warning, const char *file, const char *pointer, const char *fmt, ...)
{
	struct policy_problem problem = {.warning = warning, .file = file, .pointer = pointer};
	va_list ap;

	va_start(ap, fmt);
	problem.text = arena_vprintf(problems->arena, fmt, ap);
	va_end(ap);
	append(problems, &problem);
}

int problems_err(const struct problems *problems, struct err *err)
{
	if (problems->failed)
		return err_set(err, ERR_SYSTEM, "out of memory while reading the policy");
	for (size_t i = 0; i < problems->n; i++) {
		const struct policy_problem *problem = &problems->items[i];
		char more[40] = "";

		if (problem->warning)
			continue;
		if (problems->errors > 1)
			(void)snprintf(more, sizeof(more), " (and %zu more)", problems->errors - 1);
		(void)err_set(err, ERR_POLICY, "%s%s%s: %s%s", problem->file, problem->pointer[0] ? ": " : "",
			      problem->pointer, problem->text, more);
		return problem->pointer[0] ? err_at(err, "%s", problem->pointer) : -1;
	}
	return 0;
}

static void PRINTF_LIKE(3, 0) report(struct reader *reader, bool warning, const char *fmt, va_list ap)
{
	struct policy_problem problem = {.warning = warning, .file = reader->file};

	problem.pointer = arena_strdup(reader->problems->arena, reader->pointer);
	problem.text = arena_vprintf(reader->problems->arena, fmt, ap);
	append(reader->problems, &problem);
}

int reader_fail(struct reader *reader, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(reader, false, fmt, ap);
	va_end(ap);
	return -1;
}

void reader_warn(struct reader *reader, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(reader, true, fmt, ap);
	va_end(ap);
}

/* Done for every key of the snapshot, hence by hand. Too long a pointer is cut: it is there for people alone. */
static void append_token(struct reader *reader, size_t mark, const char *token)
{
	size_t len = strlen(token), room = sizeof(reader->pointer) - mark - 1;

	if (room == 0)
		return;
	reader->pointer[mark] = '/';
	if (len > room - 1)
		len = room - 1;
	memcpy(reader->pointer + mark + 1, token, len);
	reader->pointer[mark + 1 + len] = '\0';
}

size_t reader_enter(struct reader *reader, const char *key)
{
	size_t mark = strlen(reader->pointer);
	char token[128];

	if (key[strcspn(key, "~/")] == '\0')
		append_token(reader, mark, key);
	else
		append_token(reader, mark, json_pointer_token(token, sizeof(token), key));
	return mark;
}

size_t reader_enter_index(struct reader *reader, size_t index)
{
	size_t mark = strlen(reader->pointer);
	char digits[24];
	char *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do {
		*--at = (char)('0' + index % 10);
		index /= 10;
	} while (index > 0);
	append_token(reader, mark, at);
	return mark;
}

void reader_leave(struct reader *reader, size_t mark)
{
	reader->pointer[mark] = '\0';
}

int reader_unknown(struct reader *reader, const char *what, const char *key, const char *const *names, size_t n)
{
	const char *near = str_nearest(key, names, n), *all = "";

	if (near)
		return reader_fail(reader, "unknown %s \"%s\"; did you mean \"%s\"?", what, key, near);
	if (n == 0 || n > READER_NAMED_MAX)
		return reader_fail(reader, "unknown %s \"%s\"", what, key);
	for (size_t i = 0; i < n && all; i++)
		all = arena_printf(reader->arena, "%s%s%s", all, i == 0 ? "" : ", ", names[i]);
	return reader_fail(reader, "unknown %s \"%s\": there %s %s", what, key, n == 1 ? "is" : "are",
			   all ? all : "others");
}

int reader_type(struct reader *reader, const json_t *json, json_type type, const char *wanted)
{
	bool boolean = json_is_boolean(json) && (type == JSON_TRUE || type == JSON_FALSE);

	if (json_typeof(json) == type || boolean)
		return 0;
	return reader_fail(reader, "must be %s", wanted);
}

const char *reader_copy(struct reader *reader, const json_t *json)
{
	const char *copy = arena_strndup(reader->arena, json_string_value(json), json_string_length(json));

	if (!copy)
		reader->problems->failed = true;
	return copy ? copy : "";
}

void *reader_array(struct reader *reader, size_t n, size_t size)
{
	void *array = n ? arena_array(reader->arena, n, size) : NULL;

	if (n > 0 && !array)
		reader->problems->failed = true;
	return array;
}
