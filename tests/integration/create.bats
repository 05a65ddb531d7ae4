# SPDX-License-Identifier: Apache-2.0
load ../lib/orlop

@test "OP-C3 OP-ST3 create does not run the process; start does" {
	script 'echo ran >/tmp/ran'
	ok create "$ID"
	has_status created
	[ ! -e "$ROOTFS/tmp/ran" ]
	ok start "$ID"
	wait_status stopped
	[ "$(<"$ROOTFS/tmp/ran")" = ran ]
	ok delete "$ID"
	nothing_left
}

@test "OP-C1 create needs a bundle with a config.json" {
	mkdir "$T/empty"
	fails 1 "config.json" create --bundle "$T/empty" "$ID"
	fails 1 "bundle '$T/none': no such file or directory" create --bundle "$T/none" "$ID"
	nothing_left
}

@test "OP-C2 an id that is taken is refused, and the first container stays" {
	ok create "$ID"
	fails 1 "container with given ID already exists" create "$ID"
	has_status created
	ok start "$ID"
}

@test "OP-C2 of two creates at one time with one id, one wins" {
	for i in 1 2 3 4; do
		orlop create "$ID" >"$T/race.$i" 2>&1 && echo "$i" >"$T/won.$i" &
		PIDS[i]=$!
	done
	for i in 1 2 3 4; do wait "${PIDS[i]}" || true; done
	[ "$(ls "$T"/won.* | wc -l)" -eq 1 ]
	has_status created
}

@test "OP-C2 an id with a slash, an empty one, '.' and '..' are refused" {
	fails 1 "invalid container ID format" create "a/b"
	fails 1 "container id cannot be empty" create ""
	fails 1 "invalid container ID format" create ".."
	fails 1 "invalid container ID format" create "."
	fails 1 "invalid container ID format" create 'a b'
}

@test "ids may hold letters, digits and _+-." {
	for id in "$ID.A" "$ID"_b "$ID+c" "$ID-d"; do
		ok create "$id"
		ok delete -f "$id"
	done
}

@test "OP-C5 OP-ST4 P1 X2 a config without process is creatable, and start then fails" {
	config 'del(.process)'
	ok create "$ID"
	has_status created
	fails 1 "cannot start a container whose config has no process" start "$ID"
	ok delete -f "$ID"
	nothing_left
}

@test "G7 a change of config.json after create does not affect the container" {
	script 'echo first >/tmp/which'
	ok create "$ID"
	script 'echo second >/tmp/which'
	ok start "$ID"
	wait_status stopped
	[ "$(<"$ROOTFS/tmp/which")" = first ]
}

@test "--pid-file holds the pid without a newline, relative to the caller's folder" {
	cd "$T"
	ok create --bundle "$BUNDLE" --pid-file pid "$ID"
	[ "$(<"$T/pid")" = "$(pid_of)" ]
	[ "$(wc -l <"$T/pid")" -eq 0 ]
}

@test "a relative --bundle is taken from the caller's folder and shown absolute" {
	cd "$T"
	ok create --bundle bundle "$ID"
	[ "$("$ORLOP" --root "$ROOT" state "$ID" | jq -r .bundle)" = "$BUNDLE" ]
}

@test "OP-ST2 a stopped and a running container cannot be started" {
	ok create "$ID"
	ok start "$ID"
	wait_status stopped
	fails 1 "cannot start a container that has stopped" start "$ID"
	ok delete "$ID"
	start_sleeper
	fails 1 "cannot start an already running container" start "$ID"
}

@test "OP-ST1 start of an unknown container fails" {
	fails 1 "container does not exist" start nope
}

@test "P6 a program that is not in PATH fails the start in the words that docker matches, status 1" {
	args no-such-program
	run_orlop run "$ID"
	[ "$status" -eq 1 ]
	says 'unable to start container process: exec: "no-such-program": executable file not found in $PATH'
	nothing_left
}

@test "P6 an absolute program that is missing fails with 'no such file or directory'" {
	args /no/such
	fails 1 'exec: "/no/such": stat /no/such: no such file or directory' run "$ID"
	nothing_left
}

@test "a program that may not be executed fails with 'permission denied'" {
	echo text >"$ROOTFS/tmp/file"
	chmod 644 "$ROOTFS/tmp/file"
	args /tmp/file
	fails 1 "permission denied" run "$ID"
	nothing_left
}

@test "a folder as the program fails with 'is a directory'" {
	args /etc
	run_orlop run "$ID"
	[ "$status" -eq 1 ]
	[[ "$errors" == *"is a directory"* || "$errors" == *"permission denied"* ]]
	nothing_left
}

@test "a script whose interpreter is missing says so" {
	printf '#!/no/interpreter\n' >"$ROOTFS/tmp/run.sh"
	chmod 755 "$ROOTFS/tmp/run.sh"
	args /tmp/run.sh
	run_orlop run "$ID"
	[ "$status" -eq 1 ]
	[ "$errors" = "exec /tmp/run.sh: no such file or directory (the first line of '/tmp/run.sh' names the interpreter '/no/interpreter': no such file or directory)" ]
	nothing_left
	start_sleeper
	run_orlop exec "$ID" /tmp/run.sh
	[ "$status" -eq 255 ]
	[ "$errors" = "exec /tmp/run.sh: no such file or directory (the first line of '/tmp/run.sh' names the interpreter '/no/interpreter': no such file or directory)" ]
	# What a client's log begins with is as ever.
	run_orlop --log "$T/log" --log-format json exec "$ID" /tmp/run.sh
	[ "$status" -eq 255 ]
	[[ "$(jq -r .msg "$T/log")" == "exec failed: exec /tmp/run.sh: no such file or directory (the first line"* ]]
}

