/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ocigate apparmor pin: a drop-in that binds names of profiles to what is
 * loaded under them now. The digests hold for this node alone: they depend on
 * its parser and its kernel.
 */
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "ocigate/host.h"
#include "ocigate/str.h"
#include "options.h"
#include "verbs.h"

enum { NAMES_MAX = 256, NAME_ROOM = 4096 };

static const struct command command = {
	.name = "apparmor",
	.synopsis = "pin NAME...",
	.about = "Print a drop-in that pins profiles to what is loaded under their names on this node: a container "
		 "whose\n"
		 "profile was replaced by another one of the same name is then refused. A later drop-in with pins "
		 "replaces\n"
		 "the whole list, so name every profile that is to be pinned.",
};

/* Return: 0, ARGUMENT_DONE, or -1 with ERR_USAGE. */
static int parse(int argc, char **argv, const char **names, size_t *ret_n, struct err *err)
{
	static const char *const actions[] = {"pin"};
	struct arguments arguments = {&command, argc, argv, 1, 0};
	const char *value;
	int got, action = -1;

	while ((got = arguments_next(&arguments, &value, err)) != ARGUMENT_END) {
		if (got != ARGUMENT_OPERAND)
			return got;
		if (action < 0) {
			action = word_index("action", value, actions, 1, err);
			if (action < 0)
				return -1;
		} else if (value[0] == ':' || strstr(value, "//&")) {
			return err_set(err, ERR_USAGE,
				       "a stack or another namespace's profile cannot be pinned: %.200s", value);
		} else if (*ret_n == NAMES_MAX) {
			return err_set(err, ERR_USAGE, "more than %d profiles", NAMES_MAX);
		} else {
			names[(*ret_n)++] = value;
		}
	}
	if (*ret_n == 0)
		return err_set(err, ERR_USAGE, "say what to pin: ocigate apparmor pin NAME...");
	return 0;
}

static int print_pins(const char *const *names, size_t n)
{
	struct arena arena;
	struct out out;
	char *bytes;

	arena_init(&arena, RUN_MEMORY);
	bytes = arena_alloc(&arena, 256 + n * (NAME_ROOM + 80));
	if (!bytes) {
		say("out of memory");
		return ERR_SYSTEM;
	}
	out_init(&out, bytes, 256 + n * (NAME_ROOM + 80));
	out_str(&out, "{\n  \"version\": 1,\n  \"rules\": { \"apparmor\": { \"pins\": {");
	for (size_t i = 0; i < n; i++) {
		const char *digest = host_apparmor_digest(&arena, names[i]);

		if (!digest) {
			struct err err;

			(void)err_set(&err, ERR_INPUT,
				      "profile %.200s: not loaded on this node, or the kernel does not tell what was "
				      "loaded",
				      names[i]);
			return failure(&err);
		}
		out_str(&out, i > 0 ? ",\n    " : "\n    ");
		out_json(&out, names[i], NAME_ROOM);
		out_str(&out, ": \"");
		out_str(&out, digest);
		out_str(&out, "\"");
	}
	out_str(&out, "\n  } } }\n}\n");
	(void)fputs(bytes, stdout);
	return out.cut ? ERR_SYSTEM : 0;
}

int verb_apparmor(int argc, char **argv)
{
	static const char *names[NAMES_MAX];
	struct err err;
	size_t n = 0;
	int got;

	harden();
	got = parse(argc, argv, names, &n, &err);
	if (got == ARGUMENT_DONE)
		return 0;
	if (got < 0)
		return usage_error(&err, "apparmor");
	return print_pins(names, n);
}
