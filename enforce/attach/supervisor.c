/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor: holds every thread of a container's init from the hook's end
 * until the program is about to run under the filter.
 *
 * Its states: HOLD (threads run, system calls are watched in the window mode)
 * → FILTERED (by the window) → the exec event, where the filter is verified,
 * or installed when the moment is exec → detach. A step that fails, a filter
 * that is not there, a deadline: _exit, and EXITKILL ends init before its
 * program has run an instruction.
 * Waiting for `start` may take days: the deadline runs only while a thread is
 * stopped at our hands.
 *
 * Then it stays for a moment. `crun run` adopts it, and while it waits for a
 * poststart hook with a timeout it goes by the sender of SIGCHLD: where two
 * children end at once there is one signal, and if that names us the hook
 * counts as hanging. The program starts just when that hook runs; so the end
 * is put off until it is over, or until init has ended, for which crun waits
 * with all its children.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

enum {
	THREADS_MAX = 512,
	STEP_SECONDS = 10,
	STAY_MILLISECONDS = 2000,
	OPTIONS = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE,
};

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#else
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif

struct supervisor {
	pid_t pid;
	const struct seccomp_program *program;
	enum moment moment;
	bool filtered; /* in the window */
	bool done;
	pid_t ending; /* said to have ended, which is not reported yet: the deadline stays */
	pid_t threads[THREADS_MAX];
	size_t n_threads;
};

static bool is_held(const struct supervisor *supervisor, pid_t tid)
{
	for (size_t i = 0; i < supervisor->n_threads; i++)
		if (supervisor->threads[i] == tid)
			return true;
	return false;
}

/* One pass over the threads. Return: how many were new; -1 with errno. */
static int seize_new(struct supervisor *supervisor)
{
	char path[64];
	const struct dirent *entry;
	int found = 0, failure = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)supervisor->pid);
	dir = opendir(path);
	if (!dir)
		return -1;
	while (failure == 0 && (entry = readdir(dir)) != NULL) {
		pid_t tid = (pid_t)atoi(entry->d_name);

		if (tid <= 0 || is_held(supervisor, tid))
			continue;
		if (supervisor->n_threads == THREADS_MAX)
			failure = E2BIG;
		else if (ptrace(PTRACE_SEIZE, tid, NULL, (void *)(uintptr_t)OPTIONS) == 0)
			supervisor->threads[supervisor->n_threads++] = tid, found++;
		/* A thread that a held one has made is ours already, one that has ended is nobody's. */
		else if (errno != ESRCH && !(errno == EPERM && supervisor->n_threads > 0))
			failure = errno;
	}
	closedir(dir);
	errno = failure;
	return failure ? -1 : found;
}

static int seize_all(struct supervisor *supervisor)
{
	for (int pass = 0; pass < 64; pass++) {
		int found = seize_new(supervisor);

		if (found < 0)
			return -1;
		if (found == 0)
			return supervisor->n_threads > 0 ? 0 : -1;
	}
	errno = EAGAIN;
	return -1;
}

static _Noreturn void give_up(void)
{
	_exit(1);
}

/* ESRCH: killed meanwhile; its end is reported by itself. Any other failure would leave the thread stopped for ever. */
static void go_on(struct supervisor *supervisor, enum __ptrace_request how, pid_t tid, int signal)
{
	if (ptrace(how, tid, NULL, (void *)(intptr_t)signal) == 0)
		return;
	if (errno != ESRCH)
		give_up();
	supervisor->ending = tid;
}

static void resume(struct supervisor *supervisor, pid_t tid, int signal)
{
	bool watch = supervisor->moment == MOMENT_WINDOW && !supervisor->filtered;

	go_on(supervisor, watch ? PTRACE_SYSCALL : PTRACE_CONT, tid, signal);
}

