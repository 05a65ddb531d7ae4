/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Hooks that run in the runtime's namespaces (prestart, createRuntime, poststart, poststop). */

#include "base/error.h"
#include "spec/types.h"

/*
 * Runs the hooks of one kind in their order with the OCI state text on standard input; the
 * environment is the hook's own and nothing else, or ours when it has none (as runc and crun do), stdout and stderr are collected (the tail goes into
 * the error). It runs in the directory dir (NULL, or one that is gone: ours), other descriptors are closed, signals
 * are at their defaults. The index in messages counts from 0, like runc's and like the JSON pointer's.
 * Stops at the first that fails (exit status, signal, timeout: its process group is killed), unless
 * `go_on`: then each failure is a warning and 0 is returned. A message names kind and index:
 * "error running createRuntime hook #1: ...", with the hook's JSON place.
 */
int hooks_run(const struct spec_hooks *hooks, enum spec_hook_kind kind, const char *dir,
	      const char *state, bool go_on, struct error *err);
/* ", output: ..." with the end of what hooks have written to that file, into `text`; "" if nothing. */
#define HOOKS_SAID_SIZE 1100
void hooks_said(int file, char text[HOOKS_SAID_SIZE]);
const char *hook_kind_name(enum spec_hook_kind kind); /* "createRuntime" */
