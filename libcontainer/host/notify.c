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
#include "base/file.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/parse.h"
#include "base/str.h"
#include "base/sys.h"

#define FOLDER "notify"
#define SOCKET FOLDER "/notify.sock"
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

/* Of a child that has the program's ids already, as they are here. */
static int uid_of(pid_t pid, uid_t *ret)
{
	auto_str status = STR_INIT;
	uint64_t uid = 0;
	const char *at;
	char path[32];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	r = file_read_at(AT_FDCWD, path, 1 << 20, &status);
	at = r < 0 ? NULL : strstr(str_text(&status), "\nUid:\t");
	if (!at)
		return r < 0 ? r : -EPROTO;
	at += strlen("\nUid:\t");
	r = parse_u64n(at, strspn(at, "0123456789"), 10, &uid);
	*ret = (uid_t)uid;
	return r;
}

/*
 * For the container's user and root: another user of the host must not say that the container is ready. Who may not give
 * a file away has his state in a folder that is his alone, and lets in whoever gets that far.
 */
static int restrict_to(int dir, pid_t pid)
{
	uid_t uid = 0;
	int r = uid_of(pid, &uid);

	if (r < 0)
		return r;
	if (fchownat(dir, SOCKET, uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) == 0)
		return fchmodat(dir, SOCKET, 0700, 0) < 0 ? -errno : 0;
	return errno != EPERM && errno != EINVAL ? -errno : fchmodat(dir, SOCKET, 0777, 0) < 0 ? -errno : 0;
}

int notify_listen(int dir, pid_t pid, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_(close_fd) int fd = -EBADF;
	int r;

	if (faccessat(dir, FOLDER, F_OK, 0) < 0)
		return -ENOENT;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return sysf(err, "notify socket");
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" SOCKET, dir);
	(void)unlinkat(dir, SOCKET, 0);
	/* Closed until it is known for whom. */
	if (fchmod(fd, 0) < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return sysf(err, "notify socket");
	r = restrict_to(dir, pid);
	if (r < 0)
		return codef(err, r, "owner of the notify socket");
	return take_fd(fd);
}

static void notify_manager(pid_t pid)
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
static bool is_ready_message(const char *message)
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
	if (!is_ready_message(message))
		return false;
	notify_manager(pid);
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
