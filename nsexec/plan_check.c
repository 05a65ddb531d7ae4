/* SPDX-License-Identifier: Apache-2.0 */
#include "nsexec/plan.h"

#include <linux/errno.h>
#include <stdbool.h>

#include "nsexec/sync.h"

struct view {
	const unsigned char *blob;
	uint32_t size;
};

static bool span_ok(const struct view *v, struct plan_span s, uint32_t element, uint32_t align)
{
	uint64_t end = (uint64_t)s.at + (uint64_t)s.n * element;

	return s.n == 0 || (s.at >= sizeof(struct plan) && s.at % align == 0 && end <= v->size);
}

/* The blob's last byte is NUL (checked once), so a string that begins inside ends inside. */
static bool string_ok(const struct view *v, uint32_t at)
{
	return at >= sizeof(struct plan) && at < v->size;
}

static bool strings_ok(const struct view *v, struct plan_span s)
{
	struct plan_span all = { s.at, s.n + PLAN_LIST_SPARE };
	const uint64_t *slot;

	if (s.at == 0 && s.n == 0)
		return true;
	if (s.n > v->size || !span_ok(v, all, sizeof(*slot), sizeof(*slot)))
		return false;
	slot = (const uint64_t *)(v->blob + s.at);
	for (uint32_t i = 0; i < s.n; i++)
		if (slot[i] > UINT32_MAX || !string_ok(v, (uint32_t)slot[i]))
			return false;
	for (uint32_t i = s.n; i < all.n; i++)
		if (slot[i] != 0)
			return false;
	return true;
}

static unsigned uses_of(uint16_t code)
{
	static const uint16_t uses[PLAN_CODES] = {
#define OP(name, uses, doc) [PLAN_##name] = (uses),
#include "nsexec/ops.def"
#undef OP
	};

	return uses[code];
}

static bool fd_ok(const struct plan *p, const struct plan_op *op, unsigned uses)
{
	if (op->fd == -1)
		return !(uses & USE_FD);
	return (uses & (USE_FD | MAY_FD)) && op->fd >= 0 && (uint32_t)op->fd < p->n_fds;
}

/* What an opcode does not use is zero: nobody reads it unchecked. */
static bool unused_ok(const struct plan_op *op, unsigned uses)
{
	if (!(uses & (USE_STRINGS1 | USE_IDS1)) && (op->l1.at || op->l1.n))
		return false;
	if (!(uses & MAY_STRINGS2) && (op->l2.at || op->l2.n))
		return false;
	return (uses & USE_S1 || !op->s1) && (uses & (USE_S2 | MAY_S2) || !op->s2);
}

/* A list that an op turns into pointers must be there, if only with its free slots. */
static bool lists_ok(const struct plan *p, const struct plan_op *op, unsigned uses)
{
	if ((uses & USE_STRINGS1) && !op->l1.at)
		return false;
	if (((uses & (USE_ENVP | USE_PROGRAM)) || (op->flags & OP_ENV)) && !p->envp.at)
		return false;
	return !(uses & USE_PROGRAM) || (p->paths.n && p->argv.at);
}

static bool is_prefix(const char *s, const char *of)
{
	while (*s && *s == *of) {
		s++;
		of++;
	}
	return !*s;
}

static bool device_ok(const struct plan_op *op)
{
	return op->code != PLAN_MKNOD ||
	       (op->y >> 32 <= PLAN_MAJOR_MAX && (uint32_t)op->y <= PLAN_MINOR_MAX);
}

/*
 * The fd table lies in a row above SYNC_FD. A placement must not hit the socket, nor a descriptor of the table that it, or an
 * op after it, uses. `placed` and `sync` are what the ops before have done.
 */
struct numbers {
	uint64_t placed; /* the highest placement, or 0 */
	uint64_t sync;   /* the socket is there, or above; 0: not moved yet */
};

/* O_CLOEXEC of fcntl.h, whose header needs a C library: the same on all architectures that we know. */
#define PLACED_CLOEXEC 02000000U

