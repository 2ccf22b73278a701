"""A client of docs/acknowledgements.md that shares no code with the project. Sends numbered lines until all are acknowledged.

usage: acked_sender.py unix:PATH|HOST:PORT PRODUCER COUNT [SECONDS]
Prints {"event": "acked", "upTo": N} for each acknowledgement: a journal of what it may rely on. At the end
{"event": "done", "run": "…", "acked": N, "connections": N}. Exits with 2 when the aggregator refuses or its answer can't be true.
"""
import json, random, secrets, socket, sys, time

target, producer, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
deadline = time.monotonic() + float(sys.argv[4] if len(sys.argv) > 4 else 60)
run = secrets.token_hex(8)
acked, sent, connections, window, pause = -1, -1, 0, 500, 0.05


def connect():
    if target.startswith("unix:"):
        s = socket.socket(socket.AF_UNIX)
        s.connect(target[5:])
        return s
    host, port = target.rsplit(":", 1)
    return socket.create_connection((host, int(port)))


def require(condition, what):
    if not condition:
        sys.stderr.write("the aggregator said what can't be true: %s\n" % what)
        sys.exit(2)


def answer(replies):
    line = replies.readline(1024)
    if line == b"":
        raise OSError("the connection ended")
    require(line.endswith(b"\n"), line)
    said = json.loads(line)
    if "error" in said:
        if said.get("retry") is True:
            raise OSError(said["error"])
        sys.stderr.write("refused: %s\n" % said["error"])
        sys.exit(2)
    return said


def line(n):
    return b'{"producer":"%s","run":"%s","seq":%d}\n' % (producer.encode(), run.encode(), n)


def converse(s):
    global acked, sent, pause
    replies = s.makefile("rb")
    hello = {"hello": "log-aggregator/1", "producer": producer, "run": run, "first": acked + 1}
    s.sendall(json.dumps(hello, separators=(",", ":")).encode() + b"\n")
    welcome = answer(replies)
    following = welcome["next"]
    require(acked + 1 <= following <= sent + 1, welcome)
    while acked < count - 1:
        until = min(count, acked + 1 + window)
        if following < until:
            sent = max(sent, until - 1)
            s.sendall(b"".join(line(n) for n in range(following, until)))
            following = until
        said = answer(replies)
        if "ack" in said:
            require(said["ack"] <= sent, said)
            acked, pause = max(acked, said["ack"]), 0.05
            print(json.dumps({"event": "acked", "upTo": acked}), flush=True)


while acked < count - 1 and time.monotonic() < deadline:
    try:
        with connect() as s:
            connections += 1
            converse(s)
    except OSError:
        pass
    if acked < count - 1:
        time.sleep(random.uniform(0.1, 1) * pause)
        pause = min(1, 2 * pause)
print(json.dumps({"event": "done", "run": run, "acked": acked + 1, "connections": connections}), flush=True)
sys.exit(0 if acked == count - 1 else 1)
