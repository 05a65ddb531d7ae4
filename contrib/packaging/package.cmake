# SPDX-License-Identifier: Apache-2.0

# What contrib/package tells CPack. The runtime is static; only the helper for systemd has libraries.

set(CPACK_PACKAGE_NAME orlop)
set(CPACK_PACKAGE_VENDOR "the orlop developers")
set(CPACK_PACKAGE_CONTACT "the orlop developers <orlop@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION "orlop creates, starts, enters, signals and deletes Linux containers for containerd, podman, docker
and people at a shell. It implements the OCI runtime specification for Linux.")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES OFF) # they are

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_PROVIDES oci-runtime)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "podman | containerd | docker.io, criu")

set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE Apache-2.0)
set(CPACK_RPM_PACKAGE_GROUP System/Base)
set(CPACK_RPM_PACKAGE_PROVIDES oci-runtime)
# Directories of the system are not the package's.
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION
	/usr/libexec /usr/share/man /usr/share/man/man8 /usr/share/doc /usr/share/licenses
	/usr/share/bash-completion /usr/share/bash-completion/completions
	/usr/share/zsh /usr/share/zsh/site-functions /usr/share/fish /usr/share/fish/vendor_completions.d)
set(CPACK_RPM_BUILDREQUIRES "gcc, cmake, ninja-build, pkgconf, libseccomp-devel, yajl-devel")

include(CPack)
