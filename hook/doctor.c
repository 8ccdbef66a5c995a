/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocigate doctor: what is configured, whether it works, and a live try. Every
 * finding says what to do.
 */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"
#include "ocigate/fs.h"
#include "ocigate/str.h"
#include "options.h"
#include "verbs.h"

enum { OPTION_ROOT, OPTION_FORMAT, OPTION_NO_LIVE };
enum { FILE_MAX = 1 << 20, SAID_MAX = 4096, RUN_SECONDS = 30 };
#define DOCTOR_MEMORY ((size_t)128 << 20)

static const struct option options[] = {
	[OPTION_ROOT] = {"root", "DIR", "The node's root directory, where it is mounted"},
	[OPTION_FORMAT] = {"format", "text|json", "For people (the default), or for programs"},
	[OPTION_NO_LIVE] = {"no-live", NULL, "Start no containers"},
};

static const struct command command = {
	.name = "doctor",
	.synopsis = "[OPTION]...",
	.about = "Is the gate in force on this node? Looks at how each engine starts containers, at hooks, policy, "
		 "records,\n"
		 "kernel and runtimes, then starts a good container and a bad one through each wrapper.\n"
		 "The exit code is 1 if there is a fault.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
};

struct request {
	const char *root;
	bool json;
	bool no_live;
};

static const char *const health_names[] = {[HEALTH_FAULT] = "fault", [HEALTH_WARNING] = "warning", [HEALTH_OK] = "ok"};

const char *doctor_installer(struct doctor *doctor, const char *part, const char *more)
{
	static const char *const places[] = {"/usr/share/ocigate/install", "/usr/local/share/ocigate/install"};
	const char *place = "install", *text;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (access(places[i], F_OK) == 0) {
			place = places[i];
			break;
		}
	}
	text = arena_printf(doctor->arena, "run sh %s/%sinstall.sh install%s", place, part, more);
	return text ? text : "run install.sh install";
}

void diagnose(struct doctor *doctor, enum health health, const char *about, const char *remedy, const char *fmt, ...)
{
	struct diagnosis *diagnosis = &doctor->diagnoses[doctor->n];
	va_list ap;

	doctor->faults += health == HEALTH_FAULT;
	doctor->warnings += health == HEALTH_WARNING;
	if (doctor->n == DIAGNOSES_MAX)
		return;
	va_start(ap, fmt);
	diagnosis->text = arena_vprintf(doctor->arena, fmt, ap);
	va_end(ap);
	if (!diagnosis->text)
		diagnosis->text = "out of memory";
	diagnosis->health = health;
	diagnosis->about = about;
	diagnosis->remedy = remedy;
	doctor->n++;
}

const char *doctor_read(struct doctor *doctor, const char *path, size_t *ret_len)
{
	FD_AUTO int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	const char *text;
	struct err err;

	if (fd < 0)
		return NULL;
	return fs_read_fd(doctor->arena, fd, path, FILE_MAX, &text, ret_len, &err) < 0 ? NULL : text;
}

/* In the child. */
static void become(const char *const *argv, int output)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	static char *const environment[] = {path, NULL};
	int null = open("/dev/null", O_RDONLY);

	if ((null >= 0 && dup2(null, STDIN_FILENO) < 0) || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(output, STDERR_FILENO) < 0)
		_exit(126);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)close_range(3, ~0U, 0);
	(void)execve(argv[0], (char *const *)(uintptr_t)argv, environment);
	_exit(127);
}

/* Until the end of what is said, or of the time. */
static bool listen_to(int fd, char *said)
{
	const int64_t end = ticks_us() + (int64_t)RUN_SECONDS * 1000000;
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	char rest[512];
	size_t n = 0;

	for (;;) {
		int64_t left = end - ticks_us();
		ssize_t got;

		if (left <= 0 || poll(&wait, 1, (int)(left / 1000)) == 0)
			return false;
		got = n < SAID_MAX ? read(fd, said + n, SAID_MAX - n) : read(fd, rest, sizeof(rest));
		if (got == 0 || (got < 0 && errno != EINTR))
			return true;
		if (got > 0 && n < SAID_MAX)
			n += (size_t)got;
	}
}

