# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# hook KIND SCRIPT [JSON]: a shell script on the host, or for startContainer in the image.
hook() {
	config '.hooks[$k] += [{ path: "/bin/sh", args: ["sh", "-c", $s],
		env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "FROM=hook"] } + $x]' \
		--arg k "$1" --arg s "$2" --argjson x "${3:-{\}}"
}

# A hook that writes its kind and the state it was given.
recorder() { # KIND FOLDER-AS-IT-SEES-IT
	hook "$1" "cat >$2/$1.json; echo $1 >>$2/order"
}

status_given_to() {
	jq -r .status "$1"
}

@test "B3 H1 H2 the hooks of all six kinds run at their moments, in order, with the state on stdin" {
	mkdir "$T/h" "$ROOTFS/h"
	mount_entry /h none "$T/h" bind
	for k in prestart createRuntime createContainer poststart poststop; do
		recorder $k "$T/h"
	done
	recorder startContainer /h
	script 'echo program >>/h/order; sleep 0.2'
	ok create "$ID"
	[ "$(<"$T/h/order")" = $'prestart\ncreateRuntime\ncreateContainer' ]
	ok start "$ID"
	wait_status stopped
	# The program and poststart run side by side.
	[ "$(sed -n 4p "$T/h/order")" = startContainer ]
	[ "$(sed -n '5,6p' "$T/h/order" | sort)" = $'poststart\nprogram' ]
	ok delete "$ID"
	[ "$(tail -n 1 "$T/h/order")" = poststop ]
	[ "$(wc -l <"$T/h/order")" -eq 7 ]
	for k in prestart createRuntime createContainer startContainer poststart poststop; do
		[ "$(jq -r .id "$T/h/$k.json")" = "$ID" ]
		[ "$(jq -r .bundle "$T/h/$k.json")" = "$BUNDLE" ]
		[ "$(jq -r '.ociVersion | startswith("1.")' "$T/h/$k.json")" = true ]
	done
	for k in prestart createRuntime createContainer; do [ "$(jq -r .status "$T/h/$k.json")" = creating ]; done
	[ "$(jq -r .status "$T/h/startContainer.json")" = created ]
	[ "$(jq -r .status "$T/h/poststart.json")" = running ]
	[ "$(jq -r .status "$T/h/poststop.json")" = stopped ]
}

@test "B2 the state's pid is the runtime's view in runtime hooks, the container's in startContainer" {
	mkdir "$T/h"
	mount_entry /h none "$T/h" bind
	recorder createRuntime "$T/h"
	recorder startContainer /h
	ok create "$ID"
	[ "$(jq .pid "$T/h/createRuntime.json")" = "$(pid_of)" ]
	ok start "$ID"
	eventually exists "$T/h/startContainer.json"
	wait_status stopped
	[ "$(jq .pid "$T/h/startContainer.json")" = 1 ]
}

@test "H1 hooks of one kind run in the listed order" {
	for i in 1 2 3; do
		hook createRuntime "echo $i >>$T/order"
	done
	ok run "$ID"
	[ "$(<"$T/order")" = $'1\n2\n3' ]
}

@test "H2 annotations are in the state that hooks get" {
	config '.annotations = { "org.example.a": "b" }'
	hook createRuntime "cat >$T/state"
	ok run "$ID"
	[ "$(jq -r '.annotations["org.example.a"]' "$T/state")" = b ]
}

@test "H3 args are execv's, args[0] verbatim, and env is the whole environment" {
	config '.hooks.createRuntime = [{ path: "/bin/sh", args: ["own name", "-c", $s, "zero", "one"], env: ["ONLY=this"] }]' \
		--arg s "/usr/bin/tr '\\0' '|' </proc/self/environ >$T/env; /usr/bin/tr '\\0' '|' </proc/\$\$/cmdline >$T/args"
	NOT_SEEN=1 run_orlop run "$ID"
	[ "$status" -eq 0 ]
	[[ "$(<"$T/args")" == "own name|-c|"*"|zero|one|" ]]
	[[ "$(<"$T/env")" == *"ONLY=this|"* ]]
	[[ "$(<"$T/env")" != *NOT_SEEN* && "$(<"$T/env")" != *ORLOP_TEST_ID* ]]
}

