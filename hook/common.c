/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start-up. The caller may be anybody's engine with anybody's environment
 * (podman hands its caller's on), so that nothing of it is kept.
 */
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "ocigate/decision.h"

/* The end of 9999, the last year that is written in four digits */
#define LAST_SECOND INT64_C(253402300799)

void start_failed(void)
{
	static const char text[] = "ocigate: denied: the process cannot be prepared: a system call failed\n";

	/* Nothing can be done about a write that fails here; the exit code denies. */
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(ERR_SYSTEM);
	_exit(ERR_SYSTEM);
}

static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};

static void crashed(int signal_number)
{
	static const char text[] = "ocigate: denied: a fault in the gate itself; is the node out of memory?\n";

	(void)signal_number;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(ERR_SYSTEM);
	_exit(ERR_SYSTEM);
}

void crash_guard_start(struct crash_guard *guard)
{
	static const struct sigaction action = {.sa_handler = crashed, .sa_flags = SA_NODEFER | (int)SA_RESETHAND};

	/* What cannot be set stays: the runtime takes a hook that a signal ended for a refusal too. */
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		if (sigaction(crashes[i], &action, &guard->before[i]) < 0)
			guard->before[i].sa_handler = SIG_DFL;
}

int crash_guard_end(const struct crash_guard *guard)
{
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		if (sigaction(crashes[i], &guard->before[i], NULL) < 0)
			return -1;
	return 0;
}

/* A descriptor that is missing would be taken by the first file that we open, and then be written to. */
static void standard_fds_open(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) != fd)
			start_failed();
}

void harden(void)
{
	static const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct crash_guard unused = {0};

	crash_guard_start(&unused);
	(void)clearenv();
	standard_fds_open();
	(void)umask(077);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

void harden_hook(void)
{
	harden();
	if (chdir("/") < 0)
		start_failed();
	(void)close_range(3, ~0U, 0);
}

static void deadline_passed(int signal_number)
{
	static const char text[] =
		"ocigate: denied: no decision in time; the node may be overloaded or a file system may hang\n";

	(void)signal_number;
	/* Nothing can be done about a write that fails here; the exit code denies. */
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(ERR_DENIED);
	_exit(ERR_DENIED);
}

void deadline_start(unsigned seconds)
{
	static const struct sigaction action = {.sa_handler = deadline_passed};
	const struct itimerval timer = {.it_value = {.tv_sec = seconds}};
	sigset_t alarm_only;

	/* The caller's mask is inherited: a blocked SIGALRM would be no deadline. */
	(void)sigemptyset(&alarm_only);
	(void)sigaddset(&alarm_only, SIGALRM);
	if (sigaction(SIGALRM, &action, NULL) < 0 || setitimer(ITIMER_REAL, &timer, NULL) < 0 ||
	    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL) < 0)
		start_failed();
}

void stdin_drain(void)
{
	char buffer[16384];
	struct stat st;
	ssize_t n;

	/* Not from a person's terminal, nor from a file that a script goes on reading. */
	if (fstat(STDIN_FILENO, &st) < 0 || (!S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode)))
		return;
	do {
		struct pollfd wait = {.fd = STDIN_FILENO, .events = POLLIN};

		n = read(STDIN_FILENO, buffer, sizeof(buffer));
		if (n < 0 && errno == EAGAIN)
			(void)poll(&wait, 1, -1);
	} while (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)));
}

void say(const char *fmt, ...)
{
	char text[1024], bytes[2048];
	struct out line;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out_init(&line, bytes, sizeof(bytes));
	out_str(&line, "ocigate: ");
	out_plain(&line, text, sizeof(text));
	line_calm(&line);
	say_line(bytes);
}

void say_line(const char *line)
{
	char text[DECISION_LINE_MAX + 1];
	size_t len = strnlen(line, DECISION_LINE_MAX);

	memcpy(text, line, len);
	text[len] = '\n';
	/* A message that nobody takes changes nothing about the exit code. */
	if (write(STDERR_FILENO, text, len + 1) < 0)
		return;
}

int usage_error(const struct err *err, const char *verb)
{
	say("%s (ocigate %s%s--help)", err->text, verb, verb[0] ? " " : "");
	return ERR_USAGE;
}

int failure(const struct err *err)
{
	say("%s%s%s%s", err->text, err->pointer[0] ? " at " : "", err->pointer,
	    geteuid() != 0 ? " (you are not root)" : "");
	return err->kind == ERR_NONE ? ERR_SYSTEM : (int)err->kind;
}

int written(int status)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	/* Who reads a pipe no further has what he wanted: `| head`. */
	if (poll(&out, 1, 0) < 1 || !(out.revents & POLLERR))
		say("the output could not be written");
	return ERR_SYSTEM;
}

int named_policies(const char *const *directories, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (access(directories[i], F_OK) < 0)
			return err_sys(err, ERR_POLICY, errno, "%s", directories[i]);
	return 0;
}

bool colour_wanted(int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no && no[0]) && !(term && strcmp(term, "dumb") == 0) && isatty(fd);
}

static int64_t clock_us(clockid_t clock)
{
	struct timespec now = {0};

	(void)clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Without a clock it is too late for whatever has an end: no exception applies that expires. */
int64_t now_us(void)
{
	int64_t now = clock_us(CLOCK_REALTIME);

	return now > 0 ? now : LAST_SECOND * 1000000;
}

int64_t ticks_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}