/* The calls by which runc and crun give up capabilities: the last at which init still has all of them. */
static bool is_window(pid_t tid)
{
	struct __ptrace_syscall_info info;

	if (ptrace((enum __ptrace_request)PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY || info.arch != NATIVE_ARCH)
		return false;
	return info.entry.nr == SYS_capset || (info.entry.nr == SYS_prctl && info.entry.args[0] == PR_CAPBSET_DROP);
}

static void at_syscall(struct supervisor *supervisor, pid_t tid)
{
	if (supervisor->moment == MOMENT_WINDOW && !supervisor->filtered && is_window(tid)) {
		if (tracee_filter(tid, supervisor->program, MOMENT_WINDOW) < 0 || !tracee_has(tid, supervisor->program))
			give_up();
		supervisor->filtered = true;
	}
	resume(supervisor, tid, 0);
}

/* From the exec event to execve's exit, where the new program's registers are. */
static void to_exec_exit(pid_t tid)
{
	int status;

	if (ptrace(PTRACE_SYSCALL, tid, NULL, NULL) < 0)
		give_up();
	while (waitpid(tid, &status, __WALL) < 0)
		if (errno != EINTR)
			give_up();
	if (!WIFSTOPPED(status) || WSTOPSIG(status) != (SIGTRAP | 0x80))
		give_up();
}

static void at_exec(struct supervisor *supervisor, pid_t tid)
{
	if (tid != supervisor->pid)
		give_up();
	if (!supervisor->filtered) {
		to_exec_exit(tid);
		if (tracee_filter(tid, supervisor->program, MOMENT_EXEC) < 0)
			give_up();
	}
	if (!tracee_has(tid, supervisor->program) || ptrace(PTRACE_DETACH, tid, NULL, NULL) < 0)
		give_up();
	supervisor->done = true;
}

static void at_stop(struct supervisor *supervisor, pid_t tid, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;

	if (event == PTRACE_EVENT_EXEC) {
		at_exec(supervisor, tid);
	} else if (event == PTRACE_EVENT_STOP) {
		/* A real group stop must last; the others are the start of a thread, or our own interrupt. */
		bool group = signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;

		if (group)
			go_on(supervisor, PTRACE_LISTEN, tid, 0);
		else
			resume(supervisor, tid, 0);
	} else if (event != 0) {
		resume(supervisor, tid, 0);
	} else if (signal == (SIGTRAP | 0x80)) {
		at_syscall(supervisor, tid);
	} else {
		resume(supervisor, tid, signal);
	}
}

static _Noreturn void stay(pid_t pid)
{
	struct pollfd init = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};

	(void)alarm(0);
	if (init.fd >= 0)
		(void)poll(&init, 1, STAY_MILLISECONDS);
	_exit(0);
}

static _Noreturn void watch(struct supervisor *supervisor)
{
	while (!supervisor->done) {
		int status;
		pid_t tid;

		if (supervisor->ending == 0)
			(void)alarm(0);
		tid = waitpid(-1, &status, __WALL);
		if (tid == supervisor->ending)
			supervisor->ending = 0;
		/* What other threads do must not put off the deadline of one that is said to have ended. */
		if (supervisor->ending == 0)
			(void)alarm(STEP_SECONDS);
		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			give_up();
		if (WIFSTOPPED(status))
			at_stop(supervisor, tid, status);
		else if (tid == supervisor->pid)
			_exit(0);
	}
	stay(supervisor->pid);
}

static _Noreturn void refuse(int report, const char *why)
{
	(void)!write(report, why, strlen(why));
	_exit(1);
}

_Noreturn void supervise(pid_t pid, const struct seccomp_program *program, enum moment moment, int report)
{
	static struct supervisor supervisor;

	supervisor = (struct supervisor){.pid = pid, .program = program, .moment = moment};
	(void)signal(SIGALRM, SIG_DFL);
	(void)alarm(STEP_SECONDS);
	if (seize_all(&supervisor) < 0)
		refuse(report, errno == EPERM ? "it may not be traced (Yama, or another tracer holds it)"
					      : "not all of its threads could be held");
	if (moment == MOMENT_WINDOW)
		for (size_t i = 0; i < supervisor.n_threads; i++)
			(void)ptrace(PTRACE_INTERRUPT, supervisor.threads[i], NULL, NULL);
	if (write(report, "", 1) != 1)
		give_up();
	(void)close(report);
	watch(&supervisor);
}
