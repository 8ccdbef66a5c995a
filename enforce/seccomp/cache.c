/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers kept from one container to the next.
 *
 * An entry is the canonical block followed by its answer, in one of a fixed
 * number of files, so that the directory cannot grow. The file is chosen by a
 * cheap hash; it counts only if the whole block in it is equal, byte for byte,
 * and the rest has exactly the length and values that an answer can have.
 * The block's head names everything else that the answer depends on: this
 * program's version and libseccomp's.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#include "ocigate/fs.h"

enum { BUCKETS = 64, ENTRY_MAX = 2 * 1024 * 1024, ENTRY_ROOM = 8 * 1024 /* for an answer of the usual length */ };

/* As kept on disk; little cost, no parsing. The directory is this node's alone. */
struct stored_hole {
	uint16_t call;
	uint8_t fate;
	uint8_t logged;
	uint8_t multiplexed;
	char arch[11];
	uint64_t args[6];
};

/* A text that is first only measured (@bytes NULL), then written. */
struct buffer {
	char *bytes;
	size_t len;
};

static void put(struct buffer *buffer, const void *bytes, size_t len)
{
	if (buffer->bytes)
		memcpy(buffer->bytes + buffer->len, bytes, len);
	buffer->len += len;
}

static void put_number(struct buffer *buffer, uint64_t number)
{
	put(buffer, &number, sizeof(number));
}

static void put_string(struct buffer *buffer, const char *string)
{
	size_t len = strlen(string);

	put_number(buffer, len);
	put(buffer, string, len);
}

static void put_strings(struct buffer *buffer, const struct strings *strings)
{
	put_number(buffer, strings->n);
	for (size_t i = 0; i < strings->n; i++)
		put_string(buffer, strings->items[i]);
}

static void put_rule(struct buffer *buffer, const struct seccomp_rule *rule)
{
	put_strings(buffer, &rule->names);
	put_string(buffer, rule->action);
	put_number(buffer, rule->has_errno ? (uint64_t)rule->errno_ret + 1 : 0);
	put_number(buffer, rule->n_args);
	for (size_t i = 0; i < rule->n_args; i++) {
		put_number(buffer, rule->args[i].index);
		put_number(buffer, rule->args[i].value);
		put_number(buffer, rule->args[i].value_two);
		put_string(buffer, rule->args[i].op);
	}
}

/* Every field that seccomp_compile() reads, each with its length, so that no two blocks look alike. */
static void put_block(struct buffer *buffer, const struct seccomp *seccomp)
{
	const struct scmp_version *library = seccomp_version();

	put_string(buffer, "ocigate " OCIGATE_VERSION);
	put_number(buffer, library->major);
	put_number(buffer, library->minor);
	put_number(buffer, library->micro);
	put_string(buffer, seccomp->default_action);
	put_number(buffer, seccomp->has_default_errno ? (uint64_t)seccomp->default_errno + 1 : 0);
	put_strings(buffer, &seccomp->architectures);
	put_strings(buffer, &seccomp->flags);
	put_number(buffer, seccomp->n_rules);
	for (size_t i = 0; i < seccomp->n_rules; i++)
		put_rule(buffer, &seccomp->rules[i]);
}

static unsigned bucket_of(const struct buffer *block)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i + 8 <= block->len; i += 8) {
		uint64_t word;

		memcpy(&word, block->bytes + i, 8);
		hash = (hash ^ word) * UINT64_C(0x100000001b3);
		hash ^= hash >> 29;
	}
	return (unsigned)(hash ^ block->len) % BUCKETS;
}

static bool restore_hole(const struct stored_hole *stored, size_t n_calls, struct seccomp_hole *ret_hole)
{
	if (stored->call >= n_calls || stored->fate > SECCOMP_DEFERRED || stored->fate == SECCOMP_BLOCKED ||
	    stored->logged > 1 || stored->multiplexed > 1 || memchr(stored->arch, '\0', sizeof(stored->arch)) == NULL)
		return false;
	*ret_hole = (struct seccomp_hole){
		.call = &seccomp_floor[stored->call],
		.arch = stored->arch,
		.fate = (enum seccomp_fate)stored->fate,
		.multiplexed = stored->multiplexed,
		.logged = stored->logged,
	};
	memcpy(ret_hole->args, stored->args, sizeof(ret_hole->args));
	return true;
}

