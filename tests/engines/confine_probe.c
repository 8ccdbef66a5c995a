/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody who has come through the parser: confines itself by the very call
 * that the hook makes, and then tries to get out.
 *
 * usage: confine_probe judge|end OWN LOG [ATTEMPT]...
 *
 * One line an attempt: its name, then "ok", the error's name, or "killed".
 * Each is made in a process of its own that confines itself first. Without an
 * attempt: all of them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ocigate/confine.h"

#define MEMORY ((size_t)256 << 20)

static const char *own, *log_file;
static int outside; /* the process that started us */

static const char *below_own(const char *name)
{
	static char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", own, name);
	return path;
}

/* In the directory that @own lies in. */
static const char *beside(const char *name)
{
	static char path[4096];

	(void)snprintf(path, sizeof(path), "%s.%s", own, name);
	return path;
}

static long open_for(const char *path, int flags)
{
	return open(path, flags | O_CLOEXEC, 0600);
}

/* --- other programs, other processes --- */

static long try_execve(void)
{
	char *const argv[] = {"true", NULL};

	return execve("/bin/true", argv, argv + 1);
}

static long try_execveat(void)
{
	return syscall(SYS_execveat, AT_FDCWD, "/bin/true", NULL, NULL, 0);
}

static long try_fork(void)
{
	const pid_t child = fork();

	if (child == 0)
		_exit(0);
	return child;
}

static long try_clone3(void)
{
	return syscall(SYS_clone3, NULL, 0);
}

static long try_clone_namespace(void)
{
	return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
}

static long try_ptrace(void)
{
	return ptrace(PTRACE_SEIZE, outside, NULL, NULL);
}

static long try_kill(void)
{
	return kill(outside, 0);
}

static long try_write_memory(void)
{
	char byte = 0;
	struct iovec iov = {&byte, 1};

	return process_vm_writev(outside, &iov, 1, &iov, 1, 0);
}

static long try_pidfd_getfd(void)
{
	return syscall(SYS_pidfd_getfd, 0, 0, 0);
}

static long try_environment(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/environ", outside);
	return open_for(path, O_RDONLY);
}

static long try_memory_file(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", outside);
	return open_for(path, O_RDWR);
}

/* --- more rights, another place --- */

static long try_setuid(void)
{
	return syscall(SYS_setuid, 0);
}

static long try_capset(void)
{
	unsigned head[2] = {0x20080522, 0}, data[6] = {~0U, ~0U, 0, ~0U, ~0U, 0};

	return syscall(SYS_capset, head, data);
}

static long try_setns(void)
{
	return syscall(SYS_setns, 0, 0);
}

static long try_unshare(void)
{
	return unshare(CLONE_NEWUSER);
}

static long try_chroot(void)
{
	return chroot("/");
}

static long try_mount(void)
{
	return mount("none", "/mnt", "tmpfs", 0, NULL);
}

static long try_bpf(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}

static long try_module(void)
{
	return syscall(SYS_init_module, NULL, 0, "");
}

static long try_keyctl(void)
{
	return syscall(SYS_keyctl, 0, -3, 0, 0, 0);
}

static long try_io_uring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}

static long try_userfaultfd(void)
{
	return syscall(SYS_userfaultfd, 0);
}

static long try_handle(void)
{
	return syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, 0);
}

#ifdef __x86_64__
/* getpid of the 32-bit ABI: what the filter knows by number is another call there. */
static long try_other_abi(void)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
	return result;
}

static long try_x32(void)
{
	return syscall(0x40000000 + 39);
}
#endif

static long try_unknown_call(void)
{
	return syscall(4000);
}

/* --- code --- */

static long try_map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		       ? -1
		       : 0;
}

