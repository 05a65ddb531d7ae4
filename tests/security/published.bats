# SPDX-License-Identifier: Apache-2.0
# One test for each published class of attack on container runtimes; docs/SECURITY.md has the table.
load ../lib/orlop

HERE=$BATS_TEST_DIRNAME

# attacker NAME: tests/security/NAME.c, for use on the host and in the rootfs.
attacker() {
	cc -static -O1 -o "$T/$1" "$HERE/$1.c" 2>/dev/null || skip "no static C compiler"
	cp "$T/$1" "$ROOTFS/bin/$1"
}

secret() {
	echo host-only >"$T/secret"
}

# A directory of the host that must stay as it is.
decoy() {
	mkdir -p "$T/decoy"
	touch "$T/decoy/ptmx" "$T/decoy/keep"
	find "$T/decoy" -printf '%P %y %m %l %i\n' | sort >"$T/decoy.before"
}

decoy_untouched() {
	find "$T/decoy" -printf '%P %y %m %l %i\n' | sort | diff "$T/decoy.before" -
}

@test "CVE-2019-5736 the program at /proc/PID/exe of init and exec is a sealed copy, not the runtime" {
	local before

	before=$(sha256sum <"$ORLOP")
	attacker hostile
	# An image whose program is a link to the runtime's own executable.
	ln -s /proc/self/exe "$ROOTFS/bin/evil"
	args /bin/evil
	run_orlop run "$ID"
	[ "$(sha256sum <"$ORLOP")" = "$before" ]
	run_orlop delete -f "$ID"
	# The published way in: a script whose interpreter is whatever executes it; at create and at exec.
	printf '#!/proc/self/exe\n' >"$ROOTFS/bin/script"
	chmod 755 "$ROOTFS/bin/script"
	args /bin/script
	run_orlop run "$ID"
	run_orlop delete -f "$ID"
	start_sleeper
	run_orlop exec "$ID" /bin/script
	run_orlop exec "$ID" /bin/evil
	[ "$(sha256sum <"$ORLOP")" = "$before" ]
	# From the host, with all rights, while init waits: nothing can be written to it either.
	run_orlop delete -f "$ID"
	ok create "$ID"
	pid=$(pid_of)
	[[ "$(readlink "/proc/$pid/exe")" == /memfd:orlop-stage* ]]
	refute cp /bin/true "/proc/$pid/exe"
	ok delete -f "$ID"
	[ "$(sha256sum <"$ORLOP")" = "$before" ]
}