static bool above_placed(const struct numbers *n, uint32_t index)
{
	return (uint64_t)SYNC_FD + 1 + index > n->placed;
}

static bool numbers_ok(struct numbers *n, const struct plan *p, const struct plan_op *op)
{
	if (op->fd >= 0 && !above_placed(n, (uint32_t)op->fd))
		return false;
	if (op->code == PLAN_HOOK && p->hook_output && !above_placed(n, p->hook_output))
		return false;
	if (op->code == PLAN_HOOK && op->y && !above_placed(n, (uint32_t)op->y))
		return false;
	if (op->code == PLAN_EXEC)
		return op->x == 0 || op->x == n->placed;
	if (op->code == PLAN_SYNC_MOVE)
		n->sync = op->x <= PLAN_NUMBER_MAX ? op->x : 0;
	if (op->code != PLAN_FD_PLACE)
		return true;
	if (op->x < SYNC_FD || op->x >= n->sync || (op->y && op->y != PLACED_CLOEXEC))
		return false;
	if (op->fd >= 0 && op->x >= (uint64_t)SYNC_FD + 1 + (uint32_t)op->fd)
		return false;
	if (op->x > n->placed)
		n->placed = op->x;
	return true;
}

static bool op_ok(const struct view *v, const struct plan *p, const struct plan_op *op)
{
	unsigned uses;

	if (op->code >= PLAN_CODES)
		return false;
	uses = uses_of(op->code);
	if (op->code == PLAN_HOOK && op->y >= p->n_fds + !p->n_fds)
		return false;
	if (!fd_ok(p, op, uses) || !unused_ok(op, uses) || !lists_ok(p, op, uses) ||
	    !device_ok(op))
		return false;
	if ((uses & USE_S1) && !string_ok(v, op->s1))
		return false;
	if ((uses & USE_S2) && !string_ok(v, op->s2))
		return false;
	if (op->s2 && !string_ok(v, op->s2))
		return false;
	if ((uses & PREFIX2) && op->s2 && !is_prefix(plan_string(p, op->s2), plan_string(p, op->s1)))
		return false;
	if ((uses & USE_STRINGS1) && !strings_ok(v, op->l1))
		return false;
	if ((uses & MAY_STRINGS2) && !strings_ok(v, op->l2))
		return false;
	return !(uses & USE_IDS1) || span_ok(v, op->l1, sizeof(uint32_t), sizeof(uint64_t));
}

static bool header_ok(const struct view *v, const struct plan *p, size_t size)
{
	return p->magic == PLAN_MAGIC && p->version == PLAN_VERSION && p->size == size &&
	       p->n_fds <= PLAN_FDS_MAX && p->n_kept <= p->n_fds &&
	       p->hook_output < p->n_fds + !p->n_fds && v->blob[size - 1] == 0 &&
	       span_ok(v, p->ops, sizeof(struct plan_op), sizeof(uint64_t)) &&
	       span_ok(v, p->bpf, 8, sizeof(uint64_t)) && p->bpf.n <= UINT16_MAX &&
	       strings_ok(v, p->paths) && strings_ok(v, p->argv) && strings_ok(v, p->envp);
}

int plan_check(const void *blob, size_t size, uint32_t *bad_op)
{
	const struct plan *p = blob;
	struct view v = { blob, (uint32_t)size };
	struct numbers numbers = { 0, 0 };

	*bad_op = UINT32_MAX;
	if (size < sizeof(*p) + 1 || size > PLAN_SIZE_MAX || !header_ok(&v, p, size))
		return -EINVAL;
	for (uint32_t i = 0; i < p->ops.n; i++)
		if (!op_ok(&v, p, &plan_ops(p)[i]) || !numbers_ok(&numbers, p, &plan_ops(p)[i])) {
			*bad_op = i;
			return -EINVAL;
		}
	return 0;
}

const char *plan_op_name(uint16_t code)
{
	switch (code) {
#define OP(name, uses, doc) \
	case PLAN_##name:   \
		return #name;
#include "nsexec/ops.def"
#undef OP
	default:
		return "?";
	}
}
