/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve/resolve.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/macros.h"
#include "spec/spec.h"
#include "tests/lib/suite.h"

/* The text stands between these two, on line 2. */
#define BEFORE "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\n"
#define AFTER "}"

#define MOUNT(destination, type, source, options)                                              \
	"\"mounts\":[{\"destination\":\"" destination "\",\"type\":\"" type "\",\"source\":\"" source \
	"\",\"options\":[" options "]}]"
#define PROPAGATION(...)                                \
	.propagation = (unsigned[]){ __VA_ARGS__ },     \
	.n_propagation = sizeof((unsigned[]){ __VA_ARGS__ }) / sizeof(unsigned)
#define MAP "{\"containerID\":0,\"hostID\":1000,\"size\":1}"
#define USERNS "\"linux\":{\"namespaces\":[{\"type\":\"user\"}],\"uidMappings\":[" MAP "],\"gidMappings\":[" MAP "]}"

/* clang-format off */
static const struct {
	const char *text;
	unsigned line;
	const char *at, *msg;
} refused[] = {
	{ "\"mounts\":[{\"destination\":\"/a\",\"type\":\"tmpfs\",\n\"options\":[\"ro\",\n\"idmap\"]}]",
	  4, "/mounts/0/options/1",
	  "option 'idmap' needs 'uidMappings' and 'gidMappings', or a user namespace" },
	{ MOUNT("/", "tmpfs", "", "\"ro\""), 2, "/mounts/0/destination",
	  "'/' is the root itself, which 'root.path' names: nothing is mounted over it" },
	{ MOUNT("//..", "tmpfs", "", "\"ro\""), 2, "/mounts/0/destination",
	  "'//..' is the root itself, which 'root.path' names: nothing is mounted over it" },
	{ MOUNT("/a", "none", "/s", "\"ro\""), 2, "/mounts/0/type",
	  "'none' is no filesystem: a bind mount needs 'bind' or 'rbind' in 'options'" },
	{ MOUNT("/a", "bind", "/s", "\"ro\""), 2, "/mounts/0/type",
	  "'bind' is no filesystem: a bind mount needs 'bind' or 'rbind' in 'options'" },
	{ "\"mounts\":[{\"destination\":\"/a\",\"source\":\"/s\"}]", 2, "/mounts/0",
	  "a mount that is no bind mount needs a 'type'; for a bind mount put \"bind\" or \"rbind\" in "
	  "'options'" },
	{ "\"mounts\":[{\"destination\":\"/a\",\"options\":[\"bind\"]}]", 2, "/mounts/0",
	  "a bind mount needs a 'source'" },
	{ MOUNT("/a", "bind", "/s", "\"bind\",\"size=5\""), 2, "/mounts/0/options",
	  "bind mounts cannot have any filesystem-specific options applied: 'size=5'" },
	{ MOUNT("/a", "tmpfs", "t", "\"idmap\"") "," USERNS, 2, "/mounts/0/options",
	  "a new filesystem has the ids of the container's user namespace: 'idmap' needs 'uidMappings' "
	  "and 'gidMappings'" },
	{ "\"mounts\":[{\"destination\":\"/a\",\"type\":\"cgroup\",\"uidMappings\":[" MAP "],"
	  "\"gidMappings\":[" MAP "]}]", 2, "/mounts/0", "cgroups cannot be idmapped" },
	{ "\"mounts\":[{\"destination\":\"/a\",\"type\":\"tmpfs\",\"uidMappings\":[" MAP ",\n" MAP
	  "],\"gidMappings\":[" MAP "]}]", 3, "/mounts/0/uidMappings/1",
	  "overlaps the mapping on line 2" },
	{ "\"linux\":{\"readonlyPaths\":[\"/a\"]}", 2, "/linux/readonlyPaths",
	  "unable to restrict sys entries without a private mount namespace" },
};
/* clang-format on */

START_TEST(refuses)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	struct resolve_input in = { .bundle = AT_FDCWD };
	const struct resolved *resolved = NULL;
	struct error e = ERROR_INIT;
	char text[2048];

	snprintf(text, sizeof(text), "%s%s%s", BEFORE, refused[_i].text, AFTER);
	ck_assert_msg(spec_parse_config(text, strlen(text), "config.json", &doc, &e) == 0, "%s: %s",
		      e.msg, text);
	in.spec = doc->spec;
	ck_assert_msg(resolve_config(&in, doc->arena, &resolved, &e) == -EINVAL, "accepted: %s", text);
	ck_assert_ptr_null(resolved);
	ck_assert_str_eq(e.msg, refused[_i].msg);
	ck_assert_str_eq(e.at, refused[_i].at);
	ck_assert_str_eq(e.file, "config.json");
	ck_assert_uint_eq(e.line, refused[_i].line);
	/* Without a place for the message the code is the same. */
	ck_assert_int_eq(resolve_config(&in, doc->arena, &resolved, NULL), -EINVAL);
}
END_TEST

