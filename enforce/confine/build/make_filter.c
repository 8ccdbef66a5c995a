/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: make_filter MACHINE >filter.inc      MACHINE: what is built for, as cc -dumpmachine says
 *
 * Compiles calls.def with libseccomp while ocigate is built, so that the hook
 * installs a constant: compiling takes longer than a whole judgement.
 *
 * The kernel keeps, for each call of each ABI, whether a filter allows it
 * whatever its arguments are, and finds out by running the filter some 900
 * times as it is installed. That pays for programs that run for hours; for one
 * that makes a hundred calls it is most of the cost. It gives up at the first
 * instruction that reads something else than the call's number and its ABI.
 * So the first one here reads the program counter, and drops it.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { JUDGE = 1, END = 2, ALL = JUDGE | END, PROGRAM_MAX = 4096 };

/* Beside the type there are flags. */
#define SOCK_TYPE_MASK 0xf

/* struct condition - (argument @n & @mask) == @value */
struct condition {
	unsigned n;
	uint64_t mask;
	uint64_t value;
};

/* struct entry - a line of calls.def; @roles 0: KILL */
struct entry {
	const char *call;
	int roles;
	unsigned n_conditions;
	struct condition conditions[2];
};

static const struct entry entries[] = {
#define ALLOW(call, roles)		      {#call, roles, 0, {{0, 0, 0}, {0, 0, 0}}},
#define ALLOW_IF(call, roles, n, mask, value) {#call, roles, 1, {{n, mask, value}, {0, 0, 0}}},
#define ALLOW_BOTH(call, roles, n, mask, value, n2, mask2, value2)                                                     \
	{#call, roles, 2, {{n, mask, value}, {n2, mask2, value2}}},
#define KILL(call) {#call, 0, 0, {{0, 0, 0}, {0, 0, 0}}},
#include "../calls.def"
};

enum { N_ENTRIES = sizeof(entries) / sizeof(entries[0]) };

static int is_allowed(const char *call, int role)
{
	for (int i = 0; i < N_ENTRIES; i++)
		if ((entries[i].roles & role) != 0 && strcmp(entries[i].call, call) == 0)
			return 1;
	return 0;
}

/* The library wants its own machine's numbers, negative where that has no such call, and translates. */
static int add_entry(scmp_filter_ctx filter, const struct entry *entry, int role)
{
	const int number = seccomp_syscall_resolve_name(entry->call);
	struct scmp_arg_cmp compare[2];

	if (number == __NR_SCMP_ERROR)
		return 0;
	if (entry->roles == 0)
		return is_allowed(entry->call, role) ? 0 : seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, number, 0);
	if ((entry->roles & role) == 0)
		return 0;
	for (unsigned i = 0; i < entry->n_conditions; i++)
		compare[i] = SCMP_CMP(entry->conditions[i].n, SCMP_CMP_MASKED_EQ, entry->conditions[i].mask,
				      entry->conditions[i].value);
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, entry->n_conditions, compare);
}

/* A tree instead of a list: fewer instructions for each call. Older libraries cannot, and make a list. */
static int make(scmp_filter_ctx filter, uint32_t arch, int role)
{
	if (seccomp_arch_remove(filter, SCMP_ARCH_NATIVE) < 0 || seccomp_arch_add(filter, arch) < 0 ||
	    seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) < 0)
		return -1;
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (int i = 0; i < N_ENTRIES; i++)
		if (add_entry(filter, &entries[i], role) < 0)
			return -1;
	return 0;
}

static int print(scmp_filter_ctx filter, const char *name)
{
	static struct sock_filter program[PROGRAM_MAX];
	FILE *file = tmpfile();
	ssize_t n = -1;

	if (!file)
		return -1;
	if (seccomp_export_bpf(filter, fileno(file)) == 0 && lseek(fileno(file), 0, SEEK_SET) == 0)
		n = read(fileno(file), program, sizeof(program));
	(void)fclose(file);
	if (n <= 0 || (size_t)n == sizeof(program))
		return -1;
	printf("static const struct sock_filter %s[] = {\n\t{%#x, 0, 0, %#zx},\n", name, BPF_LD | BPF_W | BPF_ABS,
	       offsetof(struct seccomp_data, instruction_pointer));
	for (size_t i = 0; i < (size_t)n / sizeof(*program); i++)
		printf("\t{%#x, %u, %u, %#x},\n", program[i].code, program[i].jt, program[i].jf, program[i].k);
	printf("};\n");
	return 0;
}

/* "x86_64-linux-gnu" → libseccomp's number. Return: 0 if it knows no such processor. */
static uint32_t arch_of(const char *machine)
{
	static const struct {
		const char *prefix, *name;
	} names[] = {
		{"i386-", "x86"}, {"i486-", "x86"}, {"i586-", "x86"}, {"i686-", "x86"}, {"powerpc64le-", "ppc64le"},
	};
	char name[32];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(machine, names[i].prefix, strlen(names[i].prefix)) == 0)
			return seccomp_arch_resolve_name(names[i].name);
	if (strncmp(machine, "arm", 3) == 0)
		return seccomp_arch_resolve_name("arm");
	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(machine, "-"), machine);
	return seccomp_arch_resolve_name(name);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int role;
	} filters[] = {{"judge_filter", JUDGE}, {"end_filter", END}};
	const uint32_t arch = argc == 2 ? arch_of(argv[1]) : 0;

	if (arch == 0) {
		(void)fprintf(stderr, "make_filter: no processor that libseccomp knows: %s\n",
			      argc == 2 ? argv[1] : "");
		return 1;
	}
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));

		if (!filter || make(filter, arch, filters[i].role) < 0 || print(filter, filters[i].name) < 0) {
			(void)fprintf(stderr, "make_filter: libseccomp cannot make the filter\n");
			return 1;
		}
		seccomp_release(filter);
	}
	return 0;
}
