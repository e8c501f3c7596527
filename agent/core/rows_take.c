/* Rows that come, go and move in a device: their points placed, and events of it. */
#include "base/lang.h"
#include "base/text.h"
#include "core/core_private.h"

#include <stdio.h>
#include <string.h>

/* ---- life ------------------------------------------------------------------------------------ */

void
rows_init(struct core *c)
{
	size_t most = 0;

	c->rows = arena_array(c->arena, c->site->device_count, sizeof(struct rows *));
	for (size_t d = 0; d < c->site->device_count; d++) {
		const struct device_spec *spec = &c->site->devices[d];

		c->rows[d] = rows_new(c->arena, spec->profile);
		if (c->rows[d] == NULL)
			continue;
		most = rows_count(c->rows[d]) > most ? rows_count(c->rows[d]) : most;
		for (size_t i = 0; i < spec->profile->point_count; i++)
			if (rows_of_point(c->rows[d], i) != NO_INDEX)
				state_absent(&c->state, spec->first_point + i, true);
	}
	c->row_changes = arena_array(c->arena, most, sizeof(*c->row_changes));
}

/* ---- what survives a restart ----------------------------------------------------------------- */

/* A mark holds so many slots: "+89abcdef" where the label of that key is there, "-..." where it
 * was. */
#define MARK_SLOTS 14
#define SLOT_TEXT  9

static void
make_mark(const struct core *c, size_t device, const struct row *any, struct mark *m)
{
	const struct rows *r = c->rows[device];
	size_t chunk = any->slot / MARK_SLOTS, n = 0;

	text_printf(m->key, sizeof(m->key), "rows/%s/%s/%zu", c->site->devices[device].name,
	    r->profile->tables[any->table].name, chunk);
	m->text[0] = '\0';
	m->value = 0;
	for (size_t i = 0; i < r->count; i++) {
		const struct row *row = &r->list[i];

		if (row->table != any->table || row->slot / MARK_SLOTS != chunk)
			continue;
		n = text_append(
		    m->text, sizeof(m->text), "%c%08x", row->there ? '+' : '-', row->key);
	}
	m->value = (int64_t)(n / SLOT_TEXT);
}

bool
rows_restore(struct core *c, const char *name, const struct mark *m)
{
	char device[EVENT_NAME_MAX], table[EVENT_NAME_MAX];
	struct rows *r;
	unsigned chunk, key;
	char sign;
	int d;

	if (sscanf(name, "%63[^/]/%63[^/]/%u", device, table, &chunk) != 3)
		return false;
	d = site_find_device(c->site, device);
	r = d != NO_INDEX ? c->rows[d] : NULL;
	for (size_t i = 0; r != NULL && i < r->count; i++) {
		struct row *row = &r->list[i];
		size_t at = row->slot % MARK_SLOTS * SLOT_TEXT;

		if (row->slot / MARK_SLOTS != chunk ||
		    strcmp(r->profile->tables[row->table].name, table) != 0 ||
		    at + SLOT_TEXT > strlen(m->text) ||
		    sscanf(m->text + at, "%c%8x", &sign, &key) != 2)
			continue;
		row->key = key;
		row->there = key != 0 && sign == '+';
	}
	return r != NULL;
}

/* ---- events ---------------------------------------------------------------------------------- */

static const char *const found_text = N_("{device}: new rows of {table}: {list}.");
static const char *const moved_text =
    N_("{device}: {table} {row} has moved inside the device; its values go on.");
static const char *const gone_text = N_("{device}: {table} {row} is gone.");
static const char *const full_text =
    N_("{device}: {count} rows of {table} are not watched: the profile has room for {most}.");

/* "5 (Gi1/0/5)" */
static void
name_row(const struct rows *r, const struct row *row, char *buf, size_t size)
{
	const struct row_spec *spec = &r->profile->tables[row->table].rows[row->slot];

	text_append(buf, size, row->label[0] != '\0' ? "%s (%s)" : "%s", spec->key, row->label);
}

static void
tell(struct core *c, size_t device, const struct row *row, const char *template, const char *to,
    const char *list, enum priority priority, const struct now *now)
{
	const struct device_spec *d = &c->site->devices[device];
	const struct rows *r = c->rows[device];
	const struct table_spec *t = &r->profile->tables[row->table];
	struct event e = {.type = EVENT_DEVICE, .priority = priority};
	char name[WALK_TEXT_MAX + 32] = "";
	struct mark mark;

	name_row(r, row, name, sizeof(name));
	core_event_device(c, &e, device);
	text_copy(e.to, sizeof(e.to), to);
	if (e.word[0] == '\0') /* else: in maintenance, which calls nobody */
		text_copy(e.word, sizeof(e.word), row->label);
	sentence_fill(template,
	    (const struct sentence_piece[]){{"device", label_text(&d->title, c->site->language)},
		{"table", label_text(&t->title, c->site->language)}, {"row", name}, {"list", list}},
	    4, e.text, sizeof(e.text));
	make_mark(c, device, row, &mark);
	core_event_mark(c, &e, NULL, &mark, now);
}

