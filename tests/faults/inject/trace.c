/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run under ptrace. Calls are counted from the program's start to its end,
 * or to its exec of another program, which is not of interest. Once the fault
 * has happened the program goes on alone.
 *
 * The vDSO is hidden from it: reading the clock is a call like any other then.
 */
#include "inject.h"

#include <errno.h>
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL };

static pid_t running;
static volatile sig_atomic_t late;

static void too_late(int number)
{
	(void)number;
	late = 1;
	if (running > 0)
		(void)kill(running, SIGKILL);
}

static void deadline(pid_t pid, unsigned seconds)
{
	const struct sigaction action = {.sa_handler = too_late};

	running = pid;
	late = 0;
	(void)sigaction(SIGALRM, &action, NULL);
	(void)alarm(seconds);
}

static struct end ended(int status)
{
	(void)alarm(0);
	running = 0;
	return (struct end){
		.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
		.timed_out = late != 0,
	};
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waiting: %s", strerror(errno));
	return status;
}

static void become(const struct job *job, bool traced)
{
	int fd = open(job->stdin_path ? job->stdin_path : "/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || dup2(fd, 0) < 0 || dup2(job->out_fd, 1) < 0 || dup2(job->err_fd, 2) < 0)
		_exit(125);
	if (traced && ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(125);
	(void)execv(job->argv[0], job->argv);
	_exit(125);
}

pid_t start_program(const struct job *job, bool traced)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid == 0)
		become(job, traced);
	return pid;
}

struct end wait_program(pid_t pid, unsigned seconds)
{
	deadline(pid, seconds);
	return ended(wait_for(pid));
}

#ifdef __x86_64__
bool trace_can(void)
{
	return true;
}

/* Behind the environment lies the auxiliary vector. */
static void hide_vdso(pid_t pid)
{
	struct user_regs_struct regs;
	unsigned long at, word[2];

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		die("registers: %s", strerror(errno));
	at = regs.rsp + 8 * (1 + (unsigned long)ptrace(PTRACE_PEEKDATA, pid, regs.rsp, NULL) + 1);
	while (ptrace(PTRACE_PEEKDATA, pid, at, NULL) != 0)
		at += 8;
	for (at += 8;; at += 16) {
		word[0] = (unsigned long)ptrace(PTRACE_PEEKDATA, pid, at, NULL);
		if (word[0] == AT_NULL)
			return;
		if (word[0] == AT_SYSINFO_EHDR && ptrace(PTRACE_POKEDATA, pid, at, AT_IGNORE) < 0)
			die("auxiliary vector: %s", strerror(errno));
	}
}

static struct user_regs_struct registers(pid_t pid)
{
	struct user_regs_struct regs;

	/* Gone, by the deadline: the wait that follows tells. */
	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		regs = (struct user_regs_struct){.orig_rax = (unsigned long long)-1};
	return regs;
}

static struct call call_of(const struct user_regs_struct *regs)
{
	return (struct call){.nr = (long)regs->orig_rax, .first = regs->rdi};
}

static unsigned long long first_argument;

/* At its entry */
static void spoil(pid_t pid, const struct job *job, struct user_regs_struct *regs)
{
	first_argument = regs->rdi;
	if (job->fault == FAULT_SHORT)
		regs->rdx = (regs->rdx + 1) / 2;
	else if (regs->orig_rax == SYS_brk)
		regs->rdi = 0; /* It has no error: it tells where the end is, which did not move. */
	else
		regs->orig_rax = (unsigned long long)-1;
	(void)ptrace(PTRACE_SETREGS, pid, NULL, regs);
}

/* At its exit */
static void fail(pid_t pid, const struct job *job)
{
	struct user_regs_struct regs = registers(pid);

	if (job->fault == FAULT_SHORT)
		return;
	/* What a call does not change, the program takes for unchanged. */
	if (regs.orig_rax == SYS_brk)
		regs.rdi = first_argument;
	else
		regs.rax = (unsigned long long)-job->error;
	(void)ptrace(PTRACE_SETREGS, pid, NULL, &regs);
}

/* What a clock ahead of ours would have told */
static void turn_clock(pid_t pid, const struct job *job, long nr)
{
	struct user_regs_struct regs = registers(pid);
	long seconds;

	if (job->clock == 0 || nr != SYS_clock_gettime || regs.rdi != CLOCK_REALTIME || regs.rax != 0)
		return;
	seconds = ptrace(PTRACE_PEEKDATA, pid, regs.rsi, NULL);
	(void)ptrace(PTRACE_POKEDATA, pid, regs.rsi, seconds + job->clock);
}

/* struct progress - of one traced run. @sticky: number of the call all of whose kind fail, or -1 */
struct progress {
	size_t count;
	long nr;
	long sticky;
	bool entered;
	bool spoilt;
};

static bool is_memory(long nr)
{
	return nr == SYS_mmap || nr == SYS_brk || nr == SYS_mremap;
}

/* All calls of one kind fail, or all that get memory. */
static bool is_lasting(const struct job *job, const struct progress *progress)
{
	if (progress->sticky < 0)
		return false;
	return progress->nr == progress->sticky || (job->fault == FAULT_MEMORY && is_memory(progress->nr));
}

/* Return: is the program to be let go? */
static bool at_call(pid_t pid, const struct job *job, struct calls *record, struct progress *progress)
{
	struct user_regs_struct regs;

	progress->entered = !progress->entered;
	if (!progress->entered) {
		if (progress->spoilt)
			fail(pid, job);
		turn_clock(pid, job, progress->nr);
		return progress->spoilt && progress->sticky < 0;
	}
	regs = registers(pid);
	progress->nr = (long)regs.orig_rax;
	if (record && record->n < CALLS_MAX)
		record->items[record->n++] = call_of(&regs);
	progress->count++;
	progress->spoilt = (job->at != 0 && progress->count == job->at) || is_lasting(job, progress);
	if (!progress->spoilt)
		return false;
	if (job->fault == FAULT_ERRORS || job->fault == FAULT_MEMORY)
		progress->sticky = progress->nr;
	if (job->fault == FAULT_KILL)
		(void)kill(pid, SIGKILL);
	else
		spoil(pid, job, &regs);
	return false;
}

struct end trace_run(const struct job *job, struct calls *record)
{
	pid_t pid = start_program(job, true);
	struct progress progress = {.sticky = -1};
	int status = wait_for(pid);
	long pass = 0;
	bool done = false;

	if (!WIFSTOPPED(status) || ptrace(PTRACE_SETOPTIONS, pid, NULL, OPTIONS) < 0)
		die("%s cannot be traced", job->argv[0]);
	hide_vdso(pid);
	deadline(pid, job->deadline);
	for (;;) {
		if (ptrace(done ? PTRACE_DETACH : PTRACE_SYSCALL, pid, NULL, pass) < 0 && errno != ESRCH)
			die("going on: %s", strerror(errno));
		status = wait_for(pid);
		if (!WIFSTOPPED(status))
			return ended(status);
		pass = 0;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			done = at_call(pid, job, record, &progress);
		else if (status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXEC << 8)))
			done = true;
		else
			pass = WSTOPSIG(status);
	}
}
#else
bool trace_can(void)
{
	return false;
}

struct end trace_run(const struct job *job, struct calls *record)
{
	(void)record;
	return wait_program(start_program(job, false), job->deadline);
}
#endif
