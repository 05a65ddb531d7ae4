/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who answers the calls of a container whose profile is being learned (container.h). A thread of ours takes each from the
 * listener, writes it down and lets it go on.
 */

#include "container.h"
#include "security/seccomp.h"
#include "spec/types.h"

/* `profile` NULL: the config has none. Its filter is made, to compare calls with. */
int learner_compare(struct container_learner *l, const struct spec_seccomp *profile, const char *cache_dir,
		    struct error *err);
/*
 * For the handshake (listener_taker): begins to answer. The listener is taken; the pidfd is that of the container's init,
 * borrowed: when we can answer no more it is killed, since all of its calls would fail.
 */
int learner_take(void *learner, int listener, int pidfd, struct error *err);
