/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/overlay.h"

#include "base/cleanup.h"
#include "base/sys.h"

bool overlay_takes_layers(void)
{
	auto_(close_fd) int fs = sys_fsopen("overlay");

	return fs >= 0 && syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "lowerdir+", "/", 0) == 0;
}
