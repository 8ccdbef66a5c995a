/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attaching the default seccomp filter to a container that has none, from a
 * hook, on a runtime that knows nothing of it.
 *
 * A hook cannot change the spec any more, but at createRuntime the container's
 * init is there and has not started its program. A supervisor that outlives
 * the hook holds it by ptrace and has it install the filter itself, at one of
 * two moments:
 *
 *   window: as init gives up its capabilities; it still has CAP_SYS_ADMIN, so
 *           no-new-privileges is not needed (where runc installs a filter too)
 *   exec:   before the first instruction of the program; for a container with
 *           no-new-privileges, whose init may not get by without it
 *
 * If the supervisor dies, the kernel kills init (PTRACE_O_EXITKILL): whatever
 * goes wrong, no program runs without the filter.
 * Covered is what the container starts itself: not exec sessions, not restore
 * from a checkpoint. The runtime wrapper covers those.
 */
#ifndef OCIGATE_ATTACH_H
#define OCIGATE_ATTACH_H

#include <stdbool.h>
#include <sys/types.h>

#include "ocigate/arena.h"
#include "ocigate/container.h"
#include "ocigate/seccomp.h"

/**
 * attach_filter() - the default profile for @container, compiled
 *
 * Costs some 20 ms unless kept from before below @dirfd (-1: not kept), by capability set.
 * Return: 0, or -1 with ERR_SYSTEM.
 */
int attach_filter(struct arena *arena, int dirfd, const struct container *container,
		  struct seccomp_program *ret_program, struct err *err) MUST_CHECK;

/**
 * attach_start() - start the supervisor and wait until it holds every thread of @pid
 * @no_new_privileges: the spec's bit: decides the moment
 *
 * Return: 0 when init is held; -1 with ERR_SYSTEM and the reason (Yama, another tracer, not a runtime's init, an
 * architecture that this is not made for …): then nothing was changed and the container must be refused.
 */
int attach_start(pid_t pid, const struct seccomp_program *program, bool no_new_privileges, struct err *err) MUST_CHECK;

#endif
