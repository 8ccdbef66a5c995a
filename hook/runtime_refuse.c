/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a person will look. containerd and dockerd read the last entry with
 * level "error" of the runtime's log; podman reads a log that must be one JSON
 * value; conmon (CRI-O) gives no log and reads stderr. So: one entry, one line.
 */
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common.h"
#include "ocigate/fs.h"
#include "ocigate/str.h"
#include "runtime.h"

enum { ENTRY_MAX = 2 * DECISION_LINE_MAX + 256 };

/* The runtimes' own forms: logrus' JSON and text. */
static void write_entry(struct out *out, const char *line, bool json)
{
	char stamp[32] = "1970-01-01T00:00:00Z";
	time_t now = time(NULL);
	struct tm parts;

	if (gmtime_r(&now, &parts))
		(void)strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &parts);
	out_str(out, json ? "{\"level\":\"error\",\"msg\":" : "time=\"");
	if (!json) {
		out_str(out, stamp);
		out_str(out, "\" level=error msg=");
	}
	out_json(out, line, DECISION_LINE_MAX + 512);
	if (json) {
		out_str(out, ",\"time\":\"");
		out_str(out, stamp);
		out_str(out, "\"}");
	}
	out_str(out, "\n");
}

/* crun may be told to log elsewhere than into a file. */
static const char *log_path(const char *log, bool crun)
{
	if (!crun)
		return log;
	if (strncmp(log, "journald:", 9) == 0 || strncmp(log, "syslog:", 7) == 0)
		return NULL;
	return strncmp(log, "file:", 5) == 0 ? log + 5 : log;
}

static void append_to_log(const char *path, const char *entry, size_t len)
{
	FD_AUTO int fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644);

	/* Nothing more can be done: stderr is told next, and the exit code refuses in any case. */
	if (fd < 0 || write(fd, entry, len) < 0)
		return;
}

void runtime_refuse(const struct runtime_args *args, bool crun, const char *line)
{
	const char *log = args->values[VALUE_LOG], *format = args->values[VALUE_LOG_FORMAT];
	const char *path = log && *log ? log_path(log, crun) : NULL;
	static char bytes[ENTRY_MAX];
	struct out out;

	if (path) {
		out_init(&out, bytes, sizeof(bytes));
		write_entry(&out, line, format && strcmp(format, "json") == 0);
		append_to_log(path, out.bytes, out.len);
	}
	say_line(line);
}
