/* What devices say by themselves: events, held to a rate with a count, and polls. */
#include "core/traps.h"

#include "base/lang.h"
#include "base/text.h"
#include "core/core_private.h"

#include <string.h>

#define FROM_MAX 48 /* a numeric address */

/* How many of one kind were told, and what waits. */
struct bucket {
	mono_t full;     /* at this time all of the burst is there again */
	uint64_t held;   /* counted and not told */
	mono_t since;    /* the first of these */
	uint64_t number; /* of this count, with TRAP_HELD */
};

struct trap_book {
	struct bucket
	    *kinds;    /* of each device: one for each trap of its profile, one for all others */
	size_t *first; /* by device: its place in kinds; one more at the end */
	struct bucket unclear;                      /* several devices may have sent it */
	struct event last_unclear;                  /* the last of these */
	struct bucket doubts[TRAP_DOUBT_COUNT];     /* nobody of the site did */
	char last_from[TRAP_DOUBT_COUNT][FROM_MAX]; /* the last of these */
	mono_t *poked, *poke_due;                   /* by device; MONO_NEVER: not due */
	uint64_t counts;                            /* begun since the start */
};

void
traps_init(struct core *c)
{
	const struct site *s = c->site;
	struct trap_book *b;
	size_t n = 0;

	if (!s->traps.enabled)
		return;
	b = arena_alloc(c->arena, sizeof(*b));
	b->first = arena_array(c->arena, s->device_count + 1, sizeof(*b->first));
	b->poked = arena_array(c->arena, s->device_count, sizeof(*b->poked));
	b->poke_due = arena_array(c->arena, s->device_count, sizeof(*b->poke_due));
	for (size_t d = 0; d < s->device_count; d++) {
		b->first[d] = n;
		n += s->devices[d].profile->trap_count + 1;
		b->poke_due[d] = MONO_NEVER;
	}
	b->first[s->device_count] = n;
	b->kinds = arena_array(c->arena, n, sizeof(*b->kinds));
	c->traps = b;
}

/* ---- rates ----------------------------------------------------------------------------------- */

/* When the next one may be told. */
static mono_t
next_of(const struct bucket *b)
{
	return mono_add_ms(b->full, -(int64_t)(TRAPS_BURST - 1) * TRAPS_EVERY_MS);
}

/* One may be told now, and is. */
static bool
take(struct bucket *b, mono_t now)
{
	if (mono_before(now, next_of(b)))
		return false;
	if (mono_before(b->full, now))
		b->full = now;
	b->full = mono_add_ms(b->full, TRAPS_EVERY_MS);
	return true;
}

static void
wake_by(struct core *c, mono_t at)
{
	size_t timer = core_trap_timer(c);

	if (mono_before(at, c->timers.at[timer]))
		timers_set(&c->timers, timer, at);
}

/* Returns the number of the count. */
static uint64_t
hold(struct core *c, struct bucket *b, uint64_t count, mono_t now)
{
	if (b->held == 0) {
		b->since = now;
		b->number = TRAP_HELD | ++c->traps->counts;
	}
	b->held += count;
	wake_by(c, next_of(b));
	return b->number;
}

/* Asks the device now, or as soon as it may be asked again. */
static void
poke(struct core *c, size_t device, const struct now *now)
{
	struct trap_book *b = c->traps;
	mono_t least = mono_add_ms(b->poked[device], TRAPS_POKE_MS);

	if (b->poked[device].us != 0 && mono_before(now->mono, least)) {
		b->poke_due[device] = least;
		wake_by(c, least);
		return;
	}
	b->poked[device] = now->mono;
	b->poke_due[device] = MONO_NEVER;
	core_poll_now(c, (int)device, now);
}

/* ---- words ----------------------------------------------------------------------------------- */

/*
 * Places: {device} its title, {devices} names of several, {from} an address, {what} the
 * notification; {now} a sentence that is there already, {count} and {seconds}, {list} what it
 * carries.
 */
static const char *const reports = N_("{device} reports by itself: {what}.");
static const char *const unlisted =
    N_("{device} sends a notification that its profile does not list: {what}.");
static const char *const unclear =
    N_("A device at {from}, which may be {devices}, reports by itself: {what}.");
