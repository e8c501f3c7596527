/* When each device is asked: beats, probes of what is lost, polls on demand. */
#include "core/poller_private.h"

/* ---- time ------------------------------------------------------------------------------------ */

/* The first poll of all comes within this time, however slow the device's rhythm is. */
#define FIRST_SPREAD_MS 2000

mono_t
poller_tick_up(mono_t t)
{
	int64_t over = t.us % POLLER_TICK_US;

	return over == 0 || t.us == MONO_NEVER.us ? t : (mono_t){t.us + POLLER_TICK_US - over};
}

/* The first beat after `now`. */
mono_t
poll_next_beat(const struct poll *q, mono_t now)
{
	int64_t period_us = q->period_ms * 1000;
	mono_t beat = q->first;

	if (!mono_before(now, beat))
		beat.us += ((now.us - beat.us) / period_us + 1) * period_us;
	return q->index == POLL_FAST ? beat : poller_tick_up(beat);
}

/* xorshift32 (Marsaglia 2003): spreading polls needs no better one. */
static uint32_t
roll(struct poller *p)
{
	p->random ^= p->random << 13;
	p->random ^= p->random >> 17;
	p->random ^= p->random << 5;
	return p->random;
}

/*
 * 75 to 100 % of the back-off after the latest try began, so that devices lost together do not come
 * back in step.
 */
mono_t
poller_after_backoff(struct poller *p, int64_t backoff_ms, mono_t began, mono_t now)
{
	int64_t pause_ms = backoff_ms * 3 / 4 + (int64_t)(roll(p) % 1024) * backoff_ms / 4096;
	mono_t at = mono_add_ms(began, pause_ms), least = mono_add_ms(now, POLLER_PAUSE_MIN_MS);

	return poller_tick_up(mono_before(at, least) ? least : at);
}

/* ---- life ------------------------------------------------------------------------------------ */

bool
poll_has_questions(const struct poll *q)
{
	return plan_has_questions(q->plan);
}

static struct rows *
rows_of(const struct poller *p, size_t device)
{
	return p->rows != NULL ? p->rows[device] : NULL;
}

/* The polls of an earlier device that begin as those of this one: of the same profile. */
static const struct unit_polls *
alike(const struct poller *p, size_t device)
{
	const struct device_spec *d = p->site->devices;

	if (rows_of(p, device) != NULL)
		return NULL;
	for (size_t i = 0; i < device; i++)
		if (d[i].profile == d[device].profile && rows_of(p, i) == NULL)
			return &p->units[i];
	return NULL;
}

void
poller_init(struct poller *p, struct arena *a, uint32_t seed)
{
	const struct site *s = p->site;

	p->random = seed != 0 ? seed : 1;
	p->rooms.arena = a;
	p->units = arena_array(a, s->device_count, sizeof(*p->units));
	p->on_link = arena_array(a, s->link_count, sizeof(*p->on_link));
	for (size_t d = 0; d < s->device_count; d++)
		if (s->devices[d].link != NO_INDEX)
			p->on_link[s->devices[d].link]++;
	for (size_t d = 0; d < s->device_count; d++) {
		struct unit_polls *u = &p->units[d];
		const struct unit_polls *like = alike(p, d);

		u->probe_due = MONO_NEVER;
		for (unsigned i = 0; i < POLL_COUNT; i++)
			poll_init(&u->polls[i], &p->rooms, s, d, i, rows_of(p, d),
			    like != NULL ? &like->polls[i] : NULL);
		while (u->contact < POLL_FACTS && !poll_has_questions(&u->polls[u->contact]))
			u->contact++;
	}
	rooms_open(&p->rooms);
}

void
poller_set_due(struct poller *p, struct poll *q, mono_t due)
{
	q->due = due;
	if (q->index < POLL_CLASS_COUNT)
		p->devices[q->baton.device].due[q->index] = due;
}

/*
 * Where a value stands in its device may change with what the rows poll brings, so nothing else is
 * out beside it: it starts when all are home, and from its time on the others wait for it.
 */
static bool
rows_allow(const struct unit_polls *u, const struct poll *q, mono_t now)
{
	const struct poll *rows = &u->polls[POLL_ROWS];

	if (q == rows)
		return u->out == 0;
	return !rows->out && mono_before(now, rows->due);
}

