# fish completion for orlop, printed by: orlop --help-completions fish

# The command and how many operands follow it: 'kill 1'
function __orlop_at
    set -l command ''
    set -l operands 0
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip -eq 1
            set skip 0
            continue
        end
        switch "$command:$word"
            case :--root :--log :--log-format :--cgroup-manager :--rootless :--criu :--help-completions create:--bundle create:-b create:--config create:-f create:--pid-file create:--console-socket create:--pidfd-socket create:--preserve-fds create:--join run:--on-reboot run:--on-halt run:--seccomp-learn run:--bundle run:-b run:--config run:-f run:--pid-file run:--console-socket run:--pidfd-socket run:--preserve-fds run:--join exec:--process exec:-p exec:--host-exec exec:--cwd exec:--env exec:-e exec:--user exec:-u exec:--additional-gids exec:-g exec:--cap exec:-c exec:--apparmor exec:--process-label exec:--cgroup exec:--pid-file exec:--console-socket exec:--pidfd-socket exec:--internal-pid-file exec:--ns exec:--pass-fd exec:--preserve-fds list:--format list:-f ps:--format ps:-f events:--interval kill:--signal kill:-s kill:--pid kill:--host-pid stop:--timeout stop:-t stop:--signal stop:-s stop:--format stop:-f wait:--format wait:-f wait:--pid wait:--host-pid wait:--timeout update:--resources update:-r update:--memory update:--memory-reservation update:--memory-swap update:--cpu-quota update:--cpu-period update:--cpu-burst update:--cpu-share update:--cpu-idle update:--cpu-rt-period update:--cpu-rt-runtime update:--cpuset-cpus update:--cpuset-mems update:--blkio-weight update:--pids-limit update:--l3-cache-schema update:--mem-bw-schema update:--kernel-memory update:--kernel-memory-tcp spec:--bundle spec:-b validate:--bundle validate:-b validate:--format validate:-f commands:--format commands:-f mounts:--format mounts:-f mounts:--options mounts:-o mounts:--source mounts:-s mounts:--type mounts:-t port-forward:--format port-forward:-f port-forward:--stdio port-forward:--unix cgroup:--format cgroup:-f stats:--format stats:-f stats:--interval stats:--label stats:-l debug:--tools debug:--cwd debug:--env debug:--user debug:--cap trace:--events trace:--duration trace:--format trace:-f trace:--create trace:--attach trace:--delete inspect:--format inspect:-f verify:--format verify:-f stacks:--format stacks:-f seccomp:--format seccomp:-f checkpoint:--image-path checkpoint:--work-path checkpoint:--manage-cgroups-mode checkpoint:--empty-ns checkpoint:--exec-timeout checkpoint:--parent-path checkpoint:--page-server checkpoint:--status-fd checkpoint:--pre-dump-exec checkpoint:--post-resume-exec restore:--bundle restore:-b restore:--image-path restore:--work-path restore:--manage-cgroups-mode restore:--empty-ns restore:--exec-timeout restore:--pid-file restore:--console-socket restore:--lsm-profile restore:--lsm-mount-context restore:--post-restore-exec restore:--preserve-fds tty:--mode tty:-m
                set skip 1
            case '*:-*'
            case ':*'
                set command $word
            case '*'
                set operands (math $operands + 1)
        end
    end
    echo "$command $operands"
end

function __orlop_ids
    set -l words (commandline -opc)
    set -l root
    for i in (seq 2 (count $words))
        switch $words[$i]
            case --root
                set root --root $words[(math $i + 1)]
            case '--root=*'
                set root $words[$i]
        end
    end
    $words[1] $root list -q 2>/dev/null
end

