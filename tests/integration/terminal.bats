# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

receiver() { # [INPUT]
	background console $PYTHON "$LIB/console.py" "$T/console" "$@"
	eventually exists "$T/console"
}

# With a terminal of its own for the runtime: script(1) gives one.
on_terminal() {
	status=0
	ORLOP_TEST_ID=$ID timeout -k 2 "$LIMIT" script -qec "$*" /dev/null >"$T/stdout" 2>"$T/stderr" 3>&- || status=$?
	output=$(tr -d '\0\r' <"$T/stdout")
	errors=$(<"$T/stderr")
}

@test "P2 --console-socket gets the master as one descriptor, 0, 1 and 2 are the slave" {
	config '.process.terminal = true'
	script 'tty; ls -l /proc/self/fd | grep -c pts; [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo all'
	receiver
	ok run -d --console-socket "$T/console" "$ID"
	eventually file_says "$T/console.out" all
	file_says "$T/console.out" '^fds=1 '
	file_says "$T/console.out" '^slave=/dev/pts/0'
	file_says "$T/console.out" '^/dev/pts/0'
}

@test "P2 create with --console-socket sends the master before it returns" {
	config '.process.terminal = true'
	args echo started
	receiver
	ok create --console-socket "$T/console" "$ID"
	eventually file_says "$T/console.out" '^fds=1 '
	refute file_says "$T/console.out" started
	ok start "$ID"
	eventually file_says "$T/console.out" started
}

@test "what is typed at the master arrives" {
	config '.process.terminal = true'
	script 'read line; echo "got <$line>"'
	receiver $'hello\n'
	ok run -d --console-socket "$T/console" "$ID"
	eventually file_says "$T/console.out" 'got <hello>'
}

@test "P3 consoleSize is the size of the terminal" {
	config '.process.terminal = true | .process.consoleSize = { height: 33, width: 111 }'
	args stty size
	receiver
	ok run -d --console-socket "$T/console" "$ID"
	eventually file_says "$T/console.out" '^33 111'
}

@test "P3 consoleSize without a terminal is ignored" {
	config '.process.consoleSize = { height: 33, width: 111 }'
	ok run "$ID"
}

@test "P2 G11 the terminal is the controlling one, and /dev/console is it" {
	config '.process.terminal = true'
	script 'stat -c "%F %t" /dev/console; echo to-tty >/dev/tty; cut -d" " -f7 /proc/self/stat'
	receiver
	ok run -d --console-socket "$T/console" "$ID"
	eventually file_says "$T/console.out" to-tty
	file_says "$T/console.out" 'character special file 88'
	refute file_says "$T/console.out" '^0'
}

@test "the terminal belongs to the process's user" {
	config '.process.terminal = true | .process.user = { uid: 1000, gid: 1000 }'
	script 'stat -c "owner %u %g" "$(tty)"'
	receiver
	ok run -d --console-socket "$T/console" "$ID"
	eventually file_says "$T/console.out" '^owner 1000'
}

@test "a terminal works in a user namespace" {
	user_namespace
	config '.process.terminal = true'
	args tty
	receiver
	ok run -d --console-socket "$T/console" "$ID"
	eventually file_says "$T/console.out" '^/dev/pts/0'
}

@test "detached with a terminal needs a console socket, and a console socket a terminal" {
	config '.process.terminal = true'
	fails 1 "give --console-socket SOCKET (where 'orlop tty SOCKET' listens)" create "$ID"
	nothing_left
	config '.process.terminal = false'
	receiver
	fails 1 "--console-socket is for a terminal, and none is asked for" create --console-socket "$T/console" "$ID"
	nothing_left
}

@test "a console socket that nobody listens on is refused and leaves nothing" {
	config '.process.terminal = true'
	refused create --console-socket "$T/nobody" "$ID"
	says "connect to socket '$T/nobody': no such file or directory"
	nothing_left
}

@test "run in the foreground proxies the terminal and passes the status on" {
	config '.process.terminal = true'
	script 'tty; echo visible; exit 6'
	on_terminal "$ORLOP --root $ROOT run $ID"
	[ "$status" -eq 6 ]
	says /dev/pts/0
	says visible
	nothing_left
}

@test "run in the foreground takes over the size of the caller's terminal" {
	config '.process.terminal = true'
	script 'sleep 0.3; stty size'
	on_terminal "stty rows 31 cols 97; $ORLOP --root $ROOT run $ID"
	says "31 97"
}

