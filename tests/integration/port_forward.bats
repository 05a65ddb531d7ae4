# SPDX-License-Identifier: Apache-2.0
# Connections of the host to ports of a container: 'port-forward'.

load ../lib/orlop

tcp() {
	timeout 30 $PYTHON "$LIB/tcp.py" "$@"
}

# A container, and a server on port $1 (7000) of its loopback. FREE is a port that nothing has here.
serve() {
	start_sleeper "${2:-sleep 1000}"
	nsenter -t "$(pid_of)" -n ip link set lo up
	background server nsenter -t "$(pid_of)" -n $PYTHON "$LIB/tcp.py" "${3:-echo}" "${1:-7000}"
	eventually file_says "$T/server.out" listening
	free_port
}

free_port() {
	FREE=$((20000 + RANDOM % 20000))
	while (: >"/dev/tcp/127.0.0.1/$FREE") 2>/dev/null; do
		FREE=$((FREE + 1))
	done
}

forward() {
	background forward "$ORLOP" --root "$ROOT" port-forward "$ID" "$@"
	FORWARD=$BG
	eventually file_says "$T/forward.out" forwarding || { cat "$T/forward.out"; return 1; }
}

@test "port-forward brings a connection to the container's loopback" {
	serve
	forward "$FREE:7000"
	[ "$(cat "$T/forward.out")" = "forwarding 127.0.0.1:$FREE to port 7000" ]
	[ "$(tcp get "$FREE" hello)" = hellobye ]
	[ "$(tcp get "$FREE" again)" = againbye ]
}

@test "half-close passes both ways: what the server says after the end of the request arrives" {
	serve
	forward "$FREE:7000"
	[ "$(tcp get "$FREE" "")" = bye ]
}

@test "one number is the same port on both sides, and several are several" {
	serve
	local first=$FREE
	free_port
	background second nsenter -t "$(pid_of)" -n $PYTHON "$LIB/tcp.py" echo "$first"
	eventually file_says "$T/second.out" listening
	forward "$first" "$FREE:7000"
	[ "$(tcp get "$first" a)" = abye ]
	[ "$(tcp get "$FREE" b)" = bbye ]
}

@test "an address may be given, IPv6 in brackets" {
	serve
	[ -e /proc/net/if_inet6 ] && grep -q 00000000000000000000000000000001 /proc/net/if_inet6 || skip "no ::1 here"
	forward "[::1]:$FREE:7000"
	[ "$($PYTHON -c "import socket,sys; s=socket.create_connection(('::1', $FREE)); s.sendall(b'six'); s.shutdown(1); print(s.recv(3).decode())")" = six ]
}

@test "much data goes both ways at once, unharmed" {
	serve
	forward "$FREE:7000"
	[ "$(tcp flood "$FREE" 50000000)" = same ]
}

@test "a thousand connections at once take less than 4 MiB" {
	serve
	[ "$(ulimit -Hn)" -ge 4096 ] || skip "at most $(ulimit -Hn) descriptors here"
	prlimit --pid "$BG" --nofile="$(ulimit -Hn)"
	forward "$FREE:7000"
	mkfifo "$T/hold"
	background many bash -c "exec <>'$T/hold'; $PYTHON '$LIB/tcp.py' many $FREE 1000"
	ORLOP_TEST_TRIES=400 eventually file_says "$T/many.out" '^1000$' || { cat "$T/many.out" "$T/forward.out"; return 1; }
	[ "$(awk '/^VmRSS/ { print $2 }' "/proc/$FORWARD/status")" -lt 4096 ]
	[ "$(find "/proc/$FORWARD/fd" -mindepth 1 | wc -l)" -lt 2100 ]
}

@test "a port that nothing listens on is told, and the next connection is served all the same" {
	serve
	forward "$FREE:7001"
	[ -z "$(tcp get "$FREE" x 2>/dev/null)" ]
	file_says "$T/forward.out" "port 7001: connection refused"
	background late nsenter -t "$(pid_of)" -n $PYTHON "$LIB/tcp.py" echo 7001
	eventually file_says "$T/late.out" listening
	[ "$(tcp get "$FREE" now)" = nowbye ]
}

@test "a server that only speaks IPv6 is reached" {
	start_sleeper
	nsenter -t "$(pid_of)" -n ip link set lo up
	nsenter -t "$(pid_of)" -n grep -q 00000000000000000000000000000001 /proc/net/if_inet6 || skip "no ::1 in network namespaces here"
	background server nsenter -t "$(pid_of)" -n $PYTHON -c '
import socket
s = socket.socket(socket.AF_INET6); s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
s.bind(("::1", 7000)); s.listen(); print("listening", flush=True)
while True:
    p, _ = s.accept(); p.recv(9); p.sendall(b"six"); p.close()'
	eventually file_says "$T/server.out" listening
	free_port
	forward "$FREE:7000"
	[ "$(tcp get "$FREE" x)" = six ]
}

@test "a local port that is taken is an error" {
	serve
	forward "$FREE:7000"
	fails 1 "listen on 127.0.0.1:$FREE: address already in use" port-forward "$ID" "$FREE:7000"
}

