/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/mount_options.h"

#include <errno.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/names.h"
#include "base/str.h"
#include "spec/spec.h"

/* linux/mount.h has the MOUNT_ATTR_* that the C library may lack; these came after Linux 5.12. */
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

enum kind {
	NOTHING,   /* taken, without an effect                    */
	SET,       /* a bit of the mount, the superblock, or both */
	CLEAR,     /* ... taken away                              */
	ATIME,     /* one value of the access-time field          */
	ATIME_NOT, /* that value no more: the default, relatime   */
	REC_SET,
	REC_CLEAR,
	REC_ATIME,
	REC_ATIME_NOT,
	PROPAGATION,
	BIND,
	IDMAP,
	BOOL, /* a member of struct mount_options */
};

enum sb_slot { SB_RO, SB_SYNC, SB_DIRSYNC, SB_MAND, SB_LAZYTIME };
_Static_assert(SB_LAZYTIME + 1 == MOUNT_SB_FLAGS_MAX, "a slot for each superblock flag");

struct mount_option {
	char name[16];
	enum kind kind;
	unsigned ms;       /* MS_*: the kind of propagation; MS_REC: the r form of it, of bind, of idmap */
	uint64_t attr;     /* MOUNT_ATTR_*                                                */
	bool sb;           /* a superblock flag of this name, for fsconfig                */
	enum sb_slot slot; /* where that is kept: of two that contradict one stays        */
	size_t member;     /* BOOL                                                        */
};

#define OPT(n, k, m) { .name = n, .kind = k, .ms = m }
#define OPT_ATTR(n, k, a) { .name = n, .kind = k, .attr = a }
#define OPT_SB(n, k, a, s) { .name = n, .kind = k, .attr = a, .sb = true, .slot = s }
#define OPT_BOOL(n, flag) \
	{ .name = n, .kind = BOOL, .member = offsetof(struct mount_options, flag) }

