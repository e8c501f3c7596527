/* Whether a device is there: what a poll that came home means for its phase. */
#include "core/poller_private.h"

#include "core/state.h"

/* The one place where a phase changes. */
static void
set_phase(struct poller *p, size_t device, enum device_phase phase, const struct now *now)
{
	struct device_state *d = &p->devices[device];

	if (d->phase == phase)
		return;
	d->phase = phase;
	d->since = now->mono;
	d->since_wall = now->wall;
	changes_add(p->changed, device);
}

/* First sign of life: everything is read at once, but what was just read. */
static void
come_online(struct poller *p, struct poll *answered, mono_t now)
{
	struct unit_polls *u = &p->units[answered->baton.device];

	u->probe_due = MONO_NEVER;
	for (unsigned i = 0; i < POLL_COUNT; i++) {
		struct poll *q = &u->polls[i];

		plan_forgive(q->plan);
		if (!poll_has_questions(q))
			continue;
		if (q->out || (q == answered && !q->probe))
			poller_set_due(
			    p, q, q->index == POLL_FACTS ? MONO_NEVER : poll_next_beat(q, now));
		else
			poller_set_due(p, q, now);
	}
}

static enum poller_news
alive(struct poller *p, struct poll *q, const struct now *now)
{
	size_t device = (size_t)q->baton.device;
	struct device_state *d = &p->devices[device];
	struct unit_polls *u = &p->units[device];
	enum device_phase was = d->phase;

	q->misses = 0;
	d->last_good = now->mono;
	d->fails = 0;
	d->backoff_ms = 0;
	set_phase(p, device, DEVICE_ONLINE, now);
	/* What failed is asked once more, if that was new. */
	if (was == DEVICE_FAILING && u->failed != q->index && u->polls[u->failed].misses == 1)
		poller_set_due(p, &u->polls[u->failed], now->mono);
	if (was != DEVICE_UNKNOWN && was != DEVICE_LOST)
		return POLLER_ALIVE;
	come_online(p, q, now->mono);
	return POLLER_CAME;
}

static void
lose(struct poller *p, size_t device, const struct now *now)
{
	struct unit_polls *u = &p->units[device];

	set_phase(p, device, DEVICE_LOST, now);
	for (unsigned i = 0; i < POLL_COUNT; i++)
		poller_set_due(p, &u->polls[i], MONO_NEVER);
	p->devices[device].backoff_ms = POLLER_BACKOFF_FIRST_MS;
}

/* One more poll at once, by the class that is most likely to be answered. */
static void
confirm(struct poller *p, struct poll *failed, mono_t now)
{
	struct unit_polls *u = &p->units[failed->baton.device];
	struct poll *q = poller_probe_of(u);

	u->failed = failed->index;
	u->confirm = q != NULL && !q->out ? q->index : failed->index;
	poller_set_due(p, &u->polls[u->confirm], now);
}

static enum poller_news
dead(struct poller *p, struct poll *q, const struct now *now)
{
	size_t device = (size_t)q->baton.device;
	struct device_state *d = &p->devices[device];
	struct unit_polls *u = &p->units[device];

	q->misses++;
	if (d->fails > 0 && mono_before(q->sent_at, u->failed_at))
		return POLLER_MUTE; /* was out when the last one failed: the same silence */
	u->failed_at = now->mono;
	d->fails++;
	if (d->phase == DEVICE_LOST) {
		d->backoff_ms *= 2;
		if (d->backoff_ms > POLLER_BACKOFF_MAX_MS)
			d->backoff_ms = POLLER_BACKOFF_MAX_MS;
		return POLLER_FAILED;
	}
	if (d->fails >= p->site->devices[device].lost_after) {
		lose(p, device, now);
		return POLLER_LOST;
	}
	if (d->fails == 1)
		confirm(p, q, now->mono);
	if (d->phase == DEVICE_ONLINE)
		set_phase(p, device, DEVICE_FAILING, now);
	return POLLER_FAILED;
}

static struct poll *
poll_of(struct poller *p, struct baton *b)
{
	if (b->device < 0 || (size_t)b->device >= p->site->device_count)
		return NULL;
	for (unsigned i = 0; i < POLL_COUNT; i++) {
		struct poll *q = &p->units[b->device].polls[i];

		/* The cycle tells this question round from one that was answered already. */
		if (&q->baton == b)
			return q->out && b->cycle == q->cycle ? q : NULL;
	}
	return NULL;
}

enum poller_news
poller_answer(struct poller *p, struct baton *b, const struct now *now, struct poll **home)
{
	struct poll *q = poll_of(p, b);
	struct poll_verdict v;

	if (q == NULL)
		return POLLER_STRAY;
	*home = q;
	q->out = false;
	p->units[b->device].out--;
	v = poll_judge(b);
	poll_count(q, &v, &p->devices[b->device], now->mono);
	switch (v.result) {
	case POLL_ALIVE:
		return alive(p, q, now);
	case POLL_DEAD:
		p->devices[b->device].fault = v.worst;
		p->devices[b->device].fault_code = v.code;
		return dead(p, q, now);
	case POLL_UNASKED:
		break;
	}
	return POLLER_MUTE;
}

static bool
fact_is_open(const struct poll *q)
{
	for (size_t i = 0; i < q->baton.ask_count; i++)
		if (q->baton.answers[i].status != ANSWER_OK &&
		    q->baton.answers[i].status != ANSWER_REFUSED)
			return true;
	return false;
}

void
poller_settle(struct poller *p, struct poll *q, mono_t now)
{
	size_t device = (size_t)q->baton.device;
	const struct device_state *d = &p->devices[device];
	struct unit_polls *u = &p->units[device];
	bool open = q->index == POLL_FACTS && fact_is_open(q);
	bool split = poll_learn(q, now);
	bool once_more = q->once_more;

	q->once_more = false;
	if (d->phase == DEVICE_LOST) {
		if (u->out == 0 && u->probe_due.us == MONO_NEVER.us)
			u->probe_due = poller_after_backoff(p, d->backoff_ms, q->sent_at, now);
	} else if (split || once_more)
		poller_set_due(p, q, now);
	else if (open && q->due.us == MONO_NEVER.us)
		poller_set_due(p, q, poller_tick_up(mono_add_ms(now, POLLER_FACTS_RETRY_MS)));
	poller_schedule(p, device);
}
