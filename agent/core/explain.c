/* How a value came about, told from the source to the next poll: core_explain(). */
#include "base/lang.h"
#include "core/core_private.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct page {
	const struct core *c;
	size_t point, device;
	const struct point_spec *spec;
	const struct point_state *state;
	const struct device_spec *d;
	const struct now *now;
	char *buf;
	size_t size;
};

#define say(page, ...) text_append((page)->buf, (page)->size, __VA_ARGS__)

/* "1.2 s ago", "in 300 ms", "never". */
static const char *
when(const struct page *p, mono_t t, char *buf, size_t size)
{
	int64_t ms = mono_ms_between(p->now->mono, t);
	char length[32];

	if (t.us == 0 || t.us == MONO_NEVER.us)
		return _("never");
	sentence_duration(ms < 0 ? -ms : ms, length, sizeof(length));
	text_printf(buf, size, ms < 0 ? _("in %s") : _("%s ago"), length);
	return buf;
}

static void
say_value(const struct page *p)
{
	const struct point_state *s = p->state;
	char value[VALUE_TEXT_MAX], ago[48], date[WALL_TEXT_MAX];
	const char *unit = p->spec->unit != NULL ? p->spec->unit->label : "";
	bool sure = s->quality == QUALITY_GOOD || s->quality == QUALITY_SUBSTITUTED;

	core_value_text(p->c, p->point, value);
	if (value[0] != '\0' && unit[0] != '\0')
		text_append(value, sizeof(value), " %s", unit);
	/* In brackets: it was so once, and must not be relied upon now. */
	if (value[0] == '\0')
		say(p, _("value     none, %s"), _(quality_word(s->quality)));
	else
		say(p, sure ? _("value     %s, %s") : _("value     (%s), %s"), value,
		    _(quality_word(s->quality)));
	if (s->defect != DEFECT_NONE)
		say(p, " (%s)", defect_phrase(s->defect));
	if (s->read_at.us == 0)
		say(p, _("; no good value was ever read\n"));
	else
		say(p, _("; last good value read %s, %s\n"), when(p, s->read_at, ago, sizeof(ago)),
		    wall_local(s->read_wall, date));
}

/* The expression, and what it was worked out from. */
static void
say_derived(const struct page *p)
{
	const struct derived *d = derive_of_point(p->c, p->point);
	char value[VALUE_TEXT_MAX];

	say(p, _("derived   %s\n"), p->spec->expr->text);
	for (size_t i = 0; d != NULL && i < d->x->ref_count; i++) {
		size_t input = d->flat[i];
		const struct point_state *s = &p->c->state.points[input];
		const struct point_spec *spec = p->c->state.specs[input];

		core_value_text(p->c, input, value);
		say(p, _("input     %s.%s: %s%s%s, %s\n"),
		    site_point_device(p->c->site, input)->name, spec->name,
		    value[0] != '\0' ? value : _("no value"), value[0] != '\0' ? " " : "",
		    value[0] != '\0' && spec->unit != NULL ? spec->unit->label : "",
		    _(quality_word(s->quality)));
	}
}

