/* SPDX-License-Identifier: Apache-2.0 */
#include "host/netlink.h"

#include <check.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macros.h"
#include "tests/lib/suite.h"

/* The kernel's part is played by the other end of a socket: its answers lie there before they are asked for. */
static struct netlink nl;
static int kernel;

static void setup(void)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
	nl = (struct netlink){ .fd = ends[0], .sequence = 7 };
	kernel = ends[1];
}

static void teardown(void)
{
	netlink_close(&nl);
	(void)close(kernel);
}

static void answer(uint16_t type, uint16_t flags, uint32_t sequence, const void *data, size_t n)
{
	struct {
		struct nlmsghdr head;
		char data[256];
	} message = { .head = { .nlmsg_len = (uint32_t)NLMSG_LENGTH(n), .nlmsg_type = type, .nlmsg_flags = flags,
				.nlmsg_seq = sequence } };

	ck_assert_uint_le(n, sizeof(message.data));
	memcpy(message.data, data, n);
	ck_assert_int_eq(send(kernel, &message, message.head.nlmsg_len, 0), (ssize_t)message.head.nlmsg_len);
}

static int list_addresses(void)
{
	const struct netlink_device lo = { .index = 1, .name = "lo" };
	struct netlink_address *list = NULL;
	size_t n = 0;
	int r = netlink_addresses(&nl, &lo, &list, &n);

	free(list);
	return r;
}

/* A list that broke off in the middle ends with NLMSG_DONE and the reason. */
static const struct {
	int said, want;
} ends[] = { { 0, 0 }, { -EBUSY, -EBUSY }, { -EINTR, -EINTR }, { 3, 0 } };

START_TEST(a_list_that_broke_off_is_a_failure)
{
	answer(NLMSG_DONE, NLM_F_MULTI, 8, &ends[_i].said, sizeof(ends[_i].said));
	ck_assert_int_eq(list_addresses(), ends[_i].want);
}
END_TEST

START_TEST(an_end_without_a_number_is_an_end)
{
	answer(NLMSG_DONE, NLM_F_MULTI, 8, "", 0);
	ck_assert_int_eq(list_addresses(), 0);
}
END_TEST

START_TEST(answers_to_another_request_are_passed_over)
{
	int old = -EBUSY, now = -EPERM;

	answer(NLMSG_DONE, NLM_F_MULTI, 7, &old, sizeof(old));
	answer(NLMSG_DONE, NLM_F_MULTI, 8, &now, sizeof(now));
	ck_assert_int_eq(list_addresses(), -EPERM);
}
END_TEST

START_TEST(an_error_that_is_cut_off_is_none_of_the_protocol)
{
	answer(NLMSG_ERROR, 0, 8, "x", 1);
	ck_assert_int_eq(netlink_change(&nl, 1, &(struct netlink_change){ .netns = -1, .up = true }), -EPROTO);
}
END_TEST

START_TEST(the_kernels_explanation_is_kept_until_the_next_request)
{
	struct {
		struct nlmsgerr e;
		struct rtattr attribute;
		char text[16];
	} said = { .e = { .error = -EOPNOTSUPP },
		   .attribute = { .rta_len = RTA_LENGTH(12), .rta_type = NLMSGERR_ATTR_MSG },
		   .text = "not so fast" };
	const struct netlink_change change = { .netns = -1, .up = true };

	answer(NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, 8, &said, sizeof(said));
	ck_assert_int_eq(netlink_change(&nl, 1, &change), -EOPNOTSUPP);
	ck_assert_str_eq(nl.why, "not so fast");
	answer(NLMSG_ERROR, 0, 9, &(struct nlmsgerr){ .error = 0 }, sizeof(struct nlmsgerr));
	ck_assert_int_eq(netlink_change(&nl, 1, &change), 0);
	ck_assert_str_eq(nl.why, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("netlink");
	TCase *t = tcase_create("answers");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_list_that_broke_off_is_a_failure, 0, (int)ARRAY_SIZE(ends));
	tcase_add_test(t, an_end_without_a_number_is_an_end);
	tcase_add_test(t, answers_to_another_request_are_passed_over);
	tcase_add_test(t, an_error_that_is_cut_off_is_none_of_the_protocol);
	tcase_add_test(t, the_kernels_explanation_is_kept_until_the_next_request);
	suite_add_tcase(s, t);
	return run_suite(s);
}