/* May this poll start at its time, the device being as it is? One that may not is held. */
static bool
may_start(const struct poller *p, const struct poll *q, mono_t now)
{
	const struct unit_polls *u = &p->units[q->baton.device];

	switch (p->devices[q->baton.device].phase) {
	case DEVICE_ONLINE:
		return rows_allow(u, q, now);
	case DEVICE_UNKNOWN:
	case DEVICE_FAILING:
		return u->out == 0 && q->index != POLL_ROWS;
	case DEVICE_LOST:
	case DEVICE_PHASE_COUNT:
		break;
	}
	return false;
}

/* Sets the device's timer to the next moment at which poller_turn() has something to do. */
void
poller_schedule(struct poller *p, size_t device)
{
	const struct unit_polls *u = &p->units[device];
	mono_t next = u->out == 0 ? u->probe_due : MONO_NEVER;

	for (unsigned i = 0; i < POLL_COUNT; i++)
		if (may_start(p, &u->polls[i], u->polls[i].due))
			next = mono_min(next, u->polls[i].due);
	timers_set(p->timers, device, next);
}

/* Nobody else is held up by its polls, nor they by others. */
static bool
is_alone_on_wire(const struct poller *p, size_t device)
{
	const struct device_spec *d = &p->site->devices[device];

	return d->snmp != NULL || (d->link != NO_INDEX && p->on_link[d->link] == 1);
}

/*
 * In a small room each beat would be a waking of its own, so those of some devices are one, on a
 * tick. A fast beat off the grid (70 ms), or of a shared wire, is its own.
 */
static bool
goes_together(const struct poller *p, size_t device, const struct poll *q)
{
	return q->index < POLL_CLASS_COUNT && poll_has_questions(q) && q->period_ms > 0 &&
	       q->period_ms * 1000 % POLLER_TICK_US == 0 && is_alone_on_wire(p, device);
}

/* The first beat at or after `now`, at that share (of 2^32) of the period. */
static mono_t
first_together(const struct poll *q, uint32_t share, mono_t now)
{
	uint64_t ticks = (uint64_t)(q->period_ms * 1000 / POLLER_TICK_US);

	return (mono_t){poller_tick_up(now).us + (int64_t)(ticks * share >> 32) * POLLER_TICK_US};
}

void
poller_start(struct poller *p, mono_t now)
{
	/* Steps of the golden section spread any number of devices evenly over the circle. */
	const uint32_t golden = 2654435769u;
	uint32_t turn = roll(p), begin = turn, together[POLL_CLASS_COUNT] = {0};

	p->started = true;
	for (size_t d = 0; d < p->site->device_count; d++, turn += golden) {
		struct unit_polls *u = &p->units[d];
		double share = turn / 4294967296.0;

		for (unsigned i = 0; i < POLL_COUNT; i++) {
			struct poll *q = &u->polls[i];

			q->first = mono_add_ms(now, (int64_t)((double)q->period_ms * share));
			if (goes_together(p, d, q))
				q->first = first_together(
				    q, begin + together[i]++ / POLLER_TOGETHER * golden, now);
			if (i != u->contact || i >= POLL_CLASS_COUNT)
				continue;
			poller_set_due(p, q,
			    mono_min(poll_next_beat(q, now),
				poller_tick_up(
				    mono_add_ms(now, (int64_t)(FIRST_SPREAD_MS * share)))));
		}
		poller_schedule(p, d);
	}
}

/* ---- going out ------------------------------------------------------------------------------- */

static void
send_out(struct poller *p, struct poll *q, mono_t now)
{
	size_t device = (size_t)q->baton.device;

	q->cycle = ++p->devices[device].cycles;
	q->baton.cycle = q->cycle;
	q->out = true;
	q->sent_at = now;
	p->units[device].out++;
	p->submit(p->arg, &q->baton);
}

static void
start(struct poller *p, struct poll *q, mono_t now)
{
	poller_set_due(p, q, q->period_ms == 0 ? MONO_NEVER : poll_next_beat(q, now));
	if (q->out) {
		p->devices[q->baton.device].stats.skipped++;
		return;
	}
	if (q->index != POLL_RECORDS)
		poll_load(q, now);
	else if (!poll_load_again(q))
		return;
	if (q->baton.ask_count > 0)
		send_out(p, q, now);
}

