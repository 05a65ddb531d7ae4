/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Names of functions, from the symbol tables of a program's own files. The files are the container's: nothing in them is
 * believed, no more than some megabytes of one are read, and one of a filesystem that a process serves (FUSE) not at all.
 * A reader of our own and no library: only the nearest function's name is wanted, by two tables of one format.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct symbol {
	const char *name;
	uint64_t offset; /* of the place, in the function */
};

/* The function that holds the byte at `offset` of an ELF file. The name lies in the arena. */
bool symbols_find(int fd, uint64_t offset, struct arena *a, struct symbol *ret);

/* A file by its path in a root, if it is the regular one of that inode number. A descriptor, or a negative errno. */
int symbols_open(int root, const char *path, uint64_t inode);