@test "H3 a hook without env has the runtime's environment, one whose env is empty has none" {
	for kind in createRuntime createContainer poststop; do
		config '.hooks = { ($k): [{ path: "/usr/bin/env", args: ["env"] } , { path: "/bin/sh", args: ["sh", "-c", $s] },
			{ path: "/bin/sh", args: ["sh", "-c", $e], env: [] }] }' \
			--arg k "$kind" --arg s "/usr/bin/env >$T/env" \
			--arg e "/usr/bin/env -u PWD -u OLDPWD -u SHLVL -u _ /usr/bin/env >$T/none"
		MARK=here ok run "$ID"
		file_says "$T/env" '^MARK=here$'
		[ -z "$(<"$T/none")" ]
		rm "$T/env"
	done
}

@test "B2 'state' that is asked from a hook of create has what the hook's own state has" {
	for kind in prestart createRuntime; do
		config '.hooks = { ($k): [{ path: "/bin/sh", args: ["sh", "-c", $s] }] } | .annotations.mark = "here"' --arg k $kind \
			--arg s "/bin/cat >$T/given; $ORLOP --root $ROOT state $ID >$T/asked; $ORLOP --root $ROOT kill $ID KILL || echo none >$T/killed"
		ok create "$ID"
		filter='[.bundle, .pid, .status, .annotations.mark]'
		[ "$(jq -c "$filter" "$T/asked")" = "$(jq -c "$filter" "$T/given")" ]
		[ "$(jq -r .rootfs "$T/asked")" = "$ROOTFS" ]
		# It is not a container yet: nobody can kill it.
		exists "$T/killed"
		gone "$ROOT/$ID/creating.json"
		ok delete --force "$ID"
	done
}

@test "OP-D3 a create that is killed while a hook asks for the state is no container, and its name is free" {
	config '.hooks.createRuntime = [{ path: "/bin/sh", args: ["sh", "-c", $s] }]' \
		--arg s "echo \$\$ >$T/hook; exec /bin/sleep 1000"
	background create env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" create "$ID"
	eventually exists "$T/hook"
	exists "$ROOT/$ID/creating.json"
	kill -KILL "$BG"
	kill -KILL "$(<"$T/hook")"
	eventually no_processes
	fails 1 "container does not exist" state "$ID"
	config 'del(.hooks)'
	ok run "$ID"
}

# A hook of createContainer is kept out of a pid namespace in which others would see it: it gets the number of its own, the
# runtime's.
@test "B2 in a pid namespace that is joined the state's pid is that of the namespace the hook is in" {
	start_sleeper
	namespace pid "/proc/$(pid_of)/ns/pid"
	config '.linux.cgroupsPath += "-b"'
	printf '#!/bin/sh\ncat >/tmp/state\n' >"$ROOTFS/bin/hook"
	chmod 755 "$ROOTFS/bin/hook"
	config '.hooks = { createContainer: [{ path: "/bin/sh", args: ["sh", "-c", $s] }], startContainer: [{ path: "/bin/hook" }] }' \
		--arg s "/bin/cat >$T/create; readlink /proc/self/ns/pid >$T/ns; pid=\$(jq .pid $T/create); readlink /proc/\$pid/ns/mnt /proc/self/ns/mnt >$T/mnt"
	script 'echo $$'
	ok run "$ID-b"
	[ "$(jq .pid "$ROOTFS/tmp/state")" = "$output" ]
	# Before Linux 6.17 it is in the namespace, as its process is.
	if [ "$(<"$T/ns")" = "$(readlink /proc/self/ns/pid)" ]; then
		[ "$(sort -u "$T/mnt" | wc -l)" = 1 ]
	else
		[ "$(jq .pid "$T/create")" = "$output" ]
	fi
}

@test "B3 createContainer hooks run in the root filesystem's folder" {
	config '.hooks.createContainer = [{ path: "/bin/sh", args: ["sh", "-c", $s] }]' --arg s "pwd >$T/pwd; ls >$T/ls"
	ok run "$ID"
	[ "$(<"$T/pwd")" = "$ROOTFS" ]
	file_says "$T/ls" '^proc$'
	rm "$T/pwd"
	user_namespace
	chmod 755 "$T"
	touch "$T/pwd" "$T/ls"
	chmod 666 "$T/pwd" "$T/ls"
	ok run "$ID"
	[ "$(<"$T/pwd")" = "$ROOTFS" ]
}

