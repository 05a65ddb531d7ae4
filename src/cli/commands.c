/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include <errno.h>
#include <string.h>

const struct command *const commands[] = {
	&cmd_create, &cmd_start,  &cmd_run,      &cmd_exec,       &cmd_state,   &cmd_list,
	&cmd_ps,     &cmd_events, &cmd_kill,     &cmd_stop,       &cmd_wait,     &cmd_delete,
	&cmd_pause,  &cmd_resume, &cmd_update,   &cmd_spec,       &cmd_validate, &cmd_features, &cmd_commands,
	&cmd_mounts, &cmd_port_forward,
	&cmd_cgroup,
	&cmd_stats,
	&cmd_debug, &cmd_trace,
	&cmd_inspect, &cmd_verify, &cmd_stacks,
	&cmd_seccomp,
	&cmd_checkpoint,
	&cmd_restore,
	&cmd_tty, NULL,
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

int command_run(const struct command *command, const struct invocation *inv, struct error *err)
{
	auto_(container_free) struct container *c = NULL;
	int r;

	if (command->run)
		return command->run(inv, err);
	r = container_load(inv->rt, inv->args[0], &c, err);
	return r < 0 ? r : command->run_on(c, inv, err);
}

int verb_run(const struct verb *v, size_t n, struct container *c, const struct invocation *inv,
	     struct error *err)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].name, inv->verb) == 0)
			return v[i].run_on(c, inv, err);
	return failf(err, EINVAL, "unknown verb '%s'", inv->verb);
}
