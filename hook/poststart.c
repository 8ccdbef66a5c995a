/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crun calls this hook once init was let go; runc at the end of create, before
 * anybody has asked for the start, and waits for the hook. So where the
 * program has not begun, a watcher of our own waits for it, for days if need
 * be: it sleeps on the process's end and looks up ever more seldom.
 */
#include "poststart.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ocigate/fs.h"

/* Between crun's word and the first instruction it takes some of these; later than LOOKS_FAST it is a wait for `start`. */
enum { LOOKS_HERE = 40, LOOKS_FAST = 1000, FAST_MILLISECONDS = 5, SLOW_MILLISECONDS = 100 };

/* struct watch - the process: its directory in /proc, a descriptor that becomes readable at its end */
struct watch {
	struct run *run;
	int procfd;
	int pidfd;
	struct stat runtime;
};

/* @looks: how many at most, 0: until it begins or ends */
static enum start await_start(const struct watch *watch, unsigned looks)
{
	struct pollfd end = {.fd = watch->pidfd, .events = POLLIN};
	enum start start = START_NOT_YET;

	for (unsigned i = 0; start == START_NOT_YET && (looks == 0 || i < looks); i++) {
		start = host_process_read(&watch->run->arena, watch->procfd, &watch->runtime, &watch->run->host);
		if (start == START_NOT_YET)
			(void)poll(&end, 1, i < LOOKS_FAST ? FAST_MILLISECONDS : SLOW_MILLISECONDS);
	}
	return start;
}

/* The first process of a pid namespace takes all others in it along. */
static void kill_process(const struct watch *watch)
{
	if (syscall(SYS_pidfd_send_signal, watch->pidfd, SIGKILL, NULL, 0) == 0)
		decision_note(&watch->run->decision, "the container was killed");
	else
		decision_note(&watch->run->decision, errno == ESRCH ? "the container's process ended by itself"
								    : "the container could not be killed");
}

static void say_ended(struct run *run)
{
	run->decision.verdict = VERDICT_ADMIT;
	decision_note(&run->decision, "its process ended before it could be compared with its spec");
}

static void compare(const struct watch *watch, enum start start)
{
	if (start == START_ENDED) {
		say_ended(watch->run);
		return;
	}
	run_judge(watch->run, JUDGE_HOOK);
	if (watch->run->decision.verdict != VERDICT_ADMIT)
		kill_process(watch);
}

/* Nobody waits for it, and it holds on to nothing of the hook's: a runtime waits until stdout and stderr are closed. */
static void leave_hook(void)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			_exit(1);
	(void)alarm(0);
	(void)setsid();
	(void)signal(SIGHUP, SIG_IGN);
}

/* Return: true in the watcher, which goes on in the hook's place; false if there can be none. The hook itself ends. */
static bool become_watcher(void)
{
	pid_t child = fork();

	if (child < 0)
		return false;
	if (child > 0)
		_exit(0);
	leave_hook();
	if (fork() != 0)
		_exit(0);
	return true;
}

static int look(struct watch *watch, const struct state *state, struct err *err)
{
	struct run *run = watch->run;
	enum start start;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)getppid());
	if (stat(path, &watch->runtime) < 0)
		return err_sys(err, ERR_SYSTEM, errno, "the runtime that called cannot be told");
	run->container.started = true;
	if (host_live(&run->arena, &run->container, state, engine_facts(run->policy, &run->container), &run->host,
		      err) < 0)
		return -1;
	start = await_start(watch, LOOKS_HERE);
	if (start == START_NOT_YET) {
		if (!become_watcher())
			return err_sys(err, ERR_SYSTEM, errno, "its process cannot be watched");
		start = await_start(watch, 0);
	}
	compare(watch, start);
	return 0;
}

int poststart_judge(struct run *run, const struct state *state, int process_fd)
{
	FD_AUTO int pidfd = (int)syscall(SYS_pidfd_open, state->pid, 0);
	FD_AUTO int procfd = openat(process_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct watch watch = {run, procfd, pidfd, {0}};
	struct err err;

	/* The directory still shows the process: the number cannot have gone to another one before pidfd was opened. */
	if (pidfd < 0 || procfd < 0 || faccessat(procfd, "ns", F_OK, 0) < 0) {
		say_ended(run);
		return 0;
	}
	if (look(&watch, state, &err) < 0) {
		(void)run_fail(run, &err);
		kill_process(&watch);
		return -1;
	}
	return 0;
}
