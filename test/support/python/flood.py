"""Many clients of one aggregator, and the signal that ends it. Sends what the kernel accepts, then connects more clients that send at once and
are still in the backlog, and sends SIGTERM immediately. Prints what the kernel had accepted by then.

usage: flood.py PID DIRECTORY TCPPORT UDPPORT CLIENTS      sockets in DIRECTORY: unixsock, unixgram, fifo
prints {"clients": [{"name": CLIENT, "accepted": LINES, "partial": TEXT}]}: whole lines that the kernel accepted, and the beginning of one more
"""
import json, os, select, signal, socket, sys

pid, directory, tcp, udp, clients = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
BATCH, BYTES_MAX = 50, 64 * 1024
accepted = {}


def line(client, seq):
    return b'{"producer":"%s","seq":%d}\n' % (client.encode(), seq)


class Stream:
    def __init__(self, name, s):
        self.name, self.s, self.rest, self.bytes = name, s, b"", 0
        accepted[name] = 0
        s.setblocking(False)

    def step(self):
        """False when the kernel accepts no more."""
        if not self.rest:
            self.rest = b"".join(line(self.name, accepted[self.name] + i) for i in range(BATCH))
        try:
            n = self.s.send(self.rest)
        except BlockingIOError:
            return False
        accepted[self.name] += self.rest[:n].count(b"\n")
        # The beginning of the next line may have been sent already; its rest comes first next time.
        self.rest = self.rest[n:]
        self.bytes += n
        return self.bytes < BYTES_MAX

    def partial(self):
        whole = line(self.name, accepted[self.name])
        left = self.rest.find(b"\n") + 1
        return whole[: len(whole) - left].decode() if left else ""


class Message:
    def __init__(self, name, send, burst=1):
        self.name, self.send, self.burst = name, send, burst
        accepted[name] = 0

    def step(self):
        try:
            for _ in range(self.burst):
                self.send(line(self.name, accepted[self.name]))
                accepted[self.name] += 1
        except BlockingIOError:
            return False
        return accepted[self.name] < 300 * self.burst

    def partial(self):
        return ""


def unix(kind, name):
    s = socket.socket(socket.AF_UNIX, kind)
    s.connect(os.path.join(directory, name))
    return s


def inet(kind, port):
    s = socket.socket(socket.AF_INET, kind)
    s.connect(("127.0.0.1", port))
    return s


def datagram(s):
    s.setblocking(False)
    return s.send


def fifo():
    fd = os.open(os.path.join(directory, "fifo"), os.O_WRONLY | os.O_NONBLOCK)
    return lambda bytes: os.write(fd, bytes)


def client(i):
    kind = i % 10
    if kind < 4:
        return Stream("u%d" % i, unix(socket.SOCK_STREAM, "unixsock"))
    if kind < 7:
        return Stream("t%d" % i, inet(socket.SOCK_STREAM, tcp))
    if kind < 8:
        return Message("g%d" % i, datagram(unix(socket.SOCK_DGRAM, "unixgram")))
    if kind < 9:
        # More at a time than fit in a small receive buffer.
        return Message("d%d" % i, datagram(inet(socket.SOCK_DGRAM, udp)), 100)
    return Message("f%d" % i, fifo())


early = [client(i) for i in range(clients // 2)]
open_ = early
for _ in range(40):
    open_ = [c for c in open_ if c.step()]
late = [client(i) for i in range(clients // 2, clients)]
for c in late:
    c.step()
os.kill(pid, signal.SIGTERM)
clients = [{"name": c.name, "accepted": accepted[c.name], "partial": c.partial()} for c in early + late]
print(json.dumps({"clients": clients}), flush=True)
sys.stdin.read()
