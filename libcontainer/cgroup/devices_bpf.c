/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "cgroup/devices.h"

/* ---- a small assembler ---- */

struct assembler {
	struct bpf_insn *v;
	size_t n;
};

static void emit(struct assembler *a, unsigned code, unsigned dst, unsigned src, int off,
		 int32_t imm)
{
	a->v[a->n++] = (struct bpf_insn){
		.code = (__u8)code,
		.dst_reg = dst & 15,
		.src_reg = src & 15,
		.off = (__s16)off,
		.imm = imm,
	};
}

static void load(struct assembler *a, unsigned reg, size_t offset)
{
	emit(a, BPF_LDX | BPF_W | BPF_MEM, reg, BPF_REG_1, (int)offset, 0);
}

static void alu(struct assembler *a, unsigned op, unsigned reg, int32_t imm)
{
	emit(a, BPF_ALU64 | op | BPF_K, reg, 0, 0, imm);
}

/* The target is filled in by land(). */
static size_t jump(struct assembler *a, unsigned op, unsigned reg, int32_t imm)
{
	emit(a, BPF_JMP | op | BPF_K, reg, 0, 0, imm);
	return a->n - 1;
}

static void land(struct assembler *a, size_t jump)
{
	a->v[jump].off = (__s16)(a->n - jump - 1);
}

