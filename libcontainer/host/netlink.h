/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * As much of rtnetlink(7) as moving a network device takes. Functions return 0 or a negative errno of
 * the kernel and fill no struct error: the caller knows what the device is for. Where the kernel sends
 * an explanation it lies in `why` until the next request.
 */

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct netlink {
	int fd; /* owned; tied to one network namespace */
	uint32_t sequence;
	char why[160];
};

#define NETLINK_INIT         \
	{                    \
		.fd = -EBADF \
	}

/* For this network namespace (a descriptor), or with a negative one that of the caller. */
int netlink_open(int netns, struct netlink *ret);
void netlink_close(struct netlink *nl);

struct netlink_device {
	int index, master; /* master: index of the bridge or bond it belongs to, 0: none */
	unsigned flags;    /* IFF_*                                                      */
	char name[IFNAMSIZ];
};

/* By name, or with NULL by index; -ENODEV when there is none. */
int netlink_find(struct netlink *nl, const char *name, int index, struct netlink_device *ret);

struct netlink_change {
	const char *name; /* NULL: as it is              */
	int netns;        /* descriptor; negative: stays */
	int master;       /* 0: none                     */
	bool up;
};

/* The move to another network namespace takes it down; `up` and `master` are for one that stays. */
int netlink_change(struct netlink *nl, int index, const struct netlink_change *c);

/* An address as the kernel told it: struct ifaddrmsg and the attributes that make another one like it. */
struct netlink_address {
	uint32_t size;
	char suffix[IFNAMSIZ]; /* of its label, behind the device's name */
	char bytes[192];
};

/* The permanent addresses of global scope, in order. *ret is malloc'd. */
int netlink_addresses(struct netlink *nl, const struct netlink_device *d,
		      struct netlink_address **ret, size_t *n);
int netlink_add_address(struct netlink *nl, const struct netlink_device *d,
			const struct netlink_address *a);
