/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Engines that a user runs. Their runtimes, and so the gate, are root of a user namespace alone; the node around belongs
 * to somebody outside. podman keeps its state where that user may write: in the storage that the bundle lies in, and
 * below /run/user/UID/containers.
 */
#include <string.h>
#include <sys/stat.h>

#include "internal.h"

#include "ocigate/fs.h"

bool rootless(void)
{
	struct stat st;

	return lstat("/", &st) == 0 && st.st_uid != 0 && st.st_uid == fs_outside_uid();
}

/* Length of "/home/u/.local/share/containers/storage" in "…/overlay-containers/ID/userdata"; 0: no such path */
static size_t storage_len(const char *bundle)
{
	size_t len = strlen(bundle);

	for (int up = 0; up < 3; up++) {
		const char *slash = memrchr(bundle, '/', len);

		len = slash ? (size_t)(slash - bundle) : 0;
	}
	return len;
}

const char *rootless_tail(const char *path, const char *bundle)
{
	static const char run[] = "/run/user/", rest[] = "/containers/";
	const size_t len = storage_len(bundle);
	size_t digits;

	if (len > 0 && strncmp(path, bundle, len) == 0 && path[len] == '/')
		return path + len + 1;
	if (strncmp(path, run, sizeof(run) - 1) != 0)
		return NULL;
	path += sizeof(run) - 1;
	digits = strspn(path, "0123456789");
	if (digits == 0 || strncmp(path + digits, rest, sizeof(rest) - 1) != 0)
		return NULL;
	return path + digits + sizeof(rest) - 1;
}
