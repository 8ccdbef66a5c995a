/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an exec is judged by: the process that it asks for, and the container
 * that it goes into.
 */
#ifndef OCIGATE_EXEC_H
#define OCIGATE_EXEC_H

#include "ocigate/state.h"
#include "runtime.h"

/**
 * exec_find_container() - what the runtime remembers of the container
 * @ret_known: false: the runtime knows no such container
 * Return: 0, or -1 with ERR_INPUT.
 */
int exec_find_container(struct arena *arena, const struct runtime_args *args, const struct real_runtime *runtime,
			struct state *ret_state, bool *ret_known, struct err *err) MUST_CHECK;

/**
 * exec_process_from_options() - the process that runc or crun makes of --user, --cap and the rest
 * @args: for crun a --user without a group is written with the one that crun takes
 * @base: the container's own
 * Return: 0, or -1 with ERR_USAGE or ERR_SYSTEM.
 */
int exec_process_from_options(struct arena *arena, struct runtime_args *args, bool crun, const struct process *base,
			      struct process *ret_process, struct err *err) MUST_CHECK;

/**
 * exec_hand_over() - give the runtime the judged text in place of the file that --process names
 *
 * The text goes into sealed memory that the runtime reads by descriptor: what was judged is what it reads, whatever
 * becomes of the file. The descriptor lies above those that the container gets, and runtimes close it there.
 */
int exec_hand_over(struct arena *arena, struct runtime_args *args, const struct text *text, struct err *err) MUST_CHECK;

#endif
