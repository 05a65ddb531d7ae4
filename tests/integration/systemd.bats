# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop
load ../lib/criu
load ../lib/checkpoint

# The cgroups that systemd makes: for root by the system's manager, for an ordinary user by his own. The lanes of
# tests/vm/run have a systemd.

setup() {
	test_begin
	MANAGER=--system
	SLICE=system.slice
	[ "$(cat /proc/1/comm)" = systemd ] || skip "systemd is not PID 1 here"
	if [ "$(id -u)" -ne 0 ]; then
		MANAGER=--user
		SLICE=user.slice
		copy_rootfs
		rm config.json
		"$ORLOP" spec --rootless
		config '.process.terminal = false | .root.readonly = false'
	fi
	systemctl "$MANAGER" show -p Version >/dev/null || skip "no systemd manager to talk to"
	UNIT=orlop-$ID.scope
	path "$SLICE:orlop:$ID"
}

teardown() {
	if [ -n "${UNIT-}" ] && ! unit_gone; then
		echo "# leak: unit: $(systemctl "$MANAGER" list-units --all --no-legend "*$ID*")"
		test_end
		systemctl "$MANAGER" stop "$UNIT"
		return 1
	fi
	test_end
}

path() {
	config '.linux.cgroupsPath = $p' --arg p "$1"
}

orlop_systemd() {
	run_orlop --systemd-cgroup "$@"
}

systemd_ok() {
	orlop_systemd "$@"
	[ "$status" -eq 0 ] || complain "'$*' ends with $status"
}

systemd_sleeper() {
	script "${1:-trap 'exit 7' TERM; sleep 1000 & wait}"
	systemd_ok run -d "$ID"
	wait_status running
}

unit_gone() {
	delete_all
	[ -z "$(systemctl "$MANAGER" list-units --all --no-legend "*$ID*")" ]
}

property() { # NAME [UNIT]
	systemctl "$MANAGER" show -p "$1" --value "${2:-$UNIT}"
}

has_property() { # NAME VALUE
	[ "$(property "$1")" = "$2" ] || complain "$1 is '$(property "$1")', not '$2'"
}

# The container's place in the hierarchies that systemd knows.
place() {
	if [ "$SUITE_CG" = v2 ]; then
		sed -n 's/^0:://p' "/proc/$(pid_of)/cgroup"
	else
		sed -n 's/^[0-9]*:name=systemd://p' "/proc/$(pid_of)/cgroup"
	fi
}

file_of() { # CONTROLLER FILE
	if [ "$SUITE_CG" = v2 ]; then
		echo "/sys/fs/cgroup$(place)/$2"
	else
		echo "/sys/fs/cgroup/$1$(place)/$2"
	fi
}

# What the manager was given: a user's has not all.
needs_limits() { # CONTROLLER
	local top

	if [ "$SUITE_CG" = v2 ]; then
		top=$(systemctl "$MANAGER" show -p ControlGroup --value -- -.slice)
		grep -qw "$1" "/sys/fs/cgroup$top/cgroup.controllers" || skip "$top has no $1 controller here"
	else
		[ "$(id -u)" -eq 0 ] || skip "cgroup v1 controllers are root's"
		[ -d "/sys/fs/cgroup/$1" ] || skip "no cgroup v1 $1 hierarchy here"
	fi
}

@test "a container is a scope in the slice that cgroupsPath names" {
	systemd_sleeper
	[ "$(property ActiveState)" = active ]
	[[ "$(place)" == */"$SLICE/$UNIT" ]] || complain "$(place)"
	has_property Slice "$SLICE"
	has_property Delegate yes
	has_property DefaultDependencies no
	has_property Description "orlop container $ID"
	has_property TasksAccounting yes
	# Nothing of the runtime stays in it.
	[ "$(wc -l <"$(file_of systemd cgroup.procs)")" -eq 2 ]
}

@test "every hierarchy has the container at the scope's place" {
	local name at

	systemd_sleeper
	[ "$(id -u)" -eq 0 ] || skip "a user has the hierarchies of his manager only"
	while IFS=: read -r _ name at; do
		[ "$SUITE_CG" = v1 ] || [ -z "$name" ] || continue
		[ -n "$name" ] || [ -d /sys/fs/cgroup/unified ] || [ "$SUITE_CG" = v2 ] || continue
		[ "$at" = "$(place)" ] || complain "$name: $at"
	done <"/proc/$(pid_of)/cgroup"
}

