/* Events and points as JSON. */
#include "model/json.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Into the caller's buffer: it runs for every value of every cycle and must not allocate. */
size_t
json_event(const struct event *e, const char *epoch, char *buf, size_t size)
{
	char mono[24];
	struct writer w;

	writer_init(&w, buf, size);
	writer_open(&w, NULL, '{');
	writer_string_if(&w, "epoch", epoch);
	writer_uint(&w, "seq", e->seq);
	writer_time(&w, "time", e->wall);
	writer_string(&w, "clock", e->synced ? "synced" : "unsynced");
	snprintf(mono, sizeof(mono), "%lld", (long long)e->mono.us);
	writer_raw(&w, "mono_us", mono, strlen(mono));
	writer_string(&w, "type", event_type_word(e->type));
	writer_string(&w, "priority", priority_word(e->priority));
	writer_string_if(&w, "device", e->device);
	writer_string_if(&w, "zone", e->zone);
	writer_string_if(&w, "alarm", e->alarm);
	writer_string_if(&w, "point", e->point);
	writer_string_if(&w, "from", e->from);
	writer_string_if(&w, "to", e->to);
	if (e->has_value) {
		writer_double(&w, "value", e->value);
		writer_string_if(&w, "unit", e->unit);
		writer_string_if(&w, "word", e->word);
		writer_string(&w, "quality", quality_word(e->quality));
	} else {
		writer_string_if(
		    &w, "word", e->word); /* the name of a trap, the result of a badge */
	}
	writer_string_if(&w, "who", e->who);
	if (e->record != 0)
		writer_uint(&w, "record", e->record);
	if (e->device_wall.us != 0)
		writer_time(&w, "device_time", e->device_wall);
	writer_string_if(&w, "text", e->text);
	writer_string_if(&w, "impact", e->impact);
	writer_string_if(&w, "remedy", e->remedy);
	writer_close(&w, '}');
	return writer_length(&w);
}

void
json_write_point(struct writer *w, const char *key, const struct json_point *p)
{
	writer_open(w, key, '{');
	writer_double(w, "value", p->has_value ? p->value : (double)NAN);
	writer_string_if(w, "unit", p->unit);
	writer_string(w, "quality", quality_word(p->quality));
	writer_time(w, "time", p->time);
	writer_string_if(w, "text", p->text);
	writer_string_if(w, "reason", defect_word(p->defect));
	if (p->maintenance)
		writer_bool(w, "maintenance", true);
	writer_close(w, '}');
}

size_t
json_point(const struct json_point *p, char *buf, size_t size)
{
	struct writer w;

	writer_init(&w, buf, size);
	json_write_point(&w, NULL, p);
	return writer_length(&w);
}

/* ---- good measurements, by the thousand ------------------------------------------------------ */

#define FRAME_MAX 512 /* of names and units as they are, however they are escaped */

/* By json_write_point() itself, so that the two cannot differ. */
void
json_frame(struct json_frame *f, struct arena *a, const char *key, const char *unit)
{
	const struct json_point sample = {
	    .has_value = true, .unit = unit, .quality = QUALITY_GOOD, .time = {1000000}};
	char text[FRAME_MAX], time[WALL_TEXT_MAX];
	const char *value, *at;
	struct writer w;

	*f = (struct json_frame){0};
	writer_init(&w, text, sizeof(text));
	json_write_point(&w, key, &sample);
	value = strstr(text, "\":{\"value\":0");
	at = strstr(text, wall_text(sample.time, time));
	if (writer_length(&w) == 0 || value == NULL || at == NULL)
		return; /* too long: each is written at length */
	value += strlen("\":{\"value\":");
	f->head_length = (uint16_t)(value - text);
	f->head = arena_strndup(a, text, f->head_length);
	f->tail_length = (uint16_t)(at - value - 1);
	f->tail = arena_strndup(a, value + 1, f->tail_length);
}

bool
json_write_framed(struct writer *w, const struct json_frame *f, double value, wall_t time)
{
	char *begin, *at;

	if (f->head == NULL || !isfinite(value) || time.us == 0)
		return false;
	begin = writer_member(
	    w, (size_t)f->head_length + f->tail_length + NUMBER_TEXT_MAX + WALL_TEXT_MAX);
	if (begin == NULL)
		return false;
	at = memcpy(begin, f->head, f->head_length);
	at = number_text(value, at + f->head_length);
	at += strlen(at);
	at = memcpy(at, f->tail, f->tail_length);
	at = wall_text(time, at + f->tail_length);
	at += strlen(at);
	*at++ = '"';
	*at++ = '}';
	writer_wrote(w, (size_t)(at - begin));
	return true;
}
