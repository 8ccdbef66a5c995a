/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts from the files that `ocigate record` writes. A file that is missing is
 * a fact that is unknown; one that is malformed is an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "internal.h"
#include "view.h"

#include "ocigate/fs.h"

/* *ret_text stays NULL when the recording has no such file. */
static int read_text(struct arena *arena, int dirfd, const char *name, const char **ret_text, struct err *err)
{
	size_t len;

	if (faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return 0;
	return fs_read_file(arena, dirfd, name, HOST_FILE_MAX, true, ret_text, &len, err);
}

static int read_namespaces(struct arena *arena, int dirfd, struct host *host, struct err *err)
{
	const char *text = NULL;

	if (read_text(arena, dirfd, "namespaces", &text, err) < 0)
		return -1;
	return text ? namespaces_parse(text, host->namespaces, err) : 0;
}

static int read_id_maps(struct arena *arena, int dirfd, struct host *host, struct err *err)
{
	const char *uids = NULL, *gids = NULL;

	if (read_text(arena, dirfd, "uid_map", &uids, err) < 0 || read_text(arena, dirfd, "gid_map", &gids, err) < 0)
		return -1;
	if (!uids || !gids)
		return 0;
	if (idmap_parse(arena, uids, &host->uid_map, err) < 0)
		return err_wrap(err, "uid_map");
	if (idmap_parse(arena, gids, &host->gid_map, err) < 0)
		return err_wrap(err, "gid_map");
	host->id_maps_known = true;
	return 0;
}

static int read_security(struct arena *arena, int dirfd, unsigned facts, struct host *host, struct err *err)
{
	const char *text = NULL;

	if ((facts & HOST_FACT_APPARMOR) != 0) {
		if (read_text(arena, dirfd, "apparmor", &text, err) < 0 ||
		    (text && apparmor_parse(arena, text, host, err) < 0))
			return -1;
	}
	if ((facts & HOST_FACT_APPARMOR_DIGESTS) != 0) {
		text = NULL;
		if (read_text(arena, dirfd, "apparmor-sha256", &text, err) < 0 ||
		    (text && apparmor_digests_parse(arena, text, host, err) < 0))
			return -1;
	}
	if ((facts & (HOST_FACT_SELINUX | HOST_FACT_APPARMOR)) != 0) {
		text = NULL;
		if (read_text(arena, dirfd, "lsm", &text, err) < 0 ||
		    (text && lsm_parse(arena, text, &host->lsms, err) < 0))
			return -1;
	}
	if ((facts & HOST_FACT_SELINUX) != 0) {
		text = NULL;
		if (read_text(arena, dirfd, "selinux", &text, err) < 0)
			return -1;
		host->selinux_enforcing = text ? selinux_parse(text) : selinux_absent(&host->lsms);
	}
	return 0;
}

static int read_mounts(struct arena *arena, int dirfd, const struct container *container, struct host *host,
		       struct err *err)
{
	struct mount_texts texts = {NULL, NULL};
	const char *name = NULL, *rootfs = container->rootfs;

	if (read_text(arena, dirfd, "mountinfo", &texts.container, err) < 0 ||
	    read_text(arena, dirfd, "mountinfo-node", &texts.node, err) < 0 ||
	    read_text(arena, dirfd, "rootfs", &name, err) < 0)
		return -1;
	if (name)
		rootfs = arena_strndup(arena, name, strcspn(name, "\n"));
	if (!rootfs)
		return err_set(err, ERR_SYSTEM, "out of memory");
	return host_mounts(arena, container, &texts, rootfs, -1, host, err);
}

/* A recording is judged again, not gated: what was captured without this file was captured from an engine. */
static int read_owner(struct arena *arena, int dirfd, struct host *host, struct err *err)
{
	const char *text = NULL;

	if (read_text(arena, dirfd, "bundle", &text, err) < 0)
		return -1;
	host->bundle_owner = text ? bundle_owner_parse(text) : BUNDLE_OWNER_ROOT;
	return 0;
}

static int read_process(struct arena *arena, int dirfd, struct host *host, struct err *err)
{
	const char *text = NULL;

	if (read_text(arena, dirfd, "process", &text, err) < 0)
		return -1;
	return text ? process_parse(arena, text, &host->process, err) : 0;
}

int host_recorded(struct arena *arena, const struct container *container, int dirfd, unsigned facts,
		  struct host *ret_host, struct err *err)
{
	struct host host = {.source = HOST_RECORDED, .facts = facts & ~(unsigned)HOST_FACT_PORTS};

	if (read_namespaces(arena, dirfd, &host, err) < 0 || read_owner(arena, dirfd, &host, err) < 0)
		return err_wrap(err, "recorded facts");
	/* Before a container exists there are facts of the node, and of the namespaces that it is to join; none of mounts. */
	host.effective = faccessat(dirfd, "mountinfo", F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
			 host.namespaces[NS_MOUNT].container != 0;
	host_namespaces_judge(&host, container);
	if ((facts & HOST_FACT_ID_MAPS) != 0) {
		if (read_id_maps(arena, dirfd, &host, err) < 0)
			return err_wrap(err, "recorded facts");
		if (!host.id_maps_known)
			idmap_from_spec(&host, container);
	}
	if ((facts & HOST_FACT_MOUNTS) != 0 && read_mounts(arena, dirfd, container, &host, err) < 0)
		return err_wrap(err, "recorded facts");
	if (read_security(arena, dirfd, facts, &host, err) < 0)
		return err_wrap(err, "recorded facts");
	if ((facts & HOST_FACT_PROCESS) != 0 && read_process(arena, dirfd, &host, err) < 0)
		return err_wrap(err, "recorded facts");
	if ((facts & HOST_FACT_SECCOMP) != 0 && container->seccomp.present &&
	    seccomp_ask(arena, &container->seccomp, &host.seccomp, err) < 0)
		return -1;
	*ret_host = host;
	return 0;
}
