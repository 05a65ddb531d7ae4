# SPDX-License-Identifier: Apache-2.0
# The description of the command line for programs, and what docs/CONTROL.md says.

load ../lib/orlop

DOCS=$BATS_TEST_DIRNAME/../../docs

@test "commands lists every command that help lists" {
	ok --help
	local help
	help=$(sed -n '/^COMMANDS:/,/^GLOBAL/p' <<<"$output" | awk '/^  [a-z]/ { print $1 }' | sort)
	ok commands
	[ "$(awk 'NR > 1 { print $1 }' <<<"$output" | sort)" = "$help" ]
	ok commands --format json
	[ "$(jq -r '.commands[].name' <<<"$output" | sort)" = "$help" ]
}

@test "commands --format json tells verbs, operands, kinds and choices of options" {
	ok commands --format json
	[ "$(jq -c '.commands[] | select(.name == "cgroup") | .verbs' <<<"$output")" = '["get","set","path"]' ]
	[ "$(jq -c '.commands[] | select(.name == "stats").options[] | select(.name == "format") | .choices' <<<"$output")" = \
		'["table","json","openmetrics"]' ]
	[ "$(jq -r '.commands[] | select(.name == "exec").options[] | select(.name == "env") | .repeatable' <<<"$output")" = true ]
	[ "$(jq -r '.commands[] | select(.name == "exec").failureStatus' <<<"$output")" = 255 ]
	[ "$(jq -r '.globalOptions[] | select(.name == "root").kind' <<<"$output")" = string ]
}

@test "each command that docs/CONTROL.md names is there, and each file that proves it" {
	local word known
	ok commands --format json
	known=$(jq -r '.commands[].name' <<<"$output")
	for word in $(sed -n '/^## What each call/,/^## Errors/p' "$DOCS/CONTROL.md" | awk -F'|' 'NF > 3 { print $3 }' |
		grep -o '`[a-z][a-z-]*' | tr -d '`' | sort -u); do
		grep -qx -- "$word" <<<"$known" || { echo "# no command $word"; return 1; }
	done
	for word in $(grep -o '`[a-z_]*\.bats`' "$DOCS/CONTROL.md" | tr -d '`' | sort -u); do
		[ -e "$BATS_TEST_DIRNAME/$word" ] || { echo "# no file $word"; return 1; }
	done
}

# ---- errors of the first half of the table ----

second() { # another container, $ID-second
	config ".linux.cgroupsPath = \"/$ID-second\""
	ok run -d "$ID-second"
}

@test "a pid that is not positive is refused by kill and wait" {
	local pid
	start_sleeper
	for pid in 0 -1 x ''; do
		fails 1 "invalid pid: $pid (expected the number of a process)" kill --pid "$pid" "$ID"
		fails 1 "invalid host-pid: $pid (expected the number of a process)" kill --host-pid "$pid" "$ID"
		fails 1 "invalid pid: $pid (expected the number of a process)" wait --pid "$pid" "$ID"
	done
	has_status running
}

@test "a process of another container is none of this one, for kill and for wait" {
	local other
	start_sleeper
	second
	other=$(pid_of "$ID-second")
	fails 1 "has no process $other (of the host)" kill --host-pid "$other" "$ID" KILL
	has_status running "$ID-second"
	fails 255 "has no process $other (of the host)" wait --host-pid "$other" "$ID"
	fails 1 "has no process 4000000" kill --pid 4000000 "$ID"
}

@test "a pid given together with --all is refused" {
	start_sleeper
	fails 1 "--all, --pid and --host-pid exclude each other" kill --all --pid 1 "$ID" TERM
	fails 1 "--all, --pid and --host-pid exclude each other" kill --all --host-pid "$(pid_of)" "$ID" TERM
	has_status running
}

@test "the foreground process group of a container without a terminal is an error" {
	start_sleeper
	fails 1 "has no terminal" kill --pgid "$ID" INT
}

@test "ps, events, pause and state of a container that is not there, or has stopped" {
	fails 1 "container does not exist" ps "$ID"
	fails 1 "container does not exist" events --stats "$ID"
	fails 1 "container does not exist" pause "$ID"
	fails 1 "container does not exist" resume "$ID"
	fails 1 "container does not exist" state "$ID"
	script 'exit 0'
	ok run -d --keep "$ID"
	wait_status stopped
	ok ps --format json "$ID"
	is "[]"
	fails 1 "is not running" events --stats "$ID"
	fails 1 "container not running: '$ID' is stopped" pause "$ID"
	ok state "$ID"
}
