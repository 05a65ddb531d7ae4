# SPDX-License-Identifier: Apache-2.0
"""Fault injection: see tests/run-faults, which calls this as root in namespaces of its own.

Every case runs one command of the runtime with a fault at one system call (tests/faults/inject.c), then
cleans up as a caller would ('delete --force') and looks for anything left: state, cgroups, processes,
mounts, sockets and temporary files. Orphans become our children (PR_SET_CHILD_SUBREAPER), so none hides.
"""

import ctypes
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

ORLOP, INJECT, DIR = os.environ["ORLOP"], os.environ["INJECT"], os.environ["SUITE_DIR"]
ERRORS = ["ENOSPC", "EIO", "EMFILE", "ENOMEM", "EINTR"]
LIMIT = 20  # seconds a command may take
CLONE_NEWNS = 0x20000
LEAVE = 3  # seconds the last process may take to be gone


class Failure(Exception):
    pass


def describe(pid):
    try:
        with open("/proc/%d/cmdline" % pid) as f, open("/proc/%d/syscall" % pid) as s:
            with open("/proc/%d/wchan" % pid) as w:
                return "process %d '%s' in call %s (%s)" % (
                    pid, f.read().replace("\0", " ").strip(), s.read().split()[0], w.read())
    except OSError:
        return "process %d" % pid