static long try_make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? -2 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long try_much_memory(void)
{
	return mmap(NULL, 2 * MEMORY, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

static long try_some_memory(void)
{
	return mmap(NULL, MEMORY / 8, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

/* --- the network, engines --- */

static long try_inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long try_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static long try_engine_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long try_syslog_socket(void)
{
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

/* --- files --- */

static long try_read(void)
{
	return open_for("/etc/shadow", O_RDONLY);
}

static long try_overwrite(void)
{
	return open_for("/etc/shadow", O_WRONLY);
}

static long try_create(void)
{
	return open_for("/etc/ocigate-was-here", O_WRONLY | O_CREAT);
}

static long try_create_for_good(void)
{
	return open_for("/usr/local/bin/ocigate-was-here", O_RDWR | O_CREAT | O_TRUNC);
}

static long try_core_pattern(void)
{
	return open_for("/proc/sys/kernel/core_pattern", O_WRONLY);
}

static long try_cgroup(void)
{
	return mkdir("/sys/fs/cgroup/ocigate-was-here", 0700);
}

static long try_set_uid_bit(void)
{
	int fd = open("/bin/true", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -2 : fchmod(fd, 04755);
}

static long try_chown(void)
{
	return chown("/etc/shadow", 1000, 1000);
}

static long try_remove(void)
{
	return unlink("/etc/hostname");
}

static long try_rename(void)
{
	return rename(beside("hostname"), below_own("hostname"));
}

static long try_move_out(void)
{
	return rename(below_own("there"), beside("was-here"));
}

static long try_link(void)
{
	return link("/etc/shadow", below_own("shadow"));
}

static long try_symlink(void)
{
	return symlink("/etc/shadow", below_own("shadow"));
}

static long try_device(void)
{
	return mknod(below_own("device"), S_IFCHR | 0600, 0x101);
}

static long try_own_file(void)
{
	return open_for(below_own("new"), O_WRONLY | O_CREAT | O_TRUNC);
}

static long try_own_rename(void)
{
	return rename(below_own("there"), below_own("moved"));
}

static long try_own_directory(void)
{
	return mkdir(below_own("directory"), 0700);
}

static long try_log(void)
{
	return open_for(log_file, O_RDWR | O_APPEND | O_CREAT);
}

static long try_beside_log(void)
{
	static char path[4096];

	(void)snprintf(path, sizeof(path), "%s.other", log_file);
	return open_for(path, O_RDWR | O_CREAT);
}

#define ATTEMPT(name)                                                                                                  \
	{                                                                                                              \
#name, try_##name                                                                                      \
	}
static const struct {
	const char *name;
	long (*make)(void);
} attempts[] = {
	ATTEMPT(execve),
	ATTEMPT(execveat),
	ATTEMPT(fork),
	ATTEMPT(clone3),
	ATTEMPT(clone_namespace),
	ATTEMPT(ptrace),
	ATTEMPT(kill),
	ATTEMPT(write_memory),
	ATTEMPT(pidfd_getfd),
	ATTEMPT(environment),
	ATTEMPT(memory_file),
	ATTEMPT(setuid),
	ATTEMPT(capset),
	ATTEMPT(setns),
	ATTEMPT(unshare),
	ATTEMPT(chroot),
	ATTEMPT(mount),
	ATTEMPT(bpf),
	ATTEMPT(module),
	ATTEMPT(keyctl),
	ATTEMPT(io_uring),
	ATTEMPT(userfaultfd),
	ATTEMPT(handle),
#ifdef __x86_64__
	ATTEMPT(other_abi),
	ATTEMPT(x32),
#endif
	ATTEMPT(unknown_call),
	ATTEMPT(map_code),
	ATTEMPT(make_code),
	ATTEMPT(much_memory),
	ATTEMPT(some_memory),
	ATTEMPT(inet),
	ATTEMPT(netlink),
	ATTEMPT(engine_socket),
	ATTEMPT(syslog_socket),
	ATTEMPT(read),
	ATTEMPT(overwrite),
	ATTEMPT(create),
	ATTEMPT(create_for_good),
	ATTEMPT(core_pattern),
	ATTEMPT(cgroup),
	ATTEMPT(set_uid_bit),
	ATTEMPT(chown),
	ATTEMPT(remove),
	ATTEMPT(rename),
	ATTEMPT(move_out),
	ATTEMPT(link),
	ATTEMPT(symlink),
	ATTEMPT(device),
	ATTEMPT(own_file),
	ATTEMPT(own_rename),
	ATTEMPT(own_directory),
	ATTEMPT(log),
	ATTEMPT(beside_log),
};

static const char *error_name(int number)
{
	return strerrorname_np(number) ? strerrorname_np(number) : "?";
}

/* The result leaves through a page that both share: a confined process tells in whatever way it still can. */
static void attempt(enum confine_role role, size_t index)
{
	long *result = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0;
	pid_t child;

	result[0] = -1;
	result[1] = 0;
	child = fork();
	if (child == 0) {
		struct err err;

		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (confine(role, own, log_file, MEMORY, &err) < 0) {
			printf("%s: %s\n", attempts[index].name, err.text);
			(void)fflush(stdout);
			_exit(1);
		}
		errno = 0;
		result[0] = attempts[index].make();
		result[1] = errno;
		_exit(0);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		printf("%s %s\n", attempts[index].name, WTERMSIG(status) == SIGSYS ? "killed" : "died");
	else
		printf("%s %s\n", attempts[index].name, result[0] >= 0 ? "ok" : error_name((int)result[1]));
	(void)fflush(stdout);
	(void)munmap(result, 4096);
}

int main(int argc, char **argv)
{
	const size_t n = sizeof(attempts) / sizeof(attempts[0]);
	const enum confine_role role = argc > 3 && strcmp(argv[1], "end") == 0 ? CONFINE_END : CONFINE_JUDGE;

	if (argc < 4)
		return 100;
	own = argv[2];
	log_file = argv[3];
	outside = getppid();
	for (size_t i = 0; i < n; i++) {
		bool wanted = argc == 4;

		for (int j = 4; j < argc; j++)
			wanted = wanted || strcmp(argv[j], attempts[i].name) == 0;
		if (wanted)
			attempt(role, i);
	}
	return 0;
}
