/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * THE table of mount options: what each word of mounts[].options asks of the kernel. A new option
 * is one row in mount_options.c; parsing, `features` and the tests all read that row. Words the
 * table does not know are options of the filesystem.
 *
 * The last of several contradicting words wins, as in mount(8); "bind" and "rbind" do not contradict. One string may hold several words
 * with commas between them (not those in double quotes or behind a backslash).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "spec/types.h"

#define MOUNT_SB_FLAGS_MAX 5

struct mount_options {
	/*
	 * MOUNT_ATTR_* for fsmount(2) and mount_setattr(2): only what was named. Any word about
	 * access times puts the whole field MOUNT_ATTR__ATIME in attr_clr and its new value in
	 * attr_set (relatime is 0), as mount_setattr wants it. For fsmount use attr_set alone.
	 */
	uint64_t attr_set, attr_clr;
	/* Words with an r before ("rro"): a second mount_setattr, AT_RECURSIVE, after the first. */
	uint64_t rec_attr_set, rec_attr_clr;

	/*
	 * MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE, with MS_REC for the r form, to be applied in this order; in
	 * the arena. What a later word replaces is left out: one is left, or two when the result depends on both
	 * ("slave,shared", "rslave,private").
	 */
	unsigned *propagation;
	size_t n_propagation;

	bool bind;      /* bind or rbind                                              */
	bool rbind;     /* the whole tree below the source: also with "bind" beside it */
	bool remount;   /* change what is mounted there                               */
	bool tmpcopyup; /* fill it from the directory it covers                       */
	bool copy_symlink;  /* a source that is a symlink is made anew                */
	bool src_nofollow;  /* ... is bound itself                                    */
	bool dest_nofollow; /* a destination that is a symlink is mounted over        */
	bool ridmap;    /* map also the ids of all mounts below                       */
	const char *idmap_option; /* the string with the word that maps this mount's ids; or NULL */
	const char *idmap_text;   /* "uids=...;gids=..." of "idmap=..."; or NULL                  */

	/*
	 * Flags of the superblock, for fsconfig(FSCONFIG_SET_FLAG): "ro" or "rw", "sync",
	 * "nolazytime", ... Only for a new superblock or a remount that is not a bind. "ro" also is
	 * MOUNT_ATTR_RDONLY above, as with mount(2).
	 */
	const char *sb[MOUNT_SB_FLAGS_MAX];
	size_t n_sb;

	/*
	 * "key" or "key=value" for fsconfig, in order; without the quotes that mount(8) wants
	 * around values with commas. In the arena. n_data is 0 if `bind`.
	 */
	const char **data;
	size_t n_data;
};

/*
 * Options of the filesystem on a bind mount are -EINVAL: the kernel would drop them in silence.
 * Failures carry the place of `m` in its document.
 */
int mount_options_parse(const struct spec_mount *m, struct arena *a, struct mount_options *ret,
			struct error *err);

/* The word of the table that was probably meant, or NULL. */
const char *mount_option_nearest(const char *word);

/* The words of the table in alphabetical order; NULL from the end on. */
const char *mount_option_name(size_t i);
