# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

# What every integration test stands on. tests/run-integration sets:
#   ORLOP       the runtime under test
#   SUITE_DIR   a private tmpfs with rootfs/, the busybox tree that each test copies by hard links
#   SUITE_CG    v1 (v1 or hybrid hierarchies) or v2 (one cgroup2 on /sys/fs/cgroup)
# A test owns ID (its container, also its cgroup), BUNDLE, ROOTFS and ROOT (the runtime's --root). When it
# ends, nothing of it may be left on the machine: leaks are failures.

LIB=${BASH_SOURCE[0]%/*}
PYTHON="/usr/bin/python3 -S -E"
LIMIT=${ORLOP_TEST_LIMIT:-20} # seconds that one call of the runtime may take

setup() {
	test_begin
}

teardown() {
	test_end
}

test_begin() {
	ID=orlop-test-${SUITE_DIR##*.}-$$-$BATS_TEST_NUMBER
	T=$SUITE_DIR/$ID
	ROOT=$T/root
	BUNDLE=$T/bundle
	ROOTFS=$BUNDLE/rootfs
	BACKGROUND=()
	mkdir -p "$BUNDLE"
	cp -al "$SUITE_DIR/rootfs" "$ROOTFS"
	rm -f "$ROOTFS"/etc/*
	cp "$SUITE_DIR"/rootfs/etc/* "$ROOTFS/etc/"
	cp "$LIB/config.json" "$BUNDLE/config.json"
	config ".linux.cgroupsPath = \"/$ID\""
	cd "$BUNDLE" || return 1
	mounts_now >"$T/mounts"
}

test_end() {
	local pid bad=0

	for pid in "${BACKGROUND[@]}"; do
		kill -9 "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	cd /
	delete_all
	leaks || bad=1
	end_leftovers
	rm -rf --one-file-system "$T"
	return $bad
}

# --- the bundle ---

# json_array WORD...: jq 1.6 takes no positional argument that begins with '-'.
json_array() {
	local word out=""

	for word; do
		word=${word//\\/\\\\}
		word=${word//\"/\\\"}
		word=${word//$'\n'/\\n}
		word=${word//$'\t'/\\t}
		out+=",\"$word\""
	done
	echo "[${out#,}]"
}

# Edits config.json by a jq program; further arguments are jq's.
config() {
	local program=$1

	shift
	jq "$@" "$program" "$BUNDLE/config.json" >"$BUNDLE/.config" && mv "$BUNDLE/.config" "$BUNDLE/config.json"
}

# args WORD...: what the container runs.
args() {
	config '.process.args = $a' --argjson a "$(json_array "$@")"
}

# script TEXT: a shell script as the container's process.
script() {
	args sh -c "$1"
}

# mount_entry DESTINATION TYPE SOURCE [OPTION...]: appended to the mounts.
mount_entry() {
	local destination=$1 type=$2 source=$3

	shift 3
	config '.mounts += [{ destination: $d, type: $t, source: $s, options: $o }]' \
		--arg d "$destination" --arg t "$type" --arg s "$source" --argjson o "$(json_array "$@")"
}

namespace() { # TYPE [PATH]
	config '.linux.namespaces = [.linux.namespaces[] | select(.type != $t)]
		+ [{ type: $t } + if $p == "" then {} else { path: $p } end]' --arg t "$1" --arg p "${2-}"
}

no_namespace() {
	config '.linux.namespaces = [.linux.namespaces[] | select(.type != $t)]' --arg t "$1"
}

# Root in the container is $1 (100000) outside; $2 (65536) ids of each kind; the files follow.
user_namespace() {
	namespace user
	config '.linux.uidMappings = [{ containerID: 0, hostID: $h, size: $n }]
		| .linux.gidMappings = [{ containerID: 0, hostID: $h, size: $n }]' \
		--argjson h "${1:-100000}" --argjson n "${2:-65536}"
	copy_rootfs
	chown -Rh "${1:-100000}:${1:-100000}" "$ROOTFS"
}

# A root filesystem with inodes of its own, for tests that change owners or modes.
copy_rootfs() {
	rm -rf "$ROOTFS"
	cp -a "$SUITE_DIR/rootfs" "$ROOTFS"
}

# Of the image only what a container needs to exist is left: no shell, no program but the one that sleeps.
distroless() {
	copy_rootfs
	mv "$ROOTFS/bin/busybox" "$T/busybox"
	rm -rf "${ROOTFS:?}"/{bin,sbin,usr}
	cp "$T/busybox" "$ROOTFS/sleep"
	args /sleep 1000
}

# --- the runtime ---

# orlop ARG...: one call with the test's --root; status, output (stdout) and errors (stderr) are set. Files and not
# pipes take the output: a detached container keeps them open. Standard input is the caller's.
run_orlop() {
	status=0
	ORLOP_TEST_ID=$ID timeout -k 2 "$LIMIT" "$ORLOP" --root "$ROOT" "$@" \
		>"$T/stdout" 2>"$T/stderr" 3>&- 4>&- || status=$?
	output=$(tr -d '\0' <"$T/stdout")
	errors=$(tr -d '\0' <"$T/stderr")
}

# The same without output taken: for pipelines and background jobs.
orlop() {
	ORLOP_TEST_ID=$ID timeout -k 2 "$LIMIT" "$ORLOP" --root "$ROOT" "$@" 3>&- 4>&-
}

# A detached container whose parent keeps its zombie, or reaps at once: before Linux 6.15 nobody can know its end then.
adopted() { # keep|reap ARG...
	local how=$1

	shift
	background adopter $PYTHON "$LIB/adopter.py" "$how" env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" "$@"
	eventually file_says "$T/adopter.out" adopted
}

ok() {
	run_orlop "$@"
	[ "$status" -eq 0 ] || complain "'$*' ends with $status"
}

# fails STATUS TEXT ARG...: the call must end with STATUS and say TEXT.
fails() {
	local want=$1 text=$2

	shift 2
	run_orlop "$@"
	[ "$status" -eq "$want" ] || complain "'$*' ends with $status, not $want"
	[ -z "$text" ] || says "$text"
}

# refused ARG...: the call must end with an error of the runtime, and with a message.
refused() {
	run_orlop "$@"
	[ "$status" -ne 0 ] && [ "$status" -lt 124 ] || complain "'$*' ends with $status, not with an error"
	[ -n "$errors" ] || complain "'$*' failed without a word"
}

# says TEXT: the last call printed it.
says() {
	local text=$output$errors

	# A text log line has its quotes escaped.
	[[ "$text" == *"$1"* || "${text//\\\"/\"}" == *"$1"* ]] || complain "'$1' is not in the output"
}

# is TEXT: the last call's standard output is exactly this.
is() {
	[ "$output" = "$1" ] || complain "the output is not '$1'"
}

# refute COMMAND...: for a negation that must count; bash lets '! command' pass.
refute() {
	if "$@"; then
		echo "# is true: $*"
		return 1
	fi
}

complain() {
	echo "# $1"
	echo "# status $status"
	sed 's/^/# stdout: /' "$T/stdout"
	sed 's/^/# stderr: /' "$T/stderr"
	return 1
}

# run_script TEXT: the container runs it in the foreground and ends well.
run_script() {
	script "$1"
	ok run "$ID"
}

# start_sleeper [TEXT]: a detached container that sleeps.
start_sleeper() {
	script "${1:-trap 'exit 7' TERM; sleep 1000 & wait}"
	ok run -d "$ID"
	wait_status running
}

# background NAME COMMAND...: output in $T/NAME.out; ended with the test. BG is its pid.
background() {
	local name=$1

	shift
	"$@" >"$T/$name.out" 2>&1 3>&- 4>&- &
	BG=$!
	BACKGROUND+=("$BG")
}

# --- looking ---

# as_owner COMMAND...: as the user to whom the runtime's root belongs: it takes no other's, not from root either.
as_owner() {
	local owner

	owner=$(stat -c %u "$ROOT" 2>/dev/null || id -u)
	if [ "$(id -u)" -eq 0 ] && [ "$owner" -ne 0 ]; then
		setpriv --reuid "$owner" --regid "$owner" --clear-groups "$@"
	else
		"$@"
	fi
}

state_of() {
	as_owner "$ORLOP" --root "$ROOT" state "${1:-$ID}" | jq -r .status
}

pid_of() {
	as_owner "$ORLOP" --root "$ROOT" state "${1:-$ID}" | jq -r .pid
}

# eventually COMMAND...: true within 5 seconds.
eventually() {
	local i

	for ((i = 0; i < ${ORLOP_TEST_TRIES:-100}; i++)); do
		"$@" && return 0
		sleep 0.05
	done
	echo "# never became true: $*"
	return 1
}

has_status() {
	[ "$(state_of "${2:-$ID}" 2>/dev/null)" = "$1" ]
}

wait_status() {
	eventually has_status "$@"
}

file_says() {
	grep -qs -- "$2" "$1"
}

exists() {
	[ -e "$1" ]
}

gone() {
	! [ -e "$1" ]
}

# What orlop could change: mounts in or of this test's folder, and those that a runtime works beside, by their ids, places,
# options and propagation. Not the rest of the machine, where others mount and rename; nor the options of the superblocks,
# which any other mount of the same filesystem changes, but whether they are read-only (those of cgroups not even that).
mounts_now() {
	awk -v own="/${T##*/}/" '
		index($4 "/", own) || index($5 "/", own) || $5 ~ /^\/(run|sys)?$/ ||
		$5 ~ /^\/(dev|proc|sys\/fs\/cgroup|run\/orlop[^\/]*)(\/|$)/ {
			line = $1 " " $4 " " $5 " " $6
			for (i = 7; $i != "-"; i++)
				line = line " " $i
			print line, $(i + 1), $(i + 1) ~ /^cgroup/ ? "" : substr($(i + 3), 1, 2)
		}' /proc/self/mountinfo | sort
}