class Bench:
    """One worker's container id, bundle, state root and pid file."""

    def __init__(self, number):
        self.id = "orlop-test-%s-f%d" % (DIR.rsplit(".", 1)[-1], number)
        self.base = os.path.join(DIR, self.id)
        self.root = os.path.join(self.base, "root")
        self.bundle = os.path.join(self.base, "bundle")
        self.out = os.path.join(self.base, "out")
        self.report = os.path.join(self.base, "report")
        os.makedirs(self.bundle)
        os.makedirs(self.out)
        os.symlink(os.path.join(DIR, "rootfs"), os.path.join(self.bundle, "rootfs"))
        self.pid_file = os.path.join(self.out, "pid")
        self.images = os.path.join(self.base, "images")
        self.hierarchies = sorted(
            os.path.join("/sys/fs/cgroup", d)
            for d in os.listdir("/sys/fs/cgroup")
            if os.path.isdir(os.path.join("/sys/fs/cgroup", d)) and not d.startswith("orlop-test-")
            and not os.path.islink(os.path.join("/sys/fs/cgroup", d)))
        if os.path.exists("/sys/fs/cgroup/cgroup.procs"):
            self.hierarchies = ["/sys/fs/cgroup"]
        self.mounts = self.mount_lines()
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER

    def config(self, change):
        with open(os.path.join(os.path.dirname(__file__), "../lib/config.json")) as f:
            c = json.load(f)
        c["process"]["args"] = ["sleep", "1000"]
        c["linux"]["cgroupsPath"] = "/" + self.id
        change(c)
        with open(os.path.join(self.bundle, "config.json"), "w") as f:
            json.dump(c, f)

    @staticmethod
    def mount_lines():
        """Without the options of filesystems: the kernel changes those of debugfs and tracefs as it likes."""
        with open("/proc/self/mountinfo") as f:
            return sorted(" ".join(line.split(" - ")[0].split()[3:6]) for line in f)

    def command(self, words):
        names = {"ID": self.id, "PIDFILE": self.pid_file, "IMAGES": self.images}
        return [ORLOP, "--root", self.root] + [names.get(w, w) for w in words]

    def run_silent(self):
        """A container that has no file of ours open: CRIU could not write it down."""
        p = subprocess.run(self.command(["run", "-d", "ID"]), cwd=self.bundle, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=LIMIT)
        if p.returncode:
            raise Failure("'run -d' ends with %d" % p.returncode)

    def run(self, words, inject=None):
        argv = self.command(words)
        if inject:
            argv = [INJECT] + [str(w) for w in inject] + [self.report] + argv
        err = os.path.join(self.base, "stderr")
        with open(err, "w+b") as e:
            p = subprocess.Popen(argv, cwd=self.bundle, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=e)
            status = self.wait(p)
            e.seek(0)
            return status, e.read().decode(errors="replace").strip()

    def wait(self, p):
        """Meanwhile orphans are reaped, as a subreaper must: a pid namespace waits for its zombies."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            try:
                return p.wait(0.3)
            except subprocess.TimeoutExpired:
                self.reap_others(p.pid)
        where = [describe(pid) for pid in self.descendants()]
        for pid in self.descendants():
            os.kill(pid, signal.SIGKILL)
        p.wait()
        raise Failure("hangs: %s" % "; ".join(where))

    def reap_others(self, besides):
        for pid in self.children():
            if pid != besides:
                os.waitpid(pid, os.WNOHANG)

    def ok(self, words):
        status, err = self.run(words)
        if status:
            raise Failure("'%s' ends with %d: %s" % (" ".join(words), status, err))

    def counted(self):
        with open(self.report) as f:
            return [int(w) for w in f.read().split()]

    # ---- looking ----

    @staticmethod
    def children():
        try:
            with open("/proc/self/task/%d/children" % os.getpid()) as f:
                return [int(w) for w in f.read().split()]
        except OSError:
            return []

    def descendants(self):
        todo, found = self.children(), []
        while todo:
            pid = todo.pop()
            found.append(pid)
            try:
                with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
                    todo += [int(w) for w in f.read().split()]
            except OSError:
                pass
        return found

    @staticmethod
    def reap():
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
            return False
        except ChildProcessError:
            return True

    def processes_gone(self, seconds=LEAVE):
        end = time.monotonic() + seconds
        while not self.reap():
            if time.monotonic() > end:
                return False
            time.sleep(0.0005)
        return True

    def cgroups(self):
        return [p for h in self.hierarchies for p in [os.path.join(h, self.id)] if os.path.isdir(p)]

    def left(self):
        found = []
        if os.path.isdir(self.root):
            found += ["state " + n for n in os.listdir(self.root)]
        found += ["cgroup " + p for p in self.cgroups()]
        found += ["file " + n for n in os.listdir(self.bundle) if n not in ("config.json", "rootfs")]
        found += ["file " + n for n in os.listdir(self.out) if n != "pid"]
        # ".KEY.PID": of a process that lives it is on its way to its name; other sweeps run beside this one.
        found += ["file /run/orlop-seccomp/" + n for n in self.cache()
                  if n.startswith(".") and not os.path.exists("/proc/" + n.rpartition(".")[2])]
        if self.mount_lines() != self.mounts:
            found.append("mount " + " ".join(sorted(set(self.mount_lines()) ^ set(self.mounts))))
        return found

    @staticmethod
    def cache():
        try:
            return os.listdir("/run/orlop-seccomp")
        except OSError:
            return []

    def nothing_left(self, what):
        gone = self.processes_gone()
        found = self.left()
        if not gone:
            found += [describe(pid) for pid in self.descendants()]
        if found:
            raise Failure("%s leaves %s" % (what, ", ".join(found)))

    def status(self):
        p = subprocess.run(self.command(["state", "ID"]), stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, timeout=LIMIT)
        return json.loads(p.stdout)["status"] if p.returncode == 0 else None

    def becomes(self, wanted, seconds=LEAVE):
        """CRIU takes back what it began by itself, a moment after the runtime is gone. Returns the last status seen."""
        end = time.monotonic() + seconds
        while True:
            now = self.status()
            if now in wanted or time.monotonic() > end:
                return now
            self.reap_others(0)
            time.sleep(0.01)

    def wipe(self):
        """So that one failure does not spoil the cases after it."""
        self.run(["delete", "-f", "ID"])
        for pid in self.descendants():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        self.processes_gone()
        shutil.rmtree(self.root, ignore_errors=True)
        for n in os.listdir(self.out):
            os.unlink(os.path.join(self.out, n))
        for p in self.cgroups():
            try:
                os.rmdir(p)
            except OSError:
                pass


# ---- what is tried ----

def nothing(_):
    pass


def with_userns(c):
    c["linux"]["namespaces"].append({"type": "user"})
    c["linux"]["uidMappings"] = [{"containerID": 0, "hostID": 0, "size": 65536}]
    c["linux"]["gidMappings"] = [{"containerID": 0, "hostID": 0, "size": 65536}]


def with_everything(c):
    """What makes more system calls: limits, seccomp, a bind mount, sysctl, hooks, another user."""
    c["linux"]["resources"].update({"memory": {"limit": 1 << 28}, "pids": {"limit": 100},
                                    "cpu": {"shares": 512}})
    c["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["swapon"], "action": "SCMP_ACT_ERRNO"}]}
    c["linux"]["sysctl"] = {"net.ipv4.ip_forward": "1"}
    c["mounts"].append({"destination": "/mnt/x", "type": "bind", "source": "/tmp",
                        "options": ["rbind", "ro"]})
    c["hooks"] = {k: [{"path": "/bin/true"}] for k in
                  ("createRuntime", "createContainer", "startContainer", "poststart", "poststop")}
    c["process"]["user"] = {"uid": 1000, "gid": 1000}


def relative_cgroup(c):
    """Below the caller's own cgroup: a killed create must remember whose."""
    del c["linux"]["cgroupsPath"]


