/* SPDX-License-Identifier: Apache-2.0 */
#include "ocigate/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fs_open_dir(int dirfd, const char *path)
{
	return openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

void fs_make_private(const char *path)
{
	const char *slash = strrchr(path, '/');
	char parent[256];

	if (!slash || (size_t)(slash - path) >= sizeof(parent))
		return;
	memcpy(parent, path, (size_t)(slash - path));
	parent[slash - path] = '\0';
	/* Whatever the umask: policies lie below it too, and rootless engines have to read these. */
	if (mkdir(parent, 0755) == 0)
		(void)chmod(parent, 0755);
	(void)mkdir(path, 0700);
}

int fs_open_private(const char *path)
{
	FD_AUTO int fd = fs_open_dir(AT_FDCWD, path);
	struct stat st;

	if (fd < 0 && errno == ENOENT) {
		fs_make_private(path);
		fd = fs_open_dir(AT_FDCWD, path);
	}
	if (fd < 0 || fstat(fd, &st) < 0 || !fs_trusted(&st))
		return -1;
	return fd_steal(&fd);
}

static long read_number(const char *path)
{
	char text[16] = "";
	FD_AUTO int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 ? strtol(text, NULL, 10) : -1;
}

/* Not the first one of the machine: that maps every id there is to itself. */
static bool in_user_namespace(void)
{
	char text[64] = "";
	FD_AUTO int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	long inside = -1, outside = -1, n = -1;

	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 &&
	       sscanf(text, "%ld %ld %ld", &inside, &outside, &n) == 3 &&
	       !(inside == 0 && outside == 0 && n == (long)UINT32_MAX);
}

uid_t fs_outside_uid(void)
{
	static bool known;
	static uid_t uid;

	if (!known) {
		const long overflow = in_user_namespace() ? read_number("/proc/sys/kernel/overflowuid") : -1;

		uid = overflow > 0 ? (uid_t)overflow : 0;
		known = true;
	}
	return uid;
}

bool fs_trusted(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == fs_outside_uid()) && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static const char *kind_of_file(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFLNK:
		return "a symbolic link";
	default:
		return "a device";
	}
}

/* Reads until end of file or until the cap is passed; the file may be one whose size stat does not tell (procfs). */
static int read_all(int fd, char *buffer, size_t room, size_t *ret_len)
{
	size_t len = 0;

	while (len < room) {
		ssize_t n = read(fd, buffer + len, room - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	return 0;
}

int fs_read_fd(struct arena *arena, int fd, const char *name, size_t max, const char **ret_text, size_t *ret_len,
	       struct err *err)
{
	size_t room = 16384, len = 0;
	char *text = arena_alloc(arena, room + 1);

	while (text) {
		size_t got;
		char *larger;

		if (read_all(fd, text + len, room - len, &got) < 0)
			return err_sys(err, ERR_INPUT, errno, "%s cannot be read", name);
		len += got;
		if (len > max)
			return err_set(err, ERR_INPUT, "%s is larger than %zu bytes", name, max);
		if (len < room) {
			text[len] = '\0';
			/* Small files come often: the room that they leave is the next one's. */
			arena_trim(arena, text, len + 1);
			*ret_text = text;
			*ret_len = len;
			return 0;
		}
		larger = arena_alloc(arena, room * 4 + 1);
		if (larger)
			memcpy(larger, text, len);
		text = larger;
		room *= 4;
	}
	return err_set(err, ERR_SYSTEM, "out of memory while reading %s", name);
}

int fs_read_into(int fd, const char *name, const struct stat *before, char *text, struct err *err)
{
	size_t size = (size_t)before->st_size, len;
	struct stat after;

	/* One byte more than there should be, to notice a file that grows. */
	if (read_all(fd, text, size + 1, &len) < 0)
		return err_sys(err, ERR_INPUT, errno, "%s cannot be read", name);
	if (fstat(fd, &after) < 0)
		return err_sys(err, ERR_INPUT, errno, "%s cannot be examined", name);
	if (len != size || after.st_size != before->st_size || after.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	    after.st_mtim.tv_nsec != before->st_mtim.tv_nsec || after.st_ctim.tv_sec != before->st_ctim.tv_sec ||
	    after.st_ctim.tv_nsec != before->st_ctim.tv_nsec)
		return err_set(err, ERR_INPUT, "%s changed while it was read", name);
	text[len] = '\0';
	return 0;
}

int fs_read_regular(struct arena *arena, int fd, const char *name, size_t max, const struct stat *before,
		    const char **ret_text, size_t *ret_len, struct err *err)
{
	size_t size = (size_t)before->st_size;
	char *text;

	if (before->st_size < 0 || size > max)
		return err_set(err, ERR_INPUT, "%s is larger than %zu bytes", name, max);
	text = arena_alloc(arena, size + 2);
	if (!text)
		return err_set(err, ERR_SYSTEM, "out of memory while reading %s", name);
	if (fs_read_into(fd, name, before, text, err) < 0)
		return -1;
	*ret_text = text;
	*ret_len = size;
	return 0;
}

int fs_read_file(struct arena *arena, int dirfd, const char *name, size_t max, bool regular, const char **ret_text,
		 size_t *ret_len, struct err *err)
{
	FD_AUTO int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ELOOP)
		return err_set(err, ERR_INPUT, "%s is a symbolic link, not a file", name);
	if (fd < 0)
		return err_sys(err, ERR_INPUT, errno, "%s cannot be opened", name);
	if (!regular)
		return fs_read_fd(arena, fd, name, max, ret_text, ret_len, err);
	if (fstat(fd, &st) < 0)
		return err_sys(err, ERR_INPUT, errno, "%s cannot be examined", name);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_INPUT, "%s is %s, not a file", name, kind_of_file(st.st_mode));
	return fs_read_regular(arena, fd, name, max, &st, ret_text, ret_len, err);
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A file of ours has this mode from its beginning: who has confined itself may change no modes. */
enum { OWN_MODE = 0600 };

/* @like: owner and mode of the new file; or NULL: ours, and @mode */
static int write_beside(int dirfd, const char *name, const char *bytes, size_t len, mode_t mode,
			const struct stat *like, struct err *err)
{
	char temporary[256];
	FD_AUTO int fd = -1;
	int n = snprintf(temporary, sizeof(temporary), ".%s.%ld.new", name, (long)getpid());

	if (n < 0 || (size_t)n >= sizeof(temporary))
		return err_set(err, ERR_SYSTEM, "%s: the name is too long", name);
	fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, OWN_MODE);
	if (fd < 0 && errno == EEXIST && unlinkat(dirfd, temporary, 0) == 0)
		fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, OWN_MODE);
	if (fd < 0)
		return err_sys(err, ERR_SYSTEM, errno, "%s cannot be created", temporary);
	if (write_all(fd, bytes, len) < 0 || (like && fchown(fd, like->st_uid, like->st_gid) < 0) ||
	    ((like || mode != OWN_MODE) && fchmod(fd, mode) < 0) || fsync(fd) < 0 ||
	    renameat(dirfd, temporary, dirfd, name) < 0) {
		int failure = errno;

		(void)unlinkat(dirfd, temporary, 0);
		return err_sys(err, ERR_SYSTEM, failure, "%s cannot be written", name);
	}
	return 0;
}

