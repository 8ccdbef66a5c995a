/* SPDX-License-Identifier: Apache-2.0 */
/*
 * podman's precreate stage: the proposed config.json comes on stdin, the whole
 * one to use goes to stdout, the working directory is the bundle. podman keeps
 * nothing of our stderr, so that what was refused is in the record.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "ocigate/fs.h"
#include "options.h"
#include "runtime.h"
#include "verbs.h"

enum { DEADLINE_SECONDS = 10 };

static const struct command command = {
	.name = "precreate",
	.synopsis = "",
	.about =
		"Judge and amend a container before podman creates it: its config.json comes on stdin, the one to use\n"
		"goes to stdout. For a hooks.d file with \"stages\": [\"precreate\"]. Exit 1 refuses it.",
};

/* podman's bundles are …/<id>/userdata. */
static const char *id_of(struct arena *arena, const char *bundle)
{
	const char *end = strrchr(bundle, '/'), *start;
	const char *id;

	if (!end || strcmp(end, "/userdata") != 0)
		return "";
	for (start = end; start > bundle && start[-1] != '/'; start--)
		;
	id = arena_strndup(arena, start, (size_t)(end - start));
	return id && decision_id_valid(id) ? id : "";
}

static int read_config(struct run *run, struct err *err)
{
	char bundle[PATH_MAX];
	const char *whole, *id;

	if (!getcwd(bundle, sizeof(bundle)))
		return err_sys(err, ERR_INPUT, errno,
			       "the working directory, which should be the bundle, cannot be told");
	whole = arena_strdup(&run->arena, bundle);
	if (!whole)
		return err_set(err, ERR_SYSTEM, "out of memory");
	id = id_of(&run->arena, whole);
	run->decision.id = id;
	if (fs_read_fd(&run->arena, STDIN_FILENO, "config.json on stdin", (size_t)run->policy->config_max,
		       &run->text.bytes, &run->text.len, err) < 0)
		return -1;
	return spec_parse(&run->arena, &run->text, whole, id, &run->container, err);
}

static int write_config(const struct text *text, struct err *err)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t n = write(STDOUT_FILENO, text->bytes + done, text->len - done);

		if (n < 0 && errno != EINTR)
			return err_sys(err, ERR_SYSTEM, errno, "the config to use cannot be written to stdout");
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static void judge(struct run *run, struct text *ret_text)
{
	struct amend_job job = {.run = run, .reread = bundle_reread};
	struct err err;

	run_take_policy(run);
	if (read_config(run, &err) < 0) {
		decision_fail(&run->decision, &err);
		return;
	}
	run_identity(run, bundle_owner_of(run->container.bundle));
	if (runtime_self(&run->arena, &job.hook, &err) < 0 ||
	    host_live(&run->arena, &run->container, NULL, engine_facts(run->policy, &run->container), &run->host,
		      &err) < 0) {
		decision_refuse(&run->decision, &err);
		return;
	}
	runtime_judge(&job, ret_text);
}

/* Return: 0 to go on, or -1 with the exit code. */
static int parse(int argc, char **argv, int *ret_status)
{
	struct arguments arguments = {&command, argc, argv, 1, 0};
	const char *value;
	struct err err;
	int got = arguments_next(&arguments, &value, &err);

	if (got == ARGUMENT_END)
		return 0;
	*ret_status = 0;
	if (got == ARGUMENT_DONE)
		return -1;
	if (got == ARGUMENT_OPERAND)
		(void)err_set(&err, ERR_USAGE, "precreate takes no argument");
	stdin_drain();
	*ret_status = usage_error(&err, "precreate");
	return -1;
}

int verb_precreate(int argc, char **argv)
{
	static struct run run;
	struct text text;
	struct err err;
	int status;

	harden();
	deadline_start(DEADLINE_SECONDS);
	if (parse(argc, argv, &status) < 0)
		return status;
	run_start(&run, "precreate");
	if (run_policy(&run, &policy_dirs_default) == 0)
		judge(&run, &text);
	if (run.decision.verdict == VERDICT_ADMIT && write_config(&text, &err) < 0)
		decision_refuse(&run.decision, &err);
	run_record(&run);
	if (run.decision.verdict == VERDICT_ADMIT)
		return 0;
	stdin_drain();
	say_line(decision_line(&run.decision));
	return ERR_DENIED;
}
