/* SPDX-License-Identifier: Apache-2.0 */
/* What a checkpoint has beside CRIU's images is read as the input of strangers; CRIU's log becomes one sentence. */
#include <check.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "launch/criu_log.h"
#include "lifecycle/manifest.h"
#include "lifecycle/pod_file.h"
#include "tests/lib/suite.h"

/* ---- CRIU's log ---- */

static const struct {
	const char *log, *said;
} logs[] = {
	{ "", "" },
	{ "(00.01) Warn  (criu/x.c:1): nothing\n(00.02) net: Error of another kind\n", "" },
	{ "(00.01) Error (criu/util.c:1): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted\n"
	  "(00.02) Error (criu/sk-inet.c:1): inet: Connected TCP socket, consider using --tcp-established option.\n"
	  "(00.03) Error (criu/cr-dump.c:1): Dump files (pid: 5) failed with -1\n"
	  "(00.04) Error (criu/cr-dump.c:2): Dumping FAILED.\n",
	  "inet: Connected TCP socket, consider using --tcp-established option. "
	  "(established TCP connections: --tcp-established, or let them end)" },
	{ "(00.1)      1: Error (criu/a.c:1): one\n(00.1) Error (criu/a.c:1): two\n(00.1) Error (criu/a.c:1): three\n"
	  "(00.1) Error (criu/a.c:1): four\n",
	  "one; two; three" },
	{ "(00.1) Error (criu/mount.c:1): mnt: 5:./x doesn't have a proper root mount",
	  "mnt: 5:./x doesn't have a proper root mount "
	  "(a mount that config.json does not list, perhaps a hook's: list it, or unmount it first)" },
	{ "(00.1)      1: Error (criu/mount.c:1): mnt: Can't create a temporary directory: Read-only file system",
	  "mnt: Can't create a temporary directory: Read-only file system "
	  "(a read-only root needs a folder /tmp for CRIU: make it in the root filesystem)" },
	{ "(00.1) Error (criu/a.c:1): a name with \x1b[31m in it\n", "a name with ?[31m in it" },
};

START_TEST(a_log_in_one_sentence)
{
	auto_str out = STR_INIT;

	criu_log_explain(logs[_i].log, strlen(logs[_i].log), &out);
	ck_assert_str_eq(str_text(&out), logs[_i].said);
}
END_TEST

/* ---- orlop.json ---- */

#define MANIFEST(containers, names, mounts, nulls, images)                                                   \
	"{\"format\": 1, \"orlop\": \"1\", \"architecture\": \"a\", \"kernel\": \"k\", \"created\": \"c\", " \
	"\"operation\": \"o\", \"config\": \"d\", \"criu\": 40000, \"containers\": " containers              \
	", \"names\": [" names "], \"options\": [], \"mounts\": [" mounts "], \"nulls\": [" nulls            \
	"], \"images\": [" images "]}"

static const struct {
	const char *text, *msg;
} manifests[] = {
	{ MANIFEST("1", "\"x\"", "{\"name\": \"/m\", \"of\": \"/m\", \"rest\": \"/a/b..c\"}", "\"file[1a:2]\"",
		   "{\"name\": \"x.img\", \"size\": 3}"), NULL },
	{ "[]", "'format'" },
	{ "{\"format\": 2}", "format 2" },
	{ "{\"format\": 1}", "'orlop'" },
	{ MANIFEST("0", "", "", "", ""), "no container" },
	{ MANIFEST("-1", "", "", "", ""), "'containers'" },
	{ MANIFEST("2", "\"x\"", "", "", ""), "2 containers and 1 names" },
	{ MANIFEST("1", "7", "", "", ""), "'names'" },
	{ MANIFEST("1", "\"x\"", "{\"name\": \"/m\", \"of\": \"/m\", \"rest\": \"/../etc\"}", "", ""), "'mounts'" },
	{ MANIFEST("1", "\"x\"", "{\"name\": \"/m\", \"of\": \"/m\", \"rest\": \"etc\"}", "", ""), "'mounts'" },
	{ MANIFEST("1", "\"x\"", "{\"name\": \"/m\", \"of\": \"/..\", \"rest\": \"\"}", "", ""), "'mounts'" },
	{ MANIFEST("1", "\"x\"", "", "\"pipe:[1]\"", ""), "'nulls'" },
	{ MANIFEST("1", "\"x\"", "", "\"file[1]x\"", ""), "'nulls'" },
	{ MANIFEST("1", "\"x\"", "", "", "{\"name\": \"../x.img\", \"size\": 3}"), "'images'" },
	{ MANIFEST("1", "\"x\"", "", "", "{\"name\": \"passwd\", \"size\": 3}"), "'images'" },
	{ MANIFEST("1", "\"x\"", "", "", "{\"name\": \"x.img\", \"size\": -3}"), "'images'" },
};

