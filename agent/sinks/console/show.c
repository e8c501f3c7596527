#include "sinks/console/show.h"

#include "base/text.h"
#include "core/sentence.h"
#include "model/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Point names listed with a device for a screen that has room for a few. */
#define KEY_POINTS_MAX   6
#define EXPLAIN_TEXT_MAX 8192

static const char *
title_of(const struct show *s, const struct label *l)
{
	return label_text(l, s->site->language);
}

static void
write_counts(struct writer *w, const char *key, const size_t counts[PRIORITY_COUNT])
{
	writer_open(w, key, '{');
	for (int p = PRIORITY_COUNT - 1; p >= 0; p--)
		writer_uint(w, priority_word((enum priority)p), counts[p]);
	writer_close(w, '}');
}

static void
write_agent(const struct show *s, struct writer *w)
{
	writer_open(w, "agent", '{');
	writer_string(w, "state", "online");
	writer_string(w, "version", s->version);
	writer_string(w, "site", s->site->name);
	writer_string_if(w, "title", title_of(s, &s->site->title));
	writer_string_if(w, "board", s->site->board.name);
	writer_time(w, "started", s->started.wall);
	writer_uint(
	    w, "uptime_s", (uint64_t)(mono_ms_between(s->now.mono, s->started.mono) / 1000));
	writer_time(w, "time", s->now.wall);
	writer_string(w, "clock", s->now.synced ? "synced" : "unsynced");
	writer_uint(w, "consoles", s->consoles);
	writer_close(w, '}');
}

static void
write_parts(const struct show *s, struct writer *w)
{
	struct console_part part;

	writer_open(w, "parts", '[');
	for (size_t n = 0; s->sources->part != NULL; n++) {
		memset(&part, 0, sizeof(part));
		if (!s->sources->part(s->sources->arg, n, &part))
			break;
		writer_open(w, NULL, '{');
		writer_string(w, "part", part.name);
		writer_bool(w, "ok", part.ok);
		writer_string(w, "text", part.text);
		writer_uint(w, "confirmed", part.confirmed);
		writer_uint(w, "waiting", part.waiting);
		writer_uint(w, "lost", part.lost);
		writer_close(w, '}');
	}
	writer_close(w, ']');
}

/* LEDs and buzzer are told of every board; a relay only of one that has it. */
static bool
is_there(const struct board_spec *b, enum output_line o)
{
	return o != OUTPUT_RELAY || output_line_spec(b, o)->chip != NULL;
}

void
show_status(const struct show *s, struct writer *w)
{
	struct core_summary sum;

	core_summary(s->core, &sum);
	write_agent(s, w);
	writer_open(w, "devices", '{');
	writer_uint(w, "total", s->site->device_count);
	writer_uint(w, "online", sum.devices_online);
	writer_uint(w, "lost", sum.devices_lost);
	writer_uint(w, "unknown", sum.devices_unknown);
	writer_uint(w, "maintenance", sum.devices_in_maintenance);
	writer_close(w, '}');
	writer_open(w, "points", '{');
	writer_uint(w, "good", sum.points_good);
	writer_uint(w, "not_good", sum.points_not_good);
	writer_close(w, '}');
	writer_open(w, "alarms", '{');
	write_counts(w, "active", sum.alarms);
	write_counts(w, "unacknowledged", sum.unacknowledged);
	writer_uint(w, "shelved", sum.shelved);
	writer_uint(w, "out_of_service", sum.out_of_service);
	writer_close(w, '}');
	write_parts(s, w);
	if (s->sources->panel != NULL) {
		writer_open(w, "panel", '{');
		for (int o = 0; o < OUTPUT_COUNT; o++)
			if (is_there(&s->site->board, (enum output_line)o))
				writer_string(w, output_line_word((enum output_line)o),
				    s->sources->panel(s->sources->arg, (enum output_line)o));
		writer_close(w, '}');
	}
}

/* Does an alarm rule of the device watch this point (index within the profile)? */
static bool
is_watched(const struct device_spec *d, size_t point)
{
	for (size_t a = 0; a < d->alarm_count; a++)
		if (d->alarms[a].kind != RULE_DEVICE_LOST && d->alarms[a].kind != RULE_EXPR &&
		    d->alarms[a].point == point)
			return true;
	return false;
}

/*
 * How early a point stands on a small screen: readings with a limit first (a number tells more
 * than "normal", and a state that goes wrong is an alarm anyway), then states with a rule.
 */
static int
key_rank(const struct device_spec *d, size_t point)
{
	const struct point_spec *p = &d->profile->points[point];
	bool reading = p->words == NULL && strcmp(p->unit->code, "1") != 0;

	if (!is_watched(d, point))
		return 2;
	return reading ? 0 : 1;
}

