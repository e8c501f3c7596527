/* The forms of topics: legal in MQTT, and one topic for each point (MQTT 5.0, 4.7). */
#include "model/topic.h"
#include "site/loader.h"

#include <stdlib.h>
#include <string.h>

/* What stands below the base already (agent/sinks/mqtt/README.md). */
static const char *const taken[] = {
    "agent", "alarm", "alarms", "consumer", "device", "event", "mark", "point", "points"};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool
has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

bool
topic_prefix_check(struct loader *l, const struct node *at, const char *text)
{
	size_t n = strlen(text);

	if (n > 0 && strpbrk(text, "+#") == NULL && text[0] != '/' && text[0] != '$' &&
	    text[n - 1] != '/' && n <= TOPIC_BASE_MAX && !has_control(text))
		return true;
	HINT(l, ERROR(l, at, "this cannot be the beginning of a topic"),
	    "expected a topic of at most %d bytes without + and #, not beginning with / or $, not "
	    "ending with /",
	    TOPIC_BASE_MAX);
	return false;
}

/* ---- the form of the points' topics ------------------------------------------------------------
 */

/* false: reported. `form` stands at a brace; *next is behind its end. */
static bool
check_part(struct loader *l, const struct node *at, const char *form, const char **next)
{
	const char *close = strchr(form, '}');
	size_t n = close != NULL ? (size_t)(close - form) + 1 : strlen(form);
	struct finding *x;
	char word[NODE_SHOWN_MAX] = "";

	if (close != NULL && topic_part_find(form + 1, n - 2) != TOPIC_PART_COUNT) {
		*next = close + 1;
		return true;
	}
	x = error_in(l->rd.findings, at, (size_t)(form - at->text), n,
	    close == NULL ? "this { is not closed" : "this is no part of a topic");
	if (close != NULL && n - 2 < sizeof(word))
		memcpy(word, form + 1, n - 2);
	finding_choices(l->rd.findings, x, word, topic_part_words, TOPIC_PART_COUNT);
	return false;
}

static bool
check_form(struct loader *l, const struct node *at, const char *form)
{
	const char *bad;

	for (const char *p = strchr(form, '{'); p != NULL; p = strchr(p, '{'))
		if (!check_part(l, at, p, &p))
			return false;
	bad = strpbrk(form, "+#");
	if (bad != NULL) {
		HINT(l,
		    error_in(l->rd.findings, at, (size_t)(bad - form), 1,
			"a topic cannot have this character"),
		    "+ and # are for those who subscribe");
		return false;
	}
	if (form[0] != '/' && form[0] != '$' && form[0] != '\0' && form[strlen(form) - 1] != '/' &&
	    strstr(form, "//") == NULL && !has_control(form))
		return true;
	HINT(l, ERROR(l, at, "this cannot be a topic"),
	    "expected levels with one / between them, not beginning with $");
	return false;
}

/* ---- what comes out of it ----------------------------------------------------------------------
 */

struct named {
	char *topic;
	size_t point;
};

static int
compare(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->topic, y->topic);

	return order != 0 ? order : (x->point > y->point) - (x->point < y->point);
}

static bool
is_taken(const char *base, const char *topic)
{
	size_t n = strlen(base), word;

	if (strncmp(topic, base, n) != 0 || topic[n] != '/')
		return false;
	topic += n + 1;
	word = strcspn(topic, "/");
	for (size_t i = 0; i < COUNT(taken); i++)
		if (strlen(taken[i]) == word && memcmp(taken[i], topic, word) == 0)
			return true;
	return false;
}

/* "crac1/fan_state (annex-2f.yaml:14)" */
static const char *
where(struct loader *l, const struct site *s, size_t point)
{
	const struct device_spec *d = site_point_device(s, point);
	const struct point_spec *p = site_point(s, point);
	const struct place *at = d->link == NO_INDEX ? &p->place : &d->place;

	return arena_printf(
	    l->rd.arena, "%s/%s (%s:%d)", d->name, p->name, at->file ? at->file : "?", at->line);
}

/* false: reported; one of a kind is enough, as they share their reason. */
static bool
check_one(struct loader *l, const struct node *at, const struct site *s, const struct named *n)
{
	char whole[TOPIC_MAX];

	if (!topic_of_point(s, n->point, whole, sizeof(whole)) ||
	    strlen(whole) + strlen(s->mqtt.base) + sizeof("/mark/") > TOPIC_MAX) {
		HINT(l, ERROR(l, at, "the topic of %s is too long", where(l, s, n->point)),
		    "expected at most %d bytes with the base, which goes before it once more",
		    TOPIC_MAX - (int)sizeof("/mark/"));
		return false;
	}
	if (is_taken(s->mqtt.base, n->topic)) {
		HINT(l,
		    ERROR(l, at, "%s would be published on %s, which means something else",
			where(l, s, n->point), n->topic),
		    "expected a topic outside %s, or another word behind it", s->mqtt.base);
		return false;
	}
	return true;
}

static void
check_topics(struct loader *l, const struct node *at, const struct site *s)
{
	struct named *all = arena_array(l->rd.scratch, s->point_count, sizeof(*all));
	char topic[TOPIC_MAX];

	for (size_t i = 0; i < s->point_count; i++) {
		topic_of_point(s, i, topic, sizeof(topic));
		all[i] = (struct named){arena_strdup(l->rd.scratch, topic), i};
		if (!check_one(l, at, s, &all[i]))
			return;
	}
	if (s->point_count > 0)
		qsort(all, s->point_count, sizeof(*all), compare);
	for (size_t i = 1; i < s->point_count; i++) {
		if (strcmp(all[i - 1].topic, all[i].topic) != 0)
			continue;
		HINT(l,
		    ERROR(l, at, "%s and %s would share the topic %s",
			where(l, s, all[i - 1].point), where(l, s, all[i].point), all[i].topic),
		    "each point needs a topic of its own: let the form have {device} and {point}");
		return;
	}
}

void
topics_load(struct loader *l, const struct mqtt_keys *k, const struct node *map, struct site *site)
{
	const struct node *at = node_get(map, "topics"), *hass = node_get(map, "home_assistant");
	const struct node *publish = node_get(map, "publish");
	const char *tells = k->topics ? "topics" : "home_assistant";

	if (hass) {
		site->mqtt.hass_prefix = k->hass.prefix;
		site->mqtt.home_assistant = k->hass.enabled ? k->hass.prefix : NULL;
		topic_prefix_check(
		    l, node_get(hass, "prefix") ? node_get(hass, "prefix") : hass, k->hass.prefix);
	}
	if ((k->topics || site->mqtt.home_assistant) && k->publish == MQTT_PER_DEVICE) {
		HINT(l, ERROR(l, publish, "\"%s\" needs a topic for each point", tells),
		    "expected publish: point");
		return;
	}
	if (k->topics == NULL || !check_form(l, at, k->topics))
		return;
	site->mqtt.topics = k->topics;
	if (findings_errors(l->rd.findings) == 0) /* else some devices are not whole */
		check_topics(l, at, site);
}
