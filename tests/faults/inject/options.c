/* SPDX-License-Identifier: Apache-2.0 */
/* The options of the command line; main.c says what they mean. */
#include "inject.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct options options = {.name = "inject", .job = {.deadline = 12}};

enum {
	NAME = 1,
	EXPECT,
	ADMITTED,
	STDIN,
	TREE,
	VARY,
	MAY,
	OUTPUT,
	NEEDS,
	STARTUP,
	AGAIN,
	ALLOCATIONS,
	KILLS,
	LOG,
	ONCE,
	STARTED,
	CLOCK,
	TRIES,
	SEED,
	DEADLINE,
};

static const struct option known[] = {
	{"name", 1, NULL, NAME},       {"expect", 1, NULL, EXPECT},	{"admitted", 1, NULL, ADMITTED},
	{"stdin", 1, NULL, STDIN},     {"tree", 1, NULL, TREE},		{"vary", 1, NULL, VARY},
	{"may", 1, NULL, MAY},	       {"output", 0, NULL, OUTPUT},	{"needs", 1, NULL, NEEDS},
	{"startup", 1, NULL, STARTUP}, {"again", 0, NULL, AGAIN},	{"allocations", 0, NULL, ALLOCATIONS},
	{"clock", 1, NULL, CLOCK},     {"tries", 1, NULL, TRIES},	{"seed", 1, NULL, SEED},
	{"once", 0, NULL, ONCE},       {"kills", 1, NULL, KILLS},	{"log", 1, NULL, LOG},
	{"started", 1, NULL, STARTED}, {"deadline", 1, NULL, DEADLINE}, {NULL, 0, NULL, 0},
};

static void add(const char **list, size_t *n, size_t room, const char *value)
{
	if (*n == room)
		die("too many options");
	list[(*n)++] = value;
}

static void take_kill_option(int option)
{
	switch (option) {
	case KILLS:
		options.kills = (size_t)atol(optarg);
		break;
	case ONCE:
		options.once = true;
		break;
	case LOG:
		options.log = optarg;
		break;
	case STARTED:
		options.started = optarg;
		break;
	default:
		die("an unknown option");
	}
}

static void take_option(int option)
{
	switch (option) {
	case NAME:
		options.name = optarg;
		break;
	case EXPECT:
		options.admits = strcmp(optarg, "admit") == 0;
		break;
	case ADMITTED:
		options.admitted = atoi(optarg);
		break;
	case STDIN:
		options.job.stdin_path = optarg;
		break;
	case TREE:
		add(options.trees, &options.n_trees, TREE_DIRS, optarg);
		break;
	case VARY:
		add(options.vary, &options.n_vary, GLOBS, optarg);
		break;
	case MAY:
		add(options.may, &options.n_may, GLOBS, optarg);
		break;
	case OUTPUT:
		options.output = true;
		break;
	case NEEDS:
		options.needs = optarg;
		break;
	case STARTUP:
		options.startup = optarg;
		break;
	case AGAIN:
		options.again = true;
		break;
	case ALLOCATIONS:
		options.allocations = true;
		break;
	case CLOCK:
		options.job.clock = atoll(optarg);
		break;
	case TRIES:
		options.tries = (size_t)atol(optarg);
		break;
	case SEED:
		options.seed = (unsigned)atol(optarg);
		break;
	case DEADLINE:
		options.job.deadline = (unsigned)atoi(optarg);
		break;
	default:
		take_kill_option(option);
	}
}

void options_read(int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "+", known, NULL)) != -1)
		take_option(option);
	options.job.argv = argv + optind;
}
