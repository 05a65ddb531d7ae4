/* SPDX-License-Identifier: Apache-2.0 */
#include "container.h"
#include "spec/spec.h"

const char *container_spec_template(bool rootless)
{
	return spec_template(rootless);
}
