# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# A kernel that enforces AppArmor.

setup() {
	test_begin
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] || skip "no AppArmor in this kernel"
	needs_tool apparmor_parser
	cat >"$T/profile" <<-'PROFILE'
	profile orlop-test flags=(attach_disconnected,mediate_deleted) {
		file,
		capability,
		signal,
		deny /tmp/secret rw,
	}
	profile orlop-other flags=(attach_disconnected,mediate_deleted) {
		file,
		capability,
		signal,
		deny /tmp/other rw,
	}
	PROFILE
	apparmor_parser -r -K "$T/profile" || skip "the profile does not load"
	echo text >"$ROOTFS/tmp/secret"
	echo text >"$ROOTFS/tmp/other"
}

@test "P13 the process runs under its profile, and is denied what that denies" {
	config '.process.apparmorProfile = "orlop-test"'
	run_script 'cat /proc/self/attr/current; cat /tmp/other; cat /tmp/secret || echo denied'
	says "orlop-test (enforce)"
	says "text"
	says "denied"
	[[ "$errors" == *"Permission denied"* ]]
}

@test "P13 without a profile it is unconfined" {
	run_script 'cat /proc/self/attr/current; cat /tmp/secret'
	says unconfined
	says text
}

@test "P13 an exec has the container's profile, or its own" {
	config '.process.apparmorProfile = "orlop-test"'
	start_sleeper
	ok exec "$ID" cat /proc/self/attr/current
	says "orlop-test (enforce)"
	run_orlop exec "$ID" cat /tmp/secret
	[ "$status" -eq 1 ]
	ok exec --apparmor orlop-other "$ID" cat /proc/self/attr/current
	says "orlop-other (enforce)"
	ok exec --apparmor orlop-other "$ID" cat /tmp/secret
	run_orlop exec --apparmor orlop-other "$ID" cat /tmp/other
	[ "$status" -eq 1 ]
}

@test "with no new privileges and seccomp as well" {
	config '.process.apparmorProfile = "orlop-test" | .process.noNewPrivileges = true
		| .linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" }] }'
	run_script 'cat /proc/self/attr/current; mkdir /tmp/d || echo refused; cat /tmp/secret || echo denied'
	says "orlop-test (enforce)"
	says refused
	says denied
}

@test "in a user namespace" {
	config '.process.apparmorProfile = "orlop-test"'
	user_namespace
	echo text >"$ROOTFS/tmp/secret"
	run_script 'cat /proc/self/attr/current; cat /tmp/secret || echo denied'
	says "orlop-test (enforce)"
	says denied
}

@test "P13 a profile that is not loaded is an error with its name" {
	config '.process.apparmorProfile = "orlop-none"'
	refused run "$ID"
	says orlop-none
	nothing_left
}

@test "features says so" {
	ok features
	jq -e '.linux.apparmor.enabled' <<<"$output" >/dev/null
}
