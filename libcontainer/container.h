/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * libcontainer: the verbs on OCI containers. This and base/{error,log,str}.h is all that src/ sees.
 *
 * A struct container is a handle on <root>/<id>; it holds descriptors, no locks. Every verb fills `err`
 * on failure, returns a negative errno, and leaves the container (or the absence of one) as it was.
 * "container does not exist" is -ENOENT; "container not running" is -ESRCH. A container whose state cannot be read is
 * -EBADMSG, for every verb: only container_delete_broken() can do something with it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"
#include "base/usage.h"
#include "runtime.h"

struct container;
struct container_rows;

/* Of run and exec: called when all is made, right before the program may run. A failure takes all back. */
typedef int container_ready(struct error *err);

struct create_options {
	const char *id;
	const char *bundle;         /* NULL: the current directory                     */
	const char *config;         /* NULL: config.json of the bundle                 */
	const char *pid_file;       /* relative to the caller's directory; or NULL     */
	const char *console_socket; /* AF_UNIX path that receives the pty master       */
	const char *pidfd_socket;   /* AF_UNIX path that receives init's pidfd         */
	unsigned preserve_fds;      /* descriptors 3..3+N-1 go to the container        */
	bool no_pivot, no_new_keyring;
	bool init;                  /* or annotation org.orlop.init=true: pid 1 is an init of ours     */
	const char *const *joins;   /* n_joins of "ID[:ns,ns]": containers whose namespaces it joins   */
	size_t n_joins;
	struct container_learner *learner; /* run in the foreground only; or NULL            */
	bool detach;                /* run only: needs console_socket for a terminal   */
	container_ready *ready;     /* run only; or NULL                               */
};

/* A process started in a container. Descriptors are the caller's. */
struct container_process {
	pid_t pid;
	int pidfd;
	int console; /* pty master when a terminal was asked for in the foreground, else -EBADF */
	int notify;  /* run with NOTIFY_SOCKET: when readable, container_notify(); else -EBADF  */
};

#define CONTAINER_PROCESS_INIT { .pid = -1, .pidfd = -EBADF, .console = -EBADF, .notify = -EBADF }

/* OCI create: on return init waits for start. */
int container_create(const struct runtime *rt, const struct create_options *o, struct error *err);
/* OCI create and start in one; *ret is for wait and delete. */
int container_run(const struct runtime *rt, const struct create_options *o, struct container **ret,
		  struct container_process *process, struct error *err);

/*
 * run --seccomp-learn: in place of the config's filter the container has one that asks us about every system call; each
 * is written down and let through. The caller must live as long as the container: with it the container's init is
 * killed. `new` fails (EOPNOTSUPP) where the kernel cannot do it: such a container would have no filter at all.
 */
struct container_learner;
int container_learner_new(struct container_learner **ret, struct error *err);
void container_learner_free(struct container_learner *l);
DEFINE_AUTO(struct container_learner *, container_learner_free);
struct container_learned {
	size_t calls;    /* different ones; 0: the program did not run, nothing was written */
	size_t refused;  /* of these, by the config's own profile                           */
	size_t unnamed;  /* of these, without a name: no profile can allow them             */
};
/* When the container has ended: writes the profile of all runs with this learner. */
int container_learner_finish(struct container_learner *l, const char *id, const char *path,
			     struct container_learned *ret, struct error *err);
/* Such a file as rows of system call, architecture, count, refused and processes. */
int container_seccomp_report(const char *path, struct container_rows *ret, struct error *err);

/* Passes READY=1 of the program on to the service manager; true when that is done (sd_notify(3)). */
bool container_notify(const struct container_process *process);

/* Opens an existing container. */
int container_load(const struct runtime *rt, const char *id, struct container **ret,
		   struct error *err);
void container_free(struct container *c);
DEFINE_AUTO(struct container *, container_free);

int container_start(struct container *c, struct error *err);

