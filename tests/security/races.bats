# SPDX-License-Identifier: Apache-2.0
# Attackers that run while the runtime works. RACE_SECONDS (2) each: for hours, set more.
load ../lib/orlop

HERE=$BATS_TEST_DIRNAME
SECONDS_EACH=${RACE_SECONDS:-2}

compile() {
	cc -static -O1 -o "$T/$1" "$HERE/$1.c" 2>/dev/null || skip "no static C compiler"
}

decoy() {
	mkdir -p "$T/decoy"
	touch "$T/decoy/ptmx" "$T/decoy/null" "$T/decoy/console"
	find "$T/decoy" -printf '%P %y %m %l %i\n' | sort >"$T/decoy.before"
}

decoy_untouched() {
	find "$T/decoy" -printf '%P %y %m %l %i\n' | sort | diff "$T/decoy.before" -
}

for_a_while() {
	local end=$((SECONDS + SECONDS_EACH))

	RUNS=0
	while [ "$SECONDS" -lt "$end" ]; do
		"$@" || return 1
		RUNS=$((RUNS + 1))
	done
	echo "# $RUNS runs" >&3
}

@test "CVE-2021-30465 mount targets exchanged for links out of the rootfs, while containers are made" {
	one() {
		run_orlop run "$ID"
		[ "$status" -lt 124 ] || complain "hangs"
		[ "$status" -eq 0 ] || run_orlop delete -f "$ID"
		decoy_untouched
	}
	compile swap
	decoy
	copy_rootfs
	mkdir -p "$ROOTFS/vol/a/b/c"
	ln -s "$T/decoy" "$ROOTFS/vol/link"
	mkdir -p "$ROOTFS/vol2"
	ln -s "../../../../../../../..$T/decoy" "$ROOTFS/link2"
	mount_entry /vol/a/b/c/new tmpfs tmpfs
	mount_entry /vol/a/ptmx bind /etc/passwd bind
	mount_entry /vol2/file bind /etc/passwd bind
	args true
	background swap "$T/swap" "$ROOTFS/vol/a" "$ROOTFS/vol/link" "$ROOTFS/vol2" "$ROOTFS/link2"
	for_a_while one
}

@test "CVE-2019-19921 CVE-2025-31133 /proc exchanged for a directory while it is mounted and masked" {
	# Whatever the container sees at /proc, a procfs in it is masked and read-only where it must be.
	one() {
		run_orlop run "$ID"
		[ "$status" -lt 124 ] || complain "hangs"
		[[ "$output" != *leak* ]] || complain "a procfs without masks"
		[[ "$output" != *checked* ]] || echo >>"$T/checked"
		[ "$status" -eq 0 ] || run_orlop delete -f "$ID"
	}
	compile swap
	copy_rootfs
	mkdir -p "$ROOTFS/fake/sys/kernel" "$ROOTFS/fake/bus" "$ROOTFS/fake/fs"
	touch "$ROOTFS/fake/meminfo" "$ROOTFS/fake/keys"
	config '.linux.maskedPaths += ["/proc/meminfo"]'
	script 'for p in /proc /fake; do
			[ -e $p/self/status ] || continue
			echo x 2>/dev/null >$p/sys/kernel/domainname && echo leak: sys of $p
			[ "$(stat -c %t:%T $p/meminfo)" = 1:3 ] || echo leak: meminfo of $p
			echo checked
		done; true'
	background swap "$T/swap" "$ROOTFS/proc" "$ROOTFS/fake"
	for_a_while one
	echo "# of them $(cat "$T/checked" 2>/dev/null | wc -l) came up" >&3
}

@test "CVE-2026-41579 CVE-2025-52565 /dev exchanged for a link out of the rootfs while it is filled" {
	one() {
		run_orlop run "$ID"
		[ "$status" -lt 124 ] || complain "hangs"
		[ "$status" -eq 0 ] || run_orlop delete -f "$ID"
		decoy_untouched
	}
	compile swap
	decoy
	copy_rootfs
	config '.mounts = [.mounts[] | select(.destination | startswith("/dev") | not)]'
	rm -rf "$ROOTFS/dev"
	mkdir "$ROOTFS/dev"
	ln -s "$T/decoy" "$ROOTFS/dev.link"
	args true
	background swap "$T/swap" "$ROOTFS/dev" "$ROOTFS/dev.link"
	for_a_while one
}

