/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "spec/spec.h"

/* clang-format off */
static const struct device_rule defaults[] = {
	{ true, 'c', -1,  -1, DEVICE_MKNOD, NULL },
	{ true, 'b', -1,  -1, DEVICE_MKNOD, NULL },
	{ true, 'c', 1,    3, DEVICE_ALL,   NULL }, /* null    */
	{ true, 'c', 1,    5, DEVICE_ALL,   NULL }, /* zero    */
	{ true, 'c', 1,    7, DEVICE_ALL,   NULL }, /* full    */
	{ true, 'c', 1,    8, DEVICE_ALL,   NULL }, /* random  */
	{ true, 'c', 1,    9, DEVICE_ALL,   NULL }, /* urandom */
	{ true, 'c', 5,    0, DEVICE_ALL,   NULL }, /* tty     */
	{ true, 'c', 5,    2, DEVICE_ALL,   NULL }, /* ptmx    */
	{ true, 'c', 136, -1, DEVICE_ALL,   NULL }, /* pts/... */
	{ true, 'c', 10, 200, DEVICE_ALL,   NULL }, /* net/tun */
};
/* clang-format on */

static unsigned access_bits(const char *access)
{
	unsigned bits = 0;

	if (!access)
		return DEVICE_ALL;
	for (; *access; access++)
		bits |= *access == 'r'   ? DEVICE_READ
			: *access == 'w' ? DEVICE_WRITE
			: *access == 'm' ? DEVICE_MKNOD
					 : 0;
	return bits;
}

static bool is_about_all(const struct device_rule *r)
{
	return r->type == 'a' && r->major < 0 && r->minor < 0 && r->access == DEVICE_ALL;
}

int devices_collect(struct arena *a, const struct spec_resources *r, struct device_rules *ret,
		    struct error *err)
{
	size_t n = r ? r->devices.n : 0, kept = 0;
	struct device_rule *v = arena_array_of(a, struct device_rule, n + ARRAY_SIZE(defaults));
	bool allow = false;

	if (!v)
		return failf(err, ENOMEM, "device rules: out of memory");
	for (size_t i = 0; i < n; i++) {
		const struct spec_device_rule *s = &r->devices.v[i];
		struct device_rule *to = &v[kept];

		*to = (struct device_rule){
			.allow = s->allow,
			.type = s->type ? s->type : 'a',
			.major = s->major.set ? s->major.value : -1,
			.minor = s->minor.set ? s->minor.value : -1,
			.access = access_bits(s->access),
			.json = s->json,
		};
		if (is_about_all(to)) {
			kept = 0;
			allow = s->allow;
			continue;
		}
		kept += to->access != 0;
	}
	/* Nothing to allow where nothing is denied. */
	if (!allow || kept) {
		memcpy(v + kept, defaults, sizeof(defaults));
		kept += ARRAY_SIZE(defaults);
	}
	*ret = (struct device_rules){ .allow = allow, .v = v, .n = kept };
	return 0;
}

/* ---- v1 ---- */

static bool covers(int64_t wide, int64_t narrow)
{
	return wide < 0 || wide == narrow;
}

static bool contains(const struct device_rule *wide, const struct device_rule *narrow)
{
	return wide->type == narrow->type && covers(wide->major, narrow->major) &&
	       covers(wide->minor, narrow->minor);
}

static bool overlaps(const struct device_rule *a, const struct device_rule *b)
{
	return a->type == b->type && (covers(a->major, b->major) || covers(b->major, a->major)) &&
	       (covers(a->minor, b->minor) || covers(b->minor, a->minor));
}

static int partial(const struct device_rule *r, struct error *err)
{
	failf(err, EINVAL,
	      "the rule for '%c %" PRId64 ":%" PRId64 "' takes back a part of a wider rule before "
	      "it, which cgroup v1 cannot express",
	      r->type, r->major, r->minor);
	(void)spec_error(r->json, NULL, err);
	return -EINVAL;
}

/* An exception more: merged with one about the same devices. */
static void add_exception(struct device_rules *x, const struct device_rule *r)
{
	for (size_t i = 0; i < x->n; i++) {
		struct device_rule *e = &x->v[i];

		if (e->type == r->type && e->major == r->major && e->minor == r->minor) {
			e->access |= r->access;
			return;
		}
	}
	x->v[x->n++] = *r;
}

