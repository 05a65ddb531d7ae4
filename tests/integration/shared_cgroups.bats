# SPDX-License-Identifier: Apache-2.0
# Two containers in one cgroup, or in one below the other's: who is whose, for delete, kill and the delete of a broken one.

load ../lib/orlop

teardown() {
	local pid
	for pid in "${OTHERS[@]}"; do kill -9 "$pid" 2>/dev/null; done
	for root in "${MORE_ROOTS[@]}"; do ROOT=$root delete_all; done
	test_end
}

setup() {
	OTHERS=()
	MORE_ROOTS=()
	test_begin
}

# second CGROUP [PROGRAM]: $ID-2 runs in this cgroup; OTHER is its init.
second() {
	mkdir -p "$T/second"
	jq --arg p "$1" '.linux.cgroupsPath = $p | .root.path = $r | .process.args = ["sleep", "1000"]' --arg r "$BUNDLE/rootfs" \
		"$BUNDLE/config.json" >"$T/second/config.json"
	ok run -d -b "$T/second" "$ID-2"
	OTHER=$(pid_of "$ID-2")
}

# first_stopped: $ID has run and ended.
first_stopped() {
	ok run -d "$ID"
	wait_status stopped
}

# The second one has not noticed anything, and can still be used and deleted.
second_lives() {
	kill -0 "$OTHER"
	has_status running "$ID-2"
	grep -q "$ID" "/proc/$OTHER/cgroup"
	ok exec "$ID-2" true
	ok delete -f "$ID-2"
}

break_state() {
	echo '{' >"$ROOT/$ID/state.json"
}

@test "delete and kill of a stopped container leave alone what another runs in the same cgroup" {
	for call in "kill --all $ID KILL" "kill --all $ID TERM" "delete $ID" "delete -f $ID"; do
		[ -d "$ROOT/$ID" ] || first_stopped
		[ -d "$ROOT/$ID-2" ] || second "/$ID"
		# shellcheck disable=SC2086
		ok $call
		case $call in
		delete*) says "other containers have it"; second_lives ;;
		*) kill -0 "$OTHER" ;;
		esac
	done
	nothing_left
}

@test "without a pid namespace: the cgroup is the one's that was created last" {
	no_namespace pid
	first_stopped
	second "/$ID"
	fails 1 "container not running" kill "$ID" KILL
	ok kill --all "$ID" KILL
	kill -0 "$OTHER"
	ok delete -f "$ID"
	says "other containers have it"
	second_lives
	nothing_left
}

is_gone() { # PID
	! kill -0 "$1" 2>/dev/null
}

@test "what a container without a pid namespace has left is ended, what lies below in another's cgroup is not" {
	no_namespace pid
	script 'sleep 1001 >/dev/null 2>&1 </dev/null & exit 0'
	ok run -d "$ID"
	wait_status stopped
	second "/$ID/below"
	left=$(head -n 1 "$(cgroup_file pids cgroup.procs)")
	[ "$left" != "$OTHER" ]
	ok kill --all "$ID" KILL
	eventually is_gone "$left"
	kill -0 "$OTHER"
	ok delete "$ID"
	says "cgroups below it"
	second_lives
	# As every parent of a nested cgroup.
	[ "$SUITE_CG" = v2 ] && rmdir "/sys/fs/cgroup/$ID" || find /sys/fs/cgroup -maxdepth 2 -type d -name "$ID" -exec rmdir {} +
	nothing_left
}

@test "a running container's signals reach its own processes alone" {
	for own in yes no; do
		[ "$own" = yes ] || no_namespace pid
		start_sleeper 'trap "" USR1; (trap "echo a >>/tmp/got" USR1; echo >/tmp/ready; while :; do sleep 0.05; done) & wait; wait'
		eventually exists "$ROOTFS/tmp/ready"
		second "/$ID/below"
		# A signal that would end it.
		ok kill --all "$ID" USR1
		eventually exists "$ROOTFS/tmp/got"
		kill -0 "$OTHER"
		ok kill --all "$ID" KILL
		wait_status stopped
		kill -0 "$OTHER"
		ok delete -f "$ID"
		second_lives
		[ "$SUITE_CG" = v2 ] && rmdir "/sys/fs/cgroup/$ID" || find /sys/fs/cgroup -maxdepth 2 -type d -name "$ID" -exec rmdir {} +
		nothing_left
		rm -f "$ROOTFS/tmp/got" "$ROOTFS/tmp/ready"
	done
}

@test "a broken container that has ended takes no other with it" {
	for where in "/$ID" "/$ID/below"; do
		first_stopped
		mkdir -p "/sys/fs/cgroup/$ID" 2>/dev/null || true
		second "$where"
		break_state
		ok delete -f "$ID"
		second_lives
		find /sys/fs/cgroup -maxdepth 2 -type d -name "$ID" -exec rmdir {} + 2>/dev/null || true
		nothing_left
	done
}

@test "a broken container that runs is ended, one in a cgroup below is not" {
	start_sleeper
	init=$(pid_of)
	second "/$ID/below"
	break_state
	ok delete -f "$ID"
	eventually refute kill -0 "$init"
	second_lives
	find /sys/fs/cgroup -maxdepth 2 -type d -name "$ID" -exec rmdir {} + 2>/dev/null || true
	nothing_left
}

@test "a container of another state root in the same cgroup is left alone" {
	first_stopped
	mine=$ROOT
	MORE_ROOTS+=("$T/root2")
	ROOT=$T/root2
	second "/$ID"
	ROOT=$mine
	ok kill --all "$ID" KILL
	kill -0 "$OTHER"
	fails 1 "1 process(es) still in it" delete "$ID"
	ok delete -f "$ID"
	says "what is not the container's is left alone"
	ROOT=$T/root2
	second_lives
	ROOT=$mine
	nothing_left
}

@test "a process of the host in the cgroup of a container that has ended is left alone" {
	first_stopped
	background stranger sleep 1000
	for dir in $(cgroups_of); do echo "$BG" >"$dir/cgroup.procs"; done
	[ "$(grep -c "$ID" "/proc/$BG/cgroup")" -gt 0 ]
	ok kill --all "$ID" KILL
	fails 1 "1 process(es) still in it" delete "$ID"
	ok delete -f "$ID"
	says "what is not the container's is left alone"
	kill -0 "$BG"
	kill -9 "$BG"
	wait "$BG" 2>/dev/null || true
	for dir in $(cgroups_of); do eventually rmdir "$dir"; done
	nothing_left
}

@test "processes of exec --ns that live outside of the container's pid namespace are the container's" {
	start_sleeper
	ok exec -d --ns mnt,net --pid-file "$T/pid" "$ID" sleep 1000
	outside=$(<"$T/pid")
	[ "$(readlink "/proc/$outside/ns/pid")" = "$(readlink /proc/self/ns/pid)" ]
	ok kill "$ID" KILL
	wait_status stopped
	kill -0 "$outside"
	ok kill --all "$ID" KILL
	eventually refute kill -0 "$outside"
	ok delete "$ID"
	start_sleeper
	ok exec -d --ns mnt,net --pid-file "$T/pid" "$ID" sleep 1000
	ok delete -f "$ID"
	nothing_left
}
