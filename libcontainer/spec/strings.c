/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/parse.h"
#include "base/str.h"
#include "spec/objects.h"

int check_cpu_list(const struct json *value, struct error *err)
{
	if (parse_list(value->text, NULL, 0) == 0)
		return 0;
	return json_fail(value, err, "expected a list such as '0-3,5', found '%.80s'", value->text);
}

int check_one_line(const struct json *value, struct error *err)
{
	if (strchr(value->text, '\n'))
		return json_fail(value, err, "must not hold a newline");
	return 0;
}

int check_file_name(const struct json *value, struct error *err)
{
	if (strchr(value->key, '/') || streq(value->key, ".") || streq(value->key, ".."))
		return json_fail(value, err, "'%.80s' must be a file name, without '/'",
				 value->key);
	return 0;
}
