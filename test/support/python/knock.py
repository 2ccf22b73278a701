"""Connects to a socket and opens a FIFO over and over until standard input ends; prints how often each had which outcome."""
import collections, errno, json, os, select, socket, sys

socket_path, fifo_path = sys.argv[1:]
outcomes = collections.Counter()


def attempt(action):
    try:
        action()
        outcomes["permitted"] += 1
    except OSError as error:
        outcomes[errno.errorcode[error.errno]] += 1


def connect():
    with socket.socket(socket.AF_UNIX) as client:
        client.setblocking(False)
        client.connect(socket_path)


print("ready", flush=True)
for _ in range(100_000):
    for _ in range(50):
        attempt(connect)
        attempt(lambda: os.close(os.open(fifo_path, os.O_RDONLY | os.O_NONBLOCK)))
    if select.select([sys.stdin], [], [], 0)[0]:
        break
print(json.dumps(outcomes))
