/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The options that checkpoint and restore share: rows that fill the struct checkpoint_common `o`. */

#include "cli/command.h"

extern const struct name cgroups_modes[];
extern const struct name empty_namespaces[];

#define CGROUPS_MODES 4
#define EMPTY_NAMESPACES 1

/* Shows the phases on standard error when that is a terminal. */
void show_progress(struct checkpoint_common *o);

/* clang-format off */
#define CHECKPOINT_ROWS(o, empty) \
	{ "image-path", 0, OPTION_STRING, .to.string = &(o).image_path, .value = "DIR", \
	  .summary = "where the images are [checkpoint]", .completes = COMPLETES_DIRECTORY }, \
	{ "work-path", 0, OPTION_STRING, .to.string = &(o).work_path, .value = "DIR", \
	  .summary = "where CRIU's log and statistics go [the image directory]", \
	  .completes = COMPLETES_DIRECTORY }, \
	{ "tcp-established", 0, OPTION_FLAG, .to.flag = &(o).tcp_established, \
	  .summary = "TCP connections go with it" }, \
	{ "ext-unix-sk", 0, OPTION_FLAG, .to.flag = &(o).ext_unix_sk, \
	  .summary = "datagram sockets may have their other end outside" }, \
	{ "shell-job", 0, OPTION_FLAG, .to.flag = &(o).shell_job, \
	  .summary = "it has the terminal of a shell" }, \
	{ "file-locks", 0, OPTION_FLAG, .to.flag = &(o).file_locks, \
	  .summary = "locks of files go with it" }, \
	{ "lazy-pages", 0, OPTION_FLAG, .to.flag = &(o).lazy_pages, \
	  .summary = "memory is fetched when it is used, from a page server" }, \
	{ "manage-cgroups-mode", 0, OPTION_CHOICE, .to.choice = &(o).manage_cgroups, \
	  .value = "soft|full|strict|ignore", .summary = "what CRIU does with cgroups [soft]", \
	  .choices = cgroups_modes, .n_choices = CGROUPS_MODES }, \
	{ "empty-ns", 0, OPTION_CHOICE, .to.choice = &(empty), .value = "network", \
	  .summary = "leave what is in that namespace to others; always so", \
	  .choices = empty_namespaces, .n_choices = EMPTY_NAMESPACES }, \
	{ "auto-dedup", 0, OPTION_FLAG, .to.flag = &(o).auto_dedup, \
	  .summary = "free memory of parent images that is not needed any more" }, \
	{ "exec-timeout", 0, OPTION_DURATION, .to.duration = &(o).exec_timeout, .value = "DURATION", \
	  .summary = "how long a program of the --*-exec options may take [60s]" }
/* clang-format on */
