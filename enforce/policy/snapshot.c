/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "ocigate/build.h"

/* Behind it 3 lengths of 8 digits and 2 sums of 16, each with a space or line feed behind. */
static const char magic[] = "ocigate-snapshot 2 ";
enum { MAGIC_LEN = sizeof(magic) - 1 };
static_assert(SNAPSHOT_HEADER_LEN == MAGIC_LEN + 3 * 9 + 2 * 17, "the header's length is fixed");
static_assert(SNAPSHOT_HEADER_LEN % sizeof(uintptr_t) == 0, "the image behind it is used where it lies");

/* The path in a "source" line: "source k", 6 fields of 16 digits, 2 of 8, a space before each and before the path. */
enum { SOURCE_KIND = 7, SOURCE_PATH_ABSENT = 9, SOURCE_PATH = 8 + 6 * 17 + 2 * 9 + 1 };

struct header {
	uint64_t head_len;
	uint64_t body_len;
	uint64_t image_len;
	uint64_t head_sum;
	uint64_t body_sum;
};

/* @at may be NULL: then so is the result. Return: behind the character @end, which must follow the digits. */
static const char *read_hex(const char *at, unsigned digits, char end, uint64_t *ret_number)
{
	uint64_t number = 0;

	for (unsigned i = 0; at && i < digits; i++) {
		const char *digit = at[i] ? strchr("0123456789abcdef", at[i]) : NULL;

		if (!digit)
			return NULL;
		number = number << 4 | (uint64_t)(digit - "0123456789abcdef");
	}
	*ret_number = number;
	return at && at[digits] == end ? at + digits + 1 : NULL;
}

static bool read_header(const char *text, size_t len, struct header *ret_header)
{
	struct header header = {0};
	const char *at = text + MAGIC_LEN;

	if (len < SNAPSHOT_HEADER_LEN || memcmp(text, magic, MAGIC_LEN) != 0)
		return false;
	at = read_hex(at, 8, ' ', &header.head_len);
	at = read_hex(at, 8, ' ', &header.body_len);
	at = read_hex(at, 8, ' ', &header.image_len);
	at = read_hex(at, 16, ' ', &header.head_sum);
	at = read_hex(at, 16, '\n', &header.body_sum);
	*ret_header = header;
	return at != NULL;
}

