/* Commands that look: each begins an answer that is written as the client reads it. */
#include "base/lang.h"
#include "base/text.h"
#include "sinks/console/request.h"

#include <string.h>

#define EVENTS_LAST 20 /* where nothing else is said */
#define EVENTS_MOST 100000

void
run_status(struct client *c, const json_t *request, const struct now *now)
{
	struct writer w = client_writer(c);

	(void)request;
	(void)now;
	writer_open(&w, NULL, '{');
	writer_bool(&w, "ok", true);
	show_status(c->show, &w);
	writer_close(&w, '}');
	writer_text(&w, "\n");
	client_written(c, &w);
}

static void
item(const struct client *c, size_t n, struct writer *w,
    void (*members)(const struct show *, size_t, struct writer *))
{
	writer_open(w, NULL, '{');
	members(c->show, n, w);
	writer_close(w, '}');
}

static size_t
count_devices(const struct client *c)
{
	return c->show->site->device_count;
}

static bool
item_device(struct client *c, size_t n, struct writer *w)
{
	if (c->job.device != NO_INDEX && (size_t)c->job.device != n)
		return false;
	item(c, n, w, show_device);
	return true;
}

static size_t
count_points(const struct client *c)
{
	return c->show->site->point_count;
}

static bool
item_point(struct client *c, size_t n, struct writer *w)
{
	const struct site *s = c->show->site;
	const struct device_spec *d = site_point_device(s, n);
	char path[2 * EVENT_NAME_MAX];

	if ((c->job.device != NO_INDEX && d != &s->devices[c->job.device]) ||
	    point_is_hidden(&core_points(c->show->core)[n]))
		return false;
	text_printf(path, sizeof(path), "%s/%s", d->name, site_point(s, n)->name);
	if (strncmp(path, c->job.prefix, strlen(c->job.prefix)) != 0)
		return false;
	item(c, n, w, show_point);
	return true;
}

static size_t
count_alarms(const struct client *c)
{
	return c->show->site->alarm_count;
}

static bool
item_alarm(struct client *c, size_t n, struct writer *w)
{
	const struct alarm_state *a = &core_alarms(c->show->core)[n];

	/* Out of service, but nothing is wrong: as good as normal. */
	if (!c->job.all && (a->phase == ALARM_NORMAL || a->phase == ALARM_SUPPRESSED ||
			       (a->phase == ALARM_OUT_OF_SERVICE && !a->held)))
		return false;
	item(c, n, w, show_alarm);
	return true;
}

static size_t
count_links(const struct client *c)
{
	return c->show->site->link_count;
}

static bool
item_link(struct client *c, size_t n, struct writer *w)
{
	item(c, n, w, show_link);
	return true;
}

static bool
item_slave(struct client *c, size_t n, struct writer *w)
{
	if (c->show->site->devices[n].link == NO_INDEX)
		return false; /* the site itself hangs on no wire */
	item(c, n, w, show_slave);
	return true;
}

static size_t
count_zones(const struct client *c)
{
	return c->show->site->zone_count;
}

static bool
item_zone(struct client *c, size_t n, struct writer *w)
{
	item(c, n, w, show_zone);
	return true;
}

static const struct section zones_answer[] = {
    {"zones", count_zones, item_zone},
    {NULL, NULL, NULL},
};
static const struct section devices_answer[] = {
    {"devices", count_devices, item_device},
    {NULL, NULL, NULL},
};
static const struct section points_answer[] = {
    {"points", count_points, item_point},
    {NULL, NULL, NULL},
};
static const struct section alarms_answer[] = {
    {"alarms", count_alarms, item_alarm},
    {NULL, NULL, NULL},
};
static const struct section bus_answer[] = {
    {"links", count_links, item_link},
    {"devices", count_devices, item_slave},
    {NULL, NULL, NULL},
};

/* Takes "device" and "prefix" of the request as the filter of the job. */
static bool
take_filter(struct client *c, const json_t *request)
{
	const char *device = request_text(request, "device"),
		   *prefix = request_text(request, "prefix");

	c->job = (struct job){.device = NO_INDEX};
	if (prefix != NULL && !text_copy(c->job.prefix, sizeof(c->job.prefix), prefix)) {
		client_refuse(c, "bad_request", "\"prefix\" is longer than any name here");
		return false;
	}
	if (device == NULL)
		return true;
	c->job.device = site_find_device(c->show->site, device);
	if (c->job.device == NO_INDEX)
		request_no_device(c, device);
	return c->job.device != NO_INDEX;
}

void
run_zones(struct client *c, const json_t *request, const struct now *now)
{
	(void)request;
	(void)now;
	c->job = (struct job){.device = NO_INDEX};
	client_answer_list(c, zones_answer);
}

void
run_devices(struct client *c, const json_t *request, const struct now *now)
{
	(void)now;
	if (take_filter(c, request))
		client_answer_list(c, devices_answer);
}