@test "the created container's init waits with less than 64 KiB of memory of its own (Pss)" {
	ok create "$ID"
	pss=$(awk '/^Pss:/ { print $2 }' "/proc/$(pid_of)/smaps_rollup")
	echo "# Pss $pss KiB"
	[ "$pss" -lt 64 ]
}

@test "G9 a created container holds no descriptor of the host" {
	exec 7</etc/passwd
	ok create "$ID"
	exec 7<&-
	for fd in /proc/"$(pid_of)"/fd/*; do
		target=$(readlink "$fd") || continue
		case $target in
		/dev/* | socket:* | pipe:* | anon_inode:* | /memfd:* | "$T"/std* | / | *exec.fifo) ;;
		*) echo "# fd ${fd##*/} is $target"; false ;;
		esac
	done
}

@test "--no-new-keyring and --no-pivot are taken" {
	args cat /etc/passwd
	ok run --no-new-keyring --no-pivot "$ID"
	says "root:x:0:0"
}

# keyring_of COMMAND...: the number of the session keyring of a process that the command runs.
keyring_of() {
	case $(uname -m) in
	x86_64) "$@" probe syscall 250 0 -3 0 ;;
	aarch64) "$@" probe syscall 219 0 -3 0 ;;
	*) return 1 ;;
	esac
}

@test "the session keyring is one that nobody could make before, or can join" {
	needs_probe
	# Root of the host has the same user as the container's, as another container's would.
	cat >"$T/squatter.py" <<-'EOF'
		import ctypes, sys, time
		libc = ctypes.CDLL(None, use_errno=True)
		number = int(sys.argv[1])
		def keyctl(*args):
		    return libc.syscall(ctypes.c_long(number), *args)
		mine = keyctl(1, sys.argv[2].encode())
		keyctl(5, mine, 0x3f3f3f3f)
		print("made", mine, flush=True)
		theirs = int(open(sys.argv[3]).readline())
		print("link", keyctl(8, theirs, -3), "errno", ctypes.get_errno(), flush=True)
		with open("/proc/keys") as keys:
		    print("listed", any(int(line.split()[0], 16) == theirs for line in keys), flush=True)
	EOF
	local number=250
	[ "$(uname -m)" != aarch64 ] || number=219
	mkfifo "$T/number"
	background squatter $PYTHON "$T/squatter.py" "$number" "_ses.$ID" "$T/number"
	eventually file_says "$T/squatter.out" made
	config 'del(.linux.maskedPaths)'
	start_sleeper
	theirs=$(keyring_of orlop exec "$ID")
	[ "$theirs" -gt 0 ]
	[ "made $theirs" != "$(head -n 1 "$T/squatter.out")" ]
	[ "$(keyring_of orlop exec "$ID")" = "$theirs" ]
	ok exec "$ID" cat /proc/keys
	[ "$(grep -c "_ses\.$ID\.[0-9a-f]\{32\}:" <<<"$output")" -eq 1 ]
	echo "$theirs" >"$T/number"
	eventually file_says "$T/squatter.out" listed
	file_says "$T/squatter.out" "link -1 errno 13"
	file_says "$T/squatter.out" "listed False"
}

@test "exec into a container of --no-new-keyring leaves the caller's session keyring, as create does" {
	needs_probe
	script 'sleep 1000 & wait'
	ok run -d --no-new-keyring "$ID"
	[ "$(keyring_of orlop exec "$ID")" = "$(PATH=$ROOTFS/bin:$PATH keyring_of env)" ]
}

@test "G1 T1 X4 every ociVersion 1.x runs" {
	for v in 1.0.0 1.0.2-dev 1.2.1 1.3.0 1.99.0; do
		config '.ociVersion = $v' --arg v "$v"
		ok run "$ID"
	done
}

@test "G1 T1 X4 an ociVersion that is no version, or of another major one, is refused" {
	for v in invalid 2.0.0 v3; do
		config '.ociVersion = $v' --arg v "$v"
		refused run "$ID"
		says "/ociVersion"
		nothing_left
	done
}

@test "G1 T1 an ociVersion that is missing, or short of a semantic version, is warned of" {
	for v in 1 1.0 v1.2.0 1.0.2.1; do
		config '.ociVersion = $v' --arg v "$v"
		ok run "$ID"
		says "ociVersion '$v' is no semantic version"
	done
	config 'del(.ociVersion)'
	ok run "$ID"
	says "'ociVersion' is missing"
}

@test "G2 unknown properties and annotation keys are ignored" {
	config '.unknownThing = { a: [1, 2] } | .linux.unknownToo = 3 | .process.neither = "x"
		| .annotations = { "org.example.unknown": "" }'
	ok run "$ID"
}

@test "OP-C3 where the caller's limit of file sizes forbids what create writes, it fails and leaves nothing" {
	for size in 0 1; do
		prlimit --fsize=$((size * 512)):unlimited env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" create "$ID" \
			2>&1 3>&- | cat >"$T/out"
		file_says "$T/out" "file too large"
		nothing_left
	done
	# The limit is the program's all the same, and kills it as it should.
	script 'yes >/tmp/large; echo "$?" >/dev/stderr'
	prlimit --fsize=100000 env ORLOP_TEST_ID="$ID" "$ORLOP" --root "$ROOT" run "$ID" 2>&1 3>&- | cat >"$T/out"
	file_says "$T/out" 153
}
