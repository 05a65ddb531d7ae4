/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/host_program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/program_file.h"
#include "base/str.h"

#define PROGRAM_MAX ((off_t)256 << 20)

struct image {
	const char *path;
	const unsigned char *at; /* mapped */
	size_t n;
};

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#else
#define MACHINE EM_NONE
#endif

/* What PT_INTERP names, if anything. */
static void find_loader(const struct image *i, char *loader, size_t size)
{
	const Elf64_Ehdr *h = (const Elf64_Ehdr *)i->at;
	Elf64_Phdr p;

	loader[0] = 0;
	for (unsigned k = 0; k < h->e_phnum; k++) {
		uint64_t at = h->e_phoff + (uint64_t)k * sizeof(p);

		if (h->e_phoff > i->n || at + sizeof(p) > i->n)
			return;
		memcpy(&p, i->at + at, sizeof(p));
		if (p.p_type != PT_INTERP || p.p_offset > i->n || p.p_filesz > i->n - p.p_offset)
			continue;
		(void)snprintf(loader, size, "%.*s", (int)p.p_filesz,
			       (const char *)i->at + p.p_offset);
		return;
	}
}

static int check(const struct image *i, struct error *err)
{
	const Elf64_Ehdr *h = (const Elf64_Ehdr *)i->at;

	if (i->n >= 2 && i->at[0] == '#' && i->at[1] == '!')
		return failf(
			err, ENOEXEC,
			"--host-exec '%s': a script: name its interpreter, and give the script as a file "
			"that the container has",
			i->path);
	if (i->n < sizeof(*h) || memcmp(i->at, ELFMAG, SELFMAG) != 0)
		return failf(err, ENOEXEC, "--host-exec '%s': not an ELF program", i->path);
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_machine != MACHINE)
		return failf(err, ENOEXEC, "--host-exec '%s': a program for another architecture",
			     i->path);
	return 0;
}

static int copy(const struct image *i, struct host_program *ret, struct error *err)
{
	char name[64];
	int r = check(i, err);

	if (r < 0)
		return r;
	find_loader(i, ret->loader, sizeof(ret->loader));
	(void)snprintf(name, sizeof(name), "%s", path_last(i->path));
	ret->fd = program_file(name, 0555, i->at, i->n);
	return ret->fd < 0 ? codef(err, ret->fd, "--host-exec '%s': a copy of it", i->path) : 0;
}

int host_program_open(const char *path, struct host_program *ret, struct error *err)
{
	/* O_NONBLOCK: a FIFO by that name does not hold us. */
	auto_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct image i = { .path = path };
	struct stat st;
	void *at;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return sysf(err, "--host-exec '%s'", path);
	if (!S_ISREG(st.st_mode))
		return failf(err, EACCES, "--host-exec '%s': not a regular file", path);
	if (!(st.st_mode & 0111))
		return failf(err, EACCES,
			     "--host-exec '%s': permission denied: it has no execute bit", path);
	if (st.st_size > PROGRAM_MAX)
		return failf(err, EFBIG, "--host-exec '%s': larger than %d MiB", path,
			     (int)(PROGRAM_MAX >> 20));
	i.n = (size_t)st.st_size;
	at = i.n ? mmap(NULL, i.n, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
	if (at == MAP_FAILED)
		return sysf(err, "--host-exec '%s'", path);
	i.at = at;
	r = copy(&i, ret, err);
	if (at)
		(void)munmap(at, i.n);
	return r;
}

/* A filter that was written for the container's own programs may never have met this call. */
static bool is_denied(int num)
{
	return num == EPERM || num == EACCES || num == ENOSYS;
}

int host_program_explain(const struct host_program *p, struct error *err)
{
	size_t n = err ? strlen(err->msg) : 0;

	if (!err)
		return -ENOENT;
	if (err->alone && err->num == ENOENT && p->loader[0])
		(void)snprintf(
			err->msg + n, sizeof(err->msg) - n,
			" (it is a dynamic program, and the container has no loader '%s': take a static one, or 'orlop debug')",
			p->loader);
	else if (err->alone && is_denied(err->num))
		(void)snprintf(
			err->msg + n, sizeof(err->msg) - n,
			" (a program of the host is run by execveat: allow that in the config's seccomp, or look at its LSM label)");
	return -err->num;
}