int fs_write_atomic(int dirfd, const char *name, const char *bytes, size_t len, mode_t mode, struct err *err)
{
	return write_beside(dirfd, name, bytes, len, mode, NULL, err);
}

int fs_replace(int dirfd, const char *name, const char *bytes, size_t len, const struct stat *like, struct err *err)
{
	return write_beside(dirfd, name, bytes, len, like->st_mode & 07777, like, err);
}

/* Appends one segment to the clean path in @out; returns the new length. */
static size_t append_segment(char *out, size_t len, const char *segment, size_t n)
{
	if (n == 0 || (n == 1 && segment[0] == '.'))
		return len;
	if (n == 2 && segment[0] == '.' && segment[1] == '.') {
		while (len > 0 && out[--len] != '/')
			;
		return len;
	}
	out[len++] = '/';
	memcpy(out + len, segment, n);
	return len + n;
}

static size_t append_clean(char *out, size_t len, const char *path)
{
	while (*path) {
		size_t n = strcspn(path, "/");

		len = append_segment(out, len, path, n);
		path += n + (path[n] == '/');
	}
	return len;
}

char *path_clean(struct arena *arena, const char *base, const char *path)
{
	char *out = arena_alloc(arena, strlen(base) + strlen(path) + 4);
	size_t len = 0;

	if (!out)
		return NULL;
	if (path[0] != '/')
		len = append_clean(out, len, base);
	len = append_clean(out, len, path);
	if (len == 0)
		out[len++] = '/';
	out[len] = '\0';
	return out;
}

/* A name that begins with a dot is left to the long way. */
static bool is_clean(const char *path)
{
	if (path[0] != '/' || path[1] == '\0')
		return path[0] == '/';
	for (const char *slash = path; slash; slash = strchr(slash + 1, '/'))
		if (slash[1] == '/' || slash[1] == '.' || slash[1] == '\0')
			return false;
	return true;
}

const char *path_cleaned(struct arena *arena, const char *base, const char *path)
{
	return is_clean(path) ? path : path_clean(arena, base, path);
}

bool path_within(const char *path, const char *prefix)
{
	if (prefix[0] == '/' && prefix[1] == '\0')
		return path[0] == '/';
	/* Most paths differ within a few bytes: no call would be as quick. */
	while (*prefix && *path == *prefix) {
		path++;
		prefix++;
	}
	return *prefix == '\0' && (*path == '\0' || *path == '/');
}

bool path_climbs(const char *path)
{
	for (const char *at = path; (at = strstr(at, "..")) != NULL; at++)
		if ((at == path || at[-1] == '/') && (at[2] == '/' || at[2] == '\0'))
			return true;
	return false;
}

bool path_ends_with(const char *path, const char *tail)
{
	size_t n = strlen(path), len = strlen(tail);

	return len > 0 && n > len + 1 && path[n - len - 1] == '/' && strcmp(path + n - len, tail) == 0;
}
