"""Senders that come, write, and leave.

usage: brief_senders.py PATH COUNT LINES
COUNT clients one after the other: sender N connects, writes LINES lines of "brief<N>" of about 1,000 bytes, and closes without waiting for
anything. {"event": "left"} is printed when the kernel has accepted everything they wrote.
"""
import json, socket, sys

path, count, lines = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
pad = "x" * 950

for n in range(count):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.sendall("".join('{"producer":"brief%d","seq":%d,"pad":"%s"}\n' % (n, seq, pad) for seq in range(lines)).encode())
    s.close()
print(json.dumps({"event": "left"}), flush=True)
