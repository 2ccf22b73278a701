"""Writers that open a FIFO anew for every line. usage: fifo_openers.py PATH WRITERS OPENS; prints {"opens": N}"""
import json, os, sys, threading

path, writers, opens = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def write(name, count):
    for n in range(count):
        fd = os.open(path, os.O_WRONLY)
        os.write(fd, b'{"producer":"%s","seq":%d,"pad":"%s"}\n' % (name.encode(), n, b"x" * (n * 37 % 4000)))
        os.close(fd)


threads = [threading.Thread(target=write, args=("w%d" % i, opens // writers)) for i in range(writers)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(json.dumps({"opens": opens // writers * writers}), flush=True)
