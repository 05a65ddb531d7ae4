/* SPDX-License-Identifier: Apache-2.0 */

/* The program: whether the root filesystem has it, and what it needs to be executed. */

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/file.h"
#include "base/str.h"
#include "base/sys.h"
#include "validate/kernel.h"
#include "validate/validate.h"

#define HEAD_SIZE 4096
#define LINKS_MAX 8
#define INTERPRETERS_MAX 5 /* of interpreters: BINPRM_MAX_RECURSION of the kernel, and one */

struct image {
	const struct validation *v;      /* where problems go, or NULL           */
	struct str *why;                 /* or the first one as text             */
	const struct resolved *resolved; /* what covers the root, or NULL        */
	const struct spec_process *process; /* whose rights count, or NULL: ours */
	const struct json *object;       /* what names the program               */
	const char *member;
	uint64_t resolve; /* more RESOLVE_* for the look-ups */
	int root;
	char path[PATH_MAX]; /* of the root on the host */
};

static void complain(const struct image *i, const char *fmt, ...) printf_like(2, 3);
static void complain(const struct image *i, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (i->v)
		host_problem(i->v, ERROR, i->object, i->member, NULL, "%s", text);
	else if (!i->why->n)
		str_add(i->why, text);
}

/* What a mount covers cannot be seen from here. The last one that does, or NULL. */
static const struct resolved_mount *cover_of(const struct image *i, const char *path)
{
	const struct resolved_mount *cover = NULL;

	if (!i->resolved)
		return NULL;
	foreach_list(m, &i->resolved->mounts) {
		size_t n = strlen(m->destination);

		while (n > 1 && m->destination[n - 1] == '/')
			n--;
		if (strncmp(path, m->destination, n) == 0 && (path[n] == '/' || !path[n]))
			cover = m;
	}
	return cover;
}

/* Where it leads to, inside the root. */
static bool leads_below_a_mount(const struct image *i, int fd)
{
	const size_t n = strlen(i->path);
	char path[PATH_MAX];

	if (!i->resolved)
		return false;
	return path_of_fd(fd, path, sizeof(path)) < 0 || strncmp(path, i->path, n) != 0 ||
	       cover_of(i, path + (n > 1 ? n : 0));
}

static int look_up(const struct image *i, const char *path, unsigned depth);

/* A symlink that leads nowhere may lead to what a mount brings. */
static int follow(const struct image *i, const char *path, unsigned depth)
{
	auto_(close_fd) int fd =
		sys_openat2(i->root, path, O_PATH | O_NOFOLLOW, 0,
			    RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | i->resolve);
	char target[PATH_MAX], whole[2 * PATH_MAX];
	ssize_t n = fd < 0 || depth > LINKS_MAX ? -1 : readlinkat(fd, "", target, sizeof(target) - 1);

	if (n <= 0)
		return -ENOENT;
	target[n] = 0;
	if (target[0] == '/')
		return look_up(i, target, depth + 1);
	snprintf(whole, sizeof(whole), "%.*s%s", (int)(path_last(path) - path), path, target);
	return look_up(i, whole, depth + 1);
}

/* O_PATH; -EXDEV: a mount decides what is there. */
static int look_up(const struct image *i, const char *path, unsigned depth)
{
	auto_(close_fd) int fd = -EBADF;

	if (cover_of(i, path))
		return -EXDEV;
	fd = sys_openat2(i->root, path, O_PATH, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | i->resolve);
	if (fd < 0)
		return errno == ENOENT ? follow(i, path, depth) : -errno;
	return leads_below_a_mount(i, fd) ? -EXDEV : take_fd(fd);
}

/* The first bytes, and a NUL behind them. The file is the image's: only a regular one is read. */
static ssize_t read_head(int fd, char *head)
{
	char path[32];
	auto_(close_fd) int file = -EBADF;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	file = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	n = file < 0 ? -1 : pread(file, head, HEAD_SIZE, 0);
	head[n < 0 ? 0 : n] = 0;
	return n;
}

/* ---- what it is ---- */

/* clang-format off */
static const struct { uint16_t machine; const char *name; } machines[] = {
	{ EM_X86_64,  "x86_64" }, { EM_386,   "i386" },    { EM_AARCH64, "aarch64" },
	{ EM_ARM,     "arm" },    { EM_RISCV, "riscv" },   { EM_PPC64,   "ppc64" },
	{ EM_S390,    "s390x" },  { EM_MIPS,  "mips" },
};

#if defined(__x86_64__)
static const uint16_t ours[] = { EM_X86_64, EM_386 };
#elif defined(__aarch64__)
static const uint16_t ours[] = { EM_AARCH64, EM_ARM };
#else
static const uint16_t ours[] = { 0 };
#endif
/* clang-format on */

