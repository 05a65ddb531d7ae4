/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the files of this folder share. A struct cgroup is a set of trees, one a hierarchy: on v1
 * one for each mounted set of controllers, on v2 the unified tree alone, on a hybrid host both.
 * Paths are host paths below struct cgroup_host, so that a test can put all of it in a plain
 * directory.
 */

#include "base/arena.h"
#include "base/str.h"
#include "cgroup/cgroup.h"
#include "cgroup/knobs.h"

#define CGROUP_TREES_MAX 32
#define CGROUP_FILE_MAX ((size_t)1 << 20)

enum cgroup_kind { CGROUP_NONE, CGROUP_V1, CGROUP_HYBRID, CGROUP_V2, CGROUP_ASK_KERNEL };

/* Where the host keeps its cgroups. */
struct cgroup_host {
	const char *mount;     /* "/sys/fs/cgroup"        */
	const char *self;      /* "/proc/self/cgroup"     */
	const char *mountinfo; /* "/proc/self/mountinfo"  */
	const char *delegate;  /* "/sys/kernel/cgroup/delegate" */
	enum cgroup_kind kind; /* CGROUP_ASK_KERNEL but in tests */
	unsigned timeout_ms;  /* how long removal waits for dying processes */
};

struct pid_list {
	pid_t *v;
	size_t n, room;
};

struct cgroup_tree {
	const char *name;  /* as in /proc/self/cgroup: "cpu,cpuacct", "name=systemd"; v2: ""     */
	const char *mount; /* host mountpoint                                                   */
	const char *path;  /* the container's cgroup, below mount                               */
	size_t made;       /* how much of path names the first directory that we made; 0: none  */
	int tasks;         /* v1: its file, opened when the cgroup was made, or negative; owned */
	bool v2;
};

struct cgroup_driver {
	const char *name;
	/*
	 * Makes the directories of c->trees (set up by the layout) and checks that they are usable.
	 */
	int (*make)(struct cgroup *c, const struct cgroup_options *o, struct error *err);
	/* Whatever takes long and needs no process in the cgroup yet; may be NULL. */
	void (*prepare)(struct cgroup *c, const struct spec_resources *r);
	int (*apply)(struct cgroup *c, const struct spec_resources *r, bool devices,
		     struct error *err);
	int (*freeze)(struct cgroup *c, bool frozen, struct error *err);
	int (*is_frozen)(struct cgroup *c);
	int64_t (*oom_kills)(struct cgroup *c);
	int64_t (*memory_usage)(struct cgroup *c);
	void (*stats)(struct cgroup *c, struct json_out *o);
};

extern const struct cgroup_driver cgroup_v1_driver, cgroup_v2_driver, cgroup_systemd_driver;

/* Cgroups that are another container's, by their inodes: they are not entered. */
struct tree_spared {
	struct tree_id {
		dev_t dev;
		ino_t ino;
	} *v; /* owned */
	size_t n;
};

struct cgroup {
	struct arena *arena; /* holds this struct and all strings */
	const struct cgroup_host *host;
	const struct cgroup_driver *driver; /* NULL: none */
	enum cgroup_kind kind;
	struct cgroup_tree trees[CGROUP_TREES_MAX];
	size_t n;
	struct cgroup_tree *unified; /* of trees, or NULL */
	bool kept;
	bool existed;   /* the directory was there before us: it may have device programs */
	bool rootless, filled; /* filled: device rules were set before by this handle      */
	int program;    /* v2: of the device rules, loaded but not attached yet; or negative */
	struct cgroup_hierarchy *hierarchies;
	struct systemd_unit *unit; /* of the systemd driver, else NULL */
	struct tree_spared spared; /* cgroup_spare() */
};

/* ---- cgroup.c, saved.c ---- */

extern const struct cgroup_host cgroup_real_host;
/* Empty; NULL when memory is short. */
struct cgroup *cgroup_alloc(const struct cgroup_host *host);
int cgroup_new_at(const struct cgroup_host *host, const struct cgroup_options *o,
		  struct cgroup **ret, struct error *err);
int cgroup_find_at(const struct cgroup_host *host, const struct cgroup_options *o, const char *self,
		   struct cgroup **ret, struct error *err);
int cgroup_load_at(const struct cgroup_host *host, const struct json *saved, struct cgroup **ret,
		   struct error *err);

/* ---- systemd.c; c->unit is set ---- */

/* Ends what holds the scope; stops the unit unless c is kept. */
void systemd_release(struct cgroup *c);
/* Stops the unit; one that is gone is fine. */
int systemd_remove(struct cgroup *c, struct error *err);
/* True when a process can be moved to the unified cgroup by systemd only. */
bool systemd_moves(struct cgroup *c);
/* The member "unit" of a saved cgroup. */
void systemd_save(const struct cgroup *c, struct json_out *o);
int systemd_load(struct cgroup *c, const struct json *saved);

