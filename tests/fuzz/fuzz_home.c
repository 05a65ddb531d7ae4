/* SPDX-License-Identifier: Apache-2.0 */
/* The image's /etc/passwd, in blocks as the kernel gives them: HOME is a path of the file, or "/". */
#include <asm/unistd.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nsexec/stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
long fuzz_syscall(long number, ...);

static struct {
	const uint8_t *at, *end;
	size_t block;
} passwd;

static long read_some(char *to, size_t room)
{
	size_t n = (size_t)(passwd.end - passwd.at);

	n = n < passwd.block ? n : passwd.block;
	n = n < room ? n : room;
	memcpy(to, passwd.at, n);
	passwd.at += n;
	return (long)n;
}

long fuzz_syscall(long number, ...)
{
	va_list ap;
	long a[3];

	va_start(ap, number);
	for (size_t i = 0; i < 3; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == __NR_read)
		return read_some((char *)a[1], (size_t)a[2]);
	return number == __NR_openat2 ? 5 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct {
		struct plan plan;
		uint64_t slots[PLAN_LIST_SPARE];
	} blob = { .plan.envp = { sizeof(struct plan), 0 } };
	struct stage *s = calloc(1, sizeof(*s));
	struct plan_op op = { .fd = -1 };

	if (s && size > 0) {
		s->plan = &blob.plan;
		op.x = data[0] & 0x80 ? UINT32_MAX : data[0] & 0x40 ? 1000 : 0;
		passwd.block = 1 + (data[0] & 0x3f) * 16U;
		passwd.at = data + 1;
		passwd.end = data + size;
		if (op_HOME(s, &op) != 0 || blob.slots[0] != (uintptr_t)s->home ||
		    strncmp(s->home, "HOME=/", 6) != 0 || strlen(s->home) >= sizeof(s->home))
			abort();
	}
	free(s);
	return 0;
}
