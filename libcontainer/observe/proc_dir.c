/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/proc_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"

#define TEXT_LIMIT ((size_t)16 << 20)

int proc_dir_open(pid_t pid)
{
	char path[32];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	fd = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? (errno == ENOENT ? -ESRCH : -errno) : fd;
}

/* The folder was opened while the pidfd's process lived: so it is that process's. */
int proc_dir_open_init(struct container *c, struct error *err)
{
	auto_(close_fd) int pidfd = container_init_pidfd(c, err);
	auto_(close_fd) int dir = -EBADF;

	if (pidfd < 0 && pidfd != -ESRCH)
		return pidfd;
	dir = pidfd < 0 ? -ESRCH : proc_dir_open(c->state.init.pid);
	if (dir == -ESRCH || (dir >= 0 && sys_pidfd_send_signal(pidfd, 0) < 0 && errno == ESRCH))
		return failf(err, ESRCH, "container not running");
	return dir < 0 ? codef(err, dir, "look at process %d", (int)c->state.init.pid) : take_fd(dir);
}

const char *proc_dir_bytes(struct arena *a, int dir, const char *file, size_t *n)
{
	auto_str text = STR_INIT;

	if (file_read_at(dir, file, TEXT_LIMIT, &text) < 0)
		return NULL;
	*n = text.n;
	return arena_strndup(a, str_text(&text), text.n);
}

const char *proc_dir_text(struct arena *a, int dir, const char *file)
{
	auto_str text = STR_INIT;
	size_t n;

	if (file_read_at(dir, file, TEXT_LIMIT, &text) < 0)
		return NULL;
	n = text.n;
	while (n && text.s[n - 1] == '\n')
		n--;
	return arena_strndup(a, str_text(&text), n);
}

const char *proc_dir_link(struct arena *a, int dir, const char *name)
{
	char to[PATH_MAX];
	ssize_t n = readlinkat(dir, name, to, sizeof(to));

	return n < 0 ? NULL : arena_strndup(a, to, (size_t)n);
}

const char *status_field(struct arena *a, const char *status, const char *key)
{
	size_t len = strlen(key);

	for (const char *line = status; line && *line;) {
		size_t n = strcspn(line, "\n");

		if (n > len && line[len] == ':' && strncmp(line, key, len) == 0) {
			const char *value = line + len + 1;

			value += strspn(value, " \t");
			return arena_strndup(a, value, n - (size_t)(value - line));
		}
		line += n + (line[n] == '\n');
	}
	return NULL;
}

char *take_line(char **text)
{
	char *line = *text && **text ? *text : NULL;

	if (line) {
		*text += strcspn(line, "\n");
		if (**text)
			*(*text)++ = 0;
	}
	return line;
}
