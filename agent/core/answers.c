/* What comes home becomes values and facts; what does not come grows old. */
#include "core/core_private.h"

#include "base/text.h"

#include <string.h>

/* ---- points ---------------------------------------------------------------------------------- */

static void
keep_text(struct core *c, size_t point, const struct source *at, struct raw raw)
{
	struct kept_answer *k = &c->kept[point];

	if (k->text == 0)
		k->text = ++c->text_count;
	decode_raw_text(at, raw, c->texts[k->text - 1], KEPT_TEXT_MAX);
}

static void
keep_answer(struct kept_answer *k, const struct source *at, struct raw raw)
{
	*k = (struct kept_answer){.kind = KEPT_NOTHING, .text = k->text};
	if (raw.words != NULL) {
		size_t room = sizeof(k->number.words) / sizeof(k->number.words[0]);

		k->kind = KEPT_WORDS;
		memcpy(k->number.words, raw.words,
		    (at->count < room ? at->count : room) * sizeof(uint16_t));
		return;
	}
	if (raw.snmp == NULL)
		return;
	k->kind = KEPT_SNMP;
	k->type = raw.snmp->type;
	if (k->type == SNMP_TYPE_SIGNED)
		k->number.i = raw.snmp->i;
	else if (k->type == SNMP_TYPE_UNSIGNED)
		k->number.u = raw.snmp->u;
	else if (k->type == SNMP_TYPE_FLOAT)
		k->number.f = raw.snmp->f;
	else if (k->type == SNMP_TYPE_BYTES && raw.snmp->length <= sizeof(k->number.bytes)) {
		k->length = (uint8_t)raw.snmp->length;
		memcpy(k->number.bytes, raw.snmp->bytes, k->length);
	}
}

/* The answer's own time, if the driver gave one that can be true. */
static mono_t
time_of(const struct answer *a, const struct now *now)
{
	return a->at.us > 0 && !mono_before(now->mono, a->at) ? a->at : now->mono;
}

static struct raw
raw_of(const struct poll *q, size_t answer, size_t item)
{
	const struct answer *a = &q->baton.answers[answer];

	if (table_gives_value(q->baton.asks[answer].table))
		return (struct raw){.snmp = a->value};
	return (struct raw){.words = a->words + plan_offset(q->plan, q->sent[answer], item)};
}

/*
 * Is this refusal the last word on its values, or will the question be split? One that a driver
 * left out because the device refuses it is refused still, also after the device was away.
 */
static bool
is_final_refusal(const struct poll *q, size_t answer)
{
	const struct answer *a = &q->baton.answers[answer];

	if (a->status == ANSWER_NONE)
		return q->plan->asks[q->sent[answer]].refused;
	if (a->status != ANSWER_REFUSED)
		return false;
	switch (refusal_of(q->baton.asks[answer].table, a->code)) {
	case REFUSAL_FUNCTION:
		return true;
	case REFUSAL_ADDRESS:
		return !plan_splits(q->plan, q->sent[answer]);
	case REFUSAL_NOT_NOW:
	case REFUSAL_ABSENT:
		break;
	}
	return false;
}

/* Only what keep_answer() cannot keep, or each sample would cost a text that nobody looks at. */
static bool
is_text(struct raw raw)
{
	return raw.snmp != NULL &&
	       (raw.snmp->type == SNMP_TYPE_BYTES || raw.snmp->type == SNMP_TYPE_NAME);
}

static void
take_value(struct core *c, struct poll *q, size_t answer, size_t item, const struct now *now)
{
	const struct answer *a = &q->baton.answers[answer];
	size_t point = c->site->devices[q->baton.device].first_point + q->plan->items[item].index;
	const struct point_spec *spec = c->state.specs[point];
	struct raw raw = raw_of(q, answer, item);
	mono_t at = time_of(a, now);
	struct sample sample;

	if (is_text(raw))
		keep_text(c, point, &spec->at, raw);
	keep_answer(&c->kept[point], &spec->at, raw);
	needs_brought(c, point);
	if (spec->needs == NULL)
		decode_point(spec, raw, &sample);
	else if (!needs_decode(c, point, raw, at, &sample))
		return;
	state_put(&c->state, point, &sample, at, q->period_ms, now);
}

static void
take_refusal(struct core *c, struct poll *q, size_t answer, size_t item, const struct now *now)
{
	const struct answer *a = &q->baton.answers[answer];
	size_t point = c->site->devices[q->baton.device].first_point + q->plan->items[item].index;
	const struct sample refused = {.defect = DEFECT_REFUSED};

	/* One that was not sent because of an earlier refusal says nothing new. */
	if (a->status == ANSWER_REFUSED) {
		c->kept[point].kind = KEPT_REFUSED;
		c->kept[point].code = a->code;
	} else if (c->kept[point].kind != KEPT_REFUSED)
		c->kept[point].kind = KEPT_NOTHING;
	state_put(&c->state, point, &refused, now->mono, q->period_ms, now);
}

/* When something of this device grows old, or has been silent for too long, if no sample comes. */
static mono_t
grows_old(const struct core *c, size_t device, mono_t now)
{
	const struct device_spec *d = &c->site->devices[device];
	/* Also where all rows are gone: one that comes back is to be heard of in time. */
	mono_t next = mono_add_ms(now, CORE_MAX_SILENCE_MS);

	for (size_t i = 0; i < d->profile->point_count; i++) {
		size_t point = d->first_point + i;

		if (c->state.points[point].absent && !c->state.changed.in[point])
			continue;
		next = mono_min(next, state_deadline(&c->state, point,
					  d->stale_after_ms[d->profile->points[i].poll], now));
	}
	return next;
}

