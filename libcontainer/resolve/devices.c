/* SPDX-License-Identifier: Apache-2.0 */

/* Devices: the default ones (spec G11), then linux.devices, and how each comes into the container. */

#include <errno.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/macros.h"
#include "base/str.h"
#include "resolve/part.h"
#include "spec/spec.h"

/* clang-format off */
static const struct { const char *path; unsigned major, minor; bool optional; } defaults[] = {
	{ "/dev/null",    1, 3, false }, /* one of another kind is refused: everybody writes to it */
	{ "/dev/zero",    1, 5, true },
	{ "/dev/full",    1, 7, true },
	{ "/dev/random",  1, 8, true },
	{ "/dev/urandom", 1, 9, true },
	{ "/dev/tty",     5, 0, true },
};
/* clang-format on */

static mode_t type_bits(char type)
{
	return type == 'b' ? S_IFBLK : type == 'p' ? S_IFIFO : S_IFCHR;
}

/* A FIFO is no device to the kernel: anybody makes one. */
static enum device_way way_of(const struct resolver *r, mode_t type, bool listed)
{
	const struct spec_namespace *user = spec_namespace_of(&r->spec->lnx, CLONE_NEWUSER);

	if (type == S_IFIFO)
		return DEVICE_MAKE;
	if (r->in->cannot_mknod)
		return DEVICE_BIND;
	if (!user)
		return DEVICE_MAKE;
	return listed ? DEVICE_PREPARE : DEVICE_BIND;
}

/* From the root, and without slashes at the end: mknod(2) would take it for a directory. NULL: no memory. */
static const char *plain_path(const struct resolver *r, const char *path)
{
	size_t n = strlen(path);

	if (*path == '/' && (n < 2 || path[n - 1] != '/'))
		return path;
	while (n > 1 && path[n - 1] == '/')
		n--;
	return arena_printf(r->arena, "%s%.*s", *path == '/' ? "" : "/", (int)n, path);
}

static bool is_at(const char *path, const char *wanted)
{
	size_t n = strlen(wanted);

	wanted += *path != '/';
	n -= *path != '/';
	return strncmp(path, wanted, n) == 0 && !path[n + strspn(path + n, "/")];
}

/* By linux.devices or, as `docker run -v /dev/urandom:/dev/random` does, by mounts. */
static bool is_listed(const struct resolver *r, const char *path)
{
	foreach_list(d, &r->spec->lnx.devices)
		if (is_at(d->path, path))
			return true;
	foreach_list(m, &r->out->mounts)
		if (is_at(m->destination, path))
			return true;
	return false;
}

static uint32_t host_id(const spec_idmaps *maps, uint32_t id)
{
	foreach_list(m, maps)
		if (id >= m->container_id && id - m->container_id < m->size)
			return m->host_id + (id - m->container_id);
	return UINT32_MAX;
}

/* Some engines pass st_mode whole: a type that fits is none of the permissions. */
static int check_mode(const struct resolver *r, const struct spec_device *d)
{
	uint32_t mode = d->file_mode.value;

	if ((mode & S_IFMT) == type_bits(d->type))
		mode &= ~(uint32_t)S_IFMT;
	if (!d->file_mode.set || mode <= 0777)
		return 0;
	/* The kernel takes 666, which is 01232, without a word. */
	return resolve_problem(r, PROBLEM_WARNING, PROBLEM_SPEC, d->json, "fileMode",
			       "a mode is from 0 to 511 (0777), and this is %u (%#o)%s", mode, mode,
			       mode <= 777 ? "; JSON numbers are decimal, 0666 is 438" : "");
}

/* What the specification asks of the writer, and other runtimes do not. */
static int check_listed(const struct resolver *r, const struct spec_device *d)
{
	static const char *const numbers[] = { "major", "minor" };
	int num = check_mode(r, d);

	foreach_array(number, numbers)
		if (num == 0 && d->type != 'p' && !json_member(d->json, *number))
			num = resolve_problem(r, PROBLEM_WARNING, PROBLEM_SPEC, d->json, NULL,
					      "device '%.80s' of type '%c' has no '%s': 0 is taken",
					      d->path, d->type, *number);
	if (num == 0 && *d->path != '/')
		num = resolve_problem(r, PROBLEM_WARNING, PROBLEM_SPEC, d->json, "path",
				      "'%.200s' is not absolute: taken as '/%.200s'", d->path, d->path);
	return num;
}

