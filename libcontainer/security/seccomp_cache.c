/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled programs in a directory, under the hash of all that they were made from. Compiling takes
 * longer than the rest of `create`, and hosts run thousands of containers with a handful of
 * profiles. Whoever can write here decides what containers may do: only directories and files that
 * are ours and closed to others are read.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/str.h"
#include "security/seccomp_internal.h"

#define ENTRIES_MAX 64

/* To be raised with every change of what we generate. */
#define GENERATOR_VERSION 2

static const char magic[8] = "orlopBPF";

struct header {
	char magic[8];
	uint32_t version, count;
	uint8_t digest[SHA256_SIZE]; /* of the instructions */
};

/* ---- the key ---- */

static void add_number(struct sha256 *h, uint64_t v)
{
	sha256_add(h, &v, sizeof(v));
}

/* Their ends keep "a","bc" and "ab","c" apart. */
static void add_text(struct sha256 *h, const char *text)
{
	sha256_add(h, text, strlen(text) + 1);
}

static void add_texts(struct sha256 *h, const spec_strings *list)
{
	add_number(h, list->n);
	foreach_list(text, list)
		add_text(h, *text);
}

static void add_optional(struct sha256 *h, const struct opt_u32 *v)
{
	add_number(h, v->set);
	add_number(h, v->set ? v->value : 0);
}

static void add_call(struct sha256 *h, const struct spec_syscall *call)
{
	add_texts(h, &call->names);
	add_number(h, call->action);
	add_optional(h, &call->errno_ret);
	add_number(h, call->args.n);
	foreach_list(arg, &call->args) {
		add_number(h, arg->index);
		add_number(h, arg->op);
		add_number(h, arg->value);
		add_number(h, arg->value_two);
	}
}

void seccomp_cache_key(const struct spec_seccomp *s, char ret[SHA256_HEX_SIZE])
{
	uint8_t digest[SHA256_SIZE];
	struct sha256 h;

	sha256_init(&h);
	add_number(&h, GENERATOR_VERSION);
#ifdef ORLOP_VERSION
	add_text(&h, ORLOP_VERSION);
#endif
	add_text(&h, seccomp_library_version());
	add_number(&h, seccomp_native_arch());
	add_number(&h, s->default_action);
	add_optional(&h, &s->default_errno_ret);
	add_texts(&h, &s->architectures);
	add_number(&h, s->syscalls.n);
	foreach_list(call, &s->syscalls)
		add_call(&h, call);
	sha256_done(&h, digest);
	sha256_hex(digest, ret);
}

/* ---- the directory ---- */

static bool is_ours(const struct stat *st, mode_t type)
{
	return (st->st_mode & S_IFMT) == type && st->st_uid == geteuid() &&
	       (st->st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

static int open_dir(const char *path)
{
	auto_(close_fd) int fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!is_ours(&st, S_IFDIR))
		return -EPERM;
	return take_fd(fd);
}

static bool is_key(const char *name)
{
	return strlen(name) == SHA256_HEX_SIZE - 1 &&
	       strspn(name, "0123456789abcdef") == SHA256_HEX_SIZE - 1;
}

static bool is_older(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* Takes the descriptor. Other files in the directory are not ours to count or remove. */
static int make_room(int dir)
{
	char oldest[SHA256_HEX_SIZE] = "";
	struct timespec age = { 0 };
	size_t entries = 0;
	DIR *d = fdopendir(dir);

	if (!d) {
		close_fd(dir);
		return -errno;
	}
	for (struct dirent *e; (e = readdir(d));) {
		struct stat st;

		if (!is_key(e->d_name) ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (entries++ && !is_older(&st.st_mtim, &age))
			continue;
		memcpy(oldest, e->d_name, sizeof(oldest));
		age = st.st_mtim;
	}
	if (entries >= ENTRIES_MAX)
		(void)unlinkat(dirfd(d), oldest, 0);
	(void)closedir(d);
	return 0;
}

/* ---- entries ---- */

static void digest_of(const struct sock_filter *v, size_t n, uint8_t ret[SHA256_SIZE])
{
	struct sha256 h;

	sha256_init(&h);
	sha256_add(&h, v, n * sizeof(*v));
	sha256_done(&h, ret);
}

static bool is_sound(const struct header *h, size_t size)
{
	return memcmp(h->magic, magic, sizeof(magic)) == 0 && h->version == GENERATOR_VERSION &&
	       h->count > 0 && h->count <= BPF_MAXINSNS &&
	       size == sizeof(*h) + h->count * sizeof(struct sock_filter);
}

/* All of a file whose size is known, in one go. */
static int read_whole(int fd, void *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EBADMSG;
}

static int read_entry(int fd, size_t size, struct bpf *ret)
{
	auto_(free_ptr) void *instructions = NULL;
	uint8_t digest[SHA256_SIZE];
	struct header h;
	int r;

	r = read_whole(fd, &h, sizeof(h));
	if (r < 0)
		return r;
	if (!is_sound(&h, size))
		return -EBADMSG;
	instructions = malloc(size - sizeof(h));
	if (!instructions)
		return -ENOMEM;
	r = read_whole(fd, instructions, size - sizeof(h));
	if (r < 0)
		return r;
	digest_of(instructions, h.count, digest);
	if (memcmp(digest, h.digest, sizeof(digest)) != 0)
		return -EBADMSG;
	*ret = (struct bpf){ take_ptr(instructions), h.count };
	return 0;
}

int seccomp_cache_load(const char *path, const char *key, struct bpf *ret)
{
	auto_(close_fd) int dir = open_dir(path);
	auto_(close_fd) int fd = -EBADF;
	struct stat st;

	if (dir < 0)
		return dir;
	/* O_NONBLOCK: nobody shall make us wait on a FIFO. */
	fd = openat(dir, key, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!is_ours(&st, S_IFREG))
		return -EPERM;
	return read_entry(fd, (size_t)st.st_size, ret);
}

static int write_entry(int dir, const char *key, const struct bpf *bpf)
{
	struct header h = { .version = GENERATOR_VERSION, .count = (uint32_t)bpf->n };
	auto_str text = STR_INIT;

	memcpy(h.magic, magic, sizeof(magic));
	digest_of(bpf->v, bpf->n, h.digest);
	str_addn(&text, (const char *)&h, sizeof(h));
	str_addn(&text, (const char *)bpf->v, bpf->n * sizeof(*bpf->v));
	if (!str_ok(&text))
		return -ENOMEM;
	return file_replace_at(dir, key, text.s, text.n, S_IRUSR | S_IWUSR);
}

int seccomp_cache_store(const char *path, const char *key, const struct bpf *bpf)
{
	auto_(close_fd) int dir = -EBADF;
	int again, r;

	r = mkdir_parents(path, S_IRWXU);
	if (r < 0)
		return r;
	dir = open_dir(path);
	if (dir < 0)
		return dir;
	/* A descriptor of its own: reading a directory moves its offset. */
	again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (again < 0)
		return -errno;
	r = make_room(again);
	return r < 0 ? r : write_entry(dir, key, bpf);
}
