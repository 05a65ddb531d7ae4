# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

@test "OP-K3 kill sends TERM by default" {
	script 'trap "echo term >/tmp/got; exit 0" TERM; echo >/tmp/ready; while :; do sleep 0.1; done'
	ok run -d "$ID"
	eventually exists "$ROOTFS/tmp/ready"
	ok kill "$ID"
	wait_status stopped
	[ "$(<"$ROOTFS/tmp/got")" = term ]
}

@test "kill takes numbers, TERM, SIGTERM and any case" {
	script 'trap "echo x >>/tmp/got" USR1; echo >/tmp/ready; while :; do sleep 0.05; done'
	ok run -d "$ID"
	eventually exists "$ROOTFS/tmp/ready"
	n=0
	for s in 10 USR1 SIGUSR1 usr1 sigusr1; do
		ok kill "$ID" "$s"
		n=$((n + 1))
		eventually eval "[ \"\$(grep -c x '$ROOTFS/tmp/got' 2>/dev/null)\" -ge $n ]"
	done
}

@test "an unknown signal is refused" {
	start_sleeper
	fails 1 'unknown signal "FOO"' kill "$ID" FOO
	fails 1 'unknown signal "4711"' kill "$ID" 4711
	has_status running
}

@test "an empty signal is none: SIGTERM, as in runc" {
	script 'trap "exit 7" TERM; touch /tmp/ready; while :; do sleep 0.1; done'
	ok run -d "$ID"
	eventually exists "$ROOTFS/tmp/ready"
	ok kill "$ID" ""
	eventually has_status stopped
	ok delete "$ID"
	rm "$ROOTFS/tmp/ready"
	ok run -d "$ID"
	eventually exists "$ROOTFS/tmp/ready"
	ok kill --signal "" "$ID"
	eventually has_status stopped
}

@test "OP-K1 kill of a created container works" {
	ok create "$ID"
	ok kill "$ID" KILL
	wait_status stopped
	ok delete "$ID"
	nothing_left
}

@test "OP-K2 kill of a stopped container fails with 'container not running'" {
	ok run -d "$ID"
	wait_status stopped
	fails 1 "container not running" kill "$ID" KILL
	ok kill --all "$ID" KILL
}

@test "OP-K1 kill of an unknown container fails" {
	fails 1 "container does not exist" kill nope
	fails 1 "" kill
}

@test "OP-K3 KILL of pid 1 ends every process of the pid namespace" {
	start_sleeper 'sleep 1001 & sleep 1002 & sleep 1003'
	ok kill "$ID" KILL
	wait_status stopped
	eventually no_processes
}

@test "KILL reaches every process when the container has no pid namespace of its own" {
	no_namespace pid
	script 'sleep 1001 & sleep 1002 & sleep 1003'
	ok run -d "$ID"
	wait_status running
	ok kill "$ID" KILL
	wait_status stopped
	eventually no_processes
	ok delete "$ID"
	nothing_left
}

@test "without a pid namespace delete ends what init left behind" {
	no_namespace pid
	script 'sleep 1001 >/dev/null 2>&1 </dev/null & exit 0'
	ok run -d "$ID"
	wait_status stopped
	ok delete -f "$ID"
	nothing_left
}

@test "a paused container can be killed" {
	start_sleeper
	ok pause "$ID"
	ok kill "$ID" KILL
	ok delete -f "$ID"
	nothing_left
}
