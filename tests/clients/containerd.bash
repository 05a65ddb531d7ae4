# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

# A containerd of one's own, for the scripts that drive one: its images, its start and its end.

# Seconds that a call may take.
LIMIT=60

ctr() {
	timeout -k 2 "$LIMIT" /usr/bin/ctr --address "$WORK/sock" --namespace "$NS" "$@"
}

# By the client itself: containerd 2 would do it by a service that knows the default snapshotter only.
ctr_import() { # TAR
	local by=()

	! ctr images import --help | grep -q -- --local || by=(--local)
	ctr images import "${by[@]}" --snapshotter native "$1"
}

# oci_image FILE NAME LAYER-TAR CONFIG: an OCI image layout of one layer, as a tar. CONFIG: JSON of the image's defaults.
oci_image() {
	local layout=$WORK/layout layer config manifest

	rm -rf "$layout"
	mkdir -p "$layout/blobs/sha256"
	layer=$(blob "$3")
	jq -n --arg d "sha256:$layer" --arg a "$(dpkg --print-architecture)" --argjson c "$4" '{ architecture: $a,
		os: "linux", config: $c, rootfs: { type: "layers", diff_ids: [$d] } }' >"$WORK/config"
	config=$(blob "$WORK/config")
	jq -n --arg c "sha256:$config" --arg l "sha256:$layer" --argjson cs "$(stat -c %s "$WORK/config")" \
		--argjson ls "$(stat -c %s "$3")" '{ schemaVersion: 2,
		mediaType: "application/vnd.oci.image.manifest.v1+json",
		config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: $c, size: $cs },
		layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: $l, size: $ls }] }' >"$WORK/manifest"
	manifest=$(blob "$WORK/manifest")
	jq -n --arg m "sha256:$manifest" --argjson s "$(stat -c %s "$WORK/manifest")" --arg n "$2" '{ schemaVersion: 2,
		manifests: [{ mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $m, size: $s,
			annotations: { "io.containerd.image.name": $n } }] }' >"$layout/index.json"
	echo '{"imageLayoutVersion": "1.0.0"}' >"$layout/oci-layout"
	tar -C "$layout" -cf "$1" .
}

blob() {
	local sum

	sum=$(sha256sum "$1" | cut -d' ' -f1)
	cp "$1" "$WORK/layout/blobs/sha256/$sum"
	echo "$sum"
}

# start_containerd DISABLED-PLUGINS: with the tables of configuration on standard input after those that all have.
start_containerd() {
	{
		cat <<-END
		version = 2
		root = "$WORK/containerd"
		state = "/run/containerd"
		disabled_plugins = [$1]
		[grpc]
		  address = "$WORK/sock"
		[plugins."io.containerd.internal.v1.opt"]
		  path = "$WORK/opt"
		END
		cat
	} >"$WORK/config.toml"
	containerd --config "$WORK/config.toml" >"$WORK/containerd.log" 2>&1 &
	echo $! >"$WORK/containerd.pid"
	eventually ctr version && return
	tail -n 20 "$WORK/containerd.log"
	return 1
}

has_grpc() {
	command -v protoc && python3 -c 'import grpc, google.protobuf'
}

start_calls() {
	protoc --proto_path="$CLIENTS" -o "$WORK/api" tasks.proto cri.proto || return 1
	python3 "$CLIENTS/call.py" "$WORK/api" "$WORK/sock" >"$WORK/calls.port" 2>"$WORK/calls.log" </dev/null &
	echo $! >"$WORK/calls.pid"
	eventually test -s "$WORK/calls.port"
}

# call SERVICE/METHOD: a gRPC call to containerd, its request and its answer as JSON.
call() (
	exec {fd}<>"/dev/tcp/127.0.0.1/$(cat "$WORK/calls.port")" || return 1
	printf '%s %s %s\n' "$NS" "$1" "$(jq -c .)" >&"$fd"
	read -r result <&"$fd"
	if [ "$result" = ok ]; then
		cat <&"$fd"
	else
		cat <&"$fd" >&2
		return 1
	fi
)

stop_containerd() {
	kill "$(cat "$WORK/containerd.pid")" && eventually refute kill -0 "$(cat "$WORK/containerd.pid")"
	[ "$FAILED" -eq 0 ] || [ -z "${ORLOP_CLIENT_LOG-}" ] || cp "$WORK/containerd.log" "$ORLOP_CLIENT_LOG"
}

stop_calls() {
	[ ! -e "$WORK/calls.pid" ] || kill "$(cat "$WORK/calls.pid")"
}
