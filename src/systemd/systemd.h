/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of orlop-systemd share: bus.c the connection, properties.c values for it, orlop-systemd.c the requests. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <systemd/sd-bus.h>

#include "base/cleanup.h"
#include "base/macros.h"

#define SERVICE      "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER      SERVICE ".Manager"
#define PATIENCE_US  UINT64_C(30000000)

DEFINE_AUTO(sd_bus_message *, sd_bus_message_unref);
#define auto_message   auto_(sd_bus_message_unref) sd_bus_message
#define auto_bus_error __attribute__((cleanup(sd_bus_error_free))) sd_bus_error

/* Of a request. */
struct words {
	const char *at, *end;
	bool bad; /* one was missing */
};

struct answer {
	int num;
	char text[1024];
	char cgroup[4096];
};

struct manager {
	bool user;
	sd_bus *bus;
	uint64_t version; /* 0: not asked yet */
	pid_t holder;     /* keeps a scope alive while its container does not; 0: none */
};

/* "", and w->bad, when there is none. */
const char *next_word(struct words *w);
/* Makes `a` an error, if it is none yet. Returns the negative errno. */
int fail(struct answer *a, int num, const char *fmt, ...) printf_like(3, 4);

/* ---- bus.c ---- */

int bus_failed(struct answer *a, int r, const sd_bus_error *e, const char *what);
/* Once; what is open stays. */
int connect_manager(struct manager *m, struct answer *a);
int new_call(struct manager *m, const char *method, sd_bus_message **ret);
/* Of systemd; 1 when it does not say. */
uint64_t manager_version(struct manager *m);
/* Sends a call whose answer is a job, and waits until that is done. */
int run_job(struct manager *m, sd_bus_message *call, const char *what, sd_bus_error *e,
	    struct answer *a);

/* ---- properties.c ---- */

/* All properties that are left in `w`, but those that this systemd does not know. *n: how many were added. */
int append_properties(struct manager *m, sd_bus_message *call, struct words *w, size_t *n,
		      struct answer *a);
