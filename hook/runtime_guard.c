/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common.h"
#include "runtime.h"

/* Engines wait longer than this; a file system that hangs must not hang them for ever. */
enum { DEADLINE_SECONDS = 20 };

/* A file of ours must not become the runtime's stdin, stdout or stderr: it is closed again at the exec. */
static void fill_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR | O_CLOEXEC) != fd)
			start_failed();
}

void runtime_guard_start(struct runtime_guard *guard)
{
	static const struct sigaction ignore = {.sa_handler = SIG_IGN};

	crash_guard_start(&guard->crash);
	fill_standard_fds();
	if (sigprocmask(SIG_BLOCK, NULL, &guard->mask) < 0 || sigaction(SIGALRM, NULL, &guard->on_alarm) < 0 ||
	    sigaction(SIGPIPE, &ignore, &guard->on_pipe) < 0 || getitimer(ITIMER_REAL, &guard->timer) < 0)
		start_failed();
	/* Of this program alone: the exec of the runtime sets it anew. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	deadline_start(DEADLINE_SECONDS);
}

void runtime_guard_end(const struct runtime_guard *guard)
{
	/* The timer first: it would outlive the exec, its handler would not. */
	if (setitimer(ITIMER_REAL, &guard->timer, NULL) < 0 || sigaction(SIGALRM, &guard->on_alarm, NULL) < 0 ||
	    sigaction(SIGPIPE, &guard->on_pipe, NULL) < 0 || sigprocmask(SIG_SETMASK, &guard->mask, NULL) < 0 ||
	    crash_guard_end(&guard->crash) < 0)
		start_failed();
}
