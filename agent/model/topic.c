#include "model/topic.h"

#include "base/text.h"

#include <string.h>

const char *const topic_part_words[TOPIC_PART_COUNT] = {
    [TOPIC_PART_SITE] = "site",
    [TOPIC_PART_ZONE] = "zone",
    [TOPIC_PART_DEVICE] = "device",
    [TOPIC_PART_KIND] = "kind",
    [TOPIC_PART_POINT] = "point",
};

enum topic_part
topic_part_find(const char *word, size_t n)
{
	int i = 0;

	while (i < TOPIC_PART_COUNT &&
	       (strlen(topic_part_words[i]) != n || memcmp(topic_part_words[i], word, n) != 0))
		i++;
	return (enum topic_part)i;
}

struct out {
	char *buf;
	size_t size, at;
	bool cut;
};

static void
put(struct out *o, const char *text, size_t n)
{
	size_t room = o->size - 1 - o->at;

	o->cut = o->cut || n > room;
	n = n > room ? room : n;
	memcpy(o->buf + o->at, text, n);
	o->at += n;
	o->buf[o->at] = '\0';
}

static void
put_zones(struct out *o, const struct site *s, int zone)
{
	if (s->zones[zone].in != NO_INDEX) {
		put_zones(o, s, s->zones[zone].in);
		put(o, "/", 1);
	}
	put(o, s->zones[zone].name, strlen(s->zones[zone].name));
}

static void
put_part(struct out *o, const struct site *s, enum topic_part part, size_t point)
{
	const struct device_spec *d = site_point_device(s, point);
	const struct point_spec *p = site_point(s, point);
	int zone = p->expr != NULL ? p->zone : d->zone;
	const char *const words[TOPIC_PART_COUNT] = {
	    [TOPIC_PART_SITE] = s->name,
	    [TOPIC_PART_DEVICE] = d->name,
	    [TOPIC_PART_KIND] = d->profile->kind,
	    [TOPIC_PART_POINT] = p->name,
	};

	if (words[part] != NULL)
		put(o, words[part], strlen(words[part]));
	else if (zone != NO_INDEX)
		put_zones(o, s, zone);
	else if (o->at > 0 && o->buf[o->at - 1] == '/')
		o->buf[--o->at] = '\0';
}

bool
topic_of_point(const struct site *s, size_t point, char *buf, size_t size)
{
	const char *form = s->mqtt.topics, *close;
	struct out o = {.buf = buf, .size = size};

	buf[0] = '\0';
	if (form == NULL)
		return text_printf(buf, size, "%s/point/%s/%s", s->mqtt.base,
			   site_point_device(s, point)->name,
			   site_point(s, point)->name) < size - 1;
	while (*form != '\0') {
		size_t plain = strcspn(form, "{");

		put(&o, form, plain);
		form += plain;
		close = strchr(form, '}');
		if (*form == '\0' || close == NULL)
			break;
		put_part(&o, s, topic_part_find(form + 1, (size_t)(close - form - 1)), point);
		form = close + 1;
	}
	return !o.cut;
}
