/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of "process" whose meaning is more than their shape.
 */
#include <string.h>

#include "ocigate/container.h"
#include "schema.h"

/* By number (linux/capability.h). libcap has the names too, but looks them up slowly and takes sloppy spellings. */
static const char *const capability_names[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};

int capability_number(const char *name)
{
	/* Names come from command lines too: without the prefix there is nothing to compare behind it. */
	if (strncmp(name, "CAP_", 4) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(capability_names) / sizeof(capability_names[0]); i++)
		if (capability_names[i][4] == name[4] && strcmp(capability_names[i] + 5, name + 5) == 0)
			return (int)i;
	return -1;
}

static bool capability_spelt_exactly(const char *text)
{
	if (strncmp(text, "CAP_", 4) != 0 || !text[4])
		return false;
	for (text += 4; *text; text++)
		if (!((*text >= 'A' && *text <= 'Z') || (*text >= '0' && *text <= '9') || *text == '_'))
			return false;
	return true;
}

const char *capability_name(int number)
{
	size_t n = sizeof(capability_names) / sizeof(capability_names[0]);

	return number >= 0 && (size_t)number < n ? capability_names[number] : "CAP_?";
}

static int check_capability(struct walk *walk, const char *text)
{
	if (capability_spelt_exactly(text))
		return 0;
	return walk_deny(walk,
			 "is \"%.64s\": capabilities are spelt CAP_NAME in capitals; runtimes differ in how they read "
			 "another spelling",
			 text);
}

struct capability_lists {
	struct strings sets[CAPS_KINDS];
	bool has[CAPS_KINDS];
};

#define CAPABILITY_LIST(name, kind)                                                                                    \
	{                                                                                                              \
		.key = name, .type = SHAPE_STRINGS, .check = check_capability,                                         \
		.to = TO(struct capability_lists, sets[kind]), .has_to = TO(struct capability_lists, has[kind])        \
	}

static const struct shape_field capability_fields[] = {
	CAPABILITY_LIST("bounding", CAPS_BOUNDING),	  CAPABILITY_LIST("effective", CAPS_EFFECTIVE),
	CAPABILITY_LIST("inheritable", CAPS_INHERITABLE), CAPABILITY_LIST("permitted", CAPS_PERMITTED),
	CAPABILITY_LIST("ambient", CAPS_AMBIENT),
};
static const struct shape shape_capabilities = {.fields = capability_fields, .n_fields = CAPS_KINDS};

static int make_set(struct walk *walk, const struct strings *names, struct capability_set *set)
{
	const char **unknown = arena_array(walk->arena, names->n, sizeof(*unknown));
	size_t n = 0;

	if (!unknown)
		return walk_no_memory(walk);
	for (size_t i = 0; i < names->n; i++) {
		int number = capability_number(names->items[i]);

		if (number >= 0)
			set->mask |= (uint64_t)1 << number;
		else
			unknown[n++] = names->items[i];
	}
	set->unknown = (struct strings){unknown, n};
	return 0;
}

int read_capabilities(struct walk *walk, void *base)
{
	struct process *process = base;
	struct capability_lists lists = {0};

	if (walk_object(walk, &shape_capabilities, &lists) < 0)
		return -1;
	for (int kind = 0; kind < CAPS_KINDS; kind++) {
		process->caps[kind] = (struct capability_set){.present = lists.has[kind]};
		if (make_set(walk, &lists.sets[kind], &process->caps[kind]) < 0)
			return -1;
	}
	return 0;
}

int read_gids(struct walk *walk, void *base)
{
	struct process *process = base;
	struct walk_items list = {.size = sizeof(int64_t)};
	size_t n = 0;

	if (walk_kind(walk, JSON_KIND_ARRAY) < 0)
		return -1;
	for (bool more = json_text_open(&walk->text, ']'); more; more = json_text_next(&walk->text, ']')) {
		int64_t *gid = walk_room(walk, &list, n);

		walk_enter(walk, NULL, n++);
		if (!gid || walk_integer(walk, 0, INT32_MAX, gid) < 0)
			return -1;
		walk_leave(walk);
	}
	process->additional_gids = walk_items_end(walk, &list, n);
	process->n_additional_gids = n;
	return walk->text.broken ? -1 : 0;
}
