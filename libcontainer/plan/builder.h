/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A plan being written: ops in order, the strings and lists they name, and the table of descriptors that
 * travels with it. Out of memory is sticky and reported by plan_seal(). Each op remembers the JSON node
 * it was compiled from, so that the child's "op 17 failed" becomes a message with a line.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"
#include "nsexec/plan.h"
#include "spec/types.h"

struct plan_builder;

struct plan_builder *plan_builder_new(void);
/* Closes the descriptors of the table too. */
void plan_builder_free(struct plan_builder *b);
/* A descriptor to be closed with the plan's own; false: memory is short, and it stays the caller's. */
bool plan_close_later(struct plan_builder *b, int fd);
DEFINE_AUTO(struct plan_builder *, plan_builder_free);

/* The ops added from now on come from this member of this object (both may be NULL). */
void plan_origin(struct plan_builder *b, const struct json *json, const char *member);

/* Adds an op with fd -1 and all else zero; the pointer is good until the next one is added. */
struct plan_op *plan_add(struct plan_builder *b, enum plan_code code);
/* Adds an op with strings (NULL: none). */
struct plan_op *plan_add_s(struct plan_builder *b, enum plan_code code, const char *s1,
			   const char *s2);

struct plan_span plan_strings(struct plan_builder *b, const char *const *v, size_t n);
struct plan_span plan_numbers(struct plan_builder *b, const uint32_t *v, size_t n);

/* How many descriptors it has. */
size_t plan_n_fds(const struct plan_builder *b);
/* Descriptors: the builder owns them from here on, the index goes into op->fd. */
int plan_take_fd(struct plan_builder *b, int fd);      /* needed until CREATED  */
int plan_take_kept_fd(struct plan_builder *b, int fd); /* needed until the exec */

/* A descriptor that was not there when it was taken, as -EBADF: it is now. The builder owns it. After plan_seal(). */
void plan_fill_fd(struct plan_builder *b, int index, int fd);

/* For what lives as long as the plan. */
struct arena *plan_arena(const struct plan_builder *b);

/* Where what hooks in the container say goes: taken. */
void plan_hook_output(struct plan_builder *b, int fd, bool kept);

void plan_feature(struct plan_builder *b, unsigned feature);
unsigned plan_features(const struct plan_builder *b);
void plan_exec(struct plan_builder *b, struct plan_span paths, struct plan_span argv,
	       struct plan_span envp);
int plan_bpf(struct plan_builder *b, const void *filters, size_t n);

/* Lays the plan out, proves it by plan_check(), puts it into a sealed memfd: index 0 of the fd table. */
int plan_seal(struct plan_builder *b, struct error *err);
/* After plan_seal(). Borrowed. */
const int *plan_fd_table(const struct plan_builder *b, size_t *n);
const struct plan *plan_blob(const struct plan_builder *b);
/* The node and member an op came from; false for an index that is no op. */
bool plan_op_origin(const struct plan_builder *b, uint32_t op, const struct json **json,
		    const char **member);

/* describe.c: the plan as text, a line an op: the dry run and the golden tests. */
void plan_describe(const struct plan *p, struct str *out);
