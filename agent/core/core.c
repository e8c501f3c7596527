/* The heart put together: answers and time come in, events and polls go out. */
#include "core/core_private.h"

#include "base/lang.h"
#include "base/text.h"

#include <string.h>

/* ---- life ------------------------------------------------------------------------------------ */

static void
init_kept(struct core *c)
{
	size_t texts = 0;

	for (size_t i = 0; i < c->site->point_count; i++)
		texts += table_gives_value(c->state.specs[i]->at.table);
	c->kept = arena_array(c->arena, c->site->point_count, sizeof(*c->kept));
	c->texts = arena_array(c->arena, texts, sizeof(*c->texts));
}

static void
init_devices(struct core *c)
{
	const struct site *s = c->site;

	c->devices = arena_array(c->arena, s->device_count, sizeof(*c->devices));
	c->kin = arena_array(c->arena, s->device_count, sizeof(*c->kin));
	c->wires = arena_array(c->arena, s->link_count, sizeof(*c->wires));
	c->rings = arena_array(c->arena, s->device_count, sizeof(*c->rings));
	changes_init(&c->changed_devices, c->arena, s->device_count);
	for (size_t d = 0; d < s->device_count; d++) {
		c->devices[d].facts = arena_array(
		    c->arena, s->devices[d].profile->fact_count, sizeof(*c->devices[d].facts));
		for (int i = 0; i < POLL_CLASS_COUNT; i++)
			c->devices[d].due[i] = MONO_NEVER;
	}
}

struct core *
core_new(const struct site *site, const struct core_out *out, uint64_t next_seq, uint32_t seed)
{
	struct arena *arena = arena_new();
	struct core *c = arena_alloc(arena, sizeof(*c));

	c->arena = arena;
	c->site = site;
	c->out = *out;
	c->next_seq = next_seq;
	state_init(&c->state, arena, site, CORE_MAX_SILENCE_MS);
	c->state.history = history_new(arena, site);
	init_kept(c);
	init_devices(c);
	alarms_init(c);
	timers_init(&c->timers, arena, core_trap_timer(c) + 1);
	derive_init(c);
	traps_init(c);
	needs_init(c);
	rows_init(c);
	c->poller = (struct poller){
	    .site = site,
	    .devices = c->devices,
	    .timers = &c->timers,
	    .changed = &c->changed_devices,
	    .rows = c->rows,
	    .arg = out->arg,
	    .submit = out->submit,
	};
	poller_init(&c->poller, arena, seed);
	return c;
}

void
core_free(struct core *c)
{
	if (c != NULL)
		arena_free(c->arena);
}

/* ---- events ---------------------------------------------------------------------------------- */

struct sentence
core_sentence(const struct core *c, size_t device)
{
	return (struct sentence){
	    .site = c->site,
	    .device = &c->site->devices[device],
	    .state = &c->devices[device],
	};
}

void
core_event_device(const struct core *c, struct event *e, size_t device)
{
	const struct device_spec *d = &c->site->devices[device];

	text_copy(e->device, sizeof(e->device), d->name);
	if (d->zone != NO_INDEX && (size_t)d->zone < c->site->zone_count)
		text_copy(e->zone, sizeof(e->zone), c->site->zones[d->zone].name);
	text_shorten(e->impact, sizeof(e->impact), label_text(&d->impact, c->site->language));
	if (e->type == EVENT_DEVICE && maintenance_on(c, device))
		text_copy(e->word, sizeof(e->word), "maintenance");
}

bool
core_skip_to(struct core *c, uint64_t upto)
{
	if (upto < c->next_seq)
		return false;
	c->next_seq = upto + 1;
	return true;
}

void
core_event_mark(struct core *c, struct event *e, const struct alarm_record *record,
    const struct mark *mark, const struct now *now)
{
	e->seq = c->next_seq++;
	e->wall = now->wall;
	e->mono = now->mono;
	e->synced = now->synced;
	c->out.event(c->out.arg, e, record, mark);
}

void
core_event(
    struct core *c, struct event *e, const struct alarm_record *record, const struct now *now)
{
	core_event_mark(c, e, record, NULL, now);
}

/* ---- marks ----------------------------------------------------------------------------------- */

/* Who takes a mark back, by the beginning of its key; `name` is the rest of the key. */
struct mark_keeper {
	const char *prefix;
	bool (*restore)(struct core *c, const char *name, const struct mark *m);
};

