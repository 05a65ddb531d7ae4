# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

@test "death of the runtime (KILL) at any moment of create leaves no process" {
	# A slow hook holds create while it is killed; then kills at random moments.
	hooked='.hooks.createRuntime = [{ path: "/bin/sleep", args: ["sleep", "0.2"] }]'
	plain=$(<config.json)
	config "$hooked"
	for delay in 0.02 0.05 0.1; do
		ORLOP_TEST_ID=$ID "$ORLOP" --root "$ROOT" create "$ID" >/dev/null 2>&1 3>&- &
		pid=$!
		sleep $delay
		kill -9 "$pid"
		wait "$pid" 2>/dev/null || true
		eventually no_processes
		ok delete -f "$ID"
		for dir in $(cgroups_of); do rmdir "$dir"; done
	done
	echo "$plain" >config.json
	for delay in 0.001 0.002 0.003 0.004 0.006 0.008 0.01 0.015; do
		ORLOP_TEST_ID=$ID "$ORLOP" --root "$ROOT" create "$ID" >/dev/null 2>&1 3>&- &
		pid=$!
		sleep $delay
		kill -9 "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
		# It may have been done: then the container is there and whole.
		if ! has_status created 2>/dev/null; then
			eventually no_processes
		fi
		ok delete -f "$ID"
		eventually no_processes
		# An empty cgroup that was made a moment before is all that may be left.
		for dir in $(cgroups_of); do rmdir "$dir"; done
	done
	nothing_left
}

@test "death of the runtime (KILL) during exec leaves the container running" {
	start_sleeper
	for delay in 0.002 0.005 0.01; do
		ORLOP_TEST_ID=$ID "$ORLOP" --root "$ROOT" exec "$ID" true >/dev/null 2>&1 3>&- &
		pid=$!
		sleep $delay
		kill -9 "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	has_status running
	ok exec "$ID" true
}

# A sanitizer's own calls are no measure, and it does not run under a tracer.
refute_sanitized() {
	! grep -q __asan_init "$ORLOP" || skip "counted on a build without sanitizers"
}

@test "strace counts less than 450 system calls for run of /bin/true with the default spec" {
	needs_tool strace
	refute_sanitized
	mkdir "$T/spec"
	cd "$T/spec"
	ok spec
	ln -s "$ROOTFS" rootfs2
	jq --arg c "/$ID" --arg r "$ROOTFS" '.process.terminal = false | .process.args = ["/bin/true"]
		| .root.path = $r | .linux.cgroupsPath = $c' config.json >new && mv new config.json
	ok run "$ID"
	timeout -k 2 "$LIMIT" strace -f -c -o "$T/strace" "$ORLOP" --root "$ROOT" run "$ID" </dev/null >"$T/stdout" 2>"$T/stderr"
	total=$(awk '$NF == "total" { print $4 }' "$T/strace")
	echo "# $total system calls"
	[ "$total" -lt 450 ]
}

@test "a hundred containers live and die at one root" {
	script 'exit 0'
	config 'del(.linux.cgroupsPath)'
	for ((i = 0; i < 100; i += 4)); do
		for ((k = i; k < i + 4; k++)); do
			orlop run "$ID-$k" >/dev/null 2>"$T/err.$k" &
			PIDS[k]=$!
		done
		for ((k = i; k < i + 4; k++)); do wait "${PIDS[k]}"; done
	done
	nothing_left
}

@test "start is refused while another start has the container, and only one program runs" {
	script 'echo run >>/tmp/runs; sleep 0.3'
	ok create "$ID"
	for i in 1 2 3; do
		orlop start "$ID" >"$T/s$i" 2>&1 &
		PIDS[i]=$!
	done
	for i in 1 2 3; do wait "${PIDS[i]}" || true; done
	wait_status stopped
	[ "$(wc -l <"$ROOTFS/tmp/runs")" -eq 1 ]
}

@test "two deletes at one time end well, and nothing is left" {
	ok run -d "$ID"
	wait_status stopped
	for i in 1 2 3; do orlop delete -f "$ID" >/dev/null 2>"$T/d$i" & PIDS[i]=$!; done
	for i in 1 2 3; do wait "${PIDS[i]}"; done
	nothing_left
}

@test "state.json can be read by root only, and the state's folder by nobody else" {
	ok create "$ID"
	[ "$(stat -c %a "$ROOT/$ID/state.json")" = 600 ]
	case $(stat -c %a "$ROOT/$ID") in 700 | 711) ;; *) false ;; esac
}

@test "the host's hostname, mounts and cgroup are untouched by a whole life" {
	before="$(hostname) $(cat /proc/self/cgroup) $(mounts_now)"
	start_sleeper
	ok exec "$ID" true
	ok delete -f "$ID"
	[ "$(hostname) $(cat /proc/self/cgroup) $(mounts_now)" = "$before" ]
}

# A pid namespace has a vm.memfd_noexec of its own, which can only be made stricter.
with_memfd_noexec() { # VALUE COMMAND...
	[ -e /proc/sys/vm/memfd_noexec ] || skip "this kernel has no vm.memfd_noexec (6.3)"
	unshare --pid --fork --mount-proc --kill-child sh -c 'echo "$1" >/proc/sys/vm/memfd_noexec && shift && exec "$@"' sh "$@"
}

run_with_memfd_noexec() { # VALUE
	script 'echo inside'
	[ "$(with_memfd_noexec "$1" "$ORLOP" --root "$ROOT" run "$ID")" = inside ]
	[ "$(with_memfd_noexec "$1" "$ORLOP" --root "$ROOT" run --init "$ID")" = inside ]
	args sleep 1000
	[ "$(with_memfd_noexec "$1" sh -c '"$@" run -d $0 >/dev/null && "$@" exec $0 echo joined && "$@" delete -f $0' \
		"$ID" "$ORLOP" --root "$ROOT")" = joined ]
}

@test "a host that makes memory files not executable (vm.memfd_noexec=1) runs containers, also with --init" {
	run_with_memfd_noexec 1
}

@test "a host that forbids programs in memory (vm.memfd_noexec=2) does too" {
	run_with_memfd_noexec 2
}
