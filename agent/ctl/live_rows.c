/* The lists of the pages: what is in them and in which order. */
#include "base/lang.h"
#include "base/text.h"
#include "ctl/live_i.h"

#include <string.h>

/* With more devices than this the overview leaves out those that are well. */
#define OVERVIEW_DEVICES 100

/* ---- filter --------------------------------------------------------------------------------- */

bool
live_matches(const char *words, const char *const fields[])
{
	char word[64];

	for (;;) {
		bool found = false;

		words += strspn(words, " ");
		size_t n = strcspn(words, " ");
		if (n == 0)
			return true;
		text_printf(word, sizeof(word), "%.*s", (int)n, words);
		words += n;
		for (size_t i = 0; !found && fields[i] != NULL; i++)
			found = strcasestr(fields[i], word) != NULL;
		if (!found)
			return false;
	}
}

#define ZONES_DEEP 8

/* The names and titles of a zone and those around it. Returns how many were added. */
static size_t
zone_fields(const struct view *v, size_t zone, const char *fields[2 * ZONES_DEEP])
{
	size_t n = 0;

	while (zone != VIEW_NONE && n + 2 <= 2 * ZONES_DEEP) {
		fields[n++] = v->zones[zone].name;
		fields[n++] = v->zones[zone].title;
		zone = v->zones[zone].in_index;
	}
	return n;
}

static bool
device_passes(const struct live *l, const struct view_device *d)
{
	const char *fields[6 + 2 * ZONES_DEEP] = {d->name, d->title, d->kind, d->state, d->link};

	fields[5 + zone_fields(l->view, d->zone_index, fields + 5)] = NULL;
	return live_matches(l->filter[PAGE_DEVICES].text, fields);
}

static bool
alarm_passes(const struct live *l, const struct view_alarm *a)
{
	const struct filter *f = &l->filter[PAGE_ALARMS];
	const struct view_device *d = view_device(l->view, a->device);
	const char *fields[8 + 2 * ZONES_DEEP] = {
	    a->path, a->title, a->priority, a->state, a->text, a->zone, d != NULL ? d->title : ""};

	if (a->order.priority < f->least)
		return false;
	if (f->text[0] == '\0')
		return true;
	const struct view_zone *z = view_zone(l->view, a->zone);
	size_t zone = z != NULL   ? (size_t)(z - l->view->zones)
		      : d != NULL ? d->zone_index
				  : VIEW_NONE;
	fields[7 + zone_fields(l->view, zone, fields + 7)] = NULL;
	return live_matches(f->text, fields);
}

/* ---- pages ---------------------------------------------------------------------------------- */

static void
add_zone(struct rows *r, const struct live *l, size_t zone, size_t depth)
{
	const struct view *v = l->view;

	if (depth > ZONES_DEEP)
		return;
	if (zone != VIEW_NONE)
		rows_add(r, ROW_ZONE, v->zones[zone].key, &v->zones[zone])->depth = depth - 1;
	for (size_t i = 0; i < v->device_count; i++) {
		const struct view_device *d = &v->devices[i];

		if (d->zone_index == zone && (v->device_count <= OVERVIEW_DEVICES ||
						 view_device_bad(d) || d->worst_alarm != VIEW_NONE))
			rows_add(r, ROW_DEVICE, d->name, d)->depth = depth;
	}
	for (size_t i = 0; i < v->zone_count; i++)
		if (v->zones[i].in_index == zone)
			add_zone(r, l, i, depth + 1);
}

static void
overview_rows(struct rows *r, const struct live *l)
{
	add_zone(r, l, VIEW_NONE, 0);
}

static const char *
alarm_section(const struct view_alarm *a)
{
	switch (a->order.phase) {
	case ALARM_SHELVED:
		return _("SHELVED until a time, by a person");
	case ALARM_OUT_OF_SERVICE:
		return _("IN MAINTENANCE");
	case ALARM_SUPPRESSED:
		return _("SYMPTOMS of another alarm: mend that one");
	default:
		return words_alarm_waits(a->order.phase) ? _("TO ACKNOWLEDGE") : _("ACKNOWLEDGED");
	}
}

