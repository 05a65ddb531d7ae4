/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same program, smaller: the kernel checks and translates every instruction at every start of a container.
 * libseccomp compares with each number it knows; yet what a filter answers, as far as arguments are not asked for,
 * depends on architecture and number alone, and is the same over long runs of numbers. So the program is asked, for
 * each architecture, on both sides of each number that it compares with (between them it cannot tell numbers apart), and
 * a binary search for the runs is written in its place. Where arguments are asked for, its own instructions are copied.
 *
 * Both programs are then asked once more, everywhere, and each copied instruction is compared with the one it was copied from;
 * unless they agree, or where an instruction is met that is not expected here, the program stays as it was.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/macros.h"
#include "security/seccomp_internal.h"

#define LOAD    (BPF_LD | BPF_W | BPF_ABS)
#define RETURN  (BPF_RET | BPF_K)
#define GOTO    (BPF_JMP | BPF_JA)
#define COMPARE(op) (BPF_JMP | (op) | BPF_K)
#define AT_NR   offsetof(struct seccomp_data, nr)
#define AT_ARCH offsetof(struct seccomp_data, arch)

#define REACH 250       /* of a conditional jump: 255, and room for what is put between */
#define FLAG_BIT_MIN 28 /* a test of a bit splits the numbers into few runs only from here on */

/* What the accumulator holds. */
enum holds { UNREACHED, NOTHING, ARCH, NR, OTHER, MIXED };

/* A return, or the instruction of the old program that begins to look at arguments. */
struct answer {
	bool returns;
	uint32_t value; /* what is returned, or the index */
};

struct run {
	uint32_t from;
	struct answer answer;
};

struct shrink {
	struct arena *arena;
	const struct bpf *old;
	uint8_t *holds;  /* [old->n], before the instruction          */
	bool *copied;    /* [old->n], what looks at arguments          */
	uint32_t *edges; /* numbers at which an answer may change      */
	size_t n_edges;
	uint32_t archs[SECCOMP_ARCHS_MAX];
	size_t n_archs;
	/* The new program, backwards: a jump goes to what is written already. */
	struct sock_filter *out;
	size_t n_out;
	uint32_t *origin;    /* [n_out], of what was copied: index + 1      */
	size_t *place;       /* [old->n], where it was copied to            */
	struct {
		uint32_t value;
		size_t at;
	} returns[64];       /* written last, for each value                */
	size_t n_returns;
	bool failed;
};

/* ---- the old program ---- */

static bool is_compare(uint16_t code)
{
	return BPF_CLASS(code) == BPF_JMP && BPF_SRC(code) == BPF_K && code != GOTO;
}

static bool compares(const struct sock_filter *i, uint32_t a)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return a == i->k;
	case BPF_JGT:
		return a > i->k;
	case BPF_JGE:
		return a >= i->k;
	default: /* BPF_JSET */
		return a & i->k;
	}
}

static bool add_arch(struct shrink *s, uint32_t arch)
{
	for (size_t i = 0; i < s->n_archs; i++)
		if (s->archs[i] == arch)
			return true;
	if (s->n_archs == ARRAY_SIZE(s->archs))
		return false;
	s->archs[s->n_archs++] = arch;
	return true;
}

static void add_edge(struct shrink *s, uint64_t nr)
{
	if (nr <= UINT32_MAX)
		s->edges[s->n_edges++] = (uint32_t)nr;
}

/* At most as many as there is room for: 2 an instruction, and the multiples of one bit. */
static bool add_edges(struct shrink *s, const struct sock_filter *i)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		add_edge(s, i->k);
		add_edge(s, (uint64_t)i->k + 1);
		return true;
	case BPF_JGT:
		add_edge(s, (uint64_t)i->k + 1);
		return true;
	case BPF_JGE:
		add_edge(s, i->k);
		return true;
	case BPF_JSET:
		return i->k >> FLAG_BIT_MIN && !(i->k & (i->k - 1));
	default:
		return false;
	}
}