@test "CVE-2016-8649 CVE-2016-9962 CVE-2024-21626 no descriptor of the host is open in init, exec, or a waiting init" {
	local pid

	ok create "$ID"
	pid=$(pid_of)
	for fd in /proc/"$pid"/fd/*; do
		[[ "$(readlink "$fd")" != /* || "$(readlink "$fd")" == /memfd:* || "$(readlink "$fd")" == /dev/null || "$(readlink "$fd")" == "$T"/std* ]] ||
			{ echo "# $fd: $(readlink "$fd")"; false; }
	done
	ok delete -f "$ID"
	script 'ls -l /proc/self/fd | wc -l; sleep 1000'
	"$ORLOP" --root "$ROOT" run -d "$ID" >"$T/stdout" 2>/dev/null 7</etc 8</
	eventually file_says "$T/stdout" .
	[ "$(<"$T/stdout")" -eq 5 ] # total, 0, 1, 2, ls itself
	"$ORLOP" --root "$ROOT" exec "$ID" ls /proc/self/fd >"$T/stdout" 7</etc 8</
	[ "$(wc -l <"$T/stdout")" -eq 4 ]
}

@test "CVE-2024-21626 a cwd or a program by /proc/self/fd leads nowhere, at create and at exec" {
	local n

	secret
	start_sleeper
	for n in 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		config '.process.cwd = $d | .process.args = ["cat", "../../../../../..\($s)"]' \
			--arg d "/proc/self/fd/$n" --arg s "$T/secret"
		run_orlop run "$ID-cwd" 7</ 8</etc
		[[ "$output" != *host-only* ]] || complain "cwd /proc/self/fd/$n is outside"
		run_orlop delete -f "$ID-cwd"
		run_orlop exec --cwd "/proc/self/fd/$n" "$ID" cat "../../../../../..$T/secret" 7</ 8</etc
		[[ "$output" != *host-only* ]] || complain "exec: cwd /proc/self/fd/$n is outside"
		run_orlop exec "$ID" "/proc/self/fd/$n/../../../../../../bin/bash" -c 'echo host-only' 7</ 8</etc
		[[ "$output" != *host-only* ]] || complain "exec: a program of the host by fd $n"
	done
}

@test "CVE-2019-19921 CVE-2023-27561 CVE-2025-54867 /proc and /sys as symlinks are refused" {
	for dir in proc sys; do
		rm -rf "${ROOTFS:?}/$dir"
		mkdir -p "$ROOTFS/evil"
		ln -s /evil "$ROOTFS/$dir"
		refused run "$ID"
		says "must be mounted on ordinary directory"
		rm "$ROOTFS/$dir"
		mkdir "$ROOTFS/$dir"
	done
}

@test "CVE-2015-1335 CVE-2019-18837 CVE-2021-30465 a symlink or .. at a mount's target stays in the rootfs" {
	decoy
	copy_rootfs
	ln -s "$T/decoy" "$ROOTFS/abs"
	ln -s "../../../../../../../../../..$T/decoy" "$ROOTFS/rel"
	mount_entry /abs/sub tmpfs tmpfs
	mount_entry /rel/file bind /etc/passwd bind
	mount_entry "/x/../../../../../../..$T/decoy/deep" tmpfs tmpfs
	run_script true
	decoy_untouched
}

@test "CVE-2023-28642 a mount's target below /proc by a link of the image does not cover the LSM's files" {
	# A file of the image cannot be put over /proc/self/attr by a link: procfs comes first and is real.
	mkdir -p "$ROOTFS/fake/self/attr"
	echo forged >"$ROOTFS/fake/self/attr/exec"
	rm -rf "$ROOTFS/proc"
	ln -s fake "$ROOTFS/proc"
	fails 1 "destination '/proc' must be mounted on ordinary directory" run "$ID"
	[ "$(<"$ROOTFS/fake/self/attr/exec")" = forged ]
}

@test "CVE-2024-45310 nothing is made on the host for a missing mount target" {
	decoy
	copy_rootfs
	ln -s "$T/decoy/new/deep" "$ROOTFS/gone"
	mount_entry /gone/file bind /etc/passwd bind
	mount_entry /gone/dir tmpfs tmpfs
	run_script true
	decoy_untouched
	refute exists "$T/decoy/new"
}

@test "CVE-2025-31133 CVE-2025-62161 masks are the host's /dev/null, whatever the image has there" {
	copy_rootfs
	config '.mounts = [.mounts[] | select(.destination | startswith("/dev") | not)] | .linux.maskedPaths = ["/proc/meminfo", "/proc/keys"]'
	rm -rf "$ROOTFS/dev"
	mkdir "$ROOTFS/dev"
	ln -s /proc/sys/kernel/core_pattern "$ROOTFS/dev/null"
	# A /dev/null of the wrong kind is refused outright.
	fails 1 "make the device node: file exists" run "$ID"
	run_orlop delete -f "$ID"
	# With the default device bound away, the mask is still the null device of the host.
	rm "$ROOTFS/dev/null"
	run_script 'for f in /proc/meminfo /proc/keys; do stat -c "%t:%T" $f; [ -z "$(cat $f)" ] || echo bad; done'
	is $'1:3\n1:3'
}

@test "CVE-2025-52565 /dev/console and /dev/pts of the image do not lead the terminal elsewhere" {
	copy_rootfs
	config '.process.terminal = true | .mounts = [.mounts[] | select(.destination != "/dev")]'
	rm -rf "$ROOTFS/dev"
	mkdir "$ROOTFS/dev"
	ln -s /proc/sys/kernel/core_pattern "$ROOTFS/dev/console"
	args true
	fails 1 "make the console (is there a devpts on /dev/pts?): too many levels of symbolic links" run "$ID"
	run_orlop delete -f "$ID"
	# /dev/pts that is no devpts.
	rm "$ROOTFS/dev/console"
	config '.mounts = [.mounts[] | select(.destination != "/dev/pts")]'
	mkdir -p "$ROOTFS/dev/pts"
	cp -a /dev/null "$ROOTFS/dev/pts/ptmx"
	fails 1 "make the console (is there a devpts on /dev/pts?): no such device" run "$ID"
}

@test "CVE-2026-41579 CVE-2026-47766 /dev as a symlink out of the rootfs changes nothing on the host" {
	decoy
	copy_rootfs
	config '.mounts = [.mounts[] | select(.destination | startswith("/dev") | not)]'
	for link in "$T/decoy" "../../../../../../../../../..$T/decoy"; do
		rm -rf "$ROOTFS/dev"
		ln -s "$link" "$ROOTFS/dev"
		args true
		run_orlop run "$ID"
		run_orlop delete -f "$ID"
		decoy_untouched
	done
}

@test "CVE-2019-16884 CVE-2025-52881 CVE-2025-62596 labels and sysctls are written to the verified procfs" {
	mkdir -p "$ROOTFS/fake/self/attr/apparmor" "$ROOTFS/fake/sys/net/ipv4"
	touch "$ROOTFS/fake/self/attr/exec" "$ROOTFS/fake/sys/net/ipv4/ip_forward"
	copied=$ROOTFS/fake
	# The container's /proc is a directory of the image: what is set must still be set for real.
	config '.mounts = [.mounts[] | select(.destination != "/proc")]
		| .linux.maskedPaths = [] | .linux.readonlyPaths = []'
	mount_entry /proc bind "$copied" bind
	config '.mounts += [{ destination: "/real", type: "proc", source: "proc" }]'
	config '.linux.sysctl = { "net.ipv4.ip_forward": "1" }'
	run_script 'cat /real/sys/net/ipv4/ip_forward'
	is 1
	[ ! -s "$ROOTFS/fake/sys/net/ipv4/ip_forward" ]
	[ ! -s "$ROOTFS/fake/self/attr/exec" ]
}

@test "CVE-2025-52881 the runtime refuses a /proc of the host that is no procfs" {
	config '.linux.sysctl = { "net.ipv4.ip_forward": "1" }'
	args true
	unshare --mount --propagation private bash -c \
		'mount -t tmpfs none /proc; shift 0; exec "$0" "$@"' "$ORLOP" --root "$ROOT" run "$ID" \
		>"$T/stdout" 2>"$T/stderr" && status=0 || status=$?
	[ "$status" -ne 0 ]
	run_orlop delete -f "$ID"
}

@test "CVE-2022-24769 CVE-2022-27650 CVE-2022-29162 CVE-2025-27612 no inheritable capability unless the config says so" {
	start_sleeper
	ok exec "$ID" grep CapInh /proc/self/status
	[[ "$output" == *0000000000000000 ]]
	ok exec --cap CAP_NET_RAW --cap CAP_SYS_PTRACE "$ID" grep -E 'CapInh|CapAmb' /proc/self/status
	is $'CapInh:\t0000000000000000\nCapAmb:\t0000000000000000'
	"$ORLOP" spec -b "$T" 2>/dev/null || (cd "$T" && "$ORLOP" spec)
	[ "$(jq -c '.process.capabilities.inheritable // []' "$T/config.json")" = "[]" ]
}

@test "CVE-2021-43784 there is no netlink message to overflow: hundreds of long mounts and mappings are taken or refused whole" {
	# The plan is a checked blob with explicit lengths; there is no 16-bit length that could wrap around.
	long=$(printf 'd%.0s' {1..200})
	for i in {1..400}; do
		echo "{\"destination\":\"/$long/$i\",\"type\":\"bind\",\"source\":\"/etc/passwd\",\"options\":[\"bind\",\"ro\"]}"
	done | jq -s . >"$T/many.json"
	config '.mounts += $m[0]' --slurpfile m "$T/many.json"
	copy_rootfs
	run_script "ls /$long | wc -l; grep -c $long /proc/self/mountinfo"
	is $'400\n400'
}

@test "CVE-2023-25809 a rootless container does not get the host's cgroups to write to" {
	local entry='{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro", "nosuid", "noexec", "nodev"] }'

	user_namespace
	config ".mounts += [$entry]"
	for which in own host; do
		[ "$which" = own ] || no_namespace cgroup
		run_script 'for d in $(find /sys/fs/cgroup -maxdepth 2 -type d); do mkdir $d/evil 2>/dev/null && echo wrote $d; done; true'
		is ""
		ok delete -f "$ID"
	done
}

@test "CVE-2023-25809 nor does the config that spec --rootless writes" {
	cd "$T"
	ok spec --rootless
	[ "$(jq -r '.mounts[] | select(.destination == "/sys") | .options | (index("rro") != null) or (index("rbind") == null)' "$T/config.json")" = true ] ||
		jq -e '.linux.maskedPaths | index("/sys/fs/cgroup")' "$T/config.json"
}

@test "runtime directory: nobody else reads what the runtime keeps (env holds secrets)" {
	config '.process.env += ["SECRET=hunter2"]'
	start_sleeper
	[ -z "$(find "$ROOT/$ID" -type f -perm /077)" ]
	refute grep -rq hunter2 "$ROOT/$ID/state.json"
	run_orlop --debug --log "$T/log" state "$ID"
	run_orlop --debug --log "$T/log" exec -e SECRET2=hunter3 "$ID" true
	refute grep -q hunter "$T/log"
	[ ! -u "$ORLOP" ] && [ ! -g "$ORLOP" ]
}

@test "another user of the host lists nothing, reads nothing, starts nothing" {
	other() {
		setpriv --reuid 12345 --regid 12345 --clear-groups "$@" 2>/dev/null
	}
	needs_tool setpriv
	chmod 711 "$T"
	ok create "$ID"
	other true
	refute other ls "$ROOT"
	refute other ls "$ROOT/$ID"
	for file in state.json config.json cgroup start.sock; do
		[ ! -e "$ROOT/$ID/$file" ] || [ "$(stat -c %a "$ROOT/$ID/$file")" = 600 ]
		refute other cat "$ROOT/$ID/$file"
	done
	refute other $PYTHON -c 'import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect(sys.argv[1])' "$ROOT/$ID/start.sock"
	[ "$(state_of)" = created ]
	$PYTHON -c 'import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect(sys.argv[1])' "$ROOT/$ID/start.sock"
	[ ! -d /run/orlop-seccomp ] || [ "$(stat -c '%U %a' /run/orlop-seccomp)" = "root 700" ]
}

@test "state root: ids do not lead out of it" {
	for id in .. . ../x a/b '' "$(printf 'x%.0s' {1..300})"; do
		for verb in create state delete kill start; do
			fails 1 "$([ -n "$id" ] && echo 'invalid container ID format' || echo 'container id cannot be empty')" "$verb" "$id"
		done
	done
}

@test "the host's null device behind a mask cannot be changed by root of the container" {
	before=$(stat -c '%a %u %g' /dev/null)
	config '.process.capabilities = {}'
	script 'for f in /proc/keys /proc/timer_list /proc/kcore; do
			chmod 0 $f; chown 1 $f; touch -d @0 $f; echo x >$f; done 2>/tmp/errors; grep -c . /tmp/errors'
	run_orlop run "$ID"
	[ "$(stat -c '%a %u %g' /dev/null)" = "$before" ]
	grep -q "Read-only file system" "$ROOTFS/tmp/errors"
}

@test "a passwd of the image without end ends: a link to /dev/zero, a huge file" {
	config '.process.env |= map(select(startswith("HOME=") | not))'
	script 'echo $HOME'
	rm -f "$ROOTFS/etc/passwd"
	ln -s /dev/zero "$ROOTFS/etc/passwd"
	ok run "$ID"
	[ "$output" = / ]
	rm "$ROOTFS/etc/passwd"
	truncate -s 100G "$ROOTFS/etc/passwd"
	SECONDS=0
	ok run "$ID"
	[ "$output" = / ] && [ "$SECONDS" -lt 5 ]
}

@test "CVE-2026-88264 /dev/console as a symlink makes no file on the host, with and without a terminal" {
	decoy
	copy_rootfs
	config '.mounts = [.mounts[] | select(.destination | startswith("/dev") | not)]'
	rm -rf "$ROOTFS/dev"
	mkdir -p "$ROOTFS/dev/pts"
	args true
	for link in "$T/decoy/made" "../../../../../../../../../..$T/decoy/made"; do
		ln -sfn "$link" "$ROOTFS/dev/console"
		for change in '.process.terminal = true' '.root.readonly = true' '.process.terminal = false'; do
			config "$change"
			run_orlop run "$ID"
			run_orlop delete -f "$ID"
			decoy_untouched
		done
	done
}

@test "CVE-2026-88265 /dev/null as a symlink to a host's file that is bound in: it is neither written nor given away" {
	copy_rootfs
	echo untouched >"$T/file"
	chmod 600 "$T/file"
	before=$(stat -c '%u:%g %a' "$T/file")
	config '.mounts = [.mounts[] | select(.destination | startswith("/dev") | not)] | .process.user = { uid: 1000, gid: 1000 }'
	mount_entry /mnt/file none "$T/file" bind
	rm -rf "$ROOTFS/dev"
	mkdir -p "$ROOTFS/dev" "$ROOTFS/mnt"
	ln -s /mnt/file "$ROOTFS/dev/null"
	script 'echo written'
	# A node that is not what everybody writes to is refused.
	fails 1 "make the device node: file exists" run "$ID"
	run_orlop run "$ID" </dev/null
	[ "$(cat "$T/file")" = untouched ]
	[ "$(stat -c '%u:%g %a' "$T/file")" = "$before" ]
}

@test "CVE-2026-115521 a read-only root is read-only whatever the image has at /proc/self/fd" {
	copy_rootfs
	config '.root.readonly = true | .mounts = [.mounts[] | select(.destination != "/proc")] | del(.linux.maskedPaths, .linux.readonlyPaths)'
	mkdir -p "$ROOTFS/proc/self/fd" "$ROOTFS/proc/thread-self"
	for fd in $(seq 0 40); do ln -s /tmp "$ROOTFS/proc/self/fd/$fd"; done
	run_script 'touch /made 2>&1; :'
	[[ "$output" == *"Read-only file system"* ]]
	[ ! -e "$ROOTFS/made" ]
}

@test "CVE-2026-30892 exec --user: each number is that user, and the group stays" {
	start_sleeper
	for uid in 0 1 2 10 65534; do
		ok exec --user "$uid" "$ID" sh -c 'echo $(id -u):$(id -g)'
		is "$uid:0"
		ok exec --user "$uid:$uid" "$ID" sh -c 'echo $(id -u):$(id -g)'
		is "$uid:$uid"
	done
	for user in root 1: :1 -1 1:x 4294967295 0x1 ' 1'; do
		fails 255 "user '$user': expected UID[:GID], both numbers" exec --user "$user" "$ID" true
	done
}

@test "CVE-2025-23266 the container's environment never reaches a hook outside of it" {
	config '.process.env += ["LD_PRELOAD=/tmp/evil.so", "EVIL=1"] | .hooks = ({ prestart, createRuntime, createContainer, poststart, poststop }
		| map_values([{ path: "/bin/sh", args: ["sh", "-c", ("env >>" + $t + "/env")] }]))' --arg t "$T"
	args true
	ok run "$ID"
	[ "$(grep -c '^PWD=' "$T/env")" -ge 4 ]
	refute grep -qE '^(EVIL|LD_PRELOAD)=' "$T/env"
}

@test "CVE-2020-15257 nothing of the runtime listens on an abstract socket" {
	no_namespace network
	config '.mounts = [.mounts[] | select(.type != "sysfs" and .type != "cgroup")]'
	ok create "$ID"
	pid=$(pid_of)
	sockets=$(find "/proc/$pid/fd" -lname 'socket:*' -printf '%l\n' | tr -dc '0-9\n')
	[ -n "$sockets" ]
	for inode in $sockets; do
		refute grep -qE " $inode @" /proc/net/unix
	done
	[ "$(stat -c %a "$ROOT/$ID/start.sock")" = 600 ]
}

@test "CVE-2022-0811 a parameter's value is one value of one parameter" {
	before=$(cat /proc/sys/kernel/core_pattern)
	config '.linux.sysctl = { "kernel.shm_rmid_forced": "1+kernel.core_pattern=|/tmp/evil #" }'
	args true
	fails 1 "write '1+kernel.core_pattern=|/tmp/evil #' to '/proc/sys/kernel/shm_rmid_forced': invalid argument" run "$ID"
	for name in 'kernel.shm_rmid_forced=1+kernel.core_pattern' 'kernel.shm_rmid_forced\nkernel.core_pattern' 'net/../kernel/core_pattern'; do
		config '.linux.sysctl = { ($n): "x" }' --arg n "$(printf '%b' "$name")"
		refused run "$ID"
		says "is $([ "$name" = net/../kernel/core_pattern ] && echo 'no name of a kernel parameter' || echo 'not in a separate kernel namespace')"
	done
	[ "$(cat /proc/sys/kernel/core_pattern)" = "$before" ]
}

@test "CVE-2016-10124 a terminal of the host at exec's standard input is not the program's own: nothing can be typed into it" {
	start_sleeper
	cat >"$T/with_terminal.py" <<-'END'
		import os, pty, subprocess, sys
		master, slave = pty.openpty()
		r = subprocess.run(sys.argv[1:], stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
		sys.stdout.buffer.write(r.stdout)
	END
	output=$($PYTHON "$T/with_terminal.py" "$ORLOP" --root "$ROOT" exec "$ID" sh -c \
		'cut -d" " -f7 /proc/self/stat; (exec 3</dev/tty) 2>/dev/null && echo has a terminal')
	is 0
}

@test "CVE-2024-3154 annotations that an engine must not take from its users are named by features, and do nothing unasked" {
	ok features
	for name in org.systemd.property. run.oci.keep_original_groups org.criu.config bundle; do
		jq -e --arg n "$name" '.potentiallyUnsafeConfigAnnotations | index($n) != null' <<<"$output" >/dev/null ||
			complain "$name is not named"
	done
	# Without systemd as the cgroup driver nobody hears of a property.
	config '.annotations["org.systemd.property.ExecStopPost"] = "\u0027/bin/touch \($t)/touched\u0027"' --arg t "$T"
	args true
	ok run "$ID"
	[ ! -e "$T/touched" ]
}
