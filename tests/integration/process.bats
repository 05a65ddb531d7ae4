# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

@test "P6 args[0] is looked up in the PATH of process.env" {
	mkdir -p "$ROOTFS/a" "$ROOTFS/b"
	for d in a b; do
		printf '#!/bin/sh\necho %s\n' $d >"$ROOTFS/$d/tool"
		chmod 755 "$ROOTFS/$d/tool"
	done
	config '.process.env = ["PATH=/none:/b:/a:/bin"]'
	args tool
	ok run "$ID"
	is b
}

@test "P6 a program of PATH that may not be executed is passed over" {
	mkdir -p "$ROOTFS/a" "$ROOTFS/b"
	echo '#!/bin/sh' >"$ROOTFS/a/tool"
	chmod 644 "$ROOTFS/a/tool"
	printf '#!/bin/sh\necho b\n' >"$ROOTFS/b/tool"
	chmod 755 "$ROOTFS/b/tool"
	config '.process.env = ["PATH=/a:/b:/bin"]'
	args tool
	ok run "$ID"
	is b
}

@test "P6 a relative program is taken from cwd" {
	printf '#!/bin/sh\necho here\n' >"$ROOTFS/tmp/tool"
	chmod 755 "$ROOTFS/tmp/tool"
	config '.process.cwd = "/tmp"'
	args ./tool
	ok run "$ID"
	is here
}

@test "P6 arguments arrive as they were written, also empty ones" {
	args sh -c 'for a; do echo "[$a]"; done' sh 'a b' '' '$HOME' '"' $'two\nlines' 'größe'
	ok run "$ID"
	is $'[a b]\n[]\n[$HOME]\n["]\n[two\nlines]\n[größe]'
}

@test "P6 empty args are refused" {
	config '.process.args = []'
	refused run "$ID"
	says "/process/args: args must not be empty"
	nothing_left
}

@test "P4 cwd is where the process starts, made when missing" {
	config '.process.cwd = "/deep/down"'
	args pwd
	ok run "$ID"
	is /deep/down
}

@test "P4 cwd is made also where the root is read-only then" {
	config '.process.cwd = "/deep/down" | .root.readonly = true'
	script 'pwd; touch /deep/down/x 2>&1'
	fails 1 "Read-only file system" run "$ID"
	says /deep/down
}

@test "P4 a relative cwd is refused" {
	config '.process.cwd = "tmp"'
	refused run "$ID"
	says wd
	nothing_left
}

@test "P5 the environment is that of the config and no more" {
	config '.process.env = ["PATH=/bin", "A=1", "EMPTY=", "LINES=a\nb"]'
	args env
	NOT_SEEN=1 run_orlop run "$ID"
	[ "$(grep -v '^HOME=' <<<"$output")" = $'PATH=/bin\nA=1\nEMPTY=\nLINES=a\nb' ]
}

@test "P5 of a variable that is given twice the last one wins and stands once" {
	config '.process.env += ["TWICE=first", "TWICE=second"]'
	args env
	ok run "$ID"
	[ "$(grep TWICE <<<"$output")" = TWICE=second ]
}

@test "HOME comes from the container's passwd when it is unset or empty, / without an entry" {
	args sh -c 'echo $HOME'
	ok run "$ID"
	is /root
	config '.process.user = { uid: 1000, gid: 1000 }'
	ok run "$ID"
	is /home/user
	config '.process.user = { uid: 4321, gid: 1000 }'
	ok run "$ID"
	is /
	config '.process.env += ["HOME=/mine"]'
	ok run "$ID"
	is /mine
}

@test "P7 P9 uid, gid and additional gids are set, and no others stay" {
	config '.process.user = { uid: 1234, gid: 2345, additionalGids: [10, 20, 10] }'
	run_script 'grep -E "^(Uid|Gid|Groups)" /proc/self/status'
	[[ "$output" =~ Uid:$'\t'1234$'\t'1234$'\t'1234$'\t'1234 ]]
	[[ "$output" =~ Gid:$'\t'2345$'\t'2345$'\t'2345$'\t'2345 ]]
	[[ "$output" =~ Groups:$'\t'(10\ 20|10\ 10\ 20)\ ?$ ]]
}

