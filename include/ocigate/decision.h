/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decisions: data first, text second.
 */
#ifndef OCIGATE_DECISION_H
#define OCIGATE_DECISION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "ocigate/arena.h"
#include "ocigate/container.h"
#include "ocigate/finding.h"
#include "ocigate/host.h"
#include "ocigate/policy.h"
#include "ocigate/str.h"

/** enum verdict - zero denies */
enum verdict { VERDICT_DENY = 0, VERDICT_ADMIT };

/**
 * enum judge_as - what the front end can do about an `apply`
 *
 * JUDGE_HOOK: nothing can be amended any more; JUDGE_RUNTIME: the spec can.
 */
enum judge_as { JUDGE_HOOK = 0, JUDGE_RUNTIME };

/** struct amendment_record - one change to the spec; JSON texts, "null" for absent */
struct amendment_record {
	const struct rule *rule;
	const char *pointer;
	const char *before;
	const char *after;
};

/**
 * struct decision - what was decided and why
 * @stage: "prestart", "createRuntime", "runtime", "exec", "check" …
 * @error: NULL, or why no judgement was possible (input, policy, memory): then the verdict is deny
 * @error_kind: its exit code
 * @exceptions: names of those that changed what some rule does here, whether it found anything then or not
 * @notes: things worth saying that are no findings (stale policy, expired exceptions), one line each
 */
struct decision {
	enum verdict verdict;
	const char *stage;
	const char *id;
	struct identity identity;
	struct findings findings;
	const struct amendment_record *amendments;
	size_t n_amendments;
	const char *policy_digest;
	const char *policy_stale;
	const char *error;
	enum err_kind error_kind;
	const char *error_pointer;
	struct strings exceptions;
	struct strings notes;
	int64_t time_us; /* Unix time in microseconds */
	int64_t duration_us;
};

/**
 * decision_init() - a decision that denies until judged
 *
 * @arena must outlive it. Strings are never NULL afterwards but where the struct says so.
 */
void decision_init(struct decision *decision, struct arena *arena, const char *stage);

/** decision_fail() - record that no judgement was possible; the verdict is deny. Form errors become a finding of
 * spec-integrity (ERR_DENIED), all others @error. */
void decision_fail(struct decision *decision, const struct err *err);

/** decision_refuse() - the same, but @err is no matter of config.json's form: always @error */
void decision_refuse(struct decision *decision, const struct err *err);

