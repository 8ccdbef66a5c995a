/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: crowd GATE GOOD.state BAD.state
 *
 * 500 hooks at once, every tenth about a container that must be refused.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CROWD = 500 };

static pid_t start(char **argv, int i)
{
	pid_t pid = fork();
	int state, null;

	if (pid != 0)
		return pid;
	state = open(argv[i % 10 == 9 ? 3 : 2], O_RDONLY);
	null = open("/dev/null", O_WRONLY);
	if (state < 0 || dup2(state, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(125);
	(void)execl(argv[1], "ocigate", "hook", "createRuntime", (char *)NULL);
	_exit(125);
}

static double seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	const double began = seconds();
	pid_t pids[CROWD];
	long memory = 0;
	int wrong = 0;

	for (int i = 0; argc == 4 && i < CROWD; i++)
		pids[i] = start(argv, i);
	for (int i = 0; argc == 4 && i < CROWD; i++) {
		const int wanted = i % 10 == 9;
		struct rusage usage;
		int status;

		if (pids[i] < 0 || wait4(pids[i], &status, 0, &usage) < 0 || !WIFEXITED(status) ||
		    WEXITSTATUS(status) != wanted)
			wrong++;
		else
			memory += usage.ru_maxrss;
	}
	(void)printf("%.1f s, peaks of resident memory add up to %ld MiB, %d wrong\n", seconds() - began, memory / 1024,
		     wrong);
	return argc == 4 && wrong == 0 ? 0 : 1;
}
