#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The least that a hook in shell does: read the state, read the spec, look at one field.
bundle=$(sed -n 's/.*"bundle":"\([^"]*\)".*/\1/p')
grep -q '"noNewPrivileges":true' "$bundle/config.json"
