/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kept decisions, read again for a person who asks.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decision_read.h"

#include "ocigate/decision.h"
#include "ocigate/fs.h"

/* The record in @name, all of it in @arena. Return: NULL if it is none. */
static const json_t *read_record(struct arena *arena, int fd, const char *name)
{
	const char *text;
	struct err err;
	size_t len;

	if (fs_read_file(arena, fd, name, DECISION_JSON_MAX + 1, true, &text, &len, &err) < 0)
		return NULL;
	return record_read(arena, text, len);
}

/** struct hit - a record about a container that may be meant */
struct hit {
	char name[64];
	char id[320];
	char time[40];
};

static bool copy_text(char *buffer, size_t size, const char *text)
{
	if (strlen(text) >= size)
		return false;
	memcpy(buffer, text, strlen(text) + 1);
	return true;
}

static bool look_at(int fd, const char *name, const char *id, struct hit *hit)
{
	struct arena scratch;
	const json_t *record;
	bool hits;

	arena_init(&scratch, (size_t)16 << 20);
	record = read_record(&scratch, fd, name);
	hits = record && strncmp(record_text(record, "id"), id, strlen(id)) == 0 &&
	       copy_text(hit->name, sizeof(hit->name), name) &&
	       copy_text(hit->id, sizeof(hit->id), record_text(record, "id")) &&
	       copy_text(hit->time, sizeof(hit->time), record_text(record, "time"));
	arena_release(&scratch);
	return hits;
}

/* Times are written so that their order is that of their letters. */
static int by_time(const void *a, const void *b)
{
	return strcmp(((const struct hit *)a)->time, ((const struct hit *)b)->time);
}

/* Return: 0 with the hits in the order of their time, all about one container; or -1. */
static int search(DIR *dir, const char *id, struct hit *hits, size_t room, size_t *ret_n, struct err *err)
{
	const struct dirent *entry;
	size_t n = 0;

	while (n < room && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && look_at(dirfd(dir), entry->d_name, id, &hits[n]))
			n++;
	for (size_t i = 1; i < n; i++)
		if (strcmp(hits[i].id, hits[0].id) != 0)
			return err_set(err, ERR_INPUT, "more than one container's id begins with %.64s: say more of it",
				       id);
	if (n == 0)
		return err_set(err, ERR_INPUT, "no decision about a container %.64s is kept", id);
	qsort(hits, n, sizeof(*hits), by_time);
	*ret_n = n;
	return 0;
}

int decision_recall(struct arena *arena, const char *store, const char *id, struct kept_decision *ret_kept, size_t room,
		    size_t *ret_n, struct err *err)
{
	struct hit *hits = arena_array(arena, room, sizeof(*hits));
	DIR *dir = opendir(store);
	size_t n = 0;
	int result;

	if (!dir)
		return err_sys(err, ERR_INPUT, errno, "no decision is kept here: %s cannot be read", store);
	result = hits ? search(dir, id, hits, room, &n, err) : err_set(err, ERR_SYSTEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const json_t *record = read_record(arena, dirfd(dir), hits[i].name);

		/* It may have made room for another one just now. */
		if (!record)
			result = err_set(err, ERR_INPUT, "the decision is gone: ask again");
		record_decision(arena, record, &ret_kept[i].decision);
		ret_kept[i].time = hits[i].time;
	}
	(void)closedir(dir);
	*ret_n = n;
	return result;
}
