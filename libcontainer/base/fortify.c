/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The checking functions that code compiled with _FORTIFY_SOURCE calls: ours by fortify.h, and the static
 * libraries that distributions compile for glibc. musl has none of them. Names and arguments are those of the Linux
 * Standard Base (LSB core, "__memcpy_chk" and on); `room` is the size of the destination.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef __GLIBC__

void *__memcpy_chk(void *to, const void *from, size_t n, size_t room);
void *__memmove_chk(void *to, const void *from, size_t n, size_t room);
void *__memset_chk(void *to, int byte, size_t n, size_t room);
int __vsnprintf_chk(char *to, size_t n, int flag, size_t room, const char *format, va_list args);
int __snprintf_chk(char *to, size_t n, int flag, size_t room, const char *format, ...);
int __sprintf_chk(char *to, int flag, size_t room, const char *format, ...);
int __fprintf_chk(FILE *to, int flag, const char *format, ...);
int __asprintf_chk(char **to, int flag, const char *format, ...);

/* The library's own, under names that fortify.h does not check. */
extern void *plain_memcpy(void *, const void *, size_t) __asm__("memcpy");
extern void *plain_memmove(void *, const void *, size_t) __asm__("memmove");
extern void *plain_memset(void *, int, size_t) __asm__("memset");
extern int plain_vsnprintf(char *, size_t, const char *, va_list) __asm__("vsnprintf");

static void need(size_t n, size_t room)
{
	if (n > room)
		abort();
}

void *__memcpy_chk(void *to, const void *from, size_t n, size_t room)
{
	need(n, room);
	return plain_memcpy(to, from, n);
}

void *__memmove_chk(void *to, const void *from, size_t n, size_t room)
{
	need(n, room);
	return plain_memmove(to, from, n);
}

void *__memset_chk(void *to, int byte, size_t n, size_t room)
{
	need(n, room);
	return plain_memset(to, byte, n);
}

int __vsnprintf_chk(char *to, size_t n, int flag, size_t room, const char *format, va_list args)
{
	(void)flag;
	need(n, room);
	return plain_vsnprintf(to, n, format, args);
}

int __snprintf_chk(char *to, size_t n, int flag, size_t room, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = __vsnprintf_chk(to, n, flag, room, format, args);
	va_end(args);
	return r;
}

int __sprintf_chk(char *to, int flag, size_t room, const char *format, ...)
{
	va_list args;
	int r;

	(void)flag;
	va_start(args, format);
	r = plain_vsnprintf(to, room, format, args);
	va_end(args);
	need((size_t)r + 1, room);
	return r;
}

int __fprintf_chk(FILE *to, int flag, const char *format, ...)
{
	va_list args;
	int r;

	(void)flag;
	va_start(args, format);
	r = vfprintf(to, format, args);
	va_end(args);
	return r;
}

int __asprintf_chk(char **to, int flag, const char *format, ...)
{
	va_list args;
	int r;

	(void)flag;
	va_start(args, format);
	r = vasprintf(to, format, args);
	va_end(args);
	return r;
}

#else
typedef int nothing_to_add; /* ISO C wants a declaration */
#endif
