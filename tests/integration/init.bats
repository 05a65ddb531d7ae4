# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

start_with_init() { # TEXT
	script "$1"
	ok run -d --init "$ID"
	wait_status running
}

number_inside() { # HOST_PID
	awk '/^NSpid/ { print $NF }' "/proc/$1/status"
}

no_zombie_of() { # PARENT
	[ -z "$(grep -ls "^State:.Z" /proc/[0-9]*/status | xargs -r grep -l "^PPid:.$1\$")" ]
}

@test "with --init the program is a child of orlop's init" {
	script 'echo $$; cat /proc/1/comm; tr "\0" " " </proc/1/cmdline'
	ok run --init "$ID"
	is $'2\norlop-init\norlop-init 2 '
	nothing_left
}

@test "with --init run ends as the program does" {
	script 'exit 42'
	run_orlop run --init "$ID"
	[ "$status" -eq 42 ]
	script 'kill -9 $$'
	run_orlop run --init "$ID"
	[ "$status" -eq 137 ]
	nothing_left
}

@test "with --init a program that cannot be run is told as without" {
	args /nope
	fails 1 "no such file or directory" run --init "$ID"
	args nope
	fails 1 "executable file not found in \$PATH" run --init "$ID"
	nothing_left
}

@test "with --init a program without a handler ends by SIGTERM" {
	args sleep 1000
	ok run -d --init "$ID"
	wait_status running
	ok kill "$ID" TERM
	[ -z "$errors" ]
	wait_status stopped
}

@test "with --init stop needs no SIGKILL" {
	args sleep 1000
	adopted keep run -d --init "$ID"
	ok stop "$ID"
	is "$ID: exited with 143, after SIGTERM"
}

@test "init passes every signal on that a process can catch" {
	local s

	start_with_init 'for s in HUP INT QUIT USR1 USR2 ALRM TERM CONT WINCH TSTP; do trap "echo $s >>/tmp/got" $s; done
		echo >/tmp/ready; while :; do sleep 0.05; done'
	eventually exists "$ROOTFS/tmp/ready"
	for s in HUP INT QUIT USR1 USR2 ALRM TERM CONT WINCH TSTP; do
		ok kill "$ID" "$s"
		eventually file_says "$ROOTFS/tmp/got" "^$s\$"
	done
}

@test "init reaps orphans" {
	start_with_init '(sleep 0.2 & ) ; (sleep 0.2 & ); echo >/tmp/ready; exec sleep 1000'
	eventually exists "$ROOTFS/tmp/ready"
	sleep 0.5
	eventually no_zombie_of "$(pid_of)"
	[ "$(orlop ps -f json "$ID" | jq length)" -eq 2 ]
}

@test "init reaps orphans by the thousand" {
	start_with_init 'i=0; while [ $i -lt 3000 ]; do (true &); i=$((i+1)); done; echo >/tmp/done; exec sleep 1000'
	eventually exists "$ROOTFS/tmp/done"
	eventually no_zombie_of "$(pid_of)"
	[ "$(orlop ps -f json "$ID" | jq length)" -eq 2 ]
}

@test "init loses no real-time signal, however many there are" {
	local s pid

	needs_probe
	args probe count 2031 /tmp/count
	ok run -d --init "$ID"
	eventually file_says "$ROOTFS/tmp/count" ready
	pid=$(pid_of)
	for s in {34..64}; do
		ok kill "$ID" "$s"
	done
	for s in {1..1000}; do
		kill -34 "$pid" && kill -64 "$pid"
	done
	wait_status stopped
	file_says "$ROOTFS/tmp/count" '^34 1001$' && file_says "$ROOTFS/tmp/count" '^64 1001$'
	for s in {35..63}; do
		file_says "$ROOTFS/tmp/count" "^$s 1\$"
	done
}

@test "init takes less than 32 KiB of memory" {
	start_with_init 'exec sleep 1000'
	local rss

	eventually grep -q orlop-init "/proc/$(pid_of)/comm"
	rss=$(awk '/^Rss:/ { print $2 }' "/proc/$(pid_of)/smaps_rollup")
	echo "# $rss KiB"
	[ "$rss" -lt 32 ]
	grep -q "^Uid:.0" "/proc/$(pid_of)/status"
	[ "$(ls "/proc/$(pid_of)/fd" | wc -l)" -eq 0 ]
}

@test "the annotation org.orlop.init does the same, also for create" {
	config '.annotations = { "org.orlop.init": "true" }'
	script 'echo $$ >/tmp/pid; exec sleep 1000'
	ok create "$ID"
	ok start "$ID"
	eventually file_says "$ROOTFS/tmp/pid" '^2$'
	grep -q orlop-init "/proc/$(pid_of)/comm"
	ok exec "$ID" true
}

@test "init and program are under the container's filter, user and rights" {
	config '.process.user = { uid: 1000, gid: 1000 } | .process.capabilities = {}
		| .linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW",
			syscalls: [ { names: [ "mkdir", "mkdirat" ], action: "SCMP_ACT_ERRNO" } ] }'
	start_with_init 'exec sleep 1000'
	eventually grep -q orlop-init "/proc/$(pid_of)/comm"
	grep -q "^Uid:.1000.1000" "/proc/$(pid_of)/status"
	grep -q "^Seccomp:.2" "/proc/$(pid_of)/status"
	grep -q "^NoNewPrivs:.1" "/proc/$(pid_of)/status"
	grep -q "^CapEff:.0*\$" "/proc/$(pid_of)/status"
}

@test "the terminal's keys reach the program once" {
	needs_tool script
	config '.process.terminal = true'
	script 'trap "echo int >>/tmp/got" INT; echo ready; i=0
		until [ -e /tmp/got ] || [ $i -gt 200 ]; do sleep 0.05; i=$((i+1)); done; sleep 0.5'
	# Seen by way of our terminal: then that is raw, and Ctrl-C a byte.
	(eventually file_says "$T/out" ready; printf '\003'; eventually exists "$ROOTFS/tmp/got"; sleep 0.2) | command script -qec "$ORLOP --root $ROOT run --init $ID" /dev/null >"$T/out" 2>&1 3>&-
	[ "$(grep -c int "$ROOTFS/tmp/got")" -eq 1 ]
}

@test "without a pid namespace init still reaps and passes on" {
	no_namespace pid
	script 'trap "exit 4" TERM; echo >/tmp/ready; while :; do sleep 0.05; done'
	adopted keep run -d --init "$ID"
	eventually exists "$ROOTFS/tmp/ready"
	ok stop "$ID"
	is "$ID: exited with 4, after SIGTERM"
	ok delete "$ID"
	nothing_left
}
