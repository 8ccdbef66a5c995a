/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock: Documentation/userspace-api/landlock.rst of the kernel. Rights that
 * a ruleset does not name stay free, so that reading costs and loses nothing;
 * but whoever is in a ruleset may no more look behind the links in /proc of a
 * process that is not (ns/net, root, exe).
 *
 * The kernel's numbers are written out: headers of an older system lack the
 * newer ones, and what the running kernel has is asked of it alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#include "ocigate/fs.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule	    445
#define SYS_landlock_restrict_self  446
#endif

enum { CREATE_VERSION = 1, RULE_PATH_BENEATH = 1 };

enum right {
	EXECUTE = 1 << 0,
	WRITE_FILE = 1 << 1,
	REMOVE_DIR = 1 << 4,
	REMOVE_FILE = 1 << 5,
	MAKE_CHAR = 1 << 6,
	MAKE_DIR = 1 << 7,
	MAKE_REG = 1 << 8,
	MAKE_SOCK = 1 << 9,
	MAKE_FIFO = 1 << 10,
	MAKE_BLOCK = 1 << 11,
	MAKE_SYM = 1 << 12,
	REFER = 1 << 13,     /* ABI 2 */
	TRUNCATE = 1 << 14,  /* ABI 3 */
	IOCTL_DEV = 1 << 15, /* ABI 5 */
};

enum { BIND_TCP = 1 << 0, CONNECT_TCP = 1 << 1 };		/* ABI 4 */
enum { SCOPE_ABSTRACT_SOCKET = 1 << 0, SCOPE_SIGNAL = 1 << 1 }; /* ABI 6 */

struct ruleset {
	uint64_t files;
	uint64_t network;
	uint64_t scoped;
};

struct path_beneath {
	uint64_t rights;
	int32_t fd;
} __attribute__((packed));

static const struct ruleset newest = {
	.files = EXECUTE | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_CHAR | MAKE_DIR | MAKE_REG | MAKE_SOCK |
		 MAKE_FIFO | MAKE_BLOCK | MAKE_SYM | REFER | TRUNCATE | IOCTL_DEV,
	.network = BIND_TCP | CONNECT_TCP,
	.scoped = SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL,
};

static int create(const struct ruleset *ruleset, size_t size)
{
	return (int)syscall(SYS_landlock_create_ruleset, ruleset, size, 0);
}

/* What an older kernel knows of it: the ABI's number is asked for only where the newest is not taken. */
static int create_older(struct ruleset *ruleset)
{
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

	if (abi < 0)
		return -1;
	if (abi < 6)
		ruleset->scoped = 0;
	if (abi < 5)
		ruleset->files &= ~(uint64_t)IOCTL_DEV;
	if (abi < 4)
		ruleset->network = 0;
	if (abi < 3)
		ruleset->files &= ~(uint64_t)TRUNCATE;
	if (abi < 2)
		ruleset->files &= ~(uint64_t)REFER;
	return create(ruleset, abi < 4 ? sizeof(uint64_t) : abi < 6 ? 2 * sizeof(uint64_t) : sizeof(*ruleset));
}

static int allow(int ruleset_fd, int fd, uint64_t rights, const struct ruleset *ruleset)
{
	const struct path_beneath rule = {rights & ruleset->files, fd};

	return (int)syscall(SYS_landlock_add_rule, ruleset_fd, RULE_PATH_BENEATH, &rule, 0);
}

static int allow_own(int ruleset_fd, const char *own, const struct ruleset *ruleset)
{
	FD_AUTO int fd = open(own, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	/* Whatever the umask: policies lie below it too, and rootless engines have to read these. */
	if (fd < 0 && errno == ENOENT && mkdir(own, 0755) == 0 && chmod(own, 0755) == 0)
		fd = open(own, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	/* Where it cannot be (a root that is read-only, no rights) nothing could be written either. */
	if (fd < 0)
		return 0;
	return allow(ruleset_fd, fd, WRITE_FILE | MAKE_REG | MAKE_DIR | REMOVE_FILE | TRUNCATE, ruleset);
}

static int allow_file(int ruleset_fd, const char *path, const struct ruleset *ruleset)
{
	FD_AUTO int fd = open(path, O_PATH | O_CLOEXEC);
	const char *slash = strrchr(path, '/');
	char directory[256];

	if (fd >= 0)
		return allow(ruleset_fd, fd, WRITE_FILE, ruleset);
	if (!slash || slash == path || (size_t)(slash - path) >= sizeof(directory))
		return 0;
	memcpy(directory, path, (size_t)(slash - path));
	directory[slash - path] = '\0';
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? 0 : allow(ruleset_fd, fd, WRITE_FILE | MAKE_REG, ruleset);
}

int landlock_confine(enum confine_role role, const char *own, const char *log, struct err *err)
{
	struct ruleset ruleset = newest;
	FD_AUTO int fd = -1;

	if (role == CONFINE_END)
		ruleset.scoped &= ~(uint64_t)SCOPE_SIGNAL;
	fd = create(&ruleset, sizeof(ruleset));
	if (fd < 0 && (errno == E2BIG || errno == EINVAL))
		fd = create_older(&ruleset);
	/* Not built in, not switched on, or hidden by the filter of a container that we run in. */
	if (fd < 0 && (errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM))
		return 0;
	if (fd < 0 || allow_own(fd, own, &ruleset) < 0 || (log && allow_file(fd, log, &ruleset) < 0) ||
	    syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return err_sys(err, ERR_SYSTEM, errno, "Landlock cannot be set up");
	return 0;
}
