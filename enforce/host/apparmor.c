/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What AppArmor has loaded. The kernel prints "name (mode)", and a name may
 * itself contain " (enforce)": the mode is what follows the last " (".
 */
#include <fcntl.h>
#include <string.h>

#include "internal.h"

#include "ocigate/fs.h"

static const char enabled_file[] = "/sys/module/apparmor/parameters/enabled";

static bool parse_line(struct arena *arena, const char *line, size_t len, struct apparmor_profile *ret_profile)
{
	size_t at = len;

	if (len < 4 || line[len - 1] != ')')
		return false;
	while (at >= 2 && !(line[at - 2] == ' ' && line[at - 1] == '('))
		at--;
	if (at < 3 || at == len - 1)
		return false;
	ret_profile->name = arena_strndup(arena, line, at - 2);
	ret_profile->mode = arena_strndup(arena, line + at, len - 1 - at);
	return true;
}

/* The first line of a recording says what the kernel says in a file of its own. */
static bool take_enabled(const char **text, enum tri *ret_enabled)
{
	static const char key[] = "enabled: ";
	const char *rest = *text, *line;
	size_t len, skip = sizeof(key) - 1;

	line = text_line(&rest, &len);
	if (!line || len < skip || memcmp(line, key, skip) != 0)
		return true;
	if (len != skip + 1 || (line[skip] != 'Y' && line[skip] != 'N'))
		return false;
	*ret_enabled = line[skip] == 'Y' ? TRI_YES : TRI_NO;
	*text = rest;
	return true;
}

int apparmor_parse(struct arena *arena, const char *text, struct host *host, struct err *err)
{
	const char *line, *cursor;
	struct apparmor_profile *profiles;
	enum tri enabled = TRI_UNKNOWN;
	size_t len, n = 0, total = 0;

	if (!take_enabled(&text, &enabled))
		return err_set(err, ERR_INPUT, "apparmor: the first line is neither \"enabled: Y\" nor \"enabled: N\"");
	for (cursor = text; text_line(&cursor, &len) != NULL;)
		total++;
	profiles = arena_array(arena, total, sizeof(*profiles));
	if (!profiles)
		return err_set(err, ERR_SYSTEM, "out of memory");
	while ((line = text_line(&text, &len)) != NULL)
		if (!parse_line(arena, line, len, &profiles[n++]))
			return err_set(err, ERR_INPUT, "apparmor: profile %zu is not \"name (mode)\"", n);
	if (arena->failed)
		return err_set(err, ERR_SYSTEM, "out of memory");
	host->apparmor_recorded = true;
	host->apparmor_enabled = enabled == TRI_UNKNOWN && total > 0 ? TRI_YES : enabled;
	host->apparmor_profiles = profiles;
	host->n_apparmor_profiles = total;
	host->apparmor_profiles_known = total > 0 || enabled != TRI_UNKNOWN;
	return 0;
}

static enum tri read_enabled(void)
{
	char text[16];

	if (text_read_small(AT_FDCWD, enabled_file, text, sizeof(text)))
		return text[0] == 'Y' ? TRI_YES : text[0] == 'N' ? TRI_NO : TRI_UNKNOWN;
	if (access("/sys/module/apparmor", F_OK) == 0 || access("/sys/module", F_OK) < 0)
		return TRI_UNKNOWN;
	return TRI_NO;
}

const char *apparmor_text(struct arena *arena)
{
	enum tri enabled = read_enabled();
	FD_AUTO int fd = -1;
	struct err unread;
	const char *text;
	size_t len;

	if (enabled != TRI_YES)
		return enabled == TRI_NO ? "enabled: N\n" : NULL;
	fd = apparmor_open("profiles", 0);
	if (fd < 0 || fs_read_fd(arena, fd, "apparmor/profiles", HOST_FILE_MAX, &text, &len, &unread) < 0)
		return NULL;
	return arena_printf(arena, "enabled: Y\n%s", text);
}

int apparmor_read(struct arena *arena, struct host *host, struct err *err)
{
	const char *text = apparmor_text(arena);
	struct err unread;

	host->apparmor_recorded = true;
	if (!text || apparmor_parse(arena, text, host, &unread) < 0)
		host->apparmor_enabled = read_enabled();
	return arena->failed ? err_set(err, ERR_SYSTEM, "out of memory") : 0;
}
