/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records (decision_json()) read again. Private to enforce/decision_*.
 */
#ifndef OCIGATE_DECISION_READ_H
#define OCIGATE_DECISION_READ_H

#include "ocigate/decision.h"
#include "ocigate/json.h"

/** record_read() - the JSON object in @text, in @arena. Return: NULL if it is none. */
const json_t *record_read(struct arena *arena, const char *text, size_t len);

/** record_text() - a member that is a string. Return: "" if there is none. */
const char *record_text(const json_t *object, const char *key);

/** record_decision() - the decision as it was recorded; findings of rules that are gone are left out */
void record_decision(struct arena *arena, const json_t *record, struct decision *decision);

#endif
