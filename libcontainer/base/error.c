/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

/* The words that people and programs know from other runtimes, whatever C library we are linked with. */
/* clang-format off */
#define ROW(num, words) { num, #num, words }
static const struct {
	int num;
	char name[16], words[52]; /* not pointers: nothing to relocate at start-up */
} errno_table[] = {
	ROW(EPERM, "operation not permitted"),
	ROW(ENOENT, "no such file or directory"),
	ROW(ESRCH, "no such process"),
	ROW(EINTR, "interrupted system call"),
	ROW(EIO, "input/output error"),
	ROW(ENXIO, "no such device or address"),
	ROW(E2BIG, "argument list too long"),
	ROW(ENOEXEC, "exec format error"),
	ROW(EBADF, "bad file descriptor"),
	ROW(ECHILD, "no child processes"),
	ROW(EAGAIN, "resource temporarily unavailable"),
	ROW(ENOMEM, "cannot allocate memory"),
	ROW(EACCES, "permission denied"),
	ROW(EFAULT, "bad address"),
	ROW(ENOTBLK, "block device required"),
	ROW(EBUSY, "device or resource busy"),
	ROW(EEXIST, "file exists"),
	ROW(EXDEV, "invalid cross-device link"),
	ROW(ENODEV, "no such device"),
	ROW(ENOTDIR, "not a directory"),
	ROW(EISDIR, "is a directory"),
	ROW(EINVAL, "invalid argument"),
	ROW(ENFILE, "too many open files in system"),
	ROW(EMFILE, "too many open files"),
	ROW(ENOTTY, "inappropriate ioctl for device"),
	ROW(ETXTBSY, "text file busy"),
	ROW(EFBIG, "file too large"),
	ROW(ENOSPC, "no space left on device"),
	ROW(ESPIPE, "illegal seek"),
	ROW(EROFS, "read-only file system"),
	ROW(EMLINK, "too many links"),
	ROW(EPIPE, "broken pipe"),
	ROW(EDOM, "numerical argument out of domain"),
	ROW(ERANGE, "numerical result out of range"),
	ROW(EDEADLK, "resource deadlock avoided"),
	ROW(ENAMETOOLONG, "file name too long"),
	ROW(ENOLCK, "no locks available"),
	ROW(ENOSYS, "function not implemented"),
	ROW(ENOTEMPTY, "directory not empty"),
	ROW(ELOOP, "too many levels of symbolic links"),
	ROW(ENOMSG, "no message of desired type"),
	ROW(EIDRM, "identifier removed"),
	ROW(ECHRNG, "channel number out of range"),
	ROW(EL2NSYNC, "level 2 not synchronized"),
	ROW(EL3HLT, "level 3 halted"),
	ROW(EL3RST, "level 3 reset"),
	ROW(ELNRNG, "link number out of range"),
	ROW(EUNATCH, "protocol driver not attached"),
	ROW(ENOCSI, "no CSI structure available"),
	ROW(EL2HLT, "level 2 halted"),
	ROW(EBADE, "invalid exchange"),
	ROW(EBADR, "invalid request descriptor"),
	ROW(EXFULL, "exchange full"),
	ROW(ENOANO, "no anode"),
	ROW(EBADRQC, "invalid request code"),
	ROW(EBADSLT, "invalid slot"),
	ROW(EBFONT, "bad font file format"),
	ROW(ENOSTR, "device not a stream"),
	ROW(ENODATA, "no data available"),
	ROW(ETIME, "timer expired"),
	ROW(ENOSR, "out of streams resources"),
	ROW(ENONET, "machine is not on the network"),
	ROW(ENOPKG, "package not installed"),
	ROW(EREMOTE, "object is remote"),
	ROW(ENOLINK, "link has been severed"),
	ROW(EADV, "advertise error"),
	ROW(ESRMNT, "srmount error"),
	ROW(ECOMM, "communication error on send"),
	ROW(EPROTO, "protocol error"),
	ROW(EMULTIHOP, "multihop attempted"),
	ROW(EDOTDOT, "RFS specific error"),
	ROW(EBADMSG, "bad message"),
	ROW(EOVERFLOW, "value too large for defined data type"),
	ROW(ENOTUNIQ, "name not unique on network"),
	ROW(EBADFD, "file descriptor in bad state"),
	ROW(EREMCHG, "remote address changed"),
	ROW(ELIBACC, "can not access a needed shared library"),
	ROW(ELIBBAD, "accessing a corrupted shared library"),
	ROW(ELIBSCN, ".lib section in a.out corrupted"),
	ROW(ELIBMAX, "attempting to link in too many shared libraries"),
	ROW(ELIBEXEC, "cannot exec a shared library directly"),
	ROW(EILSEQ, "invalid or incomplete multibyte or wide character"),
	ROW(ERESTART, "interrupted system call should be restarted"),
	ROW(ESTRPIPE, "streams pipe error"),
	ROW(EUSERS, "too many users"),
	ROW(ENOTSOCK, "socket operation on non-socket"),
	ROW(EDESTADDRREQ, "destination address required"),
	ROW(EMSGSIZE, "message too long"),
	ROW(EPROTOTYPE, "protocol wrong type for socket"),
	ROW(ENOPROTOOPT, "protocol not available"),
	ROW(EPROTONOSUPPORT, "protocol not supported"),
	ROW(ESOCKTNOSUPPORT, "socket type not supported"),
	ROW(EOPNOTSUPP, "operation not supported"),
	ROW(EPFNOSUPPORT, "protocol family not supported"),
	ROW(EAFNOSUPPORT, "address family not supported by protocol"),
	ROW(EADDRINUSE, "address already in use"),
	ROW(EADDRNOTAVAIL, "cannot assign requested address"),
	ROW(ENETDOWN, "network is down"),
	ROW(ENETUNREACH, "network is unreachable"),
	ROW(ENETRESET, "network dropped connection on reset"),
	ROW(ECONNABORTED, "software caused connection abort"),
	ROW(ECONNRESET, "connection reset by peer"),
	ROW(ENOBUFS, "no buffer space available"),
	ROW(EISCONN, "transport endpoint is already connected"),
	ROW(ENOTCONN, "transport endpoint is not connected"),
	ROW(ESHUTDOWN, "cannot send after transport endpoint shutdown"),
	ROW(ETOOMANYREFS, "too many references: cannot splice"),
	ROW(ETIMEDOUT, "connection timed out"),
	ROW(ECONNREFUSED, "connection refused"),
	ROW(EHOSTDOWN, "host is down"),
	ROW(EHOSTUNREACH, "no route to host"),
	ROW(EALREADY, "operation already in progress"),
	ROW(EINPROGRESS, "operation now in progress"),
	ROW(ESTALE, "stale file handle"),
	ROW(EUCLEAN, "structure needs cleaning"),
	ROW(ENOTNAM, "not a XENIX named type file"),
	ROW(ENAVAIL, "no XENIX semaphores available"),
	ROW(EISNAM, "is a named type file"),
	ROW(EREMOTEIO, "remote I/O error"),
	ROW(EDQUOT, "disk quota exceeded"),
	ROW(ENOMEDIUM, "no medium found"),
	ROW(EMEDIUMTYPE, "wrong medium type"),
	ROW(ECANCELED, "operation canceled"),
	ROW(ENOKEY, "required key not available"),
	ROW(EKEYEXPIRED, "key has expired"),
	ROW(EKEYREVOKED, "key has been revoked"),
	ROW(EKEYREJECTED, "key was rejected by service"),
	ROW(EOWNERDEAD, "owner died"),
	ROW(ENOTRECOVERABLE, "state not recoverable"),
	ROW(ERFKILL, "operation not possible due to RF-kill"),
	ROW(EHWPOISON, "memory page has hardware error"),
	{ 524, "ENOTSUPP", "operation not supported" }, /* ENOTSUPP of the kernel's own, which gets out at times */
};
/* clang-format on */

