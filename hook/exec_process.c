/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runc and crun start from the container's own process and change what options
 * name, each in its own way. Where they differ, what is made here is the one
 * that the runtime at hand makes, or the stronger of the two.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exec.h"

static const char *value(const struct runtime_args *args, enum runtime_value which, const char *otherwise)
{
	const char *given = args->values[which];

	return given && *given ? given : otherwise;
}

/* Decimal, no sign, no more than the runtimes take. */
static int read_id(const char *text, const char *what, int64_t *ret_id, struct err *err)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 10 || text[digits] != '\0' || strtoll(text, NULL, 10) > INT32_MAX)
		return err_set(err, ERR_USAGE, "refuses %s %.40s: it must be a number", what, text);
	*ret_id = strtoll(text, NULL, 10);
	return 0;
}

/* "1000" is group 0 to every crun, but to 1.19 to 1.26 user 0 as well (CVE-2026-30892): it gets what it means. */
static int write_group(struct arena *arena, struct runtime_args *args, struct err *err)
{
	const char *written = arena_printf(arena, "%s:0", args->values[VALUE_USER]);

	if (!written)
		return err_set(err, ERR_SYSTEM, "out of memory");
	args->argv[args->value_at[VALUE_USER]] = written;
	return 0;
}

static int set_user(struct arena *arena, struct runtime_args *args, bool crun, struct process *process, struct err *err)
{
	const char *given = value(args, VALUE_USER, NULL), *colon = given ? strchr(given, ':') : NULL;
	const char *uid = colon ? arena_strndup(arena, given, (size_t)(colon - given)) : given;

	if (crun) {
		/* Without --user older crun runs it as root, newer as the container's user: the stronger is judged. */
		process->uid = 0;
		process->gid = 0;
		process->n_additional_gids = 0;
	}
	if (!given)
		return 0;
	if (!uid)
		return err_set(err, ERR_SYSTEM, "out of memory");
	if (read_id(uid, "--user", &process->uid, err) < 0)
		return -1;
	if (colon)
		return read_id(colon + 1, "--user", &process->gid, err);
	return crun ? write_group(arena, args, err) : 0;
}

static int add_groups(struct arena *arena, const struct strings *given, struct process *process, struct err *err)
{
	int64_t *gids = arena_array(arena, process->n_additional_gids + given->n, sizeof(*gids));

	if (!gids)
		return err_set(err, ERR_SYSTEM, "out of memory");
	if (process->n_additional_gids > 0)
		memcpy(gids, process->additional_gids, process->n_additional_gids * sizeof(*gids));
	for (size_t i = 0; i < given->n; i++)
		if (read_id(given->items[i], "--additional-gids", &gids[process->n_additional_gids + i], err) < 0)
			return -1;
	process->additional_gids = gids;
	process->n_additional_gids += given->n;
	return 0;
}

/* runc adds to what the container has, crun (to all five sets, once) takes what is given alone: the more is judged. */
static int add_capabilities(const struct strings *given, struct process *process, struct err *err)
{
	for (size_t i = 0; i < given->n; i++) {
		int number = capability_number(given->items[i]);

		if (number < 0)
			return err_set(err, ERR_USAGE, "refuses --cap %.40s: there is no such capability",
				       given->items[i]);
		for (int kind = 0; kind < CAPS_KINDS; kind++) {
			process->caps[kind].present = true;
			process->caps[kind].mask |= UINT64_C(1) << number;
		}
	}
	return 0;
}

static int add_environment(struct arena *arena, const struct strings *given, struct process *process, struct err *err)
{
	const char **items = arena_array(arena, process->env.n + given->n, sizeof(*items));

	if (!items)
		return err_set(err, ERR_SYSTEM, "out of memory");
	if (process->env.n > 0)
		memcpy(items, process->env.items, process->env.n * sizeof(*items));
	if (given->n > 0)
		memcpy(items + process->env.n, given->items, given->n * sizeof(*items));
	process->env = (struct strings){items, process->env.n + given->n};
	return 0;
}

int exec_process_from_options(struct arena *arena, struct runtime_args *args, bool crun, const struct process *base,
			      struct process *ret_process, struct err *err)
{
	const char *no_new_privileges = args->values[VALUE_NO_NEW_PRIVS], *tty = args->values[VALUE_TTY];
	struct process process = *base;

	process.args = args->command;
	process.cwd = value(args, VALUE_CWD, base->cwd);
	process.apparmor_profile = value(args, VALUE_APPARMOR, base->apparmor_profile);
	process.selinux_label = value(args, VALUE_LABEL, base->selinux_label);
	process.terminal = tty && strcmp(tty, "true") == 0;
	if (no_new_privileges)
		process.no_new_privileges = strcmp(no_new_privileges, "true") == 0;
	else if (crun)
		process.no_new_privileges = false; /* crun does not take it over from the container */
	if (set_user(arena, args, crun, &process, err) < 0 ||
	    add_groups(arena, &args->lists[VALUE_GROUPS], &process, err) < 0 ||
	    add_capabilities(&args->lists[VALUE_CAP], &process, err) < 0 ||
	    add_environment(arena, &args->lists[VALUE_ENV], &process, err) < 0)
		return -1;
	*ret_process = process;
	return 0;
}
