/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One program run again and again, each time with one thing going wrong.
 *
 * tree.c: what it may write, remembered, put back and compared. trace.c: one
 * run with a system call failing. shared.h: one run with an allocation
 * failing. kill.c: one run that is killed by the clock. main.c: all points,
 * and what must hold after each.
 */
#ifndef INJECT_H
#define INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** die() - something is wrong with the test itself */
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

enum { TREE_FILES = 512, TREE_DIRS = 8, CALLS_MAX = 8192, OUTPUT_MAX = 1 << 20 };

/** struct tree_file - @path absolute; @bytes NULL for a directory; a link's bytes are its target */
struct tree_file {
	char *path;
	char *bytes;
	size_t len;
	mode_t mode;
};

/** struct tree - everything below some directories, sorted by path */
struct tree {
	struct tree_file files[TREE_FILES];
	size_t n;
};

/** tree_read() - what is there now; tree_free() - forget it */
void tree_read(struct tree *tree, const char *const *dirs, size_t n_dirs);
void tree_free(struct tree *tree);

/** tree_restore() - make it as it was */
void tree_restore(const struct tree *tree, const char *const *dirs, size_t n_dirs);

/** tree_find() - by path. Return: NULL if there is none. */
const struct tree_file *tree_find(const struct tree *tree, const char *path);

/** tree_same() - same kind and bytes */
bool tree_same(const struct tree_file *a, const struct tree_file *b);

/**
 * enum fault - what happens to a call
 *
 * FAULT_ERROR: it is not made and returns @error. FAULT_ERRORS: so are all later calls of its kind. FAULT_SHORT: it reads
 * or writes a part. FAULT_MEMORY: from this call on there is no memory more. FAULT_KILL: SIGKILL before it is made.
 */
enum fault { FAULT_NONE, FAULT_ERROR, FAULT_ERRORS, FAULT_SHORT, FAULT_MEMORY, FAULT_KILL };

/** struct call - a system call of the clean run */
struct call {
	long nr;
	uint64_t first; /* its first argument: the descriptor, mostly */
};

/** struct calls - those of the clean run, in order */
struct calls {
	struct call items[CALLS_MAX];
	size_t n;
};

/**
 * struct job - one run
 * @at: number of the call that the fault hits, from 1; 0: none
 * @clock: seconds that the real-time clock is ahead
 */
struct job {
	char *const *argv;
	const char *stdin_path;
	int out_fd;
	int err_fd;
	int shared_fd;
	unsigned deadline;
	enum fault fault;
	int error;
	size_t at;
	int64_t clock;
};

/** struct end - how a run ended. @timed_out: it was killed for that; @signal: 0 if it was not by one */
struct end {
	int status;
	int signal;
	bool timed_out;
};

enum { GLOBS = 16 };

/** struct options - of the command line: what they mean is told in main.c */
struct options {
	const char *name;
	bool admits;
	bool output;
	bool again;
	bool once;
	bool allocations;
	const char *needs;
	const char *log;
	const char *started;
	const char *startup;
	size_t kills;
	int admitted;
	size_t tries;
	unsigned seed;
	const char *trees[TREE_DIRS];
	size_t n_trees;
	const char *vary[GLOBS];
	size_t n_vary;
	const char *may[GLOBS];
	size_t n_may;
	struct job job;
};

extern struct options options;

/** options_read() - and the program behind them */
void options_read(int argc, char **argv);

/** start_program() - fork and exec, traced or not. Return: its pid. */
pid_t start_program(const struct job *job, bool traced);

/** wait_program() - for its end, no longer than the deadline */
struct end wait_program(pid_t pid, unsigned deadline);

/** trace_run() - with its fault. @record: the calls up to the program's exec of another, or NULL */
struct end trace_run(const struct job *job, struct calls *record);

/** struct lines - of a log: records, what is none, and whether the last is without its end */
struct lines {
	size_t whole;
	size_t torn;
	bool open;
};

/** kill_usual_time() - ns from start to end, the middle of some runs. @prepare: called before each */
int64_t kill_usual_time(const struct job *job, void (*prepare)(void));

/** kill_run() - with SIGKILL @delay ns after its start */
struct end kill_run(const struct job *job, int64_t delay);

/** kill_read_file() - its text, "" if there is none; to be freed */
char *kill_read_file(const char *path);

/** kill_read_lines() - of a log */
struct lines kill_read_lines(const char *path);

/** trace_can() - is this machine's way of calling the kernel known? */
bool trace_can(void);

#endif
