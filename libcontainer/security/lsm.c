/* SPDX-License-Identifier: Apache-2.0 */
#include "security/lsm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macros.h"
#include "base/str.h"
#include "spec/spec.h"

bool lsm_apparmor_enabled(void)
{
	auto_str text = STR_INIT;

	if (access("/sys/kernel/security/apparmor", F_OK) < 0)
		return false;
	if (file_read_at(AT_FDCWD, "/sys/module/apparmor/parameters/enabled", 16, &text) < 0)
		return false;
	return starts_with(str_text(&text), "Y");
}

/* Read-only is how a container is told not to meddle with SELinux. */
bool lsm_selinux_enabled(void)
{
	struct statfs s;

	return statfs("/sys/fs/selinux", &s) == 0 && (unsigned long)s.f_type == SELINUX_MAGIC &&
	       !((unsigned long)s.f_flags & ST_RDONLY);
}

/* With two LSMs active "exec" belongs to the first of them; the folder is AppArmor's own. */
static const char *apparmor_file(void)
{
	if (access("/proc/self/attr/apparmor/exec", F_OK) == 0)
		return "apparmor/exec";
	return "exec";
}

static int apparmor_label(const struct spec_process *p, const char **ret_file, char *value,
			  size_t size, struct error *err)
{
	const char *profile = p->apparmor_profile;

	if (!lsm_apparmor_enabled()) {
		(void)failf(err, EOPNOTSUPP,
			    "apparmor profile '%s': apparmor is not enabled on this host", profile);
		(void)spec_error(p->json, "apparmorProfile", err);
		return -EOPNOTSUPP;
	}
	if ((size_t)snprintf(value, size, "exec %s", profile) >= size) {
		(void)failf(err, ENAMETOOLONG, "apparmor profile '%s' is too long", profile);
		(void)spec_error(p->json, "apparmorProfile", err);
		return -ENAMETOOLONG;
	}
	*ret_file = apparmor_file();
	return 0;
}

static int selinux_label(const struct spec_process *p, const char **ret_file, char *value,
			 size_t size, struct error *err)
{
	const char *label = p->selinux_label;

	if ((size_t)snprintf(value, size, "%s", label) >= size) {
		(void)failf(err, ENAMETOOLONG, "selinux label '%s' is too long", label);
		(void)spec_error(p->json, "selinuxLabel", err);
		return -ENAMETOOLONG;
	}
	*ret_file = "exec";
	return 0;
}

static bool given(const char *text)
{
	return text && *text;
}

int lsm_exec_label(const struct spec_process *p, const char **ret_file, char *value, size_t size,
		   struct error *err)
{
	*ret_file = NULL;
	/* Without a word the process would be less confined than the config says. */
	if (given(p->selinux_label) && !lsm_selinux_enabled()) {
		(void)failf(err, EOPNOTSUPP, "selinux label '%s': selinux is not enabled on this host",
			    p->selinux_label);
		(void)spec_error(p->json, "selinuxLabel", err);
		return -EOPNOTSUPP;
	}
	if (given(p->apparmor_profile))
		return apparmor_label(p, ret_file, value, size, err);
	if (given(p->selinux_label))
		return selinux_label(p, ret_file, value, size, err);
	return 0;
}

/* These refuse a context at mount: their files are labelled by policy or one by one. */
static bool takes_context(const char *fstype)
{
	static const char *const without[] = { "proc", "sysfs", "mqueue", "cgroup", "cgroup2" };

	foreach_array(name, without)
		if (streq(*name, fstype))
			return false;
	return true;
}

bool lsm_labels_mount(const char *mount_label, const char *fstype)
{
	return given(mount_label) && fstype && takes_context(fstype) && lsm_selinux_enabled();
}