@test "H3 a relative path is refused" {
	config '.hooks.prestart = [{ path: "bin/true" }]'
	refused run "$ID"
	says "/hooks/prestart/0/path: expected an absolute path, found string 'bin/true'"
	nothing_left
}

@test "B3 prestart and createRuntime run in the runtime's namespaces, createContainer in the container's" {
	for k in prestart createRuntime createContainer; do
		hook $k "readlink /proc/self/ns/mnt >$T/$k.mnt; readlink /proc/self/ns/uts >$T/$k.uts"
	done
	ok create "$ID"
	for k in prestart createRuntime; do
		[ "$(<"$T/$k.mnt")" = "$(readlink /proc/self/ns/mnt)" ]
	done
	[ "$(<"$T/createContainer.mnt")" = "$(readlink "/proc/$(pid_of)/ns/mnt")" ]
	[ "$(<"$T/createContainer.uts")" = "$(readlink "/proc/$(pid_of)/ns/uts")" ]
}

@test "B3 H5 createContainer sees the mounts of the container below the rootfs, before the pivot" {
	hook createContainer "grep -c '$ROOTFS/proc ' /proc/self/mountinfo >$T/count; ls / >$T/ls"
	ok run "$ID"
	[ "$(<"$T/count")" -ge 1 ]
	grep -qx "$(ls / | head -n 1)" "$T/ls"
}

@test "B3 startContainer runs inside the container, after create and before the program" {
	config '.hooks.startContainer = [{ path: "/bin/sh", args: ["sh", "-c", "hostname >/tmp/hook; cat /etc/group >>/tmp/hook"], env: ["PATH=/bin"] }]'
	script 'head -n 1 /tmp/hook'
	ok create "$ID"
	[ ! -e "$ROOTFS/tmp/hook" ]
	ok start "$ID"
	wait_status stopped
	[ "$(head -n 1 "$ROOTFS/tmp/hook")" = orlop ]
	file_says "$ROOTFS/tmp/hook" 'tty:x:5:'
}

@test "B3 H5 the network namespace can be set up from createRuntime by the pid of the state" {
	hook createRuntime 'pid=$(jq -r .pid); nsenter -t "$pid" -n ip link add dummy0 type dummy || nsenter -t "$pid" -n ip link set lo mtu 1400'
	run_script 'ip link'
	[[ "$output" == *dummy0* || "$output" == *"mtu 1400"* ]]
}

@test "B3 X12 a failing prestart, createRuntime or createContainer fails the create, poststop runs, nothing is left" {
	for k in prestart createRuntime createContainer; do
		config 'del(.hooks)'
		rm -f "$T/stopped"
		hook $k 'echo "bad thing" >&2; exit 3'
		hook poststop "touch $T/stopped"
		refused create "$ID"
		says "$k"
		nothing_left
		[ -e "$T/stopped" ] || complain "poststop did not run after a failing $k"
	done
}

@test "B3 the error of a failing hook names its kind, its index and what it said" {
	hook createRuntime true
	hook createRuntime 'echo "words of the hook" >&2; exit 3'
	fails 1 "error running createRuntime hook #1:" create "$ID"
	says "words of the hook"
	nothing_left
}

@test "B3 hooks after a failing one do not run" {
	hook createRuntime 'exit 1'
	hook createRuntime "touch $T/ran"
	refused create "$ID"
	says "error running createRuntime hook #0: '/bin/sh' ended with exit status 1"
	[ ! -e "$T/ran" ]
}

@test "B3 a failing startContainer fails the start, the program does not run, the container is destroyed and poststop runs" {
	config '.hooks.startContainer = [{ path: "/bin/false" }]'
	hook poststop "touch $T/poststop"
	script 'touch /tmp/ran'
	ok create "$ID"
	refused start "$ID"
	says startContainer
	[ ! -e "$ROOTFS/tmp/ran" ]
	[ -e "$T/poststop" ]
	nothing_left
}

