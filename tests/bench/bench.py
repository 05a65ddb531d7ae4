# SPDX-License-Identifier: Apache-2.0
"""What run and budget stand on: a private place on the machine, bundles, the runtimes, the meter."""
import ctypes
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
VIEWS = ("v1", "hybrid", "v2")
SLEEP = ["/bin/sleep", "1000000"]
TRUE = ["/bin/true"]


class Failed(Exception):
    pass


def enter_private(view):
    """Starts this very script anew in mount and pid namespaces of its own: whatever it leaves ends with it.

    v1      without the cgroup2 tree of a hybrid host: the view in which crun, runc and orlop all work
    hybrid  as the host is; crun cannot work there
    v2      one cgroup2 tree on /sys/fs/cgroup
    """
    if os.environ.get("ORLOP_BENCH_DIR"):
        return os.environ["ORLOP_BENCH_DIR"]
    if os.geteuid() != 0:
        sys.exit("needs root")
    work = tempfile.mkdtemp(prefix="orlop-bench.", dir="/tmp")
    os.chmod(work, 0o755)
    inside = (
        'mount -t tmpfs -o mode=755 orlop-bench "$0" || exit 1\n'
        'case $1 in\n'
        'v1) "$2/pure-v1" "$0" || exit 1 ;;\n'
        'v2) "$2/../lib/pure-v2" "$0" || exit 1 ;;\n'
        'esac\n'
        'shift 2\n'
        'exec "$@"\n')
    command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private",
               "sh", "-c", inside, work, view, HERE, sys.executable, "-S", "-E", *sys.argv]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        status = subprocess.call(command, env={**os.environ, "ORLOP_BENCH_DIR": work})
    finally:
        os.rmdir(work)
    sys.exit(status)


def compile_tool(work, name, source=None, flags=()):
    """A small static program from this folder, or from text."""
    path = os.path.join(work, name)
    command = ["cc", "-O2", "-static", "-D_GNU_SOURCE", *flags, "-o", path]
    if source is None:
        subprocess.run(command + [os.path.join(HERE, name + ".c")], check=True)
    else:
        subprocess.run(command + ["-x", "c", "-"], input=source, text=True, check=True)
    return path


def make_rootfs(work):
    path = os.path.join(work, "rootfs")
    script = '. "$0/../lib/rootfs.bash" && make_rootfs "$1" && mkdir -p "$1/mnt"'
    subprocess.run(["bash", "-c", script, HERE, path], check=True)
    return path


# What a container engine's default profile keeps from a container. The rest of the kernel's calls is allowed.
DENIED = set("""
    acct add_key bpf clock_adjtime clock_settime create_module delete_module fanotify_init finit_module
    fsconfig fsmount fsopen fspick get_kernel_syms get_mempolicy init_module ioperm iopl kcmp kexec_file_load
    kexec_load keyctl lookup_dcookie mbind mount mount_setattr move_mount move_pages nfsservctl open_by_handle_at
    open_tree perf_event_open personality pivot_root query_module quotactl quotactl_fd reboot request_key
    set_mempolicy set_mempolicy_home_node setdomainname sethostname setns settimeofday stime swapoff swapon
    sysfs _sysctl umount2 unshare uselib userfaultfd ustat vhangup vmsplice clone clone3 socket
    """.split())


def syscall_names():
    for pattern in ("/usr/include/*/asm/unistd_64.h", "/usr/include/asm-generic/unistd.h"):
        for path in glob.glob(pattern):
            with open(path) as f:
                return re.findall(r"^#define __NR(?:3264)?_(\w+)\s+\d", f.read(), re.M)
    raise Failed("no <asm/unistd.h>")


