"""Sequences of one blank line each (docs/acknowledgements.md), one connection after the other, so that the aggregator has many
names to remember.

usage: acked_names.py PATH      reads numbers from standard input, sends that many sequences, and prints {"event": "named", "names": TOTAL}
"""
import json, secrets, socket, sys

path, total = sys.argv[1], 0
for count in sys.stdin:
    for _ in range(int(count)):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
            name = secrets.token_hex(8).encode()
            s.sendall(b'{"hello":"log-aggregator/1","producer":"%s","run":"%s","first":0}\n' % (name, name))
            if b'"next":0' not in s.recv(1024):
                sys.exit("not welcome")
            s.sendall(b"\n")
            s.shutdown(socket.SHUT_WR)
            while s.recv(1024):
                pass
    total += int(count)
    print(json.dumps({"event": "named", "names": total}), flush=True)
