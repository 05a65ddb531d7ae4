# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop
load ../lib/criu
load ../lib/checkpoint

LIMIT=40

setup_file() {
	criu_setup
}

setup() {
	checkpoint_begin
}

@test "a container goes on after checkpoint and restore where it was" {
	local before

	counter
	detached
	eventually exists "$ROOTFS/tmp/n"
	eventually counts_beyond 5
	checkpoint
	nothing_left
	before=$(count)
	restore
	wait_status running
	counts
	[ "$(count)" -gt "$before" ] && [ "$(count)" -lt $((before + 1000)) ]
}

@test "a restored container is one like others: state, exec, ps, pause, kill, events, delete" {
	counter
	detached
	eventually exists "$ROOTFS/tmp/n"
	checkpoint
	restore
	ok state "$ID"
	[ "$(jq -r .status <<<"$output")" = running ]
	[[ "$(jq -r .restored <<<"$output")" == 20*Z ]]
	[ "$(jq -r .restoredFrom <<<"$output")" = "$I" ]
	ok exec "$ID" sh -c 'readlink /proc/1/root; cat /proc/1/comm'
	says sh
	ok ps "$ID"
	says /tmp/n
	ok pause "$ID"
	wait_status paused
	ok resume "$ID"
	wait_status running
	ok list
	says "$ID"
	ok kill "$ID" KILL
	wait_status stopped
	ok delete "$ID"
	nothing_left
}

@test "with --leave-running the container goes on, and can be checkpointed again" {
	counter
	detached
	eventually exists "$ROOTFS/tmp/n"
	checkpoint --leave-running
	wait_status running
	counts
	I=$T/images2 checkpoint
	nothing_left
	I=$T/images2 restore
	counts
}

@test "a paused container is checkpointed, and stays paused with --leave-running" {
	counter
	detached
	eventually exists "$ROOTFS/tmp/n"
	ok pause "$ID"
	checkpoint --leave-running
	wait_status paused
	ok resume "$ID"
	counts
}

@test "a restore in the foreground ends with the status of the container" {
	script 'echo up >/tmp/n; while [ ! -e /tmp/go ]; do sleep 0.05; done; exit 7'
	detached
	eventually exists "$ROOTFS/tmp/n"
	checkpoint
	touch "$ROOTFS/tmp/go"
	fails 7 "" restore --image-path "$I" --work-path "$W" "$ID"
	nothing_left
}

@test "processes, threads of exec, pipes and environment are as they were" {
	script 'export A=b; mkfifo /tmp/f; (while read x <&3; do echo "$A $x" >>/tmp/n; done) 3<>/tmp/f & i=0
		while :; do i=$((i + 1)); echo $i >/tmp/f; sleep 0.05; done'
	detached
	eventually file_says "$ROOTFS/tmp/n" "b 3"
	checkpoint
	: >"$ROOTFS/tmp/n"
	restore
	eventually file_says "$ROOTFS/tmp/n" "^b [0-9]*"
}

# --- what lies outside ---

@test "bind mounts come from where the config says: files, read-only, nested ones, and a destination by a symlink" {
	mkdir -p "$T/a" "$T/b" "$T/c"
	echo one >"$T/a/x"
	echo two >"$T/b/y"
	echo three >"$T/file"
	ln -s /var "$ROOTFS/link"
	mount_entry /mnt/a none "$T/a" rbind ro
	mount_entry /mnt/a/sub none "$T/b" bind
	mount_entry /etc/file none "$T/file" bind
	mount_entry /link/c none "$T/c" bind
	mkdir "$T/a/sub"
	script 'while :; do cat /mnt/a/x /mnt/a/sub/y /etc/file >/tmp/new; mv /tmp/new /tmp/n; sleep 0.05; done'
	detached
	eventually file_says "$ROOTFS/tmp/n" three
	checkpoint
	rm -r "$ROOTFS/mnt"
	mkdir "$T/other"
	echo four >"$T/other/x"
	mkdir "$T/other/sub"
	config '(.mounts[] | select(.destination == "/mnt/a")).source = $s' --arg s "$T/other"
	restore
	ok exec "$ID" cat /mnt/a/x /mnt/a/sub/y /etc/file
	is $'four\ntwo\nthree'
	fails 1 "Read-only" exec "$ID" touch /mnt/a/z
	ok exec "$ID" touch /var/c/z
	exists "$T/c/z"
}

