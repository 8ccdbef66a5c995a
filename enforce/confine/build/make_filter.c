/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: make_filter MACHINE >filter.inc      MACHINE: what is built for, as cc -dumpmachine says
 *
 * Compiles calls.def while ocigate is built, so that the hook installs a
 * constant: compiling takes longer than a whole judgement.
 *
 * The kernel keeps, for each call of each ABI, whether a filter allows it
 * whatever its arguments are, and finds out by running the filter some 900
 * times as it is installed. That pays for programs that run for hours; for one
 * that makes a hundred calls it is most of the cost. It gives up at the first
 * instruction that reads something else than the call's number and its ABI.
 * So the first one here reads the program counter, and drops it.
 *
 * What is left of the cost is its length: the kernel translates every
 * instruction anew for every process. libseccomp takes one to three a call. So
 * calls whose arguments do not matter stand in a table of two bits a call,
 * sixteen calls a word, and only the others, and whatever is no usual call of
 * this ABI, go on to libseccomp's filter, which is behind the table. The table is
 * asked out of libseccomp's filter of all of calls.def, and that it and the short
 * one say the same is tried before anything is written.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { JUDGE = 1, END = 2, ALL = JUDGE | END, PROGRAM_MAX = 4096, CALLS_MAX = 8192, A_WORD = 16, JUMP_MAX = 255 };
enum { LOAD = BPF_LD | BPF_W | BPF_ABS, PATTERNS = 32 * 6 };

/* What the table says of a call: the default, its answer, or that the library's filter knows. */
enum answer { ANSWER_DEFAULT, ANSWER_ALLOW, ANSWER_KILL, ANSWER_ASK };

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

struct program {
	size_t n;
	struct sock_filter code[PROGRAM_MAX];
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

/* Does it say anything in this role? */
static int counts(const struct entry *entry, int role)
{
	return entry->roles == 0 ? !is_allowed(entry->call, role) : (entry->roles & role) != 0;
}

/* Return: the call's number if the table can tell all about it, -1. */
static int plain_number(const struct entry *entry, uint32_t arch)
{
	const int number = seccomp_syscall_resolve_name_arch(arch, entry->call);

	return entry->n_conditions == 0 && number >= 0 && number < CALLS_MAX ? number : -1;
}

/* The library wants its own machine's numbers, negative where that has no such call, and translates. */
static int add_entry(scmp_filter_ctx filter, const struct entry *entry)
{
	const int number = seccomp_syscall_resolve_name(entry->call);
	struct scmp_arg_cmp compare[2];

	if (number == __NR_SCMP_ERROR)
		return 0;
	if (entry->roles == 0)
		return seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, number, 0);
	for (unsigned i = 0; i < entry->n_conditions; i++)
		compare[i] = SCMP_CMP(entry->conditions[i].n, SCMP_CMP_MASKED_EQ, entry->conditions[i].mask,
				      entry->conditions[i].value);
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, entry->n_conditions, compare);
}

static int export_program(scmp_filter_ctx filter, struct program *ret)
{
	FILE *file = tmpfile();
	ssize_t n = -1;

	if (!file)
		return -1;
	if (seccomp_export_bpf(filter, fileno(file)) == 0 && lseek(fileno(file), 0, SEEK_SET) == 0)
		n = read(fileno(file), ret->code, sizeof(ret->code));
	(void)fclose(file);
	if (n <= 0 || (size_t)n == sizeof(ret->code))
		return -1;
	ret->n = (size_t)n / sizeof(*ret->code);
	return 0;
}

/* By the library alone: all of calls.def, or (@plain_too 0) what the table cannot tell. */
static int library_program(uint32_t arch, int role, int plain_too, struct program *ret)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int failed = !filter || seccomp_arch_remove(filter, SCMP_ARCH_NATIVE) < 0 ||
		     seccomp_arch_add(filter, arch) < 0 ||
		     seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) < 0;

	/* A tree instead of a list: fewer instructions for each call. Older libraries cannot, and make a list. */
	if (!failed)
		(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (int i = 0; i < N_ENTRIES && !failed; i++)
		if (counts(&entries[i], role) && (plain_too || plain_number(&entries[i], arch) < 0))
			failed = add_entry(filter, &entries[i]) < 0;
	failed = failed || export_program(filter, ret) < 0;
	if (filter)
		seccomp_release(filter);
	return failed ? -1 : 0;
}

