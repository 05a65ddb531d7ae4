/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include <string.h>

const struct command *const commands[] = {
	&cmd_create, &cmd_start,  &cmd_run,      &cmd_exec,       &cmd_state,   &cmd_list,
	&cmd_ps,     &cmd_events, &cmd_kill,     &cmd_stop,       &cmd_wait,     &cmd_delete,
	&cmd_pause,  &cmd_resume, &cmd_update,   &cmd_spec,       &cmd_validate, &cmd_features, &cmd_commands,
	&cmd_mounts, &cmd_port_forward,
	&cmd_cgroup,
	&cmd_stats,
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