@test "roots and bind mounts that share mounts with the host do so again" {
	mkdir "$T/shared"
	mount --bind "$T/shared" "$T/shared"
	mount --make-shared "$T/shared"
	mkdir "$T/shared/a" "$T/shared/a/x"
	cp -a "$SUITE_DIR/rootfs" "$T/shared/rootfs"
	mount_entry /mnt none "$T/shared/a" rbind rslave
	config '.root.path = $p' --arg p "$T/shared/rootfs"
	script 'sleep 1000'
	detached
	checkpoint
	restore
	mount -t tmpfs none "$T/shared/a/x"
	touch "$T/shared/a/x/later"
	ok exec "$ID" ls /mnt/x
	is later
	ok delete -f "$ID"
	umount "$T/shared/a/x"
	umount "$T/shared"
}

@test "a tree below a bind mount's source is restored" {
	mkdir -p "$T/a/sub"
	mount -t tmpfs none "$T/a/sub"
	echo deep >"$T/a/sub/x"
	mount_entry /mnt none "$T/a" rbind
	start_sleeper >/dev/null 2>&1 || :
	ok delete -f "$ID"
	script 'sleep 1000'
	detached
	checkpoint
	restore
	ok exec "$ID" cat /mnt/sub/x
	is deep
	ok delete -f "$ID"
	umount "$T/a/sub"
}

@test "a bind mount that the config has no more is refused, and nothing is left" {
	mkdir "$T/a"
	mount_entry /mnt none "$T/a" bind
	script 'sleep 1000'
	detached
	checkpoint
	config 'del(.mounts[] | select(.destination == "/mnt"))'
	refute restore
	says "the checkpoint has a bind mount on '/mnt', config.json has none there"
	nothing_left
}

@test "masked and read-only paths, a read-only root and a tmpfs are as before" {
	config '.root.readonly = true'
	mount_entry /scratch tmpfs tmpfs size=1m
	script 'echo kept >/scratch/x; sleep 1000'
	detached
	eventually orlop exec "$ID" test -e /scratch/x
	checkpoint
	restore
	ok exec "$ID" cat /scratch/x
	is kept
	fails 1 "" exec "$ID" touch /tmp/x
	fails 1 "" exec "$ID" sh -c 'echo 1 >/proc/sys/kernel/panic'
	ok exec "$ID" sh -c 'cat /proc/keys; ls /sys/firmware'
	is ""
}

@test "the cgroups are the config's: mounted, limited, entered by an exec" {
	mount_entry /sys/fs/cgroup cgroup cgroup ro
	config '.linux.resources.pids = { limit: 30 }'
	needs_controller pids
	script 'sleep 1000'
	detached
	checkpoint
	config ".linux.cgroupsPath = \"/$ID/moved\" | .linux.resources.pids = { limit: 20 }"
	restore
	[ "$(cat "$(cgroup_file pids moved/pids.max)")" = 20 ]
	grep -q "$ID/moved" "/proc/$(pid_of)/cgroup"
	ok exec "$ID" sh -c 'ls /sys/fs/cgroup | head -n 1'
	[ -n "$output" ]
	ok delete -f "$ID"
	rmdir $(cgroups_of)
}

@test "with a cgroup namespace the container sees itself at the top again" {
	namespace cgroup
	mount_entry /sys/fs/cgroup cgroup cgroup ro
	script 'sleep 1000'
	detached
	checkpoint
	restore
	ok exec "$ID" sh -c 'cut -d: -f3 /proc/1/cgroup | sort -u'
	is /
}

