# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# A container that answers TERM with status 7 and says when it can.
start_polite() {
	script "trap 'exit 7' TERM; echo >/tmp/ready; while :; do sleep 0.05; done"
	ok run -d "$ID"
	eventually exists "$ROOTFS/tmp/ready"
}

@test "stop asks by SIGTERM and tells that it sufficed" {
	start_polite
	ok stop "$ID"
	is "$ID: exited with 7, after SIGTERM"
	has_status stopped
}

@test "stop keeps how it ended for state" {
	start_polite
	ok stop "$ID"
	ok state "$ID"
	[ "$(jq -r '[.exitCode, .exitSignal, .exitReason] | @csv' <<<"$output")" = '7,,"exited"' ]
	jq -r .finished <<<"$output" | grep -q '^20.*Z$'
}

@test "stop does not wait for a pid 1 that cannot get the signal" {
	args sleep 1000
	ok run -d "$ID"
	SECONDS=0
	ok stop --timeout 15 "$ID"
	[ "$SECONDS" -lt 5 ]
	says "was killed by SIGKILL, at once: pid 1 does not take SIGTERM"
}

@test "stop kills what handles the signal and goes on" {
	script "trap : TERM; echo >/tmp/ready; while :; do sleep 0.05; done"
	ok run -d "$ID"
	eventually exists "$ROOTFS/tmp/ready"
	ok stop --timeout 400ms "$ID"
	is "$ID: was killed by SIGKILL, 0.4 s after SIGTERM did not end it"
	eventually no_processes
}

@test "stop takes the signal of --signal and of the image's annotation" {
	script "trap 'exit 3' USR1; trap 'exit 4' INT; echo >/tmp/ready; while :; do sleep 0.05; done"
	config '.annotations = { "org.opencontainers.image.stopSignal": "SIGUSR1" }'
	ok run -d "$ID"
	eventually exists "$ROOTFS/tmp/ready"
	ok stop "$ID"
	is "$ID: exited with 3, after SIGUSR1"
	ok delete "$ID"
	rm "$ROOTFS/tmp/ready"
	ok run -d "$ID"
	eventually exists "$ROOTFS/tmp/ready"
	ok stop --signal int --format json "$ID"
	[ "$(jq -r '[.exitCode, .by] | @csv' <<<"$output")" = '4,"after SIGINT"' ]
}

@test "stop refuses unknown signals and times" {
	start_polite
	fails 1 "unknown signal" stop --signal FOO "$ID"
	fails 1 "invalid timeout" stop --timeout soon "$ID"
	has_status running
}

@test "stop ends a paused container" {
	start_polite
	ok pause "$ID"
	ok stop "$ID"
	is "$ID: exited with 7, after SIGTERM"
}

@test "stop ends a paused container that does not take the signal" {
	args sleep 1000
	ok run -d "$ID"
	ok pause "$ID"
	ok stop "$ID"
	says "was killed by SIGKILL"
	has_status stopped
}

@test "stop ends every process when the container has no pid namespace of its own" {
	no_namespace pid
	script 'sleep 1001 & sleep 1002 & echo >/tmp/ready; sleep 1003'
	ok run -d "$ID"
	eventually exists "$ROOTFS/tmp/ready"
	ok stop "$ID"
	says "was killed by SIGTERM, after SIGTERM"
	eventually no_processes
}

@test "stop of a created container ends it" {
	ok create "$ID"
	ok stop "$ID"
	has_status stopped
}

@test "stop of a stopped container is no error" {
	start_polite
	ok stop "$ID"
	ok stop "$ID"
	is "$ID: exited with 7, had stopped before"
	fails 1 "container does not exist" stop nope
}

@test "an end by our SIGKILL is not laid to memory that another process of the container has wanted before" {
	needs_controller memory
	config '.linux.resources.memory = { limit: 33554432, swap: 33554432 }'
	script 'sh -c "yes | head -c 300000000 | tail -c 200000000 >/dev/null"; echo over >/tmp/over; sleep 1000'
	ok run -d "$ID"
	eventually [ -e "$ROOTFS/tmp/over" ]
	[ "$(orlop stats --format json "$ID" | jq -r '.. | .oomKills? // empty' | head -1)" -ge 1 ] ||
		skip "tail did not run out of memory"
	ok stop --timeout 0s --format json "$ID"
	[ "$(jq -r '[.exitSignal, .exitReason] | @csv' <<<"$output")" = '9,"signal"' ] || { echo "$output"; false; }
}
