# SPDX-License-Identifier: Apache-2.0

# What clients (podman, docker, buildah, containerd) rely on beyond the specification.

load ../lib/orlop

@test "create tells of a program that is missing: clients show what create says" {
	args no-such-program
	fails 1 'exec: "no-such-program": executable file not found in $PATH' create "$ID"
	args /no/such/program
	fails 1 'exec: "/no/such/program": stat /no/such/program: no such file or directory' create "$ID"
	refute exists "$ROOT/$ID"
}

@test "create tells of a program that may not be executed" {
	echo text >"$ROOTFS/plain"
	args /plain
	fails 1 'permission denied' create "$ID"
}

@test "the program that create found is the one that start executes" {
	config '.process.env = ["PATH=/first:/bin"]'
	args id -u
	ok create "$ID"
	mkdir "$ROOTFS/first"
	printf '%s\n' '#!/bin/sh' 'echo >/first/ran' >"$ROOTFS/first/id"
	chmod 755 "$ROOTFS/first/id"
	ok start "$ID"
	wait_status stopped
	refute exists "$ROOTFS/first/ran"
	ok delete "$ID"
}

@test "exec does not make a missing working directory" {
	start_sleeper
	fails 255 "no such file or directory" exec --cwd /no/such/dir "$ID" true
	refute exists "$ROOTFS/no"
}

@test "a terminal and createRuntime hooks together, as dockerd asks for" {
	config '.hooks.prestart = [{ path: "/bin/true" }] | .hooks.createRuntime = [{ path: "/bin/true" }]
		| .hooks.createContainer = [{ path: "/bin/true" }]'
	config '.process.terminal = true'
	script 'tty; tty </dev/console; echo all'
	background console $PYTHON "$LIB/console.py" "$T/console"
	eventually exists "$T/console"
	ok run -d --console-socket "$T/console" "$ID"
	eventually file_says "$T/console.out" all
	file_says "$T/console.out" /dev/pts/0
}

@test "a directory as the program: docker tells status 126 by 'permission denied'" {
	args /etc
	fails 1 'exec: "/etc": is a directory: permission denied' create "$ID"
	start_sleeper
	fails 255 'exec: "/etc": is a directory: permission denied' exec "$ID" /etc
}

# told STATUS TEXT COMMAND...: as the shim of containerd and conmon call it. The last record of the log is an error with
# the words, standard error has them too, and standard output has nothing: clients parse both streams as one.
told() {
	local status=$1 text=$2

	rm -f "$T/log.json"
	fails "$status" "$text" --log "$T/log.json" --log-format json "${@:3}"
	[ -z "$output" ] || complain "stdout: $output"
	tail -n 1 "$T/log.json" | jq -e --arg t "$text" '.level == "error" and (.msg | contains($t)) and has("time")' >/dev/null ||
		complain "the log's last record: $(tail -n 1 "$T/log.json")"
}

@test "COMPAT the words and the status that clients look for, in the log's last record and on stderr" {
	local row code text words rows=(
		'255|exec: "no-such-program": executable file not found in $PATH|exec ID no-such-program'
		'255|exec: "/no/such": stat /no/such: no such file or directory|exec ID /no/such'
		'255|permission denied|exec ID /etc/passwd'
		'255|is a directory: permission denied|exec ID /etc'
		'255|container does not exist|exec NONE true'
		'1|cannot start an already running container|start ID'
		'1|that is not stopped: running|delete ID'
		'1|container with given ID already exists|create ID'
		'1|container not paused|resume ID'
		'1|unknown signal|kill ID NOSUCH'
		'1|container does not exist|state NONE'
		'1|container does not exist|start NONE'
		'1|container does not exist|kill NONE KILL'
		'1|container does not exist|delete NONE'
		'1|container does not exist|pause NONE'
		'1|container does not exist|ps NONE'
		'1|container does not exist|events --stats NONE'
	)

	start_sleeper
	for row in "${rows[@]}"; do
		IFS='|' read -r code text words <<<"$row"
		words=${words//NONE/$ID-none}
		# shellcheck disable=SC2086
		told "$code" "$text" ${words//ID/$ID}
	done
}

@test "COMPAT the words for a container that is paused, and for one that has stopped" {
	start_sleeper
	ok pause "$ID"
	told 255 "cannot exec in a paused container (use --ignore-paused to override)" exec "$ID" true
	ok resume "$ID"
	ok kill "$ID" KILL
	wait_status stopped
	told 1 "container not running" kill "$ID" TERM
	told 1 "container not running" pause "$ID"
	told 1 "cannot start a container that has stopped" start "$ID"
	told 255 "cannot exec in a stopped container" exec "$ID" true
	ok delete "$ID"
	ok --log "$T/log.json" --log-format json delete --force "$ID"
	[ -z "$errors" ] || complain "stderr: $errors"
}