@test "limits of one process and little memory do not hinder a restore" {
	config '.linux.resources.pids = { limit: 1 }'
	needs_controller pids
	script 'exec sleep 1000'
	detached
	checkpoint
	restore
	wait_status running
	[ "$(cat "$(cgroup_file pids pids.max)")" = 1 ]
}

in_other_network() { # PID
	[ "$(readlink /proc/self/ns/net)" != "$(readlink "/proc/$1/ns/net")" ]
}

@test "a network namespace by path is joined again, a new one has a loopback device" {
	script 'sleep 1000'
	detached
	checkpoint
	restore
	ok exec "$ID" ip addr show lo
	says "127.0.0.1"
	ok delete -f "$ID"
	unshare --net sleep 1000 &
	BACKGROUND+=($!)
	eventually in_other_network "$!"
	namespace network "/proc/$!/ns/net"
	detached
	I=$T/images2 checkpoint
	I=$T/images2 restore
	[ "$(readlink "/proc/$(pid_of)/ns/net")" = "$(readlink "/proc/$!/ns/net")" ]
	ok delete -f "$ID"
}

@test "a user namespace with its devices is restored" {
	user_namespace
	script 'sleep 1000'
	detached
	checkpoint
	restore
	ok exec "$ID" sh -c 'id -u; head -c 3 /dev/zero | wc -c; echo x >/dev/null'
	is $'0\n3'
	grep -q 100000 "/proc/$(pid_of)/uid_map"
}

# --- streams and terminals ---

@test "pipes of the standard streams are those of the restore" {
	script 'while read line; do echo "got $line"; done'
	orlop run -d "$ID" < <(exec sleep 1000 3>&-) > >(exec cat >"$T/out1" 3>&-) 2>&1
	wait_status running
	checkpoint
	orlop restore -d --image-path "$I" --work-path "$W" "$ID" < <(echo hello; exec sleep 1000 3>&-) > >(exec cat >"$T/out2" 3>&-) 2>&1
	eventually file_says "$T/out2" "got hello"
	refute file_says "$T/out1" "got hello"
}

@test "a file of the host as standard output is refused, with what to do" {
	script 'sleep 1000'
	orlop run -d "$ID" </dev/null >"$T/log1" 2>&1
	refute checkpoint
	says "outside of the container"
	wait_status running
}

@test "a terminal's master comes over the console socket" {
	config '.process.terminal = true'
	script 'while read line; do echo "got <$line>"; done'
	background console1 $PYTHON "$LIB/console.py" "$T/console1" $'one\n'
	eventually exists "$T/console1"
	ok run -d --console-socket "$T/console1" "$ID"
	eventually file_says "$T/console1.out" 'got <one>'
	checkpoint
	refute restore
	says "give --console-socket SOCKET"
	background console2 $PYTHON "$LIB/console.py" "$T/console2" $'two\n'
	eventually exists "$T/console2"
	restore --console-socket "$T/console2"
	eventually file_says "$T/console2.out" 'got <two>'
	file_says "$T/console2.out" '^fds=1 '
}

@test "a restore in the foreground gives the container the caller's terminal" {
	config '.process.terminal = true'
	script 'while read line; do echo "got <$line>"; [ "$line" != end ] || exit 5; done'
	background console1 $PYTHON "$LIB/console.py" "$T/console1" $'one\n'
	eventually exists "$T/console1"
	ok run -d --console-socket "$T/console1" "$ID"
	eventually file_says "$T/console1.out" 'got <one>'
	checkpoint
	status=0
	(eventually has_status running && echo end; sleep 1) | ORLOP_TEST_ID=$ID timeout -k 2 "$LIMIT" script -qec \
		"$ORLOP --root $ROOT restore --image-path $I --work-path $W $ID" /dev/null >"$T/stdout" 2>&1 3>&- || status=$?
	file_says "$T/stdout" "got <end>"
	[ "$status" -eq 5 ]
	nothing_left
}