@test "ports that are none are refused, before anything is opened" {
	start_sleeper
	fails 1 "port 0: expected a number from 1 to 65535" port-forward "$ID" 0
	fails 1 "port 0: expected a number from 1 to 65535" port-forward "$ID" 8080:0
	fails 1 "port 65536: expected a number from 1 to 65535" port-forward "$ID" 65536
	fails 1 "port 70000: expected a number from 1 to 65535" port-forward "$ID" --stdio 70000
	fails 1 "port 'http': expected a number from 1 to 65535" port-forward "$ID" http
	fails 1 "'nowhere' is no address" port-forward "$ID" nowhere:80:80
	fails 1 "expected [ADDR]:LOCAL[:REMOTE]" port-forward "$ID" "[::1"
	fails 1 "expected [ADDR:]LOCAL[:REMOTE]" port-forward "$ID"
	fails 1 "no other port can be given" port-forward "$ID" 80 --stdio 80
	fails 1 "--unix wants one REMOTE port" port-forward "$ID" --unix "$T/s" 80 81
}

@test "a container that does not run, or is not there, is an error" {
	fails 1 "container does not exist" port-forward "$ID" 8080
	script 'exit 0'
	ok run -d --keep "$ID"
	wait_status stopped
	fails 1 "container not running" port-forward "$ID" 8080
	fails 1 "container not running" port-forward "$ID" --stdio 80
}

@test "port-forward ends with the container" {
	serve
	forward "$FREE:7000"
	ok kill "$ID" KILL
	wait "$FORWARD"
}

@test "port-forward ends by a signal, well" {
	serve
	forward "$FREE:7000"
	kill -TERM "$FORWARD"
	wait "$FORWARD"
}

@test "a container with the network of the host works, and that is said" {
	no_namespace network
	start_sleeper
	free_port
	local port=$FREE
	background server $PYTHON "$LIB/tcp.py" echo "$port"
	eventually file_says "$T/server.out" listening
	free_port
	forward "$FREE:$port"
	file_says "$T/forward.out" "has the network of the host"
	[ "$(tcp get "$FREE" here)" = herebye ]
}

@test "--stdio is one connection on standard input and output" {
	serve
	[ "$(printf hello | orlop port-forward "$ID" --stdio 7000)" = hellobye ]
}

@test "--stdio ends when the container closes, though the input stays open" {
	serve 7000 "" echo
	background quick nsenter -t "$(pid_of)" -n $PYTHON -c '
import socket
s = socket.socket(); s.bind(("127.0.0.1", 7002)); s.listen(); print("listening", flush=True)
p, _ = s.accept(); p.sendall(b"done"); p.close()'
	eventually file_says "$T/quick.out" listening
	mkfifo "$T/open"
	exec 5<>"$T/open"
	[ "$(orlop port-forward "$ID" --stdio 7002 <&5 5<&-)" = done ]
	exec 5<&-
}

@test "--stdio carries much, whatever standard input is" {
	serve
	head -c 5000000 /dev/urandom >"$T/data"
	orlop port-forward "$ID" --stdio 7000 <"$T/data" >"$T/back"
	cmp <(cat "$T/data"; printf bye) "$T/back"
	cat "$T/data" | orlop port-forward "$ID" --stdio 7000 >>"$T/back2"
	cmp <(cat "$T/data"; printf bye) "$T/back2"
}

@test "--stdio to a port that nothing listens on is an error" {
	serve
	fails 1 "port 7009: connection refused" port-forward "$ID" --stdio 7009
}

@test "--unix listens on a socket file, which is removed at the end" {
	serve
	forward --unix "$T/sock" 7000
	[ "$(tcp get "$T/sock" file)" = filebye ]
	fails 1 "listen on $T/sock: address already in use" port-forward "$ID" --unix "$T/sock" 7000
	kill -INT "$FORWARD"
	wait "$FORWARD"
	gone "$T/sock"
}

@test "--format json tells what is forwarded" {
	serve
	background forward "$ORLOP" --root "$ROOT" port-forward --format json "$ID" "$FREE:7000"
	eventually file_says "$T/forward.out" remote
	[ "$(jq -r '.local + " " + (.remote | tostring)' "$T/forward.out")" = "127.0.0.1:$FREE 7000" ]
}

@test "port-forward works in a container with a user namespace" {
	user_namespace
	serve
	forward "$FREE:7000"
	[ "$(tcp get "$FREE" mapped)" = mappedbye ]
}

@test "what a connection that breaks leaves does not harm the others" {
	serve
	forward "$FREE:7000"
	local i
	for ((i = 0; i < 50; i++)); do
		$PYTHON -c "
import socket, struct
s = socket.create_connection(('127.0.0.1', $FREE)); s.sendall(b'x' * 100000)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); s.close()" &
	done
	wait $(jobs -p | grep -v -e "^$FORWARD$" -e "^${BACKGROUND[0]}$") || :
	[ "$(tcp get "$FREE" alive)" = alivebye ]
	few() { [ "$(find "/proc/$FORWARD/fd" -mindepth 1 | wc -l)" -lt 30 ]; }
	eventually few
}
