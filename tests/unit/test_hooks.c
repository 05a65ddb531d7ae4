/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/str.h"
#include "launch/hooks.h"

#define MAX_HOOKS 4

/* Shell hooks; each has a scratch file as $0. */
struct bench {
	const char *args[MAX_HOOKS][4];
	struct spec_hook hook[MAX_HOOKS];
	struct spec_hooks hooks;
};

static char scratch[64];
static struct str logged;

static void on_log(enum log_level level, const char *message)
{
	(void)level;
	str_printf(&logged, "%s\n", message);
}

static void set_up(void)
{
	int fd;

	snprintf(scratch, sizeof(scratch), "/tmp/test_hooks.XXXXXX");
	fd = mkstemp(scratch);
	ck_assert_int_ge(fd, 0);
	close_fd(fd);
	log_to(on_log, LOG_WARN);
}

static void tear_down(void)
{
	str_done(&logged);
	(void)unlink(scratch);
}

static struct spec_hook *add(struct bench *b, enum spec_hook_kind kind, const char *script)
{
	spec_hook_list *list = &b->hooks.kind[kind];
	size_t i = list->n++;
	struct spec_hook *h = &b->hook[i];

	list->v = b->hook;
	b->args[i][0] = "my own name";
	b->args[i][1] = "-c";
	b->args[i][2] = script;
	b->args[i][3] = scratch;
	*h = (struct spec_hook){ .path = "/bin/sh", .args = { b->args[i], 4 } };
	return h;
}

