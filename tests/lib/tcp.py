#!/usr/bin/python3 -SE
# SPDX-License-Identifier: Apache-2.0
"""tcp.py echo PORT            a server on the loopback that says back what it hears, until half-closed, then 'bye'
tcp.py get PORT|PATH TEXT      connects, sends TEXT, half-closes, prints all that comes
tcp.py flood PORT|PATH BYTES   sends and receives that much at once; prints 'same' when it is the same
tcp.py many PORT N             N connections held at once, a message on each; prints how many answered, and waits for a line
tcp.py push PORT BYTES         sends that much to a sink; prints the seconds until it has all
tcp.py first PORT              connects to an echo, prints the seconds until the first byte came back
tcp.py sink PORT               a server that reads and counts; tells the sum on the standard output at the end of each"""
import hashlib
import os
import socket
import sys
import threading
import time


def connect(where):
    if where.startswith("/"):
        s = socket.socket(socket.AF_UNIX)
        s.connect(where)
        return s
    return socket.create_connection(("127.0.0.1", int(where)), 10)


def each(port, serve):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", int(port)))
    server.listen(2048)
    print("listening", flush=True)
    while True:
        peer, _ = server.accept()
        threading.Thread(target=serve, args=(peer,), daemon=True).start()


def echo(peer):
    with peer:
        while True:
            data = peer.recv(65536)
            if not data:
                break
            peer.sendall(data)
        peer.sendall(b"bye")


def sink(peer):
    total = 0
    with peer:
        while True:
            data = peer.recv(1 << 20)
            if not data:
                break
            total += len(data)
        peer.sendall(b"%d" % total)


def read_all(s):
    out = b""
    while True:
        data = s.recv(65536)
        if not data:
            return out
        out += data


def get(where, text):
    s = connect(where)
    s.sendall(text.encode())
    s.shutdown(socket.SHUT_WR)
    sys.stdout.write(read_all(s).decode())


def flood(where, size):
    s, block, sent, got = connect(where), os.urandom(65536), hashlib.sha256(), hashlib.sha256()

    def send():
        left = int(size)
        while left:
            part = block[:left]
            s.sendall(part)
            sent.update(part)
            left -= len(part)
        s.shutdown(socket.SHUT_WR)
    t = threading.Thread(target=send)
    t.start()
    tail = b""
    while True:
        data = s.recv(1 << 20)
        if not data:
            break
        tail += data
        got.update(tail[:-3])
        tail = tail[-3:]
    t.join()
    print("same" if got.digest() == sent.digest() and tail == b"bye" else "differs")


def many(port, n):
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    all, good = [connect(port) for _ in range(int(n))], 0
    for i, s in enumerate(all):
        s.sendall(b"%06d" % i)
    for i, s in enumerate(all):
        good += s.recv(6, socket.MSG_WAITALL) == b"%06d" % i
    print(good, flush=True)
    sys.stdin.readline()


def push(port, size):
    block, left = bytes(1 << 20), int(size)
    begin = time.monotonic()
    s = connect(port)
    while left:
        s.sendall(block[:left])
        left -= min(left, len(block))
    s.shutdown(socket.SHUT_WR)
    done = read_all(s)
    print("%.6f" % (time.monotonic() - begin) if done == size.encode() else "lost")


def first(port):
    begin = time.monotonic()
    s = connect(port)
    s.sendall(b"x")
    s.recv(1)
    print("%.6f" % (time.monotonic() - begin))


what, args = sys.argv[1], sys.argv[2:]
{"echo": lambda port: each(port, echo), "sink": lambda port: each(port, sink), "get": get, "flood": flood,
 "many": many, "push": push, "first": first}[what](*args)
