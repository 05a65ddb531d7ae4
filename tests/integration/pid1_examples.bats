# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

@test "the examples of docs/PID1.md do what it says" {
	cp -a "$BUNDLE/config.json" "$T/config.json"
	PRELUDE="
		load() { . '$LIB/orlop.bash'; }
		load
		ID=$ID T=$T ROOT=$ROOT BUNDLE=$BUNDLE ROOTFS=$ROOTFS ORLOP=$ORLOP
		boot_right() { config '.process.capabilities |= map_values(. + [\"CAP_SYS_BOOT\"])'; }
		cd '$BUNDLE'" \
		run timeout 120 $PYTHON "$LIB/doc_examples.py" "$LIB/../../docs/PID1.md"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ "$output" =~ ([0-9]+)\ examples ]]
	[ "${BASH_REMATCH[1]}" -ge 25 ]
}
