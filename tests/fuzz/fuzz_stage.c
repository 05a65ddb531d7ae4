/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any plan that plan_check() lets through, executed by the stage's own sources against a kernel that answers
 * whatever it likes: no plan and no answer makes it read or write outside of its memory.
 *
 * The input: the plan's size (four bytes), the plan, then the kernel's answers, of which as many are read as
 * are needed; after the last one every call succeeds.
 */
#include <asm/unistd.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "nsexec/stage.h"

#define CALLS_MAX 20000 /* a kernel that always says EINTR is not waited for */
#define FIRST_FD 100
#define FDS_A_RECORD 253
#define PAGE 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
long fuzz_syscall(long number, ...);

static struct {
	struct plan *plan;      /* what the memfd holds; executed in `mapped`    */
	struct plan *mapped;
	const uint8_t *answers, *end;
	unsigned calls, table;  /* table: descriptors that were sent             */
	enum sync_step last;
	int next_fd;
	uint32_t page[PAGE / 4]; /* shared with the runtime                      */
	jmp_buf exit;
} kernel;

static volatile uint8_t sink;

static uint8_t answer(void)
{
	return kernel.answers < kernel.end ? *kernel.answers++ : 0;
}

static void fill(void *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = answer();
}

/* What the kernel would read, so that the sanitizer sees it. */
static void touch(const void *from, size_t n)
{
	for (size_t i = 0; from && i < n; i++)
		sink = ((const uint8_t *)from)[i];
}

static void touch_string(const char *s)
{
	if (s)
		touch(s, strlen(s) + 1);
}

static void touch_list(char *const *list)
{
	for (; *list; list++)
		touch_string(*list);
}

/* ---- calls that say more than a number ---- */

typedef long handler(const long *a);

static __attribute__((noreturn)) void leave(void)
{
	longjmp(kernel.exit, 1);
}

static long do_exit(const long *a)
{
	(void)a;
	leave();
}

static long do_execve(const long *a)
{
	touch_string((const char *)a[0]);
	touch_list((char *const *)a[1]);
	touch_list((char *const *)a[2]);
	leave();
}

static long do_pread(const long *a)
{
	memcpy((void *)a[1], kernel.plan, (size_t)a[2]);
	return a[2];
}

static long do_mmap(const long *a)
{
	/* The plan; files of hooks it has not. */
	if (a[3] & MAP_PRIVATE)
		return a[1] == kernel.plan->size && a[4] == SYNC_FD + 1 ? (long)kernel.mapped : -EINVAL;
	kernel.page[0] = 1; /* the runtime has its copy of the listener */
	return (long)kernel.page;
}

/* The runtime's next record, if it is the runtime's turn, or anything at all. */
static struct sync_message next_record(size_t *n_fds)
{
	struct sync_message record = { .step = SYNC_TABLE };
	unsigned left = kernel.plan->n_fds - kernel.table;

	if (left) {
		*n_fds = left < FDS_A_RECORD ? left : FDS_A_RECORD;
		kernel.table += (unsigned)*n_fds;
		record.more = left - (unsigned)*n_fds;
		kernel.last = SYNC_TABLE;
	} else {
		record.step = sync_next(kernel.plan->features, kernel.last);
	}
	if (answer() & 0x80) {
		fill(&record, sizeof(record));
		*n_fds = answer() % (FDS_A_RECORD + 1);
	}
	return record;
}

