/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/foreground.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/sys.h"
#include "cli/output.h"
#include "cli/proxy.h"
#include "cli/terminal.h"

/* Signals of faults in our own code: blocking them would turn a crash into a silent kill. */
static const int never_blocked[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS };

/* With a terminal of the container: reading or setting ours from the background stops us, as any program. */
static const int job_control[] = { SIGTTIN, SIGTTOU };

enum { FD_SIGNALS, FD_NOTIFY, FD_PROXY, FDS = FD_PROXY + PROXY_FDS };

struct foreground {
	const struct container_process *p;
	int signals;
	struct terminal terminal;
	struct proxy proxy;
	bool ended, notified;
	int status; /* as of wait(2) */
};

int foreground_begin(bool subreaper, struct error *err)
{
	if (subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return sysf(err, "become a subreaper");
	return 0;
}

static sigset_t blocked; /* since foreground_ready() */

int foreground_ready(struct error *err)
{
	sigfillset(&blocked);
	foreach_array(sig, never_blocked)
		sigdelset(&blocked, *sig);
	if (sigprocmask(SIG_SETMASK, &blocked, NULL) < 0)
		return sysf(err, "block signals");
	return 0;
}

static int unblock_job_control(struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	foreach_array(sig, job_control) {
		sigaddset(&set, *sig);
		sigdelset(&blocked, *sig);
	}
	if (sigprocmask(SIG_UNBLOCK, &set, NULL) < 0)
		return sysf(err, "unblock signals");
	return 0;
}

/* Orphans come to a subreaper, and must not stay zombies while the process lives. */
static int reap(struct foreground *f, struct error *err)
{
	int status;
	pid_t pid;

	do
		pid = waitpid(-1, &status, WNOHANG);
	while (pid > 0 && pid != f->p->pid);
	if (pid < 0)
		return sysf(err, "wait for process %d", (int)f->p->pid);
	if (pid > 0) {
		f->ended = true;
		f->status = status;
	}
	return 0;
}

/* What nohup or a shell's background made us ignore is not meant for the process either. */
static bool is_ignored(int sig)
{
	struct sigaction action;

	return sigaction(sig, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static int pass_on(struct foreground *f, int sig, struct error *err)
{
	if (is_ignored(sig))
		return 0;
	/* ESRCH: it has just ended, and SIGCHLD is on its way. */
	if (sys_pidfd_send_signal(f->p->pidfd, sig) < 0 && errno != ESRCH)
		return sysf(err, "pass signal %d on to process %d", sig, (int)f->p->pid);
	return 0;
}

/*
 * To the process group that it leads, as a shell does with a job: --init's program is in it as well. Our own child,
 * not yet waited for: the number cannot be another's.
 */
static int pass_to_job(struct foreground *f, int sig, struct error *err)
{
	if (kill(-f->p->pid, sig) < 0 && errno != ESRCH)
		return sysf(err, "pass signal %d on to process group %d", sig, (int)f->p->pid);
	return 0;
}

/* After a SIGCONT. The shell that had the terminal meanwhile may have changed it. */
static int wake(struct foreground *f, struct error *err)
{
	if (f->p->console < 0)
		return pass_to_job(f, SIGCONT, err);
	(void)terminal_raw(&f->terminal);
	terminal_copy_size(&f->terminal, f->p->console);
	return 0;
}

/* By the signal itself and not by SIGSTOP: the kernel stops none that nobody would wake (setpgid(2), orphaned groups). */
static int stop_ourselves(int sig, struct error *err)
{
	sigset_t one, before;

	sigemptyset(&one);
	sigaddset(&one, sig);
	if (raise(sig) != 0 || sigprocmask(SIG_UNBLOCK, &one, &before) < 0 ||
	    sigprocmask(SIG_SETMASK, &before, NULL) < 0)
		return sysf(err, "stop");
	return 0;
}

/*
 * Ctrl-Z, or the use of a terminal from the background, stops the whole job. The process has a session of its own, so
 * the kernel tells only us; and as pid 1 it would not even stop. SIGCONT comes by way of the signalfd, if it does.
 */
static int suspend(struct foreground *f, int sig, struct error *err)
{
	sigset_t pending;
	int r = f->p->console < 0 ? pass_to_job(f, SIGSTOP, err) : 0;

	if (r < 0)
		return r;
	terminal_restore();
	r = stop_ourselves(sig, err);
	if (r < 0 || (sigpending(&pending) == 0 && sigismember(&pending, SIGCONT)))
		return r;
	return wake(f, err);
}

/* By the terminal, not by a process that means the container. With a console Ctrl-Z is a byte for it. */
static bool is_job_stop(const struct foreground *f, int sig, int code)
{
	if (sig == SIGTSTP)
		return f->p->console >= 0 || code == SI_KERNEL;
	return (sig == SIGTTIN || sig == SIGTTOU) && code == SI_KERNEL;
}

static int handle_signal(struct foreground *f, int sig, int code, struct error *err)
{
	if (sig == SIGCHLD)
		return reap(f, err);
	if (sig == SIGPIPE || sig == SIGURG)
		return 0;
	if (is_job_stop(f, sig, code))
		return is_ignored(sig) ? 0 : suspend(f, sig, err);
	if (sig == SIGCONT)
		return wake(f, err);
	if (f->p->console >= 0 && sig == SIGWINCH) {
		terminal_copy_size(&f->terminal, f->p->console);
		return 0;
	}
	return pass_on(f, sig, err);
}

static int handle_signals(struct foreground *f, struct error *err)
{
	struct signalfd_siginfo info[8];
	ssize_t n = read(f->signals, info, sizeof(info));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : sysf(err, "read signals");
	for (size_t i = 0; i < (size_t)n / sizeof(info[0]); i++) {
		int r = handle_signal(f, (int)info[i].ssi_signo, info[i].ssi_code, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int loop(struct foreground *f, struct error *err)
{
	struct pollfd fds[FDS];
	int r = 0;

	/* SIGCHLD was blocked before START: none has been missed. */
	while (r >= 0 && !f->ended) {
		int timeout = proxy_prepare(&f->proxy, fds + FD_PROXY);
		int n;

		fds[FD_SIGNALS] = (struct pollfd){ .fd = f->signals, .events = POLLIN };
		fds[FD_NOTIFY] = (struct pollfd){ .fd = f->notified ? -1 : f->p->notify, .events = POLLIN };
		n = poll(fds, FDS, timeout);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sysf(err, "poll");
		proxy_move(&f->proxy, fds + FD_PROXY, n == 0);
		if (fds[FD_NOTIFY].revents)
			f->notified = container_notify(f->p);
		r = fds[FD_SIGNALS].revents ? handle_signals(f, err) : 0;
	}
	return r;
}

static int open_console(struct foreground *f, struct error *err)
{
	int r = proxy_open(&f->proxy, f->p->console, err);

	if (r < 0)
		return r;
	terminal_open(&f->terminal);
	r = unblock_job_control(err);
	if (r < 0)
		return r;
	terminal_copy_size(&f->terminal, f->p->console);
	r = terminal_raw(&f->terminal);
	return r < 0 ? codef(err, r, "make the terminal raw") : 0;
}

static int open_signals(struct foreground *f, struct error *err)
{
	f->signals = signalfd(-1, &blocked, SFD_CLOEXEC | SFD_NONBLOCK);
	if (f->signals < 0)
		return sysf(err, "signalfd");
	return 0;
}

static void foreground_done(struct foreground *f)
{
	terminal_close(&f->terminal);
	proxy_close(&f->proxy);
	close_fd(f->signals);
}

static int wait_for(struct foreground *f, struct error *err)
{
	int r = 0;

	if (f->p->console >= 0)
		r = open_console(f, err);
	if (r == 0)
		r = open_signals(f, err);
	if (r == 0)
		r = loop(f, err);
	if (r < 0 || f->p->console < 0)
		return r;
	/* How the process ended counts for more than what became of its output. */
	r = proxy_finish(&f->proxy, f->signals, f->status ? NULL : err);
	return f->status ? 0 : r;
}

int foreground_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

int foreground_watch(const struct container_process *p, int *wait_status, struct error *err)
{
	struct foreground f = { .p = p, .signals = -EBADF, .terminal = TERMINAL_INIT, .proxy = PROXY_INIT };
	int r = wait_for(&f, err);

	foreground_done(&f);
	*wait_status = f.status;
	return r;
}

int foreground_wait(const struct container_process *p, struct error *err)
{
	int status = 0;
	int r = foreground_watch(p, &status, err);

	return r < 0 ? r : foreground_status(status);
}
