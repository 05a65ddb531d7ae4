/* SPDX-License-Identifier: Apache-2.0 */
#include "base/self.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macros.h"
#include "base/parse.h"

static const struct {
	const char *name;
	size_t at;
} fields[] = {
	{ "\nSigIgn:\t", offsetof(struct self_status, ignored) },
	{ "\nCapPrm:\t", offsetof(struct self_status, permitted) },
	{ "\nCapBnd:\t", offsetof(struct self_status, bounding) },
};

static struct self_status parse(const char *text)
{
	struct self_status s = { 0 };

	foreach_array(f, fields) {
		const char *at = strstr(text, f->name);
		size_t n = at ? strlen(f->name) : 0;

		if (!at || parse_u64n(at + n, strcspn(at + n, "\n"), 16, (uint64_t *)((char *)&s + f->at)) < 0)
			return (struct self_status){ 0 };
	}
	s.known = true;
	return s;
}

const struct self_status *self_status(void)
{
	static struct self_status status;
	static bool asked;

	if (!asked) {
		auto_(close_fd) int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
		char text[4096];
		ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

		text[n < 0 ? 0 : n] = 0;
		status = parse(text);
		asked = true;
	}
	return &status;
}