static int add_listed(const struct resolver *r, const struct spec_device *d,
		      struct resolved_device *to)
{
	const struct spec_linux *l = &r->spec->lnx;
	const char *path = plain_path(r, d->path), *name = path ? path_last(path) : "";
	mode_t type = type_bits(d->type);
	int num = path ? check_listed(r, d) : resolve_no_memory(r);

	if (num < 0)
		return num;
	if (!*name || streq(name, ".") || streq(name, ".."))
		return refuse_spec(r, d->json, "path",
				   "'%s' is a directory, not the path of a device", d->path);
	*to = (struct resolved_device){
		.json = d->json,
		.path = path,
		.way = way_of(r, type, true),
		.mode = type | (d->file_mode.set ? d->file_mode.value & 07777 : 0666),
		.major = type == S_IFIFO ? 0 : (unsigned)d->major,
		.minor = type == S_IFIFO ? 0 : (unsigned)d->minor,
		.uid = d->uid.set ? d->uid.value : 0,
		.gid = d->gid.set ? d->gid.value : 0,
		.owner = d->uid.set || d->gid.set,
	};
	to->host_uid = host_id(&l->uid_mappings, to->uid);
	to->host_gid = host_id(&l->gid_mappings, to->gid);
	return 1;
}

static bool is_node(const char *path, const struct resolved_device *d)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & S_IFMT) == (d->mode & S_IFMT) &&
		major(st.st_rdev) == d->major && minor(st.st_rdev) == d->minor;
}

const char *resolve_host_node(const struct resolved_device *d, char *buf, size_t size,
			      struct error *err)
{
	const char type = S_ISBLK(d->mode) ? 'b' : 'c';

	if (is_node(d->path, d))
		return d->path;
	/* udev(7) has a link for each number. */
	snprintf(buf, size, "/dev/%s/%u:%u", type == 'b' ? "block" : "char", d->major, d->minor);
	if (is_node(buf, d))
		return buf;
	failf(err, ENODEV,
	      "device '%s': it cannot be made here, and the host has no node of %c %u:%u at that path",
	      d->path, type, d->major, d->minor);
	(void)spec_error(d->json, NULL, err);
	return NULL;
}

static int look(const struct resolver *r, const struct resolved_device *d)
{
	char buf[64];

	if (!r->in->look_at_host || d->way != DEVICE_BIND ||
	    resolve_host_node(d, buf, sizeof(buf), r->err))
		return 0;
	return resolve_failure(r, PROBLEM_HOST, -r->err->num);
}

int resolve_devices(const struct resolver *r)
{
	const size_t most = ARRAY_SIZE(defaults) + r->spec->lnx.devices.n;
	struct resolved_device *v = arena_array_of(r->arena, struct resolved_device, most);
	size_t n = 0;

	if (!v)
		return resolve_no_memory(r);
	if (r->out->dev_is_bound)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
		if (!is_listed(r, defaults[i].path))
			v[n++] = (struct resolved_device){
				.path = defaults[i].path,
				.way = way_of(r, S_IFCHR, false),
				.mode = S_IFCHR | 0666,
				.major = defaults[i].major,
				.minor = defaults[i].minor,
				.optional = defaults[i].optional,
			};
	foreach_list(d, &r->spec->lnx.devices) {
		int added = add_listed(r, d, &v[n]);

		if (added < 0)
			return added;
		n += (size_t)added;
	}
	for (size_t i = 0; i < n; i++) {
		int num = look(r, &v[i]);

		if (num < 0)
			return num;
	}
	r->out->devices.v = v;
	r->out->devices.n = n;
	return 0;
}
