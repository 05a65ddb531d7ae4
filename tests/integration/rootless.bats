# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop
load ../lib/rootless

# A runtime of an ordinary user (tests/lib/rootless.bash).

setup() {
	rootless_begin
}

teardown() {
	rootless_end
}

@test "'spec --rootless' and run work out of the box" {
	args sh -c 'id -u; id -g; cat /proc/self/uid_map'
	user_ok run "$ID"
	[[ "$output" =~ ^0$'\n'0$'\n'\ +0\ +$USER_ID\ +1$ ]] || complain "not root, or not mapped"
	[ -z "$errors" ]
	nothing_left
}

@test "what the container makes is the user's" {
	config '.root.readonly = false'
	args touch /tmp/mine
	user_ok run "$ID"
	[ "$(stat -c %u "$ROOTFS/tmp/mine")" = "$USER_ID" ]
}

@test "an unprivileged user creates, starts, enters, lists, kills and deletes a container" {
	args sleep 1000
	user_ok create "$ID"
	user_ok start "$ID"
	user_ok state "$ID"
	[ "$(jq -r .status <<<"$output")" = running ]
	user_ok exec "$ID" id -u
	is 0
	user_ok list -q
	is "$ID"
	user_ok kill "$ID" KILL
	wait_status stopped
	user_ok delete "$ID"
	nothing_left
}

@test "delete --force of a running one" {
	args sleep 1000
	user_ok run -d "$ID"
	user_ok delete --force "$ID"
	nothing_left
}

@test "a process that survives its session is ended with the container" {
	script 'setsid sleep 1000 & setsid sleep 1000 & sleep 1000'
	user_ok run -d "$ID"
	user_ok delete --force "$ID"
	nothing_left
}

@test "the usual devices are there and work, without the right to make them" {
	script 'set -e; for d in null zero full random urandom tty; do [ -c /dev/$d ]; done
		echo x >/dev/null; head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c
		echo x >/dev/full && exit 1; [ -e /dev/ptmx ]; [ -L /dev/stdin ]'
	user_ok run "$ID"
	is $'4\n4'
	says "No space left on device"
}

@test "/dev/net/tun, and its directory, come from the host" {
	[ -c /dev/net/tun ] || skip "no /dev/net/tun here"
	config '.linux.devices = [{ path: "/dev/net/tun", type: "c", major: 10, minor: 200, fileMode: 438, uid: 0, gid: 0 }]'
	script '[ -c /dev/net/tun ] && stat -c %t:%T /dev/net/tun'
	user_ok run "$ID"
	is a:c8
	nothing_left
}

@test "a device that the host has not is an error with its place" {
	config '.linux.devices = [{ path: "/dev/orlop-none", type: "c", major: 10, minor: 201 }]'
	args true
	as_user run "$ID"
	[ "$status" -ne 0 ]
	says "/dev/orlop-none"
	nothing_left
}

@test "a terminal" {
	needs_tool script
	config '.process.terminal = true'
	args sh -c 'tty; stat -c %u $(tty)'
	output=$(user script -qec "$ORLOP --root $ROOT run $ID" /dev/null </dev/null | tr -d '\r')
	[[ "$output" == *"/dev/pts/0"* ]] || { echo "$output"; false; }
	# script(1) types its end of file.
	grep -Eqx '(\^@)?0' <<<"$output" || { echo "$output"; false; }
}

@test "without a cgroup of his own a user is told that limits are not possible, and leaves nothing" {
	refute is_delegated || skip "this user has a cgroup"
	config '.linux.resources = { pids: { limit: 20 } }'
	args true
	as_user run "$ID"
	[ "$status" -ne 0 ]
	says cgroup
	nothing_left
}

