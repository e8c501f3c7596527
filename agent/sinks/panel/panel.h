/*
 * The front panel: what LEDs and buzzer mean, as data.
 *
 *	green steady	all well
 *	amber slow	a warning (low or medium priority alarm), a device lost or not asked yet
 *	red fast	a critical or high alarm that nobody has acknowledged
 *	red steady	such an alarm, acknowledged
 *	buzzer		until acknowledged
 *	fault relay	drawn, but for a critical or high alarm, acknowledged or not;
 *			it falls as well when the agent or the board is dead, so its
 *			contact is an alarm line for others
 *
 * The ack button acknowledges all. The lamp test lights everything while it is held and a second
 * longer, with the buzzer, for a minute at most; the start lights all LEDs for a second, without
 * it.
 */
#ifndef SINKS_PANEL_PANEL_H
#define SINKS_PANEL_PANEL_H

#include "base/loop.h"
#include "core/core.h"
#include "drivers/gpio/lines.h"

/* ---- pure ---- */

enum blink { BLINK_OFF, BLINK_STEADY, BLINK_SLOW /* 0.5 Hz */, BLINK_FAST /* 4 Hz */, BLINK_COUNT };
const char *blink_word(enum blink b); /* "off", "steady", "slow", "fast" */

struct panel_look {
	enum blink line[OUTPUT_COUNT];
};
/* What the panel shows for this summary. */
struct panel_look panel_look(const struct core_summary *s);
/* Is a line with this pattern lit, t after the look came up? Lit first; all lines blink in step. */
bool blink_lit(enum blink b, mono_t t);
/* The next moment when blink_lit() may differ; MONO_NEVER for off and steady. */
mono_t blink_next(enum blink b, mono_t t);

/* ---- the sink ---- */

struct panel;
struct panel *panel_new(struct loop *loop, struct core *core, const struct lines_driver *driver,
    const char *run_dir, char *err, size_t err_size);
void panel_free(struct panel *p); /* outputs go to their safe state */
/* Looks at the summary again; at the end of each turn that changed an alarm or a device. */
void panel_update(struct panel *p, const struct now *now);
struct panel_look panel_shows(const struct panel *p);
/* Which lines cannot be used, and why; "" where all can. */
void panel_health(const struct panel *p, char *text, size_t size);

#endif