/* What a filter answers: those instructions that the library and the table are made of. */
static uint32_t answer_of(const struct program *program, const struct seccomp_data *data)
{
	uint32_t a = 0, x = 0, memory[BPF_MEMWORDS] = {0};

	for (size_t at = 0; at < program->n; at++) {
		const struct sock_filter *code = &program->code[at];
		const uint32_t k = code->k, operand = BPF_SRC(code->code) == BPF_X ? x : k;
		int yes = 0;

		switch (code->code) {
		case LOAD:
			memcpy(&a, (const char *)data + k, sizeof(a));
			continue;
		case BPF_LD | BPF_W | BPF_MEM:
			a = memory[k];
			continue;
		case BPF_LDX | BPF_W | BPF_IMM:
			x = k;
			continue;
		case BPF_STX:
			memory[k] = x;
			continue;
		case BPF_MISC | BPF_TAX:
			x = a;
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= operand;
			continue;
		case BPF_ALU | BPF_LSH | BPF_K:
			a <<= operand;
			continue;
		case BPF_ALU | BPF_RSH | BPF_K:
		case BPF_ALU | BPF_RSH | BPF_X:
			a >>= operand;
			continue;
		case BPF_JMP | BPF_JA:
			at += k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = a > k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= k;
			break;
		case BPF_RET | BPF_K:
			return k;
		default:
			return UINT32_MAX;
		}
		at += yes ? code->jt : code->jf;
	}
	return UINT32_MAX;
}

/* Arguments that conditions are about, and that tell the calls behind one number from each other (socketcall, ipc). */
static void set_arguments(struct seccomp_data *data, size_t pattern)
{
	static const uint64_t others[] = {0, PROT_EXEC, SOCK_STREAM, SOCK_DGRAM, SOCK_DGRAM | SOCK_CLOEXEC, UINT64_MAX};
	const size_t n_others = sizeof(others) / sizeof(others[0]);

	for (size_t i = 0; i < 6; i++)
		data->args[i] = others[pattern % n_others];
	data->args[0] = pattern / n_others;
}

/* What @whole says of each number whatever the arguments are. */
static void fill_table(const struct program *whole, uint32_t token, unsigned char *answers)
{
	for (uint32_t number = 0; number < CALLS_MAX; number++) {
		struct seccomp_data data = {.nr = (int)number, .arch = token};
		const uint32_t first = answer_of(whole, &data);

		answers[number] = first == (SECCOMP_RET_ERRNO | ENOSYS) ? ANSWER_DEFAULT
				  : first == SECCOMP_RET_ALLOW		? ANSWER_ALLOW
				  : first == SECCOMP_RET_KILL_PROCESS	? ANSWER_KILL
									: ANSWER_ASK;
		for (size_t i = 0; i < PATTERNS; i++) {
			set_arguments(&data, i);
			if (answer_of(whole, &data) != first)
				answers[number] = ANSWER_ASK;
		}
	}
}

static void put(struct program *program, unsigned code, size_t yes, size_t no, uint32_t k)
{
	/* Jumps that are too far are found out by trying. */
	if (program->n < PROGRAM_MAX)
		program->code[program->n++] = (struct sock_filter){(uint16_t)code, (uint8_t)yes, (uint8_t)no, k};
}

static uint32_t word_of(const unsigned char *answers, uint32_t index)
{
	uint32_t word = 0;

	for (uint32_t i = 0; i < A_WORD; i++)
		word |= (uint32_t)answers[index * A_WORD + i] << (2 * i);
	return word;
}

