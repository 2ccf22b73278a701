#!/bin/sh
# Runs a bpftrace script beside an aggregator and its producers, and prints what it saw. Needs root.
#
#   sudo scripts/trace.sh <script> <transport> [producers] [size] [-- producer options... [-- aggregator options...]]
#   sudo scripts/trace.sh syscall_latency unixsock
#   sudo scripts/trace.sh producer_syscalls_fast fifo 7 1000
#   sudo scripts/trace.sh syscall_latency unixsock -- --rate max --count 100000
#
# The aggregator listens in a directory of its own, and the script is attached before the first line of the producers
# (default 5, 100 bytes a message). Only these processes are counted. --help says more.
#
#   BPFTRACE   another bpftrace than the first in PATH
set -eu

program=$(dirname "$(dirname "$(readlink -f "$0")")")/dist/bin/ipc-lab.js
if ! [ -e "$program" ]; then
	echo "${0##*/}: the project isn't built; run: npm ci" >&2
	exit 1
fi
exec node "$program" trace "$@"
