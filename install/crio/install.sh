#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# CRI-O: every runtime handler goes through the wrapper; the hook stands behind it.
#
# usage: install.sh [--root DIR] [--prefix DIR] [--binary FILE] [--dry-run] install|uninstall
#   the options are told in install/lib.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec sh "$here/../lib.sh" crio "$@"
