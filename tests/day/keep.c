/*
 * What the disk has: each event with its record and its mark after a while, in order. An agent that
 * is killed loses what was not there yet, and goes on from the rest.
 */
#include "day.h"

#include <string.h>

#define PENDING 16384

static size_t
find_alarm(const struct day *w, const struct alarm_record *r)
{
	char path[2 * EVENT_NAME_MAX + 2];
	int a;

	snprintf(path, sizeof(path), "%s/%s", r->device, r->alarm);
	a = site_find_alarm(&w->site, path);
	HOLDS(w, a != NO_INDEX, "a record of %s, which does not exist", path);
	return (size_t)a;
}

void
keep_event(
    void *arg, const struct event *e, const struct alarm_record *record, const struct mark *mark)
{
	struct day *w = arg;
	struct pending *p;

	w->events++;
	HOLDS(w, e->seq == w->seq + 1, "event %llu after %llu", (unsigned long long)e->seq,
	    (unsigned long long)w->seq);
	w->seq = e->seq;
	HOLDS(w, record == NULL || record->seq == e->seq, "the record is of another event");
	judge_event(w, e, record, mark);
	HOLDS(w, w->pending_count < PENDING, "a storm of events: %zu wait for the disk",
	    w->pending_count);
	p = &w->pending[(w->pending_first + w->pending_count++) % PENDING];
	p->seq = e->seq;
	p->durable_at = w->t + w->disk_us;
	p->has_record = record != NULL;
	p->has_mark = mark != NULL;
	if (record != NULL) {
		p->record = *record;
		p->alarm = find_alarm(w, record);
		p->owed = w->alarms[p->alarm].owed;
	}
	if (mark != NULL)
		p->mark = *mark;
}

static void
commit_mark(struct day *w, const struct mark *m)
{
	size_t i = 0;

	while (i < w->mark_count && strcmp(w->marks[i].key, m->key) != 0)
		i++;
	HOLDS(w, i < COUNT(w->marks), "too many marks");
	w->marks[i] = *m;
	if (i == w->mark_count)
		w->mark_count++;
}

static void
commit(struct day *w, const struct pending *p)
{
	w->durable_seq = p->seq;
	if (p->has_record) {
		w->durable[p->alarm] = p->record;
		w->has_durable[p->alarm] = true;
		w->durable_owed[p->alarm] = p->owed;
	}
	if (p->has_mark)
		commit_mark(w, &p->mark);
}

void
keep_commit(struct day *w)
{
	while (w->pending_count > 0 && w->pending[w->pending_first].durable_at <= w->t) {
		commit(w, &w->pending[w->pending_first]);
		w->pending_first = (w->pending_first + 1) % PENDING;
		w->pending_count--;
	}
}

void
keep_start(struct day *w)
{
	const struct core_out out = {.arg = w, .submit = plant_submit, .event = keep_event};

	if (w->pending == NULL)
		w->pending = xcalloc(PENDING, sizeof(*w->pending));
	w->core = core_new(&w->site, &out, w->seq + 1, day_roll(w, UINT32_MAX));
	for (size_t a = 0; a < w->site.alarm_count; a++)
		if (w->has_durable[a])
			HOLDS(w, core_restore(w->core, &w->durable[a]), "a record is not restored");
	for (size_t i = 0; i < w->mark_count; i++)
		HOLDS(w, core_restore_mark(w->core, &w->marks[i]) || w->marks[i].value < 0,
		    "mark %s is not restored", w->marks[i].key);
	w->started = w->t;
	w->out_count = 0;
	w->made = w->home = 0;
	memset(w->link_free, 0, sizeof(w->link_free));
	judge_start(w);
}

/* The machine was off as well: its monotonic clock begins anew. */
static void
boot(struct day *w)
{
	w->boot = w->t - 10 * SECOND - day_roll(w, 60) * SECOND;
}

void
keep_restart(struct day *w)
{
	bool killed = day_chance(w, 2);
	int64_t away = (int64_t)day_roll(w, day_chance(w, 4) ? 1800 : 20) * SECOND + 100000;

	w->restarts++;
	if (!killed)
		core_note(w->core, &w->now, EVENT_SYSTEM, PRIORITY_LOW, "", "", "stopped", "stop");
	core_free(w->core);
	if (!killed)
		for (; w->pending_count > 0; w->pending_count--) {
			commit(w, &w->pending[w->pending_first]);
			w->pending_first = (w->pending_first + 1) % PENDING;
		}
	w->pending_count = 0;
	w->seq = w->durable_seq;
	w->t += away;
	w->now.wall.us += away;
	if (day_chance(w, 3))
		boot(w);
	w->now.mono = day_mono(w, w->t);
	keep_start(w);
}
