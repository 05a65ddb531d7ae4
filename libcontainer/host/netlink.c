/* SPDX-License-Identifier: Apache-2.0 */
#include "host/netlink.h"

#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/macros.h"
#include "base/str.h"
#include "base/sys.h"

#define HELPER_SECONDS 10
#define ANSWER_SIZE 32768 /* the kernel's largest piece of a dump */

/* ---- messages ---- */

struct request {
	struct nlmsghdr head;
	char body[480];
};

static struct request request_of(uint16_t type, uint16_t flags, const void *fixed, size_t size)
{
	struct request r = {
		.head = {
			.nlmsg_len = (uint32_t)NLMSG_LENGTH(size),
			.nlmsg_type = type,
			.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
		},
	};

	memcpy(r.body, fixed, size);
	return r;
}

/* Attributes of ours have a bounded size: names, numbers, addresses. */
static void add(struct request *r, uint16_t type, const void *value, size_t size)
{
	size_t at = NLMSG_ALIGN(r->head.nlmsg_len) - NLMSG_HDRLEN;
	struct rtattr a = { .rta_len = (uint16_t)RTA_LENGTH(size), .rta_type = type };

	if (at + RTA_SPACE(size) > sizeof(r->body))
		return;
	memcpy(r->body + at, &a, sizeof(a));
	memcpy(r->body + at + RTA_LENGTH(0), value, size);
	r->head.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + at + RTA_LENGTH(size));
}

static void add_text(struct request *r, uint16_t type, const char *text)
{
	add(r, type, text, strlen(text) + 1);
}

static void add_number(struct request *r, uint16_t type, int value)
{
	add(r, type, &value, sizeof(value));
}

/* The first attribute of that type among those from `at` on, or NULL. */
static const struct rtattr *attribute(const struct nlmsghdr *h, size_t fixed, uint16_t type)
{
	const char *at = (const char *)h + NLMSG_LENGTH(NLMSG_ALIGN(fixed));
	const char *end = (const char *)h + h->nlmsg_len;

	while (end - at >= (ptrdiff_t)sizeof(struct rtattr)) {
		const struct rtattr *a = (const struct rtattr *)at;

		if (a->rta_len < sizeof(*a) || a->rta_len > end - at)
			return NULL;
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return a;
		at += RTA_ALIGN(a->rta_len);
	}
	return NULL;
}

static void text_of(const struct rtattr *a, char *to, size_t room)
{
	to[0] = 0;
	if (a)
		snprintf(to, room, "%.*s", (int)RTA_PAYLOAD(a), (const char *)RTA_DATA(a));
}

/* ---- the exchange ---- */

/* The text behind the echoed header (NETLINK_EXT_ACK, NETLINK_CAP_ACK). */
static int failure(struct netlink *nl, const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = (const struct nlmsgerr *)NLMSG_DATA(h);

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(*e)))
		return -EPROTO;
	if (h->nlmsg_flags & NLM_F_ACK_TLVS)
		text_of(attribute(h, sizeof(*e), NLMSGERR_ATTR_MSG), nl->why, sizeof(nl->why));
	return e->error;
}

/* A list that broke off says so at its end (netlink_dump_done() in the kernel). */
static int end_of_list(const struct nlmsghdr *h)
{
	int error = 0;

	if (h->nlmsg_len >= NLMSG_LENGTH(sizeof(error)))
		memcpy(&error, NLMSG_DATA(h), sizeof(error));
	return error < 0 ? error : 0;
}

typedef int answer_fn(const struct nlmsghdr *h, void *data);

/* 1: all is said. */
static int take_answers(struct netlink *nl, const char *buffer, size_t n, answer_fn *fn, void *data)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)buffer;
	int r;

	for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
		if (h->nlmsg_seq != nl->sequence)
			continue;
		if (h->nlmsg_type == NLMSG_DONE) {
			r = end_of_list(h);
			return r < 0 ? r : 1;
		}
		if (h->nlmsg_type == NLMSG_ERROR) {
			r = failure(nl, h);
			return r < 0 ? r : 1;
		}
		r = fn ? fn(h, data) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* Every request is acknowledged, so there is an end to wait for. */
