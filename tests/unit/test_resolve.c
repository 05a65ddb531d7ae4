/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve/resolve.h"
#include "security/lsm.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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
#define MOUNTNS "\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]}"
#define MAP "{\"containerID\":0,\"hostID\":1000,\"size\":1}"
#define USERNS "\"linux\":{\"namespaces\":[{\"type\":\"user\"}],\"uidMappings\":[" MAP "],\"gidMappings\":[" MAP "]}"

/* clang-format off */
static const struct {
	const char *text;
	unsigned line;
	const char *at, *msg;
} refused[] = {
	{ "\"annotations\":{\"run.oci.handler\":\"krun\"}", 2, "/annotations/run.oci.handler",
	  "there is no handler 'krun' here: the container would run in namespaces of this kernel, and not in what the "
	  "annotation asks for" },
	{ "\"linux\":{\"devices\":[{\"path\":\"/dev/..\",\"type\":\"p\"}]}", 2, "/linux/devices/0/path",
	  "'/dev/..' is a directory, not the path of a device" },
	{ "\"mounts\":[{\"destination\":\"/a\",\"type\":\"tmpfs\",\n\"options\":[\"ro\",\n\"idmap\"]}]",
	  4, "/mounts/0/options/1",
	  "option 'idmap' needs 'uidMappings' and 'gidMappings', or a user namespace" },
	{ MOUNT("/", "tmpfs", "", "\"ro\""), 2, "/mounts/0/destination",
	  "'/' is the root itself: a mount over it needs a mount namespace" },
	{ MOUNT("//..", "cgroup", "", "\"ro\"") "," MOUNTNS, 2, "/mounts/0/destination",
	  "'//..' is the root itself: cgroups are not mounted over it" },
	{ MOUNT("/.", "none", "/s", "\"bind\",\"copy-symlink\"") "," MOUNTNS, 2, "/mounts/0/destination",
	  "'/.' is the root itself: no symbolic link can be made there" },
	{ MOUNT("/a", "proc", "proc", "\"ro\"") "," USERNS, 2, "/mounts/0/type",
	  "proc shows the pid namespace, which is the host's: in a new user namespace it needs a new 'pid' in "
	  "'linux.namespaces', or a bind mount of the host's" },
	{ MOUNT("/a", "mqueue", "mqueue", "\"ro\"") "," USERNS, 2, "/mounts/0/type",
	  "mqueue shows the ipc namespace, which is the host's: in a new user namespace it needs a new 'ipc' in "
	  "'linux.namespaces', or a bind mount of the host's" },
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
	{ MOUNT("/a", "none", "/s", "\"bind\",\n\"idmap=uids=0-1\""), 3, "/mounts/0/options/1",
	  "'uids' of option 'idmap=uids=0-1': expected FILESYSTEM-HOST-SIZE, of which several are joined "
	  "by '#'; '@' before it makes HOST one of the container" },
	{ MOUNT("/a", "none", "/s", "\"bind\",\"idmap=gids=0-1-x\""), 2, "/mounts/0/options/1",
	  "'gids' of option 'idmap=gids=0-1-x': expected FILESYSTEM-HOST-SIZE, of which several are joined "
	  "by '#'; '@' before it makes HOST one of the container" },
	{ MOUNT("/a", "none", "/s", "\"bind\",\"idmap=pids=0-1-1\""), 2, "/mounts/0/options/1",
	  "option 'idmap=pids=0-1-1': expected 'uids=' or 'gids='" },
	{ MOUNT("/a", "none", "/s", "\"bind\",\"idmap=uids=0-4294967290-9\""), 2, "/mounts/0/options/1",
	  "'uids' of option 'idmap=uids=0-4294967290-9' exceed the last id 4294967294" },
	{ MOUNT("/a", "none", "/s", "\"bind\",\"idmap=gids=0-0-1;uids=0-5-2#1-9-1\""), 2, "/mounts/0/options/1",
	  "overlaps the mapping on line 2" },
	{ MOUNT("/a", "none", "/s", "\"bind\",\"idmap=uids=@0-0-2\"") "," USERNS, 2, "/mounts/0/options/1",
	  "'uids' of option 'idmap=uids=@0-0-2': id 1 of the container is not in 'linux.uidMappings'" },
	{ MOUNT("/a", "none", "/s", "\"bind\",\"idmap=uids=0-0-2\""), 2, "/mounts/0/options/1",
	  "option 'idmap=uids=0-0-2' needs both 'uids=' and 'gids='" },
	{ MOUNT("/a", "none", "/s", "\"bind\",\"idmap=\""), 2, "/mounts/0/options/1",
	  "option 'idmap=' needs 'uidMappings' and 'gidMappings', or a user namespace" },
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
	  { .kind = MOUNT_BIND, .recursive = true, PROPAGATION(MS_SHARED | MS_REC) }, "" },
	{ MOUNT("/a", "none", "/s", "\"bind\",\"tmpcopyup\""), { .kind = MOUNT_BIND }, "" },
	{ MOUNT("/a", "none", "/s", "\"bind\",\"ridmap\"") "," USERNS,
	  { .kind = MOUNT_BIND, .idmap = { .wanted = true, .recursive = true } }, "" },
	{ "\"mounts\":[{\"destination\":\"/a\",\"source\":\"/s\",\"options\":[\"bind\"],\"uidMappings\":["
	  MAP "],\"gidMappings\":[" MAP "]}]",
	  { .kind = MOUNT_BIND, .idmap.wanted = true }, "" },
	{ MOUNT("/a", "none", "/", "\"remount\",\"ro\",\"size=1m\",\"sync\""),
	  { .kind = MOUNT_REMOUNT, .top.set = MOUNT_ATTR_RDONLY }, "sync size=1m" },
	{ MOUNT("/a", "none", "/", "\"remount\",\"bind\",\"sync\""), { .kind = MOUNT_REMOUNT }, "" },
	/* The network namespace is the host's: its sysfs cannot be mounted anew. */
	{ MOUNT("/sys", "sysfs", "sysfs", "\"ro\"") "," USERNS,
	  { .kind = MOUNT_BIND, .type = "sysfs", .source = "/sys", .recursive = true, .target = TARGET_PLAIN,
	    .top.set = MOUNT_ATTR_RDONLY }, "" },
	{ MOUNT("/", "tmpfs", "t", "\"tmpcopyup\"") "," MOUNTNS,
	  { .kind = MOUNT_FILESYSTEM, .type = "tmpfs", .is_root = true, .copy_up = true,
	    .mode_of_target = true }, "source=t" },
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
	ck_assert_int_eq(got->is_root, want->is_root);
	if (want->source)
		ck_assert_str_eq(got->source, want->source);
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
	const char *option;
	const char *uids, *gids; /* "inside outside size", with a comma between */
} maps[] = {
	{ "idmap=uids=0-1000-10;gids=5-2000-1#6-7-8", "0 1000 10", "5 2000 1,6 7 8" },
	{ "ridmap=gids=0-1-2;uids=0-0-9", "0 0 9", "0 1 2" },
	/* Relative to the container's: 0 is 1000, 1 to 5 are 2000 to 2004. */
	{ "idmap=uids=@7-0-1#@20-2-3;gids=0-0-1", "7 1000 1,20 2001 3", "0 0 1" },
	{ "idmap=gids=@0-0-1;uids=@7-0-6", "7 1000 1,8 2000 5", "0 1000 1" },
	{ "idmap=", "0 1000 1,1 2000 5", "0 1000 1" },
	{ "idmap", "0 1000 1,1 2000 5", "0 1000 1" },
};
/* clang-format on */