static void
write_key_points(const struct device_spec *d, struct writer *w)
{
	size_t written = 0;

	writer_open(w, "key_points", '[');
	for (int rank = 0; rank <= 2; rank++)
		for (size_t p = 0; p < d->profile->point_count; p++)
			if (key_rank(d, p) == rank && written < KEY_POINTS_MAX) {
				writer_string(w, NULL, d->profile->points[p].name);
				written++;
			}
	writer_close(w, ']');
}

static void
write_facts(const struct device_spec *d, const struct device_state *st, struct writer *w)
{
	writer_open(w, "facts", '{');
	for (size_t f = 0; f < d->profile->fact_count; f++)
		if (st->facts != NULL)
			writer_string_if(w, d->profile->facts[f].name, st->facts[f]);
	writer_close(w, '}');
}

void
show_address(const struct show *s, const struct device_spec *d, struct writer *w)
{
	if (d->link == NO_INDEX)
		return;
	writer_string(w, "link", s->site->links[d->link].name);
	if (d->snmp != NULL) {
		writer_string(w, "address", d->snmp->address);
		writer_uint(w, "port", (uint64_t)d->snmp->port);
	} else if (d->unit >= 0) /* contacts of the board have none */
		writer_uint(w, "unit_id", (uint64_t)d->unit);
}

static void
write_fault(const struct show *s, const struct device_spec *d, const struct device_state *st,
    struct writer *w)
{
	const struct sentence about = {.site = s->site, .device = d, .state = st};
	char fault[EVENT_TEXT_MAX];

	sentence_lost(&about, fault, sizeof(fault));
	writer_string(w, "fault", fault);
	writer_string(w, "reason", answer_status_word(st->fault));
	writer_uint(w, "failed_polls", st->fails > 0 ? (uint64_t)st->fails : 0);
}

static void
write_window(const struct maintenance *m, struct writer *w)
{
	writer_time(w, "since", m->since);
	writer_time(w, "until", m->until);
	writer_string(w, "who", m->who);
	writer_string(w, "reason", m->reason);
}

void
show_maintenance(const struct show *s, size_t device, struct writer *w)
{
	const struct maintenance *m = &core_devices(s->core)[device].maintenance;

	writer_string(w, "device", s->site->devices[device].name);
	writer_string_if(w, "title", title_of(s, &s->site->devices[device].title));
	write_window(m, w);
}

void
show_plan(const struct show *s, size_t plan, struct writer *w)
{
	const struct maintenance_plan *p = &s->site->maintenance[plan];

	writer_open(w, "devices", '[');
	for (size_t i = 0; i < p->device_count; i++)
		writer_string(w, NULL, s->site->devices[p->devices[i]].name);
	writer_close(w, ']');
	writer_time(w, "from", p->from);
	writer_time(w, "to", p->to);
	writer_string(w, "who", p->by);
	writer_string(w, "reason", p->reason);
}

void
show_device(const struct show *s, size_t device, struct writer *w)
{
	const struct device_spec *d = &s->site->devices[device];
	const struct device_state *st = &core_devices(s->core)[device];
	const struct point_state *points = core_points(s->core) + d->first_point;
	size_t shown = 0, good = 0;

	for (size_t p = 0; p < d->profile->point_count; p++) {
		shown += !point_is_hidden(&points[p]);
		good += points[p].quality == QUALITY_GOOD;
	}
	writer_string(w, "device", d->name);
	writer_string_if(w, "title", title_of(s, &d->title));
	writer_string(w, "kind", d->profile->kind);
	writer_string(w, "profile", d->profile->name);
	show_address(s, d, w);
	if (d->zone != NO_INDEX)
		writer_string(w, "zone", s->site->zones[d->zone].name);
	if (d->parent != NO_INDEX)
		writer_string(w, "parent", s->site->devices[d->parent].name);
	writer_string(w, "state", device_phase_word(st->phase));
	writer_time(w, "since", st->since_wall);
	if (st->phase == DEVICE_FAILING || st->phase == DEVICE_LOST)
		write_fault(s, d, st, w);
	if (st->maintenance.until.us != 0) {
		writer_open(w, "maintenance", '{');
		write_window(&st->maintenance, w);
		writer_close(w, '}');
	}
	writer_uint(w, "points", shown);
	writer_uint(w, "points_good", good);
	writer_string_if(w, "impact", title_of(s, &d->impact));
	write_facts(d, st, w);
	write_key_points(d, w);
}

