/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: probe calls      make system calls that the default filter must stop; tell what each gave
 *        probe process    tell everything about this process that its parent can have set up for it
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sched.h>
#include <unistd.h>

extern char **environ;

static void tell(const char *name, long result)
{
	printf("%s %s\n", name,
	       result >= 0	 ? "ok"
	       : errno == EPERM	 ? "EPERM"
	       : errno == ENOSYS ? "ENOSYS"
				 : strerror(errno));
	if (result > 2)
		(void)close((int)result);
}

#ifdef __x86_64__
/* socketcall(SYS_SOCKET, {AF_ALG, SOCK_SEQPACKET, 0}) as a 32-bit program would; the arguments must lie below 4 GiB. */
static long old_socketcall(void)
{
	static int arguments[3] = {38, 5, 0};
	int result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(102), "b"(1), "c"(arguments)
			 : "memory", "r8", "r9", "r10", "r11");
	if (result < 0) {
		errno = -result;
		return -1;
	}
	return result;
}
#endif

static int calls(void)
{
	static char zero[256];

	tell("keyctl", syscall(SYS_keyctl, 0, -3, 1, 0, 0));
	tell("add_key", syscall(SYS_add_key, "user", "x", "y", 1, -3));
	tell("io_uring_setup", syscall(SYS_io_uring_setup, 1, zero));
	tell("userfaultfd", syscall(SYS_userfaultfd, 0));
	tell("bpf", syscall(SYS_bpf, 0, zero, 48));
	tell("perf_event_open", syscall(SYS_perf_event_open, zero, 0, -1, -1, 0));
	tell("unshare-user", syscall(SYS_unshare, CLONE_NEWUSER));
	tell("unshare-files", syscall(SYS_unshare, CLONE_FILES));
	tell("mount", syscall(SYS_mount, "none", "/", "tmpfs", 0, NULL));
	tell("clone3", syscall(SYS_clone3, NULL, 0));
	tell("socket-alg", syscall(SYS_socket, 38, 5, 0));
	tell("socket-alg-odd", syscall(SYS_socket, 0x100000026, 5, 0));
	tell("socket-vsock", syscall(SYS_socket, 40, 1, 0));
	tell("socket-unix", syscall(SYS_socket, 1, 1, 0));
	tell("socket-inet", syscall(SYS_socket, 2, 1, 0));
	tell("unknown-call", syscall(4000));
#ifdef __x86_64__
	tell("socketcall-alg", old_socketcall());
#endif
	return 0;
}

static void tell_signals(void)
{
	for (int number = 1; number < NSIG; number++) {
		struct sigaction action;

		if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
			printf("signal %d %s\n", number, action.sa_handler == SIG_IGN ? "ignored" : "handled");
	}
}

static void tell_fds(void)
{
	for (int fd = 0; fd < 1024; fd++) {
		char path[64], target[512];
		struct stat st;
		ssize_t len;

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		len = readlink(path, target, sizeof(target) - 1);
		if (len < 0 || fstat(fd, &st) < 0)
			continue;
		target[len] = '\0';
		printf("fd %d %s inode %lu offset %ld flags %#x %#x\n", fd, target, (unsigned long)st.st_ino,
		       (long)lseek(fd, 0, SEEK_CUR), (unsigned)fcntl(fd, F_GETFL), (unsigned)fcntl(fd, F_GETFD));
	}
}

static void tell_limits(void)
{
	for (int which = 0; which < RLIM_NLIMITS; which++) {
		struct rlimit limit;

		if (getrlimit((__rlimit_resource_t)which, &limit) == 0)
			printf("limit %d %lld %lld\n", which, (long long)limit.rlim_cur, (long long)limit.rlim_max);
	}
}

static int process(int argc, char **argv)
{
	char line[4096], cwd[4096];
	struct itimerval timer;
	sigset_t mask;
	int death = -1;
	FILE *status;

	for (int i = 0; i < argc; i++)
		printf("argv %d %s\n", i, argv[i]);
	for (char **variable = environ; *variable; variable++)
		printf("env %s\n", *variable);
	printf("pid %d ppid %d pgid %d sid %d\n", getpid(), getppid(), getpgrp(), getsid(0));
	printf("cwd %s\n", getcwd(cwd, sizeof(cwd)) ? cwd : "?");
	tell_fds();
	tell_signals();
	(void)sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int number = 1; number < NSIG; number++)
		if (sigismember(&mask, number) == 1)
			printf("blocked %d\n", number);
	(void)getitimer(ITIMER_REAL, &timer);
	printf("timer %ld\n", (long)timer.it_value.tv_sec);
	printf("umask %o\n", (unsigned)umask(0));
	(void)prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0);
	printf("pdeathsig %d dumpable %d nnp %d \n", death, prctl(PR_GET_DUMPABLE, 0, 0, 0, 0),
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	printf("nice %d policy %d\n", getpriority(PRIO_PROCESS, 0), sched_getscheduler(0));
	tell_limits();
	status = fopen("/proc/self/status", "r");
	while (status && fgets(line, sizeof(line), status))
		if (strncmp(line, "Cap", 3) == 0 || strncmp(line, "Groups", 6) == 0 || strncmp(line, "Seccomp", 7) == 0)
			printf("%s", line);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "calls") == 0)
		return calls();
	return process(argc, argv);
}
