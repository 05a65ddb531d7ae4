# SPDX-License-Identifier: Apache-2.0
# trace: what the processes of a container do, by the kernel's tracing.

load ../lib/orlop

instances() {
	unshare --mount --propagation private sh -c 'mount -t tracefs none /mnt && ls /mnt/instances' | grep '^orlop\.' || :
}

needs_tracefs() {
	unshare --mount --propagation private sh -c 'mount -t tracefs none /mnt && [ -d /mnt/events/sched ]' 2>/dev/null ||
		skip "no tracefs in this kernel, or no right to mount it"
}

# A container that makes a process with status 3 each time that it is told to.
looper() {
	copy_rootfs
	mkfifo "$ROOTFS/go"
	script 'while read x <>/go; do sh -c "exit 3"; done'
	ok run -d "$ID"
}

start_trace() {
	"$ORLOP" --root "$ROOT" trace "$ID" "$@" >"$T/trace" 2>"$T/trace.err" 3>&- &
	TRACE=$!
	BACKGROUND+=("$TRACE")
}

end_trace() {
	kill -TERM "$TRACE"
	wait "$TRACE"
}

# Goes on making processes until the trace has seen this.
provoke() {
	echo >"$ROOTFS/go"
	grep -q -- "$1" "$T/trace"
}

@test "trace prints programs, processes and their ends, for people and for programs" {
	needs_tracefs
	looper
	start_trace
	eventually provoke 'exit     3'
	end_trace
	grep -q 'exec     ' "$T/trace"
	grep -q 'fork     [0-9]' "$T/trace"
	start_trace --format json
	eventually provoke '"code":3'
	end_trace
	jq -e -s 'map(select(.type == "exit" and .code == 3)) | length > 0' "$T/trace" >/dev/null
	jq -e -s 'all(.[]; .time > 0 and .pid > 0)' "$T/trace" >/dev/null
}

@test "trace prints the system calls that are asked for, and no others" {
	needs_tracefs
	looper
	start_trace --events syscall:execve --format json
	eventually provoke '"result":0'
	end_trace
	[ "$(jq -r .name "$T/trace" | sort -u)" = execve ]
	jq -e -s 'map(select(.type == "syscall"))[0].args | length == 6' "$T/trace" >/dev/null
}

@test "trace follows what exec brings, and nobody else" {
	needs_tracefs
	start_sleeper
	start_trace --events exec
	while sleep 0.05; do cat /dev/null; done 3>&- &
	BACKGROUND+=($!)
	ok exec -d "$ID" sh -c 'while sleep 0.1; do :; done'
	eventually grep -q 'exec     /' "$T/trace"
	end_trace
	refute grep -q '/cat' "$T/trace"
}

@test "trace cannot be deceived by the name of a program" {
	needs_tracefs
	looper
	printf -v name 'a\nb\033c'
	cp "$ROOTFS/bin/busybox" "$ROOTFS/bin/$name"
	start_trace --events exec
	eventually provoke 'exec     '
	ok exec -d "$ID" sh -c 'while sleep 0.2; do "/bin/$0" true; done' "$name"
	eventually grep -q 'exec     /bin/a?b?c' "$T/trace"
	end_trace
	refute grep -q "$(printf '\033')" "$T/trace"
}

@test "trace ends with its time, with the container, and when nobody reads" {
	needs_tracefs
	looper
	ok trace "$ID" --duration 100ms
	status=0
	{ echo >"$ROOTFS/go"; "$ORLOP" --root "$ROOT" trace "$ID" --events fork,exec 2>"$T/errors" || echo $? >"$T/status"; } | true &
	BACKGROUND+=($!)
	nobody_reads() { echo >"$ROOTFS/go"; [ -s "$T/status" ]; }
	eventually nobody_reads
	grep -q "write to standard output: broken pipe" "$T/errors"
	start_trace
	eventually provoke 'exit     3'
	ok delete -f "$ID"
	wait "$TRACE"
}

@test "trace leaves no instance, and removes what a killed one has left" {
	needs_tracefs
	looper
	start_trace
	eventually provoke 'exit     3'
	mine=$(instances | grep "\.$TRACE\.")
	[ -n "$mine" ] || complain "there is an instance of process $TRACE"
	kill -KILL "$TRACE"
	wait "$TRACE" || :
	[[ "$(instances)" == *"$mine"* ]] || complain "the kernel keeps it"
	start_trace
	eventually provoke 'exit     3'
	[[ "$(instances)" != *"$mine"* ]] || complain "what was left is there"
	mine=$(instances | grep "\.$TRACE\.")
	end_trace
	[[ "$(instances)" != *"$mine"* ]] || complain "an instance is left"
}

@test "trace says what cannot be" {
	fails 1 "container does not exist" trace "$ID"
	start_sleeper
	fails 1 "'x' is no event (exec, exit, fork, signal, oom, syscall" trace "$ID" --events exec,x
	fails 1 "'x' is no system call of this machine" trace "$ID" --events syscall:x
	ok kill "$ID" KILL
	wait_status stopped
	fails 1 "container not running" trace "$ID"
}

@test "trace without the right says which one it needs" {
	copy_rootfs
	start_sleeper
	status=0
	setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$ORLOP" --root "$ROOT" trace "$ID" >"$T/stdout" 2>"$T/stderr" || status=$?
	[ "$status" -eq 1 ]
	grep -q "it needs CAP_SYS_ADMIN in the first user namespace" "$T/stderr"
}
