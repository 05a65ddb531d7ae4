/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * linux.resources.devices: an ordered list of rules in which, for each kind of access, the last
 * rule that matches a device decides. What no rule matches is denied, also when there are no rules
 * at all. The devices that every container has (null, zero, full, random, urandom, tty, ptmx, the
 * ptys) and the making of any node are allowed after the config's rules, as engines count on it.
 */

#include <linux/bpf.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "spec/types.h"

enum device_access { DEVICE_MKNOD = 1, DEVICE_READ = 2, DEVICE_WRITE = 4, DEVICE_ALL = 7 };

struct device_rule {
	bool allow;
	char type;            /* 'a' both, 'b', 'c'   */
	int64_t major, minor; /* -1: all              */
	unsigned access;      /* of enum device_access */
	const struct json *json; /* NULL for the rules that we add */
};

struct device_rules {
	bool allow; /* for what no rule matches */
	struct device_rule *v;
	size_t n;
};

/*
 * Normalised: whatever stands before the last rule about all devices has no effect and is left out.
 */
int devices_collect(struct arena *a, const struct spec_resources *r, struct device_rules *ret,
		    struct error *err);

/*
 * As v1 can hold it: exceptions, all of the kind opposite to `allow`, without overlaps. -EINVAL
 * when a rule takes back a part of a wider one before it: v1 would silently ignore that.
 */
int devices_exceptions(struct arena *a, const struct device_rules *rules, struct device_rules *ret,
		       struct error *err);

/* As a BPF_PROG_TYPE_CGROUP_DEVICE program. */
#define DEVICES_PROGRAM_MAX(n_rules) (8 + 14 * (n_rules))
size_t devices_program(const struct device_rules *rules, struct bpf_insn *program);

/* Puts the rules on the cgroup `path` of the v1 hierarchy. lenient: without them where only the host may set any. */
int devices_v1(struct arena *a, const char *path, const struct spec_resources *r, bool lenient,
	       struct error *err);

/*
 * The descriptor of a loaded program, for the caller to close; the kernel takes its time to prove it.
 * -ENOENT when none is needed.
 */
int devices_v2_load(struct arena *a, const struct spec_resources *r, bool replace,
		    struct error *err);

/*
 * Attaches a program to the v2 cgroup. loaded: it, taken, or negative. replace: there may be programs
 * already, which go, without a moment between old and new. lenient: without the right to load programs
 * (in a user namespace the rules of the host hold anyway) go on without.
 */
int devices_v2(struct arena *a, const char *path, const struct spec_resources *r, int loaded,
	       bool replace, bool lenient, struct error *err);
