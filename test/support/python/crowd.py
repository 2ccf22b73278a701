"""Many connections to one unix socket.

usage: crowd.py PATH drip COUNT     keeps COUNT connections open, each writing one byte of an endless line at intervals, until stdin ends
       crowd.py PATH waves COUNT WAVE   COUNT clients in waves: each connects, writes one line, and waits for the close
prints {"event": "dripping"} when all are connected, and at the end {"event": "dripped", "bytes": [N…]}: how much the kernel accepted from
each after the line's beginning; {"event": "waved", "wrote": ["c0"…]} after the waves: the clients whose line the kernel accepted
"""
import json, select, socket, sys

path, what, count = sys.argv[1], sys.argv[2], int(sys.argv[3])


def report(**event):
    print(json.dumps(event), flush=True)


def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    return s


def drip():
    crowd = [connect() for _ in range(count)]
    for s in crowd:
        s.sendall(b'{"drip":"')
    taken = [0] * count
    report(event="dripping")
    at = 0
    # 100 bytes every 50 ms: each of 2,000 connections writes one byte per second.
    while not select.select([0], [], [], 0.05)[0]:
        for _ in range(100):
            try:
                taken[at % count] += crowd[at % count].send(b"x", socket.MSG_DONTWAIT)
            except BlockingIOError:
                pass
            at += 1
    report(event="dripped", bytes=taken)


def waves(wave):
    done, wrote = 0, []
    while done < count:
        crowd = [connect() for _ in range(min(wave, count - done))]
        for i, s in enumerate(crowd):
            line = b'{"producer":"c%d","seq":0}\n' % (done + i)
            try:
                if s.send(line) == len(line):
                    wrote.append("c%d" % (done + i))
                s.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        for s in crowd:
            try:
                while s.recv(100):
                    pass
            except OSError:
                pass
            s.close()
        done += len(crowd)
    report(event="waved", wrote=wrote)


drip() if what == "drip" else waves(int(sys.argv[4]))
