# SPDX-License-Identifier: Apache-2.0
# Who does not answer, and does not die, is named in an error: nothing is waited for without end.
load ../lib/orlop

HERE=$BATS_TEST_DIRNAME
LIMIT=40 # what is waited for is 10 s, twice where something is killed as well

# within SECONDS COMMAND...: it must be over by then.
within() {
	local limit=$1 begin=$SECONDS

	shift
	"$@"
	[ $((SECONDS - begin)) -le "$limit" ] || complain "took $((SECONDS - begin)) s"
}

# A v1 freezer, from which nobody dies: $FREEZER is thawed by end_freezer.
freezer() {
	[ -d /sys/fs/cgroup/freezer ] || skip "needs the freezer of cgroup v1, from which SIGKILL does not free"
	FREEZER=/sys/fs/cgroup/freezer/$ID-held
	mkdir "$FREEZER"
}

end_freezer() {
	echo THAWED >"$FREEZER/freezer.state"
	eventually rmdir "$FREEZER" 2>/dev/null
}

teardown() {
	[ ! -d "${FREEZER-}" ] || end_freezer
	test_end
}

# A program of the host that waits in a frozen cgroup.
held_hook() {
	cat >"$T/hook" <<-EOF
		#!/bin/sh
		echo \$\$ >$FREEZER/cgroup.procs
		echo FROZEN >$FREEZER/freezer.state
		sleep 1000
	EOF
	chmod 755 "$T/hook"
}

unified() {
	local dir=/sys/fs/cgroup/unified

	[ "$SUITE_CG" = v1 ] || dir=/sys/fs/cgroup
	[ -e "$dir/cgroup.procs" ] || skip "no unified hierarchy"
	echo "$dir"
}

@test "exec names a stage that a process of the container has stopped" {
	cc -static -O1 -o "$T/hostile" "$HERE/hostile.c" 2>/dev/null || skip "no static C compiler"
	cp "$T/hostile" "$ROOTFS/bin/hostile"
	chmod 755 "$ROOTFS/bin/hostile"
	args hostile /nothing stop
	ok run -d "$ID"
	# It may come too late for one: then that ends as it should, or (seldom) it is the program that is stopped.
	LIMIT=25
	late=0
	for _ in $(seq 20); do
		within 30 run_orlop exec "$ID" true
		[ "$status" -ne 124 ] || late=$((late + 1))
		[ "$late" -le 1 ] || complain "exec hangs"
		[ "$status" -ne 255 ] || break
	done
	[ "$status" -eq 255 ]
	says "a signal has stopped it"
	[ "$(state_of)" = running ]
}

@test "create names a container that is born into a frozen cgroup, and leaves nothing" {
	local dir

	dir=$(unified)/$ID-held
	mkdir "$dir"
	echo 1 >"$dir/cgroup.freeze"
	config '.linux.cgroupsPath = $p' --arg p "/$ID-held/it"
	within 30 refused create "$ID"
	says "its cgroup, or one above it, is frozen"
	rmdir "$dir"
	nothing_left
}

@test "exec --ignore-paused waits for the thaw, however long" {
	start_sleeper
	ok pause "$ID"
	background exec env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" exec --ignore-paused "$ID" true
	sleep 17
	kill -0 "$BG"
	ok resume "$ID"
	wait "$BG"
}

@test "create names a container whose cgroup was frozen during its set-up, and leaves nothing" {
	local dir

	dir=$(unified)
	printf '#!/bin/sh\necho 1 >%s/%s/cgroup.freeze\n' "$dir" "$ID" >"$T/hook"
	chmod 755 "$T/hook"
	config '.hooks.createRuntime = [{ path: $p }]' --arg p "$T/hook"
	within 30 refused create "$ID"
	says "frozen"
	nothing_left
}

@test "start names an init that was stopped, and changes nothing: the next start is heard" {
	args sleep 1000
	ok create "$ID"
	pid=$(pid_of)
	kill -STOP "$pid"
	within 30 refused start "$ID"
	says "a signal has stopped it"
	[ "$(state_of)" = created ]
	kill -CONT "$pid"
	ok start "$ID"
	[ "$(state_of)" = running ]
	[ "$(pid_of)" = "$pid" ]
	ok delete -f "$ID"
}

@test "start names an init that was stopped, also when others have asked it before" {
	ok create "$ID"
	kill -STOP "$(pid_of)"
	for _ in 1 2 3 4 5; do
		[ "$(state_of)" = created ]
	done
	within 30 refused start "$ID"
	says "a signal has stopped it"
	ok delete -f "$ID"
}

@test "delete --force names a container that a frozen cgroup above keeps alive, and can be repeated" {
	freezer
	config '.linux.cgroupsPath = $p' --arg p "/$ID-held/$ID"
	args sleep 1000
	ok run -d "$ID"
	echo FROZEN >"$FREEZER/freezer.state"
	within 30 refused delete -f "$ID"
	says "frozen"
	echo THAWED >"$FREEZER/freezer.state"
	ok delete -f "$ID"
	find /sys/fs/cgroup -type d -name "$ID-held" ! -path "$FREEZER" -exec rmdir {} + 2>/dev/null || true
}

@test "kill does not wait for a frozen container" {
	freezer
	config '.linux.cgroupsPath = $p' --arg p "/$ID-held/$ID"
	args sleep 1000
	ok run -d "$ID"
	echo FROZEN >"$FREEZER/freezer.state"
	within 5 ok kill "$ID" KILL
	echo THAWED >"$FREEZER/freezer.state"
	wait_status stopped
	ok delete "$ID"
	find /sys/fs/cgroup -type d -name "$ID-held" ! -path "$FREEZER" -exec rmdir {} + 2>/dev/null || true
}

@test "a hook of the runtime that does not die at its timeout is not waited for" {
	freezer
	held_hook
	config '.hooks.createRuntime = [{ path: $p, timeout: 1 }]' --arg p "$T/hook"
	within 30 refused create "$ID"
	says "timeout"
	end_freezer
	nothing_left
}

@test "a hook of the container that does not die at its timeout is not waited for" {
	freezer
	held_hook
	config '.hooks.createContainer = [{ path: $p, timeout: 1 }]' --arg p "$T/hook"
	within 40 refused create "$ID"
	says "timeout"
	end_freezer
	ok delete -f "$ID"
	nothing_left
}

@test "a console socket that nobody accepts from is named" {
	config '.process.terminal = true'
	background listen $PYTHON -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(0)
c = socket.socket(socket.AF_UNIX)
c.connect(sys.argv[1])
print("full", flush=True)
time.sleep(1000)' "$T/console.sock"
	eventually file_says "$T/listen.out" full
	within 30 refused create --console-socket "$T/console.sock" "$ID"
	says "console.sock"
	nothing_left
}