def make(b):
    b.ok(["create", "--pid-file", b.pid_file, "ID"])


def make_running(b):
    b.ok(["run", "-d", "ID"])


def keep_running(b):
    if b.status() != "running":
        b.wipe()
        make_running(b)


def make_for_checkpoint(b):
    """Each try gets images of its own."""
    shutil.rmtree(b.images, ignore_errors=True)
    b.run_silent()


def keep_for_checkpoint(b):
    shutil.rmtree(b.images, ignore_errors=True)
    if b.status() != "running":
        b.wipe()
        b.run_silent()


def keep_images(b):
    """What a checkpoint has written serves all restores."""
    if not os.path.exists(os.path.join(b.images, "orlop.json")):
        make_for_checkpoint(b)
        b.ok(["checkpoint", "--image-path", "IMAGES", "ID"])


# name: (change of the config, what is there before, the command, the sides that make calls, what a
# success shows as status, whether the container must be as before after a failure)
CASES = {
    "create": (nothing, None, ["create", "--pid-file", "PIDFILE", "ID"], "pc", "created", None),
    "create-userns": (with_userns, None, ["create", "ID"], "pc", "created", None),
    "create-relative": (relative_cgroup, None, ["create", "ID"], "p", "created", None),
    "create-full": (with_everything, None, ["create", "ID"], "pc", "created", None),
    "start": (nothing, make, ["start", "ID"], "p", "running", None),
    "start-full": (with_everything, make, ["start", "ID"], "p", "running", None),
    "run": (nothing, None, ["run", "-d", "ID"], "pc", "running", None),
    "exec": (nothing, keep_running, ["exec", "ID", "true"], "pc", "running", "running"),
    "exec-userns": (with_userns, keep_running, ["exec", "ID", "true"], "pc", "running", "running"),
    "update": (with_everything, keep_running, ["update", "--pids-limit", "77", "--memory", "200000000",
               "ID"], "p", "running", "running"),
    "kill": (nothing, make_running, ["kill", "ID", "KILL"], "p", None, None),
    "delete": (nothing, make, ["delete", "-f", "ID"], "p", None, None),
    "delete-running": (with_everything, make_running, ["delete", "-f", "ID"], "p", None, None),
    "checkpoint": (nothing, make_for_checkpoint, ["checkpoint", "--image-path", "IMAGES", "ID"], "pc", None, None),
    "checkpoint-leave": (nothing, keep_for_checkpoint,
                         ["checkpoint", "--leave-running", "--image-path", "IMAGES", "ID"], "pc", "running", "running"),
    "restore": (nothing, keep_images, ["restore", "-d", "--image-path", "IMAGES", "ID"], "pc", "running", None),
}
NEED_CRIU = ("checkpoint", "checkpoint-leave", "restore")
TAKES_BACK = ("create", "run", "restore")  # what these have made is gone after a failure
SIDES = {"p": "parent", "c": "child"}


