# SPDX-License-Identifier: Apache-2.0
"""Many containers, and greedy ones: see tests/run-load, which calls this as root in namespaces of its own.

Each part prints what it measured, and fails when something of the containers is left, has grown with their
number, or when the runtime was not answering while they ran.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time

ORLOP, DIR = os.environ["ORLOP"], os.environ["SUITE_DIR"]
ROOT = os.path.join(DIR, "root")
PREFIX = "orlop-test-%s" % DIR.rsplit(".", 1)[-1]
ANSWERS_WITHIN = 20  # seconds, of any one command, on a machine that others load too
RUNNING = []


class Failure(Exception):
    pass


def orlop(*words, bundle=None):
    begin = time.monotonic()
    # A file: what a detached container inherits would keep a pipe open.
    with open(os.path.join(DIR, "stderr"), "w+b") as err:
        try:
            p = subprocess.run([ORLOP, "--root", ROOT, *words], cwd=bundle, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE if words[0] in ("list", "state") else subprocess.DEVNULL,
                               stderr=err, timeout=ANSWERS_WITHIN)
        except subprocess.TimeoutExpired:
            raise Failure("'%s' does not end within %d s" % (" ".join(words), ANSWERS_WITHIN))
        err.seek(0)
        if p.returncode:
            raise Failure("'%s' ends with %d: %s" % (" ".join(words), p.returncode,
                                                     err.read().decode(errors="replace").strip()))
    return time.monotonic() - begin, p.stdout


def bundle(name, args, resources=None):
    """A bundle of its own for each part: config.json is the same for all of its containers but for the cgroup."""
    path = os.path.join(DIR, name)
    os.makedirs(path)
    os.symlink(os.path.join(DIR, "rootfs"), os.path.join(path, "rootfs"))
    with open(os.path.join(os.path.dirname(__file__), "../lib/config.json")) as f:
        c = json.load(f)
    c["process"]["args"] = args
    c["root"]["readonly"] = True
    c["linux"].pop("cgroupsPath", None)
    c["linux"].setdefault("resources", {}).update(resources or {})
    with open(os.path.join(path, "config.json"), "w") as f:
        json.dump(c, f)
    return path


# ---- looking ----

def fields(path, wanted):
    with open(path) as f:
        rows = [line.replace(":", " ").split() for line in f]
    return {r[0]: int(r[1]) for r in rows if r and r[0] in wanted}


def cgroup_directories():
    return sum(name.startswith(PREFIX) for _, dirs, _ in os.walk("/sys/fs/cgroup") for name in dirs)


def dying_cgroups():
    for base in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        if os.path.exists(base + "/cgroup.stat"):
            return fields(base + "/cgroup.stat", ("nr_dying_descendants",)).get("nr_dying_descendants", 0)
    return 0


def memory_cgroups():
    """Those that are gone too, but for what of them the kernel still keeps."""
    with open("/proc/cgroups") as f:
        return {r.split()[0]: int(r.split()[2]) for r in f if r[0] != "#"}.get("memory", 0)


def lines(path):
    with open(path) as f:
        return sum(1 for _ in f)


def look():
    """What must not grow. The last five are the whole machine's."""
    size = os.statvfs(DIR)
    memory = fields("/proc/meminfo", ("SUnreclaim", "MemAvailable"))
    with open("/proc/sys/fs/file-nr") as f:
        files = int(f.read().split()[0])
    return {"cgroups": cgroup_directories(), "mounts": lines("/proc/self/mountinfo"),
            "tmpfs KiB": (size.f_blocks - size.f_bfree) * size.f_frsize // 1024,
            "tmpfs inodes": size.f_files - size.f_ffree,
            "dying cgroups": dying_cgroups(), "memory cgroups": memory_cgroups(), "open files": files,
            "unreclaimable slab KiB": memory["SUnreclaim"], "MemAvailable KiB": memory["MemAvailable"]}


def tell(what, before, after):
    for key in before:
        print("#   %-24s %9d before %9d after" % (what + key, before[key], after[key]), flush=True)


def removed_cgroups():
    return dying_cgroups() + memory_cgroups()


def settled(before):
    """
    The kernel takes removed cgroups apart one by one, each after a grace period, and lags behind on a busy machine:
    it is waited for as long as it gets on with it. What stays then is asked for by dropping caches.
    """
    most = before["dying cgroups"] + before["memory cgroups"] + 40
    for ask in (False, True):
        if ask:
            with open("/proc/sys/vm/drop_caches", "w") as f:
                f.write("3")
        now, last = removed_cgroups(), None
        while now > most and (last is None or now < last):
            last = now
            time.sleep(10)
            now = removed_cgroups()
    return look()


def nothing_left(before):
    end = time.monotonic() + 10
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            break
        if time.monotonic() > end:
            raise Failure("processes are left")
        time.sleep(0.01)
    now = look()
    for key in ("cgroups", "mounts"):
        if now[key] != before[key]:
            raise Failure("%s: %d before, %d after" % (key, before[key], now[key]))
    left = os.listdir(ROOT) if os.path.isdir(ROOT) else []
    if left:
        raise Failure("state is left: %s" % ", ".join(left[:5]))
    return now