@test "exec -t has a terminal of its own" {
	start_sleeper
	on_terminal "$ORLOP --root $ROOT exec -t $ID sh -c 'tty; [ -t 1 ] && echo terminal; exit 5'"
	[ "$status" -eq 5 ]
	says /dev/pts/
	says terminal
}

@test "exec -t with --console-socket and --detach sends the master" {
	start_sleeper
	receiver
	ok exec -t --detach --console-socket "$T/console" "$ID" sh -c 'tty; echo done'
	eventually file_says "$T/console.out" done
	file_says "$T/console.out" '^fds=1 '
}

@test "run with a terminal works when standard input is none" {
	config '.process.terminal = true'
	args echo shown
	run_orlop run "$ID" </dev/null
	[ "$status" -eq 0 ] || skip "the runtime refuses a terminal without one of its own"
	says shown
}

@test "the host's /dev/null keeps its owner when a user gets it as standard input" {
	before=$(stat -c '%u:%g %a' /dev/null)
	config '.process.user = { uid: 1000, gid: 1000 }'
	run_orlop run "$ID" </dev/null
	[ "$(stat -c '%u:%g %a' /dev/null)" = "$before" ]
}

# unread pipe|pty ACTION RUNTIME-ARG...: see tests/lib/unread.py; its report in `output`.
unread() {
	local kind=$1 action=$2

	shift 2
	output=$(ORLOP_TEST_ID=$ID $PYTHON "$LIB/unread.py" "$kind" "$action" "$ORLOP" --root "$ROOT" "$@" 2>"$T/stderr" 3>&-)
}

@test "while nobody reads the output, keys reach the program and its end is seen" {
	config '.process.terminal = true'
	script 'yes; :'
	for kind in pipe pty; do
		# Ctrl-C ends a program that is no pid 1; its shell says so.
		unread $kind 'type:\x03' run "$ID"
		[[ "$output" == *"status 130"* ]] || { echo "# $kind: $output"; return 1; }
	done
}

@test "while nobody reads the output, signals are passed on and the end is seen" {
	config '.process.terminal = true'
	script 'trap "exit 7" TERM; yes & wait'
	for kind in pipe pty; do
		unread $kind term run "$ID"
		[[ "$output" == *"status 7"* ]] || { echo "# $kind: $output"; return 1; }
		unread $kind "run:$ORLOP --root $ROOT kill $ID KILL" run "$ID"
		[[ "$output" == *"status 137"* ]] || { echo "# $kind: $output"; return 1; }
	done
}

@test "exec -t does not wait for a reader either" {
	start_sleeper
	for kind in pipe pty; do
		unread $kind 'type:\x03' exec -t "$ID" sh -c 'yes; :'
		[[ "$output" == *"status 130"* ]] || { echo "# $kind: $output"; return 1; }
	done
}

@test "what a program has written before its end is in the pipe, whoever reads that later" {
	config '.process.terminal = true'
	script 'seq 1 12000; exit 3'
	unread pipe run:true run "$ID"
	[[ "$output" == *"status 3"*"bytes $(seq 1 12000 | wc -c)"* ]] || { echo "# $output"; return 1; }
}

@test "the output has LF where it is no terminal that shows it, and CR LF where it is" {
	config '.process.terminal = true'
	script 'echo hi'
	run_orlop run "$ID" </dev/null
	cmp -s "$T/stdout" <(printf 'hi\n')
	start_sleeper_without_terminal
	orlop exec -t "$ID-s" echo hi </dev/null >"$T/exec"
	cmp "$T/exec" <(printf 'hi\n')
	on_terminal "$ORLOP --root $ROOT exec -t $ID-s echo hi"
	grep -q $'hi\r$' "$T/stdout"
}

start_sleeper_without_terminal() {
	config '.process.terminal = false | .linux.cgroupsPath += "-s"'
	script 'sleep 1000'
	ok run -d "$ID-s"
}

@test "the end of the input is the end of the terminal's input" {
	config '.process.terminal = true'
	for text in '' 'line\n' 'no newline'; do
		script 'cat >/tmp/got; exit 5'
		status=0
		printf "$text" | orlop run "$ID" >"$T/stdout" 2>"$T/stderr" || status=$?
		[ "$status" -eq 5 ]
		[ "$(<"$ROOTFS/tmp/got")" = "$(printf "$text")" ]
	done
	# A program that makes its terminal raw a while after that.
	script 'sleep 0.5; stty raw; c=$(dd bs=1 count=1 2>/dev/null); stty cooked; exit 6'
	status=0
	orlop run "$ID" </dev/null >"$T/stdout" || status=$?
	[ "$status" -eq 6 ]
	args sh
	ok run "$ID" </dev/null
}