@test "B3 X5 a failing poststart stops the container, poststop runs, and start ends with an error" {
	hook poststart 'exit 3'
	hook poststop "touch $T/stopped"
	script 'sleep 1000'
	ok create "$ID"
	refused start "$ID"
	says poststart
	eventually no_processes
	orlop delete -f "$ID" || true
	[ -e "$T/stopped" ]
	nothing_left
}

@test "B3 G5 X6 a failing poststop is a warning: the hooks after it run and the container is deleted" {
	hook poststop 'exit 3'
	hook poststop "touch $T/second"
	ok run -d "$ID"
	wait_status stopped
	ok delete "$ID"
	[ -e "$T/second" ]
	nothing_left
}

@test "H4 X7 a hook that takes longer than its timeout is killed and counts as failed" {
	hook createRuntime "touch $T/began; exec sleep 1000" '{ "timeout": 1 }'
	before=$SECONDS
	refused create "$ID"
	says "error running createRuntime hook #0: '/bin/sh' did not end within its timeout of 1 s and was killed"
	[ $((SECONDS - before)) -lt 10 ]
	[ -e "$T/began" ]
	nothing_left
}

@test "H4 a child of a hook that keeps its streams open does not hold up the timeout" {
	hook createRuntime "sleep 15; true" '{ "timeout": 1 }'
	before=$SECONDS
	refused create "$ID"
	says "error running createRuntime hook #0: '/bin/sh' did not end within its timeout of 1 s and was killed"
	[ $((SECONDS - before)) -lt 10 ]
	nothing_left
}

@test "H4 a timeout of 0 is refused" {
	hook createRuntime true '{ "timeout": 0 }'
	refused create "$ID"
	says "/hooks/createRuntime/0/timeout: expected an integer from 1 to 2147483647, found number 0"
	nothing_left
}

@test "H3 a hook that is missing fails the create with its path" {
	config '.hooks.prestart = [{ path: "/no/such/hook" }]'
	fails 1 "/no/such/hook" create "$ID"
	says "no such file or directory"
	nothing_left
}

@test "H2 X7 a hook that does not read its stdin does no harm" {
	config '.annotations = { "org.example.long": $l }' --arg l "$(head -c 70000 /dev/zero | tr '\0' x)"
	config '.hooks.createRuntime = [{ path: "/bin/true" }]'
	for i in 1 2 3 4 5; do
		ok run "$ID"
	done
}

@test "H3 a hook has no descriptor but 0, 1 and 2" {
	hook createRuntime "ls /proc/self/fd >$T/fds"
	"$ORLOP" --root "$ROOT" run "$ID" 7</etc/passwd
	# ls has the folder open.
	[ "$(tr '\n' ' ' <"$T/fds")" = "0 1 2 3 " ]
}

@test "B3 a hook in the container whose file is not there, or is no program, is told with that reason" {
	config '.hooks.startContainer = [{ path: "/no/such/hook" }]'
	ok create "$ID"
	fails 1 "error running startContainer hook #0: execute '/no/such/hook': no such file or directory" start "$ID"
	config '.hooks.startContainer[0] = { path: "/bin/sh", args: ["sh", "-c", "echo no licence >&2; exit 3"] }'
	ok create "$ID"
	fails 1 "error running startContainer hook #0: '/bin/sh' ended with exit status 3, output: no licence" start "$ID"
	config '.hooks.startContainer[0] = { path: "/tmp" }'
	ok create "$ID"
	fails 1 "error running startContainer hook #0: execute '/tmp': is a directory" start "$ID"
	config '.hooks.startContainer[0] = { path: "/bin/sh", args: ["sh", "-c", "exit 127"] }'
	ok create "$ID"
	fails 1 "error running startContainer hook #0: '/bin/sh' ended with exit status 127" start "$ID"
	nothing_left
}

@test "the runtime's hooks run in the bundle, with the caller's umask" {
	for k in prestart createRuntime poststart poststop; do
		hook $k "{ pwd; umask; } >$T/$k"
	done
	(cd / && umask 027 && ok run --bundle "$BUNDLE" "$ID")
	for k in prestart createRuntime poststart poststop; do
		[ "$(<"$T/$k")" = "$BUNDLE"$'\n'0027 ] || { echo "# $k: $(<"$T/$k")"; return 1; }
	done
}

