/* SPDX-License-Identifier: Apache-2.0 */

/* descriptors.json of a checkpoint: what the standard streams of init were. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "lifecycle/manifest.h"
#include "json/json.h"

#define STREAMS_FILE "descriptors.json"
#define STREAMS_MAX  4096

/* ---- the standard streams ---- */

int streams_write(pid_t init, int images, struct error *err)
{
	auto_(json_out_free) struct json_out *o = json_out_new(NULL);
	const char *text;
	int r;

	if (!o)
		return sysf(err, STREAMS_FILE);
	json_array_begin(o, NULL);
	for (int fd = 0; fd < 3; fd++) {
		char path[64], link[256];
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)init, fd);
		n = readlink(path, link, sizeof(link) - 1);
		link[n < 0 ? 0 : n] = 0;
		json_string(o, NULL, strncmp(link, "pipe:", 5) == 0 ? link : "/dev/null");
	}
	json_array_end(o);
	text = json_out_text(o);
	if (!text)
		return codef(err, ENOMEM, STREAMS_FILE);
	r = file_replace_at(images, STREAMS_FILE, text, strlen(text), 0600);
	return r < 0 ? codef(err, r, "write " STREAMS_FILE " to the image directory") : 0;
}

/* "pipe:[123]" and nothing else: it becomes a key of CRIU's. */
static bool is_pipe(const char *text)
{
	size_t n = strlen(text);

	return n > 7 && n < sizeof(((struct streams *)0)->name[0]) &&
		strncmp(text, "pipe:[", 6) == 0 && strspn(text + 6, "0123456789") == n - 7 &&
		text[n - 1] == ']';
}

int streams_parse(const char *text, size_t size, struct streams *ret, struct error *err)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct json *root;
	int r = a ? json_parse(a, text, size, STREAMS_FILE, &root, err) : sysf(err, STREAMS_FILE);

	*ret = (struct streams){ 0 };
	if (r < 0)
		return r;
	if (root->type != JSON_ARRAY || root->n > 3)
		return failf(err, EINVAL, STREAMS_FILE " is no array of three strings");
	for (const struct json *item = root->first; item; item = item->next) {
		if (item->type != JSON_STRING)
			return failf(err, EINVAL, STREAMS_FILE " is no array of three strings");
		if (is_pipe(item->text))
			(void)snprintf(ret->name[item->index], sizeof(ret->name[0]), "%s",
				       item->text);
	}
	return 0;
}

int streams_read(int images, struct streams *ret, struct error *err)
{
	auto_str text = STR_INIT;
	int r = manifest_read_file(images, STREAMS_FILE, STREAMS_MAX, &text, err);

	if (r == -ENOENT)
		return failf(err, ENOENT,
			     "the checkpoint has no " STREAMS_FILE ": is it one of a container?");
	return r < 0 ? r : streams_parse(str_text(&text), text.n, ret, err);
}
