/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What jansson does not refuse, or refuses without saying where: one pass over
 * the bytes before it parses, and another only when something is wrong.
 */
#ifndef OCIGATE_BASE_JSON_SCAN_H
#define OCIGATE_BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "ocigate/err.h"

/**
 * struct json_scan - what the pass over the bytes saw
 * @problem: the first thing to refuse, or NULL
 * @at: where it is
 * @open: the text ends inside the document
 * @big: there are integers from 2^63 to 2^64-1, which jansson cannot hold
 */
struct json_scan {
	const char *problem;
	size_t at;
	bool open;
	bool big;
};

/** json_scan() - look at @text; whatever it does not complain about is jansson's to judge */
void json_scan(const char *text, size_t len, struct json_scan *ret_scan);

/** json_scan_big() - length of the integer from 2^63 to 2^64-1 that starts at @text; 0 if none does */
size_t json_scan_big(const char *text, size_t len);

/** json_locate() - the JSON pointer of what stands at @position, into err->pointer (keeps one that is there) */
void json_locate(const char *text, size_t len, size_t position, struct err *err);

#endif
