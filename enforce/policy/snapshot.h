/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The snapshot: the last good policy, and whether it is still what the drop-ins say.
 *
 * One file, replaced as a whole, in three parts, the first two with one checksum:
 *
 *   ocigate-snapshot 2 HEAD-LENGTH BODY-LENGTH IMAGE-LENGTH SUM BODY-SUM
 *   ...                            image: the policy as it lies in memory (image.c)
 *   build VERSION SOURCE           head: with the image all that a container's start reads
 *   settled 1
 *   digest sha256:…
 *   source KIND IDENTITY PATH      every directory and file that was looked at
 *   exception FILE                 where each exception comes from, in order
 *   end
 *   {…}                            body: the whole policy
 *
 * The image is good for the build that wrote it alone: it leaves out that
 * build's defaults and lies as that build has it. The body stands for itself:
 * when the drop-ins do not load, another build can still put it in force,
 * through the strict reader.
 */
#ifndef OCIGATE_POLICY_SNAPSHOT_H
#define OCIGATE_POLICY_SNAPSHOT_H

#include <time.h>

#include "policy_read.h"

enum {
	SNAPSHOT_BYTES_MAX = 32 << 20, /* of the whole file */
	SNAPSHOT_FIRST_READ = 8192,    /* bytes; usual images and heads fit */
	/*
	 * Two changes within one tick of a filesystem's clock look like one. A policy that was read so soon after a
	 * change is kept as the last good one but not believed to be up to date.
	 */
	SETTLE_SECONDS = 3,
	SNAPSHOT_HEADER_LEN = 80, /* the first line */
};

/**
 * struct snapshot - one that passed its checks
 * @same_build: @image may be used
 * @settled: no source had changed just before it was read
 * @sources: the "source" lines
 * @origins: the "exception" lines
 * @body: canonical text of the whole policy; NULL when only the head was read
 */
struct snapshot {
	bool same_build;
	bool settled;
	const char *digest;
	const char *sources;
	const char *origins;
	char *image;
	size_t image_len;
	const char *body;
	size_t body_len;
};

/**
 * snapshot_read() - the snapshot at @path
 *
 * Return: 0; 1 when there is none that can be used (@ret_why says why); never fails otherwise.
 */
int snapshot_read(struct arena *arena, const char *path, bool with_body, struct snapshot *ret_snapshot,
		  const char **ret_why) MUST_CHECK;

/** snapshot_current() - does every source look as it did when @snapshot was made, and are @dirs the same? */
bool snapshot_current(const struct snapshot *snapshot, const struct policy_dirs *dirs);

/** snapshot_policy() - the policy from the body. Return: 0, or -1 with ERR_POLICY. */
int snapshot_policy(struct arena *arena, const struct snapshot *snapshot, const char *path, struct policy *ret_policy,
		    struct err *err) MUST_CHECK;

/** image_make() - @policy without origins of values, to be written. Return: NULL when out of memory. */
const char *image_make(struct arena *arena, const struct policy *policy, size_t *ret_len) MUST_CHECK;

/**
 * image_take() - the policy that image_make() of this build wrote, in place: @bytes must stay, aligned as a pointer
 *
 * Believes what it is told: the image's checksum was compared, and root alone may write it.
 * Return: 0, or -1 if it is none; then @bytes are spoilt.
 */
int image_take(char *bytes, size_t len, struct policy *ret_policy) MUST_CHECK;

/**
 * snapshot_write() - keep @policy, made from @sources that were looked at from @start on
 * @text: the policy's canonical text
 *
 * Does nothing when the file says the same already, or when another process is at it.
 * Return: 0, or -1 with ERR_SYSTEM or ERR_POLICY (directory not to be trusted).
 */
int snapshot_write(struct arena *arena, const char *path, const struct policy *policy, const char *text,
		   const struct sources *sources, const struct timespec *start, struct err *err) MUST_CHECK;

/** fingerprint_source() - a "source" line into @line, with its line feed. Return: its length, 0 if it does not fit. */
size_t fingerprint_source(char *line, size_t size, enum source_kind kind, const struct stat *st, const char *path);

/** checksum() - of @bytes behind @sum; against accidents, not against root */
uint64_t checksum(uint64_t sum, const void *bytes, size_t len);

/** CHECKSUM_START - first @sum */
#define CHECKSUM_START 0xcbf29ce484222325u

/** hex_put() - @digits hexadecimal digits, 8 or 16, of @number at @at. Return: behind them. */
char *hex_put(char *at, uint64_t number, unsigned digits);

#endif
