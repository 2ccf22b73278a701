#!/usr/bin/env bash
# Starts several producers at once and waits for them.
#
#   launch-producers.sh [TRANSPORT[=ADDRESS]] [PRODUCERS] [SIZE] [-- PRODUCER OPTIONS...]
#
#   launch-producers.sh                          five producers, 50 lines of 100 letters each, over unixsock
#   launch-producers.sh tcp 10 1000              ten over tcp, 1000 letters per line
#   launch-producers.sh fifo=/tmp/log_fifo 5 100 -- --rate max --count 200000
#   N=3 IPC_TYPE=udp MSG_SIZE=64 launch-producers.sh
#
# Works from any directory; in a clone it is scripts/launch-producers.sh. Each producer prints its summary, one JSON
# object per line, or on a terminal a sentence. Ends with 0 when all ended with 0, otherwise with the first other status;
# Ctrl-C and SIGTERM stop all producers, which then print what they had sent.
set -u

die() {
	echo "${0##*/}: $2" >&2
	exit "$1"
}

usage() {
	sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "$0"
}

arguments=()
while [[ $# -gt 0 && $1 != -- ]]; do
	[[ $1 == -h || $1 == --help ]] && usage && exit 0
	arguments+=("$1")
	shift
done
[[ $# -gt 0 ]] && shift # the dashes; what is left goes to every producer
[[ ${#arguments[@]} -le 3 ]] || die 2 "too many arguments: ${arguments[*]:3}; put options of the producers after --"

transport=${arguments[0]:-${IPC_TYPE:-unixsock}}
producers=${arguments[1]:-${N:-5}}
size=${arguments[2]:-${MSG_SIZE:-100}}

# The producers know which transports there are.
[[ $transport =~ ^[a-z]+(=.*)?$ ]] || die 2 "\"$transport\" is not a transport; use unixsock or tcp=127.0.0.1:9000, for example"
[[ $producers =~ ^[1-9][0-9]{0,3}$ ]] || die 2 "\"$producers\" is not a number of producers; use 1 to 9999"
[[ $size =~ ^[0-9]{1,8}$ ]] || die 2 "\"$size\" is not a message size; use a number of bytes, such as 100"

root=$(dirname "$(dirname "$(readlink -f "$0")")")
program=$root/dist/bin/producer.js
[[ -f $program ]] || die 1 "$program is missing; run \"npm ci\" (or \"npm run build\") in $root first"
NODE=${NODE:-$(node -p process.execPath)} || die 1 "node was not found; install Node.js 20 or newer, or set NODE"
export NODE

# Job control gives each producer a process group of its own: a terminal's Ctrl-C comes to this script alone, which
# passes on exactly one signal (a producer takes a second one as an order to leave at once).
set -m

pids=()
interrupted=0
signalled=0

stop_all() {
	interrupted=1
	if [[ $signalled -eq 0 ]]; then
		signalled=$1
		# Ends a producer that is just starting: upon a SIGTERM so early, on a terminal that is gone, Node 20 may hang.
		[[ $1 -ne 1 || ${#pids[@]} -eq 0 ]] || kill -HUP "${pids[@]}" 2>/dev/null
		[[ ${#pids[@]} -eq 0 ]] || kill -TERM "${pids[@]}" 2>/dev/null
	fi
}
trap 'stop_all 2' INT
trap 'stop_all 15' TERM
trap 'stop_all 1' HUP

for ((i = 0; i < producers && signalled == 0; i++)); do
	"$root/scripts/node-as.sh" producer "$program" "$transport" "$size" "$@" </dev/null &
	pids+=($!)
done

status=0
failed=0
for pid in "${pids[@]}"; do
	while :; do
		interrupted=0
		wait "$pid"
		code=$?
		# A trap ends `wait` early.
		[[ $interrupted -eq 1 ]] || break
	done
	if [[ $code -ne 0 ]]; then
		failed=$((failed + 1))
		[[ $status -ne 0 ]] || status=$code
	fi
done

[[ $signalled -eq 0 ]] || exit $((128 + signalled))
[[ $failed -eq 0 ]] || die "$status" "$failed of $producers producers did not end with 0 (first: $status)"
