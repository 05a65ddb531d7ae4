/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"
#include "store/store.h"

static char top[64];
static int root = -EBADF;

static void set_up(void)
{
	snprintf(top, sizeof(top), "/tmp/test_store.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	root = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(root, 0);
}

static void tear_down(void)
{
	close_fd(root);
	ck_assert_int_eq(rmdir(top), 0);
}

static void put(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	close_fd(fd);
}

static bool has(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, 0) == 0;
}

/* ---- ids ---- */

static const char *const good_ids[] = { "a", "A-b_c.9+", "...", ".hidden", "-", "0" };
static const char *const bad_ids[] = { ".", "..", "a/b", "/", "a b", "a\n", "\303\244", "a,b", "a:b", "*" };

START_TEST(takes_id)
{
	ck_assert_int_eq(store_check_id(good_ids[_i], NULL), 0);
}
END_TEST

START_TEST(refuses_id)
{
	struct error e = ERROR_INIT;

	ck_assert_int_eq(store_check_id(bad_ids[_i], &e), -EINVAL);
	ck_assert(starts_with(e.msg, "invalid container ID format"));
}
END_TEST

START_TEST(id_has_bounds)
{
	char id[258];
	struct error e = ERROR_INIT;

	memset(id, 'x', sizeof(id));
	id[256] = 0;
	ck_assert_int_eq(store_check_id(id, &e), -EINVAL);
	id[255] = 0;
	ck_assert_int_eq(store_check_id(id, &e), 0);
	ck_assert_int_eq(store_check_id("", &e), -EINVAL);
	ck_assert_str_eq(e.msg, "container id cannot be empty");
}
END_TEST

/* ---- roots ---- */

START_TEST(root_is_made_when_asked)
{
	char path[128];
	struct runtime rt = { .root = path, .root_given = true };
	struct error e = ERROR_INIT;
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/a/b", top);
	ck_assert_int_eq(store_open_root(&rt, false, &e), -ENOENT);
	ck_assert_str_eq(e.msg, "");
	fd = store_open_root(&rt, true, &e);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777 & ~0711, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close_fd(fd);
	ck_assert_int_eq(unlinkat(root, "a/b", AT_REMOVEDIR), 0);
	ck_assert_int_eq(unlinkat(root, "a", AT_REMOVEDIR), 0);
}
END_TEST

static const char *const slashes[] = { "/", "//", "/.", "/tmp/..", "/tmp/../", "/./" };

START_TEST(root_is_not_slash)
{
	struct runtime rt = { .root = slashes[_i], .root_given = true };
	struct error e = ERROR_INIT;

	ck_assert_int_eq(store_open_root(&rt, true, &e), -EINVAL);
	ck_assert_ptr_nonnull(strstr(e.msg, "--root"));
}
END_TEST

START_TEST(root_of_a_user)
{
	struct runtime rt = { 0 };
	char expected[128], is[128] = "";
	struct stat st;
	int fd;

	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", top, 1), 0);
	if (geteuid() == 0) {
		ck_assert_int_eq(chmod(top, 0777), 0);
		ck_assert_int_eq(seteuid(65534), 0);
	}
	fd = store_open_root(&rt, true, NULL);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 01700);
	snprintf(expected, sizeof(expected), "/proc/self/fd/%d", fd);
	ck_assert_int_gt(readlink(expected, is, sizeof(is) - 1), 0);
	snprintf(expected, sizeof(expected), "%s/orlop", top);
	ck_assert_str_eq(is, expected);
	close_fd(fd);
	ck_assert_int_eq(rmdir(expected), 0);
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

START_TEST(root_of_another_user)
{
	struct runtime rt = { .root = top, .root_given = true };
	struct error e = ERROR_INIT;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(top, 1000, 0), 0);
	ck_assert_int_eq(store_open_root(&rt, true, &e), -EPERM);
	ck_assert_ptr_nonnull(strstr(e.msg, "belongs to uid 1000, not to uid 0"));
	ck_assert_int_eq(chown(top, 0, 0), 0);
}
END_TEST

START_TEST(opens_regular_files_only)
{
	struct error e = ERROR_INIT;
	auto_(close_fd) int fd = -EBADF;

	ck_assert_int_eq(store_open_file(root, "f", &e), -ENOENT);
	ck_assert_str_eq(e.msg, "");
	ck_assert_int_eq(mkfifoat(root, "f", 0600), 0);
	ck_assert_int_eq(store_open_file(root, "f", &e), -EBADMSG);
	ck_assert_str_eq(e.msg, "f is no regular file");
	ck_assert_int_eq(unlinkat(root, "f", 0), 0);
	ck_assert_int_eq(symlinkat("/etc/passwd", root, "f"), 0);
	ck_assert_int_eq(store_open_file(root, "f", &e), -EBADMSG);
	ck_assert_int_eq(unlinkat(root, "f", 0), 0);
	close_fd(openat(root, "f", O_CREAT | O_WRONLY, 0600));
	fd = store_open_file(root, "f", &e);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(unlinkat(root, "f", 0), 0);
}
END_TEST

/* ---- reserving ---- */

START_TEST(reserve_once)
{
	struct error e = ERROR_INIT;
	int dir = store_reserve(root, "c1", &e);

	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(store_is_locked(dir), 1);
	ck_assert_int_eq(store_reserve(root, "c1", &e), -EEXIST);
	ck_assert_ptr_eq(strstr(e.msg, "container with given ID already exists: '"), e.msg);
	put(dir, "state.json");
	close_fd(dir);
	ck_assert_int_eq(store_reserve(root, "c1", &e), -EEXIST);
	dir = store_open(root, "c1", &e);
	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(store_remove(root, "c1", dir, &e), 0);
	close_fd(dir);
	ck_assert_int_eq(store_open(root, "c1", &e), -ENOENT);
	ck_assert_ptr_eq(strstr(e.msg, "container does not exist: '"), e.msg);
}
END_TEST

