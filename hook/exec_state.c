/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "ocigate/fs.h"

/* runc's holds the whole configuration, filter included. */
enum { STATE_MAX = 8 << 20 };

/* Where runtimes keep their state by default. A user's own lies below XDG_RUNTIME_DIR. */
static const char *default_root(struct arena *arena, const struct real_runtime *runtime)
{
	const char *slash = strrchr(runtime->path, '/'), *user = getenv("XDG_RUNTIME_DIR");
	const char *name = runtime_is_crun(runtime) ? "crun" : "runc";

	if (slash && strncmp(slash + 1, "youki", 5) == 0)
		name = "youki";
	if (geteuid() != 0 && user && user[0] == '/')
		return arena_printf(arena, "%s/%s", user, name);
	return arena_printf(arena, "/run/%s", name);
}

/* Return: an open directory, -1 with errno. */
static int open_container(const char *root, const char *id)
{
	FD_AUTO int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fs_open_dir(fd, id);
}

static int open_state(int dirfd, const char **ret_name)
{
	static const char *const names[] = {"state.json", "status"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int fd = openat(dirfd, names[i], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		*ret_name = names[i];
		if (fd >= 0 || errno != ENOENT)
			return fd;
	}
	return -1;
}

static bool is_ours(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int exec_find_container(struct arena *arena, const struct runtime_args *args, const struct real_runtime *runtime,
			struct state *ret_state, bool *ret_known, struct err *err)
{
	const char *root = args->values[VALUE_ROOT] ? args->values[VALUE_ROOT] : default_root(arena, runtime), *name,
		   *text;
	FD_AUTO int dirfd = -1;
	FD_AUTO int fd = -1;
	struct stat dir, file;
	size_t len;

	if (!root)
		return err_set(err, ERR_SYSTEM, "out of memory");
	*ret_known = false;
	dirfd = open_container(root, args->id);
	fd = dirfd < 0 ? -1 : open_state(dirfd, &name);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0 || fstat(dirfd, &dir) < 0 || fstat(fd, &file) < 0)
		return err_sys(err, ERR_INPUT, errno, "the runtime's state of %s below %s cannot be read", args->id,
			       root);
	if (!is_ours(&dir) || !is_ours(&file))
		return err_set(err, ERR_INPUT, "the runtime's state of %s below %s can be written by others", args->id,
			       root);
	if (fs_read_regular(arena, fd, name, STATE_MAX, &file, &text, &len, err) < 0 ||
	    state_from_runtime(arena, text, len, args->id, ret_state, err) < 0)
		return -1;
	*ret_known = true;
	return 0;
}
