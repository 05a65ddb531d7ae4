# SPDX-License-Identifier: Apache-2.0
"""adopter.py keep|reap COMMAND...: the parent of what COMMAND leaves behind, a detached container for example.

'keep' never waits for it: it stays a zombie. 'reap' has no zombies at all: the kernel reaps for whoever ignores SIGCHLD.
Prints 'adopted' when COMMAND has ended, and lives on.
"""
import ctypes
import os
import signal
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
    sys.exit("prctl")
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status = os.waitpid(child, 0)
if status != 0:
    sys.exit("%s: %d" % (sys.argv[2], status))
if sys.argv[1] == "reap":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print("adopted", flush=True)
time.sleep(1000)
