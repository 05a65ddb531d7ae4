# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

@test "G9 only 0, 1 and 2 are open for the process" {
	script 'ls /proc/self/fd | sort -n | tr "\n" " "'
	"$ORLOP" --root "$ROOT" run "$ID" >"$T/stdout" 7</etc/passwd 9<"$BUNDLE"
	# ls itself has the folder open.
	[ "$(<"$T/stdout")" = "0 1 2 3 " ]
}

@test "G9 --preserve-fds N passes N descriptors from 3 on" {
	echo three >"$T/three"
	echo four >"$T/four"
	script 'cat <&3; cat <&4; [ -e /proc/self/fd/5 ] || echo none'
	"$ORLOP" --root "$ROOT" run --preserve-fds 2 "$ID" >"$T/stdout" 3<"$T/three" 4<"$T/four" 5<"$T/four"
	[ "$(<"$T/stdout")" = $'three\nfour\nnone' ]
}

@test "--preserve-fds hands on what is open of its numbers, with gaps, and nothing of the runtime's" {
	echo seven >"$T/seven"
	script 'cat <&7; for i in 3 4 5 6 8 9; do [ ! -e /proc/self/fd/$i ] || echo "open: $i"; done'
	"$ORLOP" --root "$ROOT" run --preserve-fds 7 "$ID" >"$T/stdout" 7<"$T/seven" 3<&- 4<&- 5<&- 6<&- 8<&- 9<&-
	[ "$(<"$T/stdout")" = seven ]
	# None at all.
	script 'ls /proc/self/fd | sort -n | tr "\n" " "'
	"$ORLOP" --root "$ROOT" run --preserve-fds 5 "$ID" >"$T/stdout" 3<&- 4<&- 5<&- 6<&- 7<&-
	[ "$(<"$T/stdout")" = "0 1 2 3 " ]
	# More than there can be.
	ok run --preserve-fds 4000000000 "$ID"
}

@test "--preserve-fds hands on as many descriptors as the fd table has room for" {
	local i

	script 'cat <&3; cat <&63'
	: >"$T/three"
	echo last >"$T/last"
	for i in {4..62}; do eval "exec $i</dev/null"; done
	ORLOP_TEST_ID=$ID "$ORLOP" --root "$ROOT" run --preserve-fds 61 "$ID" >"$T/stdout" 3<"$T/three" 63<"$T/last"
	for i in {4..62}; do eval "exec $i<&-"; done
	[ "$(<"$T/stdout")" = last ]
}

# The passed descriptor is a socket; what the runtime says, its status, and what it has sent into the socket.
passes_socket() { # ARG...
	$PYTHON - "$ORLOP" --root "$ROOT" "$@" <<-'EOF'
	import fcntl, os, socket, subprocess, sys
	a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
	a = socket.socket(fileno=fcntl.fcntl(a.detach(), fcntl.F_DUPFD, 50))
	b = socket.socket(fileno=fcntl.fcntl(b.detach(), fcntl.F_DUPFD, 50))
	os.dup2(b.fileno(), 3)
	r = subprocess.run(sys.argv[1:], pass_fds=[3], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
	                   stderr=subprocess.STDOUT, text=True, timeout=20)
	a.setblocking(False)
	try:
	    got = a.recv(1000).hex()
	except OSError:
	    got = 'nothing'
	print('status', r.returncode, 'sent', got, 'said', r.stdout.strip())
	EOF
}

@test "--preserve-fds and a program that the kernel refuses: its words, and nothing is sent into the descriptor" {
	printf 'nonsense\n' >"$ROOTFS/bin/bad"
	chmod 755 "$ROOTFS/bin/bad"
	start_sleeper
	output=$(passes_socket exec --preserve-fds 1 "$ID" /bin/bad)
	[[ "$output" == "status 255 sent nothing said "*"exec format error"* ]] || { echo "# $output"; return 1; }
	orlop delete -f "$ID"
	args /bin/bad
	output=$(passes_socket run --preserve-fds 1 "$ID")
	[[ "$output" == "status 1 sent nothing said "*"exec format error"* ]] || { echo "# $output"; return 1; }
}

@test "LISTEN_PID is the program's pid also without a pid namespace, and with --init" {
	script 'echo "$LISTEN_PID $$"'
	for way in none init; do
		[ "$way" = init ] && namespace pid || no_namespace pid
		sh -c 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"' sh "$ORLOP" --root "$ROOT" run \
			$([ "$way" = none ] || echo --init) "$ID" >"$T/stdout" 3<"$BUNDLE/config.json"
		read -r said own <"$T/stdout"
		[ "$said" = "$own" ] || { echo "# $way: LISTEN_PID=$said, pid $own"; return 1; }
	done
}

@test "--timings and --preserve-fds do not write into each other's descriptors" {
	for i in 3 4 5 6; do : >"$T/$i"; done
	args true
	"$ORLOP" --root "$ROOT" --timings run --preserve-fds 4 "$ID" 3<>"$T/3" 4<>"$T/4" 5<>"$T/5" 6<>"$T/6" 2>"$T/stderr" ||
		{ cat "$T/stderr"; return 1; }
	for i in 3 4 5 6; do [ ! -s "$T/$i" ]; done
}

