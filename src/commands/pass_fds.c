/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/pass_fds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"

#define NUMBER_MAX 1023 /* what every program can count on */

struct pair {
	int from, to, held; /* held: a copy out of the way of all numbers asked for */
};

static int parse_number(const char *text, size_t n, int *ret)
{
	uint64_t number;
	int r = n ? parse_u64n(text, n, 10, &number) : -EINVAL;

	if (r == 0 && number > NUMBER_MAX)
		return -ERANGE;
	if (r == 0)
		*ret = (int)number;
	return r;
}

static int parse_pair(const char *text, struct pair *ret, struct error *err)
{
	size_t n = strcspn(text, ":");
	const char *to = text[n] ? text + n + 1 : text;

	if (parse_number(text, n, &ret->from) < 0 || parse_number(to, strlen(to), &ret->to) < 0)
		return failf(err, EINVAL, "--pass-fd '%s': expected M:N, numbers from 0 to %d", text,
			     NUMBER_MAX);
	if (fcntl(ret->from, F_GETFD) < 0)
		return failf(err, EBADF, "--pass-fd '%s': descriptor %d is not open", text, ret->from);
	return 0;
}

static int check_targets(const struct pair *v, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (v[i].to == v[j].to)
				return failf(err, EINVAL, "--pass-fd: number %d is given twice", v[i].to);
	return 0;
}

static int hold(struct pair *v, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		v[i].held = fcntl(v[i].from, F_DUPFD_CLOEXEC, NUMBER_MAX + 1);
		/* A low limit of descriptors: then above what is asked for, at least. */
		for (int least = NUMBER_MAX / 2; v[i].held < 0 && least > v[i].to; least /= 2)
			v[i].held = fcntl(v[i].from, F_DUPFD_CLOEXEC, least);
		if (v[i].held < 0)
			return sysf(err, "--pass-fd: descriptor %d", v[i].from);
	}
	return 0;
}

static int place(const struct pair *v, size_t n, unsigned *preserve, struct error *err)
{
	int most = 2;

	for (size_t i = 0; i < n; i++)
		most = v[i].to > most ? v[i].to : most;
	for (int fd = 3 + (int)*preserve; fd <= most; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	for (size_t i = 0; i < n; i++)
		if (dup2(v[i].held, v[i].to) < 0)
			return sysf(err, "--pass-fd: descriptor %d as number %d", v[i].from, v[i].to);
	if ((unsigned)most > *preserve + 2)
		*preserve = (unsigned)most - 2;
	return 0;
}

int pass_fds(const struct option_list *pairs, unsigned *preserve, struct error *err)
{
	auto_(free_ptr) void *memory = calloc(pairs->n + 1, sizeof(struct pair));
	struct pair *v = memory;
	int r = v ? 0 : sysf(err, "--pass-fd");

	for (size_t i = 0; v && i < pairs->n; i++)
		v[i].held = -EBADF;
	for (size_t i = 0; r == 0 && i < pairs->n; i++)
		r = parse_pair(pairs->v[i], &v[i], err);
	if (r == 0)
		r = check_targets(v, pairs->n, err);
	if (r == 0)
		r = hold(v, pairs->n, err);
	if (r == 0)
		r = place(v, pairs->n, preserve, err);
	for (size_t i = 0; v && i < pairs->n; i++)
		close_fd(v[i].held);
	return r;
}
