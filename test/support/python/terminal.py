"""Runs a command on a pseudo terminal and copies what is shown there to stdout. Ends with the command's status.

Usage: terminal.py COLUMNS COMMAND...    (0 columns: a terminal that doesn't know its size)

Each line of stdin is a JSON object: {"type": "\\u0003"} types at the keyboard, {"columns": 40} resizes, {"signal": 1}
goes to the command alone, and {"hangUp": true} closes the terminal, which the command may survive. The end of stdin
ends the command.
"""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios


def resize(terminal, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24 if columns else 0, columns, 0, 0))


columns, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    resize(0, int(columns))
    os.execvp(command[0], command)

orders = b""
end = os.pidfd_open(pid)
readers = [terminal, 0, end]
while True:
    ready = select.select(readers, [], [])[0]
    if terminal in ready:
        try:
            os.write(1, os.read(terminal, 65536))
            continue
        except OSError:  # EIO: nobody has it open
            readers.remove(terminal)
    if end in ready:
        break
    if 0 not in ready:
        continue
    got = os.read(0, 65536)
    if not got:
        os.kill(pid, signal.SIGKILL)  # it may ignore that its terminal closes
        break
    *complete, orders = (orders + got).split(b"\n")
    for order in map(json.loads, complete):
        if "type" in order:
            os.write(terminal, order["type"].encode())
        elif "columns" in order:
            resize(terminal, order["columns"])
        elif "signal" in order:
            os.kill(pid, order["signal"])
        else:
            os.close(terminal)
            readers = [reader for reader in readers if reader != terminal]

sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