@test "a process of exec is left out, and the checkpoint says so" {
	script 'sleep 1000'
	detached
	orlop exec -d "$ID" sleep 2000 </dev/null >/dev/null 2>&1
	checkpoint
	says "is not in the checkpoint"
	restore
	ok ps "$ID"
	refute says "2000"
}

# --- hooks, files, programs ---

@test "prestart and createRuntime hooks run with the new namespaces, poststop at the end, no others" {
	local kind

	for kind in prestart createRuntime createContainer startContainer poststart poststop; do
		config '.hooks[$k] = [{ path: "/bin/sh", args: ["sh", "-c", "cat >>\($f); echo \" \($k)\" >>\($f)"] }]' \
			--arg k "$kind" --arg f "$T/hooks"
	done
	script 'sleep 1000'
	config 'del(.hooks.createContainer, .hooks.startContainer)'
	detached
	checkpoint
	file_says "$T/hooks" poststop
	rm "$T/hooks"
	restore
	[ "$(grep -c . "$T/hooks")" = 2 ]
	[ "$(sed -n '1s/.*} //p' "$T/hooks")" = prestart ]
	[ "$(sed 's/} .*/}/;q' "$T/hooks" | jq -r .status)" = creating ]
	[ "$(sed 's/} .*/}/;q' "$T/hooks" | jq -r .pid)" = "$(pid_of)" ]
	ok delete -f "$ID"
	file_says "$T/hooks" poststop
}

@test "a hook that fails ends the restore, and nothing is left" {
	script 'sleep 1000'
	detached
	checkpoint
	config '.hooks.createRuntime = [{ path: "/bin/false" }]'
	refute restore
	says "error running createRuntime hook #0"
	nothing_left
}

@test "--pid-file is written, and is taken back by a failure" {
	script 'sleep 1000'
	detached
	checkpoint
	restore --pid-file "$T/pid"
	[ "$(cat "$T/pid")" = "$(pid_of)" ]
}

@test "programs in the container run before and after, and know why" {
	counter
	detached
	eventually exists "$ROOTFS/tmp/n"
	printf '#!/bin/sh\necho $ORLOP_CHECKPOINT_PHASE $1 >>/tmp/phases\n' >"$ROOTFS/bin/note"
	chmod 755 "$ROOTFS/bin/note"
	checkpoint --leave-running --pre-dump-exec "/bin/note a" --post-resume-exec "/bin/note b"
	checkpoint
	restore --post-restore-exec "note c"
	[ "$(cat "$ROOTFS/tmp/phases")" = $'save a\nresume b\nrestore c' ]
	refute checkpoint --pre-dump-exec "false"
	says "program for 'save': 'false' exited with 1"
	wait_status running
	refute checkpoint --pre-dump-exec "sleep 1000" --exec-timeout 1s
	says "did not end within 1 s"
	counts
	ok delete -f "$ID"
	refute restore --post-restore-exec "false"
	says "program for 'restore'"
	nothing_left
}

# --- who watches ---

@test "wait --checkpoint tells how the next one ended, events tell of it and of the restore" {
	script 'sleep 1000'
	detached
	background events "$ORLOP" --root "$ROOT" events
	eventually file_says "$T/events.out" ready
	background waits "$ORLOP" --root "$ROOT" wait --checkpoint --timeout 30s "$ID"
	local waiter=$BG
	eventually grep -q inotify "/proc/$waiter/fdinfo/"* 2>/dev/null || sleep 0.3
	refute checkpoint --parent-path /nowhere
	wait "$waiter" && return 1
	file_says "$T/waits.out" "the checkpoint of '$ID' failed: --parent-path"
	background waits "$ORLOP" --root "$ROOT" wait --checkpoint --timeout 30s "$ID"
	waiter=$BG
	eventually grep -q inotify "/proc/$waiter/fdinfo/"* 2>/dev/null || sleep 0.3
	checkpoint
	wait "$waiter"
	restore
	eventually file_says "$T/events.out" '"type":"restore"'
	file_says "$T/events.out" '"type":"checkpoint".*"success":false.*parent-path'
	file_says "$T/events.out" '"type":"checkpoint".*"success":true'
	fails 255 "no checkpoint of" wait --checkpoint --timeout 100ms "$ID"
}