@test "without cgroupsPath the scope is orlop-ID.scope in the default slice" {
	config 'del(.linux.cgroupsPath)'
	systemd_sleeper
	[[ "$(place)" == */"$SLICE/orlop-$ID.scope" ]] || complain "$(place)"
}

@test "an empty slice is the default one, an empty prefix none" {
	path "::$ID"
	UNIT=$ID.scope
	systemd_sleeper
	[[ "$(place)" == */"$SLICE/$ID.scope" ]] || complain "$(place)"
}

@test "a slice's name says where it lies" {
	path "orlop-test.slice:x:$ID"
	UNIT=x-$ID.scope
	systemd_sleeper
	[[ "$(place)" == */orlop.slice/orlop-test.slice/"$UNIT" ]] || complain "$(place)"
	ok delete -f "$ID"
	systemctl "$MANAGER" stop orlop.slice
}

@test "a cgroupsPath that is no slice:prefix:name is refused with its place" {
	local bad

	for bad in "/$ID" "$ID" a.slice:b a.slice:b:c:d b:p:c; do
		path "$bad"
		orlop_systemd create "$ID"
		[ "$status" -eq 1 ]
		says "config.json"
		says "cgroupsPath"
		says "$bad"
	done
	nothing_left
}

@test "runc's words for a path that is not of systemd's form" {
	path "/$ID"
	orlop_systemd create "$ID"
	says 'expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got'
}

@test "--cgroup-manager systemd is the same" {
	script "sleep 1000"
	ok --cgroup-manager systemd run -d "$ID"
	[ "$(property ActiveState)" = active ]
}

@test "create, start, exec, pause, resume, kill, delete" {
	script "sleep 1000"
	systemd_ok create "$ID"
	[ "$(property ActiveState)" = active ]
	ok start "$ID"
	ok exec "$ID" cat /proc/1/cgroup
	local of_init=$output
	ok exec "$ID" cat /proc/self/cgroup
	is "$of_init"
	background inner orlop exec "$ID" sleep 1000
	eventually in_scope 2
	if [ "$SUITE_CG" = v2 ] || [ "$(id -u)" -eq 0 ]; then
		ok pause "$ID"
		has_status paused
		ok resume "$ID"
	fi
	has_status running
	ok kill "$ID" KILL
	wait_status stopped
	ok delete "$ID"
	unit_gone
	nothing_left
}

in_scope() { # N: that many processes
	[ "$(wc -l <"$(file_of systemd cgroup.procs)")" -eq "$1" ]
}

@test "a container that ended by itself leaves no unit, also before its delete" {
	script "exit 3"
	orlop_systemd run "$ID"
	[ "$status" -eq 3 ]
	unit_gone
	systemd_ok run -d "$ID"
	wait_status stopped
	eventually unit_is_inactive
	ok delete "$ID"
	unit_gone
}

unit_is_inactive() {
	[ "$(property ActiveState)" != active ]
}

@test "a create that fails leaves no unit" {
	args /no/such/program
	orlop_systemd run "$ID"
	[ "$status" -ne 0 ]
	says "/no/such/program"
	unit_gone
	config '.hooks = { createRuntime: [{ path: "/bin/false" }] }'
	orlop_systemd create "$ID"
	[ "$status" -ne 0 ]
	says "createRuntime hook #0"
	unit_gone
	nothing_left
}

@test "a unit that is there already is refused, and stays" {
	systemd_sleeper
	orlop_systemd create "$ID-2"
	[ "$status" -eq 1 ]
	says "$UNIT"
	[ "$(property ActiveState)" = active ]
	wait_status running
}

@test "a runtime that is killed in create leaves no unit" {
	config '.hooks = { createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", $c] }] }' \
		--arg c "echo \$\$ >$T/hook; exec sleep 60"
	background create "$ORLOP" --root "$ROOT" --systemd-cgroup create "$ID"
	eventually exists "$T/hook"
	[ "$(property ActiveState)" = active ]
	kill -KILL "$BG"
	eventually unit_is_inactive
	kill -KILL "$(cat "$T/hook")"
	ok delete -f "$ID"
}

