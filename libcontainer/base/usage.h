/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a container uses, in plain numbers without pointers. USAGE_UNKNOWN: nobody here counts it. */

#include <stdbool.h>
#include <stdint.h>

#define USAGE_UNKNOWN UINT64_MAX
#define USAGE_NO_LIMIT (UINT64_MAX - 1)

#define USAGE_INTERFACES_MAX 64 /* the last is all others together, where there are more */
#define USAGE_HUGETLB_MAX 4

/* Time in which some, or all, of the processes waited for a resource: pressure stall information. */
struct usage_pressure {
	uint64_t some_us, full_us;       /* in all                        */
	uint32_t some_avg[3], full_avg[3]; /* of 10, 60, 300 s: per 10000 */
};

struct usage_interface {
	char name[16];
	uint64_t rx_bytes, rx_packets, rx_errors, rx_dropped;
	uint64_t tx_bytes, tx_packets, tx_errors, tx_dropped;
};

struct usage_hugetlb {
	char size[16]; /* "2MB" */
	uint64_t usage, limit, failures;
};

struct usage {
	uint64_t cpu_ns, cpu_user_ns, cpu_system_ns;
	uint64_t cpu_periods, cpu_throttled_periods, cpu_throttled_ns;
	uint64_t memory, memory_limit, memory_peak;
	uint64_t swap, swap_limit; /* on v1: together with memory, less memory */
	uint64_t memory_anon, memory_file, memory_inactive_file, memory_shmem, memory_faults,
		memory_major_faults;
	uint64_t memory_limit_hits, oom_kills;
	uint64_t pids, pids_limit;
	uint64_t io_read_bytes, io_write_bytes, io_reads, io_writes;
	uint64_t net_rx_bytes, net_tx_bytes; /* of all interfaces but lo */
	struct usage_pressure cpu_pressure, memory_pressure, io_pressure;
	uint32_t n_interfaces, n_hugetlb;
	/* The largest last: it is not touched where there is nothing in it. */
	struct usage_interface interfaces[USAGE_INTERFACES_MAX];
	struct usage_hugetlb hugetlb[USAGE_HUGETLB_MAX];
	char memory_stat[6144]; /* memory.stat as the kernel writes it, cut at a line */
};
