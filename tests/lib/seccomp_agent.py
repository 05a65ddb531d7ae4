# SPDX-License-Identifier: Apache-2.0
"""seccomp_agent.py SOCKET STATE ERRNO: takes one container process state and its seccomp listener.

Writes the state's JSON to STATE (with a member fdCount), then answers every notified call with ERRNO,
or lets it continue when ERRNO is 0.
"""
import array
import fcntl
import json
import os
import socket
import struct
import sys

RECV, SEND, CONTINUE = 0xC0502100, 0xC0182101, 1
path, state_path, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listener.bind(path + ".new")
listener.listen(4)
os.rename(path + ".new", path)
listener.settimeout(15)
peer, _ = listener.accept()
peer.settimeout(15)
fds, text, state = array.array("i"), b"", None
while state is None:
    data, ancillary, _, _ = peer.recvmsg(65536, socket.CMSG_SPACE(4 * fds.itemsize))
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(payload[: len(payload) - len(payload) % fds.itemsize])
    text += data
    try:
        state = json.loads(text)
    except ValueError:
        if not data:
            raise
state["fdCount"] = len(fds)
with open(state_path + ".new", "w", encoding="utf-8") as f:
    json.dump(state, f)
os.rename(state_path + ".new", state_path)
while True:
    request = bytearray(80)
    try:
        fcntl.ioctl(fds[0], RECV, request)
        identity = struct.unpack_from("Q", request)[0]
        fcntl.ioctl(fds[0], SEND, struct.pack("Qqii", identity, 0, -number, 0 if number else CONTINUE))
    except FileNotFoundError:
        continue
    except OSError:
        break