@test "with the annotation run.oci.keep_original_groups the caller's groups stay" {
	needs_tool setpriv
	args grep Groups /proc/self/status
	config '.annotations["run.oci.keep_original_groups"] = "1" | .process.user.additionalGids = [ 3001 ]'
	status=0
	output=$(ORLOP_TEST_ID=$ID setpriv --groups 4001,4002 "$ORLOP" --root "$ROOT" run "$ID") || status=$?
	[ "$status" -eq 0 ]
	[[ "$output" == *4001*4002* && "$output" != *3001* ]]
	config '.annotations["run.oci.keep_original_groups"] = "0"'
	output=$(ORLOP_TEST_ID=$ID setpriv --groups 4001,4002 "$ORLOP" --root "$ROOT" run "$ID")
	[[ "$output" == *3001* && "$output" != *4001* ]]
}

@test "P8 the umask is set when given, and 0022 else, whatever the caller's is" {
	config '.process.user.umask = 55'
	run_script umask
	is 0067
	config 'del(.process.user.umask)'
	for mask in 0 022 077; do
		(umask $mask && ok run "$ID") || return 1
		output=$(<"$T/stdout")
		is 0022
	done
	start_sleeper
	(umask 077 && ok exec "$ID" sh -c umask) || return 1
	output=$(<"$T/stdout")
	is 0022
}

@test "HOME is of the root's passwd whatever the working directory is, also from its last line without an end" {
	printf 'root:x:0:0:root:/root:/bin/sh\nlast:x:1000:1000::/home/last:/bin/sh' >"$ROOTFS/etc/passwd"
	mkdir -p "$ROOTFS/tmp/etc"
	echo 'root:x:0:0:root:/wrong:/bin/sh' >"$ROOTFS/tmp/etc/passwd"
	args sh -c 'echo $HOME'
	for cwd in / /tmp /etc; do
		config '.process.cwd = $c' --arg c "$cwd"
		ok run "$ID"
		is /root
	done
	config '.process.user = { uid: 1000, gid: 1000 }'
	ok run "$ID"
	is /home/last
	start_sleeper
	ok exec --cwd /tmp "$ID" sh -c 'echo $HOME'
	is /home/last
	ok exec --cwd /tmp -u 0 "$ID" sh -c 'echo $HOME'
	is /root
}

@test "P6 the program is found in the last of many entries of PATH" {
	config '.process.env = ["PATH=" + ([range(200)] | map("/none/\(.)") | join(":")) + ":/bin"]'
	run_script 'echo hi'
	is hi
	args /bin/sleep 1000
	ok run -d "$ID"
	ok exec "$ID" echo hi
	is hi
}

@test "P10 the five capability sets are as written" {
	config '.process.capabilities = { bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"],
		permitted: ["CAP_CHOWN", "CAP_KILL"], effective: ["CAP_CHOWN"],
		inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"] } | .process.user = { uid: 1000, gid: 1000 }
		| .process.noNewPrivileges = false'
	run_script 'grep Cap /proc/self/status'
	echo "# $output"
	[[ "$output" == *CapBnd:$'\t'00000000000000a1* ]]
	[[ "$output" == *CapAmb:$'\t'0000000000000020* ]]
	[[ "$output" == *CapInh:$'\t'0000000000000020* ]]
	# What a program without file capabilities has after exec is its ambient set.
	[[ "$output" == *CapEff:$'\t'0000000000000020* ]]
}

@test "P10 without capabilities root has none" {
	config 'del(.process.capabilities)'
	run_script 'grep -E "Cap(Prm|Eff|Bnd|Amb)" /proc/self/status | cut -f2 | sort -u'
	is 0000000000000000
}

@test "P10 G5 X3 an unknown and an ungrantable capability are warned of, and the container runs" {
	config '.process.capabilities.bounding += ["CAP_MADE_UP", "CAP_SYS_RESOURCE"]
		| .process.capabilities.permitted += ["CAP_MADE_UP", "CAP_SYS_RESOURCE"]
		| .process.capabilities.effective += ["CAP_MADE_UP", "CAP_SYS_RESOURCE"]'
	args echo fine
	ok run "$ID"
	is fine
	says CAP_MADE_UP
}