/* Those that were found go in one event for as many as one mark holds. */
static void
tell_found(struct core *c, size_t device, uint16_t table, const struct now *now)
{
	struct rows *r = c->rows[device];
	size_t i = 0;

	while (i < r->count) {
		const struct row *first = NULL;
		char list[EVENT_TEXT_MAX - 100] = "";
		size_t chunk = r->list[i].slot / MARK_SLOTS;

		for (; i < r->count && r->list[i].slot / MARK_SLOTS == chunk; i++) {
			if (r->list[i].table != table || c->row_changes[i] != ROW_FOUND)
				continue;
			first = first == NULL ? &r->list[i] : first;
			text_append(list, sizeof(list), "%s", list[0] != '\0' ? ", " : "");
			name_row(r, &r->list[i], list, sizeof(list));
		}
		if (first != NULL)
			tell(c, device, first, found_text, "row_found", list, PRIORITY_LOW, now);
	}
}

static void
tell_full(struct core *c, size_t device, uint16_t table, size_t homeless, const struct now *now)
{
	const struct device_spec *d = &c->site->devices[device];
	const struct table_spec *t = &d->profile->tables[table];
	struct event e = {.type = EVENT_DEVICE, .priority = PRIORITY_MEDIUM};
	char count[24], most[24];

	text_printf(count, sizeof(count), "%zu", homeless);
	text_printf(most, sizeof(most), "%zu", t->row_count);
	core_event_device(c, &e, device);
	text_copy(e.to, sizeof(e.to), "rows_too_many");
	sentence_fill(full_text,
	    (const struct sentence_piece[]){{"device", label_text(&d->title, c->site->language)},
		{"table", label_text(&t->title, c->site->language)}, {"count", count},
		{"most", most}},
	    4, e.text, sizeof(e.text));
	core_event(c, &e, NULL, now);
}

/* ---- points ---------------------------------------------------------------------------------- */

/* The row's points are asked from now on, or not. */
static void
place(struct core *c, size_t device, struct row *row, bool there, const struct now *now)
{
	const struct device_spec *d = &c->site->devices[device];
	struct rows *r = c->rows[device];
	struct unit_polls *u = &c->poller.units[device];
	const struct table_spec *t = &d->profile->tables[row->table];

	for (unsigned i = 0; i < POLL_CLASS_COUNT; i++)
		plan_place(u->polls[i].plan, &row->at.oid, there);
	for (size_t i = 0; i < t->column_count; i++) {
		size_t p = t->first_point + row->slot * t->column_count + i;

		plan_place(u->polls[d->profile->points[p].poll].plan, &r->sources[p].oid, there);
		if (there)
			state_absent(&c->state, d->first_point + p, false);
		else
			state_no_row(&c->state, d->first_point + p, now->mono);
		c->kept[d->first_point + p].kind = KEPT_NOTHING;
		needs_forget(c, d->first_point + p);
		if (!there)
			alarms_judge_point(c, d->first_point + p, now);
	}
	/* While a row is away nobody looks when its points were heard of. */
	if (there)
		timers_set(&c->timers, core_timer(c, TIMER_KEEP, device),
		    poller_tick_up((mono_t){now->mono.us + 1}));
	row->placed = there;
	r->fresh = r->fresh || there;
}

/*
 * What a run before has left standing of rows that are not there: nobody asks them, so nothing else
 * would ever judge it.
 */
static void
judge_absent(struct core *c, size_t device, uint16_t table, const struct now *now)
{
	const struct device_spec *d = &c->site->devices[device];

	for (size_t i = 0; i < d->alarm_count; i++)
		if (d->alarms[i].table == table + 1 && rows_without(c, d->first_alarm + i))
			alarms_judge_absent(c, d->first_alarm + i, now);
}

static void
take_table(struct core *c, size_t device, uint16_t table, const struct column_walk *w,
    const struct now *now)
{
	struct rows *r = c->rows[device];
	size_t homeless = rows_match(r, table, w, c->row_changes);
	bool first = !r->walked[table];

	r->walked[table] = true;
	for (size_t i = 0; i < r->count; i++) {
		struct row *row = &r->list[i];
		enum row_change change = c->row_changes[i];

		if (row->table != table)
			continue;
		if (change == ROW_GONE || (row->placed && change == ROW_MOVED))
			place(c, device, row, false, now);
		if (row->there && (!row->placed || change == ROW_FOUND))
			place(c, device, row, true, now);
		if (change == ROW_MOVED)
			tell(c, device, row, moved_text, "row_moved", "", PRIORITY_LOW, now);
		else if (change == ROW_GONE)
			tell(c, device, row, gone_text, "row_gone", "", PRIORITY_MEDIUM, now);
	}
	if (first)
		judge_absent(c, device, table, now);
	tell_found(c, device, table, now);
	if (homeless != r->homeless[table]) {
		r->homeless[table] = homeless;
		if (homeless > 0)
			tell_full(c, device, table, homeless, now);
	}
}

