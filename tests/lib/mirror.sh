# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# To be sourced.

# mirror: the Debian mirror that this machine itself is installed from, or nothing
mirror() {
	# shellcheck disable=SC2016 # the dollars are apt's
	apt-get indextargets --format '$(CREATED_BY) $(REPO_URI) $(COMPONENT)' 2>/dev/null |
		awk '$1 == "Packages" && $2 ~ "/debian/$" && $3 == "main" { print $2; exit }'
}
