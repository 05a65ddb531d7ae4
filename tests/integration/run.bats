# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

@test "a container that its memory limit or its seccomp filter has ended is told so by run, not by a bare status" {
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_KILL_PROCESS" }] }'
	args mkdir /tmp/x
	run_orlop run "$ID"
	[ "$status" -eq 159 ]
	[[ "$errors" == *"killed by its seccomp filter (SIGSYS, status 159)"* ]]
	needs_controller memory
	config 'del(.linux.seccomp) | .linux.resources.memory = { limit: 20000000, swap: 20000000 }'
	script 'exec tail /dev/zero'
	run_orlop run "$ID"
	[ "$status" -eq 137 ] || skip "tail did not run out of memory"
	[[ "$errors" == *"killed by SIGKILL after its memory ran out (status 137)"* ]]
	run_orlop --log "$T/log" --log-format json run "$ID"
	[ -z "$errors" ]
}

@test "run prints the output, passes the status on and leaves nothing" {
	script 'echo out; echo err >&2; exit 42'
	run_orlop run "$ID"
	[ "$status" -eq 42 ]
	[ "$output" = out ]
	[ "$errors" = err ]
	nothing_left
}

@test "run ends with 128 and the signal's number when the process was killed" {
	script 'kill -9 $$; sleep 5'
	no_namespace pid
	run_orlop run "$ID"
	[ "$status" -eq 137 ]
	nothing_left
}

@test "run passes standard input on" {
	args cat
	run_orlop run "$ID" <<<"hello"
	is hello
}

@test "run -d returns at once and the container lives on" {
	start_sleeper
	has_status running
	[ -d "/proc/$(pid_of)" ]
}

@test "run --keep keeps the stopped container" {
	ok run --keep "$ID"
	has_status stopped
	ok delete "$ID"
	nothing_left
}

@test "run forwards TERM to the container and ends with its status" {
	script 'trap "exit 9" TERM; echo >/tmp/ready; while :; do sleep 0.05; done'
	background run env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" run "$ID"
	eventually exists "$ROOTFS/tmp/ready"
	kill -TERM "$BG"
	status=0
	wait "$BG" || status=$?
	[ "$status" -eq 9 ]
	nothing_left
}

@test "run writes the pid file" {
	script 'sleep 1000'
	ok run -d --pid-file "$T/pid" "$ID"
	[ "$(<"$T/pid")" = "$(pid_of)" ]
}

@test "run works with --no-subreaper, given as go-runc gives it" {
	ok run -no-subreaper "$ID"
}

@test "pid 1 of the container is the user's process" {
	run_script 'echo $$; tr "\0" " " </proc/1/cmdline; :'
	[[ "$output" == 1$'\n'"sh -c "* ]]
}

@test "run of a config that is no JSON names the place" {
	echo '{ "ociVersion": ' >config.json
	fails 1 "config.json" run "$ID"
	nothing_left
}

ends_by() { # SIGNAL PID
	local got=0

	kill "-$1" "$2"
	eventually gone "/proc/$2/cwd"
	wait "$2" || got=$?
	[ "$got" -eq "$((128 + $(kill -l "$1")))" ] || { echo "# ended with $got"; return 1; }
}

@test "a signal ends run while a hook hangs, before the program runs" {
	config '.hooks.createRuntime = [{ path: "/bin/sh", args: ["sh", "-c", "echo >\($f); exec sleep 1000"] }]' --arg f "$T/hook"
	background run env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" run "$ID"
	eventually exists "$T/hook"
	ends_by TERM "$BG"
	eventually no_processes
	ok delete -f "$ID"
	for dir in $(cgroups_of); do rmdir "$dir"; done
}

@test "a signal ends exec that waits for a paused container" {
	start_sleeper
	ok pause "$ID"
	background exec env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" exec --ignore-paused "$ID" true
	sleep 0.5
	# Not INT, which a shell's background jobs ignore.
	ends_by TERM "$BG"
	ok resume "$ID"
}
