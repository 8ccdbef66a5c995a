/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log of decisions, as `ocigate alerts` and the report read it: torn lines,
 * lines of other programs, hostile strings. What does not say that it admits
 * denies; what was read can be written and read again.
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "../../enforce/decision_read.h"

static void check_again(const struct decision *decision)
{
	const char *line = decision_line(decision);
	char *text = decision_json(decision);
	struct decision again;
	const json_t *record;

	for (const char *c = line; *c; c++)
		must(*c >= 0x20 && *c < 0x7f);
	must(strlen(line) <= DECISION_LINE_MAX);
	if (!text)
		return;
	must(strlen(text) <= DECISION_JSON_MAX && strchr(text, '\n') == NULL);
	record = record_read(decision->findings.arena, text, strlen(text));
	must(record != NULL || decision->findings.arena->failed);
	if (!record)
		return;
	record_decision(decision->findings.arena, record, &again);
	must(again.verdict == decision->verdict);
	must(again.findings.n <= decision->findings.n);
}

static void take(void *context, const struct decision *decision)
{
	const struct text *text = context;

	if (decision->verdict == VERDICT_ADMIT)
		must(memmem(text->bytes, text->len, "admit", 5) || memmem(text->bytes, text->len, "\\u", 2));
	else
		must(decision->verdict == VERDICT_DENY);
	for (size_t i = 0; i < decision->findings.n; i++)
		must(decision->findings.items[i].rule != NULL);
	check_again(decision);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct text text = fuzz_text(&arena, data, size);
	const struct decision_visit visit = {.take = take, .context = &text, .since_us = INT64_MIN};
	int fd = memfd_create("log", MFD_CLOEXEC);
	struct err err = {0};
	char path[32];

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (decision_each_logged(path, &visit, &err) < 0)
		fuzz_refused(&err);
	(void)close(fd);
	arena_release(&arena);
	return 0;
}
