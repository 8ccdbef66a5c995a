/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where does a path lead? Live, the kernel opens it without touching what is
 * behind (O_PATH) and says in which mount it ended; a mount that is not in our
 * own table is another mount namespace's, and nobody's path of this node.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "internal.h"
#include "origin.h"

#include "ocigate/fs.h"

static const char deleted_root[] = "//deleted";
static const char deleted_link[] = " (deleted)";

/* @flags: beside O_PATH */
static int open_place(const char *path, unsigned long resolve, int flags)
{
	struct open_how how = {.flags = (unsigned)(O_PATH | O_CLOEXEC | flags), .resolve = resolve};

	return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

/* Our own root is the runtime's: that one link of /proc may be taken for what it says. */
static const char *without_own_root(const char *path)
{
	static const char link[] = "/proc/self/root";
	size_t len = sizeof(link) - 1;

	while (strncmp(path, link, len) == 0 && (path[len] == '/' || path[len] == '\0'))
		path += len;
	return path[0] == '\0' ? "/" : path;
}

/*
 * A magic link (/proc/self/fd/7, /proc/1/cwd) leads somewhere else for the runtime than for us: refused. A kernel
 * without openat2 cannot say, so there nothing below /proc is believed.
 */
static const char *open_path(const char *path, int *ret_fd, bool *ret_plain)
{
	int fd = open_place(path, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS, 0);

	*ret_plain = fd >= 0;
	if (fd < 0 && errno == ELOOP)
		fd = open_place(path, RESOLVE_NO_MAGICLINKS, 0);
	else if (fd < 0 && (errno == ENOSYS || errno == EPERM) && !path_within(path, "/proc"))
		fd = open(path, O_PATH | O_CLOEXEC);
	*ret_fd = fd;
	if (fd >= 0)
		return NULL;
	if (errno == ENOENT || errno == ENOTDIR)
		return "it does not exist on the node";
	return errno == ELOOP ? "it goes through a link of /proc that means something else to each process"
			      : "it cannot be opened on the node";
}

/* Kernels before 5.8 do not tell by statx. */
static int mount_id_from_fdinfo(struct arena *arena, int fd)
{
	static const char key[] = "mnt_id:";
	const char *text, *field;
	struct err ignored;
	char path[64];
	unsigned long id;
	size_t len;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (fs_read_file(arena, AT_FDCWD, path, 4096, false, &text, &len, &ignored) < 0)
		return -1;
	field = strstr(text, key);
	if (!field)
		return -1;
	field += sizeof(key) - 1;
	field += strspn(field, " \t");
	return text_number(field, strcspn(field, "\n"), INT_MAX, &id) ? (int)id : -1;
}

/* The path that the descriptor has now, links resolved; a deleted one loses the kernel's mark. */
static const char *path_of_fd(struct arena *arena, int fd, bool deleted)
{
	char link[64], path[PATH_MAX];
	size_t mark = sizeof(deleted_link) - 1;
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path));
	if (len <= 0 || (size_t)len >= sizeof(path) || path[0] != '/')
		return NULL;
	if (deleted && (size_t)len > mark && memcmp(path + len - mark, deleted_link, mark) == 0)
		len -= (ssize_t)mark;
	return arena_strndup(arena, path, (size_t)len);
}

static const char *put_in_row(const struct mount_view *view, size_t row, const char *path, bool deleted,
			      struct place *place)
{
	const struct mount_row *of = &view->node->rows[row];
	size_t root_len = strlen(of->root), mark = sizeof(deleted_root) - 1;
	const char *root = of->root;

	if (!path_within(path, of->mountpoint))
		return "it cannot be placed among the mounts of the node";
	if (root_len > mark && strcmp(root + root_len - mark, deleted_root) == 0) {
		deleted = true;
		root = arena_strndup(view->arena, root, root_len - mark);
	}
	place->row = row;
	place->path = path;
	place->fs_path = root ? path_join(view->arena, root, path, path_skip(of->mountpoint)) : NULL;
	if (place->fs_path && deleted)
		place->fs_path = arena_printf(view->arena, "%s%s", place->fs_path, deleted_root);
	return place->fs_path ? NULL : "out of memory";
}