static const struct mark_keeper mark_keepers[] = {
    {CORE_MAINTENANCE_MARK, maintenance_restore}, {"records/", records_restore},
    {"rows/", rows_restore}, {NULL, NULL}, /* the end */
};

bool
core_restore_mark(struct core *c, const struct mark *m)
{
	for (const struct mark_keeper *k = mark_keepers; k->prefix != NULL; k++)
		if (strncmp(m->key, k->prefix, strlen(k->prefix)) == 0)
			return k->restore(c, m->key + strlen(k->prefix), m);
	return false;
}

/* ---- clock ----------------------------------------------------------------------------------- */

static void
note(struct core *c, const struct now *now, enum event_type type, enum priority priority,
    const char *who, const char *from, const char *to, const char *text)
{
	struct event e = {.type = type, .priority = priority};

	text_copy(e.who, sizeof(e.who), who);
	text_copy(e.from, sizeof(e.from), from);
	text_copy(e.to, sizeof(e.to), to);
	text_copy(e.text, sizeof(e.text), text);
	core_event(c, &e, NULL, now);
}

static void
note_clock_set(struct core *c, int64_t by_us, const struct now *now)
{
	char text[EVENT_TEXT_MAX], was[WALL_TEXT_MAX], is[WALL_TEXT_MAX];

	text_printf(text, sizeof(text),
	    _("The clock of this board was set: it showed %s and shows %s now. Events before this "
	      "one have the time of the old clock."),
	    wall_local((wall_t){now->wall.us - by_us}, was), wall_local(now->wall, is));
	note(c, now, EVENT_SYSTEM, PRIORITY_LOW, "", "running", "clock_set", text);
}

void
core_watch_clock(struct core *c, const struct now *now)
{
	int64_t by_us = history_clock(c->state.history, now);
	bool later = by_us > 0 || (now->synced && !c->synced);

	c->synced = now->synced;
	if (by_us != 0)
		note_clock_set(c, by_us, now);
	if (!later || !c->started)
		return;
	alarms_clock_set(c, now);
	maintenance_clock_set(c, now);
}

void
core_note(struct core *c, const struct now *now, enum event_type type, enum priority priority,
    const char *who, const char *from, const char *to, const char *text)
{
	core_watch_clock(c, now);
	note(c, now, type, priority, who, from, to, text);
}

/* ---- devices --------------------------------------------------------------------------------- */

/* A device as it was before the news, for the event. */
struct before {
	enum device_phase phase;
	mono_t last_good, since;
};

static void
device_came(struct core *c, size_t device, const struct before *was, const struct now *now)
{
	struct sentence s = core_sentence(c, device);
	struct event e = {.type = EVENT_DEVICE, .priority = PRIORITY_LOW};
	int64_t away_ms = 0;

	if (was->phase == DEVICE_LOST)
		away_ms = mono_ms_between(
		    now->mono, was->last_good.us != 0 ? was->last_good : was->since);
	core_event_device(c, &e, device);
	text_copy(e.from, sizeof(e.from), device_phase_word(was->phase));
	text_copy(e.to, sizeof(e.to), device_phase_word(DEVICE_ONLINE));
	sentence_online(&s, away_ms, e.text, sizeof(e.text));
	core_event(c, &e, NULL, now);
	records_came(c, device);
	cause_came(c, device, now);
}

/* After a restart the alarm of a device that was lost before stands still: that is no news. */
static bool
is_old_news(const struct core *c, size_t device, const struct before *was)
{
	int alarm = cause_alarm(c, device);

	return was->phase == DEVICE_UNKNOWN && alarm != NO_INDEX &&
	       (alarm_stands(c->alarms[alarm].phase) || c->alarms[alarm].phase == ALARM_SUPPRESSED);
}

