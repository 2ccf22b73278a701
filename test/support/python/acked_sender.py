"""A client of docs/acknowledgements.md that shares no code with the project. Sends numbered lines until all are acknowledged.

usage: acked_sender.py unix:PATH|HOST:PORT PRODUCER COUNT [SECONDS]      prints {"acked": N, "connections": N} at the end
Prints {"event": "acked", "upTo": N} whenever an acknowledgement has come: a journal of what it may rely on.
"""
import json, random, socket, sys, time

target, producer, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
deadline = time.monotonic() + float(sys.argv[4] if len(sys.argv) > 4 else 60)
acked, connections, window = -1, 0, 500


def connect():
    if target.startswith("unix:"):
        s = socket.socket(socket.AF_UNIX)
        s.connect(target[5:])
        return s
    host, port = target.rsplit(":", 1)
    return socket.create_connection((host, int(port)))


def converse(s):
    global acked
    replies = s.makefile("rb")
    s.sendall(json.dumps({"hello": "log-aggregator/1", "producer": producer, "first": acked + 1}, separators=(",", ":")).encode() + b"\n")
    welcome = json.loads(replies.readline())
    following = welcome["next"]
    while acked < count - 1:
        until = min(count, acked + 1 + window)
        if following < until:
            s.sendall(b"".join(b'{"producer":"%s","seq":%d}\n' % (producer.encode(), n) for n in range(following, until)))
            following = until
        answer = json.loads(replies.readline())
        if "error" in answer:
            raise OSError(answer["error"])
        if "ack" in answer:
            acked = answer["ack"]
            print(json.dumps({"event": "acked", "upTo": acked}), flush=True)


while acked < count - 1 and time.monotonic() < deadline:
    try:
        with connect() as s:
            connections += 1
            converse(s)
    except (OSError, ValueError):
        time.sleep(random.uniform(0.005, 0.05))
print(json.dumps({"event": "done", "acked": acked + 1, "connections": connections}), flush=True)
sys.exit(0 if acked == count - 1 else 1)
