/* SPDX-License-Identifier: Apache-2.0 */

/* The terminal, and what annotations ask for of a process. */

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "resolve/part.h"
#include "spec/spec.h"

int resolve_terminal(const struct spec_process *p, bool detach, bool socket, struct error *err)
{
	const bool terminal = p && p->terminal;

	if (terminal && detach && !socket)
		return failf(
			err, EINVAL,
			"a detached process with a terminal needs somebody who takes the terminal: give "
			"--console-socket SOCKET (where 'orlop tty SOCKET' listens), or ask for no terminal");
	if (socket && !terminal)
		return failf(
			err, EINVAL,
			"--console-socket is for a terminal, and none is asked for: leave it out, or ask for one "
			"(/process/terminal; exec: -t)");
	if (socket && !detach)
		return failf(
			err, EINVAL,
			"--console-socket is for a detached process: add --detach, or leave it out to see the "
			"terminal here");
	return 0;
}

/* crun's ask for another kind of container than one of namespaces. Who sets them must not believe to have it. */
static int check_annotation(const struct resolver *r, const struct spec_pair *pair)
{
	if (!*pair->key)
		return resolve_problem(r, PROBLEM_WARNING, PROBLEM_SPEC, pair->json, NULL,
				       "an annotation has an empty key");
	if (streq(pair->key, "run.oci.handler") && *pair->value)
		return refuse_spec(
			r, pair->json, NULL,
			"there is no handler '%.80s' here: the container would run in namespaces of this "
			"kernel, and not in what the annotation asks for",
			pair->value);
	if (starts_with(pair->key, "krun."))
		return resolve_problem(r, PROBLEM_WARNING, PROBLEM_SPEC, pair->json, NULL,
				       "annotation '%.80s' is ignored: this is no virtual machine",
				       pair->key);
	if (starts_with(pair->key, "module.wasm.image/") && !streq(pair->value, "compat-smart"))
		return resolve_problem(
			r, PROBLEM_WARNING, PROBLEM_SPEC, pair->json, NULL,
			"annotation '%.80s' is ignored: WebAssembly is not executed here",
			pair->key);
	return 0;
}

int resolve_check_annotations(const struct resolver *r)
{
	foreach_list(pair, &r->spec->annotations) {
		int num = check_annotation(r, pair);

		if (num < 0)
			return num;
	}
	return 0;
}

int resolve_annotations(const struct resolver *r)
{
	foreach_list(pair, &r->spec->annotations) {
		if (streq(pair->key, "org.orlop.init"))
			r->out->init = streq(pair->value, "true");
		else if (streq(pair->key, "run.oci.keep_original_groups"))
			r->out->keeps_groups = !streq(pair->value, "0");
		else if (streq(pair->key, "org.criu.config"))
			r->out->criu_config = pair->value;
	}
	return 0;
}
