/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocigate report: finding the containers of this node, and having them judged.
 */
#ifndef OCIGATE_HOOK_REPORT_H
#define OCIGATE_HOOK_REPORT_H

#include <sys/types.h>

#include "ocigate/report.h"

/** enum life - does the container's first process run? */
enum life { LIFE_UNKNOWN = 0, LIFE_RUNNING, LIFE_ENDED };

/**
 * struct candidate - a bundle, and what is known of the container made from it
 * @config: directory of the config.json that the runtime used; NULL: @bundle
 * @device, @inode: of the bundle's directory
 * @pid: of its first process; 0: not known
 */
struct candidate {
	const char *id;
	const char *bundle;
	const char *config;
	dev_t device;
	ino_t inode;
	pid_t pid;
	enum life life;
};

/**
 * struct candidates - all bundles found, each once
 * @left_out: bundles beyond the number that is looked at
 * @unread: places that are there and could not be looked at
 */
struct candidates {
	struct arena *arena;
	struct candidate *items;
	size_t n;
	size_t room;
	size_t left_out;
	size_t unread;
};

/**
 * candidates_find() - look where runtimes keep their state, then where engines keep bundles
 * @all: also bundles whose container does not run any more, or never did
 *
 * Return: 0, or -1 with ERR_SYSTEM.
 */
int candidates_find(struct candidates *candidates, bool all, struct err *err) MUST_CHECK;

/** candidates_add() - one more, unless its bundle is known already. Return: the one of that bundle; NULL: not taken. */
struct candidate *candidates_add(struct candidates *candidates, const char *id, const char *bundle);

/** process_life() - is @pid, written down in a file last changed at @written (Unix seconds), still container @id's? */
enum life process_life(pid_t pid, int64_t written, const char *id);

/** past_read() - the decisions since the node started: from the policy's log, else those that are kept. 0, or -1. */
int past_read(const struct policy *policy, struct report_past *past, struct err *err) MUST_CHECK;

/**
 * struct survey - how candidates are judged
 * @current: the policy in force, to compare with; NULL: no comparison
 */
struct survey {
	struct report *report;
	const struct policy *current;
	enum judge_as as;
};

/** survey_candidate() - judge one and put it into the report. Return: 0 (also when it has ended), or -1. */
int survey_candidate(const struct survey *survey, const struct candidate *candidate, struct err *err) MUST_CHECK;

/**
 * survey_ended() - those that have ended, by what was recorded of them not before @since_us; after all others
 * @log: the file with the records; NULL: those that are kept for ocigate explain
 * @may_lack: it may be missing: it comes with the first decision
 *
 * Only those that would be refused are put into the report, one of each name and image. Return: 0, or -1.
 */
int survey_ended(const struct survey *survey, const char *log, bool may_lack, int64_t since_us,
		 struct err *err) MUST_CHECK;

#endif
