/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory full of mounts that hide what they are, in a mount namespace of
 * the test's own. Needs root; each test has a process, and so a namespace, to itself.
 */
#ifndef OCIGATE_TEST_LIVE_NODE_H
#define OCIGATE_TEST_LIVE_NODE_H

#include "host_facts.h"

/** live_facts - of the test that runs; live_work: the directory, "W" in what follows */
extern struct facts live_facts;
extern char live_work[];

/** live_start() - make the namespace and the directory. Return: false if this machine does not let us. */
bool live_start(void);

/** live_finish() - take all of it away; safe without live_start() */
void live_finish(void);

/** live_path() - @path with the directory in the place of a leading "W" */
const char *live_path(const char *path);

/** live_must() - fail the test unless @rc is 0; says errno */
void live_must(int rc, const char *what);

/** live_make_file() - an empty one */
void live_make_file(const char *path);

/** live_put() - a file, or with a slash behind its @path a directory; what lies above is made */
void live_put(const char *path, const char *bytes, size_t len);

/** live_has_path() - is @path one of the origin's? */
bool live_has_path(const struct origin *origin, const char *path);

/** live_die_with_test() - in a child: do not outlive a test that fails */
void live_die_with_test(void);

/** live_end() - kill a child and wait for it */
void live_end(pid_t pid);

#endif