@test "cwd and program exchanged inside a running container, while processes are executed in it" {
	one() {
		run_orlop exec --cwd /work/dir "$ID" cat secret
		[ "$status" -lt 124 ] || [ "$status" -eq 255 ] || complain "hangs"
		[[ "$output" != *host-only* ]] || complain "outside"
		run_orlop exec --cwd /work "$ID" dir/secret
	}
	compile swap
	echo host-only >"$T/secret"
	copy_rootfs
	mkdir -p "$ROOTFS/work/dir"
	cp "$T/swap" "$ROOTFS/bin/swap"
	ln -s "/proc/self/fd/3/../../../../../..$T" "$ROOTFS/work/link"
	args swap /work/dir /work/link
	ok run -d "$ID"
	for_a_while one
}

hostile_container() {
	compile hostile
	cp "$T/hostile" "$ROOTFS/bin/hostile"
	chmod 755 "$ROOTFS/bin/hostile"
	echo host-only >"$T/secret"
	chmod 644 "$T/secret"
	args hostile "$T/secret" "$@"
	ORLOP_TEST_ID=$ID "$ORLOP" --root "$ROOT" run -d "$ID" >"$T/hostile.out" 2>&1
}

quiet_exec() {
	run_orlop exec "$ID" true
	[ "$status" -eq 0 ] || complain "exec ends with $status"
	[ ! -s "$T/hostile.out" ] || { head -3 "$T/hostile.out"; return 1; }
}

@test "CVE-2016-9962 a process of the container gets nothing of exec's stage (default capabilities)" {
	hostile_container
	for_a_while quiet_exec
}

all_capabilities() {
	config '.process.capabilities = (["bounding", "effective", "permitted"]
		| map({ key: ., value: $c }) | from_entries)' --argjson c "$(json_array CAP_SYS_PTRACE CAP_SYS_ADMIN CAP_DAC_OVERRIDE \
		CAP_DAC_READ_SEARCH CAP_KILL CAP_SETUID CAP_SETGID CAP_CHOWN CAP_FOWNER CAP_MKNOD CAP_NET_ADMIN CAP_SYS_CHROOT CAP_SETPCAP)"
}

@test "CVE-2016-9962 nor does root of a user namespace with CAP_SYS_PTRACE" {
	user_namespace
	all_capabilities
	hostile_container
	for_a_while quiet_exec
}

@test "CVE-2016-9962 nor when the user namespace maps root to root" {
	namespace user
	config '.linux.uidMappings = [{ containerID: 0, hostID: 0, size: 65536 }] | .linux.gidMappings = .linux.uidMappings'
	all_capabilities
	hostile_container
	for_a_while quiet_exec
}

# ---- what appears among the container's processes has what its program will have ----

CANARY=a-canary-in-the-memory-of-the-runtime

# watch_container CAPS-OF-THE-PROGRAM [trace]: the watcher is the container's first process.
watch_container() {
	compile onlooker
	cp "$T/onlooker" "$ROOTFS/bin/onlooker"
	chmod 755 "$ROOTFS/bin/onlooker"
	chmod 755 "$T" "$BUNDLE"
	echo host-only >"$T/secret"
	chmod 644 "$T/secret"
	args onlooker "$T/secret" "$CANARY" "$@"
	ORLOP_TEST_ID=$ID "$ORLOP" --root "$ROOT" run -d "$ID" >"$T/watch.out" 2>&1
	eventually grep -q ready "$T/watch.out"
}

watched() {
	refute grep HIT "$T/watch.out"
}

# Its program has no words of ours; our own do.
watched_exec() {
	status=0
	ORLOP_TEST_ID=$ID CANARY=$CANARY timeout -k 2 "$LIMIT" "$ORLOP" --root "$ROOT" exec "${EXEC[@]}" "$ID" true \
		>"$T/stdout" 2>"$T/stderr" 3>&- 4>&- || status=$?
	[ "$status" -eq 0 ] || { echo "# status $status"; cat "$T/stderr" "$T/stdout"; return 1; }
	watched
}

