/* Fills the templates of a language in: what is wrong, where, since how long. */
#include "core/sentence_tables.h"

#include "base/lang.h"
#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define PIECE_MAX 192

/* ---- filling in ------------------------------------------------------------------------------ */

/* Appends the piece that stands as {name} at `place`; returns what follows it. */
static const char *
fill_place(
    const char *place, const struct sentence_piece *pieces, size_t count, char *buf, size_t size)
{
	size_t length = strcspn(place, "}") - 1;

	for (size_t i = 0; i < count; i++)
		if (strlen(pieces[i].name) == length &&
		    memcmp(pieces[i].name, place + 1, length) == 0)
			text_append(buf, size, "%s", pieces[i].text);
	return place + length + 2;
}

/* In the language of the agent. */
void
sentence_fill(
    const char *template, const struct sentence_piece *pieces, size_t count, char *buf, size_t size)
{
	template = _(template);
	text_copy(buf, size, "");
	while (*template != '\0') {
		size_t n = strcspn(template, "{");

		text_append(buf, size, "%.*s", (int)n, template);
		template += n;
		if (*template == '{')
			template = fill_place(template, pieces, count, buf, size);
	}
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Words belong to the raw state, not to the scaled value. NULL: not listed. */
static const struct word *
word_of(const struct point_spec *p, double value)
{
	double raw = p->codec.scale != 0 ? (value - p->codec.offset) / p->codec.scale : value;

	return fabs(raw) < 9e15 ? word_find(p->words, p->word_count, (int64_t)round(raw)) : NULL;
}

void
sentence_word(const struct point_spec *p, double value, char *buf, size_t size)
{
	const struct word *w = p->words != NULL ? word_of(p, value) : NULL;
	char number[NUMBER_TEXT_MAX];

	if (p->words == NULL)
		text_copy(buf, size, "");
	else if (w != NULL)
		text_copy(buf, size, w->text);
	else
		text_printf(buf, size, "unknown(%s)", number_text(value, number));
}

void
sentence_value(
    const struct point_spec *p, double value, enum language language, char *buf, size_t size)
{
	const struct word *w = p->words != NULL ? word_of(p, value) : NULL;
	const char *unit = p->unit != NULL ? p->unit->label : "";
	char number[NUMBER_TEXT_MAX];

	if (w != NULL && w->title.en != NULL)
		text_copy(buf, size, label_text(&w->title, language));
	else if (p->words != NULL)
		sentence_word(p, value, buf, size);
	else
		text_printf(buf, size, "%s%s%s", number_text(value, number),
		    unit[0] != '\0' ? " " : "", unit);
}

void
sentence_duration(int64_t ms, char *buf, size_t size)
{
	static const struct {
		int64_t from_ms;
		double unit_ms;
		const char *template;
	} scales[] = {
	    {172800000, 86400000, N_("{n} d")},
	    {7200000, 3600000, N_("{n} h")},
	    {120000, 60000, N_("{n} min")},
	    {1000, 1000, N_("{n} s")},
	    {0, 1, N_("{n} ms")},
	};
	char number[NUMBER_TEXT_MAX];
	size_t i = 0;

	while (ms < scales[i].from_ms && i + 1 < COUNT(scales))
		i++;
	number_text(round((double)ms / scales[i].unit_ms * 10) / 10, number);
	sentence_fill(
	    scales[i].template, &(const struct sentence_piece){"n", number}, 1, buf, size);
}

/* ---- the pieces ------------------------------------------------------------------------------ */

const char *
sentence_title(const struct device_spec *d, enum language language)
{
	const char *title = label_text(&d->title, language);

	return title[0] != '\0' ? title : d->name;
}

/* In the middle of an English sentence: "return air temperature", but "UPS load". */
static void
put_inside(char *buf, size_t size, const char *title)
{
	text_copy(buf, size, title);
	if (isupper((unsigned char)buf[0]) && islower((unsigned char)buf[1]))
		buf[0] = (char)tolower((unsigned char)buf[0]);
}

static void
put_where(const struct sentence *s, char *buf, size_t size)
{
	const struct device_spec *d = s->device;
	char unit[16];

	buf[0] = '\0'; /* the site itself hangs on nothing */
	if (d->link == NO_INDEX && d->snmp == NULL)
		return;
	if (d->snmp != NULL) {
		text_printf(buf, size, "SNMP %s:%d", d->snmp->address, d->snmp->port);
		return;
	}
	if (d->contacts != NULL) {
		text_copy(buf, size, _(sentence_phrases.terminals));
		return;
	}
	text_printf(unit, sizeof(unit), "%d", d->unit);
	sentence_fill(sentence_phrases.unit,
	    (const struct sentence_piece[]){{"link", s->site->links[d->link].name}, {"unit", unit}},
	    2, buf, size);
}

static void
put_silence(const struct sentence *s, char *buf, size_t size)
{
	const struct profile *p = s->device->profile;
	const char *template = sentence_silence[s->state->fault];
	unsigned fails = s->state->fails > 0 ? (unsigned)s->state->fails : 0;
	char timeout[32], polls[64], code[8];

	/* SNMP has one link for the whole network: that it is down can be said of no device. */
	if (s->device->snmp != NULL && s->state->fault == ANSWER_NO_LINK)
		template = sentence_phrases.no_way;
	else if (s->device->contacts != NULL)
		template = sentence_phrases.no_line;
	sentence_duration(s->device->snmp != NULL ? p->snmp.timeout_ms : p->modbus.timeout_ms,
	    timeout, sizeof(timeout));
	text_printf(polls, sizeof(polls), lang_count(fails, "%u poll", "%u polls in a row"), fails);
	text_printf(code, sizeof(code), "%u", s->state->fault_code);
	sentence_fill(template,
	    (const struct sentence_piece[]){{"timeout", timeout}, {"polls", polls}, {"code", code}},
	    3, buf, size);
}

static void
put_why(const struct sentence *s, char *buf, size_t size)
{
	if (s->point == NULL)
		put_silence(s, buf, size);
	else if (s->point->defect != DEFECT_NONE)
		text_copy(buf, size, defect_phrase(s->point->defect));
	else
		text_copy(buf, size, _(sentence_no_value[s->point->quality]));
}

/* ---- sentences ------------------------------------------------------------------------------- */

enum sentence_kind
sentence_kind_standing(enum alarm_phase phase)
{
	static const enum sentence_kind kind_of[ALARM_PHASE_COUNT] = {
	    [ALARM_NORMAL] = SENTENCE_WATCHES,
	    [ALARM_UNACKNOWLEDGED] = SENTENCE_RAISED,
	    [ALARM_ACKNOWLEDGED] = SENTENCE_RAISED,
	    [ALARM_RETURNED] = SENTENCE_RETURNED,
	    [ALARM_LATCHED_UNACKNOWLEDGED] = SENTENCE_LATCHED,
	    [ALARM_LATCHED_ACKNOWLEDGED] = SENTENCE_LATCHED,
	    [ALARM_SUPPRESSED] = SENTENCE_SUPPRESSED,
	    [ALARM_SHELVED] = SENTENCE_SHELVED,
	    [ALARM_OUT_OF_SERVICE] = SENTENCE_OUT_OF_SERVICE,
	};
	return kind_of[phase];
}

enum sentence_kind
sentence_kind_of(enum alarm_phase from, enum alarm_phase to)
{
	if (from == ALARM_SUPPRESSED)
		return to == ALARM_UNACKNOWLEDGED ? SENTENCE_RELEASED
		       : to == ALARM_NORMAL       ? SENTENCE_RETURNED
						  : sentence_kind_standing(to);
	if (to == ALARM_ACKNOWLEDGED || (to == ALARM_NORMAL && from == ALARM_RETURNED) ||
	    (to == ALARM_LATCHED_ACKNOWLEDGED && from == ALARM_LATCHED_UNACKNOWLEDGED))
		return SENTENCE_ACKNOWLEDGED;
	if (to == ALARM_NORMAL)
		return from == ALARM_LATCHED_ACKNOWLEDGED ? SENTENCE_RESET : SENTENCE_RETURNED;
	return sentence_kind_standing(to);
}

static const char *
template_of(const struct sentence *s, enum sentence_kind kind)
{
	enum rule_kind rule = s->rule->kind;

	if (kind == SENTENCE_OUT_OF_SERVICE && s->holds)
		kind = SENTENCE_RAISED;
	/* A cause that is not known (any more) cannot be named. */
	if (s->cause == NULL && (kind == SENTENCE_SUPPRESSED || kind == SENTENCE_RELEASED))
		kind = SENTENCE_RAISED;
	if (kind == SENTENCE_RAISED && s->dips)
		return sentence_returned[rule];
	if ((kind == SENTENCE_RAISED || kind == SENTENCE_RELEASED) && s->is_wire)
		return sentence_phrases.wire_dead;
	if (kind == SENTENCE_SUPPRESSED && s->of_wire)
		return sentence_phrases.of_dead_wire;
	if (sentence_any_rule[kind] != NULL)
		return sentence_any_rule[kind];
	if (kind != SENTENCE_RAISED)
		return sentence_returned[rule];
	return s->rule->on_delay_ms > 0 && sentence_raised_for[rule] != NULL
		   ? sentence_raised_for[rule]
		   : sentence_raised[rule];
}

/* The sentence around that of the alarm; NULL: that one says all. */
static const char *
around_of(const struct sentence *s, enum sentence_kind kind)
{
	if (kind == SENTENCE_LATCHED)
		return sentence_phrases.stays;
	if (kind == SENTENCE_OUT_OF_SERVICE && s->holds)
		return sentence_phrases.calls_nobody;
	if (kind == SENTENCE_RETURNED && s->came > 0)
		return sentence_phrases.chattered;
	if (kind == SENTENCE_RAISED && s->dips)
		return s->came > 0 ? sentence_phrases.chatters : sentence_phrases.dips;
	return NULL;
}

/* "Port 5 link (Gi1/0/5)" */
static void
put_row(const struct sentence *s, char *buf, size_t size)
{
	if (s->row != NULL && s->row[0] != '\0')
		text_append(buf, size, " (%s)", s->row);
}

void
sentence_alarm(const struct sentence *s, enum sentence_kind kind, char *buf, size_t size)
{
	enum language language = s->site->language;
	char point[PIECE_MAX] = "", value[PIECE_MAX] = "?", limit[PIECE_MAX] = "";
	char until[WALL_TEXT_MAX], title[PIECE_MAX];
	char delay[32], where[PIECE_MAX], why[PIECE_MAX], first[EVENT_TEXT_MAX], count[12];
	const struct sentence_piece pieces[] = {
	    {"device", sentence_title(s->device, language)},
	    {"title", title},
	    {"point", point},
	    {"value", value},
	    {"limit", limit},
	    {"for", delay},
	    {"where", where},
	    {"why", why},
	    {"cause", s->cause != NULL ? sentence_title(s->cause, language) : "?"},
	    {"who", s->who != NULL ? s->who : "?"},
	    {"link", s->device->link != NO_INDEX ? s->site->links[s->device->link].name : "?"},
	    {"until", wall_local(s->until, until)},
	    {"reason", s->reason != NULL ? s->reason : "?"},
	    {"when", s->rule->when != NULL ? s->rule->when : "?"},
	};

	text_copy(title, sizeof(title), label_text(&s->rule->title, language));
	put_row(s, title, sizeof(title));
	if (s->point != NULL) {
		const struct point_spec *p = &s->device->profile->points[s->rule->point];

		put_inside(point, sizeof(point), label_text(&p->title, language));
		put_row(s, point, sizeof(point));
		if (s->has_value)
			sentence_value(p, s->value, language, value, sizeof(value));
		sentence_value(p, s->rule->limit, language, limit, sizeof(limit));
	}
	sentence_duration(s->rule->on_delay_ms, delay, sizeof(delay));
	put_where(s, where, sizeof(where));
	put_why(s, why, sizeof(why));
	sentence_fill(template_of(s, kind), pieces, COUNT(pieces), buf, size);
	const char *around = around_of(s, kind);

	if (around == NULL)
		return;
	text_copy(first, sizeof(first), buf);
	text_printf(count, sizeof(count), "%u", s->came);
	sentence_fill(around,
	    (const struct sentence_piece[]){{"now", first}, {"until", until},
		{"reason", s->reason != NULL ? s->reason : "?"}, {"count", count}},
	    4, buf, size);
}

void
sentence_unshelved(
    const struct sentence *s, enum alarm_phase to, const char *who, char *buf, size_t size)
{
	char now[EVENT_TEXT_MAX];

	sentence_alarm(s, sentence_kind_standing(to), now, sizeof(now));
	sentence_fill(who != NULL ? sentence_phrases.unshelved : sentence_phrases.shelf_over,
	    (const struct sentence_piece[]){{"who", who != NULL ? who : ""}, {"now", now}}, 2, buf,
	    size);
}

void
sentence_serviced(const struct sentence *s, enum alarm_phase to, char *buf, size_t size)
{
	char now[EVENT_TEXT_MAX];

	sentence_alarm(s, sentence_kind_standing(to), now, sizeof(now));
	sentence_fill(
	    sentence_phrases.serviced, &(const struct sentence_piece){"now", now}, 1, buf, size);
}

void
sentence_maintenance(
    const struct sentence *s, enum maintenance_sentence what, char *buf, size_t size)
{
	char until[WALL_TEXT_MAX];
	const struct sentence_piece pieces[] = {
	    {"device", sentence_title(s->device, s->site->language)},
	    {"until", wall_local(s->until, until)},
	    {"reason", s->reason != NULL ? s->reason : "?"},
	    {"who", s->who != NULL ? s->who : "?"},
	};

	sentence_fill(sentence_maintenances[what], pieces, COUNT(pieces), buf, size);
}

static void
device_sentence(const struct sentence *s, const char *template, const char *changes,
    int64_t away_ms, char *buf, size_t size)
{
	enum language language = s->site->language;
	char where[PIECE_MAX], why[PIECE_MAX], away[32];
	const struct sentence_piece pieces[] = {
	    {"device", sentence_title(s->device, language)},
	    {"where", where},
	    {"why", why},
	    {"away", away},
	    {"changes", changes},
	};

	put_where(s, where, sizeof(where));
	put_silence(s, why, sizeof(why));
	sentence_duration(away_ms, away, sizeof(away));
	sentence_fill(template, pieces, COUNT(pieces), buf, size);
}

void
sentence_lost(const struct sentence *s, char *buf, size_t size)
{
	device_sentence(s, sentence_raised[RULE_DEVICE_LOST], "", 0, buf, size);
}

void
sentence_online(const struct sentence *s, int64_t after_ms, char *buf, size_t size)
{
	device_sentence(s, after_ms > 0 ? sentence_phrases.online_again : sentence_phrases.online,
	    "", after_ms, buf, size);
}

void
sentence_identity(const struct sentence *s, const char *changes, char *buf, size_t size)
{
	device_sentence(s, sentence_phrases.identity, changes, 0, buf, size);
}

void
sentence_unwatched(const char *device, const char *alarm, char *buf, size_t size)
{
	sentence_fill(sentence_phrases.unwatched,
	    (const struct sentence_piece[]){{"device", device}, {"alarm", alarm}}, 2, buf, size);
}