static const char *const and_more = N_("{now} {count} more of the same came within {seconds} s.");
static const char *const or_between = N_(" or ");    /* two devices */
static const char *const some = N_("notifications"); /* of a kind that has no name */
static const char *const carries = N_("{now} It says: {list}.");
static const char *const doubts[TRAP_DOUBT_COUNT] = {
    [TRAP_BELIEVED] = "",
    [TRAP_STRANGER] =
	N_("A notification came from {from}, which is no device of this site: {what}."),
    [TRAP_COMMUNITY] = N_("A notification from {from} is not believed, its community is not that "
			  "of the device there: {what}."),
    [TRAP_USER] = N_("An SNMPv3 notification from {from} cannot be read: no device of this site is "
		     "known to have its engine and user."),
    [TRAP_KEY] = N_("An SNMPv3 notification from {from} is not believed: its key or clock does not "
		    "fit, or it was damaged."),
    [TRAP_LEVEL] = N_("An SNMPv3 notification from {from} is not believed: it is not signed or "
		      "encrypted as that device should do: {what}."),
    [TRAP_GARBLED] =
	N_("Something came from {from} to where notifications are heard that is none."),
    [TRAP_LOST] = N_("Notifications were lost: more came in than could be taken."),
};

#define OID_TEXT_MAX 160
static const char *
oid_text(const struct oid *oid, char buf[OID_TEXT_MAX])
{
	text_copy(buf, OID_TEXT_MAX, "");
	for (size_t i = 0; i < oid->length; i++)
		text_append(buf, OID_TEXT_MAX, i == 0 ? "%u" : ".%u", oid->sub[i]);
	return buf;
}

#define FILL(template, e, ...)                                                                     \
	do {                                                                                       \
		const struct sentence_piece pieces_[] = {__VA_ARGS__};                             \
		sentence_fill(template, pieces_, sizeof(pieces_) / sizeof(pieces_[0]), (e)->text,  \
		    sizeof((e)->text));                                                            \
	} while (0)

static bool
same_oid(const struct oid *a, const struct oid *b)
{
	return a->length == b->length && memcmp(a->sub, b->sub, a->length * sizeof(*a->sub)) == 0;
}

/* A variable that is a point of the device, as people know it: "Battery runtime 25 min". */
static bool
add_point(const struct core *c, int device, const struct heard_variable *v, char *buf, size_t size)
{
	const struct profile *p = device != NO_INDEX ? c->site->devices[device].profile : NULL;

	for (size_t i = 0; p != NULL && i < p->point_count; i++) {
		const struct point_spec *spec = &p->points[i];
		const struct source *at = rows_place(c, (size_t)device, i);
		struct sample sample;
		char value[VALUE_TEXT_MAX];

		if (at->table != TABLE_OID || !same_oid(&at->oid, &v->oid))
			continue;
		if (spec->needs != NULL)
			continue; /* what it needs did not come along */
		decode_point(spec, (struct raw){.snmp = &v->value}, &sample);
		if (sample.defect != DEFECT_NONE)
			return false;
		sentence_value(spec, sample.value, c->site->language, value, sizeof(value));
		text_append(buf, size, "%s%s %s", buf[0] != '\0' ? ", " : "",
		    label_text(&spec->title, c->site->language), value);
		return true;
	}
	return false;
}

/* What it carries, as far as there is room: points by their names, `raw`: all else by its OID. */
static void
add_variables(
    const struct core *c, struct event *e, int device, const struct heard_trap *h, bool raw)
{
	char list[EVENT_TEXT_MAX / 2] = "", oid[OID_TEXT_MAX], value[WALK_TEXT_MAX];
	char now[EVENT_TEXT_MAX];

	for (size_t i = 0; i < h->variable_count; i++) {
		const struct heard_variable *v = &h->variables[i];

		if (add_point(c, device, v, list, sizeof(list)) || !raw)
			continue;
		decode_label(&v->value, value, sizeof(value));
		text_append(list, sizeof(list), "%s%s = %s", list[0] != '\0' ? ", " : "",
		    oid_text(&v->oid, oid), value);
	}
	if (list[0] == '\0')
		return;
	text_copy(now, sizeof(now), e->text);
	FILL(carries, e, {"now", now}, {"list", list});
}

/* ---- events ---------------------------------------------------------------------------------- */

