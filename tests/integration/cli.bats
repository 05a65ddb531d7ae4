# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

@test "--version prints the name, the commit and the spec that is implemented" {
	ok --version
	[[ "${output%%$'\n'*}" =~ ^[a-z]+\ version\ [0-9] ]]
	[[ "$output" == *$'\n'commit:* ]]
	[[ "$output" =~ spec:\ 1\.[0-9]+\.[0-9]+ ]]
	[[ "$output" =~ libseccomp:\ [0-9] ]]
	ok -v
}

@test "--help names every command" {
	ok --help
	for c in create start state list ps kill delete exec run pause resume spec features; do
		says "$c"
	done
	ok -h
}

@test "help has runc's headings" {
	ok --help
	[[ "$output" == $'NAME:\n   orlop - '*$'\n\nUSAGE:\n   orlop '*$'\n\nCOMMANDS:\n'*$'\n\nGLOBAL OPTIONS:\n'* ]]
	ok create --help
	[[ "$output" == $'NAME:\n   orlop create - '*$'\n\nUSAGE:\n   orlop '*$'\n\nOPTIONS:\n'* ]]
}

@test "each command has a --help that ends well" {
	for c in create start state list ps kill delete exec run pause resume spec features; do
		ok "$c" --help
		says "$c"
	done
}

@test "an unknown command ends with 3" {
	run_orlop frobnicate
	[ "$status" -eq 3 ]
	says "No help topic for 'frobnicate'"
	[ -z "$output" ]
}

@test "a mistyped command is answered by the one that is meant, a habit by what does it here" {
	fails 3 "No help topic for 'delte', did you mean 'delete'" delte x
	fails 3 "No help topic for 'rm': 'orlop delete ID' does it" rm x
	fails 3 "No help topic for 'logs': orlop keeps no output" logs x
	fails 3 "No help topic for 'top': 'orlop ps ID' does it" top x
}

@test "kill -9, kill -KILL and kill -s KILL send that signal" {
	for form in "-9" "-KILL" "-s KILL" "--signal SIGKILL"; do
		start_sleeper
		# shellcheck disable=SC2086
		ok kill $form "$ID"
		wait_status stopped
		ok delete "$ID"
	done
	fails 1 "two signals are named: 'TERM' and 'KILL'" kill -TERM "$ID" KILL
	fails 1 "unknown option '-99'" kill -99 "$ID"
}

@test "exec -it is exec -t, run --rm is run" {
	start_sleeper
	ok exec -i "$ID" echo inside
	[ "$output" = inside ]
	ok kill "$ID" KILL
	wait_status stopped
	ok delete "$ID"
	args true
	ok run --rm "$ID"
	nothing_left
	fails 1 "'orlop delete' does it later" run --rm --keep "$ID"
	fails 1 "'orlop delete' does it later" run --rm -d "$ID"
}

@test "an unknown option is one line on stderr that says how the command is called" {
	fails 1 "unknown option '--frobnicate'; usage: orlop create [options] ID; 'orlop create --help' explains it" \
		create --frobnicate "$ID"
	[ -z "$output" ]
	[ "$(wc -l <<<"$errors")" -eq 1 ]
	fails 1 "unknown option '--frobnicate'; 'orlop --help' names all" --frobnicate
}

@test "a wrong count of arguments is one line on stderr that says how the command is called" {
	for c in create start state delete pause resume run; do
		fails 1 "requires exactly 1 argument(s); usage: orlop $c" "$c"
		[ -z "$output" ]
		fails 1 "requires exactly 1 argument" "$c" a b
	done
	fails 1 "requires a minimum of 1 argument" kill
	fails 1 "requires exactly 0 argument" features extra
	fails 1 "requires a minimum of 1 argument" ps
}

@test "an id that is missing or taken is named with where it was looked for" {
	fails 1 "container does not exist: 'nope' is not in '$ROOT'" state nope
	fails 1 "container does not exist: 'nope' is not in '$T/none'" --root "$T/none" kill nope
	start_sleeper
	fails 1 "container with given ID already exists: '$ID' is in '$ROOT'" create "$ID"
}

