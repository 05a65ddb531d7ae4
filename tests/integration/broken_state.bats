# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# break_state HOW: the state of the running container becomes unreadable.
break_state() {
	local file=$ROOT/$ID/state.json

	cp "$file" "$T/state.json"
	case $1 in
	empty) : >"$file" ;;
	cut) head -c 100 "$T/state.json" >"$file" ;;
	binary) head -c 4096 /dev/urandom >"$file" ;;
	version) jq '.version = 99' "$T/state.json" >"$file" ;;
	member) jq 'del(.init)' "$T/state.json" >"$file" ;;
	type) jq '.init.pid = "one"' "$T/state.json" >"$file" ;;
	list) echo '[]' >"$file" ;;
	cgroup) jq '.cgroup.trees |= with_entries(.value = ["/sys/fs/cgroup", "/../../etc"])' "$T/state.json" >"$file" ;;
	name) jq '.id = "another"' "$T/state.json" >"$file" ;;
	large) truncate -s 1G "$file" ;;
	fifo) rm "$file" && mkfifo "$file" ;;
	folder) rm "$file" && mkdir "$file" ;;
	link) rm "$file" && ln -s /etc/passwd "$file" ;;
	owner) chown 1000:1000 "$file" ;;
	esac
}

# row: the container's one of `list -f json`.
row() {
	jq -c --arg id "$ID" '.[] | select(.id == $id)' <<<"$output"
}

# is_broken: every verb says that it is broken, and list shows it so.
is_broken() {
	local call

	ok list -f json
	[ "$(row | jq -r .status)" = broken ]
	[ "$(row | jq -r .owner)" = root ]
	[ "$(row | jq -r .pid)" = 0 ]
	[ "$(row | jq -r '.created | test("^20[0-9-]+T[0-9:.]+Z$")')" = true ]
	says "container '$ID' is broken, 'delete --force' removes it"
	ok list
	[[ "$output" =~ $ID\ +0\ +broken ]]
	for call in state start ps delete pause resume "kill --all" "events --stats"; do
		# shellcheck disable=SC2086
		fails 1 "container '$ID' is broken, 'delete --force' removes it" $call "$ID"
	done
	fails 255 "container '$ID' is broken, 'delete --force' removes it" exec "$ID" true
	fails 255 "container '$ID' is broken, 'delete --force' removes it" wait "$ID"
	config '.linux.cgroupsPath += "-2"'
	fails 1 "container with given ID already exists" create "$ID"
}

@test "a container whose state.json cannot be read is shown as broken, and delete --force ends it" {
	for how in empty cut binary version member type list name large fifo link owner; do
		echo "# $how"
		cp "$LIB/config.json" "$BUNDLE/config.json"
		config ".linux.cgroupsPath = \"/$ID\""
		start_sleeper 'sleep 1000 & sleep 1000 & wait'
		pid=$(pid_of)
		break_state "$how"
		is_broken
		[ -d "/proc/$pid" ]
		ok delete --force "$ID"
		refute exists "$ROOT/$ID"
		eventually gone "/proc/$pid"
		nothing_left
	done
}

@test "a broken record of the cgroup is a broken state too" {
	start_sleeper
	pid=$(pid_of)
	break_state cgroup
	ok list -f json
	[ "$(row | jq -r .status)" = broken ]
	fails 1 "cgroup in the saved state: bad tree" ps "$ID"
	ok delete --force "$ID"
	eventually gone "/proc/$pid"
	nothing_left
}

@test "a broken container in a pid namespace of others, in a cgroup below the caller's, is ended too" {
	no_namespace pid
	config 'del(.linux.cgroupsPath)'
	start_sleeper 'sleep 1000 & sleep 1000 & wait'
	break_state empty
	ok delete --force "$ID"
	nothing_left
}

@test "a broken container that is paused is ended by delete --force" {
	start_sleeper
	ok pause "$ID"
	break_state cut
	ok delete --force "$ID"
	nothing_left
}

@test "what cannot be undone without a state is named" {
	config '.hooks.poststop = [{ path: "/bin/sh", args: ["sh", "-c", $s] }]' --arg s "echo ran >$T/hook"
	start_sleeper
	break_state empty
	ok delete --force "$ID"
	says "poststop hooks of container '$ID' are not run: its state is broken"
	refute exists "$T/hook"
	nothing_left
}

@test "without state and config the files go, and what may be left is named" {
	start_sleeper
	pid=$(pid_of)
	break_state empty
	echo '{' >"$ROOT/$ID/config.json"
	ok delete --force "$ID"
	says "container '$ID' has no cgroup that could be found"
	refute exists "$ROOT/$ID"
	kill -9 "$pid"
	eventually rmdir_cgroups
	nothing_left
}

