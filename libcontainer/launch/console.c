/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/console.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "spec/spec.h"

#define TIMEOUT 10 /* seconds that the other may take */

static int connect_to(const char *path, struct error *err)
{
	const struct timeval timeout = { .tv_sec = TIMEOUT };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_(close_fd) int fd = -EBADF;
	size_t n = strlen(path);

	if (n >= sizeof(address.sun_path))
		return failf(err, ENAMETOOLONG, "socket '%s': a path of more than %zu bytes", path,
			     sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, n);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return sysf(err, "socket");
	/* For connect(2) too, which waits while the other's queue is full. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
		return sysf(err, "set the timeout of a socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return sysf(err, "connect to socket '%s'", path);
	return take_fd(fd);
}

int socket_send_fd(const char *path, int fd, const char *text, struct error *err)
{
	auto_(close_fd) int to = connect_to(path, err);
	struct iovec io = { (void *)(uintptr_t)text, strlen(text) };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} rights = {
		.head = {
			.cmsg_len = CMSG_LEN(sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		},
	};
	struct msghdr m = {
		.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = &rights,
		.msg_controllen = sizeof(rights),
	};

	if (to < 0)
		return to;
	memcpy(CMSG_DATA(&rights.head), &fd, sizeof(fd));
	if (sendmsg(to, &m, MSG_NOSIGNAL) != (ssize_t)io.iov_len)
		return sysf(err, "send a descriptor to socket '%s'", path);
	return 0;
}

/*
 * A terminal writes CR LF for a newline, which a terminal that shows it needs, and nobody else wants. Before the program
 * can write.
 */
int console_plain_newlines(int master, struct error *err)
{
	struct termios t;

	if (isatty(STDOUT_FILENO))
		return 0;
	if (tcgetattr(master, &t) < 0)
		return sysf(err, "console");
	t.c_oflag &= ~(tcflag_t)ONLCR;
	return tcsetattr(master, TCSANOW, &t) < 0 ? sysf(err, "console") : 0;
}

int console_set_size(int master, const struct spec_box *size, struct error *err)
{
	struct winsize w = { 0 };

	if (!size)
		return 0;
	w.ws_row = (unsigned short)size->height;
	w.ws_col = (unsigned short)size->width;
	if (ioctl(master, TIOCSWINSZ, &w) < 0) {
		sysf(err, "console size %ux%u", w.ws_col, w.ws_row);
		return spec_error(size->json, NULL, err);
	}
	return 0;
}
