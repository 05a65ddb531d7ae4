# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

# What tests of checkpoint and restore share; after orlop.bash and criu.bash. $I has the images, $W CRIU's logs.

checkpoint_begin() {
	test_begin
	needs_criu
	I=$T/images
	W=$T/work
}

# A loop that counts in /tmp/n: whoever restores it goes on where it was.
counter() {
	script 'i=0; while :; do i=$((i + 1)); echo $i >/tmp/new; mv /tmp/new /tmp/n; sleep 0.05; done'
}

# detached CONFIG-OF-THE-TEST: no stream of ours is the container's.
detached() {
	orlop run -d "$ID" </dev/null >/dev/null 2>&1
	wait_status running
}

checkpoint() { # [OPTION...] with images in $I
	status=0
	orlop checkpoint --image-path "$I" --work-path "$W" "$@" "$ID" </dev/null >"$T/stdout" 2>"$T/stderr" || status=$?
	output=$(<"$T/stdout")
	errors=$(<"$T/stderr")
	[ "$status" -eq 0 ] || { complain "checkpoint ends with $status"; grep -h Error "$W/dump.log"; return 1; }
}

restore() { # [OPTION...]
	status=0
	orlop restore -d --image-path "$I" --work-path "$W" "$@" "$ID" </dev/null >"$T/stdout" 2>"$T/stderr" || status=$?
	output=$(<"$T/stdout")
	errors=$(<"$T/stderr")
	[ "$status" -eq 0 ] || { complain "restore ends with $status"; grep -h Error "$W/restore.log"; return 1; }
}

count() {
	cat "$ROOTFS/tmp/n"
}

counts_beyond() {
	[ "$(count)" -gt "$1" ]
}

counts() {
	eventually counts_beyond "$(count)"
}