static const char *scratch_text(struct str *out)
{
	ck_assert_int_eq(file_read_at(AT_FDCWD, scratch, 1 << 20, out), 0);
	return str_text(out);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

START_TEST(none)
{
	struct bench b = { 0 };

	ck_assert_int_eq(hooks_run(NULL, HOOK_PRESTART, NULL, "{}", false, NULL), 0);
	ck_assert_int_eq(hooks_run(&b.hooks, HOOK_PRESTART, NULL, "{}", false, NULL), 0);
}
END_TEST

START_TEST(in_order_with_the_state)
{
	struct bench b = { 0 };
	struct error e = ERROR_INIT;
	auto_str text = STR_INIT;

	add(&b, HOOK_PRESTART, "/bin/cat >$0; echo . >>$0");
	add(&b, HOOK_PRESTART, "/bin/cat >>$0; echo . >>$0");
	ck_assert_int_eq(hooks_run(&b.hooks, HOOK_PRESTART, NULL, "{state}", false, &e), 0);
	ck_assert_str_eq(scratch_text(&text), "{state}.\n{state}.\n");
}
END_TEST

/* H2 X7: More than a pipe holds, and a reader that goes away: neither a wait nor SIGPIPE. */
START_TEST(a_hook_need_not_read)
{
	struct bench b = { 0 };
	struct error e = ERROR_INIT;
	char *state = malloc(1000001);

	memset(state, 'x', 1000000);
	state[1000000] = 0;
	add(&b, HOOK_PRESTART, "exec <&-; exit 0");
	add(&b, HOOK_PRESTART, "[ $(/usr/bin/wc -c) = 1000000 ]");
	ck_assert_int_eq(hooks_run(&b.hooks, HOOK_PRESTART, NULL, state, false, &e), 0);
	free(state);
}
END_TEST

/* At poststop the bundle may be gone. */
START_TEST(they_run_in_the_directory_if_it_is_there)
{
	struct bench b = { 0 };
	struct error e = ERROR_INIT;
	auto_str text = STR_INIT;

	add(&b, HOOK_POSTSTOP, "pwd >>$0");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(hooks_run(&b.hooks, HOOK_POSTSTOP, "/usr", "{}", false, &e), 0);
	ck_assert_int_eq(hooks_run(&b.hooks, HOOK_POSTSTOP, "/usr/nothing", "{}", false, &e), 0);
	ck_assert_str_eq(scratch_text(&text), "/usr\n/\n");
}
END_TEST

/* H3 */
START_TEST(arguments_and_environment)
{
	static const char *env[] = { "A=1", "B=two words" };
	static const char *args[] = { "only" };
	struct bench b = { 0 };
	struct error e = ERROR_INIT;
	auto_str text = STR_INIT;
	struct spec_hook *h;

	ck_assert_int_eq(setenv("NOT_FOR_HOOKS", "1", 1), 0);
	h = add(&b, HOOK_POSTSTART, "/usr/bin/tr '\\0' '|' </proc/$$/environ >$0");
	h->env.v = env;
	h->env.n = 2;
	h->has_env = true;
	add(&b, HOOK_POSTSTART, "/usr/bin/tr '\\0' '\\n' </proc/$$/environ | /bin/grep NOT_FOR >>$0");
	add(&b, HOOK_POSTSTART, "IFS= read -r -d '' a </proc/$$/cmdline; echo \"$a\" >>$0");
	b.args[2][1] = "-c";
	b.hook[2].path = "/bin/bash";
	ck_assert_int_eq(hooks_run(&b.hooks, HOOK_POSTSTART, NULL, "{}", false, &e), 0);
	ck_assert_str_eq(scratch_text(&text), "A=1|B=two words|NOT_FOR_HOOKS=1\nmy own name\n");

	/* No args at all: argv[0] is the path. With args: the first, whatever it is. */
	b.hook[0] = (struct spec_hook){ .path = "/bin/true" };
	b.hook[1] = (struct spec_hook){ .path = "/bin/true", .args = { args, 1 } };
	b.hooks.kind[HOOK_POSTSTART].n = 2;
	ck_assert_int_eq(hooks_run(&b.hooks, HOOK_POSTSTART, NULL, "{}", false, &e), 0);
}
END_TEST

START_TEST(descriptors_and_signals_are_clean)
{
	struct bench b = { 0 };
	struct error e = ERROR_INIT;
	auto_str text = STR_INIT;
	sigset_t all;
	int leak = open("/dev/null", O_RDONLY); /* as a caller without O_CLOEXEC leaves it */

	ck_assert_int_ge(leak, 3);
	sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	add(&b, HOOK_PRESTART, "/bin/ls /proc/self/fd >$0; /bin/grep -E '^Sig(Blk|Ign)' /proc/self/status >>$0;"
			       "[ $(/bin/ps -o pgid= -p $$) = $$ ]");
	ck_assert_int_eq(hooks_run(&b.hooks, HOOK_PRESTART, NULL, "{}", false, &e), 0);
	/* 3 is the directory that ls reads. */
	ck_assert_str_eq(scratch_text(&text), "0\n1\n2\n3\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
	close_fd(leak);
}
END_TEST

static const struct {
	const char *path, *script, *says;
} failing[] = {
	{ "/bin/sh", "exit 3", "error running createRuntime hook #1: '/bin/sh' ended with exit status 3" },
	{ "/bin/sh", "echo out; echo words >&2; exit 1",
	  "error running createRuntime hook #1: '/bin/sh' ended with exit status 1, output: out\nwords" },
	{ "/bin/sh", "kill -9 $$", "error running createRuntime hook #1: '/bin/sh' was killed by SIGKILL" },
	{ "/no/such", "", "error running createRuntime hook #1: execute '/no/such': no such file or directory" },
	{ "/etc/passwd", "", "error running createRuntime hook #1: execute '/etc/passwd': permission denied" },
};

START_TEST(failures_end_the_list)
{
	struct bench b = { 0 };
	struct error e = ERROR_INIT;
	struct stat st;

	add(&b, HOOK_CREATE_RUNTIME, "exit 0");
	add(&b, HOOK_CREATE_RUNTIME, failing[_i].script)->path = failing[_i].path;
	add(&b, HOOK_CREATE_RUNTIME, "echo ran >$0");
	ck_assert_int_lt(hooks_run(&b.hooks, HOOK_CREATE_RUNTIME, NULL, "{}", false, &e), 0);
	ck_assert_str_eq(e.msg, failing[_i].says);
	ck_assert_int_eq(stat(scratch, &st), 0);
	ck_assert_int_eq(st.st_size, 0);
}
END_TEST

/* B3 X6 */
START_TEST(poststop_goes_on)
{
	struct bench b = { 0 };
	struct error e = ERROR_INIT;
	auto_str text = STR_INIT;

	add(&b, HOOK_POSTSTOP, "exit 1");
	add(&b, HOOK_POSTSTOP, "")->path = "/no/such";
	add(&b, HOOK_POSTSTOP, "echo ran >$0");
	ck_assert_int_eq(hooks_run(&b.hooks, HOOK_POSTSTOP, NULL, "{}", true, &e), 0);
	ck_assert_int_eq(e.num, 0);
	ck_assert_str_eq(scratch_text(&text), "ran\n");
	ck_assert_str_eq(str_text(&logged), "error running poststop hook #0: '/bin/sh' ended with exit status 1\n"
					    "error running poststop hook #1: execute '/no/such': no such file or "
					    "directory\n");
}
END_TEST

/* A hook may say more than a pipe holds; the end of it is what is shown. */
START_TEST(much_output)
{
	struct bench b = { 0 };
	struct error e = ERROR_INIT;

	add(&b, HOOK_PRESTART, "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo the end; exit 1");
	ck_assert_int_lt(hooks_run(&b.hooks, HOOK_PRESTART, NULL, "{}", false, &e), 0);
	ck_assert_ptr_nonnull(strstr(e.msg, "exit status 1, output: ..."));
	ck_assert_ptr_nonnull(strstr(e.msg, "line 19999\nthe end"));
}
END_TEST

/* H4 */
START_TEST(timeout_ends_the_group)
{
	struct bench b = { 0 };
	struct error e = ERROR_INIT;
	auto_str text = STR_INIT;
	int64_t begin = now_ms();
	char path[32];
	pid_t pid;

	add(&b, HOOK_PRESTART, "/bin/sleep 100 & echo $! >$0; wait")->timeout = (struct opt_i32){ true, 1 };
	ck_assert_int_eq(hooks_run(&b.hooks, HOOK_PRESTART, NULL, "{}", false, &e), -ETIMEDOUT);
	ck_assert_int_ge(now_ms() - begin, 1000);
	ck_assert_int_lt(now_ms() - begin, 3000);
	ck_assert_ptr_nonnull(strstr(e.msg, "timeout of 1 s"));
	pid = (pid_t)strtol(scratch_text(&text), NULL, 10);
	ck_assert_int_gt(pid, 1);
	for (int i = 0; i < 100 && kill(pid, 0) == 0; i++)
		usleep(10000);
	/* Dead; whether its new parent has reaped it is not our affair. */
	str_done(&text);
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	(void)file_read_at(AT_FDCWD, path, 4096, &text);
	ck_assert(text.n == 0 || strstr(str_text(&text), ") Z ") != NULL);
}
END_TEST

/* A daemon that keeps the streams open holds up neither the hook nor us. */
START_TEST(what_a_hook_leaves_behind_may_stay)
{
	struct bench b = { 0 };
	struct error e = ERROR_INIT;
	auto_str text = STR_INIT;
	int64_t begin = now_ms();

	add(&b, HOOK_PRESTART, "/bin/sleep 20 & echo $! >$0; exit 0");
	ck_assert_int_eq(hooks_run(&b.hooks, HOOK_PRESTART, NULL, "{}", false, &e), 0);
	ck_assert_int_lt(now_ms() - begin, 5000);
	ck_assert_int_eq(kill((pid_t)strtol(scratch_text(&text), NULL, 10), SIGKILL), 0);
}
END_TEST

/* With 0, 1 and 2 closed the descriptors of the hook land on those numbers. */
START_TEST(without_stdio)
{
	struct bench b = { 0 };
	struct error e = ERROR_INIT;
	auto_str text = STR_INIT;
	int r;

	add(&b, HOOK_PRESTART, "/bin/cat >$0; echo said; exit 1");
	close_fd(0);
	close_fd(1);
	close_fd(2);
	r = hooks_run(&b.hooks, HOOK_PRESTART, NULL, "{state}", false, &e);
	ck_assert_int_eq(open("/dev/null", O_RDWR), 0);
	ck_assert_int_lt(r, 0);
	ck_assert_str_eq(e.msg, "error running prestart hook #0: '/bin/sh' ended with exit status 1, output: said");
	ck_assert_str_eq(scratch_text(&text), "{state}");
}
END_TEST

START_TEST(leaves_no_descriptor)
{
	struct bench b = { 0 };
	int before = open("/dev/null", O_RDONLY | O_CLOEXEC), after;

	close_fd(before);
	add(&b, HOOK_PRESTART, "exit 0");
	add(&b, HOOK_PRESTART, "exit 1");
	ck_assert_int_lt(hooks_run(&b.hooks, HOOK_PRESTART, NULL, "{}", false, NULL), 0);
	b.hook[0].path = "/no/such";
	ck_assert_int_eq(hooks_run(&b.hooks, HOOK_PRESTART, NULL, "{}", false, NULL), -ENOENT);
	after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(before, after);
	close_fd(after);
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(hook_kind_name(HOOK_PRESTART), "prestart");
	ck_assert_str_eq(hook_kind_name(HOOK_POSTSTOP), "poststop");
	for (int i = 0; i < HOOK_KINDS; i++)
		ck_assert_ptr_nonnull(hook_kind_name((enum spec_hook_kind)i));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hooks");
	TCase *t = tcase_create("hooks");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, none);
	tcase_add_test(t, in_order_with_the_state);
	tcase_add_test(t, a_hook_need_not_read);
	tcase_add_test(t, arguments_and_environment);
	tcase_add_test(t, they_run_in_the_directory_if_it_is_there);
	tcase_add_test(t, descriptors_and_signals_are_clean);
	tcase_add_loop_test(t, failures_end_the_list, 0, ARRAY_SIZE(failing));
	tcase_add_test(t, poststop_goes_on);
	tcase_add_test(t, much_output);
	tcase_add_test(t, timeout_ends_the_group);
	tcase_add_test(t, what_a_hook_leaves_behind_may_stay);
	tcase_add_test(t, without_stdio);
	tcase_add_test(t, leaves_no_descriptor);
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
