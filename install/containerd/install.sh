#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# containerd: every runtime handler of its CRI plugin goes through the wrapper.
#
# usage: install.sh [--root DIR] [--prefix DIR] [--binary FILE] [--dry-run] install|uninstall
#   the options are told in install/lib.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec sh "$here/../lib.sh" containerd "$@"