@test "--status-fd gets the phases" {
	script 'sleep 1000'
	detached
	ORLOP_TEST_ID=$ID "$ORLOP" --root "$ROOT" checkpoint --image-path "$I" --status-fd 5 "$ID" 5>"$T/phases" 3>&-
	[ "$(jq -r .phase "$T/phases" | tr '\n' ' ')" = "connect dump written done " ]
	[ "$(tail -n 1 "$T/phases" | jq .pages)" -gt 0 ]
}

# --- refusals ---

@test "what cannot be checkpointed is refused in words, and is as it was" {
	fails 1 "container does not exist" checkpoint "$ID"
	script 'sleep 1000'
	ok create "$ID"
	fails 1 "Container cannot be checkpointed in created state" checkpoint --image-path "$I" "$ID"
	ok start "$ID"
	fails 1 "--parent-path '/x' must be relative" checkpoint --image-path "$I" --parent-path /x "$ID"
	fails 1 "parent path 'nowhere'" checkpoint --image-path "$I" --parent-path nowhere "$ID"
	fails 1 "--status-fd 77" checkpoint --image-path "$I" --status-fd 77 "$ID"
	fails 1 "ADDRESS:PORT" checkpoint --image-path "$I" --page-server here "$ID"
	fails 1 "several containers at once need --pod" checkpoint --image-path "$I" "$ID" other
	fails 1 "invalid manage-cgroups-mode" checkpoint --manage-cgroups-mode some "$ID"
	fails 1 "flag needs an argument" restore --lsm-mount-context
	ok checkpoint --help
	says "tcp-established"
	wait_status running
	ok kill "$ID" KILL
	wait_status stopped
	fails 1 "Container cannot be checkpointed in stopped state" checkpoint --image-path "$I" "$ID"
}

@test "--pre-dump says what the kernel lacks, or is taken" {
	counter
	detached
	run_orlop checkpoint --image-path "$T/pre" --pre-dump "$ID"
	if [ "$status" -ne 0 ]; then
		says "criu is missing features: [MemTrack]"
		says CONFIG_MEM_SOFT_DIRTY
	else
		checkpoint --parent-path ../pre
		restore
	fi
	counts
}

@test "a failure of CRIU quotes what matters of its log, says what to do, and the container goes on" {
	needs_criu_of 40200
	script 'ip link set lo up; (sleep 1000 | nc -l -p 99 >/dev/null) & while ! nc 127.0.0.1 99 </tmp/f; do sleep 0.1; done'
	mkfifo "$ROOTFS/tmp/f"
	sleep 1000 >"$ROOTFS/tmp/f" 3>&- &
	BACKGROUND+=($!)
	detached
	eventually orlop exec "$ID" sh -c 'netstat -tn | grep -q ESTABLISHED'
	refute checkpoint
	says "criu failed: type DUMP errno"
	says "--tcp-established"
	says "log file: $W/dump.log"
	wait_status running
	ok exec "$ID" sh -c 'netstat -tn | grep ESTABLISHED'
}

@test "a checkpoint whose record cannot be written leaves the container running" {
	counter
	detached
	mkdir -p "$I/orlop.json/in-the-way"
	refute checkpoint
	says "orlop.json"
	wait_status running
	counts
}

@test "without criu, or with one that is none, the container goes on" {
	script 'sleep 1000'
	detached
	mkdir "$T/bin"
	PATH=$T/bin fails_in_path "executable file not found in \$PATH"
	printf '#!/bin/sh\necho no such thing >&2\nexit 3\n' >"$T/bin/criu"
	chmod 755 "$T/bin/criu"
	PATH=$T/bin:/usr/bin:/bin fails_in_path "no such thing"
	wait_status running
}

