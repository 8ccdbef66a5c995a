/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OCIGATE_CONFINE_INTERNAL_H
#define OCIGATE_CONFINE_INTERNAL_H

#include "ocigate/confine.h"

/** landlock_confine() - nothing is written or run but below @own and in @log. Return: 0, also without Landlock; -1. */
int landlock_confine(enum confine_role role, const char *own, const char *log, struct err *err) MUST_CHECK;

#endif
