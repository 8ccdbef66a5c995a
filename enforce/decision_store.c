/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: the last decisions that a person may ask about, one file each on
 * a tmpfs. A fixed number of places bounds it without ever listing it; who
 * needs all of them has syslog.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "ocigate/decision.h"
#include "ocigate/fs.h"

enum { STORE_SLOTS = 512 };

/* runc's own rule for ids: what it refuses cannot be a container of ours, and none of it can leave a directory. */
bool decision_id_valid(const char *id)
{
	size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.");

	return n > 0 && n <= 1024 && id[n] == '\0' && strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}

/* FNV-1a: any spread will do. */
static uint32_t hash_text(uint32_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619U;
	return hash;
}

/* Wrapper, hook and exec sessions decide about the same container, each in its own place. */
static unsigned slot_of(const struct decision *decision)
{
	return hash_text(hash_text(2166136261U, decision->id), decision->stage) % STORE_SLOTS;
}

static int open_store(const char *store, struct err *err)
{
	FD_AUTO int fd = -1;
	struct stat st;

	fd = fs_open_dir(AT_FDCWD, store);
	if (fd < 0 && errno == ENOENT) {
		fs_make_private(store);
		fd = fs_open_dir(AT_FDCWD, store);
	}
	if (fd < 0)
		return err_sys(err, ERR_SYSTEM, errno, "%s cannot be opened", store);
	if (fstat(fd, &st) < 0 || !fs_trusted(&st))
		return err_set(err, ERR_SYSTEM, "%s must belong to root and not be writable by others", store);
	return fd_steal(&fd);
}

/*
 * In place and without waiting for a disk: nobody is hurt by a record that a power failure, or another hook with the
 * same place, has torn; who reads it sees that it is none.
 */
static int write_slot(int dirfd, const char *name, const char *text, struct err *err)
{
	FD_AUTO int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	ssize_t n = fd < 0 ? -1 : write(fd, text, len);

	if (n < 0)
		return err_sys(err, ERR_SYSTEM, errno, "%s cannot be written", name);
	return (size_t)n == len ? 0 : err_set(err, ERR_SYSTEM, "%s cannot be wholly written", name);
}

int decision_keep(const struct decision *decision, const char *store, struct decision_text *text, struct err *err)
{
	FD_AUTO int fd = -1;
	char name[16] = "";
	const char *line;
	struct out out;

	if (decision->verdict == VERDICT_ADMIT && decision->findings.n == 0)
		return 0;
	if (!decision_id_valid(decision->id))
		return 0;
	fd = open_store(store, err);
	if (fd < 0)
		return -1;
	line = decision_text_make(text, decision) ? text->out.bytes : decision_json(decision);
	if (!line)
		return err_set(err, ERR_SYSTEM, "out of memory");
	out_init(&out, name, sizeof(name));
	out_number(&out, slot_of(decision));
	out_str(&out, ".json");
	return write_slot(fd, name, line, err);
}
