# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop
load ../lib/rootless

# The control of a running container by an ordinary user (tests/lib/rootless.bash).

setup() {
	rootless_begin
}

teardown() {
	rootless_end
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
