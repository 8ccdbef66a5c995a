/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which containers are on this node? Runtimes write down the bundle and the
 * first process of each (a state), engines keep bundles at places of their
 * own. Both are looked at: a state tells the process, and a bundle is found
 * also where a runtime keeps no state that we can read.
 *
 * What lies in a user's directories is a user's word: taken for a bundle of
 * the same user alone.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"
#include "ocigate/fs.h"
#include "ocigate/state.h"
#include "report.h"

enum { CANDIDATES_MAX = 20000, STATE_MAX = 16 << 20, PID_MAX = 64 };

/* Directories of one container each, with state.json (runc, youki) or status (crun). */
static const char *const state_places[] = {
	"/run/containerd/runc/*/*",
	"/run/docker/runtime-runc/*/*",
	"/run/docker/runtime-crun/*/*",
	"/run/runc/*",
	"/run/crun/*",
	"/run/youki/*",
	"/run/podman/runtime/*",
	"/run/user/*/runc/*",
	"/run/user/*/crun/*",
};

/**
 * struct bundle_place - @id_up: how many components the id stands above the end; @kept: bundles stay there when their
 * container has ended, and after a restart of the node; @mixed: what is no bundle lies there too
 */
struct bundle_place {
	const char *pattern;
	unsigned id_up;
	bool kept;
	bool mixed;
};

static const struct bundle_place bundle_places[] = {
	{"/run/containerd/io.containerd.runtime.v2.task/*/*", 0, false, false},
	{"/run/k3s/containerd/io.containerd.runtime.v2.task/*/*", 0, false, false},
	{"/run/docker/containerd/daemon/io.containerd.runtime.v2.task/*/*", 0, false, false},
	{"/run/containers/storage/*-containers/*/userdata", 1, false, true},
	{"/var/lib/containers/storage/*-containers/*/userdata", 1, true, false},
	{"/home/*/.local/share/containers/storage/*-containers/*/userdata", 1, true, false},
	{"/var/lib/buildkit/*/executor/*", 0, false, true},
	{"/var/lib/docker/buildkit/executor/*", 0, false, true},
};

/* glob() gives its reporter nothing of the caller's. */
static size_t unread;

/* A place that is there and cannot be looked at may hold containers. What is another user's to see is not our loss. */
static int note_unread(int error)
{
	if (error != ENOENT && error != ENOTDIR && error != ESRCH && (error != EACCES || geteuid() == 0))
		unread++;
	return 0;
}

static int glob_failed(const char *path, int error)
{
	(void)path;
	return note_unread(error);
}

static void *open_noted(const char *path)
{
	return opendir(path);
}

/* glob() takes a directory that cannot be read to its end for one that has ended. */
static struct dirent *read_noted(void *dir)
{
	struct dirent *entry;

	errno = 0;
	entry = readdir(dir);
	if (!entry && errno != 0)
		(void)note_unread(errno);
	return entry;
}

static void close_noted(void *dir)
{
	(void)closedir(dir);
}

/* Return: 0 with the paths that fit. */
static int look_for(const char *pattern, glob_t *paths)
{
	*paths = (glob_t){
		.gl_opendir = open_noted,
		.gl_readdir = read_noted,
		.gl_closedir = close_noted,
		.gl_lstat = lstat,
		.gl_stat = stat,
	};
	return glob(pattern, GLOB_ALTDIRFUNC, glob_failed, paths);
}

static void glob_free(glob_t *paths)
{
	globfree(paths);
}

struct candidate *candidates_add(struct candidates *candidates, const char *id, const char *bundle)
{
	struct candidate *added;
	struct stat st;

	/* The same directory has several names: /var/run is /run. */
	if (stat(bundle, &st) < 0) {
		(void)note_unread(errno);
		return NULL;
	}
	for (size_t i = 0; i < candidates->n; i++)
		if (candidates->items[i].inode == st.st_ino && candidates->items[i].device == st.st_dev)
			return &candidates->items[i];
	if (candidates->n == CANDIDATES_MAX) {
		candidates->left_out++;
		return NULL;
	}
	if (candidates->n == candidates->room) {
		size_t room = candidates->room ? candidates->room * 2 : 64;
		struct candidate *larger = arena_array(candidates->arena, room, sizeof(*larger));

		if (!larger)
			return NULL;
		if (candidates->n > 0)
			memcpy(larger, candidates->items, candidates->n * sizeof(*larger));
		candidates->items = larger;
		candidates->room = room;
	}
	added = &candidates->items[candidates->n];
	*added = (struct candidate){
		.id = arena_strdup(candidates->arena, id),
		.bundle = arena_strdup(candidates->arena, bundle),
		.device = st.st_dev,
		.inode = st.st_ino,
	};
	if (!added->id || !added->bundle)
		return NULL;
	candidates->n++;
	return added;
}