struct exec_options {
	const char *process_file; /* --process: a process object; else args and the rest below       */
	const char *const *args;  /* NULL-terminated                                                 */
	const char *const *env;   /* additions, n_env of them                                        */
	size_t n_env;
	const char *cwd, *user;   /* user "UID[:GID]"                                                */
	const uint32_t *additional_gids;
	size_t n_additional_gids;
	const char *const *caps;
	size_t n_caps;
	const char *const *cgroups; /* --cgroup [CTRL[,CTRL]:]PATH                                   */
	size_t n_cgroups;
	const char *apparmor, *process_label;
	const char *pid_file, *console_socket, *pidfd_socket;
	const char *internal_pid_file; /* the number that the container sees                         */
	const char *namespaces;        /* "net,ipc": only these are entered; NULL: all               */
	const char *host_program;      /* a program of this host, in front of args; or NULL          */
	bool with_tools;               /* its root is not the container's, but tools: see `debug`    */
	const char *tools;             /* of this folder ("./x") or container's rootfs; NULL: this host's */
	unsigned preserve_fds;
	bool tty, no_new_privs, detach, ignore_paused;
	container_ready *ready; /* or NULL */
};

/* A further process in a running container. Returns when its execve succeeded. */
int container_exec(struct container *c, const struct exec_options *o,
		   struct container_process *process, struct error *err);

/* all: every process of the container, and no error when it is not running. */
int container_kill(struct container *c, int sig, bool all, struct error *err);

/* Which process of a container; all zero: its init. */
struct process_selector {
	pid_t pid;       /* > 0: in the container's own numbering     */
	pid_t host_pid;  /* > 0: in that of the caller                */
	bool foreground; /* the foreground process group of the terminal that this process (or init) has */
};
/* To a process that is not init; -ESRCH with a message when the container has none such. */
int container_kill_process(struct container *c, const struct process_selector *t, int sig,
			  struct error *err);
/*
 * Why the kernel will discard `sig` for the container's init, appended to *why: a pid 1 without a handler gets
 * nothing but SIGKILL and SIGSTOP (pid_namespaces(7)). To be asked before the signal is sent. 1, or 0: it takes it,
 * or it cannot be known.
 */
int container_discards_signal(struct container *c, int sig, struct str *why);

/* How init, or a process beside it, ended. */
struct container_exit {
	bool known;         /* false: it has ended, and nobody was there to see how                 */
	bool rough;         /* seen after it was reaped: an end by reboot(2) looks like 0 or SIGKILL */
	bool maybe_reboot;  /* it is rough, such an end, and the container has the right to reboot(2) */
	int code;           /* 0 to 255, or 128+signal as shells have it                             */
	int signal;         /* 0: it called exit(2)                                                  */
	const char *reason; /* exited, signal, oom, reboot, halt, unknown                            */
	char finished[40];  /* RFC 3339, UTC; "": it had ended before we looked                      */
};

/* "exited with 7", "was killed by SIGKILL", "was ended by reboot(2), to restart". */
void container_exit_words(const struct container_exit *e, struct str *out);
/* A line of JSON with the members of `state`; `by`: a further member, or NULL. */
void container_exit_json(const char *id, const struct container_exit *e, const char *by, struct str *out);

/*
 * Blocks until init (target NULL) or a process ends; several at once, with `any` until the first of them. A
 * container that has stopped is told from its record. How init ended is kept for `state` (`keep`).
 * `timeout_ms` -1: for ever; -ETIMEDOUT.
 */
struct container_waiter {
	struct container *c;
	const struct process_selector *target; /* NULL: init                        */
	bool done;                             /* result: it has ended, `exit` says how */
	struct container_exit exit;
};
int container_wait(struct container_waiter *w, size_t n, bool any, int64_t timeout_ms,
		   struct error *err);
/* What our own wait(2) on init told: for the foreground `run`. `keep`: for `state` too. */
int container_ended(struct container *c, int wait_status, bool keep, struct container_exit *ret,
		    struct error *err);

/* A descriptor of the config as it was at create, for the caller to close. It stays good after a delete. */
int container_open_config(struct container *c, struct error *err);

struct stop_options {
	int sig;            /* 0: the image's (annotation org.opencontainers.image.stopSignal), else SIGTERM */
	int64_t timeout_ms; /* -1: for ever */
};
enum stop_step {
	STOP_WAS_STOPPED,    /* it did not run                                       */
	STOP_BY_SIGNAL,      /* init ended by itself after the signal                */
	STOP_BY_KILL,        /* the time was over                                    */
	STOP_BY_KILL_AT_ONCE /* no use in waiting: the kernel discards the signal    */
};
struct stop_result {
	enum stop_step step;
	int sig; /* which was sent first */
	struct container_exit exit;
};
/* Signal, wait, SIGKILL to all. A paused container is resumed for it. */
int container_stop(struct container *c, const struct stop_options *o, struct stop_result *ret,
		   struct error *err);
