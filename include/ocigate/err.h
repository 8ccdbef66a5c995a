/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors: where something went wrong and why, in words for the person on call.
 *
 * Every function that can fail returns 0 or -1 and fills a struct err. The
 * origin calls err_set(); each caller on the way up may put its own context in
 * front with err_wrap(). Only front ends print or exit.
 */
#ifndef OCIGATE_ERR_H
#define OCIGATE_ERR_H

#define MUST_CHECK		__attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

/**
 * enum err_kind - what an error means to the caller of the program
 *
 * The values are the exit codes of ocigate (README, "Exit codes").
 */
enum err_kind {
	ERR_NONE = 0,
	ERR_DENIED = 1,	  /* the spec itself is refused, e.g. two parsers would read it differently */
	ERR_USAGE = 100,  /* wrong command line */
	ERR_POLICY = 101, /* no usable policy */
	ERR_INPUT = 102,  /* state, bundle or config.json missing, unreadable, too large, cut short */
	ERR_SYSTEM = 111, /* out of memory, disk full, a system call failed */
};

/**
 * struct err - one error
 * @kind: what it means; ERR_NONE while nothing has failed
 * @pointer: JSON pointer (RFC 6901) of the culprit, "" if it is no JSON value
 * @text: one line, no trailing newline, outermost context first
 */
struct err {
	enum err_kind kind;
	char pointer[256];
	char text[768];
};

/** err_set() - start an error at its origin. Return: always -1. */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);

/** err_sys() - like err_set(), with ": " and the text of errno @errnum behind. Return: always -1. */
int err_sys(struct err *err, enum err_kind kind, int errnum, const char *fmt, ...) PRINTF_LIKE(4, 5);

/** err_at() - name the JSON value that is to blame (keeps the first one named). Return: always -1. */
int err_at(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** err_wrap() - put "context: " in front of the text. Return: always -1. */
int err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
