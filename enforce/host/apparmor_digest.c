/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a loaded profile is, beyond its name: the kernel keeps the bytes that
 * apparmor_parser gave it (policy/profiles/DIRECTORY/raw_data), and shows the
 * same ones after the same text is loaded again. The directory's name is made
 * from the profile's, but not so that it could be made again: the file "name"
 * below it decides. A child lies below its parent, and is loaded with it or
 * alone.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>
#include <sys/apparmor.h>

#include "internal.h"

#include "ocigate/fs.h"

enum { NAME_ROOM = 4096 };

int apparmor_open(const char *file, int flags)
{
	static const char usual[] = "/sys/kernel/security/apparmor";
	FD_AUTO int dir = open(usual, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	char *mount = NULL;

	/* securityfs is nearly always at its usual place; where it is not, the mount table is searched. */
	if (dir < 0 && aa_find_mountpoint(&mount) == 0)
		dir = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	free(mount);
	return dir < 0 ? -1 : openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | flags);
}

/* Is it the directory of the profile that is called @name, or, as a child, by the last @own bytes of it alone? */
static bool is_called(int dir, const char *entry, const char *name, size_t len, size_t own)
{
	FD_AUTO int fd = openat(dir, entry, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	char text[NAME_ROOM];
	size_t n;

	if (fd < 0 || !text_read_small(fd, "name", text, sizeof(text)))
		return false;
	n = strcspn(text, "\n");
	return (n == len && memcmp(text, name, len) == 0) || (n == own && memcmp(text, name + len - own, own) == 0);
}

/* The directory below @dir of the profile that the first @len bytes of @name call. Return: fd, or -1. */
static int open_profile(int dir, const char *name, size_t len, size_t own)
{
	const int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *entry;
	int found = -1;

	while (entries && found < 0 && (entry = readdir(entries)) != NULL)
		if (entry->d_name[0] != '.' && is_called(dir, entry->d_name, name, len, own))
			found = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (entries)
		(void)closedir(entries);
	else
		fd_close(&(int){copy});
	return found;
}

/* "a//b//c": a, below it b, below that c. */
static int open_named(const char *name)
{
	int dir = apparmor_open("policy/profiles", O_DIRECTORY);
	size_t start = 0;

	while (dir >= 0) {
		const char *separator = strstr(name + start, "//");
		size_t end = separator ? (size_t)(separator - name) : strlen(name);
		int profile = open_profile(dir, name, end, end - start);

		(void)close(dir);
		if (!separator || profile < 0)
			return profile;
		dir = openat(profile, "profiles", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		(void)close(profile);
		start = end + 2;
	}
	return -1;
}

static bool digest_of(int fd, char hex[SHA256_DIGEST_STRING_LENGTH])
{
	unsigned char bytes[16384];
	size_t total = 0;
	SHA2_CTX context;
	ssize_t n;

	SHA256Init(&context);
	while ((n = read(fd, bytes, sizeof(bytes))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || total > HOST_FILE_MAX)
			return false;
		total += (size_t)n;
		SHA256Update(&context, bytes, (size_t)n);
	}
	return total > 0 && SHA256End(&context, hex) != NULL;
}

const char *host_apparmor_digest(struct arena *arena, const char *name)
{
	FD_AUTO int profile = open_named(name);
	/* A link of the kernel's own, to what profiles that were loaded together share. */
	FD_AUTO int fd = profile >= 0 ? openat(profile, "raw_data", O_RDONLY | O_CLOEXEC) : -1;
	char hex[SHA256_DIGEST_STRING_LENGTH];

	return fd >= 0 && digest_of(fd, hex) ? arena_strdup(arena, hex) : NULL;
}

const char *apparmor_digests_text(struct arena *arena, const char *profile)
{
	const char *text = "";

	while (text && profile && profile[0] != '\0') {
		const char *separator = strstr(profile, "//&");
		size_t len = separator ? (size_t)(separator - profile) : strlen(profile);
		const char *part = arena_strndup(arena, profile, len);
		const char *digest = part && part[0] != ':' ? host_apparmor_digest(arena, part) : NULL;

		if (digest)
			text = arena_printf(arena, "%s%s  %s\n", text, digest, part);
		profile = separator ? separator + 3 : NULL;
	}
	return text;
}

int apparmor_digests_parse(struct arena *arena, const char *text, struct host *host, struct err *err)
{
	enum { DIGITS = SHA256_DIGEST_STRING_LENGTH - 1 };
	const char *line, *cursor;
	struct key_value *items;
	size_t len, n = 0, total = 0;

	for (cursor = text; text_line(&cursor, &len) != NULL;)
		total++;
	items = arena_array(arena, total, sizeof(*items));
	while (items && (line = text_line(&text, &len)) != NULL) {
		if (len < DIGITS + 3 || strspn(line, "0123456789abcdef") != DIGITS || line[DIGITS] != ' ' ||
		    line[DIGITS + 1] != ' ')
			return err_set(err, ERR_INPUT, "apparmor-sha256: line %zu is not \"digest  name\"", n + 1);
		items[n].value = arena_strndup(arena, line, DIGITS);
		items[n++].key = arena_strndup(arena, line + DIGITS + 2, len - DIGITS - 2);
	}
	if (arena->failed)
		return err_set(err, ERR_SYSTEM, "out of memory");
	host->apparmor_digests = (struct key_values){items, n};
	return 0;
}
