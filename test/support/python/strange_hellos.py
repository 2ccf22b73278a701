"""Strangers that send hellos (docs/acknowledgements.md) that are wrong, odd or hostile, one after the other.

usage: strange_hellos.py unix:PATH|HOST:PORT COUNT SEED NAME...     NAME: producers whose sequences others are sending
Prints {"event": "strange", "hellos": N, "wrong": N, "example": "…"} at the end: how many were not answered as the page says.
Only blank lines are sent, so none of this may be in the file.
"""
import json, random, secrets, socket, struct, sys

target, count, names = sys.argv[1], int(sys.argv[2]), sys.argv[4:]
chance = random.Random(int(sys.argv[3]))
wrong, example = 0, ""


def connect():
    if target.startswith("unix:"):
        s = socket.socket(socket.AF_UNIX)
        s.connect(target[5:])
    else:
        host, port = target.rsplit(":", 1)
        s = socket.create_connection((host, int(port)))
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.settimeout(20)
    return s


def hello(**fields):
    said = {"hello": "log-aggregator/1", "producer": chance.choice(names), "run": secrets.token_hex(8), "first": 0}
    said.update(fields)
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"


def long_hello(size):
    return hello(more="x" * (size - len(hello(more=""))))


def answer(s):
    """The next answer; None where the connection ended without one."""
    line = s.makefile("rb").readline(1024)
    return json.loads(line) if line.endswith(b"\n") else None


def expect(words, right):
    with connect() as s:
        s.sendall(words)
        said = answer(s)
        judge(said, said is not None and right(said), words)


def judge(said, sound, words):
    global wrong, example
    if not sound:
        wrong += 1
        example = example or "%r was answered %r" % (words[:200], said)


def refused(said):
    return isinstance(said.get("error"), str) and said.get("retry") is False


def far_ahead():
    first = chance.choice([1, 10**9, 2**52 - 1, 2**52])
    with connect() as s:
        words = hello(first=first)
        s.sendall(words)
        said = answer(s)
        judge(said, said is not None and said.get("next") == first, words)
        s.sendall(b"\n" * chance.randint(0, 3))


def impossible_number():
    words = hello(first="N").replace(b'"N"', chance.choice([b"-1", b"0.5", b"9007199254740992", b"1e400", b"null", b'"0"', b"[]"]))
    expect(words, refused)


def wrong_name():
    name = {"run": chance.choice(["", "x" * 65, "a b", "\0", 7, None, ["r"], {"a": 1}, "é"])}
    if chance.random() < 0.5:
        name = {"producer": chance.choice(["", "x" * 129, "é" * 65, 7, None, [], {}])}
    expect(hello(**name), refused)


def garbage():
    expect(b'{"hello":"log-aggregator/' + chance.randbytes(chance.randint(0, 900)).replace(b"\n", b"") + b"\n", refused)


def too_long():
    expect(long_hello(chance.randint(1025, 100_000)), refused)


def as_long_as_may_be():
    expect(long_hello(1024), lambda said: said.get("next") == 0)


def lines_at_once():
    expect(hello() + b"\n", refused)


def in_chunks():
    words = hello()
    with connect() as s:
        at = 0
        while at < len(words):
            size = chance.randint(1, 20)
            s.sendall(words[at : at + size])
            at += size
        said = answer(s)
        judge(said, said is not None and said.get("next") == 0, words)


def twice():
    words = hello()
    with connect() as old, connect() as new:
        old.sendall(words)
        judge(None, answer(old).get("next") == 0, words)
        new.sendall(words)
        said = answer(old)
        judge(said, said is not None and refused(said), words)
        said = answer(new)
        judge(said, said is not None and said.get("next") == 0, words)


def torn_away():
    with connect() as s:
        s.sendall(hello() + b"\n" * chance.randint(0, 3))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


KINDS = [far_ahead, impossible_number, wrong_name, garbage, too_long, as_long_as_may_be, lines_at_once, in_chunks, twice, torn_away]
for i in range(count):
    KINDS[i % len(KINDS)]()
print(json.dumps({"event": "strange", "hellos": count, "wrong": wrong, "example": example}), flush=True)
