/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What workloads need excepted. Private to enforce/report.
 */
#ifndef OCIGATE_REPORT_WISH_H
#define OCIGATE_REPORT_WISH_H

#include "ocigate/report.h"

/** enum wish_list - what an exception can match by, of what the report knows */
enum wish_list { WISH_ENGINES, WISH_NAMESPACES, WISH_CONTAINERS, WISH_IMAGES, WISH_LISTS };

/** struct wish - @lists: sorted, none empty; "" stands for "has none"; @rules: bits (1 << rule id) */
struct wish {
	struct strings lists[WISH_LISTS];
	uint64_t rules;
};

/** struct wishes - growing list */
struct wishes {
	struct arena *arena;
	struct wish *items;
	size_t n;
	size_t room;
};

/** wishes_add() - one workload; the same one again adds its rules */
void wishes_add(struct wishes *wishes, const char *const values[WISH_LISTS], uint64_t rules);

/** wishes_join() - as few as can be had by joining two that differ in one list alone and want the same rules */
void wishes_join(struct wishes *wishes);

#endif