/* By name, for bsearch(3). Those of kind NOTHING are taken without effect: fsconfig(2) has no such flag. */
/* clang-format off */
static const struct mount_option options[] = {
	OPT("acl",                 NOTHING,       0),
	OPT_SB("async",            CLEAR,         0, SB_SYNC),
	OPT_ATTR("atime",          ATIME_NOT,     MOUNT_ATTR_NOATIME),
	OPT("bind",                BIND,          0),
	OPT_BOOL("copy-symlink",   copy_symlink),
	OPT("defaults",            NOTHING,       0),
	OPT_BOOL("dest-nofollow",  dest_nofollow),
	OPT_ATTR("dev",            CLEAR,         MOUNT_ATTR_NODEV),
	OPT_ATTR("diratime",       CLEAR,         MOUNT_ATTR_NODIRATIME),
	OPT_SB("dirsync",          SET,           0, SB_DIRSYNC),
	OPT_ATTR("exec",           CLEAR,         MOUNT_ATTR_NOEXEC),
	OPT("idmap",               IDMAP,         0),
	OPT("iversion",            NOTHING,       0),
	OPT_SB("lazytime",         SET,           0, SB_LAZYTIME),
	OPT("loud",                NOTHING,       0),
	OPT_SB("mand",             SET,           0, SB_MAND),
	OPT("noacl",               NOTHING,       0),
	OPT_ATTR("noatime",        ATIME,         MOUNT_ATTR_NOATIME),
	OPT_ATTR("nodev",          SET,           MOUNT_ATTR_NODEV),
	OPT_ATTR("nodiratime",     SET,           MOUNT_ATTR_NODIRATIME),
	OPT_ATTR("noexec",         SET,           MOUNT_ATTR_NOEXEC),
	OPT("noiversion",          NOTHING,       0),
	OPT_SB("nolazytime",       CLEAR,         0, SB_LAZYTIME),
	OPT_SB("nomand",           CLEAR,         0, SB_MAND),
	OPT_ATTR("norelatime",     ATIME_NOT,     MOUNT_ATTR_RELATIME),
	OPT_ATTR("nostrictatime",  ATIME_NOT,     MOUNT_ATTR_STRICTATIME),
	OPT_ATTR("nosuid",         SET,           MOUNT_ATTR_NOSUID),
	OPT_ATTR("nosymfollow",    SET,           MOUNT_ATTR_NOSYMFOLLOW),
	OPT("private",             PROPAGATION,   MS_PRIVATE),
	OPT_ATTR("ratime",         REC_ATIME_NOT, MOUNT_ATTR_NOATIME),
	OPT("rbind",               BIND,          MS_REC),
	OPT_ATTR("rdev",           REC_CLEAR,     MOUNT_ATTR_NODEV),
	OPT_ATTR("rdiratime",      REC_CLEAR,     MOUNT_ATTR_NODIRATIME),
	OPT_ATTR("relatime",       ATIME,         MOUNT_ATTR_RELATIME),
	OPT_BOOL("remount",        remount),
	OPT_ATTR("rexec",          REC_CLEAR,     MOUNT_ATTR_NOEXEC),
	OPT("ridmap",              IDMAP,         MS_REC),
	OPT_ATTR("rnoatime",       REC_ATIME,     MOUNT_ATTR_NOATIME),
	OPT_ATTR("rnodev",         REC_SET,       MOUNT_ATTR_NODEV),
	OPT_ATTR("rnodiratime",    REC_SET,       MOUNT_ATTR_NODIRATIME),
	OPT_ATTR("rnoexec",        REC_SET,       MOUNT_ATTR_NOEXEC),
	OPT_ATTR("rnorelatime",    REC_ATIME_NOT, MOUNT_ATTR_RELATIME),
	OPT_ATTR("rnostrictatime", REC_ATIME_NOT, MOUNT_ATTR_STRICTATIME),
	OPT_ATTR("rnosuid",        REC_SET,       MOUNT_ATTR_NOSUID),
	OPT_ATTR("rnosymfollow",   REC_SET,       MOUNT_ATTR_NOSYMFOLLOW),
	OPT_SB("ro",               SET,           MOUNT_ATTR_RDONLY, SB_RO),
	OPT("rprivate",            PROPAGATION,   MS_PRIVATE | MS_REC),
	OPT_ATTR("rrelatime",      REC_ATIME,     MOUNT_ATTR_RELATIME),
	OPT_ATTR("rro",            REC_SET,       MOUNT_ATTR_RDONLY),
	OPT_ATTR("rrw",            REC_CLEAR,     MOUNT_ATTR_RDONLY),
	OPT("rshared",             PROPAGATION,   MS_SHARED | MS_REC),
	OPT("rslave",              PROPAGATION,   MS_SLAVE | MS_REC),
	OPT_ATTR("rstrictatime",   REC_ATIME,     MOUNT_ATTR_STRICTATIME),
	OPT_ATTR("rsuid",          REC_CLEAR,     MOUNT_ATTR_NOSUID),
	OPT_ATTR("rsymfollow",     REC_CLEAR,     MOUNT_ATTR_NOSYMFOLLOW),
	OPT("runbindable",         PROPAGATION,   MS_UNBINDABLE | MS_REC),
	OPT_SB("rw",               CLEAR,         MOUNT_ATTR_RDONLY, SB_RO),
	OPT("shared",              PROPAGATION,   MS_SHARED),
	OPT("silent",              NOTHING,       0),
	OPT("slave",               PROPAGATION,   MS_SLAVE),
	OPT_BOOL("src-nofollow",   src_nofollow),
	OPT_ATTR("strictatime",    ATIME,         MOUNT_ATTR_STRICTATIME),
	OPT_ATTR("suid",           CLEAR,         MOUNT_ATTR_NOSUID),
	OPT_ATTR("symfollow",      CLEAR,         MOUNT_ATTR_NOSYMFOLLOW),
	OPT_SB("sync",             SET,           0, SB_SYNC),
	OPT_BOOL("tmpcopyup",      tmpcopyup),
	OPT("unbindable",          PROPAGATION,   MS_UNBINDABLE),
};
/* clang-format on */

const char *mount_option_name(size_t i)
{
	return i < ARRAY_SIZE(options) ? options[i].name : NULL;
}

static int compare_name(const void *key, const void *row)
{
	return strcmp(key, ((const struct mount_option *)row)->name);
}

static const struct mount_option *find(const char *word)
{
	return bsearch(word, options, ARRAY_SIZE(options), sizeof(options[0]), compare_name);
}

