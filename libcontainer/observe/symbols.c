/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/symbols.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/sys.h"

#define FUSE_MAGIC 0x65735546
#define NAME_MAX_SIZE 256
#define PROGRAM_HEADERS_MAX 256
#define SECTIONS_MAX 4096
#define SYMBOLS_MAX (1U << 20) /* 24 MiB of a table */
#define CHUNK 256              /* symbols that are read at once */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OUR_BYTE_ORDER ELFDATA2LSB
#else
#define OUR_BYTE_ORDER ELFDATA2MSB
#endif

int symbols_open(int root, const char *path, uint64_t inode)
{
	auto_(close_fd) int place = sys_openat2(root, path, O_PATH, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	char link[32];
	struct stat st;
	struct statfs fs;
	int fd;

	if (place < 0 || fstat(place, &st) < 0 || fstatfs(place, &fs) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_ino != inode || (unsigned long)fs.f_type == FUSE_MAGIC)
		return -ESTALE;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", place);
	fd = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* All of it or nothing; a place beyond what pread(2) can have is nothing. */
static bool read_at(int fd, void *to, size_t n, uint64_t at)
{
	return at <= INT64_MAX && pread(fd, to, n, (off_t)at) == (ssize_t)n;
}

static bool is_elf(const Elf64_Ehdr *e)
{
	return memcmp(e->e_ident, ELFMAG, SELFMAG) == 0 && e->e_ident[EI_CLASS] == ELFCLASS64 &&
	       e->e_ident[EI_DATA] == OUR_BYTE_ORDER;
}

/* Where a byte of the file is in the program's own numbering of memory. */
static bool address_of(int fd, const Elf64_Ehdr *e, uint64_t offset, uint64_t *ret)
{
	for (unsigned i = 0; i < e->e_phnum && i < PROGRAM_HEADERS_MAX && e->e_phentsize == sizeof(Elf64_Phdr); i++) {
		Elf64_Phdr p;

		if (!read_at(fd, &p, sizeof(p), e->e_phoff + i * sizeof(p)))
			return false;
		if (p.p_type == PT_LOAD && offset >= p.p_offset && offset - p.p_offset < p.p_filesz) {
			*ret = offset - p.p_offset + p.p_vaddr;
			return true;
		}
	}
	return false;
}

/* The first section of that type, and the table of its names. */
static bool find_table(int fd, const Elf64_Ehdr *e, uint32_t type, Elf64_Shdr *table, Elf64_Shdr *names)
{
	for (unsigned i = 0; i < e->e_shnum && i < SECTIONS_MAX && e->e_shentsize == sizeof(*table); i++) {
		if (!read_at(fd, table, sizeof(*table), e->e_shoff + i * sizeof(*table)))
			return false;
		if (table->sh_type == type && table->sh_entsize == sizeof(Elf64_Sym) && table->sh_link < e->e_shnum)
			return read_at(fd, names, sizeof(*names), e->e_shoff + table->sh_link * sizeof(*names));
	}
	return false;
}

/* What has no size holds all up to the next. */
static bool is_nearer(const Elf64_Sym *s, uint64_t address, const Elf64_Sym *best)
{
	unsigned type = ELF64_ST_TYPE(s->st_info);

	return (type == STT_FUNC || type == STT_GNU_IFUNC) && s->st_shndx != SHN_UNDEF && s->st_value <= address &&
	       (!s->st_size || address - s->st_value < s->st_size) && (!best->st_name || s->st_value > best->st_value);
}

static bool nearest(int fd, const Elf64_Shdr *table, uint64_t address, Elf64_Sym *best)
{
	uint64_t n = table->sh_size / sizeof(Elf64_Sym);
	Elf64_Sym some[CHUNK];

	best->st_name = 0;
	if (n > SYMBOLS_MAX)
		return false;
	for (uint64_t i = 0; i < n; i += CHUNK) {
		size_t now = n - i < CHUNK ? (size_t)(n - i) : CHUNK;

		if (!read_at(fd, some, now * sizeof(some[0]), table->sh_offset + i * sizeof(some[0])))
			return false;
		for (size_t k = 0; k < now; k++)
			if (some[k].st_name && is_nearer(&some[k], address, best))
				*best = some[k];
	}
	return best->st_name != 0;
}

static const char *name_of(int fd, const Elf64_Shdr *names, uint32_t at, struct arena *a)
{
	char name[NAME_MAX_SIZE] = "";
	uint64_t room = at < names->sh_size ? names->sh_size - at : 0;
	uint64_t place = names->sh_offset + at;
	ssize_t n;

	if (!room || place > INT64_MAX)
		return NULL;
	n = pread(fd, name, room < sizeof(name) - 1 ? (size_t)room : sizeof(name) - 1, (off_t)place);
	return n > 0 && name[0] ? arena_strdup(a, name) : NULL;
}

bool symbols_find(int fd, uint64_t offset, struct arena *a, struct symbol *ret)
{
	static const uint32_t types[] = { SHT_SYMTAB, SHT_DYNSYM };
	uint64_t address;
	Elf64_Ehdr e;

	if (!read_at(fd, &e, sizeof(e), 0) || !is_elf(&e) || !address_of(fd, &e, offset, &address))
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		Elf64_Shdr table, names;
		Elf64_Sym best;

		if (!find_table(fd, &e, types[i], &table, &names) || !nearest(fd, &table, address, &best))
			continue;
		ret->offset = address - best.st_value;
		ret->name = name_of(fd, &names, best.st_name, a);
		return ret->name != NULL;
	}
	return false;
}
