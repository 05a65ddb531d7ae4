/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/macros.h"
#include "base/parse.h"
#include "base/sys.h"
#include "json/json.h"

#ifndef ORLOP_VERSION
#define ORLOP_VERSION "0.0.0"
#endif

#define FORMAT        1
#define FILE_MAX      ((size_t)4 << 20)
#define IMAGES_MAX    65536
#define INVENTORY     "inventory.img"

/* ---- of the config ---- */

static void digest_text(struct sha256 *h, const char *text)
{
	sha256_add(h, text ? text : "", text ? strlen(text) + 1 : 1);
}

static void digest_number(struct sha256 *h, uint64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, number);
	digest_text(h, text);
}

static void digest_process(struct sha256 *h, const struct spec_process *p)
{
	const struct spec_capabilities none = { 0 }, *caps = p->capabilities ? p->capabilities : &none;
	const uint64_t sets[] = { caps->bounding, caps->effective, caps->inheritable, caps->permitted,
				  caps->ambient };

	foreach_list(arg, &p->args) digest_text(h, *arg);
	digest_number(h, p->user.uid);
	digest_number(h, p->user.gid);
	digest_number(h, p->terminal);
	digest_number(h, p->no_new_privileges);
	foreach_array(set, sets) digest_number(h, *set);
}

void manifest_digest(const struct resolved *config, char ret[SHA256_HEX_SIZE])
{
	const struct spec *spec = config->spec;
	uint8_t digest[SHA256_SIZE];
	struct sha256 h;

	sha256_init(&h);
	if (spec->process)
		digest_process(&h, spec->process);
	digest_number(&h, config->own_namespaces);
	digest_number(&h, spec->root && spec->root->readonly);
	sha256_done(&h, digest);
	sha256_hex(digest, ret);
}

/* ---- the images ---- */

static bool is_image(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && streq(name + n - 4, ".img");
}

static int add_image(struct manifest *m, int dir, const char *name, size_t *room, struct error *err)
{
	struct manifest_image *grown;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return sysf(err, "image '%s'", name);
	if (m->images.n >= IMAGES_MAX)
		return failf(err, E2BIG, "more than %d images", IMAGES_MAX);
	if (m->images.n == *room) {
		*room = *room ? 2 * *room : 64;
		grown = arena_grow(m->arena, m->images.v, sizeof(*grown) * m->images.n, sizeof(*grown) * *room);
		if (!grown)
			return sysf(err, "images");
		m->images.v = grown;
	}
	m->images.v[m->images.n++] = (struct manifest_image){
		.name = arena_strdup(m->arena, name),
		.size = (uint64_t)st.st_size,
	};
	return m->images.v[m->images.n - 1].name ? 0 : sysf(err, "images");
}

