/* SPDX-License-Identifier: Apache-2.0 */

/* Calls that a listener has heard of, as a profile. */

#include <check.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/macros.h"
#include "json/json.h"
#include "security/seccomp_learned.h"
#include "tests/lib/suite.h"

static unsigned add(struct seccomp_learned *l, uint32_t arch, int nr, const char *comm)
{
	struct seccomp_data data = { .nr = nr, .arch = arch };

	return seccomp_learned_add(l, &data, comm);
}

static const struct json *profile(struct arena *a, const struct seccomp_learned *l, struct str *text, size_t *unnamed)
{
	struct error err = ERROR_INIT;
	struct json *top;

	ck_assert_int_eq(seccomp_learned_profile(l, "c", text, unnamed, &err), 0);
	ck_assert_int_eq(json_parse(a, str_text(text), text->n, "profile", &top, &err), 0);
	return top;
}

static bool lists(const struct json *array, const char *word)
{
	for (const struct json *i = array->first; i; i = i->next)
		if (streq(i->text, word))
			return true;
	return false;
}

START_TEST(names_are_sorted_and_stand_once)
{
	auto_(seccomp_learned_free) struct seccomp_learned *l = seccomp_learned_new();
	auto_(arena_free) struct arena *a = arena_new();
	auto_str text = STR_INIT;
	const struct json *top, *names;
	size_t unnamed, refused;

	for (int i = 0; i < 3; i++)
		(void)add(l, seccomp_native_arch(), __NR_write, "a");
	(void)add(l, seccomp_native_arch(), __NR_close, "b");
	top = profile(a, l, &text, &unnamed);
	names = json_member(json_member(top, "syscalls")->first, "names");
	ck_assert_int_eq((int)names->n, 2);
	ck_assert_str_eq(names->first->text, "close");
	ck_assert_str_eq(names->first->next->text, "write");
	ck_assert_int_eq((int)unnamed, 0);
	ck_assert_int_eq((int)seccomp_learned_calls(l, &refused), 2);
	ck_assert_int_eq((int)refused, 0);
}
END_TEST

START_TEST(a_sleep_may_be_restarted)
{
	auto_(seccomp_learned_free) struct seccomp_learned *l = seccomp_learned_new();
	auto_(arena_free) struct arena *a = arena_new();
	auto_str text = STR_INIT;
	size_t unnamed;

	(void)add(l, seccomp_native_arch(), __NR_clock_nanosleep, "a");
	ck_assert(lists(json_member(json_member(profile(a, l, &text, &unnamed), "syscalls")->first, "names"),
			"restart_syscall"));
}
END_TEST

START_TEST(what_changes_names_is_told)
{
	auto_(seccomp_learned_free) struct seccomp_learned *l = seccomp_learned_new();

	ck_assert_uint_eq(add(l, seccomp_native_arch(), __NR_execve, "a"), CALL_RENAMES);
	ck_assert_uint_eq(add(l, seccomp_native_arch(), __NR_clone3, "a"), CALL_MAKES_TASKS);
	ck_assert_uint_eq(add(l, seccomp_native_arch(), __NR_read, "a"), 0);
#ifdef __x86_64__
	ck_assert_uint_eq(add(l, AUDIT_ARCH_I386, 11, "a"), CALL_RENAMES);
#endif
}
END_TEST

/* A container may call whatever it likes: no more is kept than there is room for, and that is said. */
START_TEST(more_numbers_than_there_is_room_for)
{
	auto_(seccomp_learned_free) struct seccomp_learned *l = seccomp_learned_new();
	auto_(arena_free) struct arena *a = arena_new();
	auto_str text = STR_INIT;
	const struct json *top;
	size_t unnamed;
	char comm[16];

	for (int i = 0; i < LEARNED_CALLS_MAX + 100; i++) {
		snprintf(comm, sizeof(comm), "n%d", i);
		(void)add(l, 0xdeadbeef, -i, comm);
		(void)add(l, seccomp_native_arch(), __NR_read, comm);
	}
	top = json_member(profile(a, l, &text, &unnamed), SECCOMP_LEARNED_MEMBER);
	ck_assert_str_eq(json_member(top, "lost")->text, "102");
	ck_assert_int_eq((int)unnamed, LEARNED_CALLS_MAX - 2);
	for (const struct json *c = json_member(top, "calls")->first; c; c = c->next)
		if (json_member(c, "name"))
			ck_assert_int_eq((int)json_member(c, "processes")->n, LEARNED_BY_MAX + 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("seccomp_learn");
	TCase *t = tcase_create("all");

	tcase_add_test(t, names_are_sorted_and_stand_once);
	tcase_add_test(t, a_sleep_may_be_restarted);
	tcase_add_test(t, what_changes_names_is_told);
	tcase_add_test(t, more_numbers_than_there_is_room_for);
	suite_add_tcase(s, t);
	return run_suite(s);
}
