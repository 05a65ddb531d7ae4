/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Device rules: both forms, the v1 list and the v2 program, must answer as the rules read. The
 * program runs in an interpreter of the few instructions that it uses.
 */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cgroup/devices.h"
#include "spec/spec.h"
#include "tests/lib/suite.h"

#define DEFAULTS                                                                              \
	"c -1:-1 1;b -1:-1 1;c 1:3 7;c 1:5 7;c 1:7 7;c 1:8 7;c 1:9 7;c 5:0 7;c 5:2 7;c 136:-1 7;c 10:200 7;"

static const struct {
	const char *json;  /* of devices */
	const char *want;  /* the v1 exceptions; NULL: refused */
	bool allow;
} lists[] = {
	{ "[]", DEFAULTS, false },
	{ "[{\"allow\":false,\"access\":\"rwm\"}]", DEFAULTS, false },
	{ "[{\"allow\":false}]", DEFAULTS, false },
	{ "[{\"allow\":true,\"access\":\"rwm\"}]", "", true },
	{ "[{\"allow\":true,\"type\":\"a\",\"major\":-1,\"minor\":-1}]", "", true },
	/* what stands before a rule for all has no effect */
	{ "[{\"allow\":true},{\"allow\":false}]", DEFAULTS, false },
	{ "[{\"allow\":false},{\"allow\":true}]", "", true },
	{ "[{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":229,\"access\":\"rw\"}]",
	  "c 10:229 6;" DEFAULTS, false },
	/* merged, and taken back exactly or by a wider rule */
	{ "[{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":2,\"access\":\"r\"},"
	  "{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":2,\"access\":\"w\"}]",
	  "c 10:2 6;" DEFAULTS, false },
	{ "[{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":2},"
	  "{\"allow\":false,\"type\":\"c\",\"major\":10,\"minor\":2,\"access\":\"w\"}]",
	  "c 10:2 3;" DEFAULTS, false },
	{ "[{\"allow\":true,\"type\":\"c\",\"major\":10,\"minor\":2},"
	  "{\"allow\":false,\"type\":\"c\",\"major\":10}]",
	  DEFAULTS, false },
	/* v1 would ignore this one */
	{ "[{\"allow\":true,\"type\":\"c\",\"major\":10},"
	  "{\"allow\":false,\"type\":\"c\",\"major\":10,\"minor\":2}]",
	  NULL, false },
	{ "[{\"allow\":true},{\"allow\":false,\"type\":\"b\",\"major\":8}]", "b 8:-1 6;", true },
	{ "[{\"allow\":true},{\"allow\":false,\"type\":\"c\",\"major\":1}]", NULL, true },
	/* "a" that is not about all devices is a rule for both types */
	{ "[{\"allow\":true,\"major\":7,\"minor\":1}]", "c 7:1 7;b 7:1 7;" DEFAULTS, false },
};

static struct spec_doc *parse(const char *devices)
{
	auto_str text = STR_INIT;
	struct spec_doc *d = NULL;
	struct error e = ERROR_INIT;

	str_printf(&text, "{\"devices\":%s}", devices);
	ck_assert_msg(spec_parse_resources(text.s, text.n, "r.json", &d, &e) == 0, "%s: %s", devices,
		      e.msg);
	return d;
}

/* C1 X9 */
START_TEST(v1_list)
{
	auto_(spec_doc_free) struct spec_doc *d = parse(lists[_i].json);
	auto_(arena_free) struct arena *a = arena_new();
	struct device_rules rules, x;
	struct error e = ERROR_INIT;
	auto_str got = STR_INIT;
	int r;

	ck_assert_int_eq(devices_collect(a, d->resources, &rules, &e), 0);
	r = devices_exceptions(a, &rules, &x, &e);
	if (!lists[_i].want) {
		ck_assert_int_eq(r, -EINVAL);
		ck_assert_str_ne(e.msg, "");
		return;
	}
	ck_assert_int_eq(r, 0);
	for (size_t i = 0; i < x.n; i++)
		str_printf(&got, "%c %d:%d %u;", x.v[i].type, (int)x.v[i].major, (int)x.v[i].minor,
			   x.v[i].access);
	ck_assert_str_eq(str_text(&got), lists[_i].want);
	ck_assert_int_eq(x.allow, lists[_i].allow);
}
END_TEST

/* ---- what the rules say ---- */

struct question {
	char type;
	int64_t major, minor;
	unsigned access;
};

static bool matches(const struct device_rule *r, const struct question *q)
{
	return (r->type == 'a' || r->type == q->type) && (r->major < 0 || r->major == q->major) &&
	       (r->minor < 0 || r->minor == q->minor);
}

static bool model(const struct device_rules *rules, const struct question *q)
{
	for (unsigned bit = 1; bit <= DEVICE_WRITE; bit <<= 1) {
		bool allow = rules->allow;

		for (size_t i = 0; i < rules->n; i++)
			if (matches(&rules->v[i], q) && (rules->v[i].access & bit))
				allow = rules->v[i].allow;
		if ((q->access & bit) && !allow)
			return false;
	}
	return true;
}

