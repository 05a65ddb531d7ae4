# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

follow() {
	mkdir -p "$ROOT"
	background events env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" events
	eventually file_says "$T/events.out" '"type":"ready"'
}

types_of() { # [ID]
	jq -r --arg id "${1:-$ID}" 'select(.id == $id) | .type' "$T/events.out" | tr '\n' ' '
}

told() { # TYPES
	[ "$(types_of)" = "$1 " ]
}

event() { # TYPE JQ
	jq -r --arg t "$1" "select(.type == \$t) | $2" "$T/events.out"
}

@test "events --interval takes Go's durations, and must be above 0" {
	fails 1 "duration interval must be greater than 0" events --interval 0 "$ID"
	fails 1 "duration interval must be greater than 0" events --interval 0s "$ID"
	fails 1 "container does not exist" events --interval 1.5s "$ID"
	refused events --interval 5 "$ID"
	says "invalid interval: 5 (expected a duration like 5s or 500ms)"
}

@test "events tells the life of a container from create to delete" {
	follow
	script 'until [ -e /tmp/go ]; do sleep 0.05; done; exit 5'
	ok create "$ID"
	eventually told create
	[ "$(event create .pid)" = "$(pid_of)" ]
	[ "$(event create .bundle)" = "$BUNDLE" ]
	ok start "$ID"
	eventually told "create start"
	touch "$ROOTFS/tmp/go"
	eventually told "create start exit"
	[ "$(event exit '[.exitCode, .exitReason] | @csv')" = '5,"exited"' ]
	ok delete "$ID"
	eventually told "create start exit delete"
}

@test "events tells run, a signal, and a container that was never started" {
	follow
	script 'sleep 0.5'
	ok run "$ID"
	eventually told "create start exit delete"
	ok create "$ID-2"
	ok delete -f "$ID-2"
	eventually eval '[ "$(types_of "$ID-2")" = "create exit delete " ]'
	[ "$(event exit '[.id, .exitSignal] | @csv' | tail -1)" = "\"$ID-2\",9" ]
}

@test "events tells pause and resume" {
	follow
	start_sleeper
	ok pause "$ID"
	eventually told "create start pause"
	ok resume "$ID"
	eventually told "create start pause resume"
	ok delete -f "$ID"
	eventually told "create start pause resume exit delete"
}

@test "events begins with what is there" {
	start_sleeper
	config '.linux.cgroupsPath += "-2"'
	ok create "$ID-2"
	follow
	[ "$(event state '[.id, .status] | join(" ")' | sort | tr '\n' ' ')" = "$ID running $ID-2 created " ]
	ok delete -f "$ID"
	eventually told "state exit delete"
}

@test "what events saw is kept" {
	follow
	script 'sleep 0.2; exit 8'
	ok run -d "$ID"
	eventually told "create start exit"
	eventually eval '[ "$(orlop state "$ID" | jq .exitCode)" = 8 ]'
	run_orlop wait "$ID"
	[ "$status" -eq 8 ]
}

@test "events says so when a container came and went before it could look" {
	follow
	kill -STOP "$BG"
	ok run "$ID"
	kill -CONT "$BG"
	eventually told missed
}

@test "events keeps up with many at once" {
	local i

	follow
	for i in 1 2 3 4 5 6 7 8; do
		cp -a "$BUNDLE" "$T/bundle-$i"
		sed -i "s|\"/$ID\"|\"/$ID-$i\"|" "$T/bundle-$i/config.json"
	done
	for i in 1 2 3 4 5 6 7 8; do
		(orlop create -b "$T/bundle-$i" "$ID-$i" && orlop start "$ID-$i" && sleep 0.2 && orlop delete -f "$ID-$i") \
			>>"$T/many.out" 2>&1 &
	done
	wait $(jobs -p | grep -vx "$BG")
	cat "$T/many.out"
	for i in 1 2 3 4 5 6 7 8; do
		eventually eval '[ "$(types_of "$ID-'$i'")" = "create start exit delete " ]' || { cat "$T/events.out" "$T/many.out"; return 1; }
	done
}

@test "events has descriptors for more containers than a program usually has" {
	local i

	mkdir -p "$ROOT"
	background events bash -c 'ulimit -Sn 30; exec "$@"' - env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" events
	eventually file_says "$T/events.out" '"type":"ready"'
	for ((i = 0; i < 20; i++)); do
		config '.linux.cgroupsPath = $p' --arg p "/$ID/$i"
		ok create "$ID-$i"
	done
	for ((i = 0; i < 20; i++)); do eventually eval '[ "$(types_of "$ID-$i")" = "create " ]'; done
	for ((i = 0; i < 20; i++)); do ok delete -f "$ID-$i"; done
	for ((i = 0; i < 20; i++)); do eventually eval '[ "$(types_of "$ID-$i")" = "create exit delete " ]'; done
	for dir in $(cgroups_of); do rmdir "$dir"; done
}

@test "events waits for containers of a root that is not there yet, and leaves nothing when it is killed" {
	background events env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" events
	eventually file_says "$T/events.out" '"type":"ready"'
	script 'sleep 0.5'
	ok run "$ID"
	eventually told "create start exit delete"
	ok create "$ID"
	kill -9 "$BG"
	ok delete -f "$ID"
	nothing_left
	[ "$(find "$ROOT" | wc -l)" -eq 1 ]
}

@test "events uses no processor time while nothing happens" {
	follow
	start_sleeper
	ok pause "$ID"
	ok kill "$ID" KILL
	eventually file_says "$T/events.out" '"type":"exit"'
	local before

	before=$(awk '{ print $14 + $15 }' "/proc/$BG/stat")
	sleep 1
	[ "$(($(awk '{ print $14 + $15 }' "/proc/$BG/stat") - before))" -le 2 ]
}

@test "the want of memory is an event of all and of one" {
	needs_controller memory
	follow
	config '.linux.resources.memory = { limit: 33554432, swap: 33554432 }'
	script 'until [ -e /tmp/go ]; do sleep 0.05; done; sh -c "yes | head -c 300000000 | tail -c 200000000 >/dev/null"; sleep 1000'
	ok run -d "$ID"
	background one env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" events --interval 1s "$ID"
	sleep 0.5
	touch "$ROOTFS/tmp/go"
	eventually file_says "$T/events.out" '"type":"oom"' || skip "tail did not run out of memory"
	eventually grep -qx "{\"type\":\"oom\",\"id\":\"$ID\"}" "$T/one.out"
}

@test "events ends when nobody reads" {
	mkdir -p "$ROOT"
	background reader bash -c '"$1" --root "$2" events | head -1' - "$ORLOP" "$ROOT"
	eventually file_says "$T/reader.out" ready
	# It learns that with the next line it writes.
	eventually eval 'orlop run "$ID"; ! kill -0 '"$BG"' 2>/dev/null'
}
