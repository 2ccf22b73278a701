"""Many clients of one aggregator that keep writing while it stops, and count what each write(2) accepts. When all are writing, SIGTERM is
sent; each client ends when the kernel refuses its writes. Meanwhile more clients connect, write a little and stay, until nobody listens or
there are COMERS_MAX of them. Nobody keeps writing until all clients have begun, so that little is written before the signal.

usage: keep_writing.py PID DIRECTORY TCPPORT UDPPORT CLIENTS STUBBORN SEED     sockets in DIRECTORY: unixsock, unixgram, fifo
STUBBORN of ten tcp clients keep writing after a FIN; the others stop then: they finish their line and close.
prints {"signalled": true} at the signal, and in the end
{"clients": [{"name": CLIENT, "accepted": LINES, "partial": TEXT}], "bytes": {"TRANSPORT": N}}: of each client the whole lines that the
kernel accepted, and the beginning that it accepted of one more. Names: u unixsock, t tcp, s tcp stubborn, g unixgram, d udp, f fifo, and the same
with c before for those that connect meanwhile.
"""
import errno, json, os, random, select, signal, socket, sys, time

pid, directory, tcp, udp, clients, stubborn, seed = int(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:8])
WORKERS, SECONDS_MAX, COMERS_MAX, SEND_BUFFER = 2, 20, 300, 65536
OVER = {errno.EPIPE, errno.ECONNRESET, errno.ECONNREFUSED, errno.ENOTCONN, errno.ENXIO, errno.ENOENT, errno.EBADF}
chance = random.Random(seed)


def line(client, seq):
    start = b'{"producer":"%s","seq":%d,"pad":"' % (client.encode(), seq)
    return start + b"x" * (seq * 7919 % (60 if seq % 5 else 1500)) + b'"}\n'


class Client:
    """Writes lines in order; `lines` are those that the kernel has accepted whole, `inside` the bytes that it has of the next one."""

    def __init__(self, name, write, batch, eof=None, close=None):
        self.name, self.write, self.batch, self.eof, self.close = name, write, batch, eof, close
        self.lines, self.inside, self.bytes, self.rest, self.over, self.asked = 0, 0, 0, b"", False, False

    def step(self):
        """True when something was written."""
        if self.eof and not self.asked and self.eof():
            # Asked to stop: the client finishes its current line and sends no more.
            self.asked = True
            self.rest = self.rest[: self.rest.index(b"\n") + 1] if self.inside else b""
        if self.asked and not self.rest:
            self.over = True
            self.close()
            return False
        if not self.rest:
            self.rest = b"".join(line(self.name, self.lines + i) for i in range(self.batch))
        try:
            n = self.write(self.rest)
        except BlockingIOError:
            return False
        except OSError as e:
            if e.errno not in OVER:
                raise
            self.over = True
            return False
        taken, self.rest = self.rest[:n], self.rest[n:]
        self.bytes += n
        self.lines += taken.count(b"\n")
        end = taken.rfind(b"\n")
        self.inside = self.inside + n if end < 0 else n - end - 1
        return True

    def partial(self):
        return line(self.name, self.lines)[: self.inside].decode()


def unix(kind, name):
    s = socket.socket(socket.AF_UNIX, kind)
    s.setblocking(False)
    s.connect(os.path.join(directory, name))
    return s


def inet(kind, port):
    s = socket.socket(socket.AF_INET, kind)
    s.connect(("127.0.0.1", port))
    s.setblocking(False)
    return s


def asked_to_stop(s):
    def has_ended():
        try:
            return s.recv(1) == b""
        except BlockingIOError:
            return False
        except OSError:
            return False  # reset; the next write says so

    return has_ended


def stream(name, batch):
    if "u" in name:
        return Client(name, unix(socket.SOCK_STREAM, "unixsock").send, batch)
    s = inet(socket.SOCK_STREAM, tcp)
    honour = "t" in name
    if honour:
        # A busy machine must be able to read what they have written within the second that a stop takes at most.
        s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    return Client(name, s.send, batch, asked_to_stop(s) if honour else None, s.close)


def client(i):
    kind = i % 10
    if kind < 3:
        return stream("u%d" % i, 1 + i % 20)
    if kind < 6:
        return stream("%s%d" % ("s" if i // 10 % 10 < stubborn else "t", i), 1 + i % 20)
    if kind < 8:
        return Client("g%d" % i, unix(socket.SOCK_DGRAM, "unixgram").send, 1 + i % 2)
    if kind < 9:
        return Client("d%d" % i, inet(socket.SOCK_DGRAM, udp).send, 1)
    fd = os.open(os.path.join(directory, "fifo"), os.O_WRONLY | os.O_NONBLOCK)
    return Client("f%d" % i, lambda data: os.write(fd, data), 1 + i % 2)


def newcomer(i):
    """One more client that sends a little; None when nobody listens any more."""
    try:
        one = stream(("cu%d" if i % 2 else "ct%d") % i, 3)
    except OSError:
        return None
    one.step()
    return one


def work(mine, number, ready, go, gate):
    crowd = [client(i) for i in mine]
    comers, knocking, deadline = [], True, None
    for _ in range(5):
        for c in crowd:
            c.step()
    os.write(ready, b"x")
    os.close(ready)
    os.read(go, 1)
    while not all(c.over for c in crowd) or knocking:
        moved = [c.step() for c in crowd if not c.over]
        if knocking:
            comer = newcomer(number + WORKERS * len(comers))
            comers += [comer] if comer else []
            knocking = comer is not None and len(comers) < COMERS_MAX
        if deadline is None and select.select([gate], [], [], 0)[0]:
            deadline = time.monotonic() + SECONDS_MAX
        if deadline and time.monotonic() > deadline:
            sys.exit("still writing: %s" % [c.name for c in crowd if not c.over])
        if not any(moved):
            time.sleep(0.0005)
    return crowd + comers


def report(crowd):
    kinds = {"u": "unixsock", "t": "tcp", "s": "tcp", "g": "unixgram", "d": "udp", "f": "fifo"}
    transport_bytes = dict.fromkeys(kinds.values(), 0)
    for c in crowd:
        transport_bytes[kinds[c.name.lstrip("c")[0]]] += c.bytes
    return {"clients": [{"name": c.name, "accepted": c.lines, "partial": c.partial()} for c in crowd], "bytes": transport_bytes}


def main():
    ready_read, ready_write = os.pipe()
    go_read, go_write = os.pipe()
    gate_read, gate_write = os.pipe()
    results = []
    for number in range(WORKERS):
        result, out = os.pipe()
        if os.fork() == 0:
            # A pipe ends when nobody has its other end any more.
            os.close(go_write)
            os.close(gate_write)
            crowd = work(range(number, clients, WORKERS), number, ready_write, go_read, gate_read)
            os.write(out, json.dumps(report(crowd)).encode())
            os._exit(0)
        os.close(out)
        results.append(result)
    os.close(ready_write)
    for _ in range(WORKERS):
        if os.read(ready_read, 1) == b"":
            sys.exit("a worker ended before the signal")
    os.write(go_write, b"x" * WORKERS)
    time.sleep(chance.uniform(0, 0.05))
    os.kill(pid, signal.SIGTERM)
    print(json.dumps({"signalled": True}), flush=True)
    os.close(gate_write)
    total = {"clients": [], "bytes": {}}
    for result in results:
        part = json.loads(b"".join(iter(lambda: os.read(result, 1 << 16), b"")))
        total["clients"] += part["clients"]
        for name, n in part["bytes"].items():
            total["bytes"][name] = total["bytes"].get(name, 0) + n
    print(json.dumps(total), flush=True)


main()
