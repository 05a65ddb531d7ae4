/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Each tests/golden/NAME.json is compiled to a plan and compared with NAME.plan, op by op: most of what
 * the runtime does, without doing it. Runs as nobody, so that the outcome is the same for everyone.
 * tests/golden/update writes the .plan files anew.
 */

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cgroup/cgroup.h"
#include "plan/compile.h"

#define GOLDEN SOURCE_DIR "/tests/golden"
#define CASES_MAX 64
#define NOBODY 65534

static char names[CASES_MAX][64];
static int n_cases;

static void compile_case(int dir, const char *name, struct str *out)
{
	const struct cgroup_options none = { .id = "golden", .disabled = true };
	auto_(cgroup_free) struct cgroup *cg = NULL;
	auto_(spec_doc_free) struct spec_doc *doc = NULL;
	auto_compiled c = { 0 };
	struct error e = ERROR_INIT;
	const struct resolved *resolved = NULL;
	struct resolve_input meaning = { .bundle = dir };
	struct compile_input in = { 0 };

	ck_assert_msg(cgroup_new(&none, &cg, &e) == 0, "%s", e.msg);
	ck_assert_msg(spec_load_config(dir, name, &doc, &e) == 0, "%s: %s: %s", name, e.at, e.msg);
	meaning.spec = doc->spec;
	ck_assert_msg(resolve_config(&meaning, doc->arena, &resolved, &e) == 0, "%s: %s: %s", name, e.at,
		      e.msg);
	in = (struct compile_input){
		.resolved = resolved,
		.process = doc->spec->process,
		.id = "golden",
		.keyring = "_ses.golden.0123456789abcdef",
		.bundle = dir,
		.rootfs = "/tmp",
		.cgroup = cg,
		.foreground = true,
		.start_socket = -EBADF,
		.init_pidfd = -EBADF,
		.hook_state = open("/dev/null", O_RDONLY | O_CLOEXEC),
		.start_hook_state = open("/dev/null", O_RDONLY | O_CLOEXEC),
		.hook_output = -EBADF,
	};
	ck_assert_msg(plan_compile(&in, &c, &e) == 0, "%s: %s: %s", name, e.at, e.msg);
	str_printf(out, "clone: 0x%llx, joins: %zu\n", (unsigned long long)c.clone_flags, c.n_joins);
	plan_describe(plan_blob(c.plan), out);
	if (!doc->spec->hooks) {
		close(in.hook_state);
		close(in.start_hook_state);
	}
}

START_TEST(plan_is_as_recorded)
{
	auto_(close_fd) int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char expected[80];
	auto_str got = STR_INIT;
	auto_str want = STR_INIT;

	ck_assert_int_ge(dir, 0);
	compile_case(dir, names[_i], &got);
	snprintf(expected, sizeof(expected), "%.*s.plan", (int)strlen(names[_i]) - 5, names[_i]);
	if (getenv("GOLDEN_UPDATE")) {
		printf("=== %s\n%s", expected, str_text(&got));
		return;
	}
	ck_assert_msg(file_read_at(dir, expected, 1 << 20, &want) == 0, "%s is missing", expected);
	ck_assert_msg(streq(str_text(&got), str_text(&want)), "%s: the plan is now\n%s", names[_i],
		      str_text(&got));
}
END_TEST

static void find_cases(void)
{
	DIR *d = opendir(".");
	struct dirent *e;

	while (d && (e = readdir(d)) && n_cases < CASES_MAX)
		if (strlen(e->d_name) > 5 && strlen(e->d_name) < 60 &&
		    streq(e->d_name + strlen(e->d_name) - 5, ".json"))
			snprintf(names[n_cases++], sizeof(names[0]), "%s", e->d_name);
	if (d)
		closedir(d);
}

int main(void)
{
	Suite *s;
	TCase *t;
	SRunner *r;
	int failed;

	/* As nobody the way there may be closed: the tree can lie below root's home. */
	if (chdir(GOLDEN) < 0) {
		printf("SKIP: no " GOLDEN "\n");
		return 77;
	}
	if (geteuid() == 0 &&
	    (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0)) {
		printf("SKIP: cannot become nobody\n");
		return 77;
	}
	s = suite_create("golden");
	t = tcase_create("plans");
	find_cases();
	tcase_add_loop_test(t, plan_is_as_recorded, 0, n_cases);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_set_fork_status(r, CK_NOFORK);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed || !n_cases;
}