fails_in_path() {
	local said

	said=$("$ORLOP" --root "$ROOT" checkpoint --image-path "$I" "$ID" 2>&1) && return 1
	[[ "$said" == *"$1"* ]] || { echo "# $said"; return 1; }
}

@test "a checkpoint that does not fit is refused in words, and nothing is left" {
	script 'sleep 1000'
	detached
	mkdir "$T/empty"
	fails 1 "already exists: it is running" restore --image-path "$T/empty" "$ID"
	checkpoint
	fails 1 "there is no checkpoint in '$T/empty'" restore -d --image-path "$T/empty" "$ID"
	cp -a "$I" "$T/i"
	edit_manifest '.architecture = "vax"'
	refuses "the checkpoint is of architecture 'vax'"
	edit_manifest '.criu = 990000'
	refuses "the checkpoint was made by CRIU 99.0"
	edit_manifest '.format = 7'
	refuses "format 7"
	edit_manifest '.containers = 0'
	refuses "a checkpoint of no container"
	edit_manifest '.containers = 2'
	refuses "2 containers and 1 names"
	edit_manifest '.containers = 2 | .names += ["b"]'
	refuses "restore --pod"
	edit_manifest .
	rm "$T/i/pstree.img"
	refuses "'pstree.img' is missing"
	: >"$T/i/pstree.img"
	refuses "'pstree.img' has 0 bytes"
	cp -a "$I/pstree.img" "$T/i/"
	touch "$T/i/x.img"
	refuses "'x.img' is not of this checkpoint"
	rm "$T/i/x.img"
	: >"$T/i/inventory.img"
	refuses "inventory.img is missing or empty"
	cp -a "$I/inventory.img" "$T/i/"
	echo '{' >"$T/i/orlop.json"
	refuses "orlop.json"
	config '.process.args = ["sleep", "2000"]'
	edit_manifest .
	refuses "config.json is not that of the checkpoint"
	rm "$T/i/orlop.json" "$T/i/descriptors.json"
	refuses "the checkpoint has no descriptors.json"
	ln -s /etc/passwd "$T/i/descriptors.json"
	refuses "'descriptors.json' of the checkpoint"
}

edit_manifest() {
	jq "$1" "$I/orlop.json" >"$T/i/orlop.json"
}

refuses() {
	fails 1 "$1" restore -d --image-path "$T/i" --work-path "$W" "$ID"
	nothing_left
}

