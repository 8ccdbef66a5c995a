/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The default profile is config/seccomp/default.json, built in without its
 * white space and comments. Making a value of linux.seccomp from it is pasting:
 * the parts whose conditions hold are copied as they are.
 */
#include <string.h>
#include <sys/capability.h>

#include "ocigate/amend.h"
#include "scan.h"

static const char profile_bytes[] = {
#include "seccomp_default.inc"
};

/* Names of architectures in the conditions and in the filter; runc knows all of these. */
static const struct {
	const char *name;
	const char *token;
} architectures[] = {
	{"amd64", "SCMP_ARCH_X86_64"},
	{"x86", "SCMP_ARCH_X86"},
	{"arm64", "SCMP_ARCH_AARCH64"},
	{"arm", "SCMP_ARCH_ARM"},
	{"mips64", "SCMP_ARCH_MIPS64"},
	{"mips64n32", "SCMP_ARCH_MIPS64N32"},
	{"mips", "SCMP_ARCH_MIPS"},
	{"mipsel64", "SCMP_ARCH_MIPSEL64"},
	{"mipsel", "SCMP_ARCH_MIPSEL"},
	{"mipsel64n32", "SCMP_ARCH_MIPSEL64N32"},
	{"ppc64", "SCMP_ARCH_PPC64"},
	{"ppc64le", "SCMP_ARCH_PPC64LE"},
	{"ppc", "SCMP_ARCH_PPC"},
	{"s390x", "SCMP_ARCH_S390X"},
	{"s390", "SCMP_ARCH_S390"},
	{"riscv64", "SCMP_ARCH_RISCV64"},
	{"loong64", "SCMP_ARCH_LOONGARCH64"},
};

#if defined(__x86_64__)
#define NATIVE "amd64"
#elif defined(__i386__)
#define NATIVE "x86"
#elif defined(__aarch64__)
#define NATIVE "arm64"
#elif defined(__arm__)
#define NATIVE "arm"
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE "ppc64le"
#elif defined(__powerpc64__)
#define NATIVE "ppc64"
#elif defined(__powerpc__)
#define NATIVE "ppc"
#elif defined(__s390x__)
#define NATIVE "s390x"
#elif defined(__riscv)
#define NATIVE "riscv64"
#elif defined(__loongarch__)
#define NATIVE "loong64"
#elif defined(__mips64) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE "mipsel64"
#elif defined(__mips64)
#define NATIVE "mips64"
#else
#error "which architecture is this? (config/seccomp/README.md, \"Architectures\")"
#endif

/* What the conditions are asked about. */
struct situation {
	const char *architecture; /* "amd64" … */
	uint64_t bounding;
};

/* The members of @object that are named by @keys; value is NULL for one that is not there. One walk. */
static void read_members(const struct scan_item *object, const char *end, const char *const *keys, size_t n,
			 struct scan_item *ret_members)
{
	struct scan scan;
	struct scan_item item;

	memset(ret_members, 0, n * sizeof(*ret_members));
	if (!object->value || !scan_open(&scan, object->value, end))
		return;
	while (scan_next(&scan, &item) == 1)
		for (size_t i = 0; i < n; i++)
			if (scan_key_is(&item, keys[i]))
				ret_members[i] = item;
}

enum part_key {
	PART_NAMES,
	PART_ACTION,
	PART_ERRNO,
	PART_ARGS,
	PART_COPIED,
	PART_INCLUDES = PART_COPIED,
	PART_EXCLUDES,
	PART_KEYS
};
static const char *const part_keys[PART_KEYS] = {"names", "action", "errnoRet", "args", "includes", "excludes"};

enum condition_key { CONDITION_ARCHES, CONDITION_CAPS, CONDITION_KEYS };
static const char *const condition_keys[CONDITION_KEYS] = {"arches", "caps"};

enum root_key { ROOT_ACTION, ROOT_ERRNO, ROOT_MAP, ROOT_SYSCALLS, ROOT_KEYS };
static const char *const root_keys[ROOT_KEYS] = {"defaultAction", "defaultErrnoRet", "archMap", "syscalls"};

enum entry_key { ENTRY_ARCH, ENTRY_SUBS, ENTRY_KEYS };
static const char *const entry_keys[ENTRY_KEYS] = {"architecture", "subArchitectures"};

static bool string_is(const struct scan_item *item, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(item->value_end - item->value) == len + 2 && memcmp(item->value + 1, text, len) == 0;
}

static bool has_capability(const struct scan_item *name, uint64_t bounding)
{
	char text[32] = "";
	size_t len = (size_t)(name->value_end - name->value) - 2;
	cap_value_t number;

	if (len >= sizeof(text))
		return false;
	memcpy(text, name->value + 1, len);
	return cap_from_name(text, &number) == 0 && number >= 0 && number < 64 && (bounding >> number & 1) != 0;
}

/* How many of @list's elements hold, and of how many. */
static size_t count_holding(const struct scan_item *list, const char *end, const struct situation *situation, bool caps,
			    size_t *ret_n)
{
	struct scan scan;
	struct scan_item item;
	size_t holding = 0;

	*ret_n = 0;
	if (!list->value || !scan_open(&scan, list->value, end))
		return 0;
	while (scan_next(&scan, &item) == 1) {
		*ret_n += 1;
		holding +=
			caps ? has_capability(&item, situation->bounding) : string_is(&item, situation->architecture);
	}
	return holding;
}

