/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ids.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "store/store.h"

void ids_done(struct ids *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		free(ids->v[i]);
	free(ids->v);
}

int ids_add(struct ids *ids, const char *name)
{
	if (ids->n == ids->room) {
		size_t room = ids->room ? 2 * ids->room : 64;
		char **v = realloc(ids->v, room * sizeof(*v));

		if (!v)
			return -ENOMEM;
		ids->v = v;
		ids->room = room;
	}
	ids->v[ids->n] = strdup(name);
	return ids->v[ids->n++] ? 0 : -ENOMEM;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int ids_read(int root, struct ids *ids)
{
	DIR *dir;
	const struct dirent *e;
	int r = 0, fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		close_fd(fd);
		return -errno;
	}
	while (r == 0 && (e = readdir(dir)))
		if ((e->d_type == DT_DIR || e->d_type == DT_UNKNOWN) &&
		    store_check_id(e->d_name, NULL) == 0)
			r = ids_add(ids, e->d_name);
	closedir(dir);
	if (r == 0 && ids->n)
		qsort(ids->v, ids->n, sizeof(*ids->v), compare_ids);
	return r;
}
