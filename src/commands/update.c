/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/macros.h"
#include "cli/command.h"
#include "commands/update_json.h"

#define RESOURCES_MOST (16U << 20)

static struct {
	const char *resources, *kernel_memory, *kernel_memory_tcp, *l3_cache, *mem_bw;
	const char *texts[UPDATE_FLAGS];
} values;

/* clang-format off */
#define ROW(flag_name, flag, value_name, text, ...) \
	{ flag_name, 0, OPTION_STRING, .to.string = &values.texts[flag], .value = value_name, \
	  .summary = text, __VA_ARGS__ }

static const struct option_row rows[] = {
	{ "resources", 'r', OPTION_STRING, .to.string = &values.resources, .value = "FILE|-",
	  .summary = "the spec's linux.resources object, from FILE or standard input",
	  .completes = COMPLETES_FILE },

	ROW("memory", UPDATE_MEMORY, "BYTES", "limit of memory; -1: none", .group = "Memory (suffixes k, m, g)"),
	ROW("memory-reservation", UPDATE_MEMORY_RESERVATION, "BYTES", "protected from reclaim elsewhere"),
	ROW("memory-swap", UPDATE_MEMORY_SWAP, "BYTES", "limit of memory and swap together; -1: none"),

	ROW("cpu-quota", UPDATE_CPU_QUOTA, "USECS", "CPU time in each period; -1: no limit", .group = "CPU"),
	ROW("cpu-period", UPDATE_CPU_PERIOD, "USECS", "length of a period"),
	ROW("cpu-burst", UPDATE_CPU_BURST, "USECS", "unused quota that may be saved up"),
	ROW("cpu-share", UPDATE_CPU_SHARE, "N", "weight against other cgroups (1024 is usual)"),
	ROW("cpu-idle", UPDATE_CPU_IDLE, "0|1", "1: run only when nothing else wants to"),
	ROW("cpu-rt-period", UPDATE_CPU_RT_PERIOD, "USECS", "length of a real-time period"),
	ROW("cpu-rt-runtime", UPDATE_CPU_RT_RUNTIME, "USECS", "real-time CPU time in each period"),
	ROW("cpuset-cpus", UPDATE_CPUSET_CPUS, "LIST", "CPUs to use, like 0-3,7"),
	ROW("cpuset-mems", UPDATE_CPUSET_MEMS, "LIST", "memory nodes to use"),

	ROW("blkio-weight", UPDATE_BLKIO_WEIGHT, "N", "weight of block I/O, 10 to 1000", .group = "Other"),
	ROW("pids-limit", UPDATE_PIDS_LIMIT, "N", "processes and threads; -1: no limit"),
	{ "l3-cache-schema", 0, OPTION_STRING, .to.string = &values.l3_cache, .value = "SCHEMA",
	  .summary = "Intel RDT: \"L3:0=f;1=f0\", of a container with intelRdt" },
	{ "mem-bw-schema", 0, OPTION_STRING, .to.string = &values.mem_bw, .value = "SCHEMA",
	  .summary = "Intel RDT: \"MB:0=50;1=70\", likewise" },
	{ "kernel-memory", 0, OPTION_STRING, .to.string = &values.kernel_memory, .value = "BYTES" },
	{ "kernel-memory-tcp", 0, OPTION_STRING, .to.string = &values.kernel_memory_tcp, .value = "BYTES" },
};
/* clang-format on */

static int read_resources(const char *path, struct str *json, struct error *err)
{
	auto_(close_fd) int fd = -EBADF;
	bool standard_input = streq(path, "-");
	int r;

	if (!standard_input) {
		fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			return sysf(err, "open resources '%s'", path);
	}
	r = file_read_fd(standard_input ? STDIN_FILENO : fd, RESOURCES_MOST, json);
	if (r < 0)
		return codef(err, r, "read resources '%s'", path);
	/* The text is handed on as a string: bytes after a NUL would be lost without a word. */
	if (strlen(str_text(json)) != json->n)
		return failf(err, EINVAL, "resources '%s': not a JSON text", path);
	return 0;
}

/* As in runc. Silence would let the caller believe in limits that are not there. */
static void warn_of_mixture(void)
{
	for (int i = 0; i < UPDATE_FLAGS; i++)
		if (values.texts[i])
			log_warn("'--%s' is ignored: '--resources' has all of the limits",
				 update_flag_name((enum update_flag)i));
}

static int resources(struct str *json, struct error *err)
{
	if (values.kernel_memory || values.kernel_memory_tcp)
		log_warn("kernel memory limits are ignored: the kernel has none any more");
	if (!values.resources)
		return update_json(values.texts, json, err);
	warn_of_mixture();
	return read_resources(values.resources, json, err);
}

static int run_on(struct container *c, const struct invocation *inv, struct error *err)
{
	auto_str json = STR_INIT;
	int r = resources(&json, err);

	(void)inv;
	if (r == 0 && (values.l3_cache || values.mem_bw))
		r = container_update_rdt(c, values.l3_cache, values.mem_bw, err);
	if (r == 0)
		r = container_update(c, str_text(&json), err);
	if (r < 0 && values.resources && streq(err->file, "resources"))
		(void)snprintf(err->file, sizeof(err->file), "%s", values.resources);
	return r;
}

const struct command cmd_update = {
	.name = "update",
	.operands = "ID",
	.summary = "change the resource limits of a container",
	.about = "What is not named stays as it is.",
	.examples = "  orlop update --memory 512m --pids-limit 100 demo\n"
		    "  echo '{\"cpu\": {\"quota\": 50000}}' | orlop update -r - demo",
	.options = rows,
	.n_options = ARRAY_SIZE(rows),
	.min_operands = 1,
	.max_operands = 1,
	.operand_is_id = true,
	.run_on = run_on,
};
