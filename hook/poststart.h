/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The poststart stage: the container's program runs. What its process really
 * has is compared with what was judged (rule attestation).
 */
#ifndef OCIGATE_POSTSTART_H
#define OCIGATE_POSTSTART_H

#include "run.h"

/**
 * struct started - the process, and what was seen of it before we confined ourselves
 * @pidfd, @procfd: pinned; for whoever holds the struct to close
 * @start: START_RUNNING, or START_ENDED: then nothing else is known
 */
struct started {
	int pidfd;
	int procfd;
	enum start start;
	struct host_process process;
	struct host_pin pin;
};

/**
 * poststart_await() - wait until the container's program runs, and look at its process
 * @process_fd: its directory in /proc, opened before anything was asked about its number
 *
 * Nothing of the container's own is read. Where the program may begin any time later the hook ends here, and a process of
 * ours returns in its place.
 * Return: 0, or -1 with the reason in the decision; then the process was killed, too.
 */
int poststart_await(struct run *run, const struct state *state, int process_fd, struct started *ret_started) MUST_CHECK;

/**
 * poststart_judge() - compare with the spec, and kill the process where the policy refuses what is found
 * @run: policy, spec and identity are known
 *
 * A process that has ended by now is said to have, and admitted: there is nothing left to compare or to stop.
 * Return: 0, or -1 with the reason in the decision; then it was killed, too.
 */
int poststart_judge(struct run *run, const struct state *state, const struct started *started) MUST_CHECK;

#endif