/** decision_note() - one line more in @notes; dropped when out of memory */
void decision_note(struct decision *decision, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** decision_excepted() - the exception @name applied; told once; dropped when out of memory */
void decision_excepted(struct decision *decision, const char *name);

/** engine_facts() - host facts that the rules enabled by @policy ask for */
unsigned engine_facts(const struct policy *policy, const struct container *container);

/**
 * engine_judge() - one loop over the rule table
 * @now: Unix seconds, for exceptions that expire
 *
 * Fills in findings with their effects, notes and the verdict.
 * With JUDGE_RUNTIME a violation with effect apply of an amendable rule does not deny (amend does the rest); with
 * JUDGE_HOOK it does, and the remedy names the wrapper; but a missing or weak seccomp filter does not, unless the rule's
 * setting attach is off: the hook must attach one then (attach.h). Each finding's effect becomes the one that takes place:
 * EFFECT_APPLY is left only where the spec will be amended.
 */
void engine_judge(const struct container *container, const struct host *host, const struct policy *policy,
		  enum judge_as as, int64_t now, struct decision *decision);

/** engine_judge_rule() - one rule's findings with the effects that they get; nothing if it is disabled or out of scope */
void engine_judge_rule(const struct rule *rule, const struct container *container, const struct host *host,
		       const struct rule_policy *rule_policy, enum judge_as as, struct findings *findings);

/** engine_conclude() - put the findings in order, worst first, and give the verdict */
void engine_conclude(struct decision *decision);

/** DECISION_LINE_MAX - bytes of the human line at most: conmon reads 8,191 of a runtime's stderr once */
#define DECISION_LINE_MAX 8000

/**
 * decision_line() - the human line: printable ASCII, no newline, worst finding first
 *
 * Tells what refused the container, never what was only recorded, and the notes. Free of the phrases by which podman takes an error for
 * one of another kind, wherever they came from. Return: never NULL; valid until the next call.
 */
const char *decision_line(const struct decision *decision);

/** line_calm() - take the phrases out of any other text that a runtime may pass on */
void line_calm(struct out *line);

/** DECISION_JSON_MAX, DECISION_SYSLOG_MAX - bytes of a record at most, in a file and in a datagram (rsyslog takes 8 KiB) */
#define DECISION_JSON_MAX   ((size_t)64 << 10)
#define DECISION_SYSLOG_MAX ((size_t)7900)

/**
 * decision_render() - the record, one line without newline, in an empty @out of at least 6 KiB; takes no memory
 *
 * Always a whole JSON object: long strings end in "...", findings and amendments that do not fit are counted in
 * "findings_omitted" and "amendments_omitted". Return: was nothing left out?
 */
bool decision_render(const struct decision *decision, struct out *out);

/**
 * struct decision_text - the record, made once for every place that it goes to
 * @body: bytes of it that notes do not change; 0: not made yet
 * @whole: is nothing left out?
 */
struct decision_text {
	size_t body;
	bool whole;
	struct out out;
	char bytes[DECISION_SYSLOG_MAX + 1];
};

/** decision_text_make() - make @text, or bring its end up to date. Return: @whole. */
bool decision_text_make(struct decision_text *text, const struct decision *decision);

/** decision_json() - the same in the decision's arena, at most DECISION_JSON_MAX bytes. Return: NULL: out of memory. */
char *decision_json(const struct decision *decision);

/**
 * decision_write() - record to syslog and to the policy's file
 * @policy: NULL when there is none: syslog alone
 * @text: as in decision_keep()
 *
 * All that can be written is written, also when something else fails: each failure (disk full, no syslog …) becomes a
 * note of the decision, and what is written after it has the note. The verdict stands.
 */
void decision_write(struct decision *decision, const struct policy *policy, struct decision_text *text);

/**
 * decision_log_open() - the policy's file, made if it is not there, as records are appended to it
 *
 * Return: a descriptor that the caller closes, or -1 with errno; 0 there: it is no regular file, not root's, or others
 * may write it.
 */
int decision_log_open(const char *path, struct stat *ret_st) MUST_CHECK;

/** DECISION_STORE - where refused containers and those with findings are remembered for `ocigate explain` */
#define DECISION_STORE "/run/ocigate/decisions"

/**
 * decision_keep() - remember the decision; one without findings that admits is not kept
 * @store: directory, made if it is not there
 * @text: room for the record, or what decision_write() left in it
 *
 * The store is bounded: a newer decision takes the place of an older one, of the same container and stage before any
 * other.
 * Return: 0, or -1 with ERR_SYSTEM.
 */
int decision_keep(const struct decision *decision, const char *store, struct decision_text *text,
		  struct err *err) MUST_CHECK;

/** decision_id_valid() - may this be a container's id? What runc accepts, and nothing that leaves a directory. */
bool decision_id_valid(const char *id);

/** struct kept_decision - one that was kept; @time: as in the record */
struct kept_decision {
	struct decision decision;
	const char *time;
};

/**
 * decision_recall() - the kept decisions about the container whose id is or begins with @id, oldest first
 *
 * As they were recorded: long strings and long lists are cut, findings of rules that are gone are left out.
 * Return: 0 with at least one, or -1 with ERR_INPUT (none, or more than one container), ERR_SYSTEM.
 */
int decision_recall(struct arena *arena, const char *store, const char *id, struct kept_decision *ret_kept, size_t room,
		    size_t *ret_n, struct err *err) MUST_CHECK;

/**
 * struct decision_visit - @take is called with each decision that is not older than @since_us
 * @strange: if not NULL, the lines of a log that are no decision are counted there
 */
struct decision_visit {
	void (*take)(void *context, const struct decision *decision);
	void *context;
	int64_t since_us;
	size_t *strange;
};

/** decision_each_logged() - every decision in the log @path, in its order. Return: 0, or -1 with ERR_INPUT. */
int decision_each_logged(const char *path, const struct decision_visit *visit, struct err *err) MUST_CHECK;

/** decision_each_kept() - every decision that is still kept, oldest first; none where there is no store. Return: the same. */
int decision_each_kept(const char *store, const struct decision_visit *visit, struct err *err) MUST_CHECK;

/**
 * decision_alert() - is this finding an alert?
 *
 * What the rules of the last group find, and whatever is of high severity; but not what an exception covers.
 */
bool decision_alert(const struct finding *finding);

/** decision_exit_code() - 0 admitted, 1 denied, or the error's own */
int decision_exit_code(const struct decision *decision);

#endif
