# SPDX-License-Identifier: Apache-2.0
# Mounts of a container that runs: 'mounts add', 'remove', 'list'.

load ../lib/orlop

inside() {
	orlop exec "$ID" "$@"
}

volume() {
	mkdir -p "$T/volume"
	echo content >"$T/volume/file"
}

origin_of() {
	"$ORLOP" --root "$ROOT" mounts list --format json "$ID" | jq -r --arg d "$1" '.[] | select(.destination == $d).origin'
}

# The options of the mount on $1, as the container's process has them.
options_of() {
	awk -v d="$1" '$5 == d { print $6 }' "/proc/$(pid_of)/mountinfo" | tail -n 1
}

@test "mounts add binds a folder of the host, where nothing was before" {
	volume
	start_sleeper
	ok mounts add "$ID" /data --source "$T/volume"
	[ "$(inside cat /data/file)" = content ]
	inside touch /data/new
	[ -e "$T/volume/new" ]
	ok mounts remove "$ID" /data
	refute inside cat /data/file
}

@test "mounts add binds a single file" {
	volume
	start_sleeper
	ok mounts add "$ID" /etc/added --source "$T/volume/file"
	[ "$(inside cat /etc/added)" = content ]
	ok mounts remove "$ID" /etc/added
	[ -z "$(options_of /etc/added)" ]
}

@test "a relative source begins in the caller's folder" {
	volume
	start_sleeper
	cd "$T"
	ok mounts add "$ID" /data --source volume
	[ "$(inside cat /data/file)" = content ]
}

@test "mounts add knows the options of the config: flags, recursive ones, propagation" {
	volume
	start_sleeper
	ok mounts add "$ID" /data --source "$T/volume" -o ro,nosuid -o nodev,noexec,rprivate
	[[ "$(options_of /data)" == ro,nosuid,nodev,noexec* ]]
	refute inside touch /data/x
	ok mounts add "$ID" /again --source "$T/volume" -o rro
	[[ "$(options_of /again)" == ro,* ]]
	ok mounts add "$ID" /shared --source "$T/volume" -o rshared
	grep " /shared " "/proc/$(pid_of)/mountinfo" | grep -q shared:
}

@test "mounts add of an unknown option is an error, as in a config" {
	volume
	start_sleeper
	fails 1 "cannot have any filesystem-specific options applied: 'frobnicate=1'" mounts add "$ID" /data --source "$T/volume" -o frobnicate=1
	[ -z "$(options_of /data)" ]
}

@test "mounts add makes a tmpfs, with its size" {
	start_sleeper
	ok mounts add "$ID" /cache --type tmpfs -o size=1m,mode=1777
	[ "$(inside stat -c %a /cache)" = 1777 ]
	[ "$(awk '$5 == "/cache" { print $NF }' "/proc/$(pid_of)/mountinfo")" != "${output#*size=1024k}" ]
	grep " /cache " "/proc/$(pid_of)/mountinfo" | grep -q size=1024k
}

@test "mounts add makes an overlay of folders of the host" {
	mkdir -p "$T"/{lower,upper,work}
	echo low >"$T/lower/a"
	start_sleeper
	ok mounts add "$ID" /over --type overlay -o "lowerdir=$T/lower,upperdir=$T/upper,workdir=$T/work"
	[ "$(inside cat /over/a)" = low ]
	inside sh -c 'echo new >/over/b'
	[ "$(cat "$T/upper/b")" = new ]
}

@test "of a file of mounts all are there, or none" {
	volume
	config '.root.readonly = true'
	start_sleeper
	jq -n --arg s "$T/volume" '[{ destination: "/tmp", type: "bind", source: $s, options: ["bind"] },
		{ destination: "/tmp/file", type: "bind", source: ($s + "/file"), options: ["bind"] },
		{ destination: "/nowhere", type: "tmpfs", source: "tmpfs" }]' >"$T/three.json"
	fails 1 "'/nowhere'" mounts add "$ID" "$T/three.json"
	says "read-only file system"
	[ -z "$(options_of /tmp)" ]
	[ -z "$(options_of /tmp/file)" ]
	fails 1 "was not mounted by" mounts remove "$ID" /tmp
}

@test "an image file where the kernel wants a block device is told as such" {
	grep -qw ext4 /proc/filesystems || skip "this kernel has no ext4"
	truncate -s 1M "$T/image"
	start_sleeper
	fails 1 "this kernel mounts type 'ext4' from block devices only" mounts add "$ID" /img --type ext4 --source "$T/image"
	says "losetup"
}

