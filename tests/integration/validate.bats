# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# `validate` as it is called; what it says of which config is tests/validate's matter.

validate() {
	run "$ORLOP" validate "$@"
}

@test "validate accepts what create accepts" {
	validate "$BUNDLE"
	[ "$status" -eq 0 ]
	validate "$BUNDLE/config.json"
	[ "$status" -eq 0 ]
	validate
	[ "$status" -eq 0 ]
	validate - <config.json
	[ "$status" -eq 0 ]
	ok create "$ID"
}

@test "validate lists every problem with its line and column, in the order of the file" {
	config '.process.cwd = "tmp" | .hostname = 5 | .linux.resources.memory.limit = "10m"'
	validate --spec-only
	[ "$status" -eq 1 ]
	[ "$(grep -c ' error: ' <<<"$output")" -eq 3 ]
	grep -Eq "^config.json:[0-9]+:[0-9]+: error: /linux/resources/memory/limit: .* did you mean 10485760\?" <<<"$output"
	sort -t: -k2n -c <(grep ' error: ' <<<"$output")
	refused create "$ID"
	nothing_left
}

@test "validate tells what this host lacks from what the specification forbids" {
	config '.root.path = "nonexistent" | .process.cwd = "tmp"'
	validate --format json
	[ "$status" -eq 1 ]
	[ "$(jq -r '.problems[] | select(.pointer == "/root/path").source' <<<"$output")" = host ]
	[ "$(jq -r '.problems[] | select(.pointer == "/process/cwd").source' <<<"$output")" = spec ]
	[ "$(jq .errors <<<"$output")" -eq 2 ]
	validate --format json --spec-only
	[ "$(jq .errors <<<"$output")" -eq 1 ]
}

@test "validate does not print control characters of a config" {
	config '.hostname = ("a\u001b[31m" + ("b" * 64))'
	validate --spec-only
	[ "$status" -eq 1 ]
	[[ "$output" != *$'\e'* ]]
}

@test "validate of a bundle without a config says so" {
	rm config.json
	validate
	[ "$status" -eq 1 ]
	[[ "$output" == *config.json* ]]
}