saw_some() {
	kill -USR1 "$(pid_of)"
	eventually grep -q ^seen "$T/watch.out"
	watched
	sed 's/^/# /' <<<"$(grep ^seen "$T/watch.out")" >&3
	read -r _ seen _ stages _ < <(grep ^seen "$T/watch.out")
	[ "$seen" -gt 0 ]
}

capabilities() { # CAP...
	config '.process.capabilities = (["bounding", "effective", "permitted"]
		| map({ key: ., value: $c }) | from_entries)' --argjson c "$(json_array "$@")"
}

@test "CVE-2016-9962 who watches what exec brings, with CAP_SYS_PTRACE, sees nothing that the program has not" {
	EXEC=()
	capabilities CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_KILL
	watch_container 80024
	for_a_while watched_exec
	saw_some
}

@test "CVE-2016-9962 nor who traces it" {
	EXEC=()
	capabilities CAP_SYS_PTRACE
	watch_container 80000 trace
	for_a_while watched_exec
	saw_some
}

@test "CVE-2016-9962 nor with a filter that is loaded without no_new_privs, another user, and passed descriptors" {
	EXEC=(--user 1000:1000)
	capabilities CAP_SYS_PTRACE CAP_KILL
	config '.process.noNewPrivileges = false
		| .linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["swapon"], action: "SCMP_ACT_ERRNO" }] }'
	watch_container 80020
	for_a_while watched_exec
	saw_some
}

@test "CVE-2016-9962 nor one of the same user without a capability" {
	EXEC=()
	config '.process.user = { uid: 1000, gid: 1000 } | .process.capabilities = {}'
	watch_container 0
	for_a_while watched_exec
	saw_some
}

@test "CVE-2016-9962 nor root of a user namespace" {
	EXEC=()
	user_namespace
	capabilities CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_KILL
	watch_container 80024
	for_a_while watched_exec
	saw_some
}

# ---- the same of a container that joins the pid namespace of the watcher's ----

# From now on the config is that of another container.
joins_the_watcher() {
	local pid=$(pid_of)

	for n in network:net ipc:ipc uts:uts pid:pid; do
		namespace "${n%:*}" "/proc/$pid/ns/${n#*:}"
	done
	config 'del(.hostname) | .linux.cgroupsPath += "-2"'
	args true
}

with_canary() { # VERB...
	status=0
	ORLOP_TEST_ID=$ID CANARY=$CANARY timeout -k 2 "$LIMIT" "$ORLOP" --root "$ROOT" "$@" \
		>"$T/stdout" 2>"$T/stderr" 3>&- 4>&- || status=$?
	[ "$status" -eq 0 ] || { echo "# $* ends with $status"; cat "$T/stderr" "$T/stdout"; return 1; }
}

watched_run() {
	with_canary run "$ID-2"
	watched
}

watched_create() {
	with_canary create "$ID-2"
	watched
	with_canary start "$ID-2"
	with_canary delete -f "$ID-2"
	watched
}

shows_foreign_pids() {
	kernel_has_pidns || skip "no procfs of another pid namespace (Linux 6.17)"
}

# A mount of it for nobody.
kernel_has_pidns() {
	unshare -m sh -c 'mount --make-rprivate / && mount -t proc -o pidns=/proc/self/ns/pid proc /proc' 2>/dev/null
}

@test "CVE-2016-9962 who watches what run brings into its pid namespace, with CAP_SYS_PTRACE, sees nothing that the program has not" {
	shows_foreign_pids
	capabilities CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_KILL
	watch_container 80024
	joins_the_watcher
	for_a_while watched_run
	saw_some
}

@test "CVE-2016-9962 nor of create, which waits there for its start" {
	shows_foreign_pids
	capabilities CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_KILL
	watch_container 80024
	joins_the_watcher
	for_a_while watched_create
	saw_some
}

