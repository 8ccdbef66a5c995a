/* SPDX-License-Identifier: Apache-2.0 */
/* Inside enforce/seccomp. */
#ifndef OCIGATE_SECCOMP_INTERNAL_H
#define OCIGATE_SECCOMP_INTERNAL_H

#include "ocigate/seccomp.h"

/** seccomp_find_unknown() - names that rules of an open filter give and libseccomp does not know */
int seccomp_find_unknown(struct arena *arena, const struct seccomp *seccomp, struct strings *ret_unknown,
			 struct err *err) MUST_CHECK;

#endif