static void
say_source(const struct page *p)
{
	static const char *const tables[] = {
	    [TABLE_NONE] = N_("nothing"),
	    [TABLE_COIL] = N_("coil"),
	    [TABLE_DISCRETE] = N_("discrete input"),
	    [TABLE_HOLDING] = N_("holding register"),
	    [TABLE_INPUT] = N_("input register"),
	    [TABLE_OID] = "OID",
	    [TABLE_CONTACT] = N_("contact"),
	    [TABLE_IDENTITY] = N_("device identification object"),
	};
	size_t index = p->point - p->d->first_point;
	const struct source *at = rows_place(p->c, p->device, index);
	const struct row *row = rows_row(p->c, p->device, index);

	if (row != NULL && !row->there) {
		say(p, _("source    a row that the device does not have now\n"));
		return;
	}
	if (row != NULL)
		say(p, _("row       \"%s\"; its label is read together with the value\n"),
		    row->label);
	say(p, _("source    %s "), _(tables[at->table]));
	if (at->table == TABLE_OID) {
		for (size_t i = 0; i < at->oid.length; i++)
			say(p, "%s%u", i > 0 ? "." : "", at->oid.sub[i]);
		say(p, _(" of %s:%d\n"), p->d->snmp->address, p->d->snmp->port);
		return;
	}
	if (at->table == TABLE_CONTACT) {
		const struct contact_spec *k = &p->d->contacts[at->address];

		say(p, _("%s at terminal %s of the board%s, still for %lld ms\n"), k->name,
		    p->c->site->board.terminals[k->terminal].name,
		    k->invert ? _(" (opens where others close)") : "", (long long)k->debounce_ms);
		return;
	}
	say(p, "%u", at->address);
	if (at->count > 1)
		say(p, "..%u", at->address + at->count - 1u);
	say(p, _(" (function %d, counted from 0) of unit %d on %s\n"), (int)at->table, p->d->unit,
	    p->c->site->links[p->d->link].name);
}

/* The question of the plan that serves the point. */
static const struct plan_ask *
ask_of(const struct page *p, const struct plan *plan)
{
	for (size_t k = 0; k < plan->ask_count; k++) {
		const struct plan_ask *ask = &plan->asks[k];

		for (size_t i = ask->first; i < (size_t)ask->first + ask->count; i++)
			if (p->d->first_point + plan->items[i].index == p->point)
				return ask;
	}
	return NULL;
}

static void
say_question(const struct page *p)
{
	const struct poll *q = &p->c->poller.units[p->device].polls[p->spec->poll];
	const struct plan_ask *ask = ask_of(p, q->plan);
	char period[32], at[48];

	sentence_duration(q->period_ms, period, sizeof(period));
	say(p, _("question  every %s"), period);
	if (ask != NULL && ask->ask.table <= TABLE_INPUT)
		say(p, _(", %u from %u in one read, for %u points"), ask->ask.count,
		    ask->ask.address, ask->count);
	if (ask != NULL && ask->refused)
		say(p, _("; refused by the device, asked again %s"),
		    when(p, ask->again, at, sizeof(at)));
	else if (ask != NULL && ask->fails > 0)
		say(p, _("; without answer %u times in a row"), ask->fails);
	say(p, "\n");
}

static void
say_decode(const struct page *p)
{
	const struct kept_answer *k = &p->c->kept[p->point];
	struct snmp_value v = {.type = k->type};
	struct decode_with with = {.defect = DEFECT_NONE};
	struct raw raw = {0};
	char text[256];

	if (k->kind == KEPT_NOTHING || k->kind == KEPT_REFUSED) {
		text_printf(text, sizeof(text), "refused (%u)", k->code);
		say(p, _("decode    %s\n"), k->kind == KEPT_REFUSED ? text : _("no answer yet"));
		return;
	}
	if (k->kind == KEPT_WORDS)
		raw.words = k->number.words;
	else {
		raw.snmp = &v;
		v.u = k->number.u; /* the same bits for i and f */
		if (k->length > 0) {
			v.length = k->length;
			memcpy(v.bytes, k->number.bytes, k->length);
		} else if (v.type == SNMP_TYPE_BYTES || v.type == SNMP_TYPE_NAME) {
			v.length = (uint16_t)strlen(p->c->texts[k->text - 1]);
			memcpy(v.bytes, p->c->texts[k->text - 1], v.length);
		}
	}
	if (p->spec->needs != NULL)
		needs_with(p->c, p->point, &with);
	decode_explain(p->spec, raw, &with, text, sizeof(text));
	say(p, _("decode    %s\n"), text);
}

/* A point that this one needs, and how it stands. */
static void
say_needed(const struct page *p, const char *what, uint16_t index)
{
	size_t point = p->d->first_point + index - 1u;
	const struct point_state *s = &p->c->state.points[point];
	char value[VALUE_TEXT_MAX];

	if (index == 0)
		return;
	core_value_text(p->c, point, value);
	say(p, _("needs     %s %s: %s, %s\n"), what, p->c->state.specs[point]->name,
	    value[0] != '\0' ? value : _("no value"), _(quality_word(s->quality)));
}