/*
 * Is a's cheapest question a better probe than b's: not refused, missed less often, then as within
 * a class? A refused one comes last: its driver may not even send it.
 */
static bool
is_better_probe(const struct poll *a, const struct poll *b)
{
	const struct plan_ask *x = &a->plan->asks[plan_probe(a->plan)];
	const struct plan_ask *y = &b->plan->asks[plan_probe(b->plan)];

	if (x->refused == y->refused && a->misses != b->misses)
		return a->misses < b->misses;
	return plan_is_better_probe(x, y);
}

/* The class that is most likely to be answered. */
struct poll *
poller_probe_of(struct unit_polls *u)
{
	struct poll *best = NULL;

	for (unsigned i = 0; i < POLL_CLASS_COUNT; i++) {
		struct poll *q = &u->polls[i];

		if (poll_has_questions(q) && (best == NULL || is_better_probe(q, best)))
			best = q;
	}
	return best;
}

static void
probe(struct poller *p, struct unit_polls *u, mono_t now)
{
	struct poll *q = poller_probe_of(u);

	u->probe_due = MONO_NEVER;
	if (q == NULL)
		return;
	poll_load_probe(q);
	send_out(p, q, now);
}

void
poller_turn(struct poller *p, size_t device, mono_t now)
{
	struct unit_polls *u = &p->units[device];

	if (u->out == 0 && !mono_before(now, u->probe_due))
		probe(p, u, now);
	/* From the poll that is to be confirmed on, so that it goes before the others. */
	for (unsigned n = 0; n < POLL_COUNT; n++) {
		struct poll *q = &u->polls[(u->confirm + n) % POLL_COUNT];

		if (!mono_before(now, q->due) && may_start(p, q, now))
			start(p, q, now);
	}
	poller_schedule(p, device);
}

/* ---- on demand ------------------------------------------------------------------------------- */

static void
ask_classes(struct poller *p, struct unit_polls *u, bool all, mono_t now)
{
	for (unsigned i = 0; i < POLL_CLASS_COUNT; i++) {
		if ((!all && i != u->contact) || !poll_has_questions(&u->polls[i]))
			continue;
		if (u->polls[i].out)
			u->polls[i].once_more = true;
		else
			poller_set_due(p, &u->polls[i], now);
	}
}

void
poller_ask_points(struct poller *p, size_t device, mono_t now)
{
	ask_classes(p, &p->units[device], true, now);
	poller_schedule(p, device);
}

void
poller_ask_now(struct poller *p, size_t device, bool all, mono_t now)
{
	struct unit_polls *u = &p->units[device];
	struct device_state *d = &p->devices[device];

	switch (d->phase) {
	case DEVICE_LOST:
		d->backoff_ms = POLLER_BACKOFF_FIRST_MS;
		u->probe_due = now; /* where one is out: after it */
		break;
	case DEVICE_UNKNOWN:
		if (u->contact < POLL_FACTS)
			poller_set_due(p, &u->polls[u->contact], now);
		break;
	case DEVICE_ONLINE:
	case DEVICE_FAILING:
		ask_classes(p, u, all, now);
		if (all)
			poller_ask_rows(p, device, now);
		break;
	case DEVICE_PHASE_COUNT:
		break;
	}
	poller_schedule(p, device);
}

void
poller_ask_records(struct poller *p, size_t device, mono_t at)
{
	poller_set_due(p, &p->units[device].polls[POLL_RECORDS], at);
	poller_schedule(p, device);
}

void
poller_ask_rows(struct poller *p, size_t device, mono_t at)
{
	struct poll *q = &p->units[device].polls[POLL_ROWS];

	if (!poll_has_questions(q))
		return;
	if (q->out)
		q->once_more = true;
	else
		poller_set_due(p, q, at);
	poller_schedule(p, device);
}

int64_t
poller_verdict_ms(const struct poller *p, size_t device)
{
	const struct unit_polls *u = &p->units[device];
	const struct poll *q = &u->polls[u->contact < POLL_FACTS ? u->contact : 0];

	return 2 * q->timeout_ms * (q->retries + 1) * p->site->devices[device].lost_after;
}