static bool is_ours(uint16_t machine)
{
	foreach_array(known, ours)
		if (*known == machine || *known == 0)
			return true;
	return false;
}

static const char *machine_name(uint16_t machine)
{
	foreach_array(known, machines)
		if (known->machine == machine)
			return known->name;
	return "another architecture";
}

/* The loader that it names, or NULL: it needs none, or a part of the file that was not read says so. */
static const char *loader_of(const char *head, size_t n)
{
	const Elf64_Ehdr *h = (const Elf64_Ehdr *)head;
	Elf64_Phdr p;

	for (unsigned i = 0; i < h->e_phnum; i++) {
		size_t at = h->e_phoff + (size_t)i * sizeof(p);

		if (h->e_phoff > n || at + sizeof(p) > n)
			return NULL;
		memcpy(&p, head + at, sizeof(p));
		if (p.p_type == PT_INTERP)
			return p.p_offset < n && p.p_offset + p.p_filesz <= n ? head + p.p_offset : NULL;
	}
	return NULL;
}

static void check_file(const struct image *i, const char *path, const char *why, unsigned depth);

static void check_elf(const struct image *i, const char *path, const char *head, size_t n, unsigned depth)
{
	const Elf64_Ehdr *h = (const Elf64_Ehdr *)head;
	const char *loader;
	char why[256];

	if (n < sizeof(*h))
		return complain(i, "program '%s' is cut short: it has only %zu bytes", path, n);
	/* A binary of another kind may have an emulator: binfmt_misc. */
	if (!is_ours(h->e_machine) && !probe_has_emulators())
		return complain(i, "program '%s' is for %s, and this host is not", path,
				machine_name(h->e_machine));
	if (h->e_ident[EI_CLASS] != ELFCLASS64)
		return;
	loader = loader_of(head, n);
	if (!loader)
		return;
	snprintf(why, sizeof(why), "program '%.100s' needs the loader ", path);
	check_file(i, loader, why, depth + 1);
}

/* "#! interpreter argument": the kernel takes no CR for the end of a line. */
static void check_script(const struct image *i, const char *path, char *head, unsigned depth)
{
	char *line = head + 2, *end;
	char why[256];

	line += strspn(line, " \t");
	end = line + strcspn(line, "\n");
	if (end > line && end[-1] == '\r')
		return complain(i, "the first line of '%s' ends in CR LF: there is no interpreter '%.*s\\r'", path,
				(int)(end - 1 - line), line);
	*end = 0;
	line[strcspn(line, " \t")] = 0;
	snprintf(why, sizeof(why), "the first line of '%.100s' names the interpreter ", path);
	check_file(i, line, why, depth + 1);
}

static void check_content(const struct image *i, const char *path, int fd, unsigned depth)
{
	_Alignas(8) char head[HEAD_SIZE + 1];
	ssize_t n = read_head(fd, head);

	if (n < 0)
		return;
	if (n >= 4 && memcmp(head, ELFMAG, SELFMAG) == 0)
		check_elf(i, path, head, (size_t)n, depth);
	else if (n >= 2 && head[0] == '#' && head[1] == '!')
		check_script(i, path, head, depth);
	else if (!probe_has_emulators())
		complain(i, "program '%s' is neither an ELF file nor a script ('#!')", path);
}

/* Groups of a user namespace are others on the host: nothing is said of them. */
static bool may_execute(const struct image *i, const struct stat *st)
{
	const struct spec_process *p = i->process;

	if (!p || p->user.uid == 0 || (i->resolved && i->resolved->own_namespaces & CLONE_NEWUSER))
		return st->st_mode & 0111;
	if (st->st_uid == p->user.uid)
		return st->st_mode & 0100;
	foreach_list(gid, &p->user.additional_gids)
		if (*gid == st->st_gid)
			return st->st_mode & 0010;
	return st->st_mode & (st->st_gid == p->user.gid ? 0010 : 0001);
}

static bool lies_noexec(int fd)
{
	struct statvfs fs;

	return fstatvfs(fd, &fs) == 0 && fs.f_flag & ST_NOEXEC;
}

static void check_cover(const struct image *i, const char *path, const char *why)
{
	const struct resolved_mount *m = cover_of(i, path);

	if (m && (m->top.set | m->tree.set) & MOUNT_ATTR_NOEXEC)
		complain(i, "%s'%s' lies in the mount on '%s', which has the option noexec", why, path, m->destination);
}

