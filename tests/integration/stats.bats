# SPDX-License-Identifier: Apache-2.0
# What containers use: 'stats' as a table, as JSON and for scrapers.

load ../lib/orlop

busy() { # a container that burns CPU
	script 'while :; do :; done'
	ok run -d "$ID"
	wait_status running
}

has_cpu_use() {
	[ "$("$ORLOP" --root "$ROOT" stats --format json "$ID" | jq '.[0].cpu.usage // 0')" -gt 0 ]
}

@test "stats is a table of the containers that run" {
	start_sleeper
	ok stats
	[ "$(awk 'NR == 1 { print $1, $2, $3 }' <<<"$output")" = "ID CPU MEM" ]
	[ "$(awk 'NR == 2 { print $1 }' <<<"$output")" = "$ID" ]
	ok stats "$ID"
	[ "$(wc -l <<<"$output")" -eq 2 ]
}

@test "stats leaves out what does not run, --all shows it" {
	script 'exit 0'
	ok run -d --keep "$ID"
	wait_status stopped
	ok stats
	[[ "$output" != *"$ID"* ]]
	ok stats --all
	says "$ID"
	ok stats --all --format json
	[ "$(jq -r '.[0].running' <<<"$output")" = false ]
	ok stats "$ID"
	says "$ID"
}

@test "stats without any container is an empty list" {
	ok stats
	[ "$(wc -l <<<"$output")" -eq 1 ]
	ok stats --format json
	is "[]"
}

@test "stats --format json has CPU time, processes and the pid" {
	busy
	eventually has_cpu_use
	ok stats --format json "$ID"
	[ "$(jq -r '.[0].pid' <<<"$output")" = "$(pid_of)" ]
	[ "$(jq -r '.[0].running' <<<"$output")" = true ]
	[ "$(jq -r '.[0].cpu.usage' <<<"$output")" -gt 0 ]
}

@test "stats shows memory and its limit" {
	needs_controller memory
	config '.linux.resources.memory = { limit: 67108864 }'
	start_sleeper
	ok stats --format json "$ID"
	[ "$(jq -r '.[0].memory.limit' <<<"$output")" = 67108864 ]
	[ "$(jq -r '.[0].memory.usage' <<<"$output")" -gt 0 ]
	[ "$(jq -r '.[0].memory.stat | length' <<<"$output")" -gt 10 ]
	ok stats "$ID"
	says "/ 64.0M"
}

