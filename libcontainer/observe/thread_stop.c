/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"
#include "observe/thread_stop.h"

#define TIMEOUT INT64_C(1000000000)
#define PAUSE_US 500

/* ---- stopping ---- */

static int tracer_of(pid_t tid)
{
	auto_str text = STR_INIT;
	const char *line;
	char path[40];
	uint64_t pid = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	if (file_read_at(AT_FDCWD, path, 1 << 16, &text) < 0)
		return 0;
	line = strstr(str_text(&text), "TracerPid:\t");
	if (line)
		(void)parse_u64n(line + 11, strcspn(line + 11, "\n"), 10, &pid);
	return (int)pid;
}

static int refused(pid_t tid, int num, struct error *err)
{
	auto_str scope = STR_INIT;
	int tracer = tracer_of(tid);

	if (num != EPERM)
		return codef(err, num, "stop thread %d", (int)tid);
	if (tracer)
		return failf(err, EPERM, "thread %d is traced by process %d already", (int)tid, tracer);
	if (file_read_at(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", 16, &scope) == 0 &&
	    str_text(&scope)[0] == '3')
		return failf(err, EPERM,
			     "thread %d may not be stopped: the sysctl kernel.yama.ptrace_scope is 3", (int)tid);
	return failf(err, EPERM, "thread %d may not be stopped: that needs CAP_SYS_PTRACE", (int)tid);
}

int thread_stop_begin(pid_t tid, struct stopped_thread *ret, struct error *err)
{
	*ret = (struct stopped_thread){ .tid = 0 };
	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0)
		return refused(tid, errno, err);
	ret->tid = tid;
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0)
		return refused(tid, errno, err);
	return 0;
}

int thread_stop_await(struct stopped_thread *h, struct error *err)
{
	int64_t until = clock_ns() + TIMEOUT;
	int status;

	for (;;) {
		pid_t r = waitpid(h->tid, &status, __WALL | WNOHANG);

		if (r < 0 && errno != EINTR)
			return sysf(err, "wait for thread %d", (int)h->tid);
		if (r > 0 && WIFSTOPPED(status)) {
			h->stopped = true;
			return 0;
		}
		if (r > 0)
			return failf(err, ESRCH, "thread %d has ended", (int)h->tid);
		if (clock_ns() > until)
			return failf(err, ETIMEDOUT,
				     "thread %d does not stop: it is frozen, or hangs in the kernel",
				     (int)h->tid);
		(void)usleep(PAUSE_US);
	}
}

/* One that did not stop in time is let go when we end. */
void thread_stop_end(struct stopped_thread *h)
{
	if (h->tid && h->stopped)
		(void)ptrace(PTRACE_DETACH, h->tid, NULL, NULL);
	h->tid = 0;
}

/* ---- frames ---- */

/* Where it is, where its frame begins, and what it returns to. */
static bool registers(pid_t tid, uint64_t *pc, uint64_t *fp)
{
	struct user_regs_struct regs;
	struct iovec io = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &io) < 0 || io.iov_len != sizeof(regs))
		return false;
#if defined(__x86_64__)
	*pc = regs.rip;
	*fp = regs.rbp;
	return true;
#elif defined(__aarch64__)
	*pc = regs.pc;
	*fp = regs.regs[29];
	return true;
#else
	(void)pc;
	(void)fp;
	return false;
#endif
}

/* A frame is a pair: the frame of the caller, and the address there. Callers' frames lie higher. */
size_t thread_stop_frames(const struct stopped_thread *h, uint64_t frames[FRAMES_MAX])
{
	uint64_t fp, pair[2] = { 0 };
	size_t n = 0;

	if (!h->stopped || !registers(h->tid, &frames[0], &fp))
		return 0;
	for (n = 1; n < FRAMES_MAX && fp && fp % sizeof(uint64_t) == 0; n++) {
		struct iovec to = { pair, sizeof(pair) };
		struct iovec from = { (void *)(uintptr_t)fp, sizeof(pair) };

		if (process_vm_readv(h->tid, &to, 1, &from, 1, 0) != sizeof(pair) || !pair[1])
			break;
		frames[n] = pair[1];
		if (pair[0] <= fp) {
			n++;
			break;
		}
		fp = pair[0];
	}
	return n;
}
