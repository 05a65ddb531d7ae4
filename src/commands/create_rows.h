/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The options that create and run share: rows that fill the struct create_options `o`. */

#include "cli/command.h"

/* Of --join; create_take_lists() hands them on. */
static struct option_list create_joins;

static inline void create_take_lists(struct create_options *o)
{
	o->joins = create_joins.v;
	o->n_joins = create_joins.n;
}

/* clang-format off */
#define CREATE_ROWS(o) \
	{ "bundle", 'b', OPTION_STRING, .to.string = &(o).bundle, .value = "DIR", \
	  .summary = "the bundle: config.json and root filesystem [.]", \
	  .completes = COMPLETES_DIRECTORY }, \
	{ "config", 'f', OPTION_STRING, .to.string = &(o).config, .value = "FILE", \
	  .summary = "read FILE instead of the bundle's config.json", .completes = COMPLETES_FILE }, \
	{ "pid-file", 0, OPTION_STRING, .to.string = &(o).pid_file, .value = "FILE", \
	  .summary = "write the host's process id to FILE", .completes = COMPLETES_FILE }, \
	{ "console-socket", 0, OPTION_STRING, .to.string = &(o).console_socket, .value = "SOCKET", \
	  .summary = "send the terminal's master to this AF_UNIX socket", \
	  .completes = COMPLETES_FILE }, \
	{ "pidfd-socket", 0, OPTION_STRING, .to.string = &(o).pidfd_socket, .value = "SOCKET", \
	  .summary = "send a pidfd of the process to this AF_UNIX socket", \
	  .completes = COMPLETES_FILE }, \
	{ "preserve-fds", 0, OPTION_UNSIGNED, .to.number = &(o).preserve_fds, .value = "N", \
	  .summary = "pass the descriptors 3 to 3+N-1 on to the process" }, \
	{ "join", 0, OPTION_LIST, .to.list = &create_joins, .value = "ID[:NS,NS]", \
	  .summary = "share namespaces of another container [net,ipc,uts] (repeatable)" }, \
	{ "init", 0, OPTION_FLAG, .to.flag = &(o).init, \
	  .summary = "a tiny init is pid 1: it reaps, and passes signals on to the process" }, \
	{ "no-pivot", 0, OPTION_FLAG, .to.flag = &(o).no_pivot, \
	  .summary = "chroot instead of pivot_root, for a root on ramfs" }, \
	{ "no-new-keyring", 0, OPTION_FLAG, .to.flag = &(o).no_new_keyring, \
	  .summary = "keep the caller's session keyring" }
/* clang-format on */
