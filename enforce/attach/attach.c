/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hook's side: is this an init that can be held, and the start of the
 * supervisor, which must outlive the hook and hold on to nothing of it (the
 * runtime waits until the hook's stdout and stderr are closed).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

#include "ocigate/fs.h"

enum { REPORT_MILLISECONDS = 15000, YAMA_NO_ATTACH = 3 };

/* A number from /proc/PID/status; 0 if it cannot be read. */
static pid_t status_number(pid_t pid, const char *key)
{
	char path[64], text[4096];
	const char *line;
	ssize_t n;
	FD_AUTO int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	if (n < 0)
		return 0;
	text[n] = '\0';
	line = strstr(text, key);
	return line ? (pid_t)atoi(line + strlen(key)) : 0;
}

/* Is it the same program? crun and youki go on as themselves; runc as a sealed copy, whose path says nothing. */
static bool same_program(pid_t a, pid_t b)
{
	struct stat of_a, of_b;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)a);
	if (stat(path, &of_a) < 0)
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)b);
	return stat(path, &of_b) == 0 && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

static bool is_named_as_runc_names_it(pid_t pid)
{
	char path[64], name[32];
	FD_AUTO int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, name, sizeof(name) - 1) : -1;
	if (n < 0)
		return false;
	name[n] = '\0';
	return strcmp(name, "runc:[2:INIT]\n") == 0;
}

/*
 * Only the init that the runtime itself made, and that has not become the
 * container's program yet, can be given a filter: a VM's helper (Kata), a
 * sentry (gVisor) or a process that CRIU restores is not what will start the
 * workload. It is a child of the runtime, as we are.
 */
static bool is_init_of_runtime(pid_t pid)
{
	return status_number(pid, "\nPPid:") == getppid() &&
	       (is_named_as_runc_names_it(pid) || same_program(pid, getppid()));
}

/* A prestart hook has been here before the createRuntime one: its supervisor does the same for both. */
static bool is_held_by_us(pid_t pid)
{
	pid_t tracer = status_number(pid, "\nTracerPid:");

	return tracer > 0 && same_program(tracer, getpid());
}

static bool yama_forbids(void)
{
	char text[8] = "";
	FD_AUTO int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && atoi(text) >= YAMA_NO_ATTACH;
}

/* No descriptor of the hook's but the report, and none of its timers and signal handlers. */
static void leave_hook(int *report)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			_exit(1);
	if (*report != 3 && dup2(*report, 3) < 0)
		_exit(1);
	*report = 3;
	if (close_range(4, ~0U, 0) < 0)
		_exit(1);
	(void)alarm(0);
	(void)setsid();
	(void)signal(SIGHUP, SIG_IGN);
}

/* Twice forked: the hook's parent must not be left a child that it does not know. */
static pid_t start_supervisor(pid_t pid, const struct seccomp_program *program, enum moment moment, int report)
{
	pid_t child = fork();

	if (child != 0)
		return child;
	leave_hook(&report);
	if (fork() != 0)
		_exit(0);
	supervise(pid, program, moment, report);
}

static int await_report(int fd, char *why, size_t size)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	ssize_t n;

	if (poll(&poll_fd, 1, REPORT_MILLISECONDS) <= 0) {
		(void)snprintf(why, size, "the supervisor did not answer in time");
		return -1;
	}
	n = read(fd, why, size - 1);
	if (n <= 0) {
		(void)snprintf(why, size, "the supervisor ended");
		return -1;
	}
	why[n] = '\0';
	return n == 1 && why[0] == '\0' ? 0 : -1;
}

int attach_start(pid_t pid, const struct seccomp_program *program, bool no_new_privileges, struct err *err)
{
	FD_AUTO int report = -1;
	FD_AUTO int reporter = -1;
	char why[256];
	int ends[2];
	pid_t child;

#if !defined(__x86_64__) && !defined(__aarch64__)
	return err_set(err, ERR_SYSTEM, "the seccomp filter cannot be attached on this kind of processor");
#endif
	if (is_held_by_us(pid))
		return 0;
	if (yama_forbids())
		return err_set(err, ERR_SYSTEM, "the seccomp filter cannot be attached: kernel.yama.ptrace_scope is 3");
	if (!is_init_of_runtime(pid))
		return err_set(err, ERR_SYSTEM,
			       "the seccomp filter cannot be attached: process %d is no init of runc or crun",
			       (int)pid);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, ERR_SYSTEM, errno, "the seccomp filter cannot be attached");
	report = ends[0];
	reporter = ends[1];
	child = start_supervisor(pid, program, no_new_privileges ? MOMENT_EXEC : MOMENT_WINDOW, reporter);
	if (child < 0)
		return err_sys(err, ERR_SYSTEM, errno, "the seccomp filter cannot be attached");
	(void)close(fd_steal(&reporter));
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (await_report(report, why, sizeof(why)) < 0)
		return err_set(err, ERR_SYSTEM, "the seccomp filter cannot be attached: %s", why);
	return 0;
}
