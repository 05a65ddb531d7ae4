/* SPDX-License-Identifier: Apache-2.0 */

/* swap A B [A B]...: exchanges the two names of each pair for ever, as fast as it can (renameat2(2)). */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	for (;;)
		for (int i = 1; i + 1 < argc; i += 2)
			(void)renameat2(AT_FDCWD, argv[i], AT_FDCWD, argv[i + 1], RENAME_EXCHANGE);
}
