/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any BPF program, asked. What the search calls passing must really pass: the
 * program is run on the example by an interpreter that shares nothing with it.
 */
#include "fuzz.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "ocigate/seccomp.h"

enum { ARCH = 0xc000003e, NR = 321 };

/* The subset that the search understands; anything else it must have left undecided. */
static uint32_t interpret(const struct seccomp_program *program, const struct seccomp_data *data)
{
	uint32_t words[sizeof(*data) / 4], a = 0;

	memcpy(words, data, sizeof(words));
	for (size_t pc = 0; pc < program->n;) {
		const struct sock_filter *in = &program->instructions[pc++];

		switch (in->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			must(in->k % 4 == 0 && in->k / 4 < sizeof(words) / 4);
			a = words[in->k / 4];
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= in->k;
			break;
		case BPF_JMP | BPF_JA:
			pc += in->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == in->k ? in->jt : in->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			pc += a > in->k ? in->jt : in->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= in->k ? in->jt : in->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += a & in->k ? in->jt : in->jf;
			break;
		case BPF_RET | BPF_K:
			return in->k;
		default:
			must(!"the search decided over an instruction that it does not know");
		}
	}
	must(!"the search decided over a program without an end");
	return 0;
}

/* The fuzzer's bytes, with codes that are mostly known so that it gets anywhere. */
static void make_program(struct sock_filter *program, size_t n)
{
	static const uint16_t codes[] = {
		BPF_LD | BPF_W | BPF_ABS,   BPF_ALU | BPF_AND | BPF_K, BPF_JMP | BPF_JA,
		BPF_JMP | BPF_JEQ | BPF_K,  BPF_JMP | BPF_JGT | BPF_K, BPF_JMP | BPF_JGE | BPF_K,
		BPF_JMP | BPF_JSET | BPF_K, BPF_RET | BPF_K,	       BPF_ALU | BPF_ADD | BPF_K,
	};

	for (size_t i = 0; i < n; i++) {
		program[i].code = codes[program[i].code % (sizeof(codes) / sizeof(codes[0]))];
		program[i].jt %= 8;
		program[i].jf %= 8;
		if (program[i].code == (BPF_LD | BPF_W | BPF_ABS))
			/* not the instruction pointer: an example names arguments alone */
			program[i].k = program[i].k % 14 < 2 ? program[i].k % 14 * 4 : (program[i].k % 14 + 2) * 4;
		else if (program[i].code == (BPF_RET | BPF_K))
			program[i].k = program[i].k % 2 ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO;
		else if (program[i].code == (BPF_JMP | BPF_JA))
			program[i].k %= 8;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sock_filter instructions[128];
	size_t n = size / sizeof(instructions[0]);
	struct seccomp_program program = {instructions, n > 128 ? 128 : n};
	struct seccomp_question question = {.audit_arch = ARCH, .nr = NR};
	struct seccomp_data example = {.nr = NR, .arch = ARCH};
	uint64_t args[6] = {0};
	enum seccomp_fate fate;
	bool logged = false;

	memcpy(instructions, data, program.n * sizeof(instructions[0]));
	make_program(instructions, program.n);
	fate = seccomp_question_ask(&program, &question, args, &logged);
	memcpy(example.args, args, sizeof(args));
	if (fate == SECCOMP_PASSES)
		must(interpret(&program, &example) == SECCOMP_RET_ALLOW);
	if (fate == SECCOMP_BLOCKED) {
		/* Blocked for all arguments: so for these. */
		for (unsigned i = 0; i < 64; i++) {
			for (unsigned k = 0; k < 6; k++)
				example.args[k] =
					(uint64_t)(i >> (k % 3) & 1 ? instructions[k % (program.n ? program.n : 1)].k
								    : i) *
					(i % 5 ? 1 : UINT64_C(0x100000001));
			must(program.n == 0 || interpret(&program, &example) != SECCOMP_RET_ALLOW);
		}
	}
	return 0;
}