complete -c orlop -f
complete -c orlop -s h -l help -d 'show help'
complete -c orlop -n 'test (__orlop_at) = " 0"' -s v -l version -d 'show the version'
complete -c orlop -n 'test (__orlop_at) = " 0"' -l root -x -a '(__fish_complete_directories)' -d 'where the state of containers is kept [/run/orlop]'
complete -c orlop -n 'test (__orlop_at) = " 0"' -l log -r -F -d 'append log records to FILE [standard error]'
complete -c orlop -n 'test (__orlop_at) = " 0"' -l log-format -x -a 'text json' -d 'how records are written [text]'
complete -c orlop -n 'test (__orlop_at) = " 0"' -l debug -d 'log what is done and why'
complete -c orlop -n 'test (__orlop_at) = " 0"' -l timings -d 'say in the end how long each phase took (JSON with --log-format json)'
complete -c orlop -n 'test (__orlop_at) = " 0"' -l systemd-cgroup -d 'let systemd make the cgroups; cgroupsPath is '\''slice:prefix:name'\'''
complete -c orlop -n 'test (__orlop_at) = " 0"' -l cgroup-manager -x -a 'cgroupfs systemd disabled' -d 'who makes the cgroups [cgroupfs]'
complete -c orlop -n 'test (__orlop_at) = " 0"' -l rootless -x -a 'true false auto' -d 'go on where cgroups may not be touched [auto]'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a create -d 'create a container; '\''start'\'' then runs its process'
complete -c orlop -n 'string match -q "create *" (__orlop_at)' -l bundle -s b -x -a '(__fish_complete_directories)' -d 'the bundle: config.json and root filesystem [.]'
complete -c orlop -n 'string match -q "create *" (__orlop_at)' -l config -s f -r -F -d 'read FILE instead of the bundle'\''s config.json'
complete -c orlop -n 'string match -q "create *" (__orlop_at)' -l pid-file -r -F -d 'write the host'\''s process id to FILE'
complete -c orlop -n 'string match -q "create *" (__orlop_at)' -l console-socket -r -F -d 'send the terminal'\''s master to this AF_UNIX socket'
complete -c orlop -n 'string match -q "create *" (__orlop_at)' -l pidfd-socket -r -F -d 'send a pidfd of the process to this AF_UNIX socket'
complete -c orlop -n 'string match -q "create *" (__orlop_at)' -l preserve-fds -x -d 'pass the descriptors 3 to 3+N-1 on to the process'
complete -c orlop -n 'string match -q "create *" (__orlop_at)' -l join -x -d 'share namespaces of another container [net,ipc,uts] (repeatable)'
complete -c orlop -n 'string match -q "create *" (__orlop_at)' -l init -d 'a tiny init is pid 1: it reaps, and passes signals on to the process'
complete -c orlop -n 'string match -q "create *" (__orlop_at)' -l no-pivot -d 'chroot instead of pivot_root, for a root on ramfs'
complete -c orlop -n 'string match -q "create *" (__orlop_at)' -l no-new-keyring -d 'keep the caller'\''s session keyring'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a start -d 'run the process of a created container'
complete -c orlop -n 'test (__orlop_at) = "start 0"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a run -d 'create and start a container, wait for it, delete it'
complete -c orlop -n 'string match -q "run *" (__orlop_at)' -l detach -s d -d 'return when the process runs'
complete -c orlop -n 'string match -q "run *" (__orlop_at)' -l keep -d 'do not delete the container when it ends'
complete -c orlop -n 'string match -q "run *" (__orlop_at)' -l no-subreaper -d 'leave orphans of the container to others'
complete -c orlop -n 'string match -q "run *" (__orlop_at)' -l on-reboot -x -a 'restart exit' -d 'when it is ended by reboot(2): run it again, or exit with 0'
complete -c orlop -n 'string match -q "run *" (__orlop_at)' -l on-halt -x -a 'restart exit' -d 'the same when it halts or powers off'
complete -c orlop -n 'string match -q "run *" (__orlop_at)' -l seccomp-learn -r -F -d 'write the smallest seccomp profile that this run needs'
complete -c orlop -n 'string match -q "run *" (__orlop_at)' -l bundle -s b -x -a '(__fish_complete_directories)' -d 'the bundle: config.json and root filesystem [.]'
complete -c orlop -n 'string match -q "run *" (__orlop_at)' -l config -s f -r -F -d 'read FILE instead of the bundle'\''s config.json'
complete -c orlop -n 'string match -q "run *" (__orlop_at)' -l pid-file -r -F -d 'write the host'\''s process id to FILE'
complete -c orlop -n 'string match -q "run *" (__orlop_at)' -l console-socket -r -F -d 'send the terminal'\''s master to this AF_UNIX socket'
complete -c orlop -n 'string match -q "run *" (__orlop_at)' -l pidfd-socket -r -F -d 'send a pidfd of the process to this AF_UNIX socket'
complete -c orlop -n 'string match -q "run *" (__orlop_at)' -l preserve-fds -x -d 'pass the descriptors 3 to 3+N-1 on to the process'
complete -c orlop -n 'string match -q "run *" (__orlop_at)' -l join -x -d 'share namespaces of another container [net,ipc,uts] (repeatable)'
complete -c orlop -n 'string match -q "run *" (__orlop_at)' -l init -d 'a tiny init is pid 1: it reaps, and passes signals on to the process'
complete -c orlop -n 'string match -q "run *" (__orlop_at)' -l no-pivot -d 'chroot instead of pivot_root, for a root on ramfs'
complete -c orlop -n 'string match -q "run *" (__orlop_at)' -l no-new-keyring -d 'keep the caller'\''s session keyring'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a exec -d 'run one more process in a running container'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l tty -s t -d 'give the process a terminal'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l detach -s d -d 'return when the process runs'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l process -s p -r -F -d 'take the whole process object from FILE'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l host-exec -r -F -d 'execute a copy of this host'\''s FILE; what follows ID are its arguments'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l cwd -x -d 'working directory in the container'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l env -s e -x -d 'add to the environment (repeatable)'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l user -s u -x -d 'run as these numeric ids'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l additional-gids -s g -x -d 'add a supplementary group (repeatable)'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l cap -s c -x -d 'add a capability (repeatable)'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l no-new-privs -d 'no privileges by set-user-ID programs'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l apparmor -x -d 'AppArmor profile of the process'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l process-label -x -d 'SELinux label of the process'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l cgroup -x -d 'run in a cgroup below the container'\''s (repeatable)'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l pid-file -r -F -d 'write the host'\''s process id to FILE'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l console-socket -r -F -d 'send the terminal'\''s master to this AF_UNIX socket'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l pidfd-socket -r -F -d 'send a pidfd of the process to this AF_UNIX socket'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l internal-pid-file -r -F -d 'write the process id that the container sees to FILE'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l ns -x -d 'enter only these of the container'\''s namespaces'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l pass-fd -x -d 'pass our descriptor M on as number N (repeatable)'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l preserve-fds -x -d 'pass the descriptors 3 to 3+N-1 on to the process'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -l ignore-paused -d 'wait for a paused container instead of failing'
complete -c orlop -n 'test (__orlop_at) = "exec 0"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a state -d 'print the state of a container as JSON'
complete -c orlop -n 'test (__orlop_at) = "state 0"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a list -d 'list the containers below --root'
complete -c orlop -n 'string match -q "list *" (__orlop_at)' -l format -s f -x -a 'table json' -d 'how to print it [table]'
complete -c orlop -n 'string match -q "list *" (__orlop_at)' -l quiet -s q -d 'only the ids'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a ps -d 'list the processes of a container'
complete -c orlop -n 'test (__orlop_at) = "ps 0"' -l format -s f -x -a 'table json full' -d 'a table, the host'\''s process ids, or what orlop knows of them [table]'
complete -c orlop -n 'test (__orlop_at) = "ps 0"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a events -d 'print what happens as JSON: usage of one container, or the life of all'
complete -c orlop -n 'string match -q "events *" (__orlop_at)' -l stats -d 'once, and end'
complete -c orlop -n 'string match -q "events *" (__orlop_at)' -l interval -x -d 'time between two lines, like 500ms or 1m [5s]'
complete -c orlop -n 'test (__orlop_at) = "events 0"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a kill -d 'send a signal to a container [SIGTERM]'
complete -c orlop -n 'test (__orlop_at) = "kill 0"' -l all -s a -d 'to every process; no error if there is none'
complete -c orlop -n 'test (__orlop_at) = "kill 0"' -l signal -s s -x -a 'HUP INT QUIT ABRT KILL USR1 USR2 ALRM TERM CONT STOP TSTP TTIN TTOU URG WINCH' -d 'the same as the operand; -9 and -KILL are short for it'
complete -c orlop -n 'test (__orlop_at) = "kill 0"' -l pid -x -d 'to this process, as numbered in the container'
complete -c orlop -n 'test (__orlop_at) = "kill 0"' -l host-pid -x -d 'to this process of the container, as numbered here'
complete -c orlop -n 'test (__orlop_at) = "kill 0"' -l pgid -d 'to the foreground process group of its terminal'
complete -c orlop -n 'test (__orlop_at) = "kill 0"' -a '(__orlop_ids)'
complete -c orlop -n 'test (__orlop_at) = "kill 1"' -a 'HUP INT QUIT ABRT KILL USR1 USR2 ALRM TERM CONT STOP TSTP TTIN TTOU URG WINCH'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a stop -d 'ask a container to end, then make it'
complete -c orlop -n 'string match -q "stop *" (__orlop_at)' -l timeout -s t -x -d 'how long it may take before SIGKILL; also 500ms, 1m; -1: for ever [10]'
complete -c orlop -n 'string match -q "stop *" (__orlop_at)' -l signal -s s -x -a 'HUP INT QUIT ABRT KILL USR1 USR2 ALRM TERM CONT STOP TSTP TTIN TTOU URG WINCH' -d 'what asks it to end [the image'\''s stop signal, else SIGTERM]'
complete -c orlop -n 'string match -q "stop *" (__orlop_at)' -l format -s f -x -a 'text json' -d 'how the end is told [text]'
complete -c orlop -n 'test (__orlop_at) = "stop 0"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a wait -d 'wait until containers end, and tell how'
complete -c orlop -n 'string match -q "wait *" (__orlop_at)' -l any -d 'until the first of them ends, not all'
complete -c orlop -n 'string match -q "wait *" (__orlop_at)' -l format -s f -x -a 'text json' -d 'how the ends are told [text]'
complete -c orlop -n 'string match -q "wait *" (__orlop_at)' -l pid -x -d 'for this process, as numbered in the container'
complete -c orlop -n 'string match -q "wait *" (__orlop_at)' -l host-pid -x -d 'for this process, as numbered here'
complete -c orlop -n 'string match -q "wait *" (__orlop_at)' -l checkpoint -d 'until the next checkpoint has ended, not the container'
complete -c orlop -n 'string match -q "wait *" (__orlop_at)' -l timeout -x -d 'fail after that time, like 500ms or 1m'
complete -c orlop -n 'string match -q "wait *" (__orlop_at)' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a delete -d 'remove a stopped container'
complete -c orlop -n 'string match -q "delete *" (__orlop_at)' -l force -s f -d 'kill it first if it still runs'
complete -c orlop -n 'test (__orlop_at) = "delete 0"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a pause -d 'freeze all processes of a container'
complete -c orlop -n 'test (__orlop_at) = "pause 0"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a resume -d 'let a paused container go on'
complete -c orlop -n 'test (__orlop_at) = "resume 0"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a update -d 'change the resource limits of a container'
complete -c orlop -n 'string match -q "update *" (__orlop_at)' -l resources -s r -r -F -d 'the spec'\''s linux.resources object, from FILE or standard input'
complete -c orlop -n 'string match -q "update *" (__orlop_at)' -l memory -x -d 'limit of memory; -1: none'
complete -c orlop -n 'string match -q "update *" (__orlop_at)' -l memory-reservation -x -d 'protected from reclaim elsewhere'
complete -c orlop -n 'string match -q "update *" (__orlop_at)' -l memory-swap -x -d 'limit of memory and swap together; -1: none'
complete -c orlop -n 'string match -q "update *" (__orlop_at)' -l cpu-quota -x -d 'CPU time in each period; -1: no limit'
complete -c orlop -n 'string match -q "update *" (__orlop_at)' -l cpu-period -x -d 'length of a period'
complete -c orlop -n 'string match -q "update *" (__orlop_at)' -l cpu-burst -x -d 'unused quota that may be saved up'
complete -c orlop -n 'string match -q "update *" (__orlop_at)' -l cpu-share -x -d 'weight against other cgroups (1024 is usual)'
complete -c orlop -n 'string match -q "update *" (__orlop_at)' -l cpu-idle -x -d '1: run only when nothing else wants to'
complete -c orlop -n 'string match -q "update *" (__orlop_at)' -l cpu-rt-period -x -d 'length of a real-time period'
complete -c orlop -n 'string match -q "update *" (__orlop_at)' -l cpu-rt-runtime -x -d 'real-time CPU time in each period'
complete -c orlop -n 'string match -q "update *" (__orlop_at)' -l cpuset-cpus -x -d 'CPUs to use, like 0-3,7'
complete -c orlop -n 'string match -q "update *" (__orlop_at)' -l cpuset-mems -x -d 'memory nodes to use'
complete -c orlop -n 'string match -q "update *" (__orlop_at)' -l blkio-weight -x -d 'weight of block I/O, 10 to 1000'
complete -c orlop -n 'string match -q "update *" (__orlop_at)' -l pids-limit -x -d 'processes and threads; -1: no limit'
complete -c orlop -n 'string match -q "update *" (__orlop_at)' -l l3-cache-schema -x -d 'Intel RDT: "L3:0=f;1=f0", of a container with intelRdt'
complete -c orlop -n 'string match -q "update *" (__orlop_at)' -l mem-bw-schema -x -d 'Intel RDT: "MB:0=50;1=70", likewise'
complete -c orlop -n 'test (__orlop_at) = "update 0"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a spec -d 'write a config.json to begin with'
complete -c orlop -n 'string match -q "spec *" (__orlop_at)' -l bundle -s b -x -a '(__fish_complete_directories)' -d 'where to write it [.]'
complete -c orlop -n 'string match -q "spec *" (__orlop_at)' -l rootless -d 'for a caller without privileges: with a user namespace'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a validate -d 'list everything that is wrong with a config, without running it'
complete -c orlop -n 'string match -q "validate *" (__orlop_at)' -l bundle -s b -x -a '(__fish_complete_directories)' -d 'the same as the operand'
complete -c orlop -n 'string match -q "validate *" (__orlop_at)' -l format -s f -x -a 'text json' -d 'lines for people and editors, or an object for tools [text]'
complete -c orlop -n 'string match -q "validate *" (__orlop_at)' -l spec-only -d 'do not look at this kernel and this host'
complete -c orlop -n 'string match -q "validate *" (__orlop_at)' -F

