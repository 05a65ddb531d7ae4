# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

# The checks of podman, as root and as an ordinary user. podman() is the caller's: it runs the program with the
# storage and the configuration of this run. MODE is root or user.

IMAGE=localhost/busybox:test

# containers_conf DIRECTORY: what podman needs to know here. Its own defaults of nofile and nproc are above the hard
# limit of a host without CAP_SYS_RESOURCE and fail there with every runtime; it writes its log as JSON only for
# runtimes that it knows by name.
containers_conf() {
	local dir=$1 name=${RUNTIME##*/} files processes

	files=$(ulimit -Hn)
	processes=$(ulimit -Hu)
	[ "$files" != unlimited ] && [ "$files" -le 4096 ] || files=4096
	[ "$processes" != unlimited ] && [ "$processes" -le 8192 ] || processes=8192
	# An --ulimit on the command line replaces the whole list.
	ULIMIT=(--ulimit "nproc=$processes:$processes")
	mkdir -p "$dir"/{volumes,networks,hooks}
	cat >"$dir/containers.conf" <<-END
	[containers]
	default_ulimits = ["nofile=$files:$files", "nproc=$processes:$processes"]
	log_driver = "k8s-file"
	netns = "none"
	[engine]
	cgroup_manager = "$MANAGER"
	events_logger = "file"
	runtime = "$name"
	runtime_supports_json = ["$name"]
	infra_image = "$IMAGE"
	runtime_supports_nocgroups = ["$name"]
	runtime_supports_nocgroup = ["$name"]
	volume_path = "$dir/volumes"
	[engine.runtimes]
	$name = ["$RUNTIME"]
	[network]
	network_backend = "netavark"
	network_config_dir = "$dir/networks"
	END
	cat >"$dir/storage.conf" <<-END
	[storage]
	driver = "$DRIVER"
	runroot = "$dir/runroot"
	graphroot = "$dir/storage"
	[storage.options]
	END
}

# run OPTION... -- COMMAND...
run() {
	local OPTIONS REST

	split "$@"
	podman run "${COMMON[@]}" "${OPTIONS[@]}" "$IMAGE" "${REST[@]}"
}

once() { # the same, with --rm
	run --rm "$@"
}

field() { # FORMAT CONTAINER
	podman inspect --format "$1" "$2"
}

is_status() { # CONTAINER STATUS
	prints "$2" field '{{.State.Status}}' "$1"
}

check_basics() {
	check "info names the runtime" prints "${RUNTIME##*/} $RUNTIME" \
		podman info --format '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}}'
	check "info shows the runtime's version" says "$("$RUNTIME" --version | head -n 1)" \
		podman info --format '{{.Host.OCIRuntime.Version}}'
	check "run prints what the program prints" prints "hello from 1" once -- sh -c 'echo hello from $$'
	check "run passes the status on" ends_with 7 once -- sh -c 'exit 7'
	check "run passes a signal on" ends_with 143 once -- sh -c 'sh -c "kill -TERM \$\$"; exit $?'
	check "run -i reads standard input" prints "from outside" pipe_in
	check "run -t has a terminal" says "/dev/pts/0" on_terminal "${WORDS[@]}" run "${COMMON[@]}" --rm -t "$IMAGE" tty
	check "run -it passes the status on" ends_with 9 \
		on_terminal "${WORDS[@]}" run "${COMMON[@]}" --rm -it "$IMAGE" sh -c 'exit 9'
	check "a program that is missing is status 127" fails 127 "executable file not found in" once -- no-such-program
	check "a path that is missing is status 127" fails 127 "" once -- /no/such/program
	check "a file without the x bit is status 126" fails 126 "ermission denied" once -- /plain-file
	check "a directory as the program is status 126" fails 126 "" once -- /etc
	check "a missing working directory is an error" ends_with 126 once --workdir /plain-file/x -- true
	check "--env, --workdir, --hostname" prints "flag /etc there" \
		once --env ADDED=flag --workdir /etc --hostname there -- sh -c 'echo $ADDED $(pwd) $(hostname)'
	check "--entrypoint" prints "entry x" once --entrypoint '["echo","entry"]' -- x
	check "--user by number" prints "1000:1000" once --user 1000:1000 -- sh -c 'echo $(id -u):$(id -g)'
	check "a user that is not root opens /dev/stdout and /dev/stderr" prints "out" once --user 1000 -- sh -c 'echo out >/dev/stdout; echo err >/dev/stderr'
	check "no signal is ignored in a container" says "SigIgn:	0000000000000000" once -- grep SigIgn /proc/self/status
	check "--user by name has its HOME" prints "1000 /home/user" once --user user -- sh -c 'echo $(id -u) $HOME'
	check "--user with --group-add has each group once" prints "1000 2000" \
		once --user user --group-add 2000 -- sh -c 'id -G'
	check "--umask" prints "0077" once --umask 0077 -- sh -c umask
	check "an annotation reaches the runtime" ends_with 0 once --annotation some.key=value -- true
}

pipe_in() {
	echo "from outside" | podman run "${COMMON[@]}" --rm -i "$IMAGE" cat
}

check_isolation() {
	check "--init runs a reaper as process 1" says "init" once --init -- cat /proc/1/comm
	check "--read-only" fails 1 "Read-only file system" once --read-only -- touch /file
	check "--read-only leaves /tmp and /dev/shm writable" ends_with 0 once --read-only -- touch /tmp/a /dev/shm/a
	check "--tmpfs" says "size=1024k" once --tmpfs /scratch:size=1m,mode=1770 -- grep ' /scratch tmpfs' /proc/mounts
	check "--cap-drop all" says "CapEff:	0000000000000000" once --cap-drop all -- grep CapEff /proc/self/status
	check "--cap-add" says "CapEff:	0000000000000001" once --cap-drop all --cap-add chown -- \
		grep CapEff /proc/self/status
	check "--cap-add for an ordinary user is ambient" says "CapAmb:	0000000000000001" \
		once --user 1000 --cap-add chown --cap-drop all -- grep CapAmb /proc/self/status
	check "--privileged" says "Seccomp:	0" once --privileged -- grep Seccomp: /proc/self/status
	check "seccomp's default profile" says "Seccomp:	2" once -- grep Seccomp: /proc/self/status
	check "a seccomp profile of one's own" fails 1 "File too large" \
		once --security-opt "seccomp=$WORK/seccomp.json" -- mkdir /tmp/x
	check "seccomp=unconfined" says "Seccomp:	0" once --security-opt seccomp=unconfined -- \
		grep Seccomp: /proc/self/status
	check "no-new-privileges" says "NoNewPrivs:	1" once --security-opt no-new-privileges -- \
		grep NoNewPrivs /proc/self/status
	check "masked paths are empty" prints "0" once -- sh -c 'cat /proc/keys | wc -c'
	check "read-only paths are read-only" says " ro," once -- grep ' /proc/sys ' /proc/mounts
	check "--security-opt mask" prints "0" once --security-opt mask=/etc/passwd -- sh -c 'cat /etc/passwd | wc -c'
	check "--security-opt unmask" never_says " /proc/sys " once --security-opt unmask=ALL -- cat /proc/mounts
	check "--sysctl" prints "77" once --sysctl kernel.msgmax=77 -- cat /proc/sys/kernel/msgmax
	check "--ulimit" prints "64 128" once --ulimit nofile=64:128 "${ULIMIT[@]}" -- sh -c 'echo $(ulimit -Sn) $(ulimit -Hn)'
	check "--shm-size" says "size=1024k" once --shm-size 1m -- grep ' /dev/shm ' /proc/mounts
	check "--oom-score-adj" prints "500" once --oom-score-adj 500 -- cat /proc/self/oom_score_adj
	check "--device" ends_with 0 once --device /dev/fuse -- test -c /dev/fuse
	check "--device under another name" ends_with 0 once --device /dev/fuse:/dev/other:rw -- test -c /dev/other
	check "--pid host" prints "$(readlink /proc/self/ns/pid)" once --pid host -- readlink /proc/self/ns/pid
	check_if '[ "$MODE" = root ] || [ -d /dev/mqueue ]' "no /dev/mqueue on this host" "--ipc host" prints "$(readlink /proc/self/ns/ipc)" once --ipc host -- readlink /proc/self/ns/ipc
	check "--uts host" prints "$(readlink /proc/self/ns/uts)" once --uts host -- readlink /proc/self/ns/uts
	check "--network host" prints "$(readlink /proc/self/ns/net)" once --network host -- readlink /proc/self/ns/net
	check "--network none has only lo" prints "lo" once --network none -- ls /sys/class/net
	check "--rootfs" prints "hello" podman run --rm "${COMMON[@]}" --rootfs "$ROOTFS" echo hello
	check "--timeout kills" ends_with 255 once --timeout 1 -- sleep 1001
	check "--preserve-fds" prints "inherited" preserve_fds
	check "a hook of the hooks directory runs" prints "creating" with_hook
}

preserve_fds() {
	run --rm --preserve-fds 1 -- sh -c 'cat <&3' 3< <(echo inherited)
}

with_hook() {
	cat >"$HOOKS/hook.sh" <<-END
	#!/bin/sh
	grep -o '"status": *"[a-z]*"' | tr -d '" ' | cut -d: -f2 >"$HOOKS/seen"
	END
	chmod 755 "$HOOKS/hook.sh"
	cat >"$HOOKS/hook.json" <<-END
	{"version": "1.0.0", "hook": {"path": "$HOOKS/hook.sh"}, "when": {"always": true}, "stages": ["createRuntime"]}
	END
	podman --hooks-dir "$HOOKS" run --rm "${COMMON[@]}" "$IMAGE" true && cat "$HOOKS/seen"
}

check_volumes() {
	check "-v, read-write" prints "written" volume_written rw
	check "-v, read-only" fails 1 "Read-only file system" once -v "$SHARED:/v:ro" -- touch /v/file
	check "-v with propagation" says "shared:" once -v "$SHARED:/v:rshared" -- grep ' /v ' /proc/self/mountinfo
	check "-v of one file" prints "alone" once -v "$SHARED/alone:/alone" -- cat /alone
	check "-v with nosuid,nodev,noexec" says "nosuid,nodev,noexec" once -v "$SHARED:/v:nosuid,nodev,noexec" -- \
		grep ' /v ' /proc/mounts
	check "-v with an overlay" prints "alone" once -v "$SHARED:/v:O" -- sh -c 'touch /v/new; cat /v/alone'
	check "a named volume takes the image's files" says "passwd" once -v named:/etc -- ls /etc
	check "--mount type=tmpfs" says "size=2048k" once --mount type=tmpfs,destination=/m,tmpfs-size=2m -- \
		grep ' /m tmpfs' /proc/mounts
	check "--mount type=bind,ro" fails 1 "Read-only" once --mount "type=bind,src=$SHARED,dst=/m,ro=true" -- touch /m/x
	check "--volumes-from" ends_with 0 volumes_from
}

volume_written() {
	once -v "$SHARED:/v:$1" -- sh -c 'echo written >/v/file' && cat "$SHARED/file"
}

volumes_from() {
	podman create "${COMMON[@]}" --name from -v named:/from "$IMAGE" true &&
		once --volumes-from from -- test -e /from/passwd && podman rm from
}

check_life() {
	check "run -d" run -d --name d1 -- sh -c 'trap "exit 3" TERM; echo started; sleep 1001 & wait'
	check "ps shows it" says "Up" podman ps --format '{{.Names}} {{.Status}}'
	check "inspect names the runtime" says "${RUNTIME##*/}" field '{{.OCIRuntime}}' d1
	check "inspect has the process" says "sh" pid_runs d1
	check "logs" eventually says "started" podman logs d1
	check "exec prints and passes the status on" fails 5 "exec" podman exec d1 sh -c 'echo exec; exit 5'
	check "exec joins the container" says "sleep 1001" podman exec d1 ps
	check "exec -u, -w and -e" prints "1000 /etc value" podman exec -u 1000 -w /etc -e KEY=value d1 \
		sh -c 'echo $(id -u) $(pwd) $KEY'
	check "exec -t has a terminal" says "/dev/pts/" on_terminal "${WORDS[@]}" exec -t d1 tty
	check "exec -it passes the status on" ends_with 6 on_terminal "${WORDS[@]}" exec -it d1 sh -c 'exit 6'
	check "exec -i reads standard input" prints "outside" exec_pipe
	check "exec -d" exec_detached
	check "exec --privileged" says "CapEff:	$(exec_full_set)" podman exec --privileged d1 grep CapEff /proc/self/status
	check "exec of a missing program is status 127" fails 127 "executable file not found in" \
		podman exec d1 no-such-program
	check "exec of a missing path is status 127" fails 127 "no such file or directory" podman exec d1 /no/such
	check "exec of a file without the x bit is status 126" fails 126 "ermission denied" podman exec d1 /plain-file
	check "exec in a missing directory fails" ends_with 127 podman exec -w /no/such/dir d1 true
	check "top" says "sleep 1001" podman top d1 pid args
	check "top with options of ps" says "sleep 1001" podman top d1 -ef
	check "cp out and in" copies
	check "diff" says "A /copied" podman diff d1
	check_if '[ "$MODE" = root ]' "an ordinary user on cgroup v1 may not freeze" "pause" podman pause d1
	if [ "$MODE" = root ]; then
		check "it is paused" is_status d1 paused
		check "exec in a paused container fails" ends_with 255 podman exec d1 true
		check "unpause" podman unpause d1
		check "it runs again" is_status d1 running
	fi
	check "rename" podman rename d1 d1b
	check "kill -s with a harmless signal" podman kill -s CONT d1b
	check "stop sends TERM" podman stop -t 5 d1b
	check "wait gives the status" prints "3" podman wait d1b
	check "exec in a stopped container fails" fails 255 "container state improper" podman exec d1b true
	check "start" podman start d1b
	check "restart" podman restart -t 1 d1b
	check "it runs after the restart" is_status d1b running
	check "commit" podman commit -q d1b localhost/committed:test
	check "export" says "plain-file" exported
	check "rm -f of a running container" podman rm -f -t 0 d1b
	check "run -d that ends at once has its status" ended_at_once
	check "start -a of a created container" prints "attached" start_attached
	check "stop kills when TERM is ignored" stop_ignored
	check "--pid=container and --network=container" joined
	check "--stop-signal" stop_signal
	check "--restart on-failure" restarted
	check "attach" attached
}

pid_runs() {
	cat "/proc/$(field '{{.State.Pid}}' "$1")/comm"
}

exec_pipe() {
	echo outside | podman exec -i d1 cat
}

exec_detached() {
	podman exec -d d1 sh -c 'echo background >/tmp/detached' && eventually prints background podman exec d1 cat /tmp/detached
}

# All the capabilities that a container may get here.
exec_full_set() {
	once --privileged -- sh -c 'grep CapEff /proc/self/status' | cut -f2
}

copies() {
	echo "the copy" >"$SHARED/to-copy" && podman cp "$SHARED/to-copy" d1:/copied &&
		podman cp d1:/copied "$SHARED/back" && cmp "$SHARED/to-copy" "$SHARED/back"
}

exported() {
	podman export -o "$SHARED/export.tar" d1b && tar -tf "$SHARED/export.tar"
}

ended_at_once() {
	run -d --name e1 -- sh -c 'exit 4' && prints 4 podman wait e1 && prints 4 field '{{.State.ExitCode}}' e1 && podman rm e1
}

start_attached() {
	podman create "${COMMON[@]}" --name a1 "$IMAGE" echo attached >/dev/null && podman start -a a1 && podman rm a1 >/dev/null
}

stop_ignored() {
	run -d --name s1 -- sh -c 'trap "" TERM; sleep 1001' && podman stop -t 1 s1 && prints 137 podman wait s1 && podman rm s1
}

joined() {
	local ok=0

	run -d --name j1 -- sleep 1001 &&
		says "sleep 1001" once --pid container:j1 -- ps &&
		prints "$(podman exec j1 readlink /proc/self/ns/net)" once --network container:j1 -- readlink /proc/self/ns/net ||
		ok=1
	podman rm -f -t 0 j1
	return $ok
}

stop_signal() {
	run -d --name g1 --stop-signal INT -- sh -c 'trap "exit 11" INT; sleep 1001 & wait' && sleep 0.3 &&
		podman stop g1 && prints 11 podman wait g1 && podman rm g1
}

restarted() {
	run -d --name r1 --restart on-failure:2 -- false && eventually prints 2 field '{{.RestartCount}}' r1 && podman rm -f -t 0 r1
}

attached() {
	run -d --name t1 -i -- sh -c 'read line; echo "got $line"' && echo word | podman attach t1 && eventually says "got word" podman logs t1 && podman rm t1
}

check_limits() {
	local reason="an ordinary user has no cgroups of cgroup v1"

	if [ "$MODE" = user ]; then
		skip "limits" "$reason"
		skip "stats" "$reason"
		skip "update" "$reason"
		return
	fi
	check_if 'has_controller memory' "no memory controller" "--memory" prints 67108864 \
		once --memory 64m --memory-swap 64m -- sh -c "$(knob memory memory.limit_in_bytes memory.max)"
	check_if 'has_controller memory' "no memory controller" "out of memory is status 137" ends_with 137 \
		once --memory 16m --memory-swap 16m -- sh -c 'exec tail /dev/zero'
	check_if 'has_controller pids' "no pids controller" "--pids-limit" prints 32 \
		once --pids-limit 32 -- sh -c "$(knob pids pids.max pids.max)"
	check_if 'has_controller pids && [ "$VIEW" != systemd ]' "no pids controller, or systemd with a default limit" \
		"--pids-limit -1 is no limit" prints max \
		once --pids-limit -1 -- sh -c "$(knob pids pids.max pids.max)"
	check_if 'has_controller pids' "no pids controller" "--pids-limit refuses to fork" says "can't fork" \
		once --pids-limit 4 -- sh -c 'for i in 1 2 3 4 5 6; do sleep 1 & done; wait'
	check_if 'has_controller cpu' "no cpu controller" "--cpus" says "50000" \
		once --cpus 0.5 -- sh -c "$(knob cpu cpu.cfs_quota_us cpu.max)"
	check_if 'has_controller cpu' "no cpu controller" "--cpu-shares" says "512" \
		once --cpu-shares 512 -- sh -c "$(knob cpu cpu.shares cpu.weight) || echo 512"
	check_if 'has_controller cpuset' "no cpuset controller" "--cpuset-cpus" prints 1 \
		once --cpuset-cpus 1 -- sh -c "$(knob cpuset cpuset.cpus cpuset.cpus)"
	check_if '[ -d /sys/fs/cgroup/devices ] && [ -e /dev/fuse ]' "no devices controller" "--device-cgroup-rule" says "c 10:229 rwm" \
		once --device-cgroup-rule 'c 10:229 rwm' -- cat /sys/fs/cgroup/devices/devices.list
	check_if can_throttle "no blkio throttling in this kernel, or no block device" \
		"--device-read-bps" says "1048576" \
		once --device-read-bps "$(block_device):1m" -- cat /sys/fs/cgroup/blkio/blkio.throttle.read_bps_device
	check "--cgroupns host" says "$WORK_ID" once --cgroupns host -- cat /proc/self/cgroup
	check "--cgroupns private" never_says "$WORK_ID" once --cgroupns private -- cat /proc/self/cgroup
	run -d --name u1 -- sleep 1002 >/dev/null
	if has_controller memory; then
		check "stats" says "u1" podman stats --no-stream --no-reset --format '{{.Name}} {{.MemUsage}} {{.PIDs}}' u1
		check "update --memory" podman update --memory 128m u1
		check "the new limit holds" prints 134217728 podman exec u1 sh -c "$(knob memory memory.limit_in_bytes memory.max)"
	else
		skip "stats" "no memory controller"
		skip "update" "no memory controller"
	fi
	podman rm -f -t 0 u1 >/dev/null
}

check_pods() {
	check "pod create" podman pod create --name pod1 --share ipc,net,uts,pid --hostname podhost "${POD[@]}"
	check "run in the pod" run -d --pod pod1 --name p1 -- sleep 1004
	check "containers of a pod see each other" says "sleep 1004" once --pod pod1 -- ps
	check "containers of a pod share the host name" prints "podhost" once --pod pod1 -- hostname
	check "containers of a pod share the network" prints "$(podman exec p1 readlink /proc/self/ns/net)" \
		once --pod pod1 -- readlink /proc/self/ns/net
	check_if '[ "$MODE" = root ]' "an ordinary user on cgroup v1 may not freeze" "pod pause and unpause" pod_pause
	check "pod ps" says "Running" podman pod ps --format '{{.Name}} {{.Status}}'
	check "pod stop" podman pod stop -t 0 pod1
	check "pod start" podman pod start pod1
	check "pod kill" podman pod kill -s KILL pod1
	check "pod rm" podman pod rm -f -t 0 pod1
	check "play kube" play_kube
}

pod_pause() {
	podman pod pause pod1 && prints Paused podman pod inspect --format '{{.State}}' pod1 && podman pod unpause pod1
}

play_kube() {
	local status=0

	cat >"$SHARED/pod.yaml" <<-END
	apiVersion: v1
	kind: Pod
	metadata:
	  name: kube
	spec:
	  hostNetwork: true
	  containers:
	  - name: one
	    image: $IMAGE
	    imagePullPolicy: Never
	    command: ["sleep", "1005"]
	    securityContext:
	      readOnlyRootFilesystem: true
	      capabilities: { drop: ["ALL"] }
	END
	podman play kube "$SHARED/pod.yaml" && says "Read-only" podman exec kube-one touch /x || status=$?
	podman pod rm -f -t 0 kube || status=$?
	return $status
}

check_userns() {
	if [ "$MODE" = root ]; then
		check "--userns auto" ends_with 0 once --userns auto -- sh -c '[ "$(awk "{ print \$2 }" /proc/self/uid_map)" != 0 ]'
		check "--uidmap" prints "0 300000 1000" once --uidmap 0:300000:1000 -- awk "{ print \$1, \$2, \$3 }" /proc/self/uid_map
		check "--uidmap with a volume and a tmpfs" ends_with 0 once --uidmap 0:300000:1000 -v "$SHARED:/v" --tmpfs /t -- touch /t/a
		check "--userns container" userns_joined
		check "-v with idmap" prints "0" once --uidmap 0:300000:1000 -v "$SHARED:/v:idmap" -- stat -c %u /v
	else
		check "--userns keep-id" prints "$USER_ID" once --userns keep-id -- id -u
		check "--userns keep-id owns its volume" prints "$USER_ID" once --userns keep-id -v "$SHARED:/v" -- stat -c %u /v
		check "--userns nomap" ends_with 0 once --userns nomap -- awk '$2 == 0 { exit 1 }' /proc/self/uid_map
		check "--uidmap" says "100" once --uidmap 0:1:100 --uidmap 100:0:1 -- cat /proc/self/uid_map
		check "root inside is the user outside" prints "$USER_ID" owner_outside
		check "unshare" prints "0" podman unshare id -u
	fi
}

userns_joined() {
	local status=0

	run -d --name n1 --uidmap 0:300000:1000 -- sleep 1001 &&
		prints "$(podman exec n1 readlink /proc/self/ns/user)" \
			once --userns container:n1 -- readlink /proc/self/ns/user || status=1
	podman rm -f -t 0 n1
	return $status
}

owner_outside() {
	once -v "$SHARED:/v" -- touch /v/owned && stat -c %u "$SHARED/owned"
}

check_rest() {
	check "healthcheck run, healthy" health 0 true
	check "healthcheck run, unhealthy" health 1 false
	check "--sdnotify container" ends_with 0 once --sdnotify conmon -- true
	check "build" built
	check_if '[ "$MODE" = root ]' "an ordinary user needs a cgroup of their own" "--cgroups disabled" prints 0 \
		podman run --rm --cgroups disabled "$IMAGE" sh -c 'grep -c libpod /proc/self/cgroup || true'
	check_if '[ "$MODE" = root ]' "pasta and slirp4netns want the host's network" "a bridge with two containers" bridge
	check_checkpoints
}

# podman looks for criu by itself, to see its version; it may not be the system's (tests/lib/criu.bash).
check_checkpoints() {
	local reason=""

	if [ "$MODE" = root ]; then
		criu_prepare
		reason=$CRIU_MISSING
	else
		reason="CRIU needs root"
	fi
	[ -z "$reason" ] || { skip "checkpoint and restore" "$reason"; return; }
	PATH=$CRIU_PATH
	check "checkpoint and restore" checkpointed
	check "checkpoint --leave-running --print-stats, --export, and restore --import --name" checkpoint_exported
	check_if "criu check --feature mem_dirty_track" "this kernel does not track changed memory" \
		"checkpoint --pre-checkpoint, --with-previous" pre_checkpointed
	check "checkpoint and restore of a container with a terminal and a volume" checkpointed_terminal
	check "checkpoint --tcp-established and restore --tcp-established" checkpointed_tcp
	check "checkpoint --file-locks, restore --file-locks" checkpointed_locks
	PATH=/usr/sbin:/usr/bin:/sbin:/bin
}

COUNTER='i=0; while :; do i=$((i + 1)); echo $i >/new; mv /new /n; sleep 0.05; done'

count_of() {
	podman exec "$1" cat /n
}

counts_beyond() { # CONTAINER NUMBER
	[ "$(count_of "$1")" -gt "$2" ]
}

checkpointed() {
	local status=0 before

	run -d --name c1 -- sh -c "$COUNTER" && eventually count_of c1 &&
		before=$(count_of c1) && podman container checkpoint c1 && is_status c1 exited &&
		podman container restore c1 && is_status c1 running && eventually counts_beyond c1 "$before" || status=1
	podman rm -f -t 0 c1
	return $status
}

checkpoint_exported() {
	local status=0 before

	run -d --name c1 -- sh -c "$COUNTER" && eventually count_of c1 && before=$(count_of c1) &&
		says pages_written podman container checkpoint --leave-running --print-stats --export "$WORK/c1.tar.gz" c1 &&
		is_status c1 running && eventually counts_beyond c1 "$before" &&
		podman container restore --import "$WORK/c1.tar.gz" --name c2 && is_status c2 running &&
		eventually counts_beyond c2 "$before" || status=1
	podman rm -f -t 0 c1
	podman rm -f -t 0 c2
	return $status
}

pre_checkpointed() {
	local status=0

	run -d --name c1 -- sh -c "$COUNTER" && eventually count_of c1 &&
		podman container checkpoint --pre-checkpoint c1 && podman container checkpoint --with-previous c1 &&
		podman container restore c1 && is_status c1 running || status=1
	podman rm -f -t 0 c1
	return $status
}

checkpointed_terminal() {
	local status=0

	run -dt --name c1 -v "$SHARED:/v" -- sh -c "$COUNTER" && eventually count_of c1 &&
		podman container checkpoint c1 && podman container restore c1 && is_status c1 running &&
		prints alone podman exec c1 cat /v/alone || status=1
	podman rm -f -t 0 c1
	return $status
}

checkpointed_tcp() {
	local status=0

	run -d --name c1 -- sh -c 'mkfifo /f; (sleep 1000 | nc -l -p 99 >/n) & while ! nc 127.0.0.1 99 <>/f; do sleep 0.1; done' &&
		eventually podman exec c1 sh -c 'netstat -tn | grep ESTABLISHED' &&
		says "tcp-established" podman container checkpoint c1
	podman container checkpoint --tcp-established c1 && podman container restore --tcp-established c1 &&
		podman exec c1 sh -c 'echo through >/f' && eventually prints through count_of c1 || status=1
	podman rm -f -t 0 c1
	return $status
}

checkpointed_locks() {
	local status=0

	run -d --name c1 -- sh -c "$COUNTER" && eventually count_of c1 &&
		podman container checkpoint --file-locks c1 && podman container restore --file-locks c1 && is_status c1 running || status=1
	podman rm -f -t 0 c1
	return $status
}

health() { # STATUS COMMAND
	local status=0

	run -d --name h1 --health-cmd "$2" --health-interval disable -- sleep 1001 &&
		ends_with "$1" podman healthcheck run h1 || status=1
	podman rm -f -t 0 h1
	return $status
}

built() {
	printf '%s\n' "FROM $IMAGE" 'ENV A=b' 'WORKDIR /built' 'RUN echo "$A" >file && ls -l /proc/self/exe' 'USER 1000' 'CMD ["cat", "file"]' >"$SHARED/Containerfile"
	podman build -q --network host "${BUILD[@]}" -t localhost/built:test -f "$SHARED/Containerfile" "$SHARED/empty" && prints b podman run --rm "${COMMON[@]}" localhost/built:test
}

bridge() {
	local status=0 address

	podman network create --disable-dns net1 >/dev/null &&
		podman run -d --name b1 "${COMMON[@]}" --network net1 "$IMAGE" nc -ll -p 80 -e echo over the bridge &&
		address=$(field '{{.NetworkSettings.Networks.net1.IPAddress}}' b1) &&
		eventually says "over the bridge" podman run --rm "${COMMON[@]}" --network net1 "$IMAGE" nc -w 2 "$address" 80 ||
		status=1
	podman rm -f -t 0 b1
	podman network rm net1 >/dev/null
	return $status
}

podman_checks() {
	check "the image is imported" podman import --change 'ENV PATH=/usr/local/bin:/bin:/sbin' --change 'CMD ["/usr/local/bin/infra"]' \
		"$WORK/image.tar" "$IMAGE"
	check_basics
	check_isolation
	[ -n "$QUICK" ] || check_volumes
	check_life
	check_limits
	if [ -z "$QUICK" ]; then
		check_pods
		check_userns
		check_rest
	fi
	podman rm -fa -t 0 >/dev/null 2>&1
	podman pod rm -fa -t 0 >/dev/null 2>&1
	podman volume prune -f >/dev/null 2>&1
}