/* ---- a machine for the program ---- */

static uint64_t jump_taken(unsigned op, uint64_t a, uint64_t b)
{
	return op == BPF_JEQ ? a == b : a != b;
}

static void compute(const struct bpf_insn *i, uint64_t *reg)
{
	uint64_t b = BPF_SRC(i->code) == BPF_X ? reg[i->src_reg] : (uint64_t)(int64_t)i->imm;
	uint64_t *a = &reg[i->dst_reg];

	switch (BPF_OP(i->code)) {
	case BPF_MOV:
		*a = b;
		break;
	case BPF_AND:
		*a &= b;
		break;
	case BPF_OR:
		*a |= b;
		break;
	case BPF_XOR:
		*a ^= b;
		break;
	case BPF_RSH:
		*a >>= b;
		break;
	default:
		ck_abort_msg("unknown operation %x", i->code);
	}
	if (BPF_CLASS(i->code) == BPF_ALU)
		*a &= UINT32_MAX;
}

static bool run(const struct bpf_insn *program, size_t n, const struct question *q)
{
	const struct bpf_cgroup_dev_ctx ctx = {
		.access_type = (q->access << 16) |
			       (q->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR),
		.major = (uint32_t)q->major,
		.minor = (uint32_t)q->minor,
	};
	uint64_t reg[16] = { 0 };

	for (size_t pc = 0; pc < n; pc++) {
		const struct bpf_insn *i = &program[pc];
		uint32_t word;

		switch (BPF_CLASS(i->code)) {
		case BPF_LDX:
			if ((size_t)i->off + 4 > sizeof(ctx))
				ck_abort_msg("load from offset %d", i->off);
			memcpy(&word, (const char *)&ctx + i->off, 4);
			reg[i->dst_reg] = word;
			break;
		case BPF_ALU:
		case BPF_ALU64:
			compute(i, reg);
			break;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_EXIT)
				return reg[0];
			if (i->off <= 0)
				ck_abort_msg("jump by %d", i->off);
			if (jump_taken(BPF_OP(i->code), reg[i->dst_reg], (uint64_t)(int64_t)i->imm))
				pc += (size_t)i->off;
			break;
		default:
			ck_abort_msg("unknown class %x", i->code);
		}
	}
	ck_abort_msg("the program has no end");
}

static unsigned seed = 1;

static unsigned random_below(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static struct device_rule random_rule(void)
{
	return (struct device_rule){
		.allow = random_below(2),
		.type = "abc"[random_below(3)],
		.major = (int64_t)random_below(4) - 1,
		.minor = (int64_t)random_below(4) - 1,
		.access = 1 + random_below(7),
	};
}

static void ask_all(const struct device_rules *rules, const struct bpf_insn *program, size_t n,
		    const struct device_rules *x)
{
	for (unsigned i = 0; i < 2 * 4 * 4 * 7; i++) {
		struct question q = { .type = "bc"[i & 1], .major = (i >> 1) & 3, .minor = (i >> 3) & 3,
				      .access = 1 + (i >> 5) % 7 };
		bool want = model(rules, &q);

		/* Each check of Check's is a write to its pipe, and here are a million. */
		if (run(program, n, &q) != want || (x && model(x, &q) != want))
			ck_abort_msg("%s: %c %d:%d %u", run(program, n, &q) != want ? "program" : "list",
				     q.type, (int)q.major, (int)q.minor, q.access);
	}
}

/* C1 */
START_TEST(both_forms_answer_as_the_rules)
{
	struct device_rule v[6];
	struct bpf_insn program[DEVICES_PROGRAM_MAX(ARRAY_SIZE(v))];
	unsigned lists_made = 0;

	for (int round = 0; round < 2000; round++) {
		auto_(arena_free) struct arena *a = arena_new();
		struct device_rules rules = { .allow = random_below(2), .v = v,
					      .n = random_below(ARRAY_SIZE(v) + 1) };
		struct device_rules x;
		size_t n;
		bool list;

		for (size_t i = 0; i < rules.n; i++)
			v[i] = random_rule();
		n = devices_program(&rules, program);
		ck_assert_uint_le(n, DEVICES_PROGRAM_MAX(rules.n));
		list = devices_exceptions(a, &rules, &x, NULL) == 0;
		lists_made += list;
		ask_all(&rules, program, n, list ? &x : NULL);
	}
	ck_assert_uint_gt(lists_made, 500);
}
END_TEST

/* Numbers beyond the kernel's do not come here: spec/devices.c refuses them. */
START_TEST(defaults_alone)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct device_rules rules;
	struct error e = ERROR_INIT;

	ck_assert_int_eq(devices_collect(a, NULL, &rules, &e), 0);
	ck_assert(!rules.allow && rules.n == 11);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cgroup_devices");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, v1_list, 0, (int)ARRAY_SIZE(lists));
	tcase_add_test(t, both_forms_answer_as_the_rules);
	tcase_add_test(t, defaults_alone);
	suite_add_tcase(s, t);
	return run_suite(s);
}
