# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

@test "spec writes a config.json with tabs that runs" {
	rm config.json
	ok spec
	[ -z "$output$errors" ]
	grep -q $'^\t"ociVersion"' config.json
	[ "$(jq -r '.process.args[0]' config.json)" = sh ]
	[ "$(jq -r .process.terminal config.json)" = true ]
	[ "$(jq -r .root.path config.json)" = rootfs ]
	config ".process.terminal = false | .process.args = [\"hostname\"] | .linux.cgroupsPath = \"/$ID\""
	ok run "$ID"
	[ -n "$output" ]
}

@test "spec does not overwrite" {
	before=$(<config.json)
	fails 1 "File config.json exists. Remove it first" spec
	[ "$(<config.json)" = "$before" ]
}

@test "spec --bundle writes there" {
	mkdir "$T/there"
	ok spec --bundle "$T/there"
	[ -f "$T/there/config.json" ]
	ok spec -b "$T/there" || true
	fails 1 "bundle '$T/nowhere': no such file or directory" spec -b "$T/nowhere"
}

@test "spec --rootless has a user namespace and no cgroup limits" {
	mkdir "$T/there"
	ok spec --rootless -b "$T/there"
	[ "$(jq '[.linux.namespaces[].type] | index("user") != null' "$T/there/config.json")" = true ]
	[ "$(jq '.linux.uidMappings[0].containerID' "$T/there/config.json")" = 0 ]
	[ "$(jq '[.mounts[].options // [] | .[] | select(startswith("gid="))] | length' "$T/there/config.json")" = 0 ]
}

@test "the mode of config.json is 0666 less the umask" {
	mkdir "$T/there"
	(umask 027 && "$ORLOP" spec -b "$T/there")
	[ "$(stat -c %a "$T/there/config.json")" = 640 ]
}

@test "B5 features is JSON with the versions, hooks, mount options and the Linux part" {
	ok features
	[ "$(jq -r .ociVersionMin <<<"$output")" = 1.0.0 ]
	[[ "$(jq -r .ociVersionMax <<<"$output")" == 1.* ]]
	[ "$(jq '.hooks | length' <<<"$output")" = 6 ]
	[ "$(jq '.mountOptions | index("rbind") != null and index("rro") != null and index("idmap") != null' <<<"$output")" = true ]
	[ "$(jq '.linux.namespaces | length' <<<"$output")" -ge 7 ]
	[ "$(jq '.linux.capabilities | index("CAP_SYS_ADMIN") != null' <<<"$output")" = true ]
	[ "$(jq '.linux.cgroup.v1 and .linux.cgroup.v2' <<<"$output")" = true ]
	[ "$(jq '.linux.seccomp.enabled and (.linux.seccomp.actions | index("SCMP_ACT_NOTIFY") != null)' <<<"$output")" = true ]
	[ "$(jq '.linux.seccomp.operators | length' <<<"$output")" = 7 ]
	[ "$(jq '.linux.mountExtensions.idmap.enabled' <<<"$output")" = true ]
	[[ "$output" == *$'\n    "ociVersionMax"'* ]]
}

@test "B5 every mount option of features is taken in a config" {
	ok features
	options=$(jq -r '.mountOptions[]' <<<"$output")
	mkdir "$T/dir"
	for o in $options; do
		case $o in
		bind | rbind | remount | idmap | ridmap | mand) continue ;;
		esac
		mount_entry "/m/$o" tmpfs t "$o"
	done
	ok run "$ID"
}

@test "B5 both versions of features are taken as ociVersion" {
	ok features
	for v in $(jq -r '.ociVersionMin, .ociVersionMax' <<<"$output"); do
		config '.ociVersion = $v' --arg v "$v"
		ok run "$ID"
	done
}