/* What an instruction leaves in the accumulator; MIXED: it is none that we expect there. */
static enum holds after(const struct sock_filter *i, enum holds before)
{
	if (i->code == LOAD)
		return i->k == AT_ARCH ? ARCH : i->k == AT_NR ? NR : OTHER;
	if (i->code == RETURN || i->code == GOTO)
		return before;
	if (is_compare(i->code))
		return before == ARCH && BPF_OP(i->code) != BPF_JEQ ? MIXED : before == NOTHING ? MIXED : before;
	if (i->code == (BPF_LD | BPF_MEM) || i->code == BPF_ST || i->code == (BPF_ALU | BPF_AND | BPF_K))
		return before == OTHER ? OTHER : MIXED;
	return MIXED;
}

static bool reach(struct shrink *s, size_t pc, enum holds holds)
{
	if (pc >= s->old->n)
		return false;
	s->holds[pc] = s->holds[pc] == UNREACHED || s->holds[pc] == holds ? holds : MIXED;
	return true;
}

static bool examine_one(struct shrink *s, size_t pc)
{
	const struct sock_filter *i = &s->old->v[pc];
	enum holds holds = after(i, s->holds[pc]);

	/* Only a load or a return may not care what there was. */
	if (holds == MIXED && i->code != RETURN && i->code != GOTO)
		return false;
	if (i->code == RETURN)
		return true;
	if (i->code == GOTO)
		return i->k < s->old->n && reach(s, pc + 1 + i->k, holds);
	if (!is_compare(i->code))
		return reach(s, pc + 1, holds);
	if (holds == ARCH && !add_arch(s, i->k))
		return false;
	if (holds == NR && !add_edges(s, i))
		return false;
	return reach(s, pc + 1 + i->jt, holds) && reach(s, pc + 1 + i->jf, holds);
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool examine(struct shrink *s)
{
	size_t n = 0;

	s->holds[0] = NOTHING;
	for (size_t pc = 0; pc < s->old->n; pc++)
		if (s->holds[pc] != UNREACHED && !examine_one(s, pc))
			return false;
	for (uint64_t nr = 0; nr <= UINT32_MAX; nr += 1U << FLAG_BIT_MIN)
		add_edge(s, nr);
	qsort(s->edges, s->n_edges, sizeof(*s->edges), by_number);
	for (size_t i = 0; i < s->n_edges; i++)
		if (i == 0 || s->edges[i] != s->edges[n - 1])
			s->edges[n++] = s->edges[i];
	s->n_edges = n;
	return true;
}

/* Where a program ends up with it: at a return, or where it loads what is neither architecture nor number. */
static size_t walk(const struct sock_filter *v, uint32_t arch, uint32_t nr)
{
	uint32_t a = 0;

	for (size_t pc = 0;; pc++) {
		const struct sock_filter *i = &v[pc];

		if (i->code == RETURN || (i->code == LOAD && i->k != AT_ARCH && i->k != AT_NR))
			return pc;
		if (i->code == LOAD)
			a = i->k == AT_ARCH ? arch : nr;
		else if (i->code == GOTO)
			pc += i->k;
		else
			pc += compares(i, a) ? i->jt : i->jf;
	}
}

static struct answer ask(const struct shrink *s, uint32_t arch, uint32_t nr)
{
	size_t pc = walk(s->old->v, arch, nr);
	const struct sock_filter *i = &s->old->v[pc];

	return (struct answer){ i->code == RETURN, i->code == RETURN ? i->k : (uint32_t)pc };
}

static bool same(struct answer a, struct answer b)
{
	return a.returns == b.returns && a.value == b.value;
}

/* An architecture that no comparison names. */
static uint32_t another_arch(const struct shrink *s)
{
	uint32_t arch = 0;

	for (size_t i = 0; i < s->n_archs; i++)
		if (s->archs[i] == arch) {
			arch++;
			i = (size_t)-1;
		}
	return arch;
}

/* The runs of numbers of one architecture. Returns how many. */
static size_t runs_of(struct shrink *s, uint32_t arch, struct run *runs)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_edges; i++) {
		struct answer answer = ask(s, arch, s->edges[i]);

		if (n == 0 || !same(runs[n - 1].answer, answer))
			runs[n++] = (struct run){ s->edges[i], answer };
		if (!answer.returns)
			s->copied[answer.value] = true;
	}
	return n;
}

/* ---- the new program ---- */

/* Returns where it is, counted from the end. */
static size_t put(struct shrink *s, uint16_t code, size_t jt, size_t jf, uint32_t k)
{
	if (s->n_out == s->old->n || jt > UINT8_MAX || jf > UINT8_MAX) {
		s->failed = true; /* no gain, or too far */
		return 0;
	}
	s->origin[s->n_out] = 0;
	s->out[s->n_out] = (struct sock_filter){ code, (uint8_t)jt, (uint8_t)jf, k };
	return s->n_out++;
}