static const char *maps_text(const spec_idmaps *list, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = 0;
	for (size_t i = 0; i < list->n; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s%u %u %u", i ? "," : "",
				      list->v[i].container_id, list->v[i].host_id, list->v[i].size);
	return buf;
}

START_TEST(knows_whose_ids)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	const struct mount_idmap *map;
	char text[1024], buf[256];

	snprintf(text, sizeof(text),
		 MOUNT("/a", "none", "/s", "\"bind\",\"%s\"") ","
		 "\"linux\":{\"namespaces\":[{\"type\":\"user\"}],\"uidMappings\":[" MAP
		 ",{\"containerID\":1,\"hostID\":2000,\"size\":5}],\"gidMappings\":[" MAP "]}",
		 maps[_i].option);
	map = &resolve(text, &doc)->mounts.v[0].idmap;
	ck_assert(map->wanted);
	ck_assert_int_eq(map->recursive, maps[_i].option[0] == 'r');
	ck_assert_str_eq(maps_text(map->uids, buf, sizeof(buf)), maps[_i].uids);
	ck_assert_str_eq(maps_text(map->gids, buf, sizeof(buf)), maps[_i].gids);
}
END_TEST

/* ---- options of more than 255 bytes ---- */

#define LONG_MAX_TEXT 8192

