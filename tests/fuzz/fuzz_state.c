/* SPDX-License-Identifier: Apache-2.0 */
/* state.json is written by us, but a root directory may be restored, edited or shared: never trusted. */
#include <stdint.h>
#include <stdlib.h>

#include "base/macros.h"
#include "container/handle.h"
#include "store/state_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_(arena_free) struct arena *a = arena_new();
	auto_(cgroup_free) struct cgroup *cg = NULL;
	auto_str out = STR_INIT;
	struct error e = ERROR_INIT;
	struct state s;
	int r = a ? state_parse(a, (const char *)data, size, &s, &e) : -1;

	/* A failure without words, or words without a failure. */
	if (a && (r < 0) != (e.msg[0] != 0))
		abort();
	if (r < 0)
		return 0;
	if (container_oci_state(&s, STATUS_RUNNING, s.init.pid, &out) < 0 || !s.id || !s.bundle)
		abort();
	if (s.cgroup)
		(void)cgroup_load(s.cgroup, &cg, &e);
	return 0;
}
