/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hook's side: the start of the supervisor, which must outlive the hook and
 * hold on to nothing of it (the runtime waits until the hook's stdout and
 * stderr are closed), and whether this is an init that can be held.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

#include "ocigate/fs.h"

enum { REPORT_MILLISECONDS = 15000, YAMA_NO_ATTACH = 3, FILTER_MEMORY = 16 << 20 };

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

/* struct order - what the supervisor is told: nothing that would have to be parsed */
struct order {
	uint64_t bounding;
	uint64_t moment;
};

/* No descriptor of the hook's but the one to the hook, and none of its timers and signal handlers. */
static void leave_hook(int *hook)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			_exit(1);
	if (*hook != 3 && dup2(*hook, 3) < 0)
		_exit(1);
	*hook = 3;
	if (close_range(4, ~0U, 0) < 0)
		_exit(1);
	(void)alarm(0);
	(void)setsid();
	(void)signal(SIGHUP, SIG_IGN);
}

static _Noreturn void tell(int hook, const char *why)
{
	(void)!write(hook, why, strlen(why));
	_exit(1);
}

static ssize_t take_order(int hook, struct order *ret_order)
{
	ssize_t n;

	do
		n = read(hook, ret_order, sizeof(*ret_order));
	while (n < 0 && errno == EINTR);
	return n;
}

static _Noreturn void await_order(pid_t pid, const char *cache, int hook)
{
	struct seccomp_program program;
	struct arena arena;
	struct order order;
	struct err err;

	/* The hook ended, or needs nothing. */
	if (take_order(hook, &order) != sizeof(order))
		_exit(0);
	/* The hook's child to here, and of nobody who waits for it from now on: it outlives the hook. */
	switch (fork()) {
	case -1:
		tell(hook, "no process can be made");
	case 0:
		break;
	default:
		_exit(0);
	}
	arena_init(&arena, FILTER_MEMORY);
	if (attach_filter(&arena, cache ? fs_open_private(cache) : -1, order.bounding, &program, &err) < 0)
		tell(hook, err.text);
	supervise(pid, &program, order.moment == MOMENT_EXEC ? MOMENT_EXEC : MOMENT_WINDOW, hook);
}

/* NULL, or why a filter cannot be attached to @pid. */
static const char *obstacle(pid_t pid)
{
#if !defined(__x86_64__) && !defined(__aarch64__)
	return "this kind of processor is not known";
#endif
	if (yama_forbids())
		return "kernel.yama.ptrace_scope is 3";
	return is_init_of_runtime(pid) ? NULL : "its process is no init of runc or crun";
}

static int start_supervisor(pid_t pid, const char *cache, struct attachment *attachment, struct err *err)
{
	FD_AUTO int ours = -1;
	FD_AUTO int theirs = -1;
	int ends[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(err, ERR_SYSTEM, errno, "the seccomp filter cannot be attached");
	ours = ends[0];
	theirs = ends[1];
	child = fork();
	if (child < 0)
		return err_sys(err, ERR_SYSTEM, errno, "the seccomp filter cannot be attached");
	if (child == 0) {
		leave_hook(&theirs);
		await_order(pid, cache, theirs);
	}
	attachment->child = child;
	attachment->fd = fd_steal(&ours);
	return 0;
}

int attach_prepare(pid_t pid, const char *cache, struct attachment *ret_attachment, struct err *err)
{
	*ret_attachment = (struct attachment){.fd = -1, .held = is_held_by_us(pid)};
	if (ret_attachment->held)
		return 0;
	ret_attachment->obstacle = obstacle(pid);
	return ret_attachment->obstacle ? 0 : start_supervisor(pid, cache, ret_attachment, err);
}

void attach_end(struct attachment *attachment)
{
	if (attachment->fd < 0)
		return;
	(void)close(attachment->fd);
	attachment->fd = -1;
	while (waitpid(attachment->child, NULL, 0) < 0 && errno == EINTR)
		;
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

int attach_start(const struct attachment *attachment, const struct process *process, struct err *err)
{
	const struct order order = {
		.bounding = process->caps[CAPS_BOUNDING].mask,
		.moment = process->no_new_privileges ? MOMENT_EXEC : MOMENT_WINDOW,
	};
	char why[256];

	if (attachment->held)
		return 0;
	if (attachment->obstacle)
		return err_set(err, ERR_SYSTEM, "the seccomp filter cannot be attached: %s", attachment->obstacle);
	if (write(attachment->fd, &order, sizeof(order)) != (ssize_t)sizeof(order))
		return err_sys(err, ERR_SYSTEM, errno, "the seccomp filter cannot be attached");
	if (await_report(attachment->fd, why, sizeof(why)) < 0)
		return err_set(err, ERR_SYSTEM, "the seccomp filter cannot be attached: %s", why);
	return 0;
}
