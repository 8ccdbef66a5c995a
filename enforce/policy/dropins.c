/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files make the policy (UAPI configuration files specification):
 * "*.json" of every directory, sorted by name across all of them; of equal
 * names the one in the last directory; an empty file or a link to /dev/null
 * takes part in that and then says nothing.
 *
 * While we read, an editor or a package may be at work. A directory that
 * changed between the first and the last look is read again, so that no file
 * is missed that was merely being renamed.
 */
#include "dropins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "ocigate/str.h"

/* A file that counts, before it is opened. */
struct entry {
	const char *name;
	size_t directory;
};

struct entries {
	struct entry *items;
	size_t n;
	size_t room;
};

/* What one attempt at reading knows. */
struct attempt {
	struct arena *arena;
	enum sources_for use;
	struct problems *problems;
	const struct strings *directories;
	int fds[DROP_IN_DIRECTORIES_MAX];
	struct stat before[DROP_IN_DIRECTORIES_MAX];
	struct entries entries;
	struct sources *sources;
};

struct source *sources_append(struct arena *arena, const struct source *source, struct problems *problems,
			      struct sources *sources)
{
	if (sources->n == sources->room) {
		size_t room = sources->room ? sources->room * 2 : 16;
		struct source *larger = arena_array(arena, room, sizeof(*larger));

		if (!larger) {
			problems->failed = true;
			return NULL;
		}
		if (sources->n > 0)
			memcpy(larger, sources->items, sources->n * sizeof(*larger));
		sources->items = larger;
		sources->room = room;
	}
	sources->items[sources->n] = *source;
	return &sources->items[sources->n++];
}

static void add_source(struct attempt *attempt, const struct source *source)
{
	(void)sources_append(attempt->arena, source, attempt->problems, attempt->sources);
}

static int add_entry(struct attempt *attempt, const char *name, size_t directory)
{
	struct entries *entries = &attempt->entries;
	const char *copy = arena_strdup(attempt->arena, name);

	if (entries->n == entries->room) {
		size_t room = entries->room ? entries->room * 2 : 16;
		struct entry *larger = arena_array(attempt->arena, room, sizeof(*larger));

		if (!larger)
			return -1;
		if (entries->n > 0)
			memcpy(larger, entries->items, entries->n * sizeof(*larger));
		entries->items = larger;
		entries->room = room;
	}
	entries->items[entries->n++] = (struct entry){copy, directory};
	return copy ? 0 : -1;
}

/* Editors leave hidden files behind; they are never meant. */
static bool is_drop_in(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > 5 && strcmp(name + len - 5, ".json") == 0;
}

static int list_directory(struct attempt *attempt, size_t index)
{
	const char *path = attempt->directories->items[index];
	int copy = fcntl(attempt->fds[index], F_DUPFD_CLOEXEC, 3);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	int result = 0;

	if (!dir) {
		problems_add(attempt->problems, false, path, "", "cannot be listed: %s", strerror(errno));
		fd_close(&copy);
		return -1;
	}
	rewinddir(dir);
	for (errno = 0; result == 0 && (entry = readdir(dir)); errno = 0)
		if (is_drop_in(entry->d_name) && attempt->entries.n <= DROP_INS_MAX)
			result = add_entry(attempt, entry->d_name, index);
	if (result < 0)
		attempt->problems->failed = true;
	else if (errno != 0)
		problems_add(attempt->problems, false, path, "", "cannot be listed: %s", strerror(errno));
	closedir(dir);
	return result;
}

static int open_any(const char *path, int *ret_fd, struct stat *ret_st, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT)
		return err_sys(err, ERR_POLICY, errno, "%s cannot be opened", path);
	if (fd >= 0 && fstat(fd, ret_st) < 0)
		return err_sys(err, ERR_POLICY, errno, "%s cannot be examined", path);
	*ret_fd = fd;
	return 0;
}

static int open_wanted(struct attempt *attempt, const char *path, int *ret_fd, struct stat *ret_st, struct err *err)
{
	if (attempt->use == SOURCES_LINT)
		return open_any(path, ret_fd, ret_st, err);
	return trusted_directory(attempt->arena, path, false, ret_fd, ret_st, err);
}