@test "CVE-2016-9962 nor who traces what run brings" {
	shows_foreign_pids
	capabilities CAP_SYS_PTRACE
	watch_container 80000 trace
	joins_the_watcher
	for_a_while watched_run
	saw_some
}

@test "CVE-2016-9962 nor with a filter that is loaded without no_new_privs, and another user" {
	shows_foreign_pids
	capabilities CAP_SYS_PTRACE CAP_KILL
	config '.process.noNewPrivileges = false
		| .linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["swapon"], action: "SCMP_ACT_ERRNO" }] }'
	watch_container 80020
	joins_the_watcher
	config '.process.user = { uid: 1000, gid: 1000 }'
	for_a_while watched_create
	saw_some
}

# all_early_hooks: each kind that runs before the process is there.
all_early_hooks() {
	local kind

	for kind in prestart createRuntime createContainer; do
		config '.hooks[$k] = [{ path: "/bin/sh", args: ["sh", "-c", "cat >/dev/null; exec 2>/dev/null; sleep 0.01"] }]' --arg k "$kind"
	done
}

# The user namespace as well, which owns the pid namespace.
joins_the_watchers_users() {
	joins_the_watcher
	namespace user "/proc/$(pid_of)/ns/user"
	config 'del(.linux.uidMappings, .linux.gidMappings)'
}

@test "CVE-2016-9962 nor with prestart, createRuntime and createContainer hooks" {
	shows_foreign_pids
	capabilities CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_KILL
	watch_container 80024
	joins_the_watcher
	all_early_hooks
	for_a_while watched_create
	saw_some
}

@test "CVE-2016-9962 nor in a user namespace that is joined as well, as root there" {
	shows_foreign_pids
	user_namespace
	capabilities CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_KILL
	watch_container 80024
	joins_the_watchers_users
	for_a_while watched_run
	saw_some
}

@test "CVE-2016-9962 nor there with hooks" {
	shows_foreign_pids
	user_namespace
	capabilities CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_KILL
	watch_container 80024
	joins_the_watchers_users
	all_early_hooks
	for_a_while watched_create
	saw_some
}

@test "CVE-2016-9962 nor who traces it there" {
	shows_foreign_pids
	user_namespace
	capabilities CAP_SYS_PTRACE
	watch_container 80000 trace
	joins_the_watchers_users
	for_a_while watched_run
	saw_some
}

@test "CVE-2016-9962 nor of a container with a new user namespace, by who has none" {
	capabilities CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_KILL
	copy_rootfs
	chown -Rh 100000:100000 "$ROOTFS"
	watch_container 80024
	joins_the_watcher
	namespace user
	config '.linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }] | .linux.gidMappings = .linux.uidMappings
		| .mounts |= [.[] | select(.type != "proc" and .type != "sysfs" and .type != "mqueue")] | .hooks = {}'
	for_a_while watched_create
	saw_some
}

@test "a process of the container that kills exec's stage makes exec fail, not hang" {
	one() {
		run_orlop exec "$ID" true
		[ "$status" -eq 0 ] || [ "$status" -eq 255 ] || [ "$status" -eq 137 ] || complain "exec ends with $status"
	}
	hostile_container kill
	for_a_while one
	[ "$(state_of)" = running ]
}

# ---- the runtime against itself ----

# contest ID_VERBS...: both commands at one time, a number of times; nothing may hang.
together() {
	orlop "${FIRST[@]}" >"$T/1.out" 2>&1 &
	one=$!
	orlop "${SECOND[@]}" >"$T/2.out" 2>&1 &
	two=$!
	first=0
	second=0
	wait "$one" || first=$?
	wait "$two" || second=$?
	[ "$first" -ne 124 ] && [ "$second" -ne 124 ] || { echo "# hangs: $first $second"; return 1; }
}

@test "of two creates with one id exactly one wins" {
	args sleep 1000
	FIRST=(create "$ID")
	SECOND=(create "$ID")
	one() {
		together
		[ $(((first == 0) + (second == 0))) -eq 1 ] || { echo "# $first $second"; cat "$T"/[12].out; return 1; }
		grep -q "already exists" "$T/1.out" "$T/2.out" || { cat "$T"/[12].out; return 1; }
		ok delete -f "$ID"
	}
	for_a_while one
}

