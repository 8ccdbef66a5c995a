/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The id maps of a user namespace that is known by a path alone: an engine may
 * have pinned it to a file while no process is in it any more. The kernel
 * shows maps through a process only (NS_GET_USERNS, NS_GET_PARENT and
 * NS_GET_OWNER_UID of ioctl_ns(2) lead to namespaces and to a user, never to a
 * map), so a short-lived child joins and reads its own. It ends before we go
 * on; in the usual case there is no child.
 *
 * The runtime wrapper goes on as the runtime, whose parent may ignore, block or
 * count SIGCHLD. So the child has no exit signal: nobody is told of its end, and
 * it waits for us even where ended children are thrown away.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

#include "ocigate/fs.h"

/* A map of 340 lines has at most some 12 kB; a pipe takes 64 kB without a reader. */
enum { MAP_MAX = 16384 };

static bool copy_file(const char *path, int to)
{
	FD_AUTO int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buffer[MAP_MAX];
	ssize_t n;

	while (fd >= 0 && (n = read(fd, buffer, sizeof(buffer))) > 0)
		if (write(to, buffer, (size_t)n) != n)
			return false;
	return fd >= 0 && n == 0;
}

/* In a namespace its own maps read as ids of the namespace above: the one that we are in. */
static void child(int ns, int to)
{
	bool done = setns(ns, CLONE_NEWUSER) == 0 && copy_file("/proc/self/uid_map", to) && write(to, "", 1) == 1 &&
		    copy_file("/proc/self/gid_map", to) && write(to, "", 1) == 1;

	_exit(done ? 0 : 1);
}

static bool wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Both maps, a NUL byte behind each. */
static bool read_both(struct arena *arena, int ns, const char **ret_text, size_t *ret_len)
{
	int ends[2];
	struct err unread;
	bool read_all, ended;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	/* As fork(), all arguments being 0 on every processor; the child makes system calls alone. */
	pid = (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
	if (pid == 0)
		child(ns, ends[1]);
	close(ends[1]);
	read_all =
		pid > 0 && fs_read_fd(arena, ends[0], "id maps", (size_t)4 * MAP_MAX, ret_text, ret_len, &unread) == 0;
	close(ends[0]);
	ended = pid > 0 && wait_for(pid);
	return read_all && ended;
}

void idmap_by_joining(struct arena *arena, const char *path, struct host *host)
{
	FD_AUTO int ns = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct id_mappings uids, gids;
	const char *text;
	struct statfs fs;
	struct err unread;
	size_t len, first;

	if (ns < 0 || fstatfs(ns, &fs) < 0 || fs.f_type != NSFS_MAGIC || !read_both(arena, ns, &text, &len))
		return;
	first = strlen(text);
	if (first + 1 >= len || idmap_parse(arena, text, &uids, &unread) < 0 ||
	    idmap_parse(arena, text + first + 1, &gids, &unread) < 0)
		return;
	host->uid_map = uids;
	host->gid_map = gids;
	host->id_maps_known = true;
}