@test "P10 what cannot be granted is one warning, however much it is; what engines ask for by habit is none" {
	all='["CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_SETGID", "CAP_MKNOD", "CAP_NET_RAW"]'
	config '.process.capabilities = { bounding: $c, effective: $c, permitted: $c, ambient: $c }' --argjson c "$all"
	args true
	ok run "$ID"
	[ -z "$errors" ]
	ok --debug run "$ID"
	says "can't raise ambient capabilities CAP_CHOWN, CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_NET_RAW, CAP_MKNOD"
	config '.process.capabilities.bounding = ["CAP_CHOWN"] | .process.capabilities.effective += ["CAP_A", "CAP_B"]'
	ok run "$ID"
	[ "$(wc -l <<<"$errors")" = 2 ]
	says "ignoring unknown value 'CAP_A' of 'effective', 'CAP_B' of 'effective'"
	says "capabilities CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_NET_RAW, CAP_MKNOD are left out of the sets"
}

@test "P12 noNewPrivileges is set only when asked for" {
	run_script 'grep NoNewPrivs /proc/self/status'
	is $'NoNewPrivs:\t1'
	config 'del(.process.noNewPrivileges)'
	run_script 'grep NoNewPrivs /proc/self/status'
	is $'NoNewPrivs:\t0'
}

@test "P11 rlimits are set, both values" {
	config '.process.rlimits = [ { type: "RLIMIT_NOFILE", soft: 100, hard: 200 },
		{ type: "RLIMIT_CORE", soft: 0, hard: 0 }, { type: "RLIMIT_STACK", soft: 1048576, hard: 8388608 } ]'
	run_script 'grep -E "open files|core file|stack" /proc/self/limits'
	[[ "$output" =~ open\ files\ +100\ +200 ]]
	[[ "$output" =~ core\ file\ size\ +0\ +0 ]]
	[[ "$output" =~ stack\ size\ +1048576\ +8388608 ]]
}

@test "P11 every rlimit type is known" {
	for r in AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO RTTIME SIGPENDING STACK; do
		config '.process.rlimits += [{ type: ("RLIMIT_" + $r), soft: 0, hard: 0 }]' --arg r $r
	done
	# With all of them at nothing the program cannot run; that it is tried is enough.
	run_orlop run "$ID"
	[[ "$errors" != *"RLIMIT_"* ]]
	nothing_left
}

@test "P11 an unknown and a doubled rlimit type are refused" {
	config '.process.rlimits = [{ type: "RLIMIT_FOO", soft: 1, hard: 1 }]'
	refused run "$ID"
	says RLIMIT_FOO
	nothing_left
	config '.process.rlimits = [{ type: "RLIMIT_CORE", soft: 1, hard: 1 }, { type: "RLIMIT_CORE", soft: 1, hard: 1 }]'
	refused run "$ID"
	says RLIMIT_CORE
	nothing_left
}

@test "P15 oomScoreAdj is written when set, and the caller's stays when not" {
	config '.process.oomScoreAdj = 321'
	run_script 'cat /proc/self/oom_score_adj'
	is 321
	config 'del(.process.oomScoreAdj)'
	run_script 'cat /proc/self/oom_score_adj'
	is "$(cat /proc/self/oom_score_adj)"
	config '.process.oomScoreAdj = 0'
	run_script 'cat /proc/self/oom_score_adj'
	is 0
}

@test "L10 a namespaced sysctl is set" {
	config '.linux.sysctl = { "net.ipv4.ip_forward": "1", "kernel.msgmax": "12345", "kernel/shmmni": "77" }'
	run_script 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/kernel/shmmni'
	is $'1\n12345\n77'
}

@test "L10 the first separator of a sysctl's name decides: the other one is a letter (sysctl.d(5))" {
	needs_tool ip
	needs_tool nsenter
	config '.hooks.createRuntime = [{ path: "/bin/sh", env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
		args: ["sh", "-c", "nsenter -t $(jq -r .pid) -n ip link add v0.100 type veth peer name v1"] }]'
	for name in net/ipv4/conf/v0.100/forwarding net.ipv4.conf.v0/100.forwarding; do
		config '.linux.sysctl = { ($n): "1" }' --arg n "$name"
		run_script 'cat /proc/sys/net/ipv4/conf/v0.100/forwarding'
		is 1
	done
}

