/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: inject [OPTION]... -- PROGRAM ARGUMENT...
 *
 *   --name NAME       of the line that tells the outcome
 *   --expect admit|deny   what the program does when nothing goes wrong
 *   --admitted N      the exit status that admits (0)
 *   --stdin FILE
 *   --tree DIR        where it may write: put back before each run, compared after it (may be repeated)
 *   --vary GLOB       files there whose content is another each time: logs
 *   --may GLOB        files there that may be missing although it admits: caches
 *   --output          what it writes to stdout must be that of the clean run when it admits
 *   --needs TEXT      what it writes to stdout must have in it when it admits
 *   --startup PROGRAM calls that it makes too, called with --version, are the C library's: there any end refuses
 *   --again           a run with nothing wrong must do right after each
 *   --allocations     allocations fail, not system calls (the program is linked with allocations.c)
 *   --kills N         SIGKILL at N random instants instead; a run with nothing wrong must do right after each
 *   --once            after a run that was killed the next need not do right: it writes over nothing
 *   --log FILE        of records, a line each: none is torn but the last, and the next begins a new line
 *   --started FILE    where a runtime that is started leaves a word on what it was started with
 *   --clock SECONDS   the clock is ahead, and nothing else is wrong
 *   --tries N --seed N    a sample; without --tries every point
 *   --deadline N      seconds that a run may take (12)
 *
 * What must hold after each run with a fault: no signal ended it, nothing hung; it refused with a reason, or it did
 * what the clean run did. If it should refuse it refused. Files are the old or the new, and whole; none is new but
 * those that the clean run makes. SIGKILL may leave the temporary file (".NAME.PID.new") that it interrupted.
 */
#include "inject.h"

#include <errno.h>
#include <fnmatch.h>
#include <seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "shared.h"

enum { POINTS_MAX = CALLS_MAX * 16, TOLD_MAX = 12 };

/* struct point - one thing that can go wrong */
struct point {
	enum fault fault;
	int error;
	size_t at;
};

/* What is known of the clean run, and the figures. */
static struct tree before, after;
static struct calls calls;
static size_t n_startup;
static char *clean_output;
static char *clean_start;
static size_t clean_lines;
static struct shared *shared;
static size_t admitted, refused, faults;

void die(const char *fmt, ...)
{
	va_list ap;

	(void)printf("not ok faults %s: ", options.name);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)printf("\n");
	exit(2);
}

static const char *point_text(const struct point *point)
{
	static char text[160];
	const struct call *call = point->at > 0 ? &calls.items[point->at - 1] : NULL;
	char *name = NULL;
	const char *what;

	if (!call) {
		(void)snprintf(text, sizeof(text), "SIGKILL after %d us", point->error);
		return text;
	}
	if (options.allocations) {
		(void)snprintf(text, sizeof(text), "allocation %zu fails%s", point->at,
			       point->fault == FAULT_ERRORS ? ", and all after it" : "");
		return text;
	}
	name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)call->nr);
	what = point->fault == FAULT_SHORT  ? "is short"
	       : point->fault == FAULT_KILL ? "is not reached: SIGKILL"
					    : strerrorname_np(point->error);
	(void)snprintf(text, sizeof(text), "call %zu, %s(%#llx), %s%s", point->at, name ? name : "?",
		       (unsigned long long)call->first, what,
		       point->fault == FAULT_ERRORS   ? " from then on"
		       : point->fault == FAULT_MEMORY ? " from then on, for all that get memory"
						      : "");
	free(name);
	return text;
}

static void __attribute__((format(printf, 2, 3))) wrong(const struct point *point, const char *fmt, ...)
{
	va_list ap;

	if (++faults > TOLD_MAX)
		return;
	(void)printf("not ok faults %s: %s: ", options.name, point ? point_text(point) : "no fault");
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)printf("\n");
	(void)fflush(stdout);
}

static bool matches(const char *path, const char *const *globs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fnmatch(globs[i], path, 0) == 0)
			return true;
	return false;
}

