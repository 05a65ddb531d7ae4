# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

# A CRIU that runs on this kernel: the system's, else Debian's newest in a root of its own below build/, made once by
# debootstrap. criu_prepare sets CRIU_PATH, a PATH with it, or CRIU_MISSING, the reason why there is none.

CRIU_BUILD=${CRIU_BUILD:-$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)/build}

criu_runs() { # PATH
	local out

	PATH=$1 command -v criu >/dev/null || return 1
	out=$(PATH=$1 timeout 20 criu check 2>&1 3>&- 4>&-) && return 0
	CRIU_MISSING="CRIU does not run on this kernel: $(grep -m1 Error <<<"$out")"
	return 1
}

criu_install() { # SUITE ROOT
	local suite=$1 root=$2 multiarch

	command -v debootstrap >/dev/null || { CRIU_MISSING="no CRIU that runs here, and no debootstrap to get one"; return 1; }
	timeout "${CRIU_INSTALL_LIMIT:-180}" debootstrap --variant=minbase --include=criu "$suite" "$root.new" \
		"${CRIU_MIRROR:-http://deb.debian.org/debian}" >"$root.log" 2>&1 3>&- 4>&- || {
		CRIU_MISSING="Debian's criu could not be installed: $(tail -n 1 "$root.log")"
		rm -rf --one-file-system "$root.new"
		return 1
	}
	multiarch=$(cd "$root.new/usr/lib" && ls -d ./*-linux-gnu | head -n 1)
	mkdir -p "$root.new/wrapper"
	cat >"$root.new/wrapper/criu" <<-END
		#!/bin/sh
		root=$root
		for loader in "\$root"/usr/lib/${multiarch#./}/ld-linux*.so.*; do :; done
		exec "\$loader" --library-path "\$root/usr/lib/${multiarch#./}" "\$root/usr/sbin/criu" "\$@"
	END
	chmod 755 "$root.new/wrapper/criu"
	mv "$root.new" "$root"
}

criu_prepare() {
	local suite root

	CRIU_MISSING=""
	CRIU_PATH=$PATH
	criu_runs "$PATH" && return 0
	mkdir -p "$CRIU_BUILD"
	for suite in sid trixie; do
		root=$CRIU_BUILD/criu-$suite
		(flock 9 && { [ -x "$root/wrapper/criu" ] || criu_install "$suite" "$root"; }) 9>"$root.lock" || {
			CRIU_MISSING="no CRIU that runs here, and Debian's could not be installed: $(tail -n 1 "$root.log")"
			continue
		}
		CRIU_PATH=$root/wrapper:$PATH
		criu_runs "$CRIU_PATH" && { CRIU_MISSING=""; return 0; }
	done
	return 0
}

# For setup_file; tests then say needs_criu.
criu_setup() {
	[ -z "${CRIU_PATH-}" ] || return 0
	criu_prepare
	export CRIU_PATH CRIU_MISSING
}

needs_criu() {
	[ -z "$CRIU_MISSING" ] || skip "$CRIU_MISSING"
	PATH=$CRIU_PATH
}

# needs_criu_of VERSION: as major * 10000 + minor * 100.
needs_criu_of() {
	local version

	version=$(criu --version | awk -F'[ .]' '/^Version/ { print $2 * 10000 + $3 * 100 + $4; exit }')
	[ "$version" -ge "$1" ] || skip "needs CRIU $1 on this kernel, here is $version"
}
