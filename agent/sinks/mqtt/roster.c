#include "sinks/mqtt/roster.h"

#include "sinks/mqtt/payload.h"

#include <stdlib.h>
#include <string.h>

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
roster_init(struct roster *r, struct arena *a, const struct site *site)
{
	char topic[TOPIC_MAX];
	size_t n = 0;

	for (int k = TOPIC_DEVICE; k < TOPIC_KIND_COUNT; k++)
		n += topic_count(site, (enum topic_kind)k);
	*r = (struct roster){.topics = arena_array(a, n, sizeof(*r->topics))};
	for (int k = TOPIC_DEVICE; k < TOPIC_KIND_COUNT; k++) {
		for (size_t i = 0; i < topic_count(site, (enum topic_kind)k); i++) {
			topic_text(site, (enum topic_kind)k, i, topic, sizeof(topic));
			r->topics[r->count++] = arena_strdup(a, topic);
		}
	}
	if (n > 0)
		qsort(r->topics, n, sizeof(*r->topics), compare);
}

long
roster_find(const struct roster *r, const char *topic)
{
	char **found =
	    r->count > 0 ? bsearch(&topic, r->topics, r->count, sizeof(*r->topics), compare) : NULL;

	return found != NULL ? (long)(found - r->topics) : NO_INDEX;
}