/* The word of a call goes to X, then its two bits to A. Words of calls of which nothing is said are left out. */
static int put_table(struct program *program, const unsigned char *answers, uint32_t token)
{
	enum { BEHIND = 15 };
	const uint32_t n_words = CALLS_MAX / A_WORD;
	size_t left = 0;

	for (uint32_t i = 0; i < n_words; i++)
		left += word_of(answers, i) != 0 ? 2 : 0;
	if (3 + left + BEHIND > JUMP_MAX)
		return -1;
	put(program, LOAD, 0, 0, offsetof(struct seccomp_data, instruction_pointer));
	put(program, LOAD, 0, 0, offsetof(struct seccomp_data, arch));
	put(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 3 + left + BEHIND, token);
	put(program, LOAD, 0, 0, offsetof(struct seccomp_data, nr));
	put(program, BPF_JMP | BPF_JGE | BPF_K, 1 + left + BEHIND, 0, CALLS_MAX);
	put(program, BPF_ALU | BPF_RSH | BPF_K, 0, 0, 4);
	for (uint32_t i = 0; i < n_words; i++) {
		if (word_of(answers, i) == 0)
			continue;
		left -= 2;
		put(program, BPF_LDX | BPF_W | BPF_IMM, 0, 0, word_of(answers, i));
		put(program, BPF_JMP | BPF_JEQ | BPF_K, left + 1, 0, i);
	}
	/* BEHIND: these, and then the library's filter */
	put(program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS);
	put(program, BPF_STX, 0, 0, 0);
	put(program, LOAD, 0, 0, offsetof(struct seccomp_data, nr));
	put(program, BPF_ALU | BPF_AND | BPF_K, 0, 0, A_WORD - 1);
	put(program, BPF_ALU | BPF_LSH | BPF_K, 0, 0, 1);
	put(program, BPF_MISC | BPF_TAX, 0, 0, 0);
	put(program, BPF_LD | BPF_W | BPF_MEM, 0, 0, 0);
	put(program, BPF_ALU | BPF_RSH | BPF_X, 0, 0, 0);
	put(program, BPF_ALU | BPF_AND | BPF_K, 0, 0, 3);
	put(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, ANSWER_ALLOW);
	put(program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	put(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, ANSWER_KILL);
	put(program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS);
	put(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ANSWER_ASK);
	put(program, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS);
	return 0;
}

/* Do both say the same of every number, on this ABI and on others? */
static int same(const struct program *one, const struct program *other, uint32_t token)
{
	static const uint32_t above[] = {0x40000000, 0x7fffe000, 0x80000000, 0xffffe000};
	const size_t n = CALLS_MAX * (1 + sizeof(above) / sizeof(above[0]));

	for (size_t i = 0; i < n; i++) {
		struct seccomp_data data = {.nr = (int)i, .arch = token};

		if (i >= CALLS_MAX)
			data.nr = (int)(above[i / CALLS_MAX - 1] + i % CALLS_MAX);
		for (size_t k = 0; k < PATTERNS; k += i < CALLS_MAX ? 1 : PATTERNS / 4) {
			set_arguments(&data, k);
			if (answer_of(one, &data) != answer_of(other, &data))
				return 0;
		}
		data.arch = token ^ 1;
		if (answer_of(one, &data) != answer_of(other, &data))
			return 0;
	}
	return 1;
}

static int append(struct program *program, const struct program *more)
{
	if (program->n + more->n > PROGRAM_MAX)
		return -1;
	memcpy(&program->code[program->n], more->code, more->n * sizeof(*more->code));
	program->n += more->n;
	return 0;
}

/* Where the short filter does not come out as the library's, it is the library's. */
static int make(uint32_t arch, int role, struct program *ret)
{
	static unsigned char answers[CALLS_MAX];
	static struct program whole, rest;

	ret->n = 0;
	if (library_program(arch, role, 1, &whole) < 0 || library_program(arch, role, 0, &rest) < 0)
		return -1;
	/* Their first question is which ABI it is. */
	if (whole.n < 2 || whole.code[1].code != (BPF_JMP | BPF_JEQ | BPF_K))
		return -1;
	fill_table(&whole, whole.code[1].k, answers);
	if (put_table(ret, answers, whole.code[1].k) == 0 && append(ret, &rest) == 0 &&
	    same(ret, &whole, whole.code[1].k))
		return 0;
	ret->n = 0;
	put(ret, LOAD, 0, 0, offsetof(struct seccomp_data, instruction_pointer));
	return append(ret, &whole);
}

static void print(const struct program *program, const char *name)
{
	printf("static const struct sock_filter %s[] = {\n", name);
	for (size_t i = 0; i < program->n; i++)
		printf("\t{%#x, %u, %u, %#x},\n", program->code[i].code, program->code[i].jt, program->code[i].jf,
		       program->code[i].k);
	printf("};\n");
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
	static struct program program;
	const uint32_t arch = argc == 2 ? arch_of(argv[1]) : 0;

	if (arch == 0) {
		(void)fprintf(stderr, "make_filter: no processor that libseccomp knows: %s\n",
			      argc == 2 ? argv[1] : "");
		return 1;
	}
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		if (make(arch, filters[i].role, &program) < 0) {
			(void)fprintf(stderr, "make_filter: the filter cannot be made, or is not what it should be\n");
			return 1;
		}
		print(&program, filters[i].name);
	}
	return 0;
}
