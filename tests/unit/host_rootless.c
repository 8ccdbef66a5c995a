/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Engines that a user runs: told by who owns the root directory, in user namespaces of the test's own.
 */
#include "live_node.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../enforce/host/internal.h"

#include "ocigate/fs.h"

TestSuite(host_rootless, .fini = live_finish, .timeout = 10);

/* In a child with these maps, whose root directory is @root: its answer, or -1 where there are no user namespaces. */
static int asked_in(const char *map, const char *root)
{
	int ready[2], go[2], status = 0;
	char path[64], byte = 'n';
	pid_t pid;

	live_must(pipe2(ready, O_CLOEXEC), "pipe");
	live_must(pipe2(go, O_CLOEXEC), "pipe");
	pid = fork();
	if (pid == 0) {
		live_die_with_test();
		byte = unshare(CLONE_NEWUSER) == 0 ? 'y' : 'n';
		if (write(ready[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 1)
			_exit(2);
		(void)fs_outside_uid(); /* while there is a /proc */
		if (root && (chroot(root) < 0 || chdir("/") < 0))
			_exit(3);
		_exit(rootless());
	}
	cr_assert(read(ready[0], &byte, 1) == 1);
	(void)snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	if (byte == 'y') {
		const int fd = open(path, O_WRONLY | O_CLOEXEC);

		cr_assert_eq(write(fd, map, strlen(map)), (ssize_t)strlen(map), "%s", map);
		close(fd);
	}
	cr_assert(write(go[1], "g", 1) == 1);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	close(ready[0]);
	close(ready[1]);
	close(go[0]);
	close(go[1]);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) < 2, "status %d", status);
	return byte == 'y' ? WEXITSTATUS(status) : -1;
}

Test(host_rootless, is_told_by_the_root_directory)
{
	if (!live_start())
		cr_skip_test("needs root and a mount namespace of its own");
	live_must(chown(live_path("W/real"), 7, 7), "chown");
	cr_expect_not(rootless(), "the node's own root");
	if (asked_in("0 1000 1\n", NULL) < 0)
		cr_skip_test("no user namespaces here");
	cr_expect_eq(asked_in("0 1000 1\n", NULL), 1, "a user's: nobody in it owns /");
	cr_expect_eq(asked_in("0 0 1000\n", NULL), 0, "root's own: / is root's in it as well");
	cr_expect_eq(asked_in("0 0 1000\n", live_path("W/real")), 0, "of somebody within");
	cr_expect_eq(asked_in("0 0 5\n", live_path("W/real")), 1, "of somebody without");
}

Test(host_rootless, where_podman_keeps_its_state)
{
	cr_expect_str_eq(rootless_tail("/run/user/1000/containers/a/b", "/b"), "a/b");
	cr_expect_str_eq(rootless_tail("/u/storage/a/b", "/u/storage/overlay-containers/1/userdata"), "a/b");
	cr_expect_null(rootless_tail("/u/storage", "/u/storage/overlay-containers/1/userdata"));
	cr_expect_null(rootless_tail("/a", "/b"));
	cr_expect_null(rootless_tail("/b", "/b"));
}