@test "delete --force against create: either there is a container, or nothing" {
	args sleep 1000
	FIRST=(create "$ID")
	SECOND=(delete -f "$ID")
	one() {
		together
		[ "$second" -eq 0 ] || { cat "$T/2.out"; return 1; }
		[ "$first" -eq 0 ] || [ -s "$T/1.out" ]
		ok delete -f "$ID"
		nothing_left
	}
	for_a_while one
}

@test "exec against delete --force ends well or with an error, and nothing is left" {
	FIRST=(exec "$ID" sleep 0.01)
	SECOND=(delete -f "$ID")
	args sleep 1000
	one() {
		ok run -d "$ID"
		together
		[ "$second" -eq 0 ] || { cat "$T/2.out"; return 1; }
		nothing_left
	}
	for_a_while one
}

@test "kill against an exit of its own: 'not running' or success" {
	args sleep 0.02
	FIRST=(kill "$ID" TERM)
	SECOND=(kill "$ID" KILL)
	one() {
		ok run -d "$ID"
		together
		[ "$first" -eq 0 ] || grep -q "not running" "$T/1.out"
		[ "$second" -eq 0 ] || grep -q "not running" "$T/2.out"
		ok delete -f "$ID"
	}
	for_a_while one
}

# In a pid namespace of its own, whose numbers end at 320; after the first round they begin at 300 again.
reuse_pid() { # JQ-PROGRAM: what becomes of the record of init
	exists /proc/sys/kernel/pid_max || skip "no pid_max"
	args sleep 1000
	cat >"$T/reuse" <<-'EOF'
		echo 320 >/proc/sys/kernel/pid_max 2>/dev/null
		[ "$(cat /proc/sys/kernel/pid_max)" = 320 ] || exit 99
		next() { sleep 1000 & new=$!; }
		for i in $(seq 1000); do
			next; kill -9 $new; wait $new 2>/dev/null
			[ $new -lt 300 ] || break
		done
		"$ORLOP" --root "$ROOT" run -d "$ID" </dev/null >/dev/null 2>&1 || exit 98
		pid=$("$ORLOP" --root "$ROOT" state "$ID" | jq .pid)
		[ $pid -ge 300 ] || exit 96
		state=$ROOT/$ID/state.json
		jq --argjson t "$(sed 's/.*) //' /proc/$pid/stat | cut -d' ' -f20)" "$1" $state >$state.new && mv $state.new $state
		kill -9 $pid
		for i in $(seq 2000); do
			next
			[ $new = $pid ] && break
			kill -9 $new; wait $new 2>/dev/null
		done
		[ $new = $pid ] || exit 97
		[ "$("$ORLOP" --root "$ROOT" state "$ID" | jq -r .status)" = stopped ] || exit 1
		for verb in "kill $ID KILL" "kill --all $ID KILL" "exec $ID true" "pause $ID" "start $ID" "stop $ID"; do
			"$ORLOP" --root "$ROOT" $verb; echo "$verb: $?"
			kill -0 $pid || exit 2
		done
		"$ORLOP" --root "$ROOT" delete -f "$ID" || exit 4
		kill -0 $pid && [ "$(cat /proc/$pid/comm)" = sleep ] || exit 5
	EOF
	status=0
	ID=$ID ROOT=$ROOT unshare --pid --fork --mount-proc --kill-child bash "$T/reuse" "$1" >"$T/stdout" 2>"$T/stderr" || status=$?
	[ "$status" -ne 99 ] || skip "this kernel's pid_max is not the namespace's own"
	[ "$status" -eq 0 ] || complain "ends with $status"
	grep -q 'exec .*: 255' "$T/stdout"
	grep -q '^kill orlop.*: 1' "$T/stdout"
}

@test "a pid that is used again is not signalled and not entered: by the handle of the pidfd" {
	reuse_pid .
}

@test "a pid that is used again is not signalled and not entered: by its start time, as on older kernels" {
	reuse_pid '.init.handle = 0 | .init.startTime = $t'
}