# Every directory named like this container below the cgroup mounts.
cgroups_of() {
	# find complains of what other tests remove meanwhile.
	find /sys/fs/cgroup -type d -name "${1:-$ID}*" 2>/dev/null || true
}

# cgroup_file CONTROLLER FILE: where the container's knob lies.
cgroup_file() {
	if [ "$SUITE_CG" = v2 ]; then
		echo "/sys/fs/cgroup/$ID/$2"
	else
		echo "/sys/fs/cgroup/$1/$ID/$2"
	fi
}

processes_of() {
	grep -lsz "ORLOP_TEST_ID=$ID" /proc/[0-9]*/environ | cut -d/ -f3
	grep -ls "/$ID/bundle/" /proc/[0-9]*/mountinfo | cut -d/ -f3
}

# Processes die a moment after their signal; only what stays is a leak.
no_processes() {
	[ -z "$(processes_of)" ]
}

# nothing_left: no state, cgroup, process, mount (spec G4, OP-D3).
nothing_left() {
	eventually no_processes || { describe_processes; return 1; }
	leaks
}

describe_processes() {
	local p

	for p in $(processes_of); do
		echo "# process $p: $(tr '\0' ' ' <"/proc/$p/cmdline") $(grep State: "/proc/$p/status")"
	done
}

