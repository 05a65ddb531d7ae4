# SPDX-License-Identifier: Apache-2.0
"""notify_socket.py SOCKET: prints every datagram that comes, as a service manager would read it."""
import os
import socket
import sys

path = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(path + ".new")
os.rename(path + ".new", path)
s.settimeout(15)
while True:
    print(s.recv(4096).decode(), flush=True)
