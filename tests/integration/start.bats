# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# A start that is refused changes nothing; one that fails leaves a stopped container; a signal ends a created one.

# refused_and_startable TEXT: start fails with these words; after thaw(), which the test defines, the container starts once.
refused_and_startable() {
	LIMIT=25 fails 1 "$1" start "$ID"
	thaw
	wait_status created
	ok start "$ID"
	eventually exists "$ROOTFS/tmp/ran"
	[ "$(cat "$ROOTFS/tmp/ran")" = 1 ]
	ok kill "$ID" KILL
}

counts_its_runs() {
	script 'echo 1 >>/tmp/ran; exec sleep 1000'
}

@test "OP-ST2 start below a frozen cgroup is refused, and works after the thaw" {
	local frozen=FROZEN thawed=THAWED

	config '.linux.cgroupsPath = $p' --arg p "/$ID/c"
	counts_its_runs
	ok create "$ID"
	knob=$(cgroup_file freezer freezer.state)
	if ! [ -e "$knob" ]; then
		knob=$(cgroup_file freezer cgroup.freeze) frozen=1 thawed=0
	fi
	[ -e "$knob" ] || skip "no freezer here"
	thaw() { echo "$thawed" >"$knob"; }
	echo "$frozen" >"$knob"
	refused_and_startable frozen
	ok delete "$ID"
	rmdir /sys/fs/cgroup/*/"$ID" /sys/fs/cgroup/"$ID" 2>/dev/null || true
}

@test "OP-ST2 start of a created container that a signal has stopped is refused, and works after SIGCONT" {
	counts_its_runs
	ok create "$ID"
	pid=$(pid_of)
	thaw() { kill -CONT "$pid"; }
	kill -STOP "$pid"
	refused_and_startable "a signal has stopped it"
}

@test "OP-ST2 start of a created container that a debugger holds is refused, and works when it has gone" {
	counts_its_runs
	ok create "$ID"
	pid=$(pid_of)
	background tracer $PYTHON -c '
import ctypes, os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
pid, libc = int(sys.argv[1]), ctypes.CDLL(None, use_errno=True)
if libc.ptrace(16, pid, None, None):  # ATTACH
    sys.exit("cannot attach")
os.waitpid(pid, 0x40000000)
print("attached", flush=True)
signal.sigwait([signal.SIGUSR1])
libc.ptrace(17, pid, None, None)  # DETACH' "$pid"
	tracer=$BG
	eventually grep -q . "$T/tracer.out"
	file_says "$T/tracer.out" attached || skip "init cannot be traced here: $(tail -n 1 "$T/tracer.out")"
	thaw() { kill -USR1 "$tracer"; wait "$tracer"; }
	refused_and_startable "a debugger holds it"
}

@test "OP-ST2 a start that is killed while init is stopped does not start it later" {
	counts_its_runs
	ok create "$ID"
	kill -STOP "$(pid_of)"
	timeout -s KILL 1 "$ORLOP" --root "$ROOT" start "$ID" 3>&- 4>&- || true
	kill -CONT "$(pid_of)"
	# Whatever it would do with that START comes before the answer to the next one.
	ok start "$ID"
	eventually exists "$ROOTFS/tmp/ran"
	[ "$(cat "$ROOTFS/tmp/ran")" = 1 ]
}

@test "OP-ST2 many starts that were refused leave a container that starts once" {
	counts_its_runs
	ok create "$ID"
	kill -STOP "$(pid_of)"
	for i in 1 2 3; do
		timeout -s KILL 0.2 "$ORLOP" --root "$ROOT" start "$ID" 3>&- 4>&- || true
	done
	fails 1 "a signal has stopped it" start "$ID"
	kill -CONT "$(pid_of)"
	wait_status created
	ok start "$ID"
	eventually exists "$ROOTFS/tmp/ran"
	[ "$(cat "$ROOTFS/tmp/ran")" = 1 ]
}

@test "OP-ST1 when a start has failed the container is stopped, and can be deleted at once" {
	printf '\177ELFnonsense' >"$ROOTFS/bin/bad"
	chmod 755 "$ROOTFS/bin/bad"
	args /bin/bad
	background load sh -c 'while :; do :; done'
	for ((i = 0; i < 25; i++)); do
		nice -n 19 "$ORLOP" --root "$ROOT" create "$ID" >"$T/out" 2>&1 3>&- 4>&-
		refused start "$ID"
		says "exec format error"
		[ "$(state_of)" = stopped ]
		ok delete "$ID"
	done
}

@test "OP-K1 a signal that ends programs ends a created container with 128 and its number" {
	for signal in TERM INT HUP QUIT USR1 RTMIN+3; do
		number=$(kill -l "$signal")
		ok create "$ID"
		background waiter orlop wait "$ID"
		ok kill "$ID" "$signal"
		wait_status stopped
		status=0
		wait "$BG" || status=$?
		# Nobody may know how it ended, when its parent has reaped it already (255).
		[ "$status" -eq $((128 + number)) ] || [ "$status" -eq 255 ]
		ok delete "$ID"
	done
}

@test "OP-K1 TERM right after create is not lost, however late init is" {
	local i

	# On one processor with what keeps it busy: create has returned, and init has not run since.
	background load taskset -c 0 sh -c 'while :; do :; done'
	for ((i = 0; i < 6; i++)); do
		taskset -c 0 chrt --idle 0 "$ORLOP" --root "$ROOT" create "$ID" >"$T/out" 2>&1 3>&- 4>&-
		ok kill "$ID" TERM
		wait_status stopped
		ok delete "$ID"
	done
}

@test "OP-K1 the parent of a created container that TERM has ended is told 143" {
	ok create --pid-file "$T/pid" "$ID"
	ok stop --timeout 10 "$ID"
	says "143, after SIGTERM"
}

@test "OP-K1 a signal that ends no program leaves a created container as it is, and the program gets none of it" {
	script 'grep -E "^Sig(Blk|Pnd|Ign)|ShdPnd" /proc/self/status >/tmp/signals; exec sleep 1000'
	ok create "$ID"
	for signal in WINCH CHLD CONT URG TSTP; do
		ok kill "$ID" "$signal"
	done
	has_status created
	ok start "$ID"
	eventually file_says "$ROOTFS/tmp/signals" SigIgn
	refute grep -E '^(SigBlk|SigPnd|ShdPnd):.*[1-9a-f]' "$ROOTFS/tmp/signals"
}

@test "OP-K1 TERM ends a created container in the host's pid namespace too" {
	no_namespace pid
	config '.mounts |= [.[] | select(.destination != "/proc")]'
	ok create "$ID"
	ok kill "$ID" TERM
	wait_status stopped
	ok delete "$ID"
}
