# SPDX-License-Identifier: Apache-2.0
# Containers that share namespaces: create and run with --join.

load ../lib/orlop

# member OPTION...: a second container, $ID-member.
member() {
	config ".linux.cgroupsPath = \"/$ID-member\""
	run_orlop run -d "$@" "$ID-member"
}

inode() { # ID TYPE
	stat -L -c %i "/proc/$(pid_of "$1")/ns/$2"
}

shares() { # TYPE...
	local t
	for t; do
		[ "$(inode "$ID" "$t")" = "$(inode "$ID-member" "$t")" ] || { echo "# $t is not shared"; return 1; }
	done
}

@test "--join shares network, ipc and uts, and nothing else" {
	start_sleeper
	member --join "$ID"
	[ "$status" -eq 0 ] || complain "run --join"
	shares net ipc uts
	refute shares mnt
	refute shares pid
}

@test "--join takes names of namespaces, as the config has them and as /proc has" {
	start_sleeper
	member --join "$ID:network,pid"
	[ "$status" -eq 0 ] || complain "run --join"
	shares net pid
	refute shares ipc
}

@test "a member of another's pid namespace sees its processes" {
	start_sleeper 'exec sleep 1234'
	member --join "$ID:pid"
	[ "$status" -eq 0 ] || complain "run --join"
	orlop exec "$ID-member" ps | grep -q 'sleep 1234'
}

@test "namespaces of two containers can be joined, and none twice" {
	start_sleeper
	config ".linux.cgroupsPath = \"/$ID-b\""
	ok run -d "$ID-b"
	member --join "$ID:net" --join "$ID-b:ipc"
	[ "$status" -eq 0 ] || complain "run --join"
	shares net
	[ "$(inode "$ID-b" ipc)" = "$(inode "$ID-member" ipc)" ]
	fails 1 "the namespace 'network' is joined twice" create --join "$ID:net" --join "$ID-b:net" "$ID-c"
}

@test "exec enters what was joined, whatever the config in the bundle says" {
	no_namespace ipc
	namespace ipc
	start_sleeper
	no_namespace ipc
	member --join "$ID:ipc"
	[ "$status" -eq 0 ] || complain "run --join"
	[ "$(orlop exec "$ID-member" readlink /proc/self/ns/ipc)" = "ipc:[$(inode "$ID" ipc)]" ]
}

@test "state says with whom each namespace is shared, and inspect" {
	start_sleeper
	member --join "$ID"
	[ "$status" -eq 0 ] || complain "run --join"
	ok state "$ID-member"
	[ "$(jq -c .sharedNamespaces <<<"$output")" = "{\"network\":\"$ID\",\"ipc\":\"$ID\",\"uts\":\"$ID\"}" ]
	ok state "$ID"
	[ "$(jq 'has("sharedNamespaces")' <<<"$output")" = false ]
	ok inspect --format json "$ID"
	[ "$(jq -c .namespaces.net.sharedWith <<<"$output")" = "[\"$ID-member\"]" ]
	ok verify "$ID-member"
}

@test "delete of a member leaves the others" {
	start_sleeper
	member --join "$ID"
	[ "$status" -eq 0 ] || complain "run --join"
	ok delete -f "$ID-member"
	has_status running
	ok exec "$ID" true
}

@test "create and start with --join, as a runtime is called" {
	start_sleeper
	config ".linux.cgroupsPath = \"/$ID-member\""
	ok create --join "$ID" "$ID-member"
	shares net
	ok start "$ID-member"
	shares net
}

@test "a container that is stopped, or not there, cannot be joined; nor can one join itself" {
	fails 1 "--join '$ID': container does not exist" create --join "$ID" "$ID-member"
	fails 1 "cannot join itself" create --join "$ID" "$ID"
	script 'exit 0'
	ok run -d --keep "$ID"
	wait_status stopped
	fails 1 "--join: container '$ID' is not running" create --join "$ID" "$ID-member"
	fails 1 "'frob' is no namespace" create --join "$ID:frob" "$ID-member"
	fails 1 "expected names of namespaces" create --join "$ID:" "$ID-member"
	ok delete "$ID"
	nothing_left
}

@test "a member joins the user namespace of a container, with its mappings" {
	user_namespace
	start_sleeper
	member --join "$ID:user,net"
	[ "$status" -eq 0 ] || complain "run --join"
	shares user net
	[ "$(cat "/proc/$(pid_of "$ID-member")/uid_map" | awk '{ print $2 }')" = 100000 ]
}
