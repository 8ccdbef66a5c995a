/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decisions as people read them on a terminal.
 */
#ifndef OCIGATE_PRINT_H
#define OCIGATE_PRINT_H

#include <stdbool.h>

#include "ocigate/decision.h"

/** severity_name() - "high" … */
const char *severity_name(enum severity severity);

/** print_decision() - to stdout: a line with the verdict, @where and who, then every finding with its remedy */
void print_decision(const struct decision *decision, const char *where, bool colour);

#endif
