/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The stage's own parts, hosted: the same sources with the C library's system calls, under ASan and UBSan,
 * in a temporary directory and without root.
 */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "nsexec/stage.h"
#include "tests/lib/suite.h"

static char top[64];
static int root;

static void setup(void)
{
	snprintf(top, sizeof(top), "/tmp/test_stage.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	root = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(root, 0);
	mkdirat(root, "etc", 0755);
	mkdirat(root, "outside", 0755);
	mkdirat(root, "in", 0755);
	symlinkat("/nowhere/at/all", root, "absolute");
	symlinkat("there", root, "relative");
	symlinkat("../../../../etc/up", root, "in/up");
	symlinkat("loop", root, "loop");
}

static void teardown(void)
{
	char command[128];
	pid_t pid = fork();

	close(root);
	snprintf(command, sizeof(command), "%s", top);
	if (pid == 0) {
		execlp("rm", "rm", "-rf", command, NULL);
		_exit(127);
	}
}

static bool is_dir(const char *path)
{
	struct stat st;

	return fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static bool is_file(const char *path)
{
	struct stat st;

	return fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* ---- destinations ---- */

static const struct {
	const char *path, *made;
	bool file;
	long result; /* 0: a descriptor */
} destinations[] = {
	{ "/etc", "etc", false, 0 },
	{ "/new", "new", false, 0 },
	{ "/new/", "new", false, 0 },
	{ "a/b/c", "a/b/c", false, 0 },
	{ "/etc/passwd", "etc/passwd", true, 0 },
	{ "/x/y/file", "x/y/file", true, 0 },
	/* A link to nowhere is followed inside the root, and what it names is made there. */
	{ "/absolute", "nowhere/at/all", false, 0 },
	{ "/absolute/more", "nowhere/at/all/more", false, 0 },
	{ "/absolute", "nowhere/at/all", true, 0 },
	{ "/relative/deep", "there/deep", false, 0 },
	{ "/in/up/x", "etc/up/x", false, 0 },
	/* No way out. */
	{ "../../../escape", "escape", false, 0 },
	{ "/in/../../../other", "other", false, 0 },
	{ "/loop/x", NULL, false, -ELOOP },
};

START_TEST(destination_is_made_inside_the_root)
{
	bool made;
	long fd = path_make(root, destinations[_i].path, destinations[_i].file, true, 0755, &made);

	if (destinations[_i].result) {
		ck_assert_int_eq(fd, destinations[_i].result);
		return;
	}
	ck_assert_msg(fd >= 0, "%s: %ld", destinations[_i].path, fd);
	if (destinations[_i].file)
		ck_assert_msg(is_file(destinations[_i].made), "%s", destinations[_i].path);
	else
		ck_assert_msg(is_dir(destinations[_i].made), "%s", destinations[_i].path);
	close((int)fd);
}
END_TEST

START_TEST(nothing_is_made_unless_asked_for)
{
	bool made;

	ck_assert_int_eq(path_make(root, "/none", false, false, 0755, &made), -ENOENT);
	ck_assert(!is_dir("none"));
}
END_TEST

START_TEST(a_link_is_not_plain)
{
	bool made;
	long fd = path_make_plain(root, "/etc", false, 0755, &made);

	ck_assert_int_ge(fd, 0);
	ck_assert(!made);
	close((int)fd);
	fd = path_make_plain(root, "/missing", false, 0755, &made);
	ck_assert_int_ge(fd, 0);
	ck_assert(made && is_dir("missing"));
	close((int)fd);
	ck_assert_int_eq(path_make_plain(root, "/absolute", false, 0755, &made), -ELOOP);
	ck_assert_int_eq(path_make_plain(root, "/in/up/x", false, 0755, &made), -ELOOP);
}
END_TEST

START_TEST(a_path_too_long_is_refused)
{
	char path[6000];
	bool made;

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = 0;
	ck_assert_int_lt(path_make(root, path, false, true, 0755, &made), 0);
}
END_TEST

/* ---- tmpcopyup ---- */

static void put(const char *path, const char *text, mode_t mode)
{
	int fd = openat(root, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	fchmod(fd, mode);
	close(fd);
}

static void holds(const char *path, const char *text)
{
	char buf[256] = "";
	int fd = openat(root, path, O_RDONLY | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "%s", path);
	ck_assert_int_ge(read(fd, buf, sizeof(buf) - 1), 0);
	ck_assert_str_eq(buf, text);
	close(fd);
}

static struct copy_budget any;

START_TEST(a_tree_is_copied_with_links_and_modes)
{
	struct stat st;
	int from, to;
	char link[64] = "";

	put("in/one", "first", 0640);
	mkdirat(root, "in/sub", 0755);
	put("in/sub/two", "second", 0604);
	fchmodat(root, "in/sub", 01777, 0);
	mkdirat(root, "to", 0755);
	from = openat(root, "in", O_PATH | O_CLOEXEC);
	to = openat(root, "to", O_PATH | O_CLOEXEC);
	ck_assert_int_eq(copy_tree(from, to, &any), 0);
	holds("to/one", "first");
	holds("to/sub/two", "second");
	ck_assert_int_eq(fstatat(root, "to/sub", &st, 0), 0);
	ck_assert_int_eq(st.st_mode & 07777, 01777);
	ck_assert_int_eq(fstatat(root, "to/one", &st, 0), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0640);
	ck_assert_int_gt(readlinkat(root, "to/up", link, sizeof(link) - 1), 0);
	ck_assert_str_eq(link, "../../../../etc/up");
	close(from);
	close(to);
}
END_TEST

START_TEST(a_long_directory_is_copied_whole)
{
	char name[32];
	int from, to;

	mkdirat(root, "many", 0755);
	mkdirat(root, "to", 0755);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "many/%d", i);
		put(name, name, 0644);
	}
	from = openat(root, "many", O_PATH | O_CLOEXEC);
	to = openat(root, "to", O_PATH | O_CLOEXEC);
	ck_assert_int_eq(copy_tree(from, to, &any), 0);
	for (int i = 0; i < 300; i++) {
		char copy[32];

		snprintf(name, sizeof(name), "many/%d", i);
		snprintf(copy, sizeof(copy), "to/%d", i);
		holds(copy, name);
	}
	close(from);
	close(to);
}
END_TEST

START_TEST(a_copy_that_takes_too_much_is_refused)
{
	struct copy_budget small = { .bounded = true, .left = 2 * (4096 + 1024) + 1024 };
	int from, to;

	put("in/one", "first", 0640);
	put("in/two", "second", 0640);
	mkdirat(root, "to", 0755);
	from = openat(root, "in", O_PATH | O_CLOEXEC);
	to = openat(root, "to", O_PATH | O_CLOEXEC);
	ck_assert_int_eq(copy_tree(from, to, &small), 0);
	ck_assert_uint_eq(small.left, 0);
	mkdirat(root, "again", 0755);
	close(to);
	to = openat(root, "again", O_PATH | O_CLOEXEC);
	small.left = 2 * (4096 + 1024);
	ck_assert_int_eq(copy_tree(from, to, &small), -ENOMEM);
	close(from);
	close(to);
}
END_TEST

/* ---- the child's half of the handshake ---- */

static void send_table(int to, unsigned more, const int *fds, size_t n)
{
	struct sync_message record = { .step = SYNC_TABLE, .more = more };
	struct iovec io = { &record, sizeof(record) };
	char room[CMSG_SPACE(16 * sizeof(int))];
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (n) {
		memset(room, 0, sizeof(room));
		m.msg_control = room;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	ck_assert_int_eq(sendmsg(to, &m, 0), sizeof(record));
}

/* Whoever started us may have left holes among the numbers; the stage has none above SYNC_FD. */
static void fill_holes(int below)
{
	int fd;

	do
		fd = fcntl(0, F_DUPFD_CLOEXEC, 0);
	while (fd >= 0 && fd < below);
	close(fd);
}

START_TEST(the_table_arrives_in_a_row)
{
	struct stage s = { .root = -1 };
	int ends[2], fds[] = { 0, 1, 2 };

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	fill_holes(64);
	s.sync = ends[1];
	send_table(ends[0], 1, fds, 2);
	send_table(ends[0], 0, fds, 1);
	ck_assert_int_eq(record_receive_table(&s), 0);
	ck_assert_uint_eq(s.n_fds, 3);
	ck_assert_int_gt(s.first_fd, ends[1]);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(fcntl(s.first_fd + i, F_GETFD), FD_CLOEXEC);
	for (int i = 0; i < 3; i++)
		close(s.first_fd + i);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(end_of_file_is_never_a_table)
{
	struct stage s = { .root = -1 };
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	s.sync = ends[1];
	close(ends[0]);
	ck_assert_int_eq(record_receive_table(&s), -EPIPE);
	close(ends[1]);
}
END_TEST

START_TEST(a_table_without_descriptors_is_refused)
{
	struct stage s = { .root = -1 };
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	s.sync = ends[1];
	send_table(ends[0], 0, NULL, 0);
	ck_assert_int_eq(record_receive_table(&s), -EPROTO);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(a_step_out_of_turn_is_refused)
{
	struct plan plan = { .features = WITH_CONSOLE };
	struct stage s = { .plan = &plan, .last = SYNC_TABLE, .at = UINT32_MAX };
	struct sync_message record = { .step = SYNC_KEPT };
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	s.sync = ends[1];
	ck_assert_int_eq(record_send(&s, SYNC_CREATED, 0, -1), -EPROTO);
	ck_assert_int_eq(record_send(&s, SYNC_CONSOLE, 0, -1), 0);
	ck_assert_int_eq(record_send(&s, SYNC_CREATED, 0, -1), 0);
	ck_assert_int_eq(write(ends[0], &record, sizeof(record)), sizeof(record));
	ck_assert_int_eq(record_receive(&s, SYNC_KEPT), -EPROTO);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/* ---- text ---- */

START_TEST(text_helpers)
{
	char buf[16];

	text_octal(buf, 01777);
	ck_assert_str_eq(buf, "1777");
	text_octal(buf, 0);
	ck_assert_str_eq(buf, "0");
	text_copy(buf, 4, "abcdef");
	ck_assert_str_eq(buf, "abc");
	ck_assert(text_same("a", "a") && !text_same("a", "ab") && !text_same("ab", "a"));
	ck_assert_uint_eq(text_len("four"), 4);
}
END_TEST

START_TEST(device_numbers_are_never_cut)
{
	ck_assert_int_eq(device_number(1, 3), makedev(1, 3));
	ck_assert_int_eq(device_number(0xfff, 0xfffff), makedev(0xfff, 0xfffff));
	ck_assert_int_eq(device_number(0x1000, 3), -EINVAL);
	ck_assert_int_eq(device_number(1, 0x100003), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("stage");
	TCase *t = tcase_create("hosted");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, destination_is_made_inside_the_root, 0,
			    (int)(sizeof(destinations) / sizeof(*destinations)));
	tcase_add_test(t, nothing_is_made_unless_asked_for);
	tcase_add_test(t, a_link_is_not_plain);
	tcase_add_test(t, a_path_too_long_is_refused);
	tcase_add_test(t, a_tree_is_copied_with_links_and_modes);
	tcase_add_test(t, a_long_directory_is_copied_whole);
	tcase_add_test(t, a_copy_that_takes_too_much_is_refused);
	tcase_add_test(t, the_table_arrives_in_a_row);
	tcase_add_test(t, end_of_file_is_never_a_table);
	tcase_add_test(t, a_table_without_descriptors_is_refused);
	tcase_add_test(t, a_step_out_of_turn_is_refused);
	tcase_add_test(t, text_helpers);
	tcase_add_test(t, device_numbers_are_never_cut);
	suite_add_tcase(s, t);
	return run_suite(s);
}