def count(b, name, side):
    """How many calls there are, and from which on main() runs."""
    change, before, _, _, _, _ = CASES[name]
    b.config(change)
    if before:
        before(b)
    status, err = b.run(CASES[name][2], [SIDES[side], 0, 0])
    if status:
        raise Failure("without any fault: %s" % err)
    calls, _, startup = b.counted()
    b.wipe()
    return calls, max(startup, 0) if side == "p" else 0


def cleanup(b):
    status, err = b.run(["delete", "-f", "ID"])
    if status:
        raise Failure("'delete -f' ends with %d: %s" % (status, err))
    b.nothing_left("'delete -f'")


def after_kill(b, case):
    if case[5] and not b.descendants():
        raise Failure("the container is gone")
    state = b.becomes([case[5]]) if case[5] else b.status()
    if case[4] == "running" and not case[5] and state == "created" and os.path.isdir(b.root):
        # Either not started at all, or what says 'created' can still be started.
        status, err = b.run(["start", "ID"])
        if status and "already running" not in err:
            raise Failure("it cannot be started: %s" % err)
    if not case[5]:
        cleanup(b)
    elif state != case[5]:
        raise Failure("the container is now '%s'" % state)


def after_failure(b, case, side, status, err):
    if status < 0 or 128 < status < 255:
        raise Failure("ends with %d" % status)
    if status == 0:
        # An init may die as soon as the runtime is gone.
        now = b.status()
        if case[4] and now not in (case[4], "stopped" if side == "c" else None):
            raise Failure("succeeds, and the container is '%s'" % now)
    elif not err:
        raise Failure("ends with %d and says nothing" % status)
    elif case[2][0] in TAKES_BACK:
        b.nothing_left("the failure (%s)" % err)
    if case[5]:
        now = b.becomes([case[5]])
        if now != case[5]:
            raise Failure("the container is now '%s'" % now)
    else:
        cleanup(b)


def runs_or_is_written(b):
    """A checkpoint without --leave-running: whatever happens, somebody has the container."""
    written = os.path.exists(os.path.join(b.images, "inventory.img"))
    now = b.becomes(["running"] + (["stopped", None] if written else []))
    if now != "running" and not (written and now in ("stopped", None)):
        raise Failure("the container is now '%s', and %s written" % (now, "is" if written else "is not"))


LOOK = {"checkpoint": runs_or_is_written}

# madvise and accept4 of x86_64: the stage makes them after KEPT only (nsexec/op_exec.c, op_ACCEPT). The call that
# receives KEPT may be hit when that has been said: recvmsg, one of the last of all.
WAITING_CALLS = (28, 288)
LAST_CALLS, RECVMSG = 8, 47


def try_one(b, name, side, k, action, calls):
    case = CASES[name]
    if case[1]:
        case[1](b)
    status, err = b.run(case[2], [SIDES[side], k, action])
    if b.counted()[1] < 0:
        if not case[5]:
            cleanup(b)
        return  # a race made fewer calls this time
    LOOK.get(name, nothing)(b)
    if action == "kill":
        # A child that is killed is a failure that the runtime must tell; but once it waits for start, the
        # container is created, and the end of init is the container's.
        hit = b.counted()[1]
        waits = hit in WAITING_CALLS or (hit == RECVMSG and k > calls - LAST_CALLS)
        if side == "c" and status == 0 and name.startswith("create") and not waits:
            raise Failure("succeeds although the stage was killed")
        after_kill(b, case)
    else:
        after_failure(b, case, side, status, err)