static const struct resolved_mount *overlay(const char *layer, size_t layers, struct spec_doc **doc)
{
	static char text[2 * LONG_MAX_TEXT];
	struct resolve_input in = { .bundle = AT_FDCWD };
	const struct resolved *resolved = NULL;
	struct error e = ERROR_INIT;
	size_t n = (size_t)snprintf(text, sizeof(text),
				    BEFORE "\"mounts\":[{\"destination\":\"/a\",\"type\":\"overlay\","
					   "\"options\":[\"ro\",\"sync\",\"userxattr\",\"lowerdir=");

	for (size_t i = 0; i < layers; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i ? ":" : "", layer);
	snprintf(text + n, sizeof(text) - n, "\",\"context=\\\"a,b\\\"\"]}]" AFTER);
	ck_assert_msg(spec_parse_config(text, strlen(text), "config.json", doc, &e) == 0, "%s", e.msg);
	in.spec = (*doc)->spec;
	if (resolve_config(&in, (*doc)->arena, &resolved, &e) == 0)
		return resolved->mounts.v;
	ck_assert_str_eq(e.at, "/mounts/0/options");
	ck_assert_str_eq(e.msg, "the kernel takes 255 bytes for an option, or 4095 for all of them: these "
				"have more");
	return NULL;
}

/* Where SELinux is: elsewhere nothing is labelled. */
START_TEST(a_label_of_more_than_a_page_is_refused)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	struct resolve_input in = { .bundle = AT_FDCWD };
	const struct resolved *resolved = NULL;
	struct error e = ERROR_INIT;
	char text[8192];

	snprintf(text, sizeof(text), BEFORE "\"linux\":{\"mountLabel\":\"%05000d\"}" AFTER, 0);
	ck_assert_int_eq(spec_parse_config(text, strlen(text), "config.json", &doc, &e), 0);
	in.spec = doc->spec;
	if (!lsm_selinux_enabled()) {
		ck_assert_int_eq(resolve_config(&in, doc->arena, &resolved, &e), 0);
		return;
	}
	ck_assert_int_eq(resolve_config(&in, doc->arena, &resolved, &e), -EINVAL);
	ck_assert_str_eq(e.at, "/linux/mountLabel");
	ck_assert_str_eq(e.msg, "a label of 5000 bytes: a mount takes one of at most 4095");
}
END_TEST

START_TEST(long_options_are_a_page)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	const struct resolved_mount *m = overlay("/layer", 36, &doc); /* 251 bytes */

	ck_assert_ptr_null(m->page);
	spec_doc_free(doc);
	m = overlay("/layer", 40, &doc);
	ck_assert_ptr_nonnull(m->page);
	ck_assert_str_eq(m->page_source, "overlay");
	ck_assert_uint_eq(m->page_flags, MS_SYNCHRONOUS);
	ck_assert(strncmp(m->page, "userxattr,lowerdir=/layer:/layer", 32) == 0);
	ck_assert_ptr_nonnull(strstr(m->page, ":/layer,context=\"a,b\""));
}
END_TEST

START_TEST(more_than_a_page_is_refused_or_goes_layer_by_layer)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	const struct resolved_mount *m = overlay("/layer", 700, &doc);

	if (!m)
		return; /* this kernel, or this user, cannot */
	ck_assert_ptr_null(m->page);
	ck_assert_uint_eq(m->n_options, 704);
	ck_assert_str_eq(m->options[3].key, "lowerdir+");
	ck_assert_str_eq(m->options[3].value, "/layer");
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

/* ---- namespaces ---- */

static const struct {
	const char *path;
	uint64_t type;
	int ret;
	const char *msg;
} joined[] = {
	{ "/proc/self/ns/uts", CLONE_NEWUTS, 0, "" },
	{ "/proc/self/ns/mnt", CLONE_NEWNS, 0, "" },
	{ "/proc/self/ns/pid", CLONE_NEWNET, -EINVAL,
	  "'/proc/self/ns/pid' is not a namespace of type 'network' but of type 'pid'" },
	{ "/proc/self/status", CLONE_NEWPID, -EINVAL, "'/proc/self/status' is not a namespace" },
	{ "/dev/null", CLONE_NEWPID, -EINVAL, "'/dev/null' is not a namespace" },
	{ "/nonexistent/ns", CLONE_NEWPID, -ENOENT, "namespace '/nonexistent/ns': no such file or directory" },
};

