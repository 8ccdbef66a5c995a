/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which program is this? What one leaves for the next start of itself, another must not take.
 */
#ifndef OCIGATE_BUILD_H
#define OCIGATE_BUILD_H

/** BUILD_SOURCE_LEN - digits of build_source */
#define BUILD_SOURCE_LEN 16

/** build_source - of all that this program was made from, in hexadecimal digits */
extern const char build_source[BUILD_SOURCE_LEN + 1];

#endif