complete -c orlop -n 'test (__orlop_at) = " 0"' -a features -d 'print what this runtime can do as JSON'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a commands -d 'list the commands and their options, for programs too'
complete -c orlop -n 'string match -q "commands *" (__orlop_at)' -l format -s f -x -a 'table json' -d 'how to print it [table]'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a mounts -d 'mount into a running container, take that away, list all'
complete -c orlop -n 'string match -q "mounts *" (__orlop_at)' -l format -s f -x -a 'table json' -d 'how to print it [table]'
complete -c orlop -n 'string match -q "mounts *" (__orlop_at)' -l options -s o -x -d 'as in the config: ro, rslave, idmap, size=1m (repeatable)'
complete -c orlop -n 'string match -q "mounts *" (__orlop_at)' -l source -s s -r -F -d 'what is to be mounted, on this host'
complete -c orlop -n 'string match -q "mounts *" (__orlop_at)' -l type -s t -x -d 'bind, tmpfs, overlay, erofs, ... [bind]'
complete -c orlop -n 'test (__orlop_at) = "mounts 0"' -a 'add remove list'
complete -c orlop -n 'test (__orlop_at) = "mounts 1"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a port-forward -d 'bring connections of this host to ports of a container'
complete -c orlop -n 'string match -q "port-forward *" (__orlop_at)' -l format -s f -x -a 'table json' -d 'how to print it [table]'
complete -c orlop -n 'string match -q "port-forward *" (__orlop_at)' -l stdio -x -d 'one connection to this port, on standard input and output'
complete -c orlop -n 'string match -q "port-forward *" (__orlop_at)' -l unix -r -F -d 'listen on a new socket file; the operand is then REMOTE'
complete -c orlop -n 'test (__orlop_at) = "port-forward 0"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a cgroup -d 'read and write the control files of a container'\''s cgroup'
complete -c orlop -n 'string match -q "cgroup *" (__orlop_at)' -l format -s f -x -a 'table json' -d 'how to print it [table]'
complete -c orlop -n 'test (__orlop_at) = "cgroup 0"' -a 'get set path'
complete -c orlop -n 'test (__orlop_at) = "cgroup 1"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a stats -d 'show what containers use: CPU, memory, I/O, network'
complete -c orlop -n 'string match -q "stats *" (__orlop_at)' -l all -s a -d 'containers that do not run as well'
complete -c orlop -n 'string match -q "stats *" (__orlop_at)' -l format -s f -x -a 'table json openmetrics' -d 'how to print it [table]'
complete -c orlop -n 'string match -q "stats *" (__orlop_at)' -l interval -x -d 'time between two looks of --watch [2s]'
complete -c orlop -n 'string match -q "stats *" (__orlop_at)' -l label -s l -x -d 'show this annotation, as a label in openmetrics (repeatable)'
complete -c orlop -n 'string match -q "stats *" (__orlop_at)' -l watch -s w -d 'look again and again, with the CPU use since the last look'
complete -c orlop -n 'string match -q "stats *" (__orlop_at)' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a debug -d 'a shell with this host'\''s tools in a running container'
complete -c orlop -n 'string match -q "debug *" (__orlop_at)' -l tools -r -F -d 'tools of a folder (with a slash) or a container [this host'\''s]'
complete -c orlop -n 'string match -q "debug *" (__orlop_at)' -l tty -d 'give COMMAND a terminal; a shell has one where we have'
complete -c orlop -n 'string match -q "debug *" (__orlop_at)' -l cwd -x -d 'working directory [/container]'
complete -c orlop -n 'string match -q "debug *" (__orlop_at)' -l env -x -d 'add to the environment (repeatable)'
complete -c orlop -n 'string match -q "debug *" (__orlop_at)' -l user -x -d 'run as these numeric ids'
complete -c orlop -n 'string match -q "debug *" (__orlop_at)' -l cap -x -d 'add a capability, as CAP_SYS_PTRACE (repeatable)'
complete -c orlop -n 'test (__orlop_at) = "debug 0"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a trace -d 'print what the processes of a container do, as it happens'
complete -c orlop -n 'string match -q "trace *" (__orlop_at)' -l events -x -d 'exec, exit, fork, signal, oom, syscall[:NAME,...]'
complete -c orlop -n 'string match -q "trace *" (__orlop_at)' -l duration -x -d 'end after this time [when the container does]'
complete -c orlop -n 'string match -q "trace *" (__orlop_at)' -l format -s f -x -a 'table json' -d 'how to print it [table]'
complete -c orlop -n 'string match -q "trace *" (__orlop_at)' -l create -x -d 'begin a session, which goes on after this command'
complete -c orlop -n 'string match -q "trace *" (__orlop_at)' -l force -d '--create: replace the session of that name'
complete -c orlop -n 'string match -q "trace *" (__orlop_at)' -l attach -x -d 'print what a session has recorded, and what comes'
complete -c orlop -n 'string match -q "trace *" (__orlop_at)' -l list -d 'print which sessions there are'
complete -c orlop -n 'string match -q "trace *" (__orlop_at)' -l delete -x -d 'remove a session'
complete -c orlop -n 'test (__orlop_at) = "trace 0"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a inspect -d 'show all that is known of a container'
complete -c orlop -n 'string match -q "inspect *" (__orlop_at)' -l env -d 'values of environments as well: they often hold secrets'
complete -c orlop -n 'string match -q "inspect *" (__orlop_at)' -l format -s f -x -a 'table json' -d 'how to print it [table]'
complete -c orlop -n 'string match -q "inspect *" (__orlop_at)' -l ports -d 'sockets that listen, and whose they are'
complete -c orlop -n 'string match -q "inspect *" (__orlop_at)' -l procs -s p -d 'each process: what it executes, has open, and may use'
complete -c orlop -n 'test (__orlop_at) = "inspect 0"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a verify -d 'compare a running container with its config'
complete -c orlop -n 'string match -q "verify *" (__orlop_at)' -l format -s f -x -a 'table json' -d 'how to print it [table]'
complete -c orlop -n 'test (__orlop_at) = "verify 0"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a stacks -d 'show what each thread does, or waits for'
complete -c orlop -n 'string match -q "stacks *" (__orlop_at)' -l format -s f -x -a 'table json' -d 'how to print it [table]'
complete -c orlop -n 'string match -q "stacks *" (__orlop_at)' -l user -s u -d 'frames of the programs as well: they are stopped for a moment'
complete -c orlop -n 'test (__orlop_at) = "stacks 0"' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a seccomp -d 'show what '\''run --seccomp-learn'\'' has written'
complete -c orlop -n 'string match -q "seccomp *" (__orlop_at)' -l format -s f -x -a 'table json' -d 'how to print it [table]'
complete -c orlop -n 'test (__orlop_at) = "seccomp 0"' -a 'report'
complete -c orlop -n 'string match -q "seccomp *" (__orlop_at)' -F

