/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers kept from one container to the next.
 *
 * An entry is the filter as the spec has it, followed by its answer, in one of
 * a fixed number of files, so that the directory cannot grow. The file is chosen
 * by a cheap hash; it counts only if the whole text in it is equal, byte for
 * byte, and the rest has exactly the length and values that an answer can have.
 * The head names everything else that the answer depends on: this program's
 * version and libseccomp's. An engine writes the same filter in the same way
 * every time.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

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

/* struct head - what an answer depends on but for the block: who gave it, and how long the block is */
struct head {
	char program[24];
	uint32_t library[3];
	uint32_t block_len;
};

static struct head head_of(const struct seccomp *seccomp)
{
	const struct scmp_version *library = seccomp_version();
	struct head head = {
		.program = "ocigate " OCIGATE_VERSION,
		.library = {library->major, library->minor, library->micro},
		.block_len = (uint32_t)seccomp->text_len,
	};

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

static bool restore(struct arena *arena, const char *entry, size_t len, const struct seccomp *seccomp,
		    struct seccomp_answer *ret_answer)
{
	const struct head head = head_of(seccomp);
	const size_t skip = sizeof(head) + seccomp->text_len;
	size_t n, n_calls = floor_size();
	struct stored_hole *stored;
	struct seccomp_hole *holes;

	if (len < skip || memcmp(entry, &head, sizeof(head)) != 0 ||
	    memcmp(entry + sizeof(head), seccomp->text, seccomp->text_len) != 0)
		return false;
	len -= skip;
	if (len % sizeof(*stored) != 0)
		return false;
	n = len / sizeof(*stored);
	holes = arena_array(arena, n, sizeof(*holes));
	stored = arena_array(arena, n, sizeof(*stored));
	if (!holes || !stored)
		return false;
	memcpy(stored, entry + skip, len);
	for (size_t i = 0; i < n; i++)
		if (!restore_hole(&stored[i], n_calls, &holes[i]))
			return false;
	*ret_answer = (struct seccomp_answer){.known = true, .why = "", .holes = holes, .n_holes = n};
	return true;
}

static bool look_up(struct arena *arena, int dirfd, const char *name, const struct seccomp *seccomp,
		    struct seccomp_answer *ret_answer)
{
	FD_AUTO int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	struct err unused;
	const char *entry;
	size_t len;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !fs_trusted(&st) || st.st_size > ENTRY_MAX ||
	    (size_t)st.st_size < seccomp->text_len)
		return false;
	return fs_read_regular(arena, fd, name, ENTRY_MAX, &st, &entry, &len, &unused) == 0 &&
	       restore(arena, entry, len, seccomp, ret_answer);
}

/* Best effort: an answer that cannot be kept is asked for again next time. */
static void keep(struct arena *arena, int dirfd, const char *name, const struct seccomp *seccomp,
		 const struct seccomp_answer *answer)
{
	const struct head head = head_of(seccomp);
	size_t len = sizeof(head) + seccomp->text_len;
	char *entry = arena_alloc(arena, len + answer->n_holes * sizeof(struct stored_hole));
	struct err unused;

	if (!entry)
		return;
	memcpy(entry, &head, sizeof(head));
	memcpy(entry + sizeof(head), seccomp->text, seccomp->text_len);
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
	if (len <= ENTRY_MAX)
		(void)!fs_write_atomic(dirfd, name, entry, len, 0600, &unused);
}

int seccomp_ask_cached(struct arena *arena, int dirfd, const struct seccomp *seccomp, struct seccomp_answer *ret_answer,
		       struct err *err)
{
	char name[16];

	if (dirfd < 0 || !seccomp->text || seccomp->text_len > ENTRY_MAX)
		return seccomp_ask(arena, seccomp, ret_answer, err);
	(void)snprintf(name, sizeof(name), "%02x", bucket_of(seccomp->text, seccomp->text_len));
	if (look_up(arena, dirfd, name, seccomp, ret_answer))
		return seccomp_find_unknown(arena, seccomp, &ret_answer->unknown, err);
	if (seccomp_ask(arena, seccomp, ret_answer, err) < 0)
		return -1;
	if (ret_answer->known)
		keep(arena, dirfd, name, seccomp, ret_answer);
	return 0;
}
