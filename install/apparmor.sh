#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Loads the AppArmor profile ocigate-default, where the kernel has AppArmor; at
# boot the distribution's own service does it, from /etc/apparmor.d. Ends with
# 0 where there is nothing to load it into, and says so.
#
# usage: sh install/apparmor.sh [PROFILE]
set -eu
PATH=$PATH:/usr/sbin:/sbin
profile=${1:-/etc/apparmor.d/ocigate-default}

if [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" != Y ]; then
	echo 'apparmor: the kernel has AppArmor off, no profile is loaded' >&2
	exit 0
fi
if ! command -v apparmor_parser >/dev/null 2>&1; then
	echo 'apparmor: install apparmor_parser (package apparmor) to load the profile ocigate-default' >&2
	exit 0
fi
apparmor_parser --replace --write-cache "$profile"
echo "apparmor: $profile is loaded" >&2
