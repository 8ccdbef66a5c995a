/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers kept from one container to the next.
 *
 * An entry is the filter as the spec has it, followed by its answer, in one of
 * a fixed number of files, so that the directory cannot grow. The file is chosen
 * by a cheap hash; it counts only if the whole text in it is equal, byte for
 * byte, and the rest has exactly the length and values that an answer can have.
 * The head names everything else that the answer depends on: this program and
 * libseccomp's version. An engine writes the same filter in the same way every
 * time.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#include "ocigate/build.h"
#include "ocigate/fs.h"

enum { BUCKETS = 64, ENTRY_MAX = 2 * 1024 * 1024 };

/* As kept on disk; little cost, no parsing. The directory is this node's alone. */
struct stored_hole {
	uint16_t call;
	uint8_t fate;
	uint8_t logged;
	uint8_t multiplexed;
	char arch[11];
	uint64_t args[6];
};

/*
 * struct head - what an answer depends on but for the block: who gave it, and how long the block is
 * @plain: there is no more to say of the block than the answer
 */
struct head {
	char program[24];
	char source[BUILD_SOURCE_LEN];
	uint32_t library[3];
	uint32_t plain;
	uint64_t block_len;
};

static struct head head_of(size_t block_len, bool plain)
{
	const struct scmp_version *library = seccomp_version();
	struct head head = {
		.program = "ocigate " OCIGATE_VERSION,
		.library = {library->major, library->minor, library->micro},
		.plain = plain,
		.block_len = block_len,
	};

	memcpy(head.source, build_source, sizeof(head.source));
	return head;
}

static unsigned bucket_of(const char *block, size_t len)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i + 8 <= len; i += 8) {
		uint64_t word;

		memcpy(&word, block + i, 8);
		hash = (hash ^ word) * UINT64_C(0x100000001b3);
		hash ^= hash >> 29;
	}
	return (unsigned)(hash ^ len) % BUCKETS;
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

/** struct block - a filter as the spec has it */
struct block {
	const char *text;
	size_t len;
};

/* Is it the answer to this block, from this program? */
static bool is_answer_to(const char *entry, size_t len, const struct block *block, bool *ret_plain)
{
	const struct head heads[] = {head_of(block->len, false), head_of(block->len, true)};
	const size_t size = sizeof(heads[0]);

	if (len < size + block->len || memcmp(entry + size, block->text, block->len) != 0)
		return false;
	*ret_plain = memcmp(entry, &heads[true], size) == 0;
	return *ret_plain || memcmp(entry, &heads[false], size) == 0;
}

/* @entry: the newest of @arena, and an answer of @len bytes to the block. All but the holes is given back. */
static bool restore(struct arena *arena, char *entry, size_t len, const struct block *block,
		    struct seccomp_answer *ret_answer)
{
	const size_t skip = sizeof(struct head) + block->len, n = (len - skip) / sizeof(struct stored_hole);
	const struct stored_hole *stored = (void *)entry;
	struct seccomp_hole *holes;
	size_t n_calls = floor_size();

	if ((len - skip) % sizeof(*stored) != 0)
		return false;
	memmove(entry, entry + skip, len - skip);
	memset(entry + len - skip, 0, skip);
	arena_trim(arena, entry, len - skip);
	holes = arena_array(arena, n, sizeof(*holes));
	if (!holes)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!restore_hole(&stored[i], n_calls, &holes[i]))
			return false;
	*ret_answer = (struct seccomp_answer){.known = true, .why = "", .holes = holes, .n_holes = n};
	return true;
}

enum { NAME_SIZE = 3 };

static void name_of(const struct block *block, char name[NAME_SIZE])
{
	const unsigned bucket = bucket_of(block->text, block->len);

	name[0] = "0123456789abcdef"[bucket / 16];
	name[1] = "0123456789abcdef"[bucket % 16];
	name[2] = '\0';
}

static bool look_up(struct arena *arena, int dirfd, const struct block *block, bool *ret_plain,
		    struct seccomp_answer *ret_answer)
{
	struct stat st;
	struct err unused;
	char name[NAME_SIZE], *entry;
	size_t len;
	FD_AUTO int fd = -1;

	name_of(block, name);
	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !fs_trusted(&st) || st.st_size > ENTRY_MAX ||
	    (size_t)st.st_size < block->len)
		return false;
	len = (size_t)st.st_size;
	entry = arena_alloc(arena, len + 2);
	return entry && fs_read_into(fd, name, &st, entry, &unused) == 0 &&
	       is_answer_to(entry, len, block, ret_plain) && restore(arena, entry, len, block, ret_answer);
}

const struct seccomp_answer *seccomp_recall(struct arena *arena, int dirfd, const char *text, size_t len)
{
	const struct block block = {text, len};
	struct seccomp_answer *answer = arena_alloc(arena, sizeof(*answer));
	bool plain;

	return answer && len <= ENTRY_MAX && look_up(arena, dirfd, &block, &plain, answer) && plain ? answer : NULL;
}

/* Best effort: an answer that cannot be kept is asked for again next time. */
static void keep(struct arena *arena, int dirfd, const struct seccomp *seccomp, const struct block *block,
		 const struct seccomp_answer *answer)
{
	const struct head head = head_of(block->len, answer->unknown.n == 0 && seccomp_is_plain(seccomp));
	size_t len = sizeof(head) + block->len;
	char name[NAME_SIZE];
	char *entry = arena_alloc(arena, len + answer->n_holes * sizeof(struct stored_hole));
	struct err unused;

	if (!entry)
		return;
	memcpy(entry, &head, sizeof(head));
	memcpy(entry + sizeof(head), block->text, block->len);
	for (size_t i = 0; i < answer->n_holes; i++, len += sizeof(struct stored_hole)) {
		const struct seccomp_hole *hole = &answer->holes[i];
		struct stored_hole stored = {
			.call = (uint16_t)(hole->call - seccomp_floor),
			.fate = (uint8_t)hole->fate,
			.logged = hole->logged,
			.multiplexed = hole->multiplexed,
		};

		(void)snprintf(stored.arch, sizeof(stored.arch), "%s", hole->arch);
		memcpy(stored.args, hole->args, sizeof(stored.args));
		memcpy(entry + len, &stored, sizeof(stored));
	}
	name_of(block, name);
	if (len <= ENTRY_MAX)
		(void)!fs_write_atomic(dirfd, name, entry, len, 0600, &unused);
}

int seccomp_ask_cached(struct arena *arena, int dirfd, const struct seccomp *seccomp, struct seccomp_answer *ret_answer,
		       struct err *err)
{
	const struct block block = {seccomp->text, seccomp->text_len};
	bool plain;

	if (seccomp->answer) {
		*ret_answer = *seccomp->answer;
		return 0;
	}
	if (dirfd < 0 || !seccomp->text || seccomp->text_len > ENTRY_MAX)
		return seccomp_ask(arena, seccomp, ret_answer, err);
	if (look_up(arena, dirfd, &block, &plain, ret_answer))
		return plain ? 0 : seccomp_find_unknown(arena, seccomp, &ret_answer->unknown, err);
	if (seccomp_ask(arena, seccomp, ret_answer, err) < 0)
		return -1;
	if (ret_answer->known)
		keep(arena, dirfd, seccomp, &block, ret_answer);
	return 0;
}
