/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net_devices.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/macros.h"
#include "host/netlink.h"
#include "spec/spec.h"

struct device {
	const struct spec_net_device *spec;
	struct netlink_device before; /* on the host                                       */
	struct netlink_device inside; /* name: on its way, one that nobody has; then its own */
	struct netlink_address *addresses;
	size_t n_addresses;
	bool moved;
};

struct net_devices {
	int host_ns, netns; /* owned */
	struct netlink host, inside;
	size_t n;
	struct device v[];
};

void net_devices_free(struct net_devices *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n; i++)
		free(d->v[i].addresses);
	netlink_close(&d->host);
	netlink_close(&d->inside);
	close_fd(d->host_ns);
	close_fd(d->netns);
	free(d);
}

/* ---- the namespace ---- */

static int open_netns(int joined, pid_t child, struct error *err)
{
	char path[48];
	int fd;

	if (joined >= 0)
		fd = fcntl(joined, F_DUPFD_CLOEXEC, 3);
	else {
		snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)child);
		fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	}
	return fd < 0 ? sysf(err, "open the container's network namespace") : fd;
}

static int open_all(struct net_devices *d, int joined, pid_t child, struct error *err)
{
	int r;

	d->netns = open_netns(joined, child, err);
	if (d->netns < 0)
		return d->netns;
	d->host_ns = openat(AT_FDCWD, "/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (d->host_ns < 0)
		return sysf(err, "open '/proc/self/ns/net'");
	r = netlink_open(-EBADF, &d->host);
	if (r < 0)
		return codef(err, r, "rtnetlink socket");
	r = netlink_open(d->netns, &d->inside);
	return r < 0 ? codef(err, r, "rtnetlink socket in the container's network namespace") : 0;
}

/* ---- one device ---- */

/* The kernel's own explanation where there is one. */
static int refusal(const struct device *d, const struct netlink *nl, int r, const char *what,
		   struct error *err)
{
	codef(err, r, "network device '%s': %s%s%s%s", d->spec->host_name, what,
	      *nl->why ? " (" : "", nl->why, *nl->why ? ")" : "");
	return spec_error(d->spec->json, NULL, err);
}

static const char *wanted_name(const struct device *d)
{
	return d->spec->name ? d->spec->name : d->spec->host_name;
}

static int clash(const struct device *d, struct error *err)
{
	failf(err, EEXIST,
	      "network device '%s': the container's network namespace has a device '%s' already; a "
	      "name with '%%d' lets the kernel choose a free one",
	      d->spec->host_name, wanted_name(d));
	return spec_error(d->spec->json, d->spec->name ? "name" : NULL, err);
}

/* Before anything is moved. */
static int look(struct net_devices *all, struct device *d, struct error *err)
{
	struct netlink_device other;
	int r = netlink_find(&all->host, d->spec->host_name, 0, &d->before);

	if (r < 0)
		return refusal(d, &all->host, r, "not found", err);
	r = netlink_addresses(&all->host, &d->before, &d->addresses, &d->n_addresses);
	if (r < 0)
		return refusal(d, &all->host, r, "read its addresses", err);
	if (!strstr(wanted_name(d), "%d") &&
	    netlink_find(&all->inside, wanted_name(d), 0, &other) == 0)
		return clash(d, err);
	return 0;
}

static int add_addresses(struct netlink *nl, struct device *d, const struct netlink_device *to)
{
	int r = 0;

	for (size_t i = 0; i < d->n_addresses && r == 0; i++)
		r = netlink_add_address(nl, to, &d->addresses[i]);
	return r;
}

/*
 * Under a name nobody has: the kernel moves first and renames then, so that a clash of the wanted name
 * would leave the device inside under its old one.
 */
static int leave_host(struct net_devices *all, struct device *d, struct error *err)
{
	const struct netlink_change away = { .name = d->inside.name, .netns = all->netns };
	int r;

	snprintf(d->inside.name, sizeof(d->inside.name), "o%x-%u", (unsigned)getpid(),
		 (unsigned)(d - all->v) & 0xffff);
	r = netlink_change(&all->host, d->before.index, &away);
	if (r < 0)
		return refusal(d, &all->host, r, "move it into the container", err);
	d->moved = true;
	r = netlink_find(&all->inside, d->inside.name, 0, &d->inside);
	return r < 0 ? refusal(d, &all->inside, r, "find it in the container", err) : 0;
}

static int settle(struct net_devices *all, struct device *d, struct error *err)
{
	const struct netlink_change name = { .name = wanted_name(d), .netns = -EBADF };
	const struct netlink_change up = { .up = true, .netns = -EBADF };
	int r = netlink_change(&all->inside, d->inside.index, &name);

	if (r == -EEXIST)
		return clash(d, err);
	if (r < 0)
		return refusal(d, &all->inside, r, "rename it", err);
	/* What the kernel made of a template. */
	r = netlink_find(&all->inside, NULL, d->inside.index, &d->inside);
	if (r == 0)
		r = add_addresses(&all->inside, d, &d->inside);
	if (r < 0)
		return refusal(d, &all->inside, r, "give it its addresses again", err);
	r = netlink_change(&all->inside, d->inside.index, &up);
	return r < 0 ? refusal(d, &all->inside, r, "set it up", err) : 0;
}

/* ---- and back ---- */

static int bring_back(struct net_devices *all, struct device *d)
{
	char name[IFNAMSIZ];
	const struct netlink_change back = { .name = name, .netns = all->host_ns };
	const struct netlink_change as_before = {
		.name = d->before.name,
		.netns = -EBADF,
		.master = d->before.master,
	};
	const struct netlink_change up = { .up = true, .netns = -EBADF };
	struct netlink_device now;
	int r;

	snprintf(name, sizeof(name), "o%x-%u", (unsigned)getpid(), (unsigned)(d - all->v) & 0xffff);
	r = netlink_change(&all->inside, d->inside.index, &back);
	if (r == 0)
		r = netlink_find(&all->host, name, 0, &now);
	if (r == 0)
		r = netlink_change(&all->host, now.index, &as_before);
	if (r == 0)
		r = add_addresses(&all->host, d, &now);
	if (r == 0 && (d->before.flags & IFF_UP))
		r = netlink_change(&all->host, now.index, &up);
	d->moved = false;
	return r;
}

void net_devices_return(struct net_devices *d)
{
	for (size_t i = d ? d->n : 0; i-- > 0;) {
		int r = d->v[i].moved ? bring_back(d, &d->v[i]) : 0;

		if (r < 0)
			log_warn("network device '%s' is not as before on the host: %s",
				 d->v[i].before.name, errno_words(-r));
	}
}

/* ---- all ---- */

static int move_all(struct net_devices *d, struct error *err)
{
	static int (*const steps[])(struct net_devices *, struct device *, struct error *) = {
		look,
		leave_host,
		settle,
	};

	for (size_t s = 0; s < ARRAY_SIZE(steps); s++)
		for (size_t i = 0; i < d->n; i++) {
			int r = steps[s](d, &d->v[i], err);

			if (r < 0)
				return r;
		}
	return 0;
}

int net_devices_move(const struct spec_linux *l, int joined, pid_t child,
		     struct net_devices **ret, struct error *err)
{
	auto_(net_devices_free) struct net_devices *d = NULL;
	int r;

	*ret = NULL;
	if (!l->net_devices.n)
		return 0;
	d = calloc(1, sizeof(*d) + l->net_devices.n * sizeof(d->v[0]));
	if (!d)
		return sysf(err, "network devices");
	d->host_ns = d->netns = -EBADF;
	d->host = d->inside = (struct netlink)NETLINK_INIT;
	d->n = l->net_devices.n;
	for (size_t i = 0; i < d->n; i++)
		d->v[i].spec = &l->net_devices.v[i];
	r = open_all(d, joined, child, err);
	if (r == 0)
		r = move_all(d, err);
	if (r < 0) {
		net_devices_return(d);
		return r;
	}
	*ret = take_ptr(d);
	return 0;
}
