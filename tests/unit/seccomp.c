/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What filters let through. Expectations come from what the filters say, call
 * numbers from the kernel's tables by libseccomp.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ocigate/fs.h"
#include "ocigate/seccomp.h"
#include "ocigate/spec.h"

static struct arena arena;
static char cache_path[64];

static void start(void)
{
	arena_init(&arena, (size_t)64 << 20);
}

static void stop(void)
{
	char entry[sizeof(cache_path) + 4];

	for (unsigned i = 0; cache_path[0] && i < 64; i++) {
		(void)snprintf(entry, sizeof(entry), "%s/%02x", cache_path, i);
		(void)unlink(entry);
	}
	if (cache_path[0])
		(void)rmdir(cache_path);
	arena_release(&arena);
}

TestSuite(seccomp, .init = start, .fini = stop);

/* A container whose linux.seccomp is @block. */
static const struct seccomp *block_of(const char *block)
{
	struct container *container = arena_alloc(&arena, sizeof(*container));
	struct err err = {0};
	char *json = arena_printf(&arena,
				  "{\"ociVersion\":\"1.0.2\",\"process\":{\"user\":{\"uid\":1,\"gid\":1},\"cwd\":\"/\","
				  "\"args\":[\"x\"],\"capabilities\":{}},\"root\":{\"path\":\"r\"},"
				  "\"linux\":{\"seccomp\":%s}}",
				  block);
	struct text text = {json, strlen(json)};

	cr_assert_eq(spec_parse(&arena, &text, "/b", "x", container, &err), 0, "%s", err.text);
	return &container->seccomp;
}

static struct seccomp_answer answer_to(const char *block)
{
	struct seccomp_answer answer;
	struct err err = {0};

	cr_assert_eq(seccomp_ask(&arena, block_of(block), &answer, &err), 0, "%s", err.text);
	cr_assert(answer.known, "%s", answer.why);
	return answer;
}

static const struct seccomp_hole *hole_in(const struct seccomp_answer *answer, const char *name, const char *arch)
{
	for (size_t i = 0; i < answer->n_holes; i++)
		if (strcmp(answer->holes[i].call->name, name) == 0 && strcmp(answer->holes[i].arch, arch) == 0)
			return &answer->holes[i];
	return NULL;
}

#define ALL_X86 "\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]"

Test(seccomp, allow_list_blocks_the_rest)
{
	struct seccomp_answer answer =
		answer_to("{\"defaultAction\":\"SCMP_ACT_ERRNO\"," ALL_X86
			  ",\"syscalls\":[{\"names\":[\"read\",\"write\"],\"action\":\"SCMP_ACT_ALLOW\"}]}");

	cr_assert_eq(answer.n_holes, 0);
}

Test(seccomp, one_denial_leaves_everything_else_open)
{
	struct seccomp_answer answer =
		answer_to("{\"defaultAction\":\"SCMP_ACT_ALLOW\"," ALL_X86
			  ",\"syscalls\":[{\"names\":[\"bpf\"],\"action\":\"SCMP_ACT_ERRNO\"}]}");

	cr_assert_null(hole_in(&answer, "bpf", "x86_64"));
	cr_assert_null(hole_in(&answer, "bpf", "x86"));
	cr_assert_not_null(hole_in(&answer, "init_module", "x86_64"));
	cr_assert_eq(hole_in(&answer, "init_module", "x86_64")->fate, SECCOMP_PASSES);
}

/* Without the architecture in the list, libseccomp kills its calls: closed, not open. */
Test(seccomp, architecture_not_listed_is_closed)
{
	struct seccomp_answer answer =
		answer_to("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86_64\"]}");

	cr_assert_not_null(hole_in(&answer, "bpf", "x86_64"));
	cr_assert_null(hole_in(&answer, "bpf", "x86"));
	cr_assert_null(hole_in(&answer, "bpf", "x32"));
}

