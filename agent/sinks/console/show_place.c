/* The part of the answers that comes from the site alone. */
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
