/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The poststart stage: the container's program runs. What its process really
 * has is compared with what was judged (rule attestation).
 */
#ifndef OCIGATE_POSTSTART_H
#define OCIGATE_POSTSTART_H

#include "run.h"

/**
 * poststart_judge() - compare, and kill the container's process where the policy refuses what is found
 * @run: policy, spec and identity are known
 * @process_fd: its directory in /proc, opened before anything was asked about its number
 *
 * A process that has ended by now is said to have, and admitted: there is nothing left to compare or to stop.
 * Return: 0, or -1 with the reason in the decision; then it was killed, too.
 */
int poststart_judge(struct run *run, const struct state *state, int process_fd) MUST_CHECK;

#endif
