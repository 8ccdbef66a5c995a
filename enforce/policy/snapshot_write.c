/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping the last good policy. Hundreds of containers may start right after a
 * change of the policy: one of them writes, the others do not wait for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "snapshot.h"

static bool settled(const struct sources *sources, const struct timespec *start)
{
	for (size_t i = 0; i < sources->n; i++)
		if (sources->items[i].kind != SOURCE_ABSENT &&
		    sources->items[i].st.st_ctim.tv_sec + SETTLE_SECONDS > start->tv_sec)
			return false;
	return true;
}

static bool write_sources(FILE *out, const struct sources *sources)
{
	char line[8192];

	for (size_t i = 0; i < sources->n; i++) {
		const struct source *source = &sources->items[i];
		size_t len = fingerprint_source(line, sizeof(line), source->kind, &source->st, source->path);

		if (len == 0)
			return false;
		(void)fwrite(line, 1, len, out);
	}
	return true;
}

/* Return: the text, to be freed; NULL when out of memory or when a name cannot be written down. */
static char *make_head(struct arena *arena, const struct policy *policy, const struct sources *sources, bool is_settled,
		       size_t *ret_len)
{
	const char *changes = policy_text(arena, policy, false);
	char hex[17] = "";
	char *text = NULL;
	FILE *out = changes ? open_memstream(&text, ret_len) : NULL;
	bool good;

	if (!out)
		return NULL;
	hex_put(hex, fingerprint_build(), 16);
	(void)fprintf(out, "build %s %s\nsettled %d\ndigest %s\n", OCIGATE_VERSION, hex, is_settled, policy->digest);
	good = write_sources(out, sources);
	for (size_t i = 0; i < policy->n_exceptions; i++)
		(void)fprintf(out, "exception %s\n", policy->exceptions[i].origin);
	(void)fprintf(out, "changes %s\n", changes);
	good = !ferror(out) && good;
	if (fclose(out) == 0 && good)
		return text;
	free(text);
	return NULL;
}

/* Return: the whole file in the arena, or NULL. */
static char *make_file(struct arena *arena, const struct policy *policy, const char *body,
		       const struct sources *sources, bool is_settled, size_t *ret_header_len, size_t *ret_len)
{
	size_t head_len = 0, body_len = strlen(body);
	char *head = make_head(arena, policy, sources, is_settled, &head_len);
	char *file = NULL;

	if (head && head_len <= UINT32_MAX && body_len <= UINT32_MAX)
		file = arena_printf(arena, "ocigate-snapshot 1 %08zx %08zx %016llx %016llx\n", head_len, body_len,
				    (unsigned long long)checksum(CHECKSUM_START, head, head_len),
				    (unsigned long long)checksum(CHECKSUM_START, body, body_len));
	if (file) {
		*ret_header_len = strlen(file);
		*ret_len = *ret_header_len + head_len + body_len;
		file = arena_printf(arena, "%s%s%s\n", file, head, body);
	}
	free(head);
	return file;
}

/* The header holds lengths and sums of everything: equal headers, equal files. */
static bool already_there(int dirfd, const char *name, const char *file, size_t header_len)
{
	FD_AUTO int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char there[128];
	struct stat st;

	return fd >= 0 && header_len <= sizeof(there) && fstat(fd, &st) == 0 && fs_trusted(&st) &&
	       read(fd, there, header_len) == (ssize_t)header_len && memcmp(there, file, header_len) == 0;
}

int snapshot_write(struct arena *arena, const char *path, const struct policy *policy, const char *text,
		   const struct sources *sources, const struct timespec *start, struct err *err)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	char *directory = arena_strndup(arena, path, (size_t)(name - path));
	FD_AUTO int dirfd = -1;
	size_t len = 0, header_len = 0;
	struct stat st;
	char *file;

	if (!directory)
		return err_set(err, ERR_SYSTEM, "out of memory");
	if (trusted_directory(arena, directory, true, &dirfd, &st, err) < 0)
		return -1;
	if (dirfd < 0)
		return err_set(err, ERR_SYSTEM, "%s is missing", directory);
	if (flock(dirfd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 0 : err_sys(err, ERR_SYSTEM, errno, "%s cannot be locked", directory);
	file = make_file(arena, policy, text, sources, settled(sources, start), &header_len, &len);
	if (!file)
		return err_set(err, ERR_SYSTEM, "out of memory, or a file name with a line feed");
	if (already_there(dirfd, name, file, header_len))
		return 0;
	return fs_write_atomic(dirfd, name, file, len + 1, 0600, err);
}
