/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Ownership by scope: `auto_(close_fd) int fd = -EBADF;` closes fd at every exit of the block, and
 * take_fd()/take_ptr() are the only ways to let a value out alive.
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define auto_(fn) __attribute__((cleanup(fn##_auto)))

/* Makes `fn`, a destructor of one argument of `type`, usable with auto_(). */
#define DEFINE_AUTO(type, fn)                     \
	static inline void fn##_auto(type *value) \
	{                                         \
		fn(*value);                       \
	}                                         \
	struct fn##_auto_needs_a_semicolon

#define take_ptr(p)                         \
	({                                  \
		__auto_type taken_ = (p);   \
		(p) = NULL;                 \
		taken_;                     \
	})

#define take_fd(fd)             \
	({                      \
		int taken_ = (fd); \
		(fd) = -EBADF;  \
		taken_;         \
	})

/* Closes what is open and keeps errno: safe on the way out of a failure. */
static inline void close_fd(int fd)
{
	int saved = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = saved;
}

DEFINE_AUTO(int, close_fd);
DEFINE_AUTO(char *, free);
static inline void free_ptr(void *p)
{
	free(p);
}
DEFINE_AUTO(void *, free_ptr);