def seccomp_profile(nonce=0):
    """About 300 calls allowed, some by their arguments, as engines do. Another nonce makes another filter."""
    names = [n for n in syscall_names() if n not in DENIED and n != "arch_specific_syscall"]
    persons = [0, 8, 0x20000, 0x20008, 0xFFFFFFFF]
    rules = [{"names": names, "action": "SCMP_ACT_ALLOW"},
             {"names": ["socket"], "action": "SCMP_ACT_ALLOW",
              "args": [{"index": 0, "value": 40, "op": "SCMP_CMP_NE"}]},
             {"names": ["clone"], "action": "SCMP_ACT_ALLOW",
              "args": [{"index": 0, "value": 0x7E020000, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
             {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]
    rules += [{"names": ["personality"], "action": "SCMP_ACT_ALLOW",
               "args": [{"index": 0, "value": p, "op": "SCMP_CMP_EQ"}]} for p in persons]
    if nonce:
        rules.append({"names": ["quotactl"], "action": "SCMP_ACT_ALLOW",
                      "args": [{"index": 3, "value": nonce, "op": "SCMP_CMP_EQ"}]})
    return {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
            "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
            if os.uname().machine == "x86_64" else [], "syscalls": rules}


class Bundles:
    """Bundles below the working directory; all share one root filesystem, which their configs mount read-only."""

    def __init__(self, work, orlop):
        self.work = work
        self.rootfs = make_rootfs(work)
        first = os.path.join(work, "spec")
        os.mkdir(first)
        subprocess.run([orlop, "spec", "--bundle", first], check=True)
        with open(os.path.join(first, "config.json")) as f:
            self.spec = json.load(f)
        # Runtimes of 2023 refuse what is newer than themselves.
        self.spec["ociVersion"] = "1.0.2"
        self.spec["root"]["path"] = self.rootfs
        self.spec["process"]["terminal"] = False

    def make(self, name, args=TRUE, edit=None):
        config = json.loads(json.dumps(self.spec))
        config["process"]["args"] = args
        if edit:
            edit(config)
        path = os.path.join(self.work, "bundle-" + name)
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, "config.json"), "w") as f:
            json.dump(config, f, indent=1)
        return path


class Runtime:
    """The command lines of one runtime."""

    def __init__(self, name, program, work):
        self.name = name
        self.root = os.path.join(work, "state-" + name)
        self.base = [program, "--root", self.root]

    def __call__(self, *words):
        return self.base + list(words)

    def run(self, bundle, ident, *options):
        return self("run", *options, "--bundle", bundle, ident)


class Sample:
    def __init__(self, line):
        wall, cpu, self.faults, self.rss, self.status = map(int, line.split())
        self.wall = wall / 1e6
        self.cpu = cpu / 1e6


def reap():
    """We are process 1 here: what the runtimes leave behind is ours."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] > 0:
            pass
    except ChildProcessError:
        pass


class Meter:
    def __init__(self, work):
        self.program = compile_tool(work, "meter")
        self.errors = os.path.join(work, "errors")
        self.count = 0
        self.prefix = os.path.basename(work).replace(".", "-")  # ids are cgroup names: alone on the machine

    def ident(self, name):
        self.count += 1
        return "%s-%s-%d" % (self.prefix, name, self.count)

    def call(self, command, *options):
        with open(self.errors, "w") as errors:
            out = subprocess.run([self.program, *options, *command], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=errors, text=True)
        return out.stdout

    def message(self):
        with open(self.errors, errors="replace") as f:
            return f.read().strip()[-300:]

    def once(self, command, *options):
        sample = Sample(self.call(command, *options))
        reap()
        if sample.status != 0:
            raise Failed("%s: status %d: %s" % (" ".join(command), sample.status, self.message()))
        return sample


def quietly(command):
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    reap()


def output(command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True).stdout


def init_pid(runtime, ident):
    return json.loads(output(runtime("state", ident)))["pid"]


def wait_stopped(pid):
    """Until the process is gone, not only a zombie: a runtime that deletes it need not wait."""
    for _ in range(2000):
        reap()
        if not os.path.exists("/proc/%d" % pid):
            return
        time.sleep(0.001)
    raise Failed("process %d does not end" % pid)


def kill_and_delete(runtime, ident):
    quietly(runtime("delete", "--force", ident))


def tracer():
    """The strace of our own pid namespace, or None."""
    for comm in glob.glob("/proc/[0-9]*/comm"):
        try:
            with open(comm) as f:
                if f.read().strip() == "strace":
                    return int(comm.split("/")[2])
        except OSError:
            pass
    return None


def end_tracer():
    """What a detached container does from now on is not the command's. Told to end, strace writes its summary."""
    for i in range(500):
        pid = tracer()
        if not pid:
            return
        if i == 5:
            os.kill(pid, signal.SIGTERM)
        time.sleep(0.01)
        reap()
    raise Failed("strace does not end")


def syscalls(command, work):
    """System calls of a command and its descendants, until the command ends."""
    out = os.path.join(work, "strace")
    errors = tempfile.TemporaryFile("w+", dir=work)  # no pipe: a detached container would keep it open
    # -D: the command is our child, and strace a process beside it.
    done = subprocess.run(["strace", "-D", "-I2", "-f", "-qq", "-c", "-U", "calls", "-o", out, *command],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
    end_tracer()
    reap()
    if done.returncode != 0:
        errors.seek(0)
        raise Failed("strace %s: %s" % (" ".join(command), errors.read().strip()[-600:]))
    with open(out) as f:
        return int(f.read().split()[-2])


def pss(pid):
    time.sleep(0.05)  # create returns while init is still giving back what it no longer needs
    with open("/proc/%d/smaps_rollup" % pid) as f:
        return int(re.search(r"^Pss:\s+(\d+)", f.read(), re.M).group(1))


def program(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    return os.path.realpath(path) if path else None


def orlop_program():
    path = os.environ.get("ORLOP", os.path.join(HERE, "../../build/release/orlop"))
    if not os.access(path, os.X_OK):
        sys.exit("no runtime '%s': build it, or set ORLOP" % path)
    return os.path.realpath(path)


def machine():
    with open("/proc/cpuinfo") as f:
        model = re.search(r"^model name\s*:\s*(.*)", f.read(), re.M)
    return "%s, %d CPUs, Linux %s" % (model.group(1) if model else os.uname().machine, os.cpu_count(),
                                      os.uname().release)
