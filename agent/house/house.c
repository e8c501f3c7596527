/* The wiring between the rooms, their start in the order of trust, and their stop. */
#include "house/house.h"
#include "base/lang.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "core/traps.h"
#include "drivers/gpio/lines.h"
#include "drivers/snmp/notify.h"
#include "house/house_i.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* The files of the largest sites are checked in a second. */
#define CHECK_MS 30000

/* ---- batons --------------------------------------------------------------------------------- */

static void
on_submit(void *arg, struct baton *b)
{
	struct house *h = arg;

	driver_find(h->site->links[b->link].kind)->submit(h->links[b->link], b);
}

static void
on_answers(void *arg, struct mail *first, const struct now *now)
{
	struct house *h = arg;
	struct mail *next;

	for (struct mail *m = first; m != NULL; m = next) {
		next = m->next;
		core_answer(h->core, (struct baton *)m, now);
	}
}

/* A wire heard of a change: the poll goes out in the turn that follows at once. */
static void
on_poke(void *arg, int device, const struct now *now)
{
	struct house *h = arg;

	core_poll_now(h->core, device, now);
	loop_timer_set(h->turn, core_next(h->core));
}

static void
on_turn(void *arg, const struct now *now)
{
	core_turn(((struct house *)arg)->core, now);
}

/* ---- events --------------------------------------------------------------------------------- */

/*
 * The log has one line for each change of state. A device that is lost or back makes two events,
 * its own and that of its alarm comm_lost, with the same sentence: the log takes the device's. What
 * the alarm alone knows (its cause, who acknowledged it) is logged, and a device that the site has
 * no more makes no event of its own. Who went through which door is for those who may read events,
 * not for everybody who may read the log.
 */
static bool
is_for_the_log(const struct house *h, const struct event *e)
{
	const char *suppressed = alarm_phase_word(ALARM_SUPPRESSED);
	bool repeats_device = e->type == EVENT_ALARM && strcmp(e->alarm, "comm_lost") == 0 &&
			      strcmp(e->from, suppressed) != 0 && strcmp(e->to, suppressed) != 0 &&
			      site_find_device(h->site, e->device) != NO_INDEX;
	bool is_badge = e->type == EVENT_ACCESS && e->record != 0;

	return e->text[0] != '\0' && !repeats_device && !is_badge;
}

static void
on_event(
    void *arg, const struct event *e, const struct alarm_record *record, const struct mark *mark)
{
	struct house *h = arg;
	bool grave = e->type == EVENT_ALARM && e->priority >= PRIORITY_HIGH;

	store_event(h->store, e, record, mark);
	if (is_for_the_log(h, e))
		log_line(grave ? LOG_LEVEL_WARN : LOG_LEVEL_NOTICE, "%s", e->text);
}

static void
on_fetch(void *arg, int tag, uint64_t after, unsigned max)
{
	store_fetch(((struct house *)arg)->store, tag, after, max);
}

static void
on_passed(void *arg, const char *cursor, uint64_t upto)
{
	struct house *h = arg;

	for (size_t i = 0; i < h->cursor_count; i++) {
		if (strcmp(h->cursors[i], cursor) == 0) {
			store_cursor(h->store, i, upto);
			return;
		}
	}
	log_err("no cursor is called \"%s\"", cursor);
}

/* More numbers than this are no loss, but a consumer that is mistaken or means harm. */
#define BEYOND_MAX 1000000

/*
 * A disk that had lied about its syncs, and then a power cut: a consumer has events that the store
 * does not know. Their numbers must not become others.
 */
static void
on_beyond(void *arg, const char *receiver, uint64_t upto)
{
	struct house *h = arg;
	struct now now = clock_now();
	char text[EVENT_TEXT_MAX];

	/* Once a receiver and run: one that counts from the next number would claim for ever. */
	if (h->beyond_count >= h->cursor_count || upto > h->durable + BEYOND_MAX ||
	    !core_skip_to(h->core, upto))
		return;
	h->beyond_count++;
	text_printf(text, sizeof(text),
	    _("The disk has lost events that it had confirmed: %s has them up to number %llu, the "
	      "store knew them up to %llu when it started. Numbers go on behind them; check the "
	      "disk."),
	    receiver, (unsigned long long)upto, (unsigned long long)h->stored.last_seq);
	log_err("%s", text);
	core_note(
	    h->core, &now, EVENT_SYSTEM, PRIORITY_HIGH, "", "store_damaged", "store_good", text);
}

