/* SPDX-License-Identifier: Apache-2.0 */
#include "base/interrupt.h"

#include <errno.h>
#include <time.h>

#include "base/macros.h"
#include "base/signals.h"

static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

static volatile sig_atomic_t noted;
static bool caught;
static int last;

static void note(int sig)
{
	noted = sig;
}

void interrupt_signals(sigset_t *ret)
{
	sigemptyset(ret);
	foreach_array(sig, signals)
		sigaddset(ret, *sig);
}

void interrupt_catch(void)
{
	/* Without SA_RESTART: a wait is to end. */
	const struct sigaction action = { .sa_handler = note };
	struct sigaction before;

	foreach_array(sig, signals)
		if (!caught && sigaction(*sig, &action, &before) == 0 && before.sa_handler == SIG_IGN)
			(void)sigaction(*sig, &before, NULL);
	caught = true;
}

int interrupt_take(void)
{
	const struct timespec now = { 0 };
	sigset_t set;
	int sig = noted;

	if (!caught)
		return 0;
	noted = 0;
	if (!sig) {
		interrupt_signals(&set);
		sig = sigtimedwait(&set, NULL, &now);
	}
	if (sig <= 0)
		return 0;
	last = sig;
	return sig;
}

int interrupt_fail(int sig, struct error *err)
{
	char name[16];

	return failf(err, EINTR, "interrupted by %s", signal_name(sig, name, sizeof(name)));
}

void interrupt_die(void)
{
	sigset_t set;

	if (!last)
		return;
	interrupt_signals(&set);
	if (signal(last, SIG_DFL) != SIG_ERR && raise(last) == 0)
		(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}
