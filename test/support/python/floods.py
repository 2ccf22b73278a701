"""Floods a unix socket, once each way, beside others' lines.

usage: floods.py PATH connections COUNT            opens COUNT connections one after the other, each with a line, and closes them
       floods.py PATH partial CONNECTIONS BYTES     CONNECTIONS at once, each in the middle of a line of BYTES
       floods.py PATH oversize LINES BYTES          one connection with LINES lines of BYTES each
Prints {"event": "flooded", "lines": whole lines that the kernel accepted, "partial": lines that end without an LF}
"""
import json, socket, sys

path, kind, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
CHUNK = b"x" * 65536


def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    return s


def write(s, bytes):
    for at in range(0, bytes, len(CHUNK)):
        s.sendall(CHUNK[: bytes - at])


def connections():
    for _ in range(count):
        with connect() as s:
            s.sendall(b"{}\n")
    return count, 0


def partial(bytes):
    crowd = [connect() for _ in range(count)]
    for s in crowd:
        write(s, bytes)
    for s in crowd:
        s.close()
    return 0, count


def oversize(bytes):
    with connect() as s:
        for _ in range(count):
            write(s, bytes)
            s.sendall(b"\n")
    return count, 0


lines, unfinished = {"connections": connections, "partial": partial, "oversize": oversize}[kind](*map(int, sys.argv[4:]))
print(json.dumps({"event": "flooded", "lines": lines, "partial": unfinished}), flush=True)
