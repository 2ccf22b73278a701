#!/bin/sh
# Starts a Node program under a name of its own, so that bpftrace, ps and top can distinguish it from other node processes.
#
#   scripts/node-as.sh NAME SCRIPT [ARGS...]
#   scripts/node-as.sh producer dist/bin/producer.js unixsock 100
#
# The kernel takes a thread's name from the file that is executed, so NAME is a symlink to the real node binary:
# dist/run/<path of node>/NAME. Its path says what it points to; it is made once and never changed, so any number of
# starters may run at the same time, also with different versions of Node. The program replaces this shell (exec): the
# pid, the signals and the exit status are its own.
#
#   NODE   the node binary to use (default: the one that `node` stands for). A script that starts many programs saves
#          40 ms on each with  NODE=$(node -p process.execPath); export NODE
#
# Where dist/run can't be written the program starts as plain `node`, and names itself a little later.
set -eu

if [ $# -lt 2 ]; then
	echo "usage: ${0##*/} NAME SCRIPT [ARGS...]" >&2
	exit 2
fi
name=$1
shift

# Not `command -v node`: version managers install a launcher there that depends on the name it is called by.
node=${NODE:-$(node -p process.execPath)}
root=$(dirname "$(dirname "$(readlink -f "$0")")")
link=$root/dist/run$node/$name

if ! [ "$link" -ef "$node" ]; then
	mkdir -p "${link%/*}" 2>/dev/null && ln -s "$node" "$link" 2>/dev/null || true
	[ "$link" -ef "$node" ] || link=$node
fi
exec "$link" "$@"