/*
 * The engines' meaning: "includes" wants one of the architectures and all of the capabilities, "excludes" minds any
 * architecture and any capability.
 */
static bool conditions_hold(const struct scan_item *members, const char *end, const struct situation *situation)
{
	struct scan_item lists[CONDITION_KEYS];
	size_t n, n_caps;

	read_members(&members[PART_INCLUDES], end, condition_keys, CONDITION_KEYS, lists);
	if (count_holding(&lists[CONDITION_ARCHES], end, situation, false, &n) == 0 && n > 0)
		return false;
	if (count_holding(&lists[CONDITION_CAPS], end, situation, true, &n_caps) < n_caps)
		return false;
	read_members(&members[PART_EXCLUDES], end, condition_keys, CONDITION_KEYS, lists);
	return count_holding(&lists[CONDITION_ARCHES], end, situation, false, &n) == 0 &&
	       count_holding(&lists[CONDITION_CAPS], end, situation, true, &n) == 0;
}

struct pen {
	char *bytes;
	size_t len;
};

static void pen_put(struct pen *pen, const char *bytes, size_t len)
{
	memcpy(pen->bytes + pen->len, bytes, len);
	pen->len += len;
}

static void pen_text(struct pen *pen, const char *text)
{
	pen_put(pen, text, strlen(text));
}

static void pen_item(struct pen *pen, const struct scan_item *item, const char *behind)
{
	pen_put(pen, item->start, (size_t)(item->value_end - item->start));
	pen_text(pen, behind);
}

/* One part without its conditions: only keys that the runtime-spec knows. */
static void put_part(struct pen *pen, const struct scan_item *members)
{
	pen_text(pen, "{");
	pen_item(pen, &members[PART_NAMES], ",");
	pen_item(pen, &members[PART_ACTION], "");
	for (size_t i = PART_ERRNO; i < PART_COPIED; i++) {
		if (!members[i].value)
			continue;
		pen_text(pen, ",");
		pen_item(pen, &members[i], "");
	}
	pen_text(pen, "}");
}

static void put_parts(struct pen *pen, const struct scan_item *parts, const char *end,
		      const struct situation *situation)
{
	struct scan_item part, members[PART_KEYS];
	struct scan scan;
	bool any = false;

	pen_text(pen, "\"syscalls\":[");
	if (!scan_open(&scan, parts->value, end))
		return;
	while (scan_next(&scan, &part) == 1) {
		read_members(&part, end, part_keys, PART_KEYS, members);
		if (!conditions_hold(members, end, situation))
			continue;
		if (any)
			pen_text(pen, ",");
		put_part(pen, members);
		any = true;
	}
	pen_text(pen, "]");
}

/* "architectures": the node's own and those whose programs it runs as well. */
static void put_architectures(struct pen *pen, const struct scan_item *map, const char *end, const char *token)
{
	struct scan_item entry, members[ENTRY_KEYS], sub;
	struct scan scan, subs;

	pen_text(pen, "\"architectures\":[");
	if (!scan_open(&scan, map->value, end))
		return;
	while (scan_next(&scan, &entry) == 1) {
		read_members(&entry, end, entry_keys, ENTRY_KEYS, members);
		if (!string_is(&members[ENTRY_ARCH], token) || !scan_open(&subs, members[ENTRY_SUBS].value, end))
			continue;
		pen_put(pen, members[ENTRY_ARCH].value, strlen(token) + 2);
		while (scan_next(&subs, &sub) == 1) {
			pen_text(pen, ",");
			pen_item(pen, &sub, "");
		}
		break;
	}
	pen_text(pen, "],");
}

static const char *token_of(const char *architecture)
{
	for (size_t i = 0; i < sizeof(architectures) / sizeof(architectures[0]); i++)
		if (strcmp(architectures[i].name, architecture) == 0)
			return architectures[i].token;
	return NULL;
}

const char *seccomp_profile_for(struct arena *arena, const char *architecture, uint64_t bounding)
{
	const char *end = profile_bytes + sizeof(profile_bytes), *token = token_of(architecture);
	const struct scan_item root = {.value = profile_bytes, .value_end = end};
	const struct situation situation = {architecture, bounding};
	/* Parts are copied at most once, and what is left out is longer than what is written in between. */
	struct pen pen = {.bytes = arena_alloc(arena, sizeof(profile_bytes) + 256)};
	struct scan_item members[ROOT_KEYS];

	if (!pen.bytes || !token)
		return NULL;
	read_members(&root, end, root_keys, ROOT_KEYS, members);
	pen_text(&pen, "{");
	pen_item(&pen, &members[ROOT_ACTION], ",");
	pen_item(&pen, &members[ROOT_ERRNO], ",");
	put_architectures(&pen, &members[ROOT_MAP], end, token);
	put_parts(&pen, &members[ROOT_SYSCALLS], end, &situation);
	pen_put(&pen, "}", 2); /* and its NUL */
	return pen.bytes;
}

const char *seccomp_default_profile(struct arena *arena, uint64_t bounding)
{
	return seccomp_profile_for(arena, NATIVE, bounding);
}
