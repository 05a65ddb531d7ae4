# SPDX-License-Identifier: Apache-2.0
"""unread.py pipe|pty ACTION COMMAND...: the command's standard output goes where nobody reads it. Once that is full the
action is taken: type:TEXT (at its standard input, a terminal), term (SIGTERM to it), or run:SHELL. Prints "status N" when
the command ends, or "no end" after 20 s; with pipe then also how many bytes are in it."""
import array
import fcntl
import os
import signal
import subprocess
import sys
import termios
import time


def waiting(fd):
    n = array.array("i", [0])
    fcntl.ioctl(fd, termios.FIONREAD, n)
    return n[0]


kind, action, command = sys.argv[1], sys.argv[2], sys.argv[3:]
keyboard, terminal = os.openpty()
if kind == "pipe":
    reader, writer = os.pipe()
else:
    reader, writer = os.openpty()


def take_terminal():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


job = subprocess.Popen(command, stdin=terminal, stdout=writer, preexec_fn=take_terminal)
os.close(writer)
before, quiet = 0, 0
for _ in range(400):
    time.sleep(0.05)
    now = waiting(reader)
    quiet = quiet + 1 if now and now == before else 0
    before = now
    if quiet == 6 or job.poll() is not None:
        break
print("full", before, flush=True)
if action.startswith("type:"):
    os.write(keyboard, action[5:].encode().decode("unicode_escape").encode())
elif action == "term":
    os.kill(job.pid, signal.SIGTERM)
else:
    subprocess.run(action[4:], shell=True, check=False)
try:
    print("status", job.wait(20))
except subprocess.TimeoutExpired:
    print("no end")
    job.kill()
if kind == "pipe":
    print("bytes", waiting(reader))
