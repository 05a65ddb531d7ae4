/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What _FORTIFY_SOURCE=2 checks with glibc, for a C library whose headers do not: a write past the end of an
 * object whose size the compiler knows ends the process. Included first into every source by banned.h, where the
 * library lacks it (musl).
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define fortified extern inline __attribute__((gnu_inline, always_inline, artificial))
#define whole_size(p) __builtin_object_size(p, 0) /* of all that follows in the object */
#define part_size(p) __builtin_object_size(p, 1)  /* of the member alone                */

#define need_room(p, n)                  \
	do {                             \
		if ((n) > whole_size(p)) \
			abort();         \
	} while (0)

fortified void *memcpy(void *to, const void *from, size_t n)
{
	return __builtin___memcpy_chk(to, from, n, whole_size(to));
}

fortified void *memmove(void *to, const void *from, size_t n)
{
	return __builtin___memmove_chk(to, from, n, whole_size(to));
}

fortified void *memset(void *to, int byte, size_t n)
{
	return __builtin___memset_chk(to, byte, n, whole_size(to));
}

fortified int vsnprintf(char *to, size_t n, const char *format, va_list args)
{
	return __builtin___vsnprintf_chk(to, n, 1, part_size(to), format, args);
}

fortified int snprintf(char *to, size_t n, const char *format, ...)
{
	return __builtin___snprintf_chk(to, n, 1, part_size(to), format, __builtin_va_arg_pack());
}

/* The library's own, under a name that leads past the check. */
extern ssize_t unchecked_read(int, void *, size_t) __asm__("read");
extern ssize_t unchecked_pread(int, void *, size_t, off_t) __asm__("pread");
extern ssize_t unchecked_recv(int, void *, size_t, int) __asm__("recv");
extern ssize_t unchecked_readlink(const char *, char *, size_t) __asm__("readlink");
extern ssize_t unchecked_readlinkat(int, const char *, char *, size_t) __asm__("readlinkat");

fortified ssize_t read(int fd, void *to, size_t n)
{
	need_room(to, n);
	return unchecked_read(fd, to, n);
}

fortified ssize_t pread(int fd, void *to, size_t n, off_t at)
{
	need_room(to, n);
	return unchecked_pread(fd, to, n, at);
}

fortified ssize_t recv(int fd, void *to, size_t n, int flags)
{
	need_room(to, n);
	return unchecked_recv(fd, to, n, flags);
}

fortified ssize_t readlink(const char *path, char *to, size_t n)
{
	need_room(to, n);
	return unchecked_readlink(path, to, n);
}

fortified ssize_t readlinkat(int dir, const char *path, char *to, size_t n)
{
	need_room(to, n);
	return unchecked_readlinkat(dir, path, to, n);
}
