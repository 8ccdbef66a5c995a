/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What several rules ask about the container's mounts.
 */
#include <string.h>

#include "ocigate/host.h"
#include "ocigate/str.h"

static const char *const kernels[] = {"proc", "sysfs", "cgroup", "cgroup2", "mqueue", "devpts", "tmpfs"};

const struct host_mount *host_mount_of(const struct host *host, size_t index)
{
	for (size_t i = 0; i < host->n_mounts; i++)
		if (host->mounts[i].mount == (long)index)
			return &host->mounts[i];
	return NULL;
}

bool host_is_kernels_type(const char *type)
{
	for (size_t i = 0; type && i < sizeof(kernels) / sizeof(kernels[0]); i++)
		if (str_equal(kernels[i], type))
			return true;
	return false;
}
