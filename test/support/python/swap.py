"""Puts something else at a path, over and over, until standard input ends: for a program that opens what is there meanwhile.

usage: swap.py PATH VICTIM OUTSIDE     VICTIM: a file that links lead to; OUTSIDE: a directory in which links lead to nothing
Beside PATH there may be PATH.bait, another user's file that is moved to PATH and back. Prints how often each kind was put there.
"""
import collections, json, os, select, sys

path, victim, outside = sys.argv[1:]
own, bait, put = path + ".own", path + ".bait", collections.Counter()
open(own, "w").close()
os.chmod(own, 0o666)

KINDS = {
    "link": lambda: os.symlink(victim, path),
    "link to nothing": lambda: os.symlink(os.path.join(outside, "new"), path),
    "hard link": lambda: os.link(own, path),
    "fifo": lambda: os.mkfifo(path, 0o666),
    "directory": lambda: os.mkdir(path),
    "bait": lambda: os.rename(bait, path),
    "nothing": lambda: None,
}


def clear(kind):
    try:
        if kind == "bait":
            os.rename(path, bait)
        elif kind == "directory":
            os.rmdir(path)
        else:
            os.unlink(path)
    except OSError:
        pass  # the program has replaced or removed it


print(json.dumps({"event": "swapping"}), flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    for kind, make in KINDS.items():
        try:
            os.umask(0)
            make()
            put[kind] += 1
        except OSError:
            pass  # the program was faster
        if kind != "nothing":
            clear(kind)
        else:
            clear("what the program made")
print(json.dumps({"event": "swapped", **put}), flush=True)
