/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs: the front ends that have a name on the command line.
 */
#ifndef OCIGATE_VERBS_H
#define OCIGATE_VERBS_H

/**
 * verb_NAME() - one front end
 * @argv: argv[0] is the verb's name, the rest its own arguments, NULL-terminated
 *
 * Return: the program's exit code (README, "Exit codes").
 */
#define VERB(name, help) int verb_##name(int argc, char **argv);
#include "verbs.def"
#undef VERB

#endif
