/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/mountinfo.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "base/str.h"
#include "observe/proc_dir.h"

/* "\040" is a blank, in place. */
static char *unescape(char *text)
{
	char *to = text;
	uint64_t byte;

	for (const char *at = text; *at;) {
		if (*at == '\\' && parse_u64n(at + 1, 3, 8, &byte) == 0) {
			*to++ = (char)byte;
			at += 4;
		} else {
			*to++ = *at++;
		}
	}
	*to = 0;
	return text;
}

/* "shared:1 master:2", "unbindable" or nothing. */
static const char *propagation_of(const char *fields)
{
	bool shared = strstr(fields, "shared:"), slave = strstr(fields, "master:");

	if (shared && slave)
		return "shared,slave";
	if (shared || slave)
		return shared ? "shared" : "slave";
	return strstr(fields, "unbindable") ? "unbindable" : "private";
}

/* 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue */
static bool parse(char *line, struct mount_line *m)
{
	char *rest = strstr(line, " - "), *at = line, *word[6];
	int32_t id, parent;

	if (!rest)
		return false;
	*rest = 0;
	rest += 3;
	for (size_t i = 0; i < ARRAY_SIZE(word); i++) {
		word[i] = strsep(&at, " ");
		if (!word[i])
			return false;
	}
	if (parse_i32(word[0], &id) < 0 || parse_i32(word[1], &parent) < 0)
		return false;
	*m = (struct mount_line){
		.id = id,
		.parent = parent,
		.device = word[2],
		.root = unescape(word[3]),
		.target = unescape(word[4]),
		.options = word[5],
		.propagation = propagation_of(at ? at : ""),
	};
	m->type = strsep(&rest, " ");
	m->source = rest ? unescape(strsep(&rest, " ")) : "";
	m->data = rest ? rest : "";
	return m->type;
}

int mountinfo_read(struct arena *a, int proc_dir, struct mount_lines *ret)
{
	char *text = (char *)(uintptr_t)proc_dir_text(a, proc_dir, "mountinfo"), *line;
	size_t room = 0;

	*ret = (struct mount_lines){ 0 };
	if (!text)
		return -errno;
	for (const char *c = text; *c; c++)
		room += *c == '\n';
	ret->v = arena_array_of(a, struct mount_line, room + 1);
	if (!ret->v)
		return -ENOMEM;
	while ((line = take_line(&text)) && ret->n <= room)
		ret->n += parse(line, &ret->v[ret->n]);
	return 0;
}

const struct mount_line *mountinfo_at(const struct mount_lines *m, const char *target)
{
	for (size_t i = m->n; i-- > 0;)
		if (streq(m->v[i].target, target))
			return &m->v[i];
	return NULL;
}

bool mountinfo_has(const char *options, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = options; *at;) {
		size_t len = strcspn(at, ",");

		if (len == n && strncmp(at, word, n) == 0)
			return true;
		at += len + (at[len] == ',');
	}
	return false;
}
