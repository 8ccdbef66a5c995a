/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is it still the same? Cheap enough for every container that starts: one
 * stat for each file, no file opened, nothing parsed.
 */
#include <endian.h>
#include <string.h>

#include "snapshot.h"

/* By enum source_kind. */
static const char kind_letters[] = {'d', '-', 'f', 'm', 'p'};

/*
 * Eight bytes at a time. Every step can be undone, so that no change of a
 * single word can go unnoticed.
 */
static uint64_t add_word(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
	return sum ^ sum >> 32;
}

uint64_t checksum(uint64_t sum, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t word;
	size_t left;

	for (left = len; left >= sizeof(word); left -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		sum = add_word(sum, word);
	}
	if (left > 0) {
		word = 0;
		memcpy(&word, at, left);
		sum = add_word(sum, word);
	}
	return (sum ^ len) * 0x9e3779b97f4a7c15u;
}

/* Eight digits at once: each nibble into a byte of its own, the highest into the first; from 10 on they are letters. */
static void put_eight(char *at, uint32_t number)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t word = (uint64_t)(number & 0xffff) << 32 | number >> 16;

	word = (word & 0x000000ff000000ffu) << 16 | (word & 0x0000ff000000ff00u) >> 8;
	word = (word & 0x000f000f000f000fu) << 8 | (word & 0x00f000f000f000f0u) >> 4;
	word += ones * '0' + ((word + ones * 6) >> 4 & ones) * ('a' - '0' - 10);
	word = htole64(word);
	memcpy(at, &word, sizeof(word));
}

char *hex_put(char *at, uint64_t number, unsigned digits)
{
	if (digits == 16)
		put_eight(at, (uint32_t)(number >> 32));
	put_eight(at + digits - 8, (uint32_t)number);
	return at + digits;
}

static char *field(char *at, uint64_t number, unsigned digits)
{
	*at++ = ' ';
	return hex_put(at, number, digits);
}

size_t fingerprint_source(char *line, size_t size, enum source_kind kind, const struct stat *st, const char *path)
{
	static const char start[] = "source ";
	size_t path_len = strlen(path);
	char *at = line;

	/* 8 fields of at most 17 characters */
	if (size < sizeof(start) + 8 * 17 + path_len + 4 || strchr(path, '\n'))
		return 0;
	memcpy(at, start, sizeof(start) - 1);
	at += sizeof(start) - 1;
	*at++ = kind_letters[kind];
	if (kind != SOURCE_ABSENT) {
		at = field(at, st->st_dev, 16);
		at = field(at, st->st_ino, 16);
		at = field(at, (uint64_t)st->st_size, 16);
		at = field(at, (uint64_t)st->st_mtim.tv_sec, 16);
		at = field(at, (uint64_t)st->st_mtim.tv_nsec, 8);
		at = field(at, (uint64_t)st->st_ctim.tv_sec, 16);
		at = field(at, (uint64_t)st->st_ctim.tv_nsec, 8);
		at = field(at, (uint64_t)st->st_mode << 32 | st->st_uid, 16);
	}
	*at++ = ' ';
	memcpy(at, path, path_len);
	at += path_len;
	*at++ = '\n';
	return (size_t)(at - line);
}
