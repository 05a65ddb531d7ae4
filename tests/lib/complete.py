# SPDX-License-Identifier: Apache-2.0
"""complete.py bash|zsh|fish SCRIPT LINE: what the shell offers at the end of LINE, sorted, a word a line.

SCRIPT is the completion file. 'orlop' is looked for in PATH. bash and fish are asked directly; zsh completes only in its
line editor, so it is run on a terminal with a widget that writes down what is offered.
"""
import os
import pty
import re
import subprocess
import sys
import tempfile

BASH = r"""
. "$1"
COMP_LINE=$2
# As readline splits: '=' and ':' are words of their own.
mapfile -t COMP_WORDS < <(grep -oE '[=:]+|[^ =:]+' <<<"$2")
[[ $2 == *[' =:'] && $2 != *= ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { echo "(nothing)"; }
_orlop
printf '%s\n' "${COMPREPLY[@]}"
"""

ZSH = r"""
PROMPT='ready'; unsetopt beep
fpath=("${SCRIPT:h}" $fpath)
autoload -Uz compinit && compinit -D -u
zmodload zsh/complete
compadd() {
	local -a offered
	if [[ ${@[1,(i)(-|--)]} != *-[OAD]* ]]; then
		builtin compadd -O offered "$@"
		print -rl -- $offered >>"$OUT"
	fi
	builtin compadd "$@"
}
zle -C offered list-choices _main_complete
bindkey '^T' offered
"""


def zsh(script, line):
    with tempfile.TemporaryDirectory() as folder:
        out = folder + "/out"
        open(out, "w").close()
        with open(folder + "/.zshrc", "w") as f:
            f.write(ZSH)
        pid, master = pty.fork()
        if pid == 0:
            os.environ.update(ZDOTDIR=folder, SCRIPT=script, OUT=out, TERM="dumb")
            os.execvp("zsh", ["zsh", "-d", "-i"])
        seen = b""
        try:
            while b"ready" not in seen:  # the line editor has the terminal
                seen += os.read(master, 65536)
            os.write(master, line.encode() + b"\x14\x15exit\n")
            while os.read(master, 65536):
                pass
        except OSError:  # the shell is gone
            pass
        os.waitpid(pid, 0)
        return open(out).read()


def main():
    shell, script, line = sys.argv[1:4]
    script = os.path.abspath(script)
    if shell == "zsh":
        text = zsh(script, line)
    elif shell == "fish":
        text = subprocess.run(["fish", "-N", "-c", "source $argv[1]; complete -C $argv[2]", script, line],
                              stdout=subprocess.PIPE, text=True, check=True).stdout
        text = "\n".join(row.partition("\t")[0] for row in text.splitlines())
    else:
        text = subprocess.run(["bash", "--norc", "-c", BASH, "bash", script, line],
                              stdout=subprocess.PIPE, text=True, check=True).stdout
    print("\n".join(sorted({re.sub("=$", "", word) for word in text.splitlines() if word})))


main()
