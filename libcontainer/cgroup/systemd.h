/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the files systemd*.c share. systemd owns the cgroup of a scope: we ask it for one with the right
 * to manage what lies below (Delegate=), and give it the same limits that we write to the files, as it
 * writes its own again at the next `systemctl daemon-reload`.
 */

#include "cgroup/cgroup_internal.h"
#include "cgroup/devices.h"

/* The unit of a container. */
struct systemd_unit {
	const char *name;  /* "orlop-ID.scope", or "NAME.slice" */
	const char *slice; /* that it lies in                   */
	bool user;         /* of the user's manager             */
	bool started;      /* by this handle                    */
	bool by_manager;   /* only the manager may move processes there: systemd_attach() */
	struct systemd_helper *helper; /* while it holds the scope; else NULL */
};

/* ---- systemd_unit.c ---- */

/*
 * "slice:prefix:name": slice "" is the default one, name with ".slice" at its end is a slice of its own,
 * else the unit is "prefix-name.scope". NULL path: "orlop" and the id.
 */
int systemd_unit_of(struct arena *a, const struct cgroup_options *o, struct systemd_unit *ret,
		    struct error *err);
bool systemd_is_slice(const char *unit);

/* ---- systemd_helper.c: the conversation with orlop-systemd ---- */

struct systemd_helper;

/* Not connected to anything until the first request. */
int systemd_helper_open(bool user, struct systemd_helper **ret, struct error *err);
/* Ends it; the scope it holds must have processes of its own by then. */
void systemd_helper_close(struct systemd_helper *h);
DEFINE_AUTO(struct systemd_helper *, systemd_helper_close);
/* Sends a request (see src/systemd/orlop-systemd.c) and waits; answer: the cgroup, or NULL. */
int systemd_helper_ask(struct systemd_helper *h, const struct str *request, struct str *answer,
		       struct error *err);

/* Appends one word of a request. */
void request_word(struct str *request, const char *word);
void request_number(struct str *request, uint64_t number);
/*
 * Appends a property; values are words, each with its NUL. since: the first version of systemd that
 * knows it, 0 for all.
 */
void request_property(struct str *request, const char *name, unsigned since, const char *signature,
		      const struct str *values);

/* ---- systemd_variant.c ---- */

/*
 * A value in GVariant's text format ("uint64 5", "['a', 'b']", "@as []", "true") as a D-Bus signature and
 * words. -EINVAL without message when it is none.
 */
int variant_parse(const char *text, struct str *signature, struct str *words);

/* ---- systemd_properties.c ---- */

#define SYSTEMD_ANNOTATION "org.systemd.property."

/* What a unit is started with. */
int systemd_start_properties(struct str *request, const struct systemd_unit *u,
			     const struct cgroup_options *o, bool v2, struct error *err);

/* cpu.max as it is, for what an update leaves alone: quota -1 is none. */
struct cpu_quota {
	int64_t quota;
	uint64_t period;
};
/* The properties for rows of knobs; those without a counterpart are left to the files. */
void systemd_limit_properties(struct str *request, const struct knobs *k, struct cpu_quota old);
/* DevicePolicy and DeviceAllow; false: systemd cannot say it, nothing was added. */
bool systemd_device_properties(struct str *request, const struct device_rules *exceptions);