/* Return: the file's text, NULL if there is none that can be read. */
static const char *read_state(struct arena *arena, int dirfd, size_t *ret_len, int64_t *ret_written)
{
	static const char *const names[] = {"state.json", "status"};
	struct err why;
	struct stat st;
	const char *text;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (fstatat(dirfd, names[i], &st, AT_SYMLINK_NOFOLLOW) < 0) {
			(void)note_unread(errno);
		} else if (fs_read_file(arena, dirfd, names[i], STATE_MAX, true, &text, ret_len, &why) == 0) {
			*ret_written = (int64_t)st.st_mtime;
			return text;
		} else if (faccessat(dirfd, names[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
			(void)note_unread(EIO);
		}
	}
	return NULL;
}

/* A user may not speak for bundles of others. */
static bool may_speak_for(const struct candidate *candidate, const struct stat *speaker)
{
	struct stat bundle;

	return speaker->st_uid == 0 || (stat(candidate->bundle, &bundle) == 0 && bundle.st_uid == speaker->st_uid);
}

static void take_state(struct candidates *candidates, const char *path)
{
	FD_AUTO int fd = fs_open_dir(AT_FDCWD, path);
	const char *id = strrchr(path, '/') + 1, *text;
	struct candidate *candidate;
	struct state state;
	struct arena scratch;
	struct stat st;
	struct err why;
	int64_t written;
	size_t len, before = candidates->n;

	if (fd < 0)
		(void)note_unread(errno);
	arena_init(&scratch, RUN_MEMORY);
	text = fd >= 0 && fstat(fd, &st) == 0 ? read_state(&scratch, fd, &len, &written) : NULL;
	if (text && decision_id_valid(id) && state_from_runtime(&scratch, text, len, id, &state, &why) == 0) {
		candidate = candidates_add(candidates, id, state.bundle);
		if (candidate && candidates->n > before && !may_speak_for(candidate, &st)) {
			candidates->n = before;
		} else if (candidate && candidate->pid == 0 && may_speak_for(candidate, &st)) {
			candidate->pid = state.pid;
			candidate->life = process_life(state.pid, written, id);
			/* crun keeps the spec that it was started with; the bundle's may have changed since. */
			if (faccessat(fd, "config.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
				candidate->config = arena_strdup(candidates->arena, path);
		}
	}
	arena_release(&scratch);
}

/* Return: 0 if there is no such file, or nothing in it that could be a pid. */
static pid_t read_pid(const char *dir, const char *name, int64_t *ret_written)
{
	FD_AUTO int dirfd = fs_open_dir(AT_FDCWD, dir);
	FD_AUTO int fd = dirfd < 0 ? -1 : openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char text[PID_MAX] = "";
	struct stat st;
	int pid = 0;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || read(fd, text, sizeof(text) - 1) <= 0)
		return 0;
	*ret_written = (int64_t)st.st_mtime;
	return sscanf(text, "%9d", &pid) == 1 && pid > 0 ? pid : 0;
}

/* podman keeps bundles with its images, and what changes below /run, under the same name. */
static const char *podman_run_dir(struct arena *arena, const char *bundle)
{
	static const char marker[] = "/containers/storage/";
	const char *rest = strstr(bundle, marker);
	struct stat st;

	if (!rest || stat(bundle, &st) < 0)
		return NULL;
	if (st.st_uid == 0)
		return arena_printf(arena, "/run%s", rest);
	return arena_printf(arena, "/run/user/%u/containers/%s", (unsigned)st.st_uid, rest + sizeof(marker) - 1);
}

static void find_process(struct arena *arena, struct candidate *candidate)
{
	const char *run_dir = podman_run_dir(arena, candidate->bundle);
	int64_t written = 0;

	candidate->pid = read_pid(candidate->bundle, "init.pid", &written);
	if (candidate->pid == 0)
		candidate->pid = read_pid(candidate->bundle, "pidfile", &written);
	if (candidate->pid == 0 && run_dir)
		candidate->pid = read_pid(run_dir, "pidfile", &written);
	if (candidate->pid > 0)
		candidate->life = process_life(candidate->pid, written, candidate->id);
}

static void take_bundle(struct candidates *candidates, const char *bundle, const struct bundle_place *place, bool all)
{
	const char *end = bundle + strlen(bundle), *start;
	const size_t before = candidates->n;
	struct candidate *candidate;
	char id[1100], config[4096];

	/* Patterns begin with a slash and have more components than are taken off. */
	for (unsigned i = 0; i < place->id_up; i++)
		end = memrchr(bundle, '/', (size_t)(end - bundle));
	start = (const char *)memrchr(bundle, '/', (size_t)(end - bundle)) + 1;
	(void)snprintf(id, sizeof(id), "%.*s", (int)(end - start), start);
	(void)snprintf(config, sizeof(config), "%s/config.json", bundle);
	if (!decision_id_valid(id) || (place->mixed && access(config, F_OK) < 0))
		return;
	candidate = candidates_add(candidates, id, bundle);
	if (!candidate || candidates->n == before)
		return;
	find_process(candidates->arena, candidate);
	if (!all && candidate->life == LIFE_UNKNOWN && place->kept)
		candidates->n = before;
}

static void drop_ended(struct candidates *candidates)
{
	size_t kept = 0;

	for (size_t i = 0; i < candidates->n; i++)
		if (candidates->items[i].life != LIFE_ENDED)
			candidates->items[kept++] = candidates->items[i];
	candidates->n = kept;
}

int candidates_find(struct candidates *candidates, bool all, struct err *err)
{
	for (size_t i = 0; i < sizeof(state_places) / sizeof(state_places[0]); i++) {
		glob_t paths __attribute__((cleanup(glob_free))) = {0};

		if (look_for(state_places[i], &paths) == 0)
			for (size_t j = 0; j < paths.gl_pathc; j++)
				take_state(candidates, paths.gl_pathv[j]);
	}
	for (size_t i = 0; i < sizeof(bundle_places) / sizeof(bundle_places[0]); i++) {
		glob_t paths __attribute__((cleanup(glob_free))) = {0};

		if (look_for(bundle_places[i].pattern, &paths) == 0)
			for (size_t j = 0; j < paths.gl_pathc; j++)
				take_bundle(candidates, paths.gl_pathv[j], &bundle_places[i], all);
	}
	if (!all)
		drop_ended(candidates);
	candidates->unread = unread;
	return candidates->arena->failed ? err_set(err, ERR_SYSTEM, "out of memory while looking for containers") : 0;
}
