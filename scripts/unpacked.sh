#!/usr/bin/env bash
# Unpacks a Debian package for the tests without installing it, with the libraries that are missing here: for a program
# whose installation would start a service, or remove another program (syslog-ng and rsyslog exclude each other). The
# packages are downloaded by apt and checked with the system's keys. Nothing else on the machine changes.
#
#   scripts/unpacked.sh PACKAGE
#
#   UNPACKED   the folder (default: ~/.cache/log-aggregator/unpacked)
#
# Prints the folder of the package. One that is there already stays as it is.
set -euo pipefail

package=$1
folder=${UNPACKED:-${XDG_CACHE_HOME:-$HOME/.cache}/log-aggregator/unpacked}/$package
if [ ! -d "$folder" ]; then
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	mkdir -p "$work/archives/partial" "$work/unpacked"
	apt-get -qq --yes --no-install-recommends --download-only -o Dir::Cache="$work" -o Dir::Cache::archives="$work/archives" \
		-o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Acquire::Retries=2 install "$package" >&2
	for archive in "$work"/archives/*.deb; do dpkg-deb -x "$archive" "$work/unpacked"; done
	mkdir -p "$(dirname "$folder")"
	mv "$work/unpacked" "$folder"
fi
echo "$folder"
