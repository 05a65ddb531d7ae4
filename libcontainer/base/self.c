/* SPDX-License-Identifier: Apache-2.0 */
#include "base/self.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/parse.h"
#include "base/proc.h"
#include "base/str.h"

static const struct {
	const char *name;
	size_t at;
} fields[] = {
	{ "SigIgn", offsetof(struct self_status, ignored) },
	{ "CapPrm", offsetof(struct self_status, permitted) },
	{ "CapBnd", offsetof(struct self_status, bounding) },
};

static struct self_status parse(const char *text)
{
	struct self_status s = { 0 };

	foreach_array(f, fields) {
		const char *at = proc_status_value(text, f->name);

		if (parse_u64n(at, strcspn(at, "\n"), 16, (uint64_t *)((char *)&s + f->at)) < 0)
			return (struct self_status){ 0 };
	}
	s.known = true;
	return s;
}

const struct self_status *self_status(void)
{
	static struct self_status status;
	static enum { ASKED, UNASKED } state = UNASKED;
	char room[4096];
	auto_str text = STR_ON(room);

	if (state == ASKED)
		return &status;
	/* Whoever is in 65536 groups has a long one. */
	if (file_read_piece_at(AT_FDCWD, "/proc/self/status", 1U << 20, &text) == 0)
		status = parse(str_text(&text));
	state = ASKED;
	return &status;
}

/* PROC_USER_INIT_INO of the kernel, which programs rely on; since Linux 6.18 in its linux/nsfs.h. */
#define FIRST_USERNS_INODE 0xeffffffdU

bool self_in_first_userns(void)
{
	static enum { UNASKED, FIRST, LATER } known;
	struct stat st;

	if (known == UNASKED)
		known = stat("/proc/self/ns/user", &st) < 0 || st.st_ino == FIRST_USERNS_INODE ? FIRST : LATER;
	return known == FIRST;
}

bool self_may_mknod(void)
{
	const struct self_status *s = self_status();

	return (!s->known || s->permitted >> CAP_MKNOD & 1) && self_in_first_userns();
}

bool self_may_join(void)
{
	const struct self_status *s = self_status();

	return !s->known || (s->permitted >> CAP_SYS_ADMIN & 1);
}
