# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

# What `features` lists is true: each element is given to a container, and that runs.

features() { # JQ-PROGRAM
	"$ORLOP" features | jq -r "$1"
}

# One container with a mount for every option: a bind mount takes those of binds, a tmpfs all others.
@test "B5 every mount option that features lists is accepted" {
	local option n=0

	mkdir "$T/data"
	for option in $(features '.mountOptions[]'); do
		n=$((n + 1))
		case $option in
		bind | rbind) mount_entry "/o/$n" none "$T/data" "$option" ;;
		*shared | *slave | *private | *unbindable) mount_entry "/o/$n" none "$T/data" rbind "$option" ;;
		remount) mount_entry / none none bind remount ;;
		idmap | ridmap)
			mount_entry "/o/$n" none "$T/data" rbind "$option"
			config '.mounts[-1] += { uidMappings: [{ containerID: 0, hostID: 0, size: 5 }],
				gidMappings: [{ containerID: 0, hostID: 0, size: 5 }] }'
			;;
		*) mount_entry "/o/$n" tmpfs tmpfs "$option" ;;
		esac
	done
	[ "$n" -gt 50 ]
	run_script 'grep -c " /o/" /proc/self/mountinfo'
	[ "$output" -ge $((n - 1)) ]
}

@test "B5 every namespace that features lists is made" {
	local type file

	user_namespace
	for type in $(features '.linux.namespaces[]'); do
		[ "$type" = user ] || namespace "$type"
	done
	start_sleeper
	for type in $(features '.linux.namespaces[]'); do
		case $type in
		mount) file=mnt ;;
		network) file=net ;;
		*) file=$type ;;
		esac
		[ "$(readlink "/proc/$(pid_of)/ns/$file")" != "$(readlink "/proc/self/ns/$file")" ]
	done
}

@test "B5 every capability that features lists is granted" {
	config '.process.capabilities |= (.bounding = $c | .effective = $c | .permitted = $c)' \
		--argjson c "$("$ORLOP" features | jq -c .linux.capabilities)"
	run_script 'grep CapEff /proc/self/status | cut -f2'
	# But for those that we have not to give.
	[ "$output" = "$(grep CapBnd /proc/self/status | cut -f2)" ]
}

@test "B5 every hook that features lists is run" {
	local hook hooks=()

	mkdir "$T/hooks"
	mount_entry /hooks none "$T/hooks" bind
	mapfile -t hooks < <(features '.hooks[]')
	for hook in "${hooks[@]}"; do
		config '.hooks[$h] = [{ path: "/bin/sh", args: ["sh", "-c", "echo >" + $d + "/" + $h] }]' \
			--arg h "$hook" --arg d "$([ "$hook" = startContainer ] && echo /hooks || echo "$T/hooks")"
	done
	ok run "$ID"
	for hook in "${hooks[@]}"; do
		[ -e "$T/hooks/$hook" ] || { echo "# $hook was not run"; return 1; }
	done
}

@test "B5 every seccomp action, operator, architecture and flag that features lists is loaded" {
	local word

	for word in $(features '.linux.seccomp.actions[]'); do
		[ "$word" != SCMP_ACT_NOTIFY ] || continue # tests/integration/seccomp.bats
		config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["getcpu"], action: $w }] }' --arg w "$word"
		ok run "$ID"
	done
	for word in $(features '.linux.seccomp.operators[]'); do
		config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["getcpu"], action: "SCMP_ACT_ERRNO",
			args: [{ index: 0, value: 1, valueTwo: 1, op: $w }] }] }' --arg w "$word"
		ok run "$ID"
	done
	for word in $(features '.linux.seccomp.archs[]'); do
		config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", architectures: [$w],
			syscalls: [{ names: ["getcpu"], action: "SCMP_ACT_ERRNO" }] }' --arg w "$word"
		ok create "$ID"
		ok delete -f "$ID"
	done
	for word in $(features '.linux.seccomp.supportedFlags[]'); do
		config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", flags: [$w],
			syscalls: [{ names: ["getcpu"], action: "SCMP_ACT_ERRNO" }] }' --arg w "$word"
		ok run "$ID"
	done
}

@test "B5 every memory policy mode and flag that features lists is set, or refused by the kernel alone" {
	local word

	[ -e /proc/self/numa_maps ] || skip "this kernel has no NUMA policies"
	for word in $(features '.linux.memoryPolicy.modes[]'); do
		case $word in
		MPOL_DEFAULT | MPOL_LOCAL) config '.linux.memoryPolicy = { mode: $w }' --arg w "$word" ;;
		*) config '.linux.memoryPolicy = { mode: $w, nodes: "0" }' --arg w "$word" ;;
		esac
		run_orlop run "$ID"
		[ "$status" -eq 0 ] || says "set the memory policy"
	done
	for word in $(features '.linux.memoryPolicy.flags[]'); do
		config '.linux.memoryPolicy = { mode: "MPOL_BIND", nodes: "0", flags: [$w] }' --arg w "$word"
		ok run "$ID"
	done
}

@test "B5 features is of the version of the spec that the schema describes, and every switch is true or of this host" {
	[ "$(features .ociVersionMax)" = 1.3.0 ]
	[ "$(features .linux.netDevices.enabled)" = true ]
	[ "$(features .linux.intelRdt.enabled)" = true ]
	[ "$(features .linux.intelRdt.schemata)" = true ]
	[ "$(features .linux.intelRdt.monitoring)" = true ]
	[ "$(features .linux.mountExtensions.idmap.enabled)" = true ]
	[ "$(features '.linux.memoryPolicy.modes | length')" = 7 ]
}

@test "B5 features has no element that these tests do not look at" {
	local known=".annotations .hooks .mountOptions .ociVersionMax .ociVersionMin .potentiallyUnsafeConfigAnnotations
		.linux.apparmor.enabled .linux.capabilities .linux.cgroup.rdma .linux.cgroup.systemd .linux.cgroup.systemdUser
		.linux.cgroup.v1 .linux.cgroup.v2 .linux.intelRdt.enabled .linux.intelRdt.monitoring .linux.intelRdt.schemata
		.linux.memoryPolicy.flags .linux.memoryPolicy.modes .linux.mountExtensions.idmap.enabled .linux.namespaces
		.linux.netDevices.enabled .linux.seccomp.actions .linux.seccomp.archs .linux.seccomp.enabled
		.linux.seccomp.knownFlags .linux.seccomp.operators .linux.seccomp.supportedFlags .linux.selinux.enabled"

	features 'paths(scalars) | map(select(type == "string")) | if .[0] == "annotations" then .[:1] else . end
		| "." + join(".")' | sort -u >"$T/found"
	tr -s ' \t' '\n' <<<"$known" | grep . | sort -u | diff - "$T/found"
}

@test "B5 annotations that features calls unsafe are no error" {
	local key

	for key in $(features '.potentiallyUnsafeConfigAnnotations[]'); do
		[ "$key" = "org.systemd.property." ] && key=org.systemd.property.CollectMode
		config '.annotations[$k] = "x"' --arg k "$key"
	done
	ok run "$ID"
}