/* How far it is from what is put next. */
static size_t distance(const struct shrink *s, size_t at)
{
	return s->n_out - 1 - at;
}

static size_t within_reach(struct shrink *s, size_t at)
{
	return distance(s, at) <= REACH ? at : put(s, GOTO, 0, 0, (uint32_t)distance(s, at));
}

static size_t put_return(struct shrink *s, uint32_t value)
{
	size_t i = 0;

	while (i < s->n_returns && s->returns[i].value != value)
		i++;
	if (i < s->n_returns && distance(s, s->returns[i].at) <= REACH)
		return s->returns[i].at;
	if (i == ARRAY_SIZE(s->returns)) {
		s->failed = true;
		return 0;
	}
	s->n_returns += i == s->n_returns;
	s->returns[i].value = value;
	s->returns[i].at = put(s, RETURN, 0, 0, value);
	return s->returns[i].at;
}

static size_t put_answer(struct shrink *s, struct answer answer)
{
	return answer.returns ? put_return(s, answer.value) : within_reach(s, s->place[answer.value]);
}

/* Of two runs or more: a comparison, with what is below and what is from there on. One bounded recursion: a balanced tree. */
static size_t put_search(struct shrink *s, const struct run *runs, size_t n)
{
	size_t half = n / 2;
	size_t right = n - half > 1 ? put_search(s, runs + half, n - half) : 0;
	size_t left = half > 1 ? put_search(s, runs, half) : 0;

	if (s->failed)
		return 0;
	right = n - half > 1 ? within_reach(s, right) : put_answer(s, runs[half].answer);
	left = half > 1 ? within_reach(s, left) : put_answer(s, runs[0].answer);
	return put(s, COMPARE(BPF_JGE), distance(s, right), distance(s, left), runs[half].from);
}

/* All of an architecture; what is put next may run into it. */
static size_t put_section(struct shrink *s, const struct run *runs, size_t n)
{
	if (n > 1) {
		(void)put_search(s, runs, n);
		return put(s, LOAD, 0, 0, AT_NR);
	}
	if (runs[0].answer.returns)
		return put(s, RETURN, 0, 0, runs[0].answer.value);
	return put(s, GOTO, 0, 0, (uint32_t)distance(s, s->place[runs[0].answer.value]));
}

static void mark(struct shrink *s, size_t pc)
{
	const struct sock_filter *i = &s->old->v[pc];

	if (i->code == RETURN)
		return;
	if (i->code == GOTO) {
		s->copied[pc + 1 + i->k] = true;
	} else if (is_compare(i->code)) {
		s->copied[pc + 1 + i->jt] = true;
		s->copied[pc + 1 + i->jf] = true;
	} else {
		s->copied[pc + 1] = true;
	}
}

static void copy_one(struct shrink *s, size_t pc)
{
	const struct sock_filter *i = &s->old->v[pc];
	size_t jt = 0, jf = 0;
	uint32_t k = i->k;

	if (i->code == GOTO) {
		k = (uint32_t)distance(s, s->place[pc + 1 + i->k]);
	} else if (is_compare(i->code)) {
		jt = distance(s, s->place[pc + 1 + i->jt]);
		jf = distance(s, s->place[pc + 1 + i->jf]);
	}
	s->place[pc] = put(s, i->code, jt, jf, k);
	if (!s->failed)
		s->origin[s->place[pc]] = (uint32_t)pc + 1;
}

/* What is copied lies in its old order, so what an instruction runs into follows it still. */
static void copy_questions(struct shrink *s)
{
	for (size_t pc = 0; pc < s->old->n; pc++)
		if (s->copied[pc])
			mark(s, pc);
	for (size_t pc = s->old->n; pc-- > 0 && !s->failed;)
		if (s->copied[pc])
			copy_one(s, pc);
}

static void put_dispatch(struct shrink *s, const size_t *sections)
{
	for (size_t i = s->n_archs; i-- > 0;) {
		bool far = distance(s, sections[i]) > REACH;

		if (far)
			(void)put(s, GOTO, 0, 0, (uint32_t)distance(s, sections[i]));
		(void)put(s, COMPARE(BPF_JEQ), far ? 0 : distance(s, sections[i]), far, s->archs[i]);
	}
	(void)put(s, LOAD, 0, 0, AT_ARCH);
}

