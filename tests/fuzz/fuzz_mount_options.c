/* SPDX-License-Identifier: Apache-2.0 */
/* Any words, one a line after the type: what comes out must be what the kernel can take. */
#include <linux/mount.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "fs/mount_options.h"

#define WORDS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/*
 * mount_setattr(2): a bit is set or cleared, not both; the access-time field is replaced as a
 * whole.
 */
static void check_attrs(uint64_t set, uint64_t clr)
{
	uint64_t field = MOUNT_ATTR__ATIME;

	must(!(set & clr & ~field));
	must(!(clr & field) || (clr & field) == field);
	must(!(set & field) || (clr & field) == field);
	must((set & field) == MOUNT_ATTR_RELATIME || (set & field) == MOUNT_ATTR_NOATIME ||
	     (set & field) == MOUNT_ATTR_STRICTATIME);
}

static void check_propagation(unsigned p)
{
	p &= ~(unsigned)MS_REC;
	must(p == MS_SHARED || p == MS_SLAVE || p == MS_PRIVATE || p == MS_UNBINDABLE);
}

static void check(const struct mount_options *o)
{
	check_attrs(o->attr_set, o->attr_clr);
	check_attrs(o->rec_attr_set, o->rec_attr_clr);
	for (size_t i = 0; i < o->n_propagation; i++)
		check_propagation(o->propagation[i]);
	must(!o->rbind || o->bind);
	must(!o->ridmap || o->idmap_option);
	must(!o->idmap_text || o->idmap_option);
	must(!o->bind || o->n_data == 0);
	must(o->n_sb <= MOUNT_SB_FLAGS_MAX);
	for (size_t i = 0; i < o->n_sb; i++)
		must(o->sb[i] && *o->sb[i]);
	for (size_t i = 0; i < o->n_data; i++)
		must(o->data[i] && *o->data[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct spec_mount m = { .destination = "/d" };
	const char *words[WORDS_MAX];
	struct error e = ERROR_INIT;
	struct mount_options o;
	char *text, *word;
	int r;

	if (!a || memchr(data, 0, size))
		return 0;
	text = arena_strndup(a, (const char *)data, size);
	m.type = strsep(&text, "\n");
	m.options.v = words;
	while (m.options.n < WORDS_MAX && (word = strsep(&text, "\n")))
		words[m.options.n++] = word;
	r = mount_options_parse(&m, a, &o, &e);
	must((r < 0) == (e.num != 0));
	if (r == 0)
		check(&o);
	return 0;
}
