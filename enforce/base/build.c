/* SPDX-License-Identifier: Apache-2.0 */
#include "ocigate/build.h"

const char build_source[] =
#include "build_source.inc"
	;