def median(times):
    return sorted(times)[len(times) // 2] * 1000


# ---- the parts ----

def alive(n, _):
    b = bundle("alive", ["sleep", "100000"])
    before = look()
    names = ["%s-a%d" % (PREFIX, i) for i in range(n)]
    RUNNING.extend(names)
    up = [orlop("run", "-d", name, bundle=b)[0] for name in names]
    during = look()
    tell("", before, during)
    took, out = orlop("list", "--format", "json")
    states = [c["status"] for c in json.loads(out) if c["id"] in names]
    if states.count("running") != n:
        raise Failure("%d of %d run" % (states.count("running"), n))
    print("# %d alive at once: run %.1f ms (the first ten %.1f, the last ten %.1f), list %.0f ms, "
          "%.0f KiB of memory each" % (n, median(up), median(up[:10]), median(up[-10:]), took * 1000,
                                       (before["MemAvailable KiB"] - during["MemAvailable KiB"]) / n))
    down = [orlop("delete", "-f", name)[0] for name in names]
    del RUNNING[:]
    print("# deleted: %.1f ms each" % median(down))
    nothing_left(before)


def cycles(_, n):
    b = bundle("cycles", ["sleep", "100000"])
    name = "%s-c" % PREFIX
    RUNNING.append(name)

    def some(count):
        times = []
        for _ in range(count):
            times.append(orlop("create", name, bundle=b)[0] + orlop("delete", "-f", name)[0])
        return times

    before = look()
    some(min(n, 100))  # caches of the kernel and ours are filled
    before = settled(before)
    times = some(n)
    nothing_left(before)
    print("# removed cgroups that the kernel has still to take apart: %d" % dying_cgroups(), flush=True)
    begin = time.monotonic()
    after = settled(before)
    print("# %.0f s later:" % (time.monotonic() - begin))
    print("# %d cycles of create and delete: %.1f ms each (the first tenth %.1f, the last %.1f)" %
          (n, median(times), median(times[:n // 10 + 1]), median(times[-(n // 10 + 1):])))
    tell("", before, after)
    for key, bound in (("tmpfs KiB", 64), ("tmpfs inodes", 16), ("dying cgroups", 50), ("memory cgroups", 50)):
        if after[key] - before[key] > bound:
            raise Failure("%s have grown by %d" % (key, after[key] - before[key]))
    # A hundred bytes a cycle would be a leak; other programs on this machine have some MiB of their own.
    if after["unreclaimable slab KiB"] - before["unreclaimable slab KiB"] > 65536 + n // 10:
        raise Failure("the kernel's memory has grown")


def answers(name, what):
    """A greedy container runs: is the runtime, and the machine, still there?"""
    times = []
    for _ in range(10):
        times.append(orlop("list")[0])
        times.append(orlop("state", name)[0])
    took = orlop("delete", "-f", name)[0]
    print("# %s: state and list %.0f ms (at most %.0f), delete --force %.0f ms" %
          (what, median(times), max(times) * 1000, took * 1000))


def greedy(name, what, script, resources):
    b = bundle(name, ["sh", "-c", script], resources)
    name = "%s-%s" % (PREFIX, name)
    before = look()
    RUNNING.append(name)
    orlop("run", "-d", name, bundle=b)
    time.sleep(1)
    answers(name, what)
    RUNNING.remove(name)
    nothing_left(before)


def bomb(*_):
    greedy("bomb", "a fork bomb within 200 processes", "b() { b | b & }; while :; do b; done",
           {"pids": {"limit": 200}})


def oom(*_):
    greedy("oom", "eating memory within 32 MiB",
           "while :; do (x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done); done",
           {"memory": {"limit": 32 << 20}, "pids": {"limit": 50}})


PARTS = {"alive": alive, "cycles": cycles, "bomb": bomb, "oom": oom}


def main():
    args = sys.argv[1:]
    quick = "--quick" in args
    names = [a for a in args if not a.startswith("--")] or list(PARTS)
    n_alive = int(os.environ.get("ALIVE", 40 if quick else 1000))
    n_cycles = int(os.environ.get("CYCLES", 200 if quick else 10000))
    failed = 0
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    print("1..%d" % len(names), flush=True)
    for i, name in enumerate(names):
        begin = time.monotonic()
        try:
            PARTS[name](n_alive, n_cycles)
            print("ok %d %s" % (i + 1, name), flush=True)
        except Failure as e:
            failed += 1
            print("not ok %d %s\n# %s" % (i + 1, name, e), flush=True)
            for left in list(RUNNING):
                subprocess.run([ORLOP, "--root", ROOT, "delete", "-f", left], stderr=subprocess.DEVNULL)
            del RUNNING[:]
        print("# %.0f s" % (time.monotonic() - begin), flush=True)
    print("%d passed, %d failed, 0 skipped" % (len(names) - failed, failed))
    return failed > 0


sys.exit(main())
