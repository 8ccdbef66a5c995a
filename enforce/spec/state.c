/* SPDX-License-Identifier: Apache-2.0 */
#include "ocigate/state.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ocigate/fs.h"
#include "schema.h"

/* Far more than any runtime sends; annotations are copied into the state, and pods may carry 256 KiB of them. */
enum { STATE_MAX = 1024 * 1024 };

int read_pid(struct walk *walk, void *base)
{
	struct state *state = base;
	int64_t pid;

	if (walk_integer(walk, 0, INT32_MAX, &pid) < 0)
		return -1;
	state->pid = (pid_t)pid;
	return 0;
}

static int check_bundle(struct arena *arena, struct state *state, struct err *err)
{
	char *clean;

	if (state->bundle[0] != '/') {
		(void)err_set(err, ERR_INPUT, "\"bundle\" of the state is \"%.200s\", must be absolute", state->bundle);
		return err_at(err, "/bundle");
	}
	clean = path_clean(arena, "/", state->bundle);
	if (!clean)
		return err_set(err, ERR_SYSTEM, "out of memory while reading the state");
	if (strcmp(clean, "/") == 0) {
		(void)err_set(err, ERR_INPUT, "\"bundle\" of the state is \"/\": the runtime lost the bundle's path");
		return err_at(err, "/bundle");
	}
	state->bundle = clean;
	return 0;
}

int state_parse(struct arena *arena, const char *text, size_t len, struct state *ret_state, struct err *err)
{
	struct state state = {.oci_version = "", .status = ""};
	const struct text document = {text, len};
	struct walk walk = {.arena = arena};

	if (walk_document(&walk, &shape_state, &document, "the state", &state, err) < 0)
		return err->kind == ERR_DENIED ? err_wrap(err, "the state") : -1;
	if (check_bundle(arena, &state, err) < 0)
		return -1;
	*ret_state = state;
	return 0;
}

/* A runtime that finds its hook gone before it has written everything may take that for a failure of its own. */
static void drain(int fd)
{
	char scrap[4096];
	ssize_t n;

	do
		n = read(fd, scrap, sizeof(scrap));
	while (n > 0 || (n < 0 && errno == EINTR));
}

int state_from_fd(struct arena *arena, int fd, struct state *ret_state, struct err *err)
{
	const char *text;
	size_t len;

	if (fs_read_fd(arena, fd, "the state on standard input", STATE_MAX, &text, &len, err) < 0) {
		drain(fd);
		return -1;
	}
	return state_parse(arena, text, len, ret_state, err);
}