static int exchange(struct netlink *nl, struct request *r, answer_fn *fn, void *data)
{
	auto_(free) char *buffer = malloc(ANSWER_SIZE);
	ssize_t n;
	int done;

	if (!buffer)
		return -ENOMEM;
	nl->why[0] = 0;
	r->head.nlmsg_seq = ++nl->sequence;
	r->head.nlmsg_flags |= NLM_F_ACK;
	if (send(nl->fd, r, r->head.nlmsg_len, 0) < 0)
		return -errno;
	do {
		do
			n = recv(nl->fd, buffer, ANSWER_SIZE, 0);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return -errno;
		done = take_answers(nl, buffer, (size_t)n, fn, data);
	} while (done == 0);
	return done < 0 ? done : 0;
}

/* ---- the socket ---- */

static int new_socket(void)
{
	const int on = 1;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd >= 0) {
		(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
		(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	}
	return fd;
}

static int replace_socket(int netns, int number)
{
	int fd;

	if (setns(netns, CLONE_NEWNET) < 0)
		return errno;
	fd = new_socket();
	if (fd < 0 || dup3(fd, number, O_CLOEXEC) < 0)
		return errno;
	close_fd(fd);
	return 0;
}

/*
 * A socket stays in the network namespace it was made in. So a helper that shares our descriptors goes
 * there and leaves its socket in the place of ours; we go nowhere.
 */
static int replace_by_helper(int netns, int number)
{
	struct clone_args args = { .flags = CLONE_FILES | CLONE_VFORK, .exit_signal = SIGCHLD };
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	int status, r;

	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(replace_socket(netns, number));
	r = child_wait(pid, HELPER_SECONDS, &status);
	if (r < 0)
		return r;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECANCELED;
}

int netlink_open(int netns, struct netlink *ret)
{
	auto_(close_fd) int fd = new_socket();
	int r;

	if (fd < 0)
		return -errno;
	r = netns < 0 ? 0 : replace_by_helper(netns, fd);
	if (r < 0)
		return r;
	*ret = (struct netlink){ .fd = take_fd(fd) };
	return 0;
}

void netlink_close(struct netlink *nl)
{
	close_fd(nl->fd);
	nl->fd = -EBADF;
}

/* ---- devices ---- */

static int take_device(const struct nlmsghdr *h, void *data)
{
	const struct ifinfomsg *m = (const struct ifinfomsg *)NLMSG_DATA(h);
	const struct rtattr *master;
	struct netlink_device *d = data;

	if (h->nlmsg_type != RTM_NEWLINK || h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)))
		return -EPROTO;
	*d = (struct netlink_device){ .index = m->ifi_index, .flags = m->ifi_flags };
	text_of(attribute(h, sizeof(*m), IFLA_IFNAME), d->name, sizeof(d->name));
	master = attribute(h, sizeof(*m), IFLA_MASTER);
	if (master && RTA_PAYLOAD(master) == sizeof(int))
		memcpy(&d->master, RTA_DATA(master), sizeof(int));
	return 0;
}

int netlink_find(struct netlink *nl, const char *name, int index, struct netlink_device *ret)
{
	const struct ifinfomsg head = { .ifi_family = AF_UNSPEC, .ifi_index = name ? 0 : index };
	struct request r = request_of(RTM_GETLINK, 0, &head, sizeof(head));

	if (name)
		add_text(&r, IFLA_IFNAME, name);
	return exchange(nl, &r, take_device, ret);
}

int netlink_change(struct netlink *nl, int index, const struct netlink_change *c)
{
	const struct ifinfomsg head = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = index,
		.ifi_flags = c->up ? IFF_UP : 0,
		.ifi_change = c->up ? IFF_UP : 0,
	};
	struct request r = request_of(RTM_NEWLINK, 0, &head, sizeof(head));

	if (c->name)
		add_text(&r, IFLA_IFNAME, c->name);
	if (c->netns >= 0)
		add_number(&r, IFLA_NET_NS_FD, c->netns);
	if (c->master)
		add_number(&r, IFLA_MASTER, c->master);
	return exchange(nl, &r, NULL, NULL);
}

/* ---- addresses ---- */

