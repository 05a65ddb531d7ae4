# SPDX-License-Identifier: Apache-2.0

# The runtime with musl in place of glibc, by the compiler that is there: musl's headers and start files, and the
# kernel's headers beside them. The static libraries stay those of the distribution, compiled for glibc: what they
# need of it has the same names and layouts in musl, but for the functions in libcontainer/base/fortify.c. Why:
# docs/decisions/0008-musl.md.

set(MUSL_ARCH ${CMAKE_SYSTEM_PROCESSOR}-linux-musl)
find_path(ORLOP_MUSL_LIB rcrt1.o PATHS /usr/lib/${MUSL_ARCH} /usr/lib/musl/lib NO_DEFAULT_PATH)
find_path(ORLOP_MUSL_INCLUDE features.h PATHS /usr/include/${MUSL_ARCH} /usr/lib/musl/include NO_DEFAULT_PATH)
if(NOT ORLOP_MUSL_LIB OR NOT ORLOP_MUSL_INCLUDE)
	message(FATAL_ERROR "musl is not installed (Debian: musl-dev); -DORLOP_MUSL=OFF links with glibc")
endif()

# Only these of /usr/include: a header that musl lacks must not be glibc's.
set(MUSL_BESIDE ${CMAKE_BINARY_DIR}/musl-include)
file(MAKE_DIRECTORY ${MUSL_BESIDE})
find_path(KERNEL_ASM asm/unistd.h PATHS /usr/include/${CMAKE_LIBRARY_ARCHITECTURE} /usr/include NO_DEFAULT_PATH)
file(CREATE_LINK ${KERNEL_ASM}/asm ${MUSL_BESIDE}/asm SYMBOLIC)
find_path(SECCOMP_HEADER seccomp.h HINTS ${SECCOMP_INCLUDE_DIRS})
find_path(YAJL_HEADER yajl/yajl_parse.h HINTS ${YAJL_INCLUDE_DIRS})
foreach(header linux asm-generic)
	file(CREATE_LINK /usr/include/${header} ${MUSL_BESIDE}/${header} SYMBOLIC)
endforeach()
foreach(header seccomp.h seccomp-syscalls.h)
	file(CREATE_LINK ${SECCOMP_HEADER}/${header} ${MUSL_BESIDE}/${header} SYMBOLIC)
endforeach()
file(CREATE_LINK ${YAJL_HEADER}/yajl ${MUSL_BESIDE}/yajl SYMBOLIC)

function(compiler_file name ret)
	execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=${name}
		OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE)
	set(${ret} ${path} PARENT_SCOPE)
endfunction()
compiler_file(include COMPILER_INCLUDE)
compiler_file(crtbeginS.o CRT_BEGIN)
compiler_file(crtendS.o CRT_END)

list(REMOVE_ITEM HOSTED_OPTIONS -D_FORTIFY_SOURCE=2) # base/fortify.h instead
list(APPEND HOSTED_OPTIONS -nostdinc "SHELL:-isystem ${ORLOP_MUSL_INCLUDE}"
	"SHELL:-isystem ${COMPILER_INCLUDE}" "SHELL:-isystem ${MUSL_BESIDE}")
list(APPEND HOSTED_LINK -nostdlib ${ORLOP_MUSL_LIB}/rcrt1.o ${ORLOP_MUSL_LIB}/crti.o ${CRT_BEGIN})
list(APPEND ORLOP_LIBS ${ORLOP_MUSL_LIB}/libc.a gcc ${CRT_END} ${ORLOP_MUSL_LIB}/crtn.o)
# The compiler makes calls of these names while it links, when members of an archive are chosen no more.
set_source_files_properties(libcontainer/base/fortify.c PROPERTIES COMPILE_OPTIONS -fno-lto)