START_TEST(opens_namespaces)
{
	const struct resolved_namespace ns = { .path = joined[_i].path, .type = joined[_i].type };
	struct error e = ERROR_INIT;
	auto_(close_fd) int fd = resolve_open_namespace(&ns, &e);

	ck_assert_int_eq(fd < 0 ? fd : 0, joined[_i].ret);
	ck_assert_str_eq(e.msg, joined[_i].msg);
}
END_TEST

static const struct resolved *resolved_of(const char *text, struct resolve_input *in, struct spec_doc **doc)
{
	const struct resolved *resolved = NULL;
	struct error e = ERROR_INIT;

	ck_assert_msg(spec_parse_config(text, strlen(text), "config.json", doc, &e) == 0, "%s: %s", e.msg, text);
	in->spec = (*doc)->spec;
	in->bundle = AT_FDCWD;
	ck_assert_msg(resolve_config(in, (*doc)->arena, &resolved, &e) == 0, "%s", e.msg);
	return resolved;
}

/* Who has rights joins the user namespace last, since that takes them; who has none, first: it gives them. */
START_TEST(user_namespace_is_joined_in_its_place)
{
	static const char *const lists[] = {
		"{\"type\":\"user\",\"path\":\"/u\"},{\"type\":\"network\",\"path\":\"/n\"},{\"type\":\"pid\"}",
		"{\"type\":\"network\",\"path\":\"/n\"},{\"type\":\"pid\"},{\"type\":\"user\",\"path\":\"/u\"}",
	};
	char text[512];

	foreach_array(list, lists)
		for (int without = 0; without < 2; without++) {
			auto_(spec_doc_free) struct spec_doc *doc = NULL;
			struct resolve_input in = { .cannot_join = without };
			const struct resolved *r;

			snprintf(text, sizeof(text), BEFORE "\"linux\":{\"namespaces\":[%s]}" AFTER, *list);
			r = resolved_of(text, &in, &doc);
			ck_assert_uint_eq(r->namespaces.n, 3);
			ck_assert_uint_eq(r->namespaces.v[without ? 0 : 2].type, CLONE_NEWUSER);
			ck_assert_uint_eq(r->new_namespaces, CLONE_NEWPID);
			ck_assert_uint_eq(r->own_namespaces, CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUSER);
			ck_assert(r->joins_first);
		}
}
END_TEST

/* ---- a container that exists ---- */

START_TEST(of_an_existing_one_namespaces_and_annotations)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	struct resolve_input in = { 0 };
	const struct resolved *full = resolved_of(
		BEFORE "\"linux\":{\"namespaces\":[{\"type\":\"network\",\"path\":\"/n\"},{\"type\":\"pid\"}]},"
		       "\"annotations\":{\"org.orlop.init\":\"true\",\"run.oci.keep_original_groups\":\"1\","
		       "\"org.criu.config\":\"\",\"other\":\"1\"}" AFTER,
		&in, &doc);
	const struct resolved *r = NULL;

	ck_assert_int_eq(resolve_existing(doc->spec, doc->arena, &r, NULL), 0);
	ck_assert_ptr_eq(r->spec, doc->spec);
	ck_assert_uint_eq(r->own_namespaces, full->own_namespaces);
	ck_assert(resolved_joins_namespace(r, CLONE_NEWNET) && !resolved_makes_namespace(r, CLONE_NEWNET));
	ck_assert(resolved_makes_namespace(r, CLONE_NEWPID) && !resolved_joins_namespace(r, CLONE_NEWPID));
	ck_assert_str_eq(resolved_namespace_of(r, CLONE_NEWNET)->path, "/n");
	ck_assert_ptr_null(resolved_namespace_of(r, CLONE_NEWNS));
	ck_assert(r->init && r->keeps_groups && full->init && full->keeps_groups);
	ck_assert_str_eq(r->criu_config, "");
	ck_assert_uint_eq(r->devices.n, 0);
}
END_TEST

/* ---- parameters, terminal ---- */

START_TEST(parameters_have_one_path)
{
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	struct resolve_input in = { 0 };
	const struct resolved *r = resolved_of(
		BEFORE "\"linux\":{\"namespaces\":[{\"type\":\"network\"},{\"type\":\"ipc\"}],\"sysctl\":{"
		       "\"net.ipv4.conf.v0/100.forwarding\":\"1\",\"kernel/msgmax\":\"2\"}}" AFTER,
		&in, &doc);

	ck_assert_uint_eq(r->sysctls.n, 2);
	ck_assert_str_eq(r->sysctls.v[0].path, "sys/net/ipv4/conf/v0.100/forwarding");
	ck_assert_uint_eq(r->sysctls.v[0].type, CLONE_NEWNET);
	ck_assert_str_eq(r->sysctls.v[1].path, "sys/kernel/msgmax");
	ck_assert_str_eq(r->sysctls.v[1].value, "2");
	ck_assert_uint_eq(r->sysctls.v[1].type, CLONE_NEWIPC);
}
END_TEST

