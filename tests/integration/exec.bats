# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

@test "exec runs a process in the namespaces of the container and passes output and status on" {
	start_sleeper
	run_orlop exec "$ID" sh -c 'hostname; echo e >&2; exit 33'
	[ "$status" -eq 33 ]
	[ "$output" = orlop ]
	[ "$errors" = e ]
	for ns in pid net ipc uts mnt; do
		ok exec "$ID" readlink "/proc/self/ns/$ns"
		[ "$output" = "$(readlink "/proc/$(pid_of)/ns/$ns")" ]
	done
}

@test "L7 exec joins every cgroup of the container" {
	start_sleeper
	ok exec "$ID" cat /proc/self/cgroup
	[ "$output" = "$(cat "/proc/$(pid_of)/cgroup")" ]
}

@test "exec passes standard input on" {
	start_sleeper
	run_orlop exec "$ID" cat <<<"typed"
	is typed
}

@test "exec ends with 128 and the signal's number when the process was killed" {
	start_sleeper
	run_orlop exec "$ID" sh -c 'kill -9 $$'
	[ "$status" -eq 137 ]
}

@test "exec takes the process's env and cwd, --env and --cwd add to it" {
	config '.process.env += ["FROM=config"] | .process.cwd = "/tmp"'
	start_sleeper
	ok exec "$ID" sh -c 'echo $FROM; pwd'
	is $'config\n/tmp'
	ok exec -e FROM=flag -e "OTHER=a,b" --cwd /etc "$ID" sh -c 'echo $FROM $OTHER; pwd'
	is $'flag a,b\n/etc'
}

@test "exec --user sets uid and gid, --additional-gids the groups" {
	start_sleeper
	ok exec --user 1000:1001 -g 2001 -g 2002 "$ID" id
	[[ "$output" == uid=1000*\ gid=1001* ]]
	[[ "$output" == *2001*2002* ]]
	ok exec -u 5 "$ID" id -u
	is 5
}

@test "exec --additional-gids are added to those of the config" {
	config '.process.user.additionalGids = [ 2001 ]'
	start_sleeper
	ok exec "$ID" grep Groups /proc/self/status
	[[ "$output" == *2001* ]]
	ok exec -g 2002 -g 2003 "$ID" grep Groups /proc/self/status
	[[ "$output" == *2001*2002*2003* ]]
}

@test "exec --env without a name or a value is refused" {
	start_sleeper
	fails 255 "expected 'NAME=value', found 'NOTHING'" exec -e NOTHING "$ID" true
	fails 255 "expected 'NAME=value', found '=x'" exec -e =x "$ID" true
}

@test "exec sets HOME by the user" {
	start_sleeper
	ok exec -u 1000:1000 "$ID" sh -c 'echo $HOME'
	is /home/user
}

@test "exec --process takes everything from the file" {
	start_sleeper
	cat >"$T/process.json" <<-'EOF'
	{ "args": ["sh", "-c", "id -u; pwd; echo $A; grep NoNewPrivs /proc/self/status; ulimit -n"],
	  "env": ["A=1", "PATH=/bin"], "cwd": "/etc", "user": { "uid": 7, "gid": 8 },
	  "noNewPrivileges": true,
	  "rlimits": [ { "type": "RLIMIT_NOFILE", "soft": 77, "hard": 88 } ] }
	EOF
	ok exec --process "$T/process.json" "$ID"
	is $'7\n/etc\n1\nNoNewPrivs:\t1\n77'
}

@test "exec --cap adds capabilities to the sets" {
	start_sleeper
	ok exec "$ID" grep CapEff /proc/self/status
	without=$output
	ok exec --cap CAP_SYS_ADMIN "$ID" grep -E 'Cap(Bnd|Eff|Prm)' /proc/self/status
	[ "$(awk '{ print $2 }' <<<"$output" | sort -u | wc -l)" -eq 1 ]
	[ "$((0x${without##*$'\t'} | 1 << 21))" -eq "$((0x$(awk '/CapEff/ { print $2 }' <<<"$output")))" ]
}

@test "exec --cap of an unknown name is warned of, and the process runs" {
	start_sleeper
	ok exec --cap CAP_NOTHING "$ID" echo runs
	is runs
	says "ignoring unknown capability 'CAP_NOTHING'"
}

@test "exec has the container's capabilities and nothing more" {
	start_sleeper
	ok exec "$ID" grep Cap /proc/self/status
	[ "$(grep -E 'Cap(Prm|Eff|Bnd)' <<<"$output" | awk '{ print $2 }' | sort -u)" = 0000000020000420 ]
	[ "$(awk '/CapAmb/ { print $2 }' <<<"$output")" = 0000000000000000 ]
}

@test "exec --no-new-privs sets the bit" {
	config '.process.noNewPrivileges = false'
	start_sleeper
	ok exec "$ID" grep NoNewPrivs /proc/self/status
	is $'NoNewPrivs:\t0'
	ok exec --no-new-privs "$ID" grep NoNewPrivs /proc/self/status
	is $'NoNewPrivs:\t1'
}

