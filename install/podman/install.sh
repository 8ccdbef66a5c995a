#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# podman: its runtimes go through the wrapper; the hook and precreate stages stand behind it.
#
# usage: install.sh [--root DIR] [--prefix DIR] [--binary FILE] [--dry-run] install|uninstall
#   the options are told in install/lib.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec sh "$here/../lib.sh" podman "$@"
