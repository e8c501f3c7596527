/* A record, and the fate of those that were lost, in a sentence for people. */
#include "core/records_say.h"

#include "core/core_private.h"
#include "core/sentence_tables.h"

#include "base/lang.h"
#include "base/text.h"

#include <inttypes.h>

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define PIECE_MAX 192

/* ---- one record ------------------------------------------------------------------------------ */

/* The word of a number, "unknown(9)" where the profile has none. */
static void
word_text(const struct record_field *f, uint64_t raw, char *buf, size_t size)
{
	const struct word *w =
	    raw <= INT64_MAX ? word_find(f->words, f->word_count, (int64_t)raw) : NULL;

	if (f->registers == 0)
		text_copy(buf, size, "");
	else if (w != NULL)
		text_copy(buf, size, w->text);
	else
		text_printf(buf, size, "unknown(%" PRIu64 ")", raw);
}

/* The same for people. */
static void
word_title(const struct core *c, const struct record_field *f, uint64_t raw, const char *word,
    char *buf, size_t size)
{
	const struct word *w =
	    raw <= INT64_MAX ? word_find(f->words, f->word_count, (int64_t)raw) : NULL;

	text_copy(buf, size, w != NULL ? label_text(&w->title, c->site->language) : word);
}

/* A door that is a device of the site is called as that. */
static void
door_title(const struct core *c, const struct ring_spec *s, const struct ring_record *r,
    const char *word, char *buf, size_t size)
{
	int device = site_find_device(c->site, word);
	const char *title = device != NO_INDEX
				? label_text(&c->site->devices[device].title, c->site->language)
				: "";

	if (title[0] != '\0')
		text_copy(buf, size, title);
	else
		word_title(c, &s->parts[RECORD_DOOR], r->parts[RECORD_DOOR], word, buf, size);
}

static enum priority
priority_of(const struct record_field *f, uint64_t raw)
{
	for (size_t i = 0; i < f->word_count; i++)
		if (f->words[i].raw >= 0 && (uint64_t)f->words[i].raw == raw)
			return f->priorities[i];
	return PRIORITY_LOW;
}

static void
record_text(const struct core *c, size_t device, const struct ring_record *r, const struct event *e,
    char *buf)
{
	const struct ring_spec *s = c->site->devices[device].profile->ring;
	const char *name = site_badge_name(c->site, r->parts[RECORD_WHO]);
	char door[PIECE_MAX], result[PIECE_MAX], at[WALL_TEXT_MAX], who[PIECE_MAX];
	const struct sentence_piece pieces[] = {
	    {"device", sentence_title(&c->site->devices[device], c->site->language)},
	    {"who", who},
	    {"door", door},
	    {"result", result},
	    {"at", wall_local(e->device_wall, at)},
	};

	door_title(c, s, r, e->point, door, sizeof(door));
	text_copy(who, sizeof(who), e->who);
	if (name != NULL)
		text_append(who, sizeof(who), " (%s)", name);
	word_title(
	    c, &s->parts[RECORD_RESULT], r->parts[RECORD_RESULT], e->word, result, sizeof(result));
	sentence_fill(e->who[0] != '\0' ? N_("{device}: badge {who} at {door}: {result} ({at}).")
					: N_("{device}: {door}: {result} ({at})."),
	    pieces, COUNT(pieces), buf, EVENT_TEXT_MAX);
}

void
ring_record_event(const struct core *c, size_t device, const struct ring_record *r, struct event *e)
{
	const struct ring_spec *s = c->site->devices[device].profile->ring;
	const uint64_t *parts = r->parts;

	*e = (struct event){.type = EVENT_ACCESS,
	    .priority = priority_of(&s->parts[RECORD_RESULT], parts[RECORD_RESULT]),
	    .record = r->number,
	    .device_wall = {(int64_t)(parts[RECORD_TIME] & UINT32_MAX) * 1000000},
	    .quality = QUALITY_GOOD};
	core_event_device(c, e, device);
	e->impact[0] = '\0'; /* that of a lost controller is none of its badge events' */
	word_text(&s->parts[RECORD_DOOR], parts[RECORD_DOOR], e->point, sizeof(e->point));
	if (s->parts[RECORD_RESULT].registers > 0) {
		e->has_value = true;
		e->value = (double)parts[RECORD_RESULT];
		text_copy(e->unit, sizeof(e->unit), "1");
		word_text(&s->parts[RECORD_RESULT], parts[RECORD_RESULT], e->word, sizeof(e->word));
	}
	if (parts[RECORD_WHO] != 0)
		text_printf(e->who, sizeof(e->who), "%" PRIu64, parts[RECORD_WHO]);
	record_text(c, device, r, e, e->text);
}