@test "an unknown log format is refused" {
	fails 1 "xml" --log-format xml list
}

@test "an error is one line of text on stderr with time, level and msg" {
	fails 1 "container does not exist" state nope
	[[ "$errors" =~ ^time=\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[^\"]+\"\ level=error\ msg=\".*\"$ ]]
	[ -z "$output" ]
}

@test "with --log the line goes to the file and the bare message to stderr" {
	fails 1 "container does not exist" --log "$T/log" state nope
	[[ "$errors" != *level=* ]]
	file_says "$T/log" 'level=error msg=.*container does not exist'
}

@test "the JSON log holds one object a line with level, msg and an RFC 3339 time" {
	fails 1 "" --log "$T/log" --log-format json state nope
	fails 1 "" --log "$T/log" --log-format json state nope2
	[ "$(wc -l <"$T/log")" -eq 2 ]
	[ "$(jq -s 'all(.level == "error" and (.msg | type == "string")
		and (.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)$")))' "$T/log")" = true ]
}

@test "a failure in the JSON log has its phase, place, errno and code beside the message" {
	config '.mounts += [{ destination: "/x", type: "bind", source: "/no/such/source", options: ["bind"] }]'
	fails 1 "" --log "$T/log" --log-format json run "$ID"
	last=$(tail -n 1 "$T/log")
	[ "$(jq -r '[.phase, .pointer, .errno, .code] | join(" ")' <<<"$last")" = \
		"run /mounts/$(($(jq '.mounts | length' "$BUNDLE/config.json") - 1))/source 2 ENOENT" ]
	[ "$(jq -r '.path | endswith("config.json")' <<<"$last")" = true ]
	[ "$(jq '.line > 1' <<<"$last")" = true ]
	fails 1 "" --log "$T/log" --log-format json state nope
	[ "$(tail -n 1 "$T/log" | jq -c 'del(.msg, .time, .level)')" = '{"phase":"state","errno":2,"code":"ENOENT"}' ]
}

@test "--debug logs only JSON objects to a JSON log" {
	ok --debug --log "$T/log" --log-format json run "$ID"
	[ -s "$T/log" ]
	jq -e . "$T/log" >/dev/null
	[ "$(jq -r .level "$T/log" | sort -u)" != error ]
}

@test "options take =, a space, one dash or two, and may follow the id" {
	ok "-log=$T/log" create "$ID" -bundle="$BUNDLE" -pid-file "$T/pid"
	[ "$(<"$T/pid")" = "$(pid_of)" ]
	ok delete "$ID" --force
}

@test "a success prints nothing on stderr" {
	start_sleeper
	for c in state pause resume list; do
		if [ "$c" = list ]; then ok list; else ok "$c" "$ID"; fi
		[ -z "$errors" ]
	done
	ok ps --format json "$ID"
	[ -z "$errors" ]
	ok kill "$ID" KILL
	[ -z "$output$errors" ]
	wait_status stopped
	ok delete "$ID"
	[ -z "$output$errors" ]
}

@test "--root / is refused" {
	status=0
	"$ORLOP" --root / state x >"$T/stdout" 2>"$T/stderr" || status=$?
	[ "$status" -eq 1 ]
}

@test "--root may be relative to the caller" {
	cd "$T"
	status=0
	"$ORLOP" --root root2 create --bundle "$BUNDLE" "$ID" >"$T/stdout" 2>"$T/stderr" || status=$?
	[ "$status" -eq 0 ]
	[ -d "$T/root2/$ID" ]
	"$ORLOP" --root "$T/root2" delete -f "$ID"
}

@test "an option with an empty value is one that is not given" {
	ok --log "" run --bundle "" --pid-file "" --console-socket= "$ID"
	start_sleeper
	ok exec --cwd "" --user "" --apparmor "" "$ID" pwd
	is /
}
