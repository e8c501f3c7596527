/* The inside of the house, for the files of this folder alone. */
#ifndef HOUSE_HOUSE_I_H
#define HOUSE_HOUSE_I_H

#include "core/core.h"
#include "core/outbox.h"
#include "drivers/driver.h"
#include "drivers/snmp/hearing.h"
#include "house/house.h"
#include "house/reload.h"
#include "sinks/console/console.h"
#include "sinks/mqtt/mqtt.h"
#include "sinks/panel/panel.h"
#include "sinks/trap/trap.h"
#include "store/history.h"
#include "store/store.h"

struct house {
	struct house_options options;
	const struct site *site;
	struct loop *loop;
	struct loop_timer *turn;
	struct core *core;
	struct mailbox *answers, *store_mail;
	struct link **links; /* site->link_count; NULL: not open */
	struct store *store;
	struct store_start stored;
	char no_disk[EVENT_TEXT_MAX]; /* why the store is below the run directory; "": it is not */
	/* In the order of struct store_options.cursors: mqtt, its consumers, the NOC's receivers.
	 */
	const char **cursors;
	size_t cursor_count, noc_cursor;
	size_t beyond_count; /* claims of receivers that were believed, see on_beyond() */
	struct outbox outbox;
	struct history_disk *past; /* NULL: no values are kept on disk */
	struct mailbox *past_mail;
	size_t history_next;     /* the point whose minutes are to be handed over next */
	struct mqtt *mqtt;       /* NULL: the site has none */
	struct trap *trap;       /* NULL: the site has no receivers */
	struct hearing *hearing; /* NULL: the site hears no traps, or cannot now */
	struct loop_timer *hear_again;
	bool deaf; /* it wants to, and cannot */
	struct panel *panel;
	struct console *console;
	struct reload *reload;
	/* A configuration that is good and waits until the disk has every event. */
	struct {
		char who[EVENT_NAME_MAX];
		bool waits;
		uint64_t seq; /* of the event that says so */
		mono_t until;
		struct loop_timer *timer;
	} take;
	/* A test of receivers that somebody asked for. */
	struct {
		size_t out; /* receivers that have not answered yet */
		bool good;
		char text[2000];
	} noc_test;
	struct console_sources sources;
	struct arena *arena;
	uint64_t durable;
	struct now started;
};

/* hear.c: notifications of devices. */
void hear_start(struct house *h, const struct now *now);
void hear_stop(struct house *h);
/* core_out.counted; arg: the house */
void hear_counted(void *arg, uint64_t held, uint64_t seq);
void hear_part(const struct house *h, struct console_part *out);

/* ---- take.c ---- */

/* For struct console_sources. */
bool take_start(void *house, const char *who, char *err, size_t err_size);
/* Whatever may have ended the wait: the store has said something, or it is late. A loop_fn. */
void take_step(void *house, const struct now *now);

/* ---- history.c ---- */

/* After the core and before the console; true: it runs, or the site wants none. */
bool house_history_start(struct house *h, char *err, size_t err_size);
/* End of a turn: minutes that are due go to the disk. */
void house_history_turn(struct house *h);
/* Before the core goes: what is left is written. */
void house_history_stop(struct house *h);
/* For struct console_sources. */
void house_history_ask(void *house, const struct past *ask);

/* ---- noc.c, for struct console_sources ---- */
bool noc_start_test(void *house, const char *receiver, const char *who, const struct now *now,
    char *err, size_t err_size);
bool noc_start_resend(void *house, const char *receiver, const char *who, const struct now *now,
    char *text, size_t size);

/* ---- health.c, for struct console_sources ---- */
void health_link(void *house, size_t link, struct link_health *out);
bool health_slave(void *house, size_t device, struct slave_health *out);
bool health_part(void *house, size_t n, struct console_part *out);
const char *health_panel(void *house, enum output_line o);

#endif
