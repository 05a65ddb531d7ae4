/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One failure, described where it was met. It lies on the caller's stack, owns nothing and is filled
 * once; callers above add context. Functions that take one return 0 (or a useful value >= 0) or a
 * negative errno. A NULL err is allowed everywhere: then only the code is returned.
 */

#include <stdbool.h>

#include "base/macros.h"

struct error {
	int num;        /* errno, positive; 0: no error                            */
	unsigned line;  /* of `file`, 1-based; 0: unknown                          */
	unsigned column; /* in bytes, 1-based; 0: unknown (only failures of syntax have it) */
	char file[256]; /* the document the failure lies in, e.g. 'config.json'    */
	char at[512];   /* JSON pointer into it, e.g. '/mounts/3/options'; or ""   */
	char msg[2048]; /* lower case, no full stop                                */
	bool alone;     /* the message is all that people want to read             */
};

#define ERROR_INIT { 0 }

/* We refuse: returns -num. */
int failf(struct error *err, int num, const char *fmt, ...) printf_like(3, 4) seldom;

/* The kernel refused: appends ": <errno in words>", returns -errno. */
int sysf(struct error *err, const char *fmt, ...) printf_like(2, 3) seldom;

/* The same with a code that is not in errno: num is negative or positive, returns it negative. */
int codef(struct error *err, int num, const char *fmt, ...) printf_like(3, 4) seldom;

/* Puts "context: " before the message; returns -err->num. */
int error_context(struct error *err, const char *fmt, ...) printf_like(2, 3) seldom;

/* Says where in a document the failure lies, unless that is known already; returns -err->num. */
int error_place(struct error *err, const char *file, unsigned line, const char *pointer) seldom;

/* "file:line /pointer: message", cut to size. Returns buf. */
const char *error_text(const struct error *err, char *buf, size_t size);

/*
 * The words for an errno, as Go's syscall package spells them (lower case: 'no such file or
 * directory'), because docker and podman look for these words. Never NULL.
 */
const char *errno_words(int num);
/* "ENOENT"; NULL for a number that the kernel does not have. */
const char *errno_name(int num);