/* Reads on from the current position until @want bytes are there. */
static bool fill(int fd, char *text, size_t *len, size_t want)
{
	while (*len < want) {
		ssize_t n = read(fd, text + *len, want - *len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		*len += (size_t)n;
	}
	return true;
}

/* What is behind @word in the line at @at; the line is ended with a NUL. Return: the next line, NULL if @at is another. */
static char *take_line(char *at, const char *word, const char **ret_rest)
{
	size_t n = strlen(word);
	char *end = at ? strchr(at, '\n') : NULL;

	if (!end || strncmp(at, word, n) != 0)
		return NULL;
	*end = '\0';
	*ret_rest = at + n;
	return end + 1;
}

static char *skip_lines(char *at, const char *word)
{
	size_t n = strlen(word);

	while (at && strncmp(at, word, n) == 0) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return at;
}

static bool same_build(const char *rest)
{
	size_t n = strlen(OCIGATE_VERSION);

	return strncmp(rest, OCIGATE_VERSION, n) == 0 && rest[n] == ' ' && strcmp(rest + n + 1, build_source) == 0;
}

static bool read_head(char *head, struct snapshot *snapshot)
{
	const char *build = NULL, *settled = NULL, *end;
	char *at = take_line(head, "build ", &build);

	at = take_line(at, "settled ", &settled);
	at = take_line(at, "digest ", &snapshot->digest);
	snapshot->sources = at;
	at = skip_lines(at, "source ");
	snapshot->origins = at;
	at = skip_lines(at, "exception ");
	if (!take_line(at, "end", &end))
		return false;
	snapshot->same_build = same_build(build);
	snapshot->settled = strcmp(settled, "1") == 0;
	return true;
}

/* @text has room for one byte behind what the header promises. */
static const char *read_parts(int fd, char *text, size_t len, const struct header *header, bool with_body,
			      struct snapshot *ret_snapshot)
{
	size_t head_len = (size_t)header->head_len, body_len = with_body ? (size_t)header->body_len : 0;
	size_t image_len = (size_t)header->image_len;
	struct snapshot snapshot = {.image = text + SNAPSHOT_HEADER_LEN, .image_len = image_len};
	char *head = snapshot.image + image_len;

	if (!fill(fd, text, &len, SNAPSHOT_HEADER_LEN + image_len + head_len + body_len))
		return "it is cut short";
	if (checksum(CHECKSUM_START, snapshot.image, image_len + head_len) != header->head_sum)
		return "its checksum is wrong";
	if (with_body) {
		if (checksum(CHECKSUM_START, head + head_len, body_len) != header->body_sum)
			return "its checksum is wrong";
		snapshot.body = head + head_len;
		snapshot.body_len = body_len;
	}
	/* The last byte of the head is its last line feed, which read_head() replaces, or the head is no head. */
	if (head_len == 0 || head[head_len - 1] != '\n' || memchr(head, '\0', head_len) || !read_head(head, &snapshot))
		return "it is malformed";
	*ret_snapshot = snapshot;
	return NULL;
}

static const char *read_fd(struct arena *arena, int fd, const struct stat *st, bool with_body,
			   struct snapshot *ret_snapshot)
{
	size_t first = st->st_size < SNAPSHOT_FIRST_READ ? (size_t)st->st_size : SNAPSHOT_FIRST_READ;
	char *text = arena_alloc(arena, SNAPSHOT_FIRST_READ + 1), *larger;
	size_t len = 0, want;
	struct header header;

	if (!text)
		return "out of memory";
	if (!fill(fd, text, &len, first) || !read_header(text, len, &header))
		return "it is not one of this version's";
	want = SNAPSHOT_HEADER_LEN + (size_t)header.image_len + (size_t)header.head_len +
	       (with_body ? (size_t)header.body_len : 0);
	if (want > (size_t)st->st_size)
		return "it is cut short";
	if (want > SNAPSHOT_FIRST_READ) {
		larger = arena_alloc(arena, want + 1);
		if (!larger)
			return "out of memory";
		text = memcpy(larger, text, len);
	}
	return read_parts(fd, text, len, &header, with_body, ret_snapshot);
}

/* The directory that holds it is judged as well: whoever may write there can put another file in its place. */
static const char *open_snapshot(struct arena *arena, const char *path, int *ret_fd, struct stat *ret_st)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash ? arena_strndup(arena, path, (size_t)(slash - path)) : NULL;
	FD_AUTO int dirfd = directory ? fs_open_dir(AT_FDCWD, directory) : -1;
	FD_AUTO int fd = -1;
	struct stat st;

	if (dirfd < 0 || fstat(dirfd, &st) < 0)
		return errno == ENOENT ? "there is none" : "its directory cannot be opened";
	if (!fs_trusted(&st))
		return "others than root may write its directory";
	fd = openat(dirfd, slash + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, ret_st) < 0)
		return errno == ENOENT ? "there is none" : "it cannot be opened";
	if (!fs_trusted(ret_st))
		return "others than root may write it";
	if (!S_ISREG(ret_st->st_mode) || ret_st->st_size > SNAPSHOT_BYTES_MAX)
		return "it is no file of a likely size";
	*ret_fd = fd_steal(&fd);
	return NULL;
}

int snapshot_read(struct arena *arena, const char *path, bool with_body, struct snapshot *ret_snapshot,
		  const char **ret_why)
{
	FD_AUTO int fd = -1;
	struct stat st;
	const char *why = open_snapshot(arena, path, &fd, &st);

	if (!why)
		why = read_fd(arena, fd, &st, with_body, ret_snapshot);
	if (!why)
		return 0;
	*ret_why = why;
	return 1;
}

/* Room that every source needs, cleared once. A longer path is no error: the drop-ins are then read every time. */
struct scratch {
	char path[1024];
	char line[1024 + 256];
};

