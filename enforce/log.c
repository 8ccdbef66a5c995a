/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a record goes: syslog and the policy's file.
 *
 * The verdict stands whatever happens here: a full disk must neither admit a
 * container that was refused, nor stop a node from starting what it may.
 *
 * The datagram is built here, not by syslog(): that would read /etc/localtime
 * and reports no failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "ocigate/decision.h"
#include "ocigate/fs.h"

enum {
	FACILITY = 10, /* security and authorization messages, private (RFC 3164, table 1) */
	SEVERITY_CRITICAL = 2,
	SEVERITY_ERROR = 3,
	SEVERITY_WARNING = 4,
	SEVERITY_NOTICE = 5,
	SEVERITY_INFORMATIONAL = 6,
	HEADER_ROOM = 128,
};

/* By enum severity: what an alert of that severity is to syslog. */
static const int alert_priorities[] = {SEVERITY_CRITICAL, SEVERITY_WARNING, SEVERITY_NOTICE, SEVERITY_INFORMATIONAL};

/* The most urgent of what the decision is and what its alerts are. */
static int priority_of(const struct decision *decision)
{
	int severity = SEVERITY_INFORMATIONAL;

	if (decision->error)
		severity = SEVERITY_ERROR;
	else if (decision->verdict != VERDICT_ADMIT)
		severity = SEVERITY_WARNING;
	else if (decision->findings.n > 0)
		severity = SEVERITY_NOTICE;
	for (size_t i = 0; i < decision->findings.n; i++) {
		const struct finding *finding = &decision->findings.items[i];

		if (decision_alert(finding) && alert_priorities[finding->severity] < severity)
			severity = alert_priorities[finding->severity];
	}
	return FACILITY * 8 + severity;
}

/* <priority>Mmm dd hh:mm:ss tag[pid]: text, as RFC 3164 has it; the time in UTC, as the record's own. */
static void syslog_header(struct out *out, const struct decision *decision, const char *record)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *date = record + strlen("{\"time\":\"");
	size_t month = (size_t)((date[5] - '0') * 10 + date[6] - '0') - 1;

	out_str(out, "<");
	out_number(out, priority_of(decision));
	out_str(out, ">");
	out_bytes(out, months + month * 3, 3);
	out_str(out, date[8] == '0' ? "  " : " ");
	out_bytes(out, date[8] == '0' ? date + 9 : date + 8, date[8] == '0' ? 1 : 2);
	out_str(out, " ");
	out_bytes(out, date + 11, 8);
	out_str(out, " ocigate[");
	out_number(out, getpid());
	out_str(out, "]: ");
}

/*
 * Header and record are two pieces of one datagram. A daemon that hangs may cost a second, not the container's start.
 */
static int write_syslog(const struct decision *decision, struct out *record, struct err *err)
{
	static struct sockaddr_un log = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	const struct timeval patience = {.tv_sec = 1};
	FD_AUTO int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char header_bytes[HEADER_ROOM];
	struct out header;
	struct iovec parts[2];
	const struct msghdr message = {.msg_name = &log, .msg_namelen = sizeof(log), .msg_iov = parts, .msg_iovlen = 2};

	out_init(&header, header_bytes, sizeof(header_bytes));
	syslog_header(&header, decision, record->bytes);
	parts[0] = (struct iovec){header.bytes, header.len};
	parts[1] = (struct iovec){record->bytes, record->len};
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return err_sys(err, ERR_SYSTEM, errno, "no socket for syslog");
	if (sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
		return err_sys(err, ERR_SYSTEM, errno, "the decision did not reach syslog");
	return 0;
}

/*
 * One write, at the file's end. A record that a full disk tore has no newline: the next one brings it, so that only
 * the torn one is lost.
 */
static int append_line(int fd, const struct stat *st, const char *path, char *text, struct err *err)
{
	const size_t len = strlen(text);
	char last = '\n';
	char newline[] = "\n";
	struct iovec parts[] = {{newline, 0}, {text, len}, {newline, 1}};
	ssize_t n;

	if (st->st_size > 0 && pread(fd, &last, 1, st->st_size - 1) == 1 && last != '\n')
		parts[0].iov_len = 1;
	n = writev(fd, parts, 3);
	if (n < 0)
		return err_sys(err, ERR_SYSTEM, errno, "the decision was not recorded in %s", path);
	if ((size_t)n != len + 1 + parts[0].iov_len)
		return err_set(err, ERR_SYSTEM, "the decision was not wholly recorded in %s: no space left", path);
	return 0;
}

int decision_log_open(const char *path, struct stat *ret_st)
{
	const int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);

	if (fd < 0 || (fstat(fd, ret_st) == 0 && S_ISREG(ret_st->st_mode) && fs_trusted(ret_st)))
		return fd;
	(void)close(fd);
	errno = 0;
	return -1;
}

static int write_file(const char *path, char *text, struct err *err)
{
	struct stat st;
	FD_AUTO int fd = decision_log_open(path, &st);

	if (fd < 0 && errno != 0)
		return err_sys(err, ERR_SYSTEM, errno, "the decision was not recorded: %s cannot be opened", path);
	if (fd < 0)
		return err_set(
			err, ERR_SYSTEM,
			"the decision was not recorded: %s must be a regular file, of root, not writable by others",
			path);
	return append_line(fd, &st, path, text, err);
}

/* The file first: what fails there is told in the record that syslog gets. */
void decision_write(struct decision *decision, const struct policy *policy, struct decision_text *text)
{
	struct err err;

	if (policy && policy->log_file) {
		char *line = decision_text_make(text, decision) ? text->out.bytes : decision_json(decision);

		if (!line)
			decision_note(decision, "the decision was not recorded in %s: out of memory", policy->log_file);
		else if (write_file(policy->log_file, line, &err) < 0)
			decision_note(decision, "%s", err.text);
	}
	if (policy && !policy->syslog)
		return;
	(void)decision_text_make(text, decision);
	if (write_syslog(decision, &text->out, &err) < 0)
		decision_note(decision, "%s", err.text);
}
