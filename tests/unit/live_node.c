/* SPDX-License-Identifier: Apache-2.0 */
#include "live_node.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ocigate/spec.h"

/* Our own directory; sources and expectations are written with "W" for it. */
char live_work[] = "/tmp/ocigate-live.XXXXXX";
struct facts live_facts;
static bool live_made;

const char *live_path(const char *path)
{
	return path[0] == 'W' ? arena_printf(&live_facts.arena, "%s%s", live_work, path + 1) : path;
}

void live_must(int rc, const char *what)
{
	cr_assert_eq(rc, 0, "%s: %s", what, strerror(errno));
}

static void make_dir(const char *path)
{
	live_must(mkdir(live_path(path), 0755), path);
}

void live_make_file(const char *path)
{
	int fd = open(live_path(path), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
	close(fd);
}

static void bind_to(const char *from, const char *to)
{
	live_must(mount(live_path(from), live_path(to), NULL, MS_BIND, NULL), to);
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", live_path(path));
	live_must(bind(fd, (struct sockaddr *)&address, sizeof(address)), path);
	close(fd);
}

/* What only a mounted thing can be: binds, overlays, names that are gone. */
static void make_mounts(void)
{
	bind_to("W/real", "W/b1");
	bind_to("W/b1", "W/b2");
	bind_to("W/real/f", "W/fb");
	live_must(mount("tmpfs", live_path("W/tmp"), "tmpfs", 0, NULL), "tmpfs");
	make_dir("W/tmp/sub");
	bind_to("W/before", "W/b3");
	live_must(rename(live_path("W/before"), live_path("W/after")), "rename");
	bind_to("W/shadow", "W/b4");
	live_must(mount("tmpfs", live_path("W/shadow"), "tmpfs", 0, NULL), "shadow");
	bind_to("W/gone", "W/b5");
	live_must(rmdir(live_path("W/gone")), "rmdir");
	live_must(mount("overlay", live_path("W/ov"), "overlay", 0,
			arena_printf(&live_facts.arena, "lowerdir=%s/lowlink,upperdir=%s/upper,workdir=%s/ovwork",
				     live_work, live_work, live_work)),
		  "overlay");
	live_must(mount("overlay", live_path("W/ov2"), "overlay", 0,
			arena_printf(&live_facts.arena, "lowerdir=%s/chain:%s/lower", live_work, live_work)),
		  "second overlay");
}

static void make_tree(void)
{
	static const char *const dirs[] = {"W/real",	"W/real/sub", "W/b1",	  "W/b2",   "W/tmp",	    "W/before",
					   "W/b3",	"W/shadow",   "W/b4",	  "W/gone", "W/b5",	    "W/lower",
					   "W/lower/d", "W/upper",    "W/ovwork", "W/ov",   "W/with space", "W/rootfs",
					   "W/late",	"W/sub",      "W/ov2"};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		make_dir(dirs[i]);
	live_make_file("W/real/f");
	live_make_file("W/fb");
	live_make_file("W/outer");
	make_socket("W/sock");
	live_must(mknod(live_path("W/innocent"), S_IFCHR | 0600, makedev(1, 3)), "mknod");
	live_must(symlink("real", live_path("W/link")), "link");
	live_must(symlink("lower", live_path("W/lowlink")), "lowlink");
	live_must(symlink("b5", live_path("W/dlink")), "dlink");
	live_must(symlink(live_path("W/link/sub"), live_path("W/chain")), "chain");
	live_must(symlink("chain", live_path("W/chain2")), "chain2");
	make_mounts();
}

bool live_start(void)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    !mkdtemp(live_work))
		return false;
	live_made = true;
	arena_init(&live_facts.arena, (size_t)64 << 20);
	make_tree();
	return true;
}

/* Mounts of ours go with the namespace; what is below must go first. */
void live_finish(void)
{
	static const char *const mounts[] = {"b1", "b2", "fb", "tmp", "b3", "shadow", "b4", "b5", "ov", "ov2"};
	char path[256];

	for (size_t i = 0; live_made && i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", live_work, mounts[i]);
		(void)umount2(path, MNT_DETACH);
	}
	(void)snprintf(path, sizeof(path), "rm -rf --one-file-system -- '%s'", live_work);
	if (live_made && system(path) != 0)
		cr_log_warn("%s is left over", live_work);
	facts_end(&live_facts);
}

bool live_has_path(const struct origin *origin, const char *path)
{
	for (size_t i = 0; i < origin->paths.n; i++)
		if (strcmp(origin->paths.items[i], path) == 0)
			return true;
	return false;
}

void live_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

void live_die_with_test(void)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		_exit(1);
}

void live_put(const char *path, const char *bytes, size_t len)
{
	char above[256];
	int fd;

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		memcpy(above, path, (size_t)(slash - path));
		above[slash - path] = '\0';
		cr_assert(mkdir(above, 0755) == 0 || errno == EEXIST, "%s", above);
	}
	if (path[strlen(path) - 1] == '/')
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	cr_assert_eq(write(fd, bytes, len), (ssize_t)len, "%s", path);
	close(fd);
}
