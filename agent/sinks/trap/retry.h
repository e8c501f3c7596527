/* How long to wait until a notification is sent again. Pure. */
#ifndef SINKS_TRAP_RETRY_H
#define SINKS_TRAP_RETRY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The pause before try number `failures` + 1, failures >= 1: the first after a bare timeout is at
 * once (the timeout was the pause), then timeout_ms, doubling, at most max_ms. Half of it is at
 * random (`random`: any number), so that many agents do not come back together.
 */
int64_t retry_pause_ms(
    unsigned failures, bool after_timeout, int64_t timeout_ms, int64_t max_ms, uint32_t random);

#endif