static void
alarm_rows(struct rows *r, const struct live *l)
{
	const char *section = "";
	const struct view_alarm *a;

	for (size_t i = 0; (a = view_listed(l->view, i)) != NULL; i++) {
		if (!alarm_passes(l, a))
			continue;
		if (strcmp(section, alarm_section(a)) != 0)
			rows_heading(r, "%s", section = alarm_section(a));
		rows_add(r, ROW_ALARM, a->path, a);
	}
}

static void
some_devices(struct rows *r, const struct live *l, bool bad, const char *heading)
{
	const struct view *v = l->view;
	size_t at = r->count, count = 0;

	rows_heading(r, "%s", heading);
	for (size_t i = 0; i < v->device_count; i++)
		if (view_device_bad(&v->devices[i]) == bad && device_passes(l, &v->devices[i])) {
			rows_add(r, ROW_DEVICE, v->devices[i].name, &v->devices[i]);
			count++;
		}
	if (count == 0)
		r->count = at;
	else
		text_printf(
		    r->row[at].heading, sizeof(r->row[at].heading), "%s (%zu)", heading, count);
}

static void
device_rows(struct rows *r, const struct live *l)
{
	some_devices(r, l, true, _("NOT WELL"));
	some_devices(r, l, false, _("ONLINE"));
}

static void
point_rows(struct rows *r, const struct live *l)
{
	const struct view_device *d = view_device(l->view, l->device);

	for (size_t i = 0; d != NULL && i < d->point_count; i++)
		rows_add(r, ROW_POINT, d->points[i].name, &d->points[i]);
}

static void
trend_rows(struct rows *r, const struct live *l)
{
	for (size_t i = 0; i < l->trends.count; i++)
		rows_add(r, ROW_POINT, l->trends.list[i].path, &l->trends.list[i]);
}

static void
event_rows(struct rows *r, const struct live *l)
{
	const struct filter *f = &l->filter[PAGE_EVENTS];

	for (size_t i = 0; i < l->view->event_count; i++) {
		const struct view_event *e = &l->view->events[i];
		const char *fields[] = {e->type, e->device, e->alarm, e->who, e->text, NULL};

		if (e->priority >= f->least && live_matches(f->text, fields))
			rows_add(r, ROW_EVENT, e->key, e);
	}
}

struct rows
live_rows(const struct live *l)
{
	static void (*const make[PAGE_COUNT])(struct rows *, const struct live *) = {
	    [PAGE_OVERVIEW] = overview_rows,
	    [PAGE_ALARMS] = alarm_rows,
	    [PAGE_DEVICES] = device_rows,
	    [PAGE_TRENDS] = trend_rows,
	    [PAGE_EVENTS] = event_rows,
	};
	struct rows r = {0};

	if (l->page == PAGE_DEVICES && l->device[0] != '\0')
		point_rows(&r, l);
	else if (make[l->page] != NULL)
		make[l->page](&r, l);
	return r;
}

struct pick *
live_pick(struct live *l)
{
	if (l->page == PAGE_HELP)
		return NULL;
	return l->page == PAGE_DEVICES && l->device[0] != '\0' ? &l->point : &l->pick[l->page];
}

const char *
live_chosen(const struct live *l)
{
	const char *name =
	    l->page == PAGE_DEVICES && l->device[0] != '\0' ? l->point.name : l->pick[l->page].name;
	struct rows rows = live_rows(l);
	bool found = false;

	for (size_t i = 0; !found && i < rows.count; i++)
		found = rows.row[i].name != NULL && strcmp(rows.row[i].name, name) == 0;
	rows_free(&rows);
	return found ? name : "";
}

const struct view_alarm *
live_alarm(const struct live *l)
{
	return l->page == PAGE_ALARMS ? view_alarm(l->view, live_chosen(l)) : NULL;
}

void
live_close_ended(struct live *l)
{
	/* At the beginning of a connection the alarms are not all there yet. */
	if (l->open && l->view->connected && live_alarm(l) == NULL)
		l->open = false;
}

const struct view_device *
live_device(const struct live *l)
{
	const struct view_alarm *a = live_alarm(l);

	if (a != NULL)
		return view_device(l->view, a->device);
	if (l->page == PAGE_DEVICES && l->device[0] != '\0')
		return view_device(l->view, l->device);
	if (l->page == PAGE_DEVICES || l->page == PAGE_OVERVIEW)
		return view_device(l->view, live_chosen(l));
	return NULL;
}
