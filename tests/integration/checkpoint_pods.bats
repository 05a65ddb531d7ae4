# SPDX-License-Identifier: Apache-2.0
# Pods, and what is killed on the way. CRIU takes its time: a file of its own.
load ../lib/orlop
load ../lib/criu
load ../lib/checkpoint

LIMIT=40

setup_file() {
	criu_setup
}

setup() {
	checkpoint_begin
}

# --- pods ---

# Three containers: the second joins namespaces of the first, the third all but the network.
make_pod() {
	local i

	for i in 1 2 3; do
		mkdir -p "$T/p$i"
		cp -a "$BUNDLE/." "$T/p$i/"
		BUNDLE=$T/p$i
		ROOTFS=$BUNDLE/rootfs
		config ".linux.cgroupsPath = \"/$ID-$i\""
		counter
		if [ $i -gt 1 ]; then
			namespace ipc "/proc/$(pid_of "$ID-1")/ns/ipc"
			namespace uts "/proc/$(pid_of "$ID-1")/ns/uts"
		fi
		[ $i -ne 2 ] || namespace network "/proc/$(pid_of "$ID-1")/ns/net"
		orlop run -d --bundle "$BUNDLE" "$ID-$i" </dev/null >/dev/null 2>&1
		wait_status running "$ID-$i"
		BUNDLE=$T/bundle
	done
	eventually exists "$T/p3/rootfs/tmp/n"
}

pod() { # checkpoint|restore [OPTION|ID...]
	local command=$1

	shift
	status=0
	ORLOP_TEST_ID=$ID timeout -k 2 60 "$ORLOP" --root "$ROOT" "$command" --pod --image-path "$I" --work-path "$W" "$@" \
		</dev/null >"$T/stdout" 2>"$T/stderr" 3>&- || status=$?
	output=$(<"$T/stdout")
	errors=$(<"$T/stderr")
	[ "$status" -eq 0 ] || { complain "$command --pod ends with $status"; grep -rh Error "$W" "$I" --include="*.log"; return 1; }
}

ns_of() { # ID TYPE
	readlink "/proc/$(pid_of "$1")/ns/$2"
}

@test "a pod of three is checkpointed and restored together, with the namespaces that they share" {
	local i before

	make_pod
	pod checkpoint "$ID-3" "$ID-1" "$ID-2"
	[ -z "$(cgroups_of)" ]
	before=$(cat "$T/p2/rootfs/tmp/n")
	fails 1 "restore --pod" restore -d --bundle "$T/p1" --image-path "$I/$ID-1" "$ID-1"
	refute pod restore "$ID-1"
	says "all or none are restored"
	refute pod restore "$ID-1" "$ID-2" "$ID-3" other
	says "the checkpoint has no container 'other'"
	pod restore
	for i in 1 2 3; do
		ROOTFS=$T/p$i/rootfs counts
		[ "$(ns_of "$ID-$i" uts)" = "$(ns_of "$ID-1" uts)" ]
		[ "$(ns_of "$ID-$i" ipc)" = "$(ns_of "$ID-1" ipc)" ]
	done
	[ "$(ns_of "$ID-2" net)" = "$(ns_of "$ID-1" net)" ]
	[ "$(ns_of "$ID-3" net)" != "$(ns_of "$ID-1" net)" ]
	[ "$(cat "$T/p2/rootfs/tmp/n")" -gt "$before" ]
	ok exec "$ID-2" true
	for i in 3 2 1; do ok delete -f "$ID-$i"; done
}

@test "a pod of which one cannot be checkpointed or restored is as it was" {
	local i

	make_pod
	ok pause "$ID-2"
	mkdir -p "$I"
	: >"$I/$ID-3"
	refute pod checkpoint "$ID-1" "$ID-2" "$ID-3"
	says "container '$ID-3'"
	has_status running "$ID-1"
	has_status paused "$ID-2"
	has_status running "$ID-3"
	rm "$I/$ID-3"
	ok resume "$ID-2"
	pod checkpoint --leave-running "$ID-1" "$ID-2" "$ID-3"
	for i in 1 2 3; do
		ROOTFS=$T/p$i/rootfs counts
		ok delete -f "$ID-$i"
	done
	rm "$I/$ID-3/pstree.img"
	refute pod restore
	says "container '$ID-3': the checkpoint is incomplete: 'pstree.img' is missing"
	[ -z "$(ls "$ROOT")" ]
	[ -z "$(cgroups_of)" ]
}

# --- killed on the way ---

all_count() { # DIR...
	local dir before

	for dir; do
		before=$(<"$dir/rootfs/tmp/n")
		eventually count_of "$dir" "$before"
	done
}

count_of() { # DIR BEYOND
	[ "$(cat "$1/rootfs/tmp/n")" -gt "$2" ]
}

pod_is() { # STATUS: of all three; "gone" counts as stopped
	local i now

	for i in 1 2 3; do
		now=$("$ORLOP" --root "$ROOT" state "$ID-$i" 2>/dev/null | jq -r .status)
		[ "${now:-stopped}" = "$1" ] || return 1
	done
}

pod_is_one() {
	pod_is running || pod_is stopped
}

@test "a pod whose checkpoint is killed at any moment runs on as a whole, or has ended as a whole" {
	local delay i

	for delay in 0.03 0.08 0.13 0.2 0.27 0.35 0.45 0.6; do
		make_pod
		ORLOP_TEST_ID=$ID timeout -s KILL "$delay" "$ORLOP" --root "$ROOT" checkpoint --pod --image-path "$I-$delay" --work-path "$W" \
			"$ID-1" "$ID-2" "$ID-3" </dev/null >/dev/null 2>&1 3>&- || :
		eventually no_criu
		eventually pod_is_one
		pod_is stopped || all_count "$T/p1" "$T/p2" "$T/p3"
		for i in 3 2 1; do
			ok delete -f "$ID-$i"
		done
		rm -rf "$T"/p?
	done
}

@test "a checkpoint or restore that is killed at any moment leaves a container that runs, or one that can be deleted" {
	local delay

	counter
	for delay in 0.02 0.06 0.1 0.14 0.18 0.22; do
		detached
		eventually exists "$ROOTFS/tmp/n"
		ORLOP_TEST_ID=$ID timeout -s KILL "$delay" "$ORLOP" --root "$ROOT" checkpoint --image-path "$I-$delay" "$ID" 3>&- || :
		eventually no_criu
		[ "$(state_of)" = stopped ] || { has_status running && counts; }
		ok delete -f "$ID"
		rm -f "$ROOTFS/tmp/n"
	done
	detached
	eventually exists "$ROOTFS/tmp/n"
	checkpoint
	for delay in 0.02 0.06 0.1 0.14 0.18 0.22; do
		ORLOP_TEST_ID=$ID timeout -s KILL "$delay" "$ORLOP" --root "$ROOT" restore -d --image-path "$I" --work-path "$W" "$ID" \
			</dev/null >/dev/null 2>&1 3>&- || :
		eventually no_criu
		ok delete -f "$ID"
		nothing_left
	done
	restore
	counts
}

# By its environment: it may run under the name of a loader.
no_criu() {
	! grep -lsz "ORLOP_TEST_ID=$ID" $(grep -lsz 'criu' /proc/[0-9]*/cmdline | sed 's/cmdline/environ/') </dev/null >/dev/null
}
