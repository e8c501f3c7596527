/* The part of the answers that comes from the site alone: zones, and limits of rules. */
#include "sinks/console/show.h"

void
show_zone(const struct show *s, size_t zone, struct writer *w)
{
	const struct zone *z = &s->site->zones[zone];

	writer_string(w, "zone", z->name);
	writer_string_if(w, "title", label_text(&z->title, s->site->language));
	if (z->in != NO_INDEX)
		writer_string(w, "in", s->site->zones[z->in].name);
}

void
show_limits(const struct show *s, size_t point, struct writer *w)
{
	const struct device_spec *d = site_point_device(s->site, point);

	writer_open(w, "limits", '[');
	for (size_t a = 0; a < d->alarm_count; a++) {
		const struct alarm_rule *rule = &d->alarms[a];

		if ((rule->kind != RULE_HIGH && rule->kind != RULE_LOW) ||
		    d->first_point + rule->point != point)
			continue;
		writer_open(w, NULL, '{');
		writer_string(w, "alarm", rule->name);
		writer_string(w, "priority", priority_word(rule->priority));
		writer_string_if(w, "when", rule->when);
		writer_double(w, "limit", rule->limit);
		writer_close(w, '}');
	}
	writer_close(w, ']');
}
