# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# The control of a running container by an ordinary user, who owns the bundle and the state: user 1000 when root runs the tests, else whoever
# does (the lanes of tests/vm/run, where he has subordinate ids and, in some, a delegated cgroup).

setup() {
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

teardown() {
	[ "$(id -u)" -ne 0 ] || ! mountpoint -q /etc/subuid || umount /etc/subuid /etc/subgid
	# What belongs to subordinate ids is theirs to remove.
	[ "$(id -u)" -eq 0 ] || [ -z "${FIRST_ID-}" ] || chmod -R u+rwx "$ROOTFS" 2>/dev/null || true
	test_end
}

@test "the commands that look: ps, stats, inspect, verify, stacks, mounts list, cgroup" {
	args sleep 1000
	user_ok run -d "$ID"
	user_ok ps "$ID"
	says sleep
	user_ok stats --format json "$ID"
	[ "$(jq -r '.[0].running' <<<"$output")" = true ]
	user_ok stats --format openmetrics "$ID"
	user_ok inspect --procs --env --ports --format json "$ID"
	[ "$(jq -r '.id' <<<"$output")" = "$ID" ]
	user_ok verify "$ID"
	user_ok mounts list "$ID"
	says config
	user_ok stacks --user "$ID"
	says "nanosleep("
	# /proc/PID/stack wants CAP_SYS_ADMIN of the first user namespace.
	[ "$(id -u)" -eq 0 ] && [ ! -e /proc/self/stack ] || says "kernel stacks are left out: they need CAP_SYS_ADMIN"
	user_ok kill "$ID" KILL
	user_ok wait "$ID" || true
	user_ok delete "$ID"
	nothing_left
}

@test "a container without a cgroup says so to cgroup, pause and update" {
	is_delegated && skip "this user has a cgroup"
	args sleep 1000
	user_ok run -d "$ID"
	for words in "cgroup get $ID pids.max" "cgroup set $ID pids.max=3" "cgroup path $ID"; do
		as_user $words
		[ "$status" -eq 1 ] || complain "$words"
		says "the container has no cgroup"
	done
	user_ok delete -f "$ID"
}

@test "exec: --pass-fd, --internal-pid-file and --ns" {
	args sleep 1000
	user_ok run -d "$ID"
	echo passed >"$T/passed"
	status=0
	user "$ORLOP" --root "$ROOT" exec --pass-fd 9:5 "$ID" sh -c 'cat <&5' 9<"$T/passed" >"$T/stdout" 2>"$T/stderr" || status=$?
	[ "$status" -eq 0 ] || complain "--pass-fd"
	[ "$(cat "$T/stdout")" = passed ]
	user_ok exec --internal-pid-file "$T/inner" "$ID" true
	[ "$(cat "$T/inner")" -gt 1 ]
	user_ok exec --ns user,mnt,pid "$ID" readlink /proc/self/ns/uts
	is "$(readlink /proc/self/ns/uts)"
	user_ok delete -f "$ID"
}

@test "mounts add and remove: a folder, a tmpfs, and what the kernel refuses" {
	config '.root.readonly = false'
	args sleep 1000
	user mkdir "$T/volume"
	user sh -c 'echo content >"$1/volume/file"' - "$T"
	user_ok run -d "$ID"
	user_ok mounts add "$ID" /data --source "$T/volume" -o ro
	user_ok exec "$ID" cat /data/file
	is content
	user_ok mounts add "$ID" /cache --type tmpfs -o size=1m
	user_ok exec "$ID" touch /cache/x
	user_ok mounts remove "$ID" /cache
	user_ok mounts remove "$ID" /data
	as_user mounts add "$ID" /img --type ext4 --source "$T/volume/file"
	[ "$status" -eq 1 ]
	says "/img"
	user_ok delete -f "$ID"
	nothing_left
}

@test "port-forward reaches the container's own network" {
	namespace network
	config '.root.readonly = false'
	args sh -c 'mkdir -p /tmp/www; echo page >/tmp/www/index.html; httpd -p 80 -h /tmp/www; exec sleep 1000'
	user_ok run -d "$ID"
	listens() { as_user inspect --ports --format json "$ID"; jq -e 'any(.ports[]?; .port == 80)' <<<"$output" >/dev/null; }
	eventually listens
	status=0
	printf 'GET /index.html HTTP/1.0\r\n\r\n' | user timeout 10 "$ORLOP" --root "$ROOT" port-forward "$ID" --stdio 80 \
		>"$T/stdout" 2>"$T/stderr" || status=$?
	[ "$status" -eq 0 ] || complain "port-forward --stdio"
	grep -q page "$T/stdout"
	user_ok delete -f "$ID"
}

@test "--join shares the user namespace and the network of the user's own container" {
	namespace network
	args sleep 1000
	user_ok run -d "$ID"
	args readlink /proc/self/ns/net
	user_ok run --join "$ID:user,net" "$ID-member"
	is "$(readlink "/proc/$(pid_of)/ns/net")"
	user_ok delete -f "$ID"
	# The host's network, which none of them may join: they have it anyhow.
	no_namespace network
	args sleep 1000
	user_ok run -d "$ID"
	args readlink /proc/self/ns/net
	user_ok run --join "$ID:user,net" "$ID-member"
	is "$(readlink /proc/self/ns/net)"
	user_ok delete -f "$ID"
}

@test "run --seccomp-learn writes the profile, and it is enough" {
	args sh -c 'echo one; sleep 0.1'
	user_ok run --seccomp-learn "$T/learned.json" "$ID"
	is one
	config '.linux.seccomp = $s[0]' --slurpfile s "$T/learned.json"
	user_ok run "$ID"
	is one
	user_ok seccomp report "$T/learned.json"
	says execve
}

@test "another user's container is not to be touched" {
	[ "$(id -u)" -eq 0 ] || skip "needs a second user"
	args sleep 1000
	user_ok run -d "$ID"
	chmod 755 "$T" "$ROOT"
	for words in "mounts list $ID" "stacks $ID" "inspect $ID" "mounts add $ID /x --type tmpfs" "cgroup path $ID"; do
		status=0
		setpriv --reuid 1001 --regid 1001 --clear-groups "$ORLOP" --root "$ROOT" $words >"$T/stdout" 2>"$T/stderr" || status=$?
		[ "$status" -eq 1 ] || complain "$words"
		[ -s "$T/stderr" ] || complain "$words: without a word"
	done
	user_ok delete -f "$ID"
}