@test "mounts add of an image needs the image" {
	start_sleeper
	fails 1 "a filesystem of type 'erofs' needs an image file" mounts add "$ID" /img --type erofs
}

@test "mounts add mounts an image file" {
	needs_tool mkfs.erofs
	grep -qw erofs /proc/filesystems || skip "this kernel has no erofs"
	volume
	mkfs.erofs "$T/image" "$T/volume" >/dev/null
	start_sleeper
	ok mounts add "$ID" /img --type erofs --source "$T/image" -o ro
	[ "$(inside cat /img/file)" = content ]
}

@test "an idmapped mount shows the ids of the map" {
	volume
	chown 4000:4000 "$T/volume/file"
	start_sleeper
	echo '[{ "destination": "/data", "type": "bind", "source": "'"$T/volume"'", "options": ["bind", "idmap"],
		"uidMappings": [{ "containerID": 4000, "hostID": 77, "size": 1 }],
		"gidMappings": [{ "containerID": 4000, "hostID": 77, "size": 1 }] }]' >"$T/mounts.json"
	run_orlop mounts add "$ID" "$T/mounts.json"
	[[ "$errors" != *"cannot be idmapped"* ]] || skip "the filesystem here cannot be idmapped"
	[ "$status" -eq 0 ] || complain "mounts add"
	[ "$(inside stat -c %u /data/file)" = 77 ]
}

@test "a file holds an array of mounts, as crun has it" {
	volume
	start_sleeper
	jq -n --arg s "$T/volume" '[{ destination: "/one", type: "bind", source: $s, options: ["bind", "ro"] },
		{ destination: "/two", type: "tmpfs", source: "tmpfs" }]' >"$T/two.json"
	ok mounts add "$ID" "$T/two.json"
	[ "$(inside cat /one/file)" = content ]
	[ "$(origin_of /one)" = added ]
	[ "$(origin_of /two)" = added ]
	ok mounts remove "$ID" /two
	ok mounts remove "$ID" /one
	echo '{}' >"$T/none.json"
	fails 1 "expected an array of mounts" mounts add "$ID" "$T/none.json"
	echo '[{ "type": "tmpfs" }]' >"$T/bad.json"
	fails 1 "destination" mounts add "$ID" "$T/bad.json"
}

@test "mounts list says where each mount came from" {
	volume
	mkdir "$ROOTFS/mnt" "$ROOTFS/own"
	mount_entry /mnt bind "$T/volume" rbind ro
	config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	start_sleeper 'mount -t tmpfs own /own; while :; do sleep 1; done'
	mounted() { grep -q " /own " "/proc/$(pid_of)/mountinfo"; }
	eventually mounted
	ok mounts add "$ID" /data --source "$T/volume"
	[ "$(origin_of /mnt)" = config ]
	[ "$(origin_of /proc)" = config ]
	[ "$(origin_of /)" = config ]
	[ "$(origin_of /data)" = added ]
	[ "$(origin_of /own)" = container ]
	ok mounts list "$ID"
	[ "$(awk 'NR == 1 { print $1, $NF }' <<<"$output")" = "DESTINATION ORIGIN" ]
	[ "$(awk '$1 == "/data" { print $NF }' <<<"$output")" = added ]
}

@test "mounts remove takes away only what was added" {
	volume
	mkdir "$ROOTFS/mnt"
	mount_entry /mnt bind "$T/volume" bind
	start_sleeper
	fails 1 "'/mnt' was not mounted by 'mounts add'" mounts remove "$ID" /mnt
	fails 1 "'/nothing' was not mounted by 'mounts add'" mounts remove "$ID" /nothing
	fails 1 "destination 'data' is not an absolute path" mounts remove "$ID" data
}

@test "mounts remove does not take away what the container has mounted over it, or in its place" {
	volume
	start_sleeper
	ok mounts add "$ID" /data --source "$T/volume"
	nsenter -t "$(pid_of)" -m -p busybox mount -t tmpfs own /data
	fails 1 "is not what 'mounts add' has mounted there" mounts remove "$ID" /data
	nsenter -t "$(pid_of)" -m -p busybox umount /data
	ok mounts remove "$ID" /data
}

@test "two mounts on one place go in the order in which they came" {
	volume
	start_sleeper
	ok mounts add "$ID" /data --source "$T/volume"
	ok mounts add "$ID" /data --type tmpfs
	ok mounts remove "$ID" /data
	[ "$(inside cat /data/file)" = content ]
	ok mounts remove "$ID" /data
	fails 1 "was not mounted" mounts remove "$ID" /data
}