delete_all() {
	local id

	[ -d "$ROOT" ] || return 0
	for id in "$ROOT"/*/; do
		[ -d "$id" ] || continue
		id=${id%/}
		as_owner timeout -k 2 "$LIMIT" "$ORLOP" --root "$ROOT" delete -f "${id##*/}" >/dev/null 2>&1 3>&-
	done
}

leaks() {
	local bad=0 found

	found=$(find "$ROOT" -mindepth 1 -maxdepth 1 ! -name '.*' 2>/dev/null) || true
	[ -z "$found" ] || { echo "# leak: state: $found"; bad=1; }
	# find(1) fails when a cgroup of another test vanishes under it.
	found=$(cgroups_of) || true
	[ -z "$found" ] || { echo "# leak: cgroup: $found"; bad=1; }
	found=$(mounts_now | diff "$T/mounts" -) || true
	[ -z "$found" ] || { echo "# leak: mount: $found"; bad=1; }
	eventually no_processes >/dev/null || { echo "# leak: process"; describe_processes; bad=1; }
	return $bad
}

# So that one failure does not spoil the tests after it.
end_leftovers() {
	local pid dir

	for pid in $(processes_of); do
		kill -9 "$pid" 2>/dev/null
	done
	for dir in $(cgroups_of | sort -r); do
		[ -w "$dir/freezer.state" ] && echo THAWED >"$dir/freezer.state"
		[ -w "$dir/cgroup.freeze" ] && echo 0 >"$dir/cgroup.freeze"
		for pid in $(cat "$dir/cgroup.procs"); do
			kill -9 "$pid" 2>/dev/null
		done
		eventually rmdir "$dir" >/dev/null 2>&1
	done
	return 0
}

