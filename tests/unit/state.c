/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state on standard input: read to its end whatever it is, and never believed beyond its form.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ocigate/fs.h"
#include "ocigate/state.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static struct arena arena;

static void begin(void)
{
	arena_init(&arena, (size_t)16 << 20);
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(state, .init = begin, .fini = finish);

Test(state, reads_what_runc_sends)
{
	static const char text[] = "{\"ociVersion\":\"1.2.1\",\"id\":\"c1\",\"status\":\"creating\",\"pid\":4321,"
				   "\"bundle\":\"/run/b/c1\",\"annotations\":{\"a\":\"b\"}}";
	struct state state;
	struct err err = {0};

	cr_assert_eq(state_parse(&arena, text, sizeof(text) - 1, &state, &err), 0, "%s", err.text);
	cr_expect_str_eq(state.oci_version, "1.2.1");
	cr_expect_str_eq(state.id, "c1");
	cr_expect_str_eq(state.status, "creating");
	cr_expect_eq(state.pid, 4321);
	cr_expect_str_eq(state.bundle, "/run/b/c1");
}

Test(state, reads_what_crun_sends)
{
	static const char text[] =
		"{\"ociVersion\":\"1.0\",\"id\":\"c1\",\"pid\":0,\"root\":\"/r\",\"bundle\":\"/run//b/./c1/\","
		"\"status\":\"created\",\"annotations\":{}}";
	struct state state;
	struct err err = {0};

	cr_assert_eq(state_parse(&arena, text, sizeof(text) - 1, &state, &err), 0, "%s", err.text);
	cr_expect_eq(state.pid, 0);
	cr_expect_str_eq(state.status, "created");
	cr_expect_str_eq(state.bundle, "/run/b/c1", "the bundle's path is made clean");
}

Test(state, takes_absent_words_for_empty)
{
	static const char text[] = "{\"id\":\"c1\",\"bundle\":\"/b\"}";
	struct state state;
	struct err err = {0};

	cr_assert_eq(state_parse(&arena, text, sizeof(text) - 1, &state, &err), 0, "%s", err.text);
	cr_expect_str_eq(state.oci_version, "");
	cr_expect_str_eq(state.status, "");
	cr_expect_eq(state.pid, 0);
}

static const struct refused {
	const char *text;
	enum err_kind kind;
	const char *pointer;
	const char *says;
} refused_table[] = {
	{"", ERR_INPUT, "", "empty"},
	{"{\"id\":\"c1\",\"bund", ERR_INPUT, "/bund", "cut short"},
	{"null", ERR_DENIED, "", "neither an object nor an array"},
	{"[]", ERR_DENIED, "", "must be an object"},
	{"{\"id\":\"c1\",\"bundle\":\"/\"}", ERR_INPUT, "/bundle", "the runtime lost the bundle's path"},
	{"{\"id\":\"c1\",\"bundle\":\"//\"}", ERR_INPUT, "/bundle", "the runtime lost the bundle's path"},
	{"{\"id\":\"c1\",\"bundle\":\"/b/..\"}", ERR_INPUT, "/bundle", "the runtime lost the bundle's path"},
	{"{\"id\":\"c1\",\"bundle\":\"/./\"}", ERR_INPUT, "/bundle", "the runtime lost the bundle's path"},
	{"{\"id\":\"c1\",\"bundle\":\"\"}", ERR_INPUT, "/bundle", "must be absolute"},
	{"{\"id\":\"c1\",\"bundle\":\"run/b\"}", ERR_INPUT, "/bundle", "is \"run/b\", must be absolute"},
	{"{\"id\":\"c1\",\"bundle\":null}", ERR_DENIED, "/bundle", "is null"},
	{"{\"id\":\"c1\",\"bundle\":7}", ERR_DENIED, "/bundle", "must be a string"},
	{"{\"id\":\"c1\"}", ERR_DENIED, "/bundle", "is missing"},
	{"{\"bundle\":\"/b\"}", ERR_DENIED, "/id", "is missing"},
	{"{\"id\":\"\",\"bundle\":\"/b\"}", ERR_DENIED, "/id", "is empty"},
	{"{\"id\":\"c1\",\"bundle\":\"/b\",\"bundle\":\"/c\"}", ERR_DENIED, "/bundle", "given twice"},
	{"{\"id\":\"c1\",\"bundle\":\"/b\",\"Bundle\":\"/c\"}", ERR_DENIED, "/Bundle", "only in case"},
	{"{\"id\":\"c1\",\"bundle\":\"/b\",\"pid\":-1}", ERR_DENIED, "/pid", "is -1, must be from 0"},
	{"{\"id\":\"c1\",\"bundle\":\"/b\",\"pid\":4294967297}", ERR_DENIED, "/pid", "must be from 0"},
	{"{\"id\":\"c1\",\"bundle\":\"/b\",\"pid\":\"7\"}", ERR_DENIED, "/pid", "must be a whole number"},
	{"{\"id\":\"c1\",\"bundle\":\"/b\",\"pid\":1.5}", ERR_DENIED, "/pid", "fraction"},
	{"{\"id\":\"c1\",\"bundle\":\"/b\",\"pid\":null}", ERR_DENIED, "/pid", "is null"},
	{"{\"id\":\"c1\",\"bundle\":\"/b\",\"ociVersion\":1}", ERR_DENIED, "/ociVersion", "must be a string"},
	{"{\"id\":\"c1\",\"bundle\":\"/b\",\"status\":true}", ERR_DENIED, "/status", "must be a string"},
	{"{\"id\":\"c1\",\"bundle\":\"/b\",\"annotations\":[]}", ERR_DENIED, "/annotations", "must be an object"},
	{"{\"id\":\"c1\",\"bundle\":\"/b\",\"annotations\":{\"a\":1}}", ERR_DENIED, "/annotations/a",
	 "must be a string"},
	{"{\"id\":\"c1\",\"bundle\":\"/b\"} {}", ERR_DENIED, "", "behind the end"},
};

Test(state, refuses)
{
	for (size_t i = 0; i < N(refused_table); i++) {
		const struct refused *want = &refused_table[i];
		struct state state = {.id = "untouched"};
		struct err err = {0};

		cr_expect_eq(state_parse(&arena, want->text, strlen(want->text), &state, &err), -1, "accepted: %s",
			     want->text);
		cr_expect_eq(err.kind, want->kind, "%s: kind %d", want->text, err.kind);
		cr_expect_str_eq(err.pointer, want->pointer, "%s: points to %s", want->text, err.pointer);
		cr_expect(strstr(err.text, want->says), "%s: says %s", want->text, err.text);
		cr_expect_str_eq(state.id, "untouched");
	}
}

Test(state, is_named_once)
{
	static const char *const texts[][2] = {
		{"{\"id\":\"c1\",\"bundle\":7}", "the state: \"bundle\" is a number, must be a string"},
		{"{\"id\":\"c1\",\"bund",
		 "the state: cut short: the text ends inside the document (line 1, column 17)"},
	};

	for (size_t i = 0; i < N(texts); i++) {
		struct state state;
		struct err err = {0};

		cr_expect_eq(state_parse(&arena, texts[i][0], strlen(texts[i][0]), &state, &err), -1);
		cr_expect_str_eq(err.text, texts[i][1]);
	}
}

Test(state, says_when_memory_runs_out)
{
	static const char text[] = "{\"id\":\"c1\",\"bundle\":\"/b\"}";
	size_t failed = 0;

	for (size_t cap = 0; cap < 256; cap += 8) {
		struct state state = {.id = "untouched"};
		struct arena small;
		struct err err = {0};

		arena_init(&small, cap);
		if (state_parse(&small, text, sizeof(text) - 1, &state, &err) == 0) {
			cr_expect_str_eq(state.bundle, "/b");
			cr_expect_not(small.failed);
		} else {
			failed++;
			cr_expect_eq(err.kind, ERR_SYSTEM, "%zu bytes: %s", cap, err.text);
			cr_expect_str_eq(state.id, "untouched");
		}
		arena_release(&small);
	}
	cr_expect_gt(failed, sizeof(text) / 8);
	cr_expect_lt(failed, 256 / 8);
}

/*
 * A child writes @size bytes: a state, filled up with spaces, the last ones one
 * by one, in a process of its own since a pipe holds only 64 KiB. Its exit
 * status tells whether all were taken from it. What is written at once is read
 * at once (O_DIRECT), so that a read of one byte is not the last.
 */
static int feed(size_t size, struct state *ret_state, struct err *err, int *ret_status)
{
	static const char text[] = "{\"id\":\"c1\",\"bundle\":\"/b\"}";
	int ends[2], result;
	pid_t child;

	cr_assert_eq(pipe2(ends, O_DIRECT), 0);
	child = fork();
	if (child == 0) {
		static char filler[4096];
		size_t rest = size > sizeof(text) - 1 ? size - (sizeof(text) - 1) : 0;

		close(ends[0]);
		memset(filler, ' ', sizeof(filler));
		if (size > 0 && write(ends[1], text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1)
			_exit(1);
		while (rest > 0) {
			ssize_t n = write(ends[1], filler, rest < sizeof(filler) ? rest : sizeof(filler));

			if (n <= 0)
				_exit(1);
			rest -= (size_t)n;
		}
		for (int i = 0; size > 0 && i < 64; i++)
			if (write(ends[1], filler, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	errno = EINTR; /* left from another call: it must not be taken for this one's */
	result = state_from_fd(&arena, ends[0], ret_state, err);
	close(ends[0]);
	cr_assert_eq(waitpid(child, ret_status, 0), child);
	return result;
}

Test(state, comes_from_a_pipe)
{
	struct state state;
	struct err err = {0};
	int status;

	cr_expect_eq(feed(500000, &state, &err, &status), 0, "%s", err.text);
	cr_expect_eq(status, 0, "the writer was cut off");
	cr_expect_str_eq(state.bundle, "/b");
}

Test(state, is_drained_and_refused_over_the_cap)
{
	struct state state = {.id = "untouched"};
	struct err err = {0};
	int status;

	cr_expect_eq(feed((size_t)8 << 20, &state, &err, &status), -1);
	cr_expect_eq(err.kind, ERR_INPUT);
	cr_expect(strstr(err.text, "larger than 1048576 bytes"), "%s", err.text);
	cr_expect_eq(status, 0, "the writer was cut off");
	cr_expect_str_eq(state.id, "untouched");
}

Test(state, is_refused_when_standard_input_is_empty)
{
	struct state state;
	struct err err = {0};
	int status;

	cr_expect_eq(feed(0, &state, &err, &status), -1);
	cr_expect_eq(err.kind, ERR_INPUT);
	cr_expect(strstr(err.text, "empty"), "%s", err.text);
}

Test(state, is_refused_when_it_cannot_be_read)
{
	struct state state;
	struct err err = {0};
	FD_AUTO int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	cr_expect_eq(state_from_fd(&arena, fd, &state, &err), -1);
	cr_expect_eq(err.kind, ERR_INPUT);
	cr_expect(strstr(err.text, "cannot be read"), "%s", err.text);
	cr_expect_eq(state_from_fd(&arena, -1, &state, &err), -1);
	cr_expect_eq(err.kind, ERR_INPUT);
}
