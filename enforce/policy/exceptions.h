/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OCIGATE_POLICY_EXCEPTIONS_H
#define OCIGATE_POLICY_EXCEPTIONS_H

#include <stdbool.h>

/** exception_glob() - the pattern language of "match": "*" any run of characters ("/" too), "?" one, "[a-z]", "[!a-z]" */
bool exception_glob(const char *pattern, const char *text);

#endif
