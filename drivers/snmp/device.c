/* One polled device: its batons, one after the other, and what the driver is told of it. */
#include "base/arena.h"
#include "drivers/snmp/device_i.h"

#include <stdlib.h>

/* Where a profile says nothing. */
#define VARBINDS_DEFAULT 10

/* ---- the answers of a baton ----------------------------------------------------------------- */

void
device_settle(struct device *d, size_t ask, enum answer_status status, uint8_t code, mono_t now)
{
	struct answer *a = &d->baton->answers[ask];

	a->status = status;
	a->code = code;
	a->at = now;
	d->settled[ask] = true;
	d->refused += status == ANSWER_REFUSED;
	d->garbled += status == ANSWER_GARBLED;
}

static void next_baton(struct device *d, mono_t now);

/* Left alone for now because of what it said before: settled without an answer. */
static bool
is_paused(const struct device *d, size_t ask)
{
	return d->settled[ask] && d->baton->answers[ask].status == ANSWER_NONE;
}

/*
 * What is left alone counts as refused only beside a reply of this cycle: a refusal says that the
 * device lives, and memory cannot say that.
 */
static void
repeat_refusals(struct device *d, mono_t now)
{
	const struct baton *b = d->baton;

	for (size_t i = 0; i < b->ask_count; i++) {
		const struct shun *s = shun_find(&d->shuns, b->asks[i].oid);

		if (!is_paused(d, i) || s == NULL || s->code == 0)
			continue;
		b->answers[i].status = ANSWER_REFUSED;
		b->answers[i].code = s->code;
		b->answers[i].at = now;
	}
}

void
device_home(struct device *d, mono_t now)
{
	struct baton *b = d->baton;

	if (d->heard)
		repeat_refusals(d, now);
	d->baton = NULL;
	mailbox_put(d->answers, &b->mail);
	next_baton(d, now);
}

/* ---- batons --------------------------------------------------------------------------------- */

/* The most urgent one, the oldest of these. */
static struct baton *
take_waiting(struct device *d)
{
	struct mail **best = &d->waiting, *m;

	if (d->waiting == NULL)
		return NULL;
	for (struct mail **at = &d->waiting; *at != NULL; at = &(*at)->next)
		if (((struct baton *)*at)->urgency < ((struct baton *)*best)->urgency)
			best = at;
	m = *best;
	*best = m->next;
	m->next = NULL;
	return (struct baton *)m;
}

/* Nothing else to ask: the one whose turn is longest ago, or nobody would see whether it lives. */
static void
wake_paused(struct device *d)
{
	const struct baton *b = d->baton;
	const struct shun *oldest = NULL;
	size_t chosen = 0;

	for (size_t i = 0; i < b->ask_count; i++) {
		const struct shun *s = shun_find(&d->shuns, b->asks[i].oid);

		if (!d->settled[i])
			return;
		if (!is_paused(d, i) ||
		    (oldest != NULL && !mono_before(s->asked_at, oldest->asked_at)))
			continue;
		oldest = s;
		chosen = i;
	}
	if (oldest != NULL)
		d->settled[chosen] = false;
}

/* Nothing is asked that cannot be, or that was refused lately. */
static void
prepare(struct device *d, struct baton *b, mono_t now)
{
	const struct shun *s;

	if (b->ask_count > d->settled_room) {
		d->settled_room = b->ask_count;
		d->settled = xrealloc(d->settled, d->settled_room, sizeof(*d->settled));
	}
	d->walking = false;
	for (size_t i = 0; i < b->ask_count; i++) {
		struct answer *a = &b->answers[i];

		if (b->asks[i].anew)
			shun_drop(&d->shuns, b->asks[i].oid);
		a->status = ANSWER_NONE;
		a->code = 0;
		a->took_us = 0;
		a->at = now;
		if (b->asks[i].oid == NULL || b->asks[i].oid->length < 2 ||
		    b->asks[i].oid->length > OID_SUBS_MAX) {
			device_settle(d, i, ANSWER_GARBLED, 0, now);
			continue;
		}
		s = shun_find(&d->shuns, b->asks[i].oid);
		d->settled[i] = s != NULL && s->code != 0 && mono_before(now, s->until);
	}
	wake_paused(d);
}

static void
next_baton(struct device *d, mono_t now)
{
	struct baton *b = take_waiting(d);

	if (b == NULL)
		return;
	d->baton = b;
	d->deadline = mono_add_ms(now, b->budget_ms);
	d->silences = 0;
	d->heard = false;
	prepare(d, b, now);
	device_ask(d, now);
}

void
device_submit(struct device *d, struct baton *b)
{
	struct mail **end = &d->waiting;

	while (*end != NULL)
		end = &(*end)->next;
	b->mail.next = NULL;
	*end = &b->mail;
	if (d->baton == NULL)
		next_baton(d, clock_mono());
}

/* ---- life ----------------------------------------------------------------------------------- */

/* Labels of rows are asked beside the points. */
static size_t
slots_of(const struct profile *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->table_count; i++)
		n += p->tables[i].asked ? p->tables[i].row_count : 0;
	return n;
}

struct device *
device_open(const struct device_spec *spec, struct communities *communities,
    struct mailbox *answers, char *err, size_t err_size)
{
	const struct profile *profile = spec->profile;
	unsigned varbinds =
	    profile->snmp.max_varbinds > 0 ? profile->snmp.max_varbinds : VARBINDS_DEFAULT;
	struct device *d = xcalloc(1, sizeof(*d));

	d->spec = spec;
	d->answers = answers;
	d->asker =
	    asker_open(spec->name, spec->snmp, communities, device_answered, d, err, err_size);
	if (d->asker == NULL) {
		free(d);
		return NULL;
	}
	batch_init(&d->batch, varbinds);
	batch_init(&d->bulk, spec->snmp->version == SNMP_V1 ? 1 : varbinds);
	d->flight = xcalloc(varbinds, sizeof(*d->flight));
	d->names = xcalloc(varbinds, sizeof(const struct oid *));
	d->shuns.room = profile->point_count + profile->fact_count + slots_of(profile);
	return d;
}

static void
send_home_unasked(struct device *d, struct baton *b)
{
	mono_t now = clock_mono();

	for (size_t i = 0; i < b->ask_count; i++) {
		b->answers[i].status = ANSWER_NONE;
		b->answers[i].at = now;
	}
	mailbox_put(d->answers, &b->mail);
}

void
device_close(struct device *d)
{
	struct baton *b;

	if (d == NULL)
		return;
	asker_close(d->asker);
	if (d->baton != NULL)
		mailbox_put(d->answers, &d->baton->mail); /* what is settled is true */
	while ((b = take_waiting(d)) != NULL)
		send_home_unasked(d, b);
	free(d->settled);
	free(d->flight);
	free(d->names);
	free(d->shuns.items);
	free(d->walk);
	free(d);
}

void
device_report(const struct device *d, struct device_report *out)
{
	*out = (struct device_report){.condition = d->condition,
	    .text = d->text,
	    .refused = d->refused,
	    .garbled = d->garbled,
	    .batch = d->batch.size};
	asker_stats(d->asker, &out->wire);
	out->garbled += out->wire.garbled;
}