/*
 * The keep timer must be no later than what has just been read grows stale. Where it would go off
 * before the next poll is home, it would mostly find nothing to do: then it is set anew.
 */
static void
keep_by(struct core *c, const struct poll *q, mono_t now)
{
	size_t device = (size_t)q->baton.device, timer = core_timer(c, TIMER_KEEP, device);
	mono_t stale = mono_add_ms(now, c->site->devices[device].stale_after_ms[q->index]);
	mono_t by = mono_min(stale, c->timers.at[timer]), old;

	if (mono_before(by, mono_add_ms(now, q->period_ms * 5 / 4))) {
		old = grows_old(c, device, now);
		by = mono_before(by, old) ? old : by;
	}
	timers_set(&c->timers, timer, by);
}

/* What needs another point is not believed any more when that one says so, asked now or not. */
static void
judge_guarded(struct core *c, size_t guard, const struct now *now)
{
	const struct sample invalid = {.defect = DEFECT_NOT_VALID};
	size_t count;
	const uint32_t *points = needs_guarded(c, guard, &count);

	for (size_t i = 0; i < count; i++) {
		size_t point = points[i];

		if (c->state.points[point].quality != QUALITY_GOOD || needs_valid(c, point))
			continue;
		state_put(&c->state, point, &invalid, now->mono, 0, now);
		alarms_judge_point(c, point, now);
	}
}

/* The points with needs, or those without. */
static void
take_items(struct core *c, struct poll *q, bool needy, const struct now *now)
{
	size_t device = (size_t)q->baton.device;
	const struct device_spec *d = &c->site->devices[device];

	for (size_t i = 0; i < q->baton.ask_count; i++) {
		const struct plan_ask *ask = &q->plan->asks[q->sent[i]];
		bool ok = q->baton.answers[i].status == ANSWER_OK;
		bool refused = is_final_refusal(q, i);

		for (size_t item = ask->first; item < (size_t)ask->first + ask->count; item++) {
			size_t index = q->plan->items[item].index;

			if (index >= PLAN_LABEL ||
			    (d->profile->points[index].needs != NULL) != needy)
				continue;
			if (!rows_allow_answer(c, device, index, &q->baton.answers[i])) {
				/* Behind its label because it had failed: in front of it now. */
				q->once_more |= ok && ask->fails > 0;
				continue;
			}
			if (ok)
				take_value(c, q, i, item, now);
			else if (refused)
				take_refusal(c, q, i, item, now);
			/* Without an answer as well: that a value is missing is judged too. */
			alarms_judge_point(c, d->first_point + index, now);
			judge_guarded(c, d->first_point + index, now);
		}
	}
}

void
core_take_points(struct core *c, struct poll *q, const struct now *now)
{
	size_t device = (size_t)q->baton.device;

	if (c->rows[device] != NULL)
		rows_prove(c, q, now);
	needs_begin(c);
	take_items(c, q, false, now);
	if (q->plan->needy)
		take_items(c, q, true, now);
	keep_by(c, q, now->mono);
}

/* ---- facts ----------------------------------------------------------------------------------- */

static void
tell_identity(struct core *c, size_t device, const char *changes, const struct now *now)
{
	struct sentence s = core_sentence(c, device);
	struct event e = {.type = EVENT_DEVICE, .priority = PRIORITY_MEDIUM};

	core_event_device(c, &e, device);
	text_copy(e.to, sizeof(e.to), "identity_changed");
	sentence_identity(&s, changes, e.text, sizeof(e.text));
	core_event(c, &e, NULL, now);
}

void
core_take_facts(struct core *c, struct poll *q, const struct now *now)
{
	size_t device = (size_t)q->baton.device;
	const struct profile *p = c->site->devices[device].profile;
	char changes[EVENT_TEXT_MAX] = "", text[FACT_TEXT_MAX];

	for (size_t i = 0; i < q->baton.ask_count; i++) {
		const struct plan_ask *ask = &q->plan->asks[q->sent[i]];

		if (q->baton.answers[i].status != ANSWER_OK)
			continue;
		for (size_t item = ask->first; item < (size_t)ask->first + ask->count; item++) {
			size_t fact = q->plan->items[item].index;
			char *known = c->devices[device].facts[fact];

			if (!decode_fact(&p->facts[fact], raw_of(q, i, item), text, sizeof(text)) ||
			    strcmp(known, text) == 0)
				continue;
			if (known[0] != '\0')
				text_append(changes, sizeof(changes), "%s%s \"%s\" -> \"%s\"",
				    changes[0] != '\0' ? ", " : "", p->facts[fact].name, known,
				    text);
			text_copy(known, FACT_TEXT_MAX, text);
			changes_add(&c->changed_devices, device);
		}
	}
	if (changes[0] != '\0')
		tell_identity(c, device, changes, now);
}

/* ---- growing old ----------------------------------------------------------------------------- */

void
core_keep(struct core *c, size_t device, const struct now *now)
{
	const struct device_spec *d = &c->site->devices[device];
	/* Never at once again: what is due now is done now. */
	const mono_t least = {now->mono.us + 1};
	mono_t next;

	for (size_t i = 0; i < d->profile->point_count; i++) {
		size_t point = d->first_point + i;

		if (c->state.points[point].absent && !c->state.changed.in[point])
			continue;
		if (state_stale(&c->state, point, d->stale_after_ms[d->profile->points[i].poll],
			now->mono)) {
			alarms_judge_point(c, point, now);
			judge_guarded(c, point, now);
		}
		state_silence(&c->state, point, now->mono);
	}
	next = grows_old(c, device, now->mono);
	timers_set(&c->timers, core_timer(c, TIMER_KEEP, device),
	    poller_tick_up(mono_before(next, least) ? least : next));
}
