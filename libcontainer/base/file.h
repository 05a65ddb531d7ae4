/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whole files by directory descriptor (AT_FDCWD is one). Results are 0 or a negative errno with errno
 * set likewise, and no message: the caller knows what the file means (sysf()).
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/str.h"

/* Appends the file to *out; more than `limit` bytes is -EFBIG. Works for /proc and cgroup files. */
int file_read_at(int dir, const char *path, size_t limit, struct str *out);

/* The same of a file that the kernel shows in one piece: it is over with the first short read, no second one is made. */
int file_read_piece_at(int dir, const char *path, size_t limit, struct str *out);

/* The same two from an open descriptor's current offset. */
int file_read_fd(int fd, size_t limit, struct str *out);
int file_read_piece_fd(int fd, size_t limit, struct str *out);

/* One write(2) to an existing file (procfs, cgroupfs). A short write is -EIO. */
int file_write_at(int dir, const char *path, const char *text);

/* All bytes, over short writes and EINTR. */
int write_all(int fd, const void *data, size_t n);

/* Makes or replaces `name` in `dir` by rename(2): a reader sees the old or the new file, whole. */
int file_replace_at(int dir, const char *name, const void *data, size_t n, mode_t mode);
/*
 * The same, also for a reader after a power cut: the content is on the disk before it has the name. Whether the name is
 * there too is the filesystem's affair.
 */
int file_replace_safely_at(int dir, const char *name, const void *data, size_t n, mode_t mode);
/*
 * The same, but for a moment there may be no file, so that what kills us leaves none of another name: for folders
 * that are not ours.
 */
int file_renew_at(int dir, const char *name, const void *data, size_t n, mode_t mode);

/* Whether `path` lies on a filesystem of this kind: a number of linux/magic.h. */
bool file_is_on(const char *path, unsigned long magic);

/*
 * Closes many, the negative ones apart, and keeps errno. Those that were opened one after the other cost one call. They
 * are sorted.
 */
void close_fds(int *fds, size_t n);

/* As many descriptors as we may have: what programs are given by default, for select(2)'s sake, is soon used up. */
void allow_descriptors(void);

/* The path by which the kernel knows a descriptor: canonical and absolute, or what stands for one. */
int path_of_fd(int fd, char *path, size_t size);

/* mkdir -p with that mode for what is missing. */
int mkdir_parents(const char *path, mode_t mode);
