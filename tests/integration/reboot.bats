# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# reboot(2) in a pid namespace of its own ends its init and nothing else (pid_namespaces(7)).

needs_reboot() {
	config '.process.capabilities |= map_values(. + ["CAP_SYS_BOOT"])'
	cat >"$ROOTFS/bin/ask" <<-EOF
	#!/bin/sh
	case \$1 in
	restart) exec probe syscall $(reboot_number) 0xfee1dead 672274793 0x1234567 ;;
	restart2) exec probe syscall $(reboot_number) 0xfee1dead 672274793 0xa1b2c3d4 ;;
	halt) exec probe syscall $(reboot_number) 0xfee1dead 672274793 0xcdef0123 ;;
	poweroff) exec probe syscall $(reboot_number) 0xfee1dead 672274793 0x4321fedc ;;
	cad_on) exec probe syscall $(reboot_number) 0xfee1dead 672274793 0x89abcdef ;;
	cad_off) exec probe syscall $(reboot_number) 0xfee1dead 672274793 0 ;;
	esac
	EOF
	chmod 755 "$ROOTFS/bin/ask"
	needs_probe
}

reboot_number() {
	case $(uname -m) in
	x86_64) echo 169 ;;
	*) echo 142 ;;
	esac
}

reboot_with() { # HOW: what init does at once
	needs_reboot
	args ask "$1"
}

@test "an init that asks for a restart ends with 129, and run says why" {
	reboot_with restart
	run_orlop run "$ID"
	[ "$status" -eq 129 ]
	says "ended by reboot(2), to restart"
	nothing_left
}

@test "RESTART2 is a restart, HALT and POWER_OFF are a halt: 130" {
	local how

	for how in restart2:129:reboot halt:130:halt poweroff:130:halt; do
		reboot_with "${how%%:*}"
		run_orlop run --keep "$ID"
		[[ "$how" == *":$status:"* ]]
		[ "$(orlop state "$ID" | jq -r .exitReason)" = "${how##*:}" ]
		ok delete "$ID"
	done
}

@test "reboot by another process than init ends the container the same way" {
	needs_reboot
	script 'ask restart; sleep 5; exit 3'
	run_orlop run --keep "$ID"
	[ "$status" -eq 129 ]
	[ "$(orlop state "$ID" | jq -r .exitReason)" = reboot ]
}

@test "run --on-reboot=exit and --on-halt=exit end with 0 and without a word" {
	reboot_with restart
	ok run --on-reboot=exit "$ID"
	[ -z "$errors" ]
	reboot_with poweroff
	ok run --on-halt exit "$ID"
	[ -z "$errors" ]
	nothing_left
}

@test "run --on-reboot=restart runs it again, with the config as it was" {
	needs_reboot
	script 'echo run >>/tmp/runs; [ "$(wc -l </tmp/runs)" -ge 3 ] && exit 7; [ -e /tmp/edited ] || sleep 0.5; exec ask restart'
	background run env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" run --on-reboot=restart "$ID"
	eventually exists "$ROOTFS/tmp/runs"
	args sh -c 'exit 9'
	touch "$ROOTFS/tmp/edited"
	status=0
	wait "$BG" || status=$?
	[ "$status" -eq 7 ]
	[ "$(wc -l <"$ROOTFS/tmp/runs")" -eq 3 ]
	nothing_left
}

@test "run --on-reboot=restart does not run again after a halt or an exit" {
	reboot_with halt
	run_orlop run --on-reboot=restart "$ID"
	[ "$status" -eq 130 ]
	script 'exit 5'
	run_orlop run --on-reboot=restart --on-halt=restart "$ID"
	[ "$status" -eq 5 ]
}

@test "--on-reboot needs the foreground" {
	refused run -d --on-reboot=restart "$ID"
	says "--on-reboot and --on-halt need the foreground, not --detach"
	nothing_left
}

@test "the keys of Ctrl-Alt-Del are not a container's: EINVAL; without CAP_SYS_BOOT: EPERM" {
	needs_reboot
	script 'ask cad_on; ask cad_off; exit 0'
	ok run "$ID"
	is $'errno 22\nerrno 22'
	config '.process.capabilities |= map_values(. - ["CAP_SYS_BOOT"])'
	args ask restart
	ok run "$ID"
	is "errno 1"
}

@test "reboot in a user namespace of the container" {
	user_namespace
	needs_reboot
	args ask restart
	run_orlop run --keep "$ID"
	[ "$status" -eq 129 ]
	[ "$(orlop state "$ID" | jq -r .exitReason)" = reboot ]
}

# --- the proof: such an init did not die of a signal that somebody sent ---