/* force: kills first. Runs poststop hooks. */
int container_delete(struct container *c, bool force, struct error *err);
/*
 * Of a container that is broken (-EBADMSG): kills what is in its cgroup, removes that and the state directory. What
 * cannot be undone without the state is warned about: hooks, mounts in the host's mount namespace.
 */
int container_delete_broken(const struct runtime *rt, const char *id, struct error *err);
int container_pause(struct container *c, struct error *err);
int container_resume(struct container *c, struct error *err);
/* resources_json: a LinuxResources object. */
int container_update(struct container *c, const char *resources_json, struct error *err);
/* Lines of schemata for the container's group of Intel RDT; NULL: stays. EINVAL: its config has no intelRdt. */
int container_update_rdt(struct container *c, const char *l3_cache, const char *mem_bw,
			 struct error *err);
/* Appends one line of JSON: {"type":"stats","id":...,"data":{...}}. */
int container_stats(struct container *c, struct str *out, struct error *err);

/* Want of memory: poll(2) `fd` for `events`, then ask container_oom_read(). fd is the caller's to close. */
struct container_oom {
	int fd;
	short events;
	int64_t kills; /* ours */
};
#define CONTAINER_OOM_INIT { .fd = -EBADF }
/* -ENOTSUP without message: no cgroup tells. */
int container_oom_open(struct container *c, struct container_oom *ret, struct error *err);
/* True: memory ran out since the last call. */
bool container_oom_read(struct container *c, struct container_oom *oom);

/*
 * What happens to all containers of a root, as lines of JSON with type, id and time: create, start, pause, resume,
 * oom, exit (with exitCode, ...), delete. Opening appends a line of type "state" for each that is there, and one
 * of type "ready": nothing later is missed.
 */
struct container_events;
int container_events_open(const struct runtime *rt, struct container_events **ret, struct str *out,
			  struct error *err);
void container_events_free(struct container_events *e);
DEFINE_AUTO(struct container_events *, container_events_free);
/* Blocks until lines can be appended to *out (empty): 1. 0: the root was removed, nothing more will come. */
int container_events_next(struct container_events *e, struct str *out, struct error *err);

/* Appends the OCI state, indented by two spaces, no newline at the end. */
int container_state_json(struct container *c, struct str *out, struct error *err);

struct container_info { /* a row of `list` */
	const char *id, *status, *bundle, *created, *owner;
	pid_t pid;
};
struct container_list {
	struct container_info *rows;
	size_t n;
	struct str json;     /* with want_json: the array for `list --format json`; "null" when empty */
	struct arena *arena; /* all texts of the rows */
};
/*
 * A broken container is a row of status "broken", "leftover", with what its directory tells, and a warning says why. A missing root
 * is an error only when given.
 */
int container_list(const struct runtime *rt, bool want_json, struct container_list *ret,
		   struct error *err);
void container_list_done(struct container_list *l);

/* Host pids of all processes, in a malloc'd array. */
int container_pids(struct container *c, pid_t **ret, size_t *n, struct error *err);

/*
 * Looks for all that is wrong with a config, without running it: what the specification forbids, and
 * what this kernel or host does not have. `path` is a bundle or a config, "-" standard input, NULL
 * config.json here. Appends the report, as lines of text or as JSON; returns how many errors it has
 * (warnings and notes are none), or a negative errno if there was nothing to read.
 */
enum { VALIDATE_JSON = 1 << 0, VALIDATE_SPEC_ONLY = 1 << 1 };
int container_validate(const char *path, unsigned flags, struct str *out, struct error *err);

/* Adds to the message of a failed create, run or start what these checks know of it. */
void container_explain_create(const struct create_options *o, struct error *err);
void container_explain_start(struct container *c, struct error *err);

struct process_table_row {
	pid_t pid;         /* as numbered here                                            */
	pid_t inside;      /* in the container; 0: it is in no namespace of the container */
	pid_t parent;      /* in the container; 0: it was started from outside            */
	const char *state; /* running, sleeping, stopped, zombie, ...                     */
	char name[16];
};
/* All processes, those that have ended and were not reaped included; malloc'd, by pid. */
int container_process_table(struct container *c, struct process_table_row **ret, size_t *n,
			struct error *err);

/* ---- checkpoint and restore, by CRIU ---- */

enum checkpoint_cgroups { CGROUPS_DEFAULT, CGROUPS_SOFT, CGROUPS_FULL, CGROUPS_STRICT, CGROUPS_IGNORE };

