# SPDX-License-Identifier: Apache-2.0
"""doc_examples.py FILE: checks the console examples of a document against what their commands do.

Reads the blocks of FILE that begin with ```console, or those of a manual page's source (docs/man) that begin with ```.
A line '$ COMMAND' is run by one bash for all blocks; the lines after it are what it prints (both outputs), where '...'
stands for anything within a line, and as the last line for all that follows. The exit status is that of a line '? N', or of a comment '# exit status N' behind the
command, else it must be 0. A line '; before: COMMAND' outside of the blocks is run as well: readers do not see it. The
shell's start is in the variable PRELUDE. Prints what differs; the exit status is 1 then.
"""
import os
import re
import subprocess
import sys


def step(number, command):
    status = re.search(r"# exit status (\d+)$", command)
    return {"line": number, "command": command, "output": [], "status": int(status.group(1)) if status else 0}


def steps(path):
    begins = "```" if path.endswith(".txt") else "```console"
    inside = False
    current = None
    for number, line in enumerate(open(path), 1):
        line = line.rstrip("\n")
        if line.startswith("```"):
            if current:
                yield current
            current, inside = None, not inside and line == begins
        elif inside and line.startswith("$ "):
            if current:
                yield current
            current = step(number, line[2:])
        elif not inside and line.startswith("; before: "):
            yield step(number, line[len("; before: "):])
        elif inside and line.startswith("? "):
            current["status"] = int(line[2:])
        elif inside:
            current["output"].append(line)


def fits(want, got):
    if want[-1:] == ["..."]:
        want, got = want[:-1], got[:len(want) - 1]
    if len(want) != len(got):
        return False
    return all(
        re.fullmatch(".*".join(re.escape(part.strip()) if "..." in w else re.escape(part)
                               for part in w.split("...")), g.strip() if "..." in w else g)
        for w, g in zip(want, got))


def main():
    shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    shell.stdin.write(os.environ.get("PRELUDE", "") + "\n")
    out = os.path.abspath("out")  # the commands may change the directory
    bad = count = 0
    for one in steps(sys.argv[1]):
        count += 1
        # To files: a detached container keeps what it inherits.
        shell.stdin.write("{ %s\n} >%s 2>&1 </dev/null; echo \"@@$?\"\n" % (one["command"], out))
        shell.stdin.flush()
        status = None
        for line in shell.stdout:
            if line.startswith("@@"):
                status = int(line[2:])
                break
            print(line, end="")
        with open(out, errors="replace") as f:
            got = f.read().splitlines()
        if status != one["status"] or not fits(one["output"], got):
            bad += 1
            print("%s:%d: $ %s" % (sys.argv[1], one["line"], one["command"]))
            print("  wanted status %d and %r" % (one["status"], one["output"]))
            print("  there is status %s and %r" % (status, got))
    shell.stdin.close()
    shell.wait()
    print("%d examples, %d differ" % (count, bad))
    return 1 if bad or not count else 0


sys.exit(main())