/* The same with a report: it goes on, and the report has the same words at the same place. */
START_TEST(reports)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	auto_problems report = { 0 };
	struct resolve_input in = { .bundle = AT_FDCWD, .report = &report };
	const struct resolved *resolved = NULL;
	struct error e = ERROR_INIT;
	char text[2048], pointer[512];

	snprintf(text, sizeof(text), "%s%s%s", BEFORE, refused[_i].text, AFTER);
	ck_assert_int_eq(problems_init(&report, &e), 0);
	ck_assert_int_eq(spec_examine_config(text, strlen(text), "config.json", &report, &doc, &e), 0);
	in.spec = doc->spec;
	ck_assert_msg(resolve_config(&in, doc->arena, &resolved, &e) == 0, "%s", e.msg);
	ck_assert_ptr_nonnull(resolved);
	ck_assert_int_eq(problems_sort(&report, &e), 0);
	ck_assert_uint_ge(report.n, 1);
	ck_assert_int_eq(report.v[0].severity, PROBLEM_ERROR);
	ck_assert_str_eq(report.v[0].message, refused[_i].msg);
	ck_assert_str_eq(json_pointer(report.v[0].json, pointer, sizeof(pointer)), refused[_i].at);
	ck_assert_uint_eq(report.v[0].line, refused[_i].line);
}
END_TEST

/* ---- what is taken ---- */

static const struct resolved *resolve(const char *members, struct spec_doc **doc)
{
	struct resolve_input in = { .bundle = AT_FDCWD };
	const struct resolved *resolved = NULL;
	struct error e = ERROR_INIT;
	char text[2048];

	snprintf(text, sizeof(text), "%s%s%s", BEFORE, members, AFTER);
	ck_assert_msg(spec_parse_config(text, strlen(text), "config.json", doc, &e) == 0, "%s", e.msg);
	in.spec = (*doc)->spec;
	ck_assert_msg(resolve_config(&in, (*doc)->arena, &resolved, &e) == 0, "%s: %s", e.at, e.msg);
	return resolved;
}

/* The options for fsconfig(2), as "key=value" with a space between. */
static const char *options_text(const struct resolved_mount *m, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = 0;
	for (size_t i = 0; i < m->n_options; i++) {
		const char *value = m->options[i].value;

		n += (size_t)snprintf(buf + n, size - n, "%s%s%s%s", i ? " " : "", m->options[i].key,
				      value ? "=" : "", value ? value : "");
	}
	return buf;
}

/* clang-format off */
static const struct {
	const char *text;
	struct resolved_mount want;
	const char *options;
} taken[] = {
	{ MOUNT("/a", "tmpfs", "t", "\"ro\",\"size=1m\",\"nosuid\",\"sync\""),
	  { .kind = MOUNT_FILESYSTEM, .type = "tmpfs", .mode_of_target = true,
	    .top.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID }, "source=t sync size=1m" },
	{ MOUNT("/a", "tmpfs", "t", "\"mode=700\",\"tmpcopyup\",\"noswap\""),
	  { .kind = MOUNT_FILESYSTEM, .type = "tmpfs", .copy_up = true }, "source=t mode=700 noswap" },
	{ MOUNT("/a", "ext4", "/dev/x", "\"ro\",\"data=journal\""),
	  { .kind = MOUNT_FILESYSTEM, .type = "ext4", .top.set = MOUNT_ATTR_RDONLY },
	  "source=/dev/x ro data=journal" },
	{ "\"mounts\":[{\"destination\":\"/p\",\"type\":\"proc\"}]",
	  { .kind = MOUNT_FILESYSTEM, .type = "proc", .target = TARGET_PLAIN }, "source=proc" },
	{ MOUNT("/a", "cgroup", "cgroup", "\"ro\""),
	  { .kind = MOUNT_CGROUP, .top.set = MOUNT_ATTR_RDONLY }, "source=tmpfs mode=755" },
	/* The type of a bind mount means nothing. */
	{ MOUNT("/a", "proc", "/s", "\"bind\",\"rro\",\"slave\""),
	  { .kind = MOUNT_BIND, .tree.set = MOUNT_ATTR_RDONLY, PROPAGATION(MS_SLAVE) }, "" },
	{ MOUNT("/a", "none", "/s", "\"rbind\",\"rshared\""),
	  { .kind = MOUNT_BIND, .recursive = true, .keeps_peers = true,
	    PROPAGATION(MS_SHARED | MS_REC) }, "" },
	{ MOUNT("/a", "none", "/s", "\"bind\",\"tmpcopyup\""), { .kind = MOUNT_BIND }, "" },
	{ MOUNT("/a", "none", "/s", "\"bind\",\"ridmap\"") "," USERNS,
	  { .kind = MOUNT_BIND, .idmap = { .wanted = true, .recursive = true } }, "" },
	{ "\"mounts\":[{\"destination\":\"/a\",\"source\":\"/s\",\"options\":[\"bind\"],\"uidMappings\":["
	  MAP "],\"gidMappings\":[" MAP "]}]",
	  { .kind = MOUNT_BIND, .idmap.wanted = true }, "" },
	{ MOUNT("/", "none", "/", "\"remount\",\"ro\""),
	  { .kind = MOUNT_REMOUNT, .top.set = MOUNT_ATTR_RDONLY }, "" },
};
/* clang-format on */