/* sys_old calls exist on i386 alone: a list written for x86_64 that is open there by default. */
Test(seccomp, denial_by_a_name_of_one_architecture_leaves_the_other_open)
{
	struct seccomp_answer answer = answer_to("{\"defaultAction\":\"SCMP_ACT_ALLOW\"," ALL_X86 ",\"syscalls\":["
						 "{\"names\":[\"clock_settime\"],\"action\":\"SCMP_ACT_ERRNO\"}]}");

	cr_assert_null(hole_in(&answer, "clock_settime", "x86_64"));
	cr_assert_null(hole_in(&answer, "clock_settime", "x86"));
	cr_assert_not_null(hole_in(&answer, "clock_settime64", "x86"));
	cr_assert_null(hole_in(&answer, "clock_settime64", "x86_64"), "x86_64 has no such call");
}

Test(seccomp, odd_case_denies_nothing)
{
	struct seccomp_answer answer = answer_to("{\"defaultAction\":\"SCMP_ACT_ALLOW\"," ALL_X86 ",\"syscalls\":["
						 "{\"names\":[\"BPF\",\"Reboot\"],\"action\":\"SCMP_ACT_ERRNO\"}]}");

	cr_assert_not_null(hole_in(&answer, "bpf", "x86_64"));
	cr_assert_not_null(hole_in(&answer, "reboot", "x86_64"));
}

/* No number is below zero: the denial is for show, and so is the allowance. */
Test(seccomp, impossible_condition)
{
	struct seccomp_answer open = answer_to("{\"defaultAction\":\"SCMP_ACT_ALLOW\"," ALL_X86
					       ",\"syscalls\":[{\"names\":[\"reboot\"],\"action\":\"SCMP_ACT_ERRNO\","
					       "\"args\":[{\"index\":0,\"op\":\"SCMP_CMP_LT\",\"value\":0}]}]}");
	struct seccomp_answer closed = answer_to("{\"defaultAction\":\"SCMP_ACT_ERRNO\"," ALL_X86
						 ",\"syscalls\":[{\"names\":[\"reboot\"],\"action\":\"SCMP_ACT_ALLOW\","
						 "\"args\":[{\"index\":0,\"op\":\"SCMP_CMP_LT\",\"value\":0}]}]}");

	cr_assert_not_null(hole_in(&open, "reboot", "x86_64"));
	cr_assert_null(hole_in(&closed, "reboot", "x86_64"));
}

/* (arg & 15) == 16 reads impossible; libseccomp cuts 16 by the mask, and what runs is (arg & 15) == 0. */
Test(seccomp, datum_beyond_its_mask_is_cut_as_the_library_does)
{
	struct seccomp_answer answer =
		answer_to("{\"defaultAction\":\"SCMP_ACT_ALLOW\"," ALL_X86
			  ",\"syscalls\":[{\"names\":[\"reboot\"],\"action\":\"SCMP_ACT_ERRNO\","
			  "\"args\":[{\"index\":0,\"op\":\"SCMP_CMP_MASKED_EQ\",\"value\":15,\"valueTwo\":16}]}]}");

	cr_assert_neq(hole_in(&answer, "reboot", "x86_64")->args[0] & 15, 0);
}

Test(seccomp, example_meets_the_condition)
{
	struct seccomp_answer answer =
		answer_to("{\"defaultAction\":\"SCMP_ACT_ERRNO\"," ALL_X86
			  ",\"syscalls\":[{\"names\":[\"reboot\"],\"action\":\"SCMP_ACT_ALLOW\","
			  "\"args\":[{\"index\":0,\"op\":\"SCMP_CMP_GT\",\"value\":4294967296},"
			  "{\"index\":2,\"op\":\"SCMP_CMP_MASKED_EQ\",\"value\":240,\"valueTwo\":80},"
			  "{\"index\":3,\"op\":\"SCMP_CMP_NE\",\"value\":0}]}]}");
	const struct seccomp_hole *hole = hole_in(&answer, "reboot", "x86_64");

	cr_assert_not_null(hole);
	cr_assert_gt(hole->args[0], UINT64_C(4294967296));
	cr_assert_eq(hole->args[2] & 240, 80);
	cr_assert_neq(hole->args[3], 0);
}

