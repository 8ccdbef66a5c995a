/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What starting a program costs, counted and compared.
 *
 * usage: measure count STDIN PROGRAM ARGS...
 *            its page faults and system calls, its memory (all that is mapped,
 *            and what is its own at the end), and its exit status. Faults are
 *            traps into the kernel, from exec to exit; where the kernel lets
 *            nobody count those, -1
 *        measure ratio ROUNDS STDIN FLOOR PROGRAM ARGS...
 *            how many times longer than FLOOR it takes from fork to exit: the
 *            median over the rounds of (its time / FLOOR's time in that round)
 *        measure many ROUNDS STDIN FLOOR ARGS... -- PROGRAM ARGS... [-- PROGRAM ARGS...]...
 *            many programs in one run, a line each: the quicker quarter's bound of its times, how many times that is
 *            FLOOR's, page faults and largest resident size
 *        measure crowd N STDIN PROGRAM ARGS...
 *            N of it started one after the other without waiting: how many failed, and when the last one ended
 *        measure fresh ROUNDS STDIN FROM TO FLOOR PROGRAM ARGS...
 *            the same of a program that changes the file TO, which is made anew from FROM before each of its runs
 *
 * Times of one run differ with what else the machine does; both programs of a
 * round meet the same load, so that their ratio holds where the times do not.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_MAX = 100000 };

static char *const environment[] = {NULL};

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* The hook as a runtime starts it: the state on stdin, nobody reading what it says. */
static void become(const char *input, char **argv, int traced)
{
	int in = open(input, O_RDONLY), out = open("/dev/null", O_WRONLY);

	if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	if (in > 2)
		close(in);
	if (out > 2)
		close(out);
	if (traced && (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP) != 0))
		_exit(126);
	execve(argv[0], argv, environment);
	_exit(127);
}

static pid_t start(const char *input, char **argv)
{
	pid_t pid = vfork();

	if (pid < 0)
		fail("vfork");
	if (pid == 0)
		become(input, argv, 0);
	return pid;
}

static int run(const char *input, char **argv, struct rusage *ret_usage)
{
	int status;
	pid_t pid = start(input, argv);

	if (wait4(pid, &status, 0, ret_usage) != pid)
		fail("wait4");
	return status;
}

static double microseconds(const char *input, char **argv, struct rusage *ret_usage)
{
	struct timespec before, after;

	clock_gettime(CLOCK_MONOTONIC, &before);
	if (!WIFEXITED(run(input, argv, ret_usage)))
		fail(argv[0]);
	clock_gettime(CLOCK_MONOTONIC, &after);
	return (double)(after.tv_sec - before.tv_sec) * 1e6 + (double)(after.tv_nsec - before.tv_nsec) / 1e3;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), ascending);
	return values[n / 2];
}

/* What a program takes when the machine does little else: a longer one is disturbed more often than a short one. */
static double lower_quartile(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), ascending);
	return values[n / 4];
}

/* Both NULL: there is nothing to make anew. */
static void copy(const char *from, const char *to)
{
	char buffer[65536];
	int in, out;
	ssize_t n;

	if (!from)
		return;
	in = open(from, O_RDONLY);
	out = open(to, O_WRONLY | O_TRUNC);
	if (in < 0 || out < 0)
		fail(to);
	while ((n = read(in, buffer, sizeof(buffer))) > 0)
		if (write(out, buffer, (size_t)n) != n)
			fail(to);
	close(in);
	close(out);
}

static int ratio(size_t rounds, const char *input, const char *from, const char *to, char *floor, char **argv)
{
	double *ratios = calloc(rounds, sizeof(*ratios)), *floors = calloc(rounds, sizeof(*floors));
	double *times = calloc(rounds, sizeof(*times));
	char *floor_argv[] = {floor, NULL};
	struct rusage usage;

	if (!ratios || !floors || !times)
		fail("calloc");
	for (size_t i = 0; i < rounds; i++) {
		/* Who comes first changes: neither always finds the caches that the other left. */
		if (i % 2 == 0)
			floors[i] = microseconds(input, floor_argv, &usage);
		copy(from, to);
		times[i] = microseconds(input, argv, &usage);
		if (i % 2 != 0)
			floors[i] = microseconds(input, floor_argv, &usage);
		ratios[i] = times[i] / floors[i];
	}
	printf("ratio %.2f floor_us %.0f us %.0f\n", median(ratios, rounds), median(floors, rounds),
	       median(times, rounds));
	free(ratios);
	free(floors);
	free(times);
	return 0;
}

struct contender {
	char **argv;
	double *times;
	double quartile;
	struct rusage usage;
};

enum { CONTENDERS_MAX = 32 };

/* Splits at "--". */
static size_t find_contenders(char **argv, size_t rounds, struct contender *contenders)
{
	size_t n = 0;

	for (char **word = argv; *word && n < CONTENDERS_MAX; word++) {
		contenders[n] = (struct contender){.argv = word, .times = calloc(rounds, sizeof(double))};
		if (!contenders[n].times)
			fail("calloc");
		n++;
		while (*word && strcmp(*word, "--") != 0)
			word++;
		if (!*word)
			break;
		*word = NULL;
	}
	return n;
}

