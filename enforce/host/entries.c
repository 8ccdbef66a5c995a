/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What several rules ask about the container's mounts.
 */
#include <stdint.h>
#include <string.h>

#include "ocigate/host.h"
#include "ocigate/str.h"

static const char *const kernels[] = {"proc", "sysfs", "cgroup", "cgroup2", "mqueue", "devpts", "tmpfs"};

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