/* moby's mask: all namespace flags must be clear. */
Test(seccomp, masked_clone_is_closed_for_namespaces_only)
{
	struct seccomp_answer answer = answer_to("{\"defaultAction\":\"SCMP_ACT_ERRNO\"," ALL_X86
						 ",\"syscalls\":[{\"names\":[\"clone\",\"unshare\"],"
						 "\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"op\":\"SCMP_"
						 "CMP_MASKED_EQ\",\"value\":2114060288,\"valueTwo\":0}]}]}");

	cr_assert_eq(answer.n_holes, 0);
}

/* The kernel cuts socket()'s family to 32 bits, a filter compares 64: the upper half carries AF_VSOCK past "not 40". */
Test(seccomp, upper_half_of_an_int_argument)
{
	struct seccomp_answer answer = answer_to(
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_X86_64\"],\"syscalls\":[{"
		"\"names\":[\"socket\"],"
		"\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"op\":\"SCMP_CMP_NE\",\"value\":40}]}]}");
	const struct seccomp_hole *hole = hole_in(&answer, "socket-vsock", "x86_64");

	cr_assert_not_null(hole);
	cr_assert_eq((uint32_t)hole->args[0], 40);
	cr_assert_neq(hole->args[0] >> 32, 0);
}

Test(seccomp, log_passes_and_says_so_trace_and_notify_are_deferred)
{
	struct seccomp_answer answer = answer_to("{\"defaultAction\":\"SCMP_ACT_LOG\"," ALL_X86 ",\"syscalls\":["
						 "{\"names\":[\"bpf\"],\"action\":\"SCMP_ACT_TRACE\"},"
						 "{\"names\":[\"reboot\"],\"action\":\"SCMP_ACT_NOTIFY\"},"
						 "{\"names\":[\"swapon\"],\"action\":\"SCMP_ACT_KILL\"}]}");

	cr_assert(hole_in(&answer, "init_module", "x86_64")->logged);
	cr_assert_eq(hole_in(&answer, "bpf", "x86_64")->fate, SECCOMP_DEFERRED);
	cr_assert_eq(hole_in(&answer, "reboot", "x86")->fate, SECCOMP_DEFERRED);
	cr_assert_null(hole_in(&answer, "swapon", "x86_64"));
}

/* A later allowance beside a denial of the same call: libseccomp keeps the denial where both are unconditional. */
Test(seccomp, conditional_allowance_beside_a_denial)
{
	struct seccomp_answer answer = answer_to("{\"defaultAction\":\"SCMP_ACT_ALLOW\"," ALL_X86 ",\"syscalls\":["
						 "{\"names\":[\"reboot\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{"
						 "\"index\":0,\"op\":\"SCMP_CMP_NE\",\"value\":7}]}]}");

	cr_assert_eq(hole_in(&answer, "reboot", "x86_64")->args[0], 7);
}