static void
say_needs(const struct page *p)
{
	static const struct {
		enum rate rate;
		const char *text;
	} per[] = {{RATE_PER_SECOND, "s"}, {RATE_PER_MINUTE, "min"}, {RATE_PER_HOUR, "h"}};
	const struct needs *n = p->spec->needs;
	const struct rate_state *r = n != NULL ? needs_rate(p->c, p->point) : NULL;
	char scale[NUMBER_TEXT_MAX], seconds[NUMBER_TEXT_MAX];

	if (n == NULL)
		return;
	if (n->guard != 0)
		say(p,
		    needs_valid(p->c, p->point) ? _("valid     only when %s; now it is\n")
						: _("valid     only when %s; now it is not\n"),
		    n->when);
	say_needed(p, _("the guard"), n->guard);
	say_needed(
	    p, n->digits ? _("its digits after the point,") : _("its power of ten,"), n->exponent);
	say_needed(p, _("the time since the start,"), n->uptime);
	say_needed(p, _("the time of the last discontinuity,"), n->discontinuity);
	if (r == NULL)
		return;
	if (!r->known || r->seconds == 0) {
		say(p, _("rate      none yet: it takes two readings without a restart between "
			 "them\n"));
		return;
	}
	number_text(p->spec->codec.scale, scale);
	say(p, _("rate      %llu more in %s s%s"), (unsigned long long)r->counted,
	    number_text(floor(r->seconds * 1000 + 0.5) / 1000, seconds),
	    r->wrapped ? _(" (the counter ran over its end)") : "");
	if (p->spec->codec.scale != 1)
		say(p, " -> x %s", scale);
	for (size_t i = 0; i < sizeof(per) / sizeof(per[0]); i++)
		if (per[i].rate == n->rate)
			say(p, _(" -> per %s\n"), per[i].text);
}

/* What the outside was told: the value only where it went out with one. */
static void
say_told(const struct page *p)
{
	enum quality q = p->state->told_quality;
	bool with_value = q == QUALITY_GOOD || q == QUALITY_STALE || q == QUALITY_SUBSTITUTED;
	char value[64], ago[48], band[NUMBER_TEXT_MAX];

	sentence_value(p->spec, p->state->told_value, p->c->site->language, value, sizeof(value));
	say(p, _("told      %s, %s, %s"), with_value ? value : _("no value"), _(quality_word(q)),
	    when(p, p->state->told_at, ago, sizeof(ago)));
	if (with_value && p->spec->deadband > 0)
		say(p, _("; told again when it is more than %s away from that"),
		    number_text(p->spec->deadband, band));
	say(p, "\n");
}

static void
say_rules(const struct page *p)
{
	const struct core *c = p->c;

	for (uint32_t i = c->first_watcher[p->point]; i < c->first_watcher[p->point + 1]; i++) {
		const struct alarm_state *a = &c->alarms[c->watchers[i]];
		const struct alarm_rule *r = c->rules[c->watchers[i]];
		char on[32], off[32];

		sentence_duration(r->on_delay_ms, on, sizeof(on));
		sentence_duration(r->off_delay_ms, off, sizeof(off));
		say(p, _("alarm     %s (%s): %s, on after %s, off after %s; now %s"), r->name,
		    _(priority_word(r->priority)), r->when != NULL ? r->when : "?", on, off,
		    _(alarm_phase_word(a->phase)));
		if (a->frozen_since.us != MONO_NEVER.us)
			say(p, _(", not judged: there is no good value"));
		else if (a->pending_since.us != MONO_NEVER.us)
			say(p, _(", its condition %s since %s"),
			    a->condition ? _("holds") : _("is gone"),
			    when(p, a->pending_since, on, sizeof(on)));
		say(p, "\n");
	}
}

