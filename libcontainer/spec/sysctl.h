/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Names of kernel parameters, as sysctl(8) reads them. */

#include <stddef.h>

/*
 * The path below /proc/sys: "net.ipv4.ip_forward" and "net/ipv4/ip_forward" are the same. The first
 * separator decides, the other one is a letter: "net.ipv4.conf.eth0/1.forwarding" is of the device
 * "eth0.1". -EINVAL when a component is empty, "." or "..", or the result does not fit.
 */
int sysctl_path(const char *name, char *buf, size_t size);

/*
 * Which namespace a path of sysctl_path() belongs to: a CLONE_NEW* flag, or 0 when it is of the
 * whole kernel.
 */
unsigned long sysctl_namespace(const char *path);