int doctor_run(struct doctor *doctor, const char *const *argv, const char **ret_said)
{
	char *said = arena_alloc(doctor->arena, SAID_MAX + 1);
	int pipe_fds[2], status;
	pid_t pid;

	*ret_said = "it cannot be started";
	if (!said || pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		become(argv, pipe_fds[1]);
	(void)close(pipe_fds[1]);
	if (pid > 0 && !listen_to(pipe_fds[0], said))
		(void)kill(pid, SIGKILL);
	(void)close(pipe_fds[0]);
	if (pid < 0)
		return -1;
	*ret_said = said;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int take_option(void *context, int option, const char *value, struct err *err)
{
	struct request *request = context;
	static const char *const formats[] = {"text", "json"};
	int word;

	if (option == OPTION_ROOT) {
		request->root = value;
		return value[0] == '/' ? 0 : err_set(err, ERR_USAGE, "--root needs an absolute path");
	}
	if (option == OPTION_NO_LIVE) {
		request->no_live = true;
		return 0;
	}
	word = word_index("--format", value, formats, 2, err);
	request->json = word == 1;
	return word < 0 ? -1 : 0;
}

static const struct takers takers = {.option = take_option};

static void put(const char *text, bool json)
{
	char bytes[8192];
	struct out out;

	out_init(&out, bytes, sizeof(bytes));
	if (json)
		out_json(&out, text, sizeof(bytes) - 1);
	else
		out_plain(&out, text, sizeof(bytes) - 1);
	(void)fputs(bytes, stdout);
}

static void print_json(const struct doctor *doctor)
{
	char node[256] = "";

	(void)gethostname(node, sizeof(node) - 1);
	(void)printf("{\"node\":");
	put(node, true);
	(void)printf(",\"version\":\"%s\",\"in_force\":%s,\"faults\":%zu,\"warnings\":%zu,\"findings\":[",
		     OCIGATE_VERSION, doctor->faults == 0 ? "true" : "false", doctor->faults, doctor->warnings);
	for (size_t i = 0; i < doctor->n; i++) {
		const struct diagnosis *diagnosis = &doctor->diagnoses[i];

		(void)printf("%s{\"health\":\"%s\",\"about\":\"%s\",\"text\":", i > 0 ? "," : "",
			     health_names[diagnosis->health], diagnosis->about);
		put(diagnosis->text, true);
		(void)printf(",\"remedy\":");
		put(diagnosis->remedy, true);
		(void)printf("}");
	}
	(void)printf("]}\n");
}

static void print_text(const struct doctor *doctor, bool colour)
{
	static const char *const colours[] = {
		[HEALTH_FAULT] = "\033[1;31m", [HEALTH_WARNING] = "\033[33m", [HEALTH_OK] = "\033[32m"};

	for (size_t i = 0; i < doctor->n; i++) {
		const struct diagnosis *diagnosis = &doctor->diagnoses[i];

		(void)printf("%s%-7s%s %-10s ", colour ? colours[diagnosis->health] : "",
			     health_names[diagnosis->health], colour ? "\033[0m" : "", diagnosis->about);
		put(diagnosis->text, false);
		(void)printf("\n");
		if (diagnosis->remedy[0]) {
			(void)printf("        to mend:   ");
			put(diagnosis->remedy, false);
			(void)printf("\n");
		}
	}
	(void)printf("%s: %zu fault%s, %zu warning%s\n", doctor->faults == 0 ? "in force" : "not wholly in force",
		     doctor->faults, doctor->faults == 1 ? "" : "s", doctor->warnings,
		     doctor->warnings == 1 ? "" : "s");
}

int verb_doctor(int argc, char **argv)
{
	static struct doctor doctor;
	struct request request = {0};
	const bool colour = colour_wanted(STDOUT_FILENO);
	struct arena arena;
	struct err err;
	int got = arguments_take(&command, argc, argv, &takers, &request, &err);

	if (got == ARGUMENT_DONE)
		return 0;
	if (got < 0)
		return usage_error(&err, "doctor");
	if (geteuid() != 0) {
		say("only root sees what a container's start will meet");
		return ERR_SYSTEM;
	}
	/* No more than this is taken away: real runtimes are started from here. */
	(void)clearenv();
	(void)signal(SIGPIPE, SIG_IGN);
	if (request.root && (chroot(request.root) < 0 || chdir("/") < 0)) {
		say("the node's root %s cannot be entered: %s", request.root, strerror(errno));
		return ERR_INPUT;
	}
	arena_init(&arena, DOCTOR_MEMORY);
	doctor.arena = &arena;
	doctor_engines(&doctor);
	doctor_node(&doctor);
	if (!request.no_live)
		doctor_live(&doctor);
	if (request.json)
		print_json(&doctor);
	else
		print_text(&doctor, colour);
	return doctor.faults > 0 ? ERR_DENIED : 0;
}
