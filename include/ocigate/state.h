/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state that a runtime hands to a hook on its stdin (runtime-spec, runtime.md, "State").
 */
#ifndef OCIGATE_STATE_H
#define OCIGATE_STATE_H

#include <sys/types.h>

#include "ocigate/arena.h"

/** struct state - @status: "creating" (runc), "created" (crun), …; @pid: 0 if the runtime gave none */
struct state {
	const char *oci_version;
	const char *id;
	const char *status;
	pid_t pid;
	const char *bundle; /* absolute, clean; "/" is refused */
};

/** state_parse() - read a state document. Return: 0, or -1 with ERR_INPUT or ERR_DENIED. */
int state_parse(struct arena *arena, const char *text, size_t len, struct state *ret_state, struct err *err) MUST_CHECK;

/** state_from_stdin() - read @fd to its end (draining it even past the cap), then state_parse(). */
int state_from_fd(struct arena *arena, int fd, struct state *ret_state, struct err *err) MUST_CHECK;

/**
 * state_from_runtime() - read what a runtime keeps about container @id: runc's state.json, crun's status, youki's
 *
 * Return: 0, or -1 with ERR_INPUT or ERR_DENIED.
 */
int state_from_runtime(struct arena *arena, const char *text, size_t len, const char *id, struct state *ret_state,
		       struct err *err) MUST_CHECK;

/** state_write() - a state document as state_parse() reads it. Return: NULL when out of memory. */
char *state_write(struct arena *arena, const struct state *state) MUST_CHECK;

#endif