@test "a startContainer hook runs as the program does: filter, HOME, environment, umask, limits, working directory" {
	local hooks='{ startContainer: [{ path: "/bin/sh", args: ["sh", "-c",
		"grep Seccomp: /proc/self/status; echo $HOME $FROM; umask; ulimit -n; pwd; ls /proc/self/fd | wc -l"] }] }'

	sed -i 's,^root:.*,root:x:0:0:root:/root:/bin/sh,' "$ROOTFS/etc/passwd"
	config ".hooks = $hooks | .hooks.startContainer[0].args[2] |= \"{ \" + . + \"; } >/tmp/hook\"
		| .linux.seccomp = { defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [{ names: [\"swapon\"], action: \"SCMP_ACT_ERRNO\" }] }
		| .process.env += [\"FROM=config\"] | .process.cwd = \"/tmp\" | .process.user.umask = 23
		| .process.rlimits = [{ type: \"RLIMIT_NOFILE\", soft: 100, hard: 100 }]"
	args cat /tmp/hook
	for nnp in true false; do
		config ".process.noNewPrivileges = $nnp"
		ORLOP_TEST_ID=$ID "$ORLOP" --root "$ROOT" run --preserve-fds 2 "$ID" >"$T/stdout" 3<"$BUNDLE/config.json" 4<"$BUNDLE"
		output=$(<"$T/stdout")
		is $'Seccomp:\t2\n/root config\n0027\n100\n/tmp\n4'
	done
	# With an environment of its own it has that.
	config '.hooks.startContainer[0].env = ["PATH=/bin", "FROM=hook"]'
	ok run "$ID"
	[[ "$output" == *$'\nhook\n'* && "$output" != *config* ]]
}

@test "a startContainer hook runs under a filter that cannot look into clone3" {
	hook startContainer 'echo ran >/tmp/hook'
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["clone3"], action: "SCMP_ACT_ERRNO" }] }'
	for errno in 38 1; do
		rm -f "$ROOTFS/tmp/hook"
		config ".linux.seccomp.syscalls[0].errnoRet = $errno"
		run_script 'cat /tmp/hook'
		is ran
	done
}

@test "what hooks in the container say is not the program's output, but stands in the error" {
	hook createContainer 'echo said by createContainer; echo and complained >&2'
	hook startContainer 'echo said by startContainer'
	script 'echo output'
	ok run "$ID"
	is output
	[ -z "$errors" ]
	hook createContainer 'echo the reason; exit 3'
	fails 1 "error running createContainer hook #1: '/bin/sh' ended with exit status 3, output: said by createContainer\\nand complained\\nthe reason" run "$ID"
	nothing_left
}

@test "a poststart hook may update and pause its container, one of create is told at once that it does not run" {
	hook poststart "$ORLOP --root $ROOT pause $ID && $ORLOP --root $ROOT resume $ID && $ORLOP --root $ROOT update -r - $ID </dev/null; echo "{}" | $ORLOP --root $ROOT update -r - $ID && touch $T/updated"
	args sleep 1000
	ok run -d "$ID"
	[ -e "$T/updated" ]
	ok delete -f "$ID"
	config 'del(.hooks)'
	hook createRuntime "$ORLOP --root $ROOT update -r - $ID 2>$T/said; test \$? -ne 0"
	SECONDS=0
	ok create "$ID"
	[ "$SECONDS" -lt 5 ]
	grep -q "container not running: it is being created" "$T/said"
}

@test "a failing poststart hook after which another container has the name leaves that one alone" {
	args sleep 1000
	cp config.json other.json
	hook poststart "$ORLOP --root $ROOT delete -f $ID && $ORLOP --root $ROOT run -d --config $BUNDLE/other.json $ID <&- >&- 2>&-; exit 1"
	ok create "$ID"
	refused start "$ID"
	says "error running poststart hook #0: '/bin/sh' ended with exit status 1"
	has_status running
	ok delete -f "$ID"
	refused run -d "$ID"
	says "error running poststart hook #0: '/bin/sh' ended with exit status 1"
	has_status running
	ok exec "$ID" true
}
