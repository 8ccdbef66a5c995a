/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "ocigate/seccomp.h"

/* Whose programs a node's kernel usually runs beside its own. x32 is built in nearly nowhere. */
#if defined(__x86_64__)
const char *const seccomp_second_arch = "SCMP_ARCH_X86";
#elif defined(__aarch64__)
const char *const seccomp_second_arch = "SCMP_ARCH_ARM";
#else
const char *const seccomp_second_arch = NULL;
#endif

bool seccomp_passes(const char *action)
{
	return strcmp(action, "SCMP_ACT_ALLOW") == 0 || strcmp(action, "SCMP_ACT_LOG") == 0;
}

bool seccomp_asks(const char *action)
{
	return strcmp(action, "SCMP_ACT_NOTIFY") == 0;
}

bool seccomp_lists_second_arch(const struct seccomp *seccomp)
{
	for (size_t i = 0; seccomp_second_arch && i < seccomp->architectures.n; i++)
		if (strcmp(seccomp->architectures.items[i], seccomp_second_arch) == 0)
			return true;
	return !seccomp_second_arch;
}

bool seccomp_is_plain(const struct seccomp *seccomp)
{
	return !seccomp_passes(seccomp->default_action) && !seccomp_asks(seccomp->default_action) &&
	       !seccomp->listener_path && seccomp_lists_second_arch(seccomp);
}
