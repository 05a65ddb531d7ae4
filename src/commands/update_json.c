/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/update_json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>

#include "base/parse.h"

enum update_kind { KIND_COUNT, KIND_SIGNED, KIND_WEIGHT, KIND_BYTES, KIND_LIST };

/* clang-format off */
/* Rows of one object stand together. */
static const struct {
	char flag[24], object[8], member[16];
	enum update_kind kind;
} members[UPDATE_FLAGS] = {
	[UPDATE_BLKIO_WEIGHT]       = { "blkio-weight",       "blockIO", "weight",          KIND_WEIGHT },
	[UPDATE_CPU_PERIOD]         = { "cpu-period",         "cpu",     "period",          KIND_COUNT  },
	[UPDATE_CPU_QUOTA]          = { "cpu-quota",          "cpu",     "quota",           KIND_SIGNED },
	[UPDATE_CPU_BURST]          = { "cpu-burst",          "cpu",     "burst",           KIND_COUNT  },
	[UPDATE_CPU_SHARE]          = { "cpu-share",          "cpu",     "shares",          KIND_COUNT  },
	[UPDATE_CPU_RT_PERIOD]      = { "cpu-rt-period",      "cpu",     "realtimePeriod",  KIND_COUNT  },
	[UPDATE_CPU_RT_RUNTIME]     = { "cpu-rt-runtime",     "cpu",     "realtimeRuntime", KIND_SIGNED },
	[UPDATE_CPU_IDLE]           = { "cpu-idle",           "cpu",     "idle",            KIND_SIGNED },
	[UPDATE_CPUSET_CPUS]        = { "cpuset-cpus",        "cpu",     "cpus",            KIND_LIST   },
	[UPDATE_CPUSET_MEMS]        = { "cpuset-mems",        "cpu",     "mems",            KIND_LIST   },
	[UPDATE_MEMORY]             = { "memory",             "memory",  "limit",           KIND_BYTES  },
	[UPDATE_MEMORY_RESERVATION] = { "memory-reservation", "memory",  "reservation",     KIND_BYTES  },
	[UPDATE_MEMORY_SWAP]        = { "memory-swap",        "memory",  "swap",            KIND_BYTES  },
	[UPDATE_PIDS_LIMIT]         = { "pids-limit",         "pids",    "limit",           KIND_SIGNED },
};

static const char expected[][48] = {
	[KIND_COUNT]  = "a number",
	[KIND_SIGNED] = "a number, which may be negative",
	[KIND_WEIGHT] = "a number from 0 to 65535",
	[KIND_BYTES]  = "bytes with an optional suffix k, m or g, or -1",
	[KIND_LIST]   = "numbers and ranges like 0-3,7",
};
/* clang-format on */

static int add_count(const char *text, uint64_t most, struct str *out)
{
	uint64_t value;
	int r = parse_u64(text, &value);

	if (r < 0 || value > most)
		return r < 0 ? r : -ERANGE;
	str_printf(out, "%" PRIu64, value);
	return 0;
}

static int add_signed(const char *text, int (*parse)(const char *, int64_t *), struct str *out)
{
	int64_t value;
	int r = parse(text, &value);

	if (r < 0)
		return r;
	str_printf(out, "%" PRId64, value);
	return 0;
}

/* Nothing in a list of numbers needs an escape. */
static int add_list(const char *text, struct str *out)
{
	for (const char *c = text; *c; c++)
		if ((*c < '0' || *c > '9') && *c != ',' && *c != '-')
			return -EINVAL;
	str_printf(out, "\"%s\"", text);
	return 0;
}

static int add_value(enum update_kind kind, const char *text, struct str *out)
{
	switch (kind) {
	case KIND_COUNT:
		return add_count(text, UINT64_MAX, out);
	case KIND_WEIGHT:
		return add_count(text, UINT16_MAX, out);
	case KIND_SIGNED:
		return add_signed(text, parse_i64, out);
	case KIND_BYTES:
		return add_signed(text, parse_size, out);
	case KIND_LIST:
		return add_list(text, out);
	}
	return -EINVAL;
}

const char *update_flag_name(enum update_flag flag)
{
	return members[flag].flag;
}

int update_json(const char *const texts[UPDATE_FLAGS], struct str *out, struct error *err)
{
	const char *object = NULL;

	str_add(out, "{");
	for (size_t i = 0; i < UPDATE_FLAGS; i++) {
		if (!texts[i] || !*texts[i])
			continue;
		if (streq(object, members[i].object))
			str_add(out, ",");
		else
			str_printf(out, "%s\"%s\":{", object ? "}," : "", members[i].object);
		object = members[i].object;
		str_printf(out, "\"%s\":", members[i].member);
		if (add_value(members[i].kind, texts[i], out) < 0)
			return failf(err, EINVAL, "invalid value '%s' for '--%s': expected %s",
				     texts[i], members[i].flag, expected[members[i].kind]);
	}
	str_add(out, object ? "}}" : "}");
	return str_ok(out) ? 0 : codef(err, ENOMEM, "resources");
}
