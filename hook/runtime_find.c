/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ocigate/fs.h"
#include "runtime.h"

/* Does the directory that @path lies in, and every one on the way to it, belong to root alone? */
static bool way_is_trusted(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *directory = slash ? arena_strndup(arena, path, slash == path ? 1 : (size_t)(slash - path)) : NULL;

	return directory && bundle_owner_of(directory) == BUNDLE_OWNER_ROOT;
}

static bool is_self(const struct stat *st)
{
	struct stat self;

	/* Unknown counts as yes: a loop would never end. */
	return stat("/proc/self/exe", &self) < 0 || (self.st_dev == st->st_dev && self.st_ino == st->st_ino);
}

/* A script would be started by its interpreter, which finds it by a descriptor that is closed by then; and what it
 * starts in its turn cannot be known, this wrapper included. */
static int check_program(int fd, const char *path, struct err *err)
{
	static const char elf[4] = "\177ELF";
	char head[4];

	if (pread(fd, head, sizeof(head), 0) != sizeof(head) || memcmp(head, elf, sizeof(elf)) != 0)
		return err_set(err, ERR_POLICY,
			       "the runtime %s is a script or no program at all: name the program itself", path);
	return 0;
}

/* Return: 1 if it is the one, 0 if it is this program itself, -1. */
static int check_candidate(struct arena *arena, const char *path, int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, ERR_POLICY, errno, "the runtime %s cannot be examined", path);
	if (is_self(&st))
		return 0;
	if (!S_ISREG(st.st_mode) || !fs_trusted(&st) || !way_is_trusted(arena, path))
		return err_set(err, ERR_POLICY,
			       "the runtime %s, or a directory on the way to it, can be written by others than root",
			       path);
	return check_program(fd, path, err) < 0 ? -1 : 1;
}

static int open_program(const char *path)
{
	return open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Follows a candidate that is a link; the directory that the link lies in counts as well. Return: fd, -1 with errno. */
static int open_link(struct arena *arena, const char *candidate, char *path)
{
	if (!way_is_trusted(arena, candidate)) {
		errno = EPERM;
		return -1;
	}
	return realpath(candidate, path) ? open_program(path) : -1;
}

/* Return: 1 with the runtime, 0 if this candidate is none, -1. */
static int try_candidate(struct arena *arena, const char *candidate, struct real_runtime *ret_runtime, struct err *err)
{
	FD_AUTO int fd = open_program(candidate);
	char target[PATH_MAX];
	const char *path = candidate;
	int good;

	if (fd < 0 && errno == ELOOP) {
		fd = open_link(arena, candidate, target);
		path = target;
	}
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return err_sys(err, ERR_POLICY, errno, "the runtime %s cannot be opened", candidate);
	good = check_candidate(arena, path, fd, err);
	if (good != 1)
		return good;
	ret_runtime->path = arena_strdup(arena, path);
	if (!ret_runtime->path)
		return err_set(err, ERR_SYSTEM, "out of memory");
	ret_runtime->fd = fd_steal(&fd);
	return 1;
}

static bool is_there(const char *root, const char *id, const char *name)
{
	char path[PATH_MAX];
	const int len = snprintf(path, sizeof(path), "%s/%s/%s", root, id, name);

	return len > 0 && (size_t)len < sizeof(path) && access(path, F_OK) == 0;
}

static enum runtime_maker maker_of(const char *root, const char *id)
{
	const bool runc = is_there(root ? root : "/run/runc", id, "state.json");
	const bool crun = is_there(root ? root : "/run/crun", id, "status");

	if (runc == crun)
		return MAKER_UNKNOWN;
	return crun ? MAKER_CRUN : MAKER_RUNC;
}

/* Where the id stands in a command line that is handed on is not known: a word that is a container's is it. */
enum runtime_maker runtime_maker(const struct runtime_args *args)
{
	enum runtime_maker maker = MAKER_UNKNOWN;

	if (args->verb != VERB_OTHER && args->verb != VERB_EXEC)
		return MAKER_UNKNOWN;
	if (args->id)
		return maker_of(args->values[VALUE_ROOT], args->id);
	for (size_t i = 1; i < args->argc && maker == MAKER_UNKNOWN; i++)
		if (decision_id_valid(args->argv[i]))
			maker = maker_of(args->values[VALUE_ROOT], args->argv[i]);
	return maker;
}

static bool is_called(const struct real_runtime *runtime, const char *name)
{
	const char *slash = runtime->path ? strrchr(runtime->path, '/') : NULL;

	return slash && strncmp(slash + 1, name, strlen(name)) == 0;
}

static bool is_other(const struct real_runtime *runtime, enum runtime_maker maker)
{
	return (maker == MAKER_RUNC && is_called(runtime, "crun")) ||
	       (maker == MAKER_CRUN && is_called(runtime, "runc"));
}

int runtime_find(struct arena *arena, const struct policy *policy, const char *wrapper, enum runtime_maker maker,
		 struct real_runtime *ret_runtime, struct err *err)
{
	bool other = false;

	for (size_t i = 0; i < policy->n_wrappers; i++) {
		const struct strings *candidates = &policy->wrappers[i].candidates;

		if (strcmp(policy->wrappers[i].name, wrapper) != 0)
			continue;
		for (size_t j = 0; j < candidates->n; j++) {
			struct real_runtime runtime = {.fd = -1};
			int found = try_candidate(arena, candidates->items[j], &runtime, err);

			if (found < 0)
				return -1;
			if (found > 0 && !is_other(&runtime, maker)) {
				*ret_runtime = runtime;
				return 0;
			}
			other = other || found > 0;
			fd_close(&runtime.fd);
		}
		if (other)
			return err_set(err, ERR_POLICY, "the container was started by %s, which is not on this node",
				       maker == MAKER_CRUN ? "crun" : "runc");
		return err_set(err, ERR_POLICY, "none of the runtimes that the policy names for %s is on this node",
			       wrapper);
	}
	return err_set(err, ERR_POLICY, "the policy names no runtime for %s (runtime, candidates)", wrapper);
}

bool runtime_is_crun(const struct real_runtime *runtime)
{
	return is_called(runtime, "crun");
}

int runtime_self(struct arena *arena, const char **ret_path, struct err *err)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (len <= 0)
		return err_sys(err, ERR_SYSTEM, errno, "cannot tell where ocigate itself lies");
	path[len] = '\0';
	*ret_path = arena_strdup(arena, path);
	return *ret_path ? 0 : err_set(err, ERR_SYSTEM, "out of memory");
}

int runtime_self_trusted(struct arena *arena, const char *path, struct err *err)
{
	struct stat self, there;

	if (stat("/proc/self/exe", &self) < 0 || lstat(path, &there) < 0 || self.st_dev != there.st_dev ||
	    self.st_ino != there.st_ino)
		return err_set(err, ERR_SYSTEM, "ocigate was replaced while it ran (%s): try again", path);
	if (!fs_trusted(&there) || !way_is_trusted(arena, path))
		return err_set(err, ERR_SYSTEM, "ocigate itself (%s) can be written by others than root", path);
	return 0;
}
