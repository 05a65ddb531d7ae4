/* SPDX-License-Identifier: Apache-2.0 */

/* What systemd is told about a container, in its words: systemd.resource-control(5). */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/parse.h"
#include "cgroup/systemd.h"
#include "spec/spec.h"

#define USEC_PER_SEC UINT64_C(1000000)
#define CPUS_MAX 8192

static void text_property(struct str *q, const char *name, unsigned since, const char *signature,
			  const char *value)
{
	auto_str v = STR_INIT;

	request_word(&v, value);
	request_property(q, name, since, signature, &v);
}

static void number_property(struct str *q, const char *name, unsigned since, uint64_t value)
{
	auto_str v = STR_INIT;

	request_number(&v, value);
	request_property(q, name, since, "t", &v);
}

/* ---- annotations ---- */

/* "TimeoutStopSec" is what unit files say; on the bus it is microseconds, by another name. */
static int seconds(const char *name, const char *value, struct str *q)
{
	auto_str usec = STR_INIT, signature = STR_INIT, words = STR_INIT;
	uint64_t n;
	size_t len = strlen(name);

	if (len < 4 || !streq(name + len - 3, "Sec") || !islower((unsigned char)name[len - 4]))
		return -ENOENT;
	if (variant_parse(value, &signature, &words) < 0)
		return -EINVAL;
	if (streq(str_text(&signature), "d")) {
		double d = strtod(str_text(&words), NULL) * (double)USEC_PER_SEC;

		if (!(d >= 0 && d < 1.8e19))
			return -EINVAL;
		n = (uint64_t)d;
	} else if (signature.n != 1 || !strchr("nqiuxt", signature.s[0]) ||
		   parse_u64(str_text(&words), &n) < 0 ||
		   __builtin_mul_overflow(n, USEC_PER_SEC, &n)) {
		return -EINVAL;
	}
	str_addn(&usec, name, len - 3);
	str_add(&usec, "USec");
	number_property(q, str_text(&usec), 0, n);
	return 0;
}

static bool is_name(const char *name)
{
	size_t n = 0;

	while (isalpha((unsigned char)name[n]))
		n++;
	return n >= 3 && !name[n];
}

static int annotation(const char *name, const char *value, struct str *q)
{
	auto_str signature = STR_INIT, words = STR_INIT;
	int r;

	if (!is_name(name))
		return -EINVAL;
	r = seconds(name, value, q);
	if (r != -ENOENT)
		return r;
	r = variant_parse(value, &signature, &words);
	if (r == 0)
		request_property(q, name, 0, str_text(&signature), &words);
	return r;
}

static int annotations(struct str *q, const struct cgroup_options *o, struct error *err)
{
	const size_t n = strlen(SYSTEMD_ANNOTATION);

	for (size_t i = 0; o->annotations && i < o->annotations->n; i++) {
		const char *key = o->annotations->v[i].key, *value = o->annotations->v[i].value;

		if (!starts_with(key, SYSTEMD_ANNOTATION))
			continue;
		if (annotation(key + n, value, q) == 0)
			continue;
		failf(err, EINVAL,
		      "annotation '%s': '%s' is not a property with a value in GVariant's text format "
		      "(\"uint64 5\", \"'text'\", \"true\")",
		      key, value);
		return spec_error(o->annotations->v[i].json, NULL, err);
	}
	return 0;
}

/* ---- start ---- */

int systemd_start_properties(struct str *q, const struct systemd_unit *u,
			     const struct cgroup_options *o, bool v2, struct error *err)
{
	bool slice = systemd_is_slice(u->name);
	auto_str text = STR_INIT, wants = STR_INIT;

	str_printf(&text, "orlop container %s", o->id);
	text_property(q, "Description", 0, "s", str_text(&text));
	/* A slice's place is in its name. */
	if (slice) {
		request_number(&wants, 1);
		request_word(&wants, u->slice);
		request_property(q, "Wants", 0, "as", &wants);
	} else {
		text_property(q, "Slice", 0, "s", u->slice);
		text_property(q, "Delegate", 0, "b", "1");
	}
	text_property(q, "DefaultDependencies", 0, "b", "0");
	text_property(q, "CPUAccounting", 0, "b", "1");
	text_property(q, "MemoryAccounting", 0, "b", "1");
	text_property(q, "TasksAccounting", 0, "b", "1");
	text_property(q, v2 ? "IOAccounting" : "BlockIOAccounting", 0, "b", "1");
	/* A container that ran out of memory leaves no failed unit behind. */
	text_property(q, "CollectMode", 236, "s", "inactive-or-failed");
	return annotations(q, o, err);
}

/* ---- limits ---- */

enum limit_kind { BYTES, COUNT, WEIGHT, SET, IDLE };

/* clang-format off */
static const struct limit {
	const char *file, *property;
	enum limit_kind kind;
	unsigned since;
} limits[] = {
	{ "memory.max",            "MemoryMax",          BYTES,  0 },
	{ "memory.low",            "MemoryLow",          BYTES,  0 },
	{ "memory.min",            "MemoryMin",          BYTES,  240 },
	{ "memory.high",           "MemoryHigh",         BYTES,  0 },
	{ "memory.swap.max",       "MemorySwapMax",      BYTES,  0 },
	{ "memory.limit_in_bytes", "MemoryLimit",        BYTES,  0 },
	{ "pids.max",              "TasksMax",           COUNT,  0 },
	{ "cpu.weight",            "CPUWeight",          COUNT,  0 },
	{ "cpu.idle",              "CPUWeight",          IDLE,   252 },
	{ "cpu.shares",            "CPUShares",          COUNT,  0 },
	{ "io.weight",             "IOWeight",           WEIGHT, 0 },
	{ "blkio.weight",          "BlockIOWeight",      COUNT,  0 },
	{ "cpuset.cpus",           "AllowedCPUs",        SET,    244 },
	{ "cpuset.mems",           "AllowedMemoryNodes", SET,    244 },
};
/* clang-format on */