@test "T2 T3 hostname and domainname beside a sysctl of the same value are no contradiction" {
	config '.ociVersion = "1.1.0" | .hostname = "box" | .domainname = "example.org"
		| .linux.sysctl = { "kernel.domainname": "example.org", "kernel/hostname": "box" }'
	run_script 'cat /proc/sys/kernel/domainname; hostname'
	is $'example.org\nbox'
	config '.linux.sysctl = { "kernel.domainname": "example.com" }'
	fails 1 "sysctl \"kernel.domainname\" is not allowed as it conflicts with 'domainname'" run "$ID"
}

@test "OP-C4 L10 a sysctl that is not namespaced is refused, and so is one whose namespace is the host's" {
	config '.linux.sysctl = { "vm.swappiness": "1" }'
	fails 1 'sysctl "vm.swappiness" is not in a separate kernel namespace' run "$ID"
	nothing_left
	config '.linux.sysctl = { "net.ipv4.ip_forward": "1" }'
	no_namespace network
	fails 1 'sysctl "net.ipv4.ip_forward" not allowed in host network namespace' run "$ID"
	config '.linux.sysctl = { "kernel.msgmax": "1" }'
	no_namespace ipc
	fails 1 'kernel.msgmax' run "$ID"
	nothing_left
}

@test "T2 the hostname is set, and refused without a UTS namespace" {
	run_script hostname
	is orlop
	no_namespace uts
	refused run "$ID"
	says hostname
	nothing_left
}

@test "T3 the domainname is set" {
	config '.domainname = "deck.example"'
	run_script 'cat /proc/sys/kernel/domainname'
	is deck.example
	no_namespace uts
	config 'del(.hostname)'
	refused run "$ID"
	says "/domainname: unable to set domainname without a private UTS namespace"
	nothing_left
}

@test "G10 G11 the devices and links of /dev are there" {
	run_script 'for d in null zero full random urandom tty; do stat -c "%n %F %t:%T %a" /dev/$d; done
		for l in fd stdin stdout stderr ptmx; do echo "$l $(readlink /dev/$l)"; done'
	[[ "$output" == *"/dev/null character special file 1:3 666"* ]]
	[[ "$output" == *"/dev/zero character special file 1:5 666"* ]]
	[[ "$output" == *"/dev/full character special file 1:7 666"* ]]
	[[ "$output" == *"/dev/random character special file 1:8 666"* ]]
	[[ "$output" == *"/dev/urandom character special file 1:9 666"* ]]
	[[ "$output" == *"/dev/tty character special file 5:0 666"* ]]
	[[ "$output" == *"fd /proc/self/fd"* ]]
	[[ "$output" == *"stdin /proc/self/fd/0"* ]]
	[[ "$output" == *"stdout /proc/self/fd/1"* ]]
	[[ "$output" == *"stderr /proc/self/fd/2"* ]]
	[[ "$output" =~ ptmx\ (/dev/)?pts/ptmx ]]
}

@test "L20 the personality LINUX32 is set" {
	[ "$(uname -m)" = x86_64 ] || skip "shown by uname on x86_64 only"
	config '.linux.personality = { domain: "LINUX32" }'
	run_script 'uname -m'
	[[ "$output" == i?86 ]]
}

@test "P16 the scheduler is set" {
	config '.process.scheduler = { policy: "SCHED_BATCH", nice: 5 }'
	run_script 'awk "{ print \$19, \$41 }" /proc/self/stat'
	is "5 3"
}

@test "P17 the I/O priority is set" {
	needs_tool ionice
	config '.process.ioPriority = { class: "IOPRIO_CLASS_BE", priority: 7 }'
	start_sleeper
	[ "$(ionice -p "$(pid_of)")" = "best-effort: prio 7" ]
}

