# bash completion for orlop, printed by: orlop --help-completions bash

_orlop()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local command='' options='' root='' at=0 i

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
	:--log | \
	create:--config | create:-f | create:--pid-file | create:--console-socket | create:--pidfd-socket | \
	run:--seccomp-learn | run:--config | run:-f | run:--pid-file | run:--console-socket | run:--pidfd-socket | \
	exec:--process | exec:-p | exec:--host-exec | exec:--pid-file | exec:--console-socket | exec:--pidfd-socket | exec:--internal-pid-file | \
	update:--resources | update:-r | \
	mounts:--source | mounts:-s | \
	port-forward:--unix | \
	restore:--pid-file | restore:--console-socket)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	:--root | \
	create:--bundle | create:-b | \
	run:--bundle | run:-b | \
	spec:--bundle | spec:-b | \
	checkpoint:--image-path | checkpoint:--work-path | \
	restore:--bundle | restore:-b | restore:--image-path | restore:--work-path)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	create:--preserve-fds | create:--join | \
	run:--preserve-fds | run:--join | \
	exec:--cwd | exec:--env | exec:-e | exec:--user | exec:-u | exec:--additional-gids | exec:-g | exec:--cap | exec:-c | exec:--apparmor | exec:--process-label | exec:--cgroup | exec:--ns | exec:--pass-fd | exec:--preserve-fds | \
	events:--interval | \
	kill:--signal | kill:-s | kill:--pid | kill:--host-pid | \
	stop:--timeout | stop:-t | stop:--signal | stop:-s | \
	wait:--pid | wait:--host-pid | wait:--timeout | \
	update:--memory | update:--memory-reservation | update:--memory-swap | update:--cpu-quota | update:--cpu-period | update:--cpu-burst | update:--cpu-share | update:--cpu-idle | update:--cpu-rt-period | update:--cpu-rt-runtime | update:--cpuset-cpus | update:--cpuset-mems | update:--blkio-weight | update:--pids-limit | update:--l3-cache-schema | update:--mem-bw-schema | \
	mounts:--options | mounts:-o | mounts:--type | mounts:-t | \
	port-forward:--stdio | \
	stats:--interval | stats:--label | stats:-l | \
	checkpoint:--exec-timeout | checkpoint:--parent-path | checkpoint:--page-server | checkpoint:--status-fd | checkpoint:--pre-dump-exec | checkpoint:--post-resume-exec | \
	restore:--exec-timeout | restore:--lsm-profile | restore:--lsm-mount-context | restore:--post-restore-exec)
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
	validate) options="--format --spec-only" ;;
	commands) options="--format" ;;
	mounts) options="--format --options --source --type" ;;
	port-forward) options="--format --stdio --unix" ;;
	cgroup) options="--format" ;;
	stats) options="--all --format --interval --label --watch" ;;
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

	case $command in
	'')
		mapfile -t COMPREPLY < <(compgen -W "create start run exec state list ps events kill stop wait delete pause resume update spec validate features commands mounts port-forward cgroup stats inspect verify stacks seccomp checkpoint restore tty help" -- "$cur")
		;;
	start | exec | state | ps | events | kill | stop | wait | delete | pause | resume | update | mounts | port-forward | cgroup | stats | inspect | verify | stacks | checkpoint)
		if [[ $command == mounts && $prev == mounts ]]; then
			mapfile -t COMPREPLY < <(compgen -W "add remove list" -- "$cur")
			return
		fi
		if [[ $command == cgroup && $prev == cgroup ]]; then
			mapfile -t COMPREPLY < <(compgen -W "get set path" -- "$cur")
			return
		fi
		if [[ $command == seccomp && $prev == seccomp ]]; then
			mapfile -t COMPREPLY < <(compgen -W "report" -- "$cur")
			return
		fi
		if [[ $command == kill && $prev != -* ]] && ((COMP_CWORD > at + 1)); then
			mapfile -t COMPREPLY < <(compgen -A signal -- "$cur")
			return
		fi
		mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" ${root:+--root "$root"} list -q 2>/dev/null)" -- "$cur")
		;;
	esac
}

complete -o default -F _orlop orlop
