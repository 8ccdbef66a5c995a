/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Saving a container: its bundle and what the kernel says about it, so that it
 * can be judged again with `ocigate check`, here or on another machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "ocigate/fs.h"
#include "ocigate/host.h"
#include "ocigate/spec.h"
#include "options.h"
#include "verbs.h"

enum { OPTION_ROOT, ROOTS_MAX = 8, STATE_MAX = 16 << 20 };

static const struct option options[] = {
	[OPTION_ROOT] = {"root", "DIR",
			 "Where the runtime keeps its state, besides the usual places (may be repeated)"},
};

static const struct command command = {
	.name = "record",
	.synopsis = "[--root DIR]... ID|- DIR",
	.about = "Save the bundle of a container and what the kernel says about it into the new directory DIR, to be "
		 "judged\n"
		 "again with ocigate check DIR. The container is found by its whole id among those of runc, crun and "
		 "youki; for\n"
		 "\"-\" its state (OCI runtime-spec, \"State\") comes on stdin, as a hook gets it.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
};

/* Where runtimes are told to keep their state by the engines that call them. */
static const char *const usual_roots[] = {
	"/run/containerd/runc/k8s.io",
	"/run/containerd/runc/moby",
	"/run/containerd/runc/default",
	"/run/docker/runtime-runc/moby",
	"/run/docker/runtime-crun/moby",
	"/run/runc",
	"/run/crun",
	"/run/youki",
	"/run/podman/runtime",
};

/** struct request - the command line. @roots: of --root, before the usual ones */
struct request {
	const char *roots[ROOTS_MAX];
	size_t n_roots;
	const char *id;
	const char *dir;
};

/**
 * struct found - a container. @config_fd: directory whose config.json the runtime used: the bundle, or where the runtime
 * keeps a copy of its own
 */
struct found {
	struct state state;
	int config_fd;
};

static int take_option(void *context, int option, const char *value, struct err *err)
{
	struct request *request = context;

	(void)option;
	if (request->n_roots == ROOTS_MAX)
		return err_set(err, ERR_USAGE, "more than %d --root", ROOTS_MAX);
	request->roots[request->n_roots++] = value;
	return 0;
}

static int take_operand(void *context, const char *value, struct err *err)
{
	struct request *request = context;

	if (request->dir)
		return err_set(err, ERR_USAGE, "record takes an ID and a DIR, not %.60s as well", value);
	if (request->id)
		request->dir = value;
	else
		request->id = value;
	return 0;
}

/* Return: 0 to go on, ARGUMENT_DONE, or -1 with ERR_USAGE. */
static int parse(int argc, char **argv, struct request *request, struct err *err)
{
	static const struct takers takers = {take_option, take_operand};
	int got = arguments_take(&command, argc, argv, &takers, request, err);

	if (got < 0)
		return got;
	if (!request->dir)
		return err_set(err, ERR_USAGE, "record needs an ID and a DIR");
	if (request->id[0] == '\0' || strchr(request->id, '/') || strcmp(request->id, ".") == 0 ||
	    strcmp(request->id, "..") == 0)
		return err_set(err, ERR_USAGE, "\"%.60s\" is no container id", request->id);
	return 0;
}

static int open_bundle(const char *bundle, int *ret_fd, struct err *err)
{
	*ret_fd = fs_open_dir(AT_FDCWD, bundle);
	return *ret_fd < 0 ? err_sys(err, ERR_INPUT, errno, "the bundle %s cannot be opened", bundle) : 0;
}