@test "exec --detach returns at once, with the pid in the pid file" {
	start_sleeper
	ok exec --detach --pid-file "$T/exec.pid" "$ID" sleep 1234
	pid=$(<"$T/exec.pid")
	[ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" = "sleep 1234 " ]
	[ "$(wc -l <"$T/exec.pid")" -eq 0 ]
	ok kill "$ID" KILL
	eventually no_processes
}

@test "exec that fails leaves no pid file" {
	printf 'nonsense\n' >"$ROOTFS/bin/bad"
	chmod 755 "$ROOTFS/bin/bad"
	start_sleeper
	for program in /bin/bad /bin/missing /etc; do
		run_orlop exec -d --pid-file "$T/exec.pid" "$ID" "$program"
		[ "$status" -eq 255 ] || complain "status $status of $program"
		says "$program"
		[ ! -e "$T/exec.pid" ]
	done
}

@test "exec is under the container's seccomp filter" {
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 }] }'
	start_sleeper
	run_orlop exec "$ID" mkdir /tmp/x
	[ "$status" -eq 1 ]
	says "No space left on device"
}

@test "every failure of the runtime in exec is 255" {
	start_sleeper
	fails 255 'exec failed: unable to start container process: exec: "nothing-here": executable file not found in $PATH' exec "$ID" nothing-here
	fails 255 'exec: "/nothing/here": stat /nothing/here: no such file or directory' exec "$ID" /nothing/here
	fails 255 "args cannot be empty" exec "$ID"
	fails 255 "container does not exist" exec nope true
	fails 255 "pid file '$T/no/dir/pid': no such file or directory" exec --pid-file "$T/no/dir/pid" "$ID" true
	fails 255 "read '$T/no.json': no such file or directory" exec --process "$T/no.json" "$ID"
	has_status running
}

@test "exec in a stopped container fails with 255" {
	ok run -d "$ID"
	wait_status stopped
	fails 255 "cannot exec in a stopped container" exec "$ID" true
}

@test "exec in a created container works" {
	ok create "$ID"
	ok exec "$ID" hostname
	is orlop
	has_status created
}

@test "options after the id belong to the command" {
	start_sleeper
	ok exec "$ID" echo -d --tty
	is "-d --tty"
}

@test "exec --preserve-fds passes descriptors on" {
	start_sleeper
	echo precious >"$T/file"
	"$ORLOP" --root "$ROOT" exec --preserve-fds 1 "$ID" cat /proc/self/fd/3 >"$T/stdout" 3<"$T/file"
	[ "$(<"$T/stdout")" = precious ]
}

@test "exec works in a user namespace" {
	user_namespace
	start_sleeper
	ok exec "$ID" sh -c 'id -u; cat /proc/self/uid_map'
	[[ "$output" =~ ^0$'\n'\ +0\ +100000\ +65536 ]]
}

@test "exec --cgroup puts the process into a cgroup below the container's" {
	dir=$(cgroup_file pids sub)
	start_sleeper
	mkdir "$dir"
	[ "$SUITE_CG" = v2 ] && sub=sub || sub=pids:sub
	ok exec --cgroup "$sub" "$ID" cat /proc/self/cgroup
	[[ "$output" == *"/$ID/sub"* ]]
	fails 255 "bad sub cgroup path" exec --cgroup ../../x "$ID" true
	fails 255 "nothere" exec --cgroup nothere:sub "$ID" true
	# Never in the caller's cgroup instead.
	[ "$SUITE_CG" = v2 ] && sub=missing || sub=pids:missing
	fails 255 "no such file or directory" exec --cgroup "$sub" "$ID" true
}

@test "exec on v2, where init moved below: into init's cgroup, but not for --cgroup /" {
	needs_v2
	controller=$(cut -d' ' -f1 /sys/fs/cgroup/cgroup.controllers)
	[ -n "$controller" ] || skip "cgroup2 has no controller here"
	namespace cgroup
	mount_entry /sys/fs/cgroup cgroup cgroup rw
	start_sleeper "cd /sys/fs/cgroup; mkdir init; echo \$\$ >init/cgroup.procs; echo +$controller >cgroup.subtree_control
		touch /tmp/moved; sleep 1000"
	eventually exists "$ROOTFS/tmp/moved"
	grep -qw "$controller" "/sys/fs/cgroup/$ID/cgroup.subtree_control"
	ok exec "$ID" grep 0:: /proc/self/cgroup
	is 0::/init
	ok exec --cgroup init "$ID" true
	fails 255 "device or resource busy" exec --cgroup / "$ID" true
}

