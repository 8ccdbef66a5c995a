/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings on their way into a document. Whatever a spec holds, it must stay
 * text there. Private to enforce/report.
 */
#ifndef OCIGATE_REPORT_PUT_H
#define OCIGATE_REPORT_PUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** put_json() - a JSON string in quotes, null for NULL */
void put_json(FILE *out, const char *text);

/** put_plain() - printable ASCII of at most @max columns, at least 8. Return: columns used. */
size_t put_plain(FILE *out, const char *text, size_t max);

/** put_html() - text or the value of an attribute in double quotes */
void put_html(FILE *out, const char *text);

/** put_time() - as 2026-11-21T20:14:07Z */
void put_time(FILE *out, int64_t time_us);

#endif
