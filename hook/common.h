/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What front ends share: start-up, the policy, and the way they speak.
 */
#ifndef OCIGATE_COMMON_H
#define OCIGATE_COMMON_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "ocigate/arena.h"
#include "ocigate/policy.h"

/** RUN_MEMORY - an arena's cap until the policy says how large config.json may be */
#define RUN_MEMORY ((size_t)64 << 20)

/** RUN_DIRECTORY - all that a judgement keeps lies below it */
#define RUN_DIRECTORY "/run/ocigate"

/**
 * harden() - take nothing from the caller but what was asked for
 *
 * No environment, umask 077, no core file, not traceable, no new privileges, SIGPIPE ignored, descriptors 0 to 2 open.
 * For a verb that judges (hook): also working directory "/" and no other descriptor.
 */
void harden(void);
void harden_hook(void);

/** memory_warm() - have the kernel map what a judgement will touch, all at once */
void memory_warm(void);

/** start_failed() - deny, with a message: what must be set up before anything is judged cannot be */
_Noreturn void start_failed(void);

/**
 * struct crash_guard - how the process took the signals of its own faults before crash_guard_start(), which makes each
 * of them a refusal with a message: a library may go wrong where it gets no memory
 */
struct crash_guard {
	struct sigaction before[5];
};

void crash_guard_start(struct crash_guard *guard);

/** crash_guard_end() - take them as before. Return: 0, or -1 if the kernel will not have it. */
int crash_guard_end(const struct crash_guard *guard) MUST_CHECK;

/** deadline_start() - deny, with a message, when there is no decision after @seconds. */
void deadline_start(unsigned seconds);

/** stdin_drain() - read a pipe to its end, so that a runtime that writes a state into it is not hurt by a refusal */
void stdin_drain(void);

/** say() - one "ocigate: …" line to stderr, printable ASCII, in one write */
void say(const char *fmt, ...) PRINTF_LIKE(1, 2);

/** say_line() - @line, already fit to be shown, to stderr with its newline, in one write */
void say_line(const char *line);

/** usage_error() - say what is wrong with the command line. Return: the exit code. */
int usage_error(const struct err *err, const char *verb);

/** failure() - say why a verb that somebody has called cannot do it, and whether root may. Return: the exit code. */
int failure(const struct err *err);

/** written() - of what goes to stdout all must arrive. Return: @status, or the exit code of a failure, which is told. */
int written(int status);

/** named_policies() - the system's drop-in directories may be missing; those that somebody names may not: ERR_POLICY */
int named_policies(const char *const *directories, size_t n, struct err *err) MUST_CHECK;

/** colour_wanted() - is @fd a terminal whose owner has not asked for no colours (NO_COLOR)? Before harden(). */
bool colour_wanted(int fd);

/** now_us() - Unix time in microseconds; ticks_us(): of a clock that is never set */
int64_t now_us(void);
int64_t ticks_us(void);

#endif