/* @line ends at @end, where its line feed is. */
static bool source_same(struct scratch *scratch, const char *line, const char *end)
{
	char *path = scratch->path;
	bool absent = line[SOURCE_KIND] == '-';
	size_t start = absent ? SOURCE_PATH_ABSENT : SOURCE_PATH;
	size_t len = (size_t)(end - line);
	struct stat st;

	if (len <= start || len - start >= sizeof(scratch->path))
		return false;
	memcpy(path, line + start, len - start);
	path[len - start] = '\0';
	if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return absent && (errno == ENOENT || errno == ENOTDIR);
	return !absent &&
	       fingerprint_source(scratch->line, sizeof(scratch->line), SOURCE_DIRECTORY, &st, path) == len + 1 &&
	       memcmp(scratch->line + SOURCE_KIND + 1, line + SOURCE_KIND + 1, len - SOURCE_KIND - 1) == 0;
}

static bool is_directory(const char *line)
{
	return line[SOURCE_KIND] == 'd' || line[SOURCE_KIND] == '-';
}

static bool path_is(const char *line, const char *end, const char *path)
{
	size_t start = line[SOURCE_KIND] == '-' ? SOURCE_PATH_ABSENT : SOURCE_PATH;
	size_t len = (size_t)(end - line);

	return len > start && strlen(path) == len - start && memcmp(line + start, path, len - start) == 0;
}

bool snapshot_current(const struct snapshot *snapshot, const struct policy_dirs *dirs)
{
	const char *line = snapshot->sources;
	struct scratch scratch;
	size_t directories = 0;

	for (const char *end; strncmp(line, "source ", 7) == 0; line = end + 1) {
		end = strchr(line, '\n');
		if (!end || end - line <= SOURCE_PATH_ABSENT || !source_same(&scratch, line, end))
			return false;
		if (!is_directory(line))
			continue;
		if (directories == dirs->drop_ins.n || !path_is(line, end, dirs->drop_ins.items[directories]))
			return false;
		directories++;
	}
	return directories == dirs->drop_ins.n;
}

/* The files, a preset first: as they were told when the drop-ins were read. */
static int list_sources(struct arena *arena, const struct snapshot *snapshot, struct strings *ret_sources)
{
	size_t n = 0, room = 0;
	const char **paths;

	for (const char *at = snapshot->sources; at < snapshot->origins; at = strchr(at, '\n') + 1)
		room++;
	paths = arena_array(arena, room, sizeof(*paths));
	if (!paths)
		return -1;
	for (int preset = 1; preset >= 0; preset--) {
		const char *line = snapshot->sources;

		for (const char *end; line < snapshot->origins; line = end + 1) {
			end = strchr(line, '\n');
			if (line[SOURCE_KIND] != (preset ? 'p' : 'f') || end - line <= SOURCE_PATH)
				continue;
			paths[n] = arena_strndup(arena, line + SOURCE_PATH, (size_t)(end - line) - SOURCE_PATH);
			if (!paths[n++])
				return -1;
		}
	}
	*ret_sources = (struct strings){paths, n};
	return 0;
}

static void name_origins(struct draft *draft, const struct snapshot *snapshot)
{
	static const char word[] = "exception ";
	const char *line = snapshot->origins;

	for (size_t i = 0; i < draft->n_exceptions && strncmp(line, word, sizeof(word) - 1) == 0; i++) {
		const char *end = strchr(line, '\n');
		const char *path = line + sizeof(word) - 1;
		const char *copy = end ? arena_strndup(draft->arena, path, (size_t)(end - path)) : NULL;

		if (!copy) {
			draft->problems->failed = true;
			return;
		}
		draft->exceptions[i].file = copy;
		line = end + 1;
	}
}

int snapshot_policy(struct arena *arena, const struct snapshot *snapshot, const char *path, struct policy *ret_policy,
		    struct err *err)
{
	struct problems problems = {.arena = arena};
	JSON_AUTO json_t *json = document_parse(&problems, path, snapshot->body, snapshot->body_len);
	struct draft draft;
	struct policy policy;
	int result;

	draft_init(&draft, arena, &problems);
	draft.trusted = snapshot->same_build;
	if (json)
		draft_apply(&draft, path, json, DOCUMENT_DROP_IN);
	name_origins(&draft, snapshot);
	result = draft_finish(&draft, &policy);
	draft_release(&draft);
	if (result == 0 && list_sources(arena, snapshot, &policy.sources) < 0)
		return err_set(err, ERR_SYSTEM, "out of memory while reading the policy");
	if (result < 0)
		return problems_err(&problems, err);
	policy.digest = snapshot->digest;
	*ret_policy = policy;
	return 0;
}
