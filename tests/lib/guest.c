/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program that test containers run. It leaves a mark where the test can
 * see it from the host, so that a test can assert that a refused container's
 * program never ran, and tells what it was given.
 *
 * usage: guest [SECONDS]        stay for SECONDS after that
 *        guest --socket PATH    no container: leave a unix socket at PATH
 *        guest --hook           a hook: read the state to its end (crun fails where one does not)
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char *const wanted[] = {"Uid:", "CapEff:", "CapBnd:", "NoNewPrivs:", "Seccomp:"};

static void tell_status(void)
{
	char line[256];
	FILE *file = fopen("/proc/self/status", "re");

	while (file && fgets(line, sizeof(line), file))
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0)
				fputs(line, stdout);
	if (file)
		(void)fclose(file);
}

static int leave_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >= (int)sizeof(address.sun_path))
		return 1;
	return bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : 1;
}

static int drain(void)
{
	char bytes[4096];

	while (read(STDIN_FILENO, bytes, sizeof(bytes)) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	int mark;

	if (argc == 2 && strcmp(argv[1], "--hook") == 0)
		return drain();
	if (argc == 3 && strcmp(argv[1], "--socket") == 0)
		return leave_socket(argv[2]);
	mark = open("/mark/ran", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (mark >= 0)
		(void)close(mark);
	puts("the container's program runs");
	tell_status();
	(void)fflush(stdout);
	if (argc > 1)
		sleep((unsigned)strtoul(argv[1], NULL, 10));
	return 0;
}
