/* Maintenance: devices or whole zones, for a time. */
#include "base/lang.h"
#include "base/moment.h"
#include "base/text.h"
#include "core/alarm.h"
#include "sinks/console/request.h"

#include <string.h>

/* ---- what is meant --------------------------------------------------------------------------- */

/* A device, else a zone with all that stands in it. */
struct meant {
	int device, zone;
};

static bool
is_meant(const struct site *s, const struct meant *m, size_t device)
{
	if (m->device != NO_INDEX)
		return (size_t)m->device == device;
	return site_zone_inside(s, s->devices[device].zone, m->zone);
}

/* false: refused. */
static bool
take_meant(struct client *c, const json_t *request, struct meant *m)
{
	const struct site *s = c->show->site;
	const char *name = request_text(request, "what");

	*m = (struct meant){site_find_device(s, name), site_find_zone(s, name)};
	if (m->device != NO_INDEX || m->zone != NO_INDEX)
		return true;
	request_no_device(c, name);
	return false;
}

/* ---- commands -------------------------------------------------------------------------------- */

/* Why a maintenance cannot begin. */
static const char *const no_maintenance[] = {
    [MAINTENANCE_DONE] = "",
    [MAINTENANCE_NOTHING] = "",
    [MAINTENANCE_RANGE] = N_("say for how long, from 1min to 7d, such as \"2h\""),
    [MAINTENANCE_REASON] = N_("say why, in about a hundred characters at most"),
};

/* What is raised in spite of it: nobody should be surprised by the buzzer. */
static void
append_raised(const struct site *s, const struct meant *m, char *buf, size_t size)
{
	const char *separator = _("; raised all the same: ");

	for (size_t a = 0; a < s->alarm_count; a++) {
		const struct device_spec *d = site_alarm_device(s, a);

		if (!is_meant(s, m, (size_t)(d - s->devices)) ||
		    alarm_rule_yields(site_alarm(s, a)))
			continue;
		text_append(buf, size, "%s%s/%s", separator, d->name, site_alarm(s, a)->name);
		separator = ", ";
	}
}

void
run_maintenance_begin(struct client *c, const json_t *request, const struct now *now)
{
	const struct site *s = c->show->site;
	const char *reason = request_text(request, "reason");
	char who[EVENT_NAME_MAX], text[1024], until[WALL_TEXT_MAX];
	enum maintenance_result result = MAINTENANCE_DONE;
	struct meant meant;
	size_t done = 0;

	if (!request_who(c, request, who) || !take_meant(c, request, &meant))
		return;
	for (size_t d = 0; d < s->device_count && result == MAINTENANCE_DONE; d++) {
		if (!is_meant(s, &meant, d))
			continue;
		result = core_maintenance_begin(c->show->core, d, who,
		    span_parse(request_text(request, "for")), reason != NULL ? reason : "", now);
		if (result == MAINTENANCE_DONE && done++ == 0)
			wall_local(core_devices(c->show->core)[d].maintenance.until, until);
	}
	if (result != MAINTENANCE_DONE) {
		client_refuse(c, "refused", _("%s cannot go into maintenance: %s"),
		    request_text(request, "what"), _(no_maintenance[result]));
		return;
	}
	if (done == 0) {
		client_refuse(c, "refused", _("there is no device in zone %s"),
		    request_text(request, "what"));
		return;
	}
	if (meant.device != NO_INDEX)
		text_printf(text, sizeof(text), _("%s is in maintenance until %s"),
		    s->devices[meant.device].name, until);
	else
		text_printf(text, sizeof(text),
		    _("%zu devices of zone %s are in maintenance until %s"), done,
		    s->zones[meant.zone].name, until);
	append_raised(s, &meant, text, sizeof(text));
	answer_done(c, done, who, text);
}

void
run_maintenance_end(struct client *c, const json_t *request, const struct now *now)
{
	const struct site *s = c->show->site;
	char who[EVENT_NAME_MAX], text[256];
	struct meant meant;
	size_t done = 0;

	if (!request_who(c, request, who) || !take_meant(c, request, &meant))
		return;
	for (size_t d = 0; d < s->device_count; d++)
		if (is_meant(s, &meant, d))
			done +=
			    core_maintenance_end(c->show->core, d, who, now) == MAINTENANCE_DONE;
	if (done == 0) {
		client_refuse(
		    c, "refused", _("%s is not in maintenance"), request_text(request, "what"));
		return;
	}
	if (meant.device != NO_INDEX)
		text_printf(text, sizeof(text),
		    _("the maintenance of %s is over; its alarms call again"),
		    s->devices[meant.device].name);
	else
		text_printf(text, sizeof(text),
		    _("the maintenance of %zu devices of zone %s is over; their alarms call again"),
		    done, s->zones[meant.zone].name);
	answer_done(c, done, who, text);
}

/* ---- the list -------------------------------------------------------------------------------- */

static size_t
count_devices(const struct client *c)
{
	return c->show->site->device_count;
}

static bool
item_device(struct client *c, size_t n, struct writer *w)
{
	if (core_devices(c->show->core)[n].maintenance.until.us == 0)
		return false;
	writer_open(w, NULL, '{');
	show_maintenance(c->show, n, w);
	writer_close(w, '}');
	return true;
}

static size_t
count_plans(const struct client *c)
{
	return c->show->site->maintenance_count;
}

/* What is still to come. */
static bool
item_plan(struct client *c, size_t n, struct writer *w)
{
	if (c->show->site->maintenance[n].from.us <= c->show->now.wall.us)
		return false;
	writer_open(w, NULL, '{');
	show_plan(c->show, n, w);
	writer_close(w, '}');
	return true;
}

static const struct section maintenance_answer[] = {
    {"maintenance", count_devices, item_device},
    {"planned", count_plans, item_plan},
    {NULL, NULL, NULL},
};

void
run_maintenance(struct client *c, const json_t *request, const struct now *now)
{
	(void)request;
	(void)now;
	c->job = (struct job){.device = NO_INDEX};
	client_answer_list(c, maintenance_answer);
}
