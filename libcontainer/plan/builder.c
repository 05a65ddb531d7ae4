/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/builder.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/memfd.h"

/*
 * Layout: header, strings, lists and numbers (8-aligned), ops, bpf, eight zero bytes. Offsets of strings
 * are final at once; offsets into the pool of lists get POOL_MARK until the strings' end is known, and so
 * do indices of descriptors that come after the kept ones, of which the number is not known yet.
 */
#define POOL_MARK 0x80000000U
#define LATE_FD 0x10000

struct origin {
	const struct json *json;
	const char *member;
};

struct fds {
	int *v;
	size_t n, room;
};

struct plan_builder {
	struct arena *arena; /* of all that follows, and of the builder */
	struct plan head;
	struct str strings, pool;
	struct plan_op *ops, scrap;
	struct origin *origins, now;
	size_t n_ops, room;
	struct fds kept, late;
	int *table; /* both, once sealed */
	void *bpf;
	bool bad, too_many_fds;
	struct plan *blob;
};

static bool add_fd(struct plan_builder *b, struct fds *fds, int fd)
{
	if (fds->n == fds->room) {
		size_t room = fds->room ? 2 * fds->room : 32;
		int *v = arena_grow(b->arena, fds->v, fds->n * sizeof(*v), room * sizeof(*v));

		if (!v)
			return false;
		fds->v = v;
		fds->room = room;
	}
	fds->v[fds->n++] = fd;
	return true;
}

struct plan_builder *plan_builder_new(void)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct plan_builder *b = a ? arena_new_of(a, struct plan_builder) : NULL;

	if (!b)
		return NULL;
	b->arena = a;
	b->strings = b->pool = (struct str)STR_IN(a);
	/* Index 0 of the table is the plan itself. */
	if (!add_fd(b, &b->kept, -EBADF))
		return NULL;
	(void)take_ptr(a);
	return b;
}

bool plan_close_later(struct plan_builder *b, int fd)
{
	return add_fd(b, &b->late, fd);
}

static void close_all(const struct plan_builder *b)
{
	const struct fds *lists[] = { &b->late, &b->kept };
	int *all = arena_array_of(b->arena, int, b->late.n + b->kept.n + 1);
	int saved = errno;
	size_t n = 0;

	foreach_array(list, lists) {
		if (!all)
			close_fds((*list)->v, (*list)->n);
		for (size_t i = 0; all && i < (*list)->n; i++)
			all[n++] = (*list)->v[i];
	}
	close_fds(all, n);
	errno = saved;
}

void plan_builder_free(struct plan_builder *b)
{
	if (!b)
		return;
	close_all(b);
	arena_free(b->arena);
}

void plan_origin(struct plan_builder *b, const struct json *json, const char *member)
{
	b->now = (struct origin){ json, member };
}

static bool grow(struct plan_builder *b)
{
	size_t room = b->room ? b->room * 2 : 128;
	struct plan_op *ops = arena_grow(b->arena, b->ops, b->n_ops * sizeof(*ops),
					 room * sizeof(*ops));
	struct origin *origins = arena_grow(b->arena, b->origins, b->n_ops * sizeof(*origins),
					    room * sizeof(*origins));

	if (!ops || !origins)
		return false;
	b->ops = ops;
	b->origins = origins;
	b->room = room;
	return true;
}

struct plan_op *plan_add(struct plan_builder *b, enum plan_code code)
{
	if (b->n_ops == b->room && !grow(b)) {
		b->bad = true;
		return &b->scrap;
	}
	b->ops[b->n_ops] = (struct plan_op){ .code = (uint16_t)code, .fd = -1 };
	b->origins[b->n_ops] = b->now;
	return &b->ops[b->n_ops++];
}

static uint32_t add_string(struct plan_builder *b, const char *s)
{
	uint32_t at = (uint32_t)(sizeof(struct plan) + b->strings.n);

	if (!s)
		return 0;
	str_addn(&b->strings, s, strlen(s) + 1);
	if (b->strings.n > PLAN_SIZE_MAX)
		b->bad = true;
	return at;
}