static bool rewrite(struct shrink *s)
{
	struct run *runs[SECCOMP_ARCHS_MAX + 1];
	size_t n[SECCOMP_ARCHS_MAX + 1], sections[SECCOMP_ARCHS_MAX];

	for (size_t i = 0; i <= s->n_archs; i++) {
		runs[i] = arena_array_of(s->arena, struct run, s->n_edges);
		if (!runs[i])
			return false;
		n[i] = runs_of(s, i < s->n_archs ? s->archs[i] : another_arch(s), runs[i]);
	}
	copy_questions(s);
	for (size_t i = s->n_archs; i-- > 0 && !s->failed;)
		sections[i] = put_section(s, runs[i], n[i]);
	/* Any other architecture: what the last comparison runs into. */
	if (!s->failed)
		(void)put_section(s, runs[s->n_archs], n[s->n_archs]);
	if (!s->failed)
		put_dispatch(s, sections);
	return !s->failed;
}

/* ---- the proof ---- */

static void turn_round(struct shrink *s)
{
	for (size_t i = 0, j = s->n_out - 1; i < j; i++, j--) {
		struct sock_filter instruction = s->out[i];
		uint32_t origin = s->origin[i];

		s->out[i] = s->out[j];
		s->out[j] = instruction;
		s->origin[i] = s->origin[j];
		s->origin[j] = origin;
	}
}

static bool agrees(const struct shrink *s, uint32_t arch)
{
	for (size_t i = 0; i < s->n_edges; i++) {
		struct answer answer = ask(s, arch, s->edges[i]);
		size_t pc = walk(s->out, arch, s->edges[i]);

		if (s->out[pc].code == RETURN ? !same(answer, (struct answer){ true, s->out[pc].k })
					      : answer.returns || s->origin[pc] != answer.value + 1)
			return false;
	}
	return true;
}

/* Leads from a copied instruction to the copy of the one that it led to. */
static bool leads_alike(const struct shrink *s, size_t to, size_t old_to)
{
	return to < s->n_out && s->origin[to] == old_to + 1;
}

static bool is_copy(const struct shrink *s, size_t pc)
{
	size_t old = s->origin[pc] - 1;
	const struct sock_filter *a = &s->out[pc], *b = &s->old->v[old];

	if (a->code != b->code || (a->code != GOTO && a->k != b->k))
		return false;
	if (a->code == RETURN)
		return true;
	if (a->code == GOTO)
		return leads_alike(s, pc + 1 + a->k, old + 1 + b->k);
	if (is_compare(a->code))
		return leads_alike(s, pc + 1 + a->jt, old + 1 + b->jt) &&
			leads_alike(s, pc + 1 + a->jf, old + 1 + b->jf);
	return leads_alike(s, pc + 1, old + 1);
}

static bool is_proven(const struct shrink *s)
{
	for (size_t pc = 0; pc < s->n_out; pc++)
		if (s->origin[pc] && !is_copy(s, pc))
			return false;
	for (size_t i = 0; i < s->n_archs; i++)
		if (!agrees(s, s->archs[i]))
			return false;
	return agrees(s, another_arch(s));
}

void seccomp_shrink(struct bpf *bpf)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct shrink s = { .arena = a, .old = bpf };

	if (!a || !bpf->n)
		return;
	s.holds = arena_array_of(a, uint8_t, bpf->n);
	s.copied = arena_array_of(a, bool, bpf->n);
	s.edges = arena_array_of(a, uint32_t, 2 * bpf->n + (1U << (32 - FLAG_BIT_MIN)));
	s.out = arena_array_of(a, struct sock_filter, bpf->n);
	s.origin = arena_array_of(a, uint32_t, bpf->n);
	s.place = arena_array_of(a, size_t, bpf->n);
	if (!s.holds || !s.copied || !s.edges || !s.out || !s.origin || !s.place)
		return;
	if (!examine(&s) || !rewrite(&s))
		return;
	turn_round(&s);
	if (!is_proven(&s))
		return;
	memcpy(bpf->v, s.out, s.n_out * sizeof(*s.out));
	bpf->n = s.n_out;
}