/*
 * A value that must not be believed has no number here: the topic says null as well. The word of
 * a state that the profile does not list, "unknown(7)", is kept: it says what the device sent.
 */
void
show_point(const struct show *s, size_t point, struct writer *w)
{
	const struct device_spec *d = site_point_device(s->site, point);
	const struct point_spec *spec = site_point(s->site, point);
	const struct point_state *st = &core_points(s->core)[point];
	char text[VALUE_TEXT_MAX], label[VALUE_TEXT_MAX], json[512];
	struct json_point p = {
	    .has_value = st->quality == QUALITY_GOOD || st->quality == QUALITY_STALE ||
			 st->quality == QUALITY_SUBSTITUTED,
	    .value = st->value,
	    .unit = spec->unit->code,
	    .quality = st->quality,
	    .defect = st->quality == QUALITY_BAD ? st->defect : DEFECT_NONE,
	    .time = st->read_wall,
	    .maintenance = core_devices(s->core)[d - s->site->devices].maintenance.until.us != 0,
	};

	bool has_word = p.has_value || p.defect == DEFECT_UNKNOWN_WORD;
	if (spec->words != NULL && has_word)
		p.text = core_value_text(s->core, point, text);
	size_t n = json_point(&p, json, sizeof(json));
	writer_string(w, "device", d->name);
	writer_string(w, "point", spec->name);
	writer_string_if(w, "title", title_of(s, &spec->title));
	if (n > 2)
		writer_raw(w, NULL, json + 1, n - 2);
	if (p.text == NULL || !p.has_value)
		return;
	sentence_value(spec, st->value, s->site->language, label, sizeof(label));
	if (strcmp(label, p.text) != 0)
		writer_string(w, "label", label);
}

/* "crac1/comm_lost" of a flat index. */
static void
alarm_path(const struct site *s, size_t alarm, char *buf, size_t size)
{
	text_printf(
	    buf, size, "%s/%s", site_alarm_device(s, alarm)->name, site_alarm(s, alarm)->name);
}

/* Until when the alarm is put aside, and why. */
static void
write_aside(const struct show *s, size_t alarm, struct writer *w)
{
	const struct alarm_state *st = &core_alarms(s->core)[alarm];
	const struct device_spec *d = site_alarm_device(s->site, alarm);
	const struct maintenance *m = &core_devices(s->core)[d - s->site->devices].maintenance;
	bool serviced = st->phase == ALARM_OUT_OF_SERVICE;

	writer_time(w, "until", serviced ? m->until : st->shelved_until);
	writer_string_if(w, "reason", serviced ? m->reason : st->reason);
}

void
show_alarm(const struct show *s, size_t alarm, struct writer *w)
{
	const struct alarm_rule *rule = site_alarm(s->site, alarm);
	const struct alarm_state *st = &core_alarms(s->core)[alarm];
	char cause[2 * EVENT_NAME_MAX];
	struct event e;

	memset(&e, 0, sizeof(e));
	core_alarm_event(s->core, alarm, &e);
	writer_string(w, "device", site_alarm_device(s->site, alarm)->name);
	writer_string(w, "alarm", rule->name);
	writer_string_if(w, "title", title_of(s, &rule->title));
	writer_string(w, "state", alarm_phase_word(st->phase));
	writer_string(w, "priority", priority_word(rule->priority));
	if (e.has_value) {
		writer_double(w, "value", e.value);
		writer_string_if(w, "unit", e.unit);
		writer_string_if(w, "word", e.word);
	}
	writer_time(w, "since", st->since);
	writer_time(w, "raised", st->raised);
	writer_string_if(w, "point", e.point);
	writer_string_if(w, "zone", e.zone);
	writer_string_if(w, "who", st->who);
	if (st->cause != NO_INDEX) {
		alarm_path(s->site, (size_t)st->cause, cause, sizeof(cause));
		writer_string(w, "cause", cause);
	}
	if (st->seq > 0)
		writer_uint(w, "seq", st->seq);
	write_aside(s, alarm, w);
	writer_string_if(w, "when", rule->when);
	writer_string_if(w, "text", e.text);
	writer_string_if(w, "impact", e.impact);
	writer_string_if(w, "remedy", e.remedy);
}

void
show_explain(const struct show *s, size_t point, struct writer *w)
{
	char text[EXPLAIN_TEXT_MAX];
	char *rest = text;

	show_point(s, point, w);
	core_explain(s->core, point, &s->now, text, sizeof(text));
	writer_open(w, "lines", '[');
	for (char *line; (line = strsep(&rest, "\n")) != NULL;)
		if (line[0] != '\0' || rest != NULL)
			writer_string(w, NULL, line);
	writer_close(w, ']');
}
