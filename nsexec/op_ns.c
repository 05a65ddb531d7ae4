/* SPDX-License-Identifier: Apache-2.0 */

/* Namespaces, cgroups and what belongs to a namespace as a whole. */

#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/sockios.h>

#include "nsexec/stage.h"
#include "nsexec/sys.h"

#define AF_INET 2
#define SOCK_DGRAM 2
#define IFF_UP 1

/* struct ifreq of netdevice(7): its uapi header needs a C library. */
struct interface_request {
	char name[16];
	short flags;
	char pad[22];
};

/*
 * A process that moves itself, and has one thread, needs no grace period: another process writing our
 * pid waits 10 ms for one (kernel/cgroup: cgroup_procs_write_start()).
 */
long op_CGROUP_ENTER(struct stage *s, const struct plan_op *op)
{
	long n = sys(write, stage_fd(s, op), "0", 1);

	return n < 0 ? n : 0;
}

long op_SETNS(struct stage *s, const struct plan_op *op)
{
	return sys(setns, stage_fd(s, op), op->x);
}

long op_UNSHARE(struct stage *s, const struct plan_op *op)
{
	(void)s;
	return sys(unshare, op->x);
}

/*
 * The descriptor is the root of a procfs that the runtime has verified; nothing that was mounted over a
 * part of it, and no link, is followed (CVE-2019-16884, CVE-2025-52881).
 */
long op_PROC_WRITE(struct stage *s, const struct plan_op *op)
{
	struct open_how how = {
		.flags = O_WRONLY | O_CLOEXEC | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	const char *text = stage_s2(s, op);
	long n, fd = sys(openat2, stage_fd(s, op), stage_s1(s, op), &how, sizeof(how));

	if (fd < 0)
		return fd;
	n = sys(write, fd, text, text_len(text));
	sys(close, fd);
	return n < 0 ? n : 0;
}

long op_LOOPBACK_UP(struct stage *s, const struct plan_op *op)
{
	struct interface_request request = { .name = "lo", .flags = IFF_UP };
	long r, fd = sys(socket, AF_INET, SOCK_DGRAM | O_CLOEXEC, 0);

	(void)s;
	(void)op;
	/* A kernel without IPv4 has no loopback to bring up. */
	if (fd < 0)
		return fd == -EAFNOSUPPORT ? 0 : fd;
	r = sys(ioctl, fd, SIOCSIFFLAGS, &request);
	sys(close, fd);
	return r;
}

long op_HOSTNAME(struct stage *s, const struct plan_op *op)
{
	const char *name = stage_s1(s, op);

	return sys(sethostname, name, text_len(name));
}

long op_DOMAINNAME(struct stage *s, const struct plan_op *op)
{
	const char *name = stage_s1(s, op);

	return sys(setdomainname, name, text_len(name));
}