@test "limits are properties of the unit and values of the files" {
	needs_limits pids
	config '.linux.resources.pids = { limit: 20 }'
	systemd_sleeper
	has_property TasksMax 20
	[ "$(cat "$(file_of pids pids.max)")" = 20 ]
}

@test "memory limits" {
	local file=memory.max

	[ "$SUITE_CG" = v2 ] || file=memory.limit_in_bytes
	needs_limits memory
	systemd_sleeper
	ok update --memory 67108864 --memory-reservation 33554432 "$ID"
	if [ "$SUITE_CG" = v2 ]; then
		has_property MemoryMax 67108864
		has_property MemoryLow 33554432
	else
		has_property MemoryLimit 67108864
	fi
	[ "$(cat "$(file_of memory $file)")" = 67108864 ]
}

@test "cpu limits; a quota alone keeps the period, a period the quota" {
	needs_limits cpu
	systemd_sleeper
	ok update --cpu-share 512 --cpu-quota 50000 --cpu-period 200000 "$ID"
	has_property CPUQuotaPerSecUSec 250ms
	has_property CPUQuotaPeriodUSec 200ms
	ok update --cpu-quota 100000 "$ID"
	has_property CPUQuotaPerSecUSec 500ms
	has_property CPUQuotaPeriodUSec 200ms
	ok update --cpu-period 100000 "$ID"
	has_property CPUQuotaPerSecUSec 1s
	ok update --cpu-quota -1 "$ID"
	has_property CPUQuotaPerSecUSec infinity
	if [ "$SUITE_CG" = v2 ]; then
		has_property CPUWeight 59
	else
		has_property CPUShares 512
	fi
}

@test "cpusets on v2" {
	needs_v2
	needs_limits cpuset
	systemd_sleeper
	ok update --cpuset-cpus 0 --cpuset-mems 0 "$ID"
	has_property AllowedCPUs 0
	has_property AllowedMemoryNodes 0
	[ "$(cat "$(file_of cpuset cpuset.cpus)")" = 0 ]
}

@test "a container with pids.limit 1 starts" {
	needs_limits pids
	config '.linux.resources.pids = { limit: 1 }'
	args sleep 1000
	systemd_ok run -d "$ID"
	has_property TasksMax 1
	[ "$(cat "$(file_of pids pids.max)")" = 1 ]
}

@test "systemctl daemon-reload leaves the device rules as they are" {
	[ "$(id -u)" -eq 0 ] || skip "device rules are root's"
	config '.process.capabilities |= map_values(. + ["CAP_MKNOD"])'
	systemd_sleeper 'mknod /tmp/kmsg c 1 11; trap "exit 7" TERM; sleep 1000 & wait'
	eventually exists "$ROOTFS/tmp/kmsg"
	run_orlop exec "$ID" dd if=/tmp/kmsg of=/dev/null count=1
	[ "$status" -ne 0 ]
	says "Operation not permitted"
	systemctl daemon-reload
	run_orlop exec "$ID" dd if=/tmp/kmsg of=/dev/null count=1
	says "Operation not permitted"
	ok exec "$ID" sh -c 'echo >/dev/null'
}

@test "systemctl daemon-reload leaves the limits of an update as they are" {
	needs_limits pids
	config '.linux.resources.pids = { limit: 5 }'
	systemd_sleeper
	ok update --pids-limit 20 "$ID"
	systemctl "$MANAGER" daemon-reload
	has_property TasksMax 20
	[ "$(cat "$(file_of pids pids.max)")" = 20 ]
}

@test "device rules are the unit's" {
	[ "$(id -u)" -eq 0 ] || skip "device rules are root's"
	config '.linux.resources.devices = [
		{ allow: false, access: "rwm" },
		{ allow: true, type: "c", major: 1, minor: 11, access: "r" },
		{ allow: true, type: "b", major: 7, access: "rw" }]'
	systemd_sleeper
	has_property DevicePolicy strict
	property DeviceAllow | grep -qx "/dev/char/1:11 r"
	property DeviceAllow | grep -qx "block-7 rw"
}

