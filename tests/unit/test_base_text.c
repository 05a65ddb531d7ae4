/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/memfd.h"
#include "base/self.h"
#include "base/str.h"
#include "tests/lib/suite.h"

/* ---- arenas ---- */

START_TEST(gives_zeroed_aligned_memory)
{
	auto_(arena_free) struct arena *a = arena_new();
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 4096, 32 * 1024 - 64, 32 * 1024, 100000 };

	for (int round = 0; round < 3; round++)
		foreach_array(size, sizes) {
			unsigned char *p = arena_alloc(a, *size);

			ck_assert_ptr_nonnull(p);
			ck_assert_uint_eq((uintptr_t)p % 16, 0);
			/* Each check of Check's is a write to its pipe. */
			for (size_t i = 0; i < *size; i++)
				if (p[i])
					ck_abort_msg("byte %zu of %zu is not zero", i, *size);
			memset(p, 0xff, *size);
		}
}
END_TEST

START_TEST(does_not_overlap)
{
	auto_(arena_free) struct arena *a = arena_new();
	char *first = arena_alloc(a, 10), *big, *last;

	memset(first, 'a', 10);
	big = arena_alloc(a, 100000);
	memset(big, 'b', 100000);
	last = arena_alloc(a, 10);
	memset(last, 'c', 10);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(first[i], 'a');
	for (int i = 0; i < 100000; i++)
		if (big[i] != 'b')
			ck_abort_msg("byte %d was overwritten", i);
}
END_TEST

START_TEST(refuses_absurd_sizes)
{
	auto_(arena_free) struct arena *a = arena_new();

	errno = 0;
	ck_assert_ptr_null(arena_alloc(a, SIZE_MAX));
	ck_assert_int_eq(errno, ENOMEM);
	ck_assert_ptr_null(arena_alloc(a, SIZE_MAX / 2 + 1));
	arena_free(NULL);
}
END_TEST

START_TEST(copies_strings)
{
	auto_(arena_free) struct arena *a = arena_new();

	ck_assert_str_eq(arena_strdup(a, "abc"), "abc");
	ck_assert_str_eq(arena_strndup(a, "abcdef", 3), "abc");
	ck_assert_str_eq(arena_strdup(a, ""), "");
	ck_assert_str_eq(arena_printf(a, "%s-%d", "x", 7), "x-7");
	ck_assert_uint_eq(strlen(arena_printf(a, "%*s", 50000, "x")), 50000);
}
END_TEST

/* ---- strings ---- */

START_TEST(grows)
{
	auto_str s = STR_INIT;

	ck_assert_str_eq(str_text(&s), "");
	for (int i = 0; i < 10000; i++)
		str_printf(&s, "%d,", i % 10);
	ck_assert(str_ok(&s));
	ck_assert_uint_eq(s.n, 20000);
	ck_assert_uint_eq(strlen(s.s), 20000);
	str_addn(&s, "a\0b", 3);
	ck_assert_uint_eq(s.n, 20003);
	ck_assert_int_eq(s.s[20002], 'b');
	ck_assert_int_eq(s.s[20003], 0);
	str_add(&s, "");
	ck_assert_uint_eq(s.n, 20003);
}
END_TEST

/* Lengths around the steps of growth. */
START_TEST(grows_exactly)
{
	for (size_t n = 250; n < 260; n++) {
		auto_str s = STR_INIT;
		char text[512];

		memset(text, 'x', n);
		text[n] = 0;
		str_add(&s, text);
		ck_assert_str_eq(s.s, text);
		str_printf(&s, "%s", text);
		ck_assert_uint_eq(strlen(s.s), 2 * n);
	}
}
END_TEST

START_TEST(compares)
{
	ck_assert(streq("a", "a") && streq(NULL, NULL) && !streq("a", NULL) && !streq(NULL, "a"));
	ck_assert(starts_with("abc", "ab") && starts_with("abc", "") && !starts_with("a", "ab"));
	ck_assert_str_eq(path_last("/a/b"), "b");
	ck_assert_str_eq(path_last("b"), "b");
	ck_assert_str_eq(path_last("/a/"), "");
	ck_assert_str_eq(path_last(""), "");
}
END_TEST

