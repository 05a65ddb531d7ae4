/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/criu_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"

#define LOG_MAX   ((off_t)4 << 20)
#define LINES_MAX 3
#define QUOTED_MAX 300

/* Errors that follow from others, or are none. */
static const char noise[][48] = {
	"rlimit: Can't setup RLIMIT_NOFILE for self",
	"Dumping FAILED",
	"Restoring FAILED",
	"Pre-dumping FAILED",
	"Dump files (pid:",
	"Can't keep kdat cache",
	"Killing them",
	"exited, status=",
	"killed by signal 9",
	"RPC error",
	"Running rpc",
	"Can't save stat",
};

/* clang-format off */
static const struct {
	char words[56], advice[128];
} causes[] = {
	{ "--tcp-established",             "established TCP connections: --tcp-established, or let them end" },
	{ "In-flight connection",          "a connection is being made: --tcp-skip-in-flight, or try again" },
	{ "--ext-unix-sk",                 "a unix socket whose other end is outside: --ext-unix-sk for datagrams" },
	{ "half of stream unix",           "a unix stream socket whose other end is outside the container: let it be closed" },
	{ "External socket is used",       "a unix socket whose other end is outside: --ext-unix-sk for datagrams" },
	{ "--shell-job",                   "the container has the terminal of a shell: --shell-job" },
	{ "Found dangling tty",            "the container has the terminal of a shell: --shell-job" },
	{ "outside of its pid namespace",  "a session that began outside of the container: --shell-job" },
	{ "file locks",                    "files are locked: --file-locks" },
	{ "link-remap",                    "an open file was removed or renamed: --link-remap" },
	{ "Can't create link remap",       "an open file was removed or renamed: --link-remap" },
	{ "ghost-limit",                   "a big file was removed while open: a ghost-limit in CRIU's configuration" },
	{ "ghost file",                    "a file was removed while open: a ghost-limit in CRIU's configuration" },
	{ "soft-dirty",                    "this kernel does not track changed memory (CONFIG_MEM_SOFT_DIRTY): no --pre-dump, no --parent-path" },
	{ "Memory tracking",               "this kernel does not track changed memory (CONFIG_MEM_SOFT_DIRTY): no --pre-dump, no --parent-path" },
	{ "doesn't have a proper root",    "a mount that config.json does not list, perhaps a hook's: list it, or unmount it first" },
	{ "unreachable sharing",           "a mount that shares with the host: make it private, or enable-external-masters in CRIU's configuration" },
	{ "Can't lookup mount",            "an open file that lies outside of the container: let it be closed" },
	{ "Can't create a temporary directory: Read-only", "a read-only root needs a folder /tmp for CRIU: make it in the root filesystem" },
	{ "No mapping for",                "the checkpoint has a bind mount that config.json lacks: add it" },
	{ "Can't restore external file",   "a file from outside of the container" },
	{ "io_uring",                      "io_uring cannot be checkpointed" },
	{ "anon_inode:[perf",              "perf events cannot be checkpointed" },
	{ "seccomp",                       "this kernel does not let CRIU suspend seccomp" },
	{ "Cannot assign requested addr",  "the network has not the address of the checkpoint: the same address, or restore without --tcp-established" },
	{ "Can't bind inet socket",        "the network has not the address of the checkpoint, or the port is taken" },
	{ "Can't fork for",                "the process number is taken in a pid namespace that the container shares" },
	{ "lsm profile",                   "the profile of the security module is not loaded on this host" },
	{ "iptables",                      "CRIU locks the network by iptables or nftables: install one, or network-lock skip in CRIU's configuration" },
	{ "Can't lock network",            "CRIU locks the network by iptables or nftables: install one, or network-lock skip in CRIU's configuration" },
	{ "No space left on device",       "the image directory's filesystem is full" },
	{ "vdso",                          "this CRIU is too old for this kernel" },
	{ "vDSO",                          "this CRIU is too old for this kernel" },
};
/* clang-format on */

static const char *advice_for(const char *line)
{
	foreach_array(cause, causes)
		if (strstr(line, cause->words))
			return cause->advice;
	return NULL;
}

static bool is_noise(const char *line)
{
	foreach_array(words, noise)
		if (strstr(line, *words))
			return true;
	return false;
}

/* "(00.06) Error (criu/mount.c:753): mnt: text": from "mnt:" on, or NULL when it is no error. */
static const char *error_of(const char *line)
{
	const char *at = strstr(line, "Error ("), *end = at ? strstr(at, "): ") : NULL;

	return end ? end + 3 : NULL;
}

/* Printable, and not too long; the log quotes names that the container chose. */
static void add_line(struct str *out, const char *line)
{
	size_t n = strnlen(line, QUOTED_MAX);

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)line[i];

		str_addn(out, c < ' ' || c == 0x7f ? "?" : &line[i], 1);
	}
	if (line[n])
		str_add(out, "...");
}

void criu_log_explain(const char *text, size_t n, struct str *out)
{
	const char *at = text, *end = text + n, *advice = NULL;
	unsigned lines = 0;
	char line[1024];

	while (at < end && lines < LINES_MAX) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((newline ? newline : end) - at);
		const char *error;

		(void)memcpy(line, at, min_of(length, sizeof(line) - 1));
		line[min_of(length, sizeof(line) - 1)] = 0;
		at += length + 1;
		error = error_of(line);
		if (!error || is_noise(error))
			continue;
		str_add(out, lines++ ? "; " : "");
		add_line(out, error);
		if (!advice)
			advice = advice_for(error);
	}
	if (advice)
		str_printf(out, " (%s)", advice);
}

void criu_log_read(int dir, const char *name, struct str *out)
{
	auto_(close_fd) int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	auto_str text = STR_INIT;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (st.st_size > LOG_MAX && lseek(fd, st.st_size - LOG_MAX, SEEK_SET) < 0)
		return;
	if (file_read_fd(fd, (size_t)LOG_MAX + 65536, &text) == 0)
		criu_log_explain(str_text(&text), text.n, out);
}