@test "a destination that is not absolute, and a type that is none, are errors" {
	start_sleeper
	fails 1 "destination 'data' is not an absolute path" mounts add "$ID" data --type tmpfs
	fails 1 "filesystem type 'frobfs'" mounts add "$ID" /data --type frobfs
	fails 1 "a bind mount wants --source" mounts add "$ID" /data
	fails 1 "no such file or directory" mounts add "$ID" /data --source "$T/nothing"
	fails 1 "expected a destination" mounts add "$ID"
	fails 1 "expected a destination" mounts remove "$ID"
	[ -z "$(options_of /data)" ]
}

@test "a missing target on a read-only root is an error that says so" {
	volume
	config '.root.readonly = true'
	start_sleeper
	fails 1 "read-only file system" mounts add "$ID" /data --source "$T/volume"
	ok mounts add "$ID" /tmp --source "$T/volume"
}

@test "a symbolic link in the image does not lead a mount out of the container" {
	volume
	ln -s / "$ROOTFS/out"
	start_sleeper
	ok mounts add "$ID" /out/landed --source "$T/volume"
	[ "$(inside cat /landed/file)" = content ]
	[ ! -e /landed ]
}

@test "a container that is not there, was not started, or has stopped, takes no mount" {
	volume
	fails 1 "container does not exist" mounts add "$ID" /data --source "$T/volume"
	script 'exit 0'
	ok create "$ID"
	fails 1 "it was not started yet" mounts add "$ID" /data --source "$T/volume"
	ok start "$ID"
	wait_status stopped
	fails 1 "container not running" mounts add "$ID" /data --source "$T/volume"
	fails 1 "container not running" mounts remove "$ID" /data
	fails 1 "container not running" mounts list "$ID"
}

@test "a container in the host's mount namespace takes no mount: it would be the host's" {
	no_namespace mount
	config '.mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
	volume
	script 'sleep 1000'
	run_orlop run -d "$ID"
	[ "$status" -eq 0 ] || skip "no container without a mount namespace here: $errors"
	fails 1 "no mount namespace of its own" mounts add "$ID" /data --source "$T/volume"
}

@test "mounts work in a container with a user namespace, with its ids" {
	user_namespace
	volume
	chmod 755 "$T" "$T/volume"
	start_sleeper
	ok mounts add "$ID" /data --source "$T/volume" -o ro
	[ "$(inside cat /data/file)" = content ]
	ok mounts add "$ID" /cache --type tmpfs
	[ "$(inside stat -c %u /cache)" = 0 ]
	ok mounts remove "$ID" /data
	ok mounts remove "$ID" /cache
}

@test "in a user namespace the locks of the host's mounts stay: read-only is read-only for the container's root" {
	user_namespace
	volume
	chmod 755 "$T" "$T/volume"
	mount -t tmpfs -o mode=777 locked "$T/volume"
	echo content >"$T/volume/file"
	mount -o remount,ro,bind "$T/volume"
	config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
	start_sleeper
	ok mounts add "$ID" /data --source "$T/volume"
	[ "$(inside cat /data/file)" = content ]
	refute inside mount -o remount,rw,bind /data
	refute inside touch /data/x
	umount "$T/volume"
	mkdir -p "$T"/{lower,upper,work}
	fails 1 "cannot be added to a container with a user namespace" mounts add "$ID" /over --type overlay \
		-o "lowerdir=$T/lower,upperdir=$T/upper,workdir=$T/work"
}

@test "mounts can be added to a paused container, and the record goes with delete" {
	[ "$SUITE_CG" = v2 ] || needs_controller freezer
	volume
	start_sleeper
	ok pause "$ID"
	ok mounts add "$ID" /data --source "$T/volume"
	ok resume "$ID"
	[ "$(inside cat /data/file)" = content ]
	[ -e "$ROOT/$ID/mounts.json" ]
	ok delete -f "$ID"
	gone "$ROOT/$ID"
}

@test "nobody in the container sees the process that mounts" {
	volume
	start_sleeper 'while :; do cat /proc/[0-9]*/comm 2>/dev/null | grep -q orlop && echo seen >>/tmp/seen; done'
	local i
	for ((i = 0; i < 10; i++)); do
		ok mounts add "$ID" /data --source "$T/volume"
		ok mounts remove "$ID" /data
	done
	refute exists "$ROOTFS/tmp/seen"
}