/* ---- errors ---- */

START_TEST(describes_failures)
{
	struct error e = ERROR_INIT;

	ck_assert_int_eq(failf(&e, EINVAL, "no %s", "way"), -EINVAL);
	ck_assert_int_eq(e.num, EINVAL);
	ck_assert_str_eq(e.msg, "no way");

	errno = ENOENT;
	ck_assert_int_eq(sysf(&e, "open '%s'", "/x"), -ENOENT);
	ck_assert_str_eq(e.msg, "open '/x': no such file or directory");
	errno = 0;
	ck_assert_int_eq(sysf(&e, "x"), -EIO);

	ck_assert_int_eq(codef(&e, -EPERM, "mount"), -EPERM);
	ck_assert_str_eq(e.msg, "mount: operation not permitted");
	ck_assert_int_eq(codef(&e, EPERM, "%s", ""), -EPERM);
	ck_assert_str_eq(e.msg, "operation not permitted");
}
END_TEST

START_TEST(does_without_a_place_for_errors)
{
	errno = EBUSY;
	ck_assert_int_eq(sysf(NULL, "x"), -EBUSY);
	ck_assert_int_eq(failf(NULL, EINVAL, "x"), -EINVAL);
	ck_assert_int_eq(codef(NULL, -EPERM, "x"), -EPERM);
	ck_assert_int_lt(error_context(NULL, "x"), 0);
	ck_assert_int_lt(error_place(NULL, "f", 1, "/x"), 0);
}
END_TEST

START_TEST(adds_context_and_place)
{
	struct error e = ERROR_INIT;
	char text[256];

	failf(&e, EINVAL, "inner");
	ck_assert_str_eq(error_text(&e, text, sizeof(text)), "inner");
	ck_assert_int_eq(error_context(&e, "mount %d", 3), -EINVAL);
	ck_assert_str_eq(e.msg, "mount 3: inner");
	ck_assert_int_eq(error_place(&e, "config.json", 41, "/mounts/3"), -EINVAL);
	error_place(&e, "other.json", 1, "/x");
	ck_assert_str_eq(error_text(&e, text, sizeof(text)),
			 "config.json:41 /mounts/3: mount 3: inner");
	ck_assert_str_eq(error_text(&e, text, 12), "config.json");
}
END_TEST

START_TEST(says_where_as_far_as_known)
{
	struct error e = ERROR_INIT;
	char text[256];

	failf(&e, EINVAL, "m");
	error_place(&e, "f", 0, NULL);
	ck_assert_str_eq(error_text(&e, text, sizeof(text)), "f: m");
	e = (struct error)ERROR_INIT;
	failf(&e, EINVAL, "m");
	error_place(&e, NULL, 0, "/a");
	ck_assert_str_eq(error_text(&e, text, sizeof(text)), "/a: m");
}
END_TEST

START_TEST(cuts_long_messages)
{
	struct error e = ERROR_INIT;
	char *long_text = malloc(10000);

	memset(long_text, 'y', 9999);
	long_text[9999] = 0;
	errno = ENOENT;
	sysf(&e, "%s", long_text);
	ck_assert_uint_eq(strlen(e.msg), sizeof(e.msg) - 1);
	error_context(&e, "context");
	ck_assert_int_eq(strncmp(e.msg, "context: yyy", 12), 0);
	ck_assert_uint_eq(strlen(e.msg), sizeof(e.msg) - 1);
	error_place(&e, long_text, 1, long_text);
	ck_assert_uint_eq(strlen(e.file), sizeof(e.file) - 1);
	ck_assert_uint_eq(strlen(e.at), sizeof(e.at) - 1);
	free(long_text);
}
END_TEST

