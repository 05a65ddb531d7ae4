/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/console_socket.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"

#define QUEUE     16
#define PATIENCE  10   /* seconds for the message of who has connected    */
#define TEXT_SIZE 4096 /* what comes with it: the terminal's name, mostly */

static int set_address(const char *path, struct sockaddr_un *address, struct error *err)
{
	size_t n = strlen(path);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (n == 0)
		return failf(err, EINVAL, "the path of the socket is empty");
	if (n >= sizeof(address->sun_path))
		return failf(err, ENAMETOOLONG,
			     "socket '%s': the path has %zu bytes, and may have %zu", path, n,
			     sizeof(address->sun_path) - 1);
	memcpy(address->sun_path, path, n);
	return 0;
}

static int new_socket(struct error *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? sysf(err, "socket") : fd;
}

/* A socket file stays when its program is killed. */
static bool is_abandoned(const struct sockaddr_un *address)
{
	auto_(close_fd) int fd = new_socket(NULL);
	struct stat st;

	if (fd < 0 || lstat(address->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	return connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
		errno == ECONNREFUSED;
}

static int bind_private(int fd, const struct sockaddr_un *address)
{
	mode_t before = umask(0177);
	int r = bind(fd, (const struct sockaddr *)address, sizeof(*address));

	if (r < 0 && errno == EADDRINUSE && is_abandoned(address)) {
		(void)unlink(address->sun_path);
		r = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	}
	umask(before);
	return r;
}

int console_socket_listen(const char *path, struct error *err)
{
	struct sockaddr_un address;
	auto_(close_fd) int fd = -EBADF;
	int r = set_address(path, &address, err);

	if (r < 0)
		return r;
	fd = new_socket(err);
	if (fd < 0)
		return fd;
	if (bind_private(fd, &address) < 0)
		return errno == EADDRINUSE
			? failf(err, EADDRINUSE,
				"socket '%s': there is a file of that name already, choose another",
				path)
			: sysf(err, "make socket '%s'", path);
	if (listen(fd, QUEUE) < 0)
		return sysf(err, "listen on socket '%s'", path);
	return take_fd(fd);
}

/* The first descriptor of a message; others are closed. Negative: it has none. */
static int first_descriptor(struct msghdr *m)
{
	int first = -EBADF, fd;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		size_t n = c->cmsg_len > CMSG_LEN(0) ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(fd) : 0;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (first < 0)
				first = fd;
			else
				close_fd(fd);
		}
	}
	return first;
}

static int read_message(int peer, struct error *err)
{
	char text[TEXT_SIZE];
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(8 * sizeof(int))];
	} rights;
	struct iovec io = { text, sizeof(text) };
	struct msghdr m = {
		.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = &rights,
		.msg_controllen = sizeof(rights),
	};
	auto_(close_fd) int fd = -EBADF;
	ssize_t n = recvmsg(peer, &m, MSG_CMSG_CLOEXEC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return failf(err, ETIMEDOUT,
			     "who connected to the console socket sent nothing for %d s", PATIENCE);
	if (n < 0)
		return errno == ECONNRESET ? -EAGAIN : sysf(err, "read from the console socket");
	fd = first_descriptor(&m);
	if (n == 0 && fd < 0)
		return -EAGAIN;
	if (fd < 0 || !isatty(fd))
		return failf(err, EPROTO, "what came by the console socket is no terminal");
	return take_fd(fd);
}

int console_socket_take(int listener, struct error *err)
{
	const struct timeval patience = { .tv_sec = PATIENCE };
	auto_(close_fd) int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (peer < 0)
		return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED
			? -EAGAIN
			: sysf(err, "accept a connection");
	if (setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		return sysf(err, "set the timeout of a socket");
	return read_message(peer, err);
}