static void
deliver_durable(struct house *h, uint64_t upto, const struct now *now)
{
	h->durable = upto;
	if (h->mqtt != NULL)
		mqtt_durable(h->mqtt, upto, now);
	if (h->trap != NULL)
		trap_durable(h->trap, upto, now);
	if (h->hearing != NULL)
		hearing_durable(h->hearing, upto);
	console_durable(h->console, upto, now);
}

static void
deliver_batch(struct house *h, const struct store_mail *m, const struct now *now)
{
	if (m->tag >= OUTBOX_NOC && h->trap != NULL)
		trap_events(h->trap, m->tag, m->events, m->event_count, now);
	else if (m->tag == OUTBOX_CONSOLE)
		console_events(h->console, m->tag, m->events, m->event_count, now);
	else if (h->mqtt != NULL)
		mqtt_events(h->mqtt, m->tag, m->events, m->event_count, now);
}

static void
note_store(struct house *h, const struct store_mail *m, bool good, const struct now *now)
{
	core_note(h->core, now, EVENT_SYSTEM, good ? PRIORITY_MEDIUM : PRIORITY_HIGH, "",
	    good ? "store_fault" : "store_good", good ? "store_good" : "store_fault", m->text);
}

static void
on_store_mail(void *arg, struct mail *first, const struct now *now)
{
	struct house *h = arg;
	struct mail *next;

	for (struct mail *m = first; m != NULL; m = next) {
		struct store_mail *s = (struct store_mail *)m;

		next = m->next;
		switch ((enum store_mail_kind)m->kind) {
		case STORE_DURABLE:
			deliver_durable(h, s->upto, now);
			break;
		case STORE_BATCH:
			deliver_batch(h, s, now);
			break;
		case STORE_FAULT:
		case STORE_HEALED:
			note_store(h, s, m->kind == STORE_HEALED, now);
			break;
		}
		store_mail_free(s);
	}
	take_step(h, now);
}

/* ---- end of a turn -------------------------------------------------------------------------- */

static void
on_post(void *arg, const struct now *now)
{
	struct house *h = arg;
	struct core_changes changes;

	/* What the wires of this thread (SNMP, contacts) brought in this very turn. */
	on_answers(h, mailbox_take_all(h->answers), now);
	changes = core_changes(h->core);
	if (changes.device_count + changes.alarm_count > 0)
		panel_update(h->panel, now);
	if (changes.point_count + changes.device_count + changes.alarm_count > 0) {
		if (h->mqtt != NULL)
			mqtt_changes(h->mqtt, &changes, now);
		console_changes(h->console, &changes, now);
		core_changes_clear(h->core, now);
	}
	if (h->mqtt != NULL)
		mqtt_flush(h->mqtt, now);
	house_history_turn(h);
	loop_timer_set(h->turn, core_next(h->core));
}

/* ---- start ---------------------------------------------------------------------------------- */

static bool
open_store(struct house *h, const char *dir, char *err, size_t err_size)
{
	h->store = store_open(&(struct store_options){.dir = dir,
				  .max_events = h->site->store.max_events,
				  .answers = h->store_mail,
				  .cursors = h->cursors,
				  .cursor_count = h->cursor_count},
	    &h->stored, err, err_size);
	return h->store != NULL;
}

/*
 * The disk takes nothing at all: a room that is watched without a memory is better than one that
 * nobody watches. The run directory is in memory; the epoch is another one.
 */
static bool
open_in_memory(struct house *h, char *err, size_t err_size)
{
	const char *dir = arena_printf(h->arena, "%s/store", h->options.run_dir);
	char why[256];

	text_copy(why, sizeof(why), err);
	if (!open_store(h, dir, err, err_size)) {
		text_copy(err, err_size, why);
		return false;
	}
	text_printf(h->no_disk, sizeof(h->no_disk),
	    _("The store cannot be used: %s. Events are kept in memory and are gone after a power "
	      "cut; repair the disk, then restart facilityd."),
	    why);
	log_err("%s", h->no_disk);
	return true;
}

