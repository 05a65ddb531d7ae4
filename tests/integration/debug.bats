# SPDX-License-Identifier: Apache-2.0
# debug: the host's tools in the namespaces of a container that has none.

load ../lib/orlop

# A root filesystem of tools as a folder: $T/tools.
tools_folder() {
	cp -a "$SUITE_DIR/rootfs" "$T/tools"
	echo from-the-folder >"$T/tools/etc/mark"
}

# Held by a FIFO until `let_go`: it has written its pid, as the container numbers it, into $T/ready before.
start_debugging() {
	mkfifo "$T/hold"
	orlop debug "$ID" "$@" <"$T/hold" >"$T/debug.out" 2>&1 3>&- &
	BACKGROUND+=($!)
	exec 7>"$T/hold"
	eventually grep -q . "$T/debug.out"
}

let_go() {
	exec 7>&-
}

@test "debug runs a tool of this host where the image has none, with the container's root at /container" {
	distroless
	ok run -d "$ID"
	ok debug "$ID" -- ls /container
	says sleep
	ok debug "$ID" -- sh -c 'pwd; readlink /proc/1/exe; ls /proc/1/root'
	says "/container
/sleep"
	says etc
	run_orlop debug "$ID" -- sh -c 'exit 7'
	[ "$status" -eq 7 ] || complain "the tool's status"
}

@test "debug is in the container's namespaces and cgroup, with its ids and capabilities" {
	distroless
	config '.process.capabilities |= with_entries(.value = ["CAP_KILL"])'
	ok run -d "$ID"
	for ns in pid net ipc uts cgroup; do
		ok debug "$ID" -- readlink "/proc/self/ns/$ns"
		is "$(readlink "/proc/$(pid_of)/ns/$ns")"
	done
	ok debug "$ID" -- grep CapEff /proc/self/status
	is "CapEff:	0000000000000020"
	ok debug "$ID" --user 1000:1000 -- grep -e Uid -e CapEff /proc/self/status
	says "Uid:	1000	1000	1000	1000"
	says "CapEff:	0000000000000000"
	start_debugging -- sh -c 'echo ready; read x'
	pids=$(orlop ps --format json "$ID" 2>/dev/null | tr -d '[] \n')
	[ "$(tr , '\n' <<<"$pids" | wc -l)" -ge 2 ] || complain "the tools are in the container's cgroup: $pids"
	let_go
}

@test "debug is not seen among the mounts of the container, and what it mounts stays its own" {
	distroless
	config '.process.capabilities |= with_entries(.value += ["CAP_SYS_ADMIN"])'
	ok run -d "$ID"
	cp "/proc/$(pid_of)/mountinfo" "$T/before"
	start_debugging -- sh -c 'mount -t tmpfs none /container/tmp && echo mounted; read x'
	[ "$(cat "$T/debug.out")" = mounted ]
	cmp "$T/before" "/proc/$(pid_of)/mountinfo"
	let_go
	cmp "$T/before" "/proc/$(pid_of)/mountinfo"
}

@test "debug shows of this host its programs and libraries, and nothing else" {
	distroless
	ok run -d "$ID"
	ok debug "$ID" -- sh -c 'ls /'
	for name in $output; do
		[[ " bin container dev etc lib lib32 lib64 libx32 proc sbin sys tmp usr " == *" $name "* ]] || complain "'$name' is there"
	done
	fails 1 "/etc/shadow: No such file or directory" debug "$ID" -- cat /etc/shadow
	ok debug "$ID" -- sh -c 'cat /etc/passwd; cat /etc/ld.so.preload 2>/dev/null || :'
	is "$(cat "$ROOTFS/etc/passwd")"
}

@test "debug loads no code that the image names" {
	distroless
	echo /lib/evil.so >"$ROOTFS/etc/ld.so.preload"
	config '.process.env += ["LD_PRELOAD=/container/evil.so", "PATH=/nowhere"]'
	ok run -d "$ID"
	ok debug "$ID" -- sh -c 'true; echo "$LD_PRELOAD:$PATH"'
	is ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	[ -z "$errors" ] || complain "the loader complains"
}