const char *place_as_text(const struct mount_view *view, const char *path, struct place *ret_place)
{
	const char *clean = path_cleaned(view->arena, "/", path);
	size_t row = clean ? mount_table_covering(view->node, clean) : NO_ROW;

	*ret_place = (struct place){.row = NO_ROW};
	if (row == NO_ROW)
		return "the mounts of the node are not known";
	return put_in_row(view, row, clean, false, ret_place);
}

/* What lies in the directory that was looked into last is looked at from there: one call instead of three, and as free of
 * links. Return: false where that is not enough, for whatever reason. */
static bool look_beside(const struct mount_view *view, const char *path, struct statx *ret_st)
{
	struct last_directory *last = view->last;
	const char *name = strrchr(path, '/');
	size_t len = name ? (size_t)(name - path) : 0;

	if (!last || !view->own || len == 0 || name[1] == '\0' || strcmp(name, "/.") == 0 || strcmp(name, "/..") == 0)
		return false;
	if (last->fd < 0 || last->len != len || memcmp(last->path, path, len) != 0) {
		fd_close(&last->fd);
		last->fd = -1;
		last->path = arena_strndup(view->arena, path, len);
		last->len = len;
		if (last->path)
			last->fd = open_place(last->path, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS, O_DIRECTORY);
	}
	return last->fd >= 0 &&
	       statx(last->fd, name + 1, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_MNT_ID,
		     ret_st) == 0 &&
	       !S_ISLNK(ret_st->stx_mode) && (ret_st->stx_mask & STATX_MNT_ID) != 0;
}

static const char *place_live(const struct mount_view *view, const char *path, struct place *place)
{
	FD_AUTO int fd = -1;
	struct statx st;
	const char *why, *resolved;
	size_t row;
	bool plain;

	path = without_own_root(path);
	plain = look_beside(view, path, &st);
	why = plain ? NULL : open_path(path, &fd, &plain);
	if (why)
		return why;
	if (fd >= 0 && statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_MNT_ID, &st) < 0)
		return "it cannot be examined on the node";
	place->file_type = st.stx_mode & S_IFMT;
	place->device_major = st.stx_rdev_major;
	place->device_minor = st.stx_rdev_minor;
	resolved = plain ? path_cleaned(view->arena, "/", path) : path_of_fd(view->arena, fd, st.stx_nlink == 0);
	if (!resolved)
		return "it has no path on the node";
	if (view->own) {
		int id = (st.stx_mask & STATX_MNT_ID) != 0 && st.stx_mnt_id <= INT_MAX
				 ? (int)st.stx_mnt_id
				 : mount_id_from_fdinfo(view->arena, fd);

		row = mount_table_by_id(view->node, id);
	} else {
		row = mount_table_covering(view->node, resolved);
	}
	if (row == NO_ROW || mount_table_is_inside(view->node, row))
		return "it lies in another mount namespace";
	return put_in_row(view, row, resolved, st.stx_nlink == 0, place);
}

static bool has_dots(const char *path)
{
	for (const char *dots = path; (dots = strstr(dots, "..")) != NULL; dots += 2)
		if ((dots == path || dots[-1] == '/') && (dots[2] == '/' || dots[2] == '\0'))
			return true;
	return false;
}

const char *place_of(const struct mount_view *view, const char *path, struct place *ret_place)
{
	struct place as_written = {.row = NO_ROW}, cleaned = {.row = NO_ROW};
	const char *clean, *why;

	if (!view->live)
		return place_as_text(view, path, ret_place);
	why = place_live(view, path, &as_written);
	*ret_place = as_written;
	if (why || !has_dots(path))
		return why;
	/* "link/../x": some runtimes take ".." out as text before the kernel can follow the link. */
	clean = path_cleaned(view->arena, "/", path);
	why = clean ? place_live(view, clean, &cleaned) : "out of memory";
	if (!why && (cleaned.row != as_written.row || strcmp(cleaned.fs_path, as_written.fs_path) != 0))
		why = "its \"..\" leads elsewhere depending on the runtime";
	return why;
}
