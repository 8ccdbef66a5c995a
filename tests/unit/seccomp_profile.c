/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The default profile, compiled with libseccomp as a runtime would and asked call by call: the filter program itself is
 * run by a small interpreter of the kernel's classic BPF, for every architecture, on whichever machine the tests run.
 */
#include <byteswap.h>
#include <criterion/criterion.h>
#include <jansson.h>
#include <linux/audit.h>
#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ocigate/amend.h"

/* errno values of the ABI, the same on every architecture but MIPS' ENOSYS, which the profile gives as a number */
enum answer { ALLOW = 0, EPERM_ = 1, ENOSYS_ = 38 };

static const struct arch {
	const char *name;
	const char *token;
	uint32_t scmp;
	uint32_t audit;
	bool big_endian;
	uint32_t subs[3];
} archs[] = {
	{"amd64", "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, false, {SCMP_ARCH_X86, SCMP_ARCH_X32}},
	{"x86", "SCMP_ARCH_X86", SCMP_ARCH_X86, AUDIT_ARCH_I386, false, {0}},
	{"arm64", "SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, false, {SCMP_ARCH_ARM}},
	{"arm", "SCMP_ARCH_ARM", SCMP_ARCH_ARM, AUDIT_ARCH_ARM, false, {0}},
	{"mips64",
	 "SCMP_ARCH_MIPS64",
	 SCMP_ARCH_MIPS64,
	 AUDIT_ARCH_MIPS64,
	 true,
	 {SCMP_ARCH_MIPS, SCMP_ARCH_MIPS64N32}},
	{"mipsel64",
	 "SCMP_ARCH_MIPSEL64",
	 SCMP_ARCH_MIPSEL64,
	 AUDIT_ARCH_MIPSEL64,
	 false,
	 {SCMP_ARCH_MIPSEL, SCMP_ARCH_MIPSEL64N32}},
	{"mips", "SCMP_ARCH_MIPS", SCMP_ARCH_MIPS, AUDIT_ARCH_MIPS, true, {0}},
	{"mipsel", "SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL, AUDIT_ARCH_MIPSEL, false, {0}},
	{"ppc64", "SCMP_ARCH_PPC64", SCMP_ARCH_PPC64, AUDIT_ARCH_PPC64, true, {SCMP_ARCH_PPC}},
	{"ppc64le", "SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE, AUDIT_ARCH_PPC64LE, false, {0}},
	{"ppc", "SCMP_ARCH_PPC", SCMP_ARCH_PPC, AUDIT_ARCH_PPC, true, {0}},
	{"s390x", "SCMP_ARCH_S390X", SCMP_ARCH_S390X, AUDIT_ARCH_S390X, true, {SCMP_ARCH_S390}},
	{"s390", "SCMP_ARCH_S390", SCMP_ARCH_S390, AUDIT_ARCH_S390, true, {0}},
	{"riscv64", "SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64, AUDIT_ARCH_RISCV64, false, {0}},
};

enum { N_ARCHS = sizeof(archs) / sizeof(archs[0]), PROGRAM_MAX = 16384 };

static struct arena arena;

static void begin(void)
{
	arena_init(&arena, (size_t)8 << 20);
}

static void finish(void)
{
	arena_release(&arena);
}

TestSuite(seccomp_profile, .init = begin, .fini = finish);

/* --- a filter from the profile, as runc makes one --- */

static uint32_t action_of(const json_t *part)
{
	const char *action = json_string_value(json_object_get(part, "action"));

	if (strcmp(action, "SCMP_ACT_ALLOW") == 0)
		return SCMP_ACT_ALLOW;
	cr_assert_str_eq(action, "SCMP_ACT_ERRNO");
	return SCMP_ACT_ERRNO((uint32_t)json_integer_value(json_object_get(part, "errnoRet")));
}

static unsigned args_of(const json_t *part, struct scmp_arg_cmp *ret_arg)
{
	const json_t *args = json_object_get(part, "args"), *arg = json_array_get(args, 0);
	const char *op;

	if (!arg)
		return 0;
	cr_assert_eq(json_array_size(args), 1, "runtimes differ in what two conditions of one part mean");
	op = json_string_value(json_object_get(arg, "op"));
	*ret_arg = (struct scmp_arg_cmp){
		.arg = (unsigned)json_integer_value(json_object_get(arg, "index")),
		.op = strcmp(op, "SCMP_CMP_EQ") == 0 ? SCMP_CMP_EQ : SCMP_CMP_MASKED_EQ,
		.datum_a = (scmp_datum_t)json_integer_value(json_object_get(arg, "value")),
		.datum_b = (scmp_datum_t)json_integer_value(json_object_get(arg, "valueTwo")),
	};
	return 1;
}

static void add_part(scmp_filter_ctx ctx, const json_t *part, uint32_t default_action)
{
	uint32_t action = action_of(part);
	struct scmp_arg_cmp arg;
	unsigned n_args = args_of(part, &arg);
	const json_t *name;
	size_t i;

	json_array_foreach(json_object_get(part, "names"), i, name)
	{
		int number = seccomp_syscall_resolve_name(json_string_value(name)), rc;

		if (action == default_action || number == __NR_SCMP_ERROR)
			continue;
		rc = seccomp_rule_add_array(ctx, action, number, n_args, &arg);
		cr_assert_eq(rc, 0, "%s: %s", json_string_value(name), strerror(-rc));
	}
}

static size_t compile(const struct arch *arch, uint64_t caps, struct sock_filter *program)
{
	const char *text = seccomp_profile_for(&arena, arch->name, caps);
	json_t *json = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
	uint32_t default_action = SCMP_ACT_ERRNO(38);
	scmp_filter_ctx ctx = seccomp_init(default_action);
	int fd = memfd_create("filter", 0);
	const json_t *part;
	size_t i;
	ssize_t len;

	cr_assert_not_null(json, "%s: the profile is no JSON: %s", arch->name, text);
	cr_assert_str_eq(json_string_value(json_object_get(json, "defaultAction")), "SCMP_ACT_ERRNO");
	cr_assert_eq(json_integer_value(json_object_get(json, "defaultErrnoRet")), 38);
	cr_assert_str_eq(json_string_value(json_array_get(json_object_get(json, "architectures"), 0)), arch->token);
	cr_assert_eq(seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE), 0);
	cr_assert_eq(seccomp_arch_add(ctx, arch->scmp), 0);
	for (i = 0; i < 3 && arch->subs[i]; i++)
		cr_assert_eq(seccomp_arch_add(ctx, arch->subs[i]), 0);
	cr_assert_eq(json_array_size(json_object_get(json, "architectures")), i + 1);
	json_array_foreach(json_object_get(json, "syscalls"), i, part) add_part(ctx, part, default_action);
	cr_assert_eq(seccomp_export_bpf(ctx, fd), 0);
	len = pread(fd, program, PROGRAM_MAX * sizeof(*program), 0);
	cr_assert(len > 0 && len < (ssize_t)(PROGRAM_MAX * sizeof(*program)));
	close(fd);
	seccomp_release(ctx);
	json_decref(json);
	return (size_t)len / sizeof(*program);
}

/* --- the kernel's interpreter, as far as libseccomp uses it --- */

static uint32_t word32(uint32_t value, bool swap)
{
	return swap ? bswap_32(value) : value;
}

static bool is_known(uint32_t answer)
{
	return answer == SECCOMP_RET_ALLOW || answer == (SECCOMP_RET_ERRNO | EPERM_) ||
	       answer == (SECCOMP_RET_ERRNO | ENOSYS_);
}

static uint32_t run(const struct sock_filter *program, size_t n, const struct seccomp_data *data, bool swap)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < n; pc++) {
		uint16_t code = swap ? bswap_16(program[pc].code) : program[pc].code;
		uint32_t k = word32(program[pc].k, swap);

		switch (code) {
		case BPF_LD | BPF_W | BPF_ABS:
			cr_assert(k <= sizeof(*data) - 4 && k % 4 == 0);
			memcpy(&a, (const char *)data + k, 4);
			a = word32(a, swap);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= k;
			break;
		case BPF_JMP | BPF_JA:
			pc += k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == k ? program[pc].jt : program[pc].jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			pc += a > k ? program[pc].jt : program[pc].jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= k ? program[pc].jt : program[pc].jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += (a & k) ? program[pc].jt : program[pc].jf;
			break;
		case BPF_RET | BPF_K:
			/* Of several architectures of the other byte order libseccomp 2.5 swaps some answers twice. */
			return is_known(k) ? k : program[pc].k;
		default:
			cr_assert_fail("instruction %zu has the unknown code %#x", pc, code);
		}
	}
	cr_assert_fail("the program runs off its end");
	return 0;
}

static int ask(const struct sock_filter *program, size_t n, const struct arch *arch, int number, uint64_t arg0,
	       uint64_t arg1)
{
	bool swap = arch->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	struct seccomp_data data = {
		.nr = (int)word32((uint32_t)number, swap),
		.arch = word32(arch->audit, swap),
		.args = {swap ? bswap_64(arg0) : arg0, swap ? bswap_64(arg1) : arg1},
	};
	uint32_t answer = run(program, n, &data, swap);

	if (answer == SECCOMP_RET_ALLOW)
		return ALLOW;
	cr_assert_eq(answer & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ERRNO, "%s call %d: %#x", arch->name, number,
		     answer);
	return (int)(answer & SECCOMP_RET_DATA);
}

/* --- what must come out --- */

#define CAP(name) (UINT64_C(1) << CAP_##name)
#define EVERY	  ""

static const struct expectation {
	const char *arch; /* EVERY: all that have the call */
	const char *name;
	uint64_t arg0;
	uint64_t arg1;
	uint64_t caps;
	int answer;
} table[] = {
	{EVERY, "read", 0, 0, 0, ALLOW},
	{EVERY, "openat2", 0, 0, 0, ALLOW},
	{EVERY, "execve", 0, 0, 0, ALLOW},
	{EVERY, "futex", 0, 0, 0, ALLOW},
	{EVERY, "ptrace", 0, 0, 0, ALLOW},
	{EVERY, "io_submit", 0, 0, 0, ALLOW},
	{EVERY, "landlock_create_ruleset", 0, 0, 0, ALLOW},
	/* kernel interfaces that nobody in a container needs */
	{EVERY, "io_uring_setup", 0, 0, 0, EPERM_},
	{EVERY, "io_uring_setup", 0, 0, CAP(SYS_ADMIN), ALLOW},
	{EVERY, "keyctl", 0, 0, 0, EPERM_},
	{EVERY, "add_key", 0, 0, CAP(NET_ADMIN), EPERM_},
	{EVERY, "userfaultfd", 0, 0, 0, EPERM_},
	{EVERY, "userfaultfd", 0, 0, CAP(SYS_PTRACE), ALLOW},
	{EVERY, "bpf", 0, 0, 0, EPERM_},
	{EVERY, "bpf", 0, 0, CAP(BPF), ALLOW},
	{EVERY, "bpf", 0, 0, CAP(SYS_ADMIN), ALLOW},
	{EVERY, "bpf", 0, 0, CAP(PERFMON), EPERM_},
	{EVERY, "perf_event_open", 0, 0, 0, EPERM_},
	{EVERY, "perf_event_open", 0, 0, CAP(PERFMON), ALLOW},
	{EVERY, "clone3", 0, 0, 0, ENOSYS_},
	{EVERY, "clone3", 0, 0, CAP(SYS_ADMIN), ALLOW},
	/* address families: the kernel looks at the lower 32 bits alone */
	{EVERY, "socket", 0, 0, 0, ALLOW},
	{EVERY, "socket", 1, 0, 0, ALLOW},
	{EVERY, "socket", 2, 0, 0, ALLOW},
	{EVERY, "socket", 10, 0, 0, ALLOW},
	{EVERY, "socket", 16, 0, 0, ALLOW},
	{EVERY, "socket", 17, 0, 0, ALLOW},
	{EVERY, "socket", 37, 0, 0, ALLOW},
	{EVERY, "socket", 38, 0, 0, EPERM_},
	{EVERY, "socket", 39, 0, 0, ALLOW},
	{EVERY, "socket", 40, 0, 0, EPERM_},
	{EVERY, "socket", 41, 0, 0, ALLOW},
	{EVERY, "socket", 43, 0, 0, ALLOW},
	{EVERY, "socket", 45, 0, 0, ALLOW},
	{EVERY, "socket", 38, 0, CAP(SYS_ADMIN), ALLOW},
	{"amd64", "socket", UINT64_C(0x100000026), 0, 0, EPERM_},
	{"amd64", "socket", UINT64_C(0xffffffff00000028), 0, 0, EPERM_},
	{"arm64", "socket", UINT64_C(0x100000026), 0, 0, EPERM_},
	{"x86", "socketcall", 1, 0, 0, EPERM_},
	{"x86", "socketcall", 3, 0, 0, EPERM_},
	{"x86", "socketcall", 1, 0, CAP(SYS_ADMIN), ALLOW},
	{"s390", "socketcall", 1, 0, 0, EPERM_},
	/* namespaces */
	{"amd64", "clone", 0x1200011, 0, 0, ALLOW},
	{"amd64", "clone", 0x3d0f00, 0, 0, ALLOW},
	{"amd64", "clone", 0x10000011, 0, 0, EPERM_},
	{"amd64", "clone", 0x20000, 0, 0, EPERM_},
	{"amd64", "clone", 0x7e020000, 0, 0, EPERM_},
	{"amd64", "clone", UINT64_C(0x500000000) | 0x40000000, 0, 0, EPERM_},
	{"amd64", "clone", 0x10000011, 0, CAP(SYS_ADMIN), ALLOW},
	{"s390x", "clone", 0x10000000, 0x11, 0, ALLOW},
	{"s390x", "clone", 0, 0x10000011, 0, EPERM_},
	{EVERY, "unshare", 0x400, 0, 0, ALLOW},
	{EVERY, "unshare", 0x10000000, 0, 0, EPERM_},
	{EVERY, "unshare", 0x80, 0, 0, EPERM_},
	{EVERY, "unshare", 0x10000400, 0, 0, EPERM_},
	{EVERY, "unshare", 0x10000000, 0, CAP(SYS_ADMIN), ALLOW},
	{EVERY, "setns", 0, 0, 0, EPERM_},
	/* what root does elsewhere */
	{EVERY, "mount", 0, 0, 0, EPERM_},
	{EVERY, "move_mount", 0, 0, CAP(DAC_READ_SEARCH), EPERM_},
	{EVERY, "pivot_root", 0, 0, CAP(SYS_ADMIN), EPERM_},
	{EVERY, "kexec_load", 0, 0, CAP(SYS_BOOT), EPERM_},
	{EVERY, "reboot", 0, 0, 0, EPERM_},
	{EVERY, "reboot", 0, 0, CAP(SYS_BOOT), ALLOW},
	{EVERY, "chroot", 0, 0, 0, EPERM_},
	{EVERY, "chroot", 0, 0, CAP(SYS_CHROOT), ALLOW},
	{EVERY, "init_module", 0, 0, 0, EPERM_},
	{EVERY, "open_by_handle_at", 0, 0, 0, EPERM_},
	{EVERY, "open_by_handle_at", 0, 0, CAP(DAC_READ_SEARCH), ALLOW},
	{EVERY, "settimeofday", 0, 0, 0, EPERM_},
	{EVERY, "syslog", 0, 0, 0, EPERM_},
	{EVERY, "syslog", 0, 0, CAP(SYSLOG), ALLOW},
	{EVERY, "mbind", 0, 0, 0, EPERM_},
	{EVERY, "mbind", 0, 0, CAP(SYS_NICE), ALLOW},
	{EVERY, "personality", 0, 0, 0, ALLOW},
	{EVERY, "personality", 0xffffffff, 0, 0, ALLOW},
	{EVERY, "personality", 0x40000, 0, 0, ENOSYS_},
	{"amd64", "arch_prctl", 0, 0, 0, ALLOW},
	{"x86", "arch_prctl", 0, 0, 0, ALLOW},
	{"amd64", "modify_ldt", 0, 0, 0, ALLOW},
	{"riscv64", "riscv_flush_icache", 0, 0, 0, ALLOW},
	{"ppc64le", "rtas", 0, 0, 0, EPERM_},
	{"arm", "cacheflush", 0, 0, 0, ALLOW},
};

static void check(const struct arch *arch, const struct expectation *wanted)
{
	static struct sock_filter program[PROGRAM_MAX];
	static const struct arch *compiled;
	static uint64_t compiled_caps;
	static size_t n;
	int number = seccomp_syscall_resolve_name_arch(arch->scmp, wanted->name), answer;

	if (wanted->arch[0] != '\0' && strcmp(wanted->arch, arch->name) != 0)
		return;
	if (number < 0) {
		cr_expect_eq(wanted->arch[0], '\0', "%s has no call %s", arch->name, wanted->name);
		return;
	}
	if (compiled != arch || compiled_caps != wanted->caps) {
		n = compile(arch, wanted->caps, program);
		compiled = arch;
		compiled_caps = wanted->caps;
	}
	answer = ask(program, n, arch, number, wanted->arg0, wanted->arg1);
	cr_expect_eq(answer, wanted->answer, "%s: %s(%#llx, %#llx) with capabilities %#llx: %d instead of %d",
		     arch->name, wanted->name, (unsigned long long)wanted->arg0, (unsigned long long)wanted->arg1,
		     (unsigned long long)wanted->caps, answer, wanted->answer);
}

Test(seccomp_profile, answers_per_architecture)
{
	for (size_t a = 0; a < N_ARCHS; a++) {
		static bool done[sizeof(table) / sizeof(table[0])];

		/* By capabilities, so that each filter is compiled once. */
		memset(done, 0, sizeof(done));
		for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
			for (size_t j = i; !done[i] && j < sizeof(table) / sizeof(table[0]); j++)
				if (!done[j] && table[j].caps == table[i].caps && (j == i || !done[j])) {
					check(&archs[a], &table[j]);
					done[j] = j != i;
				}
	}
}

/* 32-bit programs on a 64-bit node go through the same filter under another architecture. */
Test(seccomp_profile, foreign_programs_on_x86_64)
{
	static struct sock_filter program[PROGRAM_MAX];
	static const struct arch i386 = {"x86", "", SCMP_ARCH_X86, AUDIT_ARCH_I386, false, {0}};
	static const struct arch arm64 = {"arm64", "", SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, false, {0}};
	size_t n = compile(&archs[0], 0, program);
	const int x32 = 0x40000000;

	cr_expect_eq(ask(program, n, &i386, 5, 0, 0), ALLOW, "open");
	cr_expect_eq(ask(program, n, &i386, 102, 1, 0), EPERM_, "socketcall(SYS_SOCKET) would hide AF_ALG");
	cr_expect_eq(ask(program, n, &i386, 359, 38, 0), EPERM_, "socket(AF_ALG)");
	cr_expect_eq(ask(program, n, &i386, 359, 2, 0), ALLOW, "socket(AF_INET)");
	cr_expect_eq(ask(program, n, &i386, 425, 0, 0), EPERM_, "io_uring_setup");
	cr_expect_eq(ask(program, n, &i386, 120, 0x10000000, 0), EPERM_, "clone(CLONE_NEWUSER)");
	cr_expect_eq(ask(program, n, &archs[0], x32 + 425, 0, 0), EPERM_, "io_uring_setup, x32");
	cr_expect_eq(ask(program, n, &archs[0], x32 + 41, 38, 0), EPERM_, "socket(AF_ALG), x32");
	cr_expect_eq(ask(program, n, &archs[0], x32 + 0, 0, 0), ALLOW, "read, x32");
	/* what nobody knows yet, and programs of a machine that this one is not */
	cr_expect_eq(ask(program, n, &archs[0], 4000, 0, 0), ENOSYS_);
	cr_expect_eq(ask(program, n, &archs[0], -1, 0, 0), ENOSYS_);
	cr_expect_neq(run(program, n, &(struct seccomp_data){.nr = 63, .arch = arm64.audit}, false), SECCOMP_RET_ALLOW);
}

/* A call that libseccomp knows and the profile does not name would be ENOSYS: only for those that no kernel has. */
Test(seccomp_profile, names_every_call_that_kernels_have)
{
	static const char *const never_implemented[] = {"afs_syscall", "break",	  "ftime",    "getpmsg",     "gtty",
							"idle",	       "lock",	  "mpx",      "multiplexer", "prof",
							"profil",      "putpmsg", "security", "stty",	     "timerfd",
							"tuxcall",     "ulimit",  "usr26",    "usr32",	     "vserver"};
	const char *profile;

	for (size_t a = 0; a < N_ARCHS; a++) {
		profile = seccomp_profile_for(&arena, archs[a].name, 0);
		for (int number = 0; number < 7000; number++) {
			char *name = seccomp_syscall_resolve_num_arch(archs[a].scmp, number), quoted[64];
			bool expected = false;

			if (!name)
				continue;
			(void)snprintf(quoted, sizeof(quoted), "\"%s\"", name);
			for (size_t i = 0; i < sizeof(never_implemented) / sizeof(never_implemented[0]); i++)
				expected = expected || strcmp(name, never_implemented[i]) == 0;
			/* Other architectures keep a number for it, no code. */
			if (strcmp(name, "modify_ldt") == 0 && strncmp(archs[a].name, "amd64", 5) != 0 &&
			    strcmp(archs[a].name, "x86") != 0)
				expected = true;
			cr_expect_eq(strstr(profile, quoted) == NULL, expected, "%s: %s", archs[a].name, name);
			free(name);
		}
	}
}
