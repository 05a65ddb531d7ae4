# SPDX-License-Identifier: Apache-2.0
# How the release binary is built, read from itself. A build with sanitizers is skipped.
load ../lib/orlop

setup() {
	command -v readelf >/dev/null || skip "no readelf"
	HEADERS=$(readelf -W -h -l -d -n "$ORLOP" 2>/dev/null)
	[[ "$(readelf -W -d "$ORLOP" 2>/dev/null)" != *libasan* ]] || skip "a build with sanitizers"
}

teardown() {
	:
}

has() {
	grep -Eq "$1" <<<"$HEADERS"
}

@test "the binary is position independent" {
	has 'Type: +DYN'
}

@test "what the loader writes is read-only afterwards (full RELRO)" {
	has 'GNU_RELRO'
	has 'BIND_NOW|Flags:.*NOW'
}

@test "no stack and no segment is writable and executable" {
	has 'GNU_STACK.* RW '
	refute has 'LOAD.* RWE '
}

@test "no library is looked for where others may write" {
	refute has 'RPATH|RUNPATH'
}

@test "the binary has no setuid bit and no file capability" {
	[ ! -u "$ORLOP" ] && [ ! -g "$ORLOP" ]
	[ -z "$(getcap "$ORLOP" 2>/dev/null)" ]
}

@test "indirect jumps land on marks (CET), where every object of the link has them" {
	[ "$(uname -m)" = x86_64 ] || skip "x86 only"
	has 'x86 feature:.*IBT' || skip "an object of the link (a library's) has no CET note"
	has 'x86 feature:.*SHSTK'
}

@test "functions with buffers guard their return address, and know the sizes they copy to (stack protector, FORTIFY)" {
	needs_tool objdump
	# The guard is loaded from the thread's block: on x86_64 %fs:0x28.
	[ "$(uname -m)" != x86_64 ] || [ "$(objdump -d "$ORLOP" | grep -c '%fs:0x28')" -gt 200 ]
	# glibc says so when a check fails; with musl the checks are ours (base/fortify.c) and end in abort(3).
	! strings -n 8 "$ORLOP" | grep -q 'stack smashing detected' || strings -n 8 "$ORLOP" | grep -q 'buffer overflow detected'
}
