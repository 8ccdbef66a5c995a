#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The figures that are exact: page faults and system calls of the hook.
exec sh "$(dirname "$0")/../bench/run.sh" exact
