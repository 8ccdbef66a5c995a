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
 *
 * The hook confines itself before it reads the spec, and could hold nobody any
 * more. So the supervisor is made ready before, and only told afterwards. All
 * that it takes from the hook are numbers.
 */
#ifndef OCIGATE_ATTACH_H
#define OCIGATE_ATTACH_H

#include <stdbool.h>
#include <sys/types.h>

#include "ocigate/arena.h"
#include "ocigate/container.h"
#include "ocigate/seccomp.h"

/**
 * attach_filter() - the default profile for a container with the capabilities @bounding, compiled
 *
 * Costs some 20 ms unless kept from before below @dirfd (-1: not kept), by capability set.
 * Return: 0, or -1 with ERR_SYSTEM.
 */
int attach_filter(struct arena *arena, int dirfd, uint64_t bounding, struct seccomp_program *ret_program,
		  struct err *err) MUST_CHECK;

/**
 * struct attachment - what may become one
 * @fd: to order by, -1: none. Closed without an order, the supervisor ends.
 * @child: the process that waits for the order, a child of the caller
 * @held: init is held by an earlier hook of ours already, which is enough
 * @obstacle: NULL, or why it cannot be done (Yama, not a runtime's init, a processor that this is not made for)
 */
struct attachment {
	int fd;
	pid_t child;
	bool held;
	const char *obstacle;
};

/**
 * attach_prepare() - see whether @pid can be held, and start the supervisor, which waits for its order
 * @cache: directory of compiled filters (attach_filter()), NULL: none
 *
 * Return: 0, or -1 with ERR_SYSTEM; an obstacle is no error yet.
 */
int attach_prepare(pid_t pid, const char *cache, struct attachment *ret_attachment, struct err *err) MUST_CHECK;

/**
 * attach_end() - no order will follow; to be called before the caller ends
 *
 * A child that ends together with the hook is left to crun, which may be told of both by one signal, and then waits for
 * the hook until its timeout.
 */
void attach_end(struct attachment *attachment);

/**
 * attach_start() - order the supervisor to attach the filter, and wait until it holds every thread
 * @process: capabilities and no-new-privileges decide the filter and the moment
 *
 * Return: 0 when init is held; -1 with ERR_SYSTEM and the reason: then nothing was changed and the container must be
 * refused.
 */
int attach_start(const struct attachment *attachment, const struct process *process, struct err *err) MUST_CHECK;

#endif
