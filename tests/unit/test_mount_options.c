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

/* What the words ask for; data and sb joined by '|'. */
/* clang-format off */
static const struct {
	const char *words[WORDS_MAX];
	struct mount_options want;
	const char *data, *sb;
} cases[] = {
	{ { NULL }, { 0 }, "", "" },
	{ { "defaults", "" }, { 0 }, "", "" },
	{ { "ro" }, { .flags = MS_RDONLY, .attr_set = A(RDONLY) }, "", "ro" },
	{ { "ro", "rw" }, { .attr_clr = A(RDONLY) }, "", "rw" },
	{ { "rw", "ro" }, { .flags = MS_RDONLY, .attr_set = A(RDONLY) }, "", "ro" },
	{ { "nosuid", "noexec", "nodev" },
	  { .flags = MS_NOSUID | MS_NOEXEC | MS_NODEV,
	    .attr_set = A(NOSUID) | A(NOEXEC) | A(NODEV) }, "", "" },
	{ { "nosuid", "suid", "exec", "dev" },
	  { .attr_clr = A(NOSUID) | A(NOEXEC) | A(NODEV) }, "", "" },
	{ { "nosymfollow" }, { .flags = 256, .attr_set = A(NOSYMFOLLOW) }, "", "" },
	{ { "symfollow" }, { .attr_clr = A(NOSYMFOLLOW) }, "", "" },
	{ { "nodiratime" }, { .flags = MS_NODIRATIME, .attr_set = A(NODIRATIME) }, "", "" },
	{ { "diratime" }, { .attr_clr = A(NODIRATIME) }, "", "" },

	{ { "noatime" },
	  { .flags = MS_NOATIME, .attr_set = A(NOATIME), .attr_clr = A(_ATIME) }, "", "" },
	{ { "noatime", "strictatime" },
	  { .flags = MS_STRICTATIME, .attr_set = A(STRICTATIME), .attr_clr = A(_ATIME) }, "", "" },
	{ { "strictatime", "relatime" }, { .flags = MS_RELATIME, .attr_clr = A(_ATIME) }, "", "" },
	{ { "noatime", "atime" }, { .attr_clr = A(_ATIME) }, "", "" },
	{ { "strictatime", "atime" },
	  { .flags = MS_STRICTATIME, .attr_set = A(STRICTATIME), .attr_clr = A(_ATIME) }, "", "" },
	{ { "nostrictatime" }, { .attr_clr = A(_ATIME) }, "", "" },
	{ { "norelatime" }, { .attr_clr = A(_ATIME) }, "", "" },
	{ { "noatime", "ro", "nodiratime" },
	  { .flags = MS_NOATIME | MS_RDONLY | MS_NODIRATIME,
	    .attr_set = A(NOATIME) | A(RDONLY) | A(NODIRATIME), .attr_clr = A(_ATIME) }, "", "ro" },

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

	{ { "bind" }, { .bind = true, .flags = MS_BIND }, "", "" },
	{ { "rbind", "rprivate" },
	  { .bind = true, .rbind = true, .flags = MS_BIND | MS_REC,
	    .propagation = MS_PRIVATE | MS_REC }, "", "" },
	{ { "rbind", "bind" }, { .bind = true, .flags = MS_BIND }, "", "" },
	{ { "bind", "remount", "ro" },
	  { .bind = true, .remount = true, .flags = MS_BIND | MS_REMOUNT | MS_RDONLY,
	    .attr_set = A(RDONLY) }, "", "ro" },
	{ { "shared" }, { .propagation = MS_SHARED }, "", "" },
	{ { "rshared" }, { .propagation = MS_SHARED | MS_REC }, "", "" },
	{ { "slave" }, { .propagation = MS_SLAVE }, "", "" },
	{ { "private" }, { .propagation = MS_PRIVATE }, "", "" },
	{ { "unbindable" }, { .propagation = MS_UNBINDABLE }, "", "" },
	{ { "runbindable" }, { .propagation = MS_UNBINDABLE | MS_REC }, "", "" },
	{ { "shared", "rslave" }, { .propagation = MS_SLAVE | MS_REC }, "", "" },
	{ { "rslave", "shared" },
	  { .propagation = MS_SHARED, .propagation_first = MS_SLAVE | MS_REC }, "", "" },
	{ { "slave", "shared", "private" }, { .propagation = MS_PRIVATE }, "", "" },

	{ { "idmap" }, { .idmap = true }, "", "" },
	{ { "ridmap" }, { .idmap = true, .ridmap = true }, "", "" },
	{ { "ridmap", "idmap" }, { .idmap = true }, "", "" },

	{ { "sync", "dirsync", "mand", "lazytime" },
	  { .flags = MS_SYNCHRONOUS | MS_DIRSYNC | MS_MANDLOCK | MS_LAZYTIME },
	  "", "sync|dirsync|mand|lazytime" },
	{ { "sync", "async", "lazytime", "nolazytime", "nomand" }, { 0 },
	  "", "async|nomand|nolazytime" },
	{ { "silent", "iversion", "acl" },
	  { .flags = MS_SILENT | MS_I_VERSION | MS_POSIXACL,
	    .legacy = MS_SILENT | MS_I_VERSION | MS_POSIXACL }, "", "" },
	{ { "silent", "loud", "iversion", "noiversion", "acl", "noacl" }, { 0 }, "", "" },

	{ { "nosuid", "size=64k", "mode=755", "newinstance" },
	  { .flags = MS_NOSUID, .attr_set = A(NOSUID) }, "size=64k|mode=755|newinstance", "" },
	{ { "ro,size=1m,,nosuid,", "," },
	  { .flags = MS_RDONLY | MS_NOSUID, .attr_set = A(RDONLY) | A(NOSUID) }, "size=1m", "ro" },
	{ { "context=\"a:b:c1,c2\",ro", "lowerdir=/a\\,ro:/b" },
	  { .flags = MS_RDONLY, .attr_set = A(RDONLY) },
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
	ck_assert_uint_eq(o.flags, want->flags);
	ck_assert_uint_eq(o.legacy, want->legacy);
	ck_assert_uint_eq(o.attr_set, want->attr_set);
	ck_assert_uint_eq(o.attr_clr, want->attr_clr);
	ck_assert_uint_eq(o.rec_attr_set, want->rec_attr_set);
	ck_assert_uint_eq(o.rec_attr_clr, want->rec_attr_clr);
	ck_assert_uint_eq(o.propagation, want->propagation);
	ck_assert_uint_eq(o.propagation_first, want->propagation_first);
	ck_assert_int_eq(o.bind, want->bind);
	ck_assert_int_eq(o.rbind, want->rbind);
	ck_assert_int_eq(o.remount, want->remount);
	ck_assert_int_eq(o.idmap, want->idmap);
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
	struct mount_options o = { .flags = 42 };
	struct error e = ERROR_INIT;

	ck_assert_int_eq(mount_options_parse(&m, a, &o, &e), -EINVAL);
	ck_assert_str_eq(e.msg, refused[_i].msg);
	ck_assert_uint_eq(o.flags, 42);
}
END_TEST

START_TEST(mappings_imply_idmap)
{
	auto_(arena_free) struct arena *a = arena_new();
	const char *words[WORDS_MAX] = { "bind" };
	struct spec_idmap map = { .size = 1 };
	struct spec_mount m = mount_of(words);
	struct mount_options o;

	m.uid_mappings.v = m.gid_mappings.v = &map;
	m.uid_mappings.n = m.gid_mappings.n = 1;
	ck_assert_int_eq(mount_options_parse(&m, a, &o, NULL), 0);
	ck_assert(o.idmap && !o.ridmap);
}
END_TEST

START_TEST(tmpcopyup_is_for_tmpfs)
{
	auto_(arena_free) struct arena *a = arena_new();
	const char *words[WORDS_MAX] = { "tmpcopyup" };
	struct spec_mount m = mount_of(words);
	struct mount_options o;

	ck_assert_int_eq(mount_options_parse(&m, a, &o, NULL), 0);
	ck_assert(o.tmpcopyup);
	m.type = "proc";
	ck_assert_int_eq(mount_options_parse(&m, a, &o, NULL), 0);
	ck_assert(!o.tmpcopyup);
	m.type = NULL;
	ck_assert_int_eq(mount_options_parse(&m, a, &o, NULL), 0);
	ck_assert(!o.tmpcopyup);
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
	tcase_add_test(t, mappings_imply_idmap);
	tcase_add_test(t, tmpcopyup_is_for_tmpfs);
	tcase_add_test(t, knows_every_option_of_the_spec);
	suite_add_tcase(s, t);
	return run_suite(s);
}