START_TEST(reserve_takes_over_what_a_killed_create_left)
{
	struct error e = ERROR_INIT;
	int dir = store_reserve(root, "c1", &e);

	put(dir, "config.json");
	put(dir, "start.sock");
	put(dir, ".state.json.1234");
	close_fd(dir);
	dir = store_reserve(root, "c1", &e);
	ck_assert_int_ge(dir, 0);
	/* It tells what else the killed create made: lifecycle/leftover.c. */
	ck_assert(has(dir, "config.json"));
	ck_assert_int_eq(store_remove(root, "c1", dir, &e), 0);
	close_fd(dir);
}
END_TEST

START_TEST(reserve_is_no_symlink)
{
	ck_assert_int_eq(symlinkat("/tmp", root, "c1"), 0);
	ck_assert_int_lt(store_reserve(root, "c1", NULL), 0);
	ck_assert_int_lt(store_open(root, "c1", NULL), 0);
	ck_assert_int_eq(unlinkat(root, "c1", 0), 0);
}
END_TEST

/* Makes and removes the same id again and again; the exit status tells of two at once. */
static int contend(const char *guard)
{
	for (int i = 0; i < 50;) {
		int dir = store_reserve(root, "race", NULL);

		if (dir == -EEXIST)
			continue;
		if (dir < 0)
			return 100;
		if (mkdirat(root, guard, 0700) < 0)
			return 101;
		if (i % 2)
			put(dir, "state.json");
		if (unlinkat(root, guard, AT_REMOVEDIR) < 0)
			return 102;
		/* Some leave it as a killed create does. */
		if (i % 4 != 2 && store_remove(root, "race", dir, NULL) < 0)
			return 103;
		close_fd(dir);
		i++;
	}
	return 0;
}

START_TEST(one_of_many_wins)
{
	pid_t pids[4];
	int status;

	foreach_array(p, pids) {
		*p = fork();
		if (*p == 0)
			_exit(contend("guard"));
	}
	foreach_array(p, pids) {
		ck_assert_int_eq(waitpid(*p, &status, 0), *p);
		ck_assert_int_eq(status, 0);
	}
	(void)unlinkat(root, "race", AT_REMOVEDIR);
}
END_TEST

/* ---- locks ---- */

START_TEST(lock_names_its_wait)
{
	struct error e = ERROR_INIT;
	int held = store_reserve(root, "c1", &e);
	int dir = store_open(root, "c1", &e);

	ck_assert_int_eq(store_is_locked(dir), 1);
	ck_assert_int_eq(store_lock(dir, 0, &e), -EBUSY);
	ck_assert_ptr_nonnull(strstr(e.msg, "within 0 s"));
	store_unlock(held);
	ck_assert_int_eq(store_is_locked(dir), 0);
	ck_assert_int_eq(store_lock(dir, 0, &e), 0);
	close_fd(held);
	ck_assert_int_eq(store_remove(root, "c1", dir, &e), 0);
	close_fd(dir);
}
END_TEST

START_TEST(lock_of_what_was_removed_meanwhile)
{
	struct error e = ERROR_INIT;
	int held = store_reserve(root, "c1", &e);
	int dir = store_open(root, "c1", &e);

	ck_assert_int_eq(store_remove(root, "c1", held, &e), 0);
	close_fd(held);
	ck_assert_int_eq(store_lock(dir, 1, &e), -ENOENT);
	ck_assert_str_eq(e.msg, "container does not exist");
	close_fd(dir);
}
END_TEST

/* ---- removing ---- */

START_TEST(removes_what_is_ours_only)
{
	struct error e = ERROR_INIT;
	int dir = store_reserve(root, "c1", &e);

	put(dir, "state.json");
	put(dir, ".config.json.77");
	put(dir, ".exit.json.78");
	put(dir, "someone's");
	ck_assert_int_eq(store_remove(root, "c1", dir, &e), -ENOTEMPTY);
	ck_assert_ptr_nonnull(strstr(e.msg, "someone's"));
	ck_assert(has(dir, "someone's") && !has(dir, ".config.json.77"));
	ck_assert(!has(dir, ".exit.json.78"));
	ck_assert_int_eq(unlinkat(dir, "someone's", 0), 0);
	ck_assert_int_eq(store_remove(root, "c1", dir, &e), 0);
	/* A repeated delete. */
	ck_assert_int_eq(store_remove(root, "c1", dir, &e), 0);
	close_fd(dir);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store");
	TCase *t = tcase_create("store");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, takes_id, 0, ARRAY_SIZE(good_ids));
	tcase_add_loop_test(t, refuses_id, 0, ARRAY_SIZE(bad_ids));
	tcase_add_test(t, id_has_bounds);
	tcase_add_test(t, root_is_made_when_asked);
	tcase_add_loop_test(t, root_is_not_slash, 0, ARRAY_SIZE(slashes));
	tcase_add_test(t, root_of_a_user);
	tcase_add_test(t, root_of_another_user);
	tcase_add_test(t, opens_regular_files_only);
	tcase_add_test(t, reserve_once);
	tcase_add_test(t, reserve_takes_over_what_a_killed_create_left);
	tcase_add_test(t, reserve_is_no_symlink);
	tcase_add_test(t, one_of_many_wins);
	tcase_add_test(t, lock_names_its_wait);
	tcase_add_test(t, lock_of_what_was_removed_meanwhile);
	tcase_add_test(t, removes_what_is_ours_only);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
