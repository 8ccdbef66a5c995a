/* SPDX-License-Identifier: Apache-2.0 */
/*
 * podman's precreate stage: the proposed config.json comes on stdin, the whole
 * one to use goes to stdout. podman keeps nothing of our stderr: what was
 * refused is in the record.
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

#define STORAGE "/var/lib/containers/storage/"

/* podman's bundles are ...-containers/<id>/userdata. */
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

/* The bundle that a file of podman's lies in: its /etc/hostname, /dev/shm ... NULL if it is no such file. */
static const char *bundle_of_source(struct arena *arena, const char *source)
{
	static const char mark[] = "-containers/";
	const char *containers = source ? strstr(source, mark) : NULL, *driver = containers, *id, *end;
	char *bundle;

	if (!containers)
		return NULL;
	while (driver > source && driver[-1] != '/')
		driver--;
	id = containers + strlen(mark);
	end = id + strcspn(id, "/");
	if (strncmp(end, "/userdata/", strlen("/userdata/")) != 0)
		return NULL;
	bundle = arena_printf(arena, STORAGE "%.*s/userdata", (int)(end - driver), driver);
	return bundle && bundle_owner_of(bundle) == BUNDLE_OWNER_ROOT ? bundle : NULL;
}

/*
 * podman 5 starts the hook in the bundle, podman 4 wherever it is itself: there the bundle is known by the files that
 * podman mounts from it.
 */
static const char *bundle_of(struct arena *arena, const struct container *container, const char *working)
{
	const char *slash = strrchr(working, '/'), *bundle;

	if (slash && strcmp(slash, "/userdata") == 0)
		return working;
	for (size_t i = 0; i < container->n_mounts; i++) {
		bundle = container->mounts[i].kind == MOUNT_BIND ? bundle_of_source(arena, container->mounts[i].source)
								 : NULL;
		if (bundle)
			return bundle;
	}
	return working;
}

static int read_config(struct run *run, struct err *err)
{
	struct container *container = &run->container;
	char buffer[PATH_MAX];
	const char *working;

	if (!getcwd(buffer, sizeof(buffer)))
		return err_sys(err, ERR_INPUT, errno, "the working directory cannot be told");
	working = arena_strdup(&run->arena, buffer);
	if (!working)
		return err_set(err, ERR_SYSTEM, "out of memory");
	if (fs_read_fd(&run->arena, STDIN_FILENO, "config.json on stdin", (size_t)run->policy->config_max,
		       &run->text.bytes, &run->text.len, err) < 0 ||
	    spec_parse(&run->arena, &run->text, working, "", container, err) < 0)
		return -1;
	container->bundle = bundle_of(&run->arena, container, working);
	container->id = id_of(&run->arena, container->bundle);
	run->decision.id = container->id;
	return 0;
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