static void
device_lost(struct core *c, size_t device, const struct before *was, const struct now *now)
{
	const struct device_spec *d = &c->site->devices[device];
	int alarm = cause_alarm(c, device);

	for (size_t i = 0; i < d->profile->point_count; i++) {
		if (c->state.points[d->first_point + i].absent)
			continue;
		state_lost(&c->state, d->first_point + i, now->mono);
		alarms_judge_point(c, d->first_point + i, now);
	}
	if (!is_old_news(c, device, was)) {
		struct sentence s = core_sentence(c, device);
		struct event e = {.type = EVENT_DEVICE, .priority = site_loss_priority(d)};

		core_event_device(c, &e, device);
		text_copy(e.from, sizeof(e.from), device_phase_word(was->phase));
		text_copy(e.to, sizeof(e.to), device_phase_word(DEVICE_LOST));
		if (alarm != NO_INDEX)
			text_shorten(e.remedy, sizeof(e.remedy),
			    label_text(&c->rules[alarm]->remedy, c->site->language));
		sentence_lost(&s, e.text, sizeof(e.text));
		core_event(c, &e, NULL, now);
	}
	/* One that was restored could not say why until now. */
	if (alarm != NO_INDEX)
		changes_add(&c->changed_alarms, (size_t)alarm);
	cause_lost(c, device, now);
}

void
core_answer(struct core *c, struct baton *b, const struct now *now)
{
	struct poll *q = NULL;
	struct before was = {0};
	enum poller_news news;
	size_t device = (size_t)b->device;

	core_watch_clock(c, now);
	if (b->device >= 0 && device < c->site->device_count)
		was = (struct before){c->devices[device].phase, c->devices[device].last_good,
		    c->devices[device].since};
	news = poller_answer(&c->poller, b, now, &q);
	if (news == POLLER_STRAY)
		return;
	if (news == POLLER_CAME)
		device_came(c, device, &was, now);
	else if (news == POLLER_LOST)
		device_lost(c, device, &was, now);
	else if (news == POLLER_FAILED)
		cause_failed(c, device, now);
	else if (news == POLLER_ALIVE)
		cause_alive(c, device, now);
	/* A class that fails again though the device lives: what it should bring is missing. Also
	 * one that was not asked at all, because the device is known to refuse it. */
	if (c->devices[device].phase == DEVICE_ONLINE ||
	    (c->devices[device].phase == DEVICE_FAILING && q->misses > 1)) {
		if (q->index == POLL_RECORDS)
			records_take(c, q, now);
		else if (q->index == POLL_ROWS)
			rows_take(c, q, now);
		else if (b->facts)
			core_take_facts(c, q, now);
		else
			core_take_points(c, q, now);
		/* Not behind the records' own poll: where it comes back at once and brings nothing,
		 * it would go out again in the same instant, for ever. */
		if (q->index != POLL_RECORDS)
			records_look(c, device, now);
	}
	derive_run(c, now);
	poller_settle(&c->poller, q, now->mono);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void
start(struct core *c, const struct now *now)
{
	c->started = true;
	alarms_start(c, now);
	maintenance_start(c, now);
	for (size_t d = 0; d < c->site->device_count; d++) {
		if (c->site->devices[d].link != NO_INDEX)
			continue;
		c->devices[d].phase = DEVICE_ONLINE; /* the site itself is always here */
		c->devices[d].since = now->mono;
		c->devices[d].since_wall = now->wall;
		changes_add(&c->changed_devices, d);
	}
	poller_start(&c->poller, now->mono);
	for (size_t d = 0; d < c->site->device_count; d++)
		timers_set(&c->timers, core_timer(c, TIMER_KEEP, d),
		    mono_add_ms(now->mono, CORE_MAX_SILENCE_MS));
}

void
core_turn(struct core *c, const struct now *now)
{
	size_t id;

	core_watch_clock(c, now);
	if (!c->started)
		start(c, now);
	while (timers_take(&c->timers, now->mono, &id)) {
		size_t n = c->site->device_count;

		if (id == core_trap_timer(c))
			traps_due(c, now);
		else if (id == core_derive_timer(c))
			c->derive.dirty = true;
		else if (id == core_plan_timer(c))
			maintenance_check_plans(c, now);
		else if (id >= TIMER_ALARM * n)
			alarms_delay_over(c, id - TIMER_ALARM * n, now);
		else if (id >= TIMER_MAINTENANCE * n)
			maintenance_due(c, id - TIMER_MAINTENANCE * n, now);
		else if (id >= TIMER_WAIT * n)
			cause_wait_over(c, id - TIMER_WAIT * n, now);
		else if (id >= TIMER_KEEP * n)
			core_keep(c, id - TIMER_KEEP * n, now);
		else
			poller_turn(&c->poller, id, now->mono);
	}
	derive_run(c, now);
}

mono_t
core_next(const struct core *c)
{
	return c->started ? timers_next(&c->timers) : (mono_t){0};
}

void
core_poll_now(struct core *c, int device, const struct now *now)
{
	if (device >= 0 && (size_t)device < c->site->device_count)
		poller_ask_now(&c->poller, (size_t)device, true, now->mono);
}

/* ---- reading --------------------------------------------------------------------------------- */

const struct site *
core_site(const struct core *c)
{
	return c->site;
}

const struct point_state *
core_points(const struct core *c)
{
	return c->state.points;
}

const struct device_state *
core_devices(const struct core *c)
{
	return c->devices;
}

const struct alarm_state *
core_alarms(const struct core *c)
{
	return c->alarms;
}

const char *
device_phase_word(enum device_phase p)
{
	static const char *const words[] = {
	    [DEVICE_UNKNOWN] = "unknown",
	    [DEVICE_ONLINE] = "online",
	    [DEVICE_FAILING] = "failing",
	    [DEVICE_LOST] = "lost",
	};
	_Static_assert(
	    sizeof(words) / sizeof(words[0]) == DEVICE_PHASE_COUNT, "a phase without a word");

	return (unsigned)p < DEVICE_PHASE_COUNT ? words[p] : "?";
}

static bool
waits_for_person(enum alarm_phase p)
{
	return p == ALARM_UNACKNOWLEDGED || p == ALARM_RETURNED ||
	       p == ALARM_LATCHED_UNACKNOWLEDGED;
}

struct history *
core_history(const struct core *c)
{
	return c->state.history;
}

void
core_summary(const struct core *c, struct core_summary *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t d = 0; d < c->site->device_count; d++) {
		enum device_phase p = c->devices[d].phase;

		out->devices_online += p == DEVICE_ONLINE || p == DEVICE_FAILING;
		out->devices_lost += p == DEVICE_LOST;
		out->devices_unknown += p == DEVICE_UNKNOWN;
		out->devices_in_maintenance += maintenance_on(c, d);
	}
	for (size_t a = 0; a < c->site->alarm_count; a++) {
		enum alarm_phase p = c->alarms[a].phase;

		out->shelved += p == ALARM_SHELVED;
		out->out_of_service += p == ALARM_OUT_OF_SERVICE && c->alarms[a].held;
		if (p == ALARM_NORMAL || alarm_is_aside(p))
			continue;
		out->alarms[c->rules[a]->priority]++;
		out->unacknowledged[c->rules[a]->priority] += waits_for_person(p);
	}
	out->points_good = c->state.good;
	out->points_not_good = c->state.count - c->state.good - c->state.absent;
}