struct plan_op *plan_add_s(struct plan_builder *b, enum plan_code code, const char *s1,
			   const char *s2)
{
	struct plan_op *op = plan_add(b, code);

	op->s1 = add_string(b, s1);
	op->s2 = add_string(b, s2);
	return op;
}

static struct plan_span pool_span(struct plan_builder *b, size_t n)
{
	return (struct plan_span){ (uint32_t)b->pool.n | POOL_MARK, (uint32_t)n };
}

static void pool_add(struct plan_builder *b, const void *data, size_t n)
{
	static const char zero[8];

	str_addn(&b->pool, data, n);
	str_addn(&b->pool, zero, (8 - n % 8) % 8);
	if (b->pool.n > PLAN_SIZE_MAX)
		b->bad = true;
}

struct plan_span plan_strings(struct plan_builder *b, const char *const *v, size_t n)
{
	struct plan_span span = pool_span(b, n);
	static const uint64_t spare[PLAN_LIST_SPARE];

	for (size_t i = 0; i < n; i++) {
		uint64_t at = add_string(b, v[i]);

		pool_add(b, &at, sizeof(at));
	}
	pool_add(b, spare, sizeof(spare));
	return span;
}

struct plan_span plan_numbers(struct plan_builder *b, const uint32_t *v, size_t n)
{
	struct plan_span span = pool_span(b, n);

	if (n == 0)
		return (struct plan_span){ 0, 0 };
	pool_add(b, v, n * sizeof(*v));
	return span;
}

size_t plan_n_fds(const struct plan_builder *b)
{
	return b->kept.n + b->late.n;
}

static int take(struct plan_builder *b, struct fds *fds, int fd)
{
	b->too_many_fds |= plan_n_fds(b) >= PLAN_FDS_MAX;
	if (b->too_many_fds || !add_fd(b, fds, fd)) {
		b->bad = true;
		close_fd(fd);
		return 0;
	}
	return (int)fds->n - 1;
}

int plan_take_fd(struct plan_builder *b, int fd)
{
	return take(b, &b->late, fd) | LATE_FD;
}

int plan_take_kept_fd(struct plan_builder *b, int fd)
{
	return take(b, &b->kept, fd);
}

void plan_fill_fd(struct plan_builder *b, int index, int fd)
{
	size_t i = (size_t)(index & ~LATE_FD);

	close_fd(b->late.v[i]);
	b->late.v[i] = b->table[b->kept.n + i] = fd;
}

struct arena *plan_arena(const struct plan_builder *b)
{
	return b->arena;
}

void plan_feature(struct plan_builder *b, unsigned feature)
{
	b->head.features |= feature;
}

unsigned plan_features(const struct plan_builder *b)
{
	return b->head.features;
}

void plan_exec(struct plan_builder *b, struct plan_span paths, struct plan_span argv,
	       struct plan_span envp)
{
	b->head.paths = paths;
	b->head.argv = argv;
	b->head.envp = envp;
}

void plan_hook_output(struct plan_builder *b, int fd, bool kept)
{
	b->head.hook_output = (uint32_t)(kept ? plan_take_kept_fd(b, fd) : plan_take_fd(b, fd));
}

int plan_bpf(struct plan_builder *b, const void *filters, size_t n)
{
	b->bpf = arena_alloc(b->arena, n * 8);
	if (!b->bpf)
		return -ENOMEM;
	memcpy(b->bpf, filters, n * 8);
	b->head.bpf.n = (uint32_t)n;
	return 0;
}

/* ---- layout ---- */

static void fix_span(struct plan_span *s, uint32_t base)
{
	if (s->at & POOL_MARK)
		s->at = base + (s->at & ~POOL_MARK);
}

static void fix_op(struct plan_op *op, uint32_t base, uint32_t n_kept)
{
	fix_span(&op->l1, base);
	fix_span(&op->l2, base);
	if (op->fd >= 0 && (op->fd & LATE_FD))
		op->fd = (op->fd & ~LATE_FD) + (int)n_kept;
	if (op->code == PLAN_HOOK && op->y)
		op->y = (op->y & ~(uint64_t)LATE_FD) + n_kept;
}

