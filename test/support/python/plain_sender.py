"""A plain sender for fault tests, sharing no code with the project. Sends numbered lines, as many as the kernel accepts or at a rate, until
its standard input ends (it then completes the current line) or the connection breaks.

usage: plain_sender.py unix:PATH|HOST:PORT PRODUCER LINES_PER_SECOND|max [PAD]
Its journal, on stdout, is what the file is judged by: {"sending": true} after the first write, and at the end
{"accepted": N, "partial": "…"}: how many whole lines the kernel accepted, and the beginning that it accepted of one more.
"""
import json, os, select, socket, sys, time

target, producer = sys.argv[1], sys.argv[2]
rate = None if sys.argv[3] == "max" else float(sys.argv[3])
pad = ',"pad":"%s"' % ("x" * int(sys.argv[4])) if len(sys.argv) > 4 else ""
form = '{"producer":"%s","seq":%%d%s}\n' % (producer, pad)
BATCH = 400
accepted, into, rest, stopping, announced = 0, 0, b"", False, False


def connect():
    if target.startswith("unix:"):
        s = socket.socket(socket.AF_UNIX)
        s.connect(target[5:])
    else:
        host, port = target.rsplit(":", 1)
        s = socket.create_connection((host, int(port)))
    s.setblocking(False)
    return s


def report(**event):
    os.write(1, json.dumps(event).encode() + b"\n")


def lines(count):
    return "".join([form % n for n in range(accepted, accepted + count)]).encode()


def due():
    if stopping:
        return 1 if into else 0
    return BATCH if rate is None else min(BATCH, int((time.monotonic() - started) * rate) - accepted)


s, started = connect(), time.monotonic()
try:
    while True:
        if not stopping and select.select([0], [], [], 0)[0]:
            stopping = os.read(0, 4096) == b""
            if stopping:
                rest = b""
        if not rest:
            if due() <= 0:
                if stopping:
                    break
                select.select([0], [], [], 0.005)
                continue
            rest = lines(due())[into:]
        select.select([] if stopping else [0], [s], [])
        try:
            taken = s.send(rest)
        except BlockingIOError:
            continue
        if not announced:
            announced = True
            report(sending=True)
        whole = rest.count(b"\n", 0, taken)
        accepted += whole
        into = taken - rest.rindex(b"\n", 0, taken) - 1 if whole else into + taken
        rest = rest[taken:]
except (BrokenPipeError, ConnectionResetError):
    pass
report(accepted=accepted, partial=lines(1)[:into].decode())
