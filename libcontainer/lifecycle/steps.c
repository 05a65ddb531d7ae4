/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/steps.h"

#include "base/interrupt.h"
#include "base/timings.h"

int step_taken(const char *name, int r, struct error *err)
{
	int sig = r < 0 ? 0 : interrupt_take();

	if (r < 0 || sig)
		return r < 0 ? r : interrupt_fail(sig, err);
	if (r != STEP_SKIPPED)
		timings_mark(name);
	return 0;
}
