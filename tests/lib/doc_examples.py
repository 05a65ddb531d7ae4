# SPDX-License-Identifier: Apache-2.0
"""doc_examples.py FILE: checks the console examples of a document against what their commands do.

Reads the blocks of FILE that begin with ```console. A line '$ COMMAND' is run by one bash for all blocks; the lines after
it are what it prints (both outputs), where '...' stands for anything within a line. '? N' is the exit status, else it
must be 0. The shell's start is in the variable PRELUDE. Prints what differs; the exit status is 1 then.
"""
import os
import re
import subprocess
import sys


def steps(path):
    inside = False
    current = None
    for number, line in enumerate(open(path), 1):
        line = line.rstrip("\n")
        if line.startswith("```"):
            if current:
                yield current
            current, inside = None, line == "```console"
        elif inside and line.startswith("$ "):
            if current:
                yield current
            current = {"line": number, "command": line[2:], "output": [], "status": 0}
        elif inside and line.startswith("? "):
            current["status"] = int(line[2:])
        elif inside:
            current["output"].append(line)


def fits(want, got):
    if len(want) != len(got):
        return False
    return all(
        re.fullmatch(".*".join(re.escape(part.strip()) if "..." in w else re.escape(part)
                               for part in w.split("...")), g.strip() if "..." in w else g)
        for w, g in zip(want, got))


def main():
    shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    shell.stdin.write(os.environ.get("PRELUDE", "") + "\n")
    bad = count = 0
    for step in steps(sys.argv[1]):
        count += 1
        # To files: a detached container keeps what it inherits.
        shell.stdin.write("{ %s\n} >out 2>&1 </dev/null; echo \"@@$?\"\n" % step["command"])
        shell.stdin.flush()
        status = None
        for line in shell.stdout:
            if line.startswith("@@"):
                status = int(line[2:])
                break
            print(line, end="")
        with open("out", errors="replace") as f:
            got = f.read().splitlines()
        if status != step["status"] or not fits(step["output"], got):
            bad += 1
            print("%s:%d: $ %s" % (sys.argv[1], step["line"], step["command"]))
            print("  wanted status %d and %r" % (step["status"], step["output"]))
            print("  there is status %s and %r" % (status, got))
    shell.stdin.close()
    shell.wait()
    print("%d examples, %d differ" % (count, bad))
    return 1 if bad or not count else 0


sys.exit(main())
