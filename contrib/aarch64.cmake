# SPDX-License-Identifier: Apache-2.0

# A toolchain for aarch64 on another machine: Debian's cross compiler, and the libraries of a root of that architecture.
#
#   cmake -B build/aarch64 --toolchain contrib/aarch64.cmake -DAARCH64_ROOT=DIR
#
# tests/run-aarch64 makes such a root and runs the unit tests by qemu's emulation of programs.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(AARCH64_ROOT "" CACHE PATH "a root of aarch64 with the libraries to link with; empty: those of the cross compiler")
# The emulator looks for each file that a program names there first: what else is in the root would hide the machine's.
set(AARCH64_LOADER "${AARCH64_ROOT}" CACHE PATH "a folder with no more of that root than lib and usr/lib")
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES AARCH64_ROOT AARCH64_LOADER)
if(AARCH64_ROOT)
	set(CMAKE_SYSROOT ${AARCH64_ROOT})
	set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-aarch64-static;-L;${AARCH64_LOADER}")
	set(ENV{PKG_CONFIG_SYSROOT_DIR} ${AARCH64_ROOT})
	set(ENV{PKG_CONFIG_LIBDIR} ${AARCH64_ROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${AARCH64_ROOT}/usr/share/pkgconfig)
endif()
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
