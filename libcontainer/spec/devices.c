/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "spec/objects.h"
#include "spec/spec.h"

/* clang-format off */
static const struct name device_type_names[] = {
	{ "c", 'c' }, { "u", 'c' }, { "b", 'b' }, { "p", 'p' },
};
const struct names names_device_types = NAMES(device_type_names);

#define OBJECT struct spec_device
static const struct field device_fields[] = {
	ENUM("type",  type, device_types, .since = "1.0", .flags = FIELD_REQUIRED,
	     .doc = "c or u: character, b: block, p: FIFO"),
	VALUE("path", path, .since = "1.0",
	      .flags = FIELD_REQUIRED | FIELD_NONEMPTY | FIELD_NARROWER,
	      .doc = "path in the container"),
	VALUE("fileMode", file_mode, .since = "1.0", .doc = "permissions, a decimal number"),
	VALUE("major", major, .since = "1.0", .flags = FIELD_RANGED | FIELD_NARROWER,
	      RANGE(0, DEVICE_MAJOR_MAX), .doc = "major number"),
	VALUE("minor", minor, .since = "1.0", .flags = FIELD_RANGED | FIELD_NARROWER,
	      RANGE(0, DEVICE_MINOR_MAX), .doc = "minor number"),
	VALUE("uid",  uid, .since = "1.0", .doc = "owner, an id of the container"),
	VALUE("gid",  gid, .since = "1.0", .doc = "group, an id of the container"),
};
/* clang-format on */

/* clang-format off */
SCHEMA(device, device_fields);
#undef OBJECT

#define OBJECT struct spec_net_device
static const struct field net_device_fields[] = {
	VALUE("name", name, .since = "1.3", .doc = "name inside; unset: the same"),
};
/* clang-format on */

/* dev_valid_name() of the kernel; "%d" is a template. */
static bool is_device_name(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n < 16 && !streq(s, ".") && !streq(s, "..") && !strpbrk(s, "/: \t\n\v\f\r");
}

static int net_device_check(void *object, struct error *err)
{
	const struct spec_net_device *d = object;

	if (!is_device_name(d->json->key))
		return failf(err, EINVAL, "'%.80s' is no name of a network device", d->json->key);
	if (!d->name || is_device_name(d->name))
		return 0;
	failf(err, EINVAL, "'%.80s' is no name of a network device", d->name);
	return spec_error(d->json, "name", err);
}

/* clang-format off */
SCHEMA(net_device, net_device_fields, .check = net_device_check,
       .key = offsetof(OBJECT, host_name));
#undef OBJECT

static const struct name rule_type_names[] = { { "a", 'a' }, { "b", 'b' }, { "c", 'c' } };
const struct names names_device_rule_types = NAMES(rule_type_names);
/* clang-format on */

int check_access(const struct json *value, struct error *err)
{
	if (strspn(value->text, "rwm") == strlen(value->text))
		return 0;
	return json_fail(value, err, "expected letters of 'rwm', found '%.80s'", value->text);
}

/* clang-format off */
#define OBJECT struct spec_device_rule
static const struct field device_rule_fields[] = {
	VALUE("allow",  allow, .since = "1.0", .flags = FIELD_REQUIRED, .doc = "allow or deny"),
	ENUM("type",    type, device_rule_types, .since = "1.0", .flags = FIELD_NARROWER,
	     .doc = "a: all, b: block, c: character"),
	VALUE("major",  major, .since = "1.0", .flags = FIELD_RANGED | FIELD_NARROWER,
	      RANGE(-1, DEVICE_MAJOR_MAX), .doc = "major number; unset: all"),
	VALUE("minor",  minor, .since = "1.0", .flags = FIELD_RANGED | FIELD_NARROWER,
	      RANGE(-1, DEVICE_MINOR_MAX), .doc = "minor number; unset: all"),
	VALUE("access", access, .since = "1.0", .flags = FIELD_NARROWER, CHECKED(access),
	      .doc = "r: read, w: write, m: mknod"),
};
/* clang-format on */

static int device_rule_check(void *object, struct error *err)
{
	struct spec_device_rule *r = object;

	(void)err;
	if (!r->type)
		r->type = 'a';
	if (!r->access)
		r->access = "rwm";
	r->major.set = r->major.set && r->major.value >= 0;
	r->minor.set = r->minor.set && r->minor.value >= 0;
	return 0;
}

/* clang-format off */
SCHEMA(device_rule, device_rule_fields, .check = device_rule_check);
#undef OBJECT
/* clang-format on */
