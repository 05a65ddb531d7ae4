/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what orlop's tables know, one a line, separated by tabs: 'property', JSON pointer, version of the
 * runtime-spec, what the row says of it; 'option', mount option. tests/conformance/matrix reads it.
 */
#include <stdio.h>

#include "fs/mount_options.h"
#include "spec/objects.h"
#include "spec/spec.h"

static int print(const char *path, const struct schema *in, const struct field *field, void *data)
{
	(void)in;
	(void)data;
	return printf("property\t%s\t%s\t%s\n", path, field->since, field->doc) < 0 ? -1 : 0;
}

int main(void)
{
	const char *name;

	if (schema_walk(&schema_config, print, NULL) != 0)
		return 1;
	for (size_t i = 0; (name = mount_option_name(i)); i++)
		printf("option\t%s\t\t\n", name);
	return fflush(stdout) == 0 ? 0 : 1;
}
