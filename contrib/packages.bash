# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034

# Debian's packages, by what they are for.
PACKAGES_BUILD="gcc libc6-dev cmake ninja-build pkg-config libseccomp-dev libyajl-dev musl-dev libsystemd-dev libprotobuf-c-dev protobuf-c-compiler"
PACKAGES_DEMO="busybox-static jq man-db"
PACKAGES_TEST="check mandoc python3-jsonschema zsh fish debootstrap libcap-dev bats busybox-static jq python3-minimal strace bsdutils iproute2 procps containerd systemd dbus dbus-user-session uidmap \
	cppcheck binutils gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static"
# The engines of tests/clients that are tested besides containerd, and what they need.
PACKAGES_CLIENTS="podman conmon catatonit netavark buildah docker.io tini iptables python3-grpcio protobuf-compiler containernetworking-plugins"
# What the root of another release has (tests/lib/suite-run): the same clients, and the runtimes to compare with.
PACKAGES_SUITE="$PACKAGES_CLIENTS containerd docker-cli runc crun busybox-static jq python3-minimal iproute2 procps bsdutils util-linux uidmap dbus passt kmod systemd bats nftables"
# What the vm-* lanes of tests/vm/run need more.
PACKAGES_VM="qemu-system-x86 linux-image-amd64 cpio kmod apparmor"

# install_packages NAME...: those that are missing; nothing is asked of the network when all are there.
install_packages() {
	local name missing=()

	for name; do
		dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	echo "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq update &&
		apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null || {
		echo "these packages could not be installed: ${missing[*]}" >&2
		return 1
	}
}