def tasks(b, quick, names):
    """(case, side, k, action, how many calls there are): all of them, or a sample that meets each case."""
    out = []
    for name in names:
        for side in CASES[name][3]:
            calls, startup = count(b, name, side)
            step = max(1, calls // 8) if quick else 1
            first = 1 + (random.randrange(step) if quick else 0)
            out += [(name, side, k, "kill", calls) for k in range(first, calls + 2, step)]
            for i, e in enumerate(ERRORS):
                if quick and (i + len(out)) % 3:
                    continue
                out += [(name, side, k, getattr(errno, e), calls)
                        for k in range(startup + 1 + (random.randrange(step) if quick else 0),
                                       calls + 1, step * (2 if quick else 1))]
    return out


def work(number, jobs, quick, names):
    # CRIU mounts what it needs where we are, for a moment: the other workers shall not see it.
    if ctypes.CDLL(None).unshare(CLONE_NEWNS) < 0:
        raise Failure("no mount namespace for a worker")
    b = Bench(number)
    failures = done = 0
    current = None
    for i, (name, side, k, action, calls) in enumerate(tasks(b, quick, names)):
        if i % jobs != number:
            continue
        if current != name:
            b.wipe()
            current = name
            b.config(CASES[name][0])
        what = action if action == "kill" else errno.errorcode[action]
        done += 1
        try:
            try_one(b, name, side, k, action, calls)
        except Failure as e:
            failures += 1
            print("not ok - %s: %s at call %d of the %s (%s): %s" %
                  (name, what, k, SIDES[side], b.counted()[1] if os.path.exists(b.report) else "?", e),
                  flush=True)
            b.wipe()
    b.wipe()
    return done, failures


def random_kills(b, seconds):
    """Without a tracer: SIGKILL at any moment of create, start, exec, update and delete."""
    failures = done = 0
    end = time.monotonic() + seconds
    b.config(with_everything)
    while time.monotonic() < end:
        done += 1
        for words in (["create", "ID"], ["start", "ID"], ["exec", "ID", "true"],
                      ["update", "--pids-limit", "50", "ID"], ["delete", "-f", "ID"]):
            p = subprocess.Popen(b.command(words), cwd=b.bundle, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(random.random() * 0.012)
            p.kill()
            p.wait()
        try:
            cleanup(b)
        except Failure as e:
            failures += 1
            print("not ok - random kills: %s" % e, flush=True)
            b.wipe()
    return done, failures


def without_criu(names):
    """The cases that can run here; those that need CRIU are skips where there is none."""
    missing = os.environ.get("CRIU_MISSING")
    kept = [n for n in names if not missing or n not in NEED_CRIU]
    for n in names:
        if n not in kept:
            print("ok - %s # skip %s" % (n, missing), flush=True)
    return kept, len(names) - len(kept)


def main():
    args = sys.argv[1:]
    quick = "--all" not in args
    names, skipped = without_criu([a for a in args if not a.startswith("--")] or list(CASES))
    seed = int(os.environ.get("SEED", time.time_ns() % 1000000))
    jobs = int(os.environ.get("JOBS", os.cpu_count() or 1))
    random.seed(seed)
    start = time.monotonic()
    print("# seed %d, %d jobs" % (seed, jobs), flush=True)
    workers = []
    for n in range(jobs):
        r, w = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(r)
            done, failures = work(n, jobs, quick, names)
            if not [a for a in args if not a.startswith("--")]:
                d, f = random_kills(Bench(n + jobs), 4 if quick else 20)
                done, failures = done + d, failures + f
            os.write(w, b"%d %d" % (done, failures))
            os._exit(0)
        os.close(w)
        workers.append((pid, r))
    done = failures = 0
    for pid, r in workers:
        text = os.read(r, 100).split()
        if os.waitpid(pid, 0)[1] or len(text) != 2:
            done, failures = done + 1, failures + 1
            print("not ok - a worker died")
            continue
        done, failures = done + int(text[0]), failures + int(text[1])
    print("# %.0f s" % (time.monotonic() - start))
    print("%d passed, %d failed, %d skipped" % (done - failures, failures, skipped))
    return failures > 0


sys.exit(main())
