# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# A user logged in by ssh: his manager runs, and his shell is in a cgroup outside of it, from where he may move no
# process to the scopes of his manager.

setup() {
	test_begin
	[ "$(id -u)" -eq 0 ] || skip "needs root, to leave the user's cgroups"
	[ -S /run/user/1000/bus ] || skip "no manager of user 1000 here"
	copy_rootfs
	rm config.json
	"$ORLOP" spec --rootless
	config '.process.terminal = false | .root.readonly = false | .linux.cgroupsPath = $p
		| .linux.uidMappings = [{ containerID: 0, hostID: 1000, size: 1 }]
		| .linux.gidMappings = [{ containerID: 0, hostID: 1000, size: 1 }]' --arg p "user.slice:orlop:$ID"
	mkdir -p "$ROOT"
	chown -Rh 1000:1000 "$T"
}

# as_user ENVIRONMENT... -- COMMAND...
as_user() {
	local environment=()

	while [ "$1" != -- ]; do
		environment+=("$1")
		shift
	done
	shift
	setpriv --reuid 1000 --regid 1000 --clear-groups env -i PATH="$PATH" HOME=/ ORLOP_TEST_ID="$ID" "${environment[@]}" "$@"
}

user_orlop() {
	status=0
	as_user "${SESSION[@]}" -- timeout -k 2 "$LIMIT" "$ORLOP" --root "$ROOT" --systemd-cgroup "$@" \
		>"$T/stdout" 2>"$T/stderr" 3>&- 4>&- || status=$?
	output=$(<"$T/stdout")
	errors=$(<"$T/stderr")
	[ "$status" -eq 0 ] || complain "'$*' ends with $status"
}

SESSION=(XDG_RUNTIME_DIR=/run/user/1000 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus)

place_of() {
	sed -n 's/^0:://p' "/proc/$1/cgroup"
}

@test "the container is in a scope of the user's manager, and so is an exec" {
	args sleep 1000
	user_orlop run -d "$ID"
	[[ "$(place_of "$(pid_of)")" == */user@1000.service/user.slice/orlop-"$ID".scope ]] || complain "$(place_of "$(pid_of)")"
	[[ "$(place_of self)" != */user@1000.service/* ]] || skip "this test is below the user's manager itself"
	user_orlop exec "$ID" cat /proc/self/cgroup
	local of_exec=$output
	user_orlop exec "$ID" cat /proc/1/cgroup
	is "$of_exec"
	user_orlop kill "$ID" KILL
	wait_status stopped
	user_orlop delete "$ID"
	[ -z "$(as_user "${SESSION[@]}" -- systemctl --user list-units --all --no-legend "*$ID*")" ]
	nothing_left
}

@test "the user's bus is found without DBUS_SESSION_BUS_ADDRESS, and without XDG_RUNTIME_DIR" {
	args true
	SESSION=(XDG_RUNTIME_DIR=/run/user/1000)
	user_orlop run "$ID"
	SESSION=()
	user_orlop run "$ID"
	nothing_left
}

@test "root of a user namespace, as rootless podman is, with one id" {
	needs_tool newuidmap
	script 'cat /proc/self/cgroup; sleep 1000'
	config 'del(.linux.uidMappings, .linux.gidMappings)
		| .linux.namespaces = [.linux.namespaces[] | select(.type != "user")]'
	as_user "${SESSION[@]}" -- unshare -r -m --propagation private bash -c "
		'$ORLOP' --root '$ROOT' --systemd-cgroup run -d $ID </dev/null >$T/out 2>&1 &&
		'$ORLOP' --root '$ROOT' exec $ID true >>$T/out 2>&1 &&
		sed -n 's/^0:://p' /proc/\$('$ORLOP' --root '$ROOT' state $ID | jq .pid)/cgroup >$T/place
		'$ORLOP' --root '$ROOT' delete -f $ID" 3>&- || { cat "$T/out"; false; }
	grep -q "/user@1000.service/user.slice/orlop-$ID.scope" "$T/place" || { cat "$T/out" "$T/place"; false; }
	nothing_left
}

@test "without a bus the message says what is missing" {
	args true
	SESSION=(XDG_RUNTIME_DIR=/nowhere)
	user_orlop run "$ID" && false
	says "connect to the user's systemd"
	nothing_left
}
