# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

link() {
	readlink "/proc/self/ns/$1"
}

@test "L1 every listed type is a new namespace" {
	namespace cgroup
	namespace time
	[ -e /proc/self/ns/time ] || skip "no time namespaces here"
	run_script 'for n in pid net ipc uts mnt cgroup time; do readlink /proc/self/ns/$n; done'
	[ "$(wc -l <<<"$output")" -eq 7 ]
	for n in pid net ipc uts mnt cgroup time; do
		[[ "$output" != *"$(link $n)"* ]]
	done
}

@test "L1 a type that is not listed is inherited" {
	for n in network ipc pid; do no_namespace $n; done
	config 'del(.hostname)'
	no_namespace uts
	run_script 'for n in pid net ipc uts; do readlink /proc/self/ns/$n; done'
	for n in pid net ipc uts; do
		[[ "$output" == *"$(link $n)"* ]]
	done
}

@test "L1 a type that is listed twice is refused" {
	config '.linux.namespaces += [{ type: "ipc" }]'
	refused create "$ID"
	says "/linux/namespaces/5/type: duplicate namespace 'ipc'"
	nothing_left
}

@test "L1 an unknown type is refused" {
	config '.linux.namespaces += [{ type: "imaginary" }]'
	refused create "$ID"
	says imaginary
	nothing_left
}

@test "L2 namespaces are joined by path" {
	start_sleeper
	pid=$(pid_of)
	for n in network:net ipc:ipc uts:uts pid:pid; do
		namespace "${n%:*}" "/proc/$pid/ns/${n#*:}"
	done
	config 'del(.hostname) | .linux.cgroupsPath += "-2"'
	args sh -c 'for n in net ipc uts pid; do readlink /proc/self/ns/$n; done; hostname'
	ok run "$ID-2"
	[ "$output" = "$(for n in net ipc uts pid; do readlink "/proc/$pid/ns/$n"; done; echo orlop)" ]
}

@test "L2 a network namespace that the kernel refuses is told, and nothing is left" {
	mkdir -m 777 "$T/roots"
	chmod 755 "$T"
	output=$(unshare -Urm sh -c 'echo 0 >/proc/sys/user/max_net_namespaces && exec "$@"' sh \
		"$ORLOP" --root "$T/roots" run --bundle "$BUNDLE" "$ID" 2>&1) && false
	says "clone with new namespaces: no space left on device"
	[ -z "$(ls -A "$T/roots")" ]
	nothing_left
}

@test "L2 a plan that cannot be made ends the child that waits for it" {
	config '.mounts += [{ destination: "/x", type: "bind", source: "/no/such/source", options: ["bind"] }]'
	fails 1 "bind source '/no/such/source': no such file or directory" create "$ID"
	nothing_left
}

@test "L2 a bind-mounted network namespace is joined" {
	touch "$T/netns"
	unshare -n sh -c "mount --bind /proc/\$\$/ns/net '$T/netns'"
	namespace network "$T/netns"
	args readlink /proc/self/ns/net
	run_orlop run "$ID"
	want="net:[$(stat -L -c %i "$T/netns")]"
	umount "$T/netns"
	[ "$output" = "$want" ]
}

@test "L2 a file that is no namespace, or one of another type, is refused" {
	namespace network /proc/self/ns/uts
	refused create "$ID"
	says "'/proc/self/ns/uts' is not a namespace of type 'network' but of type 'uts'"
	nothing_left
	namespace network "$BUNDLE/config.json"
	refused create "$ID"
	says "config.json' is not a namespace"
	nothing_left
	namespace network /no/such/ns
	fails 1 "/no/such/ns" create "$ID"
	says "no such file or directory"
	nothing_left
}

@test "L1 the loopback device of a new network namespace is up" {
	run_script 'ip link show lo | head -n 1'
	[[ "$output" == *UP* ]]
}

@test "L4 the clocks of a new time namespace have the offsets" {
	[ -e /proc/self/ns/time ] || skip "no time namespaces here"
	namespace time
	config '.linux.timeOffsets = { boottime: { secs: 1000000, nanosecs: 5 }, monotonic: { secs: 2000000 } }'
	run_script 'cut -d. -f1 /proc/uptime; cat /proc/self/timens_offsets'
	[ "${output%%$'\n'*}" -gt 1000000 ]
	[[ "$output" =~ monotonic\ +2000000 ]]
	[[ "$output" =~ boottime\ +1000000 ]]
}

@test "L4 offsets without a time namespace are refused" {
	config '.linux.timeOffsets = { monotonic: { secs: 1 } }'
	refused create "$ID"
	says "/linux/timeOffsets: 'timeOffsets' without a time namespace"
	nothing_left
}

