# SPDX-License-Identifier: Apache-2.0
# The check for mounts that every test ends with: it sees what a runtime could leave, and nothing that others do.

load ../lib/orlop

# unchanged DONE [BEFORE]: no difference to mounts_now after the command DONE, in a mount namespace of its own.
unchanged() {
	T=$T OTHERS=$OTHERS unshare --mount --propagation private bash -c "$(declare -f mounts_now)"'
		eval "$2" || exit 2
		mounts_now >"$T/before"
		eval "$1" || exit 2
		mounts_now | cmp -s "$T/before" -' - "$1" "${2-:}"
}

changed() {
	local status=0

	unchanged "$@" || status=$?
	[ "$status" -eq 1 ] || { echo "# ends with $status: $1"; return 1; }
}

@test "a mount that is left is seen, wherever it lies, and so are options and propagation" {
	mkdir "$T/left"
	changed 'mount -t tmpfs none "$T/left"'
	changed 'mount --bind "$T/left" /mnt'
	changed 'mount -t tmpfs none /run'
	changed 'mount --bind /dev/null /proc/version'
	changed 'mount -t tmpfs none /dev'
	changed 'mount -o remount,bind,ro /dev'
	changed 'mount -o remount,bind,ro /proc'
	changed 'mount -o remount,bind,nosuid,nodev,noexec,ro /sys/fs/cgroup' 'mount -o remount,bind,rw /sys/fs/cgroup || :'
	changed 'mount --make-shared /'
	changed 'mount -o remount,ro "$T/left"' 'mount -t tmpfs none "$T/left"'
}

@test "what others mount, rename and change on the same machine is not" {
	OTHERS=$(mktemp -d "$SUITE_DIR/others.XXXXXX")
	mkdir "$OTHERS/m"
	unchanged 'mount -t tmpfs none "$OTHERS/m"'
	unchanged 'mount -o remount,size=1m "$OTHERS/m"' 'mount -t tmpfs none "$OTHERS/m"'
	unchanged 'umount "$OTHERS/m"' 'mount -t tmpfs none "$OTHERS/m"'
	unchanged 'mv "$OTHERS" "$OTHERS-2"; mv "$OTHERS-2" "$OTHERS"' 'mount -t tmpfs none "$OTHERS/m"'
	unchanged 'mv "$OTHERS" "$OTHERS-2"' 'mount -t tmpfs none "$OTHERS/m"'
	rmdir "$OTHERS-2/m" "$OTHERS-2"
}
