# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

start_ready() { # TEXT: a script; it goes on with `ready`
	script "ready() { echo >/tmp/ready; while :; do sleep 0.05; done; }; $1"
	ok run -d "$ID"
	eventually exists "$ROOTFS/tmp/ready"
}

# A person asks: script(1) gives the runtime a terminal. What it says is in `output`.
at_a_terminal() {
	timeout -k 2 "$LIMIT" script -qec "$ORLOP --root $ROOT $*" /dev/null >"$T/stdout" 2>&1 3>&- || true
	output=$(tr -d '\0\r' <"$T/stdout")
	errors=
}

# --- what the kernel discards ---

@test "kill says that pid 1 has no handler, and succeeds" {
	args sleep 1000
	ok run -d "$ID"
	at_a_terminal kill "$ID"
	says "pid 1 has no handler for SIGTERM: the kernel discards it; 'stop' escalates"
	has_status running
}

@test "kill warns of nothing where nobody is at a terminal, or nothing runs" {
	args sleep 1000
	ok run -d "$ID"
	ok kill "$ID"
	[ -z "$output$errors" ]
	ok kill "$ID" KILL
	wait_status stopped
	at_a_terminal kill "$ID"
	says "container not running"
	refute says "pid 1" 2>/dev/null
	[ "$(wc -l <<<"$output")" -eq 1 ]
}

@test "kill says that pid 1 ignores the signal" {
	start_ready "trap '' HUP; ready"
	at_a_terminal kill "$ID" HUP
	says "pid 1 ignores SIGHUP: the kernel discards it"
}

@test "COMPAT kill is silent where a client reads: --log and --log-format json" {
	args sleep 1000
	ok run -d "$ID"
	ok --log-format json kill "$ID" TERM
	[ -z "$output$errors" ]
	ok --log "$T/log" kill "$ID" TERM
	[ -z "$output$errors" ]
	[ ! -s "$T/log" ]
	ok --log "$T/log" --log-format json kill "$ID" 15
	[ -z "$output$errors" ]
	[ ! -s "$T/log" ]
}

@test "kill says nothing of signals that are delivered or that nobody misses" {
	local s

	start_ready "trap : USR1; ready"
	for s in USR1 CONT CHLD WINCH URG 0 STOP; do
		ok kill "$ID" "$s"
		[ -z "$errors" ]
	done
	ok kill "$ID" CONT
	ok kill "$ID" KILL
	[ -z "$errors" ]
}

@test "kill says nothing where the container's process is no pid 1" {
	no_namespace pid
	args sleep 1000
	ok run -d "$ID"
	ok kill "$ID" TERM
	[ -z "$errors" ]
	wait_status stopped
}

# --- names ---

@test "kill takes real-time signals by name and by number" {
	local s

	start_ready 'for s in 34 35 37 63 64; do trap "echo $s >>/tmp/got" $s; done; ready'
	for s in RTMIN:34 SIGRTMIN+1:35 rtmin+3:37 RTMAX-1:63 sigrtmax:64; do
		ok kill "$ID" "${s%:*}"
		eventually file_says "$ROOTFS/tmp/got" "^${s#*:}\$"
	done
	for s in RTMIN+31 RTMAX-31 RTMIN-1 RTMAX+1 SIG 65 -1 RTMIN+ TERMX; do
		fails 1 "unknown signal" kill "$ID" "$s"
	done
}

# --- others than pid 1 ---

@test "kill --pid takes the container's numbers, --host-pid ours" {
	start_ready 'sleep 1001 & echo $! >/tmp/one; sleep 1002 & echo $! >/tmp/two; ready'
	local two

	ok kill --pid "$(<"$ROOTFS/tmp/one")" "$ID" KILL
	two=$(orlop ps -f json "$ID" | jq -r '.[]' | while read -r p; do
		[ "$(tr '\0' ' ' <"/proc/$p/cmdline")" != 'sleep 1002 ' ] || echo "$p"
	done)
	ok kill --host-pid "$two" "$ID" KILL
	eventually eval '[ "$(orlop ps -f json "$ID" | jq length)" -le 2 ]'
	has_status running
}

@test "kill --pid and --host-pid refuse what is not in the container" {
	start_ready ready
	fails 1 "has no process 4000" kill --pid 4000 "$ID" KILL
	fails 1 "(of the host)" kill --host-pid $$ "$ID" KILL
	fails 1 "exclude each other" kill --all --pid 1 "$ID" KILL
	# What an empty variable of a script may come to is not init.
	fails 1 "invalid pid: 0" kill --pid 0 "$ID" KILL
	fails 1 "invalid host-pid: 0" kill --host-pid 0 "$ID" KILL
	fails 1 "invalid pid" kill --pid "" "$ID" KILL
	fails 1 "invalid pid" kill --pid 4294967295 "$ID" KILL
	has_status running
}