/* "idmap=uids=0-1000-1": the row of what stands before the first '='. The only kind of words with a value. */
static const struct mount_option *find_with_value(char *word, const char **value)
{
	char *equals = strchr(word, '=');
	const struct mount_option *row;

	if (!equals)
		return NULL;
	*equals = 0;
	row = find(word);
	*equals = '=';
	*value = equals + 1;
	return row && row->kind == IDMAP ? row : NULL;
}

/* Words of other tools and of plain English. */
/* clang-format off */
static const struct { const char *said, *meant; } habits[] = {
	{ "readonly", "ro" }, { "read-only", "ro" }, { "readwrite", "rw" }, { "read-write", "rw" },
};
/* clang-format on */

const char *mount_option_nearest(const char *word)
{
	/* Of a short word each other one is near. */
	unsigned best = strlen(word) > 5 ? 3 : 2;
	const char *found = NULL;

	foreach_array(habit, habits)
		if (streq(habit->said, word))
			return habit->meant;
	foreach_array(row, options) {
		unsigned d = name_distance(row->name, word);

		if (d < best) {
			best = d;
			found = row->name;
		}
	}
	return found;
}

static void attr_bits(uint64_t *set, uint64_t *clr, uint64_t bits, bool on)
{
	*set = on ? *set | bits : *set & ~bits;
	*clr = on ? *clr & ~bits : *clr | bits;
}

/* The field as a whole is replaced: mount_setattr refuses a part of it in attr_clr. */
static void attr_atime(uint64_t *set, uint64_t *clr, uint64_t mode, bool on)
{
	uint64_t now = *set & MOUNT_ATTR__ATIME;

	if (on)
		now = mode;
	else if (now == mode)
		now = MOUNT_ATTR_RELATIME;
	*set = (*set & ~(uint64_t)MOUNT_ATTR__ATIME) | now;
	*clr |= MOUNT_ATTR__ATIME;
}

static void set_bit(struct mount_options *o, const struct mount_option *row, bool on)
{
	attr_bits(&o->attr_set, &o->attr_clr, row->attr, on);
	if (row->sb)
		o->sb[row->slot] = row->name;
}

/*
 * What was to be done before and now is not to be seen any more: the new word reaches as far. But of what is shared a
 * part stays: a slave receives from its master on ("slave,shared"), and what was private has no master.
 */
static bool is_replaced(unsigned old, unsigned ms)
{
	bool reaches = (ms & MS_REC) || !(old & MS_REC);

	return reaches && (!(ms & MS_SHARED) || (old & MS_SHARED));
}

static void add_propagation(struct mount_options *o, unsigned ms)
{
	while (o->n_propagation && is_replaced(o->propagation[o->n_propagation - 1], ms))
		o->n_propagation--;
	o->propagation[o->n_propagation++] = ms;
}

/* `text`: the string of the config that the word is in. */
static void apply(struct mount_options *o, const struct mount_option *row, const char *value,
		  const char *text)
{
	switch (row->kind) {
	case NOTHING:
		break;
	case SET:
	case CLEAR:
		set_bit(o, row, row->kind == SET);
		break;
	case ATIME:
	case ATIME_NOT:
		attr_atime(&o->attr_set, &o->attr_clr, row->attr, row->kind == ATIME);
		break;
	case REC_SET:
	case REC_CLEAR:
		attr_bits(&o->rec_attr_set, &o->rec_attr_clr, row->attr, row->kind == REC_SET);
		break;
	case REC_ATIME:
	case REC_ATIME_NOT:
		attr_atime(&o->rec_attr_set, &o->rec_attr_clr, row->attr, row->kind == REC_ATIME);
		break;
	case PROPAGATION:
		add_propagation(o, row->ms);
		break;
	case BIND:
		o->bind = true;
		o->rbind |= (row->ms & MS_REC) != 0;
		break;
	case IDMAP:
		o->idmap_option = text;
		o->idmap_text = value;
		o->ridmap = row->ms & MS_REC;
		break;
	case BOOL:
		*(bool *)((char *)o + row->member) = true;
		break;
	}
}

