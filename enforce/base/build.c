/* SPDX-License-Identifier: Apache-2.0 */
#include "ocigate/build.h"

#include "build_source.h"

const char build_source[] = BUILD_SOURCE;