/* ---- the ring -------------------------------------------------------------------------------- */

#define ASK_ITS_PROGRAM N_("Look them up in the program of the controller itself.")

static const struct {
	const char *to; /* on the topic */
	enum priority priority;
	const char *text;   /* {device} {records} {count} {first} {last} {before} {code} */
	const char *remedy; /* or NULL */
} stories[RING_STORY_COUNT] = {
    [RING_BEGINS] = {"begins", PRIORITY_LOW,
	N_("{device}: {records} are read from now on, those up to number {last} are not."), NULL},
    [RING_LOST] = {"lost", PRIORITY_MEDIUM,
	N_("{device}: {count} of its {records} lost, numbers {first} to {last}: overwritten before "
	   "they could be read."),
	ASK_ITS_PROGRAM},
    [RING_DAMAGED] = {"damaged", PRIORITY_MEDIUM,
	N_("{device}: {count} of its {records} lost, numbers {first} to {last}: damaged in its "
	   "memory."),
	ASK_ITS_PROGRAM},
    [RING_RESTARTED] = {"restarted", PRIORITY_MEDIUM,
	N_("{device} counts its {records} anew: {before} was read, the newest is {last} now. What "
	   "it still has is read from {first} on; what it forgot is lost."),
	N_("Find out why it was restarted or replaced.")},
    [RING_REPLACED] = {"replaced", PRIORITY_MEDIUM,
	N_("{device} has other {records} than before: number {before} is another one now. What it "
	   "has is read from {first} on; what came between is lost."),
	N_("Find out whether it was restarted or replaced.")},
    [RING_REFUSED] = {"refused", PRIORITY_MEDIUM,
	N_("{device} refuses to show its {records} (exception {code}); none is read."),
	N_("Check that its profile is the right one and that its memory may be read.")},
};

void
ring_story_event(const struct core *c, size_t device, enum ring_story story,
    const struct ring_facts *f, struct event *e)
{
	const struct device_spec *d = &c->site->devices[device];
	char count[24], first[24], last[24], before[24], code[12];
	const struct sentence_piece pieces[] = {
	    {"device", sentence_title(d, c->site->language)},
	    {"records", label_text(&d->profile->ring->title, c->site->language)},
	    {"count", count},
	    {"first", first},
	    {"last", last},
	    {"before", before},
	    {"code", code},
	};

	*e = (struct event){
	    .type = EVENT_ACCESS, .priority = stories[story].priority, .quality = QUALITY_GOOD};
	core_event_device(c, e, device);
	e->impact[0] = '\0';
	text_copy(e->to, sizeof(e->to), stories[story].to);
	if (story == RING_LOST || story == RING_DAMAGED) {
		e->has_value = true;
		e->value = (double)(f->last - f->first + 1);
		text_copy(e->unit, sizeof(e->unit), "1");
	}
	text_printf(count, sizeof(count), "%" PRIu64, f->last - f->first + 1);
	text_printf(first, sizeof(first), "%" PRIu64, f->first);
	text_printf(last, sizeof(last), "%" PRIu64, f->last);
	text_printf(before, sizeof(before), "%" PRIu64, f->before);
	text_printf(code, sizeof(code), "%u", f->code);
	sentence_fill(stories[story].text, pieces, COUNT(pieces), e->text, sizeof(e->text));
	if (stories[story].remedy != NULL)
		text_copy(e->remedy, sizeof(e->remedy), _(stories[story].remedy));
}