each_way_to_die() { # STATUS_OF_HUP STATUS_OF_INT REASON
	local how

	needs_probe
	for how in plain reset once blocked; do
		args probe die 1 $how
		run_orlop run --keep "$ID"
		[ "$status" -eq "$1" ] || complain "$how: $status"
		[ "$(orlop state "$ID" | jq -r .exitReason)" = "$3" ]
		ok delete "$ID"
		args probe die 2 $how
		run_orlop run "$ID"
		[ "$status" -eq "$2" ] || complain "$how: $status"
	done
}

@test "an init cannot die of HUP or INT, also if it resets its handler and raises it again" {
	each_way_to_die 23 23 exited
}

@test "without a pid namespace of its own a HUP is a HUP" {
	no_namespace pid
	each_way_to_die 129 130 signal
}

@test "from outside no HUP or INT ends an init either, whatever it has done to its handlers" {
	local sig

	# Not INT, for which a shell always has a handler: it exits with 130 then.
	script 'trap "trap - HUP; echo >/tmp/got" HUP; echo >/tmp/ready; while :; do sleep 0.05; done'
	ok run -d "$ID"
	eventually exists "$ROOTFS/tmp/ready"
	ok kill "$ID" HUP
	eventually exists "$ROOTFS/tmp/got"
	ok kill "$ID" HUP
	sleep 0.3
	has_status running
	ok delete -f "$ID"
	args sleep 1000
	ok run -d "$ID"
	for sig in HUP INT; do ok kill "$ID" "$sig"; done
	sleep 0.3
	has_status running
}

# --- detached: what can be known depends on who looked when ---

adopt() { # keep|reap SCRIPT
	needs_reboot
	script "$2"
	adopted "$1" run -d "$ID"
}

@test "a zombie tells of the reboot, also to those who come late" {
	adopt keep 'exec ask restart'
	wait_status stopped
	run_orlop wait "$ID"
	[ "$status" -eq 129 ]
	says "was ended by reboot(2), to restart"
	fails 255 "the container has stopped (init was ended by reboot(2), to restart)" exec "$ID" true
}

@test "what was reaped before anybody looked is not known" {
	adopt reap 'until [ -e /tmp/go ]; do sleep 0.05; done; exec ask restart'
	touch "$ROOTFS/tmp/go"
	wait_status stopped
	run_orlop wait "$ID"
	[ "$status" -eq 255 ]
	says "nobody was there to see how"
	fails 255 "the container has stopped (init ended, and nobody was there to see how)" exec "$ID" true
}

# watch_reaped SCRIPT: waits for a container whose parent leaves no zombie.
watch_reaped() {
	adopt reap "until [ -e /tmp/go ]; do sleep 0.05; done; $1"
	background w env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" wait "$ID"
	eventually eval 'ls -l /proc/'"$BG"'/fd | grep -q pidfd'
	touch "$ROOTFS/tmp/go"
	status=0
	wait "$BG" || status=$?
	cat "$T/w.out"
}

needs_exit_info() {
	local release

	release=$(uname -r)
	[ "$(printf '6.15\n%s\n' "$release" | sort -V | head -1)" = 6.15 ] || skip "PIDFD_INFO_EXIT needs Linux 6.15"
}

@test "a watcher of what is reaped at once cannot tell a reboot, and says so" {
	needs_exit_info
	watch_reaped 'exec ask restart'
	[ "$status" -eq 0 ]
	grep -q "exited with 0 (or was ended by reboot(2)" "$T/w.out"
	[ "$(orlop state "$ID" | jq -c '[.exitCode, .exitReason, .maybeReboot]')" = '[0,"exited",true]' ]
	ok delete "$ID"
	rm "$ROOTFS/tmp/go"
	kill -9 "${BACKGROUND[0]}"
	watch_reaped 'ask restart; sleep 5'
	[ "$status" -eq 137 ]
	grep -q "was killed by SIGKILL (or was ended by reboot(2)" "$T/w.out"
}

@test "a watcher of what is reaped at once is certain where the container has no right to reboot" {
	needs_exit_info
	config '.process.capabilities |= map_values(. - ["CAP_SYS_BOOT"])'
	needs_reboot() { :; }
	watch_reaped 'exit 0'
	[ "$status" -eq 0 ]
	[ "$(<"$T/w.out")" = "$ID: exited with 0" ]
}

@test "before Linux 6.15 a watcher of what is reaped at once invents nothing" {
	local release

	release=$(uname -r)
	[ "$(printf '6.15\n%s\n' "$release" | sort -V | head -1)" != 6.15 ] || skip "this kernel has PIDFD_INFO_EXIT"
	watch_reaped 'exec ask restart'
	[ "$status" -eq 255 ]
	grep -q "nobody was there to see how" "$T/w.out"
}