@test "kill --all reaches every process" {
	start_ready 'for i in 1 2 3; do sh -c "trap \"echo \$\$ >>/tmp/got\" USR1; echo >>/tmp/up; while :; do sleep 0.05; done" & done
		trap "echo 1 >>/tmp/got" USR1; until [ "$(wc -l </tmp/up)" = 3 ]; do sleep 0.05; done; ready'
	ok kill --all "$ID" USR1
	eventually eval '[ "$(wc -l <"$ROOTFS/tmp/got" 2>/dev/null)" -ge 4 ]'
}

@test "kill --pgid without a terminal is an error" {
	start_ready ready
	fails 1 "has no terminal" kill --pgid "$ID" INT
}

@test "kill --pgid reaches the foreground process group of the terminal, and no other" {
	config '.process.terminal = true'
	# A shell with job control: what it runs in the foreground has a group of its own.
	script "set -m; sh -c 'trap \"echo bg >>/tmp/got\" USR1; echo >/tmp/bg; while :; do sleep 0.05; done' &
		sh -c 'trap \"echo fg >>/tmp/got\" USR1; echo >/tmp/fg; while :; do sleep 0.05; done'"
	background console $PYTHON "$LIB/console.py" "$T/console.sock"
	eventually exists "$T/console.sock"
	ok run -d --console-socket "$T/console.sock" "$ID"
	eventually exists "$ROOTFS/tmp/fg"
	eventually exists "$ROOTFS/tmp/bg"
	ok kill --pgid "$ID" USR1
	eventually file_says "$ROOTFS/tmp/got" fg
	sleep 0.3
	refute file_says "$ROOTFS/tmp/got" bg
}

# --- exec into what is dead or dying ---

@test "exec into a stopped container tells how its init ended" {
	script 'exit 7'
	run_orlop run --keep "$ID"
	fails 255 "the container has stopped (init exited with 7)" exec "$ID" true
	says "cannot exec in a stopped container"
}

@test "exec into a container whose init is dying says so, not 'cannot allocate memory'" {
	start_sleeper
	ok exec -d --pid-file "$T/pid" "$ID" sleep 1000
	# Traced, it stays a zombie for its tracer after its death: the namespace's init waits for it.
	background tracer $PYTHON -c "
import ctypes, os, sys, time
libc = ctypes.CDLL(None, use_errno=True)
pid = int(sys.argv[1])
if libc.ptrace(0x4206, pid, 0, 0) != 0:
    sys.exit('ptrace')
print('seized', flush=True)
time.sleep(1000)" "$(<"$T/pid")"
	eventually file_says "$T/tracer.out" seized
	ok kill "$ID" KILL
	sleep 0.3
	fails 255 "cannot exec in a stopped container" exec "$ID" true
	says "stopp"
	refute says "cannot allocate memory"
	kill -9 "$BG"
	wait_status stopped
}

# --- ps ---

@test "ps --format full shows numbers inside, states and zombies" {
	script 'sleep 0.1 & echo >/tmp/ready; exec sleep 1000'
	ok run -d "$ID"
	eventually exists "$ROOTFS/tmp/ready"
	sleep 0.5
	ok ps --format full "$ID"
	[ "$(head -1 <<<"$output" | tr -s ' ')" = "PID INSIDE PARENT STATE COMMAND" ]
	[ "$(awk '$1 != "PID" { print $2, $3, $4, $5 }' <<<"$output")" = $'1 - sleeping sleep\n2 1 zombie sleep' ]
	[ "$(awk '$2 == 1 { print $1 }' <<<"$output")" = "$(pid_of)" ]
	# What clients read stays as it is.
	[ "$(orlop ps -f json "$ID")" = "[$(pid_of)]" ]
}

# --- the foreground ---

# A shell's part in python: a job on a terminal of its own. ARG...: what the job is; steps on standard input.
job() {
	FG=$T/fg $PYTHON -c '
import os, pty, signal, sys, termios, time
pid, master = pty.fork()
if pid == 0:
    # pty.fork made a session; the job is a group of its own in the foreground, and we are its shell.
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execvp(sys.argv[1], sys.argv[1:])
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            canonical = termios.tcgetattr(0)[3] & termios.ICANON != 0
            print("JOB STOPPED", os.WSTOPSIG(status), "canonical" if canonical else "raw", flush=True)
            while not os.path.exists(os.environ["FG"]): # somebody says fg
                time.sleep(0.02)
            os.unlink(os.environ["FG"])
            os.tcsetpgrp(0, job)
            os.killpg(job, signal.SIGCONT)
            continue
        print("JOB ENDED", os.waitstatus_to_exitcode(status), flush=True)
        canonical = termios.tcgetattr(0)[3] & termios.ICANON != 0
        print("TERMINAL", "canonical" if canonical else "raw", flush=True)
        os._exit(0)
typed = False
text = b""
while True:
    try:
        data = os.read(master, 4096)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
    text += data
    if not typed and b"READY" in text:
        typed = True
        time.sleep(0.3)
        os.write(master, os.environ["KEYS"].encode().decode("unicode_escape").encode())
' "$@"
}

