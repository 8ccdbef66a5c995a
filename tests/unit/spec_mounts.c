/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts: what options make of them, whatever the type says. Expected values
 * are from the runtimes' option tables; where these differ, the weaker.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ocigate/spec.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static struct arena arena;
static struct container container;

static void begin(void)
{
	arena_init(&arena, (size_t)16 << 20);
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(spec_mounts, .init = begin, .fini = finish);

static void parse(const char *mounts)
{
	struct text text = {0};
	struct err err = {0};
	char bytes[1024];

	text.len =
		(size_t)snprintf(bytes, sizeof(bytes),
				 "{\"ociVersion\":\"1.2.0\",\"process\":{\"user\":{\"uid\":1,\"gid\":2},\"cwd\":\"/\","
				 "\"capabilities\":{}},\"root\":{\"path\":\"rootfs\"},\"mounts\":[%s]}",
				 mounts);
	cr_assert_lt(text.len, sizeof(bytes));
	text.bytes = bytes;
	cr_assert_eq(spec_parse(&arena, &text, "/run/bundle", "c1", &container, &err), 0, "%s: %s", err.pointer,
		     err.text);
}

/** struct mount_case - options as runc and crun take them (their option tables), and what must come of them */
struct mount_case {
	const char *mount;
	enum mount_kind kind;
	bool recursive;
	bool read_only;
	bool read_only_below;
	const char *propagation;
	bool recursive_propagation;
	bool id_mapped;
	const char *path;
};

static const struct mount_case mount_table[] = {
	{"\"destination\":\"/a\",\"type\":\"tmpfs\"", MOUNT_FILESYSTEM, 0, 0, 0, NULL, 0, 0, "/a"},
	{"\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"rbind\"]", MOUNT_BIND, 1, 0, 0, NULL, 0, 0, "/a"},
	{"\"destination\":\"/a\",\"options\":[\"bind\",\"ro\"]", MOUNT_BIND, 0, 1, 0, NULL, 0, 0, "/a"},
	{"\"destination\":\"/a\",\"type\":\"bind\"", MOUNT_BIND, 0, 0, 0, NULL, 0, 0, "/a"},
	{"\"destination\":\"/a\",\"type\":\"Bind\"", MOUNT_BIND, 0, 0, 0, NULL, 0, 0, "/a"},
	{"\"destination\":\"/a\",\"type\":\"BIND\",\"options\":[\"ro\"]", MOUNT_BIND, 0, 1, 0, NULL, 0, 0, "/a"},
	{"\"destination\":\"/a\",\"type\":\"proc\",\"options\":[\"remount\"]", MOUNT_REMOUNT, 0, 0, 0, NULL, 0, 0,
	 "/a"},
	{"\"destination\":\"/a\",\"options\":[\"bind\",\"remount\",\"ro\"]", MOUNT_BIND, 0, 1, 0, NULL, 0, 0, "/a"},
	/* runc lets the last of ro and rw win; crun keeps ro: the weaker is kept */
	{"\"destination\":\"/a\",\"options\":[\"rbind\",\"ro\",\"rw\"]", MOUNT_BIND, 1, 0, 0, NULL, 0, 0, "/a"},
	{"\"destination\":\"/a\",\"options\":[\"rbind\",\"rw\",\"ro\"]", MOUNT_BIND, 1, 1, 0, NULL, 0, 0, "/a"},
	/* applied after the mount, to the whole tree */
	{"\"destination\":\"/a\",\"options\":[\"rbind\",\"rro\"]", MOUNT_BIND, 1, 1, 1, NULL, 0, 0, "/a"},
	{"\"destination\":\"/a\",\"options\":[\"rbind\",\"rro\",\"rw\"]", MOUNT_BIND, 1, 1, 1, NULL, 0, 0, "/a"},
	{"\"destination\":\"/a\",\"options\":[\"rbind\",\"ro\",\"rrw\"]", MOUNT_BIND, 1, 0, 0, NULL, 0, 0, "/a"},
	{"\"destination\":\"/a\",\"options\":[\"rbind\",\"rrw\",\"ro\"]", MOUNT_BIND, 1, 0, 0, NULL, 0, 0, "/a"},
	{"\"destination\":\"/a\",\"options\":[\"rbind\",\"rro\",\"rrw\"]", MOUNT_BIND, 1, 0, 0, NULL, 0, 0, "/a"},
	{"\"destination\":\"/a\",\"options\":[\"bind\",\"rslave\"]", MOUNT_BIND, 0, 0, 0, "slave", 1, 0, "/a"},
	{"\"destination\":\"/a\",\"options\":[\"bind\",\"private\"]", MOUNT_BIND, 0, 0, 0, "private", 0, 0, "/a"},
	{"\"destination\":\"/a\",\"options\":[\"bind\",\"rshared\",\"private\"]", MOUNT_BIND, 0, 0, 0, "shared", 1, 0,
	 "/a"},
	{"\"destination\":\"/a\",\"options\":[\"bind\",\"unbindable\"]", MOUNT_BIND, 0, 0, 0, "unbindable", 0, 0, "/a"},
	{"\"destination\":\"/a\",\"options\":[\"bind\",\"idmap\"]", MOUNT_BIND, 0, 0, 0, NULL, 0, 1, "/a"},
	{"\"destination\":\"/a\",\"options\":[\"bind\",\"ridmap\"]", MOUNT_BIND, 0, 0, 0, NULL, 0, 1, "/a"},
	{"\"destination\":\"/a\",\"options\":[\"bind\",\"idmap=uids=0-1-10\"]", MOUNT_BIND, 0, 0, 0, NULL, 0, 1, "/a"},
	{"\"destination\":\"/a\",\"options\":[\"bind\",\"idmax\"]", MOUNT_BIND, 0, 0, 0, NULL, 0, 0, "/a"},
	{"\"destination\":\"/a\",\"options\":[\"ro\",\"remount\"]", MOUNT_REMOUNT, 0, 1, 0, NULL, 0, 0, "/a"},
	{"\"destination\":\"/a\",\"options\":[\"bind\"],\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}]",
	 MOUNT_BIND, 0, 0, 0, NULL, 0, 1, "/a"},
	{"\"destination\":\"/a\",\"options\":[\"bind\"],\"gidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}]",
	 MOUNT_BIND, 0, 0, 0, NULL, 0, 1, "/a"},
	/* data for the filesystem, whatever it looks like */
	{"\"destination\":\"/a\",\"type\":\"tmpfs\",\"options\":[\"bind,ro\",\"Bind\",\"RO\",\"mode=755\"]",
	 MOUNT_FILESYSTEM, 0, 0, 0, NULL, 0, 0, "/a"},
	/* destinations are cleaned as text */
	{"\"destination\":\"a/b\",\"type\":\"tmpfs\"", MOUNT_FILESYSTEM, 0, 0, 0, NULL, 0, 0, "/a/b"},
	{"\"destination\":\"/a/../proc/./\",\"type\":\"tmpfs\"", MOUNT_FILESYSTEM, 0, 0, 0, NULL, 0, 0, "/proc"},
	{"\"destination\":\"//a//b\",\"type\":\"tmpfs\"", MOUNT_FILESYSTEM, 0, 0, 0, NULL, 0, 0, "/a/b"},
	{"\"destination\":\"/../..\",\"type\":\"tmpfs\"", MOUNT_FILESYSTEM, 0, 0, 0, NULL, 0, 0, "/"},
};

Test(spec_mounts, lets_options_decide_what_a_mount_is)
{
	for (size_t i = 0; i < N(mount_table); i++) {
		const struct mount_case *want = &mount_table[i];
		const struct mount *mount;
		char text[512];

		(void)snprintf(text, sizeof(text), "{%s}", want->mount);
		parse(text);
		cr_assert_eq(container.n_mounts, 1);
		mount = &container.mounts[0];
		cr_expect_eq(mount->kind, want->kind, "%s: kind %d", want->mount, mount->kind);
		cr_expect_eq(mount->recursive, want->recursive, "%s: recursive", want->mount);
		cr_expect_eq(mount->read_only, want->read_only, "%s: read_only", want->mount);
		cr_expect_eq(mount->read_only_below, want->read_only_below, "%s: read_only_below", want->mount);
		cr_expect_eq(!mount->propagation, !want->propagation, "%s: propagation", want->mount);
		if (mount->propagation && want->propagation)
			cr_expect_str_eq(mount->propagation, want->propagation, "%s", want->mount);
		cr_expect_eq(mount->recursive_propagation, want->recursive_propagation, "%s: recursive", want->mount);
		cr_expect_eq(mount->id_mapped, want->id_mapped, "%s: id_mapped", want->mount);
		cr_expect_str_eq(mount->path, want->path, "%s", want->mount);
	}
}

Test(spec_mounts, keeps_what_is_said)
{
	parse("{\"destination\":\"/p\",\"type\":\"proc\",\"source\":\"proc\",\"options\":[\"nosuid\",\"a\"]},"
	      "{\"destination\":\"q\"}");
	cr_assert_eq(container.n_mounts, 2);
	cr_expect_str_eq(container.mounts[0].type, "proc");
	cr_expect_str_eq(container.mounts[0].source, "proc");
	cr_expect_eq(container.mounts[0].options.n, 2);
	cr_expect_str_eq(container.mounts[1].destination, "q");
	cr_expect_null(container.mounts[1].type);
	cr_expect_null(container.mounts[1].source);
}