/* Return: 1 if the container is there, 0 if not, -1 with the reason why what is there cannot be used. */
static int look_in(struct arena *arena, const char *root, const char *id, struct found *found, struct err *err)
{
	static const char *const names[] = {"state.json", "status"};
	FD_AUTO int root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	FD_AUTO int fd = root_fd < 0 ? -1 : fs_open_dir(root_fd, id);

	for (size_t i = 0; fd >= 0 && i < sizeof(names) / sizeof(names[0]); i++) {
		const char *text;
		size_t len;

		if (faccessat(fd, names[i], F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (fs_read_file(arena, fd, names[i], STATE_MAX, true, &text, &len, err) < 0 ||
		    state_from_runtime(arena, text, len, id, &found->state, err) < 0)
			return err_wrap(err, "%s/%s", root, id);
		/* crun keeps the spec that it was started with; the bundle's may have changed since. */
		if (faccessat(fd, "config.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			found->config_fd = fd_steal(&fd);
		else if (open_bundle(found->state.bundle, &found->config_fd, err) < 0)
			return -1;
		return 1;
	}
	return 0;
}

static int find(struct arena *arena, const struct request *request, struct found *found, struct err *err)
{
	size_t n_usual = sizeof(usual_roots) / sizeof(usual_roots[0]);
	int got = 0;

	if (strcmp(request->id, "-") == 0) {
		if (state_from_fd(arena, STDIN_FILENO, &found->state, err) < 0)
			return -1;
		return open_bundle(found->state.bundle, &found->config_fd, err);
	}
	for (size_t i = 0; got == 0 && i < request->n_roots + n_usual; i++)
		got = look_in(arena, i < request->n_roots ? request->roots[i] : usual_roots[i - request->n_roots],
			      request->id, found, err);
	if (got == 0)
		return err_set(err, ERR_INPUT, "no container %.80s is known to runc, crun or youki (see --root)",
			       request->id);
	return got < 0 ? -1 : 0;
}

static int make_dir(const char *path, int *ret_dir, int *ret_host, struct err *err)
{
	if (mkdir(path, 0700) < 0)
		return err_sys(err, ERR_SYSTEM, errno, "%s cannot be made", path);
	*ret_dir = fs_open_dir(AT_FDCWD, path);
	if (*ret_dir < 0 || mkdirat(*ret_dir, "host", 0700) < 0)
		return err_sys(err, ERR_SYSTEM, errno, "%s/host cannot be made", path);
	*ret_host = fs_open_dir(*ret_dir, "host");
	return *ret_host < 0 ? err_sys(err, ERR_SYSTEM, errno, "%s/host cannot be opened", path) : 0;
}

static int record(struct arena *arena, const struct request *request, struct found *found, struct err *err)
{
	FD_AUTO int dir = -1;
	FD_AUTO int host = -1;
	const struct state *state = &found->state;
	struct container container;
	struct text text;
	struct err refused;
	char *document;
	bool strict;

	if (spec_load(arena, found->config_fd, "config.json", SPEC_MAX_BYTES, &text, err) < 0)
		return -1;
	/* A spec that is refused is worth recording all the more. */
	strict = spec_parse(arena, &text, state->bundle, state->id, &container, &refused) == 0;
	if (strict)
		identity_of(arena, &container, bundle_owner_of(state->bundle));
	document = state_write(arena, state);
	if (!document)
		return err_set(err, ERR_SYSTEM, "out of memory");
	if (make_dir(request->dir, &dir, &host, err) < 0 ||
	    fs_write_atomic(dir, "config.json", text.bytes, text.len, 0600, err) < 0 ||
	    fs_write_atomic(dir, "state.json", document, strlen(document), 0600, err) < 0)
		return -1;
	if (strict && sandbox_text(arena, &container, &text) &&
	    fs_write_atomic(dir, SANDBOX_CONFIG, text.bytes, text.len, 0600, err) < 0)
		return -1;
	return host_record(arena, strict ? &container : NULL, state, host, err);
}

int verb_record(int argc, char **argv)
{
	struct request request = {.n_roots = 0};
	struct found found = {.config_fd = -1};
	struct arena arena;
	struct err err;
	int got, status = 0;

	harden();
	arena_init(&arena, RUN_MEMORY);
	got = parse(argc, argv, &request, &err);
	if (got == ARGUMENT_DONE)
		return 0;
	if (got < 0)
		return usage_error(&err, "record");
	if (find(&arena, &request, &found, &err) < 0 || record(&arena, &request, &found, &err) < 0)
		status = failure(&err);
	fd_close(&found.config_fd);
	arena_release(&arena);
	return status;
}
