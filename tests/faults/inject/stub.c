/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A runtime that starts nothing: it tells what it was given (descriptors,
 * arguments, an exec's document) and ends with a status of its own.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

static void print_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char bytes[4096];
	size_t n;

	while (file && (n = fread(bytes, 1, sizeof(bytes), file)) > 0)
		(void)fwrite(bytes, 1, n, stdout);
	if (file)
		(void)fclose(file);
	(void)printf("\n");
}

int main(int argc, char **argv)
{
	struct itimerval timer = {0};
	int descriptors = 0;

	(void)getitimer(ITIMER_REAL, &timer);
	for (int fd = 0; fd < 64; fd++)
		descriptors += fcntl(fd, F_GETFD) >= 0;
	(void)printf("timer %ld, %d descriptors, arguments", (long)timer.it_value.tv_sec, descriptors);
	for (int i = 0; i < argc; i++)
		(void)printf(" %s", strncmp(argv[i], "/proc/self/fd/", 14) == 0 ? "DESCRIPTOR" : argv[i]);
	(void)printf("\n");
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], "--process") == 0)
			print_file(argv[i + 1]);
	return fflush(stdout) == 0 ? 77 : 78;
}
