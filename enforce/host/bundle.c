/* SPDX-License-Identifier: Apache-2.0 */
/*
 * May others than root put a bundle at this place? Only then do the engine's
 * own annotations prove anything. Every directory on the way counts, and every
 * directory that a symbolic link on the way lies in. Looking at paths one after
 * the other is no race: a name can only be changed by who may write the
 * directory it is in, and that directory has been judged before.
 */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#include "ocigate/fs.h"

/* As the kernel has it. */
enum { LINKS_MAX = 40 };

/**
 * struct walk - a descent from the root directory
 * @done: real directories only, all trusted; "" is the root
 * @rest: what is still to be walked below @done
 * @arena, @text: what was seen is written down; NULL: it is not
 * @user: whose directories count like root's; 0: nobody's
 */
struct walk {
	struct arena *arena;
	const char *text;
	size_t len;
	int links;
	uid_t user;
	char done[PATH_MAX];
	char rest[PATH_MAX];
};

/* Puts the link's text in front of the rest; an absolute link starts again at the root. */
static bool follow_link(struct walk *walk, const char *link, const char *rest)
{
	char target[PATH_MAX], joined[PATH_MAX];
	ssize_t len = readlink(link, target, sizeof(target));
	int n;

	if (len <= 0 || (size_t)len >= sizeof(target) || ++walk->links > LINKS_MAX)
		return false;
	n = snprintf(joined, sizeof(joined), "%.*s/%s", (int)len, target, rest);
	if (n < 0 || (size_t)n >= sizeof(joined))
		return false;
	memcpy(walk->rest, joined, (size_t)n + 1);
	if (target[0] == '/')
		walk->len = 0;
	return true;
}

static void go_up(struct walk *walk)
{
	while (walk->len > 0 && walk->done[--walk->len] != '/')
		;
}

static enum bundle_owner judge_dir(struct walk *walk, const struct stat *st)
{
	if (walk->text)
		walk->text = arena_printf(walk->arena, "%s%u %u %o %s\n", walk->text, st->st_uid, st->st_gid,
					  st->st_mode, walk->done[0] ? walk->done : "/");
	if (!S_ISDIR(st->st_mode))
		return BUNDLE_OWNER_UNKNOWN;
	if (fs_trusted(st) || (st->st_uid == walk->user && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0))
		return BUNDLE_OWNER_ROOT;
	return BUNDLE_OWNER_OTHERS;
}

/* Takes one component off the rest. */
static enum bundle_owner step(struct walk *walk)
{
	const char *name = walk->rest + strspn(walk->rest, "/");
	size_t n = strcspn(name, "/"), before = walk->len;
	const char *rest = name + n;
	struct stat st;

	if (n == 2 && memcmp(name, "..", 2) == 0)
		go_up(walk);
	if ((n == 1 && name[0] == '.') || (n == 2 && memcmp(name, "..", 2) == 0) || n == 0) {
		memmove(walk->rest, rest, strlen(rest) + 1);
		return BUNDLE_OWNER_ROOT;
	}
	if (walk->len + n + 2 > sizeof(walk->done))
		return BUNDLE_OWNER_UNKNOWN;
	walk->done[walk->len] = '/';
	memcpy(walk->done + walk->len + 1, name, n);
	walk->len += n + 1;
	walk->done[walk->len] = '\0';
	if (lstat(walk->done, &st) < 0)
		return BUNDLE_OWNER_UNKNOWN;
	if (S_ISLNK(st.st_mode)) {
		walk->len = before;
		return follow_link(walk, walk->done, rest) ? BUNDLE_OWNER_ROOT : BUNDLE_OWNER_UNKNOWN;
	}
	memmove(walk->rest, rest, strlen(rest) + 1);
	return judge_dir(walk, &st);
}

static enum bundle_owner walk_to(struct walk *walk, const char *bundle)
{
	enum bundle_owner owner;
	struct stat st;

	if (bundle[0] != '/' || strlen(bundle) >= sizeof(walk->rest) || lstat("/", &st) < 0)
		return BUNDLE_OWNER_UNKNOWN;
	strcpy(walk->rest, bundle);
	owner = judge_dir(walk, &st);
	while (owner == BUNDLE_OWNER_ROOT && walk->rest[0] != '\0')
		owner = step(walk);
	return owner;
}

enum bundle_owner bundle_owner_of(const char *bundle)
{
	struct walk walk = {.len = 0};

	return walk_to(&walk, bundle);
}

enum bundle_owner bundle_owner_for(const char *bundle, uid_t uid)
{
	struct walk walk = {.user = uid};

	return walk_to(&walk, bundle);
}

const char *bundle_owner_text(struct arena *arena, const char *bundle)
{
	struct walk walk = {.arena = arena, .text = ""};

	if (walk_to(&walk, bundle) == BUNDLE_OWNER_UNKNOWN && walk.text)
		return arena_printf(arena, "%sunknown\n", walk.text);
	return walk.text;
}

/* One line: "0 0 40755 /run/containerd"; the path is there for people. */
static enum bundle_owner owner_of_line(const char *line, size_t len)
{
	const char *gid = memchr(line, ' ', len), *end = line + len, *mode, *path;
	unsigned long number, bits = 0;

	mode = gid ? memchr(gid + 1, ' ', (size_t)(end - gid - 1)) : NULL;
	path = mode ? memchr(mode + 1, ' ', (size_t)(end - mode - 1)) : NULL;
	if (!path || !text_number(line, (size_t)(gid - line), UINT32_MAX, &number))
		return BUNDLE_OWNER_UNKNOWN;
	for (const char *digit = mode + 1; digit < path; digit++) {
		if (*digit < '0' || *digit > '7' || bits > 07777777)
			return BUNDLE_OWNER_UNKNOWN;
		bits = bits * 8 + (unsigned long)(*digit - '0');
	}
	return number == 0 && (bits & (S_IWGRP | S_IWOTH)) == 0 ? BUNDLE_OWNER_ROOT : BUNDLE_OWNER_OTHERS;
}

enum bundle_owner bundle_owner_parse(const char *text)
{
	enum bundle_owner owner = BUNDLE_OWNER_UNKNOWN;
	const char *line;
	size_t len;

	while ((line = text_line(&text, &len)) != NULL) {
		owner = owner_of_line(line, len);
		if (owner != BUNDLE_OWNER_ROOT)
			break;
	}
	return owner;
}