/* docker and podman look for these words, in this spelling. */
START_TEST(spells_errno_as_clients_expect)
{
	ck_assert_str_eq(errno_words(ENOENT), "no such file or directory");
	ck_assert_str_eq(errno_words(-EACCES), "permission denied");
	ck_assert_str_eq(errno_words(EPERM), "operation not permitted");
	ck_assert_str_eq(errno_words(ENOEXEC), "exec format error");
	ck_assert_str_eq(errno_words(ESRCH), "no such process");
	ck_assert_str_eq(errno_words(EUCLEAN), "structure needs cleaning");
	ck_assert_str_eq(errno_words(EOPNOTSUPP), "operation not supported");
	ck_assert_str_eq(errno_words(EHOSTDOWN), "host is down");
	ck_assert_str_eq(errno_words(EDEADLK), "resource deadlock avoided");
	ck_assert_str_eq(errno_words(54321), "errno 54321");
}
END_TEST

#ifdef __GLIBC__
START_TEST(spells_errno_as_glibc_does)
{
	/* All of the kernel's list: 41 and 58 are holes in it. */
	for (int num = 1; num <= EHWPOISON; num++) {
		const char *ours = errno_words(num), *theirs = strerrordesc_np(num);

		if (num == 41 || num == 58)
			continue;
		ck_assert_msg(strncmp(ours, "errno ", 6) != 0, "no words for %d, '%s'", num, theirs);
		ck_assert_int_eq(tolower((unsigned char)theirs[0]), tolower((unsigned char)ours[0]));
		ck_assert_str_eq(theirs + 1, ours + 1);
	}
}
END_TEST
#endif

/* ---- descriptors ---- */

START_TEST(knows_the_path_of_a_descriptor)
{
	auto_(close_fd) int fd = open("/usr/../etc", O_PATH | O_CLOEXEC);
	char path[5];

	ck_assert_int_eq(path_of_fd(fd, path, 5), 0);
	ck_assert_str_eq(path, "/etc");
	ck_assert_int_eq(path_of_fd(fd, path, 4), -ENAMETOOLONG);
	ck_assert_int_eq(path_of_fd(-1, path, 5), -ENOENT);
}
END_TEST