@test "L1 the pid namespace shows only the container's processes" {
	run_script 'ls -d /proc/[0-9]* | wc -l'
	[ "$output" -le 4 ]
}

@test "L1 without a mount namespace the container is refused or keeps the host's mounts" {
	no_namespace mount
	before=$(mounts_now)
	run_orlop run "$ID"
	[ "$(mounts_now)" = "$before" ]
}

@test "L1 without a mount namespace the container inherits the runtime's, and delete takes its mounts away" {
	local before

	config '.linux.namespaces |= map(select(.type != "mount" and .type != "cgroup")) | del(.linux.maskedPaths, .linux.readonlyPaths) | .root.readonly = false'
	args sleep 60
	before=$(grep -c "$ROOTFS" /proc/self/mountinfo) || true
	ok create "$ID"
	[ "$(readlink "/proc/$(pid_of)/ns/mnt")" = "$(readlink /proc/self/ns/mnt)" ]
	[ "$(readlink "/proc/$(pid_of)/root")" = "$ROOTFS" ]
	[ "$(grep -c "$ROOTFS" /proc/self/mountinfo)" -gt "$before" ]
	ok delete --force "$ID"
	[ "$(grep -c "$ROOTFS" /proc/self/mountinfo)" = "$before" ]
	nothing_left
}

@test "sysctls of a namespace that is joined by path and is the caller's own are refused" {
	namespace network /proc/self/ns/net
	config '.linux.sysctl = { "net.ipv4.ip_default_ttl": "77" }
		| .mounts = [.mounts[] | select(.type != "sysfs" and .type != "cgroup")]'
	before=$(cat /proc/sys/net/ipv4/ip_default_ttl)
	fails 1 'sysctl "net.ipv4.ip_default_ttl" not allowed in host network namespace' run "$ID"
	[ "$(cat /proc/sys/net/ipv4/ip_default_ttl)" = "$before" ]
	nothing_left
}

@test "a user namespace that has given up setgroups can be joined" {
	unshare -r -i -n -u sleep 1000 3>&- &
	BACKGROUND+=($!)
	eventually eval '[ "$(readlink /proc/'$!'/ns/user)" != "$(readlink /proc/self/ns/user)" ]'
	eventually file_says "/proc/$!/setgroups" deny
	for n in user ipc network uts; do
		namespace $n "/proc/$!/ns/${n/network/net}"
	done
	config '.mounts = [.mounts[] | select(.type != "cgroup" and .type != "mqueue")]
		| .mounts |= map(if .type == "devpts" then .options -= ["gid=5"] else . end)
		| del(.hostname, .linux.resources)'
	script 'id -u; grep Groups /proc/self/status'
	setpriv --groups 4,27 "$ORLOP" --root "$ROOT" run "$ID" >"$T/out" 3>&-
	[ "$(tr -d ' ' <"$T/out")" = $'0\nGroups:\t' ]
}

@test "a pid namespace whose init has ended is named as what it is" {
	needs_tool unshare
	unshare -p --fork --kill-child sleep 1000 &
	background_pid=$!
	eventually pgrep -P "$background_pid" sleep
	init=$(pgrep -P "$background_pid" sleep)
	touch "$T/pidns"
	mount --bind "/proc/$init/ns/pid" "$T/pidns"
	kill -9 "$init"
	wait "$background_pid" || true
	namespace pid "$T/pidns"
	fails 1 "/path: join the pid namespace: the process that was its init has ended, so no other can be made in it" run "$ID"
	umount "$T/pidns"
	nothing_left
}

@test "another kind of container that annotations ask for is refused, or warned of" {
	args echo fine
	config '.annotations["run.oci.handler"] = "krun"'
	fails 1 "/annotations/run.oci.handler: there is no handler 'krun' here" run "$ID"
	config 'del(.annotations["run.oci.handler"]) | .annotations["krun.ram_mib"] = "512"'
	ok run "$ID"
	is fine
	says "annotation 'krun.ram_mib' is ignored: this is no virtual machine"
	config 'del(.annotations["krun.ram_mib"]) | .annotations["module.wasm.image/variant"] = "compat"'
	ok run "$ID"
	says "annotation 'module.wasm.image/variant' is ignored: WebAssembly is not executed here"
	config '.annotations["module.wasm.image/variant"] = "compat-smart" | .annotations["run.oci.handler"] = ""'
	ok run "$ID"
	[ -z "$errors" ]
}

is_stopped() {
	[ "$(state_of "$1")" = stopped ]
}