static int remove_exception(struct device_rules *x, const struct device_rule *r, struct error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < x->n; i++) {
		struct device_rule e = x->v[i];

		if (contains(r, &e))
			e.access &= ~r->access;
		else if (overlaps(r, &e) && (e.access & r->access))
			return partial(r, err);
		if (e.access)
			x->v[kept++] = e;
	}
	x->n = kept;
	return 0;
}

static int one_exception(struct device_rules *x, const struct device_rule *r, struct error *err)
{
	if (r->allow == x->allow)
		return remove_exception(x, r, err);
	add_exception(x, r);
	return 0;
}

int devices_exceptions(struct arena *a, const struct device_rules *rules, struct device_rules *ret,
		       struct error *err)
{
	/* A rule for both types is two. */
	struct device_rules x = { .allow = rules->allow,
				  .v = arena_array_of(a, struct device_rule, 2 * rules->n + 1) };

	if (!x.v)
		return failf(err, ENOMEM, "device rules: out of memory");
	for (size_t i = 0; i < rules->n; i++) {
		struct device_rule r = rules->v[i];
		bool both = r.type == 'a';
		int ret_one;

		r.type = both ? 'c' : r.type;
		ret_one = one_exception(&x, &r, err);
		r.type = both ? 'b' : r.type;
		if (ret_one == 0 && both)
			ret_one = one_exception(&x, &r, err);
		if (ret_one < 0)
			return ret_one;
	}
	*ret = x;
	return 0;
}

static const char *number_text(int64_t n, char *buf, size_t size)
{
	snprintf(buf, size, "%" PRId64, n);
	return n < 0 ? "*" : buf;
}

static void rule_text(const struct device_rule *r, char *buf, size_t size)
{
	char major[24], minor[24];

	snprintf(buf, size, "%c %s:%s %s%s%s", r->type, number_text(r->major, major, sizeof(major)),
		 number_text(r->minor, minor, sizeof(minor)), r->access & DEVICE_READ ? "r" : "",
		 r->access & DEVICE_WRITE ? "w" : "", r->access & DEVICE_MKNOD ? "m" : "");
}

static int write_line(int fd, const char *file, const char *line, const struct json *json,
		      struct error *err)
{
	if (write(fd, line, strlen(line)) >= 0)
		return 0;
	(void)sysf(err, "write '%s' to '%s'", line, file);
	(void)spec_error(json, NULL, err);
	return err ? -err->num : -EIO;
}

static int open_list(const char *path, bool allow, char *file, size_t size, struct error *err)
{
	int fd;

	snprintf(file, size, "%s/devices.%s", path, allow ? "allow" : "deny");
	fd = openat(AT_FDCWD, file, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? sysf(err, "open '%s'", file) : fd;
}

static int write_exceptions(int fd, const char *file, const struct device_rules *x,
			    struct error *err)
{
	char line[96];
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < x->n; i++) {
		rule_text(&x->v[i], line, sizeof(line));
		ret = write_line(fd, file, line, x->v[i].json, err);
	}
	return ret;
}

/* "a" resets the list, whatever it was. */
static int reset(const char *path, bool allow, bool lenient, bool *left_out, struct error *err)
{
	char file[PATH_MAX];
	auto_(close_fd) int fd = open_list(path, allow, file, sizeof(file), err);

	if (fd < 0)
		return fd;
	if (write(fd, "a", 1) == 1)
		return 0;
	*left_out = lenient && errno == EPERM;
	if (!*left_out)
		return sysf(err, "write 'a' to '%s'", file);
	log_debug("cgroup '%s': no right to set device rules: going on without", path);
	return 0;
}

int devices_v1(struct arena *a, const char *path, const struct spec_resources *r, bool lenient,
	       struct error *err)
{
	auto_(close_fd) int fd = -EBADF;
	struct device_rules rules, x = { 0 };
	char file[PATH_MAX];
	bool left_out = false;
	int ret = devices_collect(a, r, &rules, err);

	if (ret == 0)
		ret = devices_exceptions(a, &rules, &x, err);
	if (ret == 0)
		ret = reset(path, x.allow, lenient, &left_out, err);
	if (ret < 0 || left_out || x.n == 0)
		return ret;
	fd = open_list(path, !x.allow, file, sizeof(file), err);
	return fd < 0 ? fd : write_exceptions(fd, file, &x, err);
}