/*
 * Bytes up to the comma that ends the word. A SELinux context in quotes may hold commas, and so may
 * overlayfs paths behind a backslash.
 */
static size_t word_length(const char *s)
{
	bool quoted = false;
	size_t n = 0;

	for (; s[n] && (quoted || s[n] != ','); n++) {
		if (s[n] == '"')
			quoted = !quoted;
		else if (s[n] == '\\' && s[n + 1])
			n++;
	}
	return n;
}

/* fsconfig takes values as they are; quotes are for those who must tell commas from commas. */
static char *unquote(char *word)
{
	char *value = strchr(word, '=');
	size_t n;

	if (!value || value[1] != '"')
		return word;
	value++;
	n = strlen(value);
	if (n < 2 || value[n - 1] != '"')
		return word;
	memmove(value, value + 1, n - 2);
	value[n - 2] = 0;
	return word;
}

static size_t count_words(const struct spec_mount *m)
{
	size_t words = 0;

	foreach_list(text, &m->options) {
		words++;
		for (const char *p = *text; *p; p++)
			words += *p == ',';
	}
	return words;
}

static int add_words(struct mount_options *o, const char *text, struct arena *a, struct error *err)
{
	const char *whole = text;

	while (*text) {
		size_t n = word_length(text);
		const struct mount_option *row;
		const char *value = NULL;
		char *word;

		word = arena_strndup(a, text, n);
		if (!word)
			return sysf(err, "mount options");
		text += n + (text[n] == ',');
		row = find(word);
		if (!row)
			row = find_with_value(word, &value);
		if (row)
			apply(o, row, value, whole);
		else if (*word)
			o->data[o->n_data++] = unquote(word);
	}
	return 0;
}

/* Words that mount(8) keeps for itself (FILESYSTEM-INDEPENDENT MOUNT OPTIONS there): lines of fstab find their way here. */
static bool is_for_fstab(const char *word)
{
	static const char *const words[] = { "_netdev", "auto", "group", "noauto", "nofail",
					     "nouser",  "owner", "user", "users" };

	foreach_array(w, words)
		if (streq(*w, word))
			return true;
	return starts_with(word, "x-") || starts_with(word, "X-") || starts_with(word, "comment=");
}

/* Other runtimes pass over all data of a bind mount; what means nothing to any filesystem can be passed over here. */
static void drop_fstab_words(struct mount_options *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n_data; i++)
		if (!is_for_fstab(o->data[i]))
			o->data[n++] = o->data[i];
	o->n_data = n;
}

static int refuse_data(const struct mount_options *o, struct error *err)
{
	const char *word = o->data[0], *meant = strchr(word, '=') ? NULL : mount_option_nearest(word);

	if (meant)
		return failf(err, EINVAL, "unknown option '%s' on a bind mount, did you mean '%s'?",
			     word, meant);
	return failf(err, EINVAL,
		     "bind mounts cannot have any filesystem-specific options applied: '%s'", word);
}

/* Leaves no holes between the superblock flags that were named. */
static void pack_sb(struct mount_options *o)
{
	for (size_t i = 0; i < MOUNT_SB_FLAGS_MAX; i++) {
		const char *name = o->sb[i];

		o->sb[i] = NULL;
		if (name)
			o->sb[o->n_sb++] = name;
	}
}

static int parse(const struct spec_mount *m, struct arena *a, struct mount_options *o,
		 struct error *err)
{
	size_t words = count_words(m);

	o->data = arena_array_of(a, const char *, words);
	o->propagation = arena_array_of(a, unsigned, words);
	if (!o->data || !o->propagation)
		return sysf(err, "mount options");
	foreach_list(text, &m->options) {
		int r = add_words(o, *text, a, err);

		if (r < 0)
			return r;
	}
	if (o->bind)
		drop_fstab_words(o);
	if (o->bind && o->n_data)
		return refuse_data(o, err);
	pack_sb(o);
	return 0;
}

int mount_options_parse(const struct spec_mount *m, struct arena *a, struct mount_options *ret,
			struct error *err)
{
	struct mount_options o = { 0 };
	int r;

	r = parse(m, a, &o, err);
	if (r < 0) {
		(void)spec_error(m->json, "options", err);
		return r;
	}
	*ret = o;
	return 0;
}
