/* SPDX-License-Identifier: Apache-2.0 */

/* Commands that people know from engines and other runtimes, and what does the same here. */

#include "base/macros.h"
#include "cli/command.h"

/* clang-format off */
static const struct {
	char word[12], advice[120];
} habits[] = {
	{ "attach",  "'orlop exec -t ID sh' gives a shell in the container; what its process prints goes to where 'run' was called" },
	{ "build",   "an engine does that: podman, docker or buildah, with orlop as their runtime" },
	{ "cp",      "use tar through exec: 'tar c FILE | orlop exec ID tar x -C DIR'" },
	{ "images",  "an engine keeps images (podman, docker, containerd); orlop runs bundles" },
	{ "init",    "this is done by 'orlop create' and 'orlop run' alone" },
	{ "logs",    "orlop keeps no output: it goes to where 'run' was called, or to the engine's log" },
	{ "pull",    "an engine keeps images (podman, docker, containerd); orlop runs bundles" },
	{ "recvtty", "'orlop tty SOCKET' does it" },
	{ "remove",  "'orlop delete ID' does it; with --force also when it runs" },
	{ "restart", "'orlop stop ID', 'orlop delete ID', then 'orlop run ID'" },
	{ "rm",      "'orlop delete ID' does it; with --force also when it runs" },
	{ "shell",   "'orlop exec -t ID sh' does it" },
	{ "top",     "'orlop ps ID' does it" },
	{ "unpause", "'orlop resume ID' does it" },
	{ "version", "'orlop --version' does it" },
};
/* clang-format on */

const char *habit_advice(const char *word)
{
	foreach_array(h, habits)
		if (streq(h->word, word))
			return h->advice;
	return NULL;
}

const char *command_nearest(const char *word)
{
	const char *nearest = NULL;
	unsigned best = 3;

	for (size_t i = 0; commands[i]; i++) {
		unsigned distance = name_distance(commands[i]->name, word);

		if (distance < best) {
			best = distance;
			nearest = commands[i]->name;
		}
	}
	return nearest;
}
