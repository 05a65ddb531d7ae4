# SPDX-License-Identifier: Apache-2.0
# exec with descriptors under other numbers, the container's own number of the process, and only some namespaces.

load ../lib/orlop

@test "exec --pass-fd passes a descriptor under another number" {
	start_sleeper
	echo content >"$T/file"
	run_orlop exec --pass-fd 9:5 "$ID" cat /proc/self/fd/5 9<"$T/file"
	[ "$status" -eq 0 ] || complain "exec --pass-fd"
	is content
}

@test "exec --pass-fd swaps two, and passes no others" {
	start_sleeper
	echo five >"$T/five"
	echo six >"$T/six"
	run_orlop exec --pass-fd 5:6 --pass-fd 6:5 "$ID" sh -c 'cat <&5; cat <&6; [ -e /proc/self/fd/7 ] || echo closed' \
		5<"$T/five" 6<"$T/six" 7</dev/null
	[ "$status" -eq 0 ] || complain "exec --pass-fd"
	is "six
five
closed"
}

@test "exec --pass-fd goes with --preserve-fds, and M alone is M:M" {
	start_sleeper
	echo three >"$T/three"
	echo nine >"$T/nine"
	status=0
	"$ORLOP" --root "$ROOT" exec --preserve-fds 1 --pass-fd 9 "$ID" sh -c 'cat <&3; cat <&9' 3<"$T/three" 9<"$T/nine" >"$T/stdout" 2>"$T/stderr" || status=$?
	[ "$status" -eq 0 ] || complain "exec --pass-fd"
	[ "$(cat "$T/stdout")" = "three
nine" ]
}

@test "exec --pass-fd refuses what is not open, no number, or given twice" {
	start_sleeper
	fails 255 "descriptor 77 is not open" exec --pass-fd 77:5 "$ID" true
	fails 255 "expected M:N" exec --pass-fd a:5 "$ID" true
	fails 255 "expected M:N" exec --pass-fd 0: "$ID" true
	fails 255 "expected M:N" exec --pass-fd 0:5000 "$ID" true
	fails 255 "number 5 is given twice" exec --pass-fd 0:5 --pass-fd 1:5 "$ID" true
}

@test "exec --internal-pid-file has the number that the process has in the container" {
	start_sleeper
	ok exec --internal-pid-file "$T/inside" --pid-file "$T/outside" "$ID" sh -c 'echo $$'
	is "$(cat "$T/inside")"
	[ "$(cat "$T/inside")" != "$(cat "$T/outside")" ]
}

@test "exec --ns enters only those namespaces" {
	start_sleeper
	nsenter -t "$(pid_of)" -u hostname in-the-container
	ok exec --ns mnt,uts,pid "$ID" sh -c 'hostname; readlink /proc/self/ns/net; readlink /proc/self/ns/mnt'
	is "in-the-container
net:[$(stat -L -c %i /proc/self/ns/net)]
mnt:[$(stat -L -c %i "/proc/$(pid_of)/ns/mnt")]"
	ok exec --ns network,mount,pid "$ID" sh -c 'readlink /proc/self/ns/net; readlink /proc/self/ns/uts'
	is "net:[$(stat -L -c %i "/proc/$(pid_of)/ns/net")]
uts:[$(stat -L -c %i /proc/self/ns/uts)]"
}

@test "exec --ns refuses a name that is none" {
	start_sleeper
	fails 255 "'frob' is no namespace" exec --ns frob "$ID" true
	fails 255 "is no namespace" exec --ns , "$ID" true
}