START_TEST(takes)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	const struct resolved *resolved = resolve(taken[_i].text, &doc);
	const struct resolved_mount *want = &taken[_i].want, *got = resolved->mounts.v;
	char buf[512];

	ck_assert_uint_eq(resolved->mounts.n, 1);
	ck_assert_int_eq(got->kind, want->kind);
	ck_assert_pstr_eq(got->type, want->type);
	ck_assert_int_eq(got->recursive, want->recursive);
	ck_assert_int_eq(got->copy_up, want->copy_up);
	ck_assert_int_eq(got->mode_of_target, want->mode_of_target);
	ck_assert_int_eq(got->keeps_peers, want->keeps_peers);
	ck_assert_int_eq(got->target, want->target);
	ck_assert_uint_eq(got->top.set, want->top.set);
	ck_assert_uint_eq(got->tree.set, want->tree.set);
	ck_assert_uint_eq(got->n_propagation, want->n_propagation);
	for (size_t i = 0; i < got->n_propagation; i++)
		ck_assert_uint_eq(got->propagation[i], want->propagation[i]);
	ck_assert_int_eq(got->idmap.wanted, want->idmap.wanted);
	ck_assert_int_eq(got->idmap.recursive, want->idmap.recursive);
	ck_assert_str_eq(options_text(got, buf, sizeof(buf)), taken[_i].options);
}
END_TEST

/* clang-format off */
static const struct {
	const char *destination, *type; /* of a mount after that of a procfs on /proc */
	const char *path;
	uint64_t magic;
	size_t length;
} hidden[] = {
	{ "/x",       "tmpfs", "/proc/keys",     PROC_SUPER_MAGIC, 5 },
	{ "/x",       "tmpfs", "/procfs",        0,                0 },
	{ "/sys/",    "sysfs", "/sys/firmware",  SYSFS_MAGIC,      4 },
	{ "/proc",    "tmpfs", "/proc/keys",     0,                5 },
	{ "/proc/a",  "tmpfs", "/proc/a/b",      PROC_SUPER_MAGIC, 5 },
	{ "/proc/a",  "sysfs", "/proc/a/b",      SYSFS_MAGIC,      7 },
};
/* clang-format on */

START_TEST(knows_what_a_path_lies_in)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	const struct resolved *resolved;
	char text[1024];

	snprintf(text, sizeof(text),
		 "\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\"},{\"destination\":\"%s\","
		 "\"type\":\"%s\"}],\"linux\":{\"namespaces\":[{\"type\":\"mount\"}],\"maskedPaths\":[\"%s\"]}",
		 hidden[_i].destination, hidden[_i].type, hidden[_i].path);
	resolved = resolve(text, &doc);
	ck_assert_uint_eq(resolved->masked.n, 1);
	ck_assert_uint_eq(resolved->readonly.n, 0);
	ck_assert_uint_eq(resolved->masked.v[0].magic, hidden[_i].magic);
	ck_assert_uint_eq(resolved->masked.v[0].mount_length, hidden[_i].length);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("resolve");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, refuses, 0, (int)ARRAY_SIZE(refused));
	tcase_add_loop_test(t, reports, 0, (int)ARRAY_SIZE(refused));
	tcase_add_loop_test(t, takes, 0, (int)ARRAY_SIZE(taken));
	tcase_add_loop_test(t, knows_what_a_path_lies_in, 0, (int)ARRAY_SIZE(hidden));
	suite_add_tcase(s, t);
	return run_suite(s);
}