struct address_list {
	const struct netlink_device *device;
	struct netlink_address *v;
	size_t n;
};

/* What a device in its new place is told again; the rest is the kernel's to find out. */
static const uint16_t kept_attributes[] = {
	IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST, IFA_CACHEINFO, IFA_RT_PRIORITY, IFA_PROTO,
};

static void keep_attributes(const struct nlmsghdr *h, uint32_t flags, struct netlink_address *a)
{
	const uint32_t found_out = IFA_F_SECONDARY | IFA_F_TENTATIVE | IFA_F_DADFAILED;
	struct ifaddrmsg head = *(const struct ifaddrmsg *)NLMSG_DATA(h);
	struct request r;

	head.ifa_flags = 0;
	r = request_of(RTM_NEWADDR, 0, &head, sizeof(head));
	foreach_array(type, kept_attributes) {
		const struct rtattr *found = attribute(h, sizeof(head), *type);

		if (found)
			add(&r, *type, RTA_DATA(found), RTA_PAYLOAD(found));
	}
	add_number(&r, IFA_FLAGS, (int)(flags & ~found_out));
	a->size = r.head.nlmsg_len - NLMSG_HDRLEN;
	if (a->size <= sizeof(a->bytes))
		memcpy(a->bytes, r.body, a->size);
}

/* "eth0:web" is a label of eth0: another device's has another beginning. */
static void keep_label(const struct nlmsghdr *h, const char *name, struct netlink_address *a)
{
	char label[IFNAMSIZ];

	text_of(attribute(h, sizeof(struct ifaddrmsg), IFA_LABEL), label, sizeof(label));
	a->suffix[0] = 0;
	if (starts_with(label, name))
		snprintf(a->suffix, sizeof(a->suffix), "%s", label + strlen(name));
}

static int take_address(const struct nlmsghdr *h, void *data)
{
	const struct ifaddrmsg *m = (const struct ifaddrmsg *)NLMSG_DATA(h);
	struct address_list *list = data;
	struct netlink_address *v;
	const struct rtattr *wide;
	uint32_t flags;

	if (h->nlmsg_type != RTM_NEWADDR || h->nlmsg_len < NLMSG_LENGTH(sizeof(*m)))
		return -EPROTO;
	wide = attribute(h, sizeof(*m), IFA_FLAGS);
	flags = m->ifa_flags;
	if (wide && RTA_PAYLOAD(wide) == sizeof(flags))
		memcpy(&flags, RTA_DATA(wide), sizeof(flags));
	if (m->ifa_index != (unsigned)list->device->index || !(flags & IFA_F_PERMANENT) ||
	    m->ifa_scope != RT_SCOPE_UNIVERSE)
		return 0;
	v = reallocarray(list->v, list->n + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	list->v = v;
	keep_attributes(h, flags, &v[list->n]);
	keep_label(h, list->device->name, &v[list->n]);
	if (v[list->n].size > sizeof(v->bytes))
		return -EMSGSIZE;
	list->n++;
	return 0;
}

int netlink_addresses(struct netlink *nl, const struct netlink_device *d,
		      struct netlink_address **ret, size_t *n)
{
	const struct ifaddrmsg all = { .ifa_family = AF_UNSPEC };
	struct request r = request_of(RTM_GETADDR, NLM_F_DUMP, &all, sizeof(all));
	struct address_list list = { .device = d };
	int e = exchange(nl, &r, take_address, &list);

	if (e < 0) {
		free(list.v);
		return e;
	}
	*ret = list.v;
	*n = list.n;
	return 0;
}

int netlink_add_address(struct netlink *nl, const struct netlink_device *d,
			const struct netlink_address *a)
{
	struct request r = request_of(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, a->bytes, a->size);
	uint32_t index = (uint32_t)d->index;

	memcpy(r.body + offsetof(struct ifaddrmsg, ifa_index), &index, sizeof(index));
	if (a->suffix[0] && strlen(d->name) + strlen(a->suffix) < IFNAMSIZ) {
		char label[2 * IFNAMSIZ];

		snprintf(label, sizeof(label), "%s%s", d->name, a->suffix);
		add_text(&r, IFA_LABEL, label);
	}
	return exchange(nl, &r, NULL, NULL);
}
