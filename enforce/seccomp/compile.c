/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the spec's block to a program, as runc (libcontainer/seccomp) and crun
 * (src/libcrun/seccomp.c) do it: unknown names are skipped, rules whose action
 * is the default one are skipped, a rule with two conditions on one argument
 * falls apart into alternatives.
 *
 * Where the two differ the weaker reading counts: of more than six conditions
 * (CRI-O writes seven for clone) crun keeps six, runc all. What libseccomp
 * refuses, the runtimes refuse too.
 */
#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "ocigate/fs.h"
#include "ocigate/seccomp.h"

enum {
	ARGS_MAX = 6, /* of a system call */
	CONDITIONS_MAX = 64,
	PROGRAM_MAX = 4096, /* BPF_MAXINSNS */
};

static void release_context(scmp_filter_ctx *context)
{
	if (*context)
		seccomp_release(*context);
}

struct word {
	const char *name;
	uint32_t value;
};

static const struct word operators[] = {
	{"SCMP_CMP_NE", SCMP_CMP_NE},
	{"SCMP_CMP_LT", SCMP_CMP_LT},
	{"SCMP_CMP_LE", SCMP_CMP_LE},
	{"SCMP_CMP_EQ", SCMP_CMP_EQ},
	{"SCMP_CMP_GE", SCMP_CMP_GE},
	{"SCMP_CMP_GT", SCMP_CMP_GT},
	{"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
};

static const struct word architectures[] = {
	{"SCMP_ARCH_X86", SCMP_ARCH_X86},
	{"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64},
	{"SCMP_ARCH_X32", SCMP_ARCH_X32},
	{"SCMP_ARCH_ARM", SCMP_ARCH_ARM},
	{"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64},
	{"SCMP_ARCH_MIPS", SCMP_ARCH_MIPS},
	{"SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64},
	{"SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32},
	{"SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL},
	{"SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64},
	{"SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32},
	{"SCMP_ARCH_PPC", SCMP_ARCH_PPC},
	{"SCMP_ARCH_PPC64", SCMP_ARCH_PPC64},
	{"SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE},
	{"SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64},
	{"SCMP_ARCH_S390", SCMP_ARCH_S390},
	{"SCMP_ARCH_S390X", SCMP_ARCH_S390X},
	{"SCMP_ARCH_PARISC", SCMP_ARCH_PARISC},
	{"SCMP_ARCH_PARISC64", SCMP_ARCH_PARISC64},
};

static int find_word(const struct word *words, size_t n, const char *name, uint32_t *ret_value)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(words[i].name, name) == 0) {
			*ret_value = words[i].value;
			return 0;
		}
	}
	return -1;
}

#define FIND_WORD(words, name, ret) find_word((words), sizeof(words) / sizeof((words)[0]), (name), (ret))

/* @code: the errno of SCMP_ACT_ERRNO, the message of SCMP_ACT_TRACE */
static int action_of(const char *name, uint32_t code, uint32_t *ret_action)
{
	const struct word actions[] = {
		{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
		{"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(code)},
		{"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD},
		{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
		{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
		{"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
		{"SCMP_ACT_TRACE", SCMP_ACT_TRACE(code)},
		{"SCMP_ACT_LOG", SCMP_ACT_LOG},
		{"SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY},
	};

	return FIND_WORD(actions, name, ret_action);
}

/*
 * libseccomp does not notice everywhere that it got no memory, and goes on with a filter that lacks something. The C
 * library leaves ENOMEM behind, which a call that succeeds does not take away: @errno is 0 before each.
 */
static int check_memory(int status, struct err *err)
{
	if (status == -ENOMEM || errno == ENOMEM)
		return err_set(err, ERR_SYSTEM, "out of memory while compiling the seccomp filter");
	return 0;
}

static int add(scmp_filter_ctx context, uint32_t action, int nr, const char *name, unsigned n,
	       const struct scmp_arg_cmp *conditions, size_t rule, struct err *err)
{
	int status;

	errno = 0;
	status = seccomp_rule_add_array(context, action, nr, n, conditions);
	if (check_memory(status, err) < 0)
		return -1;
	/* A call that an architecture does not have is no error for any runtime; neither is the same rule twice. */
	if (status == 0 || status == -EEXIST)
		return 0;
	(void)err_set(err, ERR_DENIED, "libseccomp takes no rule with this action and these conditions for %s", name);
	return err_at(err, "/linux/seccomp/syscalls/%zu", rule);
}

static int read_conditions(const struct seccomp_rule *rule, struct scmp_arg_cmp *conditions, bool *ret_alternatives)
{
	unsigned seen[ARGS_MAX] = {0};

	*ret_alternatives = false;
	for (size_t i = 0; i < rule->n_args; i++) {
		const struct seccomp_arg *arg = &rule->args[i];
		uint32_t op;

		if (arg->index >= ARGS_MAX || FIND_WORD(operators, arg->op, &op) < 0)
			return -1;
		if (++seen[arg->index] > 1)
			*ret_alternatives = true;
		conditions[i] = (struct scmp_arg_cmp){arg->index, (enum scmp_compare)op, arg->value, arg->value_two};
	}
	return 0;
}

/* More than six conditions always repeat an argument, so they are alternatives, and fewer of them let less come
 * through where the action allows, more where it denies. */
static size_t conditions_that_count(const struct seccomp_rule *rule)
{
	bool allows = strcmp(rule->action, "SCMP_ACT_ALLOW") == 0 || strcmp(rule->action, "SCMP_ACT_LOG") == 0;

	return rule->n_args > ARGS_MAX && !allows ? ARGS_MAX : rule->n_args;
}

static int add_rule(scmp_filter_ctx context, const struct seccomp_rule *rule, size_t index, uint32_t default_action,
		    struct err *err)
{
	struct scmp_arg_cmp conditions[CONDITIONS_MAX] = {0};
	size_t n = conditions_that_count(rule);
	uint32_t action;
	bool alternatives;

	if (action_of(rule->action, rule->has_errno ? rule->errno_ret : EPERM, &action) < 0 ||
	    rule->n_args > CONDITIONS_MAX || read_conditions(rule, conditions, &alternatives) < 0) {
		(void)err_set(err, ERR_DENIED, "no runtime reads this seccomp rule as it stands");
		return err_at(err, "/linux/seccomp/syscalls/%zu", index);
	}
	if (action == default_action)
		return 0;
	for (size_t i = 0; i < rule->names.n; i++) {
		const char *name = rule->names.items[i];
		int nr = seccomp_syscall_resolve_name(name);

		if (nr == __NR_SCMP_ERROR)
			continue;
		if (!alternatives) {
			if (add(context, action, nr, name, (unsigned)n, conditions, index, err) < 0)
				return -1;
			continue;
		}
		for (size_t k = 0; k < n; k++)
			if (add(context, action, nr, name, 1, &conditions[k], index, err) < 0)
				return -1;
	}
	return 0;
}

static int add_architectures(scmp_filter_ctx context, const struct seccomp *seccomp, struct err *err)
{
	for (size_t i = 0; i < seccomp->architectures.n; i++) {
		const char *name = seccomp->architectures.items[i];
		uint32_t arch;
		int status;

		if (FIND_WORD(architectures, name, &arch) < 0) {
			/* riscv and loong64 newer than the libseccomp at hand: not of this machine, harmless */
			if (strcmp(name, "SCMP_ARCH_LOONGARCH64") == 0)
				continue;
			(void)err_set(err, ERR_DENIED, "unknown seccomp architecture %s", name);
			return err_at(err, "/linux/seccomp/architectures/%zu", i);
		}
		errno = 0;
		status = seccomp_arch_add(context, arch);
		if (check_memory(status, err) < 0)
			return -1;
		if (status < 0 && status != -EEXIST) {
			(void)err_set(err, ERR_DENIED, "libseccomp cannot add the architecture %s here", name);
			return err_at(err, "/linux/seccomp/architectures/%zu", i);
		}
	}
	return 0;
}

static int export(struct arena *arena, scmp_filter_ctx context, struct seccomp_program *ret_program, struct err *err)
{
	FD_AUTO int fd = memfd_create("filter", MFD_CLOEXEC);
	struct sock_filter *instructions;
	struct stat st;
	int status;

	if (fd < 0)
		return err_sys(err, ERR_SYSTEM, errno, "no memory file for the seccomp filter");
	errno = 0;
	status = seccomp_export_bpf(context, fd);
	if (check_memory(status, err) < 0)
		return -1;
	if (status < 0)
		return err_sys(err, ERR_DENIED, -status, "libseccomp cannot compile the filter");
	if (fstat(fd, &st) < 0 || st.st_size <= 0 || (size_t)st.st_size % sizeof(struct sock_filter) != 0 ||
	    (size_t)st.st_size / sizeof(struct sock_filter) > PROGRAM_MAX)
		return err_set(err, ERR_DENIED, "the compiled seccomp filter is empty or larger than the kernel takes");
	instructions = arena_alloc(arena, (size_t)st.st_size);
	if (!instructions)
		return err_set(err, ERR_SYSTEM, "out of memory while compiling the seccomp filter");
	if (pread(fd, instructions, (size_t)st.st_size, 0) != st.st_size)
		return err_set(err, ERR_SYSTEM, "the compiled seccomp filter cannot be read back");
	*ret_program = (struct seccomp_program){instructions, (size_t)st.st_size / sizeof(*instructions)};
	return 0;
}

int seccomp_compile(struct arena *arena, const struct seccomp *seccomp, struct seccomp_program *ret_program,
		    struct err *err)
{
	scmp_filter_ctx context __attribute__((cleanup(release_context))) = NULL;
	uint32_t default_action;

	if (action_of(seccomp->default_action, seccomp->has_default_errno ? seccomp->default_errno : EPERM,
		      &default_action) < 0) {
		(void)err_set(err, ERR_DENIED, "unknown seccomp action %s", seccomp->default_action);
		return err_at(err, "/linux/seccomp/defaultAction");
	}
	errno = 0;
	context = seccomp_init(default_action);
	if (check_memory(0, err) < 0)
		return -1;
	if (!context)
		return err_set(err, ERR_DENIED, "libseccomp takes no filter with the default action %s",
			       seccomp->default_action);
	if (add_architectures(context, seccomp, err) < 0)
		return -1;
	for (size_t i = 0; i < seccomp->n_rules; i++)
		if (add_rule(context, &seccomp->rules[i], i, default_action, err) < 0)
			return -1;
	return export(arena, context, ret_program, err);
}