# Without what comes and goes.
states_inside() {
	orlop ps --format full "$ID" | awk '$1 != "PID" && $5 != "sleep" { print $4 }'
}

@test "Ctrl-Z stops run and the container, fg lets both go on" {
	script 'echo READY; n=0; while [ $n -lt 40 ]; do sleep 0.05; n=$((n+1)); done; exit 6'
	KEYS='\x1a' background job job env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" run "$ID"
	eventually file_says "$T/job.out" "JOB STOPPED"
	grep -q '^State:.T' "/proc/$(pid_of)/status"
	touch "$T/fg"
	eventually file_says "$T/job.out" "JOB ENDED 6"
}

@test "Ctrl-Z stops the program's children too, and with --init the program" {
	local how

	script 'sh -c "echo \$\$ >/tmp/child; n=0; while [ \$n -lt 40 ]; do sleep 0.05; n=\$((n+1)); done; exit 6" & echo READY; wait $!'
	for how in "" --init; do
		rm -f "$ROOTFS/tmp/child"
		KEYS='\x1a' background "job$how" job env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" run $how "$ID"
		eventually file_says "$T/job$how.out" "JOB STOPPED 20"
		[ "$(states_inside | sort -u)" = stopped ]
		touch "$T/fg"
		eventually file_says "$T/job$how.out" "JOB ENDED 6"
	done
}

@test "Ctrl-Z is nothing where nobody could say fg: an orphaned process group" {
	script 'echo READY; n=0; while [ $n -lt 20 ]; do sleep 0.05; n=$((n+1)); done; exit 6'
	# script(1) makes orlop the leader of a session: no shell.
	(sleep 0.7; printf '\032'; sleep 1.5) | command script -qec "exec $ORLOP --root $ROOT run $ID" /dev/null >"$T/out" 2>&1 3>&- || status=$?
	[ "$status" -eq 6 ]
}

@test "Ctrl-C of run without a terminal of the container is passed on" {
	script 'trap "exit 8" INT; echo READY; while :; do sleep 0.05; done'
	KEYS='\x03' background job job env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" run "$ID"
	eventually file_says "$T/job.out" "JOB ENDED 8"
}

@test "with a terminal Ctrl-Z is the container's, and the terminal is whole in the end" {
	config '.process.terminal = true'
	script 'trap "echo got it; exit 5" TSTP; echo READY; while :; do sleep 0.05; done'
	KEYS='\x1a' background job job env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" run "$ID"
	eventually file_says "$T/job.out" "TERMINAL"
	file_says "$T/job.out" "got it"
	file_says "$T/job.out" "JOB ENDED 5"
	file_says "$T/job.out" "TERMINAL canonical"
	refute file_says "$T/job.out" "JOB STOPPED"
}

@test "run that is stopped by a signal gives the terminal back, and takes it again" {
	config '.process.terminal = true'
	script 'echo READY; n=0; while [ $n -lt 40 ]; do sleep 0.05; n=$((n+1)); done; exit 6'
	KEYS='' background job job env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" run --pid-file "$T/pid" "$ID"
	eventually file_says "$T/job.out" READY
	kill -TSTP "$(awk '/^PPid/ { print $2 }' "/proc/$(<"$T/pid")/status")"
	eventually file_says "$T/job.out" "JOB STOPPED 20 canonical"
	touch "$T/fg"
	eventually file_says "$T/job.out" "JOB ENDED 6"
	file_says "$T/job.out" "TERMINAL canonical"
}

@test "the terminal is whole after the container was killed or orlop crashed" {
	local sig

	config '.process.terminal = true'
	script 'echo READY; sleep 1000'
	for sig in KILL ABRT; do
		KEYS='' background "job$sig" job env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" run --pid-file "$T/pid" "$ID"
		eventually file_says "$T/job$sig.out" READY
		if [ "$sig" = KILL ]; then
			ok kill "$ID" KILL
		else
			kill -ABRT "$(awk '/^PPid/ { print $2 }' "/proc/$(<"$T/pid")/status")"
		fi
		eventually file_says "$T/job$sig.out" "TERMINAL canonical"
	done
}
