# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

@test "B2 OP-S3 the state of a running container has all that the spec asks" {
	config '.annotations = { "org.example.key": "value" }'
	start_sleeper
	ok state "$ID"
	[ "$(jq -r '.id' <<<"$output")" = "$ID" ]
	[ "$(jq -r '.status' <<<"$output")" = running ]
	[ "$(jq -r '.bundle' <<<"$output")" = "$BUNDLE" ]
	[ "$(jq -r '.rootfs' <<<"$output")" = "$ROOTFS" ]
	[ "$(jq -r '.annotations["org.example.key"]' <<<"$output")" = value ]
	[ "$(jq -r '.ociVersion | startswith("1.")' <<<"$output")" = true ]
	[ "$(jq -r '.created | test("^20[0-9-]+T[0-9:.]+(Z|[+-][0-9:]+)$")' <<<"$output")" = true ]
	[ -d "/proc/$(jq -r .pid <<<"$output")" ]
	[[ "$output" == *$'\n  "id": '* ]]
}

@test "B2 the pid of a stopped container is 0" {
	ok run -d "$ID"
	wait_status stopped
	[ "$(pid_of)" = 0 ]
}

@test "B2 T4 annotations are left out when there are none" {
	ok create "$ID"
	ok state "$ID"
	[ "$(jq 'has("annotations")' <<<"$output")" = false ]
}

@test "OP-S1 OP-S2 state of nothing and of an unknown container fail" {
	fails 1 "\"state\" requires exactly 1 argument(s)" state
	fails 1 "container does not exist" state nope
}

@test "OP-S3 a container whose process was killed from outside is stopped" {
	start_sleeper
	kill -9 "$(pid_of)"
	wait_status stopped
	ok delete "$ID"
	nothing_left
}

@test "list shows a table of all containers" {
	ok create "$ID"
	config '.linux.cgroupsPath += "-2"'
	ok create "$ID-2"
	ok list
	[[ "${output%%$'\n'*}" =~ ^ID\ +PID\ +STATUS\ +BUNDLE\ +CREATED\ +OWNER ]]
	[[ "$output" =~ $ID\ +$(pid_of)\ +created\ +$BUNDLE\ +20[0-9T:.-]+Z?[^\ ]*\ +root ]]
	[ "$(wc -l <<<"$output")" -eq 3 ]
	ok list -q
	[ "$output" = "$ID"$'\n'"$ID-2" ]
	ok list --quiet
}

@test "list -f json is one array of states, null when there is none" {
	ok create other-"$ID"
	ok delete -f other-"$ID"
	ok list -f json
	[ "$output" = null ]
	ok create "$ID"
	ok list --format=json
	[ "$(jq -r '.[0].id' <<<"$output")" = "$ID" ]
	[ "$(jq -r '.[0].status' <<<"$output")" = created ]
	[ "$(jq -r '.[0].owner' <<<"$output")" = root ]
	fails 1 "invalid format" list --format xml
}

# no_control_characters: the last output has none that a terminal obeys, C1 ones (U+0080 to U+009F) included.
no_control_characters() {
	local text

	text=$(od -An -tx1 -v "$T/stdout" "$T/stderr" | tr -d '\n')
	refute grep -qE ' (1b|7f|c2 [89])' <<<"$text"
}

@test "control characters of a process's name and of annotations reach no terminal" {
	config '.annotations = { "k\u0085": "\u009b31m\u007f\u001b[1m" }'
	start_sleeper 'printf "\302\23331m\233\033X" >/proc/$$/comm; echo >/named; sleep 1000 & wait'
	eventually exists "$ROOTFS/named"
	ok ps --format full "$ID"
	no_control_characters
	says '?31m'
	LC_ALL=C.UTF-8 ok ps "$ID"
	no_control_characters
	LC_ALL=C.UTF-8 ok ps "$ID" -o pid,comm
	no_control_characters
	ok list
	no_control_characters
	ok list -f json
	no_control_characters
	ok state "$ID"
	no_control_characters
	[ "$(jq -r '.annotations["k\u0085"]' <<<"$output")" = $'\xc2\x9b31m\x7f\x1b[1m' ] # U+009B, in any locale
}

@test "list shows a broken container and goes on" {
	ok create "$ID"
	mkdir "$ROOT/broken"
	echo '{' >"$ROOT/broken/state.json"
	ok list -q
	[ "$output" = broken$'\n'"$ID" ]
	rm -r "$ROOT/broken"
}

@test "list of an explicit --root that does not exist is an error" {
	run_orlop list
	if [ -d "$ROOT" ]; then skip "the root was made"; fi
	[ "$status" -eq 1 ] || [ -z "$output" ]
}

@test "ps shows the processes of the container, as a table and as JSON" {
	start_sleeper
	ok ps "$ID"
	[[ "${output%%$'\n'*}" == *PID* ]]
	[[ "$output" == *"sleep 1000"* ]]
	ok ps --format json "$ID"
	[ "$(jq --argjson p "$(pid_of)" 'index($p) != null' <<<"$output")" = true ]
	[ "$(jq length <<<"$output")" -eq 2 ]
}

@test "ps takes the options of ps, and no other process is shown" {
	start_sleeper
	ok ps "$ID" -o pid,comm
	[[ "${output%%$'\n'*}" =~ PID\ +COMMAND ]]
	[ "$(wc -l <<<"$output")" -eq 3 ]
	fails 1 "PID" ps "$ID" -o comm
}

@test "ps of an unknown container fails" {
	fails 1 "container does not exist" ps nope
	fails 1 "invalid format: xml (expected one of: table, json, full)" ps --format xml "$ID"
}