/* ---- layout.c ---- */

/* Fills c->kind, c->driver and c->trees for the wanted path, from as few files as possible. */
int cgroup_layout(struct cgroup *c, const struct cgroup_options *o, struct error *err);
/*
 * The slow way for a v1 tree that is not where it usually is: -ENOENT when it is mounted nowhere.
 */
int cgroup_locate(struct cgroup *c, struct cgroup_tree *t, const struct cgroup_options *o,
		  struct error *err);
/* True when `list` ("cpu,cpuacct") holds `word` ("cpu"). */
bool cgroup_list_has(const char *list, const char *word);
/*
 * One line of mountinfo: whether it is a v1 mount with the controllers of `name`. Then root and
 * mountpoint are copied, with escapes undone, to buffers of `size` bytes.
 */
bool cgroup_mountinfo_match(const char *line, const char *name, char *root, char *mountpoint,
			    size_t size);

/* ---- path.c ---- */

/* `path` as absolute, without "." and "..", double or trailing slashes: "/" at least. */
char *cgroup_clean_path(struct arena *a, const char *path);
/* True when it is that already. */
bool cgroup_path_is_clean(const char *path);
/*
 * Where below the mountpoint the container's cgroup lies. own: the caller's cgroup in this
 * hierarchy; beside: the default place is beside it, not below.
 */
char *cgroup_place(struct arena *a, const struct cgroup_options *o, const char *own, bool beside);
/*
 * An exec's --cgroup value for one tree: the path below the container's cgroup, NULL for the top.
 */
int cgroup_sub_path(struct cgroup *c, const struct cgroup_tree *t, const char *const *subs,
		    size_t n_subs, const char **ret, struct error *err);
int cgroup_check_subs(const struct cgroup *c, const char *const *subs, size_t n_subs,
		      struct error *err);

/* ---- tree.c ---- */

/* 0: made, 1: was there, -ENOENT: the mountpoint is not there, or another errno; no message. */
int tree_make(struct cgroup_tree *t);
/* Removes what tree_make() made, until `deadline` (CLOCK_MONOTONIC, ns): a negative errno when it is in use. */
int tree_unmake(struct cgroup_tree *t, int64_t deadline);
/*
 * Removes path and everything below it, if need be again and again until `deadline` (CLOCK_MONOTONIC, ns). What is spared
 * (or NULL) stays, and what is above it. No message.
 */
int tree_remove(const char *path, const struct tree_spared *spared, int64_t deadline);
/* Appends the pids in path and below, without what is spared (or NULL). -ENOENT is success. */
int tree_pids(const char *path, const struct tree_spared *spared, struct pid_list *list);
bool tree_is_spared(const struct tree_spared *spared, int dir);
/* Appends a file that the kernel makes in one piece (not a list of processes); no message. */
int tree_read_file(const char *path, struct str *out);
/* The text of a file of a cgroup without the newline at its end; no message. */
int tree_read(const char *dir, const char *file, struct str *out);
/* A file's only number; "max" is UINT64_MAX. */
int tree_read_u64(const char *dir, const char *file, uint64_t *ret);
/* The number after `key` in a file of lines "key number". -ENOENT without the key. */
int tree_read_key(const char *dir, const char *file, const char *key, uint64_t *ret);
int tree_write(const char *dir, const char *file, const char *text);
/* The tree that holds a controller, or NULL. */
struct cgroup_tree *tree_of(struct cgroup *c, const char *controller);
void sleep_ns(int64_t ns);


/* ---- walk.c ---- */

#define TREE_SKIP 1

struct tree_visitor {
	/*
	 * A cgroup, the top one too, before those below it. -ENOENT and -ENODEV are success: it is gone. TREE_SKIP: neither
	 * what is below it is visited, nor is it left. May be NULL.
	 */
	int (*enter)(int dir, void *ctx);
	/* A cgroup below the top one by its name in its parent, when all below it were seen. May be NULL. */
	int (*leave)(int at, const char *name, void *ctx);
	void *ctx;
};
/*
 * Any depth, with a bounded number of descriptors. -ENOENT is success; the first failure of a visit ends the walk. No
 * message.
 */
int tree_walk(const char *path, const struct tree_visitor *v);

/* ---- v2.c, used for the unified tree of hybrid hosts too ---- */

/* Passes a controller down to the cgroup. -ENOENT when it cannot be had there. */
int v2_enable(const struct cgroup_tree *t, const char *controller);
int v2_freeze(const struct cgroup_tree *t, bool frozen, struct error *err);
int v2_is_frozen(const struct cgroup_tree *t);
