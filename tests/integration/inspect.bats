# SPDX-License-Identifier: Apache-2.0
# All that is known of one container: 'inspect'.

load ../lib/orlop

inspected() { # a jq filter on the document of the container
	ok inspect --format json "$@" "$ID"
}

@test "inspect is one document: state, config, namespaces, mounts, cgroup, rights" {
	start_sleeper
	inspected
	[ "$(jq -r .id <<<"$output")" = "$ID" ]
	[ "$(jq -r .status <<<"$output")" = running ]
	[ "$(jq -r .pid <<<"$output")" = "$(pid_of)" ]
	[ "$(jq -r .config.hostname <<<"$output")" = "$(jq -r .hostname config.json)" ]
	[ "$(jq -r '.mounts[] | select(.destination == "/proc").type' <<<"$output")" = proc ]
	[ "$(jq -r '.cgroup.paths | length' <<<"$output")" -gt 0 ]
	[ "$(jq -r '.process.capabilities.bounding | length' <<<"$output")" -gt 0 ]
}

@test "inspect has a table for people" {
	start_sleeper
	ok inspect "$ID"
	[ "$(awk 'NR == 1 { print $1, $2 }' <<<"$output")" = "PROPERTY VALUE" ]
	says "namespace mnt"
	[ "$(awk '$1 == "status" { print $2 }' <<<"$output")" = running ]
}

@test "namespaces are told with their inode, and whether they are the host's" {
	no_namespace network
	start_sleeper
	inspected
	[ "$(jq -r .namespaces.net.host <<<"$output")" = true ]
	[ "$(jq -r .namespaces.pid.host <<<"$output")" = false ]
	[ "$(jq -r .namespaces.pid.inode <<<"$output")" = "$(stat -L -c %i "/proc/$(pid_of)/ns/pid")" ]
}

@test "namespaces are told with the containers that share them" {
	start_sleeper
	namespace network "/proc/$(pid_of)/ns/net"
	config ".linux.cgroupsPath = \"/$ID-second\""
	ok run -d "$ID-second"
	inspected
	[ "$(jq -c .namespaces.net.sharedWith <<<"$output")" = "[\"$ID-second\"]" ]
	[ "$(jq -c .namespaces.pid.sharedWith <<<"$output")" = "[]" ]
	ok inspect "$ID-second"
	says "shared with $ID"
}

@test "limits in force are told, also those that came by update" {
	needs_controller pids
	start_sleeper
	ok update --pids-limit 55 "$ID"
	inspected
	[ "$(jq -r '.cgroup.limits["pids.max"]' <<<"$output")" = 55 ]
}

@test "limits of memory are told by the names of v2 on v1 too" {
	needs_controller memory
	config '.linux.resources.memory = { limit: 67108864 }'
	start_sleeper
	inspected
	[ "$(jq -r '.cgroup.limits["memory.max"]' <<<"$output")" = 67108864 ]
}

@test "rights of the process are told: seccomp, capabilities, rlimits, no_new_privs" {
	config '.process.noNewPrivileges = true
		| .process.capabilities = { bounding: ["CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"] }
		| .process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 77, hard: 78 }]
		| .linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["reboot"], action: "SCMP_ACT_ERRNO" }] }'
	start_sleeper
	inspected
	[ "$(jq -r .process.seccomp <<<"$output")" = filter ]
	[ "$(jq -r .process.noNewPrivileges <<<"$output")" = 1 ]
	[ "$(jq -c .process.capabilities.effective <<<"$output")" = '["CAP_KILL"]' ]
	[ "$(jq -c '.process.rlimits["Max open files"]' <<<"$output")" = '{"soft":"77","hard":"78"}' ]
}

@test "the environment's values are secrets: they are told only with --env" {
	config '.process.env += ["PASSWORD=hunter2"]'
	start_sleeper
	inspected --procs
	[[ "$output" != *hunter2* ]]
	[[ "$output" == *PASSWORD* ]]
	inspected --env
	[[ "$(jq -r '.config.process.env[]' <<<"$output")" == *PASSWORD=hunter2* ]]
	inspected --procs --env
	[[ "$(jq -r '.processes[0].env[]' <<<"$output")" == *PASSWORD=hunter2* ]]
}

@test "--procs tells what each process executes, has open, and where it is" {
	start_sleeper 'exec 5</etc/passwd; cd /tmp; sleep 1000 & wait'
	inspected --procs
	[ "$(jq '.processes | length' <<<"$output")" -eq 2 ]
	[ "$(jq -r '.processes[0] | .inside, .cwd, .fds["5"], .exe, .args[0]' <<<"$output" | tr '\n' ' ')" = \
		"1 /tmp /etc/passwd /bin/busybox sh " ]
	[ "$(jq -r '.processes[0].memory.VmRSS' <<<"$output")" -gt 0 ]
	[[ "$(jq -r '.processes[0].started' <<<"$output")" == 20*Z ]]
	[ "$(jq -r '.processes[1].parent' <<<"$output")" = 1 ]
	ok inspect --procs "$ID"
	says "process $(pid_of)"
}

@test "processes that vanish are left out, and the rest is told" {
	start_sleeper 'while :; do true & done'
	local i
	for ((i = 0; i < 20; i++)); do
		run_orlop inspect --procs --ports --format json "$ID"
		[ "$status" -eq 0 ]
		[ "$(jq -r '.processes[0].inside' <<<"$output")" = 1 ]
	done
}

@test "--ports tells which sockets listen, and whose they are" {
	start_sleeper 'httpd -f -p 0.0.0.0:8080 & wait'
	listens() { [ "$("$ORLOP" --root "$ROOT" inspect --ports --format json "$ID" | jq '.ports | length')" -eq 1 ]; }
	# The container's lo is down: a listening socket needs no interface.
	eventually listens
	inspected --ports
	[ "$(jq -r '.ports[0] | .protocol, .address, .port' <<<"$output" | tr '\n' ' ')" = "tcp 0.0.0.0 8080 " ]
	[ "$(cat "/proc/$(jq -r '.ports[0].pid' <<<"$output")/comm")" = httpd ]
	ok inspect --ports "$ID"
	says "tcp 0.0.0.0 8080"
}

@test "a container that has stopped has a state and a config, and nothing that is alive" {
	script 'exit 3'
	ok run -d --keep "$ID"
	wait_status stopped
	inspected --procs --ports
	[ "$(jq -r '.status, .pid, has("config"), has("namespaces")' <<<"$output" | tr '\n' ' ')" = "stopped 0 true false " ]
}

@test "a created container is inspected as well" {
	ok create "$ID"
	inspected
	[ "$(jq -r .status <<<"$output")" = created ]
	[ "$(jq -r '.namespaces | length' <<<"$output")" -gt 5 ]
}

@test "what a process does with names does not break the document" {
	start_sleeper 'exec 5>"/tmp/a
b"; exec sh -c "sleep 1000; :" "$(printf "\377\033[2J")"'
	inspected --procs
	jq -e . <<<"$output" >/dev/null
	ok inspect --procs "$ID"
	[[ "$output" != *$'\033'* ]]
}

@test "inspect of a container that does not exist is an error" {
	fails 1 "container does not exist" inspect "$ID"
}
