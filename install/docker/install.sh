#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# docker: the default runtime, and every one that daemon.json names, goes through the wrapper.
#
# usage: install.sh [--root DIR] [--prefix DIR] [--binary FILE] [--dry-run] install|uninstall
#   the options are told in install/lib.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec sh "$here/../lib.sh" docker "$@"
