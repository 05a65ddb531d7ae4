/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/objects.h"

/* clang-format off */
#define OBJECT struct spec_hook
static const struct field hook_fields[] = {
	VALUE("path",    path, .since = "1.0", .flags = FIELD_REQUIRED | FIELD_ABSOLUTE,
	      .doc = "the program"),
	VALUE("args",    args, .since = "1.0", .doc = "argv, program name included"),
	VALUE("env",     env,  .since = "1.0", HAS(has_env), .doc = "the whole environment"),
	VALUE("timeout", timeout, .since = "1.0", .flags = FIELD_RANGED, RANGE(1, INT32_MAX),
	      .doc = "seconds, then it is killed"),
};
SCHEMA(hook, hook_fields);
#undef OBJECT

#define HOOK(name, n, version, text) \
	ARRAY(name, kind[n], hook, .since = version, .doc = text)

#define OBJECT struct spec_hooks
static const struct field hooks_fields[] = {
	HOOK("prestart",        HOOK_PRESTART,         "1.0",
	     "deprecated: as createRuntime, before it"),
	HOOK("createRuntime",   HOOK_CREATE_RUNTIME,   "1.0.2",
	     "in create, in the runtime's namespaces"),
	HOOK("createContainer", HOOK_CREATE_CONTAINER, "1.0.2",
	     "in create, in the container's, before pivot_root"),
	HOOK("startContainer",  HOOK_START_CONTAINER,  "1.0.2",
	     "in start, inside, before the program"),
	HOOK("poststart",       HOOK_POSTSTART,        "1.0",
	     "in start, after the program began"),
	HOOK("poststop",        HOOK_POSTSTOP,         "1.0",
	     "in delete, after the container is gone"),
};
SCHEMA(hooks, hooks_fields);
#undef OBJECT
/* clang-format on */