@test "a process as user runs with its files" {
	config '.process.user = { uid: 1000, gid: 1000 }'
	run_script 'id -un; touch /tmp/mine && stat -c %u:%g /tmp/mine'
	is $'user\n1000:1000'
}

@test "no signal is blocked, and SIGPIPE is not ignored" {
	run_script 'awk "/SigBlk|SigIgn/ { print \$2 }" /proc/self/status'
	[ "${output%%$'\n'*}" = 0000000000000000 ]
	[ $((0x${output##*$'\n'} & 1 << 12)) -eq 0 ]
}

@test "/proc/self/exe of the container's init is no file of the host" {
	ok create "$ID"
	exe=$(readlink "/proc/$(pid_of)/exe")
	[[ "$exe" == */memfd:* || "$exe" != "$ORLOP" ]]
	ok start "$ID"
}

@test "P7 the id -1 is refused: to the kernel it means to stay root" {
	config '.process.user.uid = 4294967295'
	fails 1 "/process/user/uid" run "$ID"
	config '.process.user = { uid: 0, gid: 4294967295 }'
	fails 1 "/process/user/gid" run "$ID"
	config '.process.user = { uid: 0, gid: 0 }'
	start_sleeper
	fails 255 "user '4294967295'" exec --user 4294967295 "$ID" id
	fails 255 "user '0:4294967295'" exec --user 0:4294967295 "$ID" id
}

# --- what the caller has ---

@test "signals that the caller ignores are not ignored in the container, for run, create and exec" {
	# Not by a shell of busybox, which ignores SIGQUIT itself.
	args grep SigIgn /proc/self/status
	(trap '' HUP INT USR1 PIPE XFSZ && orlop run "$ID") >"$T/seen"
	args sleep 1000
	(trap '' QUIT TERM && ok create "$ID" && ok start "$ID")
	grep SigIgn "/proc/$(pid_of)/status" >>"$T/seen"
	(trap '' USR2 PIPE && orlop exec "$ID" grep SigIgn /proc/self/status) >>"$T/seen"
	[ "$(uniq -c "$T/seen" | tr -s ' ')" = $' 3 SigIgn:\t0000000000000000' ]
}

@test "standard streams belong to the process's user, so that /dev/stdout can be opened" {
	local text='echo out >/dev/stdout; echo err >/dev/stderr; cat </dev/stdin; exit 3'

	config '.process.user = { uid: 1000, gid: 1000 }'
	script "$text"
	echo in | orlop run "$ID" 2>"$T/err" | cat >"$T/out"
	[ "$(<"$T/out")" = $'out\nin' ]
	args sleep 1000
	ok run -d "$ID"
	echo in | orlop exec -u 1001 "$ID" sh -c "$text" 2> >(cat >"$T/err2") | cat >"$T/out"
	[ "$(<"$T/out")" = $'out\nin' ]
	eventually file_says "$T/err2" err
	[ "$(stat -c '%u %a' /dev/null)" = "0 666" ]
}

@test "standard streams in a user namespace belong to the mapped user; a file for input stays its owner's" {
	user_namespace 200000
	script 'echo out >/dev/stdout; cat'
	echo in >"$T/in"
	chmod 644 "$T/in"
	orlop run "$ID" <"$T/in" 2>"$T/err" | cat >"$T/out"
	[ "$(<"$T/out")" = $'out\nin' ]
	[ "$(stat -c %u "$T/in")" = 0 ]
	script 'echo out'
	orlop run "$ID" >"$T/file"
	[ "$(stat -c %u "$T/file")" = 0 ]
}

@test "a terminal of the host that is a container's output stays its owner's" {
	needs_tool script
	config '.process.user = { uid: 1000, gid: 1000 }'
	script 'echo out'
	command script -qec "$ORLOP --root $ROOT run $ID; stat -L -c %u /proc/self/fd/0" /dev/null >"$T/out" 2>&1 3>&-
	[ "$(tr -d '\r' <"$T/out")" = $'out\n0' ]
}

@test "a caller with a thousand groups" {
	setpriv --groups "$(seq -s, 5000 5999)" "$ORLOP" --root "$ROOT" run "$ID" 3>&-
}