/* What is being done, for people who watch. */
struct checkpoint_progress {
	const char *phase;     /* "connect", "dump", "written", "restore", "resume", "done" */
	uint64_t pages, bytes; /* of memory, and of all images, so far */
};
typedef void checkpoint_watcher(void *data, const struct checkpoint_progress *p);

struct checkpoint_common {
	const char *image_path; /* NULL: ./checkpoint */
	const char *work_path;  /* of CRIU's log; NULL: image_path */
	bool tcp_established, ext_unix_sk, shell_job, file_locks, auto_dedup, lazy_pages;
	int manage_cgroups;     /* enum checkpoint_cgroups */
	int64_t exec_timeout;   /* of programs in the container, in nanoseconds; 0: 60 s */
	checkpoint_watcher *watcher; /* or NULL */
	void *watcher_data;
};

struct checkpoint_options {
	struct checkpoint_common common;
	const char *parent_path; /* relative to the image folder */
	const char *page_server; /* "ADDRESS:PORT" */
	bool leave_running, tcp_skip_in_flight, link_remap, pre_dump;
	int status_fd;                 /* -1: none. lazy pages: a NUL byte when a page server is ready; else progress */
	const char *pre_dump_exec;     /* words of a program in the container, or NULL */
	const char *post_resume_exec;  /* the same, with leave_running */
};

/* The container runs on when anything fails. Without leave_running it is deleted. */
int container_checkpoint(struct container *c, const struct checkpoint_options *o, struct error *err);
/* Several that share namespaces: all of them, or none. A folder of its own for each, named by its id. */
int container_checkpoint_pod(struct container *const *c, size_t n, const struct checkpoint_options *o,
			     struct error *err);

struct restore_options {
	struct checkpoint_common common;
	struct create_options create;
	bool tcp_close;
	const char *lsm_profile, *lsm_mount_context;
	const char *post_restore_exec;
};
int container_restore(const struct runtime *rt, const struct restore_options *o, struct container **ret,
		      struct container_process *process, struct error *err);
/* ids: all that the pod has, or n 0. Bundles are where they were. */
int container_restore_pod(const struct runtime *rt, const struct restore_options *o, const char *const *ids,
			  size_t n, struct error *err);

/* Blocks until the next checkpoint of the container has ended. 0, or its error. */
int container_wait_checkpoint(struct container *c, int64_t timeout_ms, struct error *err);

/* The `features` document, indented by four spaces. */
int container_features(struct str *out, struct error *err);
/* The `spec` command's template. */
const char *container_spec_template(bool rootless);
const char *container_libseccomp_version(void); /* "2.5.4" */

/*
 * What a verb tells as a list: cells for a table, row by row, and the same as JSON. `failures` are the items that
 * went wrong while others did not, each in words.
 */
struct container_rows {
	size_t columns, n_cells, n_failures;
	const char **cells, **failures;
	size_t room, failures_room;
	struct str json;
	struct arena *arena; /* all texts */
	bool bad;            /* memory was short */
};
void container_rows_done(struct container_rows *r);
static inline void container_rows_done_auto(struct container_rows *r)
{
	container_rows_done(r);
}

/* Control files of the container's cgroup: see cgroup/files.h. All items are tried. Rows of file and value. */
struct container_cgroup_item {
	const char *file, *value; /* value: of set only */
};
int container_cgroup_get(struct container *c, const struct container_cgroup_item *items, size_t n,
			 struct container_rows *ret, struct error *err);
int container_cgroup_set(struct container *c, const struct container_cgroup_item *items, size_t n,
			 struct container_rows *ret, struct error *err);
/* Rows of hierarchy and path; controller NULL: all. */
int container_cgroup_paths(struct container *c, const char *controller, struct container_rows *ret,
			   struct error *err);

/* What containers use, a row each. */
struct container_usage {
	const char *id;
	bool running;
	pid_t pid;           /* of its init here; 0: it does not run       */
	int64_t time;        /* CLOCK_MONOTONIC, ns                        */
	char error[256];     /* it could not be read; else ""              */
	char labels[512];    /* values of the annotations asked for, each with a NUL */
	struct usage usage;  /* detailed, or what a table shows of it      */
};
struct container_usage_options {
	const char *const *ids; /* n_ids of them; 0: all that run          */
	size_t n_ids;
	bool all;    /* those that do not run as well                      */
	bool detail; /* all that is known                                  */
	const char *const *labels; /* annotations of the config            */
	size_t n_labels;
};
struct container_usages {
	struct container_usage *rows; /* shared memory */
	size_t n, size;
	struct arena *arena;
};
/* A container that is broken has an `error`, and the others are told all the same. */
int container_usages(const struct runtime *rt, const struct container_usage_options *o,
		     struct container_usages *ret, struct error *err);
