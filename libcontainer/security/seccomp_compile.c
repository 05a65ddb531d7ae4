/* SPDX-License-Identifier: Apache-2.0 */
/* From a profile to a program: what the kernel allows, the cache, libseccomp, the ENOSYS stub, fewer instructions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/macros.h"
#include "security/seccomp_internal.h"
#include "spec/seccomp.h"
#include "spec/spec.h"

void seccomp_program_done(struct seccomp_program *p)
{
	free(p->bpf);
	*p = (struct seccomp_program){ 0 };
}

static int prepend(const struct sock_filter *stub, size_t n, struct bpf *bpf, struct error *err)
{
	struct sock_filter *grown = reallocarray(bpf->v, bpf->n + n, sizeof(*grown));

	if (!grown)
		return sysf(err, "seccomp: program of %zu instructions", bpf->n + n);
	memmove(grown + n, grown, bpf->n * sizeof(*grown));
	memcpy(grown, stub, n * sizeof(*grown));
	bpf->v = grown;
	bpf->n += n;
	return 0;
}

static int add_stub(const struct spec_seccomp *s, struct bpf *bpf, struct error *err)
{
	struct seccomp_highest highest[SECCOMP_ARCHS_MAX];
	struct sock_filter stub[SECCOMP_STUB_MAX];
	size_t n;

	if (!seccomp_wants_enosys(s))
		return 0;
	n = seccomp_highest(s, highest);
	n = seccomp_enosys_stub(highest, n, stub);
	return n ? prepend(stub, n, bpf, err) : 0;
}

static int build(const struct spec_seccomp *s, struct bpf *bpf, struct error *err)
{
	int r = seccomp_build(s, bpf, err);

	if (r == 0)
		r = add_stub(s, bpf, err);
	if (r < 0)
		return r;
	seccomp_shrink(bpf);
	if (bpf->n <= BPF_MAXINSNS)
		return 0;
	(void)failf(err, E2BIG, "the seccomp profile makes %zu instructions, the kernel takes %d",
		    bpf->n, BPF_MAXINSNS);
	(void)spec_error(s->json, NULL, err);
	return -E2BIG;
}

static void bpf_free(struct bpf *bpf)
{
	free(bpf->v);
}
#define auto_bpf __attribute__((cleanup(bpf_free))) struct bpf

static int cached_build(const struct spec_seccomp *s, const char *dir, struct bpf *bpf,
			struct error *err)
{
	char key[SHA256_HEX_SIZE];
	int r;

	seccomp_cache_key(s, key);
	if (seccomp_cache_load(dir, key, bpf) == 0)
		return 0;
	r = build(s, bpf, err);
	if (r < 0)
		return r;
	r = seccomp_cache_store(dir, key, bpf);
	if (r < 0)
		log_debug("seccomp: cache '%s' not written: %s", dir, errno_words(r));
	return 0;
}

int seccomp_compile(const struct spec_seccomp *s, const char *cache_dir,
		    struct seccomp_program *ret, struct error *err)
{
	struct seccomp_program p = { .notify = spec_seccomp_notifies(s) };
	auto_bpf bpf = { 0 };
	int r;

	r = seccomp_flags(s, p.notify, &p.flags, err);
	if (r == 0)
		r = seccomp_check_actions(s, err);
	if (r == 0)
		r = cache_dir ? cached_build(s, cache_dir, &bpf, err) : build(s, &bpf, err);
	if (r < 0)
		return r;
	p.count = bpf.n;
	p.bpf = take_ptr(bpf.v);
	*ret = p;
	return 0;
}
