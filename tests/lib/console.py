# SPDX-License-Identifier: Apache-2.0
"""console.py SOCKET [INPUT]: takes a pty master by SCM_RIGHTS, types INPUT, copies what it shows to standard output.

Prints a first line 'fds=N data=N bytes' about the message, then 'slave=/dev/pts/N'.
"""
import array
import fcntl
import os
import socket
import struct
import sys
import termios

path = sys.argv[1]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listener.bind(path + ".new")
listener.listen(1)
os.rename(path + ".new", path)
listener.settimeout(15)
peer, _ = listener.accept()
fds = array.array("i")
# Room for two descriptors: a message with more than one is a fault to be seen.
data, ancillary, _, _ = peer.recvmsg(4096, socket.CMSG_SPACE(2 * fds.itemsize))
for level, kind, payload in ancillary:
    if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
        fds.frombytes(payload[: len(payload) - len(payload) % fds.itemsize])
print("fds=%d data=%d bytes" % (len(fds), len(data)), flush=True)
master = fds[0]
number = struct.unpack("I", fcntl.ioctl(master, 0x80045430, b"\0" * 4))[0]
print("slave=/dev/pts/%d" % number, flush=True)
peer.close()
if len(sys.argv) > 2:
    os.write(master, sys.argv[2].encode())
while True:
    try:
        text = os.read(master, 4096)
    except OSError:
        break
    if not text:
        break
    os.write(1, text)
