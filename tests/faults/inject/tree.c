/* SPDX-License-Identifier: Apache-2.0 */
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct tree *reading;

static void take_bytes(struct tree_file *file, const struct stat *st)
{
	size_t room = (size_t)st->st_size + 1;
	ssize_t n;

	file->bytes = calloc(1, room + 1);
	if (!file->bytes)
		die("out of memory");
	if (S_ISLNK(st->st_mode)) {
		n = readlink(file->path, file->bytes, room);
	} else {
		int fd = open(file->path, O_RDONLY | O_CLOEXEC);

		n = fd < 0 ? -1 : read(fd, file->bytes, room);
		if (fd >= 0)
			(void)close(fd);
	}
	if (n < 0)
		die("%s cannot be read: %s", file->path, strerror(errno));
	file->len = (size_t)n;
}

static int take(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	struct tree_file *file = &reading->files[reading->n++];

	(void)kind;
	(void)ftw;
	if (reading->n == TREE_FILES)
		die("too many files below what is watched");
	*file = (struct tree_file){.path = strdup(path), .mode = st->st_mode};
	if (!file->path)
		die("out of memory");
	if (S_ISREG(st->st_mode) || S_ISLNK(st->st_mode))
		take_bytes(file, st);
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct tree_file *)a)->path, ((const struct tree_file *)b)->path);
}

void tree_read(struct tree *tree, const char *const *dirs, size_t n_dirs)
{
	tree->n = 0;
	reading = tree;
	for (size_t i = 0; i < n_dirs; i++)
		if (nftw(dirs[i], take, 16, FTW_PHYS | FTW_MOUNT) < 0 && errno != ENOENT)
			die("%s cannot be walked: %s", dirs[i], strerror(errno));
	qsort(tree->files, tree->n, sizeof(tree->files[0]), by_path);
}

void tree_free(struct tree *tree)
{
	for (size_t i = 0; i < tree->n; i++) {
		free(tree->files[i].path);
		free(tree->files[i].bytes);
	}
	tree->n = 0;
}

const struct tree_file *tree_find(const struct tree *tree, const char *path)
{
	for (size_t i = 0; i < tree->n; i++)
		if (strcmp(tree->files[i].path, path) == 0)
			return &tree->files[i];
	return NULL;
}

bool tree_same(const struct tree_file *a, const struct tree_file *b)
{
	if (!a || !b || a->mode != b->mode || (a->bytes == NULL) != (b->bytes == NULL))
		return false;
	return !a->bytes || (a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0);
}

static void put_back(const struct tree_file *file)
{
	int fd;

	if (S_ISDIR(file->mode)) {
		if (mkdir(file->path, file->mode & 07777) < 0 && errno != EEXIST)
			die("%s cannot be made: %s", file->path, strerror(errno));
		return;
	}
	if (!S_ISREG(file->mode))
		die("%s has gone and is no file", file->path);
	(void)unlink(file->path);
	fd = open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file->mode & 07777);
	if (fd < 0 || write(fd, file->bytes, file->len) != (ssize_t)file->len || fchmod(fd, file->mode & 07777) < 0)
		die("%s cannot be put back: %s", file->path, strerror(errno));
	(void)close(fd);
}

void tree_restore(const struct tree *tree, const char *const *dirs, size_t n_dirs)
{
	static struct tree now;

	tree_read(&now, dirs, n_dirs);
	/* From behind: what lies in a directory comes before it. */
	for (size_t i = now.n; i-- > 0;)
		if (!tree_find(tree, now.files[i].path) && remove(now.files[i].path) < 0)
			die("%s cannot be removed: %s", now.files[i].path, strerror(errno));
	for (size_t i = 0; i < tree->n; i++)
		if (!tree_same(&tree->files[i], tree_find(&now, tree->files[i].path)))
			put_back(&tree->files[i]);
	tree_free(&now);
}
