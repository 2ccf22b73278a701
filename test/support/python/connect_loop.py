"""Connects to a unix stream socket, over and over, until its standard input ends. Prints how often each result came."""
import collections, errno, json, select, socket, sys

path, results = sys.argv[1], collections.Counter()
print(json.dumps({"event": "looping"}), flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    for _ in range(200):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.setblocking(False)
            results[errno.errorcode.get(s.connect_ex(path), "connected")] += 1
print(json.dumps({"event": "results", **results}), flush=True)
