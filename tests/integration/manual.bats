# SPDX-License-Identifier: Apache-2.0
# The examples of the manual pages (docs/man), run from first to last, with what they print and their exit status.

load ../lib/orlop
load ../lib/criu

setup_file() {
	criu_setup
}

MAN=$BATS_TEST_DIRNAME/../../docs/man

# The words of a page's lines '; before:'. They run in the page's own shell.
words() {
	cat <<-'END'
		load() { . "$LIB/orlop.bash"; }
		load
		unset -f orlop # the one in PATH
		cd "$T"
		# bundle NAME SCRIPT: a bundle in the directory NAME.
		bundle() {
			mkdir -p "$1"
			[ -e "$1/rootfs" ] || cp -al "$SUITE_DIR/rootfs" "$1/rootfs"
			jq --arg s "$2" --arg c "/$ID-$1" '.process.args = ["sh", "-c", $s] | .linux.cgroupsPath = $c
				| .mounts += [{ destination: "/tmp", type: "tmpfs", source: "tmpfs" }]
				| .process.capabilities |= map_values(. + ["CAP_NET_ADMIN"])' "$LIB/config.json" >"$1/config.json"
		}
		running() {
			bundle "$@" && "$ORLOP" --root "$ROOT" run --detach --bundle "$1" "$1" >/dev/null 2>&1
		}
		ready() { # ID
			eventually orlop exec "$1" test -e /tmp/ready
		}
		listens() { # ID PORT
			eventually port_is_open "$@"
		}
		port_is_open() {
			orlop inspect --ports --format json "$1" | jq -e --argjson p "$2" 'any(.ports[]; .port == $p)' >/dev/null
		}
	END
}

# A page's commands are as a user types them, with a root of this test.
page() { # NAME
	local need source=$MAN/$1.8.txt

	for need in $(sed -n 's/^; needs: //p' "$source"); do
		needs_controller "$need"
	done
	mkdir -p "$T/bin" "$T/work"
	# On a terminal an error is a bare line.
	cat >"$T/bin/orlop" <<-END
		#!/bin/sh
		"$ORLOP" --root "$ROOT" "\$@" 2>"$T/errors"
		status=\$?
		sed 's/^time="[^"]*" level=error msg="\(.*\)"\$/orlop: \1/; s/^time="[^"]*" level=warning msg="\(.*\)"\$/orlop: warning: \1/
			s/\\\\"/"/g' "$T/errors" >&2
		exit \$status
	END
	chmod 755 "$T/bin/orlop"
	PRELUDE="ID='$ID' T='$T' ROOT='$ROOT' ORLOP='$ORLOP' LIB='$LIB' SUITE_DIR='$SUITE_DIR'
		PATH='$T/bin:$PATH'
		$(words)" run timeout 60 $PYTHON "$LIB/doc_examples.py" "$source"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "every page is run by a test of this file" {
	local name

	for name in "$MAN"/*.8.txt; do
		name=$(basename "$name" .8.txt)
		grep -q "^	page $name\$" "$BATS_TEST_FILENAME" || complain "no test runs the examples of '$name'"
	done
}

@test "orlop-cgroup(8): its examples do what the page says" {
	page orlop-cgroup
}

@test "orlop-checkpoint(8): its examples do what the page says" {
	needs_criu
	page orlop-checkpoint
}

@test "orlop-commands(8): its examples do what the page says" {
	page orlop-commands
}

@test "orlop-create(8): its examples do what the page says" {
	page orlop-create
}

@test "orlop-delete(8): its examples do what the page says" {
	page orlop-delete
}

@test "orlop-events(8): its examples do what the page says" {
	page orlop-events
}

@test "orlop-exec(8): its examples do what the page says" {
	page orlop-exec
}

@test "orlop-features(8): its examples do what the page says" {
	page orlop-features
}

@test "orlop-inspect(8): its examples do what the page says" {
	page orlop-inspect
}

@test "orlop-kill(8): its examples do what the page says" {
	page orlop-kill
}

@test "orlop-list(8): its examples do what the page says" {
	page orlop-list
}

@test "orlop-mounts(8): its examples do what the page says" {
	page orlop-mounts
}

@test "orlop-pause(8): its examples do what the page says" {
	page orlop-pause
}

@test "orlop-port-forward(8): its examples do what the page says" {
	page orlop-port-forward
}

@test "orlop-ps(8): its examples do what the page says" {
	page orlop-ps
}

@test "orlop-restore(8): its examples do what the page says" {
	needs_criu
	page orlop-restore
}

@test "orlop-resume(8): its examples do what the page says" {
	page orlop-resume
}

@test "orlop-run(8): its examples do what the page says" {
	page orlop-run
}

@test "orlop-seccomp(8): its examples do what the page says" {
	page orlop-seccomp
}

@test "orlop-spec(8): its examples do what the page says" {
	page orlop-spec
}

@test "orlop-stacks(8): its examples do what the page says" {
	page orlop-stacks
}

@test "orlop-start(8): its examples do what the page says" {
	page orlop-start
}

@test "orlop-state(8): its examples do what the page says" {
	page orlop-state
}

@test "orlop-stats(8): its examples do what the page says" {
	page orlop-stats
}

@test "orlop-stop(8): its examples do what the page says" {
	page orlop-stop
}

@test "orlop-update(8): its examples do what the page says" {
	page orlop-update
}

@test "orlop-validate(8): its examples do what the page says" {
	page orlop-validate
}

@test "orlop-verify(8): its examples do what the page says" {
	page orlop-verify
}

@test "orlop-wait(8): its examples do what the page says" {
	page orlop-wait
}

@test "orlop(8): its examples do what the page says" {
	page orlop
}

@test "orlop-tty(8): its examples do what the page says" {
	page orlop-tty
}

@test "orlop-debug(8): its examples do what the page says" {
	page orlop-debug
}

@test "orlop-trace(8): its examples do what the page says" {
	lock_sessions -s
	page orlop-trace
}