/* Its text, to be freed; the file is empty then. */
static char *take_output(int fd)
{
	char *text = calloc(1, OUTPUT_MAX + 1);
	ssize_t n = text ? pread(fd, text, OUTPUT_MAX, 0) : -1;

	if (n < 0 || ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		die("outputs: %s", strerror(errno));
	return text;
}

static struct end run_job(const struct job *job, struct calls *record)
{
	shared->count = 0;
	shared->at = options.allocations ? job->at : 0;
	shared->sticky = job->fault == FAULT_ERRORS;
	if (options.allocations)
		return wait_program(start_program(job, false), job->deadline);
	return trace_run(job, record);
}

static bool is_litter(const char *path)
{
	return fnmatch("*/.*.[0-9]*.new", path, 0) == 0;
}

static void check_file(const struct point *point, const struct tree_file *file, bool admits)
{
	const struct tree_file *old = tree_find(&before, file->path), *new = tree_find(&after, file->path);

	if (!old && !new) {
		if (!(point && point->fault == FAULT_KILL && is_litter(file->path)))
			wrong(point, "leaves %s behind", file->path);
		return;
	}
	if (matches(file->path, options.vary, options.n_vary))
		return;
	if (tree_same(file, new) ||
	    (tree_same(file, old) && (!admits || matches(file->path, options.may, options.n_may))))
		return;
	wrong(point, "%s is neither the old nor the new (%zu bytes, mode %o)", file->path, file->len,
	      (unsigned)file->mode);
}

static void check_files(const struct point *point, bool admits)
{
	static struct tree now;

	tree_read(&now, options.trees, options.n_trees);
	for (size_t i = 0; i < now.n; i++)
		check_file(point, &now.files[i], admits);
	for (size_t i = 0; i < after.n; i++)
		if (!tree_find(&now, after.files[i].path) && (admits || tree_find(&before, after.files[i].path)) &&
		    !matches(after.files[i].path, options.may, options.n_may) &&
		    !matches(after.files[i].path, options.vary, options.n_vary))
			wrong(point, "%s is missing", after.files[i].path);
	tree_free(&now);
}

static bool is_refusal(int status)
{
	return status == 1 || status == 100 || status == 101 || status == 102 || status == 111;
}

/* Was the reason itself what could not be said? */
static bool is_about_words(const struct point *point)
{
	return point->fault == FAULT_KILL || (!options.allocations && calls.items[point->at - 1].nr == SYS_write);
}

static void check_end(const struct point *point, const struct end *end, const char *output, const char *words)
{
	const bool admits = end->status == options.admitted && end->signal == 0;

	if (end->timed_out) {
		wrong(point, "hangs");
	} else if (point->at > 0 && !options.allocations && point->at <= n_startup && !admits) {
		refused++;
	} else if (end->signal != 0 && point->fault != FAULT_KILL) {
		wrong(point, "ends by signal %d", end->signal);
	} else if (admits) {
		admitted++;
		if (!options.admits)
			wrong(point, "ADMITS what must be refused");
		else if (options.needs && !strstr(output, options.needs))
			wrong(point, "does not tell %s but: %.300s", options.needs, output);
		else if (options.output && strcmp(output, clean_output) != 0)
			wrong(point, "writes other than the clean run: %.200s", output);
	} else if (end->signal == 0 && !is_refusal(end->status)) {
		wrong(point, "ends with status %d: %.200s", end->status, words);
	} else {
		refused++;
		if (words[0] == '\0' && output[0] == '\0' && !is_about_words(point))
			wrong(point, "refuses (%d) without a word", end->status);
	}
	check_files(point, admits);
}

static void check_again(const struct point *point)
{
	struct end end = run_job(&options.job, NULL);
	char *output = take_output(options.job.out_fd), *words = take_output(options.job.err_fd);

	if ((end.status == options.admitted) != options.admits || end.signal != 0)
		wrong(point, "the next run is not right (%d): %.200s", end.status, words);
	free(output);
	free(words);
}

static void try_point(const struct point *point)
{
	struct job job = options.job;
	struct end end;
	char *output, *words;

	job.fault = point->fault;
	job.error = point->error;
	job.at = point->at;
	tree_restore(&before, options.trees, options.n_trees);
	end = run_job(&job, NULL);
	output = take_output(job.out_fd);
	words = take_output(job.err_fd);
	check_end(point, &end, output, words);
	free(output);
	free(words);
	if (options.again)
		check_again(point);
}

/* How far a program comes that does nothing */
static void find_startup(void)
{
	static struct calls of_startup;
	char *const argv[] = {(char *)(uintptr_t)options.startup, (char *)(uintptr_t) "--version", NULL};
	struct job job = options.job;

	if (!options.startup || options.allocations || options.kills)
		return;
	job.argv = argv;
	(void)trace_run(&job, &of_startup);
	free(take_output(job.out_fd));
	while (n_startup < of_startup.n && n_startup < calls.n &&
	       of_startup.items[n_startup].nr == calls.items[n_startup].nr)
		n_startup++;
}

/* A runtime is started with what the clean run starts it with, or not at all. */
static void check_started(const struct point *point)
{
	char *words = options.started ? kill_read_file(options.started) : NULL, *rest = words;
	const size_t len = clean_start ? strlen(clean_start) : 0;

	/* One word a start: of the killed run, of the next. */
	while (rest && len > 0 && strncmp(rest, clean_start, len) == 0)
		rest += len;
	if (rest && rest[0] != '\0')
		wrong(point, "%s: %.100s",
		      clean_start[0] ? "STARTS THE RUNTIME with another spec"
				     : "STARTS THE RUNTIME though it must refuse",
		      rest);
	free(words);
}

/* After a run that was killed, and after the one that follows. */
static void check_lines(const struct point *point, const struct lines *was, const struct lines *then)
{
	const struct lines last = kill_read_lines(options.log);

	if (then->torn != was->torn || then->whole < was->whole || then->whole > was->whole + clean_lines)
		wrong(point, "the log has %zu records and %zu torn ones, before %zu and %zu", then->whole, then->torn,
		      was->whole, was->torn);
	if (last.open || last.whole != then->whole + clean_lines || last.torn != then->torn + then->open)
		wrong(point, "the next run leaves %zu records and %zu torn ones in the log, before %zu and %zu",
		      last.whole, last.torn, then->whole, then->torn + then->open);
}

static void prepare(void)
{
	tree_restore(&before, options.trees, options.n_trees);
	if (options.started && truncate(options.started, 0) < 0)
		die("%s: %s", options.started, strerror(errno));
}

static void try_kill(int64_t usual, size_t *torn)
{
	const int64_t delay = (int64_t)((double)usual * 1.3 * (double)random() / (double)RAND_MAX);
	const struct point point = {FAULT_KILL, (int)(delay / 1000), 0};
	struct lines was = {0}, then = {0};
	struct end end;
	char *output, *words;

	prepare();
	if (options.log)
		was = kill_read_lines(options.log);
	end = kill_run(&options.job, delay);
	output = take_output(options.job.out_fd);
	words = take_output(options.job.err_fd);
	if (options.log)
		then = kill_read_lines(options.log);
	check_end(&point, &end, output, words);
	check_started(&point);
	if (!options.once) {
		check_again(&point);
		check_started(&point);
		check_files(&point, options.admits);
	}
	if (!options.once && options.log && clean_lines > 0)
		check_lines(&point, &was, &then);
	*torn += then.open;
	free(output);
	free(words);
}

static void try_kills(void)
{
	const int64_t usual = kill_usual_time(&options.job, prepare);
	time_t start = time(NULL);
	size_t torn = 0;

	free(take_output(options.job.out_fd));
	free(take_output(options.job.err_fd));
	srandom(options.seed);
	for (size_t i = 0; i < options.kills; i++)
		try_kill(usual, &torn);
	tree_restore(&before, options.trees, options.n_trees);
	if (faults > TOLD_MAX)
		(void)printf("# %zu more\n", faults - TOLD_MAX);
	(void)printf("%s faults %s: %zu kills within %lld us: %zu had admitted, %zu had not, %zu records torn (%ld s, "
		     "seed %u)\n",
		     faults ? "# " : "ok", options.name, options.kills, (long long)(usual * 13 / 10000), admitted,
		     refused, torn, (long)(time(NULL) - start), options.seed);
}

static void clean_run(void)
{
	struct lines lines = {0};
	struct end end;
	char *words;

	tree_read(&before, options.trees, options.n_trees);
	if (options.started && truncate(options.started, 0) < 0)
		die("%s: %s", options.started, strerror(errno));
	if (options.log)
		lines = kill_read_lines(options.log);
	end = run_job(&options.job, options.kills ? NULL : &calls);
	clean_output = take_output(options.job.out_fd);
	clean_start = options.started ? kill_read_file(options.started) : NULL;
	clean_lines = options.log ? kill_read_lines(options.log).whole - lines.whole : 0;
	words = take_output(options.job.err_fd);
	tree_read(&after, options.trees, options.n_trees);
	if ((end.status == options.admitted) != options.admits || end.signal != 0 || end.timed_out)
		die("without a fault it ends with status %d, signal %d: %.600s", end.status, end.signal, words);
	if (!options.admits && words[0] == '\0' && clean_output[0] == '\0')
		die("without a fault it refuses without a word");
	if (options.allocations && shared->count == 0)
		die("no allocation is counted: is the program linked with allocations.c?");
	free(words);
}

static bool can_be_short(long nr)
{
	return nr == SYS_read || nr == SYS_write || nr == SYS_pread64 || nr == SYS_pwrite64 || nr == SYS_writev ||
	       nr == SYS_getdents64;
}

/* Calls after which there is no "afterwards" */
static bool is_end(long nr)
{
	return nr == SYS_exit_group || nr == SYS_exit || nr == SYS_rt_sigreturn;
}

static size_t add_points_of_call(struct point *points, size_t n, size_t at)
{
	static const int errors[] = {EIO, ENOMEM, EINTR, EACCES, ENOSYS, ENOSPC};
	static const int lasting[] = {ENOMEM, EMFILE, EIO};
	const long nr = calls.items[at - 1].nr;

	points[n++] = (struct point){FAULT_KILL, 0, at};
	if (is_end(nr))
		return n;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		points[n++] = (struct point){FAULT_ERROR, errors[i], at};
	for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++)
		points[n++] = (struct point){FAULT_ERRORS, lasting[i], at};
	if (nr == SYS_mmap || nr == SYS_brk)
		points[n++] = (struct point){FAULT_MEMORY, ENOMEM, at};
	if (can_be_short(nr))
		points[n++] = (struct point){FAULT_SHORT, 0, at};
	return n;
}

