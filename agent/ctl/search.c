#include "ctl/search.h"

#include "base/arena.h"
#include "base/text.h"
#include "ctl/live_i.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct finder {
	const char *text;
	struct hit *hits;
	size_t count, max; /* of this kind and those before it */
	bool begins;       /* looks for those that begin with the text, or for the others */
};

static bool
begins(const char *text, const char *path, const char *title)
{
	size_t n = strlen(text);

	return strncasecmp(path, text, n) == 0 || strncasecmp(title, text, n) == 0;
}

static void
consider(struct finder *f, enum hit_kind kind, const char *path, const char *title)
{
	static const char marks[] = {
	    [HIT_ALARM] = '!', [HIT_DEVICE] = '.', [HIT_ZONE] = '@', [HIT_POINT] = '='};
	const char *fields[] = {path, title, NULL};

	if (f->count == f->max || begins(f->text, path, title) != f->begins ||
	    !live_matches(f->text, fields))
		return;
	struct hit *h = &f->hits[f->count++];
	h->kind = kind;
	h->title = title;
	text_copy(h->path, sizeof(h->path), path);
	text_printf(h->key, sizeof(h->key), "%c%s", marks[kind], path);
}

static void
find_alarms(struct finder *f, const struct view *v)
{
	for (size_t i = 0; i < v->listed_count; i++)
		consider(f, HIT_ALARM, v->alarms[v->listed[i]].path, v->alarms[v->listed[i]].title);
}

static void
find_devices(struct finder *f, const struct view *v)
{
	for (size_t i = 0; i < v->device_count; i++)
		consider(f, HIT_DEVICE, v->devices[i].name, v->devices[i].title);
}

static void
find_zones(struct finder *f, const struct view *v)
{
	for (size_t i = 0; i < v->zone_count; i++)
		consider(f, HIT_ZONE, v->zones[i].name, v->zones[i].title);
}

static void
find_points(struct finder *f, const struct view *v)
{
	char path[VIEW_PATH_MAX];

	for (size_t i = 0; i < v->device_count && f->count < f->max; i++) {
		const struct view_device *d = &v->devices[i];

		for (size_t p = 0; p < d->point_count; p++) {
			text_printf(path, sizeof(path), "%s/%s", d->name, d->points[p].name);
			consider(f, HIT_POINT, path, d->points[p].title);
		}
	}
}

static int
compare_hits(const void *a, const void *b, void *arg)
{
	const struct hit *x = a, *y = b;
	int order = (int)begins(arg, y->path, y->title) - (int)begins(arg, x->path, x->title);

	if (order == 0)
		order = (int)x->kind - (int)y->kind;
	return order != 0 ? order : strcmp(x->key, y->key);
}

size_t
search(const struct view *v, const char *text, struct hit *hits, size_t max)
{
	static void (*const find[])(struct finder *, const struct view *) = {
	    find_alarms, find_devices, find_zones, find_points};
	const size_t kinds = sizeof(find) / sizeof(find[0]);
	struct finder f = {.text = text, .hits = hits};

	if (text[strspn(text, " ")] == '\0')
		return 0;
	/* Hundreds of alarms leave room for the device that they are of. */
	for (size_t k = 0; k < kinds; k++) {
		f.max = f.count + (max - f.count + kinds - k - 1) / (kinds - k);
		f.begins = true;
		find[k](&f, v);
		f.begins = false;
		find[k](&f, v);
	}
	char *copy = xstrdup(text);
	qsort_r(hits, f.count, sizeof(*hits), compare_hits, copy);
	free(copy);
	return f.count;
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void
jump(struct live *l, const struct hit *h)
{
	switch (h->kind) {
	case HIT_ALARM:
		live_go(l, PAGE_ALARMS);
		l->filter[PAGE_ALARMS] = (struct filter){0};
		text_copy(l->pick[PAGE_ALARMS].name, sizeof(l->pick[PAGE_ALARMS].name), h->path);
		break;
	case HIT_DEVICE:
		live_open_device(l, h->path);
		break;
	case HIT_ZONE:
		live_go(l, PAGE_DEVICES);
		l->device[0] = '\0';
		text_copy(
		    l->filter[PAGE_DEVICES].text, sizeof(l->filter[PAGE_DEVICES].text), h->path);
		break;
	case HIT_POINT: {
		const char *slash = strchr(h->path, '/');
		char device[VIEW_NAME_MAX];

		text_printf(device, sizeof(device), "%.*s", (int)(slash - h->path), h->path);
		live_open_device(l, device);
		text_copy(l->point.name, sizeof(l->point.name), slash + 1);
		break;
	}
	}
}

static void
search_rows(const struct live *l, struct hit *hits, struct rows *r)
{
	size_t count = search(l->view, l->search.text, hits, SEARCH_HITS_MAX);

	for (size_t i = 0; i < count; i++)
		rows_add(r, ROW_HIT, hits[i].key, &hits[i]);
}

void
live_search_key(struct live *l, int key)
{
	struct search *s = &l->search;
	struct hit *hits = xcalloc(SEARCH_HITS_MAX, sizeof(*hits));
	struct rows rows = {0};

	search_rows(l, hits, &rows);
	pick_settle(&s->pick, &rows);
	const struct row *row = pick_row(&s->pick, &rows);
	if (row == NULL && rows.count > 0)
		row = &rows.row[0]; /* Enter right away means the first */
	if (key == LIVE_KEY_ESCAPE)
		s->open = false;
	else if (key == LIVE_KEY_ENTER) {
		s->open = false;
		if (row != NULL)
			jump(l, row->thing);
	} else if (key == LIVE_KEY_DOWN || key == LIVE_KEY_UP) {
		if (s->pick.name[0] == '\0' && row != NULL)
			pick_name(&s->pick, &rows, row->name);
		pick_move(&s->pick, &rows, key == LIVE_KEY_DOWN ? 1 : -1);
	} else if (key == LIVE_KEY_ERASE) {
		live_erase(s->text);
		s->pick = (struct pick){0};
	} else if (live_type(s->text, sizeof(s->text), key))
		s->pick = (struct pick){0};
	rows_free(&rows);
	free(hits);
}