START_TEST(a_terminal_needs_somebody_to_hold_it)
{
	const struct spec_process with = { .terminal = true }, without = { 0 };

	ck_assert_int_eq(resolve_terminal(&with, true, true, NULL), 0);
	ck_assert_int_eq(resolve_terminal(&with, false, false, NULL), 0);
	ck_assert_int_eq(resolve_terminal(&without, true, false, NULL), 0);
	ck_assert_int_eq(resolve_terminal(NULL, true, false, NULL), 0);
	ck_assert_int_eq(resolve_terminal(&with, true, false, NULL), -EINVAL);
	ck_assert_int_eq(resolve_terminal(&with, false, true, NULL), -EINVAL);
	ck_assert_int_eq(resolve_terminal(&without, true, true, NULL), -EINVAL);
	ck_assert_int_eq(resolve_terminal(NULL, true, true, NULL), -EINVAL);
}
END_TEST

/* ---- devices ---- */

/* What a device is, and how it comes in, by the caller's rights and the namespaces. */
START_TEST(devices_are_made_bound_or_prepared)
{
	static const struct {
		const char *namespaces;
		bool cannot_mknod;
		enum device_way null, listed;
	} ways[] = {
		{ "", false, DEVICE_MAKE, DEVICE_MAKE },
		{ "", true, DEVICE_BIND, DEVICE_BIND },
		{ "{\"type\":\"user\",\"path\":\"/u\"}", false, DEVICE_BIND, DEVICE_PREPARE },
		{ "{\"type\":\"user\",\"path\":\"/u\"}", true, DEVICE_BIND, DEVICE_BIND },
	};
	char text[1024];

	foreach_array(w, ways) {
		auto_(spec_doc_free) struct spec_doc *doc = NULL;
		struct resolve_input in = { .cannot_mknod = w->cannot_mknod };
		const struct resolved *r;

		snprintf(text, sizeof(text),
			 BEFORE "\"linux\":{\"namespaces\":[%s],\"devices\":["
				"{\"path\":\"/dev/fuse//\",\"type\":\"u\",\"major\":10,\"minor\":229,\"fileMode\":384},"
				"{\"path\":\"/dev/pipe\",\"type\":\"p\",\"uid\":7},"
				"{\"path\":\"/dev/tty/\",\"type\":\"c\",\"major\":5,\"minor\":0}]}" AFTER,
			 w->namespaces);
		r = resolved_of(text, &in, &doc);
		/* Five of the six default ones: /dev/tty is listed. */
		ck_assert_uint_eq(r->devices.n, 5 + 3);
		ck_assert_str_eq(r->devices.v[0].path, "/dev/null");
		ck_assert_int_eq(r->devices.v[0].way, w->null);
		ck_assert(!r->devices.v[0].optional && r->devices.v[1].optional);
		ck_assert_str_eq(r->devices.v[5].path, "/dev/fuse");
		ck_assert_uint_eq(r->devices.v[5].mode, S_IFCHR | 0600);
		ck_assert_int_eq(r->devices.v[5].way, w->listed);
		ck_assert_int_eq(r->devices.v[6].way, DEVICE_MAKE);
		ck_assert(r->devices.v[6].owner && r->devices.v[6].uid == 7);
		ck_assert_str_eq(r->devices.v[7].path, "/dev/tty");
	}
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
	tcase_add_loop_test(t, opens_namespaces, 0, ARRAY_SIZE(joined));
	tcase_add_test(t, user_namespace_is_joined_in_its_place);
	tcase_add_test(t, of_an_existing_one_namespaces_and_annotations);
	tcase_add_test(t, parameters_have_one_path);
	tcase_add_test(t, a_terminal_needs_somebody_to_hold_it);
	tcase_add_test(t, devices_are_made_bound_or_prepared);
	tcase_add_loop_test(t, knows_whose_ids, 0, (int)ARRAY_SIZE(maps));
	tcase_add_test(t, a_label_of_more_than_a_page_is_refused);
	tcase_add_test(t, long_options_are_a_page);
	tcase_add_test(t, more_than_a_page_is_refused_or_goes_layer_by_layer);
	suite_add_tcase(s, t);
	return run_suite(s);
}