static bool make_table(struct plan_builder *b)
{
	size_t room = (b->kept.n + b->late.n) * sizeof(int);

	b->table = arena_grow(b->arena, b->kept.v, b->kept.n * sizeof(int), room);
	if (b->table && b->late.n)
		memcpy(b->table + b->kept.n, b->late.v, b->late.n * sizeof(int));
	return b->table;
}

static size_t align8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

static int lay_out(struct plan_builder *b)
{
	size_t pool_at = align8(sizeof(b->head) + b->strings.n);
	size_t ops_at = pool_at + b->pool.n;
	size_t bpf_at = ops_at + b->n_ops * sizeof(*b->ops);
	size_t size = bpf_at + b->head.bpf.n * (size_t)8 + 8;
	char *blob;

	if (size > PLAN_SIZE_MAX || b->n_ops > UINT16_MAX)
		return -E2BIG;
	b->blob = arena_alloc(b->arena, size);
	if (!b->blob)
		return -ENOMEM;
	blob = (char *)b->blob;
	b->head.magic = PLAN_MAGIC;
	b->head.version = PLAN_VERSION;
	b->head.size = (uint32_t)size;
	b->head.n_fds = (uint32_t)(b->kept.n + b->late.n);
	b->head.n_kept = (uint32_t)b->kept.n;
	b->head.ops = (struct plan_span){ (uint32_t)ops_at, (uint32_t)b->n_ops };
	b->head.bpf.at = b->head.bpf.n ? (uint32_t)bpf_at : 0;
	fix_span(&b->head.paths, (uint32_t)pool_at);
	fix_span(&b->head.argv, (uint32_t)pool_at);
	fix_span(&b->head.envp, (uint32_t)pool_at);
	if (b->head.hook_output & LATE_FD)
		b->head.hook_output = (b->head.hook_output & ~(uint32_t)LATE_FD) + (uint32_t)b->kept.n;
	for (size_t i = 0; i < b->n_ops; i++)
		fix_op(&b->ops[i], (uint32_t)pool_at, (uint32_t)b->kept.n);
	memcpy(blob, &b->head, sizeof(b->head));
	memcpy(blob + sizeof(b->head), str_text(&b->strings), b->strings.n);
	memcpy(blob + pool_at, str_text(&b->pool), b->pool.n);
	if (b->n_ops)
		memcpy(blob + ops_at, b->ops, b->n_ops * sizeof(*b->ops));
	if (b->bpf)
		memcpy(blob + bpf_at, b->bpf, b->head.bpf.n * (size_t)8);
	return 0;
}

int plan_seal(struct plan_builder *b, struct error *err)
{
	uint32_t bad_op;
	int r;

	if (b->too_many_fds)
		return failf(err, EMFILE,
			     "the config needs more than %d descriptors (mounts, namespaces)",
			     PLAN_FDS_MAX);
	if (b->bad || !str_ok(&b->strings) || !str_ok(&b->pool))
		return failf(err, ENOMEM, "plan: out of memory");
	r = make_table(b) ? lay_out(b) : -ENOMEM;
	if (r < 0)
		return codef(err, r, "plan of %zu operations", b->n_ops);
	if (plan_check(b->blob, b->head.size, &bad_op) < 0)
		return failf(err, EINVAL, "plan: operation %u (%s) is malformed", bad_op,
			     bad_op < b->n_ops ? plan_op_name(b->ops[bad_op].code) : "header");
	r = memfd_sealed("plan", b->blob, b->head.size);
	if (r < 0)
		return codef(err, r, "plan: memfd");
	b->kept.v[0] = b->table[0] = r;
	return 0;
}

const int *plan_fd_table(const struct plan_builder *b, size_t *n)
{
	*n = b->table ? b->kept.n + b->late.n : 0;
	return b->table;
}

const struct plan *plan_blob(const struct plan_builder *b)
{
	return b->blob;
}

bool plan_op_origin(const struct plan_builder *b, uint32_t op, const struct json **json,
		    const char **member)
{
	if (op >= b->n_ops)
		return false;
	*json = b->origins[op].json;
	*member = b->origins[op].member;
	return true;
}
