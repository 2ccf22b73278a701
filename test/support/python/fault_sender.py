"""An acknowledged sender (docs/acknowledgements.md) for fault tests, sharing no code with the project. Sends numbered lines until its
standard input ends, then waits until all that it sent is acknowledged.

usage: fault_sender.py unix:PATH|HOST:PORT PRODUCER [WINDOW] [PAD]
Its journal, on stdout, is what the file is judged by: {"run": "…"} first, {"sent": N} before lines up to N are sent, {"acked": N} when
that was received, {"done": true, "connections": N} at the end. Upon SIGUSR1 it cuts its connection. A line is {"producer":"…","run":"…","seq":N} with PAD further bytes where asked.
It fails when it is refused, or gets an answer that can't be true.
"""
import json, os, random, secrets, select, signal, socket, sys, time

target, producer = sys.argv[1], sys.argv[2]
window = int(sys.argv[3]) if len(sys.argv) > 3 else 500
pad = ',"pad":"%s"' % ("x" * int(sys.argv[4])) if len(sys.argv) > 4 else ""
run = secrets.token_hex(4)
acked, sent, connections, stopping, deadline, connection = -1, -1, 0, False, None, None


def report(**event):
    os.write(1, json.dumps(event).encode() + b"\n")


def connect():
    if target.startswith("unix:"):
        s = socket.socket(socket.AF_UNIX)
        s.connect(target[5:])
        return s
    host, port = target.rsplit(":", 1)
    return socket.create_connection((host, int(port)))


def cut(*_):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except (AttributeError, OSError):
        pass  # there is none just now


signal.signal(signal.SIGUSR1, cut)


def asked_to_stop():
    global stopping
    while not stopping and select.select([0], [], [], 0)[0]:
        stopping = os.read(0, 4096) == b""
    return stopping


def lines(first, end):
    head = '{"producer":"%s","run":"%s","seq":' % (producer, run)
    return "".join("%s%d%s}\n" % (head, n, pad) for n in range(first, end)).encode()


def answer(replies):
    line = replies.readline(1024)
    if not line.endswith(b"\n"):
        raise OSError("the connection ended")  # or was cut by the kill
    said = json.loads(line)
    if "error" in said and said.get("retry") is not True:
        sys.exit("refused: %s" % said["error"])
    if "error" in said:
        raise OSError(said["error"])
    return said


def converse(s):
    global acked, sent
    replies = s.makefile("rb")
    hello = {"hello": "log-aggregator/1", "producer": producer, "run": run, "first": acked + 1}
    s.sendall(json.dumps(hello, separators=(",", ":")).encode() + b"\n")
    following = answer(replies)["next"]
    if not acked + 1 <= following <= sent + 1:
        sys.exit("wants line %d, and lines %d to %d are pending" % (following, acked + 1, sent))
    while not asked_to_stop() or acked < sent:
        until = sent + 1 if stopping else acked + 1 + window
        if following < until:
            if until - 1 > sent:
                sent = until - 1
                report(sent=sent)
            s.sendall(lines(following, until))
            following = until
        said = answer(replies)
        if "ack" in said:
            if said["ack"] > sent:
                sys.exit("acknowledges line %d, sent %d" % (said["ack"], sent))
            acked = max(acked, said["ack"])
            report(acked=acked)


report(run=run)
while not asked_to_stop() or acked < sent:
    if stopping:
        deadline = deadline or time.monotonic() + 30
        if time.monotonic() > deadline:
            sys.exit("no acknowledgements for 30 s")
    try:
        with connect() as connection:
            connections += 1
            converse(connection)
    except OSError:
        time.sleep(random.uniform(0.005, 0.03))
report(done=True, connections=connections)