static void
say_polls(const struct page *p)
{
	const struct device_state *d = &p->c->devices[p->device];
	static const char *const classes[POLL_COUNT] = {
	    [POLL_FAST] = "fast",
	    [POLL_NORMAL] = "normal",
	    [POLL_SLOW] = "slow",
	    [POLL_FACTS] = "facts",
	    [POLL_RECORDS] = "records",
	    [POLL_ROWS] = "rows",
	};
	char at[48], took[32];

	say(p, _("device    %s is %s, %d failed polls in a row, since %s\n"), p->d->name,
	    _(device_phase_word(d->phase)), d->fails, when(p, d->since, at, sizeof(at)));
	for (unsigned n = 1; n <= POLL_TRACE_COUNT; n++) {
		const struct poll_trace *t =
		    &d->trace[(d->trace_next + POLL_TRACE_COUNT - n) % POLL_TRACE_COUNT];

		if (t->at.us == 0)
			break;
		sentence_duration(t->took_us / 1000, took, sizeof(took));
		say(p, _("poll      %s, %s: %u of %u answered in %s"),
		    when(p, t->at, at, sizeof(at)), classes[t->class], t->good, t->asked, took);
		if (t->worst != ANSWER_OK)
			say(p, ", %s", _(answer_status_word(t->worst)));
		if (t->worst == ANSWER_REFUSED)
			say(p, " (%u)", t->code);
		say(p, "\n");
	}
}

/* The head of a ring: how far it was read. */
static void
say_records(const struct page *p)
{
	const struct ring_spec *s = p->d->profile->ring;
	const struct ring_reader *r = &p->c->rings[p->device];

	if (s == NULL || p->point != p->d->first_point + s->head)
		return;
	say(p, _("records   %s in a ring of %u, "), label_text(&s->title, p->c->site->language),
	    s->count);
	if (!r->placed)
		say(p, _("none read yet\n"));
	else if (r->refused)
		say(p, _("refused; told up to number %u\n"), r->position);
	else if (r->head > r->position)
		say(p, _("told up to number %u, %u wait\n"), r->position, r->head - r->position);
	else
		say(p, _("told up to number %u, the newest\n"), r->position);
}

static void
say_next(const struct page *p)
{
	const struct unit_polls *u = &p->c->poller.units[p->device];
	const struct poll *q = &u->polls[p->spec->poll];
	bool lost = p->c->devices[p->device].phase == DEVICE_LOST;
	char at[48];

	if (q->out)
		say(p, _("next      the question is out, sent %s\n"),
		    when(p, q->sent_at, at, sizeof(at)));
	else if (lost && u->probe_due.us != MONO_NEVER.us)
		say(p, _("next      the device is tried again %s\n"),
		    when(p, u->probe_due, at, sizeof(at)));
	else if (q->due.us != MONO_NEVER.us)
		say(p, _("next      %s\n"), when(p, q->due, at, sizeof(at)));
	else
		say(p, _("next      when the device answers\n"));
}

size_t
core_explain(const struct core *c, size_t point, const struct now *now, char *buf, size_t size)
{
	const struct device_spec *d = site_point_device(c->site, point);
	const struct page p = {
	    .c = c,
	    .point = point,
	    .device = (size_t)(d - c->site->devices),
	    .spec = c->state.specs[point],
	    .state = &c->state.points[point],
	    .d = d,
	    .now = now,
	    .buf = buf,
	    .size = size,
	};

	text_printf(buf, size, "%s/%s: %s, %s\n", d->name, p.spec->name,
	    label_text(&p.spec->title, c->site->language),
	    label_text(&d->title, c->site->language));
	say_value(&p);
	if (p.spec->expr != NULL) {
		say_derived(&p);
		say_told(&p);
		say_rules(&p);
		return strlen(buf);
	}
	say_source(&p);
	say_question(&p);
	say_decode(&p);
	say_needs(&p);
	say_told(&p);
	say_records(&p);
	say_rules(&p);
	say_polls(&p);
	say_next(&p);
	return strlen(buf);
}