static bool
start_store(struct house *h, char *err, size_t err_size)
{
	const struct site *s = h->site;
	size_t n = 0;

	h->cursors = arena_array(
	    h->arena, 1 + s->mqtt.consumer_count + s->noc.receiver_count, sizeof(h->cursors[0]));
	if (s->mqtt.enabled)
		h->cursors[n++] = "mqtt";
	for (size_t i = 0; s->mqtt.enabled && i < s->mqtt.consumer_count; i++)
		h->cursors[n++] = arena_printf(h->arena, "mqtt/%s", s->mqtt.consumers[i]);
	h->noc_cursor = n;
	for (size_t i = 0; i < s->noc.receiver_count; i++)
		h->cursors[n++] = arena_printf(h->arena, "noc/%s", s->noc.receivers[i].name);
	h->cursor_count = n;
	h->store_mail = mailbox_new();
	if (!open_store(h, h->options.state_dir, err, err_size) &&
	    (!h->stored.refused || !open_in_memory(h, err, err_size)))
		return false;
	h->durable = h->stored.last_seq;
	h->outbox = (struct outbox){.arg = h,
	    .epoch = h->stored.epoch,
	    .fetch = on_fetch,
	    .passed = on_passed,
	    .beyond = on_beyond};
	loop_mailbox_add(h->loop, "store", h->store_mail, LOOP_URGENT, on_store_mail, h);
	return true;
}

static void
start_core(struct house *h)
{
	const struct core_out out = {
	    .arg = h, .submit = on_submit, .event = on_event, .counted = hear_counted};
	uint32_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		seed = (uint32_t)h->started.mono.us;
	h->core = core_new(h->site, &out, h->stored.last_seq + 1, seed);
	/* What the site has no more is said in note_start(). */
	for (size_t i = 0; i < h->stored.alarm_count; i++)
		(void)core_restore(h->core, &h->stored.alarms[i]);
	for (size_t i = 0; i < h->stored.mark_count; i++)
		if (!core_restore_mark(h->core, &h->stored.marks[i]))
			log_info("the site has no more what the store keeps as %s",
			    h->stored.marks[i].key);
}

static bool
start_noc(struct house *h, char *err, size_t err_size)
{
	const struct trap_start start = {.loop = h->loop,
	    .site = h->site,
	    .core = h->core,
	    .outbox = &h->outbox,
	    .cursors = h->stored.cursors + h->noc_cursor,
	    .durable = h->durable,
	    .started = h->started.mono};

	snmp_engine_start(
	    h->loop, h->stored.engine_id, h->stored.engine_id_length, h->stored.engine_boots);
	if (h->site->noc.receiver_count == 0)
		return true;
	h->trap = trap_new(&start, err, err_size);
	return h->trap != NULL;
}

static bool
start_mqtt(struct house *h, char *err, size_t err_size)
{
	const struct mqtt_start start = {.loop = h->loop,
	    .core = h->core,
	    .outbox = &h->outbox,
	    .published = h->stored.cursors[0],
	    .consumers = h->stored.cursors + 1,
	    .durable = h->durable,
	    .version = h->options.version};

	if (!h->site->mqtt.enabled)
		return true;
	h->mqtt = mqtt_new(&start, err, err_size);
	return h->mqtt != NULL;
}

static bool
start_people(struct house *h, char *err, size_t err_size)
{
	const struct lines_driver *lines = lines_driver_find(&h->site->board);
	struct console_start start = {.loop = h->loop,
	    .core = h->core,
	    .outbox = &h->outbox,
	    .sources = &h->sources,
	    .run_dir = h->options.run_dir,
	    .version = h->options.version,
	    .started = h->started,
	    .durable = h->durable};

	h->sources = (struct console_sources){.arg = h,
	    .link = health_link,
	    .slave = health_slave,
	    .part = health_part,
	    .panel = health_panel,
	    .reload = take_start,
	    .noc_test = h->trap != NULL ? noc_start_test : NULL,
	    .noc_resend = h->trap != NULL ? noc_start_resend : NULL,
	    .past = h->past != NULL ? house_history_ask : NULL};
	h->reload = reload_new(h->loop, h->options.program, h->options.argv, CHECK_MS);
	h->take.timer = loop_timer_add(h->loop, "reload", LOOP_IDLE, take_step, h);
	h->panel = panel_new(h->loop, h->core, lines, h->options.run_dir, err, err_size);
	if (h->panel == NULL)
		return false;
	h->console = console_new(&start, err, err_size);
	return h->console != NULL;
}

static bool
start_links(struct house *h, char *err, size_t err_size)
{
	h->answers = mailbox_new();
	h->links = arena_array(h->arena, h->site->link_count, sizeof(struct link *));
	for (size_t i = 0; i < h->site->link_count; i++) {
		const struct link_spec *spec = &h->site->links[i];
		const struct driver *d = driver_find(spec->kind);
		const struct link_env env = {.site = h->site,
		    .link = (int)i,
		    .loop = h->loop,
		    .answers = h->answers,
		    .run_dir = h->options.run_dir,
		    .poke = on_poke,
		    .poke_arg = h};

		if (d == NULL || !d->built) {
			text_printf(err, err_size,
			    "link %s: the driver for %s is not part of this build", spec->name,
			    link_kind_word(spec->kind));
			return false;
		}
		h->links[i] = d->open(&env, err, err_size);
		if (h->links[i] == NULL)
			return false;
	}
	loop_mailbox_add(h->loop, "answers", h->answers, LOOP_NORMAL, on_answers, h);
	return true;
}

