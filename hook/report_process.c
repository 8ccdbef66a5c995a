/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a process that somebody wrote down once still the same? Numbers are used
 * again. A process that began after its number was written down is another
 * one, unless its cgroup has the container's name: clocks can be set.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ocigate/fs.h"
#include "report.h"

enum { TEXT_MAX = 8192, SLACK_SECONDS = 2, FIELDS_TO_STATE = 2, START_FIELD = 22, ID_COMPARED = 12 };

static bool read_text(int dirfd, const char *name, char *text, size_t size)
{
	FD_AUTO int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* Fields of proc(5) stat behind the name, which may hold anything but ends at the last ")". */
static bool read_stat(int procfd, char *ret_state, int64_t *ret_start_ticks)
{
	char text[TEXT_MAX], *at;
	int field = FIELDS_TO_STATE;

	if (!read_text(procfd, "stat", text, sizeof(text)))
		return false;
	at = strrchr(text, ')');
	if (!at || at[1] != ' ')
		return false;
	*ret_state = at[2];
	for (at++; *at && field < START_FIELD - 1; at++)
		field += *at == ' ';
	*ret_start_ticks = strtoll(at, NULL, 10);
	return true;
}

static int64_t now_minus_uptime(void)
{
	struct timespec now = {0}, up = {0};

	/* Without a clock no process is taken for a later one. */
	if (clock_gettime(CLOCK_REALTIME, &now) < 0 || clock_gettime(CLOCK_BOOTTIME, &up) < 0)
		return INT32_MIN;
	return (int64_t)(now.tv_sec - up.tv_sec);
}

static bool cgroup_names(int procfd, const char *id)
{
	char text[TEXT_MAX], wanted[ID_COMPARED + 1];

	(void)snprintf(wanted, sizeof(wanted), "%.*s", ID_COMPARED, id);
	return read_text(procfd, "cgroup", text, sizeof(text)) && strstr(text, wanted);
}

enum life process_life(pid_t pid, int64_t written, const char *id)
{
	FD_AUTO int fd = -1;
	char path[32], state;
	int64_t ticks;

	if (pid <= 0)
		return LIFE_UNKNOWN;
	(void)snprintf(path, sizeof(path), "/proc/%ld", (long)pid);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || !read_stat(fd, &state, &ticks))
		return errno == ENOENT || errno == ESRCH ? LIFE_ENDED : LIFE_UNKNOWN;
	if (state == 'Z' || state == 'X')
		return LIFE_ENDED;
	if (now_minus_uptime() + ticks / sysconf(_SC_CLK_TCK) > written + SLACK_SECONDS && !cgroup_names(fd, id))
		return LIFE_ENDED;
	return LIFE_RUNNING;
}
