# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# Ctrl-C, or a service manager's SIGTERM, while a hook hangs.

# hanging KIND [PREFIX]: a hook that tells its number and then hangs, with a child of its own; ignoring what PREFIX says.
hanging() {
	local shell="${2-} /bin/sleep 1000 & echo \$\$ \$! >$T/hook; wait"

	case $1 in
	startContainer)
		shell="${2-} sleep 1000 & echo \$\$ \$! >/tmp/hook; wait"
		HOOK=$ROOTFS/tmp/hook
		;;
	*) HOOK=$T/hook ;;
	esac
	config '.hooks = { ($k): [{ path: "/bin/sh", args: ["sh", "-c", $s], env: ["ORLOP_TEST_ID=" + $i] }] }' \
		--arg k "$1" --arg s "$shell" --arg i "$ID"
}

# job COMMAND...: the runtime as a shell has it in the foreground: a process group of its own, with signals that end it.
job() {
	background job env ORLOP_TEST_ID="$ID" $PYTHON -c '
import os, signal, sys
os.setsid()
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' "$ORLOP" --root "$ROOT" "$@"
	JOB=$BG
	eventually exists "$HOOK"
}

# ends_by SIGNAL: so does the whole group's job, within eight seconds, with nothing left of hook and container.
ends_by() {
	kill -"$1" -- -"$JOB"
	ORLOP_TEST_TRIES=160 eventually eval "! kill -0 $JOB 2>/dev/null"
	status=0
	wait "$JOB" || status=$?
	[ "$status" -eq $((128 + $(kill -l "$1"))) ] || { echo "# status $status"; cat "$T/job.out"; return 1; }
	file_says "$T/job.out" "interrupted by SIG$1"
	nothing_left
	rm -f "$HOOK"
}

@test "OP-C3 Ctrl-C and TERM while a hook of create hangs take all back, the hook and its children too" {
	for kind in prestart createRuntime createContainer; do
		for signal in INT TERM; do
			hanging $kind
			job create "$ID"
			ends_by $signal
		done
	done
}

@test "OP-C3 a hook that ignores both is ended as well, and so is one that run waits for" {
	for kind in createRuntime createContainer poststart; do
		hanging $kind 'trap "" INT TERM HUP QUIT;'
		job run "$ID"
		ends_by INT
	done
	hanging createRuntime 'trap "" INT TERM HUP QUIT;'
	job run -d "$ID"
	ends_by TERM
	job run "$ID"
	ends_by HUP
}

@test "OP-C3 without a pid namespace of its own nothing that a hook inside has started stays" {
	no_namespace pid
	config '.mounts |= [.[] | select(.destination != "/proc")]'
	hanging createContainer
	job create "$ID"
	ends_by INT
}

@test "Ctrl-C while a startContainer hook of run hangs ends the container" {
	hanging startContainer
	job run "$ID"
	ends_by INT
}

@test "OP-ST1 Ctrl-C while a poststart hook hangs destroys the container, as a failing hook does" {
	hanging poststart
	ok create "$ID"
	job start "$ID"
	ends_by INT
}

@test "OP-D3 Ctrl-C while a poststop hook hangs ends the hook, and the container is deleted" {
	hanging poststop
	args true
	ok run --keep "$ID"
	job delete "$ID"
	kill -INT -- -"$JOB"
	wait "$JOB"
	file_says "$T/job.out" "interrupted by SIGINT"
	nothing_left
}

@test "a signal that the caller ignores is ignored while a hook runs" {
	config '.hooks.createRuntime = [{ path: "/bin/sh", args: ["sh", "-c", $s] }]' \
		--arg s "echo there >$T/hook; while ! [ -e $T/go ]; do /bin/sleep 0.05; done"
	HOOK=$T/hook
	args true
	background job env ORLOP_TEST_ID="$ID" $PYTHON -c '
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
os.execvp(sys.argv[1], sys.argv[1:])' "$ORLOP" --root "$ROOT" run "$ID"
	eventually exists "$HOOK"
	kill -HUP "$BG"
	touch "$T/go"
	wait "$BG"
}
