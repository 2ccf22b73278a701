"""Connections that are idle within a line.

usage: idle_lines.py PATH COUNT BYTES
each of COUNT connections writes about BYTES of a line, line 0 of "idle<N>"; {"event": "idle"} is printed when the kernel has accepted them all. When
stdin ends, each connection completes its line, writes another one, line 0 of "after<N>", and closes.
"""
import json, socket, sys

path, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def connect(n):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.sendall(b'{"producer":"idle%d","seq":0,"pad":"' % n + b"x" * size)
    return s


crowd = [connect(n) for n in range(count)]
print(json.dumps({"event": "idle"}), flush=True)
sys.stdin.read()
for n, s in enumerate(crowd):
    s.sendall(b'"}\n{"producer":"after%d","seq":0}\n' % n)
    s.close()