static void open_directory(struct attempt *attempt, size_t index)
{
	const char *path = attempt->directories->items[index];
	struct source source = {.path = path};
	struct err err;

	if (open_wanted(attempt, path, &attempt->fds[index], &attempt->before[index], &err) < 0) {
		problems_add(attempt->problems, false, path, "", "%s", err.text);
		return;
	}
	source.kind = attempt->fds[index] < 0 ? SOURCE_ABSENT : SOURCE_DIRECTORY;
	source.st = attempt->before[index];
	add_source(attempt, &source);
	if (attempt->fds[index] >= 0)
		(void)!list_directory(attempt, index);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order ? order : (left->directory > right->directory) - (left->directory < right->directory);
}

/* Return: 1 for a mask, 0 for another link, -1 with errno. */
static int link_is_mask(int dirfd, const char *name, struct stat *ret_st)
{
	struct stat target;

	if (fstatat(dirfd, name, ret_st, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (!S_ISLNK(ret_st->st_mode) || fstatat(dirfd, name, &target, 0) < 0)
		return 0;
	return S_ISCHR(target.st_mode) && target.st_rdev == makedev(1, 3);
}

static void read_link(struct attempt *attempt, int dirfd, const char *name, const char *path)
{
	struct source source = {.kind = SOURCE_MASK, .path = path};
	int mask = link_is_mask(dirfd, name, &source.st);

	if (mask < 0)
		problems_add(attempt->problems, false, path, "", "cannot be examined: %s", strerror(errno));
	else if (mask == 0)
		problems_add(attempt->problems, false, path, "",
			     "is a symbolic link; only one to /dev/null is taken: it masks the name");
	if (mask <= 0)
		return;
	add_source(attempt, &source);
}

/*
 * Whoever writes a file in place empties it first. That moment must not mask it. A file's clock may be some
 * milliseconds before ours (Linux 6.13), and so in the next second already.
 */
static bool is_recent(const struct stat *st)
{
	int64_t age = (int64_t)time(NULL) - st->st_ctim.tv_sec;

	return age >= -1 && age < EMPTY_FILE_SECONDS;
}

static void read_opened(struct attempt *attempt, int fd, const char *path, enum source_kind kind)
{
	struct source source = {.kind = kind, .path = path};
	const char *fault;
	struct err err;

	if (fstat(fd, &source.st) < 0) {
		problems_add(attempt->problems, false, path, "", "cannot be examined: %s", strerror(errno));
		return;
	}
	fault = attempt->use == SOURCES_FORCE ? trust_fault(attempt->arena, &source.st) : NULL;
	if (!S_ISREG(source.st.st_mode))
		fault = "is not a regular file";
	if (fault) {
		problems_add(attempt->problems, false, path, "", "%s", fault);
		return;
	}
	if (fs_read_regular(attempt->arena, fd, path, DROP_IN_BYTES_MAX, &source.st, &source.text, &source.len, &err) <
	    0) {
		problems_add(attempt->problems, false, path, "", "%s", err.text);
		return;
	}
	if (source.len == 0 && kind == SOURCE_FILE && is_recent(&source.st)) {
		problems_add(attempt->problems, false, path, "",
			     "is empty since a moment only: it may be being written");
		return;
	}
	if (source.len == 0 && kind == SOURCE_FILE)
		source.kind = SOURCE_MASK;
	add_source(attempt, &source);
}

static void read_entry(struct attempt *attempt, const struct entry *entry)
{
	int dirfd = attempt->fds[entry->directory];
	const char *directory = attempt->directories->items[entry->directory];
	const char *path = arena_printf(attempt->arena, "%s/%s", directory, entry->name);
	FD_AUTO int fd = openat(dirfd, entry->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (!path)
		attempt->problems->failed = true;
	else if (fd < 0 && errno == ELOOP)
		read_link(attempt, dirfd, entry->name, path);
	else if (fd < 0)
		problems_add(attempt->problems, false, path, "", "cannot be opened: %s", strerror(errno));
	else
		read_opened(attempt, fd, path, SOURCE_FILE);
}

static bool directory_changed(const struct attempt *attempt, size_t index)
{
	const struct stat *before = &attempt->before[index];
	struct stat now;

	if (attempt->fds[index] < 0)
		return false;
	return fstat(attempt->fds[index], &now) < 0 || now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != before->st_mtim.tv_nsec || now.st_ctim.tv_sec != before->st_ctim.tv_sec ||
	       now.st_ctim.tv_nsec != before->st_ctim.tv_nsec;
}

/* Return: true when the directories stood still. */
static bool read_once(struct attempt *attempt)
{
	struct entries *entries = &attempt->entries;
	bool still = true;

	for (size_t i = 0; i < attempt->directories->n; i++)
		attempt->fds[i] = -1;
	for (size_t i = 0; i < attempt->directories->n; i++)
		open_directory(attempt, i);
	if (entries->n > DROP_INS_MAX)
		problems_add(attempt->problems, false, attempt->directories->items[0], "", "more than %d drop-ins",
			     DROP_INS_MAX);
	else if (entries->n > 0)
		qsort(entries->items, entries->n, sizeof(*entries->items), compare_entries);
	for (size_t i = 0; entries->n <= DROP_INS_MAX && i < entries->n; i++)
		if (i + 1 == entries->n || strcmp(entries->items[i].name, entries->items[i + 1].name) != 0)
			read_entry(attempt, &entries->items[i]);
	for (size_t i = 0; i < attempt->directories->n; i++) {
		still = still && !directory_changed(attempt, i);
		fd_close(&attempt->fds[i]);
	}
	return still;
}

int sources_read(struct arena *arena, const struct strings *directories, enum sources_for use,
		 struct problems *problems, struct sources *ret_sources)
{
	size_t n = problems->n, errors = problems->errors;

	if (directories->n > DROP_IN_DIRECTORIES_MAX) {
		problems_add(problems, false, directories->items[DROP_IN_DIRECTORIES_MAX], "",
			     "more than %d policy directories", DROP_IN_DIRECTORIES_MAX);
		return -1;
	}
	for (int try = 0; try < DROP_IN_TRIES; try++) {
		struct sources sources = {0};
		struct attempt attempt = {.arena = arena,
					  .use = use,
					  .problems = problems,
					  .directories = directories,
					  .sources = &sources};

		problems->n = n;
		problems->errors = errors;
		if (!read_once(&attempt) && !problems->failed)
			continue;
		*ret_sources = sources;
		return problems->errors > errors || problems->failed ? -1 : 0;
	}
	problems->n = n;
	problems->errors = errors;
	problems_add(problems, false, directories->items[0], "",
		     "the policy directories keep changing while they are read");
	return -1;
}

void sources_add(struct arena *arena, const char *path, struct problems *problems, struct sources *sources)
{
	struct attempt attempt = {.arena = arena, .use = SOURCES_LINT, .problems = problems, .sources = sources};
	FD_AUTO int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		problems_add(problems, false, path, "", "cannot be opened: %s", strerror(errno));
	else
		read_opened(&attempt, fd, path, SOURCE_FILE);
}

static void unknown_preset(struct attempt *attempt, int dirfd, const char *name, const char *wanted_by)
{
	const char **names;
	const char *near;

	attempt->fds[0] = dirfd;
	if (list_directory(attempt, 0) < 0)
		return;
	names = arena_array(attempt->arena, attempt->entries.n, sizeof(*names));
	for (size_t i = 0; names && i < attempt->entries.n; i++)
		names[i] = arena_strndup(attempt->arena, attempt->entries.items[i].name,
					 strlen(attempt->entries.items[i].name) - strlen(".json"));
	if (!names || attempt->arena->failed) {
		attempt->problems->failed = true;
		return;
	}
	near = str_nearest(name, names, attempt->entries.n);
	problems_add(attempt->problems, false, wanted_by, "/preset", "unknown preset \"%s\"%s%s%s", name,
		     near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

int sources_read_preset(struct arena *arena, const char *directory, const char *name, const char *wanted_by,
			enum sources_for use, struct problems *problems, struct sources *sources)
{
	struct strings directories = {&directory, 1};
	struct attempt attempt = {
		.arena = arena, .use = use, .problems = problems, .directories = &directories, .sources = sources};
	const char *path = arena_printf(arena, "%s/%s.json", directory, name);
	size_t errors = problems->errors;
	FD_AUTO int dirfd = -1;
	FD_AUTO int fd = -1;
	struct stat st;
	struct err err;

	if (open_wanted(&attempt, directory, &dirfd, &st, &err) < 0)
		problems_add(problems, false, directory, "", "%s", err.text);
	else if (dirfd < 0)
		problems_add(problems, false, wanted_by, "/preset", "preset \"%s\": there is no %s", name, directory);
	else if (!path || strchr(name, '/') || name[0] == '.' ||
		 (fd = openat(dirfd, strrchr(path, '/') + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) < 0)
		unknown_preset(&attempt, dirfd, name, wanted_by);
	else
		read_opened(&attempt, fd, path, SOURCE_PRESET);
	return problems->errors > errors || problems->failed ? -1 : 0;
}
