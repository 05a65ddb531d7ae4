/* SPDX-License-Identifier: Apache-2.0 */

/*
 * orlop-criu: speaks CRIU's protobuf for the runtime, which decides. A program of its own, so that the library is no part
 * of a runtime that others use for everything else (docs/decisions/0013-criu-helper.md).
 *
 * Standard input is a SOCK_SEQPACKET socket to the runtime, descriptor 3 one to `criu swrk`. What comes from one goes
 * to the other, translated (translate.h), a descriptor that comes with it as well. The end of either is the end: CRIU
 * then sees the end of its own and takes back what it has begun.
 */

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "criu/translate.h"

#define RUNTIME     0
#define CRIU        3
#define PACKET_MAX  196608

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

/* Bytes; 0 at the end; or a negative errno. *fd: what came with it, or -EBADF. */
static ssize_t receive(int from, char *to, size_t room, int *fd)
{
	union control control;
	struct iovec part = { .iov_base = to, .iov_len = room };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	ssize_t n;

	*fd = -EBADF;
	do
		n = recvmsg(from, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return m.msg_flags & MSG_TRUNC ? -EMSGSIZE : n;
}

static int pass_on(int to, const void *data, size_t n, int fd)
{
	union control control = { 0 };
	struct iovec part = { .iov_base = (void *)data, .iov_len = n };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
						   .cmsg_level = SOL_SOCKET,
						   .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	return sendmsg(to, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int to_criu(const char *words, size_t n)
{
	auto_(free_ptr) void *owned = NULL;
	uint8_t *packed = NULL;
	size_t packed_n = 0;
	int r = translate_request(words, n, &packed, &packed_n);

	owned = packed;
	return r < 0 ? r : pass_on(CRIU, packed, packed_n, -EBADF);
}

static int to_runtime(const char *packed, size_t n, int fd)
{
	auto_str words = STR_INIT;
	int r = translate_answer((const uint8_t *)packed, n, &words);

	return r < 0 ? r : pass_on(RUNTIME, words.s, words.n, fd);
}

/* 1: go on; 0: the end of one of them; or a negative errno. */
static int carry(int from)
{
	static char packet[PACKET_MAX];
	auto_(close_fd) int fd = -EBADF;
	ssize_t n = receive(from, packet, sizeof(packet), &fd);
	int r;

	if (n <= 0)
		return n == -ECONNRESET ? 0 : (int)n;
	r = from == CRIU ? to_runtime(packet, (size_t)n, fd) : to_criu(packet, (size_t)n);
	return r < 0 ? r : 1;
}

int main(int argc, char **argv)
{
	struct pollfd fds[] = { { .fd = RUNTIME, .events = POLLIN }, { .fd = CRIU, .events = POLLIN } };
	int r = 1;

	(void)argv;
	if (argc != 1) {
		fprintf(stderr, "usage: orlop-criu\nA part of orlop, which runs it.\n");
		return 2;
	}
	while (r > 0) {
		if (poll(fds, 2, -1) < 0) {
			if (errno != EINTR)
				return EXIT_FAILURE;
			continue; /* what it says of an earlier time is not to be believed */
		}
		/* CRIU's last word before its end. */
		if (fds[1].revents)
			r = carry(CRIU);
		else if (fds[0].revents)
			r = carry(RUNTIME);
	}
	if (r < 0)
		(void)fprintf(stderr, "orlop-criu: %s\n", strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
