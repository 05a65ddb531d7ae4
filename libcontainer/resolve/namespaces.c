/* SPDX-License-Identifier: Apache-2.0 */

/* Namespaces, in the order in which they can be joined, and which of the host's stay. */

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/macros.h"
#include "resolve/part.h"
#include "spec/spec.h"
#include "spec/sysctl.h"

/* setns(2) wants CAP_SYS_ADMIN in the user namespace that owns the other one, and in our own. */
static bool user_comes_first(const struct resolver *r)
{
	return r->in->cannot_join;
}

static void add(struct resolved *out, const struct spec_namespace *ns)
{
	out->namespaces.v[out->namespaces.n++] = (struct resolved_namespace){
		.json = ns->json,
		.type = ns->type,
		.path = ns->path,
	};
	if (!ns->path)
		out->new_namespaces |= ns->type;
	out->own_namespaces |= ns->type;
}

/* Where it gives us the right to join the others it is the first of them; where it takes that, the last. */
static void put_in_order(const struct resolver *r)
{
	const struct spec_namespace *user = spec_namespace_of(&r->spec->lnx, CLONE_NEWUSER);

	if (user && user_comes_first(r))
		add(r->out, user);
	foreach_list(ns, &r->spec->lnx.namespaces)
		if (ns != user)
			add(r->out, ns);
	if (user && !user_comes_first(r))
		add(r->out, user);
}

const struct resolved_namespace *resolved_namespace_of(const struct resolved *c, uint64_t type)
{
	foreach_list(ns, &c->namespaces)
		if (ns->type == type)
			return ns;
	return NULL;
}

static int fail(const struct resolved_namespace *ns, struct error *err)
{
	(void)spec_error(ns->json, "path", err);
	return -err->num;
}

int resolve_open_namespace(const struct resolved_namespace *ns, struct error *err)
{
	auto_(close_fd) int fd =
		openat(AT_FDCWD, ns->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct statfs fs;
	int type;

	if (fd < 0) {
		(void)sysf(err, "namespace '%s'", ns->path);
		return fail(ns, err);
	}
	/* Another file's ioctl of that number could mean anything. */
	if (fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC) {
		failf(err, EINVAL, "'%s' is not a namespace", ns->path);
		return fail(ns, err);
	}
	type = ioctl(fd, NS_GET_NSTYPE);
	if (type < 0 || (uint64_t)(unsigned)type != ns->type) {
		const char *found = type < 0 ? NULL : spec_namespace_name((unsigned)type);

		failf(err, EINVAL, "'%s' is not a namespace of type '%s' but of type '%s'",
		      ns->path, spec_namespace_name(ns->type), found ? found : "?");
		return fail(ns, err);
	}
	return take_fd(fd);
}

/* Of the types that have parameters: sysctl_namespace(). */
static bool is_own_namespace(int fd, uint64_t type)
{
	const char *path = type == CLONE_NEWNET ? "/proc/self/ns/net"
		: type == CLONE_NEWIPC          ? "/proc/self/ns/ipc"
						: "/proc/self/ns/uts";
	struct stat theirs, ours;

	return fstat(fd, &theirs) == 0 && stat(path, &ours) == 0 && theirs.st_ino == ours.st_ino &&
		theirs.st_dev == ours.st_dev;
}

int resolve_check_joined(const struct resolved *c, const struct resolved_namespace *ns, int fd,
			 struct error *err)
{
	foreach_list(s, &c->sysctls) {
		if (s->type != ns->type || !is_own_namespace(fd, ns->type))
			continue;
		failf(err, EPERM, "sysctl \"%.200s\" not allowed in host %s namespace", s->name,
		      spec_namespace_name(ns->type));
		(void)spec_error(s->json, NULL, err);
		return -EPERM;
	}
	return 0;
}

static int look(const struct resolver *r, const struct resolved_namespace *ns)
{
	auto_(close_fd) int fd = ns->path ? resolve_open_namespace(ns, r->err) : -EBADF;
	int num;

	if (!ns->path)
		return 0;
	num = fd < 0 ? fd : resolve_check_joined(r->out, ns, fd, r->err);
	return num < 0 ? resolve_failure(r, PROBLEM_HOST, num) : 0;
}

/* They were written for somebody who is not there: spec/rules.c has left them out. */
static int warn_of_mappings(const struct resolver *r)
{
	static const char *const members[] = { "uidMappings", "gidMappings" };
	const struct json *object = r->spec->lnx.json;
	int num = 0;

	if (!object || resolve_has_namespace(r, CLONE_NEWUSER))
		return 0;
	foreach_array(member, members) {
		const struct json *maps = json_member(object, *member);

		if (num == 0 && maps && maps->first)
			num = resolve_problem(r, PROBLEM_WARNING, PROBLEM_SPEC, object, *member,
					      "'%s' is ignored: there is no user namespace", *member);
	}
	return num;
}

int resolve_namespaces(const struct resolver *r)
{
	struct resolved *out = r->out;
	int num = warn_of_mappings(r);

	if (num < 0)
		return num;
	out->namespaces.v =
		arena_array_of(r->arena, struct resolved_namespace, r->spec->lnx.namespaces.n + 1);
	if (!out->namespaces.v)
		return resolve_no_memory(r);
	put_in_order(r);
	out->joins_first = out->own_namespaces & CLONE_NEWUSER ||
		(out->own_namespaces & ~out->new_namespaces & CLONE_NEWPID);
	if (!r->in->look_at_host)
		return 0;
	foreach_list(ns, &out->namespaces) {
		num = look(r, ns);
		if (num < 0)
			return num;
	}
	return 0;
}
