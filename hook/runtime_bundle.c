/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bundle on disk. config.json is opened once, judged, and written anew
 * only if something changes: a new file beside it, then renamed over it, so
 * that a runtime finds the old text or the new one and never a part of either.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ocigate/fs.h"
#include "runtime.h"

#define CONFIG "config.json"

/* May nobody but root and the caller change what lies at @path? Links are resolved; a sticky directory keeps others from
 * renaming what is not theirs. */
static bool way_is_safe(const char *path, uid_t caller)
{
	const mode_t others = S_IWGRP | S_IWOTH;
	char way[PATH_MAX];
	struct stat st;
	size_t whole, len;

	if (!realpath(path, way))
		return false;
	whole = strlen(way);
	for (len = whole; len > 0; len = (size_t)(strrchr(way, '/') - way)) {
		way[len] = '\0';
		if (lstat(way, &st) < 0 || (st.st_uid != 0 && st.st_uid != caller))
			return false;
		/* The bundle itself, or a directory on the way to it. */
		if ((st.st_mode & others) != 0 && (len == whole || (st.st_mode & S_ISVTX) == 0))
			return false;
	}
	return true;
}

int bundle_open(struct run *run, const char *path, struct bundle *ret_bundle, struct err *err)
{
	char working[PATH_MAX] = "/";
	FD_AUTO int fd = open(path ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum bundle_owner owner;
	const char *whole;

	if (fd < 0)
		return err_sys(err, ERR_INPUT, errno, "the bundle %s cannot be opened", path ? path : ".");
	if ((!path || path[0] != '/') && !getcwd(working, sizeof(working)))
		return err_sys(err, ERR_SYSTEM, errno, "the working directory cannot be told");
	whole = path_clean(&run->arena, working, path ? path : ".");
	if (!whole)
		return err_set(err, ERR_SYSTEM, "out of memory");
	if (strcmp(whole, "/") == 0)
		return err_set(err, ERR_DENIED, "the bundle is the root directory: no engine does that");
	owner = bundle_owner_of(whole);
	if (owner != BUNDLE_OWNER_ROOT && !way_is_safe(whole, geteuid()))
		return err_set(err, ERR_INPUT,
			       "the bundle %s lies where others can change it while it is judged: make it and the "
			       "directories on the way to it writable by root alone",
			       whole);
	*ret_bundle = (struct bundle){.fd = fd_steal(&fd), .path = whole, .owner = owner};
	return 0;
}

int bundle_read(struct run *run, struct bundle *bundle, const char *id, struct err *err)
{
	FD_AUTO int fd = openat(bundle->fd, CONFIG, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, ERR_INPUT, errno, "%s/" CONFIG " cannot be opened", bundle->path);
	if (fstat(fd, &bundle->config) < 0)
		return err_sys(err, ERR_INPUT, errno, CONFIG " cannot be examined");
	if (!S_ISREG(bundle->config.st_mode))
		return err_set(err, ERR_INPUT, "%s/" CONFIG " is not a file", bundle->path);
	if (fs_read_regular(&run->arena, fd, CONFIG, (size_t)run->policy->config_max, &bundle->config, &run->text.bytes,
			    &run->text.len, err) < 0)
		return -1;
	return spec_parse_known(&run->arena, &run->text, bundle->path, id, run_recall, &run->container, err);
}

int bundle_unchanged(const struct bundle *bundle, struct err *err)
{
	const struct stat *read = &bundle->config;
	struct stat now;

	if (fstatat(bundle->fd, CONFIG, &now, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, ERR_INPUT, errno, "%s/" CONFIG " is gone", bundle->path);
	if (now.st_dev != read->st_dev || now.st_ino != read->st_ino || now.st_size != read->st_size ||
	    now.st_mtim.tv_sec != read->st_mtim.tv_sec || now.st_mtim.tv_nsec != read->st_mtim.tv_nsec ||
	    now.st_ctim.tv_sec != read->st_ctim.tv_sec || now.st_ctim.tv_nsec != read->st_ctim.tv_nsec)
		return err_set(err, ERR_INPUT, "%s/" CONFIG " was changed while it was judged", bundle->path);
	return 0;
}

int bundle_write(struct bundle *bundle, const struct text *text, struct err *err)
{
	if (bundle_unchanged(bundle, err) < 0 ||
	    fs_replace(bundle->fd, CONFIG, text->bytes, text->len, &bundle->config, err) < 0)
		return -1;
	/* What is there now is ours: nobody else may write the directory. */
	if (fstatat(bundle->fd, CONFIG, &bundle->config, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, ERR_SYSTEM, errno, "%s/" CONFIG " cannot be examined", bundle->path);
	if ((size_t)bundle->config.st_size != text->len)
		return err_set(err, ERR_SYSTEM, "%s/" CONFIG " is not as it was written", bundle->path);
	return 0;
}

int bundle_reread(const struct amend_job *job, struct run *again, const struct text *text, unsigned facts,
		  struct err *err)
{
	struct run *run = job->run;
	unsigned wanted;
	struct host host;

	again->text = *text;
	if (spec_parse(&run->arena, text, run->container.bundle, run->container.id, &again->container, err) < 0)
		return -1;
	again->container.identity = run->container.identity;
	again->container.unheld = run->container.unheld;
	wanted = engine_facts(run->policy, &again->container) & facts;
	if (wanted == 0)
		return 0;
	if (host_live(&run->arena, &again->container, NULL, wanted, &host, err) < 0)
		return -1;
	if (wanted == HOST_FACT_SECCOMP)
		again->host.seccomp = host.seccomp;
	else
		again->host = host;
	return 0;
}
