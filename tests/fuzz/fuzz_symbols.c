/* SPDX-License-Identifier: Apache-2.0 */
/* Any file as a program's: a name that is found ends, and the search ends. The first 8 bytes are where it is looked for. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "observe/symbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_(arena_free) struct arena *a = arena_new();
	struct symbol s = { 0 };
	uint64_t offset;
	int fd;

	if (!a || size < sizeof(offset))
		return 0;
	memcpy(&offset, data, sizeof(offset));
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd >= 0 &&
	    write(fd, data + sizeof(offset), size - sizeof(offset)) ==
		    (ssize_t)(size - sizeof(offset)) &&
	    symbols_find(fd, offset, a, &s) && (!s.name || strlen(s.name) > 255))
		abort();
	if (fd >= 0)
		close(fd);
	return 0;
}
