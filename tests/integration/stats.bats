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
	script 'ip link add d0 type dummy && ip addr add 10.9.8.7/24 dev d0 && ip link set d0 up && ping -c 1 -W 1 10.9.8.1; sleep 1000'
	config '.process.capabilities |= map_values(. + ["CAP_NET_ADMIN", "CAP_NET_RAW"])'
	ok run -d "$ID"
	sent() { [ "$("$ORLOP" --root "$ROOT" stats --format json "$ID" | jq '.[0].network.txBytes')" -gt 0 ]; }
	if ! eventually sent; then
		nsenter -t "$(pid_of)" -n ip link show d0 >/dev/null 2>&1 || skip "no dummy interfaces here"
		return 1
	fi
	[ "$("$ORLOP" --root "$ROOT" stats --format json "$ID" | jq -r '.[0].network.interfaces[0].name')" = d0 ]
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
