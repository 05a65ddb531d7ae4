/* SPDX-License-Identifier: Apache-2.0 */
#include "base/macros.h"
#include "base/names.h"
#include "nsexec/sync.h"
#include "plan/builder.h"

static const struct name flag_names[] = {
#define FLAG(name, word, doc) { word, OP_##name },
#include "nsexec/flags.def"
#undef FLAG
};

static const struct name feature_names[] = {
#define FEATURE(name, word, doc) { word, WITH_##name },
#include "nsexec/features.def"
#undef FEATURE
};

static void quoted(struct str *out, const char *s)
{
	str_add(out, "\"");
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			str_printf(out, "\\%c", *s);
		else if ((unsigned char)*s < ' ')
			str_printf(out, "\\x%02x", (unsigned)*s);
		else
			str_addn(out, s, 1);
	}
	str_add(out, "\"");
}

static void bits(struct str *out, const struct name *table, size_t n, uint64_t value)
{
	const char *between = "";

	for (size_t i = 0; i < n; i++)
		if (value & table[i].value) {
			str_printf(out, "%s%s", between, table[i].name);
			between = ",";
		}
}

static void list(struct str *out, const struct plan *p, const char *name, struct plan_span span)
{
	const uint64_t *slot = plan_list(p, span);

	if (!span.at)
		return;
	str_printf(out, " %s=[", name);
	for (uint32_t i = 0; i < span.n; i++) {
		str_add(out, i ? ", " : "");
		quoted(out, plan_string(p, (uint32_t)slot[i]));
	}
	str_add(out, "]");
}

static void numbers(struct str *out, const struct plan *p, struct plan_span span)
{
	for (uint32_t i = 0; i < span.n; i++)
		str_printf(out, "%s%u", i ? "," : " ids=", plan_u32s(p, span)[i]);
}

static bool lists_numbers(uint16_t code)
{
	return code == PLAN_GROUPS || code == PLAN_MEMORY_POLICY || code == PLAN_AFFINITY;
}

static void describe_op(struct str *out, const struct plan *p, const struct plan_op *op)
{
	str_printf(out, "%-14s", plan_op_name(op->code));
	if (op->fd >= 0)
		str_printf(out, " fd=%d", op->fd);
	if (op->s1) {
		str_add(out, " ");
		quoted(out, plan_string(p, op->s1));
	}
	if (op->s2) {
		str_add(out, " ");
		quoted(out, plan_string(p, op->s2));
	}
	if (lists_numbers(op->code)) {
		numbers(out, p, op->l1);
	} else {
		list(out, p, "l1", op->l1);
		list(out, p, "l2", op->l2);
	}
	if (op->code == PLAN_SYNC)
		str_printf(out, " %s", sync_name((enum sync_step)op->x));
	else if (op->x)
		str_printf(out, " x=0x%llx", (unsigned long long)op->x);
	if (op->y)
		str_printf(out, " y=0x%llx", (unsigned long long)op->y);
	if (op->z)
		str_printf(out, " z=0x%llx", (unsigned long long)op->z);
	if (op->flags) {
		str_add(out, " ");
		bits(out, flag_names, ARRAY_SIZE(flag_names), op->flags);
	}
	str_add(out, "\n");
}

void plan_describe(const struct plan *p, struct str *out)
{
	str_add(out, "features: ");
	bits(out, feature_names, ARRAY_SIZE(feature_names), p->features);
	str_printf(out, "\ndescriptors: %u, kept: %u\n", p->n_fds, p->n_kept);
	for (uint32_t i = 0; i < p->ops.n; i++)
		describe_op(out, p, &plan_ops(p)[i]);
	list(out, p, "paths", p->paths);
	list(out, p, "argv", p->argv);
	list(out, p, "envp", p->envp);
	str_printf(out, "\nseccomp: %u instructions\n", p->bpf.n);
}
