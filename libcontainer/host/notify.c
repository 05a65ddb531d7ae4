/* SPDX-License-Identifier: Apache-2.0 */
#include "host/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/file.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/str.h"
#include "base/sys.h"

#define FOLDER "notify"
#define MESSAGE_MAX 4096

const char *notify_wanted(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	return path && *path ? path : NULL;
}

int notify_directory(int dir, char *path, size_t size, struct error *err)
{
	auto_(close_fd) int fd = -EBADF;

	if (mkdirat(dir, FOLDER, 0755) < 0 && errno != EEXIST)
		return sysf(err, "notify directory");
	fd = openat(dir, FOLDER, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || path_of_fd(fd, path, size) < 0)
		return sysf(err, "notify directory");
	return 0;
}

int notify_listen(int dir, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_(close_fd) int fd = -EBADF;

	if (faccessat(dir, FOLDER, F_OK, 0) < 0)
		return -ENOENT;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return sysf(err, "notify socket");
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" FOLDER "/notify.sock",
		 dir);
	(void)unlinkat(dir, FOLDER "/notify.sock", 0);
	/* Whoever the program runs as may write to it. */
	if (fchmod(fd, 0777) < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    fchmodat(dir, FOLDER "/notify.sock", 0777, 0) < 0)
		return sysf(err, "notify socket");
	return take_fd(fd);
}

static void tell_manager(pid_t pid)
{
	const char *path = notify_wanted();
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_(close_fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[64];
	int n = snprintf(text, sizeof(text), "READY=1\nMAINPID=%d\n", (int)pid);
	size_t len = path ? strlen(path) : 0;

	if (fd < 0 || !len || len >= sizeof(address.sun_path)) {
		log_warn("cannot notify '%s'", path ? path : "");
		return;
	}
	memcpy(address.sun_path, path, len);
	if (path[0] == '@') /* abstract */
		address.sun_path[0] = 0;
	if (sendto(fd, text, (size_t)n, MSG_NOSIGNAL, (struct sockaddr *)&address,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		log_warn("notify '%s': %s", path, errno_words(errno));
}

/* A message is lines of KEY=VALUE. */
static bool says_ready(const char *message)
{
	for (const char *line = message; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (starts_with(line, "READY=1") && (line[7] == '\n' || !line[7]))
			return true;
	}
	return false;
}

bool notify_take(int socket, pid_t pid)
{
	char message[MESSAGE_MAX + 1];
	ssize_t n = recv(socket, message, MESSAGE_MAX, MSG_DONTWAIT);

	if (n < 0)
		return false;
	message[n] = 0;
	if (!says_ready(message))
		return false;
	tell_manager(pid);
	return true;
}

void notify_forward(int socket, int pidfd, pid_t pid)
{
	struct pollfd p[] = { { .fd = socket, .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };

	for (;;) {
		if (poll(p, ARRAY_SIZE(p), -1) < 0 && errno != EINTR)
			return;
		if (!(p[0].revents & POLLIN)) {
			if (p[1].revents)
				return;
			continue;
		}
		if (notify_take(socket, pid))
			return;
	}
}
