# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

# Tests of an ordinary user, who owns the bundle and the state: user 1000 when root runs the tests, else whoever does (the
# lanes of tests/vm/run, where he has subordinate ids and, in some, a delegated cgroup). After orlop.bash.

rootless_begin() {
	test_begin
	needs_tool setpriv
	[ "$(cat /proc/sys/user/max_user_namespaces)" -gt 0 ] || skip "no user namespaces here"
	USER_ID=$(id -u)
	[ "$USER_ID" -ne 0 ] || USER_ID=1000
	copy_rootfs
	rm config.json
	mkdir -p "$ROOT"
	[ "$(id -u)" -ne 0 ] || chown -Rh 1000:1000 "$T"
	user_ok spec --rootless
	config '.process.terminal = false'
}

# user COMMAND...: as the ordinary user.
user() {
	if [ "$(id -u)" -eq 0 ]; then
		env -i PATH="$PATH" HOME=/ ORLOP_TEST_ID="$ID" XDG_RUNTIME_DIR="$T" \
			setpriv --reuid 1000 --regid 1000 --clear-groups "$@"
	else
		env ORLOP_TEST_ID="$ID" "$@"
	fi
}

as_user() {
	status=0
	user timeout -k 2 "$LIMIT" "$ORLOP" --root "$ROOT" "$@" >"$T/stdout" 2>"$T/stderr" 3>&- 4>&- || status=$?
	output=$(<"$T/stdout")
	errors=$(<"$T/stderr")
}

user_ok() {
	as_user "$@"
	[ "$status" -eq 0 ] || complain "'$*' ends with $status"
}

is_delegated() {
	local own

	[ "$SUITE_CG" = v2 ] || return 1
	own=$(sed -n 's/^0:://p' /proc/self/cgroup)
	[ "$(id -u)" -ne 0 ] && [ -w "/sys/fs/cgroup${own%/*}" ] && [ -w "/sys/fs/cgroup${own%/*}/cgroup.procs" ]
}

# The ids of /etc/subuid, or ours for user 1000.
subordinate_ids() {
	needs_tool newuidmap
	[ -u "$(command -v newuidmap)" ] || getcap "$(command -v newuidmap)" | grep -q setuid || skip "newuidmap is not set-uid"
	if [ "$(id -u)" -eq 0 ]; then
		echo "1000:200000:1000" >"$T/subid"
		[ -e /etc/subuid ] && [ -e /etc/subgid ] || skip "no /etc/subuid here"
		mount --bind "$T/subid" /etc/subuid
		mount --bind "$T/subid" /etc/subgid
		FIRST_ID=200000
	else
		FIRST_ID=$(awk -F: -v me="$(id -un)" '$1 == me { print $2; exit }' /etc/subuid)
		[ -n "$FIRST_ID" ] || skip "user $(id -un) has no subordinate ids"
	fi
	config '.linux.uidMappings += [{ containerID: 1, hostID: $i, size: 1000 }]
		| .linux.gidMappings += [{ containerID: 1, hostID: $i, size: 1000 }]' --argjson i "$FIRST_ID"
}

rootless_end() {
	[ "$(id -u)" -ne 0 ] || ! mountpoint -q /etc/subuid || umount /etc/subuid /etc/subgid
	# What belongs to subordinate ids is theirs to remove.
	[ "$(id -u)" -eq 0 ] || [ -z "${FIRST_ID-}" ] || chmod -R u+rwx "$ROOTFS" 2>/dev/null || true
	test_end
}
