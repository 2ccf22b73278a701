"""Many connections to one unix socket.

usage: crowd.py PATH drip COUNT     keeps COUNT connections open, each writing one byte of an endless line now and then, until stdin ends
       crowd.py PATH waves COUNT WAVE   COUNT clients in waves: each connects, writes one line, and waits for the close
prints {"ready": true} when all drip; {"connected": N, "failed": N} after the waves
"""
import json, select, socket, sys

path, what, count = sys.argv[1], sys.argv[2], int(sys.argv[3])


def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    return s


def drip():
    crowd = [connect() for _ in range(count)]
    for s in crowd:
        s.send(b'{"drip":"')
    print(json.dumps({"ready": True}), flush=True)
    at = 0
    # 100 bytes each 50 ms: every connection of 2,000 has its turn once a second.
    while not select.select([0], [], [], 0.05)[0]:
        for _ in range(100):
            try:
                crowd[at % count].send(b"x", socket.MSG_DONTWAIT)
            except BlockingIOError:
                pass
            at += 1


def waves(wave):
    done = 0
    while done < count:
        crowd = [connect() for _ in range(min(wave, count - done))]
        for i, s in enumerate(crowd):
            try:
                s.sendall(b'{"producer":"c%d","seq":0}\n' % (done + i))
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
    print(json.dumps({"connected": done}), flush=True)


drip() if what == "drip" else waves(int(sys.argv[4]))
