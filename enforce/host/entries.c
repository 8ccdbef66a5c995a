/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What several rules ask about the container's mounts.
 */
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "ocigate/fs.h"
#include "ocigate/host.h"
#include "ocigate/str.h"

static const char *const kernels[] = {"proc", "sysfs", "cgroup", "cgroup2", "mqueue", "devpts", "tmpfs"};
/* Those of them that show the node's state wherever they are, and that a rule of their own asks for. */
enum { KERNELS_JUDGED = 4 };

/* Without these six no program starts; in a user namespace runtimes bind them from the node, one by one. */
static const char *const default_devices[] = {"/dev/null", "/dev/zero",	  "/dev/full",
					      "/dev/tty",  "/dev/random", "/dev/urandom"};

/* What belongs to no mount of the spec comes last. */
static size_t entry_of(const struct host_mount *mount)
{
	long entry = host_mount_entry(mount);

	return entry < 0 ? SIZE_MAX : (size_t)entry;
}

const struct host_mount *host_mount_first(const struct host *host, size_t index)
{
	size_t low = 0, high = host->n_mounts;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (entry_of(&host->mounts[middle]) < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low < host->n_mounts && entry_of(&host->mounts[low]) == index ? &host->mounts[low] : NULL;
}

const struct host_mount *host_mount_next(const struct host *host, const struct host_mount *mount)
{
	const struct host_mount *next = mount + 1;

	return next < host->mounts + host->n_mounts && entry_of(next) == entry_of(mount) ? next : NULL;
}

const struct host_mount *host_mount_of(const struct host *host, size_t index)
{
	const struct host_mount *mount = host_mount_first(host, index);

	while (mount && mount->mount < 0)
		mount = host_mount_next(host, mount);
	return mount;
}

bool host_is_kernels_type(const char *type)
{
	for (size_t i = 0; type && i < sizeof(kernels) / sizeof(kernels[0]); i++)
		if (str_equal(kernels[i], type))
			return true;
	return false;
}

/* Is it called as a device is that runtimes bind from the node: a default one, or one of the spec's below /dev? */
static bool is_called_device(const struct container *container, const struct host_mount *mount)
{
	const char *name = mount->origin.n_same > 0 ? mount->origin.paths.items[0] : "";

	for (size_t i = 0; i < sizeof(default_devices) / sizeof(default_devices[0]); i++)
		if (strcmp(default_devices[i], name) == 0)
			return true;
	for (size_t i = 0; path_within(name, "/dev") && i < container->n_devices; i++)
		if (strcmp(container->devices[i].path, name) == 0 && strcmp(mount->path, name) == 0)
			return true;
	return false;
}

bool host_mount_is_device(const struct container *container, const struct host_mount *mount)
{
	const struct origin *origin = &mount->origin;

	/* A node that is a container itself has a tmpfs at /dev. */
	if (mount->mount >= 0 || !origin->fs_type ||
	    (strcmp(origin->fs_type, "devtmpfs") != 0 && strcmp(origin->fs_type, "tmpfs") != 0))
		return false;
	if (origin->file_type != 0 && !S_ISCHR(origin->file_type) && !S_ISBLK(origin->file_type))
		return false;
	return is_called_device(container, mount);
}

bool host_mount_is_runtimes(const struct container *container, const struct host_mount *mount)
{
	const struct origin *origin = &mount->origin;

	if (mount->mask || host_mount_is_device(container, mount))
		return true;
	for (size_t i = 0; i < KERNELS_JUDGED; i++)
		if (origin->fs_type && str_equal(kernels[i], origin->fs_type))
			return true;
	return host_is_kernels_type(origin->fs_type) && origin->state == ORIGIN_FILESYSTEM;
}