static size_t floor_size(void)
{
	size_t n = 0;

	while (seccomp_floor[n].name)
		n++;
	return n;
}

static bool restore(struct arena *arena, const char *entry, size_t len, const struct buffer *block,
		    struct seccomp_answer *ret_answer)
{
	size_t n, n_calls = floor_size();
	struct stored_hole *stored;
	struct seccomp_hole *holes;

	if (len < block->len || memcmp(entry, block->bytes, block->len) != 0)
		return false;
	len -= block->len;
	if (len % sizeof(*stored) != 0)
		return false;
	n = len / sizeof(*stored);
	holes = arena_array(arena, n, sizeof(*holes));
	stored = arena_array(arena, n, sizeof(*stored));
	if (!holes || !stored)
		return false;
	memcpy(stored, entry + block->len, len);
	for (size_t i = 0; i < n; i++)
		if (!restore_hole(&stored[i], n_calls, &holes[i]))
			return false;
	*ret_answer = (struct seccomp_answer){.known = true, .why = "", .holes = holes, .n_holes = n};
	return true;
}

static bool look_up(struct arena *arena, int dirfd, const char *name, const struct buffer *block,
		    struct seccomp_answer *ret_answer)
{
	FD_AUTO int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	struct err unused;
	const char *entry;
	size_t len;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !fs_trusted(&st) || st.st_size > ENTRY_MAX ||
	    (size_t)st.st_size < block->len)
		return false;
	return fs_read_regular(arena, fd, name, ENTRY_MAX, &st, &entry, &len, &unused) == 0 &&
	       restore(arena, entry, len, block, ret_answer);
}

/* Best effort: an answer that cannot be kept is asked for again next time. */
static void keep(struct arena *arena, int dirfd, const char *name, const struct buffer *block,
		 const struct seccomp_answer *answer)
{
	struct buffer entry = {arena_alloc(arena, block->len + answer->n_holes * sizeof(struct stored_hole)), 0};
	struct err unused;

	if (!entry.bytes)
		return;
	put(&entry, block->bytes, block->len);
	for (size_t i = 0; i < answer->n_holes; i++) {
		const struct seccomp_hole *hole = &answer->holes[i];
		struct stored_hole stored = {
			.call = (uint16_t)(hole->call - seccomp_floor),
			.fate = (uint8_t)hole->fate,
			.logged = hole->logged,
			.multiplexed = hole->multiplexed,
		};

		(void)snprintf(stored.arch, sizeof(stored.arch), "%s", hole->arch);
		memcpy(stored.args, hole->args, sizeof(stored.args));
		put(&entry, &stored, sizeof(stored));
	}
	if (entry.len <= ENTRY_MAX)
		(void)!fs_write_atomic(dirfd, name, entry.bytes, entry.len, 0600, &unused);
}

int seccomp_ask_cached(struct arena *arena, int dirfd, const struct seccomp *seccomp, struct seccomp_answer *ret_answer,
		       struct err *err)
{
	struct buffer block = {NULL, 0};
	char name[16];

	if (dirfd < 0)
		return seccomp_ask(arena, seccomp, ret_answer, err);
	put_block(&block, seccomp);
	/* The block and, in the usual case, its entry: one piece of memory whose pages come at once. */
	arena_reserve(arena, 2 * block.len + ENTRY_ROOM);
	block = (struct buffer){arena_alloc(arena, block.len), 0};
	if (!block.bytes)
		return err_set(err, ERR_SYSTEM, "out of memory while judging the seccomp filter");
	put_block(&block, seccomp);
	(void)snprintf(name, sizeof(name), "%02x", bucket_of(&block));
	if (look_up(arena, dirfd, name, &block, ret_answer))
		return seccomp_find_unknown(arena, seccomp, &ret_answer->unknown, err);
	if (seccomp_ask(arena, seccomp, ret_answer, err) < 0)
		return -1;
	if (ret_answer->known)
		keep(arena, dirfd, name, &block, ret_answer);
	return 0;
}
