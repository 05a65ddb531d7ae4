# SPDX-License-Identifier: Apache-2.0
"""refuse_call.py CALL=ERRNO[,CALL=ERRNO...] COMMAND...: runs it under a seccomp filter that refuses these system calls.

close_range_cloexec is close_range(2) with that flag, as on Linux 5.9 and 5.10.
"""
import ctypes
import errno
import os
import platform
import struct
import sys

# The same on every architecture, but for those that are older than 2019.
NUMBERS = {
    "pidfd_send_signal": 424, "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431,
    "fsmount": 432, "pidfd_open": 434, "clone3": 435, "close_range": 436, "openat2": 437,
    "pidfd_getfd": 438, "faccessat2": 439, "mount_setattr": 442, "close_range_cloexec": 436,
    "seccomp": 317 if platform.machine() == "x86_64" else 277, "mknodat": 259 if platform.machine() == "x86_64" else 33,
}
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000

program = []
for word in sys.argv[1].split(","):
    call, code = word.split("=")
    refuse = ERRNO | getattr(errno, code)
    program += [(LOAD, 0, 0, 0)]
    if call.endswith("_cloexec"):  # the low half of the third argument
        program += [(EQUAL, 0, 3, NUMBERS[call]), (LOAD, 0, 0, 16 + 2 * 8), (EQUAL, 0, 1, 4), (RETURN, 0, 0, refuse)]
    else:
        program += [(EQUAL, 0, 1, NUMBERS[call]), (RETURN, 0, 0, refuse)]
program += [(RETURN, 0, 0, ALLOW)]

text = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
buffer = ctypes.create_string_buffer(text)
fprog = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
libc = ctypes.CDLL(None, use_errno=True)
# Root needs no no_new_privs, which the command would inherit.
if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_char_p(fprog), 0, 0) != 0:
    sys.exit("refuse_call.py: " + os.strerror(ctypes.get_errno()))
os.execvp(sys.argv[2], sys.argv[2:])
