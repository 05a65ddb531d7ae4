# SPDX-License-Identifier: Apache-2.0
# What README shows for a running container, as a new user would type it.

load ../lib/orlop

README=$BATS_TEST_DIRNAME/../../README.md

@test "the commands that README shows for a running container work" {
	local line words n=0

	mkdir -p "$T/home/data"
	cd "$BUNDLE"
	config '.linux.cgroupsPath = "/'"$ID"'-second"'
	script 'mkdir -p /www; echo page >/www/index.html; httpd -p 80 -h /www; exec sleep 1000'
	ok run -d second
	cd "$T/home"
	while read -r line; do
		words=${line%%#*}
		# In a network of its own: the port may be somebody's here. What does not end by itself is ended.
		status=0
		timeout -k 1 3 unshare -n sh -c "ip link set lo up; exec $ORLOP --root $ROOT ${words#orlop }" \
			>"$T/stdout" 2>"$T/stderr" || status=$?
		[ "$status" -eq 0 ] || [ "$status" -eq 124 ] || { echo "# $line"; complain "$words"; }
		n=$((n + 1))
	done < <(sed -n '/^## Look into it/,/^## With your/p' "$README" | grep '^orlop ')
	[ "$n" -ge 7 ]
}

@test "a new user forwards a port to a web server, mounts a folder, finds what a process waits for, scrapes its metrics" {
	local port=$((20000 + RANDOM % 20000))

	mkdir "$T/data"
	echo shared >"$T/data/file"
	start_sleeper 'mkdir -p /www; echo page >/www/index.html; httpd -p 80 -h /www; mkfifo /tmp/f; read x </tmp/f'
	background forward "$ORLOP" --root "$ROOT" port-forward "$ID" "$port:80"
	eventually file_says "$T/forward.out" forwarding
	page() { [ "$($PYTHON -c "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:$port/index.html', timeout=5).read().decode(), end='')")" = page ]; }
	eventually page
	ok mounts add "$ID" /www/data --source "$T/data" -o ro
	[ "$($PYTHON -c "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:$port/data/file', timeout=5).read().decode(), end='')")" = shared ]
	ok stacks "$ID" 1
	says "open"
	ok stats --format openmetrics
	grep -q "^orlop_container_up{id=\"$ID\"} 1" <<<"$output"
}
