/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/mount_options.h"

#include <check.h>
#include <errno.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "tests/lib/suite.h"

#define WORDS_MAX 8
#define A(name) MOUNT_ATTR_##name
#define PROPAGATION(...)                                \
	.propagation = (unsigned[]){ __VA_ARGS__ },     \
	.n_propagation = sizeof((unsigned[]){ __VA_ARGS__ }) / sizeof(unsigned)

/* What the words ask for; data and sb joined by '|'. */
/* clang-format off */
static const struct {
	const char *words[WORDS_MAX];
	struct mount_options want;
	const char *data, *sb;
} cases[] = {
	{ { NULL }, { 0 }, "", "" },
	{ { "defaults", "" }, { 0 }, "", "" },
	{ { "ro" }, { .attr_set = A(RDONLY) }, "", "ro" },
	{ { "ro", "rw" }, { .attr_clr = A(RDONLY) }, "", "rw" },
	{ { "rw", "ro" }, { .attr_set = A(RDONLY) }, "", "ro" },
	{ { "nosuid", "noexec", "nodev" },
	  { .attr_set = A(NOSUID) | A(NOEXEC) | A(NODEV) }, "", "" },
	{ { "nosuid", "suid", "exec", "dev" },
	  { .attr_clr = A(NOSUID) | A(NOEXEC) | A(NODEV) }, "", "" },
	{ { "nosymfollow" }, { .attr_set = A(NOSYMFOLLOW) }, "", "" },
	{ { "symfollow" }, { .attr_clr = A(NOSYMFOLLOW) }, "", "" },
	{ { "nodiratime" }, { .attr_set = A(NODIRATIME) }, "", "" },
	{ { "diratime" }, { .attr_clr = A(NODIRATIME) }, "", "" },

	{ { "noatime" },
	  { .attr_set = A(NOATIME), .attr_clr = A(_ATIME) }, "", "" },
	{ { "noatime", "strictatime" },
	  { .attr_set = A(STRICTATIME), .attr_clr = A(_ATIME) }, "", "" },
	{ { "strictatime", "relatime" }, { .attr_clr = A(_ATIME) }, "", "" },
	{ { "noatime", "atime" }, { .attr_clr = A(_ATIME) }, "", "" },
	{ { "strictatime", "atime" },
	  { .attr_set = A(STRICTATIME), .attr_clr = A(_ATIME) }, "", "" },
	{ { "nostrictatime" }, { .attr_clr = A(_ATIME) }, "", "" },
	{ { "norelatime" }, { .attr_clr = A(_ATIME) }, "", "" },
	{ { "noatime", "ro", "nodiratime" },
	  { .attr_set = A(NOATIME) | A(RDONLY) | A(NODIRATIME), .attr_clr = A(_ATIME) }, "", "ro" },

	{ { "rro", "rnosuid", "rnodev", "rnoexec", "rnodiratime", "rnosymfollow" },
	  { .rec_attr_set = A(RDONLY) | A(NOSUID) | A(NODEV) | A(NOEXEC) | A(NODIRATIME) |
			    A(NOSYMFOLLOW) }, "", "" },
	{ { "rrw", "rsuid", "rdev", "rexec", "rdiratime", "rsymfollow" },
	  { .rec_attr_clr = A(RDONLY) | A(NOSUID) | A(NODEV) | A(NOEXEC) | A(NODIRATIME) |
			    A(NOSYMFOLLOW) }, "", "" },
	{ { "rro", "rrw" }, { .rec_attr_clr = A(RDONLY) }, "", "" },
	{ { "rnoatime" }, { .rec_attr_set = A(NOATIME), .rec_attr_clr = A(_ATIME) }, "", "" },
	{ { "rstrictatime" },
	  { .rec_attr_set = A(STRICTATIME), .rec_attr_clr = A(_ATIME) }, "", "" },
	{ { "rrelatime" }, { .rec_attr_clr = A(_ATIME) }, "", "" },
	{ { "rnoatime", "ratime" }, { .rec_attr_clr = A(_ATIME) }, "", "" },
	{ { "rnorelatime", "rnostrictatime" }, { .rec_attr_clr = A(_ATIME) }, "", "" },

	{ { "bind" }, { .bind = true }, "", "" },
	{ { "rbind", "rprivate" },
	  { .bind = true, .rbind = true, PROPAGATION(MS_PRIVATE | MS_REC) }, "", "" },
	/* Flags add up: the mounts below come along. */
	{ { "rbind", "bind" }, { .bind = true, .rbind = true }, "", "" },
	{ { "bind", "rbind" }, { .bind = true, .rbind = true }, "", "" },
	{ { "rbind,ro", "rprivate", "bind" },
	  { .bind = true, .rbind = true, .attr_set = A(RDONLY), PROPAGATION(MS_PRIVATE | MS_REC) },
	  "", "ro" },
	{ { "bind", "remount", "ro" },
	  { .bind = true, .remount = true, .attr_set = A(RDONLY) }, "", "ro" },
	{ { "shared" }, { PROPAGATION(MS_SHARED) }, "", "" },
	{ { "rshared" }, { PROPAGATION(MS_SHARED | MS_REC) }, "", "" },
	{ { "slave" }, { PROPAGATION(MS_SLAVE) }, "", "" },
	{ { "private" }, { PROPAGATION(MS_PRIVATE) }, "", "" },
	{ { "unbindable" }, { PROPAGATION(MS_UNBINDABLE) }, "", "" },
	{ { "runbindable" }, { PROPAGATION(MS_UNBINDABLE | MS_REC) }, "", "" },
	{ { "shared", "rslave" }, { PROPAGATION(MS_SLAVE | MS_REC) }, "", "" },
	{ { "rslave", "shared" },
	  { PROPAGATION(MS_SLAVE | MS_REC, MS_SHARED) }, "", "" },
	{ { "rprivate", "private" },
	  { PROPAGATION(MS_PRIVATE | MS_REC, MS_PRIVATE) }, "", "" },
	{ { "private", "rprivate" }, { PROPAGATION(MS_PRIVATE | MS_REC) }, "", "" },
	{ { "private", "shared" }, { PROPAGATION(MS_PRIVATE, MS_SHARED) }, "", "" },
	{ { "rslave", "shared", "private" },
	  { PROPAGATION(MS_SLAVE | MS_REC, MS_PRIVATE) }, "", "" },
	{ { "rslave", "shared", "rshared", "rshared" },
	  { PROPAGATION(MS_SLAVE | MS_REC, MS_SHARED | MS_REC) }, "", "" },
	{ { "slave", "shared", "private" }, { PROPAGATION(MS_PRIVATE) }, "", "" },

	{ { "idmap" }, { .idmap_option = "idmap" }, "", "" },
	{ { "ridmap" }, { .idmap_option = "ridmap", .ridmap = true }, "", "" },
	{ { "ridmap", "idmap" }, { .idmap_option = "idmap" }, "", "" },
	{ { "idmap=uids=0-1-1#2-3-4;gids=0-1-1,ro", "bind" },
	  { .bind = true, .idmap_option = "idmap=uids=0-1-1#2-3-4;gids=0-1-1,ro", .attr_set = A(RDONLY),
	    .idmap_text = "uids=0-1-1#2-3-4;gids=0-1-1" }, "", "ro" },
	{ { "ridmap=uids=@0-1-1" },
	  { .idmap_option = "ridmap=uids=@0-1-1", .ridmap = true, .idmap_text = "uids=@0-1-1" }, "", "" },
	{ { "idmapped=1", "ro=1" }, { 0 }, "idmapped=1|ro=1", "" },

	{ { "sync", "dirsync", "mand", "lazytime" },
	  { 0 }, "", "sync|dirsync|mand|lazytime" },
	{ { "sync", "async", "lazytime", "nolazytime", "nomand" }, { 0 },
	  "", "async|nomand|nolazytime" },
	{ { "silent", "iversion", "acl" }, { 0 }, "", "" },
	{ { "silent", "loud", "iversion", "noiversion", "acl", "noacl" }, { 0 }, "", "" },

	{ { "nosuid", "size=64k", "mode=755", "newinstance" },
	  { .attr_set = A(NOSUID) }, "size=64k|mode=755|newinstance", "" },
	{ { "ro,size=1m,,nosuid,", "," },
	  { .attr_set = A(RDONLY) | A(NOSUID) }, "size=1m", "ro" },
	{ { "context=\"a:b:c1,c2\",ro", "lowerdir=/a\\,ro:/b" },
	  { .attr_set = A(RDONLY) },
	  "context=a:b:c1,c2|lowerdir=/a\\,ro:/b", "ro" },
	{ { "a=\"", "b=\"\"", "c=\"x", "\"d,e\"" }, { 0 }, "a=\"|b=|c=\"x|\"d,e\"", "" },
	{ { "RO", "x\\" }, { 0 }, "RO|x\\", "" },
};
/* clang-format on */