# From now on the config is that of a container which joins the pid namespace of the first.
join_pids() {
	start_sleeper
	first=$(pid_of)
	namespace pid "/proc/$first/ns/pid"
	config '.linux.cgroupsPath += "-2"'
}

@test "in a pid namespace that is joined the process has one number for the host and one inside, and procfs shows the second" {
	join_pids
	script 'sed -n "s/^NSpid://p" /proc/self/status | wc -w; readlink /proc/self/ns/pid; echo $$; [ -d /proc/1 ] && cat /proc/1/comm; exec sleep 1000'
	ok create "$ID-2" --pid-file "$T/pid"
	[ "$(state_of "$ID-2")" = created ]
	pid=$(pid_of "$ID-2")
	[ "$(<"$T/pid")" = "$pid" ]
	read -r _ own inside <<<"$(grep ^NSpid "/proc/$pid/status")"
	[ "$own" = "$pid" ]
	[ "$inside" != "$pid" ]
	[ "$(readlink "/proc/$pid/ns/pid")" = "$(readlink "/proc/$first/ns/pid")" ]
	ok kill "$ID-2" KILL
	eventually is_stopped "$ID-2"
	ok delete "$ID-2"
	script 'echo $$; readlink /proc/self; cut -d" " -f6 /proc/self/stat; cat /proc/1/comm'
	ok run "$ID-2"
	read -r -d '' own self session init <<<"$output" || true
	[ "$own" = "$session" ]
	[ "$init" = sh ]
	[ "$(state_of)" = running ]
}

@test "who waits for its start in a pid namespace that is joined has the program's rights and descriptors, and no others" {
	config '.process.capabilities = (["bounding", "effective", "permitted"]
			| map({ key: ., value: ["CAP_KILL"] }) | from_entries)
		| .process.noNewPrivileges = false
		| .linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["swapon"], action: "SCMP_ACT_ERRNO" }] }'
	join_pids
	unshare -m sh -c 'mount --make-rprivate / && mount -t proc -o pidns=/proc/self/ns/pid proc /proc' 2>/dev/null ||
		skip "no procfs of another pid namespace (Linux 6.17)"
	args grep Seccomp: /proc/self/status
	"$ORLOP" --root "$ROOT" create "$ID-2" >"$T/stdout" 2>"$T/stderr" </dev/null
	pid=$(pid_of "$ID-2")
	[ "$(sed -n 's/^CapEff:\t//p' "/proc/$pid/status")" = 0000000000000020 ]
	[ "$(sed -n 's/^CapPrm:\t//p' "/proc/$pid/status")" = 0000000000000020 ]
	for fd in /proc/"$pid"/fd/*; do
		[ "${fd##*/}" -le 2 ] || [[ "$(readlink "$fd")" = socket:* ]] || { echo "# $(readlink "$fd")"; return 1; }
	done
	[ "$(readlink "/proc/$pid/root")" = / ] || [ "$(readlink "/proc/$pid/root")" = "$ROOTFS" ]
	ok start "$ID-2"
	eventually file_says "$T/stdout" 'Seccomp:.2'
}

@test "in a pid namespace that is joined --init, LISTEN_FDS, preserved descriptors and startContainer hooks are as elsewhere" {
	join_pids
	script 'echo "$LISTEN_PID $$"; cat <&3'
	echo three >"$T/three"
	for init in "" --init; do
		sh -c 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"' sh "$ORLOP" --root "$ROOT" run $init "$ID-2" >"$T/stdout" 3<"$T/three"
		{ read -r said own; read -r three; } <"$T/stdout"
		[ "$said" = "$own" ]
		[ "$three" = three ]
	done
	printf '#!/bin/sh\ncat >/tmp/state\n' >"$ROOTFS/bin/hook"
	chmod 755 "$ROOTFS/bin/hook"
	config '.hooks = { startContainer: [{ path: "/bin/hook" }] }'
	script 'echo $$'
	ok run "$ID-2"
	[ "$(jq .pid "$ROOTFS/tmp/state")" = "$output" ]
	args /proc/self/root/bin/echo found
	ok run "$ID-2"
	[ "$output" = found ]
	args nowhere
	fails 1 "executable file not found" run "$ID-2"
}

@test "in a pid namespace that is joined the terminal is the program's own" {
	join_pids
	config '.process.terminal = true'
	script 'tty; echo own >/dev/tty; [ -t 0 ] && cut -d" " -f5,6,8 /proc/$$/stat'
	background console $PYTHON "$LIB/console.py" "$T/console"
	eventually exists "$T/console"
	ok run -d --console-socket "$T/console" "$ID-2"
	eventually file_says "$T/console.out" '^/dev/pts/0'
	eventually file_says "$T/console.out" '^own'
}
