#!/usr/bin/env bash
# Gets Debian's newer versions of nats-server for the tests, without installing them: installing starts a service. Each
# package is downloaded by apt, from the mirror that this machine uses, checked with Debian's keys, and unpacked to
# FOLDER/SUITE/. Nothing else on the machine changes, and root is not needed.
#
#   scripts/nats-servers.sh [SUITE...]      default: trixie sid
#
#   NATS_SERVERS   the folder (default: ~/.cache/log-aggregator/nats-servers)
#
# Prints the path of each server. One that was unpacked during the last day stays as it is; where no newer one can be
# had, without a network for instance, an older one stays too. The exit status is 1 when a server is missing at the end.
set -uo pipefail

folder=${NATS_SERVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/log-aggregator/nats-servers}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The mirror of Debian in this machine's sources; on other systems Debian's own.
mirror() {
	local found
	found=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		sed -n 's/^Debian \(.*\/debian\/\?\)$/\1/p' | head -n 1)
	echo "${found:-http://deb.debian.org/debian}"
}

# Downloads the package of a suite and unpacks it, with lists and a cache of its own.
fetch() {
	local suite=$1 work=$2
	local apt=(apt-get -qq -o Dir::Etc::SourceList="$work/suite.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::Preferences=/dev/null
		-o Dir::Etc::PreferencesParts=/dev/null -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache"
		-o APT::Default-Release= -o APT::Sandbox::User=root -o Acquire::Retries=2 -o Acquire::Languages=none)
	mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/unpacked"
	echo "deb [signed-by=$keyring] $(mirror) $suite main" >"$work/suite.list"
	"${apt[@]}" update && (cd "$work" && "${apt[@]}" download nats-server) || return
	dpkg-deb -x "$work"/nats-server_*.deb "$work/unpacked" || return
	"$work/unpacked/usr/sbin/nats-server" --version >/dev/null || return
	mkdir -p "$folder/$suite" && mv -f "$work/unpacked/usr/sbin/nats-server" "$folder/$suite/nats-server"
}

status=0
[ $# -gt 0 ] || set -- trixie sid
for suite in "$@"; do
	server=$folder/$suite/nats-server
	# A file keeps the time of its package; ctime is when it was put there.
	if [ -z "$(find "$server" -ctime 0 2>/dev/null)" ]; then
		work=$(mktemp -d)
		fetch "$suite" "$work" >&2 || echo "nats-server of $suite can't be had now" >&2
		rm -rf "$work"
	fi
	if [ -x "$server" ]; then echo "$server"; else status=1; fi
done
exit "$status"