void
rows_take(struct core *c, struct poll *q, const struct now *now)
{
	size_t device = (size_t)q->baton.device;
	struct rows *r = c->rows[device];

	for (size_t i = 0; i < q->baton.ask_count; i++) {
		const struct plan_ask *ask = &q->plan->asks[q->sent[i]];
		const struct answer *a = &q->baton.answers[i];

		/* A walk that was cut short says nothing about what it did not reach. */
		if (a->status == ANSWER_OK)
			take_table(c, device, q->plan->items[ask->first].index, a->walk, now);
	}
	r->looked = now->mono;
	if (r->calm_since.us == MONO_NEVER.us)
		r->calm_since = now->mono;
	if (r->fresh)
		poller_ask_points(&c->poller, device, now->mono);
	r->fresh = false;
}

/* ---- proofs ---------------------------------------------------------------------------------- */

static bool
is_label(const struct poll *q, size_t answer, size_t *row)
{
	const struct plan_ask *ask = &q->plan->asks[q->sent[answer]];
	uint16_t index = q->plan->items[ask->first].index;

	*row = (size_t)(index - PLAN_LABEL);
	return index >= PLAN_LABEL;
}

/* See ROWS_LOOKS_MAX. */
static void
look_again(struct core *c, size_t device, mono_t now)
{
	struct rows *r = c->rows[device];
	mono_t at;

	if (r->calm_since.us != MONO_NEVER.us &&
	    mono_ms_between(now, r->calm_since) > ROWS_QUIET_MS) {
		r->looks = 0;
		r->held_ms = 0;
	}
	r->calm_since = MONO_NEVER;
	at = mono_add_ms(r->looked, r->held_ms);
	if (mono_before(at, now))
		at = now;
	if (!mono_before(at, c->poller.units[device].polls[POLL_ROWS].due))
		return; /* they are looked at by then */
	if (++r->looks >= ROWS_LOOKS_MAX)
		r->held_ms = r->held_ms == 0 ? ROWS_HELD_MS : 2 * r->held_ms;
	if (r->held_ms > POLL_ROWS_MS)
		r->held_ms = POLL_ROWS_MS;
	poller_ask_rows(&c->poller, device, at);
}

void
rows_prove(struct core *c, struct poll *q, const struct now *now)
{
	size_t device = (size_t)q->baton.device, n;
	struct rows *r = c->rows[device];
	bool doubt = false;

	for (size_t i = 0; i < r->count; i++)
		r->list[i].proven = false;
	for (size_t i = 0; i < q->baton.ask_count; i++) {
		const struct answer *a = &q->baton.answers[i];
		char text[WALK_TEXT_MAX];
		struct row *row;

		if (!is_label(q, i, &n))
			continue;
		row = &r->list[n];
		if (!row->placed)
			continue; /* in doubt since another class found another label there */
		if (a->status == ANSWER_OK) {
			decode_label(a->value, text, sizeof(text));
			row->proven = rows_fits(row, text);
			row->proven_at = a->at;
		}
		/* No answer says nothing; another label, or none there, does. */
		if (row->proven || (a->status != ANSWER_OK && a->status != ANSWER_REFUSED))
			continue;
		row->doubted = true;
		doubt = true;
		place(c, device, row, false, now);
	}
	if (doubt)
		look_again(c, device, now->mono);
}

const struct row *
rows_row(const struct core *c, size_t device, size_t index)
{
	const struct rows *r = c->rows[device];
	int row = r != NULL ? rows_of_point(r, index) : NO_INDEX;

	return row != NO_INDEX ? &r->list[row] : NULL;
}

bool
rows_allow_answer(const struct core *c, size_t device, size_t index, const struct answer *a)
{
	const struct row *row = rows_row(c, device, index);

	if (row == NULL)
		return true;
	/* Of what brings no value it is enough that the row is there. */
	return row->proven && (a->status != ANSWER_OK || !mono_before(row->proven_at, a->at));
}

const struct source *
rows_place(const struct core *c, size_t device, size_t index)
{
	const struct rows *r = c->rows[device];
	const struct source *at = r != NULL ? rows_source(r, index) : NULL;

	return at != NULL ? at : &c->site->devices[device].profile->points[index].at;
}

static const struct row *
row_of_alarm(const struct core *c, size_t alarm)
{
	const struct rows *r = c->rows[c->alarm_device[alarm]];
	const struct alarm_rule *rule = c->rules[alarm];

	for (size_t i = 0; r != NULL && rule->table != 0 && i < r->count; i++)
		if (r->list[i].table + 1 == rule->table && r->list[i].slot == rule->row)
			return &r->list[i];
	return NULL;
}

bool
rows_without(const struct core *c, size_t alarm)
{
	const struct row *row = row_of_alarm(c, alarm);

	/* One that is only doubted is looked for at once: its alarm stands as it is. */
	return row != NULL && c->rows[c->alarm_device[alarm]]->walked[row->table] && !row->there;
}

const char *
rows_label_of(const struct core *c, size_t alarm)
{
	const struct row *row = row_of_alarm(c, alarm);

	return row != NULL ? row->label : NULL;
}