struct core_changes
core_changes(const struct core *c)
{
	return (struct core_changes){
	    .points = c->state.changed.list,
	    .devices = c->changed_devices.list,
	    .alarms = c->changed_alarms.list,
	    .point_count = c->state.changed.count,
	    .device_count = c->changed_devices.count,
	    .alarm_count = c->changed_alarms.count,
	};
}

void
core_changes_clear(struct core *c, const struct now *now)
{
	state_told(&c->state, now->mono);
	changes_clear(&c->changed_devices);
	changes_clear(&c->changed_alarms);
}

/* A state that the device says in words which the profile does not list: these. */
static const char *
unlisted_text(const struct core *c, size_t point)
{
	bool unlisted = c->state.points[point].defect == DEFECT_UNKNOWN_WORD;
	uint32_t text = c->state.specs[point]->texts != NULL ? c->kept[point].text : 0;

	return unlisted && text != 0 ? c->texts[text - 1] : NULL;
}

char *
core_value_text(const struct core *c, size_t point, char buf[VALUE_TEXT_MAX])
{
	const struct point_state *p = &c->state.points[point];
	const char *unlisted = unlisted_text(c, point);
	char number[NUMBER_TEXT_MAX];

	if (unlisted != NULL)
		text_printf(buf, VALUE_TEXT_MAX, "unknown(%s)", unlisted);
	else if (!state_says_something(p))
		buf[0] = '\0';
	else if (c->state.specs[point]->words != NULL)
		sentence_word(c->state.specs[point], p->value, buf, VALUE_TEXT_MAX);
	else
		text_copy(buf, VALUE_TEXT_MAX, number_text(p->value, number));
	return buf;
}