/* struct msghdr of the C library has the kernel's layout. */
static void put_rights(struct msghdr *m, size_t n)
{
	struct cmsghdr *c = m->msg_control;
	int first = FIRST_FD + (answer() & 0x80 ? answer() : 0);

	if (!c || !n) {
		m->msg_controllen = 0;
		m->msg_flags = n ? MSG_CTRUNC : 0;
		return;
	}
	*c = (struct cmsghdr){ CMSG_LEN(n * sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
	for (size_t i = 0; i < n; i++)
		((int *)CMSG_DATA(c))[i] = first + (int)(kernel.table - n + i);
	m->msg_controllen = CMSG_SPACE(n * sizeof(int));
}

static long do_recvmsg(const long *a)
{
	struct msghdr *m = (struct msghdr *)a[1];
	size_t n_fds = 0;
	struct sync_message record = next_record(&n_fds);
	size_t n = m->msg_iov->iov_len < sizeof(record) ? m->msg_iov->iov_len : sizeof(record);

	memcpy(m->msg_iov->iov_base, &record, n);
	put_rights(m, n_fds);
	kernel.last = record.step;
	return (answer() & 0xc0) == 0xc0 ? answer() : (long)n;
}

static long do_sendmsg(const long *a)
{
	const struct msghdr *m = (const struct msghdr *)a[1];

	touch(m->msg_iov->iov_base, m->msg_iov->iov_len);
	touch(m->msg_control, m->msg_controllen);
	kernel.last = ((const struct sync_message *)m->msg_iov->iov_base)->step;
	return (long)m->msg_iov->iov_len;
}

static long do_read(const long *a)
{
	size_t n = (size_t)answer() * 4;

	n = n < (size_t)a[2] ? n : (size_t)a[2];
	fill((void *)a[1], n);
	return (long)n;
}

/* Names as a directory of the image may have them: anything but '/' and NUL. */
static long do_getdents(const long *a)
{
	uint8_t *at = (uint8_t *)a[1];
	size_t room = (size_t)a[2], used = 0;

	for (unsigned n = answer() % 8; n > 0; n--) {
		size_t len = answer(), size = (19 + len + 1 + 7) & ~(size_t)7;
		uint16_t size16 = (uint16_t)size;

		if (used + size > room)
			break;
		memset(at + used, 0, size);
		memcpy(at + used + 16, &size16, sizeof(size16));
		for (size_t i = 0; i < len; i++) {
			uint8_t c = answer();

			at[used + 19 + i] = c && c != '/' ? c : '.';
		}
		used += size;
	}
	return (long)used;
}

static long do_statx(const long *a)
{
	static const uint16_t types[] = { S_IFDIR, S_IFREG, S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO };
	struct statx *st = (struct statx *)a[4];
	uint8_t choice = answer();

	touch_string((const char *)a[1]);
	memset(st, 0, sizeof(*st));
	st->stx_mode = types[choice % 6] | 0644;
	st->stx_rdev_major = answer();
	st->stx_rdev_minor = answer();
	return 0;
}

static long do_fstatfs(const long *a)
{
	static const long magics[] = { PROC_SUPER_MAGIC, SYSFS_MAGIC, DEVPTS_SUPER_MAGIC, 0 };
	struct statfs *fs = (struct statfs *)a[1];

	memset(fs, 0, sizeof(*fs));
	fs->f_type = magics[answer() % 4];
	return 0;
}

static long do_getcwd(const long *a)
{
	char *path = (char *)a[0];

	strcpy(path, answer() & 0x80 ? "(unreachable)/x" : "/x");
	return (long)strlen(path) + 1;
}

static long do_readlink(const long *a)
{
	size_t n = (size_t)answer() * 17;
	char *to = (char *)a[2];

	touch_string((const char *)a[1]);
	n = n < (size_t)a[3] ? n : (size_t)a[3];
	for (size_t i = 0; i < n; i++) {
		to[i] = (char)answer();
		if (!to[i])
			to[i] = i % 3 ? 'x' : '/';
	}
	return (long)n;
}

static long do_clone(const long *a)
{
	(void)a;
	return answer() & 0x80 ? 0 : 4711;
}

static long do_clone3(const long *a)
{
	const struct clone_args *args = (const struct clone_args *)a[0];

	if (args->flags & CLONE_PIDFD)
		*(int *)(uintptr_t)args->pidfd = kernel.next_fd++;
	return do_clone(a);
}

static long do_wait(const long *a)
{
	*(int *)a[1] = answer() | answer() << 8;
	return a[0];
}

static long do_seccomp(const long *a)
{
	const struct sock_fprog *program = (const struct sock_fprog *)a[2];

	touch(program->filter, program->len * sizeof(*program->filter));
	return kernel.next_fd++;
}

static long do_setgroups(const long *a)
{
	touch((const void *)a[1], (size_t)a[0] * sizeof(uint32_t));
	return 0;
}

static long do_affinity(const long *a)
{
	touch((const void *)a[2], (size_t)a[1]);
	return 0;
}

/* The kernel reads whole words of the bits it is told of, less one. */
static long do_mempolicy(const long *a)
{
	touch((const void *)a[1], a[2] ? ((size_t)a[2] - 1 + 63) / 64 * 8 : 0);
	return 0;
}

/* ---- all the others: what they read and what kind of number they return ---- */

/*
 * reads, a letter an argument: 's' a string or NULL, 'b' as many bytes as the next argument says. descriptor:
 * a new one is returned, else 0.
 */
static const struct call {
	long number;
	const char *reads;
	bool descriptor;
	handler *handle;
} calls[] = {
	/* clang-format off */
	{ __NR_exit_group,        "",      false, do_exit },
	{ __NR_execve,            "",      false, do_execve },
	{ __NR_execveat,          "-s",    false, do_exit },
	{ __NR_pread64,           "",      false, do_pread },
	{ __NR_mmap,              "",      false, do_mmap },
	{ __NR_recvmsg,           "",      false, do_recvmsg },
	{ __NR_sendmsg,           "",      false, do_sendmsg },
	{ __NR_read,              "",      false, do_read },
	{ __NR_getdents64,        "",      false, do_getdents },
	{ __NR_statx,             "",      false, do_statx },
	{ __NR_fstatfs,           "",      false, do_fstatfs },
	{ __NR_getcwd,            "",      false, do_getcwd },
	{ __NR_readlinkat,        "",      false, do_readlink },
	{ __NR_clone3,            "",      false, do_clone3 },
	{ __NR_clone,             "",      false, do_clone },
	{ __NR_wait4,             "",      false, do_wait },
	{ __NR_seccomp,           "",      false, do_seccomp },
	{ __NR_setgroups,         "",      false, do_setgroups },
	{ __NR_sched_setaffinity, "",      false, do_affinity },
	{ __NR_set_mempolicy,     "",      false, do_mempolicy },
	{ __NR_openat,            "-s",    true,  NULL },
	{ __NR_openat2,           "-sb-",  true,  NULL },
	{ __NR_open_tree,         "-s",    true,  NULL },
	{ __NR_fsopen,            "s",     true,  NULL },
	{ __NR_fsmount,           "",      true,  NULL },
	{ __NR_fspick,            "-s",    true,  NULL },
	{ __NR_socket,            "",      true,  NULL },
	{ __NR_accept4,           "",      true,  NULL },
	{ __NR_memfd_create,      "s",     true,  NULL },
	{ __NR_keyctl,            "",      true,  NULL },
	{ __NR_write,             "-b",    false, NULL },
	{ __NR_sethostname,       "b",     false, NULL },
	{ __NR_setdomainname,     "b",     false, NULL },
	{ __NR_mount_setattr,     "-s-b",  false, NULL },
	{ __NR_move_mount,        "-s-s",  false, NULL },
	{ __NR_pivot_root,        "ss",    false, NULL },
	{ __NR_umount2,           "s",     false, NULL },
	{ __NR_mount,             "sss-s", false, NULL },
	{ __NR_chdir,             "s",     false, NULL },
	{ __NR_chroot,            "s",     false, NULL },
	{ __NR_fsconfig,          "--ss",  false, NULL },
	{ __NR_mkdirat,           "-s",    false, NULL },
	{ __NR_mknodat,           "-s",    false, NULL },
	{ __NR_fchownat,          "-s",    false, NULL },
	{ __NR_fchmodat,          "-s",    false, NULL },
	{ __NR_utimensat,         "-s",    false, NULL },
	{ __NR_symlinkat,         "s-s",   false, NULL },
	{ __NR_unlinkat,          "-s",    false, NULL },
	{ __NR_faccessat2,        "-s",    false, NULL },
	/* clang-format on */
};

static const struct call *find_call(long number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number == number)
			return &calls[i];
	return NULL;
}

static void touch_arguments(const char *reads, const long *a)
{
	for (size_t i = 0; reads[i]; i++)
		if (reads[i] == 's')
			touch_string((const char *)a[i]);
		else if (reads[i] == 'b')
			touch((const void *)a[i], (size_t)a[i + 1]);
}

static long refusal(void)
{
	static const int errors[] = { EPERM,  ENOENT, EINTR,  EAGAIN,    EEXIST, EINVAL,
				      ENOSYS, ENOMEM, EACCES, ENOTDIR,   ELOOP,  ECONNABORTED,
				      EMFILE, EISDIR, EPIPE,  ETIMEDOUT };

	errno = errors[answer() % 16];
	return -1;
}

long fuzz_syscall(long number, ...)
{
	const struct call *call = find_call(number);
	long a[6], r = 0;
	va_list ap;

	va_start(ap, number);
	for (size_t i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (++kernel.calls > CALLS_MAX)
		leave();
	if (number != __NR_exit_group && (answer() & 0xe0) == 0xe0)
		return refusal();
	if (!call)
		return (answer() & 0xf0) == 0xf0 ? answer() : 0;
	touch_arguments(call->reads, a);
	if (call->handle)
		r = call->handle(a);
	else if (call->descriptor)
		r = kernel.next_fd++;
	if (r < 0 && r > -PAGE) {
		errno = (int)-r;
		return -1;
	}
	return r;
}

/* ---- a plan and its execution ---- */

/* Of exactly its size, and aligned as a mapping is. */
static struct plan *copy_of(const void *plan, size_t size)
{
	struct plan *copy = aligned_alloc(8, (size + 7) & ~(size_t)7);

	if (copy)
		memcpy(copy, plan, size);
	return copy;
}

static void fix_header(struct plan *p, size_t size)
{
	p->magic = PLAN_MAGIC;
	p->version = PLAN_VERSION;
	p->size = (uint32_t)size;
	((char *)p)[size - 1] = 0;
}

static void execute(void)
{
	struct stage *s = calloc(1, sizeof(*s));

	if (s && setjmp(kernel.exit) == 0)
		stage_run(s);
	free(s);
}

static size_t plan_size(const uint8_t *data, size_t size)
{
	uint32_t n;

	if (size < sizeof(n))
		return 0;
	memcpy(&n, data, sizeof(n));
	return n > sizeof(struct plan) && n <= size - sizeof(n) && n % 8 == 0 ? n : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = plan_size(data, size);
	uint32_t bad;

	if (!n)
		return 0;
	kernel.plan = copy_of(data + sizeof(uint32_t), n);
	if (!kernel.plan)
		return 0;
	fix_header(kernel.plan, n);
	kernel.mapped = copy_of(kernel.plan, n);
	kernel.answers = data + sizeof(uint32_t) + n;
	kernel.end = data + size;
	kernel.calls = kernel.table = 0;
	kernel.last = SYNC_BEGIN;
	kernel.next_fd = FIRST_FD + PLAN_FDS_MAX;
	if (kernel.mapped && plan_check(kernel.plan, n, &bad) == 0)
		execute();
	free(kernel.mapped);
	free(kernel.plan);
	return 0;
}

/* ---- mutations that plan_check() lets through ---- */

static unsigned random_of(unsigned *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static uint64_t some_number(unsigned *seed)
{
	static const uint64_t numbers[] = { 0, 1, 2, 8, 40, 63, 255, 4096, UINT32_MAX, UINT64_MAX };
	unsigned r = random_of(seed);

	return r % 3 ? numbers[r / 3 % 10] : random_of(seed);
}

static uint32_t some_string(const struct plan *p, unsigned *seed)
{
	return (uint32_t)(sizeof(*p) + random_of(seed) % (p->size - sizeof(*p)));
}

static void change_op(struct plan *p, unsigned *seed)
{
	static const uint16_t uses[PLAN_CODES] = {
#define OP(name, uses, doc) [PLAN_##name] = (uses),
#include "nsexec/ops.def"
#undef OP
	};
	struct plan_op *op = (struct plan_op *)(uintptr_t)plan_ops(p) + random_of(seed) % p->ops.n;
	const struct plan_op *other = plan_ops(p) + random_of(seed) % p->ops.n;
	unsigned u;

	switch (random_of(seed) % 4) {
	case 0:
		*op = *other;
		return;
	case 1:
		op->flags ^= (uint16_t)(1U << random_of(seed) % 10);
		return;
	case 2:
		(&op->x)[random_of(seed) % 3] = some_number(seed);
		return;
	default:
		op->code = (uint16_t)(random_of(seed) % PLAN_CODES);
	}
	u = uses[op->code];
	op->fd = p->n_fds && (u & (USE_FD | MAY_FD)) ? (int)(random_of(seed) % p->n_fds) : -1;
	op->s1 = u & USE_S1 ? some_string(p, seed) : 0;
	op->s2 = u & USE_S2 || (u & MAY_S2 && random_of(seed) % 2) ? some_string(p, seed) : 0;
	op->l1 = u & USE_STRINGS1 ? p->argv : u & USE_IDS1 ? (struct plan_span){ p->ops.at, 4 } :
							     (struct plan_span){ 0, 0 };
	op->l2 = u & MAY_STRINGS2 && random_of(seed) % 2 ? p->envp : (struct plan_span){ 0, 0 };
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	size_t n = plan_size(data, size), head = sizeof(uint32_t) + n;
	struct plan *p = n ? copy_of(data + sizeof(uint32_t), n) : NULL;
	uint32_t bad;

	if (p)
		fix_header(p, n);
	if (!p || plan_check(p, n, &bad) < 0 || !p->ops.n || seed % 8 == 0) {
		free(p);
		return LLVMFuzzerMutate(data, size, max);
	}
	if (seed % 8 < 4) { /* the answers */
		free(p);
		return head + LLVMFuzzerMutate(data + head, size - head, max - head);
	}
	for (unsigned i = seed % 5; i < 5; i++)
		change_op(p, &seed);
	memcpy(data + sizeof(uint32_t), p, n);
	free(p);
	return size;
}