void container_usages_done(struct container_usages *u);
static inline void container_usages_done_auto(struct container_usages *u)
{
	container_usages_done(u);
}
/* An array of objects; and the text format of OpenMetrics. */
int container_usages_json(const struct container_usages *u, const struct container_usage_options *o,
			  struct str *out, struct error *err);
int container_usages_openmetrics(const struct container_usages *u,
				 const struct container_usage_options *o, struct str *out,
				 struct error *err);

/*
 * All that is known of a container, as one document and as rows of property and value. *vanished: how many processes
 * ended while they were looked at.
 */
enum { INSPECT_PROCS = 1 << 0, INSPECT_ENV = 1 << 1, INSPECT_PORTS = 1 << 2 };
int container_inspect(struct container *c, unsigned flags, struct container_rows *ret,
		      unsigned *vanished, struct error *err);

/*
 * What the kernel says against what the config asks for: rows of property, result (ok, differs, cannot be seen),
 * expected and found. Returns how many differ, or a negative errno.
 */
int container_verify(struct container *c, struct container_rows *ret, struct error *err);

/* A listening socket of this host, and the port of the container's loopback that its connections go to. */
struct container_forward {
	const char *address;   /* numeric */
	const char *unix_path; /* a socket file to be made, in place of address and port; or NULL */
	uint16_t local, remote;
};
/*
 * Until the container ends, or SIGINT, SIGTERM or SIGHUP comes: 0. This process is in the container's network
 * namespace afterwards. `ready`: when connections are taken.
 */
int container_port_forward(struct container *c, const struct container_forward *v, size_t n,
			   container_ready *ready, struct error *err);
/* One connection, from and to descriptors; until the container closes it. The same holds. */
int container_port_stream(struct container *c, uint16_t port, int in, int out, struct error *err);

/* A mount for a running container, as in its config: type NULL is a bind. Relative sources begin in the caller's folder. */
struct container_mount {
	const char *destination, *source, *type;
	const char *const *options;
	size_t n_options;
};
int container_mounts_add(struct container *c, const struct container_mount *m, struct error *err);
/* An array of mounts as of a config; all are attached, or none, and the error says which was not. */
int container_mounts_add_file(struct container *c, const char *path, struct error *err);
/* Only what was added. */
int container_mounts_remove(struct container *c, const char *destination, struct error *err);
/* Rows of destination, type, source, options, propagation and origin (config, added, container). */
int container_mounts_list(struct container *c, struct container_rows *ret, struct error *err);

/*
 * What every thread does or waits for: rows of process, thread, what (thread, syscall, wchan, kernel, user), value.
 * pids: as the container numbers them, none: all. user: also the frames of programs, which are stopped for it.
 */
int container_stacks(struct container *c, const pid_t *pids, size_t n, bool user,
		     struct container_rows *ret, struct error *err);

/*
 * What the processes of a running container do, as lines of text or of JSON. Until the container ends, `duration` (ns, 0:
 * none) is over, or SIGINT, SIGTERM or SIGHUP comes: 0.
 */
struct container_trace_options {
	const char *events; /* "exec,exit,fork,signal,oom,syscall,syscall:NAME"; NULL: all but system calls */
	int64_t duration;
	bool json;
	int (*sink)(struct str *lines, struct error *err);
	container_ready *ready; /* everything later is recorded; or NULL */
};
int container_trace(struct container *c, const struct container_trace_options *o, struct error *err);
/*
 * Sessions of tracing, which go on recording in the kernel after the command, and have a name that is the only one of the
 * host. `force` replaces one of that name.
 */
int container_trace_create(struct container *c, const char *name, const char *events, bool force, struct error *err);
/* What it has recorded, which is thereby taken out of it, and what comes. Of an ended container, what is left. */
int container_trace_attach(const struct runtime *rt, const char *name, const struct container_trace_options *o,
			   struct error *err);
int container_trace_delete(const char *name, struct error *err);
/* Rows of name, id and status (recording, ended). */
int container_trace_list(struct container_rows *ret, struct error *err);