@test "a delegated cgroup is used: limits, pause, and nothing is left" {
	local top=/sys/fs/cgroup/$ID-user

	needs_v2
	if [ "$(id -u)" -eq 0 ]; then
		mkdir "$top" "$top/shell"
		chown 1000:1000 "$top" "$top"/{,shell/}cgroup.{procs,threads,subtree_control} "$top/shell"
		echo $BASHPID >"$top/shell/cgroup.procs" || { rmdir "$top/shell" "$top"; skip "no process may be moved here"; }
		config '.linux.cgroupsPath = $p' --arg p "/$ID-user/$ID"
	else
		is_delegated || skip "this user has no cgroup"
	fi
	args sleep 1000
	user_ok run -d "$ID"
	grep -q "/$ID$" "/proc/$(pid_of)/cgroup"
	user_ok pause "$ID"
	user_ok resume "$ID"
	if [ "$(id -u)" -ne 0 ] && grep -qw pids "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(pid_of)/cgroup")/cgroup.controllers"; then
		user_ok update --pids-limit 20 "$ID"
		[ "$(cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(pid_of)/cgroup")/pids.max")" = 20 ]
	fi
	user_ok exec "$ID" true
	user_ok delete -f "$ID"
	if [ "$(id -u)" -eq 0 ]; then
		echo $BASHPID >/sys/fs/cgroup/cgroup.procs
		rmdir "$top/shell" "$top"
	fi
	nothing_left
}

@test "newuidmap and newgidmap write the mappings that the user may not" {
	subordinate_ids
	args cat /proc/self/uid_map /proc/self/gid_map
	user_ok run "$ID"
	[[ "$output" =~ 1\ +$FIRST_ID\ +1000.*1\ +$FIRST_ID\ +1000 ]] || complain "not mapped"
}

@test "with subordinate ids: other users, groups, owners" {
	subordinate_ids
	config '.process.user = { uid: 5, gid: 6, additionalGids: [7, 8] }'
	args id
	user_ok run "$ID"
	[[ "$output" == "uid=5 gid=6"*7*8* ]] || complain "another user"
	config '.process.user = { uid: 0, gid: 0 } | .root.readonly = false
		| .process.capabilities |= map_values(. + ["CAP_CHOWN"])'
	args sh -c 'touch /tmp/f && chown 5:6 /tmp/f && stat -c %u:%g /tmp/f; rm /tmp/f'
	user_ok run "$ID"
	is 5:6
	script 'sleep 1000'
	user_ok run -d "$ID"
	user_ok exec --user 9:10 "$ID" id
	says "uid=9 gid=10"
	user_ok delete -f "$ID"
}

@test "ids that are not the user's are refused with a hint" {
	needs_tool newuidmap
	config '.linux.uidMappings += [{ containerID: 1, hostID: 5, size: 10 }]'
	args true
	as_user run "$ID"
	[ "$status" -ne 0 ]
	says "/etc/subuid"
	nothing_left
}

@test "with one id only, another user or group is refused" {
	config '.process.user.additionalGids = [7]'
	args true
	as_user run "$ID"
	[ "$status" -ne 0 ]
	says "additional"
	config '.process.user = { uid: 5, gid: 0 }'
	as_user run "$ID"
	[ "$status" -ne 0 ]
	says "id 5 is not in 'linux.uidMappings'"
	nothing_left
}

@test "root of a user namespace without setgroups, in which the runtime itself runs" {
	config 'del(.linux.uidMappings, .linux.gidMappings)
		| .linux.namespaces = [.linux.namespaces[] | select(.type != "user")]'
	args cat /proc/self/uid_map
	user unshare -r -m --propagation private "$ORLOP" --root "$ROOT" run "$ID" >"$T/stdout" 2>"$T/stderr" ||
		{ status=$? complain "run"; }
	grep -Eq "^ +0 +$USER_ID +1$" "$T/stdout"
	# And one more inside of it.
	config '.linux.uidMappings = [{ containerID: 0, hostID: 0, size: 1 }] | .linux.gidMappings = .linux.uidMappings
		| .linux.namespaces += [{ type: "user" }]'
	user unshare -r -m --propagation private "$ORLOP" --root "$ROOT" run "$ID" >"$T/stdout" 2>"$T/stderr" ||
		{ status=$? complain "run in a nested one"; }
	nothing_left
}