void
run_points(struct client *c, const json_t *request, const struct now *now)
{
	(void)now;
	if (take_filter(c, request))
		client_answer_list(c, points_answer);
}

void
run_alarms(struct client *c, const json_t *request, const struct now *now)
{
	(void)now;
	c->job = (struct job){
	    .device = NO_INDEX,
	    .all = json_is_true(json_object_get(request, "all")),
	};
	client_answer_list(c, alarms_answer);
}

void
run_bus(struct client *c, const json_t *request, const struct now *now)
{
	(void)request;
	(void)now;
	c->job = (struct job){.device = NO_INDEX};
	client_answer_list(c, bus_answer);
}

void
run_explain(struct client *c, const json_t *request, const struct now *now)
{
	const char *path = request_text(request, "point");
	int point = site_find_point(c->show->site, path);

	(void)now;
	if (point == NO_INDEX) {
		request_no_path(c, path, true);
		return;
	}
	struct writer w = client_writer(c);
	writer_open(&w, NULL, '{');
	writer_bool(&w, "ok", true);
	show_explain(c->show, (size_t)point, &w);
	writer_close(&w, '}');
	writer_text(&w, "\n");
	client_written(c, &w);
}

/* A count or a seq: whole, not negative, at most `most`. */
static bool
take_count(struct client *c, const json_t *request, const char *key, uint64_t most, uint64_t *out)
{
	const json_t *v = json_object_get(request, key);

	if (v == NULL)
		return true;
	if (json_integer_value(v) < 0 || (uint64_t)json_integer_value(v) > most) {
		client_refuse(c, "bad_request", "\"%s\" must be from 0 to %llu", key,
		    (unsigned long long)most);
		return false;
	}
	*out = (uint64_t)json_integer_value(v);
	return true;
}

/*
 * Which events: after *after, up to and including *upto. Those after `since`, else the newest `n`;
 * `before` leaves out that one and what came after it.
 */
static bool
take_span(struct client *c, const json_t *request, uint64_t *after, uint64_t *upto)
{
	uint64_t n = EVENTS_LAST, before = c->show->durable + 1;

	if (!take_count(c, request, "n", EVENTS_MOST, &n) ||
	    !take_count(c, request, "before", INT64_MAX, &before))
		return false;
	*upto = c->show->durable;
	if (before <= *upto)
		*upto = before > 0 ? before - 1 : 0;
	*after = *upto > n ? *upto - n : 0;
	return take_count(c, request, "since", INT64_MAX, after);
}

void
run_events(struct client *c, const json_t *request, const struct now *now)
{
	uint64_t after, upto;

	(void)now;
	if (!take_span(c, request, &after, &upto))
		return;
	if (c->show->epoch == NULL) {
		client_refuse(
		    c, "unavailable", _("this agent runs without a store: no events are kept"));
		return;
	}
	c->job = (struct job){.device = NO_INDEX};
	client_answer_events(c, after, upto);
}

static bool
take_kinds(struct client *c, const json_t *request, unsigned *kinds)
{
	/* Zones are told with the devices that stand in them. */
	static const struct {
		const char *word;
		unsigned bits;
	} words[] = {
	    {"status", 1u << WATCH_STATUS},
	    {"alarms", 1u << WATCH_ALARM},
	    {"devices", 1u << WATCH_ZONE | 1u << WATCH_DEVICE},
	    {"points", 1u << WATCH_POINT},
	    {"events", WATCH_EVENT_BIT},
	};
	const json_t *only = json_object_get(request, "only");
	const json_t *v;
	size_t i;

	*kinds = only == NULL ? ~0u : 0;
	json_array_foreach(only, i, v)
	{
		const char *word = json_string_value(v);
		unsigned bits = 0;

		for (unsigned k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			if (word != NULL && strcmp(word, words[k].word) == 0)
				bits = words[k].bits;
		if (bits == 0) {
			client_refuse(c, "bad_request",
			    "\"only\" is a list of: status, alarms, devices, points, events");
			return false;
		}
		*kinds |= bits;
	}
	return true;
}

void
run_watch(struct client *c, const json_t *request, const struct now *now)
{
	unsigned kinds;
	uint64_t after, upto;

	(void)now;
	if (!take_span(c, request, &after, &upto) || !take_kinds(c, request, &kinds))
		return;
	if (c->watch == NULL && c->show->watchers >= WATCHERS_MAX) {
		client_refuse(c, "busy",
		    _("%d live screens are open already: close one of them; all else still works"),
		    WATCHERS_MAX);
		c->eof = true;
		return;
	}
	if (c->watch == NULL)
		c->show->watchers++;
	watch_free(c->watch);
	c->watch = watch_new(c->show, kinds, after);
	struct writer w = client_writer(c);
	writer_open(&w, NULL, '{');
	writer_bool(&w, "ok", true);
	writer_string(&w, "watch", "begin");
	writer_string_if(&w, "epoch", c->show->epoch);
	writer_close(&w, '}');
	writer_text(&w, "\n");
	client_written(c, &w);
}
