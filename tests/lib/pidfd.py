# SPDX-License-Identifier: Apache-2.0
"""pidfd.py SOCKET: takes one descriptor by SCM_RIGHTS and prints the process it is for, as /proc shows it."""
import array
import os
import socket
import sys

path = sys.argv[1]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listener.bind(path + ".new")
listener.listen(1)
os.rename(path + ".new", path)
listener.settimeout(15)
peer, _ = listener.accept()
fds = array.array("i")
_, ancillary, _, _ = peer.recvmsg(4096, socket.CMSG_SPACE(2 * fds.itemsize))
for level, kind, payload in ancillary:
    if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
        fds.frombytes(payload[: len(payload) - len(payload) % fds.itemsize])
with open("/proc/self/fdinfo/%d" % fds[0], encoding="ascii") as f:
    print("fds=%d" % len(fds))
    print(f.read(), flush=True)
