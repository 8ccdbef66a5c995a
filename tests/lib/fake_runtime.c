/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A runtime that only tells its version, as /version has it: for tests of what
 * looks at runtimes and starts none. With SAYS an engine: /NAME.says has it,
 * and what containerd makes of its files is what lies there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>

#ifdef SAYS
int main(int argc, char **argv)
{
	char path[256];
	int letter;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/%s.says", program_invocation_short_name);
	file = fopen(argc > 2 ? "/etc/containerd/config.toml" : path, "r");
	while (file && (letter = getc(file)) != EOF)
		(void)putchar(letter);
	return !argv[0];
}
#else
int main(void)
{
	char line[256];
	FILE *file = fopen("/version", "r");

	while (file && fgets(line, sizeof(line), file))
		(void)fputs(line, stdout);
	return file ? 0 : 1;
}
#endif
