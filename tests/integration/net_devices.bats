# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# Devices of the test: the two ends of a veth pair, in a network namespace that stands for the host's. The runtime
# runs in there, so nothing of the machine's network is touched.

setup() {
	test_begin
	needs_tool ip
	NETNS=orlop-$BATS_TEST_NUMBER-$$
	A=oa$BATS_TEST_NUMBER
	B=ob$BATS_TEST_NUMBER
	mkdir -p "$T/netns"
	touch "$T/netns/host"
	unshare --net="$T/netns/host" true
	mounts_now >"$T/mounts"
	host ip link set lo up
	host ip link add "$A" type veth peer name "$B" || skip "this kernel has no veth"
}

teardown() {
	delete_all
	umount "$T/netns/host"
	mounts_now >"$T/mounts"
	test_end
}

host() {
	nsenter --net="$T/netns/host" "$@"
}

# As run_orlop, in the test's host.
run_there() {
	local real=$ORLOP

	ORLOP=$T/there
	printf '#!/bin/sh\nexec nsenter --net=%q %q "$@"\n' "$T/netns/host" "$real" >"$ORLOP"
	chmod 755 "$ORLOP"
	"$@"
	ORLOP=$real
}

device() { # HOSTNAME [NAME]
	config '.linux.netDevices[$h] = if $n == "" then {} else { name: $n } end' --arg h "$1" --arg n "${2-}"
}

inside() {
	nsenter --net="/proc/$(pid_of)/ns/net" "$@"
}

is_on_host() {
	host ip link show "$1" >/dev/null 2>&1
}

@test "L6 a device is moved into the container, and set up" {
	device "$A"
	run_there start_sleeper
	refute is_on_host "$A"
	inside ip -o link show "$A" | grep -q '[<,]UP[,>]'
	is_on_host "$B"
}

@test "L6 the device has its new name inside" {
	device "$A" eth7
	run_there start_sleeper
	inside ip link show eth7
	refute is_on_host "$A"
}

@test "L6 permanent global addresses of both families are kept, others are not" {
	host ip address add 10.9.8.7/24 brd + dev "$A"
	host ip address add 10.9.8.8/24 dev "$A"
	host ip address add 10.1.2.3 peer 10.1.2.4/32 dev "$A"
	host ip address add fd00:9::1/64 dev "$A"
	host ip address add fe80::99/64 dev "$A" scope link
	host ip address add 10.66.0.1/24 dev "$A" scope host
	host ip address add 10.66.1.1/24 dev "$A" valid_lft 500 preferred_lft 500
	device "$A" eth0
	run_there start_sleeper
	[ "$(inside ip -o address show dev eth0 scope global | wc -l)" = 4 ]
	inside ip -o address show dev eth0 | grep -q 'inet 10.1.2.3 peer 10.1.2.4/32'
	inside ip -o address show dev eth0 | grep -q 'inet 10.9.8.7/24 brd 10.9.8.255'
	inside ip -o address show dev eth0 | grep 'inet6 fd00:9::1/64' | grep -q 'valid_lft forever'
	refute grep -q 10.66 <<<"$(inside ip address show dev eth0)"
	refute grep -q fe80::99 <<<"$(inside ip address show dev eth0)"
}

@test "L6 the label of an address goes with the device's new name" {
	host ip address add 10.9.8.7/24 dev "$A" label "$A:web"
	device "$A" eth0
	run_there start_sleeper
	inside ip -4 -o address show dev eth0 | grep -q 'eth0:web'
}

@test "L6 hardware address, mtu, alias and queue length are kept" {
	host ip link set "$A" address 02:11:22:33:44:55 mtu 1234 txqueuelen 77 alias uplink
	device "$A" eth0
	run_there start_sleeper
	inside ip link show eth0 | grep -q 'mtu 1234 .*qlen 77'
	inside ip link show eth0 | grep -q 'link/ether 02:11:22:33:44:55'
	inside ip link show eth0 | grep -q 'alias uplink'
}

@test "L6 a name that the container's namespace has already is refused, the device stays as it was" {
	host ip address add 10.9.8.7/24 dev "$A"
	host ip link set "$A" up
	device "$A" lo
	run_there refused create "$ID"
	says "has a device 'lo' already"
	says "config.json:"
	host ip -o link show "$A" | grep -q '[<,]UP[,>]'
	host ip -o address show "$A" | grep -q 10.9.8.7/24
	nothing_left
}