@test "debug: the tools are read-only, for a container with CAP_SYS_ADMIN as well" {
	config '.process.capabilities |= with_entries(.value += ["CAP_SYS_ADMIN"])'
	tools_folder
	start_sleeper
	ok debug "$ID" --tools "$T/tools" -- sh -c 'mount -o remount,rw / 2>/dev/null; mount -o remount,bind,rw / 2>/dev/null; echo x >/etc/mark || echo refused; touch /new || echo refused'
	says refused
	[ "$(cat "$T/tools/etc/mark")" = from-the-folder ]
	[ ! -e "$T/tools/new" ]
	# By the way of a process of the container that looks at it.
	start_debugging --tools "$T/tools" -- sh -c 'echo $$; read x'
	inside=$(cat "$T/debug.out")
	ok exec "$ID" sh -c "cat /proc/$inside/root/etc/mark; echo x >/proc/$inside/root/etc/mark || echo refused"
	says from-the-folder
	says refused
	ok exec "$ID" sh -c "nsenter -t $inside -m mount -o remount,bind,rw / ; nsenter -t $inside -m sh -c 'echo x >/etc/mark' || echo refused"
	says refused
	[ "$(cat "$T/tools/etc/mark")" = from-the-folder ]
	let_go
}

@test "debug --tools takes a folder, or the rootfs of another container" {
	distroless
	tools_folder
	ok run -d "$ID"
	cd "$T"
	ok debug "$ID" --tools ./tools -- sh -c 'cat /etc/mark; ls /container'
	says from-the-folder
	says sleep
	cd "$BUNDLE"
	mkdir "$T/other"
	cp -a "$SUITE_DIR/rootfs" "$T/other/rootfs"
	echo of-the-other >"$T/other/rootfs/etc/mark"
	jq '.linux.cgroupsPath = "/\($i)-other" | .process.args = ["sleep", "1000"]' --arg i "$ID" config.json >"$T/other/config.json"
	ok run -d --bundle "$T/other" "$ID-other"
	ok debug "$ID" --tools "$ID-other" -- cat /etc/mark
	is of-the-other
	ok delete -f "$ID-other"
}

@test "debug in a user namespace has the container's root, and no more" {
	user_namespace
	start_sleeper
	ok debug "$ID" -- sh -c 'cat /proc/self/uid_map; touch /container/tmp/x && echo made; touch /usr/x 2>/dev/null || echo read-only'
	says 100000
	says made
	says read-only
	[ "$(stat -c %u "$ROOTFS/tmp/x")" = 100000 ]
	tools_folder
	chmod 700 "$T/tools"
	fails 255 "the container's root must be able to read it" debug "$ID" --tools "$T/tools"
}

@test "debug says what cannot be" {
	fails 255 "container does not exist" debug "$ID"
	start_sleeper
	fails 255 "--tools 'none': no such container (a folder has a slash: './none')" debug "$ID" --tools none
	fails 255 "tools './none': no such file or directory" debug "$ID" --tools ./none
	fails 255 "executable file not found" debug "$ID" -- no-such-tool
	fails 1 "unknown option" debug "$ID" sh -c true
	ok kill "$ID" KILL
	wait_status stopped
	fails 255 "cannot exec in a stopped container" debug "$ID"
}

@test "debug without a mount namespace of the container's own is refused" {
	no_namespace mount
	config 'del(.linux.maskedPaths, .linux.readonlyPaths) | .mounts = [] | .root.readonly = false'
	args sleep 1000
	run_orlop run -d "$ID"
	[ "$status" -eq 0 ] || skip "no container without a mount namespace here: $errors"
	fails 255 "no mount namespace of its own" debug "$ID"
}

@test "debug ends with the container, and leaves nothing" {
	start_sleeper
	start_debugging -- sh -c 'echo ready; read x'
	ok delete -f "$ID"
	wait "${BACKGROUND[-1]}" || :
	let_go
	nothing_left
}

@test "debug gives its shell a terminal where there is one" {
	distroless
	mount_devpts=$(jq '[.mounts[] | select(.destination == "/dev/pts")] | length' config.json)
	[ "$mount_devpts" -gt 0 ] || mount_entry /dev/pts devpts devpts newinstance ptmxmode=0666 mode=0620
	ok run -d "$ID"
	ok debug "$ID" --tty -- sh -c 'tty; test -t 0 && echo terminal'
	says terminal
}