@test "root of a user namespace with many ids, as rootless podman's" {
	[ "$(id -u)" -ne 0 ] || skip "needs subordinate ids in earnest"
	subordinate_ids
	unshare --map-root-user --map-auto true 2>/dev/null || skip "unshare cannot map subordinate ids"
	config 'del(.linux.uidMappings, .linux.gidMappings)
		| .linux.namespaces = [.linux.namespaces[] | select(.type != "user")]
		| .process.user = { uid: 5, gid: 6, additionalGids: [7] }
		| .mounts = [.mounts[] | select(.destination != "/sys")]'
	args sh -c 'id; echo x >/dev/null'
	unshare --map-root-user --map-auto -m --propagation private "$ORLOP" --root "$ROOT" run "$ID" >"$T/stdout" 2>"$T/stderr" ||
		{ status=$? complain "run"; }
	grep -q "uid=5 gid=6" "$T/stdout"
	nothing_left
}

@test "a rootfs that the user may only read" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to own it"
	chown -Rh 0:0 "$ROOTFS"
	args sh -c 'echo x >/new; [ ! -e /new ]; echo >/dev/null && cat /proc/self/uid_map'
	user_ok run "$ID"
	nothing_left
}

@test "without --root the state lies in XDG_RUNTIME_DIR" {
	local dir=$T/xdg

	mkdir "$dir"
	[ "$(id -u)" -ne 0 ] || chown 1000:1000 "$dir"
	args sleep 1000
	user env XDG_RUNTIME_DIR="$dir" "$ORLOP" run -d "$ID" >"$T/stdout" 2>"$T/stderr" </dev/null || { status=$? complain "run"; }
	[ -n "$(find "$dir" -name "$ID")" ]
	user env XDG_RUNTIME_DIR="$dir" "$ORLOP" delete -f "$ID"
	[ -z "$(find "$dir" -name "$ID")" ]
}

@test "read-only paths, masked paths and sysctls do not stop it" {
	config '.linux.maskedPaths += ["/proc/kcore", "/proc/none"] | .linux.readonlyPaths += ["/proc/sys"]'
	args sh -c 'cat /proc/kcore; echo x >/proc/sys/kernel/hostname || echo read-only'
	user_ok run "$ID"
	says read-only
}

@test "seccomp without no_new_privs" {
	config '.process.noNewPrivileges = false
		| .linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" }] }'
	config '.root.readonly = false'
	args sh -c 'mkdir /tmp/d || echo refused'
	user_ok run "$ID"
	says refused
}

@test "hooks run as the user" {
	config '.hooks = { createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", $c] }] }' --arg c "id -u >$T/hook"
	args true
	user_ok run "$ID"
	[ "$(cat "$T/hook")" = "$USER_ID" ]
}

@test "features, list and spec work for a user" {
	user_ok features
	user_ok list
	user_ok --version
}

@test "a user and a network namespace of the user's are joined by path in any order" {
	local pid u n

	needs_tool unshare
	background owner user unshare -Urn sh -c 'echo $$; exec sleep 1000'
	eventually grep -q . "$T/owner.out"
	pid=$(<"$T/owner.out")
	BACKGROUND+=("$pid")
	u="{ type: \"user\", path: \"/proc/$pid/ns/user\" }" n="{ type: \"network\", path: \"/proc/$pid/ns/net\" }"
	for order in "$u, $n" "$n, $u"; do
		config 'del(.linux.uidMappings, .linux.gidMappings, .linux.resources, .linux.cgroupsPath, .hostname)
			| .mounts |= map(select(.type == "proc")) | .process.args = ["readlink", "/proc/self/ns/net"]
			| .linux.namespaces = [{ type: "mount" }, { type: "pid" }, '"$order"']'
		user_ok run "$ID"
		is "$(readlink "/proc/$pid/ns/net")"
	done
}