@test "stats of a container without a memory limit has null for it" {
	needs_controller memory
	start_sleeper
	ok stats --format json "$ID"
	[ "$(jq -c '.[0].memory | has("limit"), .limit' <<<"$output")" = "true
null" ]
}

@test "stats shows the number of processes and its limit" {
	needs_controller pids
	config '.linux.resources.pids = { limit: 33 }'
	start_sleeper
	ok stats --format json "$ID"
	[ "$(jq -r '.[0].pids.limit' <<<"$output")" = 33 ]
	[ "$(jq -r '.[0].pids.current' <<<"$output")" = 2 ]
}

@test "stats counts OOM kills" {
	needs_controller memory
	config '.linux.resources.memory = { limit: 16777216, swap: 16777216 }'
	script 'while :; do (tail /dev/zero >/dev/null) ; done'
	ok run -d "$ID"
	oom() { [ "$("$ORLOP" --root "$ROOT" stats --format json "$ID" | jq '.[0].memory.oomKills')" -gt 0 ]; }
	ORLOP_TEST_TRIES=300 eventually oom
}

@test "stats counts throttled periods" {
	needs_controller cpu
	config '.linux.resources.cpu = { quota: 5000, period: 50000 }'
	busy
	throttled() { [ "$("$ORLOP" --root "$ROOT" stats --format json "$ID" | jq '.[0].cpu.throttledPeriods')" -gt 0 ]; }
	eventually throttled
}

@test "stats knows the pressure where the kernel does" {
	[ -e /proc/pressure/cpu ] || skip "this kernel has no pressure information"
	[ -n "$(findmnt -rno TARGET -t cgroup2)" ] || skip "no cgroup2 tree here"
	start_sleeper
	ok stats --format json "$ID"
	[ "$(jq -r '.[0].cpu.pressure.some | has("avg10", "total")' <<<"$output" | sort -u)" = true ]
}

@test "stats counts the network of the container, not that of the host" {
	start_sleeper
	ok stats --format json "$ID"
	[ "$(jq -c '.[0].network' <<<"$output")" = '{"rxBytes":0,"txBytes":0,"interfaces":[]}' ]
}

@test "stats counts what goes over an interface of the container" {
	needs_tool ip
	script 'while ! ip link set d0 up 2>/dev/null; do sleep 0.1; done; ip addr add 10.9.8.7/24 dev d0; ping -c 1 -W 1 10.9.8.1; sleep 1000'
	config '.process.capabilities |= map_values(. + ["CAP_NET_ADMIN", "CAP_NET_RAW"])'
	ok run -d "$ID"
	nsenter -t "$(pid_of)" -n sh -c 'ip link add d0 type veth peer name e0 && ip link set e0 up' 2>/dev/null ||
		skip "no veth interfaces here"
	sent() { [ "$("$ORLOP" --root "$ROOT" stats --format json "$ID" | jq '.[0].network.txBytes')" -gt 0 ]; }
	eventually sent
	"$ORLOP" --root "$ROOT" stats --format json "$ID" | jq -e '.[0].network.interfaces | any(.name == "d0")' >/dev/null
}

@test "a container that does not exist does not stop the others, and the status is 1" {
	start_sleeper
	fails 1 "container 'nobody': container does not exist" stats nobody "$ID"
	[ "$(tail -n 1 <<<"$output" | awk '{ print $1 }')" = "$ID" ]
}

@test "a container with a broken record does not stop the others" {
	start_sleeper
	mkdir "$ROOT/$ID-broken"
	echo '{' >"$ROOT/$ID-broken/state.json"
	fails 1 "container '$ID-broken'" stats
	[ "$(awk 'NR == 2 { print $1 }' <<<"$output")" = "$ID" ]
	fails 1 "" stats --format json
	[ "$(jq -r 'map(has("error")) | sort | map(tostring) | join(" ")' <<<"$output")" = "false true" ]
	fails 1 "" stats --format openmetrics
	$PYTHON "$LIB/openmetrics.py" <<<"$output"
	rm -r "$ROOT/$ID-broken"
}

@test "a bad id is refused" {
	fails 1 "invalid container ID" stats a/b
}

@test "stats --format openmetrics is what a scraper takes" {
	busy
	eventually has_cpu_use
	ok stats --format openmetrics
	$PYTHON "$LIB/openmetrics.py" <<<"$output"
	grep -q "^orlop_container_up{id=\"$ID\"} 1$" <<<"$output"
	grep -qE "^orlop_container_cpu_usage_seconds_total\{id=\"$ID\"\} [0-9]+\.[0-9]{9}$" <<<"$output"
	grep -q '^# UNIT orlop_container_memory_usage_bytes bytes$' <<<"$output"
	[ "$(tail -n 1 <<<"$output")" = "# EOF" ]
}

@test "openmetrics of no container at all is valid too" {
	ok stats --format openmetrics
	$PYTHON "$LIB/openmetrics.py" <<<"$output"
}

@test "annotations become labels when asked for, whatever is in them" {
	config '.annotations = { "org.opencontainers.image.title": "a\"b\\c\nd", "0day": "x" }'
	start_sleeper
	ok stats --format openmetrics --label org.opencontainers.image.title --label 0day --label absent
	$PYTHON "$LIB/openmetrics.py" <<<"$output"
	grep -qF 'org_opencontainers_image_title="a\"b\\c\nd",_0day="x"}' <<<"$output"
	ok stats --format json --label org.opencontainers.image.title
	[ "$(jq -r '.[0].annotations["org.opencontainers.image.title"]' <<<"$output")" = 'a"b\c
d' ]
	ok stats --label 0day
	[ "$(awk 'NR == 2 { print $NF }' <<<"$output")" = x ]
	ok stats --format openmetrics
	[[ "$output" != *title* ]]
}

@test "stats --watch shows the share of a CPU since the last look, and ends with the container" {
	busy
	background watch orlop stats --watch --interval 300ms "$ID"
	eventually file_says "$T/watch.out" '[0-9]%'
	ok kill "$ID" KILL
	wait "$BG"
	BACKGROUND=()
	[ "$(grep -c '^ID' "$T/watch.out")" -gt 1 ]
}

@test "stats --watch redraws on a terminal" {
	start_sleeper
	background watch env script -qfec "exec $ORLOP --root $ROOT stats --watch --interval 200ms $ID" /dev/null
	redrawn() { [ "$(grep -ao $'\033\\[H' "$T/watch.out" | wc -l)" -ge 2 ]; }
	eventually redrawn
}

@test "stats --watch --format json is an array a line" {
	start_sleeper
	background watch orlop stats --watch --interval 100ms --format json "$ID"
	lines() { [ "$(wc -l <"$T/watch.out")" -ge 2 ]; }
	eventually lines
	[ "$(head -n 2 "$T/watch.out" | jq -r '.[0].id' | sort -u)" = "$ID" ]
}

@test "stats refuses what makes no sense" {
	fails 1 "duration interval must be greater than 0" stats --watch --interval 0
	fails 1 "--watch prints a table or JSON" stats --watch --format openmetrics
}

@test "stats of many containers reads them by several processes, and misses none" {
	local i

	start_sleeper
	for ((i = 0; i < 150; i++)); do
		cp -a "$ROOT/$ID" "$ROOT/$ID-copy$i"
		sed -i "s/\"id\":\"$ID\"/\"id\":\"$ID-copy$i\"/" "$ROOT/$ID-copy$i/state.json"
	done
	ok stats --format json
	[ "$(jq '[.[] | select(.cpu.usage and .running)] | length' <<<"$output")" -eq 151 ]
	rm -r "$ROOT/$ID-copy"*
}

# The parser of Prometheus' own client, in Debian python3-prometheus-client: it raises for what a scraper would refuse.
prometheus() {
	/usr/bin/python3 -c '
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    for s in family.samples:
        print(s.name, family.type, *sorted("%s=%s" % l for l in s.labels.items()), s.value)'
}

@test "the parser of Prometheus' client takes it: labels, a broken container, one that has stopped" {
	/usr/bin/python3 -c 'import prometheus_client.openmetrics.parser' 2>/dev/null ||
		skip "python3-prometheus-client is not installed"
	config '.annotations = { "org.opencontainers.image.title": "a\"b\\c\nd" }'
	start_sleeper
	ok stats --format openmetrics --label org.opencontainers.image.title
	prometheus <<<"$output" >"$T/samples"
	grep -qF "orlop_container_up gauge id=$ID" "$T/samples"
	[ "$(grep -c 'org_opencontainers_image_title=a"b\\c' "$T/samples")" -gt 3 ]
	mkdir "$ROOT/$ID-broken"
	echo '{' >"$ROOT/$ID-broken/state.json"
	fails 1 "" stats --all --format openmetrics
	prometheus <<<"$output" >"$T/samples"
	grep -q "^orlop_container_up gauge id=$ID 1" "$T/samples"
	rm -r "$ROOT/$ID-broken"
	ok kill "$ID" KILL
	wait_status stopped
	ok stats --all --format openmetrics
	prometheus <<<"$output" >/dev/null
}

@test "a container with many interfaces has them in JSON and for scrapers, the many that are left together" {
	needs_tool ip
	start_sleeper
	local i pid

	pid=$(pid_of)
	for ((i = 0; i < 35; i++)); do
		echo "link add name d$((2 * i)) type veth peer name d$((2 * i + 1))"
	done | nsenter -t "$pid" -n ip -batch - 2>/dev/null || skip "no veth interfaces here"
	ok stats --format json "$ID"
	[ "$(jq -r '.[0].network.interfaces | length, .[-1].name' <<<"$output" | tr '\n' ' ')" = "64 (others) " ]
	ok stats --format openmetrics "$ID"
	$PYTHON "$LIB/openmetrics.py" <<<"$output"
	[ "$(grep -c '^orlop_container_network_receive_bytes_total{.*interface="' <<<"$output")" -eq 64 ]
}
