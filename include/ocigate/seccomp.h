/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a seccomp filter really lets through.
 *
 * A filter's presence proves nothing: names in odd case are skipped, conditions
 * can be impossible to meet, an architecture can be left open. So the spec's
 * block is compiled with libseccomp as the runtimes do it, and the resulting
 * program is asked, call by call and architecture by architecture, whether
 * there are arguments with which a call that must never pass comes through.
 */
#ifndef OCIGATE_SECCOMP_H
#define OCIGATE_SECCOMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ocigate/arena.h"
#include "ocigate/container.h"

/** struct seccomp_call - one entry of the floor: a call, with conditions, that must not pass without a reason */
struct seccomp_call {
	const char *name;    /* what people write in the policy: "bpf", "unshare-namespaces" */
	const char *syscall; /* the kernel's name */
	const char *why;     /* what it gives away, a clause */
	uint64_t
		justified_by; /* capability bits, any of which in the bounding set makes it a fair wish; 0: none does */
	bool common;	      /* engines' own default profiles let it through: reported, but does not deny by default */
	bool conditional;     /* only with arguments: (args[@arg] & @mask) in which @equals is found, or any bit if 0 */
	unsigned arg;
	uint32_t mask;
	uint32_t equals;
};

/** seccomp_floor - the table; ended by a NULL name */
extern const struct seccomp_call seccomp_floor[];

/** enum seccomp_fate - what the filter does with a call; zero: could not be found out */
enum seccomp_fate {
	SECCOMP_UNDECIDED = 0,
	SECCOMP_BLOCKED,  /* no arguments get it through */
	SECCOMP_PASSES,	  /* ALLOW or LOG: @args get it through */
	SECCOMP_DEFERRED, /* TRACE or NOTIFY: some other process decides */
};

/** seccomp_passes(), seccomp_asks() - does this action (config-linux.md, "Seccomp") let a call through; ask an agent? */
bool seccomp_passes(const char *action);
bool seccomp_asks(const char *action);

/** seccomp_second_arch - whose programs the kernel runs beside its own, in the spec's word; NULL: there is none */
extern const char *const seccomp_second_arch;

/** seccomp_lists_second_arch() - does the filter let such programs run? True where there is none. */
bool seccomp_lists_second_arch(const struct seccomp *seccomp);

/** seccomp_is_plain() - is there nothing to be said of the block but what its filter lets through? */
bool seccomp_is_plain(const struct seccomp *seccomp);

/** struct seccomp_hole - a call that is not blocked */
struct seccomp_hole {
	const struct seccomp_call *call;
	const char *arch; /* "x86_64", "x86", "x32", "aarch64", "arm", … */
	enum seccomp_fate fate;
	bool multiplexed; /* the example is a call of socketcall, whose other arguments no filter sees */
	bool logged;	  /* comes through as SCMP_ACT_LOG */
	uint64_t args[6]; /* an example; what is 0 does not matter or must be 0 */
};

/**
 * struct seccomp_answer - everything the filter was asked
 * @known: false: @why says what went wrong (libseccomp refused, the program was too odd, out of time)
 * @unknown: names that the block means to deny and libseccomp does not know: no filter has them
 */
struct seccomp_answer {
	bool known;
	const char *why;
	const struct seccomp_hole *holes;
	size_t n_holes;
	struct strings unknown;
};

/**
 * seccomp_ask() - compile and ask
 * @seccomp: the spec's block, present
 *
 * Costs 5 to 50 million instructions: see seccomp_ask_cached().
 * Return: 0 (also when @known is false), or -1 with ERR_SYSTEM when out of memory.
 */
int seccomp_ask(struct arena *arena, const struct seccomp *seccomp, struct seccomp_answer *ret_answer,
		struct err *err) MUST_CHECK;

/**
 * seccomp_ask_cached() - the same, looked up first below the open directory @dirfd (-1: no cache)
 *
 * An entry holds the whole canonical block, which must be equal byte for byte: a cheap hash that somebody makes
 * collide costs time, never truth. Whatever is odd about an entry makes it a miss.
 */
int seccomp_ask_cached(struct arena *arena, int dirfd, const struct seccomp *seccomp, struct seccomp_answer *ret_answer,
		       struct err *err) MUST_CHECK;

/**
 * seccomp_recall() - what was found out about a block of this text, if that is all that there is to know of it
 *
 * What is kept was read as a spec's block first: a text that is found here is an object, and one of the right form.
 * Return: NULL if nothing is known, or the block is not seccomp_is_plain().
 */
const struct seccomp_answer *seccomp_recall(struct arena *arena, int dirfd, const char *text, size_t len);

/** SECCOMP_CACHE - where answers and compiled filters are kept */
#define SECCOMP_CACHE "/run/ocigate/seccomp"

/** struct seccomp_program - a compiled filter (struct sock_filter), in the arena */
struct sock_filter;
struct seccomp_program {
	const struct sock_filter *instructions;
	size_t n;
};

/**
 * seccomp_compile() - as runc and crun would: unknown names skipped, rules equal to the default action skipped,
 * conditions on the same argument become alternatives, native architecture always there
 * Return: 0, or -1 with ERR_DENIED (libseccomp or a runtime would refuse it) or ERR_SYSTEM.
 */
int seccomp_compile(struct arena *arena, const struct seccomp *seccomp, struct seccomp_program *ret_program,
		    struct err *err) MUST_CHECK;

/** struct seccomp_question - can this call come through? */
struct seccomp_question {
	uint32_t audit_arch;
	uint32_t nr;
	bool conditional;
	unsigned arg;
	uint32_t mask;
	uint32_t equals;
};

/** seccomp_question_ask() - run the program on all arguments at once. Fills @ret_args for what is not blocked. */
enum seccomp_fate seccomp_question_ask(const struct seccomp_program *program, const struct seccomp_question *question,
				       uint64_t ret_args[6], bool *ret_logged);

#endif
