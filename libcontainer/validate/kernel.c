/* SPDX-License-Identifier: Apache-2.0 */
#include "validate/kernel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/parse.h"
#include "base/str.h"

#define CGROUP_MOUNT "/sys/fs/cgroup"
#define FACTS_MAX ((size_t)1 << 20)
/* More CPUs than any kernel is built for. */
#define LIST_BITS 16384U

#ifndef RDTGROUP_SUPER_MAGIC
#define RDTGROUP_SUPER_MAGIC 0x7655821
#endif

/* ---- words in small files ---- */

static bool file_has_word(const char *path, const char *between, const char *word)
{
	auto_str text = STR_INIT;

	return file_read_at(AT_FDCWD, path, FACTS_MAX, &text) == 0 &&
	       has_word(str_text(&text), between, word);
}

/* Lines "nodev\tproc", "\text4". */
bool probe_has_filesystem(const char *type)
{
	auto_str text = STR_INIT;
	char line[64];

	if (!*type || (size_t)snprintf(line, sizeof(line), "\t%s\n", type) >= sizeof(line))
		return false;
	return file_read_at(AT_FDCWD, "/proc/filesystems", FACTS_MAX, &text) == 0 &&
	       strstr(str_text(&text), line);
}

/* ---- cgroups ---- */

bool probe_is_cgroup2(void)
{
	return file_is_on(CGROUP_MOUNT, CGROUP2_SUPER_MAGIC);
}

bool probe_has_controller(const char *name)
{
	if (probe_is_cgroup2())
		return file_has_word(CGROUP_MOUNT "/cgroup.controllers", " \n", name);
	/* Lines "5:cpu,cpuacct:/place". */
	return file_has_word("/proc/self/cgroup", ":,\n", name);
}

/* ---- what can be executed, and parameters ---- */

bool probe_has_emulators(void)
{
	DIR *dir = opendir("/proc/sys/fs/binfmt_misc");
	bool found = false;

	for (struct dirent *e; dir && !found && (e = readdir(dir));)
		found = e->d_name[0] != '.' && !streq(e->d_name, "register") && !streq(e->d_name, "status");
	if (dir)
		(void)closedir(dir);
	return found;
}

static bool is_there(const char *path)
{
	char file[600];

	snprintf(file, sizeof(file), "/proc/sys/%s", path);
	return access(file, F_OK) == 0 || errno != ENOENT;
}

bool probe_has_sysctl(const char *path)
{
	static const char *const of_interfaces[] = { "net/ipv4/conf/", "net/ipv6/conf/", "net/ipv4/neigh/",
						     "net/ipv6/neigh/", "net/mpls/conf/" };
	char other[600];

	if (is_there(path))
		return true;
	foreach_array(prefix, of_interfaces) {
		size_t n = strlen(*prefix);
		const char *rest = strncmp(path, *prefix, n) == 0 ? strchr(path + n, '/') : NULL;

		if (!rest)
			continue;
		snprintf(other, sizeof(other), "%sdefault%s", *prefix, rest);
		return is_there(other);
	}
	return false;
}

/* ---- devices and the like ---- */

bool probe_has_huge_page_size(const char *size)
{
	static const char units[] = "KMG";
	size_t digits = strspn(size, "0123456789");
	const char *unit = strchr(units, size[digits]);
	char path[96];
	uint64_t n;

	if (!size[digits] || !unit || parse_u64n(size, digits, 10, &n) < 0)
		return false;
	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%llukB",
		 (unsigned long long)n << (10 * (unit - units)));
	return access(path, F_OK) == 0;
}

bool probe_has_resctrl(void)
{
	return file_is_on("/sys/fs/resctrl", RDTGROUP_SUPER_MAGIC);
}

static bool has_class_device(const char *class, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "/sys/class/%s/%s", class, name);
	return access(path, F_OK) == 0;
}

bool probe_has_net_device(const char *name)
{
	return has_class_device("net", name);
}

bool probe_has_rdma_device(const char *name)
{
	return has_class_device("infiniband", name);
}

bool probe_has_block_device(int64_t major, int64_t minor)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/dev/block/%lld:%lld", (long long)major,
		 (long long)minor);
	return access(path, F_OK) == 0;
}

/* ---- lists of CPUs and nodes ---- */

static bool read_number(const char **s, uint64_t *ret)
{
	size_t n = strspn(*s, "0123456789");

	if (parse_u64n(*s, n, 10, ret) < 0 || *ret >= LIST_BITS)
		return false;
	*s += n;
	return true;
}

static bool read_list(const char *s, uint8_t *bits)
{
	uint64_t low, high;

	for (s += strspn(s, ", \n"); *s; s += strspn(s, ", \n")) {
		if (!read_number(&s, &low))
			return false;
		high = low;
		if (*s == '-' && (s++, !read_number(&s, &high)))
			return false;
		if (*s && !strchr(", \n", *s))
			return false;
		for (uint64_t i = low; i <= high; i++)
			bits[i / 8] |= (uint8_t)(1U << i % 8);
	}
	return true;
}

/* False where the host does not say, or the list is of another form. */
static bool read_both(const char *kind, const char *list, uint8_t *online, uint8_t *wanted)
{
	auto_str text = STR_INIT;
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/%s/online", kind);
	return file_read_at(AT_FDCWD, path, FACTS_MAX, &text) == 0 && read_list(str_text(&text), online) &&
	       read_list(list, wanted);
}

bool probe_are_online(const char *kind, const char *list)
{
	uint8_t wanted[LIST_BITS / 8] = { 0 }, online[LIST_BITS / 8] = { 0 };

	if (!read_both(kind, list, online, wanted))
		return true;
	for (size_t i = 0; i < sizeof(wanted); i++)
		if (wanted[i] & ~online[i])
			return false;
	return true;
}

bool probe_is_some_online(const char *kind, const char *list)
{
	uint8_t wanted[LIST_BITS / 8] = { 0 }, online[LIST_BITS / 8] = { 0 };
	bool any = false;

	if (!read_both(kind, list, online, wanted))
		return true;
	for (size_t i = 0; i < sizeof(wanted); i++) {
		any |= wanted[i] != 0;
		if (wanted[i] & online[i])
			return true;
	}
	return !any;
}
