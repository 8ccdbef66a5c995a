#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Writes how the node stands into a directory that Prometheus' node exporter
# reads (--collector.textfile.directory), by a new file and a rename, so that
# it never reads half of one. Only names that end in .prom are read.
#
# usage: textfile.sh DIRECTORY
set -eu
directory=$1
if [ ! -d "$directory" ]; then
	echo "there is no directory $directory: give the node exporter's by: systemctl edit ocigate-report.service" >&2
	exit 1
fi
umask 022
new=$directory/ocigate.prom.new
trap 'rm -f "$new"' EXIT
/usr/local/bin/ocigate report --format prometheus >"$new"
mv -f "$new" "$directory/ocigate.prom"