@test "exec on v2, where init has left its cgroup and that is gone: into init's" {
	local own other

	[ "$SUITE_CG" = v2 ] || skip "cgroup v2 only: elsewhere no process can leave all of its cgroups at once"
	start_sleeper
	own=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(pid_of)/cgroup")
	other=$own-moved
	mkdir "$other"
	# Some of the sleeper's shell may still be ending there.
	for pid in $(cat "$own/cgroup.procs"); do echo "$pid" >"$other/cgroup.procs"; done
	eventually rmdir "$own"
	run_orlop exec "$ID" cat /proc/self/cgroup
	orlop delete -f "$ID"
	rmdir "$other"
	[ "$status" -eq 0 ]
}

# Init is the only process, and the limit lets no other be forked there.
@test "exec works where the pids limit is reached, and is in the container's cgroups" {
	needs_controller pids
	config '.linux.resources.pids = { limit: 1 }'
	args sleep 1000
	ok run -d "$ID"
	ok exec "$ID" cat /proc/self/cgroup
	[ "$output" = "$(cat "/proc/$(pid_of)/cgroup")" ]
	ok exec "$ID" cat /proc/self/cgroup
	fails 2 "can't fork" exec "$ID" sh -c '(exit 3); :'
	# Nor is a terminal handed over twice.
	background console $PYTHON "$LIB/console.py" "$T/console"
	eventually exists "$T/console"
	ok exec -t --detach --console-socket "$T/console" "$ID" sh -c 'echo done'
	eventually file_says "$T/console.out" done
	# Two of three: the stage itself fits in, the process that it forks does not.
	orlop update --pids-limit 2 "$ID"
	ok exec "$ID" cat /proc/self/cgroup
	[ "$output" = "$(cat "/proc/$(pid_of)/cgroup")" ]
}

@test "exec does not follow an init into a user namespace that it made itself, and says so" {
	for user in none own; do
		[ "$user" = none ] || { orlop delete -f "$ID"; user_namespace; }
		chmod 1777 "$ROOTFS/tmp"
		printf '#!/bin/sh\necho captured\n' >"$ROOTFS/tmp/evil"
		printf '#!/bin/sh\necho of the image\n' >"$ROOTFS/tmp/program"
		chmod 755 "$ROOTFS/tmp/evil" "$ROOTFS/tmp/program"
		rm -f "$ROOTFS/tmp/ready"
		config '.process.user = { uid: 1000, gid: 1000 } | .process.args = ["unshare", "-U", "-m", "-r", "sh", "-c", "mount --bind /tmp/evil /tmp/program; touch /tmp/ready; exec sleep 1000"]'
		ok run -d "$ID"
		eventually exists "$ROOTFS/tmp/ready" || { cat "$T/stdout" "$T/stderr"; return 1; }
		fails 255 "has left the user namespace" exec -u 0:0 "$ID" /tmp/program
		[[ "$output" != *captured* ]]
	done
}

init_has_left() {
	[ "$(tr '\0' ' ' <"/proc/$(pid_of)/cmdline")" = "sleep 1000 " ]
}

@test "exec into what init made of itself says so too when that has no id mappings" {
	for user in none own; do
		[ "$user" = none ] || { orlop delete -f "$ID"; user_namespace; }
		chmod 1777 "$ROOTFS/tmp"
		rm -f "$ROOTFS/tmp/ready"
		config '.process.args = ["sh", "-c", "exec unshare -U sleep 1000"]
			| .process.capabilities = {}'
		ok run -d "$ID"
		eventually init_has_left
		fails 255 "has left the user namespace" exec "$ID" true
		[[ "$errors" != *"user and group ids"* ]]
	done
}

@test "exec into a container with a time namespace sees its clocks, also in a user namespace" {
	[ -e /proc/self/ns/time ] || skip "no time namespaces"
	namespace time
	config '.linux.timeOffsets = { boottime: { secs: 1000000, nanosecs: 0 } }'
	for user in none own; do
		[ "$user" = none ] || { orlop delete -f "$ID"; user_namespace; }
		start_sleeper
		ok exec "$ID" sh -c 'read a b </proc/uptime; [ ${a%.*} -gt 1000000 ] && echo shifted'
		is shifted
	done
}

@test "exec forwards signals to the process" {
	start_sleeper
	background exec env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" exec "$ID" \
		sh -c 'trap "exit 21" TERM; echo >/tmp/ready; while :; do sleep 0.05; done'
	eventually exists "$ROOTFS/tmp/ready"
	kill -TERM "$BG"
	status=0
	wait "$BG" || status=$?
	[ "$status" -eq 21 ]
}

@test "twenty processes at one time run in one container" {
	start_sleeper
	for ((i = 0; i < 20; i++)); do
		orlop exec "$ID" echo "number $i" >"$T/n$i" 2>&1 &
		PIDS[i]=$!
	done
	for ((i = 0; i < 20; i++)); do wait "${PIDS[i]}"; done
	for ((i = 0; i < 20; i++)); do [ "$(<"$T/n$i")" = "number $i" ]; done
}