START_TEST(seals_memory_files)
{
	auto_(close_fd) int data = memfd_sealed("data", "text", 4), program = memfd_program("p", 0500, "text", 4);
	struct stat st;
	char text[5] = "";

	ck_assert_int_ge(data, 0);
	ck_assert_int_ge(program, 0);
	ck_assert_int_eq(pread(data, text, 5, 0), 4);
	ck_assert_str_eq(text, "text");
	ck_assert_int_eq(fstat(program, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0500);
	for (int i = 0; i < 2; i++) {
		int fd = i ? program : data;

		ck_assert_int_eq(pwrite(fd, "x", 1, 0), -1);
		ck_assert_int_eq(ftruncate(fd, 0), -1);
		ck_assert_int_eq(ftruncate(fd, 100), -1);
		ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	}
}
END_TEST

START_TEST(renews_files_without_another_name)
{
	char top[] = "/tmp/orlop-test.XXXXXX", path[64];
	auto_(close_fd) int dir = open(mkdtemp(top), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_str text = STR_INIT;
	struct stat st;

	ck_assert_int_ge(dir, 0);
	(void)snprintf(path, sizeof(path), "%s/pid", top);
	ck_assert_int_eq(file_renew_at(AT_FDCWD, path, "1", 1, 0640), 0);
	ck_assert_int_eq(file_renew_at(dir, "pid", "23", 2, 0640), 0);
	ck_assert_int_eq(file_read_at(dir, "pid", 10, &text), 0);
	ck_assert_str_eq(str_text(&text), "23");
	/* A link is replaced, not followed. */
	ck_assert_int_eq(symlinkat("pid", dir, "link"), 0);
	ck_assert_int_eq(file_renew_at(dir, "link", "4", 1, 0600), 0);
	ck_assert_int_eq(fstatat(dir, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert(S_ISREG(st.st_mode));
	ck_assert_int_eq(mkdirat(dir, "folder", 0700), 0);
	ck_assert_int_eq(file_renew_at(dir, "folder", "5", 1, 0600), -EISDIR);
	ck_assert_int_eq(unlinkat(dir, "folder", AT_REMOVEDIR), 0);
	ck_assert_int_eq(unlinkat(dir, "link", 0), 0);
	ck_assert_int_eq(unlinkat(dir, "pid", 0), 0);
	ck_assert_int_eq(rmdir(top), 0);
}
END_TEST

/* Where a file needs a name before its content, the name is new: what somebody has put there is neither followed nor filled. */
START_TEST(a_temporary_name_that_is_taken_leads_nowhere)
{
	char top[] = "/tmp/orlop-test.XXXXXX", temporary[64];
	auto_(close_fd) int dir = open(mkdtemp(top), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_str text = STR_INIT, victim = STR_INIT;

	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(file_renew_at(dir, "victim", "safe", 4, 0600), 0);
	ck_assert_int_eq(file_renew_at(dir, "pid", "1", 1, 0600), 0);
	/* The name exists: so it goes by a temporary one, which is a link here, and a folder after that. */
	(void)snprintf(temporary, sizeof(temporary), ".pid.%d", (int)getpid());
	ck_assert_int_eq(symlinkat("victim", dir, temporary), 0);
	ck_assert_int_eq(file_replace_at(dir, "pid", "2", 1, 0600), 0);
	ck_assert_int_eq(mkdirat(dir, temporary, 0700), 0);
	ck_assert_int_eq(file_replace_at(dir, "pid", "3", 1, 0600), -EISDIR);
	ck_assert_int_eq(file_read_at(dir, "pid", 10, &text), 0);
	ck_assert_str_eq(str_text(&text), "2");
	ck_assert_int_eq(file_read_at(dir, "victim", 10, &victim), 0);
	ck_assert_str_eq(str_text(&victim), "safe");
	ck_assert_int_eq(unlinkat(dir, temporary, AT_REMOVEDIR), 0);
	ck_assert_int_eq(unlinkat(dir, "pid", 0), 0);
	ck_assert_int_eq(unlinkat(dir, "victim", 0), 0);
	ck_assert_int_eq(rmdir(top), 0);
}
END_TEST

/* In a process of its own: it is asked for once. */
START_TEST(knows_what_its_caller_made_it)
{
	const struct self_status *s;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGRTMAX, SIG_IGN);
	s = self_status();
	ck_assert(s->known);
	ck_assert(s->ignored >> (SIGUSR1 - 1) & 1);
	ck_assert(s->ignored >> (SIGRTMAX - 1) & 1);
	ck_assert(!(s->ignored >> (SIGUSR2 - 1) & 1));
	for (unsigned cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		ck_assert_int_eq(s->bounding >> cap & 1, prctl(PR_CAPBSET_READ, cap, 0, 0, 0));
	ck_assert_uint_eq(s->permitted & ~s->bounding, 0);
	ck_assert_ptr_eq(self_status(), s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base_text");
	TCase *t = tcase_create("all");

	tcase_add_test(t, gives_zeroed_aligned_memory);
	tcase_add_test(t, does_not_overlap);
	tcase_add_test(t, refuses_absurd_sizes);
	tcase_add_test(t, copies_strings);
	tcase_add_test(t, grows);
	tcase_add_test(t, grows_exactly);
	tcase_add_test(t, compares);
	tcase_add_test(t, describes_failures);
	tcase_add_test(t, does_without_a_place_for_errors);
	tcase_add_test(t, adds_context_and_place);
	tcase_add_test(t, says_where_as_far_as_known);
	tcase_add_test(t, cuts_long_messages);
	tcase_add_test(t, spells_errno_as_clients_expect);
#ifdef __GLIBC__
	tcase_add_test(t, spells_errno_as_glibc_does);
#endif

	tcase_add_test(t, knows_the_path_of_a_descriptor);
	tcase_add_test(t, seals_memory_files);
	tcase_add_test(t, knows_what_its_caller_made_it);
	tcase_add_test(t, renews_files_without_another_name);
	tcase_add_test(t, a_temporary_name_that_is_taken_leads_nowhere);
	suite_add_tcase(s, t);
	return run_suite(s);
}
