/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/objects.h"
#include "spec/spec.h"

/* UID_GID_MAP_MAX_EXTENTS of the kernel. */
#define IDMAP_LINES_MAX 340
/* /proc/PID/uid_map is written at once, and takes less than a page. */
#define IDMAP_TEXT_MAX  4095

static bool ranges_meet(uint32_t a, uint32_t b, const struct spec_idmap *x,
			const struct spec_idmap *y)
{
	return a <= b ? b - a < x->size : a - b < y->size;
}

static const struct spec_idmap *overlapped(const spec_idmaps *maps, const struct spec_idmap *m)
{
	for (const struct spec_idmap *other = maps->v; other < m; other++)
		if (ranges_meet(other->container_id, m->container_id, other, m) ||
		    ranges_meet(other->host_id, m->host_id, other, m))
			return other;
	return NULL;
}

static size_t digits(uint32_t number)
{
	size_t n = 1;

	for (; number >= 10; number /= 10)
		n++;
	return n;
}

/* The first thing that the kernel would say EINVAL to, without a word about the line. */
static int find_fault(const spec_idmaps *maps, struct error *err)
{
	size_t text = 0;

	if (maps->n > IDMAP_LINES_MAX) {
		failf(err, EINVAL, "more than %d mappings", IDMAP_LINES_MAX);
		return spec_error(maps->v[IDMAP_LINES_MAX].json, NULL, err);
	}
	foreach_list(m, maps) {
		const struct spec_idmap *other = overlapped(maps, m);

		text += digits(m->container_id) + digits(m->host_id) + digits(m->size) + 3;
		if (text > IDMAP_TEXT_MAX) {
			failf(err, EINVAL,
			      "up to here the mappings have more than %d bytes as text, and Linux takes no more",
			      IDMAP_TEXT_MAX);
			return spec_error(m->json, NULL, err);
		}

		if (!other)
			continue;
		failf(err, EINVAL, "overlaps the mapping on line %u", json_line(other->json));
		return spec_error(m->json, NULL, err);
	}
	return 0;
}

int idmaps_check(const spec_idmaps *uids, const spec_idmaps *gids, struct problems *report,
		 struct error *err)
{
	int r = find_fault(uids, err);

	if (r < 0)
		r = problems_failure(report, r, err, NULL, false);
	if (r == 0)
		r = find_fault(gids, err);
	return r < 0 ? problems_failure(report, r, err, NULL, false) : 0;
}
