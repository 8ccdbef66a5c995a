/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking a filter about all arguments at once.
 *
 * A classic BPF program over struct seccomp_data only jumps forward, so it has
 * finitely many paths. Architecture and call number are fixed; the words of
 * the instruction pointer and of the arguments are unknown. Where the program
 * branches on an unknown word both ways are followed, each with its condition
 * on (word & mask); a way whose conditions no 32-bit value can meet is left.
 * The solver below is exact: it builds the value from the top bit down and
 * remembers for every condition how the comparison stands. So "blocked" is
 * proven, and "passes" comes with an example.
 *
 * Anything that libseccomp does not generate (arithmetic on unknown words, the
 * index register on them) ends as undecided, which denies.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>

#include "ocigate/seccomp.h"

enum {
	WORDS = sizeof(struct seccomp_data) / 4,
	CONDITIONS_MAX = 64,
	STEPS_MAX = 200000, /* program steps and solver steps of one question */
	WORD_NR = 0,
	WORD_ARCH = 1,
	WORD_ARGS = 4,
};

enum relation { EQ, NE, GT, LE, GE, LT, SET, CLEAR };

/* (word & mask) stands in relation to value */
struct condition {
	unsigned word;
	uint32_t mask;
	enum relation relation;
	uint32_t value;
};

/* What a register holds: a number, or an unknown word under a mask. */
struct term {
	bool unknown;
	unsigned word;
	uint32_t value; /* the number, or the mask */
};

struct search {
	const struct seccomp_program *program;
	uint32_t known[2]; /* nr, arch */
	bool narrow;	   /* a 32-bit architecture: the kernel fills the upper halves with 0 */
	struct condition conditions[CONDITIONS_MAX];
	size_t n;
	unsigned steps;
	bool want_deferred;
	bool gave_up;
	uint32_t action; /* of the RET that ended the search */
};

/* How (word & mask) compares with the value, bits above the current one considered; for SET/CLEAR: GREATER = a hit */
enum standing { EQUAL = 0, LESS, GREATER };

static enum standing advance(const struct condition *c, enum standing standing, unsigned bit, bool one)
{
	bool ours = one && (c->mask >> bit & 1);
	bool theirs = c->value >> bit & 1;

	if (c->relation == SET || c->relation == CLEAR)
		return ours && theirs ? GREATER : standing;
	if (standing != EQUAL || ours == theirs)
		return standing;
	return ours ? GREATER : LESS;
}

static bool holds(enum relation relation, enum standing standing)
{
	switch (relation) {
	case EQ:
		return standing == EQUAL;
	case NE:
		return standing != EQUAL;
	case GT:
	case SET:
		return standing == GREATER;
	case LE:
		return standing != GREATER;
	case GE:
		return standing != LESS;
	case LT:
		return standing == LESS;
	case CLEAR:
		return standing != GREATER;
	default:
		return false;
	}
}

/* Can no lower bit mend it any more? */
static bool lost(enum relation relation, enum standing standing)
{
	switch (relation) {
	case EQ:
		return standing != EQUAL;
	case GT:
	case GE:
		return standing == LESS;
	case LE:
	case LT:
	case CLEAR:
		return standing == GREATER;
	case NE:
	case SET:
	default:
		return false;
	}
}

static bool solve_bits(struct search *search, const struct condition *const *own, size_t n, int bit,
		       const enum standing *before, uint32_t so_far, uint32_t *ret_value)
{
	enum standing after[CONDITIONS_MAX] = {EQUAL};

	if (++search->steps > STEPS_MAX) {
		search->gave_up = true;
		return false;
	}
	if (bit < 0) {
		for (size_t i = 0; i < n; i++)
			if (!holds(own[i]->relation, before[i]))
				return false;
		*ret_value = so_far;
		return true;
	}
	for (unsigned one = 0; one <= 1; one++) {
		bool possible = true, matters = false;

		for (size_t i = 0; i < n && possible; i++) {
			after[i] = advance(own[i], before[i], (unsigned)bit, one);
			possible = !lost(own[i]->relation, after[i]);
			matters |= after[i] != advance(own[i], before[i], (unsigned)bit, !one);
		}
		if (possible && solve_bits(search, own, n, bit - 1, after, so_far | (uint32_t)one << bit, ret_value))
			return true;
		/* A bit that no condition looks at needs no second try. */
		if (possible && !matters)
			return false;
	}
	return false;
}

/* A value of @word that meets all its conditions; the smallest one. */
static bool solve(struct search *search, unsigned word, uint32_t *ret_value)
{
	const struct condition *own[CONDITIONS_MAX];
	enum standing start[CONDITIONS_MAX] = {EQUAL};
	size_t n = 0;

	for (size_t i = 0; i < search->n; i++)
		if (search->conditions[i].word == word)
			own[n++] = &search->conditions[i];
	*ret_value = 0;
	return n == 0 || solve_bits(search, own, n, 31, start, 0, ret_value);
}

static bool explore(struct search *search, size_t pc, struct term a);

