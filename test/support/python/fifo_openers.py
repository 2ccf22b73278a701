"""Writers that open a FIFO again for every line. usage: fifo_openers.py PATH WRITERS OPENS
prints each one's journal at its end, {"writer": "w0", "written": N}: the number of whole lines that the kernel accepted
"""
import json, os, sys, threading

path, writers, opens = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def write(name, count):
    written = 0
    for n in range(count):
        fd = os.open(path, os.O_WRONLY)
        line = b'{"producer":"%s","seq":%d,"pad":"%s"}\n' % (name.encode(), n, b"x" * (n * 37 % 4000))
        written += os.write(fd, line) == len(line)
        os.close(fd)
    os.write(1, json.dumps({"writer": name, "written": written}).encode() + b"\n")


threads = [threading.Thread(target=write, args=("w%d" % i, opens // writers)) for i in range(writers)]
for t in threads:
    t.start()
for t in threads:
    t.join()