static size_t list_points(struct point *points)
{
	size_t n = 0;

	if (!options.allocations) {
		for (size_t at = 1; at <= calls.n; at++)
			n = add_points_of_call(points, n, at);
		return n;
	}
	for (size_t at = 1; at <= shared->count && n + 2 < POINTS_MAX; at++) {
		points[n++] = (struct point){FAULT_ERROR, ENOMEM, at};
		points[n++] = (struct point){FAULT_ERRORS, ENOMEM, at};
	}
	return n;
}

static void shuffle(struct point *points, size_t n)
{
	srandom(options.seed);
	for (size_t i = n; i > 1; i--) {
		size_t j = (size_t)random() % i;
		struct point kept = points[i - 1];

		points[i - 1] = points[j];
		points[j] = kept;
	}
}

static void try_all(void)
{
	static struct point points[POINTS_MAX];
	size_t n = list_points(points), tries = n;
	time_t start = time(NULL);

	if (options.tries > 0 && options.tries < n) {
		shuffle(points, n);
		tries = options.tries;
	}
	for (size_t i = 0; i < tries; i++)
		try_point(&points[i]);
	tree_restore(&before, options.trees, options.n_trees);
	if (faults > TOLD_MAX)
		(void)printf("# %zu more\n", faults - TOLD_MAX);
	(void)printf("%s faults %s: %zu of %zu points tried: %zu admitted, %zu refused (%ld s, seed %u)\n",
		     faults ? "# " : "ok", options.name, tries, n, admitted, refused, (long)(time(NULL) - start),
		     options.seed);
}

/* The descriptor goes to the program. */
static void make_shared(void)
{
	int fd = memfd_create("allocations", 0);
	char text[16];

	if (fd < 0 || ftruncate(fd, sizeof(*shared)) < 0)
		die("shared memory: %s", strerror(errno));
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)snprintf(text, sizeof(text), "%d", fd);
	if (shared == MAP_FAILED || setenv(SHARED_ENV, text, 1) < 0)
		die("shared memory: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	(void)umask(022);
	options_read(argc, argv);
	options.job.out_fd = memfd_create("stdout", MFD_CLOEXEC);
	options.job.err_fd = memfd_create("stderr", MFD_CLOEXEC);
	if (!options.job.argv[0] || options.job.out_fd < 0 || options.job.err_fd < 0)
		die("nothing to run");
	make_shared();
	clean_run();
	find_startup();
	if (options.kills > 0)
		try_kills();
	else if (options.job.clock == 0)
		try_all();
	else
		(void)printf("ok faults %s\n", options.name);
	return faults > 0;
}