static struct spec_mount mount_of(const char *const *words)
{
	struct spec_mount m = { .destination = "/d", .type = "tmpfs" };

	m.options.v = (const char **)words;
	while (m.options.n < WORDS_MAX && words[m.options.n])
		m.options.n++;
	return m;
}

static const char *joined(const char *const *v, size_t n, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = 0;
	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? "|" : "", v[i]);
	return buf;
}

START_TEST(understands)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct spec_mount m = mount_of(cases[_i].words);
	const struct mount_options *want = &cases[_i].want;
	struct mount_options o;
	struct error e = ERROR_INIT;
	char buf[256];

	ck_assert_int_eq(mount_options_parse(&m, a, &o, &e), 0);
	ck_assert_uint_eq(o.attr_set, want->attr_set);
	ck_assert_uint_eq(o.attr_clr, want->attr_clr);
	ck_assert_uint_eq(o.rec_attr_set, want->rec_attr_set);
	ck_assert_uint_eq(o.rec_attr_clr, want->rec_attr_clr);
	ck_assert_uint_eq(o.n_propagation, want->n_propagation);
	for (size_t i = 0; i < o.n_propagation; i++)
		ck_assert_uint_eq(o.propagation[i], want->propagation[i]);
	ck_assert_int_eq(o.bind, want->bind);
	ck_assert_int_eq(o.rbind, want->rbind);
	ck_assert_int_eq(o.remount, want->remount);
	ck_assert_pstr_eq(o.idmap_option, want->idmap_option);
	ck_assert_pstr_eq(o.idmap_text, want->idmap_text);
	ck_assert_int_eq(o.ridmap, want->ridmap);
	ck_assert_str_eq(joined(o.data, o.n_data, buf, sizeof(buf)), cases[_i].data);
	ck_assert_str_eq(joined(o.sb, o.n_sb, buf, sizeof(buf)), cases[_i].sb);
}
END_TEST

