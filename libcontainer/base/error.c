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
static const struct {
	int num;
	char words[52]; /* not a pointer: nothing to relocate at start-up */
} errno_table[] = {
	{ EPERM, "operation not permitted" },
	{ ENOENT, "no such file or directory" },
	{ ESRCH, "no such process" },
	{ EINTR, "interrupted system call" },
	{ EIO, "input/output error" },
	{ ENXIO, "no such device or address" },
	{ E2BIG, "argument list too long" },
	{ ENOEXEC, "exec format error" },
	{ EBADF, "bad file descriptor" },
	{ ECHILD, "no child processes" },
	{ EAGAIN, "resource temporarily unavailable" },
	{ ENOMEM, "cannot allocate memory" },
	{ EACCES, "permission denied" },
	{ EFAULT, "bad address" },
	{ ENOTBLK, "block device required" },
	{ EBUSY, "device or resource busy" },
	{ EEXIST, "file exists" },
	{ EXDEV, "invalid cross-device link" },
	{ ENODEV, "no such device" },
	{ ENOTDIR, "not a directory" },
	{ EISDIR, "is a directory" },
	{ EINVAL, "invalid argument" },
	{ ENFILE, "too many open files in system" },
	{ EMFILE, "too many open files" },
	{ ENOTTY, "inappropriate ioctl for device" },
	{ ETXTBSY, "text file busy" },
	{ EFBIG, "file too large" },
	{ ENOSPC, "no space left on device" },
	{ ESPIPE, "illegal seek" },
	{ EROFS, "read-only file system" },
	{ EMLINK, "too many links" },
	{ EPIPE, "broken pipe" },
	{ EDOM, "numerical argument out of domain" },
	{ ERANGE, "numerical result out of range" },
	{ EDEADLK, "resource deadlock avoided" },
	{ ENAMETOOLONG, "file name too long" },
	{ ENOLCK, "no locks available" },
	{ ENOSYS, "function not implemented" },
	{ ENOTEMPTY, "directory not empty" },
	{ ELOOP, "too many levels of symbolic links" },
	{ ENOMSG, "no message of desired type" },
	{ EIDRM, "identifier removed" },
	{ ECHRNG, "channel number out of range" },
	{ EL2NSYNC, "level 2 not synchronized" },
	{ EL3HLT, "level 3 halted" },
	{ EL3RST, "level 3 reset" },
	{ ELNRNG, "link number out of range" },
	{ EUNATCH, "protocol driver not attached" },
	{ ENOCSI, "no CSI structure available" },
	{ EL2HLT, "level 2 halted" },
	{ EBADE, "invalid exchange" },
	{ EBADR, "invalid request descriptor" },
	{ EXFULL, "exchange full" },
	{ ENOANO, "no anode" },
	{ EBADRQC, "invalid request code" },
	{ EBADSLT, "invalid slot" },
	{ EBFONT, "bad font file format" },
	{ ENOSTR, "device not a stream" },
	{ ENODATA, "no data available" },
	{ ETIME, "timer expired" },
	{ ENOSR, "out of streams resources" },
	{ ENONET, "machine is not on the network" },
	{ ENOPKG, "package not installed" },
	{ EREMOTE, "object is remote" },
	{ ENOLINK, "link has been severed" },
	{ EADV, "advertise error" },
	{ ESRMNT, "srmount error" },
	{ ECOMM, "communication error on send" },
	{ EPROTO, "protocol error" },
	{ EMULTIHOP, "multihop attempted" },
	{ EDOTDOT, "RFS specific error" },
	{ EBADMSG, "bad message" },
	{ EOVERFLOW, "value too large for defined data type" },
	{ ENOTUNIQ, "name not unique on network" },
	{ EBADFD, "file descriptor in bad state" },
	{ EREMCHG, "remote address changed" },
	{ ELIBACC, "can not access a needed shared library" },
	{ ELIBBAD, "accessing a corrupted shared library" },
	{ ELIBSCN, ".lib section in a.out corrupted" },
	{ ELIBMAX, "attempting to link in too many shared libraries" },
	{ ELIBEXEC, "cannot exec a shared library directly" },
	{ EILSEQ, "invalid or incomplete multibyte or wide character" },
	{ ERESTART, "interrupted system call should be restarted" },
	{ ESTRPIPE, "streams pipe error" },
	{ EUSERS, "too many users" },
	{ ENOTSOCK, "socket operation on non-socket" },
	{ EDESTADDRREQ, "destination address required" },
	{ EMSGSIZE, "message too long" },
	{ EPROTOTYPE, "protocol wrong type for socket" },
	{ ENOPROTOOPT, "protocol not available" },
	{ EPROTONOSUPPORT, "protocol not supported" },
	{ ESOCKTNOSUPPORT, "socket type not supported" },
	{ EOPNOTSUPP, "operation not supported" },
	{ EPFNOSUPPORT, "protocol family not supported" },
	{ EAFNOSUPPORT, "address family not supported by protocol" },
	{ EADDRINUSE, "address already in use" },
	{ EADDRNOTAVAIL, "cannot assign requested address" },
	{ ENETDOWN, "network is down" },
	{ ENETUNREACH, "network is unreachable" },
	{ ENETRESET, "network dropped connection on reset" },
	{ ECONNABORTED, "software caused connection abort" },
	{ ECONNRESET, "connection reset by peer" },
	{ ENOBUFS, "no buffer space available" },
	{ EISCONN, "transport endpoint is already connected" },
	{ ENOTCONN, "transport endpoint is not connected" },
	{ ESHUTDOWN, "cannot send after transport endpoint shutdown" },
	{ ETOOMANYREFS, "too many references: cannot splice" },
	{ ETIMEDOUT, "connection timed out" },
	{ ECONNREFUSED, "connection refused" },
	{ EHOSTDOWN, "host is down" },
	{ EHOSTUNREACH, "no route to host" },
	{ EALREADY, "operation already in progress" },
	{ EINPROGRESS, "operation now in progress" },
	{ ESTALE, "stale file handle" },
	{ EUCLEAN, "structure needs cleaning" },
	{ ENOTNAM, "not a XENIX named type file" },
	{ ENAVAIL, "no XENIX semaphores available" },
	{ EISNAM, "is a named type file" },
	{ EREMOTEIO, "remote I/O error" },
	{ EDQUOT, "disk quota exceeded" },
	{ ENOMEDIUM, "no medium found" },
	{ EMEDIUMTYPE, "wrong medium type" },
	{ ECANCELED, "operation canceled" },
	{ ENOKEY, "required key not available" },
	{ EKEYEXPIRED, "key has expired" },
	{ EKEYREVOKED, "key has been revoked" },
	{ EKEYREJECTED, "key was rejected by service" },
	{ EOWNERDEAD, "owner died" },
	{ ENOTRECOVERABLE, "state not recoverable" },
	{ ERFKILL, "operation not possible due to RF-kill" },
	{ EHWPOISON, "memory page has hardware error" },
	{ 524, "operation not supported" }, /* ENOTSUPP of the kernel's own, which gets out at times */
};
/* clang-format on */

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