static void answer(struct assembler *a, bool allow)
{
	alu(a, BPF_MOV, BPF_REG_0, allow);
	emit(a, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* ---- rules ---- */

enum {
	ANSWER = BPF_REG_0,
	DIFFERENT = ANSWER,
	TYPE = BPF_REG_2,
	MAJOR = BPF_REG_3,
	MINOR = BPF_REG_4,
	LEFT = BPF_REG_5,
	SPARE = BPF_REG_6,
};

static void move(struct assembler *a, unsigned to, unsigned from)
{
	emit(a, BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}

/* DIFFERENT gets all bits in which a register is not as it should be. */
static void differ(struct assembler *a, unsigned reg, uint32_t want, bool *first)
{
	unsigned to = *first ? DIFFERENT : SPARE;

	move(a, to, reg);
	emit(a, BPF_ALU | BPF_XOR | BPF_K, to, 0, 0, (int32_t)want);
	if (!*first)
		emit(a, BPF_ALU64 | BPF_OR | BPF_X, DIFFERENT, to, 0, 0);
	*first = false;
}

/*
 * One jump for all that a rule compares, and none by what is compared itself: the kernel's verifier, which walks
 * every path, then learns nothing on one that it must tell apart on the next (0.3 ms for the default rules else).
 */
static bool compare(struct assembler *a, const struct device_rule *r, size_t *miss)
{
	bool first = true;

	if (r->type != 'a')
		differ(a, TYPE, r->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR, &first);
	if (r->major >= 0)
		differ(a, MAJOR, (uint32_t)r->major, &first);
	if (r->minor >= 0)
		differ(a, MINOR, (uint32_t)r->minor, &first);
	if (!first)
		*miss = jump(a, BPF_JNE, DIFFERENT, 0);
	return !first;
}

/*
 * The rules run from the last to the first. LEFT holds the accesses asked for that no rule has
 * allowed yet: an allowing rule clears its own and says yes when none is left, a denying one says
 * no when it names one that is left.
 */
static void rule(struct assembler *a, const struct device_rule *r)
{
	size_t misses[2], n = compare(a, r, misses);

	if (r->access != DEVICE_ALL && r->allow) {
		alu(a, BPF_AND, LEFT, (int32_t)(DEVICE_ALL & ~r->access));
		misses[n++] = jump(a, BPF_JNE, LEFT, 0);
	} else if (r->access != DEVICE_ALL) {
		move(a, ANSWER, LEFT);
		alu(a, BPF_AND, ANSWER, (int32_t)r->access);
		misses[n++] = jump(a, BPF_JEQ, ANSWER, 0);
	}
	answer(a, r->allow);
	while (n > 0)
		land(a, misses[--n]);
}

size_t devices_program(const struct device_rules *rules, struct bpf_insn *program)
{
	struct assembler a = { .v = program };

	load(&a, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	load(&a, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	load(&a, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	move(&a, LEFT, TYPE);
	alu(&a, BPF_RSH, LEFT, 16);
	alu(&a, BPF_AND, TYPE, 0xffff);
	for (size_t i = rules->n; i-- > 0;)
		rule(&a, &rules->v[i]);
	answer(&a, rules->allow);
	return a.n;
}

/* ---- the kernel ---- */

static int bpf(int cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int load_program(const struct bpf_insn *program, size_t n)
{
	union bpf_attr attr = { 0 };
	struct rlimit old, more = { RLIM_INFINITY, RLIM_INFINITY };
	int fd, saved;

	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uintptr_t)program;
	attr.insn_cnt = (__u32)n;
	attr.license = (uintptr_t)"Apache-2.0";
	fd = bpf(BPF_PROG_LOAD, &attr);
	if (fd >= 0 || errno != EPERM || getrlimit(RLIMIT_MEMLOCK, &old) < 0)
		return fd;
	/* Kernels before 5.11 count programs as locked memory; the limit is the container's too. */
	saved = errno;
	if (setrlimit(RLIMIT_MEMLOCK, &more) < 0) {
		errno = saved;
		return -1;
	}
	fd = bpf(BPF_PROG_LOAD, &attr);
	saved = errno;
	(void)setrlimit(RLIMIT_MEMLOCK, &old);
	errno = saved;
	return fd;
}

static int attach(int cgroup, int program)
{
	union bpf_attr attr = { 0 };

	attr.target_fd = (__u32)cgroup;
	attr.attach_bpf_fd = (__u32)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	return bpf(BPF_PROG_ATTACH, &attr);
}

static int attached(int cgroup, __u32 *ids, __u32 *n)
{
	union bpf_attr attr = { 0 };

	attr.query.target_fd = (__u32)cgroup;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = *n;
	if (bpf(BPF_PROG_QUERY, &attr) < 0)
		return -1;
	*n = attr.query.prog_cnt;
	return 0;
}

static int detach(int cgroup, __u32 id)
{
	union bpf_attr attr = { .prog_id = id };
	auto_(close_fd) int fd = bpf(BPF_PROG_GET_FD_BY_ID, &attr);

	/* Somebody else took it away. */
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (__u32)cgroup;
	attr.attach_bpf_fd = (__u32)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	return bpf(BPF_PROG_DETACH, &attr);
}

static int build_and_load(struct arena *a, const struct device_rules *rules, struct error *err)
{
	struct bpf_insn *program =
		arena_array_of(a, struct bpf_insn, DEVICES_PROGRAM_MAX(rules->n));
	int fd;

	if (!program)
		return failf(err, ENOMEM, "device rules: out of memory");
	fd = load_program(program, devices_program(rules, program));
	return fd < 0 ? sysf(err, "load the program of %zu device rules", rules->n) : fd;
}

/* 1: there are rules to be enforced. */
static int collect(struct arena *a, const struct spec_resources *r, bool replace,
		   struct device_rules *rules, struct error *err)
{
	int ret = devices_collect(a, r, rules, err);

	if (ret < 0)
		return ret;
	if (rules->n > 1024)
		return failf(err, E2BIG, "more than 1024 device rules (%zu)", rules->n);
	/* Without a rule that denies there is nothing to check: new cgroups need no program. */
	return replace || !rules->allow || rules->n > 0;
}

int devices_v2_load(struct arena *a, const struct spec_resources *r, bool replace, struct error *err)
{
	struct device_rules rules;
	int ret = collect(a, r, replace, &rules, err);

	if (ret <= 0)
		return ret < 0 ? ret : -ENOENT;
	return build_and_load(a, &rules, err);
}

/*
 * All programs of a cgroup must agree, so with the new one first there is no moment without rules.
 */
static int attach_only(const char *path, int program, bool replace, struct error *err)
{
	auto_(close_fd) int cgroup = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	__u32 old[64], n_old = replace ? ARRAY_SIZE(old) : 0;

	if (cgroup < 0)
		return sysf(err, "open cgroup '%s'", path);
	if (replace && attached(cgroup, old, &n_old) < 0)
		return sysf(err, "list the device programs of cgroup '%s'", path);
	if (attach(cgroup, program) < 0)
		return sysf(err, "attach the device rules to cgroup '%s'", path);
	for (__u32 i = 0; i < n_old; i++)
		if (detach(cgroup, old[i]) < 0)
			return sysf(err, "detach the old device rules from cgroup '%s'", path);
	return 0;
}

int devices_v2(struct arena *a, const char *path, const struct spec_resources *r, int loaded,
	       bool replace, bool lenient, struct error *err)
{
	auto_(close_fd) int program = loaded;
	struct error why = ERROR_INIT;

	if (program < 0)
		program = devices_v2_load(a, r, replace, &why);
	if (program == -ENOENT)
		return 0;
	if (program == -EPERM && lenient) {
		log_debug("cgroup '%s': no right to load a device program: going on without", path);
		return 0;
	}
	if (program < 0) {
		if (err)
			*err = why;
		return program;
	}
	return attach_only(path, program, replace, err);
}