/* clang-format off */
static const struct {
	const char *words[WORDS_MAX];
	const char *msg;
} refused[] = {
	{ { "bind", "size=5" },
	  "bind mounts cannot have any filesystem-specific options applied: 'size=5'" },
	{ { "uid=0", "ro", "rbind" },
	  "bind mounts cannot have any filesystem-specific options applied: 'uid=0'" },
	{ { "rbind", "nosiud" },
	  "unknown option 'nosiud' on a bind mount, did you mean 'nosuid'?" },
};
/* clang-format on */

START_TEST(refuses)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct spec_mount m = mount_of(refused[_i].words);
	struct mount_options o = { .attr_set = 42 };
	struct error e = ERROR_INIT;

	ck_assert_int_eq(mount_options_parse(&m, a, &o, &e), -EINVAL);
	ck_assert_str_eq(e.msg, refused[_i].msg);
	ck_assert_uint_eq(o.attr_set, 42);
}
END_TEST

/* The words the runtime-spec's table of mount options lists for Linux. */
static const char *const of_the_spec[] = {
	"async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "idmap",
	"iversion", "lazytime", "loud", "mand", "noatime", "nodev", "nodiratime", "noexec",
	"noiversion", "nolazytime", "nomand", "norelatime", "nostrictatime", "nosuid",
	"nosymfollow", "private", "ratime", "rbind", "rdev", "rdiratime", "relatime", "remount",
	"rexec", "ridmap", "rnoatime", "rnodev", "rnodiratime", "rnoexec", "rnorelatime",
	"rnostrictatime", "rnosuid", "rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw",
	"rshared", "rslave", "rstrictatime", "rsuid", "rsymfollow", "runbindable", "rw", "shared",
	"silent", "slave", "strictatime", "suid", "symfollow", "sync", "tmpcopyup", "unbindable",
};

/* M5: None may end as data; the table must be sorted, for it is searched by halves. */
START_TEST(knows_every_option_of_the_spec)
{
	auto_(arena_free) struct arena *a = arena_new();
	const char *previous = "", *name;

	foreach_array(word, of_the_spec) {
		struct spec_mount m = { .destination = "/d",
					.options = { (const char **)word, 1 } };
		struct mount_options o;

		ck_assert_int_eq(mount_options_parse(&m, a, &o, NULL), 0);
		ck_assert_msg(o.n_data == 0, "'%s' is not in the table", *word);
	}
	for (size_t i = 0; (name = mount_option_name(i)); i++) {
		ck_assert_str_lt(previous, name);
		previous = name;
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mount_options");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, understands, 0, (int)ARRAY_SIZE(cases));
	tcase_add_loop_test(t, refuses, 0, (int)ARRAY_SIZE(refused));
	tcase_add_test(t, knows_every_option_of_the_spec);
	suite_add_tcase(s, t);
	return run_suite(s);
}
