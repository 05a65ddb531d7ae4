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

# ---- sessions ----

# Each test has names of its own: sessions are those of the host.
begin_sessions() {
	needs_tracefs
	lock_sessions "${1--s}"
	SESSION=s$$-$BATS_TEST_NUMBER
}

teardown() {
	local name

	for name in ${SESSION:+$("$ORLOP" --root "$ROOT" trace --list --format json | jq -r ".[].name | select(startswith(\"$SESSION\"))")}; do
		"$ORLOP" --root "$ROOT" trace --delete "$name"
	done
	test_end
}

begin_session() {
	ok trace --create "$SESSION" "$ID" "$@"
}

attached() {
	echo >"$ROOTFS/go"
	ok trace --attach "$SESSION" --duration 100ms --format json
	grep -q -- "$1" "$T/stdout"
}

@test "a session records without a command, is listed, is read, and is deleted" {
	begin_sessions
	looper
	begin_session
	ok trace --list
	grep -Eq "^$SESSION +$ID +recording$" "$T/stdout"
	eventually attached '"code":3'
	jq -e -s 'all(.[]; .time > 0 and .pid > 0)' "$T/stdout" >/dev/null
	ok trace --delete "$SESSION"
	ok trace --list --format json
	jq -e "all(.[]; .name != \"$SESSION\")" "$T/stdout" >/dev/null
}

@test "a session has the events that it was created with, and no others" {
	begin_sessions
	looper
	begin_session --events syscall:execve,fork
	eventually attached '"name":"execve"'
	[ "$(jq -r 'select(.type == "syscall" or .type == "result").name' "$T/stdout" | sort -u)" = execve ]
	[ -z "$(jq -r 'select(.type == "exit" or .type == "exec" or .type == "signal")' "$T/stdout")" ]
}

@test "a session tells how the container ended, after its end and its delete, and then the next removes it" {
	local ended

	begin_sessions
	looper
	begin_session
	ended=$SESSION
	ok delete -f "$ID"
	ok trace --list
	grep -Eq "^$ended +$ID +ended$" "$T/stdout"
	ok trace --attach "$ended" --format json
	jq -e -s 'map(select(.type == "exit")) | length > 0' "$T/stdout" >/dev/null
	start_sleeper
	SESSION=$ended-2
	begin_session
	fails 1 "there is no session '$ended'" trace --attach "$ended"
}

@test "a session whose events came faster than they were read says how many are lost" {
	begin_sessions
	copy_rootfs
	mkfifo "$ROOTFS/go"
	script 'read x <>/go; dd if=/dev/zero of=/dev/null bs=1 count=100000; touch /done; while :; do sleep 1; done'
	ok run -d "$ID"
	begin_session --events syscall
	echo >"$ROOTFS/go"
	eventually test -e "$ROOTFS/done"
	ok trace --attach "$SESSION" --duration 1ms
	grep -Eq '[0-9]+ events were lost: they came faster than they were read' "$T/stderr"
}

@test "a session of a name that is there is an error, and --force replaces it" {
	begin_sessions
	start_sleeper
	begin_session
	fails 1 "--create: there is a session '$SESSION', of container '$ID': --force replaces it" trace --create "$SESSION" "$ID"
	ok trace --create "$SESSION" --force "$ID"
	[ "$(instances | grep -c "\.$SESSION@")" -eq 1 ]
}

@test "there are 16 sessions at most" {
	local i

	begin_sessions -x
	start_sleeper
	for i in $(seq 17); do
		run_orlop trace --create "$SESSION-$i" "$ID"
		[ "$status" -eq 0 ] || break
	done
	[ "$status" -eq 1 ]
	[[ "$errors" == *"--create: there are 16 sessions, as many as may be: remove one by 'trace --delete NAME'"* ]]
	[ "$(instances | grep -c '@')" -eq 16 ]
	ok trace --create "$SESSION-1" --force "$ID"
}

@test "a session that is being read is not read by another, and not deleted" {
	begin_sessions
	looper
	begin_session
	"$ORLOP" --root "$ROOT" trace --attach "$SESSION" >"$T/trace" 2>"$T/trace.err" 3>&- &
	TRACE=$!
	BACKGROUND+=("$TRACE")
	eventually provoke 'exit     3'
	fails 1 "session '$SESSION' is being read by another command" trace --attach "$SESSION"
	fails 1 "session '$SESSION' is being read by another command" trace --delete "$SESSION"
	end_trace
	ok trace --delete "$SESSION"
}

@test "sessions: words for what cannot be" {
	begin_sessions
	fails 1 "container does not exist" trace --create "$SESSION" "$ID"
	fails 1 "trace: there is no session 'nobody': 'trace --list' shows those that are" trace --attach nobody
	fails 1 "trace: there is no session 'nobody': 'trace --list' shows those that are" trace --delete nobody
	start_sleeper
	for name in a/b .. a.b a@b "$(printf '%033d' 0)"; do
		fails 1 "the name of a session is 1 to 32 letters, digits, '_' and '-'" trace --create "$name" "$ID"
	done
	fails 1 "'x' is no event" trace --create "$SESSION" --events x "$ID"
	fails 1 "exclude each other" trace --create "$SESSION" --list "$ID"
	fails 1 "it takes no container's id" trace --attach "$SESSION" "$ID"
	fails 1 "expected the id of a container" trace
	fails 1 "--force is for --create" trace --force "$ID"
	fails 1 "--events is said when the session is created" trace --attach "$SESSION" --events exec
	fails 1 "--duration is for what is printed" trace --create "$SESSION" --duration 1s "$ID"
	[ "$(instances | grep -c "$SESSION")" -eq 0 ] || complain "an instance is left"
	ok kill "$ID" KILL
	wait_status stopped
	fails 1 "container not running" trace --create "$SESSION" "$ID"
}

@test "sessions and traces without the right, and without tracefs, say so" {
	start_sleeper
	for form in "$ID" "--create x $ID" "--attach x" "--delete x" --list; do
		status=0
		# shellcheck disable=SC2086 # words
		setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$ORLOP" --root "$ROOT" trace $form >"$T/stdout" 2>"$T/stderr" || status=$?
		[ "$status" -eq 1 ]
		grep -q "it needs CAP_SYS_ADMIN in the first user namespace" "$T/stderr" || complain "$form: $(cat "$T/stderr")"
		# shellcheck disable=SC2086 # words
		under fsopen=ENODEV trace $form
		[ "$status" -eq 1 ]
		[[ "$errors" == *"this kernel has no tracefs: it was built without CONFIG_TRACING"* ]] || complain "$form: $errors"
	done
}