complete -c orlop -n 'test (__orlop_at) = " 0"' -a checkpoint -d 'write a running container to disk, by CRIU'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l image-path -x -a '(__fish_complete_directories)' -d 'where the images are [checkpoint]'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l work-path -x -a '(__fish_complete_directories)' -d 'where CRIU'\''s log and statistics go [the image directory]'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l tcp-established -d 'TCP connections go with it'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l ext-unix-sk -d 'datagram sockets may have their other end outside'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l shell-job -d 'it has the terminal of a shell'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l file-locks -d 'locks of files go with it'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l lazy-pages -d 'memory is fetched when it is used, from a page server'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l manage-cgroups-mode -x -a 'soft full strict ignore' -d 'what CRIU does with cgroups [soft]'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l empty-ns -x -a 'network' -d 'leave what is in that namespace to others; always so'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l auto-dedup -d 'free memory of parent images that is not needed any more'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l exec-timeout -x -d 'how long a program of the --*-exec options may take [60s]'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l leave-running -d 'go on after the checkpoint'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l parent-path -x -d 'an earlier --pre-dump, relative to the image directory'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l pre-dump -d 'write the memory alone, and go on'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l tcp-skip-in-flight -d 'leave out TCP connections that are being made'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l link-remap -d 'open files may have lost their names'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l page-server -x -d 'send the memory to a page server of CRIU'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l status-fd -x -d 'tell the progress to descriptor N as lines of JSON'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l pre-dump-exec -x -d 'run this in the container before'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l post-resume-exec -x -d 'run this in the container after, with --leave-running'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -l pod -d 'all named containers together, a directory for each'
complete -c orlop -n 'string match -q "checkpoint *" (__orlop_at)' -a '(__orlop_ids)'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a restore -d 'make a container from a checkpoint, by CRIU'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l bundle -s b -x -a '(__fish_complete_directories)' -d 'the bundle: config.json and root filesystem [.]'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l image-path -x -a '(__fish_complete_directories)' -d 'where the images are [checkpoint]'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l work-path -x -a '(__fish_complete_directories)' -d 'where CRIU'\''s log and statistics go [the image directory]'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l tcp-established -d 'TCP connections go with it'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l ext-unix-sk -d 'datagram sockets may have their other end outside'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l shell-job -d 'it has the terminal of a shell'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l file-locks -d 'locks of files go with it'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l lazy-pages -d 'memory is fetched when it is used, from a page server'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l manage-cgroups-mode -x -a 'soft full strict ignore' -d 'what CRIU does with cgroups [soft]'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l empty-ns -x -a 'network' -d 'leave what is in that namespace to others; always so'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l auto-dedup -d 'free memory of parent images that is not needed any more'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l exec-timeout -x -d 'how long a program of the --*-exec options may take [60s]'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l detach -s d -d 'return when the container runs'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l pid-file -r -F -d 'write the host'\''s process id to FILE'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l console-socket -r -F -d 'send the terminal'\''s master to this AF_UNIX socket'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l no-subreaper -d 'leave orphans of the container to others'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l tcp-close -d 'TCP connections are found closed'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l lsm-profile -x -d 'the label of its processes, selinux:... or apparmor:...'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l lsm-mount-context -x -d 'the label of its mounts that had one'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l post-restore-exec -x -d 'run this in the container after'
complete -c orlop -n 'string match -q "restore *" (__orlop_at)' -l pod -d 'all containers of a checkpoint --pod'

complete -c orlop -n 'test (__orlop_at) = " 0"' -a tty -d 'be the terminal of a detached container'
complete -c orlop -n 'string match -q "tty *" (__orlop_at)' -l mode -s m -x -a 'single null' -d 'connect the first terminal, or take all and show none [single]'
complete -c orlop -n 'string match -q "tty *" (__orlop_at)' -F
