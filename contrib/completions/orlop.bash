# bash completion for orlop, printed by: orlop --help-completions bash

_orlop()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local command='' options='' root='' words='' at=0 operands=0 i

	COMPREPLY=()
	[[ $cur == '=' ]] && cur=''
	[[ $prev == '=' ]] && prev=${COMP_WORDS[COMP_CWORD-2]}
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--root | --log | --log-format | --cgroup-manager | --rootless | --criu | --help-completions)
			[[ ${COMP_WORDS[i+1]} == '=' ]] && ((i++))
			[[ ${COMP_WORDS[i]} == --root || ${COMP_WORDS[i-1]} == --root ]] && root=${COMP_WORDS[i+1]}
			((i++))
			;;
		-* | '=') ;;
		*)
			command=${COMP_WORDS[i]}
			at=$i
			break
			;;
		esac
	done
	for ((i = at + 1; at > 0 && i < COMP_CWORD; i++)); do
		case $command:${COMP_WORDS[i]} in
		*:: | *:=) ((i++)) ;;
	:--root | :--log | :--log-format | :--cgroup-manager | :--rootless | \
	create:--bundle | create:-b | create:--config | create:-f | create:--pid-file | create:--console-socket | create:--pidfd-socket | create:--preserve-fds | create:--join | \
	run:--on-reboot | run:--on-halt | run:--seccomp-learn | run:--bundle | run:-b | run:--config | run:-f | run:--pid-file | run:--console-socket | run:--pidfd-socket | run:--preserve-fds | run:--join | \
	exec:--process | exec:-p | exec:--host-exec | exec:--cwd | exec:--env | exec:-e | exec:--user | exec:-u | exec:--additional-gids | exec:-g | exec:--cap | exec:-c | exec:--apparmor | exec:--process-label | exec:--cgroup | exec:--pid-file | exec:--console-socket | exec:--pidfd-socket | exec:--internal-pid-file | exec:--ns | exec:--pass-fd | exec:--preserve-fds | \
	list:--format | list:-f | \
	ps:--format | ps:-f | \
	events:--interval | \
	kill:--signal | kill:-s | kill:--pid | kill:--host-pid | \
	stop:--timeout | stop:-t | stop:--signal | stop:-s | stop:--format | stop:-f | \
	wait:--format | wait:-f | wait:--pid | wait:--host-pid | wait:--timeout | \
	update:--resources | update:-r | update:--memory | update:--memory-reservation | update:--memory-swap | update:--cpu-quota | update:--cpu-period | update:--cpu-burst | update:--cpu-share | update:--cpu-idle | update:--cpu-rt-period | update:--cpu-rt-runtime | update:--cpuset-cpus | update:--cpuset-mems | update:--blkio-weight | update:--pids-limit | update:--l3-cache-schema | update:--mem-bw-schema | \
	spec:--bundle | spec:-b | \
	validate:--bundle | validate:-b | validate:--format | validate:-f | \
	commands:--format | commands:-f | \
	mounts:--format | mounts:-f | mounts:--options | mounts:-o | mounts:--source | mounts:-s | mounts:--type | mounts:-t | \
	port-forward:--format | port-forward:-f | port-forward:--stdio | port-forward:--unix | \
	cgroup:--format | cgroup:-f | \
	stats:--format | stats:-f | stats:--interval | stats:--label | stats:-l | \
	debug:--tools | debug:--cwd | debug:--env | debug:--user | debug:--cap | \
	trace:--events | trace:--duration | trace:--format | trace:-f | trace:--create | trace:--attach | trace:--delete | \
	inspect:--format | inspect:-f | \
	verify:--format | verify:-f | \
	stacks:--format | stacks:-f | \
	seccomp:--format | seccomp:-f | \
	checkpoint:--image-path | checkpoint:--work-path | checkpoint:--manage-cgroups-mode | checkpoint:--empty-ns | checkpoint:--exec-timeout | checkpoint:--parent-path | checkpoint:--page-server | checkpoint:--status-fd | checkpoint:--pre-dump-exec | checkpoint:--post-resume-exec | \
	restore:--bundle | restore:-b | restore:--image-path | restore:--work-path | restore:--manage-cgroups-mode | restore:--empty-ns | restore:--exec-timeout | restore:--pid-file | restore:--console-socket | restore:--lsm-profile | restore:--lsm-mount-context | restore:--post-restore-exec | \
	tty:--mode | tty:-m)
			[[ ${COMP_WORDS[i+1]} == '=' ]] && ((i++))
			((i++))
			;;
		*:-?*) ;;
		*) ((operands++)) ;;
		esac
	done

	case $command:$operands in
	exec:[1-9]* | ps:[1-9]*)
		return
		;;
	esac
	case $command:$prev in
	:--log-format)
		mapfile -t COMPREPLY < <(compgen -W "text json" -- "$cur")
		return
		;;
	:--cgroup-manager)
		mapfile -t COMPREPLY < <(compgen -W "cgroupfs systemd disabled" -- "$cur")
		return
		;;
	:--rootless)
		mapfile -t COMPREPLY < <(compgen -W "true false auto" -- "$cur")
		return
		;;
	run:--on-reboot)
		mapfile -t COMPREPLY < <(compgen -W "restart exit" -- "$cur")
		return
		;;
	run:--on-halt)
		mapfile -t COMPREPLY < <(compgen -W "restart exit" -- "$cur")
		return
		;;
	list:--format | list:-f)
		mapfile -t COMPREPLY < <(compgen -W "table json" -- "$cur")
		return
		;;
	ps:--format | ps:-f)
		mapfile -t COMPREPLY < <(compgen -W "table json full" -- "$cur")
		return
		;;
	stop:--format | stop:-f)
		mapfile -t COMPREPLY < <(compgen -W "text json" -- "$cur")
		return
		;;
	wait:--format | wait:-f)
		mapfile -t COMPREPLY < <(compgen -W "text json" -- "$cur")
		return
		;;
	validate:--format | validate:-f)
		mapfile -t COMPREPLY < <(compgen -W "text json" -- "$cur")
		return
		;;
	commands:--format | commands:-f)
		mapfile -t COMPREPLY < <(compgen -W "table json" -- "$cur")
		return
		;;
	mounts:--format | mounts:-f)
		mapfile -t COMPREPLY < <(compgen -W "table json" -- "$cur")
		return
		;;
	port-forward:--format | port-forward:-f)
		mapfile -t COMPREPLY < <(compgen -W "table json" -- "$cur")
		return
		;;
	cgroup:--format | cgroup:-f)
		mapfile -t COMPREPLY < <(compgen -W "table json" -- "$cur")
		return
		;;
	stats:--format | stats:-f)
		mapfile -t COMPREPLY < <(compgen -W "table json openmetrics" -- "$cur")
		return
		;;
	trace:--format | trace:-f)
		mapfile -t COMPREPLY < <(compgen -W "table json" -- "$cur")
		return
		;;
	inspect:--format | inspect:-f)
		mapfile -t COMPREPLY < <(compgen -W "table json" -- "$cur")
		return
		;;
	verify:--format | verify:-f)
		mapfile -t COMPREPLY < <(compgen -W "table json" -- "$cur")
		return
		;;
	stacks:--format | stacks:-f)
		mapfile -t COMPREPLY < <(compgen -W "table json" -- "$cur")
		return
		;;
	seccomp:--format | seccomp:-f)
		mapfile -t COMPREPLY < <(compgen -W "table json" -- "$cur")
		return
		;;
	checkpoint:--manage-cgroups-mode)
		mapfile -t COMPREPLY < <(compgen -W "soft full strict ignore" -- "$cur")
		return
		;;
	checkpoint:--empty-ns)
		mapfile -t COMPREPLY < <(compgen -W "network" -- "$cur")
		return
		;;
	restore:--manage-cgroups-mode)
		mapfile -t COMPREPLY < <(compgen -W "soft full strict ignore" -- "$cur")
		return
		;;
	restore:--empty-ns)
		mapfile -t COMPREPLY < <(compgen -W "network" -- "$cur")
		return
		;;
	tty:--mode | tty:-m)
		mapfile -t COMPREPLY < <(compgen -W "single null" -- "$cur")
		return
		;;
	kill:--signal | kill:-s | \
	stop:--signal | stop:-s)
		mapfile -t COMPREPLY < <(compgen -W "HUP INT QUIT ABRT KILL USR1 USR2 ALRM TERM CONT STOP TSTP TTIN TTOU URG WINCH" -- "$cur")
		return
		;;
	:--log | \
	create:--config | create:-f | create:--pid-file | create:--console-socket | create:--pidfd-socket | \
	run:--seccomp-learn | run:--config | run:-f | run:--pid-file | run:--console-socket | run:--pidfd-socket | \
	exec:--process | exec:-p | exec:--host-exec | exec:--pid-file | exec:--console-socket | exec:--pidfd-socket | exec:--internal-pid-file | \
	update:--resources | update:-r | \
	mounts:--source | mounts:-s | \
	port-forward:--unix | \
	debug:--tools | \
	restore:--pid-file | restore:--console-socket)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	:--root | \
	create:--bundle | create:-b | \
	run:--bundle | run:-b | \
	spec:--bundle | spec:-b | \
	validate:--bundle | validate:-b | \
	checkpoint:--image-path | checkpoint:--work-path | \
	restore:--bundle | restore:-b | restore:--image-path | restore:--work-path)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	create:--preserve-fds | create:--join | \
	run:--preserve-fds | run:--join | \
	exec:--cwd | exec:--env | exec:-e | exec:--user | exec:-u | exec:--additional-gids | exec:-g | exec:--cap | exec:-c | exec:--apparmor | exec:--process-label | exec:--cgroup | exec:--ns | exec:--pass-fd | exec:--preserve-fds | \
	events:--interval | \
	kill:--pid | kill:--host-pid | \
	stop:--timeout | stop:-t | \
	wait:--pid | wait:--host-pid | wait:--timeout | \
	update:--memory | update:--memory-reservation | update:--memory-swap | update:--cpu-quota | update:--cpu-period | update:--cpu-burst | update:--cpu-share | update:--cpu-idle | update:--cpu-rt-period | update:--cpu-rt-runtime | update:--cpuset-cpus | update:--cpuset-mems | update:--blkio-weight | update:--pids-limit | update:--l3-cache-schema | update:--mem-bw-schema | \
	mounts:--options | mounts:-o | mounts:--type | mounts:-t | \
	port-forward:--stdio | \
	stats:--interval | stats:--label | stats:-l | \
	debug:--cwd | debug:--env | debug:--user | debug:--cap | \
	trace:--events | trace:--duration | trace:--create | trace:--attach | trace:--delete | \
	checkpoint:--exec-timeout | checkpoint:--parent-path | checkpoint:--page-server | checkpoint:--status-fd | checkpoint:--pre-dump-exec | checkpoint:--post-resume-exec | \
	restore:--exec-timeout | restore:--lsm-profile | restore:--lsm-mount-context | restore:--post-restore-exec)
		compopt +o default 2>/dev/null
		return
		;;
	esac

	case $command in
	'') options="--root --log --log-format --debug --timings --systemd-cgroup --cgroup-manager --rootless --version" ;;
	create) options="--bundle --config --pid-file --console-socket --pidfd-socket --preserve-fds --join --init --no-pivot --no-new-keyring" ;;
	run) options="--detach --keep --no-subreaper --on-reboot --on-halt --seccomp-learn --bundle --config --pid-file --console-socket --pidfd-socket --preserve-fds --join --init --no-pivot --no-new-keyring" ;;
	exec) options="--tty --detach --process --host-exec --cwd --env --user --additional-gids --cap --no-new-privs --apparmor --process-label --cgroup --pid-file --console-socket --pidfd-socket --internal-pid-file --ns --pass-fd --preserve-fds --ignore-paused" ;;
	list) options="--format --quiet" ;;
	ps) options="--format" ;;
	events) options="--stats --interval" ;;
	kill) options="--all --signal --pid --host-pid --pgid" ;;
	stop) options="--timeout --signal --format" ;;
	wait) options="--any --format --pid --host-pid --checkpoint --timeout" ;;
	delete) options="--force" ;;
	update) options="--resources --memory --memory-reservation --memory-swap --cpu-quota --cpu-period --cpu-burst --cpu-share --cpu-idle --cpu-rt-period --cpu-rt-runtime --cpuset-cpus --cpuset-mems --blkio-weight --pids-limit --l3-cache-schema --mem-bw-schema" ;;
	spec) options="--bundle --rootless" ;;
	validate) options="--bundle --format --spec-only" ;;
	commands) options="--format" ;;
	mounts) options="--format --options --source --type" ;;
	port-forward) options="--format --stdio --unix" ;;
	cgroup) options="--format" ;;
	stats) options="--all --format --interval --label --watch" ;;
	debug) options="--tools --tty --cwd --env --user --cap" ;;
	trace) options="--events --duration --format --create --force --attach --list --delete" ;;
	inspect) options="--env --format --ports --procs" ;;
	verify) options="--format" ;;
	stacks) options="--format --user" ;;
	seccomp) options="--format" ;;
	checkpoint) options="--image-path --work-path --tcp-established --ext-unix-sk --shell-job --file-locks --lazy-pages --manage-cgroups-mode --empty-ns --auto-dedup --exec-timeout --leave-running --parent-path --pre-dump --tcp-skip-in-flight --link-remap --page-server --status-fd --pre-dump-exec --post-resume-exec --pod" ;;
	restore) options="--bundle --image-path --work-path --tcp-established --ext-unix-sk --shell-job --file-locks --lazy-pages --manage-cgroups-mode --empty-ns --auto-dedup --exec-timeout --detach --pid-file --console-socket --no-subreaper --tcp-close --lsm-profile --lsm-mount-context --post-restore-exec --pod" ;;
	tty) options="--mode" ;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options --help" -- "$cur")
		return
	fi

	case $command:$operands in
	:*) words="create start run exec state list ps events kill stop wait delete pause resume update spec validate features commands mounts port-forward cgroup stats debug trace inspect verify stacks seccomp checkpoint restore tty help" ;;
	kill:1) words="HUP INT QUIT ABRT KILL USR1 USR2 ALRM TERM CONT STOP TSTP TTIN TTOU URG WINCH" ;;
	mounts:0) words="add remove list" ;;
	cgroup:0) words="get set path" ;;
	seccomp:0) words="report" ;;
	start:0 | exec:0 | state:0 | ps:0 | events:0 | kill:0 | stop:0 | wait:* | delete:0 | pause:0 | resume:0 | update:0 | mounts:1 | port-forward:0 | cgroup:1 | stats:* | debug:0 | trace:0 | inspect:0 | verify:0 | stacks:0 | checkpoint:*)
		words=$("${COMP_WORDS[0]}" ${root:+--root "$root"} list -q 2>/dev/null)
		;;
	create:* | start:1 | run:* | state:1 | list:0 | events:1 | kill:2 | stop:1 | delete:1 | pause:1 | resume:1 | update:1 | spec:0 | validate:1 | features:0 | commands:0 | mounts:3 | trace:1 | inspect:1 | verify:1 | seccomp:2 | tty:1)
		compopt +o default 2>/dev/null
		return
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -o default -F _orlop orlop
