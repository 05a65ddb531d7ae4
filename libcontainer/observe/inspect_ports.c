/* SPDX-License-Identifier: Apache-2.0 */

/* The sockets of a container's network namespace that listen, and which of its processes has each. */

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/parse.h"
#include "observe/inspect.h"

#define LISTEN 0x0a
#define CLOSED 0x07 /* a UDP socket that is connected to nobody */

struct owner {
	uint64_t inode;
	pid_t pid;
};
struct owners {
	struct owner *v;
	size_t n, room;
};

static void own(struct owners *o, uint64_t inode, pid_t pid)
{
	if (o->n == o->room) {
		size_t room = o->room ? 2 * o->room : 64;
		struct owner *v = reallocarray(o->v, room, sizeof(*v));

		if (!v)
			return;
		o->v = v;
		o->room = room;
	}
	o->v[o->n++] = (struct owner){ inode, pid };
}

/* "socket:[1234]" */
static void sockets_of(struct inspection *i, pid_t pid, struct owners *owners)
{
	auto_(close_fd) int proc = proc_dir_open(pid);
	int dir = proc < 0 ? -1 : openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = dir < 0 ? NULL : fdopendir(dir);
	const struct dirent *e;

	if (!d) {
		close_fd(dir);
		i->vanished++;
		return;
	}
	while ((e = readdir(d))) {
		const char *to = e->d_name[0] == '.' ? NULL : proc_dir_link(i->arena, dirfd(d), e->d_name);
		uint64_t inode;

		if (to && starts_with(to, "socket:[") &&
		    parse_u64n(to + 8, strspn(to + 8, "0123456789"), 10, &inode) == 0)
			own(owners, inode, pid);
	}
	(void)closedir(d);
}

/* Words of 32 bits in hexadecimal, each as this machine has it in memory. */
static bool address(const char *text, size_t n, char *ret, size_t size)
{
	uint32_t words[4];
	size_t count = n / 8;

	if (n % 8 || (count != 1 && count != 4))
		return false;
	for (size_t w = 0; w < count; w++) {
		uint64_t value;

		if (parse_u64n(text + 8 * w, 8, 16, &value) < 0)
			return false;
		words[w] = (uint32_t)value;
	}
	return inet_ntop(count == 1 ? AF_INET : AF_INET6, words, ret, (socklen_t)size);
}

struct table {
	const char *file, *protocol;
	uint64_t state;
};

static void port(struct inspection *i, const struct table *t, const char *at, uint64_t number,
		 const struct owner *owner)
{
	json_object_begin(i->o, NULL);
	json_string(i->o, "protocol", t->protocol);
	json_string(i->o, "address", at);
	json_u64(i->o, "port", number);
	if (owner)
		json_i64(i->o, "pid", owner->pid);
	json_object_end(i->o);
	inspect_row(i, "port", "%s %s %" PRIu64 " pid %d", t->protocol, at, number,
		    owner ? (int)owner->pid : 0);
}

/* "  0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 uid timeout inode ..." */
static void line(struct inspection *i, const struct table *t, char *text, const struct owners *owners)
{
	char local[64], remote[64], at[INET6_ADDRSTRLEN];
	unsigned state;
	uint64_t inode, number;
	const struct owner *owner = NULL;
	const char *colon;

	if (sscanf(text, " %*[0-9]: %63s %63s %x %*s %*s %*s %*s %*s %" SCNu64, local, remote, &state,
		   &inode) != 4 ||
	    state != t->state)
		return;
	colon = strchr(local, ':');
	if (!colon || parse_u64n(colon + 1, strlen(colon + 1), 16, &number) < 0 ||
	    !address(local, (size_t)(colon - local), at, sizeof(at)))
		return;
	for (size_t n = 0; n < owners->n && !owner; n++)
		if (owners->v[n].inode == inode)
			owner = &owners->v[n];
	port(i, t, at, number, owner);
}

int inspect_ports(struct inspection *i, struct error *err)
{
	static const struct table tables[] = { { "net/tcp", "tcp", LISTEN },
					       { "net/tcp6", "tcp6", LISTEN },
					       { "net/udp", "udp", CLOSED },
					       { "net/udp6", "udp6", CLOSED } };
	struct owners owners = { 0 };
	pid_t *pids = NULL;
	size_t n = 0;
	int r = container_pids(i->c, &pids, &n, err);

	if (r < 0)
		return r;
	for (size_t p = 0; p < n; p++)
		sockets_of(i, pids[p], &owners);
	free(pids);
	json_array_begin(i->o, "ports");
	foreach_array(t, tables) {
		char *text = (char *)(uintptr_t)proc_dir_text(i->arena, i->init, t->file), *one;

		while (text && (one = take_line(&text)))
			line(i, t, one, &owners);
	}
	json_array_end(i->o);
	free(owners.v);
	return 0;
}
