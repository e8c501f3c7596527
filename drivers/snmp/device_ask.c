/* Questions to a device: what of a baton is asked next, together or alone. */
#include "base/arena.h"
#include "drivers/snmp/device_i.h"

/* Where a profile says nothing. */
#define TIMEOUT_DEFAULT_MS 1000

static int64_t
timeout_of(const struct device *d)
{
	int64_t ms = d->spec->profile->snmp.timeout_ms;

	return ms > 0 ? ms : TIMEOUT_DEFAULT_MS;
}

/* The next asks that nothing is known against, up to the size of a batch. */
static size_t
choose_batch(struct device *d, mono_t now)
{
	const struct baton *b = d->baton;
	size_t n = 0, size = batch_size(&d->batch, now);

	for (size_t i = 0; i < b->ask_count && n < size; i++)
		if (!d->settled[i] && b->asks[i].walk == 0 &&
		    shun_find(&d->shuns, b->asks[i].oid) == NULL)
			d->flight[n++] = i;
	return n;
}

/* One shunned object alone: the one whose turn is longest ago. */
static size_t
choose_shunned(struct device *d, mono_t now)
{
	const struct baton *b = d->baton;
	struct shun *chosen = NULL, *s;

	for (size_t i = 0; i < b->ask_count; i++) {
		if (d->settled[i] || b->asks[i].walk != 0)
			continue;
		s = shun_find(&d->shuns, b->asks[i].oid);
		if (s == NULL || (chosen != NULL && !mono_before(s->asked_at, chosen->asked_at)))
			continue;
		chosen = s;
		d->flight[0] = i;
	}
	if (chosen == NULL)
		return 0;
	chosen->asked_at = now;
	return 1;
}

/* A column to be walked, after all else. */
static size_t
choose_walk(struct device *d)
{
	const struct baton *b = d->baton;

	for (size_t i = 0; i < b->ask_count; i++) {
		if (d->settled[i] || b->asks[i].walk == 0 || b->answers[i].walk == NULL)
			continue;
		d->flight[0] = i;
		if (d->walk == NULL)
			d->walk = xcalloc(1, sizeof(*d->walk));
		walk_begin(d->walk, b->asks[i].oid, b->answers[i].walk, b->asks[i].walk);
		d->walking = true;
		return 1;
	}
	return 0;
}

static void
ask_get(struct device *d, const struct peer_try *try)
{
	const struct pdu_question q = {.kind = PDU_GET, .oids = d->names, .count = d->flight_count};

	for (size_t i = 0; i < d->flight_count; i++)
		d->names[i] = d->baton->asks[d->flight[i]].oid;
	asker_ask(d->asker, &q, try);
}

static void
ask_walk(struct device *d, const struct peer_try *try)
{
	const struct pdu_question q = walk_ask(d->walk, d->repetitions, d->spec->snmp->version);

	asker_ask(d->asker, &q, try);
}

struct batch *
device_batch_out(struct device *d)
{
	return d->walking ? &d->bulk : &d->batch;
}

unsigned
device_size_out(const struct device *d)
{
	return d->walking ? d->repetitions : (unsigned)d->flight_count;
}

/* What is to be asked next; false: nothing is left. */
static bool
choose(struct device *d, mono_t now)
{
	if (!d->walking)
		d->flight_count = choose_batch(d, now);
	if (d->flight_count == 0)
		d->flight_count = choose_shunned(d, now);
	if (d->flight_count == 0)
		d->flight_count = choose_walk(d);
	if (d->walking)
		d->repetitions = batch_size(&d->bulk, now);
	return d->flight_count > 0;
}

void
device_ask(struct device *d, mono_t now)
{
	struct peer_try try = {.timeout_ms = timeout_of(d), .give_up = d->deadline};
	int retries = d->spec->profile->snmp.retries - d->silences;

	if (!mono_before(now, d->deadline)) {
		device_home(d, now);
		return;
	}
	if (!choose(d, now)) {
		device_home(d, now);
		return;
	}
	/* The same again makes sense only where the size cannot be the cause. */
	if (retries > 0 && batch_proven(device_batch_out(d), device_size_out(d)))
		try.retries = retries;
	if (d->walking)
		ask_walk(d, &try);
	else
		ask_get(d, &try);
}
