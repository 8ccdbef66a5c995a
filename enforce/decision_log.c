/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Going through many decisions: those of a log, or those that are kept. A line
 * that is no record (torn by a full disk, of a program of old) is passed over.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decision_read.h"

#include "ocigate/fs.h"

enum { SCRATCH = 16 << 20, KEPT_MAX = 1024 };

static void file_close(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}

static void line_free(char **line)
{
	free(*line);
}

static void dir_close(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

/* Return: is it a decision? */
static bool look_at(const char *text, size_t len, const struct decision_visit *visit)
{
	struct decision decision;
	struct arena scratch;
	const json_t *record;

	arena_init(&scratch, SCRATCH);
	record = record_read(&scratch, text, len);
	if (record) {
		record_decision(&scratch, record, &decision);
		if (decision.time_us >= visit->since_us)
			visit->take(visit->context, &decision);
	}
	arena_release(&scratch);
	return record != NULL;
}

/* One that nobody writes to must not hold us up when it is opened; from then on a pipe's writer is waited for. */
static FILE *open_log(const char *path)
{
	FD_AUTO int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	FILE *file = fd < 0 || fcntl(fd, F_SETFL, 0) < 0 ? NULL : fdopen(fd, "r");

	if (file)
		(void)fd_steal(&fd);
	return file;
}

int decision_each_logged(const char *path, const struct decision_visit *visit, struct err *err)
{
	FILE *file __attribute__((cleanup(file_close))) = open_log(path);
	char *line __attribute__((cleanup(line_free))) = NULL;
	size_t room = 0;
	ssize_t len;

	if (!file)
		return err_sys(err, ERR_INPUT, errno, "%s cannot be opened", path);
	while ((len = getline(&line, &room, file)) > 0) {
		if (line[len - 1] == '\n')
			line[--len] = '\0';
		if (len > 0 && ((size_t)len > DECISION_JSON_MAX || !look_at(line, (size_t)len, visit)) &&
		    visit->strange)
			(*visit->strange)++;
	}
	return ferror(file) ? err_sys(err, ERR_INPUT, errno, "%s cannot be read", path) : 0;
}

/** struct kept - a file of the store */
struct kept {
	struct timespec written;
	char name[24];
};

static int by_time(const void *left, const void *right)
{
	const struct timespec *a = &((const struct kept *)left)->written, *b = &((const struct kept *)right)->written;

	if (a->tv_sec != b->tv_sec)
		return a->tv_sec < b->tv_sec ? -1 : 1;
	return a->tv_nsec < b->tv_nsec ? -1 : a->tv_nsec > b->tv_nsec;
}

static size_t list_kept(DIR *dir, struct kept *kept, size_t room)
{
	const struct dirent *entry;
	struct stat st;
	size_t n = 0;

	while (n < room && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= sizeof(kept->name) ||
		    fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		kept[n].written = st.st_mtim;
		memcpy(kept[n].name, entry->d_name, strlen(entry->d_name) + 1);
		n++;
	}
	qsort(kept, n, sizeof(*kept), by_time);
	return n;
}

int decision_each_kept(const char *store, const struct decision_visit *visit, struct err *err)
{
	DIR *dir __attribute__((cleanup(dir_close))) = opendir(store);
	struct kept kept[KEPT_MAX];
	size_t n;

	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return err_sys(err, ERR_INPUT, errno, "%s cannot be opened", store);
	n = list_kept(dir, kept, KEPT_MAX);
	for (size_t i = 0; i < n; i++) {
		struct arena scratch;
		struct err unread;
		const char *text;
		size_t len;

		arena_init(&scratch, SCRATCH);
		if (fs_read_file(&scratch, dirfd(dir), kept[i].name, DECISION_JSON_MAX + 1, true, &text, &len,
				 &unread) == 0)
			(void)look_at(text, len, visit);
		arena_release(&scratch);
	}
	return 0;
}
