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

#include "ocigate/build.h"

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
static char *make_head(const struct policy *policy, const struct sources *sources, bool is_settled, size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	bool good;

	if (!out)
		return NULL;
	(void)fprintf(out, "build %s %s\nsettled %d\ndigest %s\n", OCIGATE_VERSION, build_source, is_settled,
		      policy->digest);
	good = write_sources(out, sources);
	for (size_t i = 0; i < policy->n_exceptions; i++)
		(void)fprintf(out, "exception %s\n", policy->exceptions[i].origin);
	(void)fprintf(out, "end\n");
	good = !ferror(out) && good;
	if (fclose(out) == 0 && good)
		return text;
	free(text);
	return NULL;
}

/* struct part - of the file */
struct part {
	const char *bytes;
	size_t len;
};

/* Return: the whole file in the arena, or NULL. */
static char *put_together(struct arena *arena, const struct part *image, const struct part *head,
			  const struct part *body)
{
	const size_t sizes = image->len + head->len + body->len;
	char header[SNAPSHOT_HEADER_LEN + 1];
	char *file = arena_alloc(arena, sizeof(header) + sizes);
	char *at;

	if (!file)
		return NULL;
	at = file + SNAPSHOT_HEADER_LEN;
	memcpy(at, image->bytes, image->len);
	memcpy(at + image->len, head->bytes, head->len);
	memcpy(at + image->len + head->len, body->bytes, body->len);
	at[sizes] = '\n';
	(void)snprintf(header, sizeof(header), "ocigate-snapshot 2 %08zx %08zx %08zx %016llx %016llx\n", head->len,
		       body->len, image->len, (unsigned long long)checksum(CHECKSUM_START, at, image->len + head->len),
		       (unsigned long long)checksum(CHECKSUM_START, body->bytes, body->len));
	memcpy(file, header, SNAPSHOT_HEADER_LEN);
	return file;
}

static char *make_file(struct arena *arena, const struct policy *policy, const char *body,
		       const struct sources *sources, bool is_settled, size_t *ret_len)
{
	struct part image = {.len = 0}, head = {.len = 0}, whole = {body, strlen(body)};
	char *text = make_head(policy, sources, is_settled, &head.len);
	char *file = NULL;

	image.bytes = image_make(arena, policy, &image.len);
	head.bytes = text;
	if (text && image.bytes && head.len <= UINT32_MAX && whole.len <= UINT32_MAX)
		file = put_together(arena, &image, &head, &whole);
	free(text);
	*ret_len = SNAPSHOT_HEADER_LEN + image.len + head.len + whole.len + 1;
	return file;
}

/* The header holds lengths and sums of everything: equal headers, equal files. */
static bool already_there(int dirfd, const char *name, const char *file)
{
	FD_AUTO int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char there[SNAPSHOT_HEADER_LEN];
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && fs_trusted(&st) && read(fd, there, sizeof(there)) == sizeof(there) &&
	       memcmp(there, file, sizeof(there)) == 0;
}

int snapshot_write(struct arena *arena, const char *path, const struct policy *policy, const char *text,
		   const struct sources *sources, const struct timespec *start, struct err *err)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	char *directory = arena_strndup(arena, path, (size_t)(name - path));
	FD_AUTO int dirfd = -1;
	size_t len = 0;
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
	file = make_file(arena, policy, text, sources, settled(sources, start), &len);
	if (!file)
		return err_set(err, ERR_SYSTEM, "out of memory, or a file name with a line feed");
	if (already_there(dirfd, name, file))
		return 0;
	return fs_write_atomic(dirfd, name, file, len, 0600, err);
}