/* "max" and -1 are infinity, which is all ones on the bus. */
static bool amount(const char *text, uint64_t *ret)
{
	*ret = UINT64_MAX;
	return streq(text, "max") || streq(text, "-1") || parse_u64(text, ret) == 0;
}

/* Of a mask of words, byte i. */
#define BYTE_OF(mask, i) ((mask)[(i) / 4] >> 8 * ((i) % 4) & 0xff)

/* "0-3,7" as a bit mask, the lowest byte first. */
static bool set_property(struct str *q, const struct limit *l, const char *text)
{
	uint32_t mask[CPUS_MAX / 32] = { 0 };
	auto_str v = STR_INIT;
	size_t n = CPUS_MAX / 8;

	if (parse_list(text, mask, ARRAY_SIZE(mask)) < 0)
		return false;
	while (n > 0 && !BYTE_OF(mask, n - 1))
		n--;
	request_number(&v, n);
	for (size_t i = 0; i < n; i++)
		request_number(&v, BYTE_OF(mask, i));
	request_property(q, l->property, l->since, "ay", &v);
	return true;
}

static bool limit_property(struct str *q, const struct limit *l, const char *text)
{
	uint64_t n;

	switch (l->kind) {
	case SET:
		return set_property(q, l, text);
	case WEIGHT: /* "default 100"; one of a device has no property */
		if (!starts_with(text, "default "))
			return false;
		text += strlen("default ");
		break;
	case IDLE: /* 0 goes back to what cpu.weight holds, of which systemd knows */
		if (!streq(text, "1"))
			return false;
		text = "0";
		break;
	default:
		break;
	}
	if (!amount(text, &n))
		return false;
	number_property(q, l->property, l->since, n);
	return true;
}

/* systemd takes a time per second, in steps of 10 ms. */
static uint64_t quota_per_second(const struct cpu_quota *c)
{
	const uint64_t step = 10000;
	uint64_t n;

	if (c->quota <= 0 || !c->period)
		return UINT64_MAX;
	if (__builtin_mul_overflow((uint64_t)c->quota, USEC_PER_SEC, &n))
		return UINT64_MAX;
	n /= c->period;
	return (n + step - 1) / step * step;
}

/* One row of cpu.max ("max 100000", "? 100000", "5000") or of v1's two files. */
static bool merge_quota(struct cpu_quota *c, const struct knob *k)
{
	const char *blank = strchr(k->text, ' ');
	uint64_t n;

	if (streq(k->file, "cpu.cfs_quota_us"))
		return parse_i64(k->text, &c->quota) == 0;
	if (streq(k->file, "cpu.cfs_period_us"))
		return parse_u64(k->text, &c->period) == 0;
	if (!streq(k->file, "cpu.max"))
		return false;
	if (starts_with(k->text, "max"))
		c->quota = -1;
	else if (parse_u64n(k->text, strspn(k->text, "0123456789"), 10, &n) == 0 && n <= INT64_MAX)
		c->quota = (int64_t)n;
	if (blank)
		(void)parse_u64(blank + 1, &c->period);
	return true;
}

void systemd_limit_properties(struct str *q, const struct knobs *k, struct cpu_quota quota)
{
	bool has_quota = false;

	for (size_t i = 0; i < k->n; i++) {
		const struct knob *row = &k->v[i];

		has_quota |= merge_quota(&quota, row);
		foreach_array(l, limits)
			if (streq(l->file, row->file) && !limit_property(q, l, row->text))
				log_debug("systemd: '%s' = '%s' is left to the file", row->file,
					  row->text);
	}
	if (!has_quota)
		return;
	if (quota.period)
		number_property(q, "CPUQuotaPeriodUSec", 242, quota.period);
	number_property(q, "CPUQuotaPerSecUSec", 0, quota_per_second(&quota));
}

/* ---- devices ---- */

static bool device_words(const struct device_rule *r, struct str *v)
{
	const char *kind = r->type == 'b' ? "block" : "char";
	char path[64], access[4];

	if (r->major < 0 && r->minor >= 0)
		return false;
	if (r->minor >= 0)
		snprintf(path, sizeof(path), "/dev/%s/%" PRId64 ":%" PRId64, kind, r->major, r->minor);
	else if (r->major >= 0)
		snprintf(path, sizeof(path), "%s-%" PRId64, kind, r->major);
	else
		snprintf(path, sizeof(path), "%s-*", kind);
	snprintf(access, sizeof(access), "%s%s%s", r->access & DEVICE_READ ? "r" : "",
		 r->access & DEVICE_WRITE ? "w" : "", r->access & DEVICE_MKNOD ? "m" : "");
	request_word(v, path);
	request_word(v, access);
	return true;
}

bool systemd_device_properties(struct str *q, const struct device_rules *x)
{
	auto_str v = STR_INIT, none = STR_INIT;

	/* It knows no list of what is denied. */
	if (x->allow && x->n)
		return false;
	request_number(&v, x->n);
	for (size_t i = 0; i < x->n; i++)
		if (!device_words(&x->v[i], &v))
			return false;
	text_property(q, "DevicePolicy", 0, "s", x->allow ? "auto" : "strict");
	/* An empty list takes away what was there. */
	request_number(&none, 0);
	request_property(q, "DeviceAllow", 0, "a(ss)", &none);
	if (x->n)
		request_property(q, "DeviceAllow", 0, "a(ss)", &v);
	return true;
}
