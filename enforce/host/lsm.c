/* SPDX-License-Identifier: Apache-2.0 */
/* Which security modules are active, and whether SELinux enforces. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "internal.h"

#include "ocigate/fs.h"

/* A dozen names; the kernel itself stops at a page. */
enum { LSM_TEXT_MAX = 1024 };

int lsm_parse(struct arena *arena, const char *text, struct strings *ret_lsms, struct err *err)
{
	size_t len = strcspn(text, "\n"), n = 0, total = 1;
	const char **items;

	for (size_t i = 0; i < len; i++)
		total += text[i] == ',';
	items = arena_array(arena, total, sizeof(*items));
	for (size_t at = 0; items && at < len;) {
		size_t part = strcspn(text + at, ",\n");

		if (part > 0)
			items[n++] = arena_strndup(arena, text + at, part);
		at += part + 1;
	}
	if (arena->failed)
		return err_set(err, ERR_SYSTEM, "out of memory");
	*ret_lsms = (struct strings){items, n};
	return 0;
}

enum tri selinux_parse(const char *text)
{
	if (text[0] != '\0' && (text[1] == '\0' || text[1] == '\n'))
		return text[0] == '1' ? TRI_YES : text[0] == '0' ? TRI_NO : TRI_UNKNOWN;
	return TRI_UNKNOWN;
}

enum tri selinux_absent(const struct strings *lsms)
{
	return lsms->n > 0 && !strings_hold(lsms, "selinux") ? TRI_NO : TRI_UNKNOWN;
}

int lsm_read(struct arena *arena, struct host *host, struct err *err)
{
	char text[LSM_TEXT_MAX];

	if (text_read_small(AT_FDCWD, "/sys/kernel/security/lsm", text, sizeof(text)) &&
	    lsm_parse(arena, text, &host->lsms, err) < 0)
		return -1;
	if (text_read_small(AT_FDCWD, "/sys/fs/selinux/enforce", text, sizeof(text)))
		host->selinux_enforcing = selinux_parse(text);
	else
		host->selinux_enforcing = selinux_absent(&host->lsms);
	/* Nobody mounted securityfs: the kernel makes this directory as soon as SELinux is on. */
	if (host->lsms.n == 0 && faccessat(AT_FDCWD, "/sys/fs", F_OK, 0) == 0 &&
	    faccessat(AT_FDCWD, "/sys/fs/selinux", F_OK, 0) < 0 && errno == ENOENT)
		host->selinux_enforcing = TRI_NO;
	return 0;
}
