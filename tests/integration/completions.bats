# SPDX-License-Identifier: Apache-2.0
# What bash, zsh and fish offer with the files of contrib/completions.

load ../lib/orlop

FILES=$BATS_TEST_DIRNAME/../../contrib/completions
SIGNALS="ABRT ALRM CONT HUP INT KILL QUIT STOP TERM TSTP TTIN TTOU URG USR1 USR2 WINCH"

# An orlop that only lists, by another list for each root.
fake_orlop() {
	mkdir -p "$T/bin"
	cat >"$T/bin/orlop" <<-'END'
		#!/bin/sh
		case "$*" in
		"list -q") echo web; echo db ;;
		"--root /other list -q" | "--root=/other list -q") echo far ;;
		esac
	END
	chmod 755 "$T/bin/orlop"
}

# offers SHELL LINE WORDS: what is offered at the end of LINE. Options that a shell offers besides do not count, but
# where the line asks for them.
offers() {
	local file=$FILES/orlop.$1 got

	[ "$1" != zsh ] || file=$FILES/_orlop
	got=$(PATH=$T/bin:$PATH timeout 60 $PYTHON "$LIB/complete.py" "$1" "$file" "$2" 2>"$T/complete.err" |
		sed 's/^--[a-z-]*=//; s/^(nothing)$//' | { [[ "${2##* }" == -* ]] && cat || grep -v '^-'; } | grep . | sort | xargs)
	[ "$got" = "$3" ] || complain "$1 offers '$got' for '$2', not '$3': $(cat "$T/complete.err")"
}

all_of() { # SHELL
	command -v "$1" >/dev/null || skip "no $1 here"
	fake_orlop
	offers "$1" "orlop sta" "stacks start state stats"
	offers "$1" "orlop state " "db web"
	offers "$1" "orlop state web " ""
	offers "$1" "orlop --root /other state " "far"
	offers "$1" "orlop --root=/other state " "far"
	offers "$1" "orlop wait web " "db web"
	offers "$1" "orlop stacks web " ""
	offers "$1" "orlop kill " "db web"
	offers "$1" "orlop kill web " "$SIGNALS"
	offers "$1" "orlop kill --all web " "$SIGNALS"
	offers "$1" "orlop kill web TERM " ""
	offers "$1" "orlop kill --signal " "$SIGNALS"
	offers "$1" "orlop stop -s " "$SIGNALS"
	offers "$1" "orlop list --format=" "json table"
	offers "$1" "orlop list --format " "json table"
	offers "$1" "orlop list -f " "json table"
	offers "$1" "orlop --log-format=" "json text"
	offers "$1" "orlop run --on-reboot " "exit restart"
	offers "$1" "orlop cgroup " "get path set"
	offers "$1" "orlop cgroup get " "db web"
	offers "$1" "orlop exec --user 1000:1000 " "db web"
	offers "$1" "orlop exec -e A=B " "db web"
	offers "$1" "orlop create " ""
	offers "$1" "orlop kill --si" "--signal"
}

@test "bash completes commands, containers once, signals that are some, and values of options" {
	all_of bash
}

@test "zsh does, also after --format=" {
	all_of zsh
}

@test "fish does" {
	all_of fish
}
