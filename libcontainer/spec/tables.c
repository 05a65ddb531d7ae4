/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/objects.h"
#include "spec/seccomp.h"

#define SPEC_OBJECT(name)
#define SPEC_WORDS(name)
#define SPEC_CHECK(name, text)

#undef SPEC_OBJECT
#define SPEC_OBJECT(name) [SPEC_OBJECT_##name] = &schema_##name,
static const struct schema *const objects[] = {
#include "spec/tables.def"
};
#undef SPEC_OBJECT
#define SPEC_OBJECT(name)

#undef SPEC_WORDS
#define SPEC_WORDS(name) [SPEC_WORDS_##name] = &names_##name,
static const struct names *const words[] = {
#include "spec/tables.def"
};
#undef SPEC_WORDS
#define SPEC_WORDS(name)

#undef SPEC_CHECK
#define SPEC_CHECK(name, text) [SPEC_CHECK_##name] = { check_##name, text },
static const struct string_check checks[] = {
#include "spec/tables.def"
};

const struct schema *field_schema(const struct field *f)
{
	return objects[f->object];
}

const struct names *field_words(const struct field *f)
{
	return words[f->words];
}

const struct string_check *field_check(const struct field *f)
{
	return f->check ? &checks[f->check] : NULL;
}