@test "L6 a template is filled in by the kernel" {
	device "$A" 'eth%d'
	device "$B" 'eth%d'
	run_there start_sleeper
	inside ip link show eth0
	inside ip link show eth1
}

@test "L6 two devices may change names" {
	device "$A" "$B"
	device "$B" "$A"
	run_there start_sleeper
	inside ip link show "$A"
	inside ip link show "$B"
	refute is_on_host "$A"
}

@test "L6 a device that is not there is refused and nothing is moved" {
	device "$A"
	device nosuch0
	run_there refused create "$ID"
	says "network device 'nosuch0': not found"
	is_on_host "$A"
	nothing_left
}

@test "L6 a device that cannot be moved is refused, and the one before it is back" {
	host ip address add fd00:9::1/64 dev "$A"
	host ip link set "$A" up
	device "$A" eth0
	device lo lo7
	run_there refused create "$ID"
	says "network device 'lo': move it into the container"
	host ip -o link show "$A" | grep -q '[<,]UP[,>]'
	host ip -o address show "$A" | grep -q fd00:9::1/64
	nothing_left
}

@test "L6 netDevices without a network namespace are refused" {
	no_namespace network
	device "$A"
	run_there refused create "$ID"
	is_on_host "$A"
	nothing_left
}

@test "L6 a device is moved into a joined network namespace" {
	touch "$T/netns/other"
	unshare --net="$T/netns/other" true
	namespace network "$T/netns/other"
	device "$A" eth0
	run_there start_sleeper
	nsenter --net="$T/netns/other" ip -o link show eth0 | grep -q '[<,]UP[,>]'
	ok delete -f "$ID"
	# Not ours to take out again.
	nsenter --net="$T/netns/other" ip link show eth0
	umount "$T/netns/other"
}

@test "L6 a clash in a joined namespace leaves both devices alone" {
	touch "$T/netns/other"
	unshare --net="$T/netns/other" true
	nsenter --net="$T/netns/other" ip link add eth0 type veth peer name eth1
	namespace network "$T/netns/other"
	device "$A" eth0
	run_there refused create "$ID"
	is_on_host "$A"
	nsenter --net="$T/netns/other" ip link show eth0
	umount "$T/netns/other"
	nothing_left
}

@test "L6 a device goes into the network namespace of a new user namespace" {
	user_namespace
	host ip address add 10.9.8.7/24 dev "$A"
	device "$A" eth0
	run_there start_sleeper
	inside ip -o address show eth0 | grep -q 10.9.8.7/24
}

@test "L6 hooks and sysctls find the device" {
	device "$A" eth0
	config '.linux.sysctl["net.ipv4.conf.eth0.forwarding"] = "1"'
	config '.hooks.createRuntime = [{ path: "/bin/sh", args: ["sh", "-c",
		"pid=$(jq .pid); nsenter --net=/proc/$pid/ns/net ip link show eth0 >" + $f],
		env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"] }]' --arg f "$T/seen"
	script 'cat /proc/sys/net/ipv4/conf/eth0/forwarding'
	run_there ok run "$ID"
	is 1
	grep -q 'eth0' "$T/seen"
}

@test "L6 G4 a device is back with its addresses when the create fails later" {
	host ip link set "$A" mtu 1400 up
	host ip address add 10.9.8.7/24 dev "$A"
	host ip link add br0 type bridge 2>/dev/null && host ip link set "$A" master br0
	device "$A" eth0
	config '.hooks.createRuntime = [{ path: "/bin/false" }]'
	run_there refused create "$ID"
	host ip -o link show "$A" | grep -q '[<,]UP[,>].* mtu 1400'
	host ip -o address show "$A" | grep -q 10.9.8.7/24
	! host ip link show br0 >/dev/null 2>&1 || host ip link show "$A" | grep -q 'master br0'
	nothing_left
}

@test "L6 the runtime does not take a device out again at delete" {
	device "$A" eth0
	run_there start_sleeper
	exec {held}<"/proc/$(pid_of)/ns/net"
	run_there ok delete -f "$ID"
	refute is_on_host "$A"
	nsenter --net="/proc/self/fd/$held" ip link show eth0
	exec {held}<&-
}
