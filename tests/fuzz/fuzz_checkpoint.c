/* SPDX-License-Identifier: Apache-2.0 */
/* What lies in an image folder beside CRIU's own files, and CRIU's log. The first byte says which of them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "launch/criu_log.h"
#include "lifecycle/manifest.h"
#include "lifecycle/pod_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool good)
{
	if (!good)
		abort();
}

static void try_manifest(struct arena *a, const char *text, size_t size)
{
	struct error e = ERROR_INIT;
	struct manifest m;
	int r = manifest_parse(a, text, size, &m, &e);

	need((r < 0) == (e.msg[0] != 0));
	if (r < 0)
		return;
	need(m.containers >= 1 && m.names.n == m.containers);
	foreach_list(mount, &m.mounts) need(!strstr(mount->rest, "/../") && (!*mount->rest || *mount->rest == '/'));
	foreach_list(image, &m.images) need(!strchr(image->name, '/'));
}

static void try_streams(const char *text, size_t size)
{
	struct streams s;

	if (streams_parse(text, size, &s, NULL) < 0)
		return;
	for (int i = 0; i < 3; i++)
		need(!s.name[i][0] || strncmp(s.name[i], "pipe:[", 6) == 0);
}

static void try_pod(struct arena *a, const char *text, size_t size)
{
	struct error e = ERROR_INIT;
	struct pod_file pod;
	int r = pod_file_parse(a, text, size, &pod, &e);

	need((r < 0) == (e.msg[0] != 0));
	if (r < 0)
		return;
	for (size_t i = 0; i < pod.members.n; i++) {
		need(!strchr(pod.members.v[i].id, '/'));
		foreach_list(join, &pod.members.v[i].joins) need(join->member < i);
	}
}

static void try_log(const char *text, size_t size)
{
	auto_str out = STR_INIT;

	criu_log_explain(text, size, &out);
	need(out.n < 2048);
	for (size_t i = 0; i < out.n; i++)
		need((unsigned char)out.s[i] >= ' ');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_(arena_free) struct arena *a = arena_new();
	const char *text = (const char *)data + 1;

	if (!a || size < 1)
		return 0;
	switch (data[0] % 4) {
	case 0:
		try_manifest(a, text, size - 1);
		break;
	case 1:
		try_streams(text, size - 1);
		break;
	case 2:
		try_pod(a, text, size - 1);
		break;
	default:
		try_log(text, size - 1);
	}
	return 0;
}