START_TEST(a_manifest_is_checked)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct error e = ERROR_INIT;
	struct manifest m;
	int r = manifest_parse(a, manifests[_i].text, strlen(manifests[_i].text), &m, &e);

	if (!manifests[_i].msg) {
		ck_assert_int_eq(r, 0);
		ck_assert_str_eq(m.mounts.v[0].rest, "/a/b..c");
		ck_assert_str_eq(m.nulls.v[0], "file[1a:2]");
		ck_assert_uint_eq(m.images.v[0].size, 3);
		return;
	}
	ck_assert_int_lt(r, 0);
	ck_assert_msg(strstr(e.msg, manifests[_i].msg), "'%s' is not in '%s'", manifests[_i].msg, e.msg);
}
END_TEST

/* ---- descriptors.json ---- */

static const struct {
	const char *text;
	int r;
	const char *name[3];
} descriptors[] = {
	{ "[\"pipe:[12]\",\"/dev/null\",\"pipe:[7]\"]", 0, { "pipe:[12]", "", "pipe:[7]" } },
	{ "[]", 0, { "", "", "" } },
	{ "[\"pipe:[]\",\"pipe:[1]x\",\"xpipe:[1]\"]", 0, { "", "", "" } },
	{ "[\"pipe:[1a]\",\"pipe:[123456789012345678901234567890]\",\"\"]", 0, { "", "", "" } },
	{ "[1,2,3]", -EINVAL, { 0 } },
	{ "[\"a\",\"b\",\"c\",\"d\"]", -EINVAL, { 0 } },
	{ "{}", -EINVAL, { 0 } },
};

START_TEST(only_pipes_are_taken_from_descriptors)
{
	struct streams s;
	int r = streams_parse(descriptors[_i].text, strlen(descriptors[_i].text), &s, NULL);

	ck_assert_int_eq(r, descriptors[_i].r);
	for (int i = 0; r == 0 && i < 3; i++)
		ck_assert_str_eq(s.name[i], descriptors[_i].name[i]);
}
END_TEST

/* ---- pod.json ---- */

#define POD(list) "{\"format\": 1, \"containers\": [" list "]}"
#define MEMBER(id, bundle, joins) "{\"id\": \"" id "\", \"bundle\": \"" bundle "\", \"joins\": {" joins "}}"

static const struct {
	const char *text, *msg;
} pods[] = {
	{ POD(MEMBER("a", "/a", "") "," MEMBER("b", "/b", "\"net\": 0, \"ipc\": 0")), NULL },
	{ "[]", "format" },
	{ "{\"format\": 3, \"containers\": []}", "format" },
	{ POD(""), "no container" },
	{ POD(MEMBER("../a", "/a", "")), "invalid" },
	{ POD(MEMBER("a", "a", "")), "'containers'" },
	{ POD(MEMBER("a", "/a", "") "," MEMBER("a", "/b", "")), "twice" },
	{ POD(MEMBER("a", "/a", "\"net\": 0")), "none of a container before" },
	{ POD(MEMBER("a", "/a", "") "," MEMBER("b", "/b", "\"net\": 1")), "none of a container before" },
	{ POD(MEMBER("a", "/a", "") "," MEMBER("b", "/b", "\"net\": -1")), "none of a container before" },
	{ POD(MEMBER("a", "/a", "") "," MEMBER("b", "/b", "\"disk\": 0")), "none of a container before" },
};

START_TEST(a_pod_file_is_checked)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct error e = ERROR_INIT;
	struct pod_file pod;
	int r = pod_file_parse(a, pods[_i].text, strlen(pods[_i].text), &pod, &e);

	if (!pods[_i].msg) {
		ck_assert_int_eq(r, 0);
		ck_assert_uint_eq(pod.members.n, 2);
		ck_assert_uint_eq(pod.members.v[1].joins.n, 2);
		ck_assert_uint_eq(pod.members.v[1].joins.v[0].type, CLONE_NEWNET);
		return;
	}
	ck_assert_int_lt(r, 0);
	ck_assert_msg(strstr(e.msg, pods[_i].msg), "'%s' is not in '%s'", pods[_i].msg, e.msg);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("checkpoint");
	TCase *t = tcase_create("checkpoint");

	tcase_add_loop_test(t, a_log_in_one_sentence, 0, ARRAY_SIZE(logs));
	tcase_add_loop_test(t, a_manifest_is_checked, 0, ARRAY_SIZE(manifests));
	tcase_add_loop_test(t, only_pipes_are_taken_from_descriptors, 0, ARRAY_SIZE(descriptors));
	tcase_add_loop_test(t, a_pod_file_is_checked, 0, ARRAY_SIZE(pods));
	suite_add_tcase(s, t);
	return run_suite(s);
}