@test "G9 LISTEN_FDS passes the sockets of an activated service" {
	echo three >"$T/three"
	script 'cat <&3; echo "$LISTEN_FDS $LISTEN_PID"'
	# As a service manager does it: LISTEN_PID is the pid of the program that it starts.
	sh -c 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"' sh "$ORLOP" --root "$ROOT" run "$ID" >"$T/stdout" 3<"$T/three"
	[ "$(sed -n 1p "$T/stdout")" = three ]
	[[ "$(sed -n 2p "$T/stdout")" == "1 1" ]]
}

@test "NOTIFY_SOCKET passes the container's readiness on to the service manager" {
	background manager $PYTHON "$LIB/notify_socket.py" "$T/notify"
	eventually exists "$T/notify"
	mkdir -p "$ROOTFS/sent"
	script 'echo "$NOTIFY_SOCKET" >/sent/where; while :; do sleep 0.1; done'
	export NOTIFY_SOCKET=$T/notify
	ok create "$ID"
	background start orlop start "$ID"
	unset NOTIFY_SOCKET
	eventually exists "$ROOTFS/sent/where"
	echo "# NOTIFY_SOCKET=$(<"$ROOTFS/sent/where")"
	[ "$(stat -c '%u %a' "$ROOT/$ID/notify/notify.sock")" = "0 700" ]
	[ "$(<"$ROOTFS/sent/where")" = /run/notify/notify.sock ]
	# What the program in the container would send.
	$PYTHON - "/proc/$(pid_of)/root/run/notify/notify.sock" <<-'EOF'
	import socket, sys, os
	os.chdir(os.path.dirname(sys.argv[1]))
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.connect("notify.sock")
	s.send(b"READY=1\n")
	EOF
	eventually file_says "$T/manager.out" READY=1
}

@test "the notify socket is for root and the container's user, as the host numbers him" {
	export NOTIFY_SOCKET=$T/notify
	config '.process.user = { uid: 1000, gid: 1000 }'
	args sleep 1000
	orlop run -d "$ID" >"$T/out" 2>&1 &
	run_pid=$!
	eventually exists "$ROOT/$ID/notify/notify.sock"
	[ "$(stat -c '%u %a' "$ROOT/$ID/notify/notify.sock")" = "1000 700" ]
	ok delete --force "$ID"
	wait $run_pid || true
	user_namespace
	orlop run -d "$ID" >"$T/out" 2>&1 &
	run_pid=$!
	eventually exists "$ROOT/$ID/notify/notify.sock"
	[ "$(stat -c '%u %a' "$ROOT/$ID/notify/notify.sock")" = "101000 700" ]
	ok delete --force "$ID"
	wait $run_pid || true
}

@test "NOTIFY_SOCKET is not in the environment of a container that was not asked to notify" {
	args env
	ok run "$ID"
	[[ "$output" != *NOTIFY_SOCKET* ]]
}

@test "standard streams that are closed do not disturb create" {
	status=0
	"$ORLOP" --root "$ROOT" create "$ID" <&- >/dev/null 2>&1 || status=$?
	[ "$status" -eq 0 ]
	has_status created
}

closed_streams() { # ARG...: status, and what the script in the container saw
	status=0
	rm -f "$ROOTFS/tmp/seen"
	"$ORLOP" --root "$ROOT" "$@" <&- >&- 2>&- 3>&- 4>&- || status=$?
	output=$(<"$ROOTFS/tmp/seen")
}

@test "standard streams that are closed are /dev/null or the terminal for run and exec, which end as the process does" {
	local look='(for i in 0 1 2; do readlink /proc/$$/fd/$i; done >/tmp/seen); exit 3'
	local null=$'/dev/null\n/dev/null\n/dev/null' terminal=$'/dev/pts/0\n/dev/pts/0\n/dev/pts/0'

	script "$look"
	closed_streams run "$ID"
	[ "$status $output" = "3 $null" ]
	config '.process.terminal = true'
	closed_streams run "$ID"
	[ "$status $output" = "3 $terminal" ]
	config '.process.terminal = false'
	start_sleeper
	closed_streams exec "$ID" sh -c "$look"
	[ "$status $output" = "3 $null" ]
	closed_streams exec -t "$ID" sh -c "$look"
	[ "$status $output" = "3 $terminal" ]
}

@test "--pidfd-socket of create and of exec gets a pidfd of the process" {
	background first $PYTHON "$LIB/pidfd.py" "$T/first"
	eventually exists "$T/first"
	ok create --pidfd-socket "$T/first" "$ID"
	eventually file_says "$T/first.out" "^Pid:.$(pid_of)$"
	file_says "$T/first.out" '^fds=1$'
	background second $PYTHON "$LIB/pidfd.py" "$T/second"
	eventually exists "$T/second"
	ok exec --detach --pid-file "$T/pid" --pidfd-socket "$T/second" "$ID" sleep 1000
	eventually file_says "$T/second.out" "^Pid:.$(<"$T/pid")$"
}

@test "NOTIFY_SOCKET: a foreground run passes the readiness on while it waits" {
	background manager $PYTHON "$LIB/notify_socket.py" "$T/notify"
	eventually exists "$T/notify"
	script 'while :; do sleep 0.1; done'
	export NOTIFY_SOCKET=$T/notify
	background run orlop run "$ID"
	unset NOTIFY_SOCKET
	eventually exists "$ROOT/$ID/notify/notify.sock"
	$PYTHON - "$ROOT/$ID/notify" <<-'END'
	import os, socket, sys
	os.chdir(sys.argv[1])
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.connect("notify.sock")
	s.send(b"STATUS=warming up\nREADY=1\n")
	END
	eventually file_says "$T/manager.out" READY=1
	ok kill "$ID" KILL
}
