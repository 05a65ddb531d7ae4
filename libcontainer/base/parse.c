/* SPDX-License-Identifier: Apache-2.0 */
#include "base/parse.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

int parse_u64n(const char *text, size_t n, unsigned base, uint64_t *ret)
{
	uint64_t value = 0;

	if (n == 0)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if ((unsigned)digit_value(text[i]) >= base)
			return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit_value(text[i]), &value))
			return -ERANGE;
	*ret = value;
	return 0;
}

int parse_u64(const char *text, uint64_t *ret)
{
	return parse_u64n(text, strlen(text), 10, ret);
}

int parse_i64(const char *text, int64_t *ret)
{
	bool negative = text[0] == '-';
	uint64_t value;
	int r;

	r = parse_u64(text + negative, &value);
	if (r < 0)
		return r;
	if (value > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*ret = negative ? (int64_t)(0 - value) : (int64_t)value;
	return 0;
}

int parse_u32(const char *text, uint32_t *ret)
{
	uint64_t value;
	int r;

	r = parse_u64(text, &value);
	if (r < 0)
		return r;
	if (value > UINT32_MAX)
		return -ERANGE;
	*ret = (uint32_t)value;
	return 0;
}

int parse_i32(const char *text, int32_t *ret)
{
	int64_t value;
	int r;

	r = parse_i64(text, &value);
	if (r < 0)
		return r;
	if (value < INT32_MIN || value > INT32_MAX)
		return -ERANGE;
	*ret = (int32_t)value;
	return 0;
}

/* What "5" stands for in "1.5" of a unit of 2^shift, as Go's floating point has it. */
static int64_t binary_fraction(const char *digits, size_t n, int shift)
{
	double value = 0, scale = 1;

	for (size_t i = 0; i < n && i < 18; i++) {
		value = value * 10 + (digits[i] - '0');
		scale *= 10;
	}
	return (int64_t)(value / scale * (double)(1LL << shift));
}

int parse_size(const char *text, int64_t *ret)
{
	static const char units[] = "kmgtp";
	size_t digits = strspn(text, "0123456789");
	size_t fraction = text[digits] == '.' ? strspn(text + digits + 1, "0123456789") : 0;
	const char *unit = text + digits + (fraction ? fraction + 1 : 0), *at, *point = text + digits + 1;
	uint64_t value;
	int64_t size;
	int r, shift = 0;

	if (strcmp(text, "-1") == 0) {
		*ret = -1;
		return 0;
	}
	r = parse_u64n(text, digits, 10, &value);
	if (r < 0)
		return r;
	unit += *unit == ' ' && unit[1];
	if (*unit) {
		at = strchr(units, *unit | 0x20);
		if (at && *at) {
			shift = 10 * (int)(at - units + 1);
			unit++;
		}
		if (strcasecmp(unit, "") != 0 && strcasecmp(unit, "b") != 0 &&
		    strcasecmp(unit, "ib") != 0)
			return -EINVAL;
	}
	if (value > (uint64_t)INT64_MAX >> shift)
		return -ERANGE;
	if (__builtin_add_overflow((int64_t)(value << shift), binary_fraction(point, fraction, shift), &size))
		return -ERANGE;
	*ret = size;
	return 0;
}

static const struct {
	const char *name;
	int64_t ns;
} duration_units[] = {
	{ "ns", 1 },          { "us", 1000 },          { "ms", 1000000 },
	{ "s", 1000000000LL }, { "m", 60000000000LL }, { "h", 3600000000000LL },
};

static int64_t unit_of(const char *text, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(duration_units); i++)
		if (strlen(duration_units[i].name) == n &&
		    strncmp(duration_units[i].name, text, n) == 0)
			return duration_units[i].ns;
	return 0;
}

/* Of "5" in "1.5s": half of the unit. */
static int64_t fraction_of(const char *digits, size_t n, int64_t unit)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		unit /= 10;
		sum += (digits[i] - '0') * unit;
	}
	return sum;
}

int parse_duration(const char *text, int64_t *ret)
{
	int64_t total = 0, part;

	if (!*text)
		return -EINVAL;
	if (strcmp(text, "0") == 0) /* needs no unit */
		text++;
	while (*text) {
		size_t digits = strspn(text, "0123456789");
		size_t point = text[digits] == '.';
		size_t fraction = point ? strspn(text + digits + 1, "0123456789") : 0;
		const char *name = text + digits + point + fraction;
		size_t letters = strcspn(name, "0123456789.");
		int64_t unit = unit_of(name, letters);
		uint64_t value;
		int r;

		r = parse_u64n(text, digits, 10, &value);
		if (r < 0 || !unit)
			return r < 0 ? r : -EINVAL;
		if (value > INT64_MAX || __builtin_mul_overflow((int64_t)value, unit, &part) ||
		    __builtin_add_overflow(total, part, &total) ||
		    __builtin_add_overflow(total, fraction_of(name - fraction, fraction, unit),
					   &total))
			return -ERANGE;
		text = name + letters;
	}
	*ret = total;
	return 0;
}

/* ---- lists of numbers ---- */

static int list_number(const char **s, uint64_t *ret)
{
	size_t n = strspn(*s, "0123456789");
	int r = parse_u64n(*s, n, 10, ret);

	*s += n;
	return r;
}

/* "4", "0-3", or "0-31:2/4": two of every four. */
static int list_range(const char **s, struct list_range *ret)
{
	int r = list_number(s, &ret->low);

	ret->high = ret->low;
	ret->used = ret->group = 1;
	if (r == 0 && **s == '-') {
		++*s;
		r = list_number(s, &ret->high);
	}
	if (r < 0 || ret->high < ret->low)
		return r < 0 ? r : -EINVAL;
	if (**s != ':')
		return 0;
	++*s;
	r = list_number(s, &ret->used);
	if (r < 0 || **s != '/')
		return r < 0 ? r : -EINVAL;
	++*s;
	r = list_number(s, &ret->group);
	if (r == 0 && (ret->group == 0 || ret->used > ret->group))
		return -EINVAL;
	return r;
}

static int set_bits(const struct list_range *range, uint32_t *mask, size_t n)
{
	if (!mask)
		return 0;
	if (range->high >= n * 32)
		return -ERANGE;
	for (uint64_t i = range->low; i <= range->high; i++)
		if ((i - range->low) % range->group < range->used)
			mask[i / 32] |= 1U << i % 32;
	return 0;
}

#define LIST_BETWEEN ", \n"

int parse_list_next(const char **text, struct list_range *ret)
{
	int r;

	*text += strspn(*text, LIST_BETWEEN);
	if (!**text)
		return 0;
	r = list_range(text, ret);
	if (r == 0 && **text && !strchr(LIST_BETWEEN, **text))
		r = -EINVAL;
	return r < 0 ? r : 1;
}

int parse_list(const char *text, uint32_t *mask, size_t n)
{
	struct list_range range;
	int r;

	while ((r = parse_list_next(&text, &range)) > 0) {
		r = set_bits(&range, mask, n);
		if (r < 0)
			return r;
	}
	return r;
}