@test "memory that went to a page server is restored with its files" {
	counter
	detached
	eventually exists "$ROOTFS/tmp/n"
	mkdir "$T/pages"
	background pages criu page-server -D "$T/pages" --address 127.0.0.1 --port 9977 -o log
	eventually grep -q ":26F9 00000000:0000 0A" /proc/net/tcp
	checkpoint --page-server 127.0.0.1:9977
	ls "$T/pages" | grep -q "^pages-"
	cp "$T/pages"/*.img "$I"
	restore
	counts
}

@test "images of runc are restored" {
	needs_tool runc
	script 'echo go >/tmp/go; i=0; while :; do i=$((i + 1)); echo $i >/tmp/new; mv /tmp/new /tmp/n; sleep 0.05; done'
	mkdir "$T/a"
	echo bound >"$T/a/x"
	mount_entry /mnt none "$T/a" rbind
	config '.process.noNewPrivileges = true | .ociVersion = "1.0.2"'
	# runc changes the owner of the host's null device.
	mknod -m 666 "$T/null" c 1 3
	export T ID ROOTFS I W
	(
		unshare --mount --propagation private bash -c '
			mount --bind "$T/null" /dev/null
			runc --root "$T/runc" run -d "$ID" </dev/null >/dev/null 2>&1 3>&- || exit 1
			for ((i = 0; i < 100; i++)); do [ ! -e "$ROOTFS/tmp/n" ] || break; sleep 0.05; done
			runc --root "$T/runc" checkpoint --image-path "$I" --work-path "$W" "$ID" </dev/null 3>&-'
	) >"$T/runc.out" 2>&1 || skip "runc cannot checkpoint here: $(tail -n 1 "$T/runc.out")"
	restore
	counts
	ok exec "$ID" cat /mnt/x
	is bound
}

@test "no symlink of the images leads CRIU to another file or folder" {
	script 'sleep 1000'
	detached
	checkpoint
	cp -a "$I" "$T/i"
	rm "$T/i/orlop.json" "$T/i/fs-1.img"
	ln -s "$I/fs-1.img" "$T/i/fs-1.img"
	refuses "image 'fs-1.img' of the checkpoint is no regular file"
	rm "$T/i/fs-1.img"
	cp -a "$I/fs-1.img" "$T/i/"
	ln -s /etc "$T/i/parent"
	refuses "the checkpoint's parent '/etc' does not lie beside it"
	rm "$T/i/parent"
	ln -s . "$T/i/parent"
	refuses "the checkpoint has more than"
	rm "$T/i/parent"
	cp -a "$I/orlop.json" "$T/i/"
	fails 0 "" restore -d --image-path "$T/i" --work-path "$W" "$ID"
}

@test "Ctrl-C in a checkpoint lets the container go on, in a restore leaves nothing" {
	counter
	detached
	eventually exists "$ROOTFS/tmp/n"
	config '.hooks.createRuntime = [{ path: "/bin/sleep", args: ["sleep", "1000"] }]'
	background dump env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" checkpoint --leave-running --image-path "$I" --pre-dump-exec "sleep 1000" "$ID"
	kill -INT "$BG"
	wait "$BG" && return 1
	wait_status running
	counts
	checkpoint
	background restore env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" restore -d --image-path "$I" --work-path "$W" "$ID"
	eventually has_status creating
	eventually file_says "$W/restore.log" "setup-namespaces"
	kill -TERM "$BG"
	wait "$BG" && return 1
	nothing_left
}

@test "an httpd serves on after a restore, a connection within the container goes on" {
	needs_criu_of 40200 # before, sockets of Linux 6.18 are an error
	mkdir "$ROOTFS/www"
	echo served >"$ROOTFS/www/x"
	mkfifo "$ROOTFS/tmp/f"
	script 'ip link set lo up; httpd -p 80 -h /www; (sleep 1000 | nc -l -p 99 >/tmp/n) &
		while ! nc 127.0.0.1 99 <>/tmp/f; do sleep 0.1; done'
	detached
	eventually orlop exec "$ID" sh -c 'netstat -tn | grep -q ESTABLISHED'
	checkpoint --tcp-established
	restore --tcp-established
	ok exec "$ID" wget -qO- http://127.0.0.1/x
	is served
	ok exec "$ID" sh -c 'echo through >/tmp/f'
	eventually file_says "$ROOTFS/tmp/n" through
}

@test "threads, unix sockets, memory and timers go on" {
	needs_probe
	script 'exec /bin/probe many /tmp/n'
	detached
	eventually file_says "$ROOTFS/tmp/n" "^3 "
	checkpoint
	restore
	: >"$ROOTFS/tmp/n"
	eventually file_says "$ROOTFS/tmp/n" "threads 4 socket ok memory ok"
}

@test "images without orlop.json are restored as well" {
	# With /dev/null of the container as its streams, as other runtimes have it.
	script 'exec </dev/null >/dev/null 2>&1; echo go >/tmp/go; i=0
		while :; do i=$((i + 1)); echo $i >/tmp/new; mv /tmp/new /tmp/n; sleep 0.05; done'
	detached
	eventually exists "$ROOTFS/tmp/n"
	checkpoint
	[ "$(jq -c .nulls "$I/orlop.json")" = "[]" ]
	rm "$I/orlop.json"
	restore
	counts
}
