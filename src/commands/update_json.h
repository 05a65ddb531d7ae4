/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "base/str.h"

/* The flags of `update` that stand for a member of the spec's LinuxResources. */
enum update_flag {
	UPDATE_BLKIO_WEIGHT,
	UPDATE_CPU_PERIOD,
	UPDATE_CPU_QUOTA,
	UPDATE_CPU_BURST,
	UPDATE_CPU_SHARE,
	UPDATE_CPU_RT_PERIOD,
	UPDATE_CPU_RT_RUNTIME,
	UPDATE_CPU_IDLE,
	UPDATE_CPUSET_CPUS,
	UPDATE_CPUSET_MEMS,
	UPDATE_MEMORY,
	UPDATE_MEMORY_RESERVATION,
	UPDATE_MEMORY_SWAP,
	UPDATE_PIDS_LIMIT,
	UPDATE_FLAGS
};

/* The flag's name: "cpu-quota". */
const char *update_flag_name(enum update_flag flag);

/* Appends the object that the flags ask for; an empty text or NULL asks for nothing. */
int update_json(const char *const texts[UPDATE_FLAGS], struct str *out, struct error *err);
