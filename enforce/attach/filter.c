/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The default profile as a program. What it is made of depends on the bounding
 * set alone, so it is kept under that name; a kept program counts only if it
 * is root's, of this version and of the length it says.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ocigate/amend.h"
#include "ocigate/attach.h"
#include "ocigate/fs.h"
#include "ocigate/spec.h"

enum { KEPT_MAX = 64 * 1024 };

struct kept_head {
	char version[24];
	uint32_t library[3];
	uint32_t n;
};

static void make_head(struct kept_head *head, size_t n)
{
	const struct scmp_version *library = seccomp_version();

	memset(head, 0, sizeof(*head));
	(void)snprintf(head->version, sizeof(head->version), "ocigate %s", OCIGATE_VERSION);
	head->library[0] = library->major;
	head->library[1] = library->minor;
	head->library[2] = library->micro;
	head->n = (uint32_t)n;
}

static bool look_up(struct arena *arena, int dirfd, const char *name, struct seccomp_program *ret_program)
{
	FD_AUTO int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct kept_head head, expected;
	struct sock_filter *instructions;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !fs_trusted(&st) || st.st_size > KEPT_MAX ||
	    read(fd, &head, sizeof(head)) != (ssize_t)sizeof(head))
		return false;
	make_head(&expected, head.n);
	if (memcmp(&head, &expected, sizeof(head)) != 0 || head.n == 0 ||
	    st.st_size != (off_t)(sizeof(head) + head.n * sizeof(*instructions)))
		return false;
	instructions = arena_array(arena, head.n, sizeof(*instructions));
	if (!instructions ||
	    read(fd, instructions, head.n * sizeof(*instructions)) != (ssize_t)(head.n * sizeof(*instructions)))
		return false;
	*ret_program = (struct seccomp_program){instructions, head.n};
	return true;
}

static void keep(struct arena *arena, int dirfd, const char *name, const struct seccomp_program *program)
{
	const size_t len = program->n * sizeof(*program->instructions);
	struct kept_head head;
	struct err unused;
	char *bytes = arena_alloc(arena, sizeof(head) + len);

	if (!bytes)
		return;
	make_head(&head, program->n);
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), program->instructions, len);
	(void)!fs_write_atomic(dirfd, name, bytes, sizeof(head) + len, 0600, &unused);
}

/* The reader takes whole specs; this is the smallest one around the profile. */
static int compile_profile(struct arena *arena, uint64_t bounding, struct seccomp_program *ret_program, struct err *err)
{
	static const char head[] = "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"process\":{\"cwd\":\"/\","
				   "\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"x\"],\"capabilities\":{}},"
				   "\"linux\":{\"seccomp\":";
	const char *profile = seccomp_default_profile(arena, bounding);
	struct container *container = arena_alloc(arena, sizeof(*container));
	struct text text;

	text.bytes = profile && container ? arena_printf(arena, "%s%s}}", head, profile) : NULL;
	if (!text.bytes)
		return err_set(err, ERR_SYSTEM, "out of memory while making the seccomp filter");
	text.len = strlen(text.bytes);
	if (spec_parse(arena, &text, "/", "", container, err) < 0 ||
	    seccomp_compile(arena, &container->seccomp, ret_program, err) < 0)
		return err_wrap(err, "the default seccomp profile");
	return 0;
}

int attach_filter(struct arena *arena, int dirfd, uint64_t bounding, struct seccomp_program *ret_program,
		  struct err *err)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "filter-%016" PRIx64, bounding);
	if (dirfd >= 0 && look_up(arena, dirfd, name, ret_program))
		return 0;
	if (compile_profile(arena, bounding, ret_program, err) < 0)
		return -1;
	if (dirfd >= 0)
		keep(arena, dirfd, name, ret_program);
	return 0;
}