/* Appends the images of a folder to m. */
static int list_images(struct manifest *m, int images, struct error *err)
{
	int fd = openat(images, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	size_t room = 0;
	int r = 0;

	if (!d) {
		close_fd(fd);
		return sysf(err, "image directory");
	}
	m->images.v = NULL;
	m->images.n = 0;
	while (r == 0 && (e = readdir(d)))
		if (is_image(e->d_name))
			r = add_image(m, images, e->d_name, &room, err);
	(void)closedir(d);
	return r;
}

#define PARENT       "parent" /* CRIU's symlink to an earlier pre-dump */
#define PARENTS_MAX  256

static int check_files(int images, struct error *err)
{
	int fd = openat(images, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	struct stat st;
	int r = 0;

	if (!d) {
		close_fd(fd);
		return sysf(err, "image directory");
	}
	while (r == 0 && (e = readdir(d))) {
		if (!is_image(e->d_name))
			continue;
		if (fstatat(images, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			r = sysf(err, "image '%s'", e->d_name);
		else if (!S_ISREG(st.st_mode))
			r = failf(err, EINVAL, "image '%s' of the checkpoint is no regular file", e->d_name);
	}
	(void)closedir(d);
	return r;
}

/* -ENOENT without message: there is none. */
static int open_parent(int images, struct error *err)
{
	auto_(close_fd) int around = openat(images, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_(close_fd) int parent = -EBADF;
	char ours[PATH_MAX], theirs[PATH_MAX];
	struct stat st;
	size_t n;

	if (fstatat(images, PARENT, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? -ENOENT : sysf(err, "the checkpoint's parent");
	parent = openat(images, PARENT, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	if (around < 0 || parent < 0 || path_of_fd(around, ours, sizeof(ours)) < 0 ||
	    path_of_fd(parent, theirs, sizeof(theirs)) < 0)
		return sysf(err, "the checkpoint's parent");
	n = strlen(ours);
	if (n > 1 && (strncmp(ours, theirs, n) != 0 || theirs[n] != '/'))
		return failf(err, EINVAL, "the checkpoint's parent '%.300s' does not lie beside it", theirs);
	return take_fd(parent);
}

int manifest_check_files(int images, struct error *err)
{
	auto_(close_fd) int at = fcntl(images, F_DUPFD_CLOEXEC, 3);
	int r = at < 0 ? sysf(err, "image directory") : check_files(at, err);

	for (unsigned n = 0; r == 0; n++) {
		int parent = open_parent(at, err);

		if (parent == -ENOENT)
			return 0;
		if (parent < 0)
			return parent;
		close_fd(at);
		at = parent;
		r = n < PARENTS_MAX ? check_files(at, err)
				    : failf(err, ELOOP, "the checkpoint has more than %d parents", PARENTS_MAX);
	}
	return r;
}

int manifest_fill(struct manifest *m, int images, const struct resolved *config, struct error *err)
{
	char now[CLOCK_TEXT_SIZE], digest[SHA256_HEX_SIZE];
	struct utsname host;

	if (uname(&host) < 0)
		return sysf(err, "uname");
	clock_text(now);
	manifest_digest(config, digest);
	m->version = ORLOP_VERSION;
	m->architecture = arena_strdup(m->arena, host.machine);
	m->kernel = arena_strdup(m->arena, host.release);
	m->created = arena_strdup(m->arena, now);
	m->config = arena_strdup(m->arena, digest);
	if (!m->architecture || !m->kernel || !m->created || !m->config)
		return sysf(err, "manifest");
	return list_images(m, images, err);
}

/* ---- writing ---- */

static void write_lists(struct json_out *o, const struct manifest *m)
{
	json_array_begin(o, "names");
	foreach_list(name, &m->names) json_string(o, NULL, *name);
	json_array_end(o);
	json_array_begin(o, "options");
	foreach_list(option, &m->options) json_string(o, NULL, *option);
	json_array_end(o);
	json_array_begin(o, "mounts");
	foreach_list(mount, &m->mounts) {
		json_object_begin(o, NULL);
		json_string(o, "name", mount->name);
		json_string(o, "of", mount->of);
		json_string(o, "rest", mount->rest);
		json_object_end(o);
	}
	json_array_end(o);
	json_array_begin(o, "nulls");
	foreach_list(name, &m->nulls) json_string(o, NULL, *name);
	json_array_end(o);
	json_array_begin(o, "images");
	foreach_list(image, &m->images) {
		json_object_begin(o, NULL);
		json_string(o, "name", image->name);
		json_u64(o, "size", image->size);
		json_object_end(o);
	}
	json_array_end(o);
}

/* clang-format off */
static const struct text_member { const char *key; size_t at; } texts[] = {
	{ "orlop",        offsetof(struct manifest, version)      },
	{ "architecture", offsetof(struct manifest, architecture) },
	{ "kernel",       offsetof(struct manifest, kernel)       },
	{ "created",      offsetof(struct manifest, created)      },
	{ "operation",    offsetof(struct manifest, operation)    },
	{ "config",       offsetof(struct manifest, config)       },
};
/* clang-format on */

static const char **text_of(const struct manifest *m, const struct text_member *t)
{
	return (const char **)((char *)m + t->at);
}

int manifest_write(const struct manifest *m, int images, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new("  ");
	const char *text;
	int r;

	if (!o)
		return sysf(err, MANIFEST_FILE);
	json_object_begin(o, NULL);
	json_u64(o, "format", FORMAT);
	foreach_array(t, texts) json_string(o, t->key, *text_of(m, t));
	json_u64(o, "criu", m->criu);
	json_u64(o, "containers", m->containers);
	write_lists(o, m);
	json_object_end(o);
	text = json_out_text(o);
	if (!text)
		return codef(err, ENOMEM, MANIFEST_FILE);
	r = file_replace_at(images, MANIFEST_FILE, text, strlen(text), 0600);
	return r < 0 ? codef(err, r, "write " MANIFEST_FILE " to the image directory") : 0;
}

/* ---- reading ---- */

static int wrong(const char *key, struct error *err)
{
	return failf(err, EPROTO, MANIFEST_FILE ": '%s' is missing or of the wrong type", key);
}

static const char *text_in(const struct json *object, const char *key)
{
	const struct json *node = object->type == JSON_OBJECT ? json_member(object, key) : NULL;

	return node && node->type == JSON_STRING ? node->text : NULL;
}

static bool number_in(const struct json *object, const char *key, uint64_t *ret)
{
	const struct json *node = object->type == JSON_OBJECT ? json_member(object, key) : NULL;

	return node && node->type == JSON_NUMBER && parse_u64(node->text, ret) == 0;
}

/* A path of names: absolute or empty, without "..". */
static bool is_plain_path(const char *path)
{
	if (*path && *path != '/')
		return false;
	for (const char *at = path; (at = strstr(at, "..")); at += 2)
		if ((at == path || at[-1] == '/') && (!at[2] || at[2] == '/'))
			return false;
	return true;
}

static bool read_mount(struct manifest_mount *to, const struct json *node)
{
	to->name = text_in(node, "name");
	to->of = text_in(node, "of");
	to->rest = text_in(node, "rest");
	return to->name && to->of && to->rest && *to->name && is_plain_path(to->of) && is_plain_path(to->rest);
}

static bool read_image(struct manifest_image *to, const struct json *node)
{
	to->name = text_in(node, "name");
	return to->name && is_image(to->name) && !strchr(to->name, '/') && number_in(node, "size", &to->size);
}

static bool read_name(const char **to, const struct json *node)
{
	*to = node->type == JSON_STRING ? node->text : NULL;
	return *to;
}

/* "file[MOUNT:INODE]", as CRIU names them. */
static bool read_null(const char **to, const struct json *node)
{
	return read_name(to, node) && strncmp(*to, "file[", 5) == 0 &&
	       strspn(*to + 5, "0123456789abcdef:") + 6 == strlen(*to) && strlen(*to) < 64;
}

#define READ_LIST(list, key, read)                                                          \
	do {                                                                                \
		const struct json *array_ = json_member(root, key);                         \
		if (!array_ || array_->type != JSON_ARRAY)                                  \
			return wrong(key, err);                                             \
		(list)->v = arena_alloc(a, sizeof(*(list)->v) * array_->n);                 \
		if (!(list)->v)                                                             \
			return sysf(err, MANIFEST_FILE);                                    \
		for (const struct json *item_ = array_->first; item_; item_ = item_->next) \
			if (!read(&(list)->v[(list)->n++], item_))                          \
				return wrong(key, err);                                     \
	} while (0)

static int read_lists(struct arena *a, const struct json *root, struct manifest *m, struct error *err)
{
	READ_LIST(&m->names, "names", read_name);
	READ_LIST(&m->options, "options", read_name);
	READ_LIST(&m->mounts, "mounts", read_mount);
	READ_LIST(&m->nulls, "nulls", read_null);
	READ_LIST(&m->images, "images", read_image);
	return 0;
}

int manifest_parse(struct arena *a, const char *text, size_t size, struct manifest *ret, struct error *err)
{
	struct manifest m = { .arena = a };
	uint64_t format;
	struct json *root;
	int r = json_parse(a, text, size, MANIFEST_FILE, &root, err);

	if (r < 0)
		return r;
	if (root->type != JSON_OBJECT || !number_in(root, "format", &format))
		return wrong("format", err);
	if (format != FORMAT)
		return failf(err, ENOTSUP, MANIFEST_FILE ": the checkpoint has format %" PRIu64
			     ", this version of orlop knows format %d", format, FORMAT);
	foreach_array(t, texts) {
		*text_of(&m, t) = text_in(root, t->key);
		if (!*text_of(&m, t))
			return wrong(t->key, err);
	}
	if (!number_in(root, "criu", &m.criu))
		return wrong("criu", err);
	if (!number_in(root, "containers", &m.containers))
		return wrong("containers", err);
	if (m.containers < 1)
		return failf(err, EINVAL, MANIFEST_FILE ": a checkpoint of no container");
	r = read_lists(a, root, &m, err);
	if (r < 0)
		return r;
	if (m.names.n != m.containers)
		return failf(err, EINVAL, MANIFEST_FILE ": %" PRIu64 " containers and %zu names", m.containers,
			     m.names.n);
	*ret = m;
	return 0;
}

int manifest_read_file(int dir, const char *name, size_t limit, struct str *out, struct error *err)
{
	auto_(close_fd) int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0 || fstat(fd, &st) < 0)
		return sysf(err, "'%s' of the checkpoint", name);
	if (!S_ISREG(st.st_mode))
		return failf(err, EINVAL, "'%s' of the checkpoint is no regular file", name);
	if (file_read_fd(fd, limit, out) < 0)
		return sysf(err, "read '%s' of the checkpoint", name);
	return 0;
}

int manifest_read(int images, struct arena *a, struct manifest *ret, struct error *err)
{
	struct str text = STR_IN(a);
	int r = manifest_read_file(images, MANIFEST_FILE, FILE_MAX, &text, err);

	if (r == -ENOENT)
		return 0;
	r = r < 0 ? r : manifest_parse(a, str_text(&text), text.n, ret, err);
	return r < 0 ? r : 1;
}

/* ---- whether it fits ---- */

int manifest_check_host(const struct manifest *m, unsigned criu, struct error *err)
{
	struct utsname host;

	if (uname(&host) < 0)
		return sysf(err, "uname");
	if (!streq(m->architecture, host.machine))
		return failf(err, EINVAL, "the checkpoint is of architecture '%s', this host is '%s'",
			     m->architecture, host.machine);
	/* Images of a newer minor version may have what an older CRIU passes over in silence. */
	if (m->criu / 100 > criu / 100)
		return failf(err, EINVAL, "the checkpoint was made by CRIU %" PRIu64 ".%" PRIu64
			     ", here is CRIU %u.%u, which is older: install that version",
			     m->criu / 10000, m->criu / 100 % 100, criu / 10000, criu / 100 % 100);
	return 0;
}

static const struct manifest_image *find_image(const struct manifest *m, const char *name)
{
	foreach_list(image, &m->images)
		if (streq(image->name, name))
			return image;
	return NULL;
}

static bool may_have_more(const struct manifest *m)
{
	foreach_list(option, &m->options)
		if (streq(*option, PAGES_ELSEWHERE))
			return true;
	return false;
}

int manifest_check_images(const struct manifest *m, int images, struct error *err)
{
	struct manifest now = { .arena = m->arena };
	int r = list_images(&now, images, err);

	if (r < 0)
		return r;
	foreach_list(image, &m->images) {
		const struct manifest_image *there = find_image(&now, image->name);

		if (!there)
			return failf(err, ENOENT, "the checkpoint is incomplete: '%s' is missing", image->name);
		if (there->size != image->size)
			return failf(err, EINVAL, "the checkpoint is damaged: '%s' has %" PRIu64
				     " bytes and had %" PRIu64, image->name, there->size, image->size);
	}
	foreach_list(image, &now.images)
		if (!find_image(m, image->name) && !may_have_more(m))
			return failf(err, EINVAL, "'%s' is not of this checkpoint: it has %zu images, there are %zu",
				     image->name, m->images.n, now.images.n);
	return 0;
}

int manifest_check_config(const struct manifest *m, const struct resolved *config, struct error *err)
{
	char digest[SHA256_HEX_SIZE];

	manifest_digest(config, digest);
	if (streq(digest, m->config))
		return 0;
	return failf(err, EINVAL,
		     "config.json is not that of the checkpoint (args, user, capabilities, noNewPrivileges, terminal, "
		     "namespace types or root.readonly differ): what it says of them would not be so, a restored "
		     "process is as it was. Without " MANIFEST_FILE " in the images this is not looked at");
}