static int many(size_t rounds, const char *input, char **argv)
{
	struct contender contenders[CONTENDERS_MAX];
	size_t n = find_contenders(argv, rounds, contenders);

	for (size_t i = 0; i < rounds; i++) {
		/* Everybody comes behind somebody else from time to time. */
		for (size_t k = 0; k < n; k++) {
			struct contender *contender = &contenders[(k + i) % n];

			contender->times[i] = microseconds(input, contender->argv, &contender->usage);
		}
	}
	for (size_t k = 0; k < n; k++)
		contenders[k].quartile = lower_quartile(contenders[k].times, rounds);
	for (size_t k = 0; k < n; k++)
		printf("%s us %.0f ratio %.2f minor_faults %ld rss_kb %ld\n", contenders[k].argv[0],
		       contenders[k].quartile, contenders[k].quartile / contenders[0].quartile,
		       contenders[k].usage.ru_minflt, contenders[k].usage.ru_maxrss);
	return 0;
}

static int crowd(size_t n, const char *input, char **argv)
{
	struct timespec before, after;
	size_t failed = 0;

	clock_gettime(CLOCK_MONOTONIC, &before);
	for (size_t i = 0; i < n; i++)
		(void)start(input, argv);
	for (size_t i = 0; i < n; i++) {
		int status;

		if (wait(&status) < 0)
			fail("wait");
		failed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &after);
	printf("failed %zu ms %.0f\n", failed,
	       (double)(after.tv_sec - before.tv_sec) * 1e3 + (double)(after.tv_nsec - before.tv_nsec) / 1e6);
	return failed > 0;
}

/* Memory that is the process's own, in KiB, when it ends. */
static long own_memory(pid_t pid)
{
	char path[64], line[256];
	long size = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file) && sscanf(line, "RssAnon: %ld", &size) != 1)
		;
	if (file)
		fclose(file);
	return size;
}

/* Every system call that the program itself enters, its execve not counted. */
static long traced_calls(const char *input, char **argv, int *ret_status, long *ret_own)
{
	long stops = 0;
	int status;
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (pid == 0)
		become(input, argv, 1);
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL,
		   (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT)) < 0)
		fail("ptrace");
	for (int started = 0;;) {
		int event;

		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0)
			fail("ptrace");
		if (waitpid(pid, &status, 0) != pid)
			fail("waitpid");
		if (!WIFSTOPPED(status))
			break;
		event = status >> 8;
		if (event == (SIGTRAP | (PTRACE_EVENT_EXEC << 8)))
			started = 1;
		else if (event == (SIGTRAP | (PTRACE_EVENT_EXIT << 8)))
			*ret_own = own_memory(pid);
		else if (started && event == (SIGTRAP | 0x80))
			stops++;
	}
	*ret_status = status;
	/* The first stop is the way out of execve, then two a call; the last, exit_group, has no way out. */
	return stops / 2;
}

/*
 * A counter that a child inherits and that its exec switches on. rusage would also count pages that the kernel maps
 * ahead without a trap (MAP_POPULATE), which is what costs little.
 */
static int open_fault_counter(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_PAGE_FAULTS,
		.disabled = 1,
		.inherit = 1,
		.enable_on_exec = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static int count(const char *input, char **argv)
{
	struct rusage usage;
	int status, traced, counter;
	long own = -1, calls = traced_calls(input, argv, &traced, &own);
	long long faults = -1;

	counter = open_fault_counter();
	status = run(input, argv, &usage);
	if (counter >= 0 && read(counter, &faults, sizeof(faults)) != sizeof(faults))
		faults = -1;
	if (!WIFEXITED(status) || status != traced)
		fail("the program ends differently when traced");
	printf("faults %lld calls %ld rss_kb %ld own_kb %ld exit %d\n", faults, calls, usage.ru_maxrss, own,
	       WEXITSTATUS(status));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 4 && strcmp(argv[1], "count") == 0)
		return count(argv[2], argv + 3);
	if (argc >= 6 && strcmp(argv[1], "ratio") == 0) {
		unsigned long rounds = strtoul(argv[2], NULL, 10);

		if (rounds > 0 && rounds <= ROUNDS_MAX)
			return ratio(rounds, argv[3], NULL, NULL, argv[4], argv + 5);
	}
	if (argc >= 5 && (strcmp(argv[1], "many") == 0 || strcmp(argv[1], "crowd") == 0)) {
		unsigned long n = strtoul(argv[2], NULL, 10);

		if (n > 0 && n <= ROUNDS_MAX)
			return argv[1][0] == 'm' ? many(n, argv[3], argv + 4) : crowd(n, argv[3], argv + 4);
	}
	if (argc >= 8 && strcmp(argv[1], "fresh") == 0) {
		unsigned long rounds = strtoul(argv[2], NULL, 10);

		if (rounds > 0 && rounds <= ROUNDS_MAX)
			return ratio(rounds, argv[3], argv[4], argv[5], argv[6], argv + 7);
	}
	fputs("usage: measure count STDIN PROGRAM ARGS... | measure ratio ROUNDS STDIN FLOOR PROGRAM ARGS... |\n"
	      "       measure many ROUNDS STDIN FLOOR ARGS... -- PROGRAM ARGS... | measure crowd N STDIN PROGRAM "
	      "ARGS... |\n"
	      "       measure fresh ROUNDS STDIN FROM TO FLOOR PROGRAM ARGS...\n",
	      stderr);
	return 100;
}
