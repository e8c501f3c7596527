/* Events and points as JSON. */
#include "model/json.h"

#include "base/text.h"
#include "model/writer.h"

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

size_t
json_point(const struct json_point *p, char *buf, size_t size)
{
	struct writer w;

	writer_init(&w, buf, size);
	writer_open(&w, NULL, '{');
	writer_double(&w, "value", p->has_value ? p->value : (double)NAN);
	writer_string_if(&w, "unit", p->unit);
	writer_string(&w, "quality", quality_word(p->quality));
	writer_time(&w, "time", p->time);
	writer_string_if(&w, "text", p->text);
	writer_string_if(&w, "reason", defect_word(p->defect));
	if (p->maintenance)
		writer_bool(&w, "maintenance", true);
	writer_close(&w, '}');
	return writer_length(&w);
}