/* CRI-O's seven alternatives on one argument: crun keeps six, so the seventh is not denied. */
Test(seccomp, seventh_alternative_of_a_denial_does_not_count)
{
	char block[4096];
	int len = snprintf(block, sizeof(block),
			   "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86_64\"],"
			   "\"syscalls\":[{\"names\":"
			   "[\"reboot\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":[");

	for (int i = 0; i < 7; i++)
		len += snprintf(block + len, sizeof(block) - (size_t)len,
				"%s{\"index\":0,\"op\":\"SCMP_CMP_EQ\",\"value\":%d}", i ? "," : "", i);
	(void)snprintf(block + len, sizeof(block) - (size_t)len, "]}]}");
	cr_assert_eq((int)answer_to(block).known, 1);
	{
		struct seccomp_answer answer = answer_to(block);

		cr_assert_eq(hole_in(&answer, "reboot", "x86_64")->args[0], 6);
	}
}

Test(seccomp, what_no_runtime_reads_is_not_known)
{
	struct seccomp block = *block_of("{\"defaultAction\":\"SCMP_ACT_ERRNO\"}");
	struct seccomp_answer answer;
	struct err err = {0};

	block.default_action = "SCMP_ACT_SOMETHING";
	cr_assert_eq(seccomp_ask(&arena, &block, &answer, &err), 0);
	cr_assert_not(answer.known);
	cr_assert_neq(answer.why[0], '\0');
}

/* The index register on an unknown word: nothing that libseccomp writes, so no verdict. */
Test(seccomp, program_out_of_the_ordinary_is_undecided)
{
	static const struct sock_filter odd[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct seccomp_program program = {odd, sizeof(odd) / sizeof(odd[0])};
	struct seccomp_question question = {.audit_arch = SCMP_ARCH_X86_64, .nr = 1};
	uint64_t args[6];
	bool logged;

	cr_assert_eq(seccomp_question_ask(&program, &question, args, &logged), SECCOMP_UNDECIDED);
}

Test(seccomp, program_that_runs_off_its_end_is_undecided)
{
	static const struct sock_filter loose[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0)};
	struct seccomp_program program = {loose, 1};
	struct seccomp_question question = {.audit_arch = SCMP_ARCH_X86_64, .nr = 1};
	uint64_t args[6];
	bool logged;

	cr_assert_eq(seccomp_question_ask(&program, &question, args, &logged), SECCOMP_UNDECIDED);
}

/* --- the cache --- */

static int cache_dir(void)
{
	(void)snprintf(cache_path, sizeof(cache_path), "/tmp/ocigate-cache-XXXXXX");
	cr_assert_not_null(mkdtemp(cache_path));
	return open(cache_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void find_entry(char *ret_name, size_t size)
{
	ret_name[0] = '\0';
	for (unsigned i = 0; i < 64; i++) {
		struct stat st;

		(void)snprintf(ret_name, size, "%s/%02x", cache_path, i);
		if (stat(ret_name, &st) == 0)
			return;
	}
	cr_assert_fail("no entry was kept");
}

static const char cached_block[] = "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86_64\"]}";

static size_t ask_cached(int dirfd, const char *block)
{
	struct seccomp_answer answer;
	struct err err = {0};

	cr_assert_eq(seccomp_ask_cached(&arena, dirfd, block_of(block), &answer, &err), 0, "%s", err.text);
	cr_assert(answer.known);
	return answer.n_holes;
}

Test(seccomp, kept_answer_is_the_same)
{
	char entry[80];
	int fd = cache_dir();
	size_t fresh = ask_cached(fd, cached_block);

	cr_assert_gt(fresh, 0);
	find_entry(entry, sizeof(entry));
	cr_assert_eq(ask_cached(fd, cached_block), fresh);
}

/* A planted entry that says "no holes" must be read, or the cache is not used at all: proof that a hit is a hit. */
Test(seccomp, hit_reads_the_entry_and_every_byte_of_the_block_counts)
{
	char entry[80];
	int fd = cache_dir();
	size_t fresh = ask_cached(fd, cached_block);
	struct stat st;
	off_t block_len;

	if (geteuid() != 0)
		cr_skip_test("entries must be root's");
	find_entry(entry, sizeof(entry));
	cr_assert_eq(stat(entry, &st), 0);
	block_len = st.st_size - (off_t)(fresh * 64);
	cr_assert_eq(truncate(entry, block_len), 0);
	cr_assert_eq(ask_cached(fd, cached_block), 0, "the shortened entry should have been a hit");
	cr_assert_eq(truncate(entry, block_len - 1), 0);
	cr_assert_eq(ask_cached(fd, cached_block), fresh, "a cut block is a miss");
	cr_assert_eq(truncate(entry, st.st_size - 1), 0);
	cr_assert_eq(ask_cached(fd, cached_block), fresh, "a cut answer is a miss");
}

Test(seccomp, entry_that_others_may_write_is_a_miss)
{
	char entry[80];
	int fd = cache_dir();
	size_t fresh = ask_cached(fd, cached_block);
	struct stat st;

	find_entry(entry, sizeof(entry));
	cr_assert_eq(stat(entry, &st), 0);
	cr_assert_eq(truncate(entry, st.st_size - (off_t)(fresh * 64)), 0);
	cr_assert_eq(chmod(entry, 0622), 0);
	cr_assert_eq(ask_cached(fd, cached_block), fresh);
}

/* --- blocks that are known by their text --- */

#define PLAIN                                                                                                          \
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\","             \
	"\"SCMP_ARCH_AARCH64\",\"SCMP_ARCH_ARM\"],\"syscalls\":[{\"names\":[\"read\",\"mount\"],\"action\":\"SCMP_"    \
	"ACT_ALLOW\"}]}"

static int known_dir = -1;

static const struct seccomp_answer *recall(struct arena *of, const char *block, size_t len)
{
	return seccomp_recall(of, known_dir, block, len);
}

static const struct seccomp *known_block_of(const char *block, const char *behind)
{
	struct container *container = arena_alloc(&arena, sizeof(*container));
	struct err err = {0};
	char *json = arena_printf(&arena,
				  "{\"ociVersion\":\"1.0.2\",\"process\":{\"user\":{\"uid\":1,\"gid\":1},\"cwd\":\"/\","
				  "\"args\":[\"x\"],\"capabilities\":{}},\"root\":{\"path\":\"r\"},"
				  "\"linux\":{\"seccomp\":%s%s}}",
				  block, behind);
	struct text text = {json, strlen(json)};

	cr_assert_eq(spec_parse_known(&arena, &text, "/b", "x", recall, container, &err), 0, "%s", err.text);
	return &container->seccomp;
}

Test(seccomp, a_plain_block_is_known_again_by_its_text)
{
	struct seccomp_answer answer;
	const struct seccomp *seccomp;
	struct err err = {0};
	size_t fresh;

	if (geteuid() != 0)
		cr_skip_test("entries must be root's");
	known_dir = cache_dir();
	cr_expect_null(known_block_of(PLAIN, "")->answer, "nothing was kept yet");
	fresh = ask_cached(known_dir, PLAIN);
	cr_assert_gt(fresh, 0, "mount passes");
	seccomp = known_block_of(PLAIN, ",\"maskedPaths\":[]");
	cr_assert_not_null(seccomp->answer);
	cr_expect(seccomp->present);
	cr_expect_eq(seccomp->text_len, strlen(PLAIN));
	cr_expect_eq(strncmp(seccomp->text, PLAIN, strlen(PLAIN)), 0);
	cr_assert_eq(seccomp_ask_cached(&arena, -1, seccomp, &answer, &err), 0);
	cr_expect(answer.known);
	cr_expect_eq(answer.n_holes, fresh);
	/* A byte more, another byte: another block. */
	cr_expect_not_null(known_block_of(" " PLAIN " ", "")->answer, "space around it is none of it");
	cr_expect_null(known_block_of("{ ", &PLAIN[1])->answer);
	cr_expect_null(known_block_of("{\"defaultErrnoRet\":1,", &PLAIN[1])->answer);
}

/* Of what is not plain the rule has more to say than the answer: it is read each time. */
Test(seccomp, other_blocks_are_read_again)
{
	static const char *const blocks[] = {
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"]}",
		"{\"defaultAction\":\"SCMP_ACT_LOG\",\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"listenerPath\":\"/l\",\"architectures\":[\"SCMP_ARCH_X86_64\","
		"\"SCMP_ARCH_X86\",\"SCMP_ARCH_ARM\"]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_X86_64\"]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\","
		"\"SCMP_ARCH_AARCH64\",\"SCMP_ARCH_ARM\"],\"syscalls\":[{\"names\":[\"re\\u0061d\"],"
		"\"action\":\"SCMP_ACT_ALLOW\"}]}",
	};

	known_dir = cache_dir();
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		const struct seccomp *seccomp;

		(void)ask_cached(known_dir, blocks[i]);
		seccomp = known_block_of(blocks[i], "");
		cr_expect_null(seccomp->answer, "block %zu", i);
		cr_expect_not_null(seccomp->default_action);
	}
}