const char *errno_name(int num)
{
	foreach_array(row, errno_table)
		if (row->num == abs(num))
			return row->name;
	return NULL;
}

const char *errno_words(int num)
{
	static _Thread_local char words[32];

	foreach_array(row, errno_table)
		if (row->num == abs(num))
			return row->words;
	snprintf(words, sizeof(words), "errno %d", abs(num));
	return words;
}

static void fill(struct error *err, int num, const char *fmt, va_list args)
{
	err->num = num;
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, args);
}

static void append_words(struct error *err, int num)
{
	size_t len = strlen(err->msg);

	snprintf(err->msg + len, sizeof(err->msg) - len, "%s%s", len ? ": " : "", errno_words(num));
}

int failf(struct error *err, int num, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return -num;
	va_start(args, fmt);
	fill(err, num, fmt, args);
	va_end(args);
	return -num;
}

int sysf(struct error *err, const char *fmt, ...)
{
	int num = errno ? errno : EIO;
	va_list args;

	if (!err)
		return -num;
	va_start(args, fmt);
	fill(err, num, fmt, args);
	va_end(args);
	append_words(err, num);
	return -num;
}

int codef(struct error *err, int num, const char *fmt, ...)
{
	va_list args;

	num = abs(num);
	if (!err)
		return -num;
	va_start(args, fmt);
	fill(err, num, fmt, args);
	va_end(args);
	append_words(err, num);
	return -num;
}

int error_context(struct error *err, const char *fmt, ...)
{
	char old[sizeof(err->msg)], context[512];
	va_list args;

	if (!err)
		return -EINVAL;
	va_start(args, fmt);
	(void)vsnprintf(context, sizeof(context), fmt, args);
	va_end(args);
	memcpy(old, err->msg, sizeof(old));
	/* A message too long loses its end, never its context. */
	if (snprintf(err->msg, sizeof(err->msg), "%s: %s", context, old) < 0)
		err->msg[0] = 0;
	return -err->num;
}

int error_place(struct error *err, const char *file, unsigned line, const char *pointer)
{
	if (!err)
		return -EINVAL;
	if (!err->file[0] && file) {
		snprintf(err->file, sizeof(err->file), "%s", file);
		err->line = line;
	}
	if (!err->at[0] && pointer)
		snprintf(err->at, sizeof(err->at), "%s", pointer);
	return -err->num;
}

const char *error_text(const struct error *err, char *buf, size_t size)
{
	char line[16] = "";

	if (err->line)
		snprintf(line, sizeof(line), ":%u", err->line);
	if (!err->file[0] && !err->at[0])
		snprintf(buf, size, "%s", err->msg);
	else
		snprintf(buf, size, "%s%s%s%s: %s", err->file, line,
			 err->file[0] && err->at[0] ? " " : "", err->at, err->msg);
	return buf;
}
