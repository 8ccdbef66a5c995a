/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Giving up for good what judging does not need, before the first byte that
 * others have written is parsed. If the parser has a hole, who comes through
 * it holds a process that can read, and tell its verdict, and little else.
 */
#ifndef OCIGATE_CONFINE_H
#define OCIGATE_CONFINE_H

#include <stddef.h>

#include "ocigate/err.h"

/**
 * enum confine_role - what is kept
 *
 * CONFINE_JUDGE: reading files, also other users', writing below @own and to @log, a datagram to syslog. CONFINE_END: also
 * a signal to a process that is pinned already.
 */
enum confine_role { CONFINE_JUDGE = 0, CONFINE_END };

/**
 * confine() - for this thread and what it starts, for good; no-new-privileges must be set
 * @own: directory that is written to, made if it is missing
 * @log: file that is appended to, NULL: none. One that is not there yet may be made in its directory.
 * @memory: cap of the address space in bytes
 *
 * By Landlock where the kernel has it (Linux 5.13), by capabilities where there are any, by a seccomp filter where it
 * can be had. What the kernel lacks is no failure.
 * Return: 0, or -1 with ERR_SYSTEM: do not go on.
 */
int confine(enum confine_role role, const char *own, const char *log, size_t memory, struct err *err) MUST_CHECK;

#endif