# --- what this kernel or machine lacks ---

needs_v1() {
	[ "$SUITE_CG" = v1 ] || skip "needs cgroup v1"
}

needs_v2() {
	[ "$SUITE_CG" = v2 ] || skip "needs a pure cgroup v2 view"
}

needs_controller() {
	if [ "$SUITE_CG" = v2 ]; then
		grep -qw "$1" /sys/fs/cgroup/cgroup.controllers || skip "cgroup2 has no $1 controller here"
	else
		[ -d "/sys/fs/cgroup/$1" ] || skip "no cgroup v1 $1 hierarchy here"
	fi
}

needs_knob() { # CONTROLLER FILE (of v1)
	needs_v1
	[ -d "/sys/fs/cgroup/$1" ] || skip "no cgroup v1 $1 hierarchy here"
	[ -n "$(find "/sys/fs/cgroup/$1" -maxdepth 1 -name "$2")" ] ||
		probe_knob "$1" "$2" || skip "this kernel has no $2"
}

# The root cgroup lacks some files that its children have.
probe_knob() {
	local dir=/sys/fs/cgroup/$1/orlop-probe-$$ found

	mkdir "$dir"
	[ -e "$dir/$2" ]
	found=$?
	rmdir "$dir"
	return $found
}

# Sessions of trace are those of the kernel, and so are how many there may be: -s for who makes one, -x for who makes all.
lock_sessions() {
	exec 8</sys/kernel
	flock -w 120 "$1" 8
}

needs_tool() {
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

# under CALL=ERRNO[,...] ARG...: one call of the runtime while the kernel refuses these system calls.
under() {
	local calls=$1

	shift
	status=0
	timeout -k 2 "$LIMIT" $PYTHON "$LIB/refuse_call.py" "$calls" "$ORLOP" --root "$ROOT" "$@" \
		>"$T/stdout" 2>"$T/stderr" 3>&- 4>&- || status=$?
	output=$(tr -d '\0' <"$T/stdout")
	errors=$(tr -d '\0' <"$T/stderr")
}

# nested WRAPPER... -- ARG...: the same as root of a user namespace, or whatever else the wrapper makes.
nested() {
	local wrapper=()

	for (( ; $#; )); do
		[ "$1" != -- ] || break
		wrapper+=("$1")
		shift
	done
	shift
	status=0
	timeout -k 2 "$LIMIT" "${wrapper[@]}" env XDG_RUNTIME_DIR="$T" "$ORLOP" --root "$T/nested" "$@" \
		>"$T/stdout" 2>"$T/stderr" 3>&- 4>&- || status=$?
	output=$(tr -d '\0' <"$T/stdout")
	errors=$(tr -d '\0' <"$T/stderr")
}

needs_probe() {
	[ -x "$ROOTFS/bin/probe" ] || skip "tests/lib/probe.c could not be compiled"
}