/* Hands it out; `more`: how many others it stands for, with all that is held. */
static uint64_t
tell(struct core *c, struct event *e, struct bucket *b, uint64_t more, const struct now *now)
{
	bool held = b->held > 0;

	if (more > 0) {
		int64_t ms = b->held > 0 ? mono_ms_between(now->mono, b->since) : 0;
		char count[24], seconds[24];
		char before[EVENT_TEXT_MAX];

		text_printf(count, sizeof(count), "%llu", (unsigned long long)more);
		text_printf(
		    seconds, sizeof(seconds), "%lld", (long long)(ms + 999) / 1000 + (ms == 0));
		text_copy(before, sizeof(before), e->text);
		FILL(and_more, e, {"now", before}, {"count", count}, {"seconds", seconds});
		e->has_value = true;
		e->value = (double)more;
		e->quality = QUALITY_GOOD;
		b->held = 0;
	}
	e->type = EVENT_TRAP;
	core_event(c, e, NULL, now);
	if (held && c->out.counted != NULL)
		c->out.counted(c->out.arg, b->number, e->seq);
	return e->seq;
}

/* Kind `n` of a device: a trap of its profile, or the last one, all others. */
static void
start_of_device(const struct core *c, struct event *e, size_t device, size_t kind, const char *oid)
{
	const struct device_spec *d = &c->site->devices[device];
	const struct trap_spec *t = kind < d->profile->trap_count ? &d->profile->traps[kind] : NULL;
	enum language lang = c->site->language;

	core_event_device(c, e, device);
	if (maintenance_on(c, device) && (t == NULL || t->priority != PRIORITY_CRITICAL))
		text_copy(e->from, sizeof(e->from), "maintenance");
	FILL(t != NULL ? reports : unlisted, e, {"device", label_text(&d->title, lang)},
	    {"what", t != NULL ? label_text(&t->title, lang) : oid});
	if (t == NULL) {
		text_copy(e->word, sizeof(e->word), "unknown_trap");
		return;
	}
	e->priority = t->priority;
	text_copy(e->word, sizeof(e->word), t->name);
	text_shorten(e->remedy, sizeof(e->remedy), label_text(&t->remedy, lang));
}

static void
start_of_doubt(struct event *e, enum trap_doubt doubt, const char *from, const char *oid)
{
	e->priority = doubt == TRAP_LOST ? PRIORITY_MEDIUM : PRIORITY_LOW;
	text_copy(e->word, sizeof(e->word), "unknown_trap");
	FILL(doubts[doubt], e, {"from", from}, {"what", oid[0] != '\0' ? oid : _(some)});
}

/* ---- taking in ------------------------------------------------------------------------------- */

/* Which trap of its profile: trap_count where it is none. */
static size_t
kind_of(const struct profile *p, const struct oid *oid)
{
	size_t i = 0;

	while (i < p->trap_count && !same_oid(&p->traps[i].oid, oid))
		i++;
	return i;
}

static uint64_t
take_of_device(
    struct core *c, const struct heard_trap *h, size_t device, size_t kind, const struct now *now)
{
	const struct profile *p = c->site->devices[device].profile;
	struct bucket *b = &c->traps->kinds[c->traps->first[device] + kind];
	struct event e = {0};
	char oid[OID_TEXT_MAX];

	if (kind == p->trap_count || p->traps[kind].poll)
		poke(c, device, now);
	if (!take(b, now->mono))
		return hold(c, b, h->count, now->mono);
	start_of_device(c, &e, device, kind, oid_text(&h->oid, oid));
	add_variables(c, &e, (int)device, h, kind == p->trap_count);
	return tell(c, &e, b, b->held, now);
}

/* Several may have sent it: all of them are asked, and the event says so. */
static uint64_t
take_unclear(struct core *c, const struct heard_trap *h, bool listed, const struct now *now)
{
	struct bucket *b = &c->traps->unclear;
	struct event *e = &c->traps->last_unclear;
	char names[EVENT_TEXT_MAX / 2] = "", oid[OID_TEXT_MAX];
	const char *title = oid_text(&h->oid, oid);

	*e = (struct event){.priority = PRIORITY_LOW, .word = "unknown_trap"};
	for (size_t i = 0; i < h->device_count; i++) {
		const struct device_spec *d = &c->site->devices[h->devices[i]];
		size_t kind = kind_of(d->profile, &h->oid);

		if (listed && kind == d->profile->trap_count)
			continue;
		text_append(
		    names, sizeof(names), "%s%s", names[0] != '\0' ? _(or_between) : "", d->name);
		if (kind < d->profile->trap_count) {
			title = label_text(&d->profile->traps[kind].title, c->site->language);
			text_copy(e->word, sizeof(e->word), d->profile->traps[kind].name);
			e->priority = d->profile->traps[kind].priority;
		}
		poke(c, (size_t)h->devices[i], now);
	}
	FILL(unclear, e, {"from", h->from}, {"devices", names}, {"what", title});
	if (!take(b, now->mono))
		return hold(c, b, h->count, now->mono);
	return tell(c, e, b, b->held, now);
}