# --- orlop tty ---

is_socket() {
	[ -S "$1" ]
}

tty_on() { # ARG...: 'orlop tty' with nothing on its input, in the background
	background tty "$ORLOP" tty "$@" "$T/tty.sock" </dev/null
	eventually is_socket "$T/tty.sock"
}

@test "tty is the terminal of a detached container, and ends with it" {
	config '.process.terminal = true'
	script 'tty; test -t 0 && test -t 1 && echo both; echo last'
	tty_on
	ok run -d --console-socket "$T/tty.sock" "$ID"
	wait "$BG"
	file_says "$T/tty.out" '^/dev/pts/0'
	file_says "$T/tty.out" '^both'
	file_says "$T/tty.out" '^last'
	gone "$T/tty.sock"
}

@test "tty shows nothing before start, and keys and the window's size reach the container" {
	config '.process.terminal = true'
	script 'stty size; read -r line; echo "got <$line>"'
	mkfifo "$T/keys"
	exec 8<>"$T/keys"
	background tty sh -c 'exec script -qec "$1" /dev/null <"$2"' sh \
		"stty rows 31 cols 97; exec $ORLOP tty $T/tty.sock" "$T/keys"
	eventually is_socket "$T/tty.sock"
	ok create --console-socket "$T/tty.sock" "$ID"
	refute file_says "$T/tty.out" 31
	ok start "$ID"
	eventually file_says "$T/tty.out" '^31 97'
	echo hello >&8
	eventually file_says "$T/tty.out" 'got <hello>'
	exec 8>&-
	wait "$BG"
}

@test "tty is the terminal of exec, too" {
	start_sleeper
	tty_on
	ok exec -t -d --console-socket "$T/tty.sock" "$ID" sh -c 'tty; echo from exec'
	wait "$BG"
	file_says "$T/tty.out" '^from exec'
}

@test "tty ends by SIGTERM and removes its socket, before a terminal came and after" {
	tty_on
	kill "$BG"
	wait "$BG"
	gone "$T/tty.sock"
	config '.process.terminal = true'
	script 'echo here; sleep 1000'
	tty_on
	ok run -d --console-socket "$T/tty.sock" "$ID"
	eventually file_says "$T/tty.out" '^here'
	kill "$BG"
	wait "$BG"
}

@test "tty --mode null takes the terminals of many containers and shows nothing" {
	config '.process.terminal = true'
	script 'head -c 200000 /dev/zero | tr "\0" x; echo; sleep 1000'
	tty_on --mode null
	ok run -d --console-socket "$T/tty.sock" "$ID-1"
	config '.linux.cgroupsPath += "-2"'
	ok run -d --console-socket "$T/tty.sock" "$ID-2"
	config '.linux.cgroupsPath += "-3"'
	script 'echo short'
	ok run -d --console-socket "$T/tty.sock" "$ID-3"
	wait_status stopped "$ID-3"
	kill -0 "$BG"
	[ ! -s "$T/tty.out" ]
	kill "$BG"
	wait "$BG"
}

@test "tty goes on when a create fails after it has connected, and refuses what is no terminal" {
	config '.process.terminal = true'
	tty_on
	$PYTHON -c 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$T/tty.sock"
	script 'echo second'
	ok run -d --console-socket "$T/tty.sock" "$ID"
	wait "$BG"
	file_says "$T/tty.out" '^second'
	tty_on
	$PYTHON -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); socket.send_fds(s, [b"x"], [0])' \
		"$T/tty.sock" </dev/null
	refute wait "$BG"
	file_says "$T/tty.out" 'what came by the console socket is no terminal'
}

@test "tty replaces a socket on which nobody listens, and no other file" {
	$PYTHON -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$T/tty.sock"
	background tty "$ORLOP" tty "$T/tty.sock" </dev/null
	eventually nobody_can_read "$T/tty.sock"
	fails 1 "socket '$T/tty.sock': there is a file of that name already" tty "$T/tty.sock"
	kill "$BG"
	wait "$BG"
	echo kept >"$T/file"
	fails 1 "socket '$T/file': there is a file of that name already" tty "$T/file"
	[ "$(cat "$T/file")" = kept ]
}

nobody_can_read() {
	[ "$(stat -c %a "$1")" = 600 ]
}
