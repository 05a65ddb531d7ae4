/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "spec/spec.h"
#include "tests/lib/suite.h"

/* What surrounds a case: its text begins on the given line. */
static const struct scope {
	const char *before, *after;
} scopes[] = {
	['-'] = { "", "" },
	['T'] = { "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\n", "}" },
	['P'] = { "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"process\":{\"cwd\":\"/\","
		  "\"args\":[\"a\"],\n", "}}" },
	['L'] = { "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"linux\":{\n", "}}" },
	['R'] = { "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"linux\":{\"resources\":{\n",
		  "}}}" },
	['S'] = { "{\"ociVersion\":\"1.0.0\",\"root\":{\"path\":\"r\"},\"linux\":{\"seccomp\":{\n",
		  "}}}" },
};

#define PROCESS "/process"
#define RES "/linux/resources"
#define SEC "/linux/seccomp"

/* clang-format off */
static const struct {
	char scope;
	const char *text;
	unsigned line;
	const char *at, *msg;
} cases[] = {
	/* The document. */
	{ '-', "", 1, "", "not valid JSON: premature EOF, near the end of the text, column 1: is it whole? A '}' or ']' is missing" },
	{ '-', "[]", 1, "", "expected an object, found an array" },
	{ '-', "null", 1, "", "expected an object, found null" },
	{ '-', "{}", 1, "", "root must be specified" },
	{ '-', "{\"ociVersion\":1}", 1, "/ociVersion", "expected a string, found number 1" },
	{ '-', "{\"ociVersion\":\"1.0.0\"}", 1, "", "root must be specified" },
	{ '-', "{\"ociVersion\":\"invalid\"}", 1, "/ociVersion",
	  "expected a semantic version such as '1.3.0', found 'invalid'" },
	{ '-', "{\"ociVersion\":\"1-0\"}", 1, "/ociVersion",
	  "expected a semantic version such as '1.3.0', found '1-0'" },
	{ '-', "{\"ociVersion\":\"v2\"}", 1, "/ociVersion",
	  "version 'v2' is not supported, expected 1.x" },
	{ '-', "{\n\"ociVersion\":\n\"2.0.0\"}", 3, "/ociVersion",
	  "version '2.0.0' is not supported, expected 1.x" },
	/* Top level. */
	{ 'T', "\"root\":{\"path\":\"x\"}", 2, "/root", "duplicate property 'root', first on line 1" },
	{ 'T', "\"hostname\":7", 2, "/hostname", "expected a string, found number 7" },
	{ 'T', "\"hostname\":\"h\"", 2, "/hostname",
	  "unable to set hostname without a private UTS namespace" },
	{ 'T', "\"hostname\":\"0123456789012345678901234567890123456789012345678901234567890123x\"",
	  2, "/hostname", "expected at most 64 bytes, found 65" },
	{ 'T', "\"domainname\":\"h\"", 2, "/domainname",
	  "unable to set domainname without a private UTS namespace" },
	{ 'T', "\"annotations\":{\"a/b~c\":true}", 2, "/annotations/a~1b~0c",
	  "expected a string, found boolean true" },
	{ 'T', "\"linux\":[]", 2, "/linux", "expected an object, found an array" },
	/* Mounts. */
	{ 'T', "\"mounts\":{}", 2, "/mounts", "expected an array of objects, found an object" },
	{ 'T', "\"mounts\":[\n{\"destination\":\"/a\"},\n{\"source\":\"x\"}]", 4, "/mounts/1",
	  "required property 'destination' is missing" },
	{ 'T', "\"mounts\":[{\"destination\":\"\"}]", 2, "/mounts/0/destination", "must not be empty" },
	{ 'T', "\"mounts\":[{\"destination\":\"/a\",\"options\":\"ro\"}]", 2, "/mounts/0/options",
	  "expected an array of strings, found string 'ro'" },
	{ 'T', "\"mounts\":[{\"destination\":\"/a\",\"options\":[\"ro\",1]}]", 2, "/mounts/0/options/1",
	  "expected a string, found number 1" },
	{ 'T', "\"mounts\":[{\"destination\":\"/a\",\"uidMappings\":[{\"containerID\":0,\"hostID\":0,"
	       "\"size\":1}]}]", 2, "/mounts/0", "'uidMappings' without 'gidMappings'" },
	{ 'T', "\"mounts\":[{\"destination\":\"/a\",\"gidMappings\":[{\"containerID\":0,\"hostID\":0,"
	       "\"size\":1}]}]", 2, "/mounts/0", "'gidMappings' without 'uidMappings'" },
	{ 'T', "\"mounts\":[{\"destination\":\"/a\"},null]", 2, "/mounts/1",
	  "expected an object, found null" },
	/* Hooks. */
	{ 'T', "\"hooks\":{\"poststop\":[{}]}", 2, "/hooks/poststop/0",
	  "required property 'path' is missing" },
	{ 'T', "\"hooks\":{\"poststop\":[{\"path\":\"x\"}]}", 2, "/hooks/poststop/0/path",
	  "expected an absolute path, found string 'x'" },
	{ 'T', "\"hooks\":{\"prestart\":[{\"path\":\"/x\",\"timeout\":0}]}", 2,
	  "/hooks/prestart/0/timeout", "expected an integer from 1 to 2147483647, found number 0" },
	{ 'T', "\"hooks\":{\"prestart\":[{\"path\":\"/x\",\"timeout\":1.5}]}", 2,
	  "/hooks/prestart/0/timeout", "expected an integer, found number 1.5" },
	/* Process. */
	{ 'T', "\"process\":{\"args\":[\"a\"]}", 2, PROCESS, "required property 'cwd' is missing" },
	{ 'T', "\"process\":{\"cwd\":\"tmp\",\"args\":[\"a\"]}", 2, PROCESS "/cwd",
	  "expected an absolute path, found string 'tmp'" },
	{ 'T', "\"process\":{\"cwd\":\"/\"}", 2, PROCESS, "args must not be empty" },
	{ 'T', "\"process\":{\"cwd\":\"/\",\n\"args\":[]}", 3, PROCESS "/args", "args must not be empty" },
	{ 'P', "\"terminal\":\"yes\"", 2, PROCESS "/terminal", "expected true or false, found string 'yes'" },
	{ 'P', "\"consoleSize\":{\"height\":1}", 2, PROCESS "/consoleSize",
	  "required property 'width' is missing" },
	{ 'P', "\"user\":{\"uid\":-1}", 2, PROCESS "/user/uid",
	  "expected an integer from 0 to 4294967294, found number -1" },
	{ 'P', "\"user\":{\"uid\":4294967296}", 2, PROCESS "/user/uid",
	  "expected an integer from 0 to 4294967294, found number 4294967296" },
	{ 'P', "\"user\":{\"gid\":4294967295}", 2, PROCESS "/user/gid",
	  "expected an integer from 0 to 4294967294, found number 4294967295" },
	{ 'P', "\"user\":{\"uid\":\"root\"}", 2, PROCESS "/user/uid",
	  "expected an integer, found string 'root'" },
	{ 'P', "\"user\":{\"uid\":0.5}", 2, PROCESS "/user/uid", "expected an integer, found number 0.5" },
	{ 'P', "\"user\":{\"uid\":1e-1}", 2, PROCESS "/user/uid", "expected an integer, found number 1e-1" },
	{ 'P', "\"user\":{\"umask\":1777}", 2, PROCESS "/user/umask",
	  "expected an integer from 0 to 511, found number 1777" },
	{ 'P', "\"user\":{\"additionalGids\":[1,\n-5]}", 3, PROCESS "/user/additionalGids/1",
	  "expected an integer from 0 to 4294967295, found number -5" },
	{ 'P', "\"env\":[\"PATH\"]", 2, PROCESS "/env/0", "expected 'NAME=value', found 'PATH'" },
	{ 'P', "\"env\":[\"A=b\",\"=c\"]", 2, PROCESS "/env/1", "expected 'NAME=value', found '=c'" },
	{ 'P', "\"capabilities\":{\"bounding\":[7]}", 2, PROCESS "/capabilities/bounding/0",
	  "expected a string, found number 7" },
	{ 'P', "\"capabilities\":{\"bounding\":\"CAP_KILL\"}", 2, PROCESS "/capabilities/bounding",
	  "expected an array of strings, found string 'CAP_KILL'" },
	{ 'P', "\"capabilities\":[\"CAP_KILL\"]", 2, PROCESS "/capabilities",
	  "expected an object, found an array" },
	{ 'P', "\"rlimits\":[{\"type\":\"RLIMIT_NOFIEL\",\"soft\":1,\"hard\":1}]", 2,
	  PROCESS "/rlimits/0/type", "unknown value 'RLIMIT_NOFIEL', did you mean 'RLIMIT_NOFILE'?" },
	{ 'P', "\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":1}]", 2, PROCESS "/rlimits/0",
	  "required property 'hard' is missing" },
	{ 'P', "\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":2,\"hard\":1}]", 2,
	  PROCESS "/rlimits/0/soft", "the soft limit 2 is above the hard limit 1" },
	{ 'P', "\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":1,\"hard\":18446744073709551616}]", 2,
	  PROCESS "/rlimits/0/hard",
	  "expected an integer of at least 0, found number 18446744073709551616" },
	{ 'P', "\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":1,\"hard\":1},\n"
	       "{\"type\":\"RLIMIT_AS\",\"soft\":1,\"hard\":1}]", 3, PROCESS "/rlimits/1",
	  "duplicate rlimit 'RLIMIT_AS', first on line 2" },
	{ 'P', "\"oomScoreAdj\":1001", 2, PROCESS "/oomScoreAdj",
	  "expected an integer from -1000 to 1000, found number 1001" },
	{ 'P', "\"oomScoreAdj\":-1001", 2, PROCESS "/oomScoreAdj",
	  "expected an integer from -1000 to 1000, found number -1001" },
	{ 'P', "\"scheduler\":{}", 2, PROCESS "/scheduler", "required property 'policy' is missing" },
	{ 'P', "\"scheduler\":{\"policy\":\"SCHED_FIFO\"}", 2, PROCESS "/scheduler",
	  "'SCHED_FIFO' needs a 'priority' from 1 to 99" },
	{ 'P', "\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"priority\":3}", 2,
	  PROCESS "/scheduler/priority", "'priority' is only for 'SCHED_FIFO' and 'SCHED_RR'" },
	{ 'P', "\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"nice\":20}", 2, PROCESS "/scheduler/nice",
	  "expected an integer from -20 to 19, found number 20" },
	{ 'P', "\"scheduler\":{\"policy\":\"SCHED_BATCH\",\"runtime\":3}", 2, PROCESS "/scheduler",
	  "'runtime', 'deadline' and 'period' are only for 'SCHED_DEADLINE'" },
	{ 'P', "\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":3,\"deadline\":2}", 2,
	  PROCESS "/scheduler",
	  "'SCHED_DEADLINE' needs 0 < runtime <= deadline <= period, found 3, 2, 0" },
	{ 'P', "\"scheduler\":{\"policy\":\"SCHED_RR\",\"priority\":1,\"flags\":[\"RECLAIM\"]}", 2,
	  PROCESS "/scheduler/flags/0",
	  "unknown value 'RECLAIM', did you mean 'SCHED_FLAG_RECLAIM'?" },
	{ 'P', "\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":8}", 2,
	  PROCESS "/ioPriority/priority", "expected an integer from 0 to 7, found number 8" },
	{ 'P', "\"execCPUAffinity\":{\"initial\":\"0-\"}", 2, PROCESS "/execCPUAffinity/initial",
	  "expected a list such as '0-3,5', found '0-'" },
	{ 'P', "\"execCPUAffinity\":{\"final\":\"5-3\"}", 2, PROCESS "/execCPUAffinity/final",
	  "expected a list such as '0-3,5', found '5-3'" },
	/* Namespaces and mappings. */
	{ 'L', "\"namespaces\":[{\"type\":\"netwrok\"}]", 2, "/linux/namespaces/0/type",
	  "unknown value 'netwrok', did you mean 'network'?" },
	{ 'L', "\"namespaces\":[{\"type\":\"x\"}]", 2, "/linux/namespaces/0/type",
	  "unknown value 'x', expected one of 'pid', 'network', 'mount', 'ipc', 'uts', 'user', "
	  "'cgroup', 'time'" },
	{ 'L', "\"namespaces\":[{\"type\":\"pid\",\"path\":\"ns/pid\"}]", 2, "/linux/namespaces/0/path",
	  "expected an absolute path, found string 'ns/pid'" },
	{ 'L', "\"namespaces\":[{\"type\":\"pid\"},\n{\"type\":\"pid\"}]", 3, "/linux/namespaces/1/type",
	  "duplicate namespace 'pid', first on line 2" },
	{ 'L', "\"namespaces\":[{\"type\":\"user\"}]", 2, "/linux/namespaces/0",
	  "a new user namespace needs 'uidMappings'" },
	{ 'L', "\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":0}]", 2,
	  "/linux/uidMappings/0/size", "expected an integer from 1 to 4294967295, found number 0" },
	{ 'L', "\"uidMappings\":[{\"containerID\":0,\"hostID\":4294967295,\"size\":1}]", 2,
	  "/linux/uidMappings/0/hostID",
	  "'hostID' and 'size' together exceed the last id 4294967294" },
	{ 'L', "\"namespaces\":[{\"type\":\"user\"}],\"gidMappings\":[{\"containerID\":0,\"hostID\":0,"
	       "\"size\":1}],\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":9},\n"
	       "{\"containerID\":8,\"hostID\":100,\"size\":1}]", 3, "/linux/uidMappings/1",
	  "overlaps the mapping on line 2" },
	{ 'L', "\"timeOffsets\":{\"monotonic\":{\"secs\":1}}", 2, "/linux/timeOffsets",
	  "'timeOffsets' without a time namespace" },
	{ 'L', "\"timeOffsets\":{\"boottime\":{\"secs\":1,\"nanosecs\":1000000000}}", 2,
	  "/linux/timeOffsets/boottime/nanosecs",
	  "expected an integer from 0 to 999999999, found number 1000000000" },
	{ 'L', "\"timeOffsets\":{\"boottime\":{\"secs\":1}},"
	       "\"namespaces\":[{\"type\":\"time\",\"path\":\"/x\"}]", 2, "/linux/timeOffsets",
	  "'timeOffsets' of a time namespace that is joined" },
	/* Devices. */
	{ 'L', "\"devices\":[{\"type\":\"x\",\"path\":\"/dev/x\"}]", 2, "/linux/devices/0/type",
	  "unknown value 'x', expected one of 'c', 'u', 'b', 'p'" },
	{ 'L', "\"devices\":[{\"type\":\"c\",\"path\":\"\",\"major\":1,\"minor\":1}]", 2,
	  "/linux/devices/0/path", "must not be empty" },
	{ 'L', "\"devices\":[{\"type\":\"c\",\"path\":\"/x\",\"major\":-1,\"minor\":1}]", 2,
	  "/linux/devices/0/major", "expected an integer from 0 to 4095, found number -1" },
	/* 1:1048579 would be cut to 1:3, which everybody may write to. */
	{ 'L', "\"devices\":[{\"type\":\"c\",\"path\":\"/x\",\"major\":1,\"minor\":1048579}]", 2,
	  "/linux/devices/0/minor", "expected an integer from 0 to 1048575, found number 1048579" },
	{ 'L', "\"devices\":[{\"type\":\"b\",\"path\":\"/x\",\"major\":4097,\"minor\":3}]", 2,
	  "/linux/devices/0/major", "expected an integer from 0 to 4095, found number 4097" },
	{ 'L', "\"resources\":{\"devices\":[{\"allow\":true,\"type\":\"c\",\"major\":1,\n\"minor\":1048576}]}", 3,
	  "/linux/resources/devices/0/minor",
	  "expected an integer from -1 to 1048575, found number 1048576" },
	{ 'L', "\"resources\":{\"devices\":[{\"allow\":true,\"type\":\"c\",\"major\":4096}]}", 2,
	  "/linux/resources/devices/0/major",
	  "expected an integer from -1 to 4095, found number 4096" },
	{ 'L', "\"resources\":{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":4104,\"minor\":0,\"rate\":1}]}}",
	  2, "/linux/resources/blockIO/throttleReadBpsDevice/0/major",
	  "expected an integer from 0 to 4095, found number 4104" },
	{ 'L', "\"netDevices\":{\"eth0\":{\"name\":\"a b\"}}", 2, "/linux/netDevices/eth0/name",
	  "'a b' is no name of a network device" },
	{ 'L', "\"netDevices\":{\"e/0\":{}}", 2, "/linux/netDevices/e~10",
	  "'e/0' is no name of a network device" },
	{ 'L', "\"netDevices\":{\"eth0\":{}}", 2, "/linux/netDevices",
	  "unable to move network devices without a private network namespace" },
	{ 'L', "\"namespaces\":[{\"type\":\"network\"}],\"netDevices\":{\"eth0\":{},\n"
	       "\"eth1\":{\"name\":\"eth0\"}}", 3, "/linux/netDevices/eth1/name",
	  "'eth0' is also the name of the device on line 2" },
	/* Paths, sysctl, the rest of linux. */
	{ 'L', "\"rootfsPropagation\":\"shred\"", 2, "/linux/rootfsPropagation",
	  "unknown value 'shred', did you mean 'shared'?" },
	{ 'L', "\"sysctl\":{\"net.ipv4.ip_forward\":1}", 2, "/linux/sysctl/net.ipv4.ip_forward",
	  "expected a string, found number 1" },
	{ 'L', "\"sysctl\":{\"vm.swappiness\":\"1\"}", 2, "/linux/sysctl/vm.swappiness",
	  "sysctl \"vm.swappiness\" is not in a separate kernel namespace" },
	{ 'L', "\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"}", 2, "/linux/sysctl/net.ipv4.ip_forward",
	  "sysctl \"net.ipv4.ip_forward\" not allowed in host network namespace" },
	{ 'L', "\"sysctl\":{\"kernel.msgmax\":\"1\"}", 2, "/linux/sysctl/kernel.msgmax",
	  "sysctl \"kernel.msgmax\" not allowed in host ipc namespace" },
	{ 'L', "\"namespaces\":[{\"type\":\"network\"}],\"sysctl\":{\"net/../kernel/x\":\"1\"}", 2,
	  "/linux/sysctl/net~1..~1kernel~1x", "'net/../kernel/x' is no name of a kernel parameter" },
	{ 'T', "\"hostname\":\"h\",\"linux\":{\"namespaces\":[{\"type\":\"uts\"}],"
	       "\"sysctl\":{\"kernel.hostname\":\"x\"}}", 2, "/linux/sysctl/kernel.hostname",
	  "sysctl \"kernel.hostname\" is not allowed as it conflicts with 'hostname'" },
	{ 'L', "\"personality\":{\"domain\":\"LINUX64\"}", 2, "/linux/personality/domain",
	  "unknown value 'LINUX64', did you mean 'LINUX'?" },
	{ 'L', "\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"X\"]}", 2, "/linux/personality/flags",
	  "unknown flag 'X': no personality flag is defined" },
	{ 'L', "\"memoryPolicy\":{\"nodes\":\"0\"}", 2, "/linux/memoryPolicy",
	  "required property 'mode' is missing" },
	{ 'L', "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\"}", 2, "/linux/memoryPolicy",
	  "'MPOL_BIND' needs 'nodes'" },
	{ 'L', "\"memoryPolicy\":{\"mode\":\"MPOL_LOCAL\",\"nodes\":\"0\"}", 2, "/linux/memoryPolicy",
	  "'MPOL_LOCAL' takes no 'nodes'" },
	{ 'L', "\"memoryPolicy\":{\"mode\":\"MPOL_DEFAULT\",\"flags\":[\"MPOL_F_STATIC_NODES\"]}",
	  2, "/linux/memoryPolicy", "'MPOL_DEFAULT' takes no 'flags'" },
	{ 'L', "\"memoryPolicy\":{\"mode\":\"MPOL_PREFERRED\",\"flags\":[\"MPOL_F_STATIC_NODES\"]}",
	  2, "/linux/memoryPolicy", "these flags need 'nodes'" },
	{ 'L', "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0\",\"flags\":"
	       "[\"MPOL_F_STATIC_NODES\",\"MPOL_F_RELATIVE_NODES\"]}", 2, "/linux/memoryPolicy",
	  "'MPOL_F_STATIC_NODES' and 'MPOL_F_RELATIVE_NODES' exclude each other" },
	{ 'L', "\"memoryPolicy\":{\"mode\":\"MPOL_INTERLEAVE\",\"nodes\":\"0\",\"flags\":"
	       "[\"MPOL_F_NUMA_BALANCING\"]}", 2, "/linux/memoryPolicy",
	  "'MPOL_F_NUMA_BALANCING' is only for 'MPOL_BIND' and 'MPOL_PREFERRED_MANY'" },
	{ 'L', "\"intelRdt\":{\"closID\":\"a/b\"}", 2, "/linux/intelRdt/closID",
	  "'a/b' must be a directory name or '/'" },
	{ 'L', "\"intelRdt\":{\"memBwSchema\":\"L3:0=f\"}", 2, "/linux/intelRdt/memBwSchema",
	  "expected a line that begins with 'MB:', found 'L3:0=f'" },
	{ 'L', "\"intelRdt\":{\"schemata\":[\"L3:0=f\\nMB:0=1\"]}", 2, "/linux/intelRdt/schemata/0",
	  "must not hold a newline" },
	/* Resources. */
	{ 'R', "\"memory\":{\"limit\":\"10m\"}", 2, RES "/memory/limit",
	  "expected an integer, found string '10m'" },
	{ 'R', "\"memory\":{\"limit\":-2}", 2, RES "/memory/limit",
	  "expected an integer from -1 to 9223372036854775807, found number -2" },
	{ 'R', "\"memory\":{\"limit\":9223372036854775808}", 2, RES "/memory/limit",
	  "expected an integer from -1 to 9223372036854775807, found number 9223372036854775808" },
	{ 'R', "\"memory\":{\"limit\":1e40}", 2, RES "/memory/limit",
	  "expected an integer from -1 to 9223372036854775807, found number 1e40" },
	{ 'R', "\"memory\":{\"limit\":1e99999999999999999999}", 2, RES "/memory/limit",
	  "expected an integer from -1 to 9223372036854775807, found number 1e99999999999999999999" },
	{ 'R', "\"memory\":{\"swappiness\":101}", 2, RES "/memory/swappiness",
	  "expected an integer from 0 to 100, found number 101" },
	{ 'R', "\"memory\":{\"limit\":100,\n\"swap\":99}", 3, RES "/memory/swap",
	  "'swap' is memory plus swap: expected at least the limit 100, found 99" },
	{ 'R', "\"memory\":{\"disableOOMKiller\":1}", 2, RES "/memory/disableOOMKiller",
	  "expected true or false, found number 1" },
	{ 'R', "\"memory\":\"64m\"", 2, RES "/memory", "expected an object, found string '64m'" },
	{ 'R', "\"cpu\":{\"burst\":11,\"quota\":10}", 2, RES "/cpu/burst",
	  "expected at most the quota 10, found 11" },
	{ 'R', "\"cpu\":{\"realtimeRuntime\":11,\"realtimePeriod\":10}", 2, RES "/cpu/realtimeRuntime",
	  "expected at most the period 10, found 11" },
	{ 'R', "\"cpu\":{\"idle\":2}", 2, RES "/cpu/idle", "expected an integer from 0 to 1, found number 2" },
	{ 'R', "\"cpu\":{\"cpus\":\"all\"}", 2, RES "/cpu/cpus",
	  "expected a list such as '0-3,5', found 'all'" },
	{ 'R', "\"pids\":{}", 2, RES "/pids", "required property 'limit' is missing" },
	{ 'R', "\"pids\":{\"limit\":\"max\"}", 2, RES "/pids/limit", "expected an integer, found string 'max'" },
	{ 'R', "\"blockIO\":{\"weight\":9}", 2, RES "/blockIO/weight",
	  "expected a weight from 10 to 1000, found 9" },
	{ 'R', "\"blockIO\":{\"weight\":1001}", 2, RES "/blockIO/weight",
	  "expected an integer from 0 to 1000, found number 1001" },
	{ 'R', "\"blockIO\":{\"weightDevice\":[{\"major\":1,\"minor\":2}]}", 2,
	  RES "/blockIO/weightDevice/0", "needs 'weight' or 'leafWeight'" },
	{ 'R', "\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":1,\"minor\":2}]}", 2,
	  RES "/blockIO/throttleReadBpsDevice/0", "required property 'rate' is missing" },
	{ 'R', "\"hugepageLimits\":[{\"pageSize\":\"2M\",\"limit\":1}]", 2,
	  RES "/hugepageLimits/0/pageSize",
	  "expected a size such as '2MB' (with KB, MB or GB), found '2M'" },
	{ 'R', "\"rdma\":{\"mlx\":{}}", 2, RES "/rdma/mlx", "needs 'hcaHandles' or 'hcaObjects'" },
	{ 'R', "\"devices\":[{\"type\":\"c\"}]", 2, RES "/devices/0",
	  "required property 'allow' is missing" },
	{ 'R', "\"devices\":[{\"allow\":true,\"access\":\"rwx\"}]", 2, RES "/devices/0/access",
	  "expected letters of 'rwm', found 'rwx'" },
	{ 'R', "\"unified\":{\"memory.max\":10}", 2, RES "/unified/memory.max",
	  "expected a string, found number 10" },
	{ 'R', "\"unified\":{\"../memory.max\":\"1\"}", 2, RES "/unified/..~1memory.max",
	  "'../memory.max' must be a file name, without '/'" },
	/* Seccomp. */
	{ 'S', "\"syscalls\":[]", 1, SEC, "required property 'defaultAction' is missing" },
	{ 'S', "\"defaultAction\":\"SCMP_ACT_ALOW\"", 2, SEC "/defaultAction",
	  "unknown value 'SCMP_ACT_ALOW', did you mean 'SCMP_ACT_ALLOW'?" },
	{ 'S', "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrnoRet\":1", 2, SEC "/defaultErrnoRet",
	  "'SCMP_ACT_ALLOW' returns no errno, only 'SCMP_ACT_ERRNO' and 'SCMP_ACT_TRACE' do" },
	{ 'S', "\"defaultAction\":\"SCMP_ACT_NOTIFY\",\"listenerPath\":\"/s\"", 2, SEC "/defaultAction",
	  "SCMP_ACT_NOTIFY cannot be used as default action" },
	{ 'S', "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerMetadata\":\"x\"", 2,
	  SEC "/listenerMetadata", "'listenerMetadata' without 'listenerPath'" },
	{ 'S', "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86-64\"]", 2,
	  SEC "/architectures/0", "unknown value 'SCMP_ARCH_X86-64', did you mean 'SCMP_ARCH_X86_64'?" },
	{ 'S', "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"TSYNC\"]", 2, SEC "/flags/0",
	  "unknown value 'TSYNC', did you mean 'SECCOMP_FILTER_FLAG_TSYNC'?" },
	{ 'S', "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"action\":"
	       "\"SCMP_ACT_KILL\"}]", 2, SEC "/syscalls/0", "required property 'names' is missing" },
	{ 'S', "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"a\"],\"action\":"
	       "\"SCMP_ACT_ERRNO\",\"errnoRet\":4096}]", 2, SEC "/syscalls/0/errnoRet",
	  "expected an errno from 0 to 4095, found 4096" },
	{ 'S', "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"a\"],\"action\":"
	       "\"SCMP_ACT_KILL\",\n\"errnoRet\":1}]", 3, SEC "/syscalls/0/errnoRet",
	  "'SCMP_ACT_KILL' returns no errno, only 'SCMP_ACT_ERRNO' and 'SCMP_ACT_TRACE' do" },
	{ 'S', "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"a\"],\"action\":"
	       "\"SCMP_ACT_NOTIFY\"}]", 2, SEC "/syscalls/0/action",
	  "'SCMP_ACT_NOTIFY' needs 'listenerPath'" },
	{ 'S', "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/s\",\"syscalls\":[{\"names\":"
	       "[\"write\"],\"action\":\"SCMP_ACT_NOTIFY\"}]", 2, SEC "/syscalls/0/names",
	  "SCMP_ACT_NOTIFY cannot be used for the write syscall" },
	{ 'S', "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"a\"],\"action\":"
	       "\"SCMP_ACT_KILL\",\"args\":[{\"index\":6,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]}]", 2,
	  SEC "/syscalls/0/args/0/index", "expected an integer from 0 to 5, found number 6" },
	{ 'S', "\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"a\"],\"action\":"
	       "\"SCMP_ACT_KILL\",\"args\":[{\"index\":1,\"value\":1}]}]", 2,
	  SEC "/syscalls/0/args/0", "required property 'op' is missing" },
};
/* clang-format on */

START_TEST(refuses)
{
	const struct scope *scope = &scopes[(unsigned char)cases[_i].scope];
	struct spec_doc *doc = NULL;
	struct error e = ERROR_INIT;
	char text[2048];
	int r;

	snprintf(text, sizeof(text), "%s%s%s", scope->before, cases[_i].text, scope->after);
	r = spec_parse_config(text, strlen(text), "config.json", &doc, &e);
	ck_assert_msg(r == -EINVAL, "accepted or other code %d: %s", r, text);
	ck_assert_ptr_null(doc);
	ck_assert_str_eq(e.msg, cases[_i].msg);
	ck_assert_str_eq(e.at, cases[_i].at);
	ck_assert_str_eq(e.file, "config.json");
	ck_assert_msg(e.line == cases[_i].line, "line %u, not %u: %s", e.line, cases[_i].line, text);

	/* Without a place for the message the code is the same. */
	ck_assert_int_eq(spec_parse_config(text, strlen(text), "config.json", &doc, NULL), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("spec_refusals");
	TCase *t = tcase_create("refusals");

	tcase_add_loop_test(t, refuses, 0, ARRAY_SIZE(cases));
	suite_add_tcase(s, t);
	return run_suite(s);
}
