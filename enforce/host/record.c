/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts to files: what host_recorded() reads is written here, as the kernel
 * prints it wherever that will do.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "view.h"

#include "ocigate/fs.h"

/** struct recording - where it goes; @failed: a file could not be written, @err says why */
struct recording {
	struct arena *arena;
	int dirfd;
	bool failed;
	struct err *err;
};

static void put(struct recording *recording, const char *name, const char *text)
{
	if (!text || recording->failed)
		return;
	recording->failed = fs_write_atomic(recording->dirfd, name, text, strlen(text), 0600, recording->err) < 0;
}

static void put_proc(struct recording *recording, int procfd, const char *name, const char *as)
{
	const char *text;
	struct err unread;
	size_t len;

	if (fs_read_file(recording->arena, procfd, name, HOST_FILE_MAX, false, &text, &len, &unread) == 0)
		put(recording, as, text);
}

static const char *add_namespaces(struct arena *arena, const char *text, const char *word, enum namespace_who who,
				  int procfd)
{
	struct host_namespace namespaces[NS_TYPES] = {{0}};

	if (procfd >= 0)
		namespaces_read(procfd, who, namespaces);
	for (int type = 0; text && type < NS_TYPES; type++) {
		const struct host_namespace *ns = &namespaces[type];
		ino_t inode = who == WHO_SELF ? ns->self : who == WHO_INIT ? ns->init : ns->container;

		if (inode != 0)
			text = arena_printf(arena, "%s%s %s %lu\n", text, word, namespace_proc_names[type],
					    (unsigned long)inode);
	}
	return text;
}

static void put_namespaces(struct recording *recording, int procfd, int self)
{
	FD_AUTO int init = proc_open("1");
	const char *text = add_namespaces(recording->arena, "", "self", WHO_SELF, self);

	text = text ? add_namespaces(recording->arena, text, "container", WHO_CONTAINER, procfd) : NULL;
	text = text ? add_namespaces(recording->arena, text, "init", WHO_INIT, init) : NULL;
	put(recording, "namespaces", text);
}

static void put_security(struct recording *recording)
{
	struct host host = {0};
	const char *text = "";

	put(recording, "apparmor", apparmor_text(recording->arena));
	if (lsm_read(recording->arena, &host, recording->err) < 0) {
		recording->failed = true;
		return;
	}
	for (size_t i = 0; text && i < host.lsms.n; i++)
		text = arena_printf(recording->arena, "%s%s%s", text, i ? "," : "", host.lsms.items[i]);
	if (host.lsms.n > 0)
		put(recording, "lsm", text);
	if (host.selinux_enforcing != TRI_UNKNOWN)
		put(recording, "selinux", host.selinux_enforcing == TRI_YES ? "1" : "0");
}

/* Whatever the policy pins: another one may judge the recording. */
static void put_digests(struct recording *recording, const char *profile)
{
	const char *text = apparmor_digests_text(recording->arena, profile);

	if (text && text[0] != '\0')
		put(recording, "apparmor-sha256", text);
}

int host_record(struct arena *arena, const struct container *container, const struct state *state, int dirfd,
		struct err *err)
{
	struct recording recording = {.arena = arena, .dirfd = dirfd, .err = err};
	FD_AUTO int procfd = state->pid > 0 ? proc_open_pid(state->pid) : -1;
	FD_AUTO int self = proc_open("self");

	if (procfd < 0)
		return err_set(err, ERR_INPUT, "the container has no process %ld", (long)state->pid);
	put_namespaces(&recording, procfd, self);
	put_proc(&recording, procfd, "mountinfo", "mountinfo");
	put_proc(&recording, procfd, "uid_map", "uid_map");
	put_proc(&recording, procfd, "gid_map", "gid_map");
	if (self >= 0)
		put_proc(&recording, self, "mountinfo", "mountinfo-node");
	put(&recording, "bundle", bundle_owner_text(arena, state->bundle));
	if (container) {
		const char *rootfs = rootfs_resolve(arena, container->rootfs);

		put(&recording, "rootfs", rootfs ? arena_printf(arena, "%s\n", rootfs) : NULL);
		if (container->process.apparmor_profile)
			put_digests(&recording, container->process.apparmor_profile);
		put(&recording, "ports", ports_text(arena, container->identity.sandbox_id));
	}
	put_security(&recording);
	if (recording.failed)
		return -1;
	if (faccessat(procfd, "ns", F_OK, 0) < 0)
		return err_set(err, ERR_INPUT, "the container ended while it was recorded");
	return arena->failed ? err_set(err, ERR_SYSTEM, "out of memory") : 0;
}
