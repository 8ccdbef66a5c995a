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

/* struct watch - whose end wakes the watcher, and which program is not yet the container's */
struct watch {
	struct arena *arena;
	struct started *started;
	struct host_runtime runtime;
	struct host host;
};

/* @looks: how many at most, 0: until it begins or ends */
static enum start await_start(struct watch *watch, unsigned looks)
{
	struct pollfd end = {.fd = watch->started->pidfd, .events = POLLIN};
	enum start start = START_NOT_YET;

	for (unsigned i = 0; start == START_NOT_YET && (looks == 0 || i < looks); i++) {
		start = host_process_read(watch->arena, watch->started->procfd, &watch->runtime, &watch->host);
		if (start == START_NOT_YET)
			(void)poll(&end, 1, i < LOOKS_FAST ? FAST_MILLISECONDS : SLOW_MILLISECONDS);
	}
	return start;
}

/* The first process of a pid namespace takes all others in it along. */
static void kill_process(struct run *run, const struct started *started)
{
	if (syscall(SYS_pidfd_send_signal, started->pidfd, SIGKILL, NULL, 0) == 0)
		decision_note(&run->decision, "the container was killed");
	else
		decision_note(&run->decision, errno == ESRCH ? "the container's process ended by itself"
							     : "the container could not be killed");
}

static void say_ended(struct run *run)
{
	run->decision.verdict = VERDICT_ADMIT;
	decision_note(&run->decision, "its process ended before it could be compared with its spec");
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

/* Whether AppArmor is on decides where a process's label stands: asked of the kernel alone, of no container. */
static int watch_start(struct watch *watch, struct err *err)
{
	static const struct container none;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)getppid());
	if (stat(path, &watch->runtime.program) < 0)
		return err_sys(err, ERR_SYSTEM, errno, "the runtime that called cannot be told");
	watch->runtime.filters = host_seccomp_filters(getppid());
	return host_live(watch->arena, &none, NULL, HOST_FACT_APPARMOR, &watch->host, err);
}

static int look(struct run *run, const struct state *state, struct started *started, struct err *err)
{
	struct watch watch = {.arena = &run->arena, .started = started};

	if (watch_start(&watch, err) < 0)
		return -1;
	started->start = await_start(&watch, LOOKS_HERE);
	if (started->start == START_NOT_YET) {
		if (!become_watcher())
			return err_sys(err, ERR_SYSTEM, errno, "its process cannot be watched");
		started->start = await_start(&watch, 0);
	}
	started->process = watch.host.process;
	if (started->start == START_RUNNING)
		host_pin(state->pid, &started->pin);
	return 0;
}

int poststart_await(struct run *run, const struct state *state, int process_fd, struct started *ret_started)
{
	struct err err;

	*ret_started = (struct started){
		.pidfd = (int)syscall(SYS_pidfd_open, state->pid, 0),
		.procfd = openat(process_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.start = START_ENDED,
		.pin = {.rootfd = -1},
	};
	/* The directory still shows the process: the number cannot have gone to another one before pidfd was opened. */
	if (ret_started->pidfd < 0 || ret_started->procfd < 0 || faccessat(ret_started->procfd, "ns", F_OK, 0) < 0) {
		return 0;
	}
	if (look(run, state, ret_started, &err) < 0) {
		(void)run_fail(run, &err);
		kill_process(run, ret_started);
		return -1;
	}
	return 0;
}

int poststart_judge(struct run *run, const struct state *state, const struct started *started)
{
	struct err err;

	if (started->start == START_ENDED) {
		say_ended(run);
		return 0;
	}
	run->container.started = true;
	if (host_live_pinned(&run->arena, &run->container, state, &started->pin,
			     engine_facts(run->policy, &run->container), &run->host, &err) < 0) {
		(void)run_fail(run, &err);
		kill_process(run, started);
		return -1;
	}
	run->host.process = started->process;
	host_process_mounts(&run->arena, &run->container, started->pin.rootfd, &run->host.process);
	run_judge(run, JUDGE_HOOK);
	if (run->decision.verdict != VERDICT_ADMIT)
		kill_process(run, started);
	return 0;
}