static bool assume(struct search *search, struct term a, enum relation relation, uint32_t value, size_t pc)
{
	uint32_t unused;
	bool found;

	if (search->n == CONDITIONS_MAX) {
		search->gave_up = true;
		return false;
	}
	search->conditions[search->n++] = (struct condition){a.word, a.value, relation, value};
	found = solve(search, a.word, &unused) && explore(search, pc, a);
	if (!found)
		search->n--;
	return found;
}

/* Where a comparison with a number leads; -1 for a comparison that libseccomp does not write. */
static int compare(const struct sock_filter *in, uint32_t value)
{
	switch (BPF_OP(in->code)) {
	case BPF_JEQ:
		return value == in->k;
	case BPF_JGT:
		return value > in->k;
	case BPF_JGE:
		return value >= in->k;
	case BPF_JSET:
		return (value & in->k) != 0;
	default:
		return -1;
	}
}

/* Both ways of a comparison with an unknown word. */
static bool fork_on(struct search *search, const struct sock_filter *in, size_t next, struct term a)
{
	size_t yes = next + in->jt, no = next + in->jf;

	switch (BPF_OP(in->code)) {
	case BPF_JEQ:
		return assume(search, a, EQ, in->k, yes) || assume(search, a, NE, in->k, no);
	case BPF_JGT:
		return assume(search, a, GT, in->k, yes) || assume(search, a, LE, in->k, no);
	case BPF_JGE:
		return assume(search, a, GE, in->k, yes) || assume(search, a, LT, in->k, no);
	case BPF_JSET:
		return assume(search, a, SET, in->k, yes) || assume(search, a, CLEAR, in->k, no);
	default:
		search->gave_up = true;
		return false;
	}
}

static bool wanted(const struct search *search, uint32_t action)
{
	uint32_t kind = action & SECCOMP_RET_ACTION_FULL;

	if (search->want_deferred)
		return kind == SECCOMP_RET_TRACE || kind == SECCOMP_RET_USER_NOTIF;
	return kind == SECCOMP_RET_ALLOW || kind == SECCOMP_RET_LOG;
}

static struct term load(const struct search *search, uint32_t offset)
{
	unsigned word = offset / 4;

	if (word <= WORD_ARCH)
		return (struct term){.value = search->known[word]};
	if (search->narrow && word % 2 != 0)
		return (struct term){.value = 0};
	return (struct term){.unknown = true, .word = word, .value = UINT32_MAX};
}

/* Follows the program from @pc; true as soon as a wanted RET is reached under conditions that can be met. */
static bool explore(struct search *search, size_t pc, struct term a)
{
	while (!search->gave_up && pc < search->program->n && ++search->steps <= STEPS_MAX) {
		const struct sock_filter *in = &search->program->instructions[pc++];

		switch (in->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (in->k % 4 != 0 || in->k / 4 >= WORDS)
				break;
			a = load(search, in->k);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a.value &= in->k;
			continue;
		case BPF_JMP | BPF_JA:
			pc += in->k;
			continue;
		case BPF_RET | BPF_K:
			search->action = in->k;
			return wanted(search, in->k);
		default:
			if (BPF_CLASS(in->code) != BPF_JMP || BPF_SRC(in->code) != BPF_K)
				break;
			if (a.unknown)
				return fork_on(search, in, pc, a);
			if (compare(in, a.value) < 0)
				break;
			pc += compare(in, a.value) ? in->jt : in->jf;
			continue;
		}
		break;
	}
	search->gave_up = true;
	return false;
}

static void add_question_condition(struct search *search, const struct seccomp_question *question)
{
	bool any_bit = question->equals == 0;

	search->conditions[search->n++] = (struct condition){
		.word = WORD_ARGS + 2 * question->arg,
		.mask = any_bit ? UINT32_MAX : question->mask,
		.relation = any_bit ? SET : EQ,
		.value = any_bit ? question->mask : question->equals,
	};
}

static bool run(struct search *search, const struct seccomp_program *program, const struct seccomp_question *question,
		bool want_deferred)
{
	*search = (struct search){
		.program = program,
		.known = {question->nr, question->audit_arch},
		.narrow = (question->audit_arch & __AUDIT_ARCH_64BIT) == 0,
		.want_deferred = want_deferred,
	};
	if (question->conditional)
		add_question_condition(search, question);
	return explore(search, 0, (struct term){.value = 0});
}

enum seccomp_fate seccomp_question_ask(const struct seccomp_program *program, const struct seccomp_question *question,
				       uint64_t ret_args[6], bool *ret_logged)
{
	struct search search;
	bool deferred = false;

	if (!run(&search, program, question, false)) {
		if (search.gave_up)
			return SECCOMP_UNDECIDED;
		deferred = run(&search, program, question, true);
		if (!deferred)
			return search.gave_up ? SECCOMP_UNDECIDED : SECCOMP_BLOCKED;
	}
	for (unsigned i = 0; i < 6; i++) {
		uint32_t low, high;

		/* Both were solved on the way here; solving again picks the smallest value. */
		if (!solve(&search, WORD_ARGS + 2 * i, &low) || !solve(&search, WORD_ARGS + 2 * i + 1, &high))
			return SECCOMP_UNDECIDED;
		ret_args[i] = (uint64_t)high << 32 | low;
	}
	*ret_logged = (search.action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_LOG;
	return deferred ? SECCOMP_DEFERRED : SECCOMP_PASSES;
}
