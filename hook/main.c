/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One word chooses the front end; everything else is the front end's.
 */
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

#include "common.h"
#include "ocigate/str.h"
#include "verbs.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} verbs[] = {
#define VERB(name, help) {#name, verb_##name, help},
#include "verbs.def"
#undef VERB
};

enum { N_VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static int help(void)
{
	(void)printf("usage: ocigate VERB ...\n\nThe last gate before a container starts.\n\n");
	for (size_t i = 0; i < N_VERBS; i++)
		(void)printf("  %-10s %s\n", verbs[i].name, verbs[i].help);
	(void)printf("\n  --help     this text; ocigate VERB --help says more\n  --version  the version\n\n"
		     "Exit codes: 0 admitted, 1 denied, 100 usage, 101 policy, 102 input, 111 system.\n");
	return 0;
}

/* A runtime whose hook has a slip in its arguments still writes a state: take it, then refuse. */
static int refuse(const struct err *err)
{
	deadline_start(10);
	stdin_drain();
	return usage_error(err, "");
}

static int unknown_verb(const char *word)
{
	const char *known[N_VERBS];
	const char *nearest;
	struct err err;

	for (size_t i = 0; i < N_VERBS; i++)
		known[i] = verbs[i].name;
	nearest = str_nearest(word, known, N_VERBS);
	(void)err_set(&err, ERR_USAGE, "there is no verb %.60s%s%s%s", word, nearest ? "; did you mean " : "",
		      nearest ? nearest : "", nearest ? "?" : "");
	return refuse(&err);
}

/* Engines give a runtime no verb: it is known by the name that it is called by (ocigate-runtime, ocigate-crun ...). */
static bool is_runtime(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strncmp(slash ? slash + 1 : path, "ocigate-", strlen("ocigate-")) == 0;
}

int main(int argc, char **argv)
{
	struct err err;

	/* Its caller would be somebody with fewer rights, who chooses policy, bundle and environment. */
	if (getauxval(AT_SECURE) != 0) {
		(void)err_set(&err, ERR_USAGE, "refuses to run set-uid, set-gid or with capabilities of its file");
		return usage_error(&err, "");
	}
	if (argc > 0 && is_runtime(argv[0]))
		return verb_runtime(argc, argv);
	if (argc < 2) {
		(void)err_set(&err, ERR_USAGE, "say what to do: ocigate VERB ...");
		return refuse(&err);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return written(help());
	if (strcmp(argv[1], "--version") == 0) {
		(void)printf("ocigate %s\n", OCIGATE_VERSION);
		return written(0);
	}
	for (size_t i = 0; i < N_VERBS; i++)
		if (strcmp(verbs[i].name, argv[1]) == 0)
			return written(verbs[i].run(argc - 1, argv + 1));
	return unknown_verb(argv[1]);
}
