/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIGKILL at a random instant: by the clock, wherever the program, the kernel
 * on its behalf, or what it has become by then, is at. And what can be seen of
 * it afterwards: which spec a runtime was started with, lines of a log.
 */
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { NS = 1000000000, TIMED_RUNS = 9, LOG_MAX = 1 << 22 };

static int64_t now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * NS + time.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

int64_t kill_usual_time(const struct job *job, void (*prepare)(void))
{
	int64_t times[TIMED_RUNS];

	for (size_t i = 0; i < TIMED_RUNS; i++) {
		int64_t start;

		prepare();
		start = now();
		(void)wait_program(start_program(job, false), job->deadline);
		times[i] = now() - start;
	}
	qsort(times, TIMED_RUNS, sizeof(times[0]), by_size);
	return times[TIMED_RUNS / 2];
}

struct end kill_run(const struct job *job, int64_t delay)
{
	const int64_t start = now();
	pid_t pid = start_program(job, false);

	/* Sleeping would come back at the timer's own instants. */
	while (now() - start < delay)
		;
	if (kill(pid, SIGKILL) < 0)
		die("kill: %s", strerror(errno));
	return wait_program(pid, job->deadline);
}

char *kill_read_file(const char *path)
{
	char *text = calloc(1, LOG_MAX + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0, more;

	while (text && fd >= 0 && n < LOG_MAX && (more = read(fd, text + n, (size_t)(LOG_MAX - n))) > 0)
		n += more;
	if (!text || n == LOG_MAX)
		die("%s cannot be read", path);
	if (fd >= 0)
		(void)close(fd);
	return text;
}

struct lines kill_read_lines(const char *path)
{
	char *text = kill_read_file(path), *line = text;
	struct lines lines = {0};

	while (*line) {
		size_t len = strcspn(line, "\n");

		if (line[len] == '\0')
			lines.open = true;
		else if (line[0] == '{' && line[len - 1] == '}')
			lines.whole++;
		else
			lines.torn++;
		line += len + (line[len] == '\n');
	}
	free(text);
	return lines;
}
