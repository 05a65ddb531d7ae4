/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>

#include "base/parse.h"
#include "base/signals.h"
#include "cli/command.h"
#include "cli/exit_text.h"
#include "cli/output.h"

#define DEFAULT_TIMEOUT_MS 10000

static struct {
	const char *timeout, *signal;
	int format;
} values;

/* clang-format off */
static const struct option_row rows[] = {
	{ "timeout", 't', OPTION_STRING, .to.string = &values.timeout, .value = "SECONDS",
	  .summary = "how long it may take before SIGKILL; also 500ms, 1m; -1: for ever [10]" },
	{ "signal", 's', OPTION_STRING, .to.string = &values.signal, .value = "SIGNAL",
	  .summary = "what asks it to end [the image's stop signal, else SIGTERM]" },
	{ "format", 'f', OPTION_CHOICE, .to.choice = &values.format, .value = "text|json",
	  .summary = "how the end is told [text]",
	  .choices = exit_formats, .n_choices = EXIT_FORMATS },
};
/* clang-format on */

static int parse_timeout(int64_t *ret, struct error *err)
{
	const char *text = values.timeout;
	uint32_t seconds;
	int64_t ns;

	if (!text)
		*ret = DEFAULT_TIMEOUT_MS;
	else if (streq(text, "-1"))
		*ret = -1;
	else if (parse_u32(text, &seconds) == 0)
		*ret = (int64_t)seconds * 1000;
	else if (parse_duration(text, &ns) == 0 && ns >= 0)
		*ret = ns / 1000000;
	else
		return failf(err, EINVAL,
			     "invalid timeout '%s': expected seconds, or a duration like "
			     "500ms",
			     text);
	return 0;
}

static int parse_signal(int *ret, struct error *err)
{
	*ret = values.signal ? signal_number(values.signal) : 0;
	if (*ret < 0 || (values.signal && *ret == 0))
		return failf(err, EINVAL, "unknown signal \"%s\"", values.signal);
	return 0;
}

static void add_step(const struct stop_result *stopped, const struct stop_options *o,
		     struct str *out)
{
	char name[16];

	signal_name(stopped->sig, name, sizeof(name));
	switch (stopped->step) {
	case STOP_WAS_STOPPED:
		str_add(out, "had stopped before");
		break;
	case STOP_BY_SIGNAL:
		str_printf(out, "after %s", name);
		break;
	case STOP_BY_KILL:
		str_printf(out, "%.3g s after %s did not end it", (double)o->timeout_ms / 1000,
			   name);
		break;
	case STOP_BY_KILL_AT_ONCE:
		str_printf(out, "at once: pid 1 does not take %s", name);
		break;
	}
}

static int run(const struct invocation *inv, struct error *err)
{
	auto_(container_free) struct container *c = NULL;
	auto_str out = STR_INIT, step = STR_INIT;
	struct stop_options o = { 0 };
	struct stop_result stopped;
	int r = parse_timeout(&o.timeout_ms, err);

	if (r == 0)
		r = parse_signal(&o.sig, err);
	if (r == 0)
		r = container_load(inv->rt, inv->args[0], &c, err);
	if (r == 0)
		r = container_stop(c, &o, &stopped, err);
	if (r < 0)
		return r;
	add_step(&stopped, &o, &step);
	exit_add_line(&out, values.format, inv->args[0], &stopped.exit, str_text(&step));
	return output(&out, err);
}

const struct command cmd_stop = {
	.name = "stop",
	.operands = "ID",
	.summary = "ask a container to end, then make it",
	.about =
		"A signal first, SIGKILL to all of its processes when the time is over. Prints which\n"
		"of them ended it. A paused container is resumed for it; one that has stopped is no\n"
		"error. Nothing is deleted.",
	.examples = "  orlop stop demo\n"
		    "  orlop stop --timeout 30 --signal INT demo",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 1,
	.max_operands = 1,
	.operand_is_id = true,
	.run = run,
};
