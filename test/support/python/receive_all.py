"""Listens at a path as unixsock, unixgram or fifo, for any sender, prints "ready", and at the end of stdin the number of bytes received."""

import os
import select
import socket
import sys

kind, path = sys.argv[1:3]
os.umask(0)
if kind == "fifo":
    os.mkfifo(path, 0o666)
    listener = os.open(path, os.O_RDWR | os.O_NONBLOCK)
else:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM if kind == "unixsock" else socket.SOCK_DGRAM)
    listener.bind(path)
# A connecting program sees the user who called listen(2).
if len(sys.argv) > 3:
    os.seteuid(int(sys.argv[3]))
if kind == "unixsock":
    listener.listen()
print("ready", flush=True)

got = 0
readers = [sys.stdin, listener]
while readers[0] is sys.stdin:
    for ready in select.select(readers, [], [])[0]:
        if ready is sys.stdin:
            readers.pop(0)
        elif ready is listener and kind == "unixsock":
            readers.append(listener.accept()[0])
        else:
            chunk = os.read(ready, 65536) if kind == "fifo" else ready.recv(65536)
            got += len(chunk)
            if not chunk:
                readers.remove(ready)
print(got, flush=True)