@test "annotations become properties" {
	config '.annotations = { "org.systemd.property.TimeoutStopUSec": "uint64 5000000",
		"org.systemd.property.RuntimeMaxSec": "500", "org.systemd.property.CollectMode": "\"inactive\"",
		"org.systemd.property.After": "[\"basic.target\"]" }'
	systemd_sleeper
	has_property TimeoutStopUSec 5s
	has_property RuntimeMaxUSec "8min 20s"
	has_property CollectMode inactive
	[[ "$(property After)" == *basic.target* ]]
}

@test "an annotation that is no property is refused with its place, or by systemd" {
	config '.annotations = { "org.systemd.property.TimeoutStopUSec": "soon" }'
	orlop_systemd create "$ID"
	[ "$status" -eq 1 ]
	says "org.systemd.property.TimeoutStopUSec"
	config '.annotations = { "org.systemd.property.NoSuchThing": "5" }'
	orlop_systemd create "$ID"
	[ "$status" -eq 1 ]
	says "NoSuchThing"
	nothing_left
}

@test "a name that ends with .slice makes a slice" {
	UNIT=orlop-${ID//-/_}.slice
	path "$SLICE::$UNIT"
	systemd_sleeper
	[[ "$(place)" == */orlop.slice/"$UNIT" ]] || complain "$(place)"
	[ "$(property ActiveState)" = active ]
	ok delete -f "$ID"
	eventually unit_is_inactive
	systemctl "$MANAGER" stop orlop.slice
}

@test "the container's init may be a manager of cgroups itself" {
	needs_v2
	[ "$(id -u)" -eq 0 ] || skip "needs a writable cgroup mount"
	mount_entry /sys/fs/cgroup cgroup cgroup nosuid noexec nodev
	namespace cgroup
	systemd_sleeper 'mkdir /sys/fs/cgroup/init && echo 1 >/sys/fs/cgroup/init/cgroup.procs && sleep 1000'
	eventually exists "/sys/fs/cgroup$(property ControlGroup)/init"
	ok exec "$ID" true
	ok delete -f "$ID"
	unit_gone
}

@test "in another pid namespace than systemd's it is refused, before a stranger is moved" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	args true
	status=0
	unshare --pid --fork --mount-proc "$ORLOP" --root "$ROOT" --systemd-cgroup run "$ID" \
		>"$T/stdout" 2>"$T/stderr" </dev/null || status=$?
	errors=$(<"$T/stderr")
	[ "$status" -eq 1 ]
	says "pid namespace"
	unit_gone
	nothing_left
}

@test "a delete when the message bus is gone" {
	[ "$(id -u)" -ne 0 ] || skip "as a user, whose bus can be hidden by the environment"
	systemd_sleeper
	ok kill "$ID" KILL
	wait_status stopped
	XDG_RUNTIME_DIR=/nowhere DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere ok delete "$ID"
	eventually unit_gone
}

@test "containers in a row, of one name" {
	local i

	script "exit 0"
	for i in 1 2 3 4 5; do
		systemd_ok run "$ID"
	done
}

@test "a container in a scope is restored into a scope of the same name, which is described as before" {
	[ "$MANAGER" = --system ] || skip "CRIU needs root"
	criu_setup
	needs_criu
	I=$T/images
	W=$T/work
	config '.annotations["org.systemd.property.Description"] = "\u0027restored\u0027"'
	counter
	orlop --systemd-cgroup run -d "$ID" </dev/null >/dev/null 2>&1
	eventually exists "$ROOTFS/tmp/n"
	local before
	before=$(place)
	status=0
	orlop --systemd-cgroup checkpoint --image-path "$I" --work-path "$W" "$ID" </dev/null >"$T/stdout" 2>"$T/stderr" || complain "checkpoint ends with $status"
	unit_gone
	orlop --systemd-cgroup restore -d --image-path "$I" --work-path "$W" "$ID" </dev/null >"$T/stdout" 2>"$T/stderr" || complain "restore ends with $?: $(<"$T/stderr")"
	counts
	[ "$(place)" = "$before" ]
	has_property Description restored
}
