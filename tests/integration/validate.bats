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
	says "/process/cwd: expected an absolute path, found string 'tmp'"
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

@test "validate of a bundle without a config says so, and exits with 2: nothing is known of it" {
	rm config.json
	validate
	[ "$status" -eq 2 ]
	[[ "$output" == *config.json* ]]
	validate "$T/nowhere"
	[ "$status" -eq 2 ]
}

# problem JQ TEXT: with this change there is one error, and it says so.
problem() {
	cp config.json "$T/good.json"
	config "$1"
	validate
	[ "$status" -eq 1 ] || complain "$1: $output"
	[[ "$output" == *"$2"* ]] || complain "$1: $output"
	[[ "$output" == *"config.json: 1 error"* ]] || complain "$1: $output"
	cp "$T/good.json" config.json
}

@test "a near miss of what a config needs is an error, also where create must ignore it" {
	problem '.procces = .process | del(.process)' "unknown property 'procces' is ignored, and there is no 'process'; did you mean 'process'?"
	problem '.Linux = .linux | del(.linux, .hostname)' "did you mean 'linux'?"
	problem '.mount = .mounts | del(.mounts)' "did you mean 'mounts'?"
	config '.procces = .process | .mount = []'
	validate
	[ "$status" -eq 0 ]
}

@test "a program that is not there, cannot be executed, or needs what is not there" {
	problem '.process.args = ["nothere"]' "/process/args: program 'nothere': executable file not found in \$PATH [host]"
	problem '.process.args = ["/bin/nothere"]' "program '/bin/nothere': no such file or directory"
	problem '.process.args = ["nothere/x"] | .process.cwd = "/bin"' "program '/bin/nothere/x': no such file or directory"
	problem '.process.args = ["/etc"]' "program '/etc' is a directory"
	printf 'x' >"$ROOTFS/plain"
	problem '.process.args = ["/plain"]' "program '/plain': permission denied: it has no execute bit"
	chmod 755 "$ROOTFS/plain"
	if [ ! -e /proc/sys/fs/binfmt_misc/register ] || [ "$(ls /proc/sys/fs/binfmt_misc | wc -l)" -le 2 ]; then
		problem '.process.args = ["/plain"]' "program '/plain' is neither an ELF file nor a script ('#!')"
		cp "$ROOTFS/bin/busybox" "$ROOTFS/other"
		printf '\xf7\0' | dd of="$ROOTFS/other" bs=1 seek=18 conv=notrunc status=none
		problem '.process.args = ["/other"]' "program '/other' is for another architecture, and this host is not"
	fi
	printf '#! /usr/bin/nopython -u\n' >"$ROOTFS/script"
	chmod 755 "$ROOTFS/script"
	problem '.process.args = ["/script"]' "the first line of '/script' names the interpreter '/usr/bin/nopython': no such file or directory"
	printf '#!/bin/sh\r\necho\r\n' >"$ROOTFS/script"
	problem '.process.args = ["/script"]' "the first line of '/script' ends in CR LF: there is no interpreter '/bin/sh\\r'"
	printf '#!/plain\n' >"$ROOTFS/script"
	printf '#!/nothere\n' >"$ROOTFS/plain"
	problem '.process.args = ["/script"]' "the first line of '/plain' names the interpreter '/nothere': no such file or directory"
	printf '#!/bin/sh\n' >"$ROOTFS/plain"
	config '.process.args = ["/script"]'
	validate
	[ "$status" -eq 0 ]
}

@test "a dynamic program whose loader is not in the image" {
	loader=$(LC_ALL=C readelf -l /bin/ls 2>/dev/null | sed -n 's/.*interpreter: \(.*\)\]/\1/p')
	[ -n "$loader" ] || skip "no readelf, or /bin/ls is static"
	[ ! -e "$ROOTFS$loader" ] || skip "the image has $loader"
	cp /bin/ls "$ROOTFS/dynamic"
	problem '.process.args = ["/dynamic"]' "program '/dynamic' needs the loader '$loader': no such file or directory"
}

@test "a program that a mount may bring is not looked for" {
	config '.process.args = ["/opt/tool"] | .mounts += [{ destination: "/opt", type: "tmpfs", source: "tmpfs" }]'
	validate
	[ "$status" -eq 0 ]
	ln -s /opt/tool "$ROOTFS/bin/tool"
	config '.process.args = ["/bin/tool"]'
	validate
	[ "$status" -eq 0 ]
}

@test "a file on a directory, a directory on a file" {
	echo x >"$T/file"
	problem ".mounts += [{ destination: \"/etc\", type: \"bind\", source: \"$T/file\", options: [\"bind\"] }]" \
		"/destination: '/etc' is a directory of the root filesystem, and '$T/file' is none"
	problem ".mounts += [{ destination: \"/bin/busybox\", type: \"bind\", source: \"$T\", options: [\"bind\"] }]" \
		"'/bin/busybox' is not a directory in the root filesystem, and what is mounted there is one"
	problem '.mounts += [{ destination: "/bin/busybox", type: "tmpfs", source: "tmpfs" }]' "'/bin/busybox' is not a directory"
}

@test "a seccomp profile without execve, and a parameter that this kernel has not" {
	problem '.linux.seccomp = { defaultAction: "SCMP_ACT_ERRNO", syscalls: [{ names: ["exit_group", "write"], action: "SCMP_ACT_ALLOW" }] }' \
		"/linux/seccomp/syscalls: the profile does not allow 'execve'"
	problem '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["execve"], action: "SCMP_ACT_KILL" }] }' \
		"the profile does not allow 'execve'"
	problem '.linux.sysctl = { "net.ipv4.no_such_thing": "1" }' \
		"/linux/sysctl/net.ipv4.no_such_thing: this kernel has no parameter 'net/ipv4/no_such_thing'"
	config '.linux.sysctl = { "net.ipv4.conf.eth0/7.forwarding": "1" }
		| .linux.seccomp = { defaultAction: "SCMP_ACT_ERRNO", syscalls: [{ names: ["execve"], action: "SCMP_ACT_ALLOW" }] }'
	validate
	[ "$status" -eq 0 ]
}

@test "complete says whether all was looked at" {
	validate --format json
	[ "$(jq .complete <<<"$output")" = true ]
	config '.hostname = 5'
	validate --format json
	[ "$(jq .complete <<<"$output")" = true ]
	jq -c '.process.args = [range(1500)]' config.json >"$T/many.json"
	validate --format json "$T/many.json"
	[ "$(jq .complete <<<"$output")" = false ]
	echo '{' >"$T/broken.json"
	validate --format json "$T/broken.json"
	[ "$status" -eq 1 ]
	[ "$(jq -c '[.valid, .complete]' <<<"$output")" = '[false,false]' ]
}

@test "validate and create agree: on each faulty config of the corpus, on good ones, and on each member changed" {
	run "$BATS_TEST_DIRNAME/../validate/agree" "$ORLOP" "$ROOT" "$BUNDLE" "$ID" "$LIB/config.json" \
		"$BATS_TEST_DIRNAME"/../golden/*.json
	[ "$status" -eq 0 ] || complain "$output"
}

@test "validate takes the bundle as --bundle too, as other commands do, but not both" {
	ok validate --bundle "$BUNDLE"
	says "no problems found"
	fails 1 "two configs are named" validate --bundle "$BUNDLE" "$BUNDLE"
}