static uint64_t
take_doubtful(struct core *c, const struct heard_trap *h, const struct now *now)
{
	enum trap_doubt doubt = h->doubt == TRAP_BELIEVED ? TRAP_STRANGER : h->doubt;
	struct bucket *b = &c->traps->doubts[doubt];
	struct event e = {0};
	char oid[OID_TEXT_MAX];

	text_copy(c->traps->last_from[doubt], FROM_MAX, h->from);
	if (!take(b, now->mono))
		return hold(c, b, h->count, now->mono);
	start_of_doubt(&e, doubt, h->from, oid_text(&h->oid, oid));
	add_variables(c, &e, NO_INDEX, h, true);
	return tell(c, &e, b, b->held + (h->count - 1), now);
}

uint64_t
core_trap(struct core *c, const struct heard_trap *h, const struct now *now)
{
	size_t listing = 0, device = 0, kind = 0;

	if (c->traps == NULL)
		return 0;
	core_watch_clock(c, now);
	if (h->doubt != TRAP_BELIEVED || h->device_count == 0)
		return take_doubtful(c, h, now);
	for (size_t i = 0; i < h->device_count; i++) {
		size_t at = (size_t)h->devices[i];
		size_t n = kind_of(c->site->devices[at].profile, &h->oid);

		if (n == c->site->devices[at].profile->trap_count)
			continue;
		listing++;
		device = at;
		kind = n;
	}
	if (listing == 0 && h->device_count == 1) {
		device = (size_t)h->devices[0];
		kind = c->site->devices[device].profile->trap_count;
	} else if (listing != 1) {
		return take_unclear(c, h, listing > 1, now);
	}
	return take_of_device(c, h, device, kind, now);
}

/* ---- later ----------------------------------------------------------------------------------- */

/* Something is held, and may be told now. `all`: whatever the rate says. */
static bool
is_told(struct core *c, struct bucket *b, bool all, const struct now *now)
{
	if (b->held == 0)
		return false;
	if (take(b, now->mono) || all)
		return true;
	wake_by(c, next_of(b));
	return false;
}

static void
tell_held(struct core *c, bool all, const struct now *now)
{
	struct trap_book *b = c->traps;

	for (size_t d = 0; d < c->site->device_count; d++) {
		for (size_t i = b->first[d]; i < b->first[d + 1]; i++) {
			struct event e = {0};

			if (!is_told(c, &b->kinds[i], all, now))
				continue;
			start_of_device(c, &e, d, i - b->first[d], _(some));
			tell(c, &e, &b->kinds[i], b->kinds[i].held, now);
		}
	}
	for (int i = 0; i < TRAP_DOUBT_COUNT; i++) {
		struct event e = {0};

		if (!is_told(c, &b->doubts[i], all, now))
			continue;
		start_of_doubt(&e, (enum trap_doubt)i, b->last_from[i], "");
		tell(c, &e, &b->doubts[i], b->doubts[i].held, now);
	}
	if (is_told(c, &b->unclear, all, now))
		tell(c, &b->last_unclear, &b->unclear, b->unclear.held, now);
}

void
traps_due(struct core *c, const struct now *now)
{
	for (size_t d = 0; d < c->site->device_count; d++) {
		mono_t due = c->traps->poke_due[d];

		if (due.us == MONO_NEVER.us)
			continue;
		if (mono_before(now->mono, due))
			wake_by(c, due);
		else
			poke(c, d, now);
	}
	tell_held(c, false, now);
}

void
core_traps_flush(struct core *c, const struct now *now)
{
	if (c->traps == NULL)
		return;
	core_watch_clock(c, now);
	tell_held(c, true, now);
}
