/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/command.h"

#define CONFIG "config.json"

static struct {
	const char *bundle;
	bool rootless;
} values;

/* clang-format off */
static const struct option_row rows[] = {
	{ "bundle", 'b', OPTION_STRING, .to.string = &values.bundle, .value = "DIR",
	  .summary = "where to write it [.]", .completes = COMPLETES_DIRECTORY },
	{ "rootless", 0, OPTION_FLAG, .to.flag = &values.rootless,
	  .summary = "for a caller without privileges: with a user namespace" },
};
/* clang-format on */

static int write_config(int dir, const char *text, struct error *err)
{
	auto_(close_fd) int fd =
		openat(dir, CONFIG, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
	int r;

	if (fd < 0 && errno == EEXIST)
		return failf(err, EEXIST, "File config.json exists. Remove it first");
	if (fd < 0)
		return sysf(err, "create '" CONFIG "'");
	r = write_all(fd, text, strlen(text));
	/* close() by hand: some file systems tell of a full disk only now. */
	if (close(take_fd(fd)) < 0 && r == 0)
		r = -errno;
	if (r == 0)
		return 0;
	(void)unlinkat(dir, CONFIG, 0);
	return codef(err, r, "write '" CONFIG "'");
}

static int run(const struct invocation *inv, struct error *err)
{
	const char *bundle = values.bundle ? values.bundle : ".";
	auto_(close_fd) int dir = openat(AT_FDCWD, bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)inv;
	if (dir < 0)
		return sysf(err, "bundle '%s'", bundle);
	return write_config(dir, container_spec_template(values.rootless), err);
}

const struct command cmd_spec = {
	.name = "spec",
	.summary = "write a config.json to begin with",
	.about = "It runs 'sh' in ./rootfs with a terminal, in namespaces of its own and with few\n"
		 "capabilities.",
	.examples = "  mkdir -p demo/rootfs && orlop spec --bundle demo",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.run = run,
};
