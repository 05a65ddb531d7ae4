# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# /etc/profile.d/buildah-orlop.sh: buildah runs the steps of builds by orlop. (containers.conf's 'runtime' does the
# same for 'podman build'.) A single build: buildah build --isolation oci --runtime /usr/local/bin/orlop .
export BUILDAH_RUNTIME=/usr/local/bin/orlop
export BUILDAH_ISOLATION=oci
