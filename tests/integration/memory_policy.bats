# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

needs_numa() {
	[ -e /proc/self/numa_maps ] || skip "this kernel has no NUMA policies"
}

policy() { # JSON
	config '.linux.memoryPolicy = $p' --argjson p "$1"
}

# The policy of the program's first mapping, as the kernel names it.
shows() {
	run_script 'read -r _ policy _ </proc/self/numa_maps; echo "$policy"'
	is "$1"
}

@test "L21 MPOL_BIND with nodes" {
	needs_numa
	policy '{ "mode": "MPOL_BIND", "nodes": "0" }'
	shows bind:0
}

@test "L21 MPOL_INTERLEAVE with nodes" {
	needs_numa
	policy '{ "mode": "MPOL_INTERLEAVE", "nodes": "0" }'
	shows interleave:0
}

@test "L21 MPOL_PREFERRED with a node" {
	needs_numa
	policy '{ "mode": "MPOL_PREFERRED", "nodes": "0" }'
	shows prefer:0
}

@test "L21 MPOL_PREFERRED without nodes is local allocation" {
	needs_numa
	policy '{ "mode": "MPOL_PREFERRED" }'
	shows local
}

@test "L21 MPOL_PREFERRED_MANY, MPOL_WEIGHTED_INTERLEAVE, MPOL_LOCAL, MPOL_DEFAULT" {
	needs_numa
	policy '{ "mode": "MPOL_PREFERRED_MANY", "nodes": "0" }'
	shows 'prefer (many):0' || is "prefer"
	policy '{ "mode": "MPOL_LOCAL" }'
	shows local
	policy '{ "mode": "MPOL_DEFAULT" }'
	shows default
	policy '{ "mode": "MPOL_WEIGHTED_INTERLEAVE", "nodes": "0" }'
	script 'read -r _ policy _ </proc/self/numa_maps; echo "$policy"'
	run_orlop run "$ID"
	[ "$status" -eq 0 ] || skip "this kernel has no MPOL_WEIGHTED_INTERLEAVE"
	[[ "$output" == weighted* ]]
}

@test "L21 flags go with the mode" {
	needs_numa
	policy '{ "mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"] }'
	shows bind=static:0
	policy '{ "mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_RELATIVE_NODES"] }'
	shows bind=relative:0
	policy '{ "mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_NUMA_BALANCING"] }'
	shows bind=balancing:0
}

@test "L21 relative nodes may be any number" {
	needs_numa
	policy '{ "mode": "MPOL_BIND", "nodes": "0-63", "flags": ["MPOL_F_RELATIVE_NODES"] }'
	shows bind=relative:0
}

@test "L21 a policy holds for exec too" {
	needs_numa
	policy '{ "mode": "MPOL_BIND", "nodes": "0" }'
	start_sleeper
	ok exec "$ID" sh -c 'read -r _ policy _ </proc/self/numa_maps; echo "$policy"'
	is bind:0
}

@test "L21 without memoryPolicy the container keeps the caller's" {
	needs_numa
	shows default
}

@test "L21 a policy holds with a cpuset of the same node" {
	needs_numa
	needs_controller cpuset
	config '.linux.resources.cpu.mems = "0"'
	policy '{ "mode": "MPOL_BIND", "nodes": "0" }'
	shows bind:0
}

@test "L21 a node that the host lacks fails the create" {
	needs_numa
	[ ! -e /sys/devices/system/node/node900 ]
	policy '{ "mode": "MPOL_BIND", "nodes": "900" }'
	refused create "$ID"
	says "memory policy"
	says "/linux/memoryPolicy"
	nothing_left
}

@test "L21 node numbers beyond all kernels are refused by name" {
	policy '{ "mode": "MPOL_BIND", "nodes": "40000" }'
	refused create "$ID"
	says "/linux/memoryPolicy/nodes"
	nothing_left
}

@test "L21 the rules of set_mempolicy(2) are checked" {
	local bad

	for bad in '{ "mode": "MPOL_DEFAULT", "nodes": "0" }' '{ "mode": "MPOL_LOCAL", "nodes": "0" }' \
		'{ "mode": "MPOL_BIND" }' '{ "mode": "MPOL_INTERLEAVE" }' '{ "mode": "MPOL_NEAR" }' '{ "nodes": "0" }' \
		'{ "mode": "MPOL_BIND", "nodes": "0-" }' \
		'{ "mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES"] }' \
		'{ "mode": "MPOL_INTERLEAVE", "nodes": "0", "flags": ["MPOL_F_NUMA_BALANCING"] }'; do
		policy "$bad"
		refused create "$ID"
		says memoryPolicy
	done
	nothing_left
}
