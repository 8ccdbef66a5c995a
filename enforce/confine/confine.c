/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order matters: Landlock opens what may still be written to, and the
 * filter, which is last, allows none of these calls any more.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#include "gen/confine_filter.inc"

#define LENGTH(array)	(sizeof(array) / sizeof((array)[0]))
#define BIT(capability) (1U << (capability))

/* By role: to read what is another user's alone, to end a process of another user. */
static const uint32_t kept_capabilities[] = {
	[CONFINE_JUDGE] = BIT(CAP_DAC_READ_SEARCH),
	[CONFINE_END] = BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_KILL),
};

static const struct sock_fprog filters[] = {
	[CONFINE_JUDGE] = {LENGTH(judge_filter), (struct sock_filter *)(uintptr_t)judge_filter},
	[CONFINE_END] = {LENGTH(end_filter), (struct sock_filter *)(uintptr_t)end_filter},
};

static int set_capabilities(uint32_t kept)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{.effective = kept, .permitted = kept}};

	return (int)syscall(SYS_capset, &head, data);
}

/* Who has not all of them (a user without privileges, a container) keeps what there is. */
static int drop_capabilities(uint32_t kept, struct err *err)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (set_capabilities(kept) == 0)
		return 0;
	if (errno != EPERM || syscall(SYS_capget, &head, data) < 0 || set_capabilities(kept & data[0].permitted) < 0)
		return err_sys(err, ERR_SYSTEM, errno, "capabilities cannot be given up");
	return 0;
}

/* A kernel or a surrounding sandbox without filters is no worse than it was. */
static int install_filter(const struct sock_fprog *filter, struct err *err)
{
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter) < 0 && errno != ENOSYS && errno != EINVAL)
		return err_sys(err, ERR_SYSTEM, errno, "the own seccomp filter cannot be installed");
	return 0;
}

int confine(enum confine_role role, const char *own, const char *log, size_t memory, struct err *err)
{
	const struct rlimit limit = {memory, memory};

	/* A lower limit that is there already stays. */
	if (setrlimit(RLIMIT_AS, &limit) < 0 && errno != EPERM)
		return err_sys(err, ERR_SYSTEM, errno, "memory cannot be limited");
	if (landlock_confine(role, own, log, err) < 0 || drop_capabilities(kept_capabilities[role], err) < 0)
		return -1;
	return install_filter(&filters[role], err);
}
