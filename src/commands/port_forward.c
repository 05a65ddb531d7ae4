/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/parse.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/rows.h"

static struct {
	int format;
	const char *stdio, *unix_path;
	struct container_forward *v;
	size_t n;
} values;

/* clang-format off */
static const struct option_row rows[] = {
	ROWS_FORMAT_OPTION(values.format),
	{ "stdio", 0, OPTION_STRING, .to.string = &values.stdio, .value = "REMOTE",
	  .summary = "one connection to this port, on standard input and output" },
	{ "unix", 0, OPTION_STRING, .to.string = &values.unix_path, .value = "PATH",
	  .summary = "listen on a new socket file; the operand is then REMOTE", .completes = COMPLETES_FILE },
};
/* clang-format on */

static int parse_port(const char *text, size_t n, uint16_t *ret, struct error *err)
{
	uint64_t port;

	if (n == 0 || parse_u64n(text, n, 10, &port) < 0)
		return failf(err, EINVAL, "port '%.*s': expected a number from 1 to 65535", (int)n, text);
	if (port == 0 || port > 65535)
		return failf(err, ERANGE, "port %.*s: expected a number from 1 to 65535", (int)n, text);
	*ret = (uint16_t)port;
	return 0;
}

/* "[ADDR:]LOCAL[:REMOTE]", an IPv6 address in brackets. What is there of ADDR ends with a NUL in the operand. */
static int parse_forward(char *text, struct container_forward *f, struct error *err)
{
	char *at = text, *colon;
	int r;

	f->address = "127.0.0.1";
	if (*text == '[') {
		char *end = strstr(text, "]:");

		if (!end)
			return failf(err, EINVAL, "'%s': expected [ADDR]:LOCAL[:REMOTE]", text);
		f->address = text + 1;
		*end = 0;
		at = end + 2;
	} else if (strspn(text, "0123456789:") != strlen(text) || (strchr(text, ':') != strrchr(text, ':'))) {
		colon = strchr(text, ':');
		if (!colon)
			return failf(err, EINVAL, "port '%s': expected a number from 1 to 65535", text);
		*colon = 0;
		f->address = streq(text, "localhost") ? "127.0.0.1" : text;
		at = colon + 1;
	}
	colon = strchr(at, ':');
	r = parse_port(at, colon ? (size_t)(colon - at) : strlen(at), &f->local, err);
	if (r == 0)
		r = parse_port(colon ? colon + 1 : at, strlen(colon ? colon + 1 : at), &f->remote, err);
	return r;
}

static int parse_all(const struct invocation *inv, struct error *err)
{
	int r = 0;

	values.n = inv->n_args - 1;
	values.v = calloc(values.n + 1, sizeof(*values.v));
	if (!values.v)
		return sysf(err, "port-forward");
	for (size_t i = 0; r == 0 && i < values.n; i++)
		r = values.unix_path ? parse_port(inv->args[i + 1], strlen(inv->args[i + 1]),
						  &values.v[i].remote, err)
				     : parse_forward(inv->args[i + 1], &values.v[i], err);
	if (r == 0 && values.unix_path) {
		values.v[0].unix_path = values.unix_path;
		if (values.n != 1)
			return failf(err, EINVAL, "--unix wants one REMOTE port");
	}
	return r;
}

/* Connections are taken from now on. */
static int ready(struct error *err)
{
	auto_str out = STR_INIT;

	for (size_t i = 0; i < values.n; i++) {
		const struct container_forward *f = &values.v[i];
		bool json = values.format == ROWS_JSON, v6 = f->address && strchr(f->address, ':');
		const char *quote = v6 ? "[" : "", *end = v6 ? "]" : "";

		if (f->unix_path && json)
			str_printf(&out, "{\"unix\":true,\"remote\":%u}\n", f->remote);
		else if (f->unix_path)
			str_printf(&out, "forwarding %s to port %u\n", f->unix_path, f->remote);
		else
			str_printf(&out, json ? "{\"local\":\"%s%s%s:%u\",\"remote\":%u}\n"
					      : "forwarding %s%s%s:%u to port %u\n",
				   quote, f->address, end, f->local, f->remote);
	}
	return output(&out, err);
}

static int run(const struct invocation *inv, struct error *err)
{
	auto_(container_free) struct container *c = NULL;
	uint16_t port = 0;
	int r = 0;

	if (values.stdio)
		r = parse_port(values.stdio, strlen(values.stdio), &port, err);
	else
		r = parse_all(inv, err);
	if (r == 0 && values.stdio && (inv->n_args > 1 || values.unix_path))
		r = failf(err, EINVAL, "--stdio is one connection: no other port can be given");
	if (r == 0 && !values.stdio && inv->n_args < 2)
		r = failf(err, EINVAL, "port-forward: expected [ADDR:]LOCAL[:REMOTE]");
	if (r == 0)
		r = container_load(inv->rt, inv->args[0], &c, err);
	if (r < 0)
		return r;
	return values.stdio ? container_port_stream(c, port, STDIN_FILENO, STDOUT_FILENO, err)
			    : container_port_forward(c, values.v, values.n, ready, err);
}

const struct command cmd_port_forward = {
	.name = "port-forward",
	.operands = "ID [[ADDR:]LOCAL[:REMOTE]...]",
	.summary = "bring connections of this host to ports of a container",
	.about = "Listens on ADDR [127.0.0.1] and the port LOCAL, and connects to the port REMOTE [LOCAL] of the\n"
		 "container's loopback. Ends with the container, and by ^C.",
	.examples = "  orlop port-forward demo 8080:80 5432\n"
		    "  orlop port-forward demo 0.0.0.0:8080:80\n"
		    "  orlop port-forward demo --unix /run/demo.sock 80\n"
		    "  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | orlop port-forward demo --stdio 80",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.operand_is_id = true,
	.run = run,
};
