/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files, opened once and judged on the opened descriptor.
 */
#ifndef OCIGATE_FS_H
#define OCIGATE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ocigate/arena.h"

static inline void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/** FD_AUTO - closes at the end of the block; initialise with -1 or an open fd */
#define FD_AUTO __attribute__((cleanup(fd_close)))

/** fd_steal() - take the descriptor out of an FD_AUTO variable */
static inline int fd_steal(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/** fs_open_dir() - a directory, not through a link at the last component. Return: fd, or -1 with errno. */
int fs_open_dir(int dirfd, const char *path);

/**
 * fs_read_file() - a whole regular file (or a procfs one: @regular false), at most @max bytes
 *
 * Opened O_NOFOLLOW|O_NONBLOCK|O_CLOEXEC. Regular files must not change while they are read.
 * The text is NUL-terminated behind @ret_len.
 * Return: 0, or -1 with ERR_INPUT ("is a directory", "is larger than …") and errno's text.
 */
int fs_read_file(struct arena *arena, int dirfd, const char *name, size_t max, bool regular, const char **ret_text,
		 size_t *ret_len, struct err *err) MUST_CHECK;

/** fs_read_fd() - the same from an open descriptor */
int fs_read_fd(struct arena *arena, int fd, const char *name, size_t max, const char **ret_text, size_t *ret_len,
	       struct err *err) MUST_CHECK;

/**
 * fs_read_regular() - the same from an open regular file, with one read call more than needed to notice a change
 * @before: fstat() of @fd, taken by the caller before
 *
 * Return: 0, or -1 with ERR_INPUT, also when the file changed since @before.
 */
int fs_read_regular(struct arena *arena, int fd, const char *name, size_t max, const struct stat *before,
		    const char **ret_text, size_t *ret_len, struct err *err) MUST_CHECK;

/**
 * fs_read_into() - the same into memory of the caller's
 * @text: room for two bytes more than @before says that there are
 */
int fs_read_into(int fd, const char *name, const struct stat *before, char *text, struct err *err) MUST_CHECK;

/** fs_make_private() - a directory of root's alone at the absolute @path, in a parent that all may look into, as far as it goes */
void fs_make_private(const char *path);

/** fs_open_private() - a directory of root's alone at the absolute @path; it and its parent are made. Return: fd, or -1 */
int fs_open_private(const char *path);

/**
 * fs_outside_uid() - whom a user namespace shows as owner of what belongs to somebody outside of it
 *
 * A rootless engine's runtime runs as root of a namespace of its user. /etc belongs to the machine's root, who has no
 * number there: the kernel shows the overflow uid. Return: that uid; 0 in the machine's first user namespace.
 */
uid_t fs_outside_uid(void);

/**
 * fs_trusted() - root owns it and neither group nor others may write it
 *
 * In a user namespace also if somebody outside of it does: whoever made the namespace cannot have made that. Another
 * user of the machine could; the machine's root judges without this.
 */
bool fs_trusted(const struct stat *st);

/**
 * fs_write_atomic() - new file beside, fsync, renameat over @name below @dirfd; nothing left behind on failure
 * @mode: permissions of the new file
 */
int fs_write_atomic(int dirfd, const char *name, const char *bytes, size_t len, mode_t mode,
		    struct err *err) MUST_CHECK;

/** fs_replace() - the same for a file that is there: the new one gets owner and mode of @like, which describes the old one */
int fs_replace(int dirfd, const char *name, const char *bytes, size_t len, const struct stat *like,
	       struct err *err) MUST_CHECK;

/** path_clean() - @path with ".", ".." and "//" taken out as text; relative ones are taken from @base. NULL: no room */
char *path_clean(struct arena *arena, const char *base, const char *path) MUST_CHECK;

/** path_cleaned() - the same, or @path itself where nothing is to be taken out: it must live as long as the answer */
const char *path_cleaned(struct arena *arena, const char *base, const char *path) MUST_CHECK;

/** path_within() - is clean absolute @path equal to @prefix or below it, by whole segments? */
bool path_within(const char *path, const char *prefix);

/** path_climbs() - is ".." one of its segments? */
bool path_climbs(const char *path);

/** path_ends_with() - does clean absolute @path end in the segments of relative @tail, with at least one before them? */
bool path_ends_with(const char *path, const char *tail);

#endif
