/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exec.h"
#include "ocigate/fs.h"

/* Descriptors from 3 on that the container gets: --preserve-fds and the service manager's sockets. */
static int count_preserved(const struct runtime_args *args)
{
	const char *given = args->values[VALUE_PRESERVE_FDS], *sockets = getenv("LISTEN_FDS");
	long n = (given ? strtol(given, NULL, 10) : 0) + (sockets ? strtol(sockets, NULL, 10) : 0);

	return n > 0 && n < 1024 ? (int)n : 0;
}

static int sealed_memory(const struct text *text, struct err *err)
{
	FD_AUTO int fd = memfd_create("ocigate-process", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	size_t done = 0;

	if (fd < 0)
		return err_sys(err, ERR_SYSTEM, errno, "the judged process cannot be handed over");
	while (done < text->len) {
		ssize_t n = write(fd, text->bytes + done, text->len - done);

		if (n < 0 && errno != EINTR)
			return err_sys(err, ERR_SYSTEM, errno, "the judged process cannot be handed over");
		done += n > 0 ? (size_t)n : 0;
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return err_sys(err, ERR_SYSTEM, errno, "the judged process cannot be sealed");
	return fd_steal(&fd);
}

int exec_hand_over(struct arena *arena, struct runtime_args *args, const struct text *text, struct err *err)
{
	FD_AUTO int fd = sealed_memory(text, err);
	const char *path;
	int high;

	if (fd < 0)
		return -1;
	/* Open past the exec, unlike everything else of ours. */
	high = fcntl(fd, F_DUPFD, 3 + count_preserved(args));
	if (high < 0)
		return err_sys(err, ERR_SYSTEM, errno, "the judged process cannot be handed over");
	path = arena_printf(arena, "/proc/self/fd/%d", high);
	if (!path)
		return err_set(err, ERR_SYSTEM, "out of memory");
	args->argv[args->value_at[VALUE_PROCESS]] = path;
	return 0;
}