static void
note_start(struct house *h, const struct now *now)
{
	char text[EVENT_TEXT_MAX];

	text_printf(text, sizeof(text),
	    _("facilityd %s starts for site %s: %zu devices, %zu points."), h->options.version,
	    h->site->name, h->site->device_count, h->site->point_count);
	core_note(h->core, now, EVENT_SYSTEM, PRIORITY_LOW, "", "stopped", "running", text);
	if (h->no_disk[0] != '\0')
		core_note(h->core, now, EVENT_SYSTEM, PRIORITY_HIGH, "", "store_good",
		    "store_fault", h->no_disk);
	if (h->stored.recovered || h->stored.lost)
		core_note(h->core, now, EVENT_SYSTEM, PRIORITY_HIGH, "", "store_damaged",
		    h->stored.recovered ? "store_new" : "store_good", h->stored.text);
	for (size_t i = 0; i < h->stored.alarm_count; i++)
		core_forget(h->core, &h->stored.alarms[i], now);
}

struct house *
house_start(struct loop *loop, const struct house_options *o, char *err, size_t err_size)
{
	struct house *h = xcalloc(1, sizeof(*h));
	struct now now = clock_now();

	h->options = *o;
	h->site = o->site;
	h->loop = loop;
	h->started = now;
	h->arena = arena_new();
	if (!start_store(h, err, err_size)) {
		house_stop(h);
		return NULL;
	}
	start_core(h);
	h->turn = loop_timer_add(loop, "core", LOOP_NORMAL, on_turn, h);
	if (!house_history_start(h, err, err_size) || !start_noc(h, err, err_size) ||
	    !start_mqtt(h, err, err_size) || !start_people(h, err, err_size) ||
	    !start_links(h, err, err_size)) {
		house_stop(h);
		return NULL;
	}
	loop_post_add(loop, "end of turn", on_post, h);
	note_start(h, &now);
	hear_start(h, &now);
	panel_update(h->panel, &now);
	core_turn(h->core, &now);
	loop_timer_set(h->turn, core_next(h->core));
	return h;
}

void
house_stopping(struct house *h, const struct now *now)
{
	core_traps_flush(h->core, now);
	core_note(h->core, now, EVENT_SYSTEM, PRIORITY_LOW, "", "running", "stopped",
	    _("facilityd stops: it was asked to."));
}

/* What the store said while it closed: nobody is left to hear it. */
static void
drop_store_mail(struct house *h)
{
	struct mail *next;

	for (struct mail *m = mailbox_take_all(h->store_mail); m != NULL; m = next) {
		next = m->next;
		store_mail_free((struct store_mail *)m);
	}
}

/* All are asked before the first one is waited for: those that hang do so at the same time. */
static void
stop_links(struct house *h)
{
	size_t count = h->links != NULL ? h->site->link_count : 0;

	for (size_t i = 0; i < count; i++) {
		const struct driver *d = driver_find(h->site->links[i].kind);

		if (h->links[i] != NULL && d->stop != NULL)
			d->stop(h->links[i]);
	}
	for (size_t i = 0; i < count; i++)
		if (h->links[i] != NULL)
			driver_find(h->site->links[i].kind)->close(h->links[i]);
}

/* Also takes down a house that is half built, so each room may be missing. */
void
house_stop(struct house *h)
{
	stop_links(h);
	hear_stop(h);
	reload_free(h->reload);
	loop_timer_free(h->take.timer);
	if (h->console != NULL)
		console_free(h->console);
	if (h->panel != NULL)
		panel_free(h->panel);
	if (h->mqtt != NULL)
		mqtt_free(h->mqtt);
	if (h->trap != NULL)
		trap_free(h->trap);
	loop_timer_free(h->turn);
	house_history_stop(h);
	if (h->core != NULL)
		core_free(h->core);
	if (h->store != NULL)
		store_close(h->store);
	if (h->store_mail != NULL)
		drop_store_mail(h);
	mailbox_free(h->answers);
	mailbox_free(h->store_mail);
	arena_free(h->arena);
	free(h);
}
