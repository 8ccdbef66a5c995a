/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom do we believe? A policy is as good as the least protected directory on
 * the way to it: whoever may write one of them can put another policy there.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "dropins.h"

const char *trust_fault(struct arena *arena, const struct stat *st)
{
	const char *fault = NULL;

	if (fs_trusted(st))
		return NULL;
	if (st->st_uid != 0 && st->st_uid != fs_outside_uid())
		fault = arena_printf(arena, "is owned by uid %ld, not by root: chown root", (long)st->st_uid);
	else
		fault = arena_printf(arena, "can be written by others than root (mode %04o): chmod go-w",
				     (unsigned)(st->st_mode & 07777));
	return fault ? fault : "cannot be trusted";
}

static int check_trust(struct arena *arena, int fd, const char *path, struct stat *ret_st, struct err *err)
{
	const char *fault;

	if (fstat(fd, ret_st) < 0)
		return err_sys(err, ERR_POLICY, errno, "%s cannot be examined", path);
	fault = trust_fault(arena, ret_st);
	return fault ? err_set(err, ERR_POLICY, "%s %s", path, fault) : 0;
}

static int open_failed(int dirfd, const char *name, const char *path, int failure, struct err *err)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
		return err_set(err, ERR_POLICY, "%s is a symbolic link: give the directory itself", path);
	return err_sys(err, ERR_POLICY, failure, "%s cannot be opened", path);
}

/* One step down. Return: 0 with the descriptor, -1 in it when @name is missing; or -1. */
static int step(int dirfd, const char *name, const char *path, bool create, int *ret_fd, struct err *err)
{
	int fd = fs_open_dir(dirfd, name);

	if (fd < 0 && errno == ENOENT && create && (mkdirat(dirfd, name, 0700) == 0 || errno == EEXIST))
		fd = fs_open_dir(dirfd, name);
	if (fd < 0 && errno != ENOENT)
		return open_failed(dirfd, name, path, errno, err);
	*ret_fd = fd;
	return 0;
}

int trusted_directory(struct arena *arena, const char *path, bool create, int *ret_fd, struct stat *ret_st,
		      struct err *err)
{
	char cwd[PATH_MAX];
	char *clean = getcwd(cwd, sizeof(cwd)) || path[0] == '/' ? path_clean(arena, cwd, path) : NULL;
	FD_AUTO int fd = fs_open_dir(AT_FDCWD, "/");
	char *at = clean;

	if (!clean)
		return err_set(err, ERR_SYSTEM, "%s: out of memory, or no current directory", path);
	if (fd < 0)
		return err_sys(err, ERR_POLICY, errno, "/ cannot be opened");
	if (check_trust(arena, fd, "/", ret_st, err) < 0)
		return -1;
	while (*at == '/' && at[1] != '\0') {
		size_t n = strcspn(at + 1, "/");
		char *name = at + 1, *end = name + n;
		char behind = *end;
		int next = -1;

		*end = '\0';
		if (step(fd, name, clean, create && behind == '\0', &next, err) < 0)
			return -1;
		fd_close(&fd);
		fd = next;
		if (fd < 0)
			break;
		if (check_trust(arena, fd, clean, ret_st, err) < 0)
			return -1;
		*end = behind;
		at = end;
	}
	*ret_fd = fd_steal(&fd);
	return 0;
}