static void check_file(const struct image *i, const char *path, const char *why, unsigned depth)
{
	auto_(close_fd) int fd = look_up(i, path, 0);
	struct stat st;

	if (depth > INTERPRETERS_MAX)
		return;
	if (fd == -EXDEV)
		return check_cover(i, path, why);
	if (fd < 0)
		return complain(i, "%s'%s': %s", why, path, errno_words(fd));
	if (fstat(fd, &st) < 0)
		return;
	if (S_ISDIR(st.st_mode))
		return complain(i, "%s'%s' is a directory", why, path);
	if (S_ISREG(st.st_mode) && !(st.st_mode & 0111))
		return complain(i, "%s'%s': permission denied: it has no execute bit", why, path);
	if (S_ISREG(st.st_mode) && !may_execute(i, &st))
		return complain(i, "%s'%s': permission denied: mode %04o and owner %u:%u do not let user %u execute it", why,
				path, (unsigned)(st.st_mode & 07777), (unsigned)st.st_uid, (unsigned)st.st_gid,
				(unsigned)i->process->user.uid);
	if (!i->resolved && lies_noexec(fd))
		return complain(i, "%s'%s' lies on a mount with the option noexec", why, path);
	if (S_ISREG(st.st_mode))
		check_content(i, path, fd, depth);
}

/* ---- where it is ---- */

static const char *search_path(const struct spec_process *p)
{
	const char *path = RESOLVE_DEFAULT_PATH;

	foreach_list(pair, &p->env)
		if (starts_with(*pair, "PATH="))
			path = *pair + strlen("PATH=");
	return path;
}

/* A name without a slash. 1: found; 0: not; -EXDEV: there may be one in a mount. */
static int find(const struct image *i, const char *name, char *path, size_t size)
{
	int r = 0;

	for (const char *dir = search_path(i->process); *dir; dir += *dir == ':') {
		size_t n = strcspn(dir, ":");
		auto_(close_fd) int fd = -EBADF;
		struct stat st;

		snprintf(path, size, "%.*s/%s", (int)n, dir, name);
		dir += n;
		fd = path[0] == '/' ? look_up(i, path, 0) : -EXDEV;
		if (fd == -EXDEV)
			r = -EXDEV;
		else if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & 0111)
			return r ? r : 1;
	}
	return r;
}

static void check_program(const struct image *i)
{
	const struct spec_process *p = i->process;
	const char *name = p->args.v[0];
	char path[PATH_MAX], why[16] = "program ";
	int found;

	if (strchr(name, '/')) {
		snprintf(path, sizeof(path), "%s%s%s", name[0] == '/' ? "" : p->cwd,
			 name[0] == '/' ? "" : "/", name);
		check_file(i, path, why, 0);
		return;
	}
	found = find(i, name, path, sizeof(path));
	if (found == 0)
		complain(i, "program '%s': executable file not found in $PATH", name);
	else if (found > 0)
		check_file(i, path, why, 0);
}

void validate_program(const struct validation *v)
{
	const struct spec_process *p = v->spec->process;
	const struct spec_root *root = v->spec->root;
	struct image i = { .v = v, .resolved = v->resolved, .process = p, .member = "args", .root = -EBADF };
	struct stat st;

	if (!v->with_host || !p || !p->json || !p->args.n || !p->args.v[0][0] || !p->cwd || !root || !root->path)
		return;
	i.object = p->json;
	i.root = openat(v->bundle, root->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (i.root < 0 || path_of_fd(i.root, i.path, sizeof(i.path)) < 0) {
		close_fd(i.root);
		return;
	}
	if (lies_noexec(i.root))
		host_problem(v, ERROR, root->json, "path", NULL,
			     "rootfs '%s' lies on a mount with the option noexec: no program of it can run",
			     root->path);
	if (fstat(i.root, &st) == 0 && !may_execute(&i, &st))
		host_problem(v, ERROR, root->json, "path", NULL,
			     "rootfs '%s': mode %04o and owner %u:%u do not let user %u enter it", root->path,
			     (unsigned)(st.st_mode & 07777), (unsigned)st.st_uid, (unsigned)st.st_gid,
			     (unsigned)p->user.uid);
	check_program(&i);
	close_fd(i.root);
}

void validate_host_program(const struct validation *v, const struct json *object, const char *member, const char *path,
			   const char *what)
{
	struct image i = { .v = v, .object = object, .member = member, .root = -EBADF };

	i.root = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (i.root >= 0)
		check_file(&i, path, what, 0);
	close_fd(i.root);
}

void program_explain(int root, const struct spec_process *p, struct str *why)
{
	const struct image i = { .why = why, .process = p, .root = root, .resolve = RESOLVE_NO_XDEV };

	if (p->args.n && p->args.v[0][0])
		check_program(&i);
}
