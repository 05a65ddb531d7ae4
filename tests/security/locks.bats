# SPDX-License-Identifier: Apache-2.0
# Root of a user namespace, with CAP_SYS_ADMIN in it, against the mounts of the host. RACE_SECONDS (2) each.
load ../lib/orlop

SECONDS_EACH=${RACE_SECONDS:-2}

# A shared tree of the host: read-only, nosuid, nodev, noexec, and a mount over what it hides.
setup() {
	test_begin
	mkdir -p "$T/tree/sub" "$T/tree/place"
	echo hidden >"$T/tree/sub/hidden"
	mount --bind "$T/tree" "$T/tree"
	mount -t tmpfs cover "$T/tree/sub"
	mount -o remount,bind,ro,nosuid,nodev,noexec "$T/tree"
	mount --make-rshared "$T/tree"
	before=$(grep "$T/tree" /proc/self/mountinfo)
}

teardown() {
	umount "$ROOTFS" 2>/dev/null
	umount -R "$T/tree"
	test_end
}

# Every way off, over and over: by the mount itself, by copies of it, in further namespaces, through propagation.
ATTACK='
end=$(($(date +%s) + SECONDS_EACH))
try() { "$@" 2>/dev/null && echo "LEAK: $*"; }
mkdir -p /tmp/a /tmp/b
round=0
while [ "$(date +%s)" -lt "$end" ]; do
	round=$((round + 1))
	try umount /mnt/sub
	try umount -l /mnt/sub
	try mount --move /mnt/sub /tmp/b
	try mount --bind /mnt /tmp/b
	try cat /mnt/sub/hidden
	for flags in rw suid dev exec rw,suid,dev,exec ro,nosuid,nodev,exec; do
		try mount -o remount,bind,$flags /mnt
		try mount -o remount,$flags /mnt
	done
	try mount -o remount,bind,rw /
	try mount -o remount,rw /
	try mount -o remount,bind,rw,suid,dev,exec /
	mount --rbind /mnt /tmp/a
	try umount /tmp/a/sub
	try mount -o remount,bind,rw,suid,dev,exec /tmp/a
	try cat /tmp/a/sub/hidden
	umount -l /tmp/a
	mount --make-rshared /mnt && mount -t tmpfs leaky /mnt/place && umount /mnt/place
	mount -t tmpfs leaky /mnt/place
	try touch /mnt/made
	try touch /made
	unshare -U -r -m sh -c "umount /mnt/sub && cat /mnt/sub/hidden; mount -o remount,bind,rw /mnt && echo LEAK: nested" 2>/dev/null
	unshare -m sh -c "umount /mnt/sub && cat /mnt/sub/hidden; mount -o remount,bind,rw /mnt && echo LEAK: unshared" 2>/dev/null
done
echo "rounds $round"'

attack() {
	echo "SECONDS_EACH=$SECONDS_EACH; $ATTACK"
}

powerful() {
	user_namespace
	mkdir -p "$ROOTFS/mnt" "$ROOTFS/tmp" "$ROOTFS/dev" "$ROOTFS/proc" "$ROOTFS/sys"
	mount --bind "$ROOTFS" "$ROOTFS"
	mount -o remount,bind,ro "$ROOTFS"
	config '.process.capabilities |= with_entries(.value = ["CAP_SYS_ADMIN", "CAP_SETFCAP", "CAP_DAC_OVERRIDE", "CAP_SYS_CHROOT"])'
	config '.root.readonly = true | .mounts = [.mounts[] | select(.destination != "/tmp")]'
	mount_entry /tmp tmpfs tmpfs
	mount_entry /mnt bind "$T/tree" rbind rshared
}

# survived: the last run tried, and nothing of the host has changed.
survived() {
	says "rounds "
	[[ "$output" != *LEAK* && "$output" != *hidden* ]] || complain "a lock is gone"
	refute grep -q leaky /proc/self/mountinfo
	[ "$before" = "$(grep "$T/tree" /proc/self/mountinfo)" ] || complain "the host's mounts have changed"
	[ ! -e "$T/tree/made" ]
	echo "# ${output##*$'\n'}" >&3
}

@test "no way takes the locks off a bound tree of the host, uncovers what it hides, or reaches the host by propagation" {
	powerful
	script "$(attack)"
	LIMIT=$((SECONDS_EACH + 20)) run_orlop run "$ID"
	survived
}

@test "nor does it with --no-pivot" {
	powerful
	script "$(attack)"
	LIMIT=$((SECONDS_EACH + 20)) run_orlop run --no-pivot "$ID"
	survived
}

@test "nor in a user namespace that is joined by path, whose root attacks while the container is made" {
	local end

	powerful
	cp config.json "$T/first.json"
	script 'while :; do for p in /proc/[0-9]*; do cat $p/mem $p/environ; ls $p/root/ $p/fd/; done; done >/dev/null 2>&1'
	ok run -d "$ID"
	config '.linux |= del(.uidMappings, .gidMappings)'
	namespace user "/proc/$(pid_of)/ns/user"
	SECONDS_EACH=1 script "$(SECONDS_EACH=1 attack)"
	end=$((SECONDS + SECONDS_EACH))
	while [ "$SECONDS" -lt "$end" ]; do
		config '.linux.cgroupsPath = $p' --arg p "/$ID-second"
		run_orlop run "$ID-second"
		survived
	done
}
