/* SPDX-License-Identifier: Apache-2.0 */
#include "put.h"

#include "ocigate/str.h"

enum { TEXT_ROOM = 4096 };

void put_json(FILE *out, const char *text)
{
	char bytes[TEXT_ROOM];
	struct out buffer;

	out_init(&buffer, bytes, sizeof(bytes));
	out_json(&buffer, text, TEXT_ROOM - 1);
	(void)fputs(bytes, out);
}

size_t put_plain(FILE *out, const char *text, size_t max)
{
	char bytes[TEXT_ROOM];
	struct out buffer;

	out_init(&buffer, bytes, sizeof(bytes));
	out_plain(&buffer, text, max < TEXT_ROOM ? max : TEXT_ROOM - 1);
	(void)fputs(bytes, out);
	return buffer.len;
}

/* Through the plain text: what is neither ASCII nor printable has no business in a name. */
void put_html(FILE *out, const char *text)
{
	char bytes[TEXT_ROOM];
	struct out buffer;

	out_init(&buffer, bytes, sizeof(bytes));
	out_plain(&buffer, text, TEXT_ROOM - 1);
	for (const char *at = bytes; *at; at++) {
		switch (*at) {
		case '&':
			(void)fputs("&amp;", out);
			break;
		case '<':
			(void)fputs("&lt;", out);
			break;
		case '>':
			(void)fputs("&gt;", out);
			break;
		case '"':
			(void)fputs("&quot;", out);
			break;
		case '\'':
			(void)fputs("&#39;", out);
			break;
		default:
			(void)fputc(*at, out);
		}
	}
}

void put_time(FILE *out, int64_t time_us)
{
	char bytes[40];
	struct out buffer;

	out_init(&buffer, bytes, sizeof(bytes));
	out_time(&buffer, time_us);
	(void)fprintf(out, "%.19sZ", bytes);
}
