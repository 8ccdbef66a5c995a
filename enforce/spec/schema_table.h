/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the runtime-spec's table have in common. Keys that the
 * spec has dropped since 1.0 but that runtimes still read stay in. A number's
 * range is the field's own where the spec or the kernel gives one, else that
 * of the type that Go runtimes decode it into.
 */
#ifndef OCIGATE_SPEC_SCHEMA_TABLE_H
#define OCIGATE_SPEC_SCHEMA_TABLE_H

#include "ocigate/container.h"
#include "schema.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define SHAPE(name_, ...)                                                                                              \
	const struct shape name_ = {.fields = name_##_fields, .n_fields = N(name_##_fields), __VA_ARGS__}
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Ids above this are negative to some runtimes and root to others. */
#define ID_MAX INT32_MAX
/* The child's fields go into the same struct. */
#define HERE 1

/** shape_id_mapping, shape_resources, shape_linux - what one file's table needs of another's */
extern const struct shape shape_id_mapping;
extern const struct shape shape_resources;
extern const struct shape shape_linux;

#endif
