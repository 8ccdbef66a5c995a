/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts from the running kernel. The container's /proc directory is opened
 * once and everything about it is read below that descriptor: it stays bound
 * to the process, so that a pid which is used again cannot answer for it.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "view.h"

#include "ocigate/fs.h"

int proc_open(const char *who)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%s", who);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int proc_open_pid(pid_t pid)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "%ld", (long)pid);
	return proc_open(name);
}

/* @container: NULL if there is a process to ask, or was to be one */
static void read_namespaces(const struct container *container, int procfd, struct host_namespace *namespaces)
{
	FD_AUTO int self = -1;
	FD_AUTO int init = -1;
	bool known = false;

	if (procfd >= 0)
		namespaces_read(procfd, WHO_CONTAINER, namespaces);
	else if (container)
		namespaces_follow(container, namespaces);
	for (int type = 0; type < NS_TYPES; type++)
		known = known || namespaces[type].container != 0;
	/* Where new namespaces will be made there is nothing to compare. */
	if (known) {
		self = proc_open("self");
		init = proc_open("1");
	}
	if (self >= 0)
		namespaces_compare(self, WHO_SELF, namespaces);
	if (init >= 0)
		namespaces_compare(init, WHO_INIT, namespaces);
}

static int open_root(int procfd)
{
	return procfd >= 0 ? openat(procfd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
}

void host_pin(pid_t pid, struct host_pin *ret_pin)
{
	FD_AUTO int procfd = pid > 0 ? proc_open_pid(pid) : -1;

	*ret_pin = (struct host_pin){.rootfd = open_root(procfd)};
	read_namespaces(NULL, procfd, ret_pin->namespaces);
}

static void collect_namespaces(struct host *host, const struct container *container, const struct host_pin *pin,
			       int procfd)
{
	if (pin)
		memcpy(host->namespaces, pin->namespaces, sizeof(host->namespaces));
	else
		read_namespaces(host->effective ? NULL : container, procfd, host->namespaces);
	host_namespaces_judge(host, container);
}

static void read_maps(struct arena *arena, struct host *host, int procfd)
{
	struct id_mappings uids, gids;
	char text[IDMAP_TEXT_MAX];
	struct err err;

	if (!text_read_small(procfd, "uid_map", text, sizeof(text)) || idmap_parse(arena, text, &uids, &err) < 0)
		return;
	if (!text_read_small(procfd, "gid_map", text, sizeof(text)) || idmap_parse(arena, text, &gids, &err) < 0)
		return;
	host->uid_map = uids;
	host->gid_map = gids;
	host->id_maps_known = true;
}

/* The inode that every kernel gives its first user namespace (include/linux/proc_ns.h, PROC_USER_INIT_INO). */
#define INITIAL_USER_NAMESPACE ((ino_t)0xEFFFFFFD)

/* "/proc/PID/ns/user": that process has the maps which a container that joins its namespace will have. */
static int open_namespace_owner(const char *path)
{
	static const char prefix[] = "/proc/";
	size_t skip = sizeof(prefix) - 1;
	char pid[16];
	size_t len;

	if (strncmp(path, prefix, skip) != 0)
		return -1;
	len = strspn(path + skip, "0123456789");
	if (len == 0 || len >= sizeof(pid) || strcmp(path + skip + len, "/ns/user") != 0)
		return -1;
	memcpy(pid, path + skip, len);
	pid[len] = '\0';
	return proc_open(pid);
}

static void find_id_maps(struct arena *arena, struct host *host, const struct container *container, int procfd)
{
	const char *path = container->namespaces[NS_USER].path;

	if (host->effective && host->namespaces[NS_USER].container == INITIAL_USER_NAMESPACE) {
		idmap_of_node(host);
		return;
	}
	if (host->effective) {
		if (procfd >= 0)
			read_maps(arena, host, procfd);
		return;
	}
	if (path && host->namespaces[NS_USER].shared != TRI_YES) {
		FD_AUTO int owner = open_namespace_owner(path);

		if (owner >= 0)
			read_maps(arena, host, owner);
		if (!host->id_maps_known)
			idmap_by_joining(arena, path, host);
		return;
	}
	idmap_from_spec(host, container);
}

static void collect_id_maps(struct arena *arena, struct host *host, const struct container *container, int procfd)
{
	struct host own = {.id_maps_known = false};
	FD_AUTO int self = -1;

	find_id_maps(arena, host, container, procfd);
	if (!host->id_maps_known || !rootless())
		return;
	/* What was found are ids of our user's namespace, or, for a container that shares it, should be what that one maps. */
	self = proc_open("self");
	if (self >= 0)
		read_maps(arena, &own, self);
	host->id_maps_known = own.id_maps_known;
	if (container->namespaces[NS_USER].present && host->namespaces[NS_USER].shared != TRI_YES) {
		idmap_outside(arena, &own.uid_map, &host->uid_map);
		idmap_outside(arena, &own.gid_map, &host->gid_map);
	} else {
		host->uid_map = own.uid_map;
		host->gid_map = own.gid_map;
	}
}

static const char *read_mounts(struct arena *arena, int dirfd, const char *name)
{
	struct err unread;
	const char *text;
	size_t len;

	return fs_read_file(arena, dirfd, name, HOST_FILE_MAX, false, &text, &len, &unread) < 0 ? NULL : text;
}

const char *mountinfo_read(struct arena *arena, int procfd)
{
	return procfd < 0 ? NULL : read_mounts(arena, procfd, "mountinfo");
}

const char *rootfs_resolve(struct arena *arena, const char *rootfs)
{
	FD_AUTO int fd = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char link[64], path[PATH_MAX];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = fd >= 0 ? readlink(link, path, sizeof(path)) : -1;
	if (len <= 0 || (size_t)len >= sizeof(path) || path[0] != '/')
		return rootfs;
	return arena_strndup(arena, path, (size_t)len);
}

static bool has_our_mounts(const struct host_pin *pin, int procfd, int self)
{
	const struct host_namespace *mounts = pin ? &pin->namespaces[NS_MOUNT] : NULL;
	char own[64], other[64];
	ssize_t n;

	if (mounts)
		return mounts->self == 0 || mounts->container == 0 || mounts->self == mounts->container;
	n = readlinkat(self, "ns/mnt", own, sizeof(own));

	return n <= 0 || readlinkat(procfd, "ns/mnt", other, sizeof(other)) != n || memcmp(own, other, (size_t)n) == 0;
}

/* The usual case needs one table; the others are tried when its root directory is not where the spec says. */
static int collect_effective(struct arena *arena, struct host *host, const struct container *container,
			     const struct host_pin *pin, int procfd, struct err *err)
{
	struct mount_texts texts = {.container = mountinfo_read(arena, procfd)};
	FD_AUTO int own_rootfd = -1;
	FD_AUTO int self = -1;
	int rootfd = pin ? pin->rootfd : -1;
	const char *rootfs = container->rootfs;

	if (!texts.container) {
		host->rootfs = origin_unknown("the container's mounts cannot be read");
		host->mounts_why = host->rootfs.why;
		return 0;
	}
	if (!pin)
		rootfd = own_rootfd = open_root(procfd);
	if (host_mounts(arena, container, &texts, rootfs, rootfd, host, err) < 0)
		return -1;
	if (!host->mounts_why)
		return 0;
	rootfs = rootfs_resolve(arena, rootfs);
	self = proc_open("self");
	if (self >= 0 && !has_our_mounts(pin, procfd, self))
		texts.node = mountinfo_read(arena, self);
	host->mounts_why = NULL;
	return rootfs ? host_mounts(arena, container, &texts, rootfs, rootfd, host, err) : 0;
}

static int collect_intent(struct arena *arena, struct host *host, const struct container *container, struct err *err)
{
	struct mount_texts texts = {.node = read_mounts(arena, AT_FDCWD, "/proc/self/mountinfo")};

	if (!texts.node)
		host->mounts_why = "our own mount table cannot be read";
	return host_mounts(arena, container, &texts, container->rootfs, -1, host, err);
}

/* A table that the kernel prints and we cannot read makes the mounts unknown, no more. */
static int collect_mounts(struct arena *arena, struct host *host, const struct container *container,
			  const struct host_pin *pin, int procfd, struct err *err)
{
	int rc = host->effective ? collect_effective(arena, host, container, pin, procfd, err)
				 : collect_intent(arena, host, container, err);

	if (rc < 0 && err->kind == ERR_INPUT) {
		host->rootfs = origin_unknown("the mount table is malformed");
		host->mounts_why = host->rootfs.why;
		host->mounts = NULL;
		host->n_mounts = 0;
		return 0;
	}
	return rc;
}

static int ask_filter(struct arena *arena, const struct container *container, struct host *host, struct err *err)
{
	FD_AUTO int cache = -1;

	if (!container->seccomp.present)
		return 0;
	if (container->seccomp.answer) {
		host->seccomp = *container->seccomp.answer;
		return 0;
	}
	cache = fs_open_private(SECCOMP_CACHE);
	return seccomp_ask_cached(arena, cache, &container->seccomp, &host->seccomp, err);
}

static int read_digests(struct arena *arena, const struct container *container, struct host *host, struct err *err)
{
	const char *text = apparmor_digests_text(arena, container->process.apparmor_profile);

	if (!text)
		return err_set(err, ERR_SYSTEM, "out of memory");
	return apparmor_digests_parse(arena, text, host, err);
}

int host_live(struct arena *arena, const struct container *container, const struct state *state, unsigned facts,
	      struct host *ret_host, struct err *err)
{
	return host_live_pinned(arena, container, state, NULL, facts, ret_host, err);
}

int host_live_pinned(struct arena *arena, const struct container *container, const struct state *state,
		     const struct host_pin *pin, unsigned facts, struct host *ret_host, struct err *err)
{
	struct host host = {.source = HOST_LIVE, .facts = facts & ~(unsigned)HOST_FACT_PORTS};
	FD_AUTO int procfd = -1;

	if (state) {
		host.effective = true;
		host.pid = state->pid;
		procfd = state->pid > 0 ? proc_open_pid(state->pid) : -1;
	}
	if ((facts & (HOST_FACT_NAMESPACES | HOST_FACT_ID_MAPS)) != 0)
		collect_namespaces(&host, container, pin, procfd);
	if ((facts & HOST_FACT_ID_MAPS) != 0)
		collect_id_maps(arena, &host, container, procfd);
	if ((facts & HOST_FACT_MOUNTS) != 0 && container->has_bundle &&
	    collect_mounts(arena, &host, container, pin, procfd, err) < 0)
		return -1;
	if ((facts & HOST_FACT_APPARMOR) != 0 && apparmor_read(arena, &host, err) < 0)
		return -1;
	if ((facts & HOST_FACT_APPARMOR_DIGESTS) != 0 && read_digests(arena, container, &host, err) < 0)
		return -1;
	if ((facts & (HOST_FACT_SELINUX | HOST_FACT_APPARMOR)) != 0 && lsm_read(arena, &host, err) < 0)
		return -1;
	if ((facts & HOST_FACT_PORTS) != 0)
		ports_live(arena, container, &host);
	if ((facts & HOST_FACT_SANDBOX) != 0)
		sandbox_live(arena, container, facts, &host);
	if ((facts & HOST_FACT_SECCOMP) != 0 && ask_filter(arena, container, &host, err) < 0)
		return -1;
	if (arena->failed)
		return err_set(err, ERR_SYSTEM, "out of memory");
	*ret_host = host;
	return 0;
}