rmdir_cgroups() {
	cgroups_of | sort -r | xargs -r rmdir
}

@test "a root of another user is refused by name, whatever the verb" {
	start_sleeper
	pid=$(pid_of)
	mkfifo "$T/fifo"
	chown 1000 "$ROOT"
	for call in "list" "state $ID" "start $ID" "kill $ID KILL" "delete --force $ID" "events --stats $ID" "ps $ID" \
		"run -b $BUNDLE new"; do
		# shellcheck disable=SC2086
		fails 1 "root '$ROOT' belongs to uid 1000, not to uid 0" $call
	done
	[ -d "/proc/$pid" ]
	chown 0 "$ROOT"
	ok delete -f "$ID"
}

@test "a container's directory that another user has made, where all may write, is refused" {
	mkdir -p "$ROOT"
	chmod 1777 "$ROOT"
	mkdir "$ROOT/$ID"
	chown 1000 "$ROOT/$ID"
	for call in "run -b $BUNDLE $ID" "create -b $BUNDLE $ID" "state $ID" "delete --force $ID"; do
		# shellcheck disable=SC2086
		fails 1 "the state directory of '$ID' belongs to uid 1000, not to uid 0" $call
	done
	[ -z "$(ls -A "$ROOT/$ID")" ]
	ok list
	says "container '$ID' is left out"
	rmdir "$ROOT/$ID"
	start_sleeper
	pid=$(pid_of)
	chown 1000 "$ROOT/$ID"
	fails 1 "the state directory of '$ID' belongs to uid 1000, not to uid 0" kill "$ID" KILL
	[ -d "/proc/$pid" ]
	chown 0 "$ROOT/$ID"
	ok delete -f "$ID"
}

@test "files beside the state that are FIFOs hold nothing up" {
	start_sleeper
	for file in config.json exit.json cgroup; do
		[ ! -e "$ROOT/$ID/$file" ] || mv "$ROOT/$ID/$file" "$T/$file"
		mkfifo "$ROOT/$ID/$file"
	done
	ok state "$ID"
	ok list
	fails 255 "config.json is no regular file" exec "$ID" true
	kill -9 "$(pid_of)"
	wait_status stopped
	ok state "$ID"
	ok delete "$ID"
	nothing_left
}

@test "state.json has its name only when its content is on the disk; on a tmpfs nothing waits for one" {
	needs_tool strace
	disk=$(mktemp -d /var/tmp/orlop-test-state-XXXXXX)
	case $(stat -f -c %T "$disk") in tmpfs | ramfs) rmdir "$disk"; skip "no disk here" ;; esac
	for root in "$disk" "$ROOT"; do
		timeout -k 2 "$LIMIT" strace -qq -e trace=fdatasync,fsync,linkat,renameat -o "$T/trace" \
			"$ORLOP" --root "$root" create "$ID" </dev/null >/dev/null 2>&1 3>&- 4>&-
		orlop --root "$root" delete -f "$ID"
		grep -E 'state\.json|sync' "$T/trace" | sed 's/(.*//' >"$T/calls.${root##*/}"
	done
	rm -rf "$disk"
	[ "$(tr '\n' ' ' <"$T/calls.${disk##*/}")" = "fdatasync linkat " ]
	[ "$(tr '\n' ' ' <"$T/calls.${ROOT##*/}")" = "linkat " ]
}

@test "list shows what a killed create has left, as such; other commands say what it is, and delete --force removes it" {
	local pid left

	config '.hooks.createRuntime = [{ path: "/bin/sh", args: ["sh", "-c", "touch \($t)/in; sleep 1000"] }]' --arg t "$T"
	ORLOP_TEST_ID=$ID "$ORLOP" --root "$ROOT" create "$ID" >/dev/null 2>&1 3>&- 4>&- &
	pid=$!
	eventually exists "$T/in"
	ok list
	[ "$(wc -l <"$T/stdout")" -eq 1 ]
	kill -9 "$pid"
	wait "$pid" || true
	# The hook of a killed runtime lives on.
	for pid in $(processes_of); do kill -9 "$pid"; done
	ok list
	says leftover
	ok list --format json
	[ "$(jq -r '.[] | "\(.id) \(.status) \(.pid)"' "$T/stdout")" = "$ID leftover 0" ]
	left="container does not exist: '$ID' is what a killed create has left: 'orlop delete --force' removes it"
	fails 1 "$left" delete "$ID"
	fails 1 "$left" state "$ID"
	fails 1 "$left" start "$ID"
	fails 1 "$left" kill "$ID" KILL
	fails 255 "$left" exec "$ID" true
	ok delete --force "$ID"
	ok list
	[ "$(wc -l <"$T/stdout")" -eq 1 ]
}
